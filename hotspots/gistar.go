package hotspots

import (
	"cmp"
	"math"
	"runtime"
	"slices"
	"sync"

	"github.com/hotcell/hotcell/geo"
	"gonum.org/v1/gonum/stat/distuv"
)

// GiStar returns the Getis–Ord Gi* statistic of every cell as a z-score, with
// binary weights and the cell itself included:
//
//	z_i = (Σ_{j∈N(i)} x_j − W_i·x̄) / ( s · √[(n·W_i − W_i²)/(n−1)] )
//
// where N(i) is the cell and its neighbours, W_i its size, and x̄ and
// s² = Σ(x_j − x̄)²/n are taken over all n cells given. So whether cells with
// value zero are in the set changes every z.
//
// values has one value per cell, neighbours one list of indexes into values
// per cell: without repeats, the cell itself may be listed or not. A cell
// without neighbours has itself. A cell whose value is NaN (no exposure) is
// not in the set: it counts neither in n nor as a neighbour. The result is NaN
// where z is undefined: for those cells, for all cells when the values do not
// vary, and for a cell with every other cell as its neighbour.
//
// Sources: Getis and Ord (1992), Geogr. Anal. 24, 189–206; Ord and Getis
// (1995), Geogr. Anal. 27, 286–306. Equal to R's spdep::localG.
func GiStar(values []float64, neighbours [][]int32) []float64 {
	if len(neighbours) != len(values) {
		panic("hotspots: GiStar needs one neighbour list per value")
	}
	z := make([]float64, len(values))
	n, mean := 0.0, 0.0
	for _, v := range values {
		if !math.IsNaN(v) {
			n++
			mean += v
		}
	}
	mean /= n
	// Deviations from the mean keep the digits that sums of large values would
	// lose; a cell outside the set deviates by NaN.
	deviation := make([]float64, len(values))
	variance, largest := 0.0, 0.0
	for i, v := range values {
		d := v - mean
		deviation[i] = d
		if !math.IsNaN(d) {
			variance += d * d
			largest = max(largest, math.Abs(v))
		}
	}
	variance /= n
	// Equal values can differ from their computed mean by rounding.
	if !(math.Sqrt(variance) > 4*giEpsilon*largest) {
		for i := range z {
			z[i] = math.NaN()
		}
		return z
	}
	scale := math.Sqrt(variance / (n - 1))
	for i, own := range deviation {
		if math.IsNaN(own) {
			z[i] = own
			continue
		}
		sum, weight := own, 1.0
		for _, j := range neighbours[i] {
			if d := deviation[j]; int(j) != i && d == d {
				sum += d
				weight++
			}
		}
		if weight == n {
			z[i] = math.NaN()
			continue
		}
		z[i] = sum / (scale * math.Sqrt(weight*(n-weight)))
	}
	return z
}

// giEpsilon is the distance from 1 to the next float64.
const giEpsilon = 0x1p-52

// GiStarP returns the p-values of z-scores under the normal distribution: the
// two-sided ones (hot or cold) and those for "greater" (hot). NaN stays NaN.
func GiStarP(z []float64) (twoSided, greater []float64) {
	twoSided = make([]float64, len(z))
	greater = make([]float64, len(z))
	for i, v := range z {
		twoSided[i], greater[i] = giP(v)
	}
	return twoSided, greater
}

func giP(z float64) (twoSided, greater float64) {
	return 2 * distuv.UnitNormal.CDF(-math.Abs(z)), distuv.UnitNormal.CDF(-z)
}

// GiNeighbours returns, for every cell, the indexes of those cells of the set that
// lie within k steps (H3 grid disk), itself left out. cells may be in any order and
// must not repeat.
func GiNeighbours(cells []geo.Cell, k int) [][]int32 {
	if slices.IsSorted(cells) {
		return neighboursIn(cells, geo.NewCellIndex(cells), k, nil)
	}
	order := make([]int32, len(cells))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(cells[a], cells[b]) })
	sorted := make([]geo.Cell, len(cells))
	for n, i := range order {
		sorted[n] = cells[i]
	}
	out := make([][]int32, len(cells))
	for n, list := range neighboursIn(sorted, geo.NewCellIndex(sorted), k, nil) {
		for at, j := range list {
			list[at] = order[j]
		}
		out[order[n]] = list
	}
	return out
}

// neighboursIn is GiNeighbours for sorted cells and their index; where wanted is not
// nil, cells that are not get no list.
func neighboursIn(cells []geo.Cell, index *geo.CellIndex, k int, wanted []bool) [][]int32 {
	neighbours := make([][]int32, len(cells))
	workers := runtime.GOMAXPROCS(0)
	chunk := max(1024, (len(cells)+workers-1)/workers)
	var wait sync.WaitGroup
	for first := 0; first < len(cells); first += chunk {
		part := cells[first:min(first+chunk, len(cells))]
		wait.Go(func() {
			// Lists share arrays: 100,000 small slices would be 100,000 allocations.
			const room = 1 << 12
			var disk []geo.Cell
			var flat []int32
			for i, c := range part {
				if wanted != nil && !wanted[first+i] {
					continue
				}
				disk = c.AppendDisk(disk[:0], k)
				if cap(flat)-len(flat) < len(disk) {
					flat = make([]int32, 0, max(room, len(disk)))
				}
				start := len(flat)
				for _, d := range disk {
					if j := index.At(d); j >= 0 && j != first+i {
						flat = append(flat, int32(j))
					}
				}
				neighbours[first+i] = flat[start:len(flat):len(flat)]
			}
		})
	}
	wait.Wait()
	return neighbours
}

// ConnectedComponents labels the cells that are in a set by connected
// component: a cell's label is the lowest index in its component, −1 for cells
// not in the set. neighbours is as for GiStar; a link holds both ways even
// when listed once. Time is linear in cells and links.
func ConnectedComponents(in []bool, neighbours [][]int32) []int32 {
	if len(neighbours) != len(in) {
		panic("hotspots: ConnectedComponents needs one neighbour list per cell")
	}
	label := make([]int32, len(in))
	for i := range label {
		label[i] = -1
		if in[i] {
			label[i] = int32(i)
		}
	}
	find := func(i int32) int32 {
		for label[i] != i {
			label[i] = label[label[i]]
			i = label[i]
		}
		return i
	}
	for i := range label {
		if !in[i] {
			continue
		}
		for _, j := range neighbours[i] {
			if !in[j] {
				continue
			}
			// The lower root wins, so a root is the lowest of its component.
			a, b := find(int32(i)), find(j)
			if a < b {
				label[b] = a
			} else {
				label[a] = b
			}
		}
	}
	for i := range label {
		if in[i] {
			label[i] = find(int32(i))
		}
	}
	return label
}
