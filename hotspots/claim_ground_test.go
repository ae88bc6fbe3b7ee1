package hotspots

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/hotcell/hotcell/geo"
)

// groundTown has a province without an outline over two prefectures, a highway of
// two lines, a tower with a lift, a hotel in the tower, and two malls.
func groundTown(t *testing.T) *geo.Catalogue {
	t.Helper()
	box := func(west, south, east, north float64) string {
		return fmt.Sprintf(`{"type":"Polygon","coordinates":[[[%[1]v,%[2]v],[%[3]v,%[2]v],[%[3]v,%[4]v],[%[1]v,%[4]v],[%[1]v,%[2]v]]]}`, west, south, east, north)
	}
	collection := func(features ...string) *strings.Reader {
		return strings.NewReader(`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{` + strings.Join(features, `},{"type":"Feature","properties":{`) + `}]}`)
	}
	regions, err := geo.ReadRegionsGeoJSON(collection(
		`"code":"5101","name":"West","level":"prefecture","parent":"51"},"geometry":`+box(104.00, 30.60, 104.06, 30.66),
		`"code":"5102","name":"East","level":"prefecture","parent":"51"},"geometry":`+box(104.06, 30.60, 104.12, 30.66),
	))
	if err != nil {
		t.Fatal(err)
	}
	regions = append(regions, geo.Region{Code: "51", Name: "Sichuan", Level: "province"}, geo.Region{Code: "52", Name: "Guizhou", Level: "province"})
	venues, err := geo.ReadVenuesGeoJSON(collection(
		`"id":"E","scene":"highway","ref":"G4"},"geometry":{"type":"LineString","coordinates":[[104.0,30.61],[104.12,30.61]]}`,
		`"id":"W","scene":"highway","ref":"G4"},"geometry":{"type":"LineString","coordinates":[[104.12,30.612],[104.0,30.612]]}`,
		`"id":"T","scene":"office_tower","floors":30},"geometry":`+box(104.030, 30.630, 104.032, 30.632),
		`"id":"L","scene":"lift","parent":"T"},"geometry":{"type":"Point","coordinates":[104.031,30.631]}`,
		`"id":"L2","scene":"lift","parent":"T"},"geometry":{"type":"Point","coordinates":[104.0312,30.631]}`,
		`"id":"H","scene":"hotel","parent":"T"},"geometry":`+box(104.0301, 30.6301, 104.0305, 30.6305),
		`"id":"M1","scene":"mall","basement_floors":2},"geometry":`+box(104.010, 30.630, 104.014, 30.634),
		`"id":"M2","scene":"mall"},"geometry":`+box(104.100, 30.640, 104.103, 30.643),
	))
	if err != nil {
		t.Fatal(err)
	}
	c, err := geo.NewCatalogue(venues, regions, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestClaimGround(t *testing.T) {
	c := groundTown(t)
	ids := func(venues ...string) (out []geo.PlaceID) {
		for _, v := range venues {
			out = append(out, c.PlacesOf(v)...)
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	for name, test := range map[string]struct {
		q      ClaimQuery
		units  []string
		places []geo.PlaceID
		parts  int
	}{
		"region":        {ClaimQuery{Region: "51"}, nil, nil, 0},
		"highway":       {ClaimQuery{Highways: []string{"g4"}}, nil, ids("E", "W"), 0},
		"tower":         {ClaimQuery{Venues: []string{"T"}}, nil, ids("T", "H"), 0}, // with its lifts and what is inside
		"lift":          {ClaimQuery{Venues: []string{"L"}}, nil, ids("L"), 0},
		"malls":         {ClaimQuery{Region: "51", Scene: geo.SceneMall}, nil, nil, 4},
		"lifts":         {ClaimQuery{Region: "51", Scene: geo.SceneLift}, nil, nil, 0},
		"mall units":    {ClaimQuery{Region: "51", Scene: geo.SceneMall, Units: ClaimVenues}, []string{"venue/M1", "venue/M2"}, ids("M1", "M2"), 4},
		"west":          {ClaimQuery{Region: "5101", Scene: geo.SceneMall, Units: ClaimVenues}, []string{"venue/M1"}, ids("M1"), 4},
		"lift units":    {ClaimQuery{Region: "51", Scene: geo.SceneLift, Units: ClaimVenues}, []string{"venue/T/lift"}, ids("L"), 0},
		"basements":     {ClaimQuery{Region: "51", Scene: geo.SceneBasement, Units: ClaimVenues}, []string{"venue/M1/basement"}, c.PlacesOf("M1")[2:3], 0},
		"all venues":    {ClaimQuery{Region: "51", Units: ClaimVenues}, []string{"venue/H", "venue/M1", "venue/M2", "venue/T"}, ids("T", "H", "M1", "M2"), 0},
		"named":         {ClaimQuery{Venues: []string{"H", "M2", "T"}, Units: ClaimVenues}, []string{"H", "M2", "T"}, ids("T", "H", "M2"), 0},
		"named in West": {ClaimQuery{Region: "5101", Venues: []string{"M2", "T"}, Units: ClaimVenues}, []string{"T"}, ids("T", "H"), 0},
	} {
		g, err := NewClaimGround(test.q, c)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var units []string
		for _, u := range g.Units {
			units = append(units, u.ID)
			if u.Size != 1 || len(u.Places) == 0 {
				t.Errorf("%s: unit %+v", name, u)
			}
		}
		if !slices.Equal(units, test.units) || g.Total != float64(len(test.units)) || !slices.Equal(g.Places, test.places) || len(g.SceneParts) != test.parts {
			t.Errorf("%s: units %v of %v, places %v, scene parts %v; want %v, %v and %d", name, units, g.Total, g.Places, g.SceneParts, test.units, test.places, test.parts)
		}
	}
}

// The area is named as the catalogue names it.
func TestClaimGroundWhere(t *testing.T) {
	c := groundTown(t)
	for _, x := range []struct {
		q      ClaimQuery
		en, zh string
	}{
		{ClaimQuery{Region: "5101", Highways: []string{"G4"}}, "highway G4, region West (5101)", "公路G4，区域West (5101)"},
		{ClaimQuery{Venues: []string{"M1", "T"}}, "venue M1, T", "场所M1, T"},
	} {
		g, err := NewClaimGround(x.q, c)
		if err != nil {
			t.Fatal(err)
		}
		if g.Where.EN != x.en || g.Where.ZH != x.zh {
			t.Errorf("%+v: %q, %q", x.q, g.Where.EN, g.Where.ZH)
		}
	}
	many := ClaimQuery{Highways: []string{"G1", "G2", "G3", "G4", "G5"}}.where("", nil)
	if many.EN != "highway G1, G2, G3 (+2)" {
		t.Errorf("%q", many.EN)
	}
}

func TestClaimGroundSizes(t *testing.T) {
	c := groundTown(t)
	near := func(name string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-3*want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	// 0.12° × cos 30.61° × 111.32 km, twice; half of each line lies in the west.
	line := 0.12 * math.Cos(30.61*math.Pi/180) * 111.3195
	road, err := NewClaimGround(ClaimQuery{Highways: []string{"G4"}, Units: ClaimRoadKm}, c)
	if err != nil {
		t.Fatal(err)
	}
	near("the road", road.Total, 2*line)
	west, err := NewClaimGround(ClaimQuery{Highways: []string{"G4"}, Region: "5101", Units: ClaimRoadKm}, c)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(west.Total-line) > 1 || len(west.Units) >= len(road.Units) { // whole kilometres
		t.Errorf("the road in the west is %v of %v km", west.Total, road.Total)
	}
	area, err := NewClaimGround(ClaimQuery{Region: "51", Units: ClaimArea}, c)
	if err != nil {
		t.Fatal(err)
	}
	near("the area", area.Total, line*0.06*111.3195)
	inside, err := geo.CellAt(geo.LatLon{Lat: 30.63, Lon: 104.03}, geo.RankResolution)
	if err != nil {
		t.Fatal(err)
	}
	near("a cell", area.CellSize(inside), geo.Area(inside.Boundary())/1e6)
	outside, err := geo.CellAt(geo.LatLon{Lat: 30.7, Lon: 104.03}, geo.RankResolution)
	if err != nil {
		t.Fatal(err)
	}
	if size := area.CellSize(outside) + road.CellSize(inside); size != 0 {
		t.Errorf("a cell outside has %v km²", size)
	}
}

func TestClaimGroundFaults(t *testing.T) {
	c := groundTown(t)
	for name, test := range map[string]struct {
		q    ClaimQuery
		want string
	}{
		"region":            {ClaimQuery{Region: "77"}, `claim: area.region: "77" is not in the catalogue, which has 51, 5101, 5102, 52;`},
		"highway":           {ClaimQuery{Highways: []string{"G5"}}, `claim: area.highways: "G5" is not in the catalogue, which has G4;`},
		"venue":             {ClaimQuery{Venues: []string{"Tower"}}, `claim: area.venues: "Tower" is not in the catalogue`},
		"two":               {ClaimQuery{Region: "77", Venues: []string{"Tower"}}, "\nclaim: area.venues"},
		"both":              {ClaimQuery{Highways: []string{"G4"}, Venues: []string{"T"}}, "claim: area: no place is on one of the highways and in one of the venues"},
		"area of road":      {ClaimQuery{Region: "51", Highways: []string{"G4"}, Units: ClaimArea}, "claim: denominator: a share of area"},
		"no outline":        {ClaimQuery{Region: "52", Units: ClaimArea}, `claim: area.region: "52" has no outline`},
		"road elsewhere":    {ClaimQuery{Region: "52", Highways: []string{"G4"}, Units: ClaimRoadKm}, "claim: area: no kilometre of G4"},
		"road of malls":     {ClaimQuery{Scene: geo.SceneMall, Highways: []string{"G4"}, Units: ClaimRoadKm}, "claim: area: no kilometre of G4"},
		"highway as venues": {ClaimQuery{Highways: []string{"G4"}, Units: ClaimVenues}, "claim: area.highways: a highway is no venue"},
		"no such venues":    {ClaimQuery{Region: "51", Scene: geo.SceneHospital, Units: ClaimVenues}, "claim: area: the catalogue has no venue"},
	} {
		if g, err := NewClaimGround(test.q, c); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %+v, %v; want %q", name, g, err, test.want)
		}
	}
}
