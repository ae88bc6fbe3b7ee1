package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/hotcell/hotcell/hotspots"
	"github.com/hotcell/hotcell/store/embedded"
)

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the versions of program, method and embedded engine",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintf(p.out, "hotcell %s (%s %s/%s)\nmethod  %s\nengine  ClickHouse %s (embedded)\n",
				version, runtime.Version(), runtime.GOOS, runtime.GOARCH, hotspots.MethodVersion, embedded.EngineVersion)
			return nil
		},
	}
}
