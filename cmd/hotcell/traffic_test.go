package main

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hotcell/hotcell/hotspots"
	"github.com/hotcell/hotcell/store"
	"github.com/hotcell/hotcell/store/storetest"
)

// An operator delivers bad calls only: counts are ranked until traffic counters
// come, then rates. Hours count once, with their latest version, and only those of
// the window; beside good calls counters change nothing.
func TestTrafficCountersStandForGoodCalls(t *testing.T) {
	c := theSmallCity(t)
	h := home{t: t, dsn: storetest.Embedded(t), keyFile: filepath.Join(t.TempDir(), "key")}
	dir := t.TempDir()
	for _, feed := range []string{"regions", "venues"} {
		h.load(feed, c.file(feed+".geojson"))
	}
	h.load("sites", c.file("sites.csv"))
	bad := ""
	lines(t, c.file("calls.csv"), func(line string) {
		if f := strings.Split(line, ","); len(f) > 4 && f[4] != "completed" {
			bad += line + "\n"
		}
	})
	h.load("calls", write(t, dir, "bad.csv", bad))
	before := h.rank("--top", "0")
	if notes := strings.Join(before.Notes, "\n"); !strings.Contains(notes, "no exposure data") {
		t.Errorf("without counters the notes are %q", notes)
	}

	q := withDefaults(hotspots.Query{})
	attempts := func() (sum uint64, start, end int64) {
		s, err := store.Open(t.Context(), store.Config{DSN: h.dsn}, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		ev, err := s.Evidence(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range ev.Traffic {
			sum += x.Attempts
		}
		return sum, ev.Query.End.Add(-ev.Query.Window).Unix(), ev.Query.End.Unix()
	}
	_, start, end := attempts()
	var want uint64
	header, last := "", ""
	lines(t, c.file("traffic.csv"), func(line string) {
		f := strings.Split(line, ",")
		if header == "" {
			header = line
			return
		}
		hour, err := time.Parse(time.RFC3339, f[1])
		n, bad := strconv.ParseUint(f[2], 10, 64)
		if err != nil || bad != nil {
			t.Fatalf("counter %q: %v %v", line, err, bad)
		}
		if hour.Unix() < start || hour.Unix() >= end {
			return
		}
		want += n
		last = line
	})
	h.load("traffic", c.file("traffic.csv"))
	if got, _, _ := attempts(); got != want || want == 0 {
		t.Errorf("%d attempts in the window, want %d", got, want)
	}
	f := strings.Split(last, ",")
	n, _ := strconv.ParseUint(f[2], 10, 64)
	f[2] = strconv.FormatUint(n+1000, 10)
	longAgo := []string{f[0], time.Unix(start, 0).UTC().AddDate(0, -2, 0).Format("2006-01-02T15:00:00Z"), "5000", "5000", "0"}
	h.load("traffic", write(t, dir, "again.csv", header+"\n"+strings.Join(f, ",")+"\n"+strings.Join(longAgo, ",")+"\nnosuch-cell,"+f[1]+",7,7,0\n"))
	if got, _, _ := attempts(); got != want+1000+7 {
		t.Errorf("%d attempts after a correction by 1000, an hour long ago and 7 of an unknown cell, want %d", got, want+1007)
	}

	after := h.rank("--top", "0")
	notes := strings.Join(after.Notes, "\n")
	if !strings.Contains(notes, "exposure from traffic counters of ") || strings.Contains(notes, "no exposure data") || !strings.Contains(notes, "nosuch-cell") {
		t.Errorf("with counters the notes are %q", notes)
	}
	if len(after.Hotspots) == 0 {
		t.Fatal("nothing is listed")
	}
	for _, x := range after.Hotspots {
		if x.Events.Dropped > 0 && (x.Rate.Value == nil || x.Rate.Reference == nil) {
			t.Errorf("%s has no rate: %+v", x.Name, x.Rate)
		}
	}
	var shown shownHotspot
	if err := json.Unmarshal([]byte(h.must("hotspot", "show", "1", "--format", "json")), &shown); err != nil {
		t.Fatal(err)
	}
	if e := shown.Explanation; e == nil || e.Impact != after.Hotspots[0].Impact {
		t.Errorf("the leader has impact %+v in the run and is explained as %+v", after.Hotspots[0].Impact, e)
	}

	if notes := strings.Join(shown.Notes, "\n"); !strings.Contains(notes, "exposure from traffic counters of ") {
		t.Errorf("the page of the leader does not say what the exposure is: %q", notes)
	}
	for _, filter := range [][]string{{"--rat", "4g"}, {"--scene", "residential"}} {
		if notes := strings.Join(h.rank(filter...).Notes, "\n"); !strings.Contains(notes, "traffic counters are not used under a filter") || !strings.Contains(notes, "no exposure data") {
			t.Errorf("under %v the notes are %q", filter, notes)
		}
	}

	h.load("calls", c.file("calls.csv"))
	if got, _, _ := attempts(); got != 0 {
		t.Errorf("beside good calls %d attempts of counters are used", got)
	}
	if notes := strings.Join(h.rank().Notes, "\n"); strings.Contains(notes, "traffic") {
		t.Errorf("beside good calls the notes are %q", notes)
	}
}

// lines calls for each line of a file.
func lines(t *testing.T, path string, each func(string)) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	for s.Scan() {
		each(s.Text())
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
}
