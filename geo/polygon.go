package geo

import (
	"math"
	"slices"

	"github.com/paulmach/orb"
	orbgeo "github.com/paulmach/orb/geo"
)

// Point in polygon by the even-odd rule, exact for the given doubles.
//
// Boundary rule: an edge belongs to the polygon on one side of it only, chosen
// by position (roughly: west and south edges are inside, east and north edges
// are not), not by the polygon. Neighbours that share an edge vertex by vertex
// therefore never both claim a point on it, and never both refuse it.

// edge is a non-horizontal polygon edge with y0 < y1.
type edge struct {
	x0, y0, x1, y1 float64
}

// crosses tells whether a ray from (x, y) towards the east meets the edge.
func (e *edge) crosses(x, y float64) bool {
	if y < e.y0 || y >= e.y1 {
		return false
	}
	return (e.x1-e.x0)*(y-e.y0)-(x-e.x0)*(e.y1-e.y0) > 0
}

// polygon is one outer ring with its holes, its edges sorted into horizontal
// strips, so that a test looks at a handful of edges however long the outline is.
type polygon struct {
	bound  orb.Bound
	strips []uint32 // strip i holds edges[strips[i]:strips[i+1]]
	edges  []edge   // an edge that spans several strips is in each of them
	level  []edge   // horizontal edges: no ray meets them, but distances do
	base   float64
	scale  float64 // strips per degree of latitude
}

// newPolygon compiles a polygon; ok is false when it encloses nothing.
func newPolygon(p orb.Polygon) (polygon, bool) {
	var all []edge
	out := polygon{bound: orb.Bound{Min: orb.Point{math.Inf(1), math.Inf(1)}, Max: orb.Point{math.Inf(-1), math.Inf(-1)}}}
	for _, ring := range p {
		for i := range ring {
			a, b := ring[i], ring[(i+1)%len(ring)] // also closes a ring left open
			if a[1] == b[1] {
				if a[0] != b[0] {
					out.level = append(out.level, edge{a[0], a[1], b[0], b[1]})
				}
				continue
			}
			if a[1] > b[1] {
				a, b = b, a
			}
			all = append(all, edge{a[0], a[1], b[0], b[1]})
			out.bound.Min[0] = min(out.bound.Min[0], a[0], b[0])
			out.bound.Max[0] = max(out.bound.Max[0], a[0], b[0])
			out.bound.Min[1] = min(out.bound.Min[1], a[1])
			out.bound.Max[1] = max(out.bound.Max[1], b[1])
		}
	}
	if len(all) < 2 || out.bound.Min[0] >= out.bound.Max[0] {
		return polygon{}, false
	}
	n := 1
	if len(all) > 8 { // below, going through them all is quicker than finding the strip
		n = len(all) / 4
	}
	height := out.bound.Max[1] - out.bound.Min[1]
	out.base, out.scale = out.bound.Min[1], float64(n)/height
	counts := make([]uint32, n+1)
	for _, e := range all {
		first, last := out.strip(e.y0, n), out.strip(e.y1, n)
		for s := first; s <= last; s++ {
			counts[s+1]++
		}
	}
	for i := range n {
		counts[i+1] += counts[i]
	}
	out.strips = counts
	out.edges = make([]edge, counts[n])
	next := append([]uint32(nil), counts...)
	for _, e := range all {
		first, last := out.strip(e.y0, n), out.strip(e.y1, n)
		for s := first; s <= last; s++ {
			out.edges[next[s]] = e
			next[s]++
		}
	}
	return out, true
}

// strip is monotonous in y, so an edge's strips always include that of any y within it.
func (p *polygon) strip(y float64, n int) int {
	return max(0, min(n-1, int((y-p.base)*p.scale)))
}

func (p *polygon) contains(x, y float64) bool {
	// The half-open rule in y is the edges'; a point on the eastern bound is outside anyway.
	if x < p.bound.Min[0] || x > p.bound.Max[0] || y < p.bound.Min[1] || y > p.bound.Max[1] {
		return false
	}
	s := p.strip(y, len(p.strips)-1)
	in := false
	for i := p.strips[s]; i < p.strips[s+1]; i++ {
		if p.edges[i].crosses(x, y) {
			in = !in
		}
	}
	return in
}

// hasEdgeIn tells whether an edge comes into a rectangle; of edges that only come
// near it may say so too.
func (p *polygon) hasEdgeIn(x0, y0, x1, y1 float64) bool {
	if x1 < p.bound.Min[0] || x0 > p.bound.Max[0] || y1 < p.bound.Min[1] || y0 > p.bound.Max[1] {
		return false
	}
	within := func(edges []edge) bool {
		for i := range edges {
			e := &edges[i]
			if e.y1 < y0 || e.y0 > y1 {
				continue
			}
			xa, xb := e.between(y0, y1)
			if max(xa, xb) >= x0 && min(xa, xb) <= x1 {
				return true
			}
		}
		return false
	}
	n := len(p.strips) - 1
	return within(p.edges[p.strips[p.strip(y0, n)]:p.strips[p.strip(y1, n)+1]]) || within(p.level)
}

// between gives the longitudes at the ends of an edge's part between two latitudes.
func (e *edge) between(lo, hi float64) (xa, xb float64) {
	dy := e.y1 - e.y0
	if dy <= 0 {
		return e.x0, e.x1
	}
	return e.x0 + (e.x1-e.x0)*max(0, min(1, (lo-e.y0)/dy)), e.x0 + (e.x1-e.x0)*max(0, min(1, (hi-e.y0)/dy))
}

// distance gives the metres from a position to the polygon's nearest edge, or
// infinity when none is within reach, in the plane that touches the sphere
// there: for reaches up to some kilometres.
func (p *polygon) distance(x, y, reach float64) float64 {
	best := math.Inf(1)
	dy := reach / metresPerDeg * 1.001
	kx := metresPerDeg * math.Cos(y*radians)
	measure := func(edges []edge) {
		for i := range edges {
			e := &edges[i]
			d, _ := pointToPiece((e.x0-x)*kx, (e.y0-y)*metresPerDeg, (e.x1-x)*kx, (e.y1-y)*metresPerDeg)
			best = min(best, d)
		}
	}
	if y+dy >= p.bound.Min[1] && y-dy <= p.bound.Max[1] {
		n := len(p.strips) - 1
		measure(p.edges[p.strips[p.strip(y-dy, n)]:p.strips[p.strip(y+dy, n)+1]])
		measure(p.level)
	}
	if best = math.Sqrt(best); best > reach {
		return math.Inf(1)
	}
	return best
}

// pointToPiece gives the squared distance from the origin to the piece a–b in a
// plane, and where along the piece (0 to 1) the nearest point lies.
func pointToPiece(ax, ay, bx, by float64) (squared, along float64) {
	dx, dy := bx-ax, by-ay
	if l := dx*dx + dy*dy; l > 0 {
		along = max(0, min(1, -(ax*dx+ay*dy)/l))
	}
	x, y := ax+along*dx, ay+along*dy
	return x*x + y*y, along
}

// polygonsOf gives a geometry's polygons, nil for points and lines.
func polygonsOf(g orb.Geometry) []orb.Polygon {
	switch g := g.(type) {
	case orb.Polygon:
		return []orb.Polygon{g}
	case orb.MultiPolygon:
		return g
	case orb.Collection:
		var out []orb.Polygon
		for _, m := range g {
			out = append(out, polygonsOf(m)...)
		}
		return out
	}
	return nil
}

// linesOf gives a geometry's lines.
func linesOf(g orb.Geometry) []orb.LineString {
	switch g := g.(type) {
	case orb.LineString:
		return []orb.LineString{g}
	case orb.MultiLineString:
		return g
	case orb.Collection:
		var out []orb.LineString
		for _, m := range g {
			out = append(out, linesOf(m)...)
		}
		return out
	}
	return nil
}

// pointsOf gives a geometry's points.
func pointsOf(g orb.Geometry) []orb.Point {
	switch g := g.(type) {
	case orb.Point:
		return []orb.Point{g}
	case orb.MultiPoint:
		return g
	case orb.Collection:
		var out []orb.Point
		for _, m := range g {
			out = append(out, pointsOf(m)...)
		}
		return out
	}
	return nil
}

// Area gives a geometry's area in square metres on the sphere of the package
// comment; points and lines have none.
func Area(g orb.Geometry) float64 {
	total := 0.0
	for _, p := range polygonsOf(g) {
		total += orbgeo.Area(p)
	}
	return total
}

// checkGeometry says what is wrong with a geometry's coordinates, or nil.
func checkGeometry(g orb.Geometry) error {
	for _, p := range polygonsOf(g) {
		for _, r := range p {
			if err := checkPoints(r); err != nil {
				return err
			}
		}
	}
	for _, l := range linesOf(g) {
		if err := checkPoints(l); err != nil {
			return err
		}
	}
	return checkPoints(pointsOf(g))
}

// isEmpty tells whether a geometry has no position at all, or has a polygon, ring or
// line without one.
func isEmpty(g orb.Geometry) bool {
	for _, p := range polygonsOf(g) {
		if len(p) == 0 || slices.ContainsFunc(p, func(r orb.Ring) bool { return len(r) == 0 }) {
			return true
		}
	}
	if slices.ContainsFunc(linesOf(g), func(l orb.LineString) bool { return len(l) == 0 }) {
		return true
	}
	return len(polygonsOf(g))+len(linesOf(g))+len(pointsOf(g)) == 0
}

func checkPoints(ps []orb.Point) error {
	for _, p := range ps {
		if err := latLon(p).Validate(); err != nil {
			return err
		}
	}
	return nil
}
