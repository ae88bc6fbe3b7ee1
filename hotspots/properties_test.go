package hotspots

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/hotcell/hotcell/geo"
)

func shuffled[T any](r *rand.Rand, in []T) []T {
	out := slices.Clone(in)
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestOrderDoesNotMatter: evidence comes out of a database in any order.
func TestOrderDoesNotMatter(t *testing.T) {
	w := buildCity(t, cityTypes()[1], 77)
	w.addWeeks()
	want := asJSON(t, w.rank())
	r := rand.New(rand.NewPCG(5, 6))
	for range 3 {
		other := w.ev
		other.Exposures, other.Bad = shuffled(r, w.ev.Exposures), shuffled(r, w.ev.Bad)
		other.Complaints, other.Weeks = shuffled(r, w.ev.Complaints), shuffled(r, w.ev.Weeks)
		other.UnlocatedBad = shuffled(r, w.ev.UnlocatedBad)
		run, err := Rank(&other, w, w.params, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := asJSON(t, run); got != want {
			t.Fatal("the run depends on the order of the evidence")
		}
	}
}

// addWeeks books every place's exposure evenly over eight weeks.
func (w *world) addWeeks() {
	w.ev.Weeks = nil
	for _, x := range w.ev.Exposures {
		for k := range 8 {
			w.ev.Weeks = append(w.ev.Weeks, Week{Place: x.Place, Week: int32(k), CappedCalls: float32(x.CappedCalls / 4), CappedBad: float32(x.CappedBad / 4), Hurt: uint32(x.Bad / 4)})
		}
	}
}

// TestEveryPlaceOnce: no record counts in two hotspots, and the figures of a
// hotspot hold together.
func TestEveryPlaceOnce(t *testing.T) {
	for k, s := range cityTypes() {
		w := buildCity(t, s, uint64(50+k))
		w.addWeeks()
		run := w.rank()
		owner := map[geo.PlaceID]int{}
		for i, h := range run.Hotspots {
			for _, id := range h.Members {
				if other, taken := owner[id]; taken {
					t.Errorf("%s: %s and %s share place %s", s.name, run.Hotspots[other].Name, h.Name, id)
				}
				owner[id] = i
			}
			im := h.Impact
			if !(0 <= im.Lower && im.Lower <= im.Avoidable && im.Avoidable <= im.Upper && im.Avoidable <= 1.1*im.Total) {
				t.Errorf("%s: impact %+v of %s is out of order", s.name, im, h.Name)
			}
			if h.Rate.Value != nil && !(*h.Rate.Lower <= *h.Rate.Value && *h.Rate.Value <= *h.Rate.Upper) {
				t.Errorf("%s: rate %g is not in [%g, %g]", h.Name, *h.Rate.Value, *h.Rate.Lower, *h.Rate.Upper)
			}
			if i > 0 && run.Hotspots[i-1].Impact.Lower < im.Lower {
				t.Errorf("%s: rank %d has a higher lower bound than rank %d", s.name, i+1, i)
			}
			if h.ID == "" || h.Name == "" || h.Geometry == nil && h.Place.Kind == "cells" || len(h.Trend.Weeks) != 8 ||
				h.Trend.Class == "" || h.Cause.Sentence == "" || h.Cause.SentenceZH == "" || h.Rank != i+1 || h.Customers.Hurt > h.Customers.Served {
				t.Errorf("%s: a field is missing or wrong: %+v", s.name, h)
			}
		}
	}
}

// TestSpreadKeepsMass: what radio cells saw is spread over the places of their
// located bad calls and their footprints, what accuracy discs saw over the places in
// them, and not a call or a hurt customer more or less.
func TestSpreadKeepsMass(t *testing.T) {
	centre := centreCell(t, 30, 104)
	cells := centre.Disk(5)
	slices.Sort(cells)
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(t, 1)
		calls, bad, hurt, customers := 0.0, 0.0, 0.0, 0.0
		placedCalls, placedBad, placedCustomers := 0.0, 0.0, 0.0
		place := func(radio string, at geo.PlaceID, of, n float64) {
			for c := range uint64(n) {
				w.ev.Bad = append(w.ev.Bad, BadCalls{Place: at, Customer: 1 + c, Day: testDay0, Count: 1, RadioCell: radio, RAT: geo.RAT4G})
			}
			w.ev.Exposures = append(w.ev.Exposures, Exposure{Place: at, RAT: geo.RAT4G, CappedCalls: of, CappedBad: n, Customers: uint64(of)})
			placedCalls, placedBad, placedCustomers = placedCalls+of, placedBad+n, placedCustomers+of
		}
		for k := range rapid.IntRange(1, 5).Draw(r, "radio cells") {
			radio := fmt.Sprintf("460-00-%d", k)
			n := rapid.IntRange(1, 20).Draw(r, "cells")
			var print []geo.CellWeight
			sum := 0.0
			for j := range n {
				v := rapid.Float64Range(0.1, 1).Draw(r, "weight")
				print = append(print, geo.CellWeight{Cell: cells[(j*7+k)%len(cells)], Weight: v})
				sum += v
			}
			for j := range print {
				print[j].Weight /= sum
			}
			w.prints[radio] = print
			for j := range rapid.IntRange(0, 3).Draw(r, "places") {
				of := rapid.IntRange(1, 200).Draw(r, "located calls")
				place(radio, testID(fmt.Sprintf("%d/%d", k, j)), float64(of), float64(rapid.IntRange(0, min(of, 30)).Draw(r, "located bad")))
			}
			u := CellCounts{RadioCell: radio, RAT: geo.RAT4G, CappedCalls: float64(rapid.IntRange(1, 900).Draw(r, "calls")),
				Customers: float64(rapid.IntRange(1, 300).Draw(r, "customers")), Hurt: float64(rapid.IntRange(0, 50).Draw(r, "hurt"))}
			u.CappedBad = math.Min(u.CappedCalls, u.Hurt*2)
			calls, bad, hurt, customers = calls+u.CappedCalls, bad+u.CappedBad, hurt+u.Hurt, customers+u.Customers
			w.ev.UnlocatedBad = append(w.ev.UnlocatedBad, u)
		}
		for range rapid.IntRange(0, 4).Draw(r, "discs") {
			at := cells[rapid.IntRange(0, len(cells)-1).Draw(r, "disc")].Center()
			u := CellCounts{Disc: testDisc(t, at, rapid.Float64Range(geo.CellAccuracy+1, geo.MostDisc-1).Draw(r, "accuracy")), RAT: geo.RAT5G,
				CappedCalls: rapid.Float64Range(0.1, 900).Draw(r, "disc calls"), Customers: rapid.Float64Range(0.1, 300).Draw(r, "disc customers"),
				Hurt: rapid.Float64Range(0, 50).Draw(r, "disc hurt")}
			u.CappedBad = math.Min(u.CappedCalls, u.Hurt*2)
			calls, bad, hurt, customers = calls+u.CappedCalls, bad+u.CappedBad, hurt+u.Hurt, customers+u.Customers
			w.ev.UnlocatedBad = append(w.ev.UnlocatedBad, u)
		}
		m := newModel(&w.ev, w, w.params)
		var gotCalls, gotBad, gotHurt, gotCustomers, gotUses float64
		for _, pl := range m.places {
			gotCalls += pl.calls
			gotBad += pl.bad
			gotHurt += m.spreadAt(&pl).hurt
			gotCustomers += pl.customers
			for _, u := range m.uses[pl.useFrom:pl.useTo] {
				gotUses += u.calls
			}
		}
		calls, bad, customers = calls+placedCalls, bad+placedBad, customers+placedCustomers
		for i, pl := range m.places {
			if pl.bad > pl.calls*(1+1e-9) {
				r.Fatalf("%v has %g bad of %g calls", m.ids[i], pl.bad, pl.calls)
			}
		}
		near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-9*(1+b) }
		if !near(gotCalls, calls) || !near(gotBad, bad) || !near(gotHurt, hurt) || !near(gotCustomers, customers) || !near(gotUses, calls) {
			r.Fatalf("calls %g of %g, bad %g of %g, hurt %g of %g, customers %g of %g, uses %g", gotCalls, calls, gotBad, bad, gotHurt, hurt, gotCustomers, customers, gotUses)
		}
	})
}

// TestSaturation: hurt grows with every event, never past 1, and k equal events
// are the k-th power of one.
func TestSaturation(t *testing.T) {
	m := &model{params: DefaultParams(), endDay: 100}
	rapid.Check(t, func(r *rapid.T) {
		kind := Kind(rapid.IntRange(0, int(kinds)-1).Draw(r, "kind"))
		day := int32(rapid.IntRange(60, 99).Draw(r, "day"))
		n := rapid.IntRange(1, 500).Draw(r, "events")
		one := m.loss(kind, day, 1)
		q, want := hurtOf(float64(n)*one), 1-math.Pow(1-hurtOf(one), float64(n))
		if q < hurtOf(one) || q > 1 || math.Abs(q-want) > 1e-6 {
			r.Fatalf("%d × %s on day %d hurt %g, want %g", n, kind, day, q, want)
		}
	})
}

// TestValueBounds: whatever the attributes, a customer's value is in [1, 5].
func TestValueBounds(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c := Customer{Segment: rapid.Uint8().Draw(r, "segment"), ValueTier: rapid.Uint8().Draw(r, "tier"), TenureMonths: rapid.Float32().Draw(r, "tenure")}
		if v := Value(c); !(v >= 1 && v <= 5) {
			r.Fatalf("%+v has value %g", c, v)
		}
	})
	if v := Value(Customer{}); v != 1 {
		t.Errorf("an unknown customer has value %g", v)
	}
	if v := Value(Customer{TenureMonths: float32(math.NaN())}); v != 1 {
		t.Errorf("a customer of unknown tenure has value %g", v)
	}
	if v := Value(Customer{Segment: 3, ValueTier: 5, TenureMonths: 999}); v != 5 {
		t.Errorf("the most valued customer has value %g", v)
	}
}
