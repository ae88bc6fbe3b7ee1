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

// source is what is known of where records without a place are from: a radio cell, or
// an accuracy disc.
type source struct {
	radio string
	disc  geo.PlaceID
}

// spreadUnlocated finds the places over which records without a place of their own are
// spread, and puts the complaints at their places.
func (m *model) spreadUnlocated(exposures []Exposure) {
	shares := map[source][]placeShare{}
	wanted := map[string]bool{}
	var cells []string
	var discs []geo.PlaceID
	want := func(s source) {
		if _, known := shares[s]; known || s == (source{}) {
			return
		}
		shares[s] = nil
		if s.disc != 0 {
			discs = append(discs, s.disc)
		} else {
			wanted[s.radio] = true
			cells = append(cells, s.radio)
		}
	}
	for _, u := range m.ev.UnlocatedBad {
		want(source{u.RadioCell, u.Disc})
	}
	for i := range m.ev.Complaints {
		if c := &m.ev.Complaints[i]; c.Place == 0 && len(c.Choice) == 0 {
			want(c.source())
		}
	}
	if len(shares) > 0 {
		rates, located := newPlaceRates(exposures), m.locatedBad(wanted)
		if len(discs) > 0 {
			rates.lookInside(exposures, m.lookup)
		}
		of := make([][]placeShare, len(cells)+len(discs))
		// The catalogue works a footprint out when it is first asked and keeps it.
		eachInParallel(len(of), func(i int) {
			if i < len(cells) {
				of[i] = m.shares(cells[i], located[cells[i]], rates)
			} else {
				of[i] = settled(rates.disc(discs[i-len(cells)]))
			}
		})
		for i, s := range of {
			if i < len(cells) {
				shares[source{radio: cells[i]}] = s
			} else {
				shares[source{disc: discs[i-len(cells)]}] = s
			}
		}
	}
	m.moans = m.placeComplaints(m.ev.Complaints, shares)
	for _, u := range m.ev.UnlocatedBad {
		if share := slices.Clone(shares[source{u.RadioCell, u.Disc}]); len(share) > 0 {
			u.CappedBad = clean(u.CappedBad)
			u.CappedCalls = math.Max(clean(u.CappedCalls), u.CappedBad)
			balance(share, u.CappedCalls, u.CappedBad)
			m.spread = append(m.spread, radioSpread{cell: u, share: share})
		}
	}
	slices.SortFunc(m.spread, func(a, b radioSpread) int {
		return cmp.Or(cmp.Compare(a.cell.RadioCell, b.cell.RadioCell), cmp.Compare(a.cell.Disc, b.cell.Disc), cmp.Compare(a.cell.RAT, b.cell.RAT),
			cmp.Compare(a.cell.CappedCalls, b.cell.CappedCalls))
	})
}

// source is where a complaint without a place of its own is from; zero when unknown.
func (c *Complaint) source() source {
	if c.Disc != 0 {
		return source{disc: c.Disc}
	}
	return source{radio: c.RadioCell}
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
	inside  map[geo.Cell]insiders // for accuracy discs: see lookInside
}

// insiders are the venues and highway kilometres whose centre is in a cell, and the
// calls that they saw.
type insiders struct {
	places []geo.PlaceID
	calls  float64
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

// lookInside finds the venues and highway kilometres with use, by cell.
func (r *placeRates) lookInside(exposures []Exposure, lookup Places) {
	r.inside = map[geo.Cell]insiders{}
	for i := range exposures {
		id := exposures[i].Place
		if id == 0 || isCell(id) || i > 0 && exposures[i-1].Place == id || lookup == nil {
			continue
		}
		if pl, known := lookup.Place(id); known && pl.Cell != 0 {
			in := r.inside[pl.Cell]
			in.places = append(in.places, id)
			in.calls += r.sums[id][0]
			r.inside[pl.Cell] = in
		}
	}
}

// discCalls is how many located calls a cell of an accuracy disc is taken to have seen
// at least besides those that it did: where little is known, area counts.
const discCalls = 1

// disc spreads bad calls over the places in an accuracy disc. The cells' shares of its
// area are weighted with the use that located calls saw in them; within a cell, its open
// ground, its venues and its highway kilometres share by their own use. Bad calls are
// apportioned so that each place's rate stays about what it is. A venue without use of
// its own gets nothing: the disc is no evidence of it.
func (r *placeRates) disc(id geo.PlaceID) []placeShare {
	use := func(c geo.Cell) float64 { return r.sums[geo.PlaceID(c)][0] + r.inside[c].calls }
	area := geo.ShareByExposure(id.DiscCells(), use, discCalls)
	out := make([]placeShare, 0, len(area))
	add := func(place geo.PlaceID, calls float64) {
		out = append(out, placeShare{place, calls * r.of(place), calls})
	}
	for _, w := range area {
		open, in := r.sums[geo.PlaceID(w.Cell)][0]+discCalls, r.inside[w.Cell]
		each := w.Weight / (open + in.calls)
		add(geo.PlaceID(w.Cell), each*open)
		for _, p := range in.places {
			if calls := r.sums[p][0]; calls > 0 {
				add(p, each*calls)
			}
		}
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
	return settled(out)
}

// settled adds up the shares of each place, sorts them and makes both sum to 1.
func settled(out []placeShare) []placeShare {
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
		impact, sq, hurt := mean*s.cell.Hurt, square*s.cell.Hurt, s.cell.Hurt
		kish := hurt
		if k, ok := known[s.cell.RadioCell]; ok && s.cell.Disc == 0 {
			impact, sq, hurt, kish = k.impact, k.square, k.hurt, k.kish
			known[s.cell.RadioCell] = spreadSums{} // the radio cell's other rats add nothing more
		}
		calls, bad := s.cell.CappedCalls, s.cell.CappedBad
		customers := s.cell.Customers
		if customers <= 0 {
			customers = 1
		}
		if kish <= 0 {
			kish = 1
		}
		each := math.Max(1, calls/customers) // calls of one customer
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
			pl.customers += w.calls * s.cell.Customers
			here := w.calls * calls
			pl.calls += here
			pl.bad += w.bad * bad
			// Whoever is hurt here has about all of his bad calls here.
			pl.mm += here * each
			pl.xx += w.bad * bad * bad / kish
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
