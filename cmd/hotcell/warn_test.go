package main

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hotcell/hotcell/hotspots"
	"github.com/hotcell/hotcell/store/storetest"
)

// TestWarn runs the early warning over the small city in its three shapes.
func TestWarn(t *testing.T) {
	h := home{t: t, dsn: storetest.Embedded(t), keyFile: filepath.Join(t.TempDir(), "pseudonym.key")}
	if code, _, errs := h.command("warn"); code != exitFailed || !strings.Contains(errs, "nothing to rank") {
		t.Errorf("an empty store: exit %d, %q", code, errs)
	}
	h.loadCity(theSmallCity(t))
	var all hotspots.WarningReport
	if err := json.Unmarshal([]byte(h.must("warn", "--format", "json", "--false-alarms", "20")), &all); err != nil {
		t.Fatal(err)
	}
	tested := 0
	for _, g := range all.Regions {
		tested += g.Places
	}
	if tested == 0 || all.FalseAlarms != 20 || !all.TestFrom.After(all.BaselineFrom) || !all.End.After(all.TestFrom) {
		t.Fatalf("%d places under test in %+v", tested, all)
	}
	for _, w := range all.Warnings {
		if w.Name == "" || w.NameZH == "" || w.Since > w.Alarm || w.Bad <= w.Expected || w.Statistic < w.Threshold {
			t.Errorf("warning %+v", w)
		}
	}
	var fresh hotspots.WarningReport
	if err := json.Unmarshal([]byte(h.must("warn", "--new", "--format", "json", "--false-alarms", "20")), &fresh); err != nil {
		t.Fatal(err)
	}
	if n := len(slices.DeleteFunc(slices.Clone(all.Warnings), func(w hotspots.PlaceWarning) bool { return !w.New })); len(fresh.Warnings) != n {
		t.Errorf("%d new warnings, %d with --new", n, len(fresh.Warnings))
	}
	if out := h.must("warn"); !strings.Contains(out, "at most 1 false alarms per region and month") {
		t.Errorf("the table is %q", out)
	}
	if out := h.must("warn", "--format", "csv"); !strings.HasPrefix(out, "alarm,since,new,name,") {
		t.Errorf("the CSV is %q", out)
	}
	for _, wrong := range [][]string{{"--days", "-1"}, {"--false-alarms", "0"}, {"--end", "yesterday"}, {"--format", "geojson"}, {"--region", "77"}} {
		if code, _, errs := h.command(append([]string{"warn"}, wrong...)...); code != exitUsage || errs == "" {
			t.Errorf("warn %v: exit %d, %q", wrong, code, errs)
		}
	}
}
