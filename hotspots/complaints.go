package hotspots

import (
	"cmp"
	"math"
	"slices"

	"github.com/hotcell/hotcell/geo"
)

// moan is a complaint at a place, or the share of one that falls on it. The shares of
// a complaint sum to 1, so that the sums over places are what they would be if its
// place were known.
type moan struct {
	*Complaint
	Place  geo.PlaceID
	weight float64 // the chance that it came from here
	number int32   // of the complaint: its shares have the same
}

// placeComplaints puts complaints at their places. One that fits several venues has a
// share at each; one known by its radio cell or an accuracy disc only is spread like
// bad calls from there.
func (m *model) placeComplaints(in []Complaint, shares map[source][]placeShare) []moan {
	sorted := sortedComplaints(in)
	out := make([]moan, 0, len(sorted))
	for i := range sorted {
		c := &sorted[i]
		add := func(place geo.PlaceID, weight float64) {
			if weight > 0 {
				out = append(out, moan{c, place, weight, int32(i)})
			}
		}
		switch {
		case c.Place != 0:
			add(c.Place, 1)
		case len(c.Choice) > 0:
			for _, w := range c.Choice {
				add(w.Place, w.Weight)
			}
		default:
			for _, s := range shares[c.source()] {
				add(s.place, s.bad)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b moan) int {
		return cmp.Or(cmp.Compare(a.Place, b.Place), cmp.Compare(a.Customer, b.Customer), cmp.Compare(a.Day, b.Day), cmp.Compare(a.number, b.number))
	})
	return out
}

// complaintSums are what one customer's complaints at some places come to.
type complaintSums struct {
	byMoan, byApp float64 // losses, see hurt
	moans, apps   float64 // weight of the customer as a complainant
	there         float64 // chance that any of them came from there
	partly        bool    // some are shares
}

// complaintsOf adds up one customer's complaints at some places. Shares of one
// complaint at several of the places add up first: only one of them is where it came
// from. Different complaints are independent. Complaints that have no share here
// make the customer count for less (see habit).
func (m *model) complaintsOf(list []moan, who uint64, total map[uint64]float64) complaintSums {
	var out complaintSums
	whole := !slices.ContainsFunc(list, func(x moan) bool { return x.weight < 1 })
	if !whole {
		list = joined(list)
	}
	weight := 1.0
	if who != 0 {
		weight = habit(total[who] - float64(len(list)))
	}
	none, noMoan, noApp := 1.0, 1.0, 1.0
	for i := range list {
		x := &list[i]
		none *= 1 - x.weight
		if x.Kind == KindAppeal {
			out.byApp += m.loss(KindAppeal, x.Day, weight*x.weight)
			noApp *= 1 - x.weight
		} else {
			out.byMoan += m.loss(KindComplaint, x.Day, weight*x.weight)
			noMoan *= 1 - x.weight
		}
	}
	out.partly = !whole
	out.moans, out.apps, out.there = weight*(1-noMoan), weight*(1-noApp), 1-none
	return out
}

// joined adds up the shares of each complaint.
func joined(list []moan) []moan {
	out := slices.Clone(list)
	slices.SortFunc(out, func(a, b moan) int { return cmp.Compare(a.number, b.number) })
	n := 0
	for i := range out {
		if n > 0 && out[n-1].number == out[i].number {
			out[n-1].weight = math.Min(1, out[n-1].weight+out[i].weight)
			continue
		}
		out[n] = out[i]
		n++
	}
	return out[:n]
}

// complaintsAt are a customer's complaints at several places.
func (m *model) complaintsAt(members []int32, who uint64) []moan {
	var out []moan
	for _, i := range members {
		pl := &m.places[i]
		list := m.moans[pl.moanFrom:pl.moanTo]
		from, _ := slices.BinarySearchFunc(list, who, func(x moan, who uint64) int { return cmp.Compare(x.Customer, who) })
		for ; from < len(list) && list[from].Customer == who; from++ {
			out = append(out, list[from])
		}
	}
	return out
}
