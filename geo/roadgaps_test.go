package geo

import (
	"math"
	"strings"
	"testing"

	"github.com/paulmach/orb"
)

// TestRoadsOverGaps stitches a dual carriageway with a bridge that has no number, a
// parallel express tube, a slip road and an oncoming way drawn backwards.
func TestRoadsOverGaps(t *testing.T) {
	way := func(id, tags string, line ...orb.Point) road {
		t := osmTags{"highway": "motorway", "ref": "G42"}
		for _, tag := range strings.Fields(tags) {
			k, v, _ := strings.Cut(tag, "=")
			t[k] = v
		}
		r := roadsOf(id, t, []orb.LineString{line})
		if len(r) == 0 {
			return road{}
		}
		return r[0]
	}
	east := func(from, to float64) []orb.Point { return []orb.Point{{from, 30}, {(from + to) / 2, 30}, {to, 30}} }
	west := func(from, to float64) []orb.Point { return []orb.Point{{from, 30.0004}, {to, 30.0004}} }
	var roads []road
	for _, r := range []road{
		way("e1", "", east(104, 104.02)...),
		way("e2", "", east(104.02, 104.03)...),
		way("e3", "", east(104.035, 104.05)...), // 482 m further on
		way("w1", "", west(104.05, 104.03)...),
		way("w2", "oneway=-1", west(104, 104.025)...),                           // drawn eastwards, driven westwards; 482 m of gap
		way("far", "", east(104.07, 104.08)...),                                 // 1.9 km ahead: too far to be the same line
		way("tube", "", orb.Point{104.01, 29.9998}, orb.Point{104.02, 29.9998}), // beside e1
		way("link", "highway=motorway_link", orb.Point{104.03, 30}, orb.Point{104.031, 29.999}),
	} {
		if r.id != "" {
			roads = append(roads, r)
		}
	}
	if len(roads) != 7 {
		t.Fatalf("%d ways, the slip road is none of the line", len(roads))
	}
	c, err := NewCatalogue(stitchRoads(roads), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	lengths := map[string]float64{}
	for i, v := range c.venues {
		lengths[v.ID] = c.extents[i].length
	}
	km := metresPerDeg * math.Cos(30*radians) / 1000
	for id, degrees := range map[string]float64{"line/e1": 0.045, "line/w1": 0.045, "line/far": 0.01, "line/tube": 0.01} {
		if got := lengths[id] / 1000; math.Abs(got-degrees*km) > 0.002*km {
			t.Errorf("%s is %.3f km, want %.3f", id, got, degrees*km)
		}
	}
	if len(lengths) != 4 {
		t.Errorf("lines %v", lengths)
	}
	name := func(p LatLon) string {
		place, _ := c.Place(c.Locate(Evidence{HasPos: true, Pos: p, Floor: UnknownFloor, Indoor: Travelling}).Place)
		return place.Name
	}
	// The chainage goes on behind the gap: 0.03° are 2.89 km, then 0.48 km more.
	for p, want := range map[LatLon]string{
		{30, 104.005}: "G42 K0 eastbound", {30, 104.0401}: "G42 K3 eastbound", {30.0004, 104.045}: "G42 K0 westbound", {30.0004, 104.01}: "G42 K3 westbound"} {
		if got := name(p); got != want {
			t.Errorf("%v is at %q, want %q", p, got, want)
		}
	}
	if got := name(LatLon{30, 104.0325}); strings.HasPrefix(got, "G42") {
		t.Errorf("the middle of the gap is at %q", got)
	}
}

// TestRoadCutAtTileEdges: the two pieces of one two-way road, drawn towards one another.
func TestRoadCutAtTileEdges(t *testing.T) {
	tags := osmTags{"highway": "trunk", "ref": "G108"}
	roads := append(roadsOf("1", tags, []orb.LineString{{{104, 30}, {104.01, 30}}}),
		roadsOf("2", tags, []orb.LineString{{{104.02, 30.00001}, {104.01002, 30.00001}}})...)
	venues := stitchRoads(roads)
	if len(venues) != 1 || len(linesOf(venues[0].Geometry)) != 2 {
		t.Fatalf("%d lines: %+v", len(venues), venues)
	}
	c, err := NewCatalogue(venues, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if l, want := c.extents[0].length, 0.02*metresPerDeg*math.Cos(30*radians); math.Abs(l-want) > 5 || c.spots[0].count != 2 {
		t.Errorf("%v m in %d kilometres, want %v", l, c.spots[0].count, want)
	}
}
