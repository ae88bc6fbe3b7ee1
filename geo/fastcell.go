package geo

import (
	"math"
	"sync"
	"sync/atomic"

	"github.com/uber/h3-go/v4"
)

// The H3 cell of a position at StoredResolution without calling the library,
// which costs 1.4–1.9 µs each time.
//
// H3 projects a position gnomonically onto the nearest face of an icosahedron
// and takes the nearest point of a hexagonal lattice there; the cell's digits
// are the lattice point's path up the aperture-7 hierarchy, turned by a multiple
// of 60° that depends on face and base cell (H3 documentation, "Indexing").
// Here the same lattice is laid on the same faces. The digits below
// prefixResolution come from integer arithmetic; what stands before them, and
// the turn, is asked of the library once per face and lattice point of
// prefixResolution, and kept.
//
// Exactness: the library's rounding can only differ where a position lies within
// its rounding error of an edge between cells or faces. Positions within a far
// wider margin, and pentagons, go to the library. TestFastCell compares both on
// millions of positions.

const (
	prefixResolution = 5
	edgeMargin       = 1e-3     // lattice units at StoredResolution: 5 cm
	faceMargin       = 1e-9     // difference of cosines: below 1 cm
	axialLimit       = 512      // lattice coordinates at prefixResolution stay below
	pageSide         = 32       // lattice points of a page, each way
	enoughSamples    = 9        // descendants that must agree on a prefix, where the face has as many
	ccwDigits        = 0x513264 // H3 digits of the directions 0°, 60°, … 300°, a nibble each, lowest first
)

var (
	sqrt7Scale = math.Pow(7, float64(StoredResolution)/2) / 0.38196601125010515 // plane → lattice; 1/φ² is the unit at resolution 0
	twoBySqrt3 = 2 / math.Sqrt(3.0)
	ap7Turn    = math.Asin(math.Sqrt(3.0 / 28)) // odd resolutions are turned by this
)

type vec3 [3]float64

func (a vec3) dot(b vec3) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }

func (a vec3) cross(b vec3) vec3 {
	return vec3{a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]}
}

func (a vec3) unit() vec3 {
	n := math.Sqrt(a.dot(a))
	return vec3{a[0] / n, a[1] / n, a[2] / n}
}

// icosaFace is a face with the lattice's axes on it, scaled to StoredResolution.
type icosaFace struct {
	normal vec3
	x, y   vec3 // first axis and the one 90° counter-clockwise of it
}

// lattice holds the faces and what was learnt about prefixes.
type lattice struct {
	faces [20]icosaFace
	// sole says, for each degree of latitude and longitude, which face alone it
	// lies on (noFace where several do), well away from the face's edges.
	sole  [180 * 360]uint8
	pages [20][2 * axialLimit / pageSide][2 * axialLimit / pageSide]atomic.Pointer[prefixPage]
}

// prefixPage holds one entry per lattice point: 0 = not asked yet, entrySlow, or
// the cell's bits above the digits of StoredResolution with the turn in the
// lowest three bits and entryKnown.
type prefixPage [pageSide][pageSide]atomic.Uint64

const (
	entryKnown = 1 << 3
	entrySlow  = 1 << 4
)

var theLattice = sync.OnceValue(newLattice)

// newLattice finds the icosahedron by the twelve pentagons of resolution 0, which
// are centred on its corners.
func newLattice() *lattice {
	pentagons, err := h3.Pentagons(0)
	if err != nil || len(pentagons) != 12 {
		panic("geo: the H3 library does not give twelve pentagons")
	}
	var corners []vec3
	for _, p := range pentagons {
		c, err := p.LatLng()
		if err != nil {
			panic("geo: the H3 library does not locate its pentagons")
		}
		corners = append(corners, unitVector(LatLon{c.Lat, c.Lng}))
	}
	near := func(a, b vec3) bool { return a.dot(b) > 0.4 } // 1/√5 for neighbours
	l := &lattice{}
	n := 0
	for i := range corners {
		for j := i + 1; j < 12; j++ {
			for k := j + 1; k < 12; k++ {
				a, b, c := corners[i], corners[j], corners[k]
				if !near(a, b) || !near(b, c) || !near(a, c) {
					continue
				}
				f := &l.faces[n]
				n++
				f.normal = vec3{a[0] + b[0] + c[0], a[1] + b[1] + c[1], a[2] + b[2] + c[2]}.unit()
				d := a.dot(f.normal)
				u := vec3{a[0] - d*f.normal[0], a[1] - d*f.normal[1], a[2] - d*f.normal[2]}.unit()
				w := f.normal.cross(u)
				sin, cos := math.Sincos(ap7Turn) // StoredResolution is odd
				for q := range 3 {
					f.x[q] = (cos*u[q] + sin*w[q]) * sqrt7Scale
					f.y[q] = (cos*w[q] - sin*u[q]) * sqrt7Scale
				}
			}
		}
	}
	for lat := range 180 {
		for lon := range 360 {
			l.sole[lat*360+lon] = l.soleFace(lat, lon)
		}
	}
	return l
}

const noFace = 255

// soleFace finds the face of a whole degree square: the cosine to a face's centre
// changes by at most the distance moved times that between two centres.
func (l *lattice) soleFace(lat, lon int) uint8 {
	const radius = 0.0126 // half a degree's diagonal, as a chord, with some to spare
	v := unitVector(LatLon{float64(lat) - 89.5, float64(lon) - 179.5})
	best := 0
	for i := range l.faces {
		if v.dot(l.faces[i].normal) > v.dot(l.faces[best].normal) {
			best = i
		}
	}
	n := l.faces[best].normal
	for i := range l.faces {
		m := l.faces[i].normal
		apart := math.Sqrt(max(0, 2-2*n.dot(m)))
		if i != best && v.dot(n)-v.dot(m) <= apart*radius+faceMargin {
			return noFace
		}
	}
	return uint8(best)
}

func unitVector(p LatLon) vec3 {
	sinLat, cosLat := sincosDegrees(p.Lat)
	sinLon, cosLon := sincosDegrees(p.Lon)
	return vec3{cosLat * cosLon, cosLat * sinLon, sinLat}
}

// sincosDegrees is math.Sincos of an angle of −180 to 180 degrees, by Taylor's series
// around the nearest multiple of 90: off by less than 1e-11, far inside the margins
// above, in less than half the time.
func sincosDegrees(d float64) (sin, cos float64) {
	turn := nearestWhole(d / 90)
	x := (d - 90*turn) * radians
	y := x * x
	sin = x * (1 + y*(-1.0/6+y*(1.0/120+y*(-1.0/5040+y*(1.0/362880-y*(1.0/39916800))))))
	cos = 1 + y*(-1.0/2+y*(1.0/24+y*(-1.0/720+y*(1.0/40320+y*(-1.0/3628800+y*(1.0/479001600))))))
	switch int(turn) & 3 {
	case 1:
		return cos, -sin
	case 2:
		return -sin, -cos
	case 3:
		return -cos, sin
	}
	return sin, cos
}

// nearestWhole rounds numbers below 2^51 to the nearest whole one, ties to even.
func nearestWhole(x float64) float64 {
	const shift = 3 << 51
	return (x + shift) - shift
}

// axial is a lattice point: q steps along the first axis, r along the one 60°
// counter-clockwise of it.
type axial struct{ q, r int }

// nearest gives the face and lattice point of a position; sure is false within
// the margins where the library must decide.
func (l *lattice) nearest(p LatLon) (face int, at axial, sure bool) {
	v := unitVector(p)
	best, apart := 0.0, 1.0
	if sole := l.sole[min(179, int(p.Lat+90))*360+min(359, int(p.Lon+180))]; sole != noFace {
		face = int(sole)
		best = v.dot(l.faces[face].normal)
	} else {
		face, best, apart = l.nearestFace(v)
	}
	f := &l.faces[face]
	scale := 1 / best
	x, y := v.dot(f.x)*scale, v.dot(f.y)*scale
	r := y * twoBySqrt3
	q := x - r/2
	s := -q - r
	rq, rr, rs := nearestWhole(q), nearestWhole(r), nearestWhole(s)
	dq, dr, ds := math.Abs(q-rq), math.Abs(r-rr), math.Abs(s-rs)
	// The coordinate rounded worst follows from the other two.
	switch {
	case dq > dr && dq > ds:
		rq = -rr - rs
	case dr > ds:
		rr = -rq - rs
	}
	// Steps towards each of the six neighbours; at ½ lies the edge.
	eq, er := q-rq, r-rr
	es := -eq - er
	reach := max(math.Abs(eq-er), math.Abs(er-es), math.Abs(es-eq))
	sure = reach < 1-2*edgeMargin && apart > faceMargin
	return face, axial{int(rq), int(rr)}, sure
}

// nearestFace gives the face whose centre is nearest, the cosine to it, and how
// much smaller that to the next one is.
func (l *lattice) nearestFace(v vec3) (face int, best, apart float64) {
	best, second := -2.0, -2.0
	for i := range l.faces {
		if d := v.dot(l.faces[i].normal); d > best {
			best, second, face = d, best, i
		} else if d > second {
			second = d
		}
	}
	return face, best, best - second
}

// up gives the lattice point's parent, and the direction of the point from the
// parent's centre child: 0 for the centre itself, else 1 + its angle / 60°.
func (a axial) up(r Resolution) (parent axial, direction int) {
	// Round to nearest of sevenths, for negative numbers too; ties do not occur.
	const lift = 7 << 40
	seventh := func(n int) int { return int(uint(n+3+lift)/7) - lift/7 }
	var d axial
	if r&1 == 1 {
		parent = axial{seventh(2*a.q - a.r), seventh(a.q + 3*a.r)}
		d = axial{a.q - 3*parent.q - parent.r, a.r - 2*parent.r + parent.q}
	} else {
		parent = axial{seventh(3*a.q + a.r), seventh(2*a.r - a.q)}
		d = axial{a.q - 2*parent.q + parent.r, a.r - parent.q - 3*parent.r}
	}
	return parent, int(directions[d.q+1][d.r+1])
}

// down is the inverse of up.
func (a axial) down(r Resolution, direction int) axial {
	var c axial
	if r&1 == 1 { // the children's resolution
		c = axial{3*a.q + a.r, 2*a.r - a.q}
	} else {
		c = axial{2*a.q - a.r, a.q + 3*a.r}
	}
	if direction > 0 {
		s := steps[direction-1]
		c.q += s.q
		c.r += s.r
	}
	return c
}

var steps = [6]axial{{1, 0}, {0, 1}, {-1, 1}, {-1, 0}, {0, -1}, {1, -1}}

var directions = func() (t [3][3]uint8) {
	for i, s := range steps {
		t[s.q+1][s.r+1] = uint8(i + 1)
	}
	return t
}()

// storedCell gives the cell at StoredResolution of a valid position; 0 when the
// library cannot tell.
func storedCell(p LatLon) Cell {
	l := theLattice()
	if face, at, sure := l.nearest(p); sure {
		if c := l.cell(face, at); c != 0 {
			return c
		}
	}
	return libraryCell(p)
}

func libraryCell(p LatLon) Cell {
	c, err := h3.LatLngToCell(h3.LatLng{Lat: p.Lat, Lng: p.Lon}, int(StoredResolution))
	if err != nil {
		return 0
	}
	return Cell(c)
}

// cell puts a lattice point's digits behind its prefix; 0 when that is not known
// and cannot be.
func (l *lattice) cell(face int, at axial) Cell {
	path, top := pathOf(at)
	e := l.entry(face, top)
	if e == nil {
		return 0
	}
	known := e.Load()
	if known == 0 {
		known = l.learn(face, top)
		e.Store(known)
	}
	if known&entryKnown == 0 {
		return 0
	}
	return assemble(known, path)
}

// Two levels of the hierarchy together, an odd and an even resolution, divide the
// lattice by 7 without turning it. So two digits follow from both coordinates
// modulo 7, and the point two levels up from division by 7.
var (
	pairUp     [49]axial   // by 7·(q mod 7) + r mod 7: what is added after the division
	pairDigits [6][49]Cell // by turn: the two H3 digits, the finer one lowest
)

func init() {
	for i := range pairUp {
		up, finer := axial{i / 7, i % 7}.up(StoredResolution)
		up, coarser := up.up(StoredResolution - 1)
		pairUp[i] = up
		for turn := range pairDigits {
			pairDigits[turn][i] = digitOf(coarser, turn)<<3 | digitOf(finer, turn)
		}
	}
}

// digitOf gives the H3 digit of a direction (0: centre) turned by multiples of 60°.
func digitOf(direction, turn int) Cell {
	if direction == 0 {
		return 0
	}
	return Cell(ccwDigits >> (4 * ((direction - 1 + turn) % 6)) & 7)
}

// latticePath is where a lattice point lies below its ancestor at
// prefixResolution: three indices into pairUp, finest first.
type latticePath [(int(StoredResolution) - prefixResolution) / 2]uint8

func pathOf(at axial) (path latticePath, top axial) {
	const lift = 7 << 40 // makes the remainder of negative numbers positive
	for i := range path {
		q, r := uint(at.q+lift), uint(at.r+lift)
		residue := q%7*7 + r%7
		path[i] = uint8(residue)
		up := &pairUp[residue]
		at = axial{int(q/7) - lift/7 + up.q, int(r/7) - lift/7 + up.r}
	}
	return path, at
}

// assemble writes the digits of a path behind an entry's prefix.
func assemble(known uint64, path latticePath) Cell {
	const finest = 3 * (15 - uint(StoredResolution))
	digits := &pairDigits[known&7]
	c := Cell(known&^0xff) | (1<<finest - 1) // digits finer than StoredResolution read 7
	for i, residue := range path {
		c |= digits[residue] << (finest + 6*uint(i))
	}
	return c
}

func (l *lattice) entry(face int, top axial) *atomic.Uint64 {
	q, r := uint(top.q+axialLimit), uint(top.r+axialLimit)
	if q >= 2*axialLimit || r >= 2*axialLimit {
		return nil
	}
	slot := &l.pages[face][q/pageSide][r/pageSide]
	page := slot.Load()
	if page == nil {
		slot.CompareAndSwap(nil, new(prefixPage))
		page = slot.Load()
	}
	return &page[q%pageSide][r%pageSide]
}
