package hotspots

import "math"

// reference is the rate a normal place would show, by stratum. It is a product:
// overall rate × rat and indoor × scene × scene with rat and indoor × regions from
// the root down × the same for region with scene × the stratum itself. Every
// factor is a ratio of observed to expected events (indirect standardisation),
// shrunk towards 1 by a gamma prior as long as the data behind it are thin. So a
// thin region takes over its parent's rate, and a thin stratum what its region,
// scene and rat make together.
type reference struct {
	rate   float64
	levels []level
	rates  []float64 // by stratum, nobody left out
	most   float64   // bounds what is normal
	scale  float64   // of all rates: see channel.level
}

// level is one kind of factor: each stratum belongs to at most one of them.
type level struct {
	of      []int32   // by stratum: index in factors, −1 for none
	base    []float64 // by stratum: rate before this level
	factors []factor
	prior   float64   // expected events the prior is worth
	classed bool      // factors tell rat and indoor apart
	places  []float64 // by factor: effective number of places behind it
	few     float64   // places that the prior is worth at least
}

// factor is a ratio of observed to expected events.
type factor struct {
	x, e     float64
	strength float64 // worth of one expected event
	few      float64 // worth of the prior at least, because few places are behind it
}

// fewPlaces and fewOfScene are how many places of a factor its prior is worth at least:
// with two villages in a district, one of them broken, there is no telling what is
// normal there, however many calls they have. Scenes differ by nature, so theirs is worth less.
const (
	fewPlaces  = 5
	fewOfScene = 1
)

// ratio gives the factor with a place's own share (x, e) left out.
func (f *factor) ratio(prior, x, e float64) float64 {
	prior = math.Max(prior, f.few)
	return (prior + f.strength*math.Max(0, f.x-x)) / (prior + f.strength*math.Max(0, f.e-e))
}

// countPlaces finds the effective number of places behind each factor, (Σn)²/Σn²
// over the places' use.
func (r *reference) countPlaces(c *channel) {
	eachInParallel(len(r.levels), func(l int) {
		lv := &r.levels[l]
		sum, square := make([]float64, len(lv.factors)), make([]float64, len(lv.factors))
		lv.places = make([]float64, len(lv.factors))
		for i := range c.x {
			all := c.obs[c.from[i]:c.from[i+1]]
			if len(all) == 0 {
				continue
			}
			if lv.classed {
				for _, o := range all {
					if f := lv.of[o.key]; f >= 0 {
						sum[f] += o.n
						square[f] += o.n * o.n
					}
				}
				continue
			}
			n := 0.0
			for _, o := range all {
				n += o.n
			}
			if f := lv.of[all[0].key]; f >= 0 { // a place has one region and one scene
				sum[f] += n
				square[f] += n * n
			}
		}
		for f := range sum {
			if square[f] > 0 {
				lv.places[f] = sum[f] * sum[f] / square[f]
			}
		}
	})
}

// Expected events each factor's prior is worth: one over the variance of the
// ratio between siblings. Scenes and rats differ much, regions less, single
// strata least.
const (
	priorClass = 2
	priorScene = 4
	priorBoth  = 10
	priorArea  = 10
	priorMixed = 20
	priorOwn   = 30
)

// newReference lays out the levels for a set of strata.
func newReference(tree *regionTree, strata []stratum) *reference {
	r := &reference{most: mostNormal, scale: 1}
	add := func(prior float64, classed bool, key func(st stratum) (int64, bool)) {
		l := level{of: make([]int32, len(strata)), base: make([]float64, len(strata)), prior: prior, classed: classed, few: fewPlaces}
		if prior < priorArea || prior == priorBoth && classed {
			l.few = fewOfScene
		}
		numbers := map[int64]int32{}
		for k, st := range strata {
			id, ok := key(st)
			if !ok {
				l.of[k] = -1
				continue
			}
			n, seen := numbers[id]
			if !seen {
				n = int32(len(numbers))
				numbers[id] = n
			}
			l.of[k] = n
		}
		l.factors = make([]factor, len(numbers))
		if len(numbers) > 0 {
			r.levels = append(r.levels, l)
		}
	}
	add(priorClass, true, func(st stratum) (int64, bool) { return int64(st.class), true })
	add(priorScene, false, func(st stratum) (int64, bool) { return int64(st.scene), true })
	add(priorBoth, true, func(st stratum) (int64, bool) { return int64(st.scene*classes + st.class), true })
	ancestors := tree.ancestors()
	for depth := 1; depth < len(ancestors); depth++ {
		add(priorArea, false, func(st stratum) (int64, bool) {
			a := ancestors[depth][st.region]
			return int64(a), a >= 0
		})
	}
	for depth := 1; depth < len(ancestors); depth++ {
		add(priorMixed, false, func(st stratum) (int64, bool) {
			a := ancestors[depth][st.region]
			return int64(a)*int64(scenes) + int64(st.scene), a >= 0
		})
	}
	add(priorOwn, true, func(st stratum) (int64, bool) {
		return (int64(st.region)*int64(scenes)+int64(st.scene))*int64(classes) + int64(st.class), true
	})
	return r
}

// estimate fits the factors one level after another on weighted sums: wx weights
// a place's events, wn its use.
func (r *reference) estimate(c *channel, wx, wn []float64) {
	type sums struct{ x, n float64 }
	byKey := make([]sums, len(c.strata))
	design, weight := 0.0, 0.0
	for i := range c.x {
		for _, o := range c.obs[c.from[i]:c.from[i+1]] {
			s := &byKey[o.key]
			s.x += wx[i] * o.x
			s.n += wn[i] * o.n
		}
		design += c.x[i] * c.design[i]
		weight += c.x[i]
	}
	if weight > 0 {
		design /= weight
	} else {
		design = 1
	}
	x, n := 0.0, 0.0
	for _, s := range byKey {
		x += s.x
		n += s.n
	}
	r.rate = 0
	if n > 0 {
		r.rate = (x + 0.5) / (n + 0.5)
	}
	rate := make([]float64, len(c.strata))
	for k := range rate {
		rate[k] = r.rate
	}
	for l := range r.levels {
		lv := &r.levels[l]
		clear(lv.factors)
		for k, f := range lv.of {
			lv.base[k] = rate[k]
			if f >= 0 {
				lv.factors[f].x += byKey[k].x
				lv.factors[f].e += byKey[k].n * rate[k]
			}
		}
		for i := range lv.factors {
			f := &lv.factors[i]
			f.strength = 1 / design
			if n := lv.places[i]; n > 0 {
				f.few = lv.few * f.strength * f.e / n
			}
		}
		for k, f := range lv.of {
			if f >= 0 {
				rate[k] *= lv.factors[f].ratio(lv.prior, 0, 0)
			}
		}
	}
	r.rates = rate
}

// roughly gives the events a normal place with this use would show, its own data
// not left out: good enough where nothing bad happened, and quick.
func (r *reference) roughly(all []obs) float64 {
	sum := 0.0
	for _, o := range all {
		sum += o.n * r.rates[o.key]
	}
	return r.scale * sum
}

// mostNormal bounds a reference: where every second call is bad, nothing is
// normal. It only matters where the product of several thin strata runs away.
const mostNormal = 0.5

// expect gives the events a normal place with this use would show. The place's
// own data, as weighted in the estimate, are left out: a fault must not raise its
// own bar, least of all where it is one of few places of its kind.
func (r *reference) expect(all []obs, wx, wn float64) float64 {
	var room [16]float64
	rates := room[:0]
	for range all {
		rates = append(rates, r.rate)
	}
	for l := range r.levels {
		lv := &r.levels[l]
		x, e := 0.0, 0.0
		if !lv.classed {
			for _, o := range all {
				x += wx * o.x
				e += wn * o.n * lv.base[o.key]
			}
		}
		for i, o := range all {
			f := lv.of[o.key]
			if f < 0 {
				continue
			}
			if lv.classed {
				x, e = wx*o.x, wn*o.n*lv.base[o.key]
			}
			rates[i] *= lv.factors[f].ratio(lv.prior, x, e)
		}
	}
	sum := 0.0
	for i, o := range all {
		sum += o.n * math.Min(r.scale*rates[i], r.most)
	}
	return sum
}
