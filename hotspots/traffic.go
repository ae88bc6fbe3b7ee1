package hotspots

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/hotcell/hotcell/geo"
)

// CellTraffic is what a radio cell's counters say about the window.
type CellTraffic struct {
	RadioCell       string
	Venue           geo.PlaceID // the building that an indoor radio cell serves; 0 = none, or unknown
	Attempts, Drops uint64
}

// onlyBad is how many calls there may be for one bad call before the calls
// delivered count as use of the network.
const onlyBad = 1.1

// BadOnly tells whether (almost) nothing but bad calls was delivered: then traffic
// counters say how much use places see.
func (ev *Evidence) BadOnly() bool {
	calls, bad := 0.0, 0.0
	for i := range ev.Exposures {
		x := &ev.Exposures[i]
		calls += math.Max(clean(x.CappedCalls), clean(x.CappedBad))
		bad += clean(x.CappedBad)
	}
	for i := range ev.UnlocatedBad {
		u := &ev.UnlocatedBad[i]
		calls += math.Max(clean(u.CappedCalls), clean(u.CappedBad))
		bad += clean(u.CappedBad)
	}
	return calls <= onlyBad*bad && (bad > 0 || len(ev.Bad) > 0)
}

// traffic is the exposure that counters give where calls give none.
type traffic struct {
	cells    []trafficCell
	homeless []string // radio cells with counters but without a site
	attempts float64
	drops    uint64
}

// trafficCell is a radio cell with the area its attempts come from; the area of an
// indoor radio cell is its building.
type trafficCell struct {
	attempts float64
	venue    geo.PlaceID
	area     []geo.CellWeight
}

// readTraffic finds the area of each radio cell with counters.
func (m *model) readTraffic() {
	if m.lookup == nil || len(m.ev.Traffic) == 0 || !m.ev.BadOnly() {
		return
	}
	rows := slices.Clone(m.ev.Traffic)
	slices.SortFunc(rows, func(a, b CellTraffic) int {
		return cmp.Or(cmp.Compare(a.RadioCell, b.RadioCell), cmp.Compare(a.Attempts, b.Attempts))
	})
	inParallel(len(rows), func(i int) { m.lookup.Footprint(rows[i].RadioCell) })
	for _, r := range rows {
		m.traffic.drops += r.Drops
		area := m.lookup.Footprint(r.RadioCell)
		switch {
		case r.Venue == 0 && len(area) == 0:
			m.traffic.homeless = append(m.traffic.homeless, r.RadioCell)
		case r.Attempts > 0:
			m.traffic.cells = append(m.traffic.cells, trafficCell{float64(r.Attempts), r.Venue, area})
			m.traffic.attempts += float64(r.Attempts)
		}
	}
}

// trafficPlaces lists the places that counters add, sorted.
func (m *model) trafficPlaces() []geo.PlaceID {
	var out []geo.PlaceID
	for _, c := range m.traffic.cells {
		if c.venue != 0 {
			out = append(out, c.venue)
			continue
		}
		for _, w := range c.area {
			out = append(out, geo.PlaceID(w.Cell))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// portion is a place within a radio cell's area.
type portion struct {
	place int32
	area  float64
}

// portions finds the places in each radio cell's area: its cells, the known places
// in them, and all known parts of an indoor radio cell's building. Which radio cell
// a place's bad calls name plays no part: a fault would name more of them.
func (m *model) portions() [][]portion {
	inside := map[geo.Cell][]int32{} // places by the cell of their centre
	parts := map[string][]int32{}    // places by venue
	for i, id := range m.ids {
		if isCell(id) {
			continue
		}
		if pl, ok := m.lookup.Place(id); ok {
			inside[pl.Cell] = append(inside[pl.Cell], int32(i))
			if pl.Venue != nil {
				parts[pl.Venue.ID] = append(parts[pl.Venue.ID], int32(i))
			}
		}
	}
	out := make([][]portion, len(m.traffic.cells))
	for k, c := range m.traffic.cells {
		if c.venue != 0 {
			list := []int32{int32(m.index(c.venue))}
			if pl, ok := m.lookup.Place(c.venue); ok && pl.Venue != nil {
				list = parts[pl.Venue.ID]
			}
			for _, i := range list {
				out[k] = append(out[k], portion{i, 1})
			}
			continue
		}
		for _, w := range c.area {
			out[k] = append(out[k], portion{int32(m.index(geo.PlaceID(w.Cell))), w.Weight})
			for _, i := range inside[w.Cell] {
				out[k] = append(out[k], portion{i, w.Weight})
			}
		}
	}
	return out
}

// leastUse is the share of the use that its neighbourhood's bad calls speak for which
// a place has at least: a footprint is a model, and where it hardly reaches a single
// bad call would be far above normal.
const leastUse = 0.1

const (
	trafficRounds = 30
	// When the use of kinds of places is learnt, a place counts for at most so many
	// times what is normal for its kind, and so many Poisson deviations more.
	trafficExcess = 1.5
	trafficSlack  = 2.0
)

// useTraffic makes the counters' attempts the exposure of places. A radio cell's
// attempts go to the places of its area in proportion to area × the use of a place
// of that kind (scene, or plain cell). The use of a kind is fitted to the bad calls
// of the whole network, places with many of them cut off, so that a fault does not
// raise its own denominator. Places that no counter covers get the calls that would
// give their neighbourhood's count of bad calls. See docs/method.md.
func (m *model) useTraffic() {
	if len(m.traffic.cells) == 0 {
		return
	}
	for i := range m.places {
		if pl := &m.places[i]; pl.region == m.regions.none && isCell(m.ids[i]) {
			if p, ok := m.lookup.Place(m.ids[i]); ok && len(p.Region) > 0 {
				pl.region = m.regions.of(p.Region[len(p.Region)-1])
			}
		}
	}
	kind := func(i int32) int32 {
		if isCell(m.ids[i]) {
			return scenes
		}
		return m.sceneOf(int(i))
	}
	bad := 0.0
	for i := range m.places {
		bad += m.places[i].bad
	}
	rate := math.Min(1, bad/m.traffic.attempts)
	var use [scenes + 1]float64
	for k := range use {
		use[k] = 1
	}
	areas, calls := m.portions(), make([]float64, len(m.places))
	for range trafficRounds {
		m.shareTraffic(areas, func(i int32) float64 { return use[kind(i)] }, calls)
		var seen, expected [scenes + 1]float64
		for i, n := range calls {
			if n > 0 {
				k, e := kind(int32(i)), rate*n
				seen[k] += math.Min(m.places[i].bad, trafficExcess*e+trafficSlack*math.Sqrt(e))
				expected[k] += e
			}
		}
		for k := range use {
			use[k] = math.Min(1e3, math.Max(1e-3, use[k]*(seen[k]+1)/(expected[k]+1)))
		}
	}
	m.shareTraffic(areas, func(i int32) float64 { return use[kind(i)] }, calls)
	m.takeCalls(calls, rate)
}

// shareTraffic spreads each radio cell's attempts with weights that sum to one.
func (m *model) shareTraffic(areas [][]portion, use func(int32) float64, calls []float64) {
	clear(calls)
	for k, list := range areas {
		sum := 0.0
		for _, p := range list {
			sum += p.area * use(p.place)
		}
		for _, p := range list {
			calls[p.place] += m.traffic.cells[k].attempts * p.area * use(p.place) / sum
		}
	}
}

// takeCalls replaces the calls of all places, over the window and by week. Counters
// know neither technology nor indoors of a place, so each place has one use.
func (m *model) takeCalls(calls []float64, rate float64) {
	around := m.neighbourhoodCounts()
	m.uses = m.uses[:0:0]
	for i := range m.places {
		pl := &m.places[i]
		if m.eventful(i) {
			if calls[i] == 0 {
				calls[i] = around[i] / rate
			}
			calls[i] = math.Max(calls[i], leastUse*around[i]/rate)
		}
		pl.calls = math.Max(calls[i], pl.bad) // a bad call is a call
		pl.mm, pl.xm = pl.calls, pl.xx
		pl.useFrom = int32(len(m.uses))
		if pl.calls > 0 {
			m.uses = append(m.uses, use{calls: pl.calls, bad: pl.bad})
		}
		pl.useTo = int32(len(m.uses))
	}
	m.weekTraffic()
}

// weekTraffic spreads the calls of places evenly over the weeks that have records.
func (m *model) weekTraffic() {
	weeks := m.weekCount()
	recorded := make([]bool, weeks)
	sums := make([]Week, len(m.places)*weeks)
	for _, w := range m.ev.Weeks {
		i := m.index(w.Place)
		if w.Week < 0 || i < 0 {
			continue
		}
		recorded[w.Week] = true
		s := &sums[i*weeks+int(w.Week)]
		s.Hurt += w.Hurt
		s.CappedBad += w.CappedBad
	}
	length := m.window().Hours() / (7 * 24)
	out := make([]Week, 0, len(sums))
	for i := range m.places {
		for w, known := range recorded {
			if s := sums[i*weeks+w]; known {
				s.Place, s.Week = m.ids[i], int32(w)
				s.CappedCalls = max(float32(m.places[i].calls/length), s.CappedBad)
				out = append(out, s)
			}
		}
	}
	ev := *m.ev // the caller's stays as it is
	ev.Weeks = out
	m.ev = &ev
}

// missingDrops is how many times the records delivered the switch must have
// counted drops before the run says that records are missing.
const missingDrops = 1.25

func (m *model) trafficNotes() []string {
	var notes []string
	if m.ev.TrafficLeftOut {
		notes = append(notes, "traffic counters are not used under a filter: they tell neither regions and scenes nor technologies and operators apart. Rank without it to have them as exposure")
	}
	if n := len(m.traffic.cells); n > 0 {
		notes = append(notes, fmt.Sprintf("exposure from traffic counters of %d radio cells, spread over their footprints; customers served are unknown", n))
	}
	if all := m.traffic.homeless; len(all) > 0 {
		const named = 5
		text := fmt.Sprintf("%d radio cells with traffic counters have no site and are left out: %s", len(all), strings.Join(all[:min(named, len(all))], ", "))
		if len(all) > named {
			text += ", …"
		}
		notes = append(notes, text)
	}
	if d := m.traffic.drops; float64(d) > missingDrops*float64(m.ev.Calls) && m.ev.Calls > 0 {
		notes = append(notes, fmt.Sprintf("the traffic counters show %d drops but only %d calls were delivered: records are missing", d, m.ev.Calls))
	}
	return notes
}
