package hotspots

import (
	"cmp"
	"math"
	"slices"

	"github.com/hotcell/hotcell/geo"
)

// pool is the quick sum of several places: effective events and expectation by
// channel, and what the scatter of normal places leaves of them. It leaves out
// that customers may be the same at several members; assess does not.
type pool struct {
	x, e, spread [3]float64
	scene        int32
	most         float64
	members      []int32 // in the order they were added
	shares       shares  // of the calls channel at the first shared members: few pools need them
	shared       int
}

func (m *model) channels() [3]*channel { return [3]*channel{&m.calls, &m.complaints, &m.appeals} }

func (p *pool) add(m *model, i int32) {
	s := m.sceneOf(int(i))
	for k, c := range m.channels() {
		e := c.expected[i]
		if e <= 0 {
			continue
		}
		e /= c.design[i]
		p.x[k] += c.x[i] / c.design[i]
		p.e[k] += e
		p.spread[k] += e * e / c.priors[s].normal
	}
	p.members = append(p.members, i)
	if x := m.calls.x[i]; x >= p.most {
		p.most, p.scene = x, s
	}
}

// acting gives the shares of all members.
func (p *pool) acting(m *model) *shares {
	for _, i := range p.members[p.shared:] {
		s := m.acting.of(m, int(i))
		p.shares.add(&s)
	}
	p.shared = len(p.members)
	return &p.shares
}

// leastSpan is how many effective events it takes to tell when a fault acts.
const leastSpan = 3

// logBayes is the log Bayes factor of one shared fault against all normal.
func (p *pool) logBayes(m *model) float64 {
	score := 0.0
	for k, c := range m.channels() {
		if p.e[k] > 0 {
			pr := c.priors[p.scene]
			normal := pooledShape(p.e[k], p.spread[k], pr)
			if k == 0 && p.x[k] >= leastSpan {
				score += m.acting.spanBayes(pr, p.x[k], p.e[k], normal, p.acting(m), nil)
			} else {
				score += pr.logBayes(p.x[k], p.e[k], normal)
			}
		}
	}
	return score
}

// ratio is the posterior mean of the rate over the reference, given a fault.
func (p *pool) ratio(m *model) float64 {
	pr := m.calls.priors[p.scene]
	shape, rate := pr.posterior(p.x[0], p.e[0])
	return math.Max(1.3, shape/rate)
}

func pooledShape(e, spread float64, pr prior) float64 {
	if spread <= 0 {
		return pr.normal
	}
	return math.Min(math.Max(e*e/spread, pr.normal), pooledNormal*pr.normal)
}

// group is a set of places put together, with the log odds that it cost.
type group struct {
	members []int32
	score   float64 // log Bayes factor less the cost of choosing
}

// Costs, in log odds, of how a group was put together: choosing among discs, and
// each place added to a freely grown one, because places that are high by chance
// are the ones that get added.
const (
	discCost = 1.5
	joinCost = 1.2
	maxDisc  = 3

	largestDisc = 1 + 3*maxDisc*(maxDisc+1) // cells

	hopelessDisc = -1.5 // score of a disc that a larger one will not mend
	promise      = 0.7  // score from which a disc is worth a closer look
)

// seedFloor is the log Bayes factor from which a place is tried as the start of a
// group. An area that is a bit worse everywhere has some cells above it.
const seedFloor = 0.5

// keepOdds is the log odds below which a group is not worth a full assessment.
const keepOdds = -2.2

// seed is a place that may be the worst of a group.
type seed struct {
	at    int32
	score float64
}

// seeds lists them, strongest first.
func (m *model) seeds() []seed {
	var seeds []seed
	for i := range m.places {
		if score := m.singles[i]; score > seedFloor && m.eventful(i) {
			seeds = append(seeds, seed{int32(i), score})
		}
	}
	slices.SortFunc(seeds, func(x, y seed) int {
		return cmp.Or(cmp.Compare(y.score, x.score), cmp.Compare(x.at, y.at))
	})
	return seeds
}

// groups finds disjoint groups of places that may be faulty together, strongest
// seeds first. Every place ends up in at most one, so every record counts once.
func (m *model) groups(a *atlas) []group {
	seeds := m.seeds()
	// Nearly all seeds come to nothing, so each is first tried side by side as if it
	// were alone; only where a stronger one took something it asked for is it tried again.
	free := make([]bool, len(m.places))
	alone := make([]group, len(seeds))
	asked := make([][]int32, len(seeds))
	inParallel(len(seeds), func(n int) {
		c := claims{taken: free, note: true}
		alone[n] = m.bestGroup(a, seeds[n].at, seeds[n].score, &c)
		asked[n] = c.noted()
	})
	c := claims{taken: make([]bool, len(m.places))}
	var out []group
	for n, s := range seeds {
		if c.taken[s.at] {
			continue
		}
		g := alone[n]
		if slices.ContainsFunc(asked[n], c.has) {
			g = m.bestGroup(a, s.at, s.score, &c)
		}
		share := m.faultyShare(g.members)
		if g.score+math.Log(share) < keepOdds {
			continue
		}
		for _, i := range g.members {
			c.taken[i] = true
		}
		out = append(out, g)
	}
	return out
}

// claims tells which places belong to a group already, and notes what it was asked: an
// answer holds as long as nothing asked for is taken.
type claims struct {
	taken []bool
	note  bool
	asked []int32
}

func (c *claims) has(i int32) bool {
	if c.note {
		c.asked = append(c.asked, i)
	}
	return c.taken[i]
}

// noted lists the places asked for, each once.
func (c *claims) noted() []int32 {
	slices.Sort(c.asked)
	return slices.Clone(slices.Compact(c.asked))
}

// bestGroup is the best that a seed makes of places not yet taken.
func (m *model) bestGroup(a *atlas, at int32, score float64, taken *claims) group {
	g := group{members: []int32{at}, score: score}
	around := surroundings{suspects: true}
	if isCell(m.ids[at]) {
		around = m.lookAround(at)
	}
	if around.suspects {
		g = m.grow(a, at, taken)
	}
	if around.disc {
		if d := m.bestDisc(geo.Cell(m.ids[at]), taken); d.score > g.score {
			g = d
		}
	}
	return g
}

// likeCluster is the shape of the gamma that a member's ratio has around its
// group's: parts of one fault differ by about half.
const likeCluster = 4

// grow adds neighbours to a seed as long as they are more likely faulty like the
// rest than normal.
func (m *model) grow(a *atlas, at int32, taken *claims) group {
	g := group{members: []int32{at}}
	var sum pool
	sum.add(m, at)
	g.score = sum.logBayes(m)
	odds := math.Log(m.params.JoinOdds) - math.Log1p(-m.params.JoinOdds)
	seen := []int32{at} // sorted
	var frontier, near []int32
	extend := func(from int32) {
		near = a.beside(from, near[:0])
		for _, n := range near {
			if k, ok := slices.BinarySearch(seen, n); !ok {
				seen = slices.Insert(seen, k, n)
				if !taken.has(n) {
					frontier = append(frontier, n)
				}
			}
		}
	}
	extend(at)
	cost := 0.0
	for len(frontier) > 0 {
		theta := sum.ratio(m)
		pick, best := -1, 0.0
		for f, n := range frontier {
			if s := m.joins(n, theta) + odds; s > best {
				pick, best = f, s
			}
		}
		if pick < 0 {
			break
		}
		n := frontier[pick]
		frontier = slices.Delete(frontier, pick, pick+1)
		g.members = append(g.members, n)
		sum.add(m, n)
		if isCell(m.ids[n]) {
			cost += joinCost
		}
		extend(n)
	}
	slices.Sort(g.members)
	g.score = sum.logBayes(m) - cost
	return g
}

// joins is the log Bayes factor of "faulty like its neighbours" against normal.
// A place that is faulty beyond doubt joins however bad the rest is.
func (m *model) joins(i int32, theta float64) float64 {
	c := &m.calls
	own := m.singles[i]
	e := c.expected[i]
	if e <= 0 {
		return own
	}
	x, e := c.x[i]/c.design[i], e/c.design[i]
	p := c.priors[m.sceneOf(int(i))]
	like := logMarginal(x, e, likeCluster, likeCluster/theta) - logMarginal(x, e, p.normal, p.normal)
	return math.Max(like, own+math.Log(c.sizes.share(p.faulty, e)))
}

// surroundings is a quick look at the cells around a seed. Most cells that are
// high by chance have nothing around them, and need no closer look.
type surroundings struct {
	suspects bool // a neighbour speaks for a fault too
	disc     bool // a disc may tell more than the seed alone
}

func (m *model) lookAround(at int32) surroundings {
	var s surroundings
	var members [largestDisc]int32
	var cells [largestDisc]geo.Cell
	sum := pool{members: members[:0]}
	seed, from := geo.Cell(m.ids[at]), 0
	for k := 1; k <= maxDisc; k++ {
		disk := seed.AppendDisk(cells[:0], k)
		if len(disk) < 1+3*k*(k+1) { // beside a pentagon disks do not begin with smaller ones
			sum, from = pool{members: members[:0]}, 0
		}
		for _, c := range disk[from:] {
			if n := m.index(geo.PlaceID(c)); n >= 0 {
				sum.add(m, int32(n))
				s.suspects = s.suspects || k == 1 && int32(n) != at && m.singles[n] > 0
			}
		}
		from = len(disk)
		score := sum.logBayes(m) - discCost
		if score > promise {
			s.disc = true
			break
		}
		if score < hopelessDisc {
			break
		}
	}
	return s
}

// bestDisc looks for the disc of greatest score around a seed. Where a disc shows
// something, discs around the cells next to its centre are tried too: the worst
// cell of an area is seldom its middle.
func (m *model) bestDisc(centre geo.Cell, taken *claims) group {
	seed := m.index(geo.PlaceID(centre))
	best := group{score: math.Inf(-1)}
	try := func(c geo.Cell) (better bool) {
		for k := 1; k <= maxDisc; k++ {
			d := m.disc(c, k, taken)
			if k > 1 && d.score < hopelessDisc {
				break
			}
			if d.score > best.score && slices.Contains(d.members, int32(seed)) {
				best, better = d, true
			}
		}
		return better
	}
	try(centre)
	for range maxDisc {
		if best.score < 0 {
			break
		}
		moved := false
		near := centre.Disk(1)
		slices.Sort(near)
		next := centre
		for _, c := range near {
			if c != centre && try(c) {
				next, moved = c, true
			}
		}
		if !moved {
			break
		}
		centre = next
	}
	return best
}

// disc is all places within k cells of a centre, good or bad: an area that is a bit
// worse everywhere shows in it though none of its cells does.
func (m *model) disc(centre geo.Cell, k int, taken *claims) group {
	var g group
	for _, c := range centre.Disk(k) {
		if n := m.index(geo.PlaceID(c)); n >= 0 && !taken.has(int32(n)) {
			g.members = append(g.members, int32(n))
		}
	}
	slices.Sort(g.members)
	var sum pool
	for _, n := range g.members {
		sum.add(m, n)
	}
	g.score = math.Inf(-1)
	if len(g.members) > 1 {
		g.score = sum.logBayes(m) - discCost
	}
	return g
}

// candidates suspects the groups, after joining those that are one fault.
func (m *model) candidates(a *atlas) []candidate {
	groups := m.joinAcross(a, m.groups(a))
	out := make([]candidate, len(groups))
	eachInParallel(len(groups), func(n int) {
		var sum pool
		for _, i := range groups[n].members {
			sum.add(m, i)
		}
		out[n] = m.suspect(groups[n].members, groups[n].score-sum.logBayes(m))
	})
	return slices.DeleteFunc(out, func(c candidate) bool { return !(c.faulty > 0.01) })
}
