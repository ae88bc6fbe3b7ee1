package main

import (
	"fmt"
	"maps"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"github.com/hotcell/hotcell/store"
)

func (p *program) configCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Check or show the settings",
		Args:  cobra.NoArgs,
	}
	cmd.AddCommand(
		&cobra.Command{
			Use:   "check",
			Short: "Check the settings and say where every fault is",
			Args:  cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error {
				// Reading them has already checked them.
				fmt.Fprintln(p.out, "The settings are valid.")
				return nil
			},
		},
		&cobra.Command{
			Use:   "show",
			Short: "Print every setting as YAML, with its environment variable",
			Args:  cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error {
				return p.showSettings()
			},
		},
	)
	return cmd
}

// showSettings prints a file that hotcell would read back.
func (p *program) showSettings() error {
	s := p.settings
	values := maps.Clone(s.values)
	values["store.dsn"], values["log.level"] = hidePassword(s.Store.DSN), s.Log.Level
	section := ""
	for _, known := range knownSettings() {
		head, key := splitKey(known.key)
		if head != section {
			section = head
			fmt.Fprintf(p.out, "%s:\n", head)
		}
		value, err := yaml.Marshal(values[known.key])
		if err != nil {
			return err
		}
		fmt.Fprintf(p.out, "  # %s [%s]\n  %s: %s", known.help, envName(known.key), key, value)
	}
	return nil
}

// hidePassword gives a DSN that may be shown.
func hidePassword(dsn string) string {
	parsed, err := store.ParseDSN(dsn)
	if err != nil {
		return "(not valid)" // and has been refused before
	}
	return parsed.Redacted()
}
