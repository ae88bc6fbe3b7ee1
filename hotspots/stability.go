package hotspots

import (
	"cmp"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
)

// HotspotStability is the share of bootstrap resamples in which a hotspot stays
// at the top.
type HotspotStability struct {
	Top10     float64 `json:"top_10"`
	Top20     float64 `json:"top_20"`
	Resamples int     `json:"resamples"`
}

// stabilityPool is how many hotspots take part in the resampling: those further
// down hardly ever reach the top.
const stabilityPool = 60

// standing is what a resample makes of a hotspot.
type standing struct {
	at          int
	lower, mean float64
}

// Stability resamples customers (each one's weight is Poisson with mean 1) and
// tells how often each hotspot stays in the top 10 and 20. References, priors and
// places stay as they are; impact, effective events and so the lower bound move.
// The seed comes from the run's data version: the same run gives the same figures.
func (a *Analysis) Stability(resamples int) []HotspotStability {
	m := a.m
	n := min(len(a.listed), stabilityPool)
	hash := fnv.New64a()
	hash.Write([]byte(m.ev.DataVersion))
	seed := hash.Sum64()
	out := make([]HotspotStability, n)
	lists := make([][]hurt, n)
	for h := range n {
		lists[h] = m.mergedHurts(a.listed[h].members)
		out[h].Resamples = resamples
	}
	judged := make([][]standing, n) // by hotspot and resample
	eachInParallel(n, func(h int) {
		judged[h] = make([]standing, resamples)
		for r := range judged[h] {
			j := m.resample(&a.listed[h], lists[h], seed, uint64(r))
			judged[h][r] = standing{h, j.lower, j.mean}
		}
	})
	for r := range resamples {
		standings := make([]standing, n)
		for h := range n {
			standings[h] = judged[h][r]
		}
		slices.SortFunc(standings, func(x, y standing) int {
			return cmp.Or(cmp.Compare(y.lower, x.lower), cmp.Compare(y.mean, x.mean), cmp.Compare(x.at, y.at))
		})
		for k, s := range standings {
			if k < 10 {
				out[s.at].Top10++
			}
			if k < 20 {
				out[s.at].Top20++
			}
		}
	}
	for h := range out {
		out[h].Top10 /= float64(max(resamples, 1))
		out[h].Top20 /= float64(max(resamples, 1))
	}
	return out
}

// resample judges a hotspot with resampled customers. A customer has the same
// weight at every hotspot.
func (m *model) resample(c *candidate, list []hurt, seed, r uint64) judgement {
	ch := c.channels
	var events, now [3]float64
	for k := range ch {
		ch[k].impact, ch[k].square = 0, 0
	}
	for i := range list {
		h := &list[i]
		w := poissonWeight(seed, h.customer, r)
		for k, v := range [3]float64{h.bad, h.moans, h.apps} {
			events[k] += v
			now[k] += w * v
		}
		calls := h.value * hurtOf(h.byCalls)
		withMoans := h.value * hurtOf(h.byCalls+h.byMoan)
		all := h.value * hurtOf(h.byCalls+h.byMoan+h.byApp)
		for k, v := range [3]float64{calls, withMoans - calls, all - withMoans} {
			ch[k].impact += w * v
			ch[k].square += w * v * v
		}
	}
	for _, i := range c.members {
		x := m.spreadAt(&m.places[i])
		ch[0].impact += x.impact
		ch[0].square += x.square
	}
	for k := range ch {
		if events[k] > 0 {
			ch[k].scale(now[k] / events[k])
		}
		ch[k].square = math.Max(ch[k].square-ch[k].impact*ch[k].impact/math.Max(c.served, 1), 0)
	}
	return m.params.judge(ch, m.faultyShare(c.members), c.extra, c.byChance())
}

// poissonCuts are the distribution function of a Poisson variable with mean 1.
var poissonCuts = [...]float64{0.36787944, 0.73575888, 0.91969860, 0.98101184, 0.99634015, 0.99940582, 0.99991676}

func poissonWeight(seed, customer, r uint64) float64 {
	u := rand.New(rand.NewPCG(seed^customer, r*0x9E3779B97F4A7C15+1)).Float64()
	for k, cut := range poissonCuts {
		if u < cut {
			return float64(k)
		}
	}
	return float64(len(poissonCuts))
}
