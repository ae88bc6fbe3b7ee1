package hotspots

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Wilson returns the score interval of a share with x hits in n trials, at the
// two-sided confidence level confidence (0.95, …). x and n may be fractional.
// It returns NaN for n ≤ 0, x outside [0, n], or confidence outside (0, 1).
//
//	( x + z²/2 ± z·√(x(n−x)/n + z²/4) ) / (n + z²)
//
// Source: Wilson (1927), J. Am. Stat. Assoc. 22, 209–212. Equal to R's
// prop.test(correct = FALSE).
func Wilson(x, n, confidence float64) (lower, upper float64) {
	if !statShareValid(x, n, confidence) {
		return math.NaN(), math.NaN()
	}
	z := mathext.NormalQuantile((1 + confidence) / 2)
	centre := x + z*z/2
	half := z * math.Sqrt(x*(n-x)/n+z*z/4)
	// At the ends one bound is exact; rounding must not move it.
	lower, upper = (centre-half)/(n+z*z), (centre+half)/(n+z*z)
	if x == 0 {
		lower = 0
	}
	if x == n {
		upper = 1
	}
	return lower, upper
}

// ClopperPearson returns the exact interval of a share with x hits in n
// independent trials, at the two-sided confidence level confidence: each
// bound leaves (1 − confidence)/2 outside. A one-sided 95 % bound is the bound
// of the 90 % interval. Arguments and NaN as for Wilson.
//
//	lower = quantile of Beta(x, n−x+1), upper = quantile of Beta(x+1, n−x)
//
// Source: Clopper and Pearson (1934), Biometrika 26, 404–413. Equal to R's
// binom.test.
func ClopperPearson(x, n, confidence float64) (lower, upper float64) {
	if !statShareValid(x, n, confidence) {
		return math.NaN(), math.NaN()
	}
	tail := (1 - confidence) / 2
	lower, upper = 0, 1
	if x > 0 {
		lower = statBetaQuantile(tail, x, n-x+1)
	}
	if x < n {
		upper = 1 - statBetaQuantile(tail, n-x, x+1)
	}
	return lower, upper
}

// PoissonInterval returns the exact interval of a rate: x events in time (or
// other exposure) t, at the two-sided confidence level confidence. It returns
// NaN for x < 0, t ≤ 0 or confidence outside (0, 1).
//
//	lower = quantile of Gamma(x)/t, upper = quantile of Gamma(x+1)/t
//
// Source: Garwood (1936), Biometrika 28, 437–442. Equal to R's poisson.test.
func PoissonInterval(x, t, confidence float64) (lower, upper float64) {
	if !(x >= 0 && t > 0 && confidence > 0 && confidence < 1) {
		return math.NaN(), math.NaN()
	}
	tail := (1 - confidence) / 2
	if x > 0 {
		lower = statGammaQuantile(x, tail) / t
	}
	return lower, statGammaQuantile(x+1, 1-tail) / t
}

func statShareValid(x, n, confidence float64) bool {
	return n > 0 && x >= 0 && x <= n && confidence > 0 && confidence < 1
}

// statBetaQuantile is the quantile of the Beta(a, b) distribution. gonum's
// inverse is the start; Newton steps on its distribution function, which is
// the more accurate of the two, finish it.
func statBetaQuantile(p, a, b float64) float64 {
	x := mathext.InvRegIncBeta(a, b, p)
	logNorm := mathext.Lbeta(a, b)
	return statPolish(x, 1, p,
		func(x float64) float64 { return mathext.RegIncBeta(a, b, x) },
		func(x float64) float64 { return math.Exp((a-1)*math.Log(x) + (b-1)*math.Log1p(-x) - logNorm) })
}

// statGammaQuantile is the quantile of the Gamma distribution with shape a and
// rate 1, found like statBetaQuantile.
func statGammaQuantile(a, p float64) float64 {
	x := mathext.GammaIncRegInv(a, p)
	logNorm, _ := math.Lgamma(a)
	return statPolish(x, math.Inf(1), p,
		func(x float64) float64 { return mathext.GammaIncReg(a, x) },
		func(x float64) float64 { return math.Exp((a-1)*math.Log(x) - x - logNorm) })
}

// statPolish takes Newton steps for cdf(x) = p inside (0, end) while they get smaller.
func statPolish(x, end, p float64, cdf, density func(float64) float64) float64 {
	last := math.Inf(1)
	for range 20 {
		slope := density(x)
		step := (cdf(x) - p) / slope
		if !(math.Abs(step) < last) || slope == 0 || math.IsInf(slope, 0) {
			return x
		}
		next := x - step
		if !(next > 0 && next < end) {
			return x
		}
		last = math.Abs(step)
		if x = next; last <= 1e-15*x {
			return x
		}
	}
	return x
}
