package hotspots

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// ExactTest holds the p-values of an exact test of a discrete distribution.
type ExactTest struct {
	TwoSided float64 // probability of all outcomes no likelier than the observed one
	Greater  float64 // probability of at least the observed count
	Less     float64 // probability of at most the observed count
}

// PoissonTest tests x events in time (or other exposure) t against the rate r
// per unit of t: x is Poisson with mean r·t without a difference. x must be a
// whole number ≥ 0, t and r positive; otherwise the p-values are NaN. The
// two-sided one adds up the outcomes that are no likelier than x, as R's
// poisson.test does.
func PoissonTest(x, t, r float64) ExactTest {
	mean := r * t
	if !(x >= 0 && x == math.Floor(x) && t > 0 && r > 0) {
		return ExactTest{math.NaN(), math.NaN(), math.NaN()}
	}
	return statExact(x, mean, math.Inf(1), statDistribution{
		logPMF: func(k float64) float64 {
			lg, _ := math.Lgamma(k + 1)
			return k*math.Log(mean) - mean - lg
		},
		atMost: func(k float64) float64 { return mathext.GammaIncRegComp(k+1, mean) },
		above:  func(k float64) float64 { return mathext.GammaIncReg(k+1, mean) },
	})
}

// BinomialTest tests x hits in n trials against the share p. x and n must be
// whole numbers with 0 ≤ x ≤ n, p inside (0, 1); otherwise the p-values are
// NaN. Equal to R's binom.test.
func BinomialTest(x, n, p float64) ExactTest {
	if !(x >= 0 && x <= n && x == math.Floor(x) && n == math.Floor(n) && p > 0 && p < 1) {
		return ExactTest{math.NaN(), math.NaN(), math.NaN()}
	}
	logN, _ := math.Lgamma(n + 1)
	return statExact(x, n*p, n, statDistribution{
		logPMF: func(k float64) float64 {
			a, _ := math.Lgamma(k + 1)
			b, _ := math.Lgamma(n - k + 1)
			return logN - a - b + k*math.Log(p) + (n-k)*math.Log1p(-p)
		},
		atMost: func(k float64) float64 {
			if k >= n {
				return 1
			}
			return mathext.RegIncBeta(n-k, k+1, 1-p)
		},
		above: func(k float64) float64 {
			if k >= n {
				return 0
			}
			return mathext.RegIncBeta(k+1, n-k, p)
		},
	})
}

// RateRatio compares two Poisson rates.
type RateRatio struct {
	Ratio        float64 // (x1/t1)/(x2/t2); +Inf when x2 is 0
	Lower, Upper float64 // exact, two-sided
	P            float64 // two-sided, for equal rates
	PGreater     float64 // for "the first rate is not the greater one"
	PLess        float64 // for "the first rate is not the smaller one"
}

// PoissonRateRatio compares x1 events in exposure t1 with x2 events in t2.
// Given x1 + x2, x1 is binomial with share t1·ρ/(t1·ρ + t2), so the interval of
// the ratio ρ comes from ClopperPearson and the p-values from BinomialTest.
// Counts must be whole numbers ≥ 0 and not both 0, exposures positive;
// otherwise everything is NaN.
//
// Source: Przyborowski and Wilenski (1940), Biometrika 31, 313–323. Equal to
// R's poisson.test with two counts.
func PoissonRateRatio(x1, t1, x2, t2, confidence float64) RateRatio {
	n := x1 + x2
	test := ExactTest{math.NaN(), math.NaN(), math.NaN()}
	if t1 > 0 && t2 > 0 && n > 0 {
		test = BinomialTest(x1, n, t1/(t1+t2))
	}
	if math.IsNaN(test.TwoSided) {
		nan := math.NaN()
		return RateRatio{nan, nan, nan, nan, nan, nan}
	}
	lower, upper := ClopperPearson(x1, n, confidence)
	odds := func(p float64) float64 { return p / (1 - p) * t2 / t1 }
	return RateRatio{
		Ratio: (x1 / t1) / (x2 / t2),
		Lower: odds(lower), Upper: odds(upper),
		P: test.TwoSided, PGreater: test.Greater, PLess: test.Less,
	}
}

// statDistribution is a unimodal distribution on 0, 1, … .
type statDistribution struct {
	logPMF        func(k float64) float64
	atMost, above func(k float64) float64 // P(X ≤ k), P(X > k)
}

// statExact computes the p-values of x; last is the largest possible count.
func statExact(x, mean, last float64, d statDistribution) ExactTest {
	atMost := func(k float64) float64 {
		if k < 0 {
			return 0
		}
		return d.atMost(k)
	}
	above := func(k float64) float64 {
		if k < 0 {
			return 1
		}
		return d.above(k)
	}
	t := ExactTest{Less: atMost(x), Greater: above(x - 1)}
	// Probabilities that are equal but for rounding count as equal; R takes
	// the same relative tolerance.
	limit := d.logPMF(x) + 1e-7
	rare := func(k float64) bool { return k > last || d.logPMF(k) <= limit }
	switch {
	case x == mean:
		t.TwoSided = 1
	case x < mean:
		// The smallest count on the far side that is no likelier than x.
		low, high := math.Floor(mean), math.Max(2, 2*mean-x)
		for !rare(math.Ceil(high)) {
			high *= 2
		}
		k := statFirst(low, math.Ceil(high), rare)
		t.TwoSided = t.Less + above(k-1)
	default:
		// The largest count on the near side that is no likelier than x: one
		// below the first that is likelier.
		k := statFirst(-1, math.Ceil(mean), func(k float64) bool { return !rare(k) })
		t.TwoSided = t.Greater + atMost(k-1)
	}
	t.TwoSided = math.Min(1, t.TwoSided)
	return t
}

// statFirst finds the first whole number in (low, high] for which ok holds,
// given that ok(high) holds and that ok does not turn false again.
func statFirst(low, high float64, ok func(float64) bool) float64 {
	for high-low > 1 {
		if mid := math.Floor((low + high) / 2); ok(mid) {
			high = mid
		} else {
			low = mid
		}
	}
	return high
}
