package hotspots

import (
	"math"
	"slices"

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
	g := m.newGrid(a.atlas)
	if len(g.cells) < 2 {
		return
	}
	values := make([]float64, len(g.cells))
	normal := m.calls.priors[geo.SceneUnknown].normal
	inParallel(len(g.cells), func(n int) {
		values[n] = (normal + g.x[n]) / (normal + g.e[n])
	})
	z := GiStar(values, neighboursIn(g.cells, g.index, 1, g.tested))
	p := make([]float64, len(z))
	for n := range p {
		switch {
		case g.tested[n]:
			_, p[n] = giP(z[n])
		case math.IsNaN(z[n]):
			p[n] = z[n]
		default:
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
			n := g.at(c)
			if n < 0 || math.IsNaN(z[n]) {
				continue
			}
			s := &run.Hotspots[h].Significance
			if s.GiZ == nil || z[n] > *s.GiZ {
				s.GiZ, s.PAdjusted = &z[n], &adjusted[n]
			}
		}
	}
}

// grid is the cells with exposure, sorted, with their effective events and
// expectation.
type grid struct {
	cells  []geo.Cell
	x, e   []float64
	tested []bool
	index  *geo.CellIndex
}

func (g *grid) at(c geo.Cell) int { return g.index.At(c) }

func (m *model) newGrid(a *atlas) *grid {
	cellAt := func(i int) geo.Cell {
		if m.calls.expected[i] <= 0 {
			return 0
		}
		if isCell(m.ids[i]) {
			return geo.Cell(m.ids[i])
		}
		return a.place[int32(i)].Cell // 0 for places without events, which are not looked up
	}
	g := &grid{cells: make([]geo.Cell, 0, len(m.ids))}
	for i := range m.ids {
		if c := cellAt(i); c != 0 {
			g.cells = append(g.cells, c)
		}
	}
	slices.Sort(g.cells)
	g.cells = slices.Compact(g.cells)
	g.index = geo.NewCellIndex(g.cells)
	g.x, g.e, g.tested = make([]float64, len(g.cells)), make([]float64, len(g.cells)), make([]bool, len(g.cells))
	n := -1
	for i := range m.ids {
		c := cellAt(i)
		if c == 0 {
			continue
		}
		if n++; n >= len(g.cells) || g.cells[n] != c { // cells come in order, venues do not
			n = g.at(c)
		}
		d := m.calls.design[i]
		g.x[n] += m.calls.x[i] / d
		g.e[n] += m.calls.expected[i] / d
		g.tested[n] = g.tested[n] || m.singles[i] > 0
	}
	return g
}
