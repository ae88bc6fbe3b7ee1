package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/hotspots"
	"github.com/hotcell/hotcell/ingest"
	"github.com/hotcell/hotcell/store"
	"github.com/hotcell/hotcell/store/storetest"
)

// either is the location of a record that fits two places.
func either(a, b geo.PlaceID) geo.Location {
	c := &geo.Choice{Places: []geo.PlaceWeight{{Place: a, Weight: 0.25}, {Place: b, Weight: 0.75}}}
	return geo.Location{Method: geo.MethodAddress, Pos: geo.LatLon{Lat: 30, Lon: 104}, AccuracyM: 9000, Place: c.ID(), Choice: c, Scene: geo.SceneHotel, Region: "r"}
}

// TestChoices: a complaint that fits several places comes back as it was stored,
// after being placed again too, and other complaints have no choice.
func TestChoices(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var complaints []ingest.Complaint
		for i := range 6 {
			c := ingest.Complaint{ID: recordID(i), Time: t0.Add(time.Duration(i) * time.Hour).Unix(), Customer: ingest.CustomerID(i + 1), Channel: "app", Address: "Grand Hotel"}
			switch i % 3 {
			case 0:
				c.Location = either(1<<63|11, 1<<63|12)
			case 1:
				c.Location = in(geo.MethodAddress, 40, "r")
			}
			complaints = append(complaints, c)
		}
		takeComplaints(t, s, load(1000, "a"), complaints)
		read := func() (out []hotspots.Complaint) {
			ev, err := s.Evidence(t.Context(), hotspots.Query{})
			must(t, err)
			return ev.Complaints
		}
		got := read()
		if len(got) != 6 {
			t.Fatalf("%d complaints", len(got))
		}
		for i, c := range got {
			want := complaints[i].Location
			if want.Choice != nil && (c.Place != 0 || !slices.Equal(c.Choice, want.Choice.Places)) || want.Choice == nil && (c.Choice != nil || c.Place != want.Place) {
				t.Errorf("complaint %d: place %v, choice %v; stored was %+v", i, c.Place, c.Choice, want)
			}
		}
		// A claim on one of the places has a quarter or three quarters of such a complaint,
		// a claim on both of them all of it, and one on another place nothing.
		for name, test := range map[string]struct {
			places []geo.PlaceID
			share  float64
		}{
			"one": {[]geo.PlaceID{1<<63 | 11}, 0.25}, "the other": {[]geo.PlaceID{1<<63 | 12}, 0.75},
			"both": {[]geo.PlaceID{1<<63 | 11, 1<<63 | 12}, 1}, "neither": {[]geo.PlaceID{1<<63 | 13}, 0},
		} {
			q := hotspots.ClaimQuery{Start: t0.AddDate(0, 0, -1), End: t0.AddDate(0, 0, 1)}
			ev, err := s.ClaimEvidence(t.Context(), q, &hotspots.ClaimGround{Places: test.places})
			must(t, err)
			told := 0.0
			for _, u := range ev.Customers {
				if u.Complaints != test.share || u.Attempts != 0 {
					t.Errorf("a claim on %s: a customer with %+v", name, u)
				}
				told += float64(u.Customers) * u.Complaints
			}
			if told != 2*test.share {
				t.Errorf("a claim on %s has %v complaints, want %v", name, told, 2*test.share)
			}
		}
		a := &atlas{names: map[string]geo.Location{"Grand Hotel": either(1<<63|11, 1<<63|13)}}
		if moved := relocate(t, s, a); moved.Moved != 6 {
			t.Errorf("%+v", moved)
		}
		for i, c := range read() {
			if c.Place != 0 || len(c.Choice) != 2 || c.Choice[1].Place != 1<<63|13 {
				t.Errorf("complaint %d: place %v, choice %v after a rebuild", i, c.Place, c.Choice)
			}
		}
		if moved := relocate(t, s, a); moved.Moved != 0 {
			t.Errorf("a second rebuild moves records again: %+v", moved)
		}
	})
}

// TestSignposts: what is signposted along a highway is kept, and forgotten when a
// later file does not know it.
func TestSignposts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		line := geo.Venue{ID: "G4", Name: "京港澳高速", Ref: "G4", Scene: geo.SceneHighway, Geometry: orb.LineString{{104, 30}, {105, 30}}, KmFrom: 1296.3, KmTo: 1200}
		tower := geo.Venue{ID: "T", Name: "Tower", Geometry: orb.Point{104, 30}}
		for i, want := range [][2]float64{{1296.3, 1200}, {0, 0}} {
			line.KmFrom, line.KmTo = want[0], want[1]
			l := load(uint64(1000+i), "venues")
			l.Feed = ingest.FeedVenues
			must(t, s.InsertVenues(t.Context(), l, []geo.Venue{line, tower}))
			venues, _, _, _, err := s.Catalogue(t.Context())
			must(t, err)
			if len(venues) != 2 || venues[0].KmFrom != want[0] || venues[0].KmTo != want[1] || venues[1].KmFrom != 0 {
				t.Errorf("%+v", venues)
			}
		}
	})
}
