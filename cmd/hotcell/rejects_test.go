package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A rejected row is found again with its reason, mended by a profile, replayed,
// and the whole file loaded by the mended profile adds nothing.
func TestRejectsListedAndReplayed(t *testing.T) {
	eachHome(t, func(t *testing.T, h home) {
		dir := t.TempDir()
		file, mended := filepath.Join(dir, "calls.csv"), filepath.Join(dir, "mended.yaml")
		rows := "record_id,time,outcome,lat,lon\n" +
			"1,2026-05-01T10:00:00Z,completed,31.2,121.5\n" +
			"2,2026-05-01T10:00:00Z,lost,31.2,121.5\n" +
			"3,2026-05-99T10:00:00Z,completed,31.2,121.5\n"
		profile := "profile: mended\nfeed: calls\nsource: calls\ncolumns:\n  outcome:\n    from: outcome\n    values: {lost: dropped}\n"
		for path, text := range map[string]string{file: rows, mended: profile} {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if a := h.load("calls", file)[0]; a.Accepted != 1 || a.Rejected != 2 {
			t.Fatalf("first load: %+v", a.Account)
		}
		list := func() (reasons []string) {
			for _, line := range strings.Split(strings.TrimSpace(h.must("rejects", "list", "--format", "json")), "\n") {
				var r rejectRow
				if line == "" {
					continue
				}
				if err := json.Unmarshal([]byte(line), &r); err != nil {
					t.Fatalf("%q: %v", line, err)
				}
				reasons = append(reasons, r.Reason)
			}
			return reasons
		}
		if got := strings.Join(list(), " "); got != "unknown_outcome bad_time" {
			t.Errorf("rejects are %q", got)
		}
		if out := h.must("rejects", "list", "--reason", "unknown_outcome"); !strings.Contains(out, "calls.csv:3") || !strings.Contains(out, "2,2026-05-01T10:00:00Z,lost") {
			t.Errorf("the list lacks line or row: %q", out)
		}
		out := h.must("rejects", "replay", "--feed", "calls", "--profile", mended)
		if want := "read 2 = accepted 1 + rejected 1 + duplicate 0"; !strings.Contains(out, want) {
			t.Errorf("replay printed %q, want %q", out, want)
		}
		if got := strings.Join(list(), " "); got != "bad_time" {
			t.Errorf("after the replay rejects are %q", got)
		}
		if a := h.load("calls", "--profile", mended, file)[0]; a.Rejected != 1 || a.Accepted+a.Duplicate != 2 {
			t.Errorf("the whole file by the mended profile: %+v", a.Account)
		}
		if r := h.rank(); r.Run.Summary.Calls != 2 {
			t.Errorf("the store has %d calls, want 2", r.Run.Summary.Calls)
		}
		if code, _, errs := h.command("load", "calls", "--max-rejects", "10%", "--profile", mended, write(t, dir, "worse.csv", "time,outcome\nx,y\n2026-05-01T10:00:00Z,completed\n")); code != exitFailed || !strings.Contains(errs, "more than the limit of 10.0 %") {
			t.Errorf("--max-rejects: exit %d, %q", code, errs)
		}
	})
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
