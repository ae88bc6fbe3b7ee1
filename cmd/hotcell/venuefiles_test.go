package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/store"
	"github.com/hotcell/hotcell/store/storetest"
)

// OpenStreetMap files load as they are, and calls find their buildings in them.
func TestCallsInVenuesFromOpenStreetMap(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "data", "osm")
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("CI must have the shared data: %v", err)
		}
		t.Skipf("no shared data here: %v", err)
	}
	h := home{t: t, dsn: storetest.Embedded(t), keyFile: filepath.Join(t.TempDir(), "pseudonym.key")}
	accepted := map[string]uint64{"Helsinki.osm.pbf": 211, "baltimore.osm.pbf": 475, "bayfront_singapore.osm.pbf": 42, "andorra.osm.pbf": 117,
		"shanghai_lujiazui_bund.geojson": 396, "shoppingmall.geojson": 31, "tourist_attraction.geojson": 45}
	var files []string
	for name := range accepted {
		files = append(files, filepath.Join(dir, name))
	}
	for _, r := range h.load("venues", files...) {
		if want := accepted[filepath.Base(r.File)]; r.Accepted != want {
			t.Errorf("%s: %+v, want %d accepted", r.File, r.Account, want)
		}
	}
	if out := h.must("rejects", "list"); strings.Count(out, "bad_feature") != 18 {
		t.Errorf("rejects list printed\n%s\nwant 18 features of Helsinki", out)
	}
	calls := filepath.Join(t.TempDir(), "calls.csv")
	if err := os.WriteFile(calls, []byte(`record_id,time,subscriber_id,outcome,lat,lon,accuracy_m,indoor
c1,2026-06-01 08:00:00,86138001,dropped,31.235510,121.501250,10,indoor
c2,2026-06-01 08:00:00,86138002,dropped,1.283700,103.860700,10,indoor
c3,2026-06-01 08:00:00,86138003,dropped,50.000000,10.000000,10,indoor
`), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := h.load("calls", calls)[0]; r.Accepted != 3 || r.Located != 3 {
		t.Errorf("%+v", r.Account)
	}
	s, err := store.Open(t.Context(), store.Config{DSN: h.dsn}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	venues, regions, sites, _, err := s.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c, err := geo.NewCatalogue(venues, regions, sites)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, e := range h.evidence().Exposures {
		if p, known := c.Place(e.Place); known && p.Kind == geo.PlaceVenue {
			names[p.Name] = true
		}
	}
	if len(names) != 2 || !names["上海中心大厦"] || !names["Marina Bay Sands Tower 2"] {
		t.Errorf("calls lie in %v, want Shanghai Tower and Marina Bay Sands", names)
	}
}
