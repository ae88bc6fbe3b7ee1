package geo

import (
	"math"
	"slices"
	"sort"

	"github.com/paulmach/orb"
)

// shapeIndex finds the polygons that contain a position. Polygons lie on one of
// several grids by their size, so that each covers at most a dozen cells a
// side; a cell that lies wholly inside a polygon needs no further test.
type shapeIndex struct {
	pending []pendingShape
	polys   []polygon // best rank first: find wants the lowest number
	owner   []int32   // of each polygon
	sources []orb.Polygon
	levels  []gridLevel // finest first, those without polygons left out
}

// gridLevel is the grid whose cells are finestGrid·2^step wide.
type gridLevel struct {
	cellTable
	step uint
}

type pendingShape struct {
	owner  int
	poly   polygon
	source orb.Polygon
	prio   float64
}

const (
	finestGrid    = 0.001 // degrees: about 100 m
	gridStep      = 2     // from level to level
	gridLevels    = 11    // 0.001 … 1.024 degrees
	cellsPerSide  = 12    // a polygon's most on its level
	wholeCell     = uint32(1) << 31
	cellTolerance = 1e-9 // degrees, far above rounding, far below any building
)

func newShapeIndex() *shapeIndex { return &shapeIndex{} }

// add takes a geometry's polygons for an owner; where several contain a
// position, the highest priority is found, and of equals the first added.
func (s *shapeIndex) add(owner int, g orb.Geometry, priority float64) {
	for _, p := range polygonsOf(g) {
		if c, ok := newPolygon(p); ok {
			s.pending = append(s.pending, pendingShape{owner, c, p, priority})
		}
	}
}

func (s *shapeIndex) build() {
	sort.SliceStable(s.pending, func(i, j int) bool { return s.pending[i].prio > s.pending[j].prio })
	entries := make([][]cellEntry, gridLevels)
	for i, p := range s.pending {
		s.polys = append(s.polys, p.poly)
		s.owner = append(s.owner, int32(p.owner))
		s.sources = append(s.sources, p.source)
		extent := max(p.poly.bound.Max[0]-p.poly.bound.Min[0], p.poly.bound.Max[1]-p.poly.bound.Min[1])
		level, size := 0, finestGrid
		for level < gridLevels-1 && extent > size*cellsPerSide {
			level++
			size *= gridStep
		}
		entries[level] = rasterise(entries[level], &s.polys[i], uint32(i), 1/size)
	}
	s.pending = nil
	inverse := 1 / finestGrid
	for step, e := range entries {
		if len(e) > 0 {
			l := gridLevel{cellTable{inverse: inverse}, uint(step)}
			l.fill(e)
			s.levels = append(s.levels, l)
		}
		inverse /= gridStep
	}
}

// rasterise adds the cells a polygon touches; those without any edge in them
// carry wholeCell.
func rasterise(entries []cellEntry, p *polygon, item uint32, inverse float64) []cellEntry {
	t := cellTable{inverse: inverse}
	x0, y0 := t.gridIndex(p.bound.Min[0]-cellTolerance, p.bound.Min[1]-cellTolerance)
	x1, y1 := t.gridIndex(p.bound.Max[0]+cellTolerance, p.bound.Max[1]+cellTolerance)
	nx, ny := x1-x0+1, y1-y0+1
	edges := make([]bool, nx*ny)
	mark := func(e *edge) {
		_, r0 := t.gridIndex(e.x0, e.y0-cellTolerance)
		_, r1 := t.gridIndex(e.x0, e.y1+cellTolerance)
		for r := r0; r <= r1; r++ {
			// The part of the edge within this row.
			lo, hi := float64(r)/inverse-90-cellTolerance, float64(r+1)/inverse-90+cellTolerance
			xa, xb := e.between(lo, hi)
			c0, _ := t.gridIndex(min(xa, xb)-cellTolerance, e.y0)
			c1, _ := t.gridIndex(max(xa, xb)+cellTolerance, e.y0)
			for c := max(c0, x0); c <= min(c1, x1); c++ {
				edges[(r-y0)*nx+c-x0] = true
			}
		}
	}
	for i := range p.edges {
		mark(&p.edges[i])
	}
	for i := range p.level {
		mark(&p.level[i])
	}
	for r := range ny {
		for c := range nx {
			switch {
			case edges[r*nx+c]:
				entries = append(entries, cellEntry{gridKey(x0+c, y0+r), item})
			case p.contains((float64(x0+c)+0.5)/inverse-180, (float64(y0+r)+0.5)/inverse-90):
				entries = append(entries, cellEntry{gridKey(x0+c, y0+r), item | wholeCell})
			}
		}
	}
	return entries
}

// find gives the owner of the best polygon that contains a position, −1 for none.
func (s *shapeIndex) find(p LatLon) int {
	if at := s.first(p, 0); at < math.MaxUint32 {
		return int(s.owner[at])
	}
	return -1
}

// first gives the lowest polygon number ≥ from that contains a position, or
// MaxUint32. Calling it again with the result plus one goes on to the next.
func (s *shapeIndex) first(p LatLon, from uint32) uint32 { return s.firstOn(s.levels, p, from) }

// beyond is first among the polygons that are not on the finest grid.
func (s *shapeIndex) beyond(p LatLon, from uint32) uint32 {
	if len(s.levels) > 0 && s.levels[0].step == 0 {
		return s.firstOn(s.levels[1:], p, from)
	}
	return s.firstOn(s.levels, p, from)
}

func (s *shapeIndex) firstOn(levels []gridLevel, p LatLon, from uint32) uint32 {
	best := uint32(math.MaxUint32)
	for l := range levels {
		t := &levels[l]
		gx, gy := t.gridIndex(p.Lon, p.Lat)
		for _, item := range t.at(gx, gy) {
			number := item &^ wholeCell
			if number < from {
				continue
			}
			if number >= best {
				break
			}
			if item&wholeCell != 0 || s.polys[number].contains(p.Lon, p.Lat) {
				best = number
				break
			}
		}
	}
	return best
}

// inSquare gives all polygons that touch a cell of the finest grid, in ascending
// order, with wholeCell where the cell lies wholly inside. Coarser cells are unions
// of finer ones, also in floating point: their sizes differ by powers of two.
func (s *shapeIndex) inSquare(gx, gy int) []uint32 {
	var items []uint32
	x0, y0 := float64(gx)*finestGrid-180, float64(gy)*finestGrid-90
	for l := range s.levels {
		t := &s.levels[l]
		for _, item := range t.at(gx>>t.step, gy>>t.step) {
			switch {
			case item&wholeCell != 0 || t.step == 0:
				items = append(items, item)
			case s.polys[item].hasEdgeIn(x0-cellTolerance, y0-cellTolerance, x0+finestGrid+cellTolerance, y0+finestGrid+cellTolerance):
				items = append(items, item)
			case s.polys[item].contains(x0+finestGrid/2, y0+finestGrid/2):
				items = append(items, item|wholeCell)
			}
		}
	}
	slices.SortFunc(items, func(a, b uint32) int { return int(int64(a&^wholeCell) - int64(b&^wholeCell)) })
	return items
}

// nearest gives the number of the polygon with the nearest edge within some
// metres, among those whose owner is wanted, or MaxUint32. Of equally near ones
// it is the lowest number.
func (s *shapeIndex) nearest(p LatLon, metres float64, wanted func(owner int) bool) uint32 {
	best, least := uint32(math.MaxUint32), metres
	dLon, dLat := degreesFor(metres, p.Lat)
	for l := range s.levels {
		t := &s.levels[l]
		x0, y0 := t.gridIndex(max(-180, p.Lon-dLon), max(-90, p.Lat-dLat))
		x1, y1 := t.gridIndex(min(180, p.Lon+dLon), min(90, p.Lat+dLat))
		for gx := x0; gx <= x1; gx++ {
			for gy := y0; gy <= y1; gy++ {
				for _, item := range t.at(gx, gy) {
					if item&wholeCell != 0 || !wanted(int(s.owner[item])) {
						continue // a whole cell has no edge
					}
					if d := s.polys[item].distance(p.Lon, p.Lat, least); d < least || d == least && item < best {
						best, least = item, d
					}
				}
			}
		}
	}
	return best
}
