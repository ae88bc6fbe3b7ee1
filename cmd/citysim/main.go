// Command citysim makes a synthetic city with known faults: demo data, scale
// tests, and the yardstick for the quality of hotcell's ranking.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/hotcell/hotcell/cmd/citysim/city"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	cmd := newCommand()
	if err := cmd.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "citysim:", err)
		stop()
		os.Exit(exitStatus(err))
	}
}

// usageError is a mistake in the command line: exit status 2.
type usageError struct{ error }

func exitStatus(err error) int {
	if _, ok := err.(usageError); ok {
		return 2
	}
	return 1
}

func newCommand() *cobra.Command {
	cfg := city.DefaultConfig()
	var out, start, kind string
	cmd := &cobra.Command{
		Use:   "citysim --out DIR",
		Short: "Make a synthetic city with known faults",
		Long: `citysim makes a deterministic synthetic city: the same options give the same bytes
on any machine. It writes every file hotcell loads (calls, complaints, subscribers,
sites, traffic, surveys, venues, regions) and truth.json, which says what was broken
where and how many weighted customers it hurt.`,
		Example:       "  citysim --seed 7 --type sprawl --calls 200000 --out /tmp/city",
		Args:          cobra.NoArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			day, err := time.Parse("2006-01-02", start)
			if err != nil {
				return usageError{fmt.Errorf("start %q is no date: write YYYY-MM-DD", start)}
			}
			if out == "" {
				return usageError{errors.New("say where to write the city: --out DIR")}
			}
			cfg.Start, cfg.Type = day, city.Type(kind)
			if err := cfg.Validate(); err != nil {
				return usageError{err}
			}
			return makeCity(cmd, out, cfg)
		},
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	f := cmd.Flags()
	f.StringVar(&out, "out", "", "folder to write to (made where missing)")
	f.Uint64Var(&cfg.Seed, "seed", cfg.Seed, "same seed and options, same city")
	f.StringVar(&kind, "type", string(cfg.Type), "shape of the city: dense, sprawl or mountain")
	f.IntVar(&cfg.Calls, "calls", cfg.Calls, "number of call records")
	f.IntVar(&cfg.Days, "days", cfg.Days, "days recorded")
	f.StringVar(&start, "start", cfg.Start.Format("2006-01-02"), "first day")
	f.IntVar(&cfg.Subscribers, "subscribers", cfg.Subscribers, "number of customers (0: one per 25 calls)")
	f.IntVar(&cfg.Complaints, "complaints", cfg.Complaints, "number of complaints (-1: one per 200 calls)")
	f.Float64Var(&cfg.LocationNoise, "location-noise", cfg.LocationNoise, "multiplies position errors")
	f.Float64Var(&cfg.MissingCoords, "missing-coords", cfg.MissingCoords, "share of calls known only by radio cell")
	f.Float64Var(&cfg.Unlocated, "unlocated", cfg.Unlocated, "share of calls with no position at all")
	f.Float64Var(&cfg.MissingFloor, "missing-floor", cfg.MissingFloor, "share of indoor calls without a floor")
	f.Float64Var(&cfg.MaskedShare, "masked", cfg.MaskedShare, "share of drops logged as normal releases")
	f.Float64Var(&cfg.RedialShare, "redial", cfg.RedialShare, "probability of redialling after a drop")
	f.Float64Var(&cfg.ChattyShare, "chatty", cfg.ChattyShare, "probability of calling again after a good call")
	f.Float64Var(&cfg.ComplaintBias, "complaint-bias", cfg.ComplaintBias, "how much the readiness to complain differs (0: not at all)")
	f.Float64Var(&cfg.OtherComplaints, "other-complaints", cfg.OtherComplaints, "share of complaints about billing and the like")
	f.Float64Var(&cfg.Heterogeneity, "heterogeneity", cfg.Heterogeneity, "natural variation of bad-call rates between places")
	f.Float64Var(&cfg.Faults, "faults", cfg.Faults, "multiplies the number of faults (0: none)")
	f.Float64Var(&cfg.FaultStrength, "fault-strength", cfg.FaultStrength, "multiplies how often faults make a call fail")
	f.Float64Var(&cfg.Dirt, "dirt", cfg.Dirt, "share of calls that are duplicated, have swapped coordinates, bad dates, or come late (each)")
	f.StringVar(&cfg.Compress, "compress", cfg.Compress, "compress the calls: gz or zst")
	f.BoolVar(&cfg.Split, "split", cfg.Split, "one calls file per day")
	f.BoolVar(&cfg.NoTraffic, "no-traffic", cfg.NoTraffic, "leave traffic.csv empty")
	f.IntVar(&cfg.Workers, "workers", cfg.Workers, "goroutines to use (0: one per core); the city is the same")
	cmd.AddCommand(qualityCommand())
	return cmd
}

func makeCity(cmd *cobra.Command, out string, cfg city.Config) error {
	var progress func(int)
	if term.IsTerminal(int(os.Stderr.Fd())) {
		bar := progressbar.NewOptions(cfg.Calls, progressbar.OptionSetDescription("calls"), progressbar.OptionSetWriter(os.Stderr),
			progressbar.OptionShowCount(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
		progress = func(n int) { _ = bar.Add(n) } // a bar that cannot be drawn is no reason to stop
	}
	begin := time.Now()
	s, err := city.Write(cmd.Context(), out, cfg, progress)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s (%s, seed %d): %d calls, %d complaints, %d faults, %d decoys in %.1f s\n%s: %s\n",
		s.Truth.City, cfg.Type, cfg.Seed, s.Calls, s.Complaints, len(s.Truth.Faults), len(s.Truth.Decoys), time.Since(begin).Seconds(),
		out, strings.Join(s.Files, " "))
	return err
}
