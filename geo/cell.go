package geo

import (
	"fmt"
	"math"
	"sort"
	"strconv"

	"github.com/paulmach/orb"
	"github.com/uber/h3-go/v4"
)

// CellAt gives the H3 cell that contains a position. It refuses positions that
// are not on the globe and resolutions outside 0 to 15.
func CellAt(p LatLon, r Resolution) (Cell, error) {
	if err := p.Validate(); err != nil {
		return 0, err
	}
	if r < 0 || r > 15 {
		return 0, fmt.Errorf("resolution %d is outside 0 to 15", r)
	}
	if r == StoredResolution {
		if c := storedCell(p); c != 0 {
			return c, nil
		}
	}
	c, err := h3.LatLngToCell(h3.LatLng{Lat: p.Lat, Lng: p.Lon}, int(r))
	if err != nil {
		return 0, fmt.Errorf("the cell of %v, %v at resolution %d: %w", p.Lat, p.Lon, r, err)
	}
	return Cell(c), nil
}

// rankCell gives the cell of RankResolution that records at a valid position are
// ranked in: the ancestor of their stored cell. Near its border that can be the
// neighbour of CellAt(p, RankResolution), because H3's cells do not nest exactly.
func rankCell(p LatLon) Cell { return storedCell(p).Parent(RankResolution) }

// ParseCell reads a cell from hex text as String writes it. It refuses anything
// that is not a valid H3 cell, which the H3 library does not.
func ParseCell(s string) (Cell, error) {
	v, err := strconv.ParseUint(s, 16, 64)
	if err != nil || !Cell(v).Valid() {
		return 0, fmt.Errorf("%q is not an H3 cell: 15 hexadecimal digits such as 8931aa2a157ffff are expected", s)
	}
	return Cell(v), nil
}

// Valid tells whether c is an H3 cell (zero is not).
func (c Cell) Valid() bool { return h3.Cell(c).IsValid() }

// String gives hex text, or "" for the unknown cell.
func (c Cell) String() string {
	if c == 0 {
		return ""
	}
	return strconv.FormatUint(uint64(c), 16)
}

// MarshalText writes hex text: cell numbers exceed 2^53, which JSON readers round.
func (c Cell) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (c *Cell) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*c = 0
		return nil
	}
	*c, err = ParseCell(string(b))
	return err
}

// Layout of an H3 index: 4 bits resolution from bit 52, then 15 digits of 3 bits.
const (
	cellResShift = 52
	cellResMask  = uint64(0xf) << cellResShift
)

// Resolution gives the cell's resolution, 0 to 15.
func (c Cell) Resolution() Resolution {
	return Resolution(uint64(c) & cellResMask >> cellResShift)
}

// Parent gives the ancestor at resolution r by bit arithmetic alone. A cell is
// its own parent at its own resolution; it has none at finer ones: 0.
func (c Cell) Parent(r Resolution) Cell {
	own := c.Resolution()
	if c == 0 || r < 0 || r > own {
		return 0
	}
	finer := uint64(1)<<(3*(15-uint(r))) - 1 // digits r+1 … 15 read 7 ("not used")
	return Cell(uint64(c)&^cellResMask | uint64(r)<<cellResShift | finer)
}

// Children gives the cells of resolution r whose ancestor a cell is: 7 for the next
// one, 6 of a pentagon. Nil for an invalid cell or a coarser r.
func (c Cell) Children(r Resolution) []Cell {
	if !c.Valid() || r < c.Resolution() || r > 15 {
		return nil
	}
	children, err := h3.Cell(c).Children(int(r))
	if err != nil {
		return nil
	}
	out := make([]Cell, len(children))
	for i, x := range children {
		out[i] = Cell(x)
	}
	return out
}

// Center gives the cell's centre, the zero LatLon for an invalid cell.
func (c Cell) Center() LatLon {
	if !c.Valid() {
		return LatLon{}
	}
	p, err := h3.Cell(c).LatLng()
	if err != nil {
		return LatLon{}
	}
	return LatLon{Lat: p.Lat, Lon: p.Lng}
}

// Boundary gives the cell's outline, closed and counter-clockwise: a Polygon, or
// a MultiPolygon cut at the antimeridian. Nil for an invalid cell.
func (c Cell) Boundary() orb.Geometry {
	if !c.Valid() {
		return nil
	}
	b, err := h3.Cell(c).Boundary()
	if err != nil || len(b) < 3 {
		return nil
	}
	ring := make(orb.Ring, 0, len(b)+1)
	west, east := math.Inf(1), math.Inf(-1)
	for _, p := range b {
		ring = append(ring, orb.Point{p.Lng, p.Lat})
		west, east = min(west, p.Lng), max(east, p.Lng)
	}
	if east-west <= 180 {
		return orb.Polygon{append(ring, ring[0])}
	}
	return cutAtAntimeridian(ring)
}

// cutAtAntimeridian takes an open ring whose longitudes jump by 360 degrees and
// gives the pieces on both sides.
func cutAtAntimeridian(open orb.Ring) orb.Geometry {
	// Unroll: consecutive longitudes never differ by more than 180.
	ring := orb.Ring{open[0]}
	turn := 0.0
	for i := 1; i <= len(open); i++ {
		p := open[i%len(open)]
		d := p[0] - open[i-1][0]
		if d > 180 {
			turn -= 360
		} else if d < -180 {
			turn += 360
		}
		ring = append(ring, orb.Point{p[0] + turn, p[1]})
	}
	if turn != 0 { // the ring goes once round: a pole lies inside
		return polarCap(open)
	}
	closed := ring[:len(ring)-1]
	var out orb.MultiPolygon
	for _, shift := range []float64{0, 360, -360} {
		piece := make(orb.Ring, len(closed))
		for i, p := range closed {
			piece[i] = orb.Point{p[0] + shift, p[1]}
		}
		piece = keepSide(piece, -180, false)
		piece = keepSide(piece, 180, true)
		if len(piece) >= 3 {
			out = append(out, orb.Polygon{append(piece, piece[0])})
		}
	}
	if len(out) == 1 {
		return out[0]
	}
	return out
}

// keepSide clips an open ring to one side of a meridian (Sutherland–Hodgman).
func keepSide(ring orb.Ring, lon float64, below bool) orb.Ring {
	in := func(p orb.Point) bool { return below == (p[0] < lon) }
	var out orb.Ring
	for i, p := range ring {
		prev := ring[(i+len(ring)-1)%len(ring)]
		if in(p) != in(prev) {
			t := (lon - prev[0]) / (p[0] - prev[0])
			out = append(out, orb.Point{lon, prev[1] + t*(p[1]-prev[1])})
		}
		if in(p) {
			out = append(out, p)
		}
	}
	return out
}

// polarCap draws a ring around a pole as the area between it and the map's edge.
func polarCap(open orb.Ring) orb.Geometry {
	pole := 90.0
	if open[0][1] < 0 {
		pole = -90
	}
	ring := append(orb.Ring{}, open...)
	sort.Slice(ring, func(i, j int) bool { return ring[i][0] < ring[j][0] })
	first, last := ring[0], ring[len(ring)-1]
	t := (180 - last[0]) / (first[0] + 360 - last[0])
	edge := last[1] + t*(first[1]-last[1])
	out := orb.Ring{{-180, edge}}
	out = append(out, ring...)
	out = append(out, orb.Point{180, edge}, orb.Point{180, pole}, orb.Point{-180, pole}, orb.Point{-180, edge})
	if pole < 0 {
		out.Reverse()
	}
	return orb.Polygon{out}
}
