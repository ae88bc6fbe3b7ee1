package hotspots

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// MannKendallTest is the result of MannKendall.
type MannKendallTest struct {
	N        int     // values used
	S        float64 // pairs that rise minus pairs that fall
	VarS     float64 // variance of S without a trend, corrected for ties
	Z        float64 // (S − sign S)/√VarS; 0 when VarS or S is 0
	P        float64 // two-sided, from the normal distribution; 1 when VarS is 0
	TauA     float64 // S / (n(n−1)/2); NaN below two values
	TauB     float64 // Kendall's tau with ties; NaN for a constant series
	SenSlope float64 // median slope per step; NaN below two values
}

// MannKendall tests a series of equally spaced steps, oldest first, for a
// monotonic trend. NaN marks a step without a value: it is left out, and the
// steps around it keep their distance (which matters to the slope only).
//
//	S = Σ_{i<j} sign(x_j − x_i)
//	Var S = [n(n−1)(2n+5) − Σ_ties t(t−1)(2t+5)] / 18
//
// Sources: Mann (1945), Econometrica 13, 245–259; Kendall (1975), Rank
// Correlation Methods; Sen (1968), J. Am. Stat. Assoc. 63, 1379–1389.
// Time and memory grow with the square of the length: meant for up to some
// thousands of steps.
func MannKendall(x []float64) MannKendallTest {
	values := make([]float64, 0, len(x))
	for _, v := range x {
		if !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	n := float64(len(values))
	t := MannKendallTest{N: len(values), P: 1, TauA: math.NaN(), TauB: math.NaN(), SenSlope: SenSlope(x)}
	for i, a := range values {
		for _, b := range values[i+1:] {
			if b > a {
				t.S++
			} else if b < a {
				t.S--
			}
		}
	}
	slices.Sort(values)
	tiedPairs, tieTerm := 0.0, 0.0
	for i := 0; i < len(values); {
		j := i
		for j < len(values) && values[j] == values[i] {
			j++
		}
		k := float64(j - i)
		tiedPairs += k * (k - 1) / 2
		tieTerm += k * (k - 1) * (2*k + 5)
		i = j
	}
	t.VarS = (n*(n-1)*(2*n+5) - tieTerm) / 18
	pairs := n * (n - 1) / 2
	if pairs > 0 {
		t.TauA = t.S / pairs
	}
	if pairs > tiedPairs {
		t.TauB = t.S / math.Sqrt((pairs-tiedPairs)*pairs)
	}
	if t.VarS > 0 && t.S != 0 {
		t.Z = (t.S - math.Copysign(1, t.S)) / math.Sqrt(t.VarS)
		t.P = 2 * distuv.UnitNormal.CDF(-math.Abs(t.Z))
	}
	return t
}

// SenSlope returns the median of the slopes (x_j − x_i)/(j − i) over all pairs
// i < j of steps with a value: change per step, robust against outliers. It is
// NaN with fewer than two values.
//
// Source: Sen (1968), J. Am. Stat. Assoc. 63, 1379–1389.
func SenSlope(x []float64) float64 {
	var slopes []float64
	for i, a := range x {
		if math.IsNaN(a) {
			continue
		}
		for j := i + 1; j < len(x); j++ {
			if !math.IsNaN(x[j]) {
				slopes = append(slopes, (x[j]-a)/float64(j-i))
			}
		}
	}
	if len(slopes) == 0 {
		return math.NaN()
	}
	slices.Sort(slopes)
	half := len(slopes) / 2
	if len(slopes)%2 == 1 {
		return slopes[half]
	}
	return (slopes[half-1] + slopes[half]) / 2
}
