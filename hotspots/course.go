package hotspots

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/hotcell/hotcell/geo"
)

// courses fills the weekly trend of every hotspot. A week's z compares the
// hotspot's bad calls with what its reference rate would have given that week, on
// the square-root scale where counts have constant variance; p-values are
// adjusted over the hotspots of the run, week by week.
func (a *Analysis) courses(run *Run) {
	m := a.m
	weeks := m.weekSums(a.listed)
	n := m.weekCount()
	general := m.weekFactors(n)
	steps := make([][]TrendStep, len(a.listed))
	for h := range steps {
		steps[h] = make([]TrendStep, n)
	}
	for w := range n { // w = 0 is the last week
		p := make([]float64, len(a.listed))
		for h := range a.listed {
			z := a.listed[h].weekScore(weeks[h][w], general[w])
			steps[h][n-1-w].Z = z
			p[h] = math.NaN()
			if !math.IsNaN(z) {
				p[h] = math.Erfc(math.Abs(z) / math.Sqrt2)
			}
		}
		for h, adjusted := range BenjaminiHochberg(p) {
			steps[h][n-1-w].P = adjusted
		}
	}
	for h := range a.listed {
		t := &run.Hotspots[h].Trend
		t.Class = string(ClassifyTrend(steps[h], DefaultTrendParams()))
		t.Weeks = make([]TrendWeek, 0, n)
		for w := n - 1; w >= 0; w-- {
			sum := weeks[h][w]
			tw := TrendWeek{Start: m.end.AddDate(0, 0, -7*(w+1)).Format(time.DateOnly), Hurt: uint64(sum.hurt)}
			if sum.calls > 0 && !m.noUse {
				rate := sum.bad / sum.calls
				tw.Rate = &rate
			}
			t.Weeks = append(t.Weeks, tw)
		}
	}
}

type weekSum struct{ calls, bad, hurt float64 }

// weekScore is NaN for a week without use.
func (c *candidate) weekScore(s weekSum, general float64) float64 {
	e := &c.channels[0]
	if s.calls <= 0 || e.rawN <= 0 {
		return math.NaN()
	}
	expected := s.calls * e.rawE / e.rawN * general / e.designed
	spread := math.Sqrt(1 + expected/e.normal)
	return 2 * (math.Sqrt(s.bad/e.designed+3.0/8) - math.Sqrt(expected+3.0/8)) / spread
}

// weekCount is the number of weekly steps of the evidence.
func (m *model) weekCount() int {
	n := 0
	for i := range m.ev.Weeks {
		n = max(n, int(m.ev.Weeks[i].Week)+1)
	}
	return n
}

// weekSums adds up the weeks of each listed hotspot's members; [hotspot][week].
func (m *model) weekSums(listed []candidate) [][]weekSum {
	weeks := m.weeks
	n := m.weekCount()
	out := make([][]weekSum, len(listed))
	for h := range out {
		out[h] = make([]weekSum, n)
		for _, i := range listed[h].members {
			at, _ := slices.BinarySearchFunc(weeks, m.ids[i], func(w Week, id geo.PlaceID) int { return cmp.Compare(w.Place, id) })
			for ; at < len(weeks) && weeks[at].Place == m.ids[i]; at++ {
				w := &weeks[at]
				if w.Week < 0 {
					continue
				}
				s := &out[h][w.Week]
				s.calls += math.Max(clean(float64(w.CappedCalls)), clean(float64(w.CappedBad)))
				s.bad += clean(float64(w.CappedBad))
				s.hurt += float64(w.Hurt)
			}
		}
	}
	return out
}

// weekFactors is how the whole network's rate in each week compares with all
// weeks together, so that a bad week everywhere is no trend of one place.
func (m *model) weekFactors(n int) []float64 {
	calls, bad := make([]uint64, n), make([]uint64, n)
	var allCalls, allBad uint64
	const fine = 1 << 10 // whole numbers: the order of adding does not matter
	for _, w := range m.ev.Weeks {
		if w.Week < 0 {
			continue
		}
		c, b := uint64(fine*clean(float64(w.CappedCalls))), uint64(fine*clean(float64(w.CappedBad)))
		calls[w.Week] += c
		bad[w.Week] += b
		allCalls += c
		allBad += b
	}
	out := make([]float64, n)
	for w := range out {
		out[w] = 1
		if calls[w] > 0 && bad[w] > 0 {
			out[w] = float64(bad[w]) / float64(calls[w]) / (float64(allBad) / float64(allCalls))
		}
	}
	return out
}
