package main

import (
	"encoding/json"
	"log/slog"
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotcell/hotcell/hotspots"
	"github.com/hotcell/hotcell/ingest"
	"github.com/hotcell/hotcell/store"
	"github.com/hotcell/hotcell/store/storetest"
)

// TestHotspotIsExplained: "hotspot show" opens the figures of the stored run into
// terms that make them up, and says so when the records have changed since.
func TestHotspotIsExplained(t *testing.T) {
	h := home{t: t, dsn: storetest.Embedded(t), keyFile: filepath.Join(t.TempDir(), "pseudonym.key")}
	c := theSmallCity(t)
	h.loadCity(c)
	run := h.rank("--top", "0")
	show := func(args ...string) (shown shownHotspot) {
		t.Helper()
		out := h.must(append([]string{"hotspot", "show", run.Hotspots[0].ID, "--format", "json"}, args...)...)
		if err := json.Unmarshal([]byte(out), &shown); err != nil {
			t.Fatalf("hotspot show printed %q: %v", out, err)
		}
		return shown
	}
	first := show()
	e := first.Explanation
	if first.Hotspot == nil || first.ID != run.Hotspots[0].ID || e == nil {
		t.Fatalf("the leader is shown as %+v", first)
	}
	sum, days := 0.0, 0.0
	for _, c := range e.Channels {
		sum += c.Impact
	}
	for _, d := range e.Days {
		days += d.Share
	}
	if e.Impact != first.Impact || math.Abs(sum-first.Impact.Total) > 1e-6*sum || math.Abs(days-1) > 1e-6 {
		t.Errorf("the impact is %+v in the run, %+v and %g by its terms; the days add up to %g", first.Impact, e.Impact, sum, days)
	}
	if e.Ranks.Ours != 1 || e.Ranks.Of != len(run.Hotspots) || len(e.Places) == 0 || len(e.Reference) == 0 {
		t.Errorf("it is explained as %+v", e)
	}
	if e.Stability == nil || e.Stability.Resamples != resamples || e.Stability.Top20 < 0.9 {
		t.Errorf("the leader's stability is %+v", e.Stability)
	}
	for _, n := range first.Notes {
		if strings.Contains(n, "changed") {
			t.Errorf("nothing has changed, yet: %q", n)
		}
	}
	if brief := show("--brief"); brief.Explanation != nil {
		t.Error("--brief explains")
	}
	table := h.must("hotspot", "show", "1")
	if !strings.Contains(table, run.Hotspots[0].ID) {
		t.Errorf("rank 1 is shown as\n%s", table)
	}
	if code, _, errs := h.command("hotspot", "show", "7000"); code != exitFailed || !strings.Contains(errs, `no hotspot "7000"`) {
		t.Errorf("rank 7000: exit %d, %q", code, errs)
	}
	if code, _, errs := h.command("rank", "--scene", "unknown"); code != exitUsage || !strings.Contains(errs, "is not one of") {
		t.Errorf("--scene unknown: exit %d, %q", code, errs)
	}
	for _, want := range []string{"faulty with probability", "by drops", "Stability", "Worst days", "Worst places"} {
		if !strings.Contains(table, want) {
			t.Errorf("the table lacks %q:\n%s", want, table)
		}
	}
	h.testAnalysisKept(run.Hotspots[0].ID)
}

// testAnalysisKept explains one hotspot three times: the second time by the analysis
// that was kept, the third time, after a new complaint, by a new one.
func (h home) testAnalysisKept(id string) {
	t := h.t
	s, err := store.Open(t.Context(), store.Config{DSN: h.dsn}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	a := &analyst{store: s, params: hotspots.DefaultParams(), log: slog.New(slog.DiscardHandler), analyses: newAnalyses()}
	run, err := a.Latest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	explain := func() (*hotspots.Explanation, []string, *analysed) {
		t.Helper()
		e, notes, err := a.Explain(t.Context(), run, id)
		if err != nil || e == nil {
			t.Fatalf("explained by %+v, %v", e, err)
		}
		return e, notes, a.analyses.last
	}
	e1, notes1, first := explain()
	begin := time.Now()
	e2, notes2, second := explain()
	t.Logf("the second look took %v", time.Since(begin))
	if first != second || !reflect.DeepEqual(e1, e2) || !slices.Equal(notes1, notes2) {
		t.Errorf("nothing has changed, but the second look says %+v %q, the first said %+v %q", e2, notes2, e1, notes1)
	}
	l := ingest.Load{ID: "ld_late", Feed: ingest.FeedComplaints, Version: 1}
	late := ingest.Complaint{ID: ingest.RecordID{1}, Time: run.End.Add(-time.Hour).Unix(), Customer: 1}
	if err := s.InsertComplaints(t.Context(), l, []ingest.Complaint{late}); err != nil {
		t.Fatal(err)
	}
	_, notes3, third := explain()
	if third == second || len(notes3) == 0 || !strings.Contains(notes3[0], "changed since run") {
		t.Errorf("a complaint has come, but the analysis stays; notes %q", notes3)
	}
	a.analyses.drop(second)
	if a.analyses.last != third {
		t.Error("an old analysis took a newer one with it")
	}
	a.analyses.drop(third)
	if a.analyses.last != nil {
		t.Error("the analysis is kept for ever")
	}
}
