package geo

import (
	"cmp"
	"math"
	"slices"
)

// ShareByExposure refines a footprint by how much use its cells see: of records
// known only to lie somewhere in a sector, more come from a busy street than from
// a field. exposure gives a cell's count of well-located records (calls or
// customers, of the same technology; ≤ 0 and NaN count as none).
//
// Each weight, an area share, is multiplied by its cell's exposure plus prior
// records, and all are made to sum to 1 again. The prior keeps cells that nobody
// happened to be located in. It is a tenth of the footprint's mean exposure, and at
// least so many records as asked for: where little is known, area counts. Without any
// exposure the weights do not change. The argument is not modified.
//
// Counting customers under weights: a customer seen in cells with weights w₁, w₂,
// … counts 1 − Π(1 − wᵢ) at a place that holds those cells: the probability that
// at least one of the records came from there, taken as independent. It never
// exceeds 1 for one customer, and equals 1 for a well-located one.
func ShareByExposure(footprint []CellWeight, exposure func(Cell) float64, atLeast float64) []CellWeight {
	out := slices.Clone(footprint)
	seen, mean := make([]float64, len(out)), 0.0
	for i, w := range out {
		if x := exposure(w.Cell); x > 0 && !math.IsInf(x, 1) {
			seen[i] = x
			mean += x * w.Weight
		}
	}
	if !(mean > 0) || math.IsInf(mean, 1) {
		return out
	}
	prior := max(atLeast, mean/10)
	total := 0.0
	for i := range out {
		out[i].Weight *= seen[i] + prior
		total += out[i].Weight
	}
	for i := range out {
		out[i].Weight /= total
	}
	slices.SortStableFunc(out, func(a, b CellWeight) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.Cell, b.Cell))
	})
	return out
}
