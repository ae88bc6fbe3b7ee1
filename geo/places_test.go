package geo

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"
)

// TestPlaceCenterIsOnThePlace: a map pin at the centre of a place stands on it, also
// for rings of buildings, bends, and lines in pieces.
func TestPlaceCenterIsOnThePlace(t *testing.T) {
	r := rand.New(rand.NewPCG(61, 62))
	var venues []Venue
	for i := range 200 {
		at := LatLon{30 + 2*r.Float64(), 104 + 2*r.Float64()}
		u := orb.Ring{{0, 0}, {5, 0}, {5, 4}, {4, 4}, {4, 1}, {1, 1}, {1, 4}, {0, 4}, {0, 0}} // a bend
		hole := orb.Polygon{{{0, 0}, {6, 0}, {6, 6}, {0, 6}, {0, 0}}, {{1, 1}, {5, 1}, {5, 5}, {1, 5}, {1, 1}}}
		line := orb.LineString{{0, 0}, {40, 3}, {41, 30}}
		var g orb.Geometry
		switch i % 4 {
		case 0:
			g = orb.Polygon{u}
		case 1:
			g = hole
		case 2:
			g = line
		case 3:
			g = orb.MultiLineString{line, {{60, 30}, {90, 31}}}
		}
		turn, size := 2*math.Pi*r.Float64(), 1e-4*(1+r.Float64())
		eachRing(g, func(ring []orb.Point) {
			for k, q := range ring {
				x, y := size*q[0], size*q[1]
				ring[k] = orb.Point{at.Lon + x*math.Cos(turn) - y*math.Sin(turn), at.Lat + x*math.Sin(turn) + y*math.Cos(turn)}
			}
		})
		v := Venue{ID: string(rune('A'+i%26)) + string(rune('0'+i/26)), Scene: SceneMall, Geometry: g}
		if i%4 > 1 {
			v.Scene, v.Ref = SceneHighway, "G4"
		}
		venues = append(venues, v)
	}
	c, err := NewCatalogue(venues, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	checkCenters(t, c)
}

// checkCenters looks at the centre of every place of a catalogue.
func checkCenters(t *testing.T, c *Catalogue) {
	t.Helper()
	n := 0
	for id := range c.places {
		p, ok := c.Place(id)
		if !ok {
			t.Fatalf("%v is not known", id)
		}
		n++
		if p.Cell != rankCell(p.Center) {
			t.Fatalf("%s: its centre %v is not in its cell %v", p.Key, p.Center, p.Cell)
		}
		on := false
		for _, poly := range polygonsOf(p.Geometry) {
			if compiled, ok := newPolygon(poly); ok && compiled.contains(p.Center.Lon, p.Center.Lat) {
				on = true
			}
		}
		kx := metresPerDeg * math.Cos(p.Center.Lat*radians)
		for _, l := range linesOf(p.Geometry) {
			for i := 1; i < len(l); i++ {
				d, _ := pointToPiece((l[i-1][0]-p.Center.Lon)*kx, (l[i-1][1]-p.Center.Lat)*metresPerDeg,
					(l[i][0]-p.Center.Lon)*kx, (l[i][1]-p.Center.Lat)*metresPerDeg)
				on = on || d < 0.01
			}
		}
		for _, q := range pointsOf(p.Geometry) {
			on = on || Distance(latLon(q), p.Center) < 0.01
		}
		if !on {
			t.Errorf("%s: the centre %v is not on it", p.Key, p.Center)
		}
	}
	if n == 0 {
		t.Error("the catalogue has no place")
	}
}

// eachRing visits the vertices of a geometry, to be changed in place.
func eachRing(g orb.Geometry, visit func([]orb.Point)) {
	for _, p := range polygonsOf(g) {
		for _, r := range p {
			visit(r)
		}
	}
	for _, l := range linesOf(g) {
		visit(l)
	}
}
