package ingest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotcell/hotcell/geo"
)

// Calls from Shanghai's buildings, written in each datum and read by profiles
// that say each datum: only where the two differ, the account warns.
func TestDatumOfPositionsIsChecked(t *testing.T) {
	f, err := os.Open(filepath.Join(sharedData(t, "osm"), "shanghai_lujiazui_bund.geojson"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	file, err := geo.ScanVenuesGeoJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	c, err := geo.NewCatalogue(file.Venues, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(5, 6))
	for _, written := range []geo.Datum{geo.WGS84, geo.GCJ02, geo.BD09} {
		var b strings.Builder
		b.WriteString("record_id,time,outcome,lat,lon\n")
		for i := range 1500 {
			v := &file.Venues[r.IntN(len(file.Venues))]
			l := c.Locate(geo.Evidence{Venue: v.ID, Floor: geo.UnknownFloor})
			if l.Method != geo.MethodVenue {
				continue
			}
			p := written.FromWGS84(geo.LatLon{Lat: l.Pos.Lat + 0.0001*r.NormFloat64(), Lon: l.Pos.Lon + 0.0001*r.NormFloat64()})
			fmt.Fprintf(&b, "r%d,2026-06-01 08:00:00,dropped,%.6f,%.6f\n", i, p.Lat, p.Lon)
		}
		calls := writeFile(t, "calls.csv", b.String())
		for _, said := range []geo.Datum{geo.WGS84, geo.GCJ02, geo.BD09} {
			p := *mustProfile(t, FeedCalls, "")
			p.Position.Datum = said
			l, err := New(testConfig(), newMemSink(), c)
			if err != nil {
				t.Fatal(err)
			}
			a, err := l.Load(t.Context(), FeedCalls, &p, calls)
			if err != nil {
				t.Fatal(err)
			}
			want := ""
			if said != written {
				want = fmt.Sprintf("the positions look like %s, not %s as profile", written, said)
			}
			if got := strings.Join(a.Warnings, "\n"); (want == "") != (got == "") || !strings.HasPrefix(got, want) {
				t.Errorf("written in %s, read as %s: warnings %q", written, said, got)
			}
		}
	}
}
