package ingest

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// The public venue files load without a profile of their own, the .osm.pbf ones
// whatever they are called. The objects of the files were counted with other
// readers (paulmach/osm, Python's json): what is not read is left out by name.
func TestPublicVenueFilesLoad(t *testing.T) {
	dir := sharedData(t, "osm")
	for _, f := range []struct {
		name                                   string
		objects, accepted, rejected, duplicate uint64
		marks                                  int
	}{
		{"Helsinki.osm.pbf", 24260 + 5130 + 620, 211, 18, 2, 1442},
		{"baltimore.osm.pbf", 51385 + 7230 + 167, 475, 0, 100, 1336},
		{"bayfront_singapore.osm.pbf", 2843 + 468 + 115, 42, 0, 12, 26},
		{"andorra.osm.pbf", 69644 + 2725 + 74, 117, 0, 0, 3},
		{"shanghai_lujiazui_bund.geojson", 4804, 396, 0, 204, 152},
		{"shoppingmall.geojson", 31, 31, 0, 0, 0},
		{"tourist_attraction.geojson", 47, 45, 0, 1, 0},
	} {
		t.Run(f.name, func(t *testing.T) {
			sink := newMemSink()
			a, err := newTestLoader(t, testConfig(), sink).Load(t.Context(), FeedVenues, mustProfile(t, FeedVenues, ""), filepath.Join(dir, f.name))
			if err != nil {
				t.Fatal(err)
			}
			checkIdentity(t, a)
			if a.Accepted != f.accepted || a.Rejected != f.rejected || a.Duplicate != f.duplicate || a.Located != f.accepted {
				t.Errorf("%+v, want %d accepted, %d rejected, %d duplicate", a, f.accepted, f.rejected, f.duplicate)
			}
			left := ""
			if n := f.objects - a.Read; n > 0 {
				left = fmt.Sprintf("%d of %d objects are no venues (trees, footways, houses without a use) and were left out", n, f.objects)
				if f.marks > 0 {
					left += fmt.Sprintf("; %d house numbers, exits and milestones are kept for addresses", f.marks)
				}
			}
			if got := strings.Join(a.Warnings, "\n"); got != left {
				t.Errorf("warnings %q, want %q", got, left)
			}
			if len(sink.marks) != f.marks || uint64(len(sink.venues)) != a.Accepted || uint64(len(sink.rejects)) != a.Rejected {
				t.Errorf("%d venues, %d marks and %d rejects stored", len(sink.venues), len(sink.marks), len(sink.rejects))
			}
			numbers := map[uint64]bool{}
			for _, r := range sink.rejects {
				numbers[r.Line] = true
				if r.Line == 0 || r.Line > f.objects || r.Reason != ReasonFeature || r.Feed != FeedVenues ||
					!strings.HasPrefix(r.Detail, fmt.Sprintf("feature %d (id relation/", r.Line)) && !strings.HasPrefix(r.Detail, fmt.Sprintf("feature %d (id way/", r.Line)) {
					t.Errorf("reject %+v", r)
				}
			}
			if len(numbers) != len(sink.rejects) {
				t.Errorf("%d rejects have %d numbers", len(sink.rejects), len(numbers))
			}
		})
	}
}

// One bad feature costs that feature, not the file.
func TestBadFeaturesAreRejects(t *testing.T) {
	good := `{"type":"Feature","properties":{"id":"V%d","code":"R%[1]d","name":"A","scene":"mall"},"geometry":{"type":"Polygon","coordinates":[[[104,30],[105,30],[105,31],[104,30]]]}}`
	content := `{"type":"FeatureCollection","features":[` + fmt.Sprintf(good, 1) + "," +
		strings.ReplaceAll(fmt.Sprintf(good, 2), "30]", "130]") + "," + fmt.Sprintf(good, 3) + `]}`
	for _, feed := range []Feed{FeedVenues, FeedRegions} {
		sink := newMemSink()
		l := newTestLoader(t, testConfig(), sink)
		a, err := l.Load(t.Context(), feed, mustProfile(t, feed, ""), writeFile(t, "some.geojson", content))
		if err != nil {
			t.Fatal(err)
		}
		checkIdentity(t, a)
		if a.Read != 3 || a.Accepted != 2 || a.ByReason[ReasonFeature] != 1 || len(sink.venues)+len(sink.regions) != 2 || len(sink.rejects) != 1 {
			t.Fatalf("%s: %+v", feed, a)
		}
		if r := sink.rejects[0]; r.Line != 2 || r.Detail != "feature 2: its geometry is not on the globe: latitude 130 is outside -90 to 90 degrees" {
			t.Errorf("%s: reject %+v", feed, r)
		}
	}
	l := newTestLoader(t, testConfig(), newMemSink())
	_, err := l.Load(t.Context(), FeedVenues, mustProfile(t, FeedVenues, ""), writeFile(t, "map.osm", "<?xml version='1.0'?>\n<osm version=\"0.6\"></osm>\n"))
	if fe, ok := IsFileError(err); !ok || fe.Code != FileFormat || !strings.HasPrefix(fe.Detail, "this is XML; convert OpenStreetMap XML to .osm.pbf") {
		t.Errorf("OpenStreetMap XML: %v", err)
	}
}
