package main

import (
	"encoding/json"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hotcell/hotcell/api"
	"github.com/hotcell/hotcell/hotspots"
	"github.com/hotcell/hotcell/store"
	"github.com/hotcell/hotcell/store/storetest"
)

// evidence is what rankings are made of: all that depends on where records are.
func (h home) evidence() *hotspots.Evidence {
	h.t.Helper()
	s, err := store.Open(h.t.Context(), store.Config{DSN: h.dsn}, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	defer s.Close()
	ev, err := s.Evidence(h.t.Context(), withDefaults(hotspots.Query{Window: 90 * 24 * time.Hour}))
	if err != nil {
		h.t.Fatal(err)
	}
	ev.DataVersion = "" // hashes the versions of rows
	return ev
}

// Records that were loaded before the catalogue stand, after a rebuild, where
// they would stand had the catalogue come first, and rank the same.
func TestRebuildAfterCatalogue(t *testing.T) {
	c := theSmallCity(t)
	// In the right order, once; both kinds of store must come to the same.
	right := home{t: t, dsn: storetest.Embedded(t), keyFile: filepath.Join(t.TempDir(), "pseudonym.key")}
	right.loadCity(c)
	wantEvidence, want := right.evidence(), right.rank("--top", "0")
	if len(want.Hotspots) == 0 {
		t.Fatal("no hotspots")
	}
	eachHome(t, func(t *testing.T, h home) {
		h.keyFile = right.keyFile // the same customers
		h.load("subscribers", c.file("subscribers.csv"))
		h.load("calls", c.file("calls.csv"))
		h.load("complaints", c.file("complaints.csv"))
		before := h.evidence()
		if reflect.DeepEqual(before, wantEvidence) {
			t.Fatal("the catalogue makes no difference: the test shows nothing")
		}
		for _, feed := range []string{"regions.geojson", "venues.geojson", "sites.csv"} {
			name, _, _ := strings.Cut(feed, ".")
			code, _, errs := h.command("load", name, c.file(feed))
			if code != exitDone || !strings.Contains(errs, "records were placed with an earlier catalogue or release: run hotcell rollup rebuild") {
				t.Errorf("load %s: exit %d, printed %q, want a note to rebuild", name, code, errs)
			}
		}
		if !noted(h.rank("--rat", "4g")) { // a ranking of a part does not become the previous one of the whole
			t.Error("rank does not say that records were placed with an earlier catalogue")
		}
		out := h.must("rollup", "rebuild")
		if !strings.Contains(out, "Placed ") || strings.Contains(out, ": 0 moved") || !strings.Contains(out, "Computed perceived drops of") {
			t.Errorf("rollup rebuild printed %q", out)
		}
		if got := h.evidence(); !reflect.DeepEqual(got, wantEvidence) {
			t.Errorf("the evidence after the rebuild differs from that of a store loaded in the right order: %s", firstDifference(t, got, wantEvidence))
		}
		got := h.rank("--top", "0")
		if noted(got) || noted(want) {
			t.Errorf("rank says that records were placed with an earlier catalogue: %q, %q", got.Notes, want.Notes)
		}
		if len(got.Hotspots) != len(want.Hotspots) {
			t.Fatalf("%d hotspots, want %d", len(got.Hotspots), len(want.Hotspots))
		}
		for i := range want.Hotspots {
			g, w := got.Hotspots[i], want.Hotspots[i]
			g.Run, w.Run = "", ""
			if !reflect.DeepEqual(g, w) {
				t.Errorf("rank %d: %s", i+1, firstDifference(t, g, w))
			}
		}
		if again := h.must("rollup", "rebuild"); !strings.Contains(again, ": 0 moved") {
			t.Errorf("a second rebuild printed %q, want nothing moved", again)
		}
		// The same catalogue once more is nothing new.
		if _, _, errs := h.command("load", "venues", c.file("venues.geojson")); strings.Contains(errs, "earlier catalogue") {
			t.Errorf("after the rebuild load venues still printed %q", errs)
		}
	})
}

func noted(r api.Ranking) bool {
	return strings.Contains(strings.Join(r.Notes, "\n"), "with an earlier catalogue")
}

// firstDifference shows two values around the first byte of their JSON that differs.
func firstDifference(t *testing.T, got, want any) string {
	t.Helper()
	g, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	w, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	i := 0
	for i < len(g) && i < len(w) && g[i] == w[i] {
		i++
	}
	from := max(0, i-80)
	return "got …" + string(g[from:min(len(g), i+80)]) + "…, want …" + string(w[from:min(len(w), i+80)]) + "…"
}
