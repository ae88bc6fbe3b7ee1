package geo

import (
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// roadRun is a road's ways in a row, each joined to the one before or, across a gap,
// following it.
type roadRun struct {
	first  int // the way it is named after
	oneway bool
	parts  orb.MultiLineString
}

const (
	// longestGap is how much of a road may be missing within one line, in metres: a
	// bridge without the number, a junction, a way that the extract cut out.
	longestGap = 1000.0
	// touching is how near ends are taken for one whatever their courses: tiles cut
	// lines at their edges and round the cuts.
	touching = 5.0
	// gapTurn is how far the way across a gap may turn from the course on either side.
	gapTurn = 35.0
)

func (r *roadRun) start() orb.Point { return r.parts[0][0] }

func (r *roadRun) end() orb.Point {
	last := r.parts[len(r.parts)-1]
	return last[len(last)-1]
}

func (r *roadRun) turnRound() {
	slices.Reverse(r.parts)
	for i := range r.parts {
		r.parts[i] = reversed(r.parts[i])
	}
}

// bridgeGaps makes one run of runs of one road that follow one another, so that the
// chainage goes on behind a gap; the gap itself has no length. The nearest ends are
// joined first, and only where the road goes straight on. Parallel carriageways and
// tubes stay lines of their own: their ends do not lie ahead of one another.
func bridgeGaps(runs []roadRun) []roadRun {
	for {
		best, from, to, turnFrom, turnTo := math.Inf(1), -1, -1, false, false
		for i := range runs {
			for j := range runs {
				if i == j || runs[i].oneway != runs[j].oneway {
					continue
				}
				for _, flip := range [][2]bool{{false, false}, {true, false}, {false, true}, {true, true}} {
					if runs[i].oneway && flip != [2]bool{} {
						break
					}
					if gap, follows := gapBetween(&runs[i], &runs[j], flip[0], flip[1]); follows && gap < best {
						best, from, to, turnFrom, turnTo = gap, i, j, flip[0], flip[1]
					}
				}
			}
		}
		if from < 0 {
			return runs
		}
		a, b := &runs[from], &runs[to]
		if turnFrom {
			a.turnRound()
		}
		if turnTo {
			b.turnRound()
		}
		a.parts = append(a.parts, b.parts...)
		runs = slices.Delete(runs, to, to+1)
	}
}

// gapBetween gives the metres from one run's end to another's start, either turned
// round, and whether the second follows the first there.
func gapBetween(a, b *roadRun, turnA, turnB bool) (gap float64, follows bool) {
	end, before := a.end(), a.parts[len(a.parts)-1]
	if turnA {
		end, before = a.start(), reversed(a.parts[0])
	}
	start, after := b.start(), b.parts[0]
	if turnB {
		start, after = b.end(), reversed(b.parts[len(b.parts)-1])
	}
	if math.Abs(end[1]-start[1])*metresPerDeg > longestGap {
		return 0, false
	}
	if gap = Distance(latLon(end), latLon(start)); gap > longestGap {
		return gap, false
	}
	if gap <= touching {
		return gap, turnBetween(before, after) < 90
	}
	across := orb.LineString{end, start}
	return gap, turnBetween(before, across) < gapTurn && turnBetween(across, after) < gapTurn
}
