package hotspots

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// History is what earlier runs know about a hotspot.
type History struct {
	Course     string   `json:"course"` // new, known, chronic (first seen ChronicDays ago or earlier), recurring (was gone in between)
	Runs       int      `json:"runs"`   // runs it was listed in, this one included; runs with the same end count once
	Returns    int      `json:"returns,omitempty"`
	MergedFrom []string `json:"merged_from,omitempty"` // ids that this hotspot took over in this run
	SplitFrom  string   `json:"split_from,omitempty"`  // id of the hotspot it came out of in this run
}

// ChronicDays is how many days ago a chronic hotspot was first seen.
const ChronicDays = 56

// Gone is a hotspot of an earlier run that is listed no more. It keeps its id for
// KeepGone runs, in case it comes back.
type Gone struct {
	ID        string   `json:"id"`
	FirstSeen string   `json:"first_seen"`
	Keys      []string `json:"keys"`
	Runs      int      `json:"runs"`
	Returns   int      `json:"returns,omitempty"`
	Absent    int      `json:"absent"` // runs since it was last listed
}

// KeepGone is how many runs a hotspot's id waits for its return.
const KeepGone = 26

// placeKeys are what two hotspots must share to be the same thing: venues,
// kilometres of a line, cells.
func placeKeys(h *Hotspot) []string {
	var keys []string
	if h.Place.Kind == "venue" && h.Place.VenueID != "" {
		keys = append(keys, "venue/"+h.Place.VenueID)
	}
	if h.Place.Kind == "segment" && h.Place.KmFrom != nil && h.Place.KmTo != nil {
		line := cmp.Or(h.Place.VenueID, h.Place.Ref)
		for km := *h.Place.KmFrom; km < *h.Place.KmTo; km++ {
			keys = append(keys, fmt.Sprintf("segment/%s/%d", line, km))
		}
	}
	for _, c := range h.Place.Cells {
		keys = append(keys, "cell/"+c)
	}
	return keys
}

// known is an earlier hotspot, listed last time or gone before.
type known struct {
	Gone
	weight float64
	taken  bool
}

// link is a current hotspot that shares places with an earlier one.
type link struct {
	now, then int
	strength  float64
}

// identify gives every hotspot its id. One that shares a venue or a kilometre
// with an earlier hotspot, or at least Params.KeepCells of the impact of its
// cells or of the earlier one's cells, is that hotspot. When several claim the
// same one, the strongest link wins: the others have split off, and earlier ones
// that lost theirs have merged.
func (a *Analysis) identify(run *Run, previous *Run) {
	before := earlier(previous)
	step := 1 // the same window ranked again is no new run
	if previous != nil && previous.End.Equal(run.End) {
		step = 0
	}
	chronic := run.End.AddDate(0, 0, -ChronicDays).Format(time.DateOnly)
	keysNow := make([][]string, len(run.Hotspots))
	for i := range run.Hotspots {
		keysNow[i] = placeKeys(&run.Hotspots[i])
	}
	links := a.links(run, keysNow, before)
	ids := map[string]bool{}
	owner := make([]int, len(run.Hotspots)) // index in before, −1 for new ones
	for i := range owner {
		owner[i] = -1
	}
	for _, l := range links {
		if owner[l.now] < 0 && !before[l.then].taken {
			owner[l.now] = l.then
			before[l.then].taken = true
		}
	}
	for i := range run.Hotspots {
		h := &run.Hotspots[i]
		first := day(a.m.firstDay(&a.listed[i]))
		h.History = &History{Course: "new", Runs: 1}
		if o := owner[i]; o >= 0 {
			old := &before[o]
			h.ID, h.Trend.FirstSeen = old.ID, min(first, old.FirstSeen)
			h.History.Runs, h.History.Returns = max(1, old.Runs+step), old.Returns
			if old.Absent > 0 {
				h.History.Returns++
			}
			switch {
			case h.History.Returns > 0:
				h.History.Course = "recurring"
			case h.Trend.FirstSeen <= chronic:
				h.History.Course = "chronic"
			case h.History.Runs == 1:
				h.History.Course = "new"
			default:
				h.History.Course = "known"
			}
		} else {
			h.Trend.FirstSeen = first
			h.ID = freshID(a.founder(i), first, ids, before)
		}
		ids[h.ID] = true
	}
	for _, l := range links {
		h := &run.Hotspots[l.now]
		switch {
		case owner[l.now] < 0 && h.History.SplitFrom == "" && before[l.then].Absent == 0:
			h.History.SplitFrom = before[l.then].ID
		case owner[l.now] >= 0 && !before[l.then].taken && before[l.then].Absent == 0:
			h.History.MergedFrom = append(h.History.MergedFrom, before[l.then].ID)
			before[l.then].taken = true
		}
	}
	run.Gone = gone(before, step)
}

// founder names the place a hotspot started from.
func (a *Analysis) founder(i int) string {
	return fmt.Sprintf("%016x", uint64(a.m.ids[a.m.main(a.listed[i].members)]))
}

// freshID hashes founding place and first day; a number is added in the rare case
// that the id is in use.
func freshID(key, first string, now map[string]bool, before []known) string {
	used := func(id string) bool {
		return now[id] || slices.ContainsFunc(before, func(k known) bool { return k.ID == id })
	}
	id := founding(key, first)
	for n := 2; used(id); n++ {
		id = founding(fmt.Sprintf("%s|%d", key, n), first)
	}
	return id
}

// earlier lists the hotspots of the previous run and those gone before it.
func earlier(previous *Run) []known {
	if previous == nil {
		return nil
	}
	var out []known
	for i := range previous.Hotspots {
		h := &previous.Hotspots[i]
		k := known{Gone: Gone{ID: h.ID, FirstSeen: h.Trend.FirstSeen, Keys: placeKeys(h), Runs: 1}, weight: 1 + h.Impact.Avoidable}
		if h.History != nil {
			k.Runs, k.Returns = h.History.Runs, h.History.Returns
		}
		out = append(out, k)
	}
	for _, g := range previous.Gone {
		if g.Absent < KeepGone {
			g.Keys = slices.Clone(g.Keys)
			out = append(out, known{Gone: g, weight: 0.001})
		}
	}
	return out
}

// links lists pairs that may be the same hotspot, strongest first.
func (a *Analysis) links(run *Run, keysNow [][]string, before []known) []link {
	holders := map[string][]int{}
	for t := range before {
		for _, k := range before[t].Keys {
			holders[k] = append(holders[k], t)
		}
	}
	var out []link
	for i := range run.Hotspots {
		shareNow, shareThen, solid := map[int]float64{}, map[int]float64{}, map[int]bool{}
		weight := a.cellWeights(i)
		var thens []int
		for _, k := range keysNow[i] {
			for _, t := range holders[k] {
				if _, seen := shareThen[t]; !seen {
					thens = append(thens, t)
				}
				shareThen[t] += 1 / float64(len(before[t].Keys))
				shareNow[t] += weight[k]
				solid[t] = solid[t] || !strings.HasPrefix(k, "cell/")
			}
		}
		slices.Sort(thens)
		for _, t := range thens {
			share := math.Max(shareNow[t], shareThen[t])
			if solid[t] || share >= a.m.params.KeepCells {
				strength := math.Min(1+run.Hotspots[i].Impact.Avoidable, before[t].weight) * math.Max(share, 0.01)
				out = append(out, link{i, t, strength})
			}
		}
	}
	slices.SortFunc(out, func(x, y link) int {
		return cmp.Or(cmp.Compare(y.strength, x.strength), cmp.Compare(x.now, y.now), cmp.Compare(x.then, y.then))
	})
	return out
}

// cellWeights is each cell's share of the hotspot's impact, by place key.
func (a *Analysis) cellWeights(i int) map[string]float64 {
	m := a.m
	out := map[string]float64{}
	total := 0.0
	for _, n := range a.listed[i].members {
		if isCell(m.ids[n]) {
			v := m.ownImpact(int(n))
			total += v
			out["cell/"+fmt.Sprintf("%x", uint64(m.ids[n]))] = v
		}
	}
	for k := range out {
		if total > 0 {
			out[k] /= total
		}
	}
	return out
}

// ownImpact is one place's impact.
func (m *model) ownImpact(i int) float64 {
	pl := &m.places[i]
	v := m.spreadAt(pl).impact
	for _, h := range m.hurts[pl.hurtFrom:pl.hurtTo] {
		v += h.value * hurtOf(h.byCalls+h.byMoan+h.byApp)
	}
	return v
}

// gone lists the earlier hotspots that nobody took over.
func gone(before []known, step int) []Gone {
	var out []Gone
	for _, k := range before {
		if !k.taken && k.Absent+step <= KeepGone {
			g := k.Gone
			g.Absent = max(1, g.Absent+step)
			out = append(out, g)
		}
	}
	return out
}
