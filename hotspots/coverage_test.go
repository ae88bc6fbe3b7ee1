package hotspots

import (
	"math"
	"slices"
	"testing"
)

// TestIntervalCoverage checks that the 90 % interval of avoidable impact holds the
// truth in 85 to 95 of 100 places that look faulty, over five kinds of city. The
// truth of a place that only looks faulty is zero. Each kind alone has some 150
// such places, two standard errors of which are 5 %: it may reach 97.
func TestIntervalCoverage(t *testing.T) {
	allIn, all := 0, 0
	for _, s := range []struct {
		name                    string
		calls, scatter, frailty float64
		base                    float64
		low, high               float64 // fault factors
	}{
		{"usual", 300, 0.06, 0.5, 0.02, 2, 12},
		{"few calls", 60, 0.06, 0.5, 0.03, 2.5, 15},
		{"alike", 200, 0.01, 0.1, 0.015, 2, 10},
		{"unlike", 400, 0.15, 1, 0.02, 3, 12},
		{"high rates", 150, 0.05, 0.3, 0.12, 2, 5},
	} {
		t.Run(s.name, func(t *testing.T) {
			in, n := 0, 0
			for seed := uint64(2000); seed < 2004; seed++ {
				w := newWorld(t, seed)
				w.frailty = s.frailty
				w.moan = 0.002
				cells := centreCell(t, 30, 104).Disk(18)
				slices.Sort(cells)
				for _, c := range cells {
					sp := w.cell(c, "5101", s.calls*math.Exp(0.7*w.rng.NormFloat64()), math.Min(0.3, s.base*w.gamma(1/s.scatter)))
					if w.rng.Float64() < 0.05 {
						w.breakSpot(sp, c.String(), s.low*math.Pow(s.high/s.low, w.rng.Float64()))
					}
				}
				w.simulate(0, nil)
				m := newModel(&w.ev, w, w.params)
				m.fit()
				truth := w.truth()
				for i, id := range m.ids {
					c := m.assess([]int32{int32(i)}, 0)
					if c.faulty < 0.5 {
						continue
					}
					n++
					if a := truth[w.byID[id].fault]; c.lower <= a && a <= c.upper {
						in++
					}
				}
			}
			allIn, all = allIn+in, all+n
			if share := float64(in) / float64(n); n < 100 || share < 0.85 || share > 0.97 {
				t.Errorf("the 90 %% interval holds the truth in %d of %d places (%.1f %%)", in, n, 100*share)
			} else {
				t.Logf("%d of %d places (%.1f %%)", in, n, 100*share)
			}
		})
	}
	if share := float64(allIn) / float64(all); share < 0.85 || share > 0.95 {
		t.Errorf("over all kinds of city the 90 %% interval holds the truth in %.1f %% of places", 100*share)
	}
}
