package hotspots

import (
	"cmp"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"github.com/hotcell/hotcell/geo"
)

// model is the evidence put in order: places by id with their exposure and the
// customers hurt there. Everything iterates over slices, never over maps, so
// that the same evidence gives the same run to the last bit.
type model struct {
	ev     *Evidence
	params Params
	lookup Places

	end     time.Time // exclusive end of the window
	endDay  int32     // first day after the window, days since 1970-01-01 UTC
	regions *regionTree

	ids     []geo.PlaceID      // sorted
	cells   *geo.CellIndex     // positions of cells in ids
	places  []place            // parallel to ids
	uses    []use              // exposure by place
	hurts   []hurt             // customers hurt, by place then customer
	bad     []BadCalls         // sorted by place, customer, day
	weeks   []Week             // sorted by place, week
	moans   []moan             // sorted likewise; located only, or shares of those that fit several places
	habits  map[uint64]float64 // each customer's complaints and appeals anywhere in the window
	extras  []spreadSums       // what places get of calls located only by a radio cell or a disc; the first is nothing
	spread  []radioSpread      // calls located only by a radio cell or an accuracy disc
	noUse   bool               // no exposure: ranked on counts
	traffic traffic            // counters that stand for exposure

	calls, complaints, appeals channel
	acting                     acting    // when and on what places' bad calls are
	singles                    []float64 // by place: log Bayes factor over all channels
	rho                        []float64 // by scene: how alike the calls of one customer are
	perHurt                    []float64 // by scene: most evidence of one hurt customer, in bad calls
}

// place is one PlaceID with its sums over rat and indoor.
type place struct {
	region, scene      int32
	useFrom, useTo     int32 // in model.uses
	hurtFrom, hurtTo   int32 // in model.hurts
	badFrom, badTo     int32 // in model.bad
	moanFrom, moanTo   int32 // in model.moans
	calls, bad         float64
	mm, xx, xm         float64
	customers          float64
	kish               float64 // effective number of hurt customers
	moaning, appealing float64 // customers who complained, weighted
	extra              int32   // in model.extras; 0: nothing
}

// use is the exposure of a place in one rat and indoor class.
type use struct {
	rat    geo.RAT
	indoor geo.Indoor
	calls  float64
	bad    float64
}

// hurt is one customer's bad experience at one place. The three sums are
// −log of the chance to stay unhurt by calls, complaints and appeals.
type hurt struct {
	customer               uint64
	byCalls, byMoan, byApp float64
	bad                    float64 // capped bad calls
	first, second          float64 // sums over bad calls of s and s², see hurt.left
	value                  float64
	moans, apps            float64 // weight of the customer as a complainant: 0 to 1
	there                  float64 // chance that any of it happened here: 1 unless all of it are shares
	partly                 bool    // has shares of complaints
}

// spreadSums are what a place gets of records located only by a radio cell:
// impact, customers and the sum of squares that gives its variance; bad calls and
// the effective number of customers who had them.
type spreadSums struct {
	impact, square, hurt float64
	bad, kish            float64
}

// radioSpread is a radio cell with the places its records are spread over.
type radioSpread struct {
	cell  CellCounts
	share []placeShare
}

// placeShare is a place's share of a radio cell's bad calls and of its calls.
type placeShare struct {
	place      geo.PlaceID
	bad, calls float64
}

// window is the length of the window: four weeks where the query names none.
func (m *model) window() time.Duration {
	if w := m.ev.Query.Window; w > 0 {
		return w
	}
	return 28 * 24 * time.Hour
}

func isCell(id geo.PlaceID) bool { return id != 0 && id>>63 == 0 }

// index gives the place's position, −1 when it is unknown.
func (m *model) index(id geo.PlaceID) int {
	if isCell(id) {
		return m.cells.At(geo.Cell(id))
	}
	if i, ok := slices.BinarySearch(m.ids, id); ok {
		return i
	}
	return -1
}

// indexPlaces builds the table that index looks cells up in: grouping asks for every
// neighbour of every suspicious cell. Cells sort before other places.
func (m *model) indexPlaces() {
	n, _ := slices.BinarySearch(m.ids, 1<<63)
	cells := make([]geo.Cell, n)
	for i := range cells {
		cells[i] = geo.Cell(m.ids[i])
	}
	m.cells = geo.NewCellIndex(cells)
}

// newModel puts the evidence in order.
func newModel(ev *Evidence, lookup Places, p Params) *model {
	m := &model{ev: ev, params: p, lookup: lookup, extras: make([]spreadSums, 1)}
	m.bad = sortedBad(ev.Bad)
	m.weeks = sortedWeeks(ev.Weeks)
	m.end = windowEnd(ev)
	m.endDay = int32(math.Ceil(float64(m.end.Unix()) / 86400))
	exposures := sortedExposures(ev.Exposures)
	m.spreadUnlocated(exposures)
	m.readTraffic()
	m.collectPlaces(exposures)
	m.regions = newRegionTree(exposures, lookup)
	m.fillExposure(exposures)
	m.fillHurts()
	m.applySpread()
	m.useTraffic()
	return m
}

// windowEnd is the query's end, or the day after the newest record.
func windowEnd(ev *Evidence) time.Time {
	if !ev.Query.End.IsZero() {
		return ev.Query.End.UTC()
	}
	last := int32(0)
	for i := range ev.Bad {
		last = max(last, ev.Bad[i].Day)
	}
	for i := range ev.Complaints {
		last = max(last, ev.Complaints[i].Day)
	}
	return time.Unix((int64(last)+1)*86400, 0).UTC()
}

// CompareBadCalls is the order that costs Rank nothing: by place, customer, day and
// all the rest.
func CompareBadCalls(a, b BadCalls) int {
	switch { // most pairs differ here, and cmp.Or looks at everything
	case a.Place != b.Place:
		return cmp.Compare(a.Place, b.Place)
	case a.Customer != b.Customer:
		return cmp.Compare(a.Customer, b.Customer)
	}
	return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Hour, b.Hour), cmp.Compare(a.Kind, b.Kind),
		cmp.Compare(a.Cause, b.Cause), cmp.Compare(a.CauseClass, b.CauseClass), cmp.Compare(a.RAT, b.RAT), cmp.Compare(a.RadioCell, b.RadioCell),
		cmp.Compare(a.Floor, b.Floor), cmp.Compare(a.Indoor, b.Indoor), cmp.Compare(a.Cell, b.Cell),
		cmp.Compare(a.Count, b.Count))
}

func sortedBad(in []BadCalls) []BadCalls {
	if slices.IsSortedFunc(in, CompareBadCalls) {
		return in
	}
	out := slices.Clone(in)
	slices.SortFunc(out, CompareBadCalls)
	return out
}

// sortedWeeks sorts by place and week. The store delivers them so, and there are tens of
// millions.
func sortedWeeks(in []Week) []Week {
	order := func(a, b *Week) int {
		switch {
		case a.Place != b.Place:
			return cmp.Compare(a.Place, b.Place)
		case a.Week != b.Week:
			return cmp.Compare(a.Week, b.Week)
		}
		return cmp.Or(cmp.Compare(a.CappedCalls, b.CappedCalls), cmp.Compare(a.CappedBad, b.CappedBad))
	}
	var unsorted atomic.Bool
	inParallel(len(in)-1, func(i int) {
		if order(&in[i], &in[i+1]) > 0 {
			unsorted.Store(true)
		}
	})
	if !unsorted.Load() {
		return in
	}
	out := slices.Clone(in)
	slices.SortFunc(out, func(a, b Week) int { return order(&a, &b) })
	return out
}

func sortedComplaints(in []Complaint) []Complaint {
	out := slices.Clone(in)
	slices.SortFunc(out, func(a, b Complaint) int {
		return cmp.Or(cmp.Compare(a.Place, b.Place), cmp.Compare(a.Customer, b.Customer),
			cmp.Compare(a.Day, b.Day), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Category, b.Category),
			cmp.Compare(a.RadioCell, b.RadioCell), cmp.Compare(a.Disc, b.Disc), cmp.Compare(a.Cell, b.Cell),
			cmp.Compare(a.Scene, b.Scene), cmp.Compare(a.Region, b.Region))
	})
	return out
}

func sortedExposures(in []Exposure) []Exposure {
	order := func(a, b Exposure) int {
		return cmp.Or(cmp.Compare(a.Place, b.Place), cmp.Compare(a.RAT, b.RAT), cmp.Compare(a.Indoor, b.Indoor),
			cmp.Compare(a.Scene, b.Scene), cmp.Compare(a.Region, b.Region),
			cmp.Compare(a.CappedCalls, b.CappedCalls), cmp.Compare(a.CappedBad, b.CappedBad))
	}
	if slices.IsSortedFunc(in, order) {
		return in
	}
	out := slices.Clone(in)
	slices.SortFunc(out, order)
	return out
}

// collectPlaces lists every place that any evidence names.
func (m *model) collectPlaces(exposures []Exposure) {
	ids := distinct(len(exposures), func(i int) geo.PlaceID { return exposures[i].Place })
	ids = union(ids, distinct(len(m.bad), func(i int) geo.PlaceID { return m.bad[i].Place }))
	ids = union(ids, distinct(len(m.moans), func(i int) geo.PlaceID { return m.moans[i].Place }))
	var spread []geo.PlaceID
	for _, s := range m.spread {
		for _, w := range s.share {
			spread = append(spread, w.place)
		}
	}
	slices.Sort(spread)
	m.ids = union(ids, distinct(len(spread), func(i int) geo.PlaceID { return spread[i] }))
	m.ids = union(m.ids, m.trafficPlaces())
	m.places = make([]place, len(m.ids))
	m.indexPlaces()
}

// distinct lists the places of n sorted rows, place 0 left out.
func distinct(n int, of func(i int) geo.PlaceID) []geo.PlaceID {
	out := make([]geo.PlaceID, 0, n)
	for i := range n {
		if id := of(i); id != 0 && (len(out) == 0 || out[len(out)-1] != id) {
			out = append(out, id)
		}
	}
	return out
}

// union merges two sorted lists; one that adds nothing costs nothing.
func union(a, b []geo.PlaceID) []geo.PlaceID {
	more, k := 0, 0
	for _, id := range b {
		for k < len(a) && a[k] < id {
			k++
		}
		if k == len(a) || a[k] != id {
			more++
		}
	}
	if more == 0 {
		return a
	}
	out := make([]geo.PlaceID, 0, len(a)+more)
	k = 0
	for _, id := range b {
		for k < len(a) && a[k] < id {
			out = append(out, a[k])
			k++
		}
		if k == len(a) || a[k] != id {
			out = append(out, id)
		}
	}
	return append(out, a[k:]...)
}

// fillExposure sums the exposure of each place. A place's region and scene are
// those of most of its calls.
func (m *model) fillExposure(exposures []Exposure) {
	m.uses = make([]use, 0, len(exposures))
	e := 0
	last, lastRegion := "", m.regions.none
	for i, id := range m.ids {
		pl := &m.places[i]
		pl.region, pl.scene = m.regions.none, int32(geo.SceneUnknown)
		pl.useFrom = int32(len(m.uses))
		most := -1.0
		for e < len(exposures) && exposures[e].Place < id {
			e++ // place 0: unlocated exposure is not ranked
		}
		for ; e < len(exposures) && exposures[e].Place == id; e++ {
			x := &exposures[e]
			calls, bad := clean(x.CappedCalls), clean(x.CappedBad)
			calls = math.Max(calls, bad) // a bad call is a call
			if calls > most {
				if x.Region != last {
					last, lastRegion = x.Region, m.regions.of(x.Region)
				}
				most, pl.region, pl.scene = calls, lastRegion, int32(x.Scene)
			}
			pl.calls += calls
			pl.bad += bad
			pl.mm += clean(x.SumMM)
			pl.xx += clean(x.SumXX)
			pl.xm += clean(x.SumXM)
			pl.customers += float64(x.Customers)
			if n := len(m.uses); n > int(pl.useFrom) && m.uses[n-1].rat == x.RAT && m.uses[n-1].indoor == x.Indoor {
				m.uses[n-1].calls += calls
				m.uses[n-1].bad += bad
			} else {
				m.uses = append(m.uses, use{rat: x.RAT, indoor: x.Indoor, calls: calls, bad: bad})
			}
		}
		pl.useTo = int32(len(m.uses))
	}
}

// clean turns what is no count (negative, NaN, infinite) into zero.
func clean(v float64) float64 {
	if v > 0 && !math.IsInf(v, 1) {
		return v
	}
	return 0
}
