package hotspots

import (
	"cmp"
	"math"
	"slices"

	"github.com/hotcell/hotcell/geo"
)

// kinship is what the bad calls themselves say about whether those in cells were
// really made at the venue or on the highway beside them.
type kinship int

const (
	unknownKin kinship = iota
	strangers
	kin
)

const (
	kinTold   = 1.5 // calls that must be expected of the same people before they tell anything
	kinShare  = 0.5 // share of what is expected from which the people are the same
	moving    = 0.5 // share of calls made on the move that makes a group of them
	movingFew = 3.0 // calls with a known movement that it takes
)

// kinship compares two groups. Whose calls at a venue are misplaced now and then is
// hurt inside and outside: of the calls outside, those by people who also have some
// inside are set against what independent misplacement would give. Highways have
// few people twice; there the calls must have been made on the move.
func (m *model) kinship(source, cells []int32) kinship {
	onRoad := m.sceneOf(m.main(source)) == int32(geo.SceneHighway)
	share, known := m.movingShare(cells)
	if known >= movingFew {
		if onRoad != (share >= moving) {
			return strangers
		}
		if onRoad {
			return kin
		}
	}
	got, expected := m.samePeople(source, cells)
	switch {
	case expected < kinTold:
		return unknownKin
	case got >= kinShare*expected:
		return kin
	}
	return strangers
}

// ownCells parts a group of cells into those whose bad calls may have strayed from
// the source and those that say otherwise.
func (m *model) ownCells(source, cells *joint) (own, others []int32) {
	for _, i := range cells.members {
		if m.kinship(source.members, []int32{i}) == strangers {
			others = append(others, i)
		} else {
			own = append(own, i)
		}
	}
	return own, others
}

// movingShare is the share of the places' bad calls that were made on the move,
// among those of which that is known.
func (m *model) movingShare(members []int32) (share, known float64) {
	on := 0.0
	for _, i := range members {
		pl := &m.places[i]
		for b := pl.badFrom; b < pl.badTo; b++ {
			x := &m.bad[b]
			n := math.Min(float64(x.Count), perCaller)
			if x.Indoor != geo.IndoorUnknown {
				known += n
			}
			if x.Indoor == geo.Travelling {
				on += n
			}
		}
	}
	return on / math.Max(known, 1), known
}

// samePeople counts the bad calls outside by people who have some inside too, and
// how many that would be if every call had been made inside and strayed with the
// same chance: a customer with n calls has none inside with chance s^(n−1), seen from
// one that strayed, where s is the share that strays.
func (m *model) samePeople(inside, outside []int32) (got, expected float64) {
	in, out := m.mergedHurts(inside), m.mergedHurts(outside)
	in, out = slices.Clone(in), slices.Clone(out)
	order := func(a, b hurt) int { return cmp.Compare(a.customer, b.customer) }
	slices.SortFunc(in, order)
	slices.SortFunc(out, order)
	all, strayed := 0.0, 0.0
	for _, h := range in {
		all += math.Min(h.bad, perCaller)
	}
	for _, h := range out {
		strayed += math.Min(h.bad, perCaller)
	}
	if all+strayed <= 0 {
		return 0, 0
	}
	s := strayed / (all + strayed)
	k := 0
	for _, h := range out {
		if h.bad <= 0 || h.customer == 0 {
			continue
		}
		for k < len(in) && in[k].customer < h.customer {
			k++
		}
		n, both := h.bad, 0.0
		if k < len(in) && in[k].customer == h.customer && in[k].bad > 0 {
			n += in[k].bad
			both = 1
		}
		w := math.Min(h.bad, perCaller)
		got += w * both
		expected += w * (1 - math.Pow(s, n-1))
	}
	return got, expected
}
