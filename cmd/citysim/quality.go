package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/hotcell/hotcell/cmd/citysim/city"
	"github.com/hotcell/hotcell/cmd/citysim/quality"
)

func qualityCommand() *cobra.Command {
	cfg := quality.DefaultConfig()
	var program, set, kind, out, mycall string
	var check, details, baselines bool
	cmd := &cobra.Command{
		Use:   "quality --hotcell PROGRAM",
		Short: "Measure a hotcell program's ranking on cities with known faults",
		Long: `quality makes synthetic cities of each type, has hotcell load and rank each into an
empty embedded store, and compares the ranking with the truth: nDCG@20 of avoidable
impact, recall of the faults that matter, false hotspots, location error; beside four
baselines (raw drops, complaints, raw rate, Gi* on counts).

Choose the method's parameters on --set choosing only; report --set reporting.`,
		Example: "  citysim quality --hotcell bin/hotcell\n  citysim quality --hotcell bin/hotcell --set choosing --seeds 3 --types mountain --details",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg.Set = quality.Set(set)
			if _, err := quality.Seeds(cfg.Set, cfg.Seeds); err != nil {
				return usageError{err}
			}
			if kind != "" {
				cfg.Types = []city.Type{city.Type(kind)}
			}
			for _, t := range cfg.Types {
				if err := cfg.City(t, 1).Validate(); err != nil {
					return usageError{err}
				}
			}
			var rank quality.Ranker
			if !baselines {
				if program == "" {
					return usageError{errors.New("name the hotcell program: --hotcell bin/hotcell (or --baselines to measure without it)")}
				}
				path, err := exec.LookPath(program)
				if err != nil {
					return usageError{fmt.Errorf("--hotcell: %w; build it with make build", err)}
				}
				if path, err = filepath.Abs(path); err != nil {
					return err
				}
				if mycall != "" {
					all, general, err := quality.MyCall(cmd.Context(), mycall, path, cfg.Scratch)
					if err != nil {
						return err
					}
					return quality.MyCallTable(cmd.OutOrStdout(), all, general)
				}
				rank = quality.Binary(path, cfg.Scratch)
			}
			return measure(cmd, cfg, rank, out, details, check && !baselines)
		},
	}
	f := cmd.Flags()
	f.StringVar(&program, "hotcell", "", "the hotcell program to measure")
	f.StringVar(&set, "set", string(cfg.Set), "seeds: choosing (for trying things out) or reporting")
	f.IntVar(&cfg.Seeds, "seeds", cfg.Seeds, "seeds per city type")
	f.StringVar(&kind, "type", "", "only this city type: dense, sprawl or mountain")
	f.IntVar(&cfg.Calls, "calls", cfg.Calls, "calls per city")
	f.BoolVar(&cfg.Plain, "plain", false, "default knobs in every city instead of varied ones")
	f.BoolVar(&cfg.Daily, "daily", false, "also rank and warn as of every midnight: days until a new fault is seen (slow)")
	f.IntVar(&cfg.Days, "days", cfg.Days, "days recorded per city (default 28)")
	f.StringVar(&mycall, "mycall", "", "instead, rank April 2018 of the TRAI MyCall files in this folder and check on May 2018")
	f.BoolVar(&baselines, "baselines", false, "measure the baselines only")
	f.BoolVar(&details, "details", false, "list what was missed and what was wrong, city by city")
	f.BoolVar(&check, "check", false, "end with status 1 when an aim is not reached")
	f.StringVar(&out, "json", "", "also write every score to this file")
	f.StringVar(&cfg.Keep, "keep", "", "keep each city with its truth and rankings in this folder")
	f.StringVar(&cfg.Scratch, "scratch", cfg.Scratch, "folder for cities and stores, about 300 bytes per call")
	return cmd
}

func measure(cmd *cobra.Command, cfg quality.Config, rank quality.Ranker, out string, details, check bool) error {
	if term.IsTerminal(int(os.Stderr.Fd())) {
		bar := progressbar.NewOptions(cfg.Seeds*len(cfg.Types), progressbar.OptionSetDescription("cities"), progressbar.OptionSetWriter(os.Stderr),
			progressbar.OptionShowCount(), progressbar.OptionClearOnFinish())
		cfg.Progress = func(done, _ int) { _ = bar.Set(done) }
	}
	begin := time.Now()
	results, err := quality.Run(cmd.Context(), cfg, rank)
	if err != nil {
		return err
	}
	w := cmd.OutOrStdout()
	fmt.Fprintf(w, "%d seeds (%s) × %d city types, %d calls each, %.0f s\n\n", cfg.Seeds, cfg.Set, len(cfg.Types), cfg.Calls, time.Since(begin).Seconds())
	if err := quality.Table(w, results); err != nil {
		return err
	}
	if details {
		fmt.Fprintln(w)
		if err := quality.Details(w, results); err != nil {
			return err
		}
	}
	if out != "" {
		b, err := json.MarshalIndent(results, "", " ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(out, append(b, '\n'), 0o644); err != nil {
			return err
		}
	}
	if check {
		return quality.Check(results)
	}
	return nil
}
