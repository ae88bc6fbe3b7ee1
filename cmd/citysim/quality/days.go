package quality

import (
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/hotcell/hotcell/cmd/citysim/city"
)

// Days says how soon a fault that began within the period was seen: days from its
// beginning to the first midnight by which it was; −1 = never.
type Days struct {
	Fault  string  `json:"fault"`
	Took   float64 `json:"took"`   // until the ranking had it among its first topN
	Warned float64 `json:"warned"` // until an early warning was raised at it
}

// newFaults are those worth finding that begin within the period, early enough
// to be found.
func newFaults(t *city.Truth) []int {
	var out []int
	for i := range t.Faults {
		f := &t.Faults[i]
		if f.Start.After(t.Start) && t.End.Sub(f.Start) >= 48*time.Hour && f.Impact.Avoidable >= worthIt {
			out = append(out, i)
		}
	}
	return out
}

// midnights lists the ends of the days on which a new fault could be found.
func midnights(t *city.Truth) []time.Time {
	faults := newFaults(t)
	if len(faults) == 0 {
		return nil
	}
	first := t.End
	for _, i := range faults {
		if s := t.Faults[i].Start; s.Before(first) {
			first = s
		}
	}
	var out []time.Time
	for end := t.Start.AddDate(0, 0, 1); !end.After(t.End); end = end.AddDate(0, 0, 1) {
		if end.After(first) {
			out = append(out, end)
		}
	}
	return out
}

// daysToFind looks through the daily rankings and warnings for each new fault.
func daysToFind(t *city.Truth, ends []time.Time, r *Ranked) ([]Days, error) {
	if len(ends) == 0 {
		return nil, nil
	}
	ts, err := targets(t)
	if err != nil {
		return nil, err
	}
	var out []Days
	for _, i := range newFaults(t) {
		first := func(lists [][]Found) float64 {
			for k, end := range ends {
				if end.After(t.Faults[i].Start) && slices.ContainsFunc(lists[k][:min(len(lists[k]), topN)], func(f Found) bool {
					return slices.ContainsFunc(match(&f, ts), func(m int) bool { return ts[m].fault == i })
				}) {
					return end.Sub(t.Faults[i].Start).Hours() / 24
				}
			}
			return -1
		}
		out = append(out, Days{Fault: t.Faults[i].ID, Took: first(r.Daily), Warned: first(r.Alarms)})
	}
	return out, nil
}

// share is the time within which the given share of all was seen, those never seen
// counted as later than all others; −1 when they reach so far.
func share(of float64, took []float64) float64 {
	sorted := slices.Clone(took)
	for i, v := range sorted {
		if v < 0 {
			sorted[i] = math.Inf(1)
		}
	}
	slices.Sort(sorted)
	at := max(int(math.Ceil(of*float64(len(sorted)))), 1) - 1
	if len(sorted) == 0 || math.IsInf(sorted[at], 1) {
		return -1
	}
	return sorted[at]
}

// daysTable prints how soon new faults were seen.
func daysTable(w io.Writer, all []Result) error {
	var seen [2][]float64
	for _, r := range all {
		for _, d := range r.Score.Days {
			seen[0], seen[1] = append(seen[0], d.Took), append(seen[1], d.Warned)
		}
	}
	if len(seen[0]) == 0 {
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "\n%d new faults\tseen\tmedian days\t90 %% within days\t\n", len(seen[0]))
	for i, name := range []string{fmt.Sprintf("%s's first %d", Ours, topN), "early warning"} {
		found := 0
		for _, v := range seen[i] {
			if v >= 0 {
				found++
			}
		}
		text := func(v float64) string {
			if v < 0 {
				return "later, or never"
			}
			return fmt.Sprintf("%.1f", v)
		}
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t\n", name, found, text(share(0.5, seen[i])), text(share(0.9, seen[i])))
	}
	return t.Flush()
}
