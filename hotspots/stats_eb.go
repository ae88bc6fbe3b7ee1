package hotspots

import "math"

// EmpiricalBayesRates shrinks the raw rates r_i = events_i/population_i towards
// the pooled rate m = Σ events / Σ population, the more so the smaller the
// population:
//
//	estimate_i = m + (r_i − m) · a / (a + m/n_i)
//	a = max(0, Σ n_i(r_i − m)²/Σ n_i − m/(Σ n_i/N))
//
// Populations must be positive. It returns the estimates and the fitted
// prior: mean m and variance a. Without any event every estimate is 0.
//
// Source: Marshall (1991), Appl. Stat. 40, 283–294. Equal to R's
// spdep::EBest(family = "poisson").
func EmpiricalBayesRates(events, population []float64) (estimates []float64, mean, variance float64) {
	sumEvents, sumPopulation := 0.0, 0.0
	for i := range events {
		sumEvents += events[i]
		sumPopulation += population[i]
	}
	if sumPopulation > 0 {
		mean = sumEvents / sumPopulation
		for i := range events {
			d := events[i]/population[i] - mean
			variance += population[i] * d * d
		}
		variance = math.Max(0, (variance-mean*float64(len(events)))/sumPopulation)
	}
	estimates = make([]float64, len(events))
	for i := range events {
		estimates[i] = statMarshall(events[i], population[i], mean, variance)
	}
	return estimates, mean, variance
}

// LocalEmpiricalBayesRates is EmpiricalBayesRates with a prior of each cell's
// own, from the cell and its neighbours (listed as for GiStar): m_i is the
// pooled rate of that neighbourhood, and in a_i every member's rate deviates
// from the mean of the member's own neighbourhood. Where a whole neighbourhood
// has no event the estimate is 0.
//
// Source: Marshall (1991), p. 286, in the reading of Bailey and Gatrell
// (1995), Interactive Spatial Data Analysis, p. 307. Equal to R's
// spdep::EBlocal, which gives NaN for neighbourhoods without events.
func LocalEmpiricalBayesRates(events, population []float64, neighbours [][]int32) []float64 {
	members := func(i int, visit func(j int)) {
		visit(i)
		for _, j := range neighbours[i] {
			if int(j) != i {
				visit(int(j))
			}
		}
	}
	mean, scatter := make([]float64, len(events)), make([]float64, len(events))
	for i := range events {
		sumEvents, sumPopulation := 0.0, 0.0
		members(i, func(j int) {
			sumEvents += events[j]
			sumPopulation += population[j]
		})
		mean[i] = sumEvents / sumPopulation
		d := events[i]/population[i] - mean[i]
		scatter[i] = population[i] * d * d
	}
	estimates := make([]float64, len(events))
	for i := range events {
		sumScatter, sumPopulation, count := 0.0, 0.0, 0.0
		members(i, func(j int) {
			sumScatter += scatter[j]
			sumPopulation += population[j]
			count++
		})
		variance := math.Max(0, (sumScatter-mean[i]*count)/sumPopulation)
		estimates[i] = statMarshall(events[i], population[i], mean[i], variance)
	}
	return estimates
}

// statMarshall shrinks one rate.
func statMarshall(events, population, mean, variance float64) float64 {
	if mean == 0 {
		return 0
	}
	return mean + (events/population-mean)*variance/(variance+mean/population)
}
