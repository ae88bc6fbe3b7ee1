package geo

import (
	"cmp"
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// squareIndex gathers what a record can belong to by squares of the finest grid
// (0.001°, about 100 m), so that one look-up in flat arrays answers for region,
// polygons, highways and points together: locating waits for memory more than it
// computes. A square is listed when a small polygon touches it, a line is within
// maxReach or a point within pointReach of it; then its lists are complete. Where
// none is listed only polygons of coarser levels remain (shapeIndex.beyond).
type squareIndex struct {
	slots  []gridSquare // open addressing; key 0 is free
	shapes []squareShape
	pieces []uint32 // of lines and tunnels
	points []squarePoint
	chains []orb.Point // outlines of polygons of few vertices
	grid   cellTable   // for its arithmetic alone
}

// gridSquare is one square: where its lists start, 0 for an empty one. The last item of
// a list carries lastItem.
type gridSquare struct {
	key                            uint64
	region                         int32 // index of the region all of it belongs to, noRegion or unsettled
	shapes, lines, tunnels, points uint32
	_                              uint32
}

// squareShape is a polygon that touches a square, in ascending order of number.
type squareShape struct {
	item   uint32 // number with wholeCell and lastItem
	owner  int32
	chain  uint32 // start and length of the outline in chains
	length uint32 // 0: too long, see shapeIndex.polys
}

type squarePoint struct {
	x, y  float64
	venue int32
	last  bool
}

const (
	lastItem   = uint32(1) << 30 // beside wholeCell
	itemNumber = lastItem - 1
	chainLimit = 48 // vertices; longer outlines are quicker by their strips
)

// Things a square can list, in the order in which the entries are sorted.
const (
	squareHasShape = iota
	squareHasLine
	squareHasTunnel
	squareHasPoint
)

type squareEntry struct {
	key  uint64
	kind uint8
	item uint32
}

// newSquareIndex builds the squares of a catalogue's other indexes.
func newSquareIndex(c *Catalogue) *squareIndex {
	s := &squareIndex{shapes: make([]squareShape, 1), pieces: make([]uint32, 1), points: make([]squarePoint, 1)}
	s.grid.inverse = 1 / finestGrid
	starts := s.addChains(c.shapes)
	var entries []squareEntry
	for _, l := range c.shapes.levels {
		if l.step == 0 {
			for i := range l.slots {
				if key := l.slots[i].key; key != 0 {
					entries = append(entries, squareEntry{key, squareHasShape, 0})
				}
			}
		}
	}
	entries = c.lines.squares(entries, squareHasLine)
	entries = c.tunnels.squares(entries, squareHasTunnel)
	entries = c.points.squares(entries)
	slices.SortFunc(entries, func(a, b squareEntry) int {
		if a.key != b.key {
			return cmp.Compare(a.key, b.key)
		}
		if a.kind != b.kind {
			return int(a.kind) - int(b.kind)
		}
		return cmp.Compare(a.item, b.item)
	})
	entries = slices.Compact(entries)
	n := 0
	for i := range entries {
		if i == 0 || entries[i].key != entries[i-1].key {
			n++
		}
	}
	s.slots = make([]gridSquare, n+n/2+1)
	for i := 0; i < len(entries); {
		first := i
		for i < len(entries) && entries[i].key == entries[first].key {
			i++
		}
		s.place(c, starts, entries[first:i])
	}
	return s
}

// addChains lays the outlines of small polygons one after another. A hole is joined
// to the outline by an edge gone there and back, which meets a ray twice or never.
func (s *squareIndex) addChains(x *shapeIndex) (starts []uint32) {
	starts = make([]uint32, len(x.polys)+1)
	for i, p := range x.sources {
		starts[i] = uint32(len(s.chains))
		s.chains = append(s.chains, chainOf(p)...)
	}
	starts[len(x.polys)] = uint32(len(s.chains))
	return starts
}

// chainOf gives a polygon's outline and holes as one closed walk, nil when that has
// more than chainLimit vertices.
func chainOf(p orb.Polygon) (chain []orb.Point) {
	for _, ring := range p {
		if len(ring) == 0 {
			continue
		}
		chain = append(chain, ring...)
		if ring[0] != ring[len(ring)-1] {
			chain = append(chain, ring[0])
		}
		if len(p) > 1 {
			chain = append(chain, p[0][0])
		}
		if len(chain) > chainLimit {
			return nil
		}
	}
	return chain
}

// place stores one square with its entries.
func (s *squareIndex) place(c *Catalogue, starts []uint32, entries []squareEntry) {
	key := entries[0].key
	at := s.home(key)
	for s.slots[at].key != 0 {
		if at++; at == len(s.slots) {
			at = 0
		}
	}
	q := &s.slots[at]
	q.key = key
	gx, gy := int(key>>32)-1, int(uint32(key))-1
	q.region = c.regions.answers.settledOn(float64(gx)*finestGrid-180, float64(gy)*finestGrid-90, finestGrid)

	items := c.shapes.inSquare(gx, gy)
	for i, item := range items {
		number := item &^ wholeCell
		if i == len(items)-1 {
			item |= lastItem
		}
		if i == 0 {
			q.shapes = uint32(len(s.shapes))
		}
		s.shapes = append(s.shapes, squareShape{item, c.shapes.owner[number], starts[number], starts[number+1] - starts[number]})
	}
	for i, e := range entries {
		last := i == len(entries)-1 || entries[i+1].kind != e.kind
		switch e.kind {
		case squareHasShape:
			// Polygons come from all levels, above.
		case squareHasPoint:
			if q.points == 0 {
				q.points = uint32(len(s.points))
			}
			p := c.points.points[e.item]
			s.points = append(s.points, squarePoint{p[0], p[1], c.points.venue[e.item], last})
		default:
			start := &q.lines
			if e.kind == squareHasTunnel {
				start = &q.tunnels
			}
			if *start == 0 {
				*start = uint32(len(s.pieces))
			}
			if last {
				e.item |= lastItem
			}
			s.pieces = append(s.pieces, e.item)
		}
	}
}

// home gives the slot a key is looked for first.
func (s *squareIndex) home(key uint64) int {
	return int(mix(key) >> 32 * uint64(len(s.slots)) >> 32)
}

// at gives the square of a position, nil when it is not listed.
func (s *squareIndex) at(p LatLon) *gridSquare {
	key := s.keyOf(p)
	return s.from(s.home(key), key)
}

func (s *squareIndex) keyOf(p LatLon) uint64 { return gridKey(s.grid.gridIndex(p.Lon, p.Lat)) }

// from looks for a key from a slot on.
func (s *squareIndex) from(at int, key uint64) *gridSquare {
	for {
		q := &s.slots[at]
		switch q.key {
		case key:
			return q
		case 0:
			return nil
		}
		if at++; at == len(s.slots) {
			at = 0
		}
	}
}

// first gives the lowest polygon number ≥ from that contains a position and its
// owner; MaxUint32 when there is none in the square.
func (s *squareIndex) first(x *shapeIndex, q *gridSquare, p LatLon, from uint32) (number uint32, owner int32) {
	if q.shapes == 0 {
		return math.MaxUint32, -1
	}
	for at := q.shapes; ; at++ {
		h := &s.shapes[at]
		number := h.item & itemNumber
		if number >= from && (h.item&wholeCell != 0 || s.inside(x, h, p)) {
			return number, h.owner
		}
		if h.item&lastItem != 0 {
			return math.MaxUint32, -1
		}
	}
}

func (s *squareIndex) inside(x *shapeIndex, h *squareShape, p LatLon) bool {
	if h.length == 0 {
		return x.polys[h.item&itemNumber].contains(p.Lon, p.Lat)
	}
	return chainContains(s.chains[h.chain:h.chain+h.length], p.Lon, p.Lat)
}

// chainContains is polygon.contains over a closed walk, edge by edge with the same
// arithmetic: the lower end of an edge comes first, so that neighbours that share
// it agree.
func chainContains(chain []orb.Point, x, y float64) bool {
	in := false
	a := chain[0]
	above := a[1] > y
	for _, b := range chain[1:] {
		if next := b[1] > y; next != above {
			low, high := b, a
			if next {
				low, high = a, b
			}
			if (high[0]-low[0])*(y-low[1])-(x-low[0])*(high[1]-low[1]) > 0 {
				in = !in
			}
			above = next
		}
		a = b
	}
	return in
}

// nearestPoint gives the venue of the nearest point within pointReach, −1 for none;
// of equally near ones the one given last. kx is the metres of a degree of longitude.
func (s *squareIndex) nearestPoint(q *gridSquare, p LatLon, kx float64) int {
	if q.points == 0 {
		return -1
	}
	best, venue := pointReach*pointReach, -1
	for at := q.points; ; at++ {
		h := &s.points[at]
		dx, dy := (h.x-p.Lon)*kx, (h.y-p.Lat)*metresPerDeg
		if d := dx*dx + dy*dy; d <= best {
			best, venue = d, int(h.venue)
		}
		if h.last {
			return venue
		}
	}
}
