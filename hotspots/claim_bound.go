package hotspots

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/cmplx"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// ClaimUnits are Count units (customers, or clusters of customers) with the
// same figures: Events bad ones (calls, customers, complaints) out of Base.
// Units are independent of each other; within a unit everything may depend on
// everything.
type ClaimUnits struct {
	Count  float64
	Base   float64
	Events float64
}

// ClaimBound returns the one-sided bounds, each at the given confidence
// (0.95), of the ratio ΣEvents/ΣBase in the population the units come from.
// The claim "at most θ" is safe when upper ≤ θ. perBase is the most events that
// one base can have: 1 for shares (a call drops once), more for complaints; more
// than that in the sample raises it. Without any base the bounds are 0 and +Inf.
//
// The upper bound is the quantile of
//
//	(Σ_u E_u·events_u + E·perBase·m) / (Σ_u E_u·base_u + E·m)
//
// with independent exponential weights E_u, E: the Bayesian bootstrap of whole
// units, with one more unit added that is as bad as can be. The lower bound adds
// a unit without events instead. An ordinary bootstrap lacks the added unit: it
// calls a sample without a single failure proof of perfection. The added unit
// has the size m = Σbase³/Σbase², which is more than the mean where sizes differ:
// where units fail as a whole, with a chance proportional to their size, it is the
// size of the unit that a randomly drawn bad event belongs to. With
// Σbase²/Σbase such worlds get false claims through in up to 11 % of the cases.
//
// Units with base 1 and 0 or 1 events (independent customers) get
// Clopper–Pearson's exact bounds, and so do units of equal size that fail as a
// whole. That the bound holds its level for every distribution is a conjecture with strong
// support (see sources); TestClaimFalseSupport checks it for clusters of many kinds.
// The quantile is computed, not sampled: the same evidence gives the same bound.
//
// Sources: Rubin (1981), Ann. Stat. 9, 130–134; Gaffke (2005), "Three test
// statistics for a nonparametric one-sided hypothesis on the mean of a
// nonnegative variable"; Learned-Miller and Thomas (2020), "A new confidence
// interval for the mean of a bounded random variable".
func ClaimBound(units []ClaimUnits, perBase, confidence float64) (lower, upper float64, err error) {
	s, err := newClaimSample(units, perBase)
	if err != nil {
		return 0, 0, err
	}
	if !(confidence > 0 && confidence < 1) {
		return 0, 0, fmt.Errorf("confidence %v must be between 0 and 1", confidence)
	}
	lower, upper = s.bounds(1 - confidence)
	return lower, upper, nil
}

// claimSample is a sample of units, like ones together, ready for its bounds.
type claimSample struct {
	units        []ClaimUnits
	count        float64 // units
	base, events float64 // sums
	added        float64 // base of the added unit
	perBase      float64 // most events per base
	exact        bool    // every unit has base 1 and 0 or 1 events
}

func newClaimSample(units []ClaimUnits, perBase float64) (*claimSample, error) {
	if !(perBase >= 1) || math.IsInf(perBase, 0) {
		return nil, fmt.Errorf("the most events per base must be at least 1, not %v", perBase)
	}
	s := &claimSample{perBase: perBase, exact: perBase == 1}
	square, cube := 0.0, 0.0
	for i, u := range units {
		if !(u.Count >= 0 && u.Base >= 0 && u.Events >= 0) || math.IsInf(u.Count+u.Base+u.Events, 0) {
			return nil, fmt.Errorf("unit %d: count, base and events must be numbers ≥ 0, not %v, %v, %v", i, u.Count, u.Base, u.Events)
		}
		if u.Base == 0 && u.Events > 0 && u.Count > 0 {
			return nil, fmt.Errorf("unit %d has %v events without base", i, u.Events)
		}
		if u.Count == 0 || u.Base == 0 {
			continue
		}
		s.units = append(s.units, u)
		s.count += u.Count
		s.base += u.Count * u.Base
		s.events += u.Count * u.Events
		square += u.Count * u.Base * u.Base
		cube += u.Count * u.Base * u.Base * u.Base
		s.perBase = max(s.perBase, u.Events/u.Base)
		s.exact = s.exact && u.Base == 1 && (u.Events == 0 || u.Events == 1)
	}
	if square > 0 {
		s.added = cube / square
	}
	slices.SortFunc(s.units, func(a, b ClaimUnits) int {
		return cmp.Or(cmp.Compare(a.Base, b.Base), cmp.Compare(a.Events, b.Events))
	})
	merged := s.units[:0]
	for _, u := range s.units {
		if n := len(merged); n > 0 && merged[n-1].Base == u.Base && merged[n-1].Events == u.Events {
			merged[n-1].Count += u.Count
		} else {
			merged = append(merged, u)
		}
	}
	s.units = merged
	return s, nil
}

// scaled is the sample with k times as many units of every kind.
func (s *claimSample) scaled(k float64) *claimSample {
	t := *s
	t.units = slices.Clone(s.units)
	for i := range t.units {
		t.units[i].Count *= k
	}
	t.count, t.base, t.events = k*s.count, k*s.base, k*s.events
	return &t
}

// bounds returns the one-sided bounds that each leave out the probability alpha.
func (s *claimSample) bounds(alpha float64) (lower, upper float64) {
	if s.base == 0 {
		return 0, math.Inf(1)
	}
	if s.exact {
		return ClopperPearson(s.events, s.base, 1-2*alpha)
	}
	ratio, ceiling := s.events/s.base, s.perBase
	upper = ceiling
	if ratio < ceiling {
		upper = claimRoot(ratio, ceiling, func(theta float64) float64 { return s.atLeast(theta) - alpha })
	}
	if ratio > 0 {
		lower = claimRoot(0, ratio, func(theta float64) float64 { return alpha - s.atMost(theta) })
	}
	return lower, upper
}

// atLeast is the p-value of "the ratio is theta or more": the probability that
// the weighted ratio, with the worst unit added, reaches theta.
func (s *claimSample) atLeast(theta float64) float64 {
	if s.exact {
		switch {
		case theta >= 1 && s.events < s.base:
			return 0
		case theta >= 1 || theta <= 0 || s.events >= s.base:
			return 1
		}
		return mathext.RegIncBeta(s.base-s.events, s.events+1, 1-theta)
	}
	return s.positive(theta, s.perBase)
}

// atMost is the p-value of "the ratio is theta or less".
func (s *claimSample) atMost(theta float64) float64 {
	if s.exact {
		switch {
		case s.events == 0 || theta >= 1:
			return 1
		case theta <= 0:
			return 0
		}
		return mathext.RegIncBeta(s.events, s.base-s.events+1, theta)
	}
	return 1 - s.positive(theta, 0)
}

// positive is the probability that Σ E_u·(events_u − θ·base_u) + E·(perBase −
// θ)·m is positive.
func (s *claimSample) positive(theta, perBase float64) float64 {
	terms := make([]claimTerm, 0, len(s.units)+1)
	for _, u := range s.units {
		terms = append(terms, claimTerm{u.Count, u.Events - theta*u.Base})
	}
	return claimPositive(append(terms, claimTerm{1, (perBase - theta) * s.added}))
}

// claimTerm is factor × a Gamma(shape) variable: a sum of shape exponentials.
type claimTerm struct{ shape, factor float64 }

// claimPositive returns Pr(Σ factor·Gamma(shape) > 0) for independent terms.
// The sum's moment generating function is Π (1 − factor·s)^(−shape), so
//
//	Pr = 1/(2πi) ∫ exp K(s) ds/s,  K(s) = −Σ shape·log(1 − factor·s)
//
// along any line Re s = σ with 0 < σ < 1/(largest factor), and along any curve the
// line can be bent to without touching the real axis elsewhere. The curve used
// goes through the saddle point; the trapezoid rule in its parameter v (Im s ∝
// sinh v) converges geometrically and is refined until it stands (checked
// against Beta distributions and closed forms to 1e-9).
func claimPositive(terms []claimTerm) float64 {
	largest, smallest := math.Inf(-1), math.Inf(1)
	for _, t := range terms {
		if t.shape > 0 {
			largest, smallest = max(largest, t.factor), min(smallest, t.factor)
		}
	}
	switch {
	case !(largest > 0):
		return 0
	case smallest >= 0:
		return 1
	}
	saddle := claimSaddle(terms, largest)
	integral, ok := saddle.integrate(min(max(saddle.skew/3, -0.5), 0.5))
	if !ok {
		integral, _ = saddle.integrate(0)
	}
	return min(1, max(0, integral))
}

// claimSaddlePoint is the saddle point of exp K(s)/s with what surrounds it.
type claimSaddlePoint struct {
	scaled []claimTerm // factors times width, as seen from the saddle point
	scale  float64     // exp K(σ) · width/(σ·π)
	shift  float64     // width/σ
	skew   float64     // third derivative of K(s) − log s over the second to the power 3/2
}

// claimSaddle finds the zero σ of the increasing K′(s) − 1/s by Newton's method
// inside a bracket.
func claimSaddle(terms []claimTerm, largest float64) claimSaddlePoint {
	low, high := 0.0, 1/largest
	sigma := high / 2
	second, third := 0.0, 0.0
	for range 200 {
		first := -1 / sigma
		second, third = first*first, 2*first*first*first
		for _, t := range terms {
			r := t.factor / (1 - t.factor*sigma)
			first += t.shape * r
			second += t.shape * r * r
			third += 2 * t.shape * r * r * r
		}
		if first > 0 {
			high = sigma
		} else {
			low = sigma
		}
		next := sigma - first/second
		if !(next > low && next < high) {
			next = (low + high) / 2
		}
		if math.Abs(next-sigma)*math.Sqrt(second) <= 1e-3 {
			break // any point near the saddle serves
		}
		sigma = next
	}
	width := 1 / math.Sqrt(second)
	p := claimSaddlePoint{scaled: make([]claimTerm, len(terms)), shift: width / sigma, skew: third * width * width * width}
	exponent := 0.0
	for i, t := range terms {
		exponent -= t.shape * math.Log1p(-t.factor*sigma)
		p.scaled[i] = claimTerm{t.shape, width * t.factor / (1 - t.factor*sigma)}
	}
	p.scale = math.Exp(exponent) * width / sigma / math.Pi
	return p
}

// integrate goes along s = σ + width·(tilt·(cosh v − 1) + i·sinh v). A tilt towards
// the side the integrand is skewed to follows its steepest descent; too much of it
// can run into regions where the integrand grows, which integrate reports as
// false. Without tilt it falls everywhere.
func (p claimSaddlePoint) integrate(tilt float64) (integral float64, ok bool) {
	integrand := func(v float64) complex128 {
		sinh, cosh := math.Sinh(v), math.Cosh(v)
		d := complex(tilt*(cosh-1), sinh)
		re, im := 0.0, 0.0
		for _, t := range p.scaled {
			x, y := 1-t.factor*real(d), -t.factor*imag(d)
			re -= t.shape * 0.5 * math.Log(x*x+y*y)
			im -= t.shape * math.Atan2(y, x)
		}
		return cmplx.Exp(complex(re, im)) * complex(tilt*sinh, cosh) / (1 + d*complex(p.shift, 0))
	}
	// The integrand is symmetric: half of the point v = 0 and all those above.
	sum, step := 0.5, 0.25
	add := func(first, by float64) bool {
		for v := first; v < 60; v += by {
			value := integrand(v)
			sum += imag(value)
			if size := cmplx.Abs(value); !(size < 10) {
				return false
			} else if size < 1e-13 {
				break
			}
		}
		return true
	}
	if !add(step, step) {
		return 0, false
	}
	integral = sum * step
	// Halving the step keeps the points there are and adds those between them.
	for range 9 {
		if !add(step/2, step) {
			return 0, false
		}
		step /= 2
		before := integral
		if integral = sum * step; math.Abs(integral-before) <= 1e-10*math.Abs(integral) {
			return p.scale * integral, true
		}
	}
	return p.scale * integral, tilt == 0
}

// claimRoot finds the zero in [low, high] of a function that falls from positive
// to negative, to a relative 1e-9: regula falsi with the Illinois correction,
// and a bisection whenever that does not halve the interval in three steps.
func claimRoot(low, high float64, f func(float64) float64) float64 {
	fLow, fHigh := f(low), f(high)
	if fLow <= 0 {
		return low
	}
	if fHigh >= 0 {
		return high
	}
	last, mark, side := high-low, high-low, 0
	for i := range 200 {
		middle := low + (high-low)*fLow/(fLow-fHigh)
		if i%3 == 2 {
			if last > mark/2 {
				middle = (low + high) / 2
			}
			mark = last
		}
		v := f(middle)
		if v > 0 {
			if low, fLow = middle, v; side == 1 {
				fHigh /= 2
			}
			side = 1
		} else {
			if high, fHigh = middle, v; side == -1 {
				fLow /= 2
			}
			side = -1
		}
		last = high - low
		if last <= 1e-9*high || v == 0 || math.Abs(v) < 1e-12 {
			return middle
		}
	}
	return (low + high) / 2
}

// SmallestSample returns the smallest number of independent customers with
// which "at least this share is fine" is supported when that many fail: the
// smallest n with Pr(Binomial(n, 1 − share) ≤ failures) ≤ 1 − confidence. For
// 95 % confidence and 0, 1, 5 failures: 59, 93, 208 for a share of 95 %; 149,
// 236, 523 for 98 %; 299, 473, 1049 for 99 %.
func SmallestSample(share float64, failures int, confidence float64) (int, error) {
	if !(share > 0 && share < 1) || failures < 0 || !(confidence > 0 && confidence < 1) {
		return 0, errors.New("smallest sample: share and confidence must be between 0 and 1, failures not negative")
	}
	x := float64(failures)
	enough := func(n float64) bool {
		return n > x && mathext.RegIncBeta(n-x, x+1, share) <= 1-confidence
	}
	high := x + 1
	for !enough(high) {
		if high *= 2; high > 1<<50 {
			return 0, fmt.Errorf("smallest sample: a share of %v cannot be shown with any sample", share)
		}
	}
	return int(statFirst(x, high, enough)), nil
}
