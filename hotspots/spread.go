package hotspots

import (
	"cmp"
	"math"
	"slices"

	"github.com/hotcell/hotcell/geo"
)

// spreadKey is where a share of a radio cell's records goes.
type spreadKey struct {
	place int32
	rat   geo.RAT
}

// footprintCalls is how many located bad calls a radio cell's footprint is worth
// when records without a position are spread.
const footprintCalls = 3

// spreadRadioCells finds the places over which records without a position are
// spread, and puts the complaints at their places.
func (m *model) spreadRadioCells(exposures []Exposure) {
	wanted := map[string]bool{}
	var cells []string
	want := func(radio string) {
		if !wanted[radio] {
			wanted[radio] = true
			cells = append(cells, radio)
		}
	}
	for _, u := range m.ev.UnlocatedBad {
		want(u.RadioCell)
	}
	for i := range m.ev.Complaints {
		if c := &m.ev.Complaints[i]; c.Place == 0 && len(c.Choice) == 0 && c.RadioCell != "" {
			want(c.RadioCell)
		}
	}
	var rates *placeRates
	var located map[string][]placeBad
	if len(cells) > 0 {
		rates, located = newPlaceRates(exposures), m.locatedBad(wanted)
	}
	// The catalogue works a footprint out when it is first asked and keeps it.
	if m.lookup != nil {
		inParallel(len(cells), func(i int) { m.lookup.Footprint(cells[i]) })
	}
	shares := map[string][]placeShare{}
	m.moans = m.placeComplaints(m.ev.Complaints, func(radio string) []placeShare {
		s, known := shares[radio]
		if !known {
			s = m.shares(radio, located[radio], rates)
			shares[radio] = s
		}
		return s
	})
	for _, u := range m.ev.UnlocatedBad {
		if share := m.shares(u.RadioCell, located[u.RadioCell], rates); len(share) > 0 {
			u.CappedBad = clean(u.CappedBad)
			u.CappedCalls = math.Max(clean(u.CappedCalls), u.CappedBad)
			balance(share, u.CappedCalls, u.CappedBad)
			m.spread = append(m.spread, radioSpread{cell: u, share: share})
		}
	}
	slices.SortFunc(m.spread, func(a, b radioSpread) int {
		return cmp.Or(cmp.Compare(a.cell.RadioCell, b.cell.RadioCell), cmp.Compare(a.cell.RAT, b.cell.RAT),
			cmp.Compare(a.cell.CappedCalls, b.cell.CappedCalls))
	})
}

// placeBad are the bad calls of one radio cell at one place.
type placeBad struct {
	place geo.PlaceID
	bad   float64
}

// locatedBad counts the located bad calls of the wanted radio cells by place. A
// customer weighs at most perCaller calls at a place: one phone is no evidence of
// where others are.
func (m *model) locatedBad(wanted map[string]bool) map[string][]placeBad {
	out := map[string][]placeBad{}
	for from := 0; from < len(m.bad); {
		first := &m.bad[from]
		to, total := from, 0.0
		for ; to < len(m.bad) && m.bad[to].Place == first.Place && m.bad[to].Customer == first.Customer; to++ {
			total += float64(m.bad[to].Count)
		}
		for i := from; i < to && first.Place != 0; i++ {
			x := &m.bad[i]
			if total <= 0 || !wanted[x.RadioCell] {
				continue
			}
			list, w := out[x.RadioCell], float64(x.Count)/total*math.Min(total, perCaller)
			if n := len(list); n > 0 && list[n-1].place == x.Place { // sorted by place
				list[n-1].bad += w
			} else {
				out[x.RadioCell] = append(list, placeBad{x.Place, w})
			}
		}
		from = to
	}
	return out
}

// placeRates are rates of bad calls by place, shrunk towards the overall one.
type placeRates struct {
	sums    map[geo.PlaceID][2]float64 // calls and bad calls
	overall float64
}

// rateCalls is how many bad calls the overall rate is worth in a place's rate.
const rateCalls = 2

func newPlaceRates(exposures []Exposure) *placeRates {
	r := &placeRates{sums: make(map[geo.PlaceID][2]float64, len(exposures))}
	var calls, bad float64
	for i := range exposures {
		x := &exposures[i]
		n, b := math.Max(clean(x.CappedCalls), clean(x.CappedBad)), clean(x.CappedBad)
		s := r.sums[x.Place]
		r.sums[x.Place] = [2]float64{s[0] + n, s[1] + b}
		calls += n
		bad += b
	}
	r.overall = 1
	if calls > 0 && bad > 0 {
		r.overall = bad / calls
	}
	return r
}

func (r *placeRates) of(id geo.PlaceID) float64 {
	s := r.sums[id]
	return math.Min(1, (s[1]+rateCalls)/(s[0]+rateCalls/r.overall))
}

// footprint spreads footprintCalls bad calls over a radio cell's footprint. Calls
// come from where people call: the area's shares are weighted with the exposure that
// each cell saw. Bad calls come from there at each cell's rate.
func (r *placeRates) footprint(area []geo.CellWeight) []placeShare {
	area = geo.ShareByExposure(area, func(c geo.Cell) float64 { return r.sums[geo.PlaceID(c)][0] }, 0)
	bad := 0.0
	for _, w := range area {
		bad += w.Weight * r.of(geo.PlaceID(w.Cell))
	}
	out := make([]placeShare, 0, len(area))
	for _, w := range area {
		calls := footprintCalls * w.Weight / bad
		out = append(out, placeShare{geo.PlaceID(w.Cell), calls * r.of(geo.PlaceID(w.Cell)), calls})
	}
	return out
}

// shares tells where a radio cell's records without a position come from. Its bad
// calls come from where its located bad calls are: a broken tower's from the
// tower, not from the street around it. Its footprint, weighted with the use of its cells, counts for a few of them.
// Its calls are apportioned so that each place's rate stays about what it is.
func (m *model) shares(radio string, located []placeBad, rates *placeRates) []placeShare {
	var out []placeShare
	for _, x := range located {
		out = append(out, placeShare{x.place, x.bad, x.bad / rates.of(x.place)})
	}
	if m.lookup != nil {
		out = append(out, rates.footprint(m.lookup.Footprint(radio))...)
	}
	slices.SortStableFunc(out, func(a, b placeShare) int { return cmp.Compare(a.place, b.place) })
	n, bad, calls := 0, 0.0, 0.0
	for _, s := range out {
		bad += s.bad
		calls += s.calls
		if n > 0 && out[n-1].place == s.place {
			out[n-1].bad += s.bad
			out[n-1].calls += s.calls
			continue
		}
		out[n] = s
		n++
	}
	out = out[:n]
	for i := range out {
		out[i].bad /= bad
		out[i].calls /= calls
	}
	return out
}

// applySpread adds the spread records to their places. The shares sum to one, so
// the sums over places grow by exactly what the radio cells had. Bad calls with
// place 0 name their radio cell: their customers' hurt is used; where there are
// only counts, each hurt customer gets the average.
func (m *model) applySpread() {
	if len(m.spread) == 0 {
		return
	}
	mean, square := m.meanHurt()
	known := m.radioHurts()
	extra := map[spreadKey]use{}
	for _, s := range m.spread {
		impact, sq, hurt := mean*float64(s.cell.Hurt), square*float64(s.cell.Hurt), float64(s.cell.Hurt)
		kish := hurt
		if k, ok := known[s.cell.RadioCell]; ok {
			impact, sq, hurt, kish = k.impact, k.square, k.hurt, k.kish
			known[s.cell.RadioCell] = spreadSums{} // the radio cell's other rats add nothing more
		}
		calls, bad := s.cell.CappedCalls, s.cell.CappedBad
		each := math.Max(1, calls/math.Max(float64(s.cell.Customers), 1)) // calls of one customer
		for _, w := range s.share {
			i := m.index(w.place)
			pl := &m.places[i]
			if pl.extra == 0 {
				pl.extra = int32(len(m.extras))
				m.extras = append(m.extras, spreadSums{})
			}
			x := &m.extras[pl.extra]
			x.impact += w.bad * impact
			x.square += w.bad * w.bad * sq
			x.hurt += w.bad * hurt
			x.kish += w.bad * kish
			x.bad += w.bad * bad
			pl.customers += w.calls * float64(s.cell.Customers)
			here := w.calls * calls
			pl.calls += here
			pl.bad += w.bad * bad
			// Whoever is hurt here has about all of his bad calls here.
			pl.mm += here * each
			pl.xx += w.bad * bad * bad / math.Max(kish, 1)
			pl.xm += w.bad * bad * each
			key := spreadKey{int32(i), s.cell.RAT}
			u := extra[key]
			u.calls += here
			u.bad += w.bad * bad
			extra[key] = u
		}
	}
	for i := range m.places {
		if pl := &m.places[i]; m.spreadAt(pl).bad > 0 {
			pl.kish = together(m.hurts[pl.hurtFrom:pl.hurtTo], m.spreadAt(pl))
		}
	}
	m.insertUses(extra)
}

// spreadAt is what a place gets of records located only by a radio cell.
func (m *model) spreadAt(pl *place) *spreadSums { return &m.extras[pl.extra] }

// together is the effective number of hurt customers of a list and of spread records.
func together(list []hurt, x *spreadSums) float64 {
	bad, square := 0.0, 0.0
	for i := range list {
		bad += list[i].bad
		square += list[i].bad * list[i].bad
	}
	return x.join(&bad, &square)
}

// join adds the spread bad calls to a sum over customers and one over their
// squares, and gives the effective number of customers of both.
func (x *spreadSums) join(bad, square *float64) float64 {
	if x.bad > 0 && x.kish > 0 {
		*bad += x.bad
		*square += x.bad * x.bad / x.kish
	}
	if *square <= 0 {
		return 0
	}
	return *bad * *bad / *square
}

// balance moves the shares of the calls towards those of the bad calls as far as
// it takes to give no place fewer calls than bad ones.
func balance(share []placeShare, calls, bad float64) {
	keep := 1.0
	for _, s := range share {
		if s.calls*calls < s.bad*bad {
			keep = math.Min(keep, s.bad*(1-bad/calls)/(s.bad-s.calls))
		}
	}
	for i := range share {
		share[i].calls = keep*share[i].calls + (1-keep)*share[i].bad
	}
}

// meanHurt is the average impact of one customer hurt by calls at a known place,
// and the average of its square.
func (m *model) meanHurt() (mean, square float64) {
	n := 0.0
	for _, h := range m.hurts {
		if h.byCalls > 0 {
			v := h.value * hurtOf(h.byCalls)
			mean += v
			square += v * v
			n++
		}
	}
	if n == 0 {
		v := m.params.Severity[KindDropped]
		return v, v * v
	}
	return mean / n, square / n
}

// radioHurts is the hurt of the customers whose bad calls have a radio cell but
// no place. Each customer counts once per radio cell.
func (m *model) radioHurts() map[string]spreadSums {
	type key struct {
		radio    string
		customer uint64
	}
	type sum struct {
		loss, bad, today float64
		day              int32
	}
	sums := map[key]*sum{}
	var order []key
	for i := range m.bad {
		x := &m.bad[i]
		if x.Place != 0 {
			break // sorted by place
		}
		if x.RadioCell == "" {
			continue
		}
		k := key{x.RadioCell, x.Customer}
		s := sums[k]
		if s == nil {
			s = &sum{day: x.Day}
			sums[k] = s
			order = append(order, k)
		}
		if x.Day != s.day { // sorted by customer, then day
			s.bad += m.capped(s.today)
			s.day, s.today = x.Day, 0
		}
		s.today += float64(x.Count)
		s.loss += float64(x.Count) * m.loss(x.Kind, x.Day, 1)
	}
	out := map[string]spreadSums{}
	squares := map[string]float64{}
	for _, k := range order {
		v := m.params.Value.Of(m.ev.Customers[k.customer]) * hurtOf(sums[k].loss)
		bad := sums[k].bad + m.capped(sums[k].today)
		s := out[k.radio]
		s.impact += v
		s.square += v * v
		s.hurt++
		s.bad += bad
		squares[k.radio] += bad * bad
		s.kish = s.bad * s.bad / squares[k.radio]
		out[k.radio] = s
	}
	return out
}

// insertUses adds the spread calls to the uses of their places and renumbers.
func (m *model) insertUses(extra map[spreadKey]use) {
	keys := make([]spreadKey, 0, len(extra))
	for k := range extra {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b spreadKey) int {
		return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(a.rat, b.rat))
	})
	all := make([]use, 0, len(m.uses)+len(keys))
	k := 0
	for i := range m.places {
		pl := &m.places[i]
		from := int32(len(all))
		all = append(all, m.uses[pl.useFrom:pl.useTo]...)
		for ; k < len(keys) && int(keys[k].place) == i; k++ {
			u := extra[keys[k]]
			u.rat, u.indoor = keys[k].rat, geo.IndoorUnknown
			all = append(all, u)
		}
		pl.useFrom, pl.useTo = from, int32(len(all))
	}
	m.uses = all
}
