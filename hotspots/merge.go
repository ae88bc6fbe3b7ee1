package hotspots

import (
	"cmp"
	"math"
	"slices"

	"github.com/hotcell/hotcell/geo"
)

// A fault that covers a quarter is found in pieces: where the rate is low by nature,
// or few people call, nothing shows between them. Two pieces that lie beside each
// other are one fault when that is likelier than two faults: the second piece then
// needs no fault of its own, which is rare, but has to be like the first in rate and
// in time.
const (
	mergeGap  = 2   // steps between the nearest cells of two pieces
	mergeOdds = 0.5 // prior probability that a fault beside a fault is the same
)

// mergePieces joins groups beside each other that are one fault.
func (m *model) mergePieces(all []joint) {
	order := make([]int, 0, len(all))
	at := map[geo.Cell][]int{}
	for g := range all {
		j := &all[g]
		if j.gone || len(j.cells) == 0 || j.score+math.Log(m.faultyShare(j.members)) < spillOdds {
			continue
		}
		order = append(order, g)
		for _, c := range j.cells {
			at[c] = append(at[c], g)
		}
	}
	slices.SortFunc(order, func(x, y int) int {
		return cmp.Or(cmp.Compare(all[y].excess, all[x].excess), cmp.Compare(x, y))
	})
	for _, g := range order {
		if all[g].score+math.Log(m.faultyShare(all[g].members)) < 0 {
			continue
		}
		for merged := true; merged && !all[g].gone; {
			merged = false
			for _, o := range m.near(&all[g], at, all) {
				if o == g || !m.onePiece(&all[g], &all[o]) {
					continue
				}
				all[g].absorb(&all[o], m)
				for _, c := range all[o].cells {
					at[c] = append(at[c], g)
				}
				merged = true
			}
		}
	}
}

// near lists the groups within mergeGap of a group, largest excess first.
func (m *model) near(j *joint, at map[geo.Cell][]int, all []joint) []int {
	var out []int
	for _, c := range j.cells {
		for _, d := range c.Disk(mergeGap) {
			for _, g := range at[d] {
				if !all[g].gone && !slices.Contains(out, g) {
					out = append(out, g)
				}
			}
		}
	}
	slices.SortFunc(out, func(x, y int) int {
		return cmp.Or(cmp.Compare(all[y].excess, all[x].excess), cmp.Compare(x, y))
	})
	return out
}

// onePiece weighs one fault in both against a fault in each.
func (m *model) onePiece(a, b *joint) bool {
	if !a.cell || !b.cell {
		return false
	}
	own := b.sum.logBayes(m) + math.Log(m.faultyShare(b.members))
	same := b.sum.logBayesLike(m, &a.sum) + math.Log(mergeOdds)
	return same > own
}

// absorb takes another group's members as part of this one's fault.
func (j *joint) absorb(o *joint, m *model) {
	j.members = append(j.members, o.members...)
	for _, i := range o.members {
		j.sum.add(m, i)
	}
	j.excess += o.excess
	// Neighbours are normal in similar ways, and both were chosen because they are
	// high: a second piece makes the fault larger, hardly surer.
	j.score = max(j.score, o.score)
	j.cells = append(j.cells, o.cells...)
	slices.Sort(j.cells)
	j.cells = slices.Compact(j.cells)
	o.gone = true
}

// logBayesLike is the log Bayes factor, against normal, of places that share another
// pool's fault: bad when it acts, by about as much.
func (p *pool) logBayesLike(m *model, like *pool) float64 {
	score := p.logBayes(m)
	pr := m.calls.priors[p.scene]
	normal := pooledShape(p.e[0], p.spread[0], pr)
	spans := p.x[0] >= leastSpan && p.e[0] > 0
	if p.e[0] > 0 { // complaints speak for both alike
		if spans {
			score -= m.acting.spanBayes(pr, p.x[0], p.e[0], normal, p.acting(m), nil)
		} else {
			score -= pr.logBayes(p.x[0], p.e[0], normal)
		}
	}
	if p.e[0] <= 0 {
		return score
	}
	theirs := m.calls.priors[like.scene]
	ratio := func(c count) float64 {
		shape, rate := theirs.posterior(c.x, c.e)
		return math.Max(1.3, shape/rate)
	}
	if !spans || like.x[0] < leastSpan {
		theta := ratio(count{like.x[0], like.e[0]})
		return score + logMarginal(p.x[0], p.e[0], likeCluster, likeCluster/theta) - logMarginal(p.x[0], p.e[0], normal, normal)
	}
	odds := make([]float64, len(m.acting.spans))
	theta := make([]float64, len(odds))
	all := m.acting.spanBayes(theirs, like.x[0], like.e[0], pooledShape(like.e[0], like.spread[0], theirs), like.acting(m), odds)
	for k := range m.acting.spans {
		odds[k] -= all
		in := count{like.x[0], like.e[0]}
		if k > 0 {
			in, _, _ = like.acting(m).inSpan(&m.acting.spans[k], m.acting.steps)
		}
		theta[k] = ratio(in)
	}
	faulty := func(k int, c count) float64 { return logMarginal(c.x, c.e, likeCluster, likeCluster/theta[k]) }
	return score + m.acting.mixSpans(faulty, odds, p.x[0], p.e[0], normal, p.acting(m), nil)
}
