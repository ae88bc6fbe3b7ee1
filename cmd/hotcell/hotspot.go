package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hotcell/hotcell/hotspots"
)

func (p *program) hotspotCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "hotspot",
		Short: "Look at one hotspot",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return usagef("say what to do: hotspot show ID") },
	}
	var format string
	show := &cobra.Command{
		Use:   "show ID",
		Short: "Show a hotspot of the newest run with everything known about it",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFormat(format, "table", "json"); err != nil {
				return err
			}
			h, err := p.findHotspot(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if format == "json" {
				return writeJSON(p.out, h)
			}
			p.printHotspot(h)
			return nil
		},
	}
	show.Flags().StringVar(&format, "format", "table", "table or json")
	cmd.AddCommand(show)
	return cmd
}

// findHotspot looks in the newest run, here or on the server.
func (p *program) findHotspot(ctx context.Context, id string) (*hotspots.Hotspot, error) {
	if p.server != "" {
		var answer struct {
			Hotspot *hotspots.Hotspot `json:"hotspot"`
		}
		err := p.getJSON(ctx, "/api/v1/hotspots/"+url.PathEscape(id), &answer)
		return answer.Hotspot, err
	}
	a, err := p.openAnalyst(ctx)
	if err != nil {
		return nil, err
	}
	defer a.close()
	run, err := a.Latest(ctx)
	if err != nil {
		return nil, err
	}
	if run == nil {
		return nil, fmt.Errorf("there is no run yet: make one with \"hotcell rank\"")
	}
	for i := range run.Hotspots {
		if run.Hotspots[i].ID == id {
			return &run.Hotspots[i], nil
		}
	}
	return nil, fmt.Errorf("run %s has no hotspot %q; \"hotcell rank --format csv\" lists the ids", run.ID, id)
}

func (p *program) printHotspot(h *hotspots.Hotspot) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(p.out, "%-18s %s\n", name, fmt.Sprintf(format, args...))
	}
	line("Hotspot", "%s (%s, rank %d of run %s)", h.Name, h.ID, h.Rank, h.Run)
	line("Scene", "%s", h.Scene)
	line("Region", "%s", strings.Join(h.Region, " › "))
	line("Centre", "%.6f, %.6f (latitude, longitude)", h.Center[1], h.Center[0])
	line("Avoidable impact", "%.1f %s (90 %% interval %.1f to %.1f) of %.1f in all", h.Impact.Avoidable, h.Impact.Unit, h.Impact.Lower, h.Impact.Upper, h.Impact.Total)
	line("Customers", "%d hurt of %d served, %d key accounts", h.Customers.Hurt, h.Customers.Served, h.Customers.KeyAccounts)
	line("Rate", "%s of calls bad (90 %% interval %s to %s); normal here %s", percent(h.Rate.Value), percent(h.Rate.Lower), percent(h.Rate.Upper), percent(h.Rate.Reference))
	line("Events", "%d dropped, %d perceived drops, %d blocked, %d poor; %d complaints; %d appeals",
		h.Events.Dropped, h.Events.Perceived, h.Events.Blocked, h.Events.Poor, h.Events.Complaints, h.Events.Appeals)
	line("Trend", "%s, first seen %s", h.Trend.Class, h.Trend.FirstSeen)
	line("Cause", "%s", h.Cause.Sentence)
	if h.Cause.SentenceZH != "" {
		line("", "%s", h.Cause.SentenceZH)
	}
	for _, e := range h.Cause.Evidence {
		line("", "%s %s: %.0f %% of bad calls here, %.0f %% normally (log-odds %.1f, %.1f to %.1f)",
			e.Property, e.Value, e.Share*100, e.Normal*100, e.LogOdds, e.Lower, e.Upper)
	}
	line("State", "%s", h.State)
}
