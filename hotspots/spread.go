package hotspots

import (
	"cmp"
	"slices"

	"github.com/hotcell/hotcell/geo"
)

// spreadKey is where a share of a radio cell's records goes.
type spreadKey struct {
	place int32
	rat   geo.RAT
}

func sortSpread(s []radioSpread) {
	slices.SortFunc(s, func(a, b radioSpread) int {
		return cmp.Or(cmp.Compare(a.cell.RadioCell, b.cell.RadioCell), cmp.Compare(a.cell.RAT, b.cell.RAT),
			cmp.Compare(a.cell.CappedCalls, b.cell.CappedCalls))
	})
}

// meanHurt is the average impact of one customer hurt by calls at a known place,
// and the average of its square.
func (m *model) meanHurt() (mean, square float64) {
	n := 0.0
	for _, h := range m.hurts {
		if h.byCalls > 0 {
			v := h.value * hurtOf(h.byCalls)
			mean += v
			square += v * v
			n++
		}
	}
	if n == 0 {
		v := m.params.Severity[KindDropped]
		return v, v * v
	}
	return mean / n, square / n
}

// radioHurts is the hurt of the customers whose bad calls have a radio cell but
// no place. Each customer counts once per radio cell.
func (m *model) radioHurts() map[string]spreadSums {
	type key struct {
		radio    string
		customer uint64
	}
	losses := map[key]float64{}
	var order []key
	for i := range m.bad {
		x := &m.bad[i]
		if x.Place != 0 {
			break // sorted by place
		}
		if x.RadioCell == "" {
			continue
		}
		k := key{x.RadioCell, x.Customer}
		if _, seen := losses[k]; !seen {
			order = append(order, k)
		}
		losses[k] += float64(x.Count) * m.loss(x.Kind, x.Day, 1)
	}
	out := map[string]spreadSums{}
	for _, k := range order {
		v := m.params.Value.Of(m.ev.Customers[k.customer]) * hurtOf(losses[k])
		s := out[k.radio]
		s.impact += v
		s.square += v * v
		s.hurt++
		out[k.radio] = s
	}
	return out
}

// insertUses adds the spread calls to the uses of their places and renumbers.
func (m *model) insertUses(extra map[spreadKey]use) {
	keys := make([]spreadKey, 0, len(extra))
	for k := range extra {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b spreadKey) int {
		return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(a.rat, b.rat))
	})
	all := make([]use, 0, len(m.uses)+len(keys))
	k := 0
	for i := range m.places {
		pl := &m.places[i]
		from := int32(len(all))
		all = append(all, m.uses[pl.useFrom:pl.useTo]...)
		for ; k < len(keys) && int(keys[k].place) == i; k++ {
			u := extra[keys[k]]
			u.rat, u.indoor = keys[k].rat, geo.IndoorUnknown
			all = append(all, u)
		}
		pl.useFrom, pl.useTo = from, int32(len(all))
	}
	m.uses = all
}
