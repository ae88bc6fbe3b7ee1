package hotspots

import (
	"math"

	"github.com/hotcell/hotcell/geo"
)

// significance fills Gi* and its adjusted p-value. The map is the grid of cells
// with exposure, venues and segments counted in the cell of their centre; the
// value of a cell is the smoothed ratio of its bad calls to the reference. Cells
// whose own data speak against a fault are not tested (they count as p = 1, which
// makes the adjustment stricter, never laxer). A hotspot has the best of its cells.
func (a *Analysis) significance(run *Run) {
	m := a.m
	if m.noUse || len(run.Hotspots) == 0 {
		return
	}
	type sum struct{ x, e float64 }
	grid := map[geo.Cell]int32{}
	var cells []geo.Cell
	var sums []sum
	tested := []bool{}
	for i, id := range m.ids {
		c := geo.Cell(id)
		if !isCell(id) {
			pl, ok := a.atlas.place[int32(i)]
			if !ok || pl.Cell == 0 {
				continue
			}
			c = pl.Cell
		}
		e := m.calls.expected[i]
		if e <= 0 {
			continue
		}
		n, ok := grid[c]
		if !ok {
			n = int32(len(cells))
			grid[c] = n
			cells = append(cells, c)
			sums = append(sums, sum{})
			tested = append(tested, false)
		}
		d := m.calls.design[i]
		sums[n].x += m.calls.x[i] / d
		sums[n].e += e / d
		tested[n] = tested[n] || m.single(i) > 0
	}
	values := make([]float64, len(cells))
	neighbours := make([][]int32, len(cells))
	for n, s := range sums {
		p := m.calls.priors[geo.SceneUnknown]
		values[n] = (p.normal + s.x) / (p.normal + s.e)
		if !tested[n] {
			continue
		}
		for _, c := range cells[n].Disk(1) {
			if k, ok := grid[c]; ok && int(k) != n {
				neighbours[n] = append(neighbours[n], k)
			}
		}
	}
	z := GiStar(values, neighbours)
	_, p := GiStarP(z)
	for n := range p {
		if !tested[n] && !math.IsNaN(p[n]) {
			p[n] = 1
		}
	}
	adjusted := BenjaminiHochberg(p)
	for h := range run.Hotspots {
		for _, i := range a.listed[h].members {
			c := geo.Cell(m.ids[i])
			if !isCell(m.ids[i]) {
				c = a.atlas.place[i].Cell
			}
			n, ok := grid[c]
			if !ok || math.IsNaN(z[n]) {
				continue
			}
			s := &run.Hotspots[h].Significance
			if s.GiZ == nil || z[n] > *s.GiZ {
				s.GiZ, s.PAdjusted = &z[n], &adjusted[n]
			}
		}
	}
}
