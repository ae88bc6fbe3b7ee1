package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hotcell/hotcell/api"
	"github.com/hotcell/hotcell/cmd/citysim/city"
	"github.com/hotcell/hotcell/hotspots"
	"github.com/hotcell/hotcell/store/storetest"
)

// home is one of the two kinds of store, with a key of its own.
type home struct {
	t       *testing.T
	dsn     string
	keyFile string
	at      time.Time // when commands run; zero = now
}

func eachHome(t *testing.T, f func(t *testing.T, h home)) {
	for _, kind := range []struct {
		name string
		dsn  func(testing.TB) string
	}{{"embedded", storetest.Embedded}, {"server", storetest.Server}} {
		t.Run(kind.name, func(t *testing.T) {
			f(t, home{t: t, dsn: kind.dsn(t), keyFile: filepath.Join(t.TempDir(), "pseudonym.key")})
		})
	}
}

// command runs one command line as a user would and returns what it printed.
func (h home) command(args ...string) (code int, stdout, stderr string) {
	h.t.Helper()
	h.t.Setenv("HOTCELL_PSEUDONYM_KEY_FILE", h.keyFile)
	h.t.Setenv("XDG_CONFIG_HOME", h.t.TempDir())
	var out, errs bytes.Buffer
	code = runAt(h.t.Context(), h.clock(), append([]string{"--store", h.dsn}, args...), strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

// clock is the machine's, or stands still at h.at.
func (h home) clock() func() time.Time {
	if h.at.IsZero() {
		return time.Now
	}
	return func() time.Time { return h.at }
}

// must runs a command that has to succeed.
func (h home) must(args ...string) string {
	h.t.Helper()
	code, out, errs := h.command(args...)
	if code != exitDone {
		h.t.Fatalf("hotcell %s: exit %d\n%s%s", strings.Join(args, " "), code, out, errs)
	}
	return out
}

// load loads files of a feed and returns their accounts.
func (h home) load(feed string, files ...string) []loadResult {
	h.t.Helper()
	var results []loadResult
	out := h.must(append([]string{"load", feed, "--format", "json"}, files...)...)
	if err := json.Unmarshal([]byte(out), &results); err != nil {
		h.t.Fatalf("load %s printed %q: %v", feed, out, err)
	}
	for _, r := range results {
		if r.Read != r.Accepted+r.Rejected+r.Duplicate {
			h.t.Errorf("%s: the account does not add up: %+v", r.File, r.Account)
		}
	}
	return results
}

func (h home) rank(args ...string) api.Ranking {
	h.t.Helper()
	var r api.Ranking
	out := h.must(append([]string{"rank", "--format", "json"}, args...)...)
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		h.t.Fatalf("rank printed %q: %v", out, err)
	}
	return r
}

// smallCity is made once for all tests of this binary.
var smallCity = sync.OnceValues(func() (smallCityFiles, error) {
	dir, err := os.MkdirTemp("", "hotcell-city-")
	if err != nil {
		return smallCityFiles{}, err
	}
	removeSmallCity = func() { _ = os.RemoveAll(dir) }
	cfg := city.DefaultConfig()
	cfg.Seed, cfg.Calls = 11, 120_000
	summary, err := city.Write(context.Background(), dir, cfg, nil)
	return smallCityFiles{dir, summary}, err
})

// removeSmallCity ends what smallCity made, when it made anything.
var removeSmallCity = func() {}

type smallCityFiles struct {
	dir     string
	summary *city.Summary
}

func (c smallCityFiles) file(name string) string { return filepath.Join(c.dir, name) }

func theSmallCity(t *testing.T) smallCityFiles {
	t.Helper()
	c, err := smallCity()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// loadCity loads a whole city in the order the README gives.
func (h home) loadCity(c smallCityFiles) (calls, complaints loadResult) {
	h.t.Helper()
	h.load("regions", c.file("regions.geojson"))
	h.load("venues", c.file("venues.geojson"))
	h.load("sites", c.file("sites.csv"))
	h.load("subscribers", c.file("subscribers.csv"))
	return h.load("calls", c.file("calls.csv"))[0], h.load("complaints", c.file("complaints.csv"))[0]
}

func TestCityFromFilesToRanking(t *testing.T) {
	c := theSmallCity(t)
	eachHome(t, func(t *testing.T, h home) {
		calls, complaints := h.loadCity(c)
		if calls.Accepted != uint64(c.summary.Calls) || calls.Rejected != 0 || calls.Duplicate != 0 {
			t.Errorf("calls: %+v, want all %d accepted", calls.Account, c.summary.Calls)
		}
		if complaints.Accepted != uint64(c.summary.Complaints) {
			t.Errorf("complaints: %+v, want all %d accepted", complaints.Account, c.summary.Complaints)
		}

		first := h.rank("--top", "0")
		if first.Run.Summary.Calls != uint64(c.summary.Calls) {
			t.Errorf("the ranking saw %d calls, want %d", first.Run.Summary.Calls, c.summary.Calls)
		}
		checkRanking(t, first, c.summary.Truth)

		again := h.load("calls", c.file("calls.csv"))[0]
		if !again.AlreadyHad || again.Duplicate != uint64(c.summary.Calls) || again.Accepted != 0 {
			t.Errorf("loading the calls again: %+v, want all duplicates", again.Account)
		}
		second := h.rank("--top", "0")
		if len(second.Hotspots) != len(first.Hotspots) || second.Run.DataVersion != first.Run.DataVersion {
			t.Errorf("after loading again: %d hotspots of data %s, before %d of %s",
				len(second.Hotspots), second.Run.DataVersion, len(first.Hotspots), first.Run.DataVersion)
		}
		for i := range min(len(first.Hotspots), len(second.Hotspots)) {
			if first.Hotspots[i].ID != second.Hotspots[i].ID || first.Hotspots[i].Impact != second.Hotspots[i].Impact {
				t.Errorf("rank %d changed from %s to %s without new data", i+1, first.Hotspots[i].Name, second.Hotspots[i].Name)
			}
		}
	})
}

// checkRanking holds a ranking against what the simulator knows: the worst
// faults are found near the top, the decoys are not.
func checkRanking(t *testing.T, r api.Ranking, truth *city.Truth) {
	t.Helper()
	if len(r.Hotspots) == 0 {
		t.Fatal("no hotspots")
	}
	for i, h := range r.Hotspots {
		if h.Rank != i+1 || h.ID == "" || h.Name == "" || h.Run != r.Run.ID || h.Method != hotspots.MethodVersion || h.State != "detected" {
			t.Errorf("rank %d is not filled in: %+v", i+1, h)
		}
		if h.Impact.Lower > h.Impact.Avoidable || h.Impact.Avoidable > h.Impact.Upper || h.Impact.Avoidable > h.Impact.Total+1e-9 {
			t.Errorf("%s: impact out of order: %+v", h.Name, h.Impact)
		}
		if r := h.Rate; r.Value != nil && !(0 <= *r.Lower && *r.Lower <= *r.Value && *r.Value <= *r.Upper+1e-9 && *r.Upper <= 1 && 0 < *r.Reference && *r.Reference <= 0.5) {
			t.Errorf("%s: rates out of order: %g in %g–%g, normal %g", h.Name, *r.Value, *r.Lower, *r.Upper, *r.Reference)
		}
		if i > 0 && h.Impact.Lower > r.Hotspots[i-1].Impact.Lower+1e-9 {
			t.Errorf("rank %d has a greater lower bound than rank %d", i+1, i)
		}
	}
	worst, found := 0.0, false
	var worstName string
	for _, f := range truth.Faults {
		if f.VenueID != "" && f.Impact.Avoidable > worst {
			worst, worstName = f.Impact.Avoidable, f.VenueID
		}
	}
	for _, h := range r.Hotspots[:min(10, len(r.Hotspots))] {
		found = found || h.Place.VenueID == worstName
	}
	if !found {
		t.Errorf("the worst broken venue %s (avoidable impact %.0f) is not among the first ten", worstName, worst)
	}
	for _, d := range truth.Decoys {
		for _, h := range r.Hotspots[:min(10, len(r.Hotspots))] {
			if d.VenueID != "" && d.VenueID == h.Place.VenueID {
				t.Errorf("the decoy %s (%s) is at rank %d", d.Name, d.Kind, h.Rank)
			}
		}
	}
}

func TestExitStatusAndMessages(t *testing.T) {
	h := home{t: t, dsn: storetest.Embedded(t), keyFile: filepath.Join(t.TempDir(), "key")}
	dir := t.TempDir()
	write := func(name, text string) string { return write(t, dir, name, text) }
	const header = "record_id,time,subscriber_id,peer_id,outcome,duration_s,cause,rat,cell_id,operator,lat,lon,accuracy_m,floor,indoor,rating\n"
	const row = "1,2026-05-01T10:00:00Z,s1,s2,completed,60,,4g,,,31.2,121.5,10,,outdoor,\n"
	for _, c := range []struct {
		name string
		args []string
		code int
		want string // in standard error
	}{
		{"unknown command", []string{"lod"}, exitUsage, `unknown command "lod"`},
		{"unknown flag", []string{"rank", "--topp", "3"}, exitUsage, "--topp"},
		{"no file", []string{"load", "calls"}, exitUsage, "name at least one file of calls"},
		{"no feed", []string{"load"}, exitUsage, "say what to load: calls"},
		{"bad window", []string{"rank", "--window", "soon"}, exitUsage, `"soon" is not a window`},
		{"bad scene", []string{"rank", "--scene", "elevator"}, exitUsage, "is not one of"},
		{"bad format", []string{"rank", "--format", "xml"}, exitUsage, "is not one of table, json"},
		{"bad profile", []string{"load", "calls", "--profile", "mycal", write("a.csv", header+row)}, exitUsage, "mycall"},
		{"missing file", []string{"load", "calls", filepath.Join(dir, "none.csv")}, exitFailed, "there is no such file"},
		{"directory", []string{"load", "calls", dir}, exitFailed, "this is a directory"},
		{"empty file", []string{"load", "calls", write("empty.csv", "")}, exitFailed, "the file is empty"},
		{"missing column", []string{"load", "calls", write("head.csv", "record_id,outcome\n1,dropped\n")}, exitFailed, "time"},
		{"unknown column", []string{"load", "calls", write("extra.csv", strings.TrimSpace(header)+",colour\n")}, exitFailed, "colour"},
		{"binary", []string{"load", "calls", write("bin.csv", "\x00\x01\x02\x03\x04PNG\x00\x00")}, exitFailed, "bin.csv"},
		{"truncated gzip", []string{"load", "calls", write("cut.csv.gz", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b")}, exitFailed, "cut.csv.gz"},
		{"empty store", []string{"rank"}, exitFailed, "there is nothing to rank yet"},
		{"no such region", []string{"rank", "--region", "Atlantis"}, exitUsage, `no region "Atlantis"`},
		{"no hotspot", []string{"hotspot", "show", "hs_none"}, exitFailed, "there is no run yet"},
		{"server and store", []string{"--server", "http://127.0.0.1:1", "load", "calls", write("b.csv", header+row)}, exitFailed, "cannot reach the server"},
		{"server and rollup", []string{"--server", "http://127.0.0.1:1", "rollup", "rebuild"}, exitUsage, "does not go with --server"},
		{"server and own profile", []string{"--server", "http://127.0.0.1:1", "load", "calls", "--profile", "dir/our.yaml", "b.csv"}, exitUsage, "ingest.profiles"},
		{"no server", []string{"--server", "http://127.0.0.1:1", "rank"}, exitFailed, "cannot reach the server"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, out, errs := h.command(c.args...)
			if code != c.code || !strings.Contains(errs, c.want) {
				t.Errorf("exit %d, want %d; printed %q %q, want %q", code, c.code, out, errs, c.want)
			}
		})
	}
}

// A file at fault does not keep the others out.
func TestGoodFilesAreKept(t *testing.T) {
	eachHome(t, func(t *testing.T, h home) {
		dir := t.TempDir()
		good, bad := filepath.Join(dir, "good.csv"), filepath.Join(dir, "bad.csv")
		const header = "record_id,time,outcome,lat,lon\n"
		rows := header +
			"1,2026-05-01T10:00:00Z,completed,31.2,121.5\n" +
			"2,2026-13-41T10:00:00Z,completed,31.2,121.5\n" + // impossible date
			"3,2026-05-01T10:00:00Z,completed,131.2,21.5\n" + // impossible latitude
			"1,2026-05-01T10:00:00Z,completed,31.2,121.5\n" + // the first again
			"4,2026-05-01T10:00:00Z,vanished,31.2,121.5\n" // unknown outcome
		for path, text := range map[string]string{good: rows, bad: "nonsense\n1\n"} {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		code, out, errs := h.command("load", "calls", bad, good)
		if code != exitFailed || !strings.Contains(errs, "1 of 2 files") {
			t.Errorf("exit %d, %q", code, errs)
		}
		if want := "read 5 = accepted 1 + rejected 3 + duplicate 1"; !strings.Contains(out, want) {
			t.Errorf("got %q, want %q", out, want)
		}
		if r := h.rank(); r.Run.Summary.Calls != 1 {
			t.Errorf("the store has %d calls, want 1", r.Run.Summary.Calls)
		}
	})
}

func TestVersionHelpAndCompletion(t *testing.T) {
	h := home{t: t, dsn: "embedded:///nowhere", keyFile: filepath.Join(t.TempDir(), "key")}
	for want, args := range map[string][]string{
		"ClickHouse 26.5":      {"version"},
		"ranks those":          {"--help"},
		"HOTCELL_STORE_DSN":    {"config", "show"},
		"settings are valid":   {"config", "check"},
		"__start_hotcell":      {"completion", "bash"},
		"what hurts customers": {"help"},
	} {
		if out := h.must(args...); !strings.Contains(out, want) {
			t.Errorf("hotcell %v: %q is missing in %q", args, want, out)
		}
	}
}

// One file that corrects a call onto another day leaves one call.
func TestCorrectionWithinAFileMovesTheDay(t *testing.T) {
	eachHome(t, func(t *testing.T, h home) {
		file := write(t, t.TempDir(), "calls.csv", "record_id,time,outcome,lat,lon\n"+
			"1,2026-05-01T10:00:00Z,completed,31.2,121.5\n"+
			"2,2026-05-01T11:00:00Z,completed,31.2,121.5\n"+
			"1,2026-05-03T10:00:00Z,dropped,31.2,121.5\n")
		h.load("calls", file)
		if r := h.rank(); r.Run.Summary.Calls != 2 || r.Run.Summary.Bad != 1 {
			t.Errorf("the store has %d calls, %d of them bad; want 2 and 1", r.Run.Summary.Calls, r.Run.Summary.Bad)
		}
	})
}

// Sending a file again in another order changes nothing; sending it with other
// values replaces, and says so.
func TestRepeatsAndCorrectionsAreToldApart(t *testing.T) {
	eachHome(t, func(t *testing.T, h home) {
		dir := t.TempDir()
		const header = "record_id,time,outcome,lat,lon\n"
		const one, two = "1,2026-05-01T10:00:00Z,dropped,31.2,121.5\n", "2,2026-05-01T11:00:00Z,completed,31.2,121.5\n"
		h.load("calls", write(t, dir, "a.csv", header+one+two))
		if a := h.load("calls", write(t, dir, "b.csv", header+two+one))[0]; a.Duplicate != 2 || a.Accepted != 0 {
			t.Errorf("the same rows in another order: %+v", a.Account)
		}
		a := h.load("calls", write(t, dir, "c.csv", header+strings.Replace(one, "dropped", "completed", 1)+two))[0]
		if a.Accepted != 1 || a.Corrected != 1 || a.Duplicate != 1 {
			t.Errorf("one row corrected: %+v", a.Account)
		}
		if r := h.rank(); r.Run.Summary.Calls != 2 || r.Run.Summary.Bad != 0 {
			t.Errorf("the store has %d calls, %d of them bad; want 2 and 0", r.Run.Summary.Calls, r.Run.Summary.Bad)
		}
	})
}
