package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func (p *program) migrateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Bring the store's schema up to date (other commands do it too)",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := p.openStore(cmd.Context(), nil)
			if err != nil {
				return err
			}
			fmt.Fprintf(p.out, "The schema at %s is up to date (ClickHouse %s).\n", s.Where(), s.Version())
			return s.Close()
		},
	}
}
