package quality

import (
	"slices"
	"time"

	"github.com/hotcell/hotcell/cmd/citysim/city"
)

// Days says when a fault that began within the period entered the first 20.
type Days struct {
	Fault string  `json:"fault"`
	Took  float64 `json:"took"` // days from its beginning to the first midnight whose ranking has it; −1 = never
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

// daysToFind looks through the daily rankings for each new fault.
func daysToFind(t *city.Truth, ends []time.Time, lists [][]Found) ([]Days, error) {
	if len(ends) == 0 {
		return nil, nil
	}
	ts, err := targets(t)
	if err != nil {
		return nil, err
	}
	var out []Days
	for _, i := range newFaults(t) {
		d := Days{Fault: t.Faults[i].ID, Took: -1}
		for k, end := range ends {
			if !end.After(t.Faults[i].Start) {
				continue
			}
			here := func(f Found) bool {
				return slices.ContainsFunc(match(&f, ts), func(m int) bool { return ts[m].fault == i })
			}
			if slices.ContainsFunc(lists[k][:min(len(lists[k]), topN)], here) {
				d.Took = end.Sub(t.Faults[i].Start).Hours() / 24
				break
			}
		}
		out = append(out, d)
	}
	return out, nil
}
