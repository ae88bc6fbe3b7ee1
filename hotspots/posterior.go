package hotspots

import (
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
	curve    *[curveSteps + 1]float64 // see avoidableCurve; nil: 1 − u
}

// avoidable is the share of the channel's impact that is not there at a normal
// place, whose rate is u times this one's.
func (e *evidence) avoidable(u float64) float64 {
	if u >= 1 {
		return 0
	}
	if e.curve == nil {
		return 1 - u
	}
	at := u * curveSteps
	k := int(at)
	return e.curve[k] + (at-float64(k))*(e.curve[k+1]-e.curve[k])
}

// judgement is what the evidence says about a candidate.
type judgement struct {
	logOdds  float64 // of faulty against normal
	faulty   float64 // probability
	mean     float64 // of avoidable impact
	lower    float64
	upper    float64
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
func (p *Params) judge(ch [3]evidence, faultyShare, extraLogOdds float64) judgement {
	j := judgement{channels: ch}
	j.logOdds = math.Log(faultyShare) - math.Log1p(-faultyShare) + extraLogOdds
	for i := range ch {
		if ch[i].e > 0 {
			j.logOdds += ch[i].prior.logBayes(ch[i].x, ch[i].e, ch[i].normal)
		}
	}
	j.faulty = 1 / (1 + math.Exp(-j.logOdds))
	if j.faulty < 1e-6 {
		return j
	}
	values := make([]float64, 0, len(scoresRate)*len(scoresNormal)*len(scoresImpact))
	var share [3][]float64
	for i := range ch {
		if ch[i].e > 0 && ch[i].impact > 0 {
			share[i] = ch[i].shares()
		}
	}
	sum := 0.0
	for a := range scoresRate {
		for b := range scoresNormal {
			for _, z := range scoresImpact {
				v := 0.0
				for i := range ch {
					if share[i] == nil {
						continue
					}
					spread := math.Sqrt(ch[i].square) / ch[i].impact
					impact := ch[i].impact * math.Exp(spread*z-spread*spread/2)
					v += impact * share[i][a*len(scoresNormal)+b]
				}
				values = append(values, v)
				sum += v
			}
		}
	}
	slices.Sort(values)
	j.mean = j.faulty * sum / float64(len(values))
	tail := (1 - p.Level) / 2
	j.lower = j.quantile(values, tail)
	j.upper = j.quantile(values, 1-tail)
	return j
}

// quantile of the mixture of zero (normal) and the sorted values (faulty).
func (j *judgement) quantile(values []float64, q float64) float64 {
	inner := (q - (1 - j.faulty)) / j.faulty
	if inner <= 0 {
		return 0
	}
	at := inner*float64(len(values)) - 0.5
	i := int(math.Floor(at))
	if i < 0 {
		return values[0]
	}
	if i+1 >= len(values) {
		return values[len(values)-1]
	}
	return values[i] + (at-float64(i))*(values[i+1]-values[i])
}

// shares gives the avoidable share at the quadrature's points.
func (e *evidence) shares() []float64 {
	shape, rate := e.prior.posterior(e.x, e.e)
	out := make([]float64, 0, len(scoresRate)*len(scoresNormal))
	for _, zr := range scoresRate {
		theta := gammaAt(shape, zr) / rate
		for _, zn := range scoresNormal {
			theta0 := gammaAt(e.normal, zn) / e.normal
			out = append(out, e.avoidable(theta0/theta))
		}
	}
	return out
}
