package geo

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/paulmach/orb"
)

// plainAnswers finds what the squares and region answers should say by going through
// everything there is.
type plainAnswers struct{ c *Catalogue }

// containing gives the best ranked polygon's owner; sure is false on a border.
func (b plainAnswers) containing(p LatLon) (owner int32, sure bool) {
	x := b.c.shapes
	for i := range x.polys {
		if x.polys[i].bound.Pad(0.05).Contains(p.Point()) && onBorder(x.sources[i], p.Point()) {
			return 0, false
		}
	}
	for i := range x.polys { // best rank first
		if x.polys[i].bound.Contains(p.Point()) && evenOdd(x.sources[i], p.Point()) {
			return x.owner[i], true
		}
	}
	return -1, true
}

// region is the finest region's index, by the polygons one after another.
func (b plainAnswers) region(p LatLon) (region int, sure bool) {
	t := b.c.regions
	found := -1
	for i := range t.shapes.polys {
		if !t.shapes.polys[i].bound.Pad(0.05).Contains(p.Point()) {
			continue
		}
		if onBorder(t.shapes.sources[i], p.Point()) {
			return 0, false
		}
		if found < 0 && evenOdd(t.shapes.sources[i], p.Point()) {
			found = int(t.shapes.owner[i])
		}
	}
	if found >= 0 && !t.hasFiner[found] {
		return found, true
	}
	least, kx := RegionTolerance, metresPerDeg*math.Cos(p.Lat*radians)
	for i := range t.shapes.polys {
		owner := int(t.shapes.owner[i])
		if found >= 0 && !t.isBelow(owner, found) || !t.shapes.polys[i].bound.Pad(0.05).Contains(p.Point()) {
			continue
		}
		for _, ring := range t.shapes.sources[i] {
			for k := range ring {
				a, z := ring[k], ring[(k+1)%len(ring)]
				squared, _ := pointToPiece((a[0]-p.Lon)*kx, (a[1]-p.Lat)*metresPerDeg, (z[0]-p.Lon)*kx, (z[1]-p.Lat)*metresPerDeg)
				if d := math.Sqrt(squared); math.Abs(d-least) < 1e-6 && owner != region {
					return 0, false // a tie, or just at the tolerance
				} else if d < least {
					least, region = d, owner
				}
			}
		}
	}
	if least < RegionTolerance {
		return region, true
	}
	return found, true
}

// line gives the nearest highway by its original vertices.
func (b plainAnswers) line(p LatLon, reach float64) (line int, at, distance float64) {
	line, distance = -1, min(reach, maxReach)
	kx := metresPerDeg * math.Cos(p.Lat*radians)
	for i := range b.c.venues {
		if !b.c.spots[i].line || b.c.venues[i].Scene == SceneTunnel {
			continue
		}
		chainage(b.c.venues[i].Geometry, func(a, z orb.Point, from, length float64) {
			squared, along := pointToPiece((a[0]-p.Lon)*kx, (a[1]-p.Lat)*metresPerDeg, (z[0]-p.Lon)*kx, (z[1]-p.Lat)*metresPerDeg)
			if d := math.Sqrt(squared); d < distance {
				line, at, distance = i, from+along*length, d
			}
		})
	}
	return line, at, distance
}

// check compares a catalogue's answers at positions and counts what was met.
func (b plainAnswers) check(t *testing.T, positions []LatLon) (inVenue, inRegion, onLine int) {
	t.Helper()
	c := b.c
	evidence := make([]Evidence, len(positions))
	for i, p := range positions {
		evidence[i] = Evidence{HasPos: true, Pos: p, Floor: UnknownFloor, Indoor: Indoor(i % 4), AccuracyM: float64(i % 120)}
	}
	together := make([]Location, len(positions))
	c.LocateAll(evidence, together)
	for i, p := range positions {
		if one := c.Locate(evidence[i]); one != together[i] {
			t.Fatalf("%v: alone %+v, among others %+v", p, one, together[i])
		}
		q := c.squares.at(p)
		number, owner := c.shapeAt(q, p, 0)
		if slow := c.shapes.first(p, 0); number != slow {
			t.Fatalf("%v: polygon %d by its square, %d by the grids", p, number, slow)
		}
		if want, sure := b.containing(p); sure && owner != want {
			t.Fatalf("%v: venue %d, by brute force %d", p, owner, want)
		}
		got := c.regions.at(p)
		if slow := c.regions.search(p); got != slow {
			t.Fatalf("%v: region %d by the answers kept, %d by the polygons", p, got, slow)
		}
		if q != nil && q.region != unsettled && int(q.region) != got {
			t.Fatalf("%v: region %d by its square, %d by the polygons", p, q.region, got)
		}
		if want, sure := b.region(p); sure && got != want {
			t.Fatalf("%v: region %d, by brute force %d", p, got, want)
		}
		reach := 10 + float64(i%100)
		line, at, d := nearestLine(c, p, reach)
		wantLine, wantAt, wantD := b.line(p, reach)
		switch {
		case math.Abs(wantD-reach) < 0.01:
		case (line >= 0) != (wantLine >= 0) || line >= 0 && math.Abs(d-wantD) > 0.01:
			t.Fatalf("%v: line %d in %v m, by brute force %d in %v m", p, line, d, wantLine, wantD)
		case line >= 0 && line == wantLine && math.Abs(at-wantAt) > 0.5 && math.Abs(d-wantD) > 1e-6:
			t.Fatalf("%v: chainage %v, by brute force %v", p, at, wantAt)
		}
		inVenue += min(1, int(owner)+1)
		inRegion += min(1, got+1)
		onLine += min(1, line+1)
	}
	return inVenue, inRegion, onLine
}

// TestSquaresInRandomWorlds: venues of every size on top of one another, regions on
// three levels with gaps and overlaps, roads; near the equator, the pole and the
// antimeridian.
func TestSquaresInRandomWorlds(t *testing.T) {
	r := rand.New(rand.NewPCG(71, 72))
	for round, base := range []LatLon{{31, 121}, {0, 0}, {-40, 179.8}, {78, 15}, {60, -179.95}} {
		var venues []Venue
		near := func(spread float64) LatLon {
			return LatLon{base.Lat + spread*r.Float64(), max(-180, min(180, base.Lon+spread*r.Float64()))}
		}
		clamp := func(p orb.Polygon) orb.Polygon {
			for _, ring := range p {
				for i := range ring {
					ring[i][0] = max(-180, min(180, ring[i][0]))
				}
			}
			return p
		}
		for i := range 120 {
			size := []float64{0.0005, 0.002, 0.01, 0.05, 0.2}[r.IntN(5)]
			venues = append(venues, Venue{ID: fmt.Sprint("V", i), Scene: SceneMall, Geometry: clamp(blob(r, near(0.1), size))})
			if i%3 == 0 {
				venues = append(venues, Venue{ID: fmt.Sprint("P", i), Scene: SceneTransit, Geometry: near(0.1).Point()})
			}
		}
		for i := range 6 {
			var line orb.LineString
			p := near(0.1)
			for range 20 {
				line = append(line, p.Point())
				p = LatLon{p.Lat + 0.006*(r.Float64()-0.5), max(-180, min(180, p.Lon+0.006*(r.Float64()-0.5)))}
			}
			venues = append(venues, Venue{ID: fmt.Sprint("H", i), Scene: SceneHighway, Ref: fmt.Sprint("G", i), Geometry: line})
		}
		regions := []Region{{Code: "c", Level: "country", Geometry: clamp(blob(r, LatLon{base.Lat + 0.05, base.Lon + 0.05}, 0.15))}}
		for i := range 4 {
			prefecture := fmt.Sprint("p", i)
			regions = append(regions, Region{Code: prefecture, Level: "prefecture", Parent: "c", Geometry: clamp(blob(r, near(0.1), 0.05))})
			for k := range 6 {
				regions = append(regions, Region{Code: fmt.Sprint(prefecture, "d", k), Level: "district", Parent: prefecture, Geometry: clamp(blob(r, near(0.1), 0.02))})
			}
		}
		c, err := NewCatalogue(venues, regions, nil)
		if err != nil {
			t.Fatal(err)
		}
		var positions []LatLon
		for range 1500 {
			p := near(0.14)
			switch r.IntN(4) {
			case 0: // on the raster of the vertices
				p = LatLon{math.Round(p.Lat*1e4) / 1e4, math.Round(p.Lon*1e4) / 1e4}
			case 1: // near a vertex of something
				var all []orb.Point
				eachPoint(venues[r.IntN(len(venues))].Geometry, func(q orb.Point) { all = append(all, q) })
				q := all[r.IntN(len(all))]
				p = LatLon{q[1] + 3e-5*r.NormFloat64(), max(-180, min(180, q[0]+3e-5*r.NormFloat64()))}
			case 2: // near a border of regions
				ring := polygonsOf(regions[r.IntN(len(regions))].Geometry)[0][0]
				k, s := r.IntN(len(ring)-1), r.Float64()
				p = LatLon{ring[k][1] + s*(ring[k+1][1]-ring[k][1]) + 1e-3*r.NormFloat64(), ring[k][0] + s*(ring[k+1][0]-ring[k][0]) + 1e-3*r.NormFloat64()}
			}
			if p.Valid() {
				positions = append(positions, p)
			}
		}
		inVenue, inRegion, onLine := plainAnswers{c}.check(t, positions)
		if inVenue < 300 || inRegion < 300 || onLine < 15 || inRegion == len(positions) {
			t.Errorf("round %d: only %d in a venue, %d in a region, %d near a highway of %d", round, inVenue, inRegion, onLine, len(positions))
		}
	}
}

// TestSquaresInRealExtracts compares the same over Baltimore's and Shanghai's venues
// and the Indian, Bengaluru and Chinese regions.
func TestSquaresInRealExtracts(t *testing.T) {
	r := rand.New(rand.NewPCG(73, 74))
	for _, test := range []struct {
		venues, regions string
		least           [3]int // in a venue, in a region, on a highway
	}{
		{"baltimore.osm.pbf", "bengaluru_wards", [3]int{200, 200, 20}},
		{"shanghai_lujiazui_bund.geojson", "china_provinces", [3]int{200, 800, 2}},
		{"bayfront_singapore.osm.pbf", "india_districts", [3]int{200, 200, 20}},
	} {
		var file VenueFile
		var err error
		if in := sharedFile(t, "osm/"+test.venues); strings.HasSuffix(test.venues, ".pbf") {
			file, err = ReadVenuesOSM(context.Background(), in)
		} else {
			file, err = ScanVenuesGeoJSON(in)
		}
		if err != nil {
			t.Fatal(err)
		}
		regions, err := ReadRegionsGeoJSON(sharedFile(t, "regions/"+test.regions+".geojson"))
		if err != nil {
			t.Fatal(err)
		}
		c, err := NewCatalogue(file.Venues, regions, nil)
		if err != nil {
			t.Fatal(err)
		}
		var positions []LatLon
		for range 250 {
			x := &c.extents[r.IntN(len(c.extents))]
			positions = append(positions, x.centre,
				LatLon{x.centre.Lat + 2e-4*r.NormFloat64(), x.centre.Lon + 2e-4*r.NormFloat64()},
				LatLon{x.centre.Lat + 5e-3*r.NormFloat64(), x.centre.Lon + 5e-3*r.NormFloat64()})
			if v := c.venues[r.IntN(len(c.venues))]; dimension(v.Geometry) == 1 {
				l := linesOf(v.Geometry)[0]
				q := l[r.IntN(len(l))]
				positions = append(positions, LatLon{q[1] + 2e-4*r.NormFloat64(), q[0] + 2e-4*r.NormFloat64()})
			}
			ring := polygonsOf(regions[r.IntN(len(regions))].Geometry)[0][0]
			q := ring[r.IntN(len(ring))]
			positions = append(positions, LatLon{q[1] + 1e-3*r.NormFloat64(), q[0] + 1e-3*r.NormFloat64()})
		}
		inVenue, inRegion, onLine := plainAnswers{c}.check(t, positions)
		t.Logf("%s, %s: %d positions, %d in a venue, %d in a region, %d near a highway", test.venues, test.regions, len(positions), inVenue, inRegion, onLine)
		if inVenue < test.least[0] || inRegion < test.least[1] || onLine < test.least[2] {
			t.Errorf("%s, %s: only %d in a venue, %d in a region, %d near a highway", test.venues, test.regions, inVenue, inRegion, onLine)
		}
	}
}
