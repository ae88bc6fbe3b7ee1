package store_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/hotspots"
	"github.com/hotcell/hotcell/ingest"
	"github.com/hotcell/hotcell/store"
	"github.com/hotcell/hotcell/store/storetest"
)

// world is a small random set of records, kept in Go as the store should see it.
type world struct {
	calls       map[ingest.RecordID]ingest.Call
	complaints  []ingest.Complaint
	subscribers []ingest.Subscriber
	regions     []geo.Region
}

var regionTree = []geo.Region{
	{Code: "51", Name: "Sichuan", Level: "province"},
	{Code: "5101", Name: "Chengdu", Level: "prefecture", Parent: "51"},
	{Code: "510104", Name: "Jinjiang", Level: "district", Parent: "5101"},
	{Code: "50", Name: "Chongqing", Level: "province"},
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// nowhere is a catalogue of nothing.
var nowhere = func() *geo.Catalogue {
	c, err := geo.NewCatalogue(nil, nil, nil)
	if err != nil {
		panic(err)
	}
	return c
}()

func randomLocation(r *rand.Rand) geo.Location {
	region := pick(r, "510104", "510104", "5101", "50", "")
	switch r.IntN(10) {
	case 0:
		return geo.Location{} // nothing known
	case 1:
		return geo.Location{Method: geo.MethodRadioCell, Region: region}
	case 2: // the indoor radio cell of a venue
		return geo.Location{Method: geo.MethodRadioCell, Pos: geo.LatLon{Lat: 30.5, Lon: 104.5}, AccuracyM: 100, Place: 1<<63 | 0xabc, Scene: geo.SceneMall, Region: region}
	}
	if r.IntN(6) == 0 { // of coarse accuracy
		l := nowhere.Locate(geo.Evidence{HasPos: true, Pos: geo.LatLon{Lat: 30.5, Lon: 104.5 + float64(r.IntN(3))/100}, AccuracyM: pick(r, 300.0, 2000), Floor: geo.UnknownFloor})
		l.Region = region
		return l
	}
	n := geo.Cell(r.IntN(6))
	place := geo.PlaceID(0x890000000003ffff) + geo.PlaceID(n)<<18
	if n == 0 {
		place = 1<<63 | 0xabc // a venue
	}
	return geo.Location{Method: pick(r, geo.MethodCoordinates, geo.MethodVenue, geo.MethodAddress),
		Pos: geo.LatLon{Lat: 30 + r.Float64(), Lon: 104 + r.Float64()}, AccuracyM: 20,
		Cell: 0x8b0000000000fff + (n*3+geo.Cell(r.IntN(3)))<<12, Place: place, Scene: geo.Scene(r.IntN(4)), Region: region}
}

func randomCall(r *rand.Rand, n int) ingest.Call {
	// A few customers and peers, and times crowded around midnights, so that
	// redials, caps and days in two weeks all occur.
	at := t0.AddDate(0, 0, -r.IntN(40)).Unix() + int64(r.IntN(86400))
	if r.IntN(2) == 0 {
		at = t0.AddDate(0, 0, -r.IntN(12)).Unix() + int64(r.IntN(1200)) - 600
	}
	c := ingest.Call{
		ID: recordID(n), Time: at, Precision: pick(r, ingest.PrecisionSecond, ingest.PrecisionSecond, ingest.PrecisionSecond, ingest.PrecisionDay),
		Customer: ingest.CustomerID(r.IntN(8)), Peer: ingest.CustomerID(r.IntN(3)),
		Outcome: pick(r, ingest.OutcomeUnknown, ingest.Completed, ingest.Completed, ingest.Completed, ingest.Poor, ingest.Dropped, ingest.Blocked),
		Cause:   pick(r, "", "radio link failure", "user busy", "it's @x ? 'q' \\"), RAT: pick(r, geo.RAT4G, geo.RAT5G), Operator: pick(r, "a", "b"),
		Floor: pick(r, geo.UnknownFloor, -2, 11), Indoor: pick(r, geo.IndoorUnknown, geo.Inside), Location: randomLocation(r),
	}
	switch c.Cause {
	case "radio link failure":
		c.CauseClass = ingest.CauseRadioLost
	case "user busy":
		c.CauseClass = ingest.CauseUser
	}
	c.DurationS = pick(r, -1, 0, float32(r.IntN(40)), float32(r.IntN(300)), float32(r.IntN(3000))/10, float32(r.IntN(100000)))
	if c.Customer == 7 {
		c.Customer |= 1 << 63 // a surrogate
	}
	if c.Location.Method == geo.MethodRadioCell || r.IntN(2) == 0 {
		c.RadioCell = fmt.Sprintf("460-00-%d", r.IntN(3))
	}
	return c
}

func makeWorld(r *rand.Rand, n int) world {
	w := world{calls: map[ingest.RecordID]ingest.Call{}, regions: regionTree}
	for i := range n {
		c := randomCall(r, i)
		w.calls[c.ID] = c
	}
	for i := range n / 10 {
		loc := randomLocation(r)
		w.complaints = append(w.complaints, ingest.Complaint{ID: recordID(-1 - i), Time: t0.Unix() - int64(r.IntN(40*86400)),
			Customer: ingest.CustomerID(r.IntN(12)), Channel: "app", Appeal: r.IntN(5) == 0, Category: pick(r, "signal", "signal", "billing"), Text: "没有信号", Location: loc,
			RadioCell: "460-00-1"})
	}
	for u := 1; u < 6; u++ {
		for range r.IntN(4) {
			w.subscribers = append(w.subscribers, ingest.Subscriber{Customer: ingest.CustomerID(u), From: pick(r, 0, t0.Unix()-int64(r.IntN(60*86400)), t0.Unix()+5),
				Segment: ingest.Segment(r.IntN(4)), ValueTier: uint8(r.IntN(6)), TenureMo: float32(r.IntN(100)), ARPU: -1})
		}
	}
	// A second row for one moment would be a tie: the later load wins, so keep one.
	seen := map[[2]int64]bool{}
	w.subscribers = slices.DeleteFunc(w.subscribers, func(s ingest.Subscriber) bool {
		k := [2]int64{int64(s.Customer), s.From}
		old := seen[k]
		seen[k] = true
		return old
	})
	return w
}

// put loads a world in several loads, out of order, some calls first in an
// earlier version that lies on another day.
func (w world) put(t *testing.T, s *store.Store, r *rand.Rand) {
	t.Helper()
	var all []ingest.Call
	for _, c := range w.calls {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b ingest.Call) int { return slices.Compare(a.ID[:], b.ID[:]) })
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	var wrong []ingest.Call
	for i := range all {
		if i%5 == 0 {
			c := all[i]
			c.Time += int64(r.IntN(5)-2) * 86400
			c.Outcome = pick(r, ingest.Dropped, ingest.Completed)
			c.Customer, c.Peer = pick(r, c.Customer, ingest.CustomerID(r.IntN(8))), pick(r, c.Peer, ingest.CustomerID(r.IntN(3)))
			c.DurationS = pick(r, c.DurationS, float32(r.IntN(7200)))
			wrong = append(wrong, c)
		}
	}
	take(t, s, load(1, "wrong"), wrong)
	half := len(all) / 2
	take(t, s, load(2, "first"), all[:half])
	take(t, s, load(3, "second"), all[half:])
	for i, f := range []ingest.Feed{ingest.FeedComplaints, ingest.FeedSubscribers, ingest.FeedRegions} {
		l := load(uint64(10+i), string(f))
		l.Feed = f
		_, err := s.Begin(t.Context(), l)
		must(t, err)
		switch f {
		case ingest.FeedComplaints:
			err = s.InsertComplaints(t.Context(), l, w.complaints)
		case ingest.FeedSubscribers:
			err = s.InsertSubscribers(t.Context(), l, w.subscribers)
		case ingest.FeedRegions:
			err = s.InsertRegions(t.Context(), l, w.regions)
		}
		must(t, err)
		finish(t, s, l, 0)
	}
}

// perceived are the drops felt by customers: answered by a redial or in a run of short
// calls.
func (w world) perceived() map[ingest.RecordID]bool {
	out := w.redialled()
	maps.Copy(out, w.shortRuns())
	return out
}

// known tells whether a call's parties and second are known.
func known(c ingest.Call) bool {
	return c.Precision == ingest.PrecisionSecond && c.Customer != 0 && c.Customer>>63 == 0 && c.Peer != 0
}

// shortRuns are the calls of up to 30 s, released normally, that belong to three
// attempts to reach one peer which start within ten minutes, and are not the last of all
// such; plain and slow.
func (w world) shortRuns() map[ingest.RecordID]bool {
	brief := map[[2]ingest.CustomerID][]ingest.Call{}
	for _, c := range w.calls {
		if known(c) && c.Outcome == ingest.Completed && c.DurationS > 0 && c.DurationS <= 30 {
			k := [2]ingest.CustomerID{c.Customer, c.Peer}
			brief[k] = append(brief[k], c)
		}
	}
	out := map[ingest.RecordID]bool{}
	for _, calls := range brief {
		slices.SortFunc(calls, func(a, b ingest.Call) int { return cmp.Compare(a.Time, b.Time) })
		attempt, n := map[ingest.RecordID]int{}, -1
		var begin []int64
		for _, c := range calls { // one that begins while another lasts is the same attempt
			if !slices.ContainsFunc(calls, func(d ingest.Call) bool {
				return d.Time < c.Time && float64(c.Time) < float64(d.Time)+float64(d.DurationS)
			}) && (n < 0 || begin[n] != c.Time) {
				n++
				begin = append(begin, c.Time)
			}
			attempt[c.ID] = n
		}
		for i := 0; i+2 <= n; i++ {
			if begin[i+2]-begin[i] <= 600 {
				for _, c := range calls {
					if a := attempt[c.ID]; a == i || a == i+1 {
						out[c.ID] = true
					}
				}
			}
		}
	}
	return out
}

// redialled are those answered by a redial, by definition (DESIGN §1): quadratic and plain.
func (w world) redialled() map[ingest.RecordID]bool {
	out := map[ingest.RecordID]bool{}
	for _, c := range w.calls {
		if !known(c) || c.Outcome != ingest.Completed || c.DurationS < 0 {
			continue
		}
		end := float64(c.Time) + float64(c.DurationS)
		for _, d := range w.calls {
			if known(d) && d.Customer == c.Customer && d.Peer == c.Peer && d.Time > c.Time &&
				float64(d.Time) >= end && float64(d.Time) <= end+120 && d.Time/86400 <= c.Time/86400+1 {
				out[c.ID] = true
			}
		}
	}
	return out
}

func below(code, root string) bool {
	for code != "" {
		if code == root {
			return true
		}
		parent := ""
		for _, r := range regionTree {
			if r.Code == code {
				parent = r.Parent
			}
		}
		code = parent
	}
	return false
}

// evidence computes hotspots.Evidence the slow and sure way.
// busy tells that a call was carried to a party who did not take it.
func busy(c ingest.Call) bool {
	return c.Outcome == ingest.Blocked && c.CauseClass == ingest.CauseUser
}

// isBad tells whether a call ended badly or was felt so.
func isBad(c ingest.Call, felt map[ingest.RecordID]bool) bool {
	return c.Outcome >= ingest.Poor && c.Outcome <= ingest.Blocked && !busy(c) || felt[c.ID]
}

func (w world) evidence(q hotspots.Query) *hotspots.Evidence {
	ev := &hotspots.Evidence{Query: q, Customers: map[uint64]hotspots.Customer{}}
	felt := w.perceived()
	from := q.End.Add(-q.Window).Unix()
	to := q.End.Unix()
	trend := to - int64(q.TrendWeeks)*7*86400
	match := func(l geo.Location) bool {
		return (q.Region == "" || below(l.Region, q.Region)) && (q.Scene == 0 || l.Scene == q.Scene)
	}
	type exposure struct {
		k exposureKey
		u uint64
		d int64
	}
	type weekCell struct {
		k    exposureKey
		u    uint64
		d    int64
		week int
	}
	type radio struct {
		cell string
		rat  geo.RAT
		u    uint64
		d    int64
	}
	type count struct{ n, b uint64 }
	type discDay struct {
		disc geo.PlaceID
		rat  geo.RAT
		u    uint64
		d    int64
	}
	discs := map[discDay]count{}
	exposures, weeks, radios := map[exposure]count{}, map[weekCell]count{}, map[radio]count{}
	regions, scenes := map[exposureKey]map[string]int{}, map[exposureKey]map[geo.Scene]int{}
	bad := map[hotspots.BadCalls]uint32{}
	for _, c := range w.calls {
		if !match(c.Location) || q.RAT != 0 && c.RAT != q.RAT || q.Operator != "" && c.Operator != q.Operator || c.Time >= to {
			continue
		}
		one := count{1, 0}
		if isBad(c, felt) {
			one.b = 1
		}
		plus := func(a count) count { return count{a.n + one.n, a.b + one.b} }
		k := exposureKey{c.Location.Place, c.RAT, c.Indoor}
		u, d := uint64(c.Customer), c.Time/86400
		placed := c.Location.Place != 0 && !c.Location.Place.IsDisc()
		if placed && c.Time >= trend && !busy(c) {
			wk := weekCell{k, u, d, int((to - 1 - c.Time) / (7 * 86400))}
			weeks[wk] = plus(weeks[wk])
		}
		if c.Time < from {
			continue
		}
		ev.Calls++
		switch {
		case c.Location.Method == geo.MethodRadioCell && !placed:
			if busy(c) {
				break
			}
			r := radio{c.RadioCell, c.RAT, u, d}
			radios[r] = plus(radios[r])
		case c.Location.Place.IsDisc():
			if busy(c) {
				break
			}
			k := discDay{c.Location.Place, c.RAT, u, d}
			discs[k] = plus(discs[k])
		case !placed:
			ev.Unlocated++
		case busy(c):
		default:
			exposures[exposure{k, u, d}] = plus(exposures[exposure{k, u, d}])
			if regions[k] == nil {
				regions[k], scenes[k] = map[string]int{}, map[geo.Scene]int{}
			}
			regions[k][c.Location.Region]++
			scenes[k][c.Location.Scene]++
			if isBad(c, felt) {
				b := hotspots.BadCalls{Place: k.place, Cell: c.Location.Cell, Customer: u, Day: int32(d), Hour: int8(c.Time % 86400 / 3600),
					Cause: c.Cause, RAT: c.RAT, RadioCell: c.RadioCell, Floor: c.Floor, Indoor: c.Indoor}
				if c.CauseClass != ingest.CauseUnknown {
					b.CauseClass = c.CauseClass.String()
				}
				if c.Precision != ingest.PrecisionSecond {
					b.Hour = -1
				}
				switch c.Outcome {
				case ingest.Poor:
					b.Kind = hotspots.KindPoor
				case ingest.Dropped:
					b.Kind = hotspots.KindDropped
				case ingest.Blocked:
					b.Kind = hotspots.KindBlocked
				default:
					b.Kind = hotspots.KindPerceived
				}
				bad[b]++
			}
		}
	}
	limit := func(n uint64) uint64 {
		if q.DailyCap > 0 {
			return min(n, uint64(q.DailyCap))
		}
		return n
	}
	type person struct {
		k exposureKey
		u uint64
	}
	people := map[person][4]uint64{}
	for e, c := range exposures {
		p := people[person{e.k, e.u}]
		people[person{e.k, e.u}] = [4]uint64{p[0] + c.n, p[1] + c.b, p[2] + limit(c.n), p[3] + limit(c.b)}
	}
	sums := map[exposureKey]hotspots.Exposure{}
	for p, v := range people {
		e := sums[p.k]
		m, x := float64(v[2]), float64(v[3])
		e.Place, e.RAT, e.Indoor = p.k.place, p.k.rat, p.k.indoor
		e.Calls, e.Bad, e.CappedCalls, e.CappedBad, e.Customers = e.Calls+v[0], e.Bad+v[1], e.CappedCalls+m, e.CappedBad+x, e.Customers+1
		e.SumMM, e.SumXX, e.SumXM = e.SumMM+m*m, e.SumXX+x*x, e.SumXM+x*m
		sums[p.k] = e
	}
	for k, e := range sums {
		e.Region, e.Scene = most(regions[k]), most(scenes[k])
		ev.Exposures = append(ev.Exposures, e)
	}
	slices.SortFunc(ev.Exposures, func(a, b hotspots.Exposure) int {
		return cmp.Or(cmp.Compare(a.Place, b.Place), cmp.Compare(a.RAT, b.RAT), cmp.Compare(a.Indoor, b.Indoor))
	})
	type placeWeek struct {
		p geo.PlaceID
		w int
	}
	byWeek, hurt := map[placeWeek]hotspots.Week{}, map[placeWeek]map[uint64]bool{}
	for k, c := range weeks {
		pw := placeWeek{k.k.place, k.week}
		v := byWeek[pw]
		v.Place, v.Week = pw.p, int32(pw.w)
		v.CappedCalls += float32(limit(c.n))
		v.CappedBad += float32(limit(c.b))
		if c.b > 0 {
			if hurt[pw] == nil {
				hurt[pw] = map[uint64]bool{}
			}
			hurt[pw][k.u] = true
		}
		v.Hurt = uint32(len(hurt[pw]))
		byWeek[pw] = v
	}
	for _, v := range byWeek {
		ev.Weeks = append(ev.Weeks, v)
	}
	slices.SortFunc(ev.Weeks, func(a, b hotspots.Week) int {
		return cmp.Or(cmp.Compare(a.Place, b.Place), cmp.Compare(a.Week, b.Week))
	})
	for b, n := range bad {
		b.Count = n
		ev.Bad = append(ev.Bad, b)
	}
	slices.SortFunc(ev.Bad, hotspots.CompareBadCalls)
	type radioCell struct {
		cell string
		rat  geo.RAT
	}
	cells, users := map[radioCell]hotspots.CellCounts{}, map[radioCell][2]map[uint64]bool{}
	for r, c := range radios {
		k := radioCell{r.cell, r.rat}
		v := cells[k]
		v.RadioCell, v.RAT = r.cell, r.rat
		v.CappedCalls += float64(limit(c.n))
		v.CappedBad += float64(limit(c.b))
		if users[k][0] == nil {
			users[k] = [2]map[uint64]bool{{}, {}}
		}
		users[k][0][r.u] = true
		if c.b > 0 {
			users[k][1][r.u] = true
		}
		v.Customers, v.Hurt = float64(len(users[k][0])), float64(len(users[k][1]))
		cells[k] = v
	}
	for _, v := range cells {
		ev.UnlocatedBad = append(ev.UnlocatedBad, v)
	}
	slices.SortFunc(ev.UnlocatedBad, func(a, b hotspots.CellCounts) int {
		return cmp.Or(cmp.Compare(a.RadioCell, b.RadioCell), cmp.Compare(a.RAT, b.RAT))
	})
	// Discs: of what counts of a customer's day each has its part, and the customer is
	// divided among all.
	of := func(k discDay) (all count) {
		for o, c := range discs {
			if o.rat == k.rat && o.u == k.u && o.d == k.d {
				all.n, all.b = all.n+c.n, all.b+c.b
			}
		}
		return all
	}
	type discOf struct {
		disc geo.PlaceID
		rat  geo.RAT
	}
	sumsOf, at := map[discOf]hotspots.CellCounts{}, map[uint64]map[discOf]bool{}
	for k, c := range discs {
		o, all := discOf{k.disc, k.rat}, of(k)
		v := sumsOf[o]
		v.Disc, v.RAT = o.disc, o.rat
		v.CappedCalls += float64(c.n) * float64(limit(all.n)) / float64(all.n)
		if c.b > 0 {
			v.CappedBad += float64(c.b) * float64(limit(all.b)) / float64(all.b)
		}
		sumsOf[o] = v
		if at[k.u] == nil {
			at[k.u] = map[discOf]bool{}
		}
		at[k.u][o] = at[k.u][o] || c.b > 0
	}
	for _, seen := range at {
		hurtAt := 0.0
		for _, hurt := range seen {
			if hurt {
				hurtAt++
			}
		}
		for o, hurt := range seen {
			v := sumsOf[o]
			v.Customers += 1 / float64(len(seen))
			if hurt {
				v.Hurt += 1 / hurtAt
			}
			sumsOf[o] = v
		}
	}
	discCounts := slices.Collect(maps.Values(sumsOf))
	slices.SortFunc(discCounts, func(a, b hotspots.CellCounts) int {
		return cmp.Or(cmp.Compare(a.Disc, b.Disc), cmp.Compare(a.RAT, b.RAT))
	})
	ev.UnlocatedBad = append(ev.UnlocatedBad, discCounts...)
	w.people(ev, from, to, match)
	return ev
}

// people fills in complaints and customers.
func (w world) people(ev *hotspots.Evidence, from, to int64, match func(geo.Location) bool) {
	sorted := slices.Clone(w.complaints)
	slices.SortFunc(sorted, func(a, b ingest.Complaint) int {
		return cmp.Or(cmp.Compare(a.Time, b.Time), slices.Compare(a.ID[:], b.ID[:]))
	})
	complained := map[uint64]uint32{}
	for _, c := range sorted {
		if c.Time < from || c.Time >= to {
			continue
		}
		complained[uint64(c.Customer)]++
		if !match(c.Location) {
			continue
		}
		if c.Category == "billing" {
			ev.OffTopic++
			continue
		}
		kind := hotspots.KindComplaint
		if c.Appeal {
			kind = hotspots.KindAppeal
		}
		place, disc := c.Location.Place, geo.PlaceID(0)
		if place.IsDisc() {
			place, disc = 0, place
		}
		ev.Complaints = append(ev.Complaints, hotspots.Complaint{Place: place, Disc: disc, Cell: c.Location.Cell, Customer: uint64(c.Customer), Day: int32(c.Time / 86400),
			Kind: kind, Category: c.Category, RadioCell: c.RadioCell, Scene: c.Location.Scene, Region: c.Location.Region})
	}
	seen := map[uint64]bool{}
	for _, b := range ev.Bad {
		seen[b.Customer] = true
	}
	for _, c := range ev.Complaints {
		seen[c.Customer] = true
	}
	delete(seen, 0)
	felt := w.perceived()
	for u := range seen {
		c := hotspots.Customer{TenureMonths: -1, Complaints: complained[u]}
		latest, last := int64(-1), int64(-1)
		for _, x := range w.calls { // whatever the filter
			if uint64(x.Customer) == u && x.Time >= from && x.Time < to && isBad(x, felt) {
				last = max(last, x.Time)
			}
		}
		for _, x := range w.complaints {
			if uint64(x.Customer) == u && x.Time >= from && x.Time < to {
				last = max(last, x.Time)
			}
		}
		for _, s := range w.subscribers {
			if uint64(s.Customer) == u && s.From <= last && s.From > latest {
				latest = s.From
				c.Segment, c.ValueTier, c.TenureMonths = uint8(s.Segment), s.ValueTier, s.TenureMo
			}
		}
		if latest >= 0 || c.Complaints > 0 {
			ev.Customers[u] = c
		}
	}
}

// days computes Store.Days the slow and sure way.
func (w world) days(q hotspots.Query) []hotspots.PlaceDay {
	type cell struct {
		k    exposureKey
		u    uint64
		back int32
	}
	felt, n, b := w.perceived(), map[cell]int{}, map[cell]int{}
	for _, c := range w.calls {
		if c.Location.Place == 0 || c.Location.Place.IsDisc() || c.Time < q.End.Add(-q.Window).Unix() || c.Time >= q.End.Unix() ||
			q.Region != "" && !below(c.Location.Region, q.Region) || q.Scene != 0 && c.Location.Scene != q.Scene ||
			q.RAT != 0 && c.RAT != q.RAT || q.Operator != "" && c.Operator != q.Operator || busy(c) {
			continue
		}
		k := cell{exposureKey{c.Location.Place, c.RAT, c.Indoor}, uint64(c.Customer), int32((q.End.Unix() - 1 - c.Time) / 86400)}
		n[k]++
		if isBad(c, felt) {
			b[k]++
		}
	}
	capped := func(n int) float32 {
		if q.DailyCap > 0 {
			n = min(n, q.DailyCap)
		}
		return float32(n)
	}
	type placeDay struct {
		place geo.PlaceID
		back  int32
	}
	sums := map[placeDay]hotspots.PlaceDay{}
	for k := range n {
		d := sums[placeDay{k.k.place, k.back}]
		d.Place, d.Day = k.k.place, k.back
		d.CappedCalls += capped(n[k])
		d.CappedBad += capped(b[k])
		sums[placeDay{d.Place, d.Day}] = d
	}
	out := slices.Collect(maps.Values(sums))
	slices.SortFunc(out, func(a, b hotspots.PlaceDay) int {
		return cmp.Or(cmp.Compare(a.Place, b.Place), cmp.Compare(b.Day, a.Day))
	})
	return out
}

type exposureKey struct {
	place  geo.PlaceID
	rat    geo.RAT
	indoor geo.Indoor
}

func most[V cmp.Ordered](of map[V]int) V {
	var best V
	n := 0
	for v, c := range of {
		if c > n || c == n && v < best {
			best, n = v, c
		}
	}
	return best
}

// TestEvidence compares the store's aggregation with the slow one over random
// worlds and many queries.
func TestEvidence(t *testing.T) {
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		r := rand.New(rand.NewPCG(20260520, 1))
		w := makeWorld(r, 3000)
		w.put(t, s, r)
		if n := len(w.perceived()); n < 30 {
			t.Fatalf("only %d perceived drops: the world is too easy", n)
		}
		base := hotspots.Query{End: t0, Window: 28 * 24 * time.Hour, TrendWeeks: 5, DailyCap: 3}
		queries := []func(*hotspots.Query){
			func(*hotspots.Query) {},
			func(q *hotspots.Query) { q.DailyCap = 1 },
			func(q *hotspots.Query) { q.DailyCap = 0 },
			func(q *hotspots.Query) { q.Region = "51" },
			func(q *hotspots.Query) { q.Region = "510104" },
			func(q *hotspots.Query) { q.Region = "nowhere's" },
			func(q *hotspots.Query) { q.Scene = geo.SceneLift },
			func(q *hotspots.Query) { q.RAT = geo.RAT5G },
			func(q *hotspots.Query) { q.Operator = "b" },
			func(q *hotspots.Query) {
				q.End, q.Window, q.TrendWeeks = t0.Add(-37*time.Hour-13*time.Second), 5*24*time.Hour, 1
			},
		}
		for i, change := range queries {
			q := base
			change(&q)
			got, err := s.Evidence(t.Context(), q)
			must(t, err)
			want := w.evidence(q)
			compareEvidence(t, fmt.Sprintf("query %d", i), got, want)
			_, days, err := s.Days(t.Context(), q)
			must(t, err)
			same(t, fmt.Sprintf("query %d days", i), days, w.days(q))
		}
		// Rebuilding changes nothing.
		before, err := s.Evidence(t.Context(), base)
		must(t, err)
		steps := 0
		must(t, s.RebuildDerived(t.Context(), func(done, total int) { steps = total - done }))
		if steps != 0 {
			t.Errorf("the rebuild ended with %d days undone", steps)
		}
		after, err := s.Evidence(t.Context(), base)
		must(t, err)
		if !reflect.DeepEqual(before, after) {
			t.Error("rebuilding what is derived changed the evidence")
		}
	})
}

func compareEvidence(t *testing.T, name string, got, want *hotspots.Evidence) {
	t.Helper()
	if got.Calls != want.Calls || got.Unlocated != want.Unlocated || got.OffTopic != want.OffTopic {
		t.Errorf("%s: calls %d unlocated %d off topic %d, want %d, %d and %d", name, got.Calls, got.Unlocated, got.OffTopic, want.Calls, want.Unlocated, want.OffTopic)
	}
	same(t, name+" exposures", got.Exposures, want.Exposures)
	same(t, name+" weeks", got.Weeks, want.Weeks)
	same(t, name+" bad calls", got.Bad, want.Bad)
	same(t, name+" complaints", got.Complaints, want.Complaints)
	same(t, name+" radio cells and discs", rounded(got.UnlocatedBad), rounded(want.UnlocatedBad))
	if !reflect.DeepEqual(got.Customers, want.Customers) {
		t.Errorf("%s: customers\n%v\nwant\n%v", name, got.Customers, want.Customers)
	}
}

// rounded drops what sums in another order differ by.
func rounded(list []hotspots.CellCounts) []hotspots.CellCounts {
	out := slices.Clone(list)
	for i := range out {
		for _, v := range []*float64{&out[i].CappedCalls, &out[i].CappedBad, &out[i].Customers, &out[i].Hurt} {
			*v = math.Round(*v*1e6) / 1e6
		}
	}
	return out
}

func same[T any](t *testing.T, name string, got, want []T) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d, want %d", name, len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if !reflect.DeepEqual(got[i], want[i]) {
			a, _ := json.Marshal(got[i])
			b, _ := json.Marshal(want[i])
			t.Errorf("%s: number %d is\n%s, want\n%s", name, i, a, b)
			return
		}
	}
}
