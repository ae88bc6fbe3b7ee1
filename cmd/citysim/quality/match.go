package quality

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/hotcell/hotcell/cmd/citysim/city"
	"github.com/hotcell/hotcell/geo"
)

// Found is one entry of a ranking, as "hotcell rank --format json" gives it.
type Found struct {
	Name  string `json:"name"`
	Scene string `json:"scene"`
	Place struct {
		Kind    string   `json:"kind"` // venue, segment, cells
		VenueID string   `json:"venue_id"`
		Ref     string   `json:"ref"`
		KmFrom  *int     `json:"km_from"`
		KmTo    *int     `json:"km_to"`
		Parts   []string `json:"parts"`
		Cells   []string `json:"cells"`
	} `json:"place"`
	Center [2]float64 `json:"center"` // longitude, latitude
}

// reach is how far, in metres, a cell's centre may lie from a fault to be about it:
// less than the width of a ranked cell (about 350 m between opposite edges).
const reach = 250.0

// target is what can be found: a fault, or one carriageway of a highway fault.
type target struct {
	fault     int // index into Truth.Faults
	plant     *city.Plant
	segment   *city.Segment // nil unless a carriageway
	avoidable float64
	shape     shape
}

// targets lists what is there to find. Faults of a highway or tunnel count once
// per carriageway, because hotcell tells directions apart.
func targets(t *city.Truth) ([]target, error) {
	var out []target
	for i := range t.Faults {
		f := &t.Faults[i]
		if f.Impact.Caused == 0 {
			continue // acted where and when nobody was
		}
		if len(f.Segments) > 0 {
			for k := range f.Segments {
				s := &f.Segments[k]
				sh, err := newShape(s.Geometry)
				if err != nil {
					return nil, fmt.Errorf("fault %s: %w", f.ID, err)
				}
				if s.Avoidable > 0 {
					out = append(out, target{i, f, s, s.Avoidable, sh})
				}
			}
			continue
		}
		sh, err := newShape(f.Geometry)
		if err != nil {
			return nil, fmt.Errorf("fault %s: %w", f.ID, err)
		}
		out = append(out, target{i, f, nil, f.Impact.Avoidable, sh})
	}
	return out, nil
}

// match lists the targets an entry is about. Venues and segments match by what
// they are; cells by where they are: areas they cover, or else the nearest fault
// within reach, whose misplaced calls they may hold.
func match(f *Found, ts []target) []int {
	var out []int
	switch f.Place.Kind {
	case "venue":
		for i := range ts {
			p := ts[i].plant
			// Neighbours joined to an entry are listed by name among its parts.
			if p.VenueID != "" && (p.VenueID == f.Place.VenueID && samePart(f, p) || slices.Contains(f.Place.Parts, p.Venue)) {
				out = append(out, i)
			}
		}
	case "segment":
		for i := range ts {
			if s := ts[i].segment; s != nil && sameStretch(f, s, &ts[i].shape) {
				out = append(out, i)
			}
		}
	default:
		centres := append([]geo.LatLon{{Lat: f.Center[1], Lon: f.Center[0]}}, cellCentres(f.Place.Cells)...)
		best, near := -1, reach
		for i := range ts {
			d := math.Inf(1)
			for _, c := range centres {
				d = min(d, ts[i].shape.distance(c))
			}
			if ts[i].plant.Kind == "area" && d < reach/2 {
				out = append(out, i)
			} else if d < near {
				best, near = i, d
			}
		}
		if len(out) == 0 && best >= 0 {
			out = append(out, best)
		}
	}
	return out
}

// samePart says whether an entry about a venue includes the fault's part of it.
// An entry that names the venue as a whole does; one that names another part does not.
func samePart(f *Found, p *city.Plant) bool {
	if p.Part == "whole" || len(f.Place.Parts) == 0 {
		return true
	}
	for _, part := range f.Place.Parts {
		if strings.HasPrefix(part, p.Part) {
			return true
		}
	}
	// "东方大厦 basement" is only that part; "东方大厦" with parts listed is also its body.
	return !strings.HasSuffix(f.Name, strings.Join(f.Place.Parts, ", "))
}

func sameStretch(f *Found, s *city.Segment, sh *shape) bool {
	if f.Place.KmFrom == nil || f.Place.KmTo == nil {
		return false
	}
	overlap := float64(*f.Place.KmTo) > s.KmFrom && float64(*f.Place.KmFrom) < s.KmTo
	if f.Place.VenueID != "" {
		return f.Place.VenueID == s.LineID && overlap
	}
	return f.Place.Ref == s.Ref && overlap && sh.distance(geo.LatLon{Lat: f.Center[1], Lon: f.Center[0]}) < 1500
}

func cellCentres(cells []string) []geo.LatLon {
	var out []geo.LatLon
	for _, s := range cells {
		if c, err := geo.ParseCell(s); err == nil && c.Valid() {
			out = append(out, c.Center())
		}
	}
	return out
}

// shape is a GeoJSON geometry to measure distances to.
type shape struct {
	area  bool
	paths [][]geo.LatLon // rings of an area, lines, or points
}

func newShape(g any) (shape, error) {
	b, err := json.Marshal(g)
	if err != nil {
		return shape{}, err
	}
	var raw struct {
		Type        string
		Coordinates json.RawMessage
	}
	if err := json.Unmarshal(b, &raw); err != nil {
		return shape{}, err
	}
	var lines [][][2]float64
	switch raw.Type {
	case "Point":
		var p [2]float64
		err = json.Unmarshal(raw.Coordinates, &p)
		lines = [][][2]float64{{p}}
	case "LineString":
		var l [][2]float64
		err = json.Unmarshal(raw.Coordinates, &l)
		lines = [][][2]float64{l}
	case "Polygon", "MultiLineString":
		err = json.Unmarshal(raw.Coordinates, &lines)
	default:
		err = fmt.Errorf("a %q is no geometry the truth uses", raw.Type)
	}
	s := shape{area: raw.Type == "Polygon"}
	for _, l := range lines {
		var path []geo.LatLon
		for _, p := range l {
			path = append(path, geo.LatLon{Lat: p[1], Lon: p[0]})
		}
		if len(path) == 0 {
			return s, errors.New("a geometry without positions")
		}
		s.paths = append(s.paths, path)
	}
	return s, err
}

// distance in metres from p to the shape; 0 inside an area. Plane geometry about
// p, good to a metre over the few kilometres that matter.
func (s *shape) distance(p geo.LatLon) float64 {
	const perDegree = 6378137 * math.Pi / 180
	k := math.Cos(p.Lat * math.Pi / 180)
	best := math.Inf(1)
	for _, path := range s.paths {
		in := false
		for i := range path {
			j := max(i-1, 0)
			ax, ay := (path[j].Lon-p.Lon)*k*perDegree, (path[j].Lat-p.Lat)*perDegree
			bx, by := (path[i].Lon-p.Lon)*k*perDegree, (path[i].Lat-p.Lat)*perDegree
			dx, dy := bx-ax, by-ay
			t := 0.0
			if l := dx*dx + dy*dy; l > 0 {
				t = max(0, min(1, -(ax*dx+ay*dy)/l))
			}
			best = min(best, math.Hypot(ax+t*dx, ay+t*dy))
			if (ay > 0) != (by > 0) && ax-ay*dx/dy > 0 {
				in = !in
			}
		}
		if s.area && in {
			return 0
		}
	}
	return best
}
