package hotspots

import (
	"math"
)

// prior is what the ratio of a place's rate to the reference may be before its
// data are seen: normal places scatter around 1 by a gamma distribution, and a
// share of places is faulty, with ratios from a wide gamma distribution
// (DuMouchel 1999, two-component gamma–Poisson shrinker).
type prior struct {
	faulty float64 // share of faulty places
	normal float64 // shape and rate of the normal gamma; 1/normal is the heterogeneity
	shape  float64 // of the faulty gamma
	mean   float64 // of the faulty gamma
}

func (p prior) rate() float64 { return p.shape / p.mean }

// defaultPrior serves where too little data are there to fit one.
var defaultPrior = prior{faulty: 0.02, normal: 20, shape: 1.5, mean: 5}

// logMarginal is the log probability of x events where e are expected under a
// Gamma(a, b) ratio, without the terms that all models share.
func logMarginal(x, e, a, b float64) float64 {
	v := -a*math.Log1p(e/b) - x*math.Log(b+e)
	if x > 0 {
		up, _ := math.Lgamma(a + x)
		down, _ := math.Lgamma(a)
		v += up - down
	}
	return v
}

// logBayes is the log Bayes factor of faulty against normal; normal is the shape
// of the normal gamma (larger for pooled places).
func (p prior) logBayes(x, e, normal float64) float64 {
	return logMarginal(x, e, p.shape, p.rate()) - logMarginal(x, e, normal, normal)
}

// chance turns the share of faulty places and a log Bayes factor into a probability.
func chance(faulty, logBayes float64) float64 {
	return 1 / (1 + math.Exp(-(math.Log(faulty) - math.Log1p(-faulty) + logBayes)))
}

// bin is a group of places with nearly the same events and expectation.
type bin struct {
	x, e, count float64
}

// Bins are a ninth of an octave wide from 2^-12 to 2^20 expected events.
const (
	binsPerOctave = 4
	lowOctave     = -12
	highOctave    = 20
)

func binOf(v float64) int {
	i := int(math.Floor((math.Log2(v) - lowOctave) * binsPerOctave))
	return min(max(i, 0), (highOctave-lowOctave)*binsPerOctave-1)
}

// binned groups a channel's places for which keep holds, so that fitting does not
// depend on their number.
func (c *channel) binned(keep func(i int) bool) []bin {
	const side = (highOctave - lowOctave) * binsPerOctave
	grid := map[int]int{}
	var bins []bin
	for i, e := range c.expected {
		if e <= 0 || !keep(i) {
			continue
		}
		x, e := c.x[i]/c.design[i], e/c.design[i]
		key := binOf(e) * (side + 1)
		if x > 0 {
			key += 1 + binOf(x)
		}
		b, ok := grid[key]
		if !ok {
			b = len(bins)
			grid[key] = b
			bins = append(bins, bin{})
		}
		bins[b].x += x
		bins[b].e += e
		bins[b].count++
	}
	for b := range bins {
		bins[b].x /= bins[b].count
		bins[b].e /= bins[b].count
	}
	return bins
}

// logPosterior is the penalised log likelihood of a prior. The penalties are weak
// and keep the fit sane where data say nothing; around is what is believed then.
func (p prior) logPosterior(bins []bin, around prior) float64 {
	if p.faulty <= 1e-5 || p.faulty >= 0.4 || p.normal < 2 || p.normal > 400 ||
		p.shape < 0.7 || p.shape > 6 || p.mean < 1.7 || p.mean > 25 {
		return math.Inf(-1)
	}
	square := func(v float64) float64 { return v * v }
	v := -square(math.Log(p.normal/around.normal)/0.8)/2 -
		square(math.Log(p.shape/around.shape)/0.4)/2 -
		square(math.Log(p.mean/around.mean)/0.5)/2 -
		square(math.Log(p.faulty/around.faulty)/1.2)/2
	b := p.rate()
	for _, g := range bins {
		normal := logMarginal(g.x, g.e, p.normal, p.normal)
		faulty := logMarginal(g.x, g.e, p.shape, b)
		high := math.Max(normal, faulty)
		v += g.count * (high + math.Log((1-p.faulty)*math.Exp(normal-high)+p.faulty*math.Exp(faulty-high)))
	}
	return v
}

// fitPrior maximises the penalised likelihood, one parameter after another.
func fitPrior(bins []bin, around prior, rounds int) prior {
	if len(bins) == 0 {
		return around
	}
	p := around
	best := p.logPosterior(bins, around)
	step := 0.7
	for range rounds {
		for _, set := range []func(q *prior, f float64){
			func(q *prior, f float64) { q.faulty *= f },
			func(q *prior, f float64) { q.normal *= f },
			func(q *prior, f float64) { q.mean *= f },
			func(q *prior, f float64) { q.shape *= f },
		} {
			for _, f := range []float64{math.Exp(step), math.Exp(-step)} {
				for range 4 {
					q := p
					set(&q, f)
					v := q.logPosterior(bins, around)
					if v <= best {
						break
					}
					p, best = q, v
				}
			}
		}
		step *= 0.7
	}
	return p
}
