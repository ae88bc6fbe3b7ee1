package main

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hotcell/hotcell/api"
	"github.com/hotcell/hotcell/hotspots"
)

func (p *program) hotspotCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "hotspot",
		Short: "Look at one hotspot",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return usagef("say what to do: hotspot show ID, or its rank in the newest run")
		},
	}
	var format string
	var brief bool
	show := &cobra.Command{
		Use:   "show ID|RANK",
		Short: "Show a hotspot of the newest run with everything known about it",
		Long: `Show a hotspot of the newest run: its figures, and the terms that made them, found by
analysing the run's records once more. docs/method.md explains the terms.`,
		Example: "  hotcell hotspot show 1\n  hotcell hotspot show hs_0123456789abcdef\n  hotcell hotspot show hs_0123456789abcdef --format json | jq .explanation.ranks",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFormat(format, "table", "json"); err != nil {
				return err
			}
			h, err := p.findHotspot(cmd.Context(), args[0], !brief)
			if err != nil {
				return err
			}
			if format == "json" {
				return writeJSON(p.out, h)
			}
			p.printHotspot(h.Hotspot)
			if h.Explanation != nil {
				p.printExplanation(h.Explanation)
			}
			for _, n := range h.Notes {
				fmt.Fprintf(p.out, "%-18s %s\n", "Note", n)
			}
			return nil
		},
	}
	show.Flags().StringVar(&format, "format", "table", "table or json")
	show.Flags().BoolVar(&brief, "brief", false, "only what the run holds: no explanation, no second look at the records")
	cmd.AddCommand(show)
	return cmd
}

// findHotspot looks in the newest run, here or on the server, for a hotspot by its
// id or its rank, and explains what it finds if asked to.
func (p *program) findHotspot(ctx context.Context, which string, explain bool) (*shownHotspot, error) {
	shown := &shownHotspot{Notes: []string{}}
	if p.server != "" {
		id, err := p.idOnServer(ctx, which)
		if err != nil {
			return nil, err
		}
		var answer struct {
			Hotspot *hotspots.Hotspot `json:"hotspot"`
		}
		path := "/api/v1/hotspots/" + url.PathEscape(id)
		err = p.getJSON(ctx, path, &answer)
		shown.Hotspot = answer.Hotspot
		if err != nil || !explain {
			return shown, err
		}
		var explained api.Explained
		err = p.getJSON(ctx, path+"/explanation", &explained)
		shown.Explanation, shown.Notes = explained.Explanation, explained.Notes
		return shown, err
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
	if shown.Hotspot, err = pick(run.ID, run.Hotspots, which); err != nil {
		return nil, err
	}
	if explain {
		shown.Explanation, shown.Notes, err = a.Explain(ctx, run, shown.ID)
	}
	return shown, err
}

// pick finds a hotspot by its id or its rank.
func pick(run string, all []hotspots.Hotspot, which string) (*hotspots.Hotspot, error) {
	rank, err := strconv.Atoi(which)
	at := slices.IndexFunc(all, func(h hotspots.Hotspot) bool { return h.ID == which || err == nil && h.Rank == rank })
	if at < 0 {
		return nil, fmt.Errorf("run %s has no hotspot %q; \"hotcell rank --format csv\" lists ids and ranks", run, which)
	}
	return &all[at], nil
}

// idOnServer gives the id of the hotspot with that rank; anything but a number is
// an id already.
func (p *program) idOnServer(ctx context.Context, which string) (string, error) {
	rank, err := strconv.Atoi(which)
	if err != nil || rank < 1 {
		return which, nil
	}
	var newest api.Ranking
	if err := p.getJSON(ctx, "/api/v1/hotspots?top="+strconv.Itoa(rank), &newest); err != nil {
		return "", err
	}
	h, err := pick(newest.Run.ID, newest.Hotspots, which)
	if err != nil {
		return "", err
	}
	return h.ID, nil
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
