package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hotcell/hotcell/hotspots"
)

// shownHotspot is the document of "hotspot show --format json".
type shownHotspot struct {
	*hotspots.Hotspot
	Explanation *hotspots.Explanation `json:"explanation"` // null where it cannot be given: see notes
	Notes       []string              `json:"notes"`
}

// resamples is how often customers are drawn anew to see how stable a rank is.
const resamples = 200

// Explain implements api.Analyst: it analyses what a run looked at once more, unless
// nothing has changed since it last did, and opens one of its hotspots into its terms.
// Where the records have changed since the run, the notes say so.
func (a *analyst) Explain(ctx context.Context, run *hotspots.Run, id string) (e *hotspots.Explanation, notes []string, err error) {
	err = a.analyses.with(ctx, a, run, func(x *analysed) error {
		e, notes, err = explained(x, run, id)
		return err
	})
	return e, notes, err
}

func explained(x *analysed, run *hotspots.Run, id string) (*hotspots.Explanation, []string, error) {
	notes := []string{}
	for _, n := range x.Run.Notes {
		if strings.Contains(n, "exposure") { // what the rates below stand on, where it is not calls
			notes = append(notes, n)
		}
	}
	switch {
	case x.dataVersion != run.DataVersion:
		notes = append(notes, fmt.Sprintf("records of the window have changed since run %s: the explanation is of today's records; \"hotcell rank\" makes a new run", run.ID))
	case run.Method != hotspots.MethodVersion:
		notes = append(notes, fmt.Sprintf("run %s was made by method %s: the explanation is by method %s; \"hotcell rank\" makes a new run", run.ID, run.Method, hotspots.MethodVersion))
	}
	at := slices.IndexFunc(x.Run.Hotspots, func(h hotspots.Hotspot) bool { return h.ID == id })
	if at < 0 {
		return nil, append(notes, "it is no hotspot any more, so there is no explanation"), nil
	}
	e, err := x.Explain(id)
	if err != nil {
		return nil, nil, err
	}
	if x.stable == nil {
		x.stable = x.Stability(resamples)
	}
	if at >= len(x.stable) {
		return e, append(notes, fmt.Sprintf("it is beyond rank %d: how stable its rank is was not looked at", len(x.stable))), nil
	}
	stable := x.stable[at]
	e.Stability = &stable
	return e, notes, nil
}

const (
	shownDays   = 5
	shownPlaces = 8
	shownStrata = 3
)

func (p *program) printExplanation(e *hotspots.Explanation) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(p.out, "%-18s %s\n", name, fmt.Sprintf(format, args...))
	}
	fmt.Fprintln(p.out)
	line("Why it is listed", "faulty with probability %.3f", e.Faulty)
	for _, c := range e.Channels {
		line("  "+c.Channel, "%.1f in %.0f, normal %.1f (design effect %.1f): %.1f × the reference, log Bayes factor %.1f; impact %.1f, %.0f %% of it avoidable",
			c.Events, c.Use, c.Expected, c.DesignEffect, c.Ratio, c.LogBayes, c.Impact, 100*c.Avoidable)
	}
	for _, r := range e.Reference[:min(len(e.Reference), shownStrata)] {
		line("  reference", "%.2f %% of calls bad in region %s, scene %s, %s, %s (%.0f %% of the calls)", 100*r.Rate, r.Region, r.Scene, r.RAT, r.Indoor, 100*r.Share)
	}
	rate := "none (too few calls)"
	if e.Ranks.Rate != nil {
		rate = fmt.Sprint(*e.Ranks.Rate)
	}
	line("Rank", "%d of %d by avoidable impact; %d by impact, %d by drops, %d by complaints, %s by rate",
		e.Ranks.Ours, e.Ranks.Of, e.Ranks.Impact, e.Ranks.Drops, e.Ranks.Complaints, rate)
	for _, w := range e.Why {
		line("", "%s", w)
	}
	if s := e.Stability; s != nil {
		line("Stability", "in the top 10 in %.0f %%, in the top 20 in %.0f %% of %d resamples of customers", 100*s.Top10, 100*s.Top20, s.Resamples)
	}
	days := slices.Clone(e.Days)
	slices.SortStableFunc(days, func(a, b hotspots.DayTerm) int { return cmp.Compare(b.Share, a.Share) })
	var parts []string
	for _, d := range days[:min(len(days), shownDays)] {
		parts = append(parts, fmt.Sprintf("%s %.0f %% (%d)", d.Day, 100*d.Share, d.Events))
	}
	line("Worst days", "%s: share of what was suffered, with bad experiences", strings.Join(parts, ", "))
	for i, t := range e.Places[:min(len(e.Places), shownPlaces)] {
		name := ""
		if i == 0 {
			name = "Worst places"
		}
		line(name, "%s: impact %.1f, %.0f bad of %.0f calls, normal %.1f", t.Name, t.Impact, t.Bad, t.Calls, t.Expected)
	}
	for i, c := range e.Customers[:min(len(e.Customers), 3)] {
		name := ""
		if i == 0 {
			name = "Most hurt"
		}
		line(name, "customer %d: value %.2f × hurt %.2f = %.2f, %.0f bad calls", c.Number, c.Value, c.Hurt, c.Impact, c.BadCalls)
	}
}
