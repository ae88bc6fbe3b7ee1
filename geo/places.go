package geo

import (
	"fmt"
	"strconv"

	"github.com/paulmach/orb"
)

// String gives 16 hexadecimal digits, or "" for no place.
func (id PlaceID) String() string {
	if id == 0 {
		return ""
	}
	return fmt.Sprintf("%016x", uint64(id))
}

// MarshalText writes hex text: place numbers exceed 2^53, which JSON readers round.
func (id PlaceID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (id *PlaceID) UnmarshalText(b []byte) (err error) {
	*id, err = ParsePlaceID(string(b))
	return err
}

// ParsePlaceID reads a place id from hex text; empty text is no place.
func ParsePlaceID(s string) (PlaceID, error) {
	if s == "" {
		return 0, nil
	}
	v, err := strconv.ParseUint(s, 16, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a place id: up to 16 hexadecimal digits are expected", s)
	}
	return PlaceID(v), nil
}

// Place turns an id back into what it stands for. It reports false for ids of
// venues and lines that the catalogue does not have and for numbers that are no
// cell of RankResolution.
func (c *Catalogue) Place(id PlaceID) (Place, bool) {
	if id&topBit == 0 {
		cell := Cell(id)
		if !cell.Valid() || cell.Resolution() != RankResolution {
			return Place{}, false
		}
		return Place{ID: id, Kind: PlaceCell, Key: "cell/" + cell.String(), Name: cell.String(), Cell: cell, Center: cell.Center(),
			Region: c.regionPathAt(cell.Center()), Geometry: cell.Boundary()}, true
	}
	ref, known := c.places[id]
	if !known {
		return Place{}, false
	}
	v, e := &c.venues[ref.venue], &c.extents[ref.venue]
	p := Place{ID: id, Kind: PlaceVenue, Key: c.key(ref), Scene: v.Scene, Venue: v, Part: ref.part, Geometry: v.Geometry}
	centre := e.centre
	name := v.Name
	if name == "" {
		name = v.ID
	}
	if c.spots[ref.venue].line {
		p.Kind, p.Ref, p.Km = PlaceSegment, v.Ref, int(ref.n)
		if p.Ref == "" {
			p.Ref = name
		}
		p.Name = p.Ref + " K" + strconv.Itoa(p.Km)
		if e.course != "" {
			p.Name += " " + e.course
		}
		p.Geometry = c.segmentLine(int(ref.venue), p.Km)
		centre = centreOf(p.Geometry)
	} else {
		switch ref.part {
		case PartLift:
			p.Scene, p.Name = SceneLift, name+" lifts"
		case PartBasement:
			p.Scene, p.Name = SceneBasement, name+" basement"
		case PartFloors:
			p.FloorLow = int(ref.n)
			p.Name = fmt.Sprintf("%s floors %d–%d", name, ref.n, min(int(ref.n)+FloorsABand-1, v.Floors))
		default:
			p.Name = name
		}
	}
	p.Cell, p.Center = rankCell(centre), centre
	p.Region = c.regionPathAt(centre)
	return p, true
}

func (c *Catalogue) regionPathAt(p LatLon) []string {
	if i := c.regions.at(p); i >= 0 {
		return c.regions.paths[i]
	}
	return nil
}

// segmentLine cuts kilometre k out of a line; the last takes what is left.
func (c *Catalogue) segmentLine(line, k int) orb.Geometry {
	from, to := float64(k)*segmentM, float64(k+1)*segmentM
	if k == int(c.spots[line].count)-1 {
		to = c.extents[line].length
	}
	var out orb.MultiLineString
	chainage(c.venues[line].Geometry, func(a, b orb.Point, start, length float64) {
		lo, hi := max(from, start), min(to, start+length)
		if lo >= hi {
			return
		}
		at := func(m float64) orb.Point {
			switch m {
			case start:
				return a
			case start + length:
				return b
			}
			t := (m - start) / length
			return orb.Point{a[0] + t*(b[0]-a[0]), a[1] + t*(b[1]-a[1])}
		}
		first, last := at(lo), at(hi)
		if n := len(out); n > 0 && out[n-1][len(out[n-1])-1] == a {
			out[n-1] = append(out[n-1], last)
			return
		}
		out = append(out, orb.LineString{first, last})
	})
	if len(out) == 1 {
		return out[0]
	}
	return out
}

// nameCourses gives lines that share a highway number their direction of travel,
// so that people can tell the carriageways apart.
func (c *Catalogue) nameCourses() {
	count := map[string]int{}
	for i := range c.venues {
		if c.spots[i].line && c.venues[i].Ref != "" {
			count[c.venues[i].Ref]++
		}
	}
	for i := range c.venues {
		if !c.spots[i].line || count[c.venues[i].Ref] < 2 {
			continue
		}
		lines := linesOf(c.venues[i].Geometry)
		last := lines[len(lines)-1]
		from, to := latLon(lines[0][0]), latLon(last[len(last)-1])
		if Distance(from, to) < c.extents[i].length/10 {
			continue // a ring has no direction to name
		}
		c.extents[i].course = [4]string{"northbound", "eastbound", "southbound", "westbound"}[int(Bearing(from, to)/90+0.5)%4]
	}
}
