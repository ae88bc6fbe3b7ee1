package hotspots

import (
	"math"
)

// prior is what the ratio of a place's rate to the reference may be before its
// data are seen: normal places scatter around 1 by a gamma distribution, and a
// share of places is faulty, with ratios from a mixture of gammas around
// faultMeans (after DuMouchel 1999, whose shrinker mixes two gammas).
type prior struct {
	faulty float64   // share of faulty places
	normal float64   // shape and rate of the normal gamma; 1/normal is the scatter
	mix    *faultMix // weights of the faulty gammas
}

// faultMeans are the ratios that faults cluster around, and faultShape the shape
// of the gamma around each: together they cover 1.3 to 40 times the reference
// with little weight near 1, where normal places are.
var faultMeans = [...]float64{1, 2.5, 5, 10, 20}

const faultShape = 4.0

// faultMix weighs faultMeans. Mild faults are more common than extreme ones; not
// every fault makes people complain more.
type faultMix struct {
	weight, log [len(faultMeans)]float64
}

var (
	callsMix     = newFaultMix(0, 0.35, 0.35, 0.20, 0.10)
	complainsMix = newFaultMix(0.4, 0.15, 0.20, 0.15, 0.10)
)

func newFaultMix(weights ...float64) *faultMix {
	var m faultMix
	for k, w := range weights {
		m.weight[k], m.log[k] = w, math.Log(w)
	}
	return &m
}

// faultRates are the rates of the gammas around faultMeans, with their logarithms.
var faultRates, faultLogRates = func() (rate, log [len(faultMeans)]float64) {
	for k, mean := range faultMeans {
		rate[k] = faultShape / mean
		log[k] = math.Log(rate[k])
	}
	return rate, log
}()

// logPart is the k-th gamma's part of logFaulty.
func (m *faultMix) logPart(k int, x, e float64) float64 {
	grown := math.Log1p(e / faultRates[k])
	return m.log[k] - faultShape*grown - x*(faultLogRates[k]+grown)
}

// defaultPrior serves where too little data are there to fit one.
var defaultPrior = prior{faulty: 0.03, normal: 15, mix: callsMix}

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

// logFaulty is the log probability of x events where e are expected under a
// fault, as logMarginal has it.
func (p prior) logFaulty(x, e float64) float64 {
	high := math.Inf(-1)
	var part [len(faultMeans)]float64
	for k := range faultMeans {
		if p.mix.weight[k] > 0 {
			part[k] = p.mix.logPart(k, x, e)
			high = math.Max(high, part[k])
		}
	}
	sum := 0.0
	for k := range part {
		if p.mix.weight[k] > 0 {
			sum += math.Exp(part[k] - high)
		}
	}
	v := high + math.Log(sum)
	if x > 0 {
		up, _ := math.Lgamma(faultShape + x)
		v += up - math.Log(6) // Γ(4)
	}
	return v
}

// posterior is the gamma that has the mean and variance of a faulty place's ratio
// after its data are seen.
func (p prior) posterior(x, e float64) (shape, rate float64) {
	var w [len(faultMeans)]float64
	high := math.Inf(-1)
	for k := range faultMeans {
		w[k] = math.Inf(-1)
		if p.mix.weight[k] > 0 {
			w[k] = p.mix.logPart(k, x, e)
			high = math.Max(high, w[k])
		}
	}
	sum, first, second := 0.0, 0.0, 0.0
	for k := range faultMeans {
		v := math.Exp(w[k] - high)
		a, b := faultShape+x, faultRates[k]+e
		sum += v
		first += v * a / b
		second += v * a * (a + 1) / (b * b)
	}
	first /= sum
	variance := second/sum - first*first
	return first * first / variance, first / variance
}

// logBayes is the log Bayes factor of faulty against normal; normal is the shape
// of the normal gamma (larger for pooled places).
func (p prior) logBayes(x, e, normal float64) float64 {
	if x == 0 { // the most common case by far, and (1 + e/b)^−4 takes no logarithms
		sum := 0.0
		for k, w := range p.mix.weight {
			if w > 0 {
				kept := faultRates[k] / (faultRates[k] + e)
				kept *= kept
				sum += w * kept * kept
			}
		}
		return math.Log(sum) + normal*math.Log1p(e/normal)
	}
	return p.logFaulty(x, e) - logMarginal(x, e, normal, normal)
}

// chance turns the share of faulty places and a log Bayes factor into a probability.
func chance(faulty, logBayes float64) float64 {
	return 1 / (1 + math.Exp(-(math.Log(faulty) - math.Log1p(-faulty) + logBayes)))
}

// bin is a group of places with nearly the same events and expectation.
type bin struct {
	x, e, count float64
}

// Bins are a quarter of an octave wide from 2^-12 to 2^20 expected events.
const (
	binsPerOctave = 4
	lowOctave     = -12
	highOctave    = 20
)

func binOf(v float64) int {
	// Exponent and a piecewise linear mantissa: bins need not be exactly even.
	mantissa, exponent := math.Frexp(v)
	i := int((float64(exponent-1-lowOctave) + 2*mantissa - 1) * binsPerOctave)
	return min(max(i, 0), (highOctave-lowOctave)*binsPerOctave-1)
}

// binned groups a channel's places by scene, so that fitting does not depend on
// their number; the last entry holds all scenes together.
func (c *channel) binned(scene func(i int) int32) [scenes + 1][]bin {
	const side = (highOctave - lowOctave) * binsPerOctave
	var grid [scenes][]bin
	for i, e := range c.expected {
		if e <= 0 {
			continue
		}
		s := scene(i)
		if grid[s] == nil {
			grid[s] = make([]bin, side*(side+1))
		}
		x, e := c.x[i]/c.design[i], e/c.design[i]
		key := binOf(e) * (side + 1)
		if x > 0 {
			key += 1 + binOf(x)
		}
		b := &grid[s][key]
		b.x += x
		b.e += e
		b.count++
	}
	var out [scenes + 1][]bin
	for s := range grid {
		for _, b := range grid[s] {
			if b.count > 0 {
				b.x /= b.count
				b.e /= b.count
				out[s] = append(out[s], b)
			}
		}
		out[scenes] = append(out[scenes], out[s]...)
	}
	return out
}

// logPosterior is the penalised log likelihood of a prior. The penalties keep the
// fit sane where data say little; around is what is believed then.
func (p prior) logPosterior(bins []bin, faulty []float64, around prior) float64 {
	if p.faulty < leastFaulty || p.faulty >= 0.4 || p.normal < 2 || p.normal > 400 {
		return math.Inf(-1)
	}
	square := func(v float64) float64 { return v * v }
	v := -square(math.Log(p.normal/around.normal)/0.15)/2 - square(math.Log(p.faulty/around.faulty)/0.5)/2
	for k, g := range bins {
		normal := logMarginal(g.x, g.e, p.normal, p.normal)
		high := math.Max(normal, faulty[k])
		v += g.count * (high + math.Log((1-p.faulty)*math.Exp(normal-high)+p.faulty*math.Exp(faulty[k]-high)))
	}
	return v
}

// fitPrior finds share and scatter of greatest penalised likelihood, one after
// the other.
func fitPrior(bins []bin, around prior, rounds int) prior {
	if len(bins) == 0 {
		return around
	}
	faulty := make([]float64, len(bins))
	for k, g := range bins {
		faulty[k] = around.logFaulty(g.x, g.e)
	}
	p := around
	best := p.logPosterior(bins, faulty, around)
	step := 0.7
	for range rounds {
		for _, set := range []func(q *prior, f float64){
			func(q *prior, f float64) { q.faulty *= f },
			func(q *prior, f float64) { q.normal *= f },
		} {
			for _, f := range []float64{math.Exp(step), math.Exp(-step)} {
				for range 4 {
					q := p
					set(&q, f)
					v := q.logPosterior(bins, faulty, around)
					if v <= best {
						break
					}
					p, best = q, v
				}
			}
		}
		step *= 0.6
	}
	return p
}

// fitScatter fits a single gamma to all places, faulty ones included: the widest
// scatter that normal places could have. It suits complaints, because whether
// people complain differs from place to place for reasons that are no faults.
func fitScatter(bins []bin) prior {
	p := defaultPrior
	p.mix = complainsMix
	best := math.Inf(-1)
	for normal := 0.7; normal < 100; normal *= 1.15 {
		v := -math.Pow(math.Log(normal/2)/0.5, 2) / 2
		for _, g := range bins {
			v += g.count * logMarginal(g.x, g.e, normal, normal)
		}
		if v > best {
			best, p.normal = v, normal
		}
	}
	return p
}

// lowerScatter estimates how normal places scatter (variance of their ratio to
// the reference) from those below it: faults only raise rates, so the lower half
// shows normal places alone. On the square-root scale a count with expectation e
// and scatter h has variance (1 + e·h)/4. around is the value that a few places
// cannot move, worth aroundPlaces of them.
func lowerScatter(bins []bin, around float64) float64 {
	const least, aroundPlaces = 2.0, 30.0 // expected events from which a place says something
	h := around
	for range 4 {
		num, den := 0.0, 0.0
		for _, g := range bins {
			if g.e < least || g.x > g.e {
				continue
			}
			d := math.Sqrt(g.x+3.0/8) - math.Sqrt(g.e+3.0/8)
			w := g.count / ((1 + g.e*h) * (1 + g.e*h))
			num += w * g.e * (4*d*d - 1)
			den += w * g.e * g.e
		}
		one := 10.0 / ((1 + 10*around) * (1 + 10*around)) * 10 // a place that expects ten events
		h = (math.Max(num, 0) + aroundPlaces*one*around) / (den + aroundPlaces*one)
		h = math.Min(math.Max(h, 0.005), 0.5)
	}
	return h
}

// leastFaulty bounds the share of faulty places from below: where faults are hard to
// tell from normal places the likelihood is flat, and a share that runs to nothing
// would rule out every place for lack of company.
const leastFaulty = 0.02
