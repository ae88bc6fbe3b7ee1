package geo

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"
)

// A cell's part on a region's ground, against the share of random points of the
// cell that lie in it; and all cells' parts together against the region.
func TestTract(t *testing.T) {
	// A bent outline with a hole, and an island.
	outline := orb.Polygon{
		{{104.00, 30.60}, {104.05, 30.60}, {104.03, 30.62}, {104.05, 30.65}, {104.00, 30.65}, {104.00, 30.60}},
		{{104.01, 30.61}, {104.01, 30.63}, {104.02, 30.63}, {104.02, 30.61}, {104.01, 30.61}},
	}
	island := orb.Polygon{{{104.06, 30.61}, {104.07, 30.61}, {104.07, 30.62}, {104.06, 30.61}}}
	c, err := NewCatalogue(nil, []Region{
		{Code: "51", Level: "province"},
		{Code: "5101", Level: "prefecture", Parent: "51", Geometry: outline},
		{Code: "5102", Level: "prefecture", Parent: "51", Geometry: island},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	whole, ok := c.Tract("51") // no outline of its own
	if want := Area(outline) + Area(island); !ok || math.Abs(whole.Area()-want) > 1e-6*want {
		t.Fatalf("area %v, want %v", whole.Area(), want)
	}
	inside := func(p orb.Point) bool {
		for i := range whole.whole {
			if whole.whole[i].contains(p[0], p[1]) {
				return true
			}
		}
		return false
	}
	centre, err := CellAt(LatLon{Lat: 30.625, Lon: 104.03}, RankResolution)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	sum, partly := 0.0, 0
	for _, cell := range centre.Disk(30) {
		got := whole.AreaOf(cell)
		sum += got
		border := polygonsOf(cell.Boundary())[0]
		own := Area(border)
		if got > 0 && got < own {
			partly++
		}
		body, _ := newPolygon(border)
		n, hits := 0, 0
		for b := border[0].Bound(); n < 2000; {
			p := orb.Point{b.Min[0] + r.Float64()*(b.Max[0]-b.Min[0]), b.Min[1] + r.Float64()*(b.Max[1]-b.Min[1])}
			if !body.contains(p[0], p[1]) {
				continue
			}
			n++
			if inside(p) {
				hits++
			}
		}
		share := float64(hits) / float64(n)
		if math.Abs(got/own-share) > 5*math.Sqrt((share*(1-share)+0.001)/float64(n)) {
			t.Errorf("cell %s: %.4f of it inside, by points %.4f", cell, got/own, share)
		}
	}
	if math.Abs(sum-whole.Area()) > 1e-4*whole.Area() || partly < 50 {
		t.Errorf("the cells' parts add up to %v, want %v; %d cells on the border", sum, whole.Area(), partly)
	}
	if _, ok := c.Tract("99"); ok || whole.AreaOf(0) != 0 {
		t.Error("an unknown region or cell has ground")
	}
}

func TestHighwayAndPlacesOf(t *testing.T) {
	line := orb.LineString{{104, 30}, {104.025, 30}} // 2.4 km: the rest belongs to the second kilometre at most
	c, err := NewCatalogue([]Venue{
		{ID: "E", Ref: "G4;G45", Scene: SceneHighway, Geometry: line},
		{ID: "W", Ref: "G4", Scene: SceneHighway, Geometry: orb.LineString{line[1], line[0]}},
		{ID: "T", Scene: SceneOfficeTower, Floors: 30, Geometry: orb.Polygon{{{104, 31}, {104.001, 31}, {104.001, 31.001}, {104, 31}}}},
		{ID: "L", Scene: SceneLift, Parent: "T", Geometry: orb.Point{104.0005, 31.0002}},
	}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	length := Distance(latLon(line[0]), latLon(line[1]))
	for ref, lines := range map[string]int{"g4": 2, "G45": 1, "G": 0} {
		stretches := c.Highway(ref)
		sum := 0.0
		for _, s := range stretches {
			sum += s.LengthM
			if p, ok := c.Place(s.ID); !ok || p.Venue.ID != s.Venue {
				t.Errorf("%s: stretch %+v is not a place", ref, s)
			}
		}
		if len(stretches) != 3*lines || math.Abs(sum-float64(lines)*length) > 1e-6*length {
			t.Errorf("%s: %d stretches of %v m, want %d of %v m", ref, len(stretches), sum, 3*lines, float64(lines)*length)
		}
	}
	if all, lift := c.PlacesOf("T"), c.PlacesOf("L"); len(all) != 6 || len(lift) != 1 || lift[0] != all[1] || c.PlacesOf("X") != nil {
		t.Errorf("places of the tower %v, of its lift %v", all, lift)
	}
}
