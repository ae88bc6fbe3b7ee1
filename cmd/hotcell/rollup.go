package main

import (
	"fmt"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
)

func (p *program) rollupCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rollup",
		Short: "Everything that is derived from records",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return usagef("say what to do: rollup rebuild") },
	}
	cmd.AddCommand(&cobra.Command{
		Use:   "rebuild",
		Short: "Compute everything derived from the records again",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := p.openStore(cmd.Context(), nil)
			if err != nil {
				return err
			}
			defer s.Close()
			var bar *progressbar.ProgressBar
			if isTerminal(p.err) {
				bar = progressbar.NewOptions(-1, progressbar.OptionSetWriter(p.err), progressbar.OptionSetDescription("days"), progressbar.OptionClearOnFinish())
			}
			days := 0
			err = s.RebuildDerived(cmd.Context(), func(done, total int) {
				days = total
				if bar != nil {
					bar.ChangeMax(total)
					_ = bar.Set(done) // a bar that cannot be drawn is no reason to stop
				}
			})
			if err != nil {
				return err
			}
			fmt.Fprintf(p.out, "Computed perceived drops of %d days again.\n", days)
			return nil
		},
	})
	return cmd
}
