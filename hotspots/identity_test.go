package hotspots

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/hotcell/hotcell/geo"
)

// weekly ranks a town where exactly the given cells are faulty.
func weekly(t *testing.T, week int, faulty []geo.Cell, previous *Run) *Run {
	t.Helper()
	w := newWorld(t, uint64(100+week))
	w.moan = 0
	cells := centreCell(t, 30, 104).Disk(9)
	slices.Sort(cells)
	for _, c := range cells {
		w.cell(c, "5101", 150, 0.02)
	}
	for _, c := range faulty {
		w.breakSpot(w.byID[geo.PlaceID(c)], c.String(), 15)
	}
	w.simulate(0, nil)
	w.ev.Query.End = w.ev.Query.End.Add(time.Duration(week) * 7 * 24 * time.Hour)
	for i := range w.ev.Bad {
		w.ev.Bad[i].Day += int32(7 * week)
	}
	run, err := Rank(&w.ev, w, w.params, previous)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// line gives n cells in a row.
func line(from geo.Cell, n int) []geo.Cell {
	out := []geo.Cell{from}
	for len(out) < n {
		last := out[len(out)-1]
		next := last.Disk(1)
		slices.SortFunc(next, func(a, b geo.Cell) int { // due east
			if a.Center().Lon > b.Center().Lon {
				return -1
			}
			return 1
		})
		out = append(out, next[0])
	}
	return out
}

// TestIdentityOverRuns follows one fault through twelve weekly runs: it grows,
// splits, merges, shrinks, goes and comes back.
func TestIdentityOverRuns(t *testing.T) {
	row := line(centreCell(t, 30, 104), 6)
	var far geo.Cell // not beside the row
	for _, c := range row[0].Disk(7) {
		if !slices.Contains(row[0].Disk(6), c) && c.Center().Lat > row[0].Center().Lat+0.01 && c.Center().Lon < row[0].Center().Lon {
			far = c
			break
		}
	}
	steps := []struct {
		faulty []geo.Cell
		say    string
	}{
		{row[:1], "born"},
		{row[:2], "grows"},
		{row[:5], "grows"},
		{append(slices.Clone(row[:2]), row[4:6]...), "splits"},
		{append(slices.Clone(row[:2]), row[4:6]...), "stays split"},
		{row, "merges"},
		{row[2:4], "shrinks"},
		{append(slices.Clone(row[2:4]), far), "another one"},
		{[]geo.Cell{far}, "first gone"},
		{[]geo.Cell{far}, "first gone"},
		{append(slices.Clone(row[2:4]), far), "back"},
		{append(slices.Clone(row[2:4]), far), "stays"},
	}
	var previous *Run
	var runs []*Run
	for week, s := range steps {
		previous = weekly(t, week, s.faulty, previous)
		runs = append(runs, previous)
	}
	at := func(run int, c geo.Cell) *Hotspot {
		h := of(runs[run], geo.PlaceID(c))
		if h == nil {
			t.Fatalf("run %d (%s) does not list %s: %s", run, steps[run].say, c, listing(runs[run]))
		}
		return h
	}
	first := at(0, row[0])
	if at(1, row[0]).ID != first.ID || at(2, row[4]).ID != first.ID {
		t.Error("a growing hotspot changes its id")
	}
	if at(2, row[0]).Trend.FirstSeen != first.Trend.FirstSeen {
		t.Error("a growing hotspot forgets when it was first seen")
	}
	west, east := at(3, row[0]), at(3, row[5])
	if west.ID == east.ID || west.ID != first.ID && east.ID != first.ID {
		t.Errorf("after the split the ids are %s and %s, before %s", west.ID, east.ID, first.ID)
	}
	child := east
	if east.ID == first.ID {
		child = west
	}
	if child.History.SplitFrom != first.ID || child.History.Course != "new" {
		t.Errorf("the split is recorded as %+v", child.History)
	}
	if at(4, row[0]).ID != west.ID || at(4, row[5]).ID != east.ID {
		t.Error("the parts of a split do not keep their ids")
	}
	whole := at(5, row[0])
	if len(whole.History.MergedFrom) != 1 || whole.ID != first.ID && whole.ID != child.ID || whole.History.MergedFrom[0] == whole.ID {
		t.Errorf("the merger of %s and %s is %s, recorded as %+v", first.ID, child.ID, whole.ID, whole.History)
	}
	if at(6, row[2]).ID != whole.ID || at(7, row[2]).ID != whole.ID {
		t.Error("a shrinking hotspot changes its id")
	}
	if other := at(7, far); other.ID == whole.ID || other.History.Course != "new" {
		t.Errorf("a new hotspot elsewhere has %s, %+v", other.ID, other.History)
	}
	if of(runs[9], geo.PlaceID(row[2])) != nil || !slices.ContainsFunc(runs[9].Gone, func(g Gone) bool { return g.ID == whole.ID && g.Absent == 2 }) {
		t.Errorf("a hotspot that is gone is not kept in mind: %+v", runs[9].Gone)
	}
	back := at(10, row[2])
	if back.ID != whole.ID || back.History.Course != "recurring" || back.History.Returns != 1 || back.Trend.FirstSeen != first.Trend.FirstSeen {
		t.Errorf("a hotspot that comes back is %s, %+v", back.ID, back.History)
	}
	if at(11, far).ID != at(7, far).ID {
		t.Error("a steady hotspot changes its id")
	}
	for week, run := range runs {
		ids := map[string]bool{}
		for _, h := range run.Hotspots {
			if ids[h.ID] {
				t.Errorf("run %d has id %s twice", week, h.ID)
			}
			ids[h.ID] = true
		}
	}
}

func TestChronic(t *testing.T) {
	c := line(centreCell(t, 30, 104), 2)
	var previous *Run
	for week := range 6 {
		previous = weekly(t, week, c, previous)
	}
	h := of(previous, geo.PlaceID(c[0]))
	if h == nil || h.History.Course != "chronic" || h.History.Runs != 6 {
		t.Fatalf("after six weekly runs of 28 days the hotspot is %+v", h)
	}
	again := weekly(t, 5, c, previous)
	if h := of(again, geo.PlaceID(c[0])); h.History.Runs != 6 {
		t.Errorf("the same window ranked again counts as run %d", h.History.Runs)
	}
}

// TestSegmentsJoin: contiguous kilometres of one line are one hotspot; the other
// carriageway and a kilometre further on are others.
func TestSegmentsJoin(t *testing.T) {
	w, centre := town(t, 9)
	north := &geo.Venue{ID: "N", Ref: "G4", Name: "京港澳高速", Scene: geo.SceneHighway}
	south := &geo.Venue{ID: "S", Ref: "G4", Name: "京港澳高速", Scene: geo.SceneHighway}
	var spots []*spot
	for km := range 40 {
		spots = append(spots, w.km(north, km, centre, "5101", 300, 0.03))
		w.km(south, km, centre, "5101", 300, 0.03)
	}
	for km := 12; km < 14; km++ {
		w.breakSpot(spots[km], "stretch", 10)
	}
	w.breakSpot(spots[30], "other", 10)
	w.simulate(0, nil)
	run := w.rank()
	h := of(run, spots[12].id)
	if h == nil || h.Name != "G4 K12–K14" || h.Place.Kind != "segment" || *h.Place.KmFrom != 12 || *h.Place.KmTo != 14 || len(h.Members) != 2 {
		t.Fatalf("two bad kilometres are listed as %+v", h)
	}
	other := of(run, spots[30].id)
	if other == nil || other.ID == h.ID || fmt.Sprint(*other.Place.KmFrom, *other.Place.KmTo) != "30 31" {
		t.Errorf("the kilometre further on is listed as %+v", other)
	}
}
