package quality

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/hotcell/hotcell/cmd/citysim/city"
	"github.com/hotcell/hotcell/geo"
)

func tiny() Config {
	c := DefaultConfig()
	c.Set, c.Calls, c.Seeds = Choosing, 60_000, 1
	return c
}

func makeCity(t *testing.T, kind city.Type) (string, *city.Truth) {
	t.Helper()
	c := tiny()
	dir := t.TempDir()
	s, err := city.Write(context.Background(), dir, c.City(kind, 3), nil)
	if err != nil {
		t.Fatal(err)
	}
	return dir, s.Truth
}

// oracle lists the faults as a ranking that knows the truth would.
func oracle(t *testing.T, truth *city.Truth) []Found {
	t.Helper()
	ts, err := targets(truth)
	if err != nil {
		t.Fatal(err)
	}
	sort.SliceStable(ts, func(i, j int) bool { return ts[i].avoidable > ts[j].avoidable })
	var out []Found
	for _, x := range ts {
		f := Found{Name: x.plant.Name, Center: [2]float64{x.plant.Center[0], x.plant.Center[1]}}
		switch {
		case x.segment != nil:
			from, to := int(x.segment.KmFrom), int(math.Ceil(x.segment.KmTo))
			f.Place.Kind, f.Place.VenueID, f.Place.KmFrom, f.Place.KmTo = "segment", x.segment.LineID, &from, &to
		case x.plant.VenueID != "":
			f.Place.Kind, f.Place.VenueID = "venue", x.plant.VenueID
			if x.plant.Part != "whole" {
				f.Place.Parts = []string{x.plant.Part}
				f.Name += " " + x.plant.Part
			}
		default:
			c, err := geo.CellAt(geo.LatLon{Lat: x.plant.Center[1], Lon: x.plant.Center[0]}, geo.RankResolution)
			if err != nil {
				t.Fatal(err)
			}
			f.Place.Kind, f.Place.Cells = "cells", []string{c.String()}
		}
		out = append(out, f)
	}
	return out
}

func TestJudgeKnowsBestFromWorst(t *testing.T) {
	for _, kind := range city.Types() {
		_, truth := makeCity(t, kind)
		best := oracle(t, truth)
		judge := func(list []Found) Score {
			s, err := Judge(truth, list)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		s := judge(best)
		if s.NDCG < 0.9999 || s.Recall != 1 || s.False != 0 || s.Worth < 2 || s.Location > 700 {
			t.Errorf("%s: the truth itself scores %+v", kind, s)
		}

		reversed := append([]Found(nil), best...)
		for i, j := 0, len(reversed)-1; i < j; i, j = i+1, j-1 {
			reversed[i], reversed[j] = reversed[j], reversed[i]
		}
		if r := judge(reversed); r.NDCG > 0.9*s.NDCG || r.Recall != 1 {
			t.Errorf("%s: the list upside down scores %+v", kind, r)
		}

		// Saying one thing twice gains nothing and is not false.
		twice := append([]Found{best[0], best[0]}, best[1:]...)
		if r := judge(twice); r.NDCG >= s.NDCG || r.False != 0 {
			t.Errorf("%s: the first entry twice scores %+v", kind, r)
		}

		// Lumping faults together finds them, but gains only the worst.
		var lump []Found
		for _, f := range best {
			if f.Place.Kind == "venue" {
				lump = append(lump, f)
			}
		}
		one := lump[0]
		for _, p := range truth.Faults {
			if p.Venue != "" {
				one.Place.Parts = append(one.Place.Parts, p.Venue)
			}
		}
		one.Name = lump[0].Name
		if r, apart := judge([]Found{one}), judge(lump); r.NDCG >= apart.NDCG || r.Recall == 0 || r.Recall < apart.Recall {
			t.Errorf("%s: %d venues lumped together score %+v, apart %+v", kind, len(lump), r, apart)
		}

		// Decoys and places far from anything are false.
		var wrong []Found
		for _, d := range truth.Decoys {
			if d.VenueID != "" {
				f := Found{Name: d.Name, Center: [2]float64{d.Center[0], d.Center[1]}}
				f.Place.Kind, f.Place.VenueID = "venue", d.VenueID
				wrong = append(wrong, f)
			}
		}
		n := len(wrong)
		if r := judge(append(wrong, best...)); n < 3 || r.Decoys != n || len(r.Wrong) != n || r.NDCG > 0.8 {
			t.Errorf("%s: %d decoys before the truth score %+v", kind, n, r)
		}
		if r := judge(nil); r.NDCG != 0 || r.Recall != 0 || len(r.Missed) != r.Worth {
			t.Errorf("%s: an empty list scores %+v", kind, r)
		}
	}
}

func TestPartsAreToldApart(t *testing.T) {
	p := &city.Plant{VenueID: "V1", Part: "lift"}
	entry := func(name string, parts ...string) *Found {
		f := &Found{Name: name}
		f.Place.Kind, f.Place.VenueID, f.Place.Parts = "venue", "V1", parts
		return f
	}
	for _, c := range []struct {
		f    *Found
		want bool
	}{
		{entry("东方大厦 lifts", "lifts"), true},
		{entry("东方大厦 basement", "basement"), false},
		{entry("东方大厦"), true},
		{entry("东方大厦", "basement"), true}, // body and basement
		{entry("东方大厦 basement, lifts", "basement", "lifts"), true},
	} {
		if got := samePart(c.f, p); got != c.want {
			t.Errorf("a lift fault and the entry %q %v: %v", c.f.Name, c.f.Place.Parts, got)
		}
	}
}

func TestDistances(t *testing.T) {
	area, err := newShape(map[string]any{"type": "Polygon", "coordinates": [][][2]float64{{{105, 30}, {105.01, 30}, {105.01, 30.01}, {105, 30.01}, {105, 30}}}})
	if err != nil {
		t.Fatal(err)
	}
	line, err := newShape(map[string]any{"type": "LineString", "coordinates": [][2]float64{{105, 30}, {105.01, 30}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		s    shape
		p    geo.LatLon
		want float64
	}{
		{area, geo.LatLon{Lat: 30.005, Lon: 105.005}, 0},
		{area, geo.LatLon{Lat: 29.999, Lon: 105.005}, 111.3},
		{area, geo.LatLon{Lat: 30.005, Lon: 105.011}, 96.4}, // a thousandth of a degree of longitude at 30° north
		{line, geo.LatLon{Lat: 30.001, Lon: 105.005}, 111.3},
		{line, geo.LatLon{Lat: 30, Lon: 105.02}, 964},
	} {
		if d := c.s.distance(c.p); math.Abs(d-c.want) > 0.5 {
			t.Errorf("%v is %.1f m away, not %.1f", c.p, d, c.want)
		}
	}
	if _, err := newShape(map[string]any{"type": "Blob"}); err == nil {
		t.Error("a blob is no geometry")
	}
}

// The baselines count what is in the files.
func TestBaselines(t *testing.T) {
	dir, truth := makeCity(t, city.Dense)
	lists, err := rankBaselines(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(lists) != len(Baselines()) {
		t.Fatalf("%d lists for %d baselines", len(lists), len(Baselines()))
	}
	for i, name := range Baselines() {
		if len(lists[i]) < 20 {
			t.Errorf("%s lists only %d places", name, len(lists[i]))
		}
		s, err := Judge(truth, lists[i])
		if err != nil {
			t.Fatal(err)
		}
		// Baselines are no good, but they are about the same city: they find something.
		if s.NDCG < 0.05 || s.NDCG > 0.99 || s.Recall == 0 {
			t.Errorf("%s scores %+v", name, s)
		}
	}
	// The mall everybody goes to is busy, not bad: its rate must not lead.
	busy := ""
	for _, d := range truth.Decoys {
		if d.Kind == "busy_normal_mall" {
			busy = d.VenueID
		}
	}
	rank := func(list []Found) int {
		for i, f := range list {
			if f.Place.VenueID == busy {
				return i + 1
			}
		}
		return len(list) + 1
	}
	if rate := rank(lists[2]); rate <= 20 {
		t.Errorf("the busy normal mall is number %d by rate", rate)
	}
}

func TestSeedsAreApartAndKnobsMove(t *testing.T) {
	a, err := Seeds(Choosing, 9000)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Seeds(Reporting, 9000)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[uint64]bool{}
	for _, s := range a {
		seen[s] = true
	}
	for _, s := range b {
		if seen[s] {
			t.Fatalf("seed %d is in both sets", s)
		}
	}
	if _, err := Seeds("both", 1); err == nil {
		t.Error("there is no set of both")
	}
	c := DefaultConfig()
	values := map[string][]float64{}
	for _, s := range b[:20] {
		k := c.City(city.Dense, s)
		if err := k.Validate(); err != nil {
			t.Error(err)
		}
		for name, v := range map[string]float64{"noise": k.LocationNoise, "missing": k.MissingCoords, "masked": k.MaskedShare, "bias": k.ComplaintBias,
			"floor": k.MissingFloor, "heterogeneity": k.Heterogeneity, "redial": k.RedialShare, "other": k.OtherComplaints, "complaints": float64(k.Complaints)} {
			values[name] = append(values[name], v)
		}
	}
	for name, v := range values {
		sort.Float64s(v)
		if v[0] == v[19] || (v[10]-v[0])/(v[19]-v[0]) < 0.25 || (v[10]-v[0])/(v[19]-v[0]) > 0.75 {
			t.Errorf("%s over 20 seeds: %v", name, v)
		}
	}
}

// A program that is not hotcell stands in for it, so that this test needs no engine.
func TestBinaryIsRunAsAUserWould(t *testing.T) {
	dir, truth := makeCity(t, city.Mountain)
	best := oracle(t, truth)
	list, err := json.Marshal(map[string]any{"hotspots": best, "warnings": []map[string]any{{"name": "a place", "center": best[0].Center, "new": true}}})
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	answer, log, program := filepath.Join(bin, "answer"), filepath.Join(bin, "log"), filepath.Join(bin, "hotcell")
	script := "#!/bin/sh\necho \"$@\" >> " + log + "\ncase \"$3\" in\nrank|warn) cat " + answer + ";;\nesac\n"
	for name, b := range map[string]string{answer: string(list), program: script} {
		if err := os.WriteFile(name, []byte(b), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	rank := Binary(program, t.TempDir())
	ends := []time.Time{truth.End.AddDate(0, 0, -3)}
	found, err := rank(context.Background(), dir, ends)
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Daily) != 1 || len(found.Alarms) != 1 || len(found.Daily[0]) != len(best) || len(found.Alarms[0]) != 1 || found.Alarms[0][0].Center != best[0].Center {
		t.Fatalf("one end is answered by %+v, %+v", found.Daily, found.Alarms)
	}
	if s, err := Judge(truth, found.All); err != nil || s.NDCG < 0.9999 {
		t.Errorf("the truth through the program scores %+v, %v", s, err)
	}
	said, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	want := []string{"migrate", "load regions", "load venues", "load sites", "load subscribers", "load calls", "load complaints", "rank --top 100 --format json",
		"rank --top 20 --end 2026-05-29T00:00:00+08:00 --format json", "warn --new --end 2026-05-29T00:00:00+08:00 --format json"}
	if len(lines) != len(want) {
		t.Fatalf("the program was called with %q", lines)
	}
	for i, l := range lines {
		if !strings.HasPrefix(l, "--store embedded://") || !strings.Contains(l, want[i]) {
			t.Errorf("call %d is %q, not %q", i, l, want[i])
		}
	}
	if err := os.WriteFile(program, []byte("#!/bin/sh\necho the engine is missing >&2\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := rank(context.Background(), dir, nil); err == nil || !strings.Contains(err.Error(), "the engine is missing") {
		t.Errorf("a failing program gives %v", err)
	}
	if _, err := Decode([]byte(`{"rows":[]}`)); err == nil {
		t.Error("a document without hotspots was taken")
	}
}

func TestRunAndTable(t *testing.T) {
	c := tiny()
	c.Calls, c.Scratch, c.Keep = 30_000, t.TempDir(), t.TempDir()
	peeked := false
	results, err := Run(context.Background(), c, func(_ context.Context, dir string, _ []time.Time) (Ranked, error) {
		_, err := os.Stat(filepath.Join(dir, city.TruthFile))
		peeked = peeked || err == nil
		return Ranked{}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if peeked {
		t.Error("the truth lies beside the data while it is ranked")
	}
	if len(results) != 3*(1+len(Baselines())) {
		t.Errorf("%d results", len(results))
	}
	if left, err := os.ReadDir(c.Scratch); err != nil || len(left) != 0 {
		t.Errorf("%d cities were left behind, %v", len(left), err)
	}
	for _, f := range []string{"calls.csv", city.TruthFile, "rankings.json"} {
		if _, err := os.Stat(filepath.Join(c.Keep, "sprawl-1", f)); err != nil {
			t.Error(err)
		}
	}
	var out strings.Builder
	if err := Table(&out, results); err != nil {
		t.Fatal(err)
	}
	for _, want := range append(Baselines(), "hotcell", "mountain", "all", "nDCG@20") {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in the table\n%s", want, out.String())
		}
	}
	if err := Check(results); err == nil || !strings.Contains(err.Error(), "nDCG@20 is 0.000") || !strings.Contains(err.Error(), "a baseline is ahead in 3 of 3 cities") {
		t.Errorf("a ranking of nothing gives %v", err)
	}
	if _, err := json.Marshal(results); err != nil {
		t.Error(err)
	}
}

func TestDaysToFind(t *testing.T) {
	_, truth := makeCity(t, city.Sprawl)
	ends := midnights(truth)
	fresh := newFaults(truth)
	if len(fresh) == 0 || len(ends) == 0 {
		t.Fatalf("%d new faults, %d midnights: this seed shows nothing", len(fresh), len(ends))
	}
	best := oracle(t, truth)
	// A ranking that knows everything from the third midnight after the first start on.
	lists := make([][]Found, len(ends))
	for i := 2; i < len(ends); i++ {
		lists[i] = best
	}
	days, err := daysToFind(truth, ends, &Ranked{Daily: lists, Alarms: make([][]Found, len(ends))})
	if err != nil || len(days) != len(fresh) {
		t.Fatalf("%d answers for %d faults, %v", len(days), len(fresh), err)
	}
	for k, i := range fresh {
		start := truth.Faults[i].Start
		want := ends[2].Sub(start)
		for _, e := range ends[2:] {
			if e.After(start) {
				want = e.Sub(start)
				break
			}
		}
		if days[k].Warned != -1 {
			t.Errorf("no warning was raised, but %s was warned of after %.2f days", days[k].Fault, days[k].Warned)
		}
		if math.Abs(days[k].Took-want.Hours()/24) > 1e-9 {
			t.Errorf("%s was found after %.2f days, not %.2f", days[k].Fault, days[k].Took, want.Hours()/24)
		}
	}
	warned, err := daysToFind(truth, ends, &Ranked{Daily: make([][]Found, len(ends)), Alarms: lists})
	if err != nil || warned[0].Took != -1 || warned[0].Warned != days[0].Took {
		t.Errorf("what is warned of but never listed: %+v, %v", warned[0], err)
	}
	if m, n := share(0.5, []float64{3, -1, 1, 2, -1}), share(0.9, []float64{3, -1, 1, 2, -1}); m != 3 || n != -1 {
		t.Errorf("of 1, 2, 3 and two that never came, half came within %v, 90 %% within %v", m, n)
	}
	var table strings.Builder
	if err := daysTable(&table, []Result{{Score: Score{Days: days}}, {Score: Score{Days: warned}}}); err != nil || !strings.Contains(table.String(), "later, or never") {
		t.Errorf("the table is %q, %v", table.String(), err)
	}
}
