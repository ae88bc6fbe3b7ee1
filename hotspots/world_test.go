package hotspots

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"sort"
	"testing"
	"time"

	"github.com/hotcell/hotcell/geo"
)

// world is a small city for tests: places with known normal and actual rates,
// customers who call there, and the evidence that the store would make of it.
type world struct {
	t       testing.TB
	rng     *rand.Rand
	params  Params
	days    int
	cap     int
	places  map[geo.PlaceID]geo.Place
	prints  map[string][]geo.CellWeight
	spots   []*spot
	byID    map[geo.PlaceID]*spot
	people  map[uint64]Customer
	next    uint64
	ev      Evidence
	frailty float64 // variance of customers' own factor
	moan    float64 // chance of a complaint per bad call
}

// spot is a place with its truth.
type spot struct {
	id        geo.PlaceID
	scene     geo.Scene
	region    string
	rat       geo.RAT
	calls     float64 // expected in the window
	perHead   float64 // calls per customer
	normal    float64 // rate without faults
	actual    float64
	fault     string
	people    []uint64
	avoidable float64 // impact that the fault adds on average
	moan      float64 // complaint propensity
	firstDay  int     // first day (0 = window's first) of the fault
}

const testDay0 = 20600 // an arbitrary first day

func newWorld(t testing.TB, seed uint64) *world {
	return &world{
		t: t, rng: rand.New(rand.NewPCG(seed, 7)), params: DefaultParams(), days: 28, cap: 3,
		places: map[geo.PlaceID]geo.Place{}, prints: map[string][]geo.CellWeight{},
		byID: map[geo.PlaceID]*spot{}, people: map[uint64]Customer{}, frailty: 0.3, moan: 0.01,
	}
}

// Place and Footprint make a world a Places.
func (w *world) Place(id geo.PlaceID) (geo.Place, bool) {
	pl, ok := w.places[id]
	return pl, ok
}

func (w *world) Footprint(radio string) []geo.CellWeight { return w.prints[radio] }

func testID(key string) geo.PlaceID {
	h := fnv.New64a()
	h.Write([]byte(key))
	return geo.PlaceID(h.Sum64() | 1<<63)
}

func (w *world) add(pl geo.Place, region string, rat geo.RAT, calls, perHead, rate float64) *spot {
	pl.Region = []string{"51", region}
	w.places[pl.ID] = pl
	s := &spot{id: pl.ID, scene: pl.Scene, region: region, rat: rat, calls: calls, perHead: perHead, normal: rate, actual: rate, moan: 1}
	w.spots = append(w.spots, s)
	w.byID[pl.ID] = s
	return s
}

func (w *world) cell(c geo.Cell, region string, calls, rate float64) *spot {
	return w.add(geo.Place{ID: geo.PlaceID(c), Kind: geo.PlaceCell, Key: "cell/" + c.String(), Name: c.String(), Cell: c, Center: c.Center()}, region, geo.RAT4G, calls, 4, rate)
}

func (w *world) part(v *geo.Venue, part geo.Part, scene geo.Scene, c geo.Cell, region string, calls, rate float64) *spot {
	key := fmt.Sprintf("venue/%s/%d", v.ID, part)
	return w.add(geo.Place{ID: testID(key), Kind: geo.PlaceVenue, Key: key, Name: v.Name, Scene: scene, Venue: v, Part: part, Cell: c, Center: c.Center()}, region, geo.RAT4G, calls, 6, rate)
}

func (w *world) km(line *geo.Venue, km int, c geo.Cell, region string, calls, rate float64) *spot {
	key := fmt.Sprintf("segment/%s/%d", line.ID, km)
	return w.add(geo.Place{ID: testID(key), Kind: geo.PlaceSegment, Key: key, Name: fmt.Sprintf("%s K%d", line.Ref, km),
		Scene: geo.SceneHighway, Venue: line, Ref: line.Ref, Km: km, Cell: c, Center: c.Center()}, region, geo.RAT4G, calls, 2, rate)
}

func (w *world) breakSpot(s *spot, fault string, factor float64) {
	s.fault = fault
	s.actual = math.Min(0.9, s.normal*factor)
}

func (w *world) customer() uint64 {
	w.next++
	id := w.next*0x9E3779B97F4A7C15>>1 | 1
	tier := uint8(1 + w.rng.IntN(5))
	if w.rng.Float64() < 0.3 {
		tier = 0
	}
	seg := uint8(1)
	if r := w.rng.Float64(); r < 0.02 {
		seg = 3
	} else if r < 0.12 {
		seg = 2
	}
	w.people[id] = Customer{Segment: seg, ValueTier: tier, TenureMonths: float32(w.rng.IntN(120))}
	return id
}

func (w *world) gamma(shape float64) float64 { // mean 1
	if shape <= 0 {
		return 1
	}
	// Marsaglia and Tsang, with the usual boost below shape 1.
	boost, a := 1.0, shape
	if a < 1 {
		boost = math.Pow(w.rng.Float64(), 1/a)
		a++
	}
	d := a - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := w.rng.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v *= v * v
		if math.Log(w.rng.Float64()) < 0.5*x*x+d-d*v+d*math.Log(v) {
			return boost * d * v / shape
		}
	}
}

func (w *world) poisson(mean float64) int {
	if mean > 50 {
		return max(0, int(math.Round(mean+math.Sqrt(mean)*w.rng.NormFloat64())))
	}
	limit, k, p := math.Exp(-mean), 0, 1.0
	for {
		p *= w.rng.Float64()
		if p <= limit {
			return k
		}
		k++
	}
}

var kindMix = []struct {
	kind  Kind
	share float64
}{{KindDropped, 0.45}, {KindPerceived, 0.1}, {KindBlocked, 0.2}, {KindPoor, 0.25}}

func (w *world) kind() Kind {
	r := w.rng.Float64()
	for _, k := range kindMix {
		if r -= k.share; r < 0 {
			return k.kind
		}
	}
	return KindPoor
}

// use is one customer at one place.
type testUse struct {
	calls, bad, capped, cappedBad float64
	week                          [4][2]float64 // capped calls and bad calls, last week first
}

// visit lets a customer make calls at a spot, each bad with the given chance, and
// books them (at another place when the location is off).
func (w *world) visit(s *spot, at geo.PlaceID, customer uint64, calls int, chance, normal float64) testUse {
	var u testUse
	perDay := map[int]int{}
	badPerDay := map[int]int{}
	for range calls {
		day := w.rng.IntN(w.days)
		p := chance
		if day < s.firstDay {
			p = normal
		}
		perDay[day]++
		if w.rng.Float64() >= p {
			continue
		}
		badPerDay[day]++
		w.bad(at, customer, day, w.kind(), 1, s)
		if w.rng.Float64() < w.moan*s.moan {
			w.complain(at, customer, day, s)
		}
	}
	for d, n := range perDay {
		b := badPerDay[d]
		u.calls += float64(n)
		u.bad += float64(b)
		u.capped += math.Min(float64(n), float64(w.cap))
		u.cappedBad += math.Min(float64(b), float64(w.cap))
		k := (w.days - 1 - d) / 7
		u.week[k][0] += math.Min(float64(n), float64(w.cap))
		u.week[k][1] += math.Min(float64(b), float64(w.cap))
	}
	return u
}

func (w *world) bad(at geo.PlaceID, customer uint64, day int, k Kind, count uint32, s *spot) {
	w.ev.Bad = append(w.ev.Bad, BadCalls{Place: at, Customer: customer, Day: int32(testDay0 + day), Hour: int8(w.rng.IntN(24)),
		Kind: k, Count: count, Cause: "radio_lost", RAT: s.rat, Floor: geo.UnknownFloor})
}

func (w *world) complain(at geo.PlaceID, customer uint64, day int, s *spot) {
	w.ev.Complaints = append(w.ev.Complaints, Complaint{Place: at, Customer: customer, Day: int32(testDay0 + day),
		Kind: KindComplaint, Scene: s.scene, Region: s.region})
}

// exposures books uses of a place.
func (w *world) book(at geo.PlaceID, s *spot, uses []testUse) {
	x := Exposure{Place: at, Region: s.region, Scene: s.scene, RAT: s.rat}
	for k := range 4 {
		week := Week{Place: at, Week: int32(k)}
		for _, u := range uses {
			week.CappedCalls += float32(u.week[k][0])
			week.CappedBad += float32(u.week[k][1])
			if u.week[k][1] > 0 {
				week.Hurt++
			}
		}
		if week.CappedCalls > 0 {
			w.ev.Weeks = append(w.ev.Weeks, week)
		}
	}
	for _, u := range uses {
		if u.calls == 0 {
			continue
		}
		x.Calls += uint64(u.calls)
		x.Bad += uint64(u.bad)
		x.CappedCalls += u.capped
		x.CappedBad += u.cappedBad
		x.Customers++
		x.SumMM += u.capped * u.capped
		x.SumXX += u.cappedBad * u.cappedBad
		x.SumXM += u.cappedBad * u.capped
	}
	w.ev.Calls += x.Calls
	if x.Calls > 0 {
		w.ev.Exposures = append(w.ev.Exposures, x)
	}
}

// severityMean is the mean of severity × 2^(−age/H) of a bad call on a random day.
func (w *world) severityMean(from int) float64 {
	s := 0.0
	for _, k := range kindMix {
		s += k.share * w.params.Severity[k.kind]
	}
	decay := 0.0
	for d := range w.days {
		if d >= from {
			decay += math.Exp2(-float64(w.days-1-d) / w.params.HalfLifeDays)
		}
	}
	return s * decay / float64(w.days)
}

// simulate makes the evidence of all spots.
func (w *world) simulate(misplaced float64, into func(s *spot) []geo.PlaceID) {
	elsewhere := map[geo.PlaceID][]testUse{}
	var order []geo.PlaceID
	for _, s := range w.spots {
		heads := max(1, w.poisson(s.calls/s.perHead))
		var uses []testUse
		for range heads {
			id := w.customer()
			s.people = append(s.people, id)
			frail := w.gamma(1 / w.frailty)
			calls := max(1, w.poisson(s.perHead*w.gamma(1)))
			chance, normal := math.Min(0.95, s.actual*frail), math.Min(0.95, s.normal*frail)
			if s.fault != "" {
				now, before := w.severityMean(s.firstDay), w.severityMean(0)-w.severityMean(s.firstDay)
				miss := 1 - chance*now - normal*before
				miss0 := 1 - normal*(now+before)
				s.avoidable += w.params.Value.Of(w.people[id]) * (math.Pow(miss0, float64(calls)) - math.Pow(miss, float64(calls)))
			}
			at := s.id
			if misplaced > 0 && into != nil && w.rng.Float64() < misplaced {
				if near := into(s); len(near) > 0 {
					at = near[w.rng.IntN(len(near))]
				}
			}
			u := w.visit(s, at, id, calls, chance, normal)
			if at == s.id {
				uses = append(uses, u)
				continue
			}
			if len(elsewhere[at]) == 0 {
				order = append(order, at)
			}
			elsewhere[at] = append(elsewhere[at], u)
		}
		elsewhere[s.id] = append(uses, elsewhere[s.id]...)
		order = append(order, s.id)
	}
	done := map[geo.PlaceID]bool{}
	for _, id := range order {
		if s := w.byID[id]; s != nil && !done[id] {
			w.book(id, s, elsewhere[id])
			done[id] = true
		}
	}
	w.finish()
}

func (w *world) finish() {
	w.ev.Query = Query{End: time.Unix(int64(testDay0+w.days)*86400, 0).UTC(), Window: time.Duration(w.days) * 24 * time.Hour, DailyCap: w.cap}
	w.ev.Customers = w.people
}

// truth is the avoidable impact of each fault: the impact its customers have on
// average, less what they would have at the normal rates.
func (w *world) truth() map[string]float64 {
	out := map[string]float64{}
	for _, s := range w.spots {
		if s.fault != "" {
			out[s.fault] += s.avoidable
		}
	}
	return out
}

func (w *world) rank() *Run {
	w.t.Helper()
	run, err := Rank(&w.ev, w, w.params, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return run
}

// faultOf is the fault that most of a set of places' bad calls belong to.
func (w *world) faultOf(members []geo.PlaceID) string {
	weight := map[string]float64{}
	for _, id := range members {
		if s := w.byID[id]; s != nil {
			weight[s.fault] += s.calls * (s.actual - s.normal)
		}
	}
	names := make([]string, 0, len(weight))
	for f := range weight {
		names = append(names, f)
	}
	sort.Strings(names)
	best, most := "", 0.0
	for _, f := range names {
		if f != "" && weight[f] > most {
			best, most = f, weight[f]
		}
	}
	return best
}

// ndcg is the normalised discounted cumulative gain of the first n of a list of
// faults; a fault gains once.
func ndcg(list []string, truth map[string]float64, n int) float64 {
	gains := make([]float64, 0, len(truth))
	for _, g := range truth {
		gains = append(gains, g)
	}
	sort.Sort(sort.Reverse(sort.Float64Slice(gains)))
	ideal, got := 0.0, 0.0
	for i := 0; i < n && i < len(gains); i++ {
		ideal += gains[i] / math.Log2(float64(i)+2)
	}
	seen := map[string]bool{"": true}
	for i := 0; i < n && i < len(list); i++ {
		if !seen[list[i]] {
			seen[list[i]] = true
			got += truth[list[i]] / math.Log2(float64(i)+2)
		}
	}
	if ideal == 0 {
		return 1
	}
	return got / ideal
}
