package hotspots

import (
	"math"
	"slices"
)

// BenjaminiHochberg returns the adjusted p-values that control the false
// discovery rate for independent or positively dependent tests:
// with m p-values in ascending order, q_(i) = min over j ≥ i of min(1, m·p_(j)/j).
// An undefined p-value (NaN, or outside [0, 1]) stays NaN and does not count in m.
// The result has the order of p; p is left unchanged.
//
// Source: Benjamini and Hochberg (1995), J. R. Stat. Soc. B 57, 289–300.
// Equal to R's p.adjust(p, "BH").
func BenjaminiHochberg(p []float64) []float64 {
	return statStepUp(p, func(int) float64 { return 1 })
}

// BenjaminiYekutieli is BenjaminiHochberg for any dependence between the
// tests: the adjusted values are larger by the factor 1 + 1/2 + … + 1/m.
//
// Source: Benjamini and Yekutieli (2001), Ann. Stat. 29, 1165–1188.
// Equal to R's p.adjust(p, "BY").
func BenjaminiYekutieli(p []float64) []float64 {
	return statStepUp(p, func(m int) float64 {
		harmonic := 0.0
		for i := 1; i <= m; i++ {
			harmonic += 1 / float64(i)
		}
		return harmonic
	})
}

// statStepUp adjusts p from the largest value down, scaled by factor(m).
func statStepUp(p []float64, factor func(m int) float64) []float64 {
	adjusted := make([]float64, len(p))
	order := make([]int, 0, len(p))
	m := 0
	for i, v := range p {
		switch {
		case v == 1: // adjusted it is 1, whatever its place among its like
			adjusted[i] = 1
			m++
		case v >= 0 && v < 1:
			order = append(order, i)
			m++
		default:
			adjusted[i] = math.NaN()
		}
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case p[a] < p[b]:
			return -1
		case p[a] > p[b]:
			return 1
		}
		return a - b
	})
	scale := factor(m) * float64(m)
	least := 1.0
	for rank := len(order); rank >= 1; rank-- {
		i := order[rank-1]
		least = min(least, scale/float64(rank)*p[i])
		adjusted[i] = least
	}
	return adjusted
}
