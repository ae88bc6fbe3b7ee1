package geo

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"
)

// square is a polygon with its south-west corner at lat, lon; side in degrees.
func square(lat, lon, side float64) orb.Polygon {
	return orb.Polygon{{{lon, lat}, {lon + side, lat}, {lon + side, lat + side}, {lon, lat + side}, {lon, lat}}}
}

// smallTown: a tower (30 floors) with a lift and a basement that reaches out
// under the street, in a campus; a hotel beside it; a mall; two carriageways of a
// highway that pass the mall; three sites.
func smallTown(t testing.TB) *Catalogue {
	t.Helper()
	nan := math.NaN()
	venues := []Venue{
		{ID: "T1", Name: "东方大厦", Aliases: []string{"Oriental Tower", "东方中心"}, Scene: SceneOfficeTower, Floors: 30, BasementFloors: 3, Geometry: square(30, 104, 0.001)},
		{ID: "T1-L", Name: "东方大厦电梯", Scene: SceneLift, Parent: "T1", Geometry: orb.Point{104.0005, 30.0005}},
		{ID: "T1-B", Name: "东方大厦地下车库", Scene: SceneBasement, Parent: "T1", Geometry: square(29.9995, 103.9995, 0.002)},
		{ID: "C1", Name: "川西大学", Scene: SceneCampus, Geometry: square(29.99, 103.99, 0.02)},
		{ID: "H1", Name: "Grand Hotel", Scene: SceneHotel, Floors: 12, Geometry: square(30.002, 104.002, 0.001)},
		{ID: "H2", Name: "Grand Hotel", Scene: SceneHotel, Floors: 9, Geometry: square(30.102, 104.102, 0.001)},
		{ID: "M1", Name: "环球中心", Scene: SceneMall, Floors: 6, Geometry: square(30.0499, 104.15, 0.002)},
		{ID: "E", Name: "沪蓉高速", Ref: "G42", Scene: SceneHighway, Geometry: orb.LineString{{104.1, 30.05}, {104.2, 30.05}}},
		{ID: "W", Name: "沪蓉高速", Ref: "G42", Scene: SceneHighway, Geometry: orb.LineString{{104.2, 30.0503}, {104.1, 30.0503}}},
		{ID: "U", Name: "江底隧道", Scene: SceneTunnel, Geometry: orb.LineString{{104.18, 30.05}, {104.19, 30.05}}},
		{ID: "P", Name: "Station exit A", Scene: SceneTransit, Geometry: orb.Point{104.3, 30.3}},
		{ID: "I", Name: "Island", Scene: SceneTouristSite, Geometry: orb.MultiPolygon{square(30.4, 104.4, 0.01), square(30.42, 104.42, 0.01)}},
	}
	regions := []Region{
		{Code: "51", Name: "四川", Level: "province", Geometry: square(29, 103, 3)},
		{Code: "5101", Name: "成都", Level: "prefecture", Parent: "51", Geometry: square(29.5, 103.5, 1)},
		{Code: "510104", Name: "锦江区", Level: "district", Parent: "5101", Geometry: square(29.9, 103.9, 0.2)},
		{Code: "510105", Name: "青羊区", Level: "district", Parent: "5101", Geometry: square(30.101, 103.9, 0.2)}, // a sliver of 0.001° between the two
	}
	sites := []Site{
		{RadioCell: "460-00-1", Site: "A", Pos: LatLon{30.05, 104.05}, AzimuthDeg: 90, BeamwidthDeg: 120, RangeM: 2000, RAT: RAT4G},
		{RadioCell: "460-00-2", Site: "B", Pos: LatLon{30.05, 104.07}, AzimuthDeg: nan, BeamwidthDeg: nan, RangeM: nan, RAT: RAT4G},
		{RadioCell: "460-00-3", Site: "C", Pos: LatLon{30.0004, 104.0004}, AzimuthDeg: nan, BeamwidthDeg: nan, RangeM: nan, RAT: RAT4G, Indoor: true},
		{RadioCell: "460-00-4", Site: "D", Pos: LatLon{30.0018, 104.0025}, AzimuthDeg: nan, BeamwidthDeg: nan, RangeM: 50, RAT: RAT4G, Indoor: true},  // on the campus, 22 m from the hotel
		{RadioCell: "460-00-5", Site: "E", Pos: LatLon{30.1018, 104.1025}, AzimuthDeg: nan, BeamwidthDeg: nan, RangeM: 50, RAT: RAT4G, Indoor: true},  // 22 m from the other hotel
		{RadioCell: "460-00-6", Site: "F", Pos: LatLon{30.1016, 104.1025}, AzimuthDeg: nan, BeamwidthDeg: nan, RangeM: 50, RAT: RAT4G, Indoor: true},  // 44 m from it
		{RadioCell: "460-00-7", Site: "G", Pos: LatLon{30.1018, 104.1025}, AzimuthDeg: nan, BeamwidthDeg: nan, RangeM: 50, RAT: RAT4G, Indoor: false}, // out of doors
		{RadioCell: "460-00-8", Site: "H", Pos: LatLon{30.6015, 104.6}, AzimuthDeg: nan, BeamwidthDeg: nan, RangeM: 50, RAT: RAT4G, Indoor: true},     // between two shops
	}
	venues = append(venues, Venue{ID: "S1", Scene: SceneMall, Geometry: square(30.6, 104.5995, 0.0013)}, // its northern wall at 30.6013
		Venue{ID: "S2", Scene: SceneMall, Geometry: square(30.6017, 104.5995, 0.001)})
	c, err := NewCatalogue(venues, regions, sites)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestLocate(t *testing.T) {
	c := smallTown(t)
	inTower := LatLon{30.0001, 104.0001}
	inMall := LatLon{30.0509, 104.151} // its middle: some 100 m to every wall
	byRoad := LatLon{30.05, 104.1203}  // 1,950 m along the eastbound line
	const unknown = UnknownFloor
	for _, test := range []struct {
		name   string
		e      Evidence
		method Method
		key    string // "cell" = the cell of the position
		scene  Scene
	}{
		{"in the tower", Evidence{HasPos: true, Pos: inTower, Floor: unknown}, MethodCoordinates, "venue/T1", SceneOfficeTower},
		{"12th floor", Evidence{HasPos: true, Pos: inTower, Floor: 12}, MethodCoordinates, "venue/T1/floors/11", SceneOfficeTower},
		{"10th floor", Evidence{HasPos: true, Pos: inTower, Floor: 10}, MethodCoordinates, "venue/T1/floors/1", SceneOfficeTower},
		{"ground floor", Evidence{HasPos: true, Pos: inTower, Floor: 0}, MethodCoordinates, "venue/T1/floors/1", SceneOfficeTower},
		{"roof", Evidence{HasPos: true, Pos: inTower, Floor: 31}, MethodCoordinates, "venue/T1/floors/21", SceneOfficeTower},
		{"a floor it does not have", Evidence{HasPos: true, Pos: inTower, Floor: 77}, MethodCoordinates, "venue/T1", SceneOfficeTower},
		{"second basement", Evidence{HasPos: true, Pos: inTower, Floor: -2}, MethodCoordinates, "venue/T1/basement", SceneBasement},
		{"at the lift", Evidence{HasPos: true, Pos: LatLon{30.0005, 104.00052}, Floor: unknown}, MethodCoordinates, "venue/T1/lift", SceneLift},
		{"at the lift, position too coarse", Evidence{HasPos: true, Pos: LatLon{30.0005, 104.00052}, AccuracyM: 30, Floor: unknown}, MethodCoordinates, "venue/T1", SceneOfficeTower},
		{"lift in the text", Evidence{HasPos: true, Pos: inTower, Floor: unknown, Text: "电梯里一直没信号"}, MethodCoordinates, "venue/T1/lift", SceneLift},
		{"not in the lift", Evidence{HasPos: true, Pos: LatLon{30.0005, 104.0005}, Floor: unknown, Text: "除了电梯里，办公室也没信号"}, MethodCoordinates, "venue/T1", SceneOfficeTower},
		{"car park under the street", Evidence{HasPos: true, Pos: LatLon{29.9997, 103.9997}, Floor: -1}, MethodCoordinates, "venue/T1/basement", SceneBasement},
		{"campus outside the tower", Evidence{HasPos: true, Pos: LatLon{29.995, 104.005}, Floor: unknown}, MethodCoordinates, "venue/C1", SceneCampus},
		{"second part of a site", Evidence{HasPos: true, Pos: LatLon{30.425, 104.425}, Floor: unknown}, MethodCoordinates, "venue/I", SceneTouristSite},
		{"between the parts", Evidence{HasPos: true, Pos: LatLon{30.415, 104.415}, Floor: unknown}, MethodCoordinates, "cell", SceneUnknown},
		{"travelling on the highway", Evidence{HasPos: true, Pos: byRoad, Floor: unknown, Indoor: Travelling}, MethodCoordinates, "segment/E/1", SceneHighway},
		{"nothing said, on the highway", Evidence{HasPos: true, Pos: byRoad, Floor: unknown}, MethodCoordinates, "segment/E/1", SceneHighway},
		{"other carriageway", Evidence{HasPos: true, Pos: LatLon{30.0503, 104.1203}, Floor: unknown, Indoor: Travelling}, MethodCoordinates, "segment/W/7", SceneHighway},
		{"indoors beside the highway", Evidence{HasPos: true, Pos: byRoad, Floor: unknown, Indoor: Inside}, MethodCoordinates, "cell", SceneUnknown},
		{"45 m off", Evidence{HasPos: true, Pos: LatLon{30.0496, 104.1203}, Floor: unknown, Indoor: Travelling}, MethodCoordinates, "cell", SceneUnknown},
		{"45 m off, accuracy 60 m", Evidence{HasPos: true, Pos: LatLon{30.0496, 104.1203}, AccuracyM: 60, Floor: unknown, Indoor: Travelling}, MethodCoordinates, "segment/E/1", SceneHighway},
		{"travelling through the mall's outline", Evidence{HasPos: true, Pos: LatLon{30.05, 104.151}, Floor: unknown, Indoor: Travelling}, MethodCoordinates, "segment/E/4", SceneHighway},
		{"outdoors there", Evidence{HasPos: true, Pos: LatLon{30.05, 104.151}, Floor: unknown, Indoor: Outside}, MethodCoordinates, "segment/E/4", SceneHighway},
		{"indoors there", Evidence{HasPos: true, Pos: LatLon{30.05, 104.151}, Floor: unknown, Indoor: Inside}, MethodCoordinates, "venue/M1", SceneMall},
		{"nothing said there", Evidence{HasPos: true, Pos: LatLon{30.05, 104.151}, Floor: unknown}, MethodCoordinates, "venue/M1", SceneMall},
		{"coarse position", Evidence{HasPos: true, Pos: LatLon{30.2, 104.2}, AccuracyM: 500, Floor: unknown}, MethodCoordinates, "disc", SceneUnknown},
		{"coarser than the mall", Evidence{HasPos: true, Pos: inMall, AccuracyM: 250, Floor: unknown, Indoor: Inside}, MethodCoordinates, "disc", SceneUnknown},
		{"a mall smaller than the disc", Evidence{HasPos: true, Pos: inMall, AccuracyM: 150, Floor: unknown, Indoor: Inside}, MethodCoordinates, "cell", SceneUnknown},
		{"a disc within the campus", Evidence{HasPos: true, Pos: inTower, AccuracyM: 500, Floor: unknown}, MethodCoordinates, "venue/C1", SceneCampus},
		{"passing through the campus", Evidence{HasPos: true, Pos: inTower, AccuracyM: 500, Floor: unknown, Indoor: Travelling}, MethodCoordinates, "disc", SceneUnknown},
		{"a disc that reaches beyond the campus", Evidence{HasPos: true, Pos: inTower, AccuracyM: 1500, Floor: unknown}, MethodCoordinates, "disc", SceneUnknown},
		{"a disc over a highway", Evidence{HasPos: true, Pos: LatLon{30.05, 104.12}, AccuracyM: 300, Floor: unknown, Indoor: Travelling}, MethodCoordinates, "disc", SceneUnknown},
		{"coarse position and an address that agrees", Evidence{HasPos: true, Pos: LatLon{30.003, 104}, AccuracyM: 800, Address: "成都市锦江区东方大厦", Floor: unknown}, MethodCoordinates, "venue/T1", SceneOfficeTower},
		{"coarse position and an address elsewhere", Evidence{HasPos: true, Pos: LatLon{30.2, 104.2}, AccuracyM: 800, Address: "成都市锦江区东方大厦", Floor: unknown}, MethodCoordinates, "disc", SceneUnknown},
		{"coarse position near one of two hotels", Evidence{HasPos: true, Pos: LatLon{30.1, 104.1}, AccuracyM: 800, Venue: "Grand Hotel", Floor: unknown}, MethodCoordinates, "venue/H2", SceneHotel},
		{"useless position", Evidence{HasPos: true, Pos: LatLon{30.2, 104.2}, AccuracyM: 30000, Floor: unknown}, MethodCoordinates, "", SceneUnknown},
		{"useless position and a radio cell", Evidence{HasPos: true, Pos: LatLon{30.2, 104.2}, AccuracyM: 30000, RadioCell: "460-00-3", Floor: unknown}, MethodRadioCell, "venue/T1", SceneOfficeTower},
		{"at a station exit, perhaps", Evidence{HasPos: true, Pos: LatLon{30.30003, 104.3}, AccuracyM: 25, Floor: unknown}, MethodCoordinates, "cell", SceneUnknown},
		{"coarse position and a name that agrees", Evidence{HasPos: true, Pos: LatLon{30.003, 104}, AccuracyM: 500, Venue: "东方大厦", Floor: unknown}, MethodCoordinates, "venue/T1", SceneOfficeTower},
		{"position and a name far away", Evidence{HasPos: true, Pos: LatLon{30.3, 104.1}, Venue: "东方大厦", Floor: unknown}, MethodCoordinates, "cell", SceneUnknown},
		{"travelling through the highway's tunnel", Evidence{HasPos: true, Pos: LatLon{30.05, 104.185}, Floor: unknown, Indoor: Travelling}, MethodCoordinates, "segment/U/0", SceneTunnel},
		{"above the tunnel", Evidence{HasPos: true, Pos: LatLon{30.05, 104.185}, Floor: unknown, Indoor: Outside}, MethodCoordinates, "segment/E/8", SceneHighway},
		{"the text says tunnel", Evidence{HasPos: true, Pos: LatLon{30.05, 104.185}, Floor: unknown, Text: "隧道里断线"}, MethodCoordinates, "segment/U/0", SceneTunnel},
		{"at home beside the highway", Evidence{HasPos: true, Pos: byRoad, Floor: unknown, Text: "我家里没信号"}, MethodCoordinates, "cell", SceneResidential},
		{"nowhere special", Evidence{HasPos: true, Pos: LatLon{30.2, 104.2}, Floor: unknown}, MethodCoordinates, "cell", SceneUnknown},
		{"at a station exit", Evidence{HasPos: true, Pos: LatLon{30.30003, 104.3}, Floor: unknown}, MethodCoordinates, "venue/P", SceneTransit},
		{"10 m from it", Evidence{HasPos: true, Pos: LatLon{30.3001, 104.3}, Floor: unknown}, MethodCoordinates, "cell", SceneUnknown},
		{"venue by name", Evidence{Venue: " oriental TOWER", Floor: unknown}, MethodVenue, "venue/T1", SceneOfficeTower},
		{"venue by id", Evidence{Venue: "T1", Floor: 25}, MethodVenue, "venue/T1/floors/21", SceneOfficeTower},
		{"its lift by name", Evidence{Venue: "东方大厦电梯", Floor: unknown}, MethodVenue, "venue/T1/lift", SceneLift},
		{"two hotels of one name", Evidence{Venue: "Grand Hotel", Floor: unknown}, MethodVenue, "", SceneHotel},
		{"address", Evidence{Address: "成都市锦江区东方大厦 3 号门", Floor: unknown}, MethodAddress, "venue/T1", SceneOfficeTower},
		{"address of either hotel", Evidence{Address: "Grand Hotel, Chengdu", Floor: unknown}, MethodAddress, "", SceneHotel},
		{"radio cell", Evidence{RadioCell: "460-00-1", Floor: unknown}, MethodRadioCell, "", SceneUnknown},
		{"indoor radio cell of the tower", Evidence{RadioCell: "460-00-3", Floor: unknown}, MethodRadioCell, "venue/T1", SceneOfficeTower},
		{"on a floor of it", Evidence{RadioCell: "460-00-3", Floor: 25}, MethodRadioCell, "venue/T1/floors/21", SceneOfficeTower},
		{"in its lift by the text", Evidence{RadioCell: "460-00-3", Text: "电梯里没有信号", Floor: unknown}, MethodRadioCell, "venue/T1/lift", SceneLift},
		{"heard in the street", Evidence{RadioCell: "460-00-3", Indoor: Outside, Floor: unknown}, MethodRadioCell, "", SceneUnknown},
		{"its own cell, the position in the street", Evidence{HasPos: true, Pos: LatLon{30.0005, 103.9994}, AccuracyM: 40, RadioCell: "460-00-3", Floor: unknown}, MethodCoordinates, "venue/T1", SceneOfficeTower},
		{"its own cell on a floor, the position in the hotel", Evidence{HasPos: true, Pos: LatLon{30.0022, 104.0022}, AccuracyM: 95, RadioCell: "460-00-3", Floor: 12, Indoor: Inside}, MethodCoordinates, "venue/T1/floors/11", SceneOfficeTower},
		{"a good position in the street", Evidence{HasPos: true, Pos: LatLon{30.0005, 103.9994}, AccuracyM: 10, RadioCell: "460-00-3", Floor: unknown}, MethodCoordinates, "venue/C1", SceneCampus},
		{"the street itself", Evidence{HasPos: true, Pos: LatLon{30.0005, 103.9994}, AccuracyM: 40, RadioCell: "460-00-3", Floor: unknown, Indoor: Outside}, MethodCoordinates, "venue/C1", SceneCampus},
		{"too far from its cell", Evidence{HasPos: true, Pos: LatLon{30.004, 103.995}, AccuracyM: 40, RadioCell: "460-00-3", Floor: unknown}, MethodCoordinates, "venue/C1", SceneCampus},
		{"a coarse position that reaches it", Evidence{HasPos: true, Pos: LatLon{30.015, 104.0004}, AccuracyM: 2000, RadioCell: "460-00-3", Floor: unknown}, MethodCoordinates, "venue/T1", SceneOfficeTower},
		{"in the tower, on the campus's cell", Evidence{HasPos: true, Pos: inTower, AccuracyM: 40, RadioCell: "460-00-4", Floor: unknown}, MethodCoordinates, "venue/T1", SceneOfficeTower},
		{"the campus around it wins", Evidence{RadioCell: "460-00-4", Floor: unknown}, MethodRadioCell, "venue/C1", SceneCampus},
		{"near the only building", Evidence{RadioCell: "460-00-5", Floor: unknown}, MethodRadioCell, "venue/H2", SceneHotel},
		{"too far from it", Evidence{RadioCell: "460-00-6", Floor: unknown}, MethodRadioCell, "", SceneUnknown},
		{"a mast beside it", Evidence{RadioCell: "460-00-7", Floor: unknown}, MethodRadioCell, "", SceneUnknown},
		{"indoors of one of two", Evidence{RadioCell: "460-00-8", Floor: unknown}, MethodRadioCell, "", SceneUnknown},
		{"unknown radio cell", Evidence{RadioCell: "460-00-99", Floor: unknown}, MethodNone, "", SceneUnknown},
		{"nothing", Evidence{Floor: unknown}, MethodNone, "", SceneUnknown},
		{"position off the globe", Evidence{HasPos: true, Pos: LatLon{104, 30}, Venue: "T1", Floor: unknown}, MethodVenue, "venue/T1", SceneOfficeTower},
	} {
		l := c.Locate(test.e)
		p, known := c.Place(l.Place)
		want := test.key
		if want == "disc" {
			at, accuracy, ok := l.Place.Disc()
			if d := Distance(at, test.e.Pos); !ok || l.Cell != 0 || d > test.e.AccuracyM/2 || math.Abs(math.Log2(accuracy/test.e.AccuracyM)) > 0.26 {
				t.Errorf("%s: a disc of %v m, %v m off, cell %v", test.name, accuracy, d, l.Cell)
			}
			want = ""
		}
		if want == "cell" {
			cell, err := CellAt(test.e.Pos, StoredResolution)
			if err != nil {
				t.Fatal(err)
			}
			want = "cell/" + cell.Parent(RankResolution).String()
			if l.Cell != cell {
				t.Errorf("%s: stored cell %v, not %v", test.name, l.Cell, cell)
			}
		}
		if l.Method != test.method || p.Key != want || l.Scene != test.scene || known != (want != "") {
			t.Errorf("%s: %v, place %q, scene %v; expected %v, %q, %v", test.name, l.Method, p.Key, l.Scene, test.method, want, test.scene)
		}
	}
}

func TestLocateKeepsUncertainty(t *testing.T) {
	c := smallTown(t)
	l := c.Locate(Evidence{HasPos: true, Pos: LatLon{30.0001, 104.0001}, AccuracyM: 350, Floor: UnknownFloor})
	if l.AccuracyM != 350 || l.Region != "510104" {
		t.Errorf("%+v", l)
	}
	l = c.Locate(Evidence{Venue: "T1", Floor: UnknownFloor})
	if l.AccuracyM < 70 || l.AccuracyM > 80 || Distance(l.Pos, LatLon{30.0005, 104.0005}) > 1 || l.Cell == 0 {
		t.Errorf("a venue of 111 × 96 m: %+v", l)
	}
	l = c.Locate(Evidence{RadioCell: "460-00-1", Floor: UnknownFloor})
	if l.AccuracyM != 2000 || l.Cell != 0 || l.Region != "510104" {
		t.Errorf("radio cell: %+v", l)
	}
	l = c.Locate(Evidence{RadioCell: "460-00-3", Floor: UnknownFloor})
	if l.AccuracyM != 100 || l.Cell != 0 || l.Region != "510104" || l.Place == 0 {
		t.Errorf("indoor radio cell: %+v", l)
	}
}

func TestPlaces(t *testing.T) {
	c := smallTown(t)
	at := func(e Evidence) Place {
		p, known := c.Place(c.Locate(e).Place)
		if !known {
			t.Fatalf("no place for %+v", e)
		}
		return p
	}
	lift := at(Evidence{Venue: "T1-L", Floor: UnknownFloor})
	if lift.Name != "东方大厦 lifts" || lift.Part != PartLift || lift.Venue.ID != "T1" || lift.Kind != PlaceVenue || !slices.Equal(lift.Region, []string{"51", "5101", "510104"}) {
		t.Errorf("%+v", lift)
	}
	if lift.ID != at(Evidence{HasPos: true, Pos: LatLon{30.0001, 104.0001}, Floor: UnknownFloor, Text: "in the lift"}).ID {
		t.Error("the lift of the tower and its child venue are two places")
	}
	band := at(Evidence{Venue: "T1", Floor: 30})
	if band.Name != "东方大厦 floors 21–30" || band.FloorLow != 21 {
		t.Errorf("%+v", band)
	}
	seg := at(Evidence{HasPos: true, Pos: LatLon{30.05, 104.1203}, Floor: UnknownFloor, Indoor: Travelling})
	if seg.Name != "G42 K1 eastbound" || seg.Ref != "G42" || seg.Km != 1 || seg.Kind != PlaceSegment {
		t.Errorf("%+v", seg)
	}
	if n := Distance(latLon(seg.Geometry.(orb.LineString)[0]), latLon(seg.Geometry.(orb.LineString)[1])); math.Abs(n-1000) > 0.1 {
		t.Errorf("a segment of %v m", n)
	}
	// 9,636 m of line: nine whole kilometres and a rest of 636 m.
	total := 0.0
	for k := 0; ; k++ {
		p, known := c.Place(placeID("segment/E/" + string(rune('0'+k))))
		if !known {
			if k != 10 {
				t.Errorf("%d segments", k)
			}
			break
		}
		total += chainage(p.Geometry, func(a, b orb.Point, from, length float64) {})
	}
	if v, _ := c.Venue("E"); math.Abs(total-chainage(v.Geometry, func(a, b orb.Point, from, length float64) {})) > 0.01 {
		t.Errorf("the segments add up to %v m", total)
	}
	cell := at(Evidence{HasPos: true, Pos: LatLon{30.2, 104.2}, Floor: UnknownFloor})
	if cell.Kind != PlaceCell || cell.Cell.String() != cell.Name || cell.Geometry == nil || !slices.Equal(cell.Region, []string{"51", "5101"}) {
		t.Errorf("%+v", cell)
	}
	for _, id := range []PlaceID{0, 1, topBit, topBit | 12345, PlaceID(cell.Cell.Parent(7))} {
		if p, known := c.Place(id); known {
			t.Errorf("%v is %+v", id, p)
		}
	}
	back, err := ParsePlaceID(lift.ID.String())
	if err != nil || back != lift.ID {
		t.Errorf("%v, %v", back, err)
	}
}

func TestRegions(t *testing.T) {
	c := smallTown(t)
	for _, test := range []struct {
		p    LatLon
		code string
	}{
		{LatLon{30.05, 104}, "510104"}, {LatLon{30.2, 104}, "510105"}, {LatLon{29.6, 103.6}, "5101"}, {LatLon{29.1, 103.1}, "51"},
		{LatLon{30.1004, 104}, "510104"},    // in the sliver: the nearer neighbour
		{LatLon{30.1007, 104}, "510105"},    // and the other one
		{LatLon{28.999, 104}, "51"},         // 111 m off the edge of everything
		{LatLon{28.99, 104}, ""},            // 1.1 km off
		{LatLon{30.05, 104.1015}, "510104"}, // 144 m outside the district, still in the prefecture
		{LatLon{30.05, 104.104}, "5101"},    // 386 m outside
		{LatLon{0, 0}, ""}, {LatLon{95, 0}, ""},
	} {
		if got := c.RegionAt(test.p); got != test.code {
			t.Errorf("%v is in %q, not %q", test.p, got, test.code)
		}
	}
	if got := c.RegionPath("510104"); !slices.Equal(got, []string{"51", "5101", "510104"}) {
		t.Errorf("%v", got)
	}
	if c.RegionPath("nowhere") != nil {
		t.Error("a path to nowhere")
	}
	for p, want := range map[LatLon]bool{{104, 30}: true, {30, 104}: false, {10, 10}: false, {103.5, 29.5}: true, {200, 30}: false} {
		if got := c.SuspectSwapped(p); got != want {
			t.Errorf("%v swapped: %v", p, got)
		}
	}
}

func TestCatalogueRefuses(t *testing.T) {
	p := orb.Point{104, 30}
	for want, build := range map[string]func() (*Catalogue, error){
		`venue 1 ("x") has no id`: func() (*Catalogue, error) { return NewCatalogue([]Venue{{Name: "x", Geometry: p}}, nil, nil) },
		`venue id "a" is given twice; merge the two or give one another id`: func() (*Catalogue, error) {
			return NewCatalogue([]Venue{{ID: "a", Geometry: p}, {ID: "a", Geometry: p}}, nil, nil)
		},
		"venue a has no geometry": func() (*Catalogue, error) { return NewCatalogue([]Venue{{ID: "a"}}, nil, nil) },
		"venue a: latitude 104 is outside -90 to 90 degrees: latitude and longitude look swapped": func() (*Catalogue, error) {
			return NewCatalogue([]Venue{{ID: "a", Geometry: orb.Point{30, 104}}}, nil, nil)
		},
		`region code "1" is given twice; merge the two or give one another code`: func() (*Catalogue, error) {
			return NewCatalogue(nil, []Region{{Code: "1"}, {Code: "1"}}, nil)
		},
		`site 1 ("s") has no radio cell`: func() (*Catalogue, error) { return NewCatalogue(nil, nil, []Site{{Site: "s"}}) },
		"radio cell c: latitude 99 is outside -90 to 90 degrees": func() (*Catalogue, error) {
			return NewCatalogue(nil, nil, []Site{{RadioCell: "c", Pos: LatLon{99, 190}}})
		},
	} {
		if _, err := build(); err == nil || err.Error() != want {
			t.Errorf("%v; expected: %s", err, want)
		}
	}
	round, err := NewCatalogue(nil, []Region{{Code: "1", Parent: "2"}, {Code: "2", Parent: "1"}, {Code: "3", Parent: "3"}}, nil)
	if err != nil {
		t.Fatalf("regions in circles: %v", err)
	}
	for code, want := range map[string]string{"1": "[2 1]", "2": "[1 2]", "3": "[3]"} {
		if got := fmt.Sprint(round.RegionPath(code)); got != want {
			t.Errorf("regions in circles: path of %s is %s, want %s", code, got, want)
		}
	}
	// What does not stop a catalogue: parents that are not there, venues in circles.
	c, err := NewCatalogue([]Venue{
		{ID: "a", Scene: SceneLift, Parent: "b", Geometry: p}, {ID: "b", Scene: SceneBasement, Parent: "a", Geometry: p},
		{ID: "c", Scene: SceneLift, Parent: "gone", Geometry: orb.Point{105, 31}},
		{ID: "d", Scene: SceneMall, Geometry: orb.Polygon{{{1, 1}, {2, 2}, {1, 1}}}}, // encloses nothing
		{ID: "e", Scene: SceneHighway, Geometry: orb.LineString{{1, 1}, {1, 1}}},
	}, []Region{{Code: "x", Parent: "gone"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if l := c.Locate(Evidence{Venue: "c", Floor: UnknownFloor}); l.Scene != SceneLift {
		t.Errorf("%+v", l)
	}
}

func TestEmptyCatalogue(t *testing.T) {
	c, err := NewCatalogue(nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	l := c.Locate(Evidence{HasPos: true, Pos: LatLon{31.23, 121.49}, Floor: 3})
	if l.Method != MethodCoordinates || l.Place != PlaceID(l.Cell.Parent(RankResolution)) || l.Region != "" {
		t.Errorf("%+v", l)
	}
	if c.Footprint("x") != nil || c.RegionAt(LatLon{}) != "" || c.SuspectSwapped(LatLon{121, 31}) {
		t.Error("an empty catalogue knows something")
	}
}

func TestNamesRoundTrip(t *testing.T) {
	for _, s := range append(Scenes(), SceneUnknown) {
		if back, err := ParseScene(s.String()); err != nil || back != s {
			t.Errorf("%v: %v, %v", s, back, err)
		}
	}
	want := "office_tower lift hotel mall basement highway tourist_site residential hospital campus transit tunnel rural other"
	var all []string
	for _, s := range Scenes() {
		all = append(all, s.String())
	}
	if got := strings.Join(all, " "); got != want {
		t.Errorf("%s; DESIGN §1 says %s", got, want)
	}
	if _, err := ParseScene("villa"); err == nil || !strings.Contains(err.Error(), `"villa" is not a scene; use one of`) {
		t.Errorf("%v", err)
	}
	if r, err := ParseRAT("5G"); err != nil || r != RAT5G || r.String() != "5g" {
		t.Errorf("%v, %v", r, err)
	}
	if i, err := ParseIndoor("travelling"); err != nil || i != Travelling {
		t.Errorf("%v, %v", i, err)
	}
	if m, err := ParseMethod("radio_cell"); err != nil || m != MethodRadioCell {
		t.Errorf("%v, %v", m, err)
	}
	if p, err := ParsePart("basement"); err != nil || p != PartBasement {
		t.Errorf("%v, %v", p, err)
	}
}
