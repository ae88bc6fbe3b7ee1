package hotspots

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// evidence is one channel's sums over the places of a candidate, corrected for
// its design effect.
type evidence struct {
	x, e     float64 // effective events and expectation
	normal   float64 // shape of the normal gamma of the pooled places
	prior    prior
	impact   float64 // impact that hangs on this channel
	square   float64 // sum of squares of the customers' terms
	rawX     float64
	rawE     float64
	rawN     float64
	designed float64
	logBayes float64 // of faulty against normal, over all spans
	acts     []act   // spans a fault may act in, likeliest first
}

// act is a span a fault may act in.
type act struct {
	span
	likely float64                  // probability, given that there is a fault
	x, e   float64                  // effective events and expectation in the span
	curve  *[curveSteps + 1]float64 // see avoidableCurve; nil: 1 − u
}

// avoidable is the share of the channel's impact that is not there at a normal
// place, whose rate is u times this one's while the fault acts.
func (a *act) avoidable(u float64) float64 {
	if u >= 1 {
		return 0
	}
	if a.curve == nil {
		return 1 - u
	}
	at := u * curveSteps
	k := int(at)
	return a.curve[k] + (at-float64(k))*(a.curve[k+1]-a.curve[k])
}

// alone makes the evidence that of a fault which acts all the time.
func (e *evidence) alone(curve *[curveSteps + 1]float64) {
	e.logBayes = e.prior.logBayes(e.x, e.e, e.normal)
	e.acts = []act{{span: span{rat: -1}, likely: 1, x: e.x, e: e.e, curve: curve}}
}

// scale multiplies the events by f, in whatever span they were.
func (e *evidence) scale(f float64) {
	before := e.prior.logBayes(e.x, e.e, e.normal)
	e.x *= f
	e.logBayes += e.prior.logBayes(e.x, e.e, e.normal) - before
	e.acts = slices.Clone(e.acts)
	for k := range e.acts {
		e.acts[k].x *= f
	}
}

// judgement is what the evidence says about a candidate.
type judgement struct {
	logOdds  float64 // of faulty against normal
	faulty   float64 // probability
	mean     float64 // of avoidable impact
	lower    float64
	upper    float64
	weighed  bool // mean, lower and upper are known
	channels [3]evidence
}

// Points of the quadrature: normal scores at the middles of equally likely slices.
var (
	scoresRate   = normalScores(19)
	scoresNormal = normalScores(5)
	scoresImpact = normalScores(5)
)

func normalScores(n int) []float64 {
	z := make([]float64, n)
	for i := range z {
		z[i] = distuv.UnitNormal.Quantile((float64(i) + 0.5) / float64(n))
	}
	return z
}

// gammaAt is the value of a Gamma(a, 1) at a normal score (Wilson and Hilferty
// 1931: the cube root is nearly normal), for a ≥ 0.5 within a few per cent.
func gammaAt(a, z float64) float64 {
	c := 1 - 1/(9*a) + z/(3*math.Sqrt(a))
	if c <= 0.01 {
		c = 0.01
	}
	return a * c * c * c
}

// judge computes the posterior of avoidable impact
//
//	A = Σ over channels  I·max(0, 1 − θ0/θ)
//
// where θ is the place's ratio to the reference and θ0 the ratio it would have if
// it were normal. Normal places have A = 0; faulty ones the distribution that the
// quadrature gives. Impact is a sum over customers, so its own variance is about
// Σ(v·q)², and it moves with the rate.
//
// byChance is the chance that what points to a fault are the troubles of a few
// customers.
func (p *Params) judge(ch [3]evidence, faultyShare, extraLogOdds, byChance float64) judgement {
	j := suspicion(ch, faultyShare, extraLogOdds, byChance)
	p.weigh(&j)
	return j
}

// suspicion is a judgement without what it would be worth.
func suspicion(ch [3]evidence, faultyShare, extraLogOdds, byChance float64) judgement {
	j := judgement{channels: ch}
	j.logOdds = math.Log(faultyShare) - math.Log1p(-faultyShare) + extraLogOdds
	for i := range ch {
		if ch[i].e > 0 {
			j.logOdds += ch[i].logBayes
		}
	}
	j.faulty = (1 - byChance) / (1 + math.Exp(-j.logOdds))
	return j
}

// tail is the probability on either side of the interval.
func (p *Params) tail() float64 { return (1 - p.Level) / 2 }

// weigh computes mean and bounds of the avoidable impact.
func (p *Params) weigh(j *judgement) {
	if j.weighed {
		return
	}
	j.weighed = true
	if j.faulty < 1e-6 {
		return
	}
	values := j.outcomes()
	total, sum := 0.0, 0.0
	for _, v := range values {
		total += v.weight
		sum += v.weight * v.value
	}
	slices.SortFunc(values, func(a, b weighted) int {
		return cmp.Or(cmp.Compare(a.value, b.value), cmp.Compare(a.weight, b.weight))
	})
	j.mean = j.faulty * sum / total
	tail := p.tail()
	j.lower = j.quantile(values, total, tail)
	j.upper = j.quantile(values, total, 1-tail)
}

// weighted is one point of the quadrature.
type weighted struct{ value, weight float64 }

// outcomes lists what the avoidable impact of a faulty place may be.
func (j *judgement) outcomes() []weighted {
	ch := &j.channels
	var share [3][]float64 // of complaints and appeals, which act all the time
	for i := 1; i < len(ch); i++ {
		if ch[i].e > 0 && ch[i].impact > 0 {
			share[i] = ch[i].shares(&ch[i].acts[0])
		}
	}
	calls := ch[0].acts
	if ch[0].e <= 0 || ch[0].impact <= 0 {
		calls = []act{{likely: 1}}
	}
	out := make([]weighted, 0, len(calls)*len(scoresRate)*len(scoresNormal)*len(scoresImpact))
	for k := range calls {
		if share[0] = nil; ch[0].e > 0 && ch[0].impact > 0 {
			share[0] = ch[0].shares(&calls[k])
		}
		for at := range len(scoresRate) * len(scoresNormal) {
			for _, z := range scoresImpact {
				v := 0.0
				for i := range ch {
					if share[i] == nil {
						continue
					}
					spread := math.Sqrt(ch[i].square) / ch[i].impact
					v += ch[i].impact * math.Exp(spread*z-spread*spread/2) * share[i][at]
				}
				out = append(out, weighted{v, calls[k].likely})
			}
		}
	}
	return out
}

// quantile of the mixture of zero (normal) and the sorted values (faulty), whose
// weights add up to total. Between the middles of two points it is linear.
func (j *judgement) quantile(values []weighted, total, q float64) float64 {
	inner := (q - (1 - j.faulty)) / j.faulty * total
	if inner <= 0 {
		return 0
	}
	below := 0.0 // weight of the points before
	for i, v := range values {
		if at := below + v.weight/2; at >= inner {
			if i == 0 {
				return v.value
			}
			before := below - values[i-1].weight/2
			return values[i-1].value + (inner-before)/(at-before)*(v.value-values[i-1].value)
		}
		below += v.weight
	}
	return values[len(values)-1].value
}

// shares gives the avoidable share at the quadrature's points, if the fault acts in
// the given span. What a normal place would show there is known the better, the
// more is known of this place when the fault does not act.
func (e *evidence) shares(a *act) []float64 {
	shape, rate := e.prior.posterior(a.x, a.e)
	normal, normalRate := e.normal+e.x-a.x, e.normal+e.e-a.e
	out := make([]float64, 0, len(scoresRate)*len(scoresNormal))
	for _, zr := range scoresRate {
		theta := gammaAt(shape, zr) / rate
		for _, zn := range scoresNormal {
			theta0 := gammaAt(normal, zn) / normalRate
			out = append(out, a.avoidable(theta0/theta))
		}
	}
	return out
}
