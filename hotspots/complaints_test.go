package hotspots

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/hotcell/hotcell/geo"
)

// TestComplaintsKeepTheirWeight: wherever complaints are known to be, at one place, at
// one of several, or somewhere in a radio cell, each counts once over all places, and
// so does each customer at all places together.
func TestComplaintsKeepTheirWeight(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t, 1)
		places := make([]geo.PlaceID, 6)
		for i := range places {
			places[i] = testID(fmt.Sprint("venue ", i))
		}
		cells := make([]geo.Cell, 4)
		for i := range cells {
			c, err := geo.CellAt(geo.LatLon{Lat: 30 + float64(i)/50, Lon: 104}, geo.RankResolution)
			if err != nil {
				rt.Fatal(err)
			}
			cells[i] = c
		}
		for i, c := range cells {
			w.prints["wide"] = append(w.prints["wide"], geo.CellWeight{Cell: c, Weight: float64(i+1) / 10})
		}
		ev := &Evidence{}
		ev.Query.DailyCap = 3
		for _, c := range cells[:2] { // use seen by well-located records
			ev.Exposures = append(ev.Exposures, Exposure{Place: geo.PlaceID(c), CappedCalls: rapid.Float64Range(0, 500).Draw(rt, "calls"), Customers: 9})
		}
		want, customers := 0.0, map[uint64]bool{}
		for range rapid.IntRange(1, 30).Draw(rt, "complaints") {
			c := Complaint{Customer: uint64(rapid.IntRange(1, 8).Draw(rt, "customer")), Day: testDay0, Kind: KindComplaint}
			switch rapid.IntRange(0, 3).Draw(rt, "known by") {
			case 0:
				c.Place = rapid.SampledFrom(places).Draw(rt, "place")
			case 1:
				n := rapid.IntRange(2, 5).Draw(rt, "candidates")
				for _, p := range places[:n] {
					c.Choice = append(c.Choice, geo.PlaceWeight{Place: p, Weight: 1 / float64(n)})
				}
			case 2:
				c.RadioCell = "wide"
			case 3:
				c.RadioCell = "nobody knows where" // stays unlocated
				ev.Complaints = append(ev.Complaints, c)
				continue
			}
			customers[c.Customer] = true
			want++
			ev.Complaints = append(ev.Complaints, c)
		}
		m := newModel(ev, w, DefaultParams())
		shares := map[int32]float64{}
		got := 0.0
		for _, x := range m.moans {
			if x.Place == 0 || x.weight <= 0 || x.weight > 1 {
				rt.Fatalf("%+v", x)
			}
			shares[x.number] += x.weight
			got += x.weight
		}
		for n, s := range shares {
			if math.Abs(s-1) > 1e-9 {
				rt.Fatalf("the shares of complaint %d sum to %v", n, s)
			}
		}
		if math.Abs(got-want) > 1e-9 {
			rt.Fatalf("%v complaints are placed, %v came in", got, want)
		}
		var all []int32
		for i := range m.places {
			all = append(all, int32(i))
			for _, h := range m.hurts[m.places[i].hurtFrom:m.places[i].hurtTo] {
				if h.there <= 0 || h.there > 1 {
					rt.Fatalf("a customer counts %v times at one place", h.there)
				}
			}
		}
		for _, h := range m.mergedHurts(all) {
			if math.Abs(h.there-1) > 1e-9 {
				rt.Fatalf("customer %d counts %v times at all places together", h.customer, h.there)
			}
			delete(customers, h.customer)
		}
		if len(all) > 1 && len(customers) > 0 {
			rt.Fatalf("customers %v got lost", customers)
		}
	})
}

// TestHalfAComplaint: one of two hotels of a name is meant. Each has half of it, and
// whoever looks at both sees one whole customer hurt as much as at a known place.
func TestHalfAComplaint(t *testing.T) {
	a, b, known := testID("a"), testID("b"), testID("known")
	ev := &Evidence{Complaints: []Complaint{
		{Customer: 1, Day: testDay0, Kind: KindComplaint, Choice: []geo.PlaceWeight{{Place: a, Weight: 0.5}, {Place: b, Weight: 0.5}}},
		{Customer: 2, Day: testDay0, Kind: KindComplaint, Place: known},
	}}
	m := newModel(ev, nil, DefaultParams())
	assess := func(ids ...geo.PlaceID) (hurt, total float64) {
		c := candidate{}
		for _, id := range ids {
			c.members = append(c.members, int32(m.index(id)))
		}
		var ch [3]evidence
		m.addHurts(&c, &ch)
		return c.hurt, c.total
	}
	whole, q := assess(known)
	if whole != 1 || math.Abs(q-0.8) > 1e-9 {
		t.Fatalf("at the known place %v customers, impact %v", whole, q)
	}
	for _, id := range []geo.PlaceID{a, b} {
		if n, i := assess(id); n != 0.5 || math.Abs(i-q/2) > 1e-9 {
			t.Errorf("at one of two: %v customers, impact %v", n, i)
		}
	}
	if n, i := assess(a, b); n != 1 || math.Abs(i-q) > 1e-9 {
		t.Errorf("at both together: %v customers, impact %v, expected 1 and %v", n, i, q)
	}
}
