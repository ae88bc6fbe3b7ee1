package hotspots

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/hotcell/hotcell/geo"
	"pgregory.net/rapid"
)

var giCases = []string{"gi_case1_disk", "gi_case2_sparse", "gi_case3_pentagon"}

// oracleNeighbours reads the neighbour pairs of a case; ids start at 1.
func oracleNeighbours(t testing.TB, name string, k, n int) [][]int32 {
	t.Helper()
	neighbours := make([][]int32, n)
	for _, row := range oracleTable(t, name, fmt.Sprintf("edges_k%d.csv", k)) {
		i, j := int(oracleNumber(t, row, "i"))-1, int32(oracleNumber(t, row, "j"))-1
		neighbours[i] = append(neighbours[i], j)
	}
	return neighbours
}

func TestGiStarOracle(t *testing.T) {
	for _, name := range giCases {
		var values []float64
		for _, row := range oracleTable(t, name, "cells.csv") {
			values = append(values, oracleNumber(t, row, "x"))
		}
		for k := 1; k <= 2; k++ {
			neighbours := oracleNeighbours(t, name, k, len(values))
			z := GiStar(values, neighbours)
			two, greater := GiStarP(z)
			bhTwo, bhGreater, by := BenjaminiHochberg(two), BenjaminiHochberg(greater), BenjaminiYekutieli(two)
			worst, islands := 0.0, 0
			for i, row := range oracleTable(t, name, fmt.Sprintf("spdep_k%d.csv", k)) {
				what := fmt.Sprintf("%s k%d cell %d", name, k, i+1)
				if len(neighbours[i])+1 != int(oracleNumber(t, row, "ncard")) {
					t.Fatalf("%s has %d neighbours", what, len(neighbours[i]))
				}
				if len(neighbours[i]) == 0 {
					islands++
				}
				want := oracleNumber(t, row, "z")
				worst = max(worst, math.Abs(z[i]-want))
				oracleNear(t, what+" z", z[i], want, 1e-9, 0)
				oracleNear(t, what+" p", two[i], oracleNumber(t, row, "p_two"), 1e-9, 0)
				oracleNear(t, what+" p greater", greater[i], oracleNumber(t, row, "p_greater"), 1e-9, 0)
				oracleNear(t, what+" BH", bhTwo[i], oracleNumber(t, row, "bh_two"), 1e-9, 0)
				oracleNear(t, what+" BH greater", bhGreater[i], oracleNumber(t, row, "bh_greater"), 1e-9, 0)
				oracleNear(t, what+" BY", by[i], oracleNumber(t, row, "by_two"), 1e-9, 0)
			}
			t.Logf("%s k%d: %d cells, %d islands, largest deviation of z %.2g", name, k, len(values), islands, worst)
		}
	}
}

func TestConnectedComponentsOracle(t *testing.T) {
	for _, name := range giCases {
		n := len(oracleTable(t, name, "cells.csv"))
		in := make([]bool, n)
		want := make([]int32, n)
		for i := range want {
			want[i] = -1
		}
		for _, row := range oracleTable(t, name, "components.csv") {
			id := int(oracleNumber(t, row, "id")) - 1
			in[id] = true
			want[id] = int32(oracleNumber(t, row, "label")) - 1
		}
		got := ConnectedComponents(in, oracleNeighbours(t, name, 1, n))
		if !slices.Equal(got, want) {
			t.Errorf("%s: labels %v, want %v", name, got, want)
		}
	}
}

func TestGiStarUndefined(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name       string
		values     []float64
		neighbours [][]int32
	}{
		{"no cells", nil, nil},
		{"one cell", []float64{3}, [][]int32{{}}},
		{"equal values", []float64{2, 2, 2}, [][]int32{{1}, {0, 2}, {1}}},
		{"equal values with a rounded mean", []float64{0.1, 0.1, 0.1}, [][]int32{{1}, {0, 2}, {1}}},
		{"everyone a neighbour", []float64{1, 2, 3}, [][]int32{{1, 2}, {0, 2}, {0, 1}}},
		{"no exposure anywhere", []float64{nan, nan}, [][]int32{{1}, {0}}},
	} {
		for i, z := range GiStar(c.values, c.neighbours) {
			if !math.IsNaN(z) {
				t.Errorf("%s: cell %d has z %v, want NaN", c.name, i, z)
			}
		}
	}
}

// A cell without exposure must leave no trace: the others get the z they have
// when it is taken out of the set.
func TestGiStarLeavesOutCellsWithoutExposure(t *testing.T) {
	with := GiStar([]float64{1, 5, math.NaN(), 2, 9}, [][]int32{{1, 2}, {0, 2}, {0, 1, 3, 4}, {2, 4}, {2, 3}})
	without := GiStar([]float64{1, 5, 2, 9}, [][]int32{{1}, {0}, {3}, {2}})
	got := slices.Delete(slices.Clone(with), 2, 3)
	if !math.IsNaN(with[2]) || !slices.Equal(got, without) {
		t.Errorf("got %v, want %v with NaN in the middle", with, without)
	}
}

// giStarSlow is the textbook formula with explicit weights.
func giStarSlow(values []float64, neighbours [][]int32) []float64 {
	n := float64(len(values))
	sum, squares := 0.0, 0.0
	for _, v := range values {
		sum += v
		squares += v * v
	}
	mean := sum / n
	s := math.Sqrt(squares/n - mean*mean)
	z := make([]float64, len(values))
	for i := range values {
		weights := make([]float64, len(values))
		weights[i] = 1
		for _, j := range neighbours[i] {
			weights[j] = 1
		}
		wx, w, ww := 0.0, 0.0, 0.0
		for j, v := range values {
			wx += weights[j] * v
			w += weights[j]
			ww += weights[j] * weights[j]
		}
		z[i] = (wx - mean*w) / (s * math.Sqrt((n*ww-w*w)/(n-1)))
	}
	return z
}

func TestGiStarAgainstTextbook(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(4, 40).Draw(t, "cells")
		values := make([]float64, n)
		for i := range values {
			values[i] = float64(rapid.IntRange(0, 50).Draw(t, "value"))
		}
		values[0], values[1] = 1, 7 // vary
		neighbours := make([][]int32, n)
		for i := range neighbours {
			for _, j := range rapid.SliceOfNDistinct(rapid.IntRange(0, n-1), 0, min(6, n-2), rapid.ID[int]).Draw(t, "neighbours") {
				neighbours[i] = append(neighbours[i], int32(j)) // may list the cell itself
			}
		}
		got, want := GiStar(values, neighbours), giStarSlow(values, neighbours)
		for i := range want {
			if math.Abs(got[i]-want[i]) > 1e-9 {
				t.Fatalf("cell %d: %v, want %v", i, got[i], want[i])
			}
		}
	})
}

func TestConnectedComponentsAgainstFlood(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "cells")
		in := make([]bool, n)
		oneWay, both := make([][]int32, n), make([][]int32, n)
		for i := range n {
			in[i] = rapid.Bool().Draw(t, "in")
		}
		for range rapid.IntRange(0, 2*n).Draw(t, "links") {
			a, b := rapid.IntRange(0, n-1).Draw(t, "a"), rapid.IntRange(0, n-1).Draw(t, "b")
			oneWay[a] = append(oneWay[a], int32(b))
			both[a], both[b] = append(both[a], int32(b)), append(both[b], int32(a))
		}
		want := make([]int32, n)
		for i := range want {
			want[i] = -1
		}
		for i := range n {
			if !in[i] || want[i] >= 0 {
				continue
			}
			for todo := []int32{int32(i)}; len(todo) > 0; {
				c := todo[len(todo)-1]
				todo = todo[:len(todo)-1]
				if !in[c] || want[c] >= 0 {
					continue
				}
				want[c] = int32(i)
				todo = append(todo, both[c]...)
			}
		}
		if got := ConnectedComponents(in, oneWay); !slices.Equal(got, want) {
			t.Fatalf("labels %v, want %v", got, want)
		}
	})
}

// The neighbours that H3 gives are those the reference results were made with,
// at a pentagon and across islands too.
func TestGiNeighboursOfH3(t *testing.T) {
	for _, name := range giCases {
		var cells []geo.Cell
		for _, row := range oracleTable(t, name, "cells.csv") {
			c, err := geo.ParseCell(row["cell"])
			if err != nil {
				t.Fatal(err)
			}
			cells = append(cells, c)
		}
		for k := 1; k <= 2; k++ {
			want := oracleNeighbours(t, name, k, len(cells))
			got := GiNeighbours(cells, k)
			for i := range want {
				slices.Sort(want[i])
				slices.Sort(got[i])
				if !slices.Equal(got[i], want[i]) {
					t.Errorf("%s k%d cell %d: neighbours %v, want %v", name, k, i, got[i], want[i])
				}
			}
		}
	}
}

// giHexagons makes a full hexagonal grid of side × side cells with k-ring 1.
func giHexagons(side int) (values []float64, neighbours [][]int32) {
	r := rand.New(rand.NewPCG(1, 2))
	values = make([]float64, side*side)
	neighbours = make([][]int32, side*side)
	for i := range values {
		values[i] = r.ExpFloat64()
		row, col := i/side, i%side
		for _, d := range [][2]int{{0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, -1}, {-1, 1}} {
			if y, x := row+d[0], col+d[1]; y >= 0 && y < side && x >= 0 && x < side {
				neighbours[i] = append(neighbours[i], int32(y*side+x))
			}
		}
	}
	return values, neighbours
}

// spdep takes 6.2 s for 100,000 cells, neighbours included (DESIGN §8). The same here,
// from H3 cells in any order to z, p-values, adjustment and components, must be 50
// times faster. Best of several, by the clock or by processor time: the test machine
// is shared.
func TestGiStarSpeed(t *testing.T) {
	cells, values := giDisk(t)
	const limit = 6200 * time.Millisecond / 50
	best := time.Hour
	for try := 0; try < 5 || try < 40 && best > limit; try++ {
		start, used := time.Now(), processorTime(t)
		giEndToEnd(cells, values)
		best = min(best, time.Since(start), processorTime(t)-used)
	}
	t.Logf("%d cells: %v, %s times faster than 6.2 s", len(values), best, strconv.Itoa(int(6.2/best.Seconds())))
	if best > limit && !giRaceDetector {
		t.Errorf("%d cells took %v, limit %v", len(values), best, limit)
	}
}

// giDisk is 100,000 H3 cells, ring by ring, with random values.
func giDisk(tb testing.TB) ([]geo.Cell, []float64) {
	centre, err := geo.CellAt(geo.LatLon{Lat: 30.66, Lon: 104.06}, geo.RankResolution)
	if err != nil {
		tb.Fatal(err)
	}
	cells := centre.Disk(182) // 99,919 cells
	r := rand.New(rand.NewPCG(1, 2))
	values := make([]float64, len(cells))
	for i := range values {
		values[i] = r.ExpFloat64()
	}
	return cells, values
}

func giEndToEnd(cells []geo.Cell, values []float64) {
	neighbours := GiNeighbours(cells, 1)
	z := GiStar(values, neighbours)
	two, _ := GiStarP(z)
	adjusted := BenjaminiHochberg(two)
	in := make([]bool, len(z))
	for i := range in {
		in[i] = z[i] > 0 && adjusted[i] <= 0.05
	}
	ConnectedComponents(in, neighbours)
}

// BenchmarkGi guards Gi* end to end and its first step.
func BenchmarkGi(b *testing.B) {
	cells, values := giDisk(b)
	b.Run("end-to-end", func(b *testing.B) {
		used := processorTime(b)
		for b.Loop() {
			giEndToEnd(cells, values)
		}
		b.ReportMetric(float64(processorTime(b)-used)/1e6/float64(b.N), "cpu-ms/op")
	})
	b.Run("neighbours", func(b *testing.B) {
		for b.Loop() {
			GiNeighbours(cells, 1)
		}
	})
}

func BenchmarkGiStar(b *testing.B) {
	for _, side := range []int{100, 317, 1000} {
		values, neighbours := giHexagons(side)
		b.Run(fmt.Sprintf("cells=%d", len(values)), func(b *testing.B) {
			for b.Loop() {
				GiStar(values, neighbours)
			}
			b.ReportMetric(float64(b.N)*float64(len(values))/b.Elapsed().Seconds(), "cells/s")
		})
	}
}
