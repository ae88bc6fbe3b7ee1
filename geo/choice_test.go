package geo

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/paulmach/orb"
)

// chainTown has a chain of three hotels, a tower 2 in each of two complexes, six
// branches of one name, and a highway with signposts and one without.
func chainTown(t *testing.T) *Catalogue {
	t.Helper()
	var venues []Venue
	add := func(id, name string, scene Scene, lat, lon float64, floors int, parent string) {
		venues = append(venues, Venue{ID: id, Name: name, Scene: scene, Floors: floors, Parent: parent, Geometry: square(lat, lon, 0.001)})
	}
	add("R1", "如家酒店", SceneHotel, 30.00, 104.00, 8, "")
	add("R2", "如家酒店", SceneHotel, 30.10, 104.00, 25, "")
	add("R3", "如家酒店", SceneHotel, 30.20, 104.00, 8, "")
	venues = append(venues, Venue{ID: "P", Name: "Harbour Plaza", Scene: SceneUnknown, Geometry: square(30.3, 104, 0.01)})
	venues = append(venues, Venue{ID: "Q", Name: "Marina Plaza", Scene: SceneUnknown, Geometry: square(30.4, 104, 0.01)})
	add("P2", "Tower 2", SceneOfficeTower, 30.302, 104.002, 40, "P")
	add("Q2", "Tower 2", SceneOfficeTower, 30.402, 104.002, 40, "Q")
	for i := range 6 {
		add(fmt.Sprint("B", i), "Big Coffee House", SceneMall, 30.5+float64(i)/100, 104, 2, "")
	}
	venues = append(venues,
		Venue{ID: "E", Name: "京港澳高速公路", Ref: "G4", Scene: SceneHighway, KmFrom: 1200, KmTo: 1296.3, Geometry: orb.LineString{{105, 30}, {106, 30}}},
		Venue{ID: "W", Name: "京港澳高速公路", Ref: "G4", Scene: SceneHighway, KmFrom: 1296.3, KmTo: 1200, Geometry: orb.LineString{{106, 30.001}, {105, 30.001}}},
		Venue{ID: "I", Name: "Capital Beltway", Ref: "I 95", Scene: SceneHighway, Geometry: orb.LineString{{105, 31}, {105.1, 31}}})
	sites := []Site{{RadioCell: "near R2", Pos: LatLon{30.101, 104.001}, RangeM: 800, AzimuthDeg: math.NaN(), BeamwidthDeg: math.NaN(), RAT: RAT4G}}
	c, err := NewCatalogue(venues, []Region{{Code: "s", Name: "南区", Level: "district", Geometry: square(30, 104, 0.12)},
		{Code: "n", Name: "北区", Level: "district", Geometry: square(30.2, 104, 0.05)}}, sites)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestChoice(t *testing.T) {
	c := chainTown(t)
	const unknown = UnknownFloor
	for _, test := range []struct {
		name string
		e    Evidence
		key  string
	}{
		{"a chain", Evidence{Address: "如家酒店 1208", Floor: unknown}, "venue/R1 + venue/R2 + venue/R3"},
		{"named as the venue", Evidence{Venue: "如家酒店", Floor: unknown}, "venue/R1 + venue/R2 + venue/R3"},
		{"in a complaint's text, in the lift", Evidence{Text: "住如家酒店,电梯里没信号", Floor: unknown}, "venue/R1/lift + venue/R2/lift + venue/R3/lift"},
		{"only one is so high", Evidence{Address: "如家酒店1508房", Floor: unknown}, "venue/R2/floors/11"},
		{"no one is so high", Evidence{Address: "如家酒店55楼", Floor: unknown}, "venue/R1 + venue/R2 + venue/R3"},
		{"in a region", Evidence{Address: "南区如家酒店", Floor: unknown}, "venue/R1 + venue/R2"},
		{"in another", Evidence{Address: "如家酒店（北区）", Floor: unknown}, "venue/R3"},
		{"the address tells the venue apart", Evidence{Venue: "如家酒店", Address: "北区", Floor: unknown}, "venue/R3"},
		{"served by a radio cell", Evidence{Address: "如家酒店", RadioCell: "near R2", Floor: unknown}, "venue/R2"},
		{"two towers 2", Evidence{Address: "Tower 2", Floor: unknown}, "venue/P2 + venue/Q2"},
		{"the one in the complex named", Evidence{Address: "Tower 2, Marina Plaza", Floor: unknown}, "venue/Q2"},
		{"the complex named beside", Evidence{Venue: "Tower 2", Address: "Harbour Plaza", Floor: unknown}, "venue/P2"},
		{"six of them", Evidence{Address: "Big Coffee House", Floor: unknown}, ""},
		{"six of them, one served", Evidence{Address: "Big Coffee House", RadioCell: "near R2", Floor: unknown}, ""},
		{"signposted", Evidence{Text: "G4京港澳高速K1234+500往北京方向掉线", Floor: unknown}, "segment/E/34 + segment/W/61"},
		{"signposted, eastbound", Evidence{Text: "G4高速K1234+500处由西向东掉线", Floor: unknown}, "segment/E/34"},
		{"by its name", Evidence{Address: "京港澳高速公路1234公里处", Floor: unknown}, "segment/E/34 + segment/W/62"},
		{"not on this stretch", Evidence{Text: "G4高速K77处掉线", Floor: unknown}, ""},
		{"no signposts known", Evidence{Text: "dropped call near mile marker 52 on I-95", Floor: unknown}, "10 segments"},
		{"an exit is no kilometre", Evidence{Text: "exit 23 on I-95 drops every call", Floor: unknown}, "10 segments"},
		{"a highway nobody knows", Evidence{Text: "dropped call on I-495 near exit 3", Floor: unknown}, ""},
		{"paper", Evidence{Text: "G4 印刷纸 95", Floor: unknown}, ""},
	} {
		l := c.Locate(test.e)
		if key := keyOf(c, l); key != test.key {
			t.Errorf("%s: at %q, expected %q", test.name, key, test.key)
		}
		if l.Place.IsChoice() != (l.Choice != nil) || l.Choice != nil && l.Cell != 0 {
			t.Errorf("%s: %+v", test.name, l)
		}
		if l.Choice == nil {
			continue
		}
		sum := 0.0
		for _, w := range l.Choice.Places {
			sum += w.Weight
			p, known := c.Place(w.Place)
			if !known || Distance(l.Pos, p.Cell.Center()) > float64(l.AccuracyM)+500 {
				t.Errorf("%s: %v is not within %v m of %v", test.name, p.Key, l.AccuracyM, l.Pos)
			}
		}
		if math.Abs(sum-1) > 1e-9 || l.Place != l.Choice.ID() || isCellID(l.Place) {
			t.Errorf("%s: the weights sum to %v", test.name, sum)
		}
	}
	south := c.Locate(Evidence{Address: "南区如家酒店", Floor: unknown})
	if all := c.Locate(Evidence{Address: "如家酒店", Floor: unknown}); south.Region != "s" || all.Region != "" {
		t.Errorf("regions %q and %q: the finest that holds all candidates is expected", south.Region, all.Region)
	}
	same := Choice{slices.Clone(south.Choice.Places)}
	if other := (Choice{[]PlaceWeight{{south.Choice.Places[0].Place, 0.4}, {south.Choice.Places[1].Place, 0.6}}}); same.ID() != south.Place || other.ID() == south.Place {
		t.Error("a choice's id does not tell its places and weights")
	}
}

func isCellID(id PlaceID) bool { return Cell(id).Valid() }

func TestSignposts(t *testing.T) {
	for _, test := range []struct {
		text string
		km   float64
	}{
		{"K1234+500", 1234.5}, {"沪昆高速 K32 处", 32}, {"k7+20", 7.02}, {"G4 1234公里处", 1234}, {"1234公里+300米处", 1234.3}, {"G4高速35.2公里处", 35.2}, {"km 120 on the A1", 120},
		{"mile marker 52", 52 * kmPerMile}, {"at milepost 7.5 northbound", 7.5 * kmPerMile}, {"mm 12", 12 * kmPerMile}, {"Ｋ１２＋８００", 12.8},
		{"I-95 exit 23", -1}, {"大概十公里没有信号", -1}, {"about 10 km without signal", -1}, {"4K TV", -1}, {"前方500公里", -1}, {"5G套餐K歌", -1}, {"mk2 45", -1},
	} {
		km, ok := signpostIn(test.text)
		if ok != (test.km >= 0) || ok && math.Abs(km-test.km) > 1e-9 {
			t.Errorf("%q: %v, %v; expected %v", test.text, km, ok, test.km)
		}
	}
}
