package hotspots

import (
	"testing"

	"github.com/hotcell/hotcell/geo"
)

// forgetHalf leaves every other customer's records at some places with nothing but
// their radio cell; the others keep both.
func (w *world) forgetHalf(radio string, at map[geo.PlaceID]bool) {
	unlocated := CellCounts{RadioCell: radio, RAT: geo.RAT4G}
	hurt := map[uint64]bool{}
	for i := range w.ev.Bad {
		b := &w.ev.Bad[i]
		if !at[b.Place] {
			continue
		}
		b.RadioCell = radio
		if b.Customer>>8%2 == 0 {
			b.Place = 0
			hurt[b.Customer] = true
		}
	}
	for i := range w.ev.Exposures {
		x := &w.ev.Exposures[i]
		if !at[x.Place] {
			continue
		}
		for _, v := range []*float64{&x.CappedCalls, &x.CappedBad, &x.SumMM, &x.SumXX, &x.SumXM} {
			*v /= 2
		}
		x.Customers /= 2
		unlocated.CappedCalls += x.CappedCalls
		unlocated.CappedBad += x.CappedBad
		unlocated.Customers += x.Customers
	}
	unlocated.Hurt = uint64(len(hurt))
	w.ev.UnlocatedBad = append(w.ev.UnlocatedBad, unlocated)
}

// TestUnlocatedFollowTheLocated: half of a broken tower's customers are known only
// by their radio cell, which serves the street around it too. They count for the
// tower, and the street stays what it is: no hotspot.
func TestUnlocatedFollowTheLocated(t *testing.T) {
	for seed := uint64(21); seed <= 24; seed++ {
		w, centre := town(t, seed)
		tower := w.part(&geo.Venue{ID: "T", Name: "东方大厦", Scene: geo.SceneOfficeTower}, geo.PartWhole, geo.SceneOfficeTower, centre, "5101", 800, 0.02)
		w.breakSpot(tower, "tower", 10)
		w.simulate(0, nil)
		const radio = "460-00-5"
		served := map[geo.PlaceID]bool{tower.id: true}
		for _, c := range centre.Disk(1) {
			served[geo.PlaceID(c)] = true
			w.prints[radio] = append(w.prints[radio], geo.CellWeight{Cell: c, Weight: 1.0 / 7})
		}
		w.forgetHalf(radio, served)
		a, err := Analyse(&w.ev, w, w.params, nil)
		if err != nil {
			t.Fatal(err)
		}
		mustLead(t, a.Run, tower.id, "the tower")
		got, all := a.m.places[a.m.index(tower.id)], w.ev.UnlocatedBad[0]
		if share := a.m.spreadAt(&got).hurt / float64(all.Hurt); share < 0.75 || share > 0.97 {
			t.Errorf("seed %d: the tower gets %.2f of the hurt customers without a position; it has nine in ten of them", seed, share)
		}
		rate := got.bad / got.calls
		if x := w.exposure(tower.id); rate < 0.8*x.CappedBad/x.CappedCalls || rate > 1.2*x.CappedBad/x.CappedCalls {
			t.Errorf("seed %d: the tower's rate becomes %.3f, it was %.3f", seed, rate, x.CappedBad/x.CappedCalls)
		}
		for id := range served {
			if h := of(a.Run, id); h != nil && h.Rank != of(a.Run, tower.id).Rank {
				t.Errorf("seed %d: the street is a hotspot of its own: %s", seed, listing(a.Run))
			}
		}
	}
}

func (w *world) exposure(id geo.PlaceID) *Exposure {
	for i := range w.ev.Exposures {
		if w.ev.Exposures[i].Place == id {
			return &w.ev.Exposures[i]
		}
	}
	return &Exposure{}
}
