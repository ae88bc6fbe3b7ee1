package city

import (
	"cmp"
	"context"
	"math"
	"slices"
	"testing"
)

// mishap is one bad call as the city knows it.
type mishap struct {
	t        int32
	u        int32
	severity float64
	caused   int16
	p        placing
}

// relive makes a city again and keeps all it knows.
func relive(t *testing.T, cfg Config) (*world, []mishap, []call) {
	t.Helper()
	cfg, err := cfg.resolve()
	if err != nil {
		t.Fatal(err)
	}
	w := build(cfg)
	g := newGenerator(w)
	var all []mishap
	var calls []call
	severity := map[outcome]float64{poor: 0.15, dropped: 0.5, masked: 0.4, blocked: 0.35}
	out := &slotOut{}
	for n := range g.slots() {
		g.slot(n, out)
		calls = append(calls, out.calls...)
		for i := range out.events {
			e := &out.events[i]
			all = append(all, mishap{e.t, e.u, severity[e.kind], e.caused, e.p})
		}
	}
	return w, all, calls
}

// The ledger adds up in a stream; this recomputes every plant from all
// experiences at once, place by place and customer by customer.
func TestImpactByBruteForce(t *testing.T) {
	for _, kind := range Types() {
		cfg := small(kind)
		cfg.Complaints = 0 // complaints have their own test
		w, all, _ := relive(t, cfg)
		_, s := write(t, cfg)
		plants := append(append([]Plant(nil), s.Truth.Faults...), s.Truth.Decoys...)
		some := 0.0
		for i, f := range w.plants {
			here := slices.Clone(all)
			here = slices.DeleteFunc(here, func(m mishap) bool { return !f.covers(&m.p) })
			slices.SortStableFunc(here, func(a, b mishap) int { return cmp.Compare(a.u, b.u) })
			var total, avoidable float64
			caused := 0
			for len(here) > 0 {
				n := 1
				for n < len(here) && here[n].u == here[0].u {
					n++
				}
				logAll, logWithout := 0.0, 0.0
				for _, m := range here[:n] {
					days := float64(cfg.Days) - float64(m.t)/86400
					l := math.Log1p(-m.severity * math.Exp2(-days/14))
					logAll += l
					if m.caused == int16(i) {
						caused++
					} else {
						logWithout += l
					}
				}
				c := &w.customers[here[0].u]
				total += c.value() * -math.Expm1(logAll)
				avoidable += c.value() * (math.Exp(logWithout) - math.Exp(logAll))
				here = here[n:]
			}
			got := plants[i].Impact
			if segs := plants[i].Segments; len(segs) > 0 {
				// Nearly nobody is hurt in both directions, so the carriageways add up.
				var sum float64
				for _, s := range segs {
					sum += s.Avoidable
				}
				if sum < got.Avoidable-1e-3 || sum > got.Avoidable*1.3+0.5 {
					t.Errorf("%s %s: carriageways add up to %.3f of %.3f", kind, f.id, sum, got.Avoidable)
				}
			}
			if math.Abs(got.Total-total) > 1e-3 || math.Abs(got.Avoidable-avoidable) > 1e-3 || int(got.Caused) != caused {
				t.Errorf("%s %s %s: total %.4f avoidable %.4f caused %d, by brute force %.4f %.4f %d",
					kind, f.id, f.name, got.Total, got.Avoidable, got.Caused, total, avoidable, caused)
			}
			if !f.decoy {
				some += got.Avoidable
			}
		}
		if some < 50 {
			t.Errorf("%s: all faults together hurt only %.1f", kind, some)
		}
	}
}

// What would have happened without the faults is checked by letting it happen:
// the same city with faults of no strength has the same places and customers,
// and its impact there must be what the truth calls unavoidable.
func TestUnavoidablePartHappensWithoutFaults(t *testing.T) {
	cfg := small(Dense)
	cfg.Calls, cfg.Complaints, cfg.RedialShare = 150_000, 0, 0
	var with, without float64
	for seed := uint64(1); seed <= 3; seed++ {
		cfg.Seed = seed
		cfg.FaultStrength = 1
		_, a := write(t, cfg)
		cfg.FaultStrength = 0
		_, b := write(t, cfg)
		for i, f := range a.Truth.Faults {
			if b.Truth.Faults[i].Name != f.Name || b.Truth.Faults[i].Impact.Avoidable != 0 {
				t.Fatalf("fault %s is another one without strength: %+v", f.ID, b.Truth.Faults[i])
			}
			with += f.Impact.Total - f.Impact.Avoidable
			without += b.Truth.Faults[i].Impact.Total
		}
	}
	// q saturates, so bad calls that nature adds to a customer already hurt by the
	// fault weigh less: the truth's remainder is what is left when the fault goes.
	if r := with / without; r < 0.9 || r > 1.1 {
		t.Errorf("unavoidable impact %.1f with faults, %.1f without: ratio %.3f", with, without, r)
	}
}

func TestDecoysAreInnocent(t *testing.T) {
	for _, kind := range Types() {
		_, s := write(t, small(kind))
		seen := map[string]bool{}
		var mall TrueImpact
		for _, d := range s.Truth.Decoys {
			seen[d.Kind] = true
			if d.Impact.Avoidable != 0 || d.Impact.Caused != 0 {
				t.Errorf("%s: decoy %s %s has avoidable impact %v", kind, d.ID, d.Kind, d.Impact.Avoidable)
			}
			switch faultKind(d.Kind) {
			case decoyMall:
				mall = d.Impact
			case decoyStorm:
				if d.Impact.Bad < 10 || float64(d.Impact.Bad) < 5*d.Impact.Total {
					t.Errorf("%s: the redial storm is no storm: %d bad calls, impact %.2f", kind, d.Impact.Bad, d.Impact.Total)
				}
			case decoyLonely:
				if d.Impact.Calls != 1 || d.Impact.Bad != 1 {
					t.Errorf("%s: %d calls in the empty place, %d bad", kind, d.Impact.Calls, d.Impact.Bad)
				}
			case decoyEvent:
				if d.Impact.Calls < 80 {
					t.Errorf("%s: a crowd of %d calls", kind, d.Impact.Calls)
				}
			case decoyDevice, decoyComplainer:
				if len(d.Customers) != 1 {
					t.Errorf("%s: decoy %s names %d customers", kind, d.Kind, len(d.Customers))
				}
			}
		}
		if len(seen) != 7 {
			t.Errorf("%s: decoys %v", kind, seen)
		}
		if rate := float64(mall.Bad) / float64(mall.Calls); mall.Calls < 100 || rate > 0.07 {
			t.Errorf("%s: the busy normal mall has %d calls, %.3f bad", kind, mall.Calls, rate)
		}
	}
}

// Complaints exist in the number asked for, arrive after what they are about,
// and faults get theirs.
func TestComplaints(t *testing.T) {
	cfg := small(Dense)
	cfg.Calls, cfg.Complaints = 100_000, 1500
	rc, err := cfg.resolve()
	if err != nil {
		t.Fatal(err)
	}
	w := build(rc)
	g := newGenerator(w)
	d := newComplaintDraw(w, rc.Complaints)
	first := map[int32]int32{} // first bad call of each customer
	out := &slotOut{}
	for n := range g.slots() {
		g.slot(n, out)
		for i := range out.events {
			e := &out.events[i]
			d.offer(e)
			if _, ok := first[e.u]; !ok {
				first[e.u] = e.t
			}
		}
	}
	rows := w.makeComplaints(d)
	if len(rows) != 1500 {
		t.Errorf("%d complaints", len(rows))
	}
	about := map[string]int{}
	texts := map[string]int{}
	habit := 0
	for _, c := range rows {
		about[c.about]++
		texts[c.text]++
		if c.u == w.decoy.complainer {
			habit++
			continue
		}
		switch c.about {
		case "call_drop", "call_quality", "no_signal", "coverage":
			if at, ok := first[c.u]; !ok || c.t < at {
				t.Errorf("customer %d complains at %d about %s before anything happened", c.u, c.t, c.about)
			}
		}
	}
	if habit < 10 {
		t.Errorf("the habitual complainer complained %d times", habit)
	}
	if about["billing"] < 50 || about["call_drop"] < 200 || len(texts) < 900 {
		t.Errorf("categories %v, %d different texts of %d", about, len(texts), len(rows))
	}
	caused := uint64(0)
	for _, f := range w.plants {
		caused += f.ledger.complain
	}
	if caused < 50 {
		t.Errorf("only %d complaints are about faults", caused)
	}
	none := cfg
	none.Complaints = 0
	dir := t.TempDir()
	if s, err := Write(context.Background(), dir, none, nil); err != nil || s.Complaints != 0 {
		t.Errorf("asked for no complaints, got %d, %v", s.Complaints, err)
	}
}

func TestWriteStopsWhenAsked(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cfg := small(Dense)
	cfg.Calls = 200_000
	n := 0
	_, err := Write(ctx, t.TempDir(), cfg, func(calls int) {
		if n += calls; n > 20_000 {
			cancel()
		}
	})
	if err == nil || n > 150_000 {
		t.Errorf("went on to %d calls, error %v", n, err)
	}
}
