package city

import (
	"math"
	"sort"
	"strings"
	"testing"
	"time"
)

// figures are what a feed shows of its generator.
type figures struct {
	located, cellOnly, unlocated float64
	floors                       float64 // share of indoor calls with a floor
	masked                       float64 // share of true drops logged as completed
	redials                      float64 // share of drops followed by a call to the same peer within two minutes
	bad                          float64
	top                          float64 // share of calls made by the busiest 10 % of customers
	hours                        [24]int
	weekend, weekday             int
	offLine                      float64 // median distance of travelling calls from their line
	onLines                      int
}

func measure(t *testing.T, cfg Config) figures {
	t.Helper()
	w, all, calls := relive(t, cfg)
	var f figures
	n := float64(len(calls))
	perCustomer := make([]int, len(w.customers))
	var inside, drops, masks, redialled float64
	var off []float64
	type pair struct {
		u    int32
		peer uint64
	}
	last := map[pair]int32{}
	for i := len(calls) - 1; i >= 0; i-- { // from the end: the next call of each pair is known
		c := &calls[i]
		k := pair{c.u, c.peer}
		next, again := last[k]
		switch {
		case c.hasPos:
			f.located++
		case c.hasCell:
			f.cellOnly++
		default:
			f.unlocated++
		}
		if c.inside && c.floor > 0 {
			inside++
			if c.hasFloor {
				f.floors++
			}
		}
		if c.out == dropped || c.out == masked {
			drops++
			if c.out == masked {
				masks++
			}
			if again && next-(c.t+c.dur) <= 120 && next > c.t {
				redialled++
			}
		}
		if c.moving && c.hasPos {
			if f.onLines++; f.onLines%4 == 0 {
				off = append(off, offLines(w, c.pos))
			}
		}
		last[k] = c.t
		perCustomer[c.u]++
		f.hours[c.t%86400/3600]++
		if w.cfg.weekend(int(c.t / 86400)) {
			f.weekend++
		} else {
			f.weekday++
		}
	}
	sort.Sort(sort.Reverse(sort.IntSlice(perCustomer)))
	for _, k := range perCustomer[:len(perCustomer)/10] {
		f.top += float64(k) / n
	}
	sort.Float64s(off)
	if len(off) > 0 {
		f.offLine = off[len(off)/2]
	}
	f.located, f.cellOnly, f.unlocated, f.floors = f.located/n, f.cellOnly/n, f.unlocated/n, f.floors/inside
	f.masked, f.redials, f.bad = masks/drops, redialled/drops, float64(len(all))/n
	return f
}

// offLines is the distance in metres to the nearest line.
func offLines(w *world, p pt) float64 {
	near := math.Inf(1)
	for l := range w.lines {
		pts := w.lines[l].pts
		for i := 1; i < len(pts); i++ {
			a, b := pts[i-1], pts[i]
			dx, dy := float64(b.X-a.X), float64(b.Y-a.Y)
			if math.Abs(float64(p.X-a.X))+math.Abs(float64(p.Y-a.Y)) > near*1500+300*metre {
				continue
			}
			s := (float64(p.X-a.X)*dx + float64(p.Y-a.Y)*dy) / (dx*dx + dy*dy)
			near = math.Min(near, p.dist(a.towards(b, math.Max(0, math.Min(1, s)))))
		}
	}
	return near
}

func between(t *testing.T, what string, v, lo, hi float64) {
	t.Helper()
	if !(v >= lo && v <= hi) {
		t.Errorf("%s is %.4f, not within %v and %v", what, v, lo, hi)
	}
}

func TestCityIsAlive(t *testing.T) {
	cfg := small(Sprawl)
	f := measure(t, cfg)
	between(t, "share of calls by the busiest tenth", f.top, 0.25, 0.7)
	between(t, "calls at 10 h over calls at 3 h", float64(f.hours[10])/float64(f.hours[3]+1), 8, 200)
	between(t, "weekend days over working days", float64(f.weekend)/2/(float64(f.weekday)/5), 0.7, 0.98)
	between(t, "bad calls", f.bad, 0.015, 0.12)
	between(t, "travelling calls", float64(f.onLines), 300, 6000)
	between(t, "metres off the line", f.offLine, 1, 25)
}

func TestKnobs(t *testing.T) {
	base := measure(t, small(Dense))
	between(t, "cell only by default", base.cellOnly, 0.09, 0.2)
	between(t, "unlocated by default", base.unlocated, 0.005, 0.02)
	between(t, "floors by default", base.floors, 0.6, 0.8)
	between(t, "masked by default", base.masked, 0.1, 0.3)
	turn := func(set func(*Config)) figures {
		cfg := small(Dense)
		set(&cfg)
		return measure(t, cfg)
	}
	f := turn(func(c *Config) {
		c.MissingCoords, c.Unlocated, c.MissingFloor, c.MaskedShare, c.RedialShare, c.LocationNoise = 0.5, 0.1, 0.9, 0.6, 0.1, 6
	})
	between(t, "cell only", f.cellOnly, 0.45, 0.75)
	between(t, "unlocated", f.unlocated, 0.08, 0.12)
	between(t, "floors", f.floors, 0.05, 0.15)
	between(t, "masked", f.masked, 0.5, 0.7)
	between(t, "redials over redials by default", f.redials/base.redials, 0.05, 0.4)
	between(t, "metres off the line with noise", f.offLine/base.offLine, 3, 9)
	f = turn(func(c *Config) { c.MissingCoords, c.Unlocated, c.MaskedShare, c.LocationNoise = 0, 0, 0, 0 })
	if f.located != 1 || f.masked != 0 || f.offLine > 60 {
		t.Errorf("a perfect feed: %.3f located, %.3f masked, %.1f m off", f.located, f.masked, f.offLine)
	}
	strong, none := turn(func(c *Config) { c.FaultStrength = 2 }), turn(func(c *Config) { c.Faults = 0 })
	if !(strong.bad > base.bad*1.2 && base.bad > none.bad*1.05) {
		t.Errorf("bad calls: %.4f without faults, %.4f, %.4f with strong ones", none.bad, base.bad, strong.bad)
	}
}

func TestNaturalDifferences(t *testing.T) {
	spread := func(h float64) float64 {
		cfg := small(Dense)
		cfg.Heterogeneity = h
		cfg, err := cfg.resolve()
		if err != nil {
			t.Fatal(err)
		}
		w := build(cfg)
		var s, ss float64
		for i := range w.spots {
			s += w.spots[i].base
			ss += w.spots[i].base * w.spots[i].base
		}
		n := float64(len(w.spots))
		return math.Sqrt(ss/n-s/n*s/n) / (s / n)
	}
	if v := spread(0); v != 0 {
		t.Error("places differ though heterogeneity is 0:", v)
	}
	between(t, "variation at 0.3", spread(0.3), 0.25, 0.36)

	bias := func(b float64) float64 { // standard deviation of log propensity
		cfg := small(Dense)
		cfg.ComplaintBias = b
		cfg, err := cfg.resolve()
		if err != nil {
			t.Fatal(err)
		}
		w := build(cfg)
		var s, ss float64
		for i := range w.customers {
			l := math.Log(float64(w.customers[i].propensity))
			s += l
			ss += l * l
		}
		n := float64(len(w.customers))
		return math.Sqrt(ss/n - s/n*s/n)
	}
	if v := bias(0); v != 0 {
		t.Error("customers differ though bias is 0:", v)
	}
	between(t, "spread of the readiness to complain", bias(1), 0.7, 1.3)
}

func TestConfigIsChecked(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Type, cfg.Calls, cfg.Dirt, cfg.MissingCoords, cfg.Compress = "flat", 3, 0.9, math.NaN(), "rar"
	cfg.Start = time.Time{}
	err := cfg.Validate()
	if err == nil {
		t.Fatal("nothing was found")
	}
	for _, want := range []string{`unknown city type "flat"`, "calls is 3", "dirt is 0.9", "missing-coords is NaN", `unknown compression "rar"`, "start year"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %q", want, err)
		}
	}
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
}
