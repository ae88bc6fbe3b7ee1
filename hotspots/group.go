package hotspots

import (
	"cmp"
	"math"
	"slices"

	"github.com/hotcell/hotcell/geo"
)

// atlas knows which places are beside each other.
type atlas struct {
	m        *model
	place    map[int32]geo.Place // venues and segments with events
	family   map[string][]int32  // venue → its parts
	segment  map[segmentKey]int32
	familyOf map[int32]string

	landmarks []landmark
}

type segmentKey struct {
	line string
	km   int
}

// newAtlas looks up the venues and segments where something bad happened.
func newAtlas(m *model) *atlas {
	a := &atlas{m: m, place: map[int32]geo.Place{}, family: map[string][]int32{},
		segment: map[segmentKey]int32{}, familyOf: map[int32]string{}}
	for i, id := range m.ids {
		if isCell(id) || !m.eventful(i) || m.lookup == nil {
			continue
		}
		pl, ok := m.lookup.Place(id)
		if !ok {
			continue
		}
		n := int32(i)
		a.place[n] = pl
		switch {
		case pl.Kind == geo.PlaceSegment:
			a.segment[lineKey(pl)] = n
		case pl.Kind == geo.PlaceVenue && pl.Venue != nil:
			key := familyKey(pl)
			a.family[key] = append(a.family[key], n)
			a.familyOf[n] = key
		}
	}
	return a
}

func lineKey(pl geo.Place) segmentKey {
	if pl.Venue != nil {
		return segmentKey{pl.Venue.ID, pl.Km}
	}
	return segmentKey{pl.Ref, pl.Km}
}

// familyKey is the venue a place belongs to as a part. A lift or a basement that
// the catalogue has as a venue of its own belongs to the venue it is inside.
func familyKey(pl geo.Place) string {
	v := pl.Venue
	if v.Parent != "" && (v.Scene == geo.SceneLift || v.Scene == geo.SceneBasement) {
		return v.Parent
	}
	return v.ID
}

// eventful tells whether anything bad happened at the place.
func (m *model) eventful(i int) bool {
	pl := &m.places[i]
	return pl.bad > 0 || pl.hurtTo > pl.hurtFrom || pl.extra.hurt > 0
}

// beside lists the eventful places next to place i, in a fixed order.
func (a *atlas) beside(i int32, out []int32) []int32 {
	id := a.m.ids[i]
	if isCell(id) {
		for _, c := range geo.Cell(id).Disk(1) {
			if n := a.m.index(geo.PlaceID(c)); n >= 0 && int32(n) != i && a.m.eventful(n) {
				out = append(out, int32(n))
			}
		}
		slices.Sort(out)
		return out
	}
	pl, ok := a.place[i]
	if !ok {
		return out
	}
	if pl.Kind == geo.PlaceSegment {
		key := lineKey(pl)
		for _, km := range []int{key.km - 1, key.km + 1} {
			if n, ok := a.segment[segmentKey{key.line, km}]; ok {
				out = append(out, n)
			}
		}
		return out
	}
	for _, n := range a.family[a.familyOf[i]] {
		if n != i {
			out = append(out, n)
		}
	}
	return out
}

// seed is a place from which a hotspot may grow.
type seed struct {
	at    int32
	score float64 // log Bayes factor
}

// seedFloor is the log Bayes factor below which a place is not tried: with the
// usual share of faulty places it is hopeless even with good neighbours.
const seedFloor = 0.0

// single is the log Bayes factor of one place over all channels.
func (m *model) single(i int) float64 {
	score := 0.0
	s := m.sceneOf(i)
	for _, c := range []*channel{&m.calls, &m.complaints, &m.appeals} {
		if e := c.expected[i]; e > 0 {
			p := c.priors[s]
			score += p.logBayes(c.x[i]/c.design[i], e/c.design[i], p.normal)
		}
	}
	return score
}

// candidates grows hotspots from the strongest places on. Every place ends up in
// at most one, so every record counts once.
func (m *model) candidates(a *atlas) []candidate {
	var seeds []seed
	for i := range m.places {
		if !m.eventful(i) {
			continue
		}
		if score := m.single(i); score > seedFloor {
			seeds = append(seeds, seed{int32(i), score})
		}
	}
	slices.SortFunc(seeds, func(x, y seed) int {
		return cmp.Or(cmp.Compare(y.score, x.score), cmp.Compare(x.at, y.at))
	})
	taken := make([]bool, len(m.places))
	var out []candidate
	for _, s := range seeds {
		if taken[s.at] {
			continue
		}
		c := m.grow(a, s.at, taken)
		for _, i := range c.members {
			taken[i] = true
		}
		if c.faulty > 0.01 {
			out = append(out, c)
		}
	}
	return out
}

// likeCluster is the shape of the gamma that a member's ratio has around its
// cluster's: parts of one fault differ by about half.
const likeCluster = 4

// grow adds neighbours to a seed as long as they are more likely faulty like the
// rest than normal.
func (m *model) grow(a *atlas, at int32, taken []bool) candidate {
	members := []int32{at}
	inside := map[int32]bool{at: true}
	extra := 0.0
	joinCost := math.Log(m.params.JoinOdds) - math.Log1p(-m.params.JoinOdds)
	best := m.assess(members, 0)
	frontier := a.beside(at, nil)
	seen := map[int32]bool{at: true}
	for _, n := range frontier {
		seen[n] = true
	}
	for len(frontier) > 0 {
		theta := best.ratio()
		pick, pickScore := -1, 0.0
		for f, n := range frontier {
			if taken[n] || inside[n] {
				continue
			}
			if s := m.joins(int(n), theta) + joinCost; s > pickScore {
				pick, pickScore = f, s
			}
		}
		if pick < 0 {
			break
		}
		n := frontier[pick]
		frontier = slices.Delete(frontier, pick, pick+1)
		inside[n] = true
		members = append(members, n)
		sorted := slices.Clone(members)
		slices.Sort(sorted)
		best = m.assess(sorted, extra)
		for _, next := range a.beside(n, nil) {
			if !seen[next] {
				seen[next] = true
				frontier = append(frontier, next)
			}
		}
	}
	return best
}

// ratio is the posterior mean of the calls' rate over the reference, given a fault.
func (c *candidate) ratio() float64 {
	e := &c.channels[0]
	return math.Max(1.2, (e.prior.shape+e.x)/(e.prior.rate()+e.e))
}

// joins is the log Bayes factor of "faulty like its neighbours" against normal.
func (m *model) joins(i int, theta float64) float64 {
	e := m.calls.expected[i]
	if e <= 0 {
		return m.single(i)
	}
	d := m.calls.design[i]
	x, e := m.calls.x[i]/d, e/d
	p := m.calls.priors[m.sceneOf(i)]
	like := logMarginal(x, e, likeCluster, likeCluster/theta) - logMarginal(x, e, p.normal, p.normal)
	return math.Max(like, math.Min(m.single(i), 20)+math.Log(p.faulty))
}
