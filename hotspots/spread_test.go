package hotspots

import (
	"math"
	"slices"
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
		unlocated.Customers += float64(x.Customers)
	}
	unlocated.Hurt = float64(len(hurt))
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
		if share := a.m.spreadAt(&got).hurt / all.Hurt; share < 0.75 || share > 0.97 {
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

// testDisc is the place of a record with a coarse accuracy.
func testDisc(t testing.TB, at geo.LatLon, accuracyM float64) geo.PlaceID {
	c, err := geo.NewCatalogue(nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	id := c.Locate(geo.Evidence{HasPos: true, Pos: at, AccuracyM: accuracyM, Floor: geo.UnknownFloor}).Place
	if !id.IsDisc() {
		t.Fatalf("%v ± %v m is at %v", at, accuracyM, id)
	}
	return id
}

// blur leaves a share of the customers at a place with nothing but an accuracy disc.
func (w *world) blur(at, disc geo.PlaceID, share float64) CellCounts {
	u := CellCounts{Disc: disc, RAT: geo.RAT4G}
	hurt := map[uint64]bool{}
	blurred := func(customer uint64) bool { return float64(customer>>8%64)/64 < share }
	kept := w.ev.Bad[:0]
	for _, b := range w.ev.Bad {
		if b.Place == at && blurred(b.Customer) {
			hurt[b.Customer] = true
			u.CappedBad += float64(b.Count)
			continue
		}
		kept = append(kept, b)
	}
	w.ev.Bad = kept
	for i := range w.ev.Complaints {
		if c := &w.ev.Complaints[i]; c.Place == at && blurred(c.Customer) {
			c.Place, c.Disc = 0, disc
		}
	}
	x := w.exposure(at)
	u.CappedCalls, u.Customers, u.Hurt = x.CappedCalls*share, float64(x.Customers)*share, float64(len(hurt))
	u.CappedBad = min(u.CappedBad, x.CappedBad)
	x.CappedCalls -= u.CappedCalls
	x.CappedBad -= u.CappedBad
	x.SumMM, x.SumXX, x.SumXM = x.SumMM*(1-share), x.SumXX*(1-share), x.SumXM*(1-share)
	x.Customers = uint64(float64(x.Customers) * (1 - share))
	w.ev.UnlocatedBad = append(w.ev.UnlocatedBad, u)
	return u
}

// TestDiscMakesNoPinpoint: a broken tower of which all customers, or half of them, are
// known within 2 km only. Those who are make no place a hotspot: neither the tower, if
// nothing else is known of it, nor single cells around it. The half that is known stays
// the tower's, at the rate that it has.
func TestDiscMakesNoPinpoint(t *testing.T) {
	for seed := uint64(31); seed <= 34; seed++ {
		for _, share := range []float64{1, 0.5} {
			w, centre := town(t, seed)
			tower := w.part(&geo.Venue{ID: "T", Name: "东方大厦", Scene: geo.SceneOfficeTower}, geo.PartWhole, geo.SceneOfficeTower, centre, "5101", 800, 0.02)
			w.breakSpot(tower, "tower", 10)
			w.simulate(0, nil)
			before := *w.exposure(tower.id)
			u := w.blur(tower.id, testDisc(t, centre.Center(), 2000), share)
			a, err := Analyse(&w.ev, w, w.params, nil)
			if err != nil {
				t.Fatal(err)
			}
			if u.CappedBad < 40 {
				t.Fatalf("seed %d: only %v bad calls have no place", seed, u.CappedBad)
			}
			for _, h := range a.Run.Hotspots {
				if slices.Contains(h.Members, tower.id) && share < 1 {
					continue
				}
				if h.Impact.Lower > 0 && (h.Place.Kind == "venue" || len(h.Place.Cells) < 7) {
					t.Errorf("seed %d: %.0f %% within 2 km only: %q is a hotspot of %d cells, lower bound %.1f", seed, 100*share, h.Name, len(h.Place.Cells), h.Impact.Lower)
				}
			}
			if share == 1 {
				if at := a.m.index(tower.id); at >= 0 && a.m.places[at].bad > 0 {
					t.Errorf("seed %d: nobody is known to be at the tower, and it has %.2f bad calls", seed, a.m.places[at].bad)
				}
				continue
			}
			mustLead(t, a.Run, tower.id, "the tower")
			got := a.m.places[a.m.index(tower.id)]
			if rate, was := got.bad/got.calls, before.CappedBad/before.CappedCalls; rate < 0.8*was || rate > 1.2*was {
				t.Errorf("seed %d: the tower's rate becomes %.3f, it was %.3f", seed, rate, was)
			}
			if extra := a.m.spreadAt(&got).hurt / u.Hurt; extra < 0.05 || extra > 0.9 {
				t.Errorf("seed %d: the tower gets %.2f of the hurt customers of the disc", seed, extra)
			}
		}
	}
}

// TestDiscPlaces: within a disc each call goes to one place: the open ground of a cell,
// a venue or a highway kilometre, by their use; what nobody is known to use gets none,
// and where nothing is known area alone counts.
func TestDiscPlaces(t *testing.T) {
	w := newWorld(t, 1)
	centre := centreCell(t, 30.6, 104.1)
	mall := w.part(&geo.Venue{ID: "M", Name: "mall", Scene: geo.SceneMall}, geo.PartWhole, geo.SceneMall, centre, "5101", 0, 0)
	lift := w.part(&geo.Venue{ID: "M", Name: "mall", Scene: geo.SceneMall}, geo.PartLift, geo.SceneLift, centre, "5101", 0, 0)
	unused := w.part(&geo.Venue{ID: "H", Name: "hotel", Scene: geo.SceneHotel}, geo.PartWhole, geo.SceneHotel, centre, "5101", 0, 0)
	road := w.km(&geo.Venue{ID: "R", Ref: "G1", Scene: geo.SceneHighway}, 3, centre.Disk(1)[1], "5101", 0, 0)
	disc := testDisc(t, centre.Center(), 900)
	exposures := []Exposure{
		{Place: geo.PlaceID(centre), CappedCalls: 99, CappedBad: 2}, {Place: mall.id, CappedCalls: 600, CappedBad: 12},
		{Place: lift.id, CappedCalls: 100, CappedBad: 2}, {Place: road.id, CappedCalls: 200, CappedBad: 4},
	}
	of := func(exposures []Exposure) map[geo.PlaceID]float64 {
		exposures = sortedExposures(exposures)
		rates := newPlaceRates(exposures)
		rates.lookInside(exposures, w)
		out, sum := map[geo.PlaceID]float64{}, 0.0
		for _, s := range settled(rates.disc(disc)) {
			if _, twice := out[s.place]; twice {
				t.Errorf("%v comes twice", s.place)
			}
			out[s.place] = s.calls
			sum += s.calls
		}
		if math.Abs(sum-1) > 1e-9 {
			t.Errorf("the shares sum to %v", sum)
		}
		return out
	}
	got := of(exposures)
	ground := got[geo.PlaceID(centre)]
	for _, test := range []struct {
		what  string
		place geo.PlaceID
		ratio float64
	}{{"mall", mall.id, 6}, {"lift", lift.id, 1}, {"hotel", unused.id, 0}} {
		if ratio := got[test.place] / ground; math.Abs(ratio-test.ratio) > 1e-9 {
			t.Errorf("the %s gets %.3f times what the ground beside it does, want %v", test.what, ratio, test.ratio)
		}
	}
	if got[road.id] < ground || got[road.id] > 3*ground {
		t.Errorf("the road gets %v, the ground with half its use %v", got[road.id], ground)
	}
	for _, c := range disc.DiscCells() {
		if got := of(nil)[geo.PlaceID(c.Cell)]; math.Abs(got-c.Weight) > 1e-9 {
			t.Errorf("%v gets %v without any use, its share of the area is %v", c.Cell, got, c.Weight)
		}
	}
	// A single located call is no reason to send everybody there.
	if got := of([]Exposure{{Place: mall.id, CappedCalls: 1, CappedBad: 1}})[mall.id]; got > 0.1 {
		t.Errorf("one call in the mall draws %.2f of the disc", got)
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
