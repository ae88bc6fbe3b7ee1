package geo

import (
	"math"
	"slices"
	"strings"

	"github.com/paulmach/orb"
)

// Tract is the ground a region covers, for measuring how much of it a cell covers.
// It never changes once made.
type Tract struct {
	rings  []tractRing
	whole  []polygon
	square float64
}

// tractRing is an outline or a hole, with its edges listed by strips of latitude.
type tractRing struct {
	ring   orb.Ring
	hole   bool
	strips map[int][]int32 // strip → edges that touch it
}

const tractStrip = 0.01 // degrees of latitude

// Tract gives the ground of a region: its own polygons or, where the region has
// none, those of the regions below it. It reports false for a code the catalogue
// does not have and for a region without any polygon.
func (c *Catalogue) Tract(code string) (*Tract, bool) {
	i, known := c.regions.index[code]
	if !known {
		return nil, false
	}
	t := &Tract{}
	for _, p := range c.regions.polygons(i) {
		body, ok := newPolygon(p)
		if !ok {
			continue
		}
		t.whole = append(t.whole, body)
		t.square += Area(p)
		for n, r := range p {
			t.rings = append(t.rings, newTractRing(r, n > 0))
		}
	}
	return t, len(t.rings) > 0
}

// polygons are a region's own or, failing these, its children's.
func (t *regionTree) polygons(i int) []orb.Polygon {
	if own := polygonsOf(t.regions[i].Geometry); len(own) > 0 {
		return own
	}
	var out []orb.Polygon
	for j := range t.regions {
		if t.regions[j].Parent == t.regions[i].Code && j != i {
			out = append(out, t.polygons(j)...)
		}
	}
	return out
}

func newTractRing(r orb.Ring, hole bool) tractRing {
	out := tractRing{ring: r, hole: hole, strips: map[int][]int32{}}
	for i := range r {
		a, b := r[i], r[(i+1)%len(r)]
		for s := strip(min(a[1], b[1])); s <= strip(max(a[1], b[1])); s++ {
			out.strips[s] = append(out.strips[s], int32(i))
		}
	}
	return out
}

func strip(lat float64) int { return int(math.Floor(lat / tractStrip)) }

// Area gives the ground's area in square metres.
func (t *Tract) Area() float64 { return t.square }

// AreaOf gives the area in square metres of a cell's part on this ground: 0 for
// an invalid cell, never more than the cell's own area.
func (t *Tract) AreaOf(cell Cell) float64 {
	inside, own := 0.0, 0.0
	for _, piece := range polygonsOf(cell.Boundary()) {
		outline := piece[0]
		area := Area(piece)
		own += area
		inside += t.areaWithin(outline, area)
	}
	return max(0, min(inside, own))
}

// areaWithin clips every ring to a convex outline (Sutherland–Hodgman: where a
// ring leaves and enters again the clipped one runs back along the outline, which
// adds nothing to its area). Outlines no edge comes near are wholly in or out.
func (t *Tract) areaWithin(outline orb.Ring, area float64) float64 {
	bound := outline.Bound()
	touched := false
	for i := range t.rings {
		if t.rings[i].near(bound) {
			touched = true
			break
		}
	}
	if !touched {
		for i := range t.whole {
			if t.whole[i].contains(outline[0][0], outline[0][1]) {
				return area
			}
		}
		return 0
	}
	total := 0.0
	for i := range t.rings {
		clipped := clipConvex(t.rings[i].ring, outline)
		if len(clipped) < 3 {
			continue
		}
		a := Area(orb.Polygon{append(clipped, clipped[0])})
		if t.rings[i].hole {
			a = -a
		}
		total += a
	}
	return total
}

// near tells whether some edge's bounding box meets a bound.
func (r *tractRing) near(b orb.Bound) bool {
	for s := strip(b.Min[1]); s <= strip(b.Max[1]); s++ {
		for _, i := range r.strips[s] {
			p, q := r.ring[i], r.ring[(int(i)+1)%len(r.ring)]
			if min(p[0], q[0]) <= b.Max[0] && max(p[0], q[0]) >= b.Min[0] && min(p[1], q[1]) <= b.Max[1] && max(p[1], q[1]) >= b.Min[1] {
				return true
			}
		}
	}
	return false
}

// clipConvex clips a closed ring to a closed, counter-clockwise, convex outline and
// gives an open ring.
func clipConvex(ring, outline orb.Ring) orb.Ring {
	out := slices.Clone(ring)
	if n := len(out); n > 1 && out[0] == out[n-1] {
		out = out[:n-1]
	}
	for i := 1; i < len(outline) && len(out) > 0; i++ {
		a, b := outline[i-1], outline[i]
		side := func(p orb.Point) float64 { return (b[0]-a[0])*(p[1]-a[1]) - (b[1]-a[1])*(p[0]-a[0]) }
		in := out
		out = nil
		for j, p := range in {
			q := in[(j+len(in)-1)%len(in)]
			dp, dq := side(p), side(q)
			if (dp >= 0) != (dq >= 0) {
				t := dq / (dq - dp)
				out = append(out, orb.Point{q[0] + t*(p[0]-q[0]), q[1] + t*(p[1]-q[1])})
			}
			if dp >= 0 {
				out = append(out, p)
			}
		}
	}
	return out
}

// Stretch is one kilometre of a highway line.
type Stretch struct {
	ID      PlaceID
	Venue   string  // id of the line
	LengthM float64 // metres; the last one of a line is what is left
}

// Highway gives the kilometres of all lines with a highway number, each
// carriageway that is a line of its own counted on its own; nil when no line has
// the number. Numbers are compared without regard to case; a line with several
// ("G4;G45") has each of them.
func (c *Catalogue) Highway(ref string) []Stretch {
	var out []Stretch
	for i := range c.venues {
		if !c.spots[i].line || !hasRef(c.venues[i].Ref, ref) {
			continue
		}
		segments := c.more(&c.spots[i])
		for k, id := range segments {
			length := segmentM
			if k == len(segments)-1 {
				length = c.extents[i].length - float64(k)*segmentM
			}
			out = append(out, Stretch{ID: id, Venue: c.venues[i].ID, LengthM: length})
		}
	}
	return out
}

func hasRef(refs, ref string) bool {
	for _, r := range strings.FieldsFunc(refs, func(r rune) bool { return r == ';' || r == ',' }) {
		if strings.EqualFold(strings.TrimSpace(r), strings.TrimSpace(ref)) {
			return true
		}
	}
	return false
}

// PlacesOf gives the ids of all places of a venue: itself with its lifts,
// basement and floor bands, or the kilometres of a line. A venue that is a part of
// another one (a tower's lift) gives that part alone. Nil for an unknown id.
func (c *Catalogue) PlacesOf(venue string) []PlaceID {
	i, known := c.index[venue]
	if !known {
		return nil
	}
	e := &c.spots[i]
	if int(e.host) != i {
		return []PlaceID{c.spots[e.host].parts[e.hostPart]}
	}
	var out []PlaceID
	for _, id := range e.parts {
		if id != 0 {
			out = append(out, id)
		}
	}
	return append(out, c.more(e)...)
}
