package hotspots

import (
	"cmp"
	"math"
	"slices"

	"github.com/hotcell/hotcell/geo"
)

// One fault can show at places of different kinds. A broken tower lights up the
// cell around it, because positions are off by more than a wall; an area without
// coverage contains venues. Both are joined here, so that one fault is one
// hotspot and what is listed next is another.
const (
	spillCells = 7    // cells that positions from one venue or segment may light up
	spillFar   = 19   // the same where people or movement say that they are its own
	spillShare = 2.5  // most excess that may end up there, over what stays
	spillRatio = 1.3  // how much worse than its surroundings the source is, at least
	spillAlike = 0.8  // the same where the source holds the larger excess
	spillClear = 0.5  // share of the source's excess below which that is not asked
	spillOdds  = -1   // log odds of a fault from which a neighbour counts as lit up
	sameFault  = 0.7  // prior probability that a venue inside a faulty area shares the fault
	sameSmall  = 0.25 // share of an area's excess up to which a faulty venue in it may be part of it
)

// joint is a group with what joining needs.
type joint struct {
	group
	sum    pool
	excess float64    // bad calls above the reference
	cells  []geo.Cell // where it is
	cell   bool       // made of cells
	gone   bool
}

// joinAcross joins groups of different kinds that are one fault.
func (m *model) joinAcross(a *atlas, groups []group) []group {
	all := make([]joint, len(groups))
	owner := map[int32]int{} // place → group
	at := map[geo.Cell][]int{}
	for g := range groups {
		all[g] = m.joint(a, groups[g])
		for _, i := range groups[g].members {
			owner[i] = g
		}
		for _, c := range all[g].cells {
			at[c] = append(at[c], g)
		}
	}
	m.joinSpill(a, all, at)
	m.mergePieces(all)
	for g := range all {
		if !all[g].gone {
			for _, i := range all[g].members {
				owner[i] = g
			}
		}
	}
	m.joinInside(a, all, owner)
	out := groups[:0]
	for g := range all {
		if !all[g].gone {
			slices.Sort(all[g].members)
			out = append(out, all[g].group)
		}
	}
	return out
}

func (m *model) joint(a *atlas, g group) joint {
	j := joint{group: g, cell: isCell(m.ids[g.members[0]])}
	j.members = slices.Clone(g.members)
	for _, i := range g.members {
		j.sum.add(m, i)
		j.excess += m.calls.x[i] - m.calls.expected[i]
		if isCell(m.ids[i]) {
			j.cells = append(j.cells, geo.Cell(m.ids[i]))
			continue
		}
		pl := a.place[i]
		if pl.Cell == 0 {
			continue
		}
		j.cells = append(j.cells, pl.Cell)
	}
	slices.Sort(j.cells)
	j.cells = slices.Compact(j.cells)
	return j
}

// joinSpill gives cells to the venue or segment beside them whose misplaced calls
// they hold. A group of cells may hold them in part only: an area next door.
func (m *model) joinSpill(a *atlas, all []joint, at map[geo.Cell][]int) {
	for b := range all {
		cells := &all[b]
		if !cells.cell || len(cells.cells) > spillFar {
			continue
		}
		if cells.score+math.Log(m.faultyShare(cells.members)) < spillOdds {
			continue
		}
		best := -1
		var spill, rest []int32
		for _, c := range cells.cells {
			for _, near := range c.Disk(1) {
				for _, g := range at[near] {
					big := &all[g]
					if g == best || big.cell || big.gone || big.score+math.Log(m.faultyShare(big.members)) <= 0 {
						continue
					}
					if best >= 0 && (big.excess < all[best].excess || big.excess == all[best].excess && g > best) {
						continue
					}
					mine, others := m.ownCells(big, cells)
					if len(mine) == 0 {
						continue
					}
					part := m.joint(a, group{members: mine, score: cells.score})
					if len(others) == 0 {
						part = *cells
					}
					if m.spills(big, &part) {
						best, spill, rest = g, mine, others
					}
				}
			}
		}
		switch {
		case best < 0:
		case len(rest) == 0:
			all[best].take(cells)
		default:
			cost := cells.score - cells.sum.logBayes(m)
			part := m.joint(a, group{members: spill})
			part.score = part.sum.logBayes(m) + cost
			all[best].take(&part)
			left := m.joint(a, group{members: rest})
			left.score = left.sum.logBayes(m) + cost
			all[b] = left
		}
	}
}

// spills tells whether a group of cells can be what positions from a venue or
// segment beside it light up. Calls that land outside are mixed with normal ones
// there, so the source must be worse than they are, unless they are a mere fringe.
func (m *model) spills(source, cells *joint) bool {
	if len(cells.cells) > spillCells && m.kinship(source.members, cells.members) != kin {
		return false
	}
	if len(cells.cells) <= 4 && cells.excess <= spillClear*source.excess {
		return true
	}
	if cells.excess <= source.excess && source.sum.ratio(m) >= spillAlike*cells.sum.ratio(m) {
		return true
	}
	return cells.excess <= spillShare*source.excess && source.sum.ratio(m) >= spillRatio*cells.sum.ratio(m)
}

func (j *joint) take(o *joint) {
	j.members = append(j.members, o.members...)
	j.score += math.Max(0, o.score)
	j.excess += o.excess
	o.gone = true
}

// joinInside gives venues and segments that lie in a faulty area to it, where
// their rates fit the area's better than a fault of their own.
func (m *model) joinInside(a *atlas, all []joint, owner map[int32]int) {
	inside := map[geo.Cell][]int32{} // venues and segments by cell
	for i, pl := range a.place {
		if pl.Cell != 0 {
			inside[pl.Cell] = append(inside[pl.Cell], i)
		}
	}
	order := make([]int, len(all))
	for g := range order {
		order[g] = g
	}
	slices.SortFunc(order, func(x, y int) int {
		return cmp.Or(cmp.Compare(all[y].excess, all[x].excess), cmp.Compare(x, y))
	})
	for _, g := range order {
		area := &all[g]
		if !area.cell || area.gone || area.score+math.Log(m.faultyShare(area.members)) < 0 {
			continue
		}
		theta := area.sum.ratio(m)
		prior := 0.5
		if len(area.cells) >= 3 {
			prior = sameFault
		}
		odds := math.Log(prior) - math.Log1p(-prior)
		for _, c := range area.reach() {
			places := inside[c]
			slices.Sort(places)
			for _, i := range places {
				o, grouped := owner[i]
				switch {
				case !grouped:
					if m.joins(i, theta)+odds > 0 {
						area.members = append(area.members, i)
						owner[i] = g
					}
				case all[o].gone || all[o].cell || all[o].excess > area.excess:
				case all[o].excess > sameSmall*area.excess && all[o].score+math.Log(m.faultyShare(all[o].members)) > 0:
					// A fault of its own: two entries that are one fault do less harm than one that is two.
				default:
					other := &all[o]
					pr := m.calls.priors[other.sum.scene]
					x, e := other.sum.x[0], other.sum.e[0]
					same := logMarginal(x, e, likeCluster, likeCluster/theta)
					free := pr.logFaulty(x, e)
					if same+odds > free {
						area.take(other)
					}
				}
			}
		}
	}
}

// reach lists the group's cells and those that have two of them beside them: an
// area's gaps and its edge, where a venue may have all the use.
func (j *joint) reach() []geo.Cell {
	count := map[geo.Cell]int{}
	out := slices.Clone(j.cells)
	for _, c := range j.cells {
		for _, near := range c.Disk(1) {
			if count[near]++; count[near] == 2 && !slices.Contains(j.cells, near) {
				out = append(out, near)
			}
		}
	}
	slices.Sort(out)
	return out
}
