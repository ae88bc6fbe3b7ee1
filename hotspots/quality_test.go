package hotspots

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hotcell/hotcell/geo"
)

// citySettings are what a generator could get wrong; the method must not lean on
// any of them.
type citySettings struct {
	name      string
	radius    int     // rings of cells round the centre
	density   float64 // calls per cell in the middle
	decay     float64 // rings over which use falls to 1/e
	venues    int
	roads     int
	scatter   float64 // variance of normal places' rates
	frailty   float64 // variance of customers' rates
	base      float64
	faults    [5]int // towers, lifts, basements, highway stretches, areas
	factor    [2]float64
	misplaced float64
	moan      float64
	moanBias  float64 // variance of places' complaint propensity
	decoys    bool
	late      bool // faults begin within the window
}

func cityTypes() []citySettings {
	return []citySettings{
		{name: "dense centre", radius: 12, density: 500, decay: 6, venues: 120, roads: 1, scatter: 0.04, frailty: 0.3, base: 0.02,
			faults: [5]int{6, 6, 4, 2, 3}, factor: [2]float64{3, 12}, misplaced: 0.05, moan: 0.01, decoys: true},
		{name: "sprawl with highways", radius: 20, density: 120, decay: 14, venues: 60, roads: 4, scatter: 0.08, frailty: 1, base: 0.015,
			faults: [5]int{3, 3, 3, 6, 5}, factor: [2]float64{2.5, 10}, misplaced: 0.10, moan: 0.02, moanBias: 1, decoys: true},
		{name: "mountain valley", radius: 16, density: 60, decay: 5, venues: 25, roads: 2, scatter: 0.15, frailty: 0.5, base: 0.03,
			faults: [5]int{2, 2, 2, 4, 4}, factor: [2]float64{3, 15}, misplaced: 0.15, moan: 0.03, moanBias: 0.5, decoys: true},
		{name: "quiet network", radius: 14, density: 300, decay: 7, venues: 80, roads: 2, scatter: 0.02, frailty: 0.1, base: 0.006,
			faults: [5]int{4, 4, 3, 3, 3}, factor: [2]float64{3, 20}, moan: 0.005, decoys: true},
		{name: "poor network, late faults", radius: 14, density: 250, decay: 9, venues: 80, roads: 2, scatter: 0.2, frailty: 1, base: 0.06,
			faults: [5]int{4, 4, 4, 3, 4}, factor: [2]float64{2, 6}, misplaced: 0.1, moan: 0.01, moanBias: 1, decoys: true, late: true},
	}
}

func centreCell(t testing.TB, lat, lon float64) geo.Cell {
	c, err := geo.CellAt(geo.LatLon{Lat: lat, Lon: lon}, geo.RankResolution)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// buildCity makes a city with faults and decoys and simulates its evidence.
func buildCity(t testing.TB, s citySettings, seed uint64) *world {
	w := newWorld(t, seed)
	w.frailty, w.moan = s.frailty, s.moan
	r := w.rng
	centre := centreCell(t, 25+10*r.Float64(), 100+15*r.Float64())
	cells := centre.Disk(s.radius)
	slices.Sort(cells)
	ring := map[geo.Cell]int{}
	for k := s.radius; k >= 0; k-- {
		for _, c := range centre.Disk(k) {
			ring[c] = k
		}
	}
	districts := []string{"5101", "5102", "5103"}
	high := map[string]float64{}
	for _, d := range districts {
		high[d] = math.Exp(0.25 * r.NormFloat64())
	}
	mid := centre.Center()
	districtOf := func(c geo.Cell) string {
		p := c.Center()
		a := math.Atan2(p.Lat-mid.Lat, p.Lon-mid.Lon)
		return districts[int((a+math.Pi)/(2*math.Pi)*2.999)]
	}
	normal := func(region string, scene float64) float64 {
		return math.Min(0.5, s.base*high[region]*scene*w.gamma(1/s.scatter))
	}
	for _, c := range cells {
		d := districtOf(c)
		calls := s.density * math.Exp(-float64(ring[c])/s.decay) * math.Exp(0.8*r.NormFloat64())
		if calls < 0.7 && r.Float64() < 0.7 {
			continue // cells without use are missing
		}
		sp := w.cell(c, d, calls, normal(d, 1))
		if s.moanBias > 0 {
			sp.moan = w.gamma(1 / s.moanBias)
		}
	}
	inner := centre.Disk(max(3, s.radius*2/3))
	slices.Sort(inner)
	sceneRate := map[geo.Scene]float64{geo.SceneOfficeTower: 1.1, geo.SceneMall: 0.9, geo.SceneHotel: 1, geo.SceneHospital: 1.2, geo.SceneLift: 2, geo.SceneBasement: 1.6}
	kinds := []geo.Scene{geo.SceneOfficeTower, geo.SceneMall, geo.SceneHotel, geo.SceneHospital, geo.SceneOfficeTower}
	var bodies, lifts, basements []*spot
	for v := range s.venues {
		scene := kinds[r.IntN(len(kinds))]
		ven := &geo.Venue{ID: fmt.Sprintf("V%04d", v), Name: fmt.Sprintf("venue %d", v), Scene: scene}
		c := inner[r.IntN(len(inner))]
		d := districtOf(c)
		size := s.density * math.Exp(0.9*r.NormFloat64())
		bodies = append(bodies, w.part(ven, geo.PartWhole, scene, c, d, size, normal(d, sceneRate[scene])))
		if r.Float64() < 0.7 {
			lifts = append(lifts, w.part(ven, geo.PartLift, geo.SceneLift, c, d, size*0.15, normal(d, sceneRate[geo.SceneLift])))
		}
		if r.Float64() < 0.6 {
			basements = append(basements, w.part(ven, geo.PartBasement, geo.SceneBasement, c, d, size*0.2, normal(d, sceneRate[geo.SceneBasement])))
		}
	}
	var roads [][]*spot
	for n := range s.roads {
		line := &geo.Venue{ID: fmt.Sprintf("H%d", n), Name: fmt.Sprintf("road %d", n), Ref: fmt.Sprintf("G%d", 4+n), Scene: geo.SceneHighway}
		var stretch []*spot
		busy := s.density * (0.3 + r.Float64())
		at := cells[r.IntN(len(cells))].Center()
		course := 2 * math.Pi * r.Float64()
		for km := range 30 + r.IntN(60) {
			c := centreCell(t, at.Lat, at.Lon)
			at.Lat += math.Cos(course) / 111.2
			at.Lon += math.Sin(course) / 111.2 / math.Cos(at.Lat*math.Pi/180)
			d := districtOf(c)
			stretch = append(stretch, w.km(line, km, c, d, busy*math.Exp(0.3*r.NormFloat64()), normal(d, 1.5)))
		}
		roads = append(roads, stretch)
	}
	factor := func() float64 { return s.factor[0] * math.Pow(s.factor[1]/s.factor[0], r.Float64()) }
	breakSpot := func(sp *spot, name string, f float64) {
		w.breakSpot(sp, name, f)
		if s.late {
			sp.firstDay = 0
			if r.Float64() < 0.5 {
				sp.firstDay = 14
			}
		}
	}
	hit := map[string]bool{} // one fault a venue: two of them cannot be told apart
	pick := func(name string, from []*spot, n int) {
		for k := 0; k < n && k < len(from); k++ {
			sp := from[r.IntN(len(from))]
			if id := w.places[sp.id].Venue.ID; !hit[id] {
				hit[id] = true
				breakSpot(sp, fmt.Sprintf("%s %d", name, k), factor())
			}
		}
	}
	pick("tower", bodies, s.faults[0])
	pick("lift", lifts, s.faults[1])
	pick("basement", basements, s.faults[2])
	for k := 0; k < s.faults[3] && len(roads) > 0; k++ {
		road := roads[r.IntN(len(roads))]
		from, f := r.IntN(len(road)-5), factor()
		stretch := road[from : from+1+r.IntN(5)]
		apart := true // from other faults on this road
		for _, sp := range road[max(0, from-2):min(len(road), from+len(stretch)+2)] {
			apart = apart && sp.fault == ""
		}
		for _, sp := range stretch {
			if apart {
				breakSpot(sp, fmt.Sprintf("stretch %d", k), f)
			}
		}
	}
	busy := map[geo.Cell]bool{} // cells near an area fault
	for k := range s.faults[4] {
		mid, f := cells[r.IntN(len(cells))], factor()
		if busy[mid] {
			continue
		}
		for _, c := range mid.Disk(7) {
			busy[c] = true
		}
		area := map[geo.Cell]bool{}
		for _, c := range mid.Disk(r.IntN(3)) {
			area[c] = true
		}
		for _, sp := range w.spots { // cells, and the venues in them
			if pl := w.places[sp.id]; area[pl.Cell] && sp.fault == "" && pl.Kind != geo.PlaceSegment {
				breakSpot(sp, fmt.Sprintf("area %d", k), f*(0.7+0.6*r.Float64()))
			}
		}
	}
	if s.decoys {
		mall := &geo.Venue{ID: "MALL", Name: "busy mall", Scene: geo.SceneMall}
		w.part(mall, geo.PartWhole, geo.SceneMall, centre, districtOf(centre), 12*s.density, normal(districtOf(centre), 0.9))
	}
	near := func(sp *spot) []geo.PlaceID {
		if sp.scene == geo.SceneHighway {
			return nil
		}
		var out []geo.PlaceID
		for _, c := range w.places[sp.id].Cell.Disk(1) {
			if geo.PlaceID(c) != sp.id && w.byID[geo.PlaceID(c)] != nil {
				out = append(out, geo.PlaceID(c))
			}
		}
		return out
	}
	w.simulate(s.misplaced, near)
	if s.decoys {
		w.addStorms()
	}
	return w
}

// addStorms adds a redial storm and a habitual complainer at normal places.
func (w *world) addStorms() {
	cells := w.spots[:len(w.spots)/2]
	for range 3 {
		s := cells[w.rng.IntN(len(cells))]
		id := w.customer()
		var u testUse
		for d := 0; d < w.days; d += 2 {
			n := 20 + w.rng.IntN(100)
			w.bad(s.id, id, d, KindDropped, uint32(n), s)
			u.calls += float64(n)
			u.bad += float64(n)
			u.capped += float64(w.cap)
			u.cappedBad += float64(w.cap)
		}
		for i := range w.ev.Exposures {
			if x := &w.ev.Exposures[i]; x.Place == s.id {
				x.Calls += uint64(u.calls)
				x.Bad += uint64(u.bad)
				x.CappedCalls += u.capped
				x.CappedBad += u.cappedBad
				x.Customers++
				x.SumMM += u.capped * u.capped
				x.SumXX += u.cappedBad * u.cappedBad
				x.SumXM += u.cappedBad * u.capped
			}
		}
	}
	whiner := w.customer()
	for n := range 60 {
		s := cells[w.rng.IntN(len(cells))]
		if n%2 == 0 {
			s = cells[0]
		}
		w.complain(s.id, whiner, w.rng.IntN(w.days), s)
	}
}

// quality is one city's result.
type quality struct {
	ours, drops, moans, rate float64
	listed, wrong            int
	found, worth             int
	covered, intervals       int
}

func (w *world) faults(run *Run) []string {
	var out []string
	for i := range run.Hotspots {
		out = append(out, w.faultOf(run.Hotspots[i].Members))
	}
	return out
}

// baseline ranks single places by a score, highest first.
func (w *world) baseline(score map[geo.PlaceID]float64) []string {
	ids := make([]geo.PlaceID, 0, len(score))
	for id := range score {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b geo.PlaceID) int {
		return cmp.Or(cmp.Compare(score[b], score[a]), cmp.Compare(a, b))
	})
	var out []string
	for _, id := range ids[:min(len(ids), 40)] {
		out = append(out, w.faultOf([]geo.PlaceID{id}))
	}
	return out
}

func (w *world) measure(run *Run) quality {
	truth := w.truth()
	list := w.faults(run)
	q := quality{ours: ndcg(list, truth, 20), listed: len(list)}
	drops, moans, rate := map[geo.PlaceID]float64{}, map[geo.PlaceID]float64{}, map[geo.PlaceID]float64{}
	for _, b := range w.ev.Bad {
		drops[b.Place] += float64(b.Count)
	}
	for _, c := range w.ev.Complaints {
		moans[c.Place]++
	}
	for _, x := range w.ev.Exposures {
		if x.Calls >= 30 {
			rate[x.Place] = float64(x.Bad) / float64(x.Calls)
		}
	}
	q.drops, q.moans, q.rate = ndcg(w.baseline(drops), truth, 20), ndcg(w.baseline(moans), truth, 20), ndcg(w.baseline(rate), truth, 20)
	seen := map[string]bool{}
	for i, f := range list {
		if f == "" {
			q.wrong++
			continue
		}
		if !seen[f] {
			q.intervals++
			if im := run.Hotspots[i].Impact; im.Lower <= truth[f] && truth[f] <= im.Upper {
				q.covered++
			}
		}
		seen[f] = true
	}
	for f, a := range truth {
		if a >= 10 {
			q.worth++
			if seen[f] {
				q.found++
			}
		}
	}
	return q
}

// TestQuality compares the ranking with the baselines on cities with known truth.
// It must be ahead in every city; where mild faults begin late among normal places
// that differ by half, on average (a fault no worse than a normal place can be is
// not found there: see docs/method.md, limits).
// Seeds 1 to 99 are for choosing between variants of the method, seeds from 1000
// are for reporting; HOTCELL_QUALITY=first,count runs more of them.
func TestQuality(t *testing.T) {
	first, count := 1000, 1
	if v := os.Getenv("HOTCELL_QUALITY"); v != "" {
		a, b, _ := strings.Cut(v, ",")
		var err1, err2 error
		first, err1 = strconv.Atoi(a)
		count, err2 = strconv.Atoi(b)
		if err1 != nil || err2 != nil {
			t.Fatalf("HOTCELL_QUALITY is %q: first seed and number of seeds are expected, such as 1000,4", v)
		}
	}
	t.Logf("%-26s %6s %6s %6s %6s  %s", "city", "ours", "drops", "moans", "rate", "listed false found/worth in-interval")
	for _, s := range cityTypes() {
		var sum quality
		low := 1.0
		for seed := first; seed < first+count; seed++ {
			w := buildCity(t, s, uint64(seed))
			q := w.measure(w.rank())
			sum.ours += q.ours
			sum.drops += q.drops
			sum.moans += q.moans
			sum.rate += q.rate
			sum.listed += q.listed
			sum.wrong += q.wrong
			sum.found += q.found
			sum.worth += q.worth
			sum.covered += q.covered
			sum.intervals += q.intervals
			low = min(low, q.ours)
			if best := max(q.drops, q.moans, q.rate); q.ours < best && !s.late {
				t.Errorf("%s, seed %d: nDCG@20 is %.3f, a baseline has %.3f", s.name, seed, q.ours, best)
			}
		}
		n := float64(count)
		if best := max(sum.drops, sum.moans, sum.rate) / n; sum.ours/n < best {
			t.Errorf("%s: nDCG@20 is %.3f on average, a baseline has %.3f", s.name, sum.ours/n, best)
		}
		t.Logf("%-26s %6.3f %6.3f %6.3f %6.3f  %d %d %d/%d %d/%d worst %.3f", s.name, sum.ours/n, sum.drops/n, sum.moans/n, sum.rate/n,
			sum.listed, sum.wrong, sum.found, sum.worth, sum.covered, sum.intervals, low)
	}
}
