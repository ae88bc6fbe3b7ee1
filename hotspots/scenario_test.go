package hotspots

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/hotcell/hotcell/geo"
)

// town is a quiet place with nothing wrong: 217 cells and 40 venues.
func town(t testing.TB, seed uint64) (*world, geo.Cell) {
	w := newWorld(t, seed)
	w.moan = 0.005
	centre := centreCell(t, 30.6, 104.1)
	cells := centre.Disk(8)
	slices.Sort(cells)
	for _, c := range cells {
		w.cell(c, "5101", 100*math.Exp(0.5*w.rng.NormFloat64()), 0.02*w.gamma(30))
	}
	for v := range 40 {
		scene := []geo.Scene{geo.SceneOfficeTower, geo.SceneMall, geo.SceneHotel}[v%3]
		ven := &geo.Venue{ID: fmt.Sprintf("V%d", v), Name: fmt.Sprintf("venue %d", v), Scene: scene}
		c := cells[(v*37)%len(cells)]
		w.part(ven, geo.PartWhole, scene, c, "5101", 200, 0.02*w.gamma(30))
		w.part(ven, geo.PartLift, geo.SceneLift, c, "5101", 40, 0.04*w.gamma(30))
	}
	return w, centre
}

// of gives the hotspot that contains a place, nil when it is not listed.
func of(run *Run, id geo.PlaceID) *Hotspot {
	for i := range run.Hotspots {
		if slices.Contains(run.Hotspots[i].Members, id) {
			return &run.Hotspots[i]
		}
	}
	return nil
}

func mustLead(t *testing.T, run *Run, id geo.PlaceID, what string) {
	t.Helper()
	if len(run.Hotspots) == 0 || !slices.Contains(run.Hotspots[0].Members, id) || run.Hotspots[0].Impact.Lower <= 0 {
		t.Errorf("%s does not lead the list: %s", what, listing(run))
	}
}

func mustNotCount(t *testing.T, run *Run, id geo.PlaceID, what string) {
	t.Helper()
	if h := of(run, id); h != nil && h.Impact.Lower > 0 {
		t.Errorf("%s has avoidable impact %.2f to %.2f", what, h.Impact.Lower, h.Impact.Upper)
	}
}

func listing(run *Run) string {
	var b strings.Builder
	for _, h := range run.Hotspots[:min(len(run.Hotspots), 5)] {
		fmt.Fprintf(&b, "\n%d %s %.1f [%.1f, %.1f]", h.Rank, h.Name, h.Impact.Avoidable, h.Impact.Lower, h.Impact.Upper)
	}
	return b.String()
}

func TestBusyMallAndBrokenLift(t *testing.T) {
	for seed := uint64(1); seed <= 5; seed++ {
		w, centre := town(t, seed)
		mall := w.part(&geo.Venue{ID: "MALL", Name: "万象城", Scene: geo.SceneMall}, geo.PartWhole, geo.SceneMall, centre, "5101", 8000, 0.02)
		tower := &geo.Venue{ID: "T", Name: "东方大厦", Scene: geo.SceneOfficeTower}
		w.part(tower, geo.PartWhole, geo.SceneOfficeTower, centre, "5101", 400, 0.02)
		lift := w.part(tower, geo.PartLift, geo.SceneLift, centre, "5101", 200, 0.04)
		w.breakSpot(lift, "lift", 10)
		w.simulate(0, nil)
		run := w.rank()
		mustLead(t, run, lift.id, "the broken lift")
		mustNotCount(t, run, mall.id, "the busy normal mall")
		if h := of(run, lift.id); h != nil {
			if h.Name != "东方大厦 lifts" || h.Place.Kind != "venue" || h.Place.VenueID != "T" || !slices.Equal(h.Place.Parts, []string{"lifts"}) {
				t.Errorf("the broken lift is called %q, %+v", h.Name, h.Place)
			}
		}
	}
}

// addStorm makes one customer redial all day long.
func (w *world) addStorm(s *spot, calls uint32) {
	id := w.customer()
	var u testUse
	for d := range w.days {
		w.bad(s.id, id, d, KindDropped, calls, s)
		u.capped += float64(w.cap)
	}
	for i := range w.ev.Exposures {
		if x := &w.ev.Exposures[i]; x.Place == s.id {
			x.Calls += uint64(calls) * uint64(w.days)
			x.Bad += uint64(calls) * uint64(w.days)
			x.CappedCalls += u.capped
			x.CappedBad += u.capped
			x.Customers++
			x.SumMM += u.capped * u.capped
			x.SumXX += u.capped * u.capped
			x.SumXM += u.capped * u.capped
		}
	}
}

func TestOneCustomerCannotTop(t *testing.T) {
	for seed := uint64(1); seed <= 5; seed++ {
		w, _ := town(t, seed)
		fault := w.spots[20]
		fault.calls = 300
		w.breakSpot(fault, "small fault", 8)
		w.simulate(0, nil)
		storm, whine, unlucky := w.spots[60], w.spots[90], w.spots[120]
		w.addStorm(storm, 100)
		habitual := w.customer()
		for n := range 60 {
			at := whine
			if n%2 == 0 {
				at = w.spots[(n*7)%200]
			}
			w.complain(at.id, habitual, n%w.days, at)
		}
		vip := w.customer()
		w.people[vip] = Customer{Segment: 3, ValueTier: 5, TenureMonths: 240}
		lonely := centreCell(t, 30.9, 104.5)
		w.ev.Exposures = append(w.ev.Exposures, Exposure{Place: geo.PlaceID(lonely), Region: "5101", Calls: 1, Bad: 1,
			CappedCalls: 1, CappedBad: 1, Customers: 1, SumMM: 1, SumXX: 1, SumXM: 1})
		w.bad(geo.PlaceID(lonely), vip, w.days-1, KindDropped, 1, unlucky)
		run := w.rank()
		mustLead(t, run, fault.id, "the fault")
		mustNotCount(t, run, storm.id, "the redial storm")
		mustNotCount(t, run, whine.id, "the habitual complainer's place")
		mustNotCount(t, run, geo.PlaceID(lonely), "the single unlucky call")
	}
}

func TestKeyAccountsWeighMore(t *testing.T) {
	w, centre := town(t, 3)
	tower := func(id string) *spot {
		v := &geo.Venue{ID: id, Name: id, Scene: geo.SceneOfficeTower}
		s := w.part(v, geo.PartWhole, geo.SceneOfficeTower, centre, "5101", 300, 0.02)
		w.breakSpot(s, id, 8)
		return s
	}
	plain, key := tower("plain"), tower("key")
	w.simulate(0, nil)
	for _, id := range plain.people {
		w.people[id] = Customer{Segment: 1, ValueTier: 2}
	}
	for _, id := range key.people {
		w.people[id] = Customer{Segment: 3, ValueTier: 4}
	}
	run := w.rank()
	a, b := of(run, key.id), of(run, plain.id)
	if a == nil || b == nil || a.Rank > b.Rank || a.Customers.KeyAccounts == 0 || b.Customers.KeyAccounts != 0 {
		t.Errorf("the key accounts' tower does not lead: %s", listing(run))
	}
}

func TestRecentHurtsWeighMore(t *testing.T) {
	w, centre := town(t, 4)
	tower := func(id string) *spot {
		return w.part(&geo.Venue{ID: id, Name: id, Scene: geo.SceneOfficeTower}, geo.PartWhole, geo.SceneOfficeTower, centre, "5101", 400, 0.02)
	}
	old, now := tower("old"), tower("now")
	w.breakSpot(old, "old", 8)
	w.breakSpot(now, "now", 8)
	w.simulate(0, nil)
	for i := range w.ev.Bad { // the same hurt, three weeks ago and this week
		b := &w.ev.Bad[i]
		switch day := int(b.Day) - testDay0; b.Place {
		case old.id:
			b.Day = int32(testDay0 + day%7)
		case now.id:
			b.Day = int32(testDay0 + 21 + day%7)
		}
	}
	run := w.rank()
	a, b := of(run, now.id), of(run, old.id)
	if a == nil || b != nil && b.Rank < a.Rank {
		t.Errorf("the recent fault does not lead: %s", listing(run))
	}
}

func TestRegionWithHighBase(t *testing.T) {
	for seed := uint64(1); seed <= 3; seed++ {
		w, centre := town(t, seed)
		far := centreCell(t, 31.6, 105.1)
		cells := far.Disk(7)
		slices.Sort(cells)
		for _, c := range cells { // everything is four times as bad here: hills, not faults
			w.cell(c, "5109", 150, 0.08*w.gamma(30))
		}
		fault := w.byID[geo.PlaceID(centre)]
		fault.calls = 600
		w.breakSpot(fault, "fault", 4) // the same rate that is normal in the hills
		w.simulate(0, nil)
		run := w.rank()
		mustLead(t, run, fault.id, "the fault in the better region")
		for _, h := range run.Hotspots {
			if h.Impact.Lower > 1 && w.faultOf(h.Members) == "" {
				t.Errorf("a normal place of the high region is listed: %s", listing(run))
			}
		}
	}
}

func TestSparseCountry(t *testing.T) {
	found := 0
	for seed := uint64(1); seed <= 5; seed++ {
		w := newWorld(t, seed)
		centre := centreCell(t, 28, 102)
		cells := centre.Disk(20)
		slices.Sort(cells)
		for _, c := range cells {
			w.cell(c, "5134", 5*math.Exp(0.5*w.rng.NormFloat64()), 0.02)
		}
		for _, c := range centre.Disk(2) { // no cell has enough calls to show it alone
			w.breakSpot(w.byID[geo.PlaceID(c)], "area", 8)
		}
		w.simulate(0, nil)
		run := w.rank()
		if len(run.Hotspots) > 0 && w.faultOf(run.Hotspots[0].Members) == "area" {
			found++
			if run.Hotspots[0].Place.Kind != "cells" || len(run.Hotspots[0].Members) < 4 {
				t.Errorf("the area is listed as %+v", run.Hotspots[0].Place)
			}
		}
		sure := 0
		for _, h := range run.Hotspots {
			if h.Impact.Lower > 0 {
				sure++
			}
		}
		if sure > 2 || len(run.Hotspots) > DefaultParams().Fill {
			t.Errorf("seed %d lists %d hotspots, %d of them sure, where there is one fault: %s", seed, len(run.Hotspots), sure, listing(run))
		}
	}
	if found < 4 {
		t.Errorf("the thin area fault is found in %d of 5 cities", found)
	}
}

func TestWithoutExposure(t *testing.T) {
	w, _ := town(t, 5)
	fault := w.spots[33]
	w.breakSpot(fault, "fault", 10)
	w.simulate(0, nil)
	w.ev.Exposures = nil
	run := w.rank()
	mustLead(t, run, fault.id, "the fault")
	if h := run.Hotspots[0]; h.Rate.Value != nil || h.Rate.Reference != nil || h.Significance.GiZ != nil {
		t.Errorf("there is a rate or a significance without exposure: %+v %+v", h.Rate, h.Significance)
	}
	if !slices.Contains(run.Notes, "no exposure data: ranked on counts against the neighbourhood") {
		t.Errorf("the notes do not say so: %q", run.Notes)
	}
}

func TestWithoutSubscribersAndScenes(t *testing.T) {
	w, _ := town(t, 6)
	fault := w.spots[50]
	w.breakSpot(fault, "fault", 6)
	w.simulate(0, nil)
	w.ev.Customers, w.people = nil, map[uint64]Customer{}
	for i := range w.ev.Bad {
		w.ev.Bad[i].Customer |= 1 << 63 // surrogates, one per position
		w.ev.Bad[i].RAT = 0
	}
	for i := range w.ev.Exposures {
		x := &w.ev.Exposures[i]
		x.Scene, x.Region, x.RAT = geo.SceneUnknown, "", geo.RATUnknown
	}
	run, err := Rank(&w.ev, nil, w.params, nil) // no catalogue at all
	if err != nil {
		t.Fatal(err)
	}
	mustLead(t, run, fault.id, "the fault")
}

func TestNothingToRank(t *testing.T) {
	run, err := Rank(&Evidence{}, nil, DefaultParams(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(run.Hotspots) != 0 || run.Hotspots == nil || run.Notes == nil {
		t.Errorf("an empty store gives %+v", run)
	}
	if _, err := Rank(nil, nil, DefaultParams(), nil); err == nil {
		t.Error("no evidence at all is no error")
	}
	p := DefaultParams()
	p.HalfLifeDays, p.Level, p.Severity[KindPoor] = 0, 2, -1
	_, err = Rank(&Evidence{}, nil, p, nil)
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("three faults of the parameters are reported as: %v", err)
	}
}

// TestComplaintsWithoutCalls: a basement where nobody can call at all shows only
// in complaints.
func TestComplaintsWithoutCalls(t *testing.T) {
	w, centre := town(t, 7)
	w.simulate(0, nil)
	v := &geo.Venue{ID: "B", Name: "地铁商场", Scene: geo.SceneMall}
	id := testID("venue/B/2")
	w.places[id] = geo.Place{ID: id, Kind: geo.PlaceVenue, Name: "地铁商场 basement", Scene: geo.SceneBasement, Venue: v, Part: geo.PartBasement, Cell: centre, Center: centre.Center()}
	s := &spot{id: id, scene: geo.SceneBasement, region: "5101"}
	for n := range 8 {
		w.complain(id, w.customer(), n*3, s)
	}
	run := w.rank()
	h := of(run, id)
	if h == nil || h.Impact.Lower <= 0 || h.Events.Complaints != 8 {
		t.Fatalf("eight complaints from a place without calls are not listed: %s", listing(run))
	}
	if h.Name != "地铁商场 basement" || !strings.Contains(h.Cause.Sentence, "complain") {
		t.Errorf("it is called %q: %s", h.Name, h.Cause.Sentence)
	}
}

// TestComplaintsWithoutBadCalls: every call went well, and yet customers complain
// about one mall.
func TestComplaintsWithoutBadCalls(t *testing.T) {
	w, _ := town(t, 8)
	for _, s := range w.spots {
		s.normal, s.actual = 0, 0
	}
	w.simulate(0, nil)
	if len(w.ev.Bad) > 0 {
		t.Fatalf("%d bad calls in a world without any", len(w.ev.Bad))
	}
	mall := w.spots[len(w.spots)-1]
	for n := range 12 {
		w.complain(mall.id, w.customer(), n*2, mall)
	}
	if run := w.rank(); of(run, mall.id) == nil {
		t.Errorf("twelve customers complained about one place, it is not listed: %s", listing(run))
	}
}
