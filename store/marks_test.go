package store_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/hotspots"
	"github.com/hotcell/hotcell/ingest"
	"github.com/hotcell/hotcell/store"
	"github.com/hotcell/hotcell/store/storetest"
)

// TestRelocateKnowsMore: houses, exits and names that a later file brings put old
// complaints in their places.
func TestRelocateKnowsMore(t *testing.T) {
	tower := geo.Venue{ID: "T", Name: "Old Tower", Scene: geo.SceneOfficeTower, Geometry: orb.Polygon{{{104, 31}, {104.001, 31}, {104.001, 31.001}, {104, 31}}}}
	line := geo.Venue{ID: "G4", Name: "京港澳高速", Ref: "G4", Scene: geo.SceneHighway, Geometry: orb.LineString{{104, 30}, {104.1, 30}}}
	marks := []geo.Mark{
		{ID: "node/1", Kind: geo.MarkHouse, Road: "Fleet Street", Number: "2210", Pos: geo.LatLon{Lat: 32, Lon: 104}},
		{ID: "node/2", Kind: geo.MarkHouse, Road: "Fleet Street", Number: "2218", Pos: geo.LatLon{Lat: 32, Lon: 104.0008}},
		{ID: "node/3", Kind: geo.MarkExit, Number: "12", Names: []string{"龙泉", "Longquan"}, Pos: geo.LatLon{Lat: 30, Lon: 104.055}},
		{ID: "node/4", Kind: geo.MarkMilestone, Road: "G4", Number: "35.2", Pos: geo.LatLon{Lat: 30.0001, Lon: 104.02}},
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		take := func(version uint64, v []geo.Venue, m []geo.Mark) (*geo.Catalogue, string) {
			l := load(version, "venues")
			l.Feed = ingest.FeedVenues
			must(t, s.InsertMarks(t.Context(), l, m))
			must(t, s.InsertVenues(t.Context(), l, v))
			venues, regions, sites, version2, err := s.Catalogue(t.Context())
			must(t, err)
			kept, err := s.Marks(t.Context())
			must(t, err)
			if !reflect.DeepEqual(kept, m) {
				t.Errorf("marks\n%+v\nwant\n%+v", kept, m)
			}
			c, err := geo.NewCatalogue(venues, regions, sites, kept...)
			must(t, err)
			return c, version2
		}
		before, first := take(1000, []geo.Venue{tower, line}, nil)
		says := []geo.Evidence{{Address: "2214 Fleet St, Apt 2"}, {Address: "2218 Fleet Street"}, {Address: "Harbour View, 5th floor"}, {Text: "G4 exit 12 drops every call"},
			{Text: "G4高速35.2公里处掉话"}, {Address: "Old Tower"}, {Address: "Nowhere House"}}
		var complaints []ingest.Complaint
		for i, e := range says {
			e.Floor = geo.UnknownFloor
			complaints = append(complaints, ingest.Complaint{ID: recordID(i), Time: t0.Add(time.Duration(i) * time.Hour).Unix(), Customer: ingest.CustomerID(i + 1),
				Channel: "app", Address: e.Address, Text: e.Text, Location: before.Locate(e)})
		}
		takeComplaints(t, s, load(1001, "a"), complaints)
		tower := tower
		tower.Aliases = []string{"Harbour View"}
		after, second := take(1002, []geo.Venue{tower, line}, marks)
		if first == second {
			t.Error("the catalogue's version is the same")
		}
		got, err := s.Relocate(t.Context(), after, second, nil)
		must(t, err)
		if got.Moved != 5 || got.Located != 3 || got.Unlocated != 0 || got.CatalogueChanged {
			t.Errorf("%+v", got)
		}
		ev, err := s.Evidence(t.Context(), hotspots.Query{})
		must(t, err)
		methods := []geo.Method{geo.MethodBetween, geo.MethodAddress, geo.MethodAddress, geo.MethodAddress, geo.MethodAddress, geo.MethodAddress, geo.MethodNone}
		for i, c := range ev.Complaints {
			e := says[i]
			e.Floor = geo.UnknownFloor
			if want := after.Locate(e); want.Method != methods[i] || c.Place != want.Place || c.Cell != want.Cell {
				t.Errorf("%+v is at %v, expected %+v by %v", says[i], c.Place, want, methods[i])
			}
		}
		if p, _ := after.Place(ev.Complaints[3].Place); p.Key != "segment/G4/5" {
			t.Errorf("exit 12 is at %s", p.Key)
		}
		if got, err = s.Relocate(t.Context(), after, second, nil); err != nil || got.Moved != 0 {
			t.Errorf("a second rebuild: %+v, %v", got, err)
		}
	})
}
