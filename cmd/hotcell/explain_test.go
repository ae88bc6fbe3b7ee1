package main

import (
	"encoding/json"
	"math"
	"path/filepath"
	"strings"
	"testing"

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
}
