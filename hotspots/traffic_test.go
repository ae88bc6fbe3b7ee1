package hotspots

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/hotcell/hotcell/geo"
)

// dropsOnly takes the good calls out of a simulated world and hands their number
// to counters: one radio cell per cell of the town and its neighbours.
func (w *world) dropsOnly() (attempts float64) {
	byCell := map[geo.Cell]float64{}
	for i := range w.ev.Exposures {
		x := &w.ev.Exposures[i]
		byCell[w.places[x.Place].Cell] += x.CappedCalls
		attempts += x.CappedCalls
		x.Calls, x.CappedCalls, x.Customers = x.Bad, x.CappedBad, x.Bad
		x.SumMM, x.SumXM = x.SumXX, x.SumXX
	}
	w.ev.Exposures = slices.DeleteFunc(w.ev.Exposures, func(x Exposure) bool { return x.Bad == 0 })
	for i := range w.ev.Weeks {
		w.ev.Weeks[i].CappedCalls = w.ev.Weeks[i].CappedBad
	}
	for c, n := range byCell {
		radio := "460-00-" + c.String()
		w.prints[radio] = []geo.CellWeight{{Cell: c, Weight: 1}}
		w.ev.Traffic = append(w.ev.Traffic, CellTraffic{RadioCell: radio, Attempts: uint64(n)})
	}
	return attempts
}

func TestTrafficIsExposure(t *testing.T) {
	w, _ := town(t, 5)
	fault := w.spots[33]
	w.breakSpot(fault, "fault", 10)
	w.simulate(0, nil)
	attempts := w.dropsOnly()
	w.ev.Traffic = append(w.ev.Traffic, CellTraffic{RadioCell: "460-00-lost", Attempts: 50, Drops: 1 << 30})
	a, err := Analyse(&w.ev, w, w.params, nil)
	if err != nil {
		t.Fatal(err)
	}
	mustLead(t, a.Run, fault.id, "the fault")
	h := a.Run.Hotspots[0]
	if h.Rate.Value == nil || h.Rate.Reference == nil || *h.Rate.Value < 3**h.Rate.Reference || *h.Rate.Reference > 0.05 {
		t.Errorf("rate and reference are %+v", h.Rate)
	}
	if h.Significance.GiZ == nil {
		t.Error("there is no Gi*")
	}
	sum := 0.0
	for i := range a.m.places {
		sum += a.m.places[i].calls
	}
	if math.Abs(sum-attempts) > 0.01*attempts { // bad calls may lift places a little
		t.Errorf("the places have %.0f calls of %.0f attempts", sum, attempts)
	}
	notes := strings.Join(a.Run.Notes, "\n")
	for _, want := range []string{fmt.Sprintf("exposure from traffic counters of %d radio cells", len(w.ev.Traffic)-1), "460-00-lost", "records are missing"} {
		if !strings.Contains(notes, want) {
			t.Errorf("%q is missing in the notes: %s", want, notes)
		}
	}
}

// A fault hardly raises its own denominator: twenty times the bad calls make its use
// look a fifth larger here (thirteen venues of its kind), and less among more venues.
func TestFaultDoesNotRaiseItsDenominator(t *testing.T) {
	calls := func(factor float64) float64 {
		w, _ := town(t, 6)
		venue := w.spots[len(w.spots)-2]
		w.simulate(0, nil)
		w.dropsOnly()
		for i := range w.ev.Exposures {
			if x := &w.ev.Exposures[i]; x.Place == venue.id {
				x.CappedBad, x.CappedCalls = factor*x.CappedBad, factor*x.CappedBad
			}
		}
		a, err := Analyse(&w.ev, w, w.params, nil)
		if err != nil {
			t.Fatal(err)
		}
		return a.m.places[a.m.index(venue.id)].calls
	}
	if normal, faulty := calls(1), calls(20); normal <= 0 || faulty > 1.25*normal {
		t.Errorf("the venue has %.0f calls when normal and %.0f with twenty times the bad calls", normal, faulty)
	}
}

// Places that no counter covers are ranked on counts against the neighbourhood.
func TestPartlyCoveredByCounters(t *testing.T) {
	w, _ := town(t, 7)
	fault := w.spots[40]
	w.breakSpot(fault, "fault", 10)
	w.simulate(0, nil)
	w.dropsOnly()
	here := w.places[fault.id].Cell.String()
	w.ev.Traffic = slices.DeleteFunc(w.ev.Traffic, func(c CellTraffic) bool { return strings.HasSuffix(c.RadioCell, here) })
	mustLead(t, w.rank(), fault.id, "the fault without counters")
}

// An indoor radio cell's attempts stay in its building.
func TestIndoorTrafficGoesToItsBuilding(t *testing.T) {
	w, _ := town(t, 8)
	venue := w.spots[len(w.spots)-2]
	w.simulate(0, nil)
	w.dropsOnly()
	w.ev.Traffic = []CellTraffic{{RadioCell: "indoor", Venue: venue.id, Attempts: 5000}}
	m := newModel(&w.ev, w, w.params)
	sum := 0.0
	for _, s := range w.spots {
		if pl := w.places[s.id]; pl.Venue != nil && pl.Venue.ID == w.places[venue.id].Venue.ID {
			if i := m.index(s.id); i >= 0 {
				sum += m.places[i].calls
			}
		}
	}
	if math.Abs(sum-5000) > 50 {
		t.Errorf("the building has %.0f of its 5000 attempts", sum)
	}
}

func TestTrafficBesideCallsChangesNothing(t *testing.T) {
	w, _ := town(t, 9)
	w.breakSpot(w.spots[33], "fault", 8)
	w.simulate(0, nil)
	without := fmt.Sprint(listing(w.rank()), w.rank().Notes)
	w.prints["x"] = []geo.CellWeight{{Cell: w.places[w.spots[0].id].Cell, Weight: 1}}
	w.ev.Traffic = []CellTraffic{{RadioCell: "x", Attempts: 1 << 20, Drops: 1 << 19}}
	if with := fmt.Sprint(listing(w.rank()), w.rank().Notes); with != without {
		t.Errorf("with traffic:\n%s\nwithout:\n%s", with, without)
	}
}
