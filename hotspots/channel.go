package hotspots

import (
	"math"

	"github.com/hotcell/hotcell/geo"
)

// channel is one stream of evidence about places: calls, complaints or appeals.
// Each place has x bad events out of n units of use, seen through a design
// effect; the reference says how many events a normal place with the same use
// would show.
type channel struct {
	obs      []obs     // by place
	from     []int32   // place i has obs[from[i]:from[i+1]]
	strata   []stratum // what obs[].key means
	x        []float64 // by place: events
	expected []float64 // by place: events at the reference rate, own data left out
	design   []float64 // by place: variance of x over Poisson variance
	priors   []prior   // by scene
	ref      *reference
	sizes    sizeOdds // of the share of faulty places
	fit      fitCheck

	counts     bool // no use is known: ratios to the neighbourhood, not rates
	propensity bool // events depend on people's habits too: no fault share is fitted
}

// obs is a place's use in one stratum.
type obs struct {
	key  int32
	n, x float64
}

// stratum is region × scene × rat × indoor.
type stratum struct {
	region, scene int32
	class         int32 // rat × indoor
}

// Classes of rat × indoor.
const (
	indoors = int32(geo.Travelling) + 1
	classes = (int32(geo.RAT5G) + 1) * indoors
	scenes  = int32(geo.SceneOther) + 1
)

func classOf(rat geo.RAT, indoor geo.Indoor) int32 {
	c := int32(rat)*indoors + int32(indoor)
	if int32(indoor) >= indoors || c >= classes {
		return 0
	}
	return c
}

// strataIndex numbers strata in the order they are first met.
type strataIndex struct {
	numbers map[stratum]int32
	list    []stratum
	last    stratum
	lastKey int32
}

func newStrataIndex() *strataIndex {
	return &strataIndex{numbers: map[stratum]int32{}, last: stratum{region: -1}}
}

func (s *strataIndex) of(st stratum) int32 {
	if st == s.last {
		return s.lastKey
	}
	k, ok := s.numbers[st]
	if !ok {
		k = int32(len(s.list))
		s.numbers[st] = k
		s.list = append(s.list, st)
	}
	s.last, s.lastKey = st, k
	return k
}

func sceneIndex(s int32) int32 {
	if s < 0 || s >= scenes {
		return int32(geo.SceneUnknown)
	}
	return s
}

// callsChannel sets bad calls against calls. Without exposure it sets each
// place's hurt customers against its neighbourhood's.
func (m *model) callsChannel() channel {
	c := channel{from: make([]int32, len(m.places)+1), x: make([]float64, len(m.places)), counts: m.noUse}
	index := newStrataIndex()
	var base []float64
	if m.noUse {
		base = m.neighbourhoodCounts()
	}
	c.obs = make([]obs, 0, len(m.uses))
	for i := range m.places {
		pl := &m.places[i]
		c.from[i] = int32(len(c.obs))
		st := stratum{region: pl.region, scene: sceneIndex(pl.scene)}
		switch {
		case m.noUse:
			if pl.hurtTo > pl.hurtFrom || m.spreadAt(pl).hurt > 0 {
				c.x[i] = pl.bad
				c.obs = append(c.obs, obs{key: index.of(st), n: base[i], x: pl.bad})
			}
		case pl.useFrom == pl.useTo && pl.calls > 0: // bad calls whose exposure is missing
			c.x[i] = pl.bad
			c.obs = append(c.obs, obs{key: index.of(st), n: pl.calls, x: pl.bad})
		default:
			for _, u := range m.uses[pl.useFrom:pl.useTo] {
				if u.calls > 0 {
					st.class = classOf(u.rat, u.indoor)
					c.obs = append(c.obs, obs{key: index.of(st), n: u.calls, x: u.bad})
					c.x[i] += u.bad
				}
			}
		}
	}
	c.from[len(m.places)] = int32(len(c.obs))
	c.strata = index.list
	c.design = m.designEffects()
	return c
}

// complaintChannel sets complaining customers (weighted, see habit) against
// customers served. Appeals go the same way apart.
func (m *model) complaintChannel(appeals bool, customers []float64) channel {
	c := channel{from: make([]int32, len(m.places)+1), x: make([]float64, len(m.places)), propensity: true}
	index := newStrataIndex()
	c.obs = make([]obs, 0, len(m.places))
	c.design = make([]float64, len(m.places))
	for i := range m.places {
		pl := &m.places[i]
		c.from[i] = int32(len(c.obs))
		c.design[i] = 1
		x := pl.moaning
		if appeals {
			x = pl.appealing
		}
		n := math.Max(customers[i], x)
		if n > 0 {
			c.x[i] = x
			key := index.of(stratum{region: pl.region, scene: sceneIndex(pl.scene)})
			c.obs = append(c.obs, obs{key: key, n: n, x: x})
		}
	}
	c.from[len(m.places)] = int32(len(c.obs))
	c.strata = index.list
	return c
}

// designEffects gives, by place, how much more bad calls vary than independent
// calls would, because the calls of one customer are alike (Kish 1965: 1 + (m−1)ρ
// with m calls per customer). ρ is estimated per scene; a place's own variance
// joins in as its customers get many; and one hurt customer never gives more
// evidence than Params.PerCustomer bad calls, which the place's own variance
// cannot see when it has few customers.
func (m *model) designEffects() []float64 {
	m.rho = m.callLikeness()
	m.perHurt = m.hurtEvidence()
	d := make([]float64, len(m.places))
	for i := range m.places {
		pl := &m.places[i]
		d[i] = m.designEffect(pl.scene, pl.calls, pl.bad, pl.mm, pl.xx, pl.xm, pl.customers, pl.kish)
	}
	return d
}

// likenessWeight is how many customers a place needs before its own variance
// counts as much as its scene's.
const likenessWeight = 20

func (m *model) designEffect(scene int32, calls, bad, mm, xx, xm, customers, kish float64) float64 {
	if calls <= 0 {
		return 1
	}
	rate := bad / calls
	perCustomer := 1.0
	if mm > 0 {
		perCustomer = math.Max(1, mm/calls)
	}
	d := 1 - rate + (perCustomer-1)*m.rho[sceneIndex(scene)]
	if bad > 0 && customers > 1 && xx > 0 {
		own := (xx - 2*rate*xm + rate*rate*mm) / bad * customers / (customers - 1)
		d = (customers*math.Max(own, 0) + likenessWeight*d) / (customers + likenessWeight)
	}
	d = math.Max(d, math.Max(1-rate, 0.05))
	if bad > 0 && kish > 0 {
		d = math.Max(d, bad/(m.perHurt[sceneIndex(scene)]*kish))
	}
	return d
}

// hurtEvidence is, by scene, the most bad calls that one hurt customer counts for:
// Params.PerCustomer, and more where customers have several bad calls anyway.
func (m *model) hurtEvidence() []float64 {
	var bad, customers [scenes]float64
	for i := range m.places {
		pl := &m.places[i]
		s := sceneIndex(pl.scene)
		bad[s] += math.Min(pl.bad, 5*pl.customers)
		customers[s] += pl.customers
	}
	out := make([]float64, scenes)
	for s := range out {
		out[s] = m.params.PerCustomer
		if customers[s] > 0 {
			out[s] *= 1 + bad[s]/customers[s]
		}
	}
	return out
}

// callLikeness estimates ρ by scene from places with enough customers, shrunk to
// the value over all scenes.
func (m *model) callLikeness() []float64 {
	num, den := make([]float64, scenes+1), make([]float64, scenes+1)
	for i := range m.places {
		pl := &m.places[i]
		if pl.bad < 3 || pl.customers < 10 || pl.mm <= pl.calls || pl.xx <= 0 {
			continue
		}
		rate := pl.bad / pl.calls
		variance := (pl.xx - 2*rate*pl.xm + rate*rate*pl.mm) * pl.customers / (pl.customers - 1)
		s := sceneIndex(pl.scene)
		excess := variance - pl.bad*(1-rate)
		scale := pl.bad * (pl.mm/pl.calls - 1)
		// A place counts once, however large: ρ belongs to customers, not to malls.
		weight := 1 / (1 + scale/50)
		num[s] += weight * excess
		den[s] += weight * scale
		num[scenes] += weight * excess
		den[scenes] += weight * scale
	}
	const unknown, strength = 0.05, 100.0
	all := (num[scenes] + unknown*strength) / (den[scenes] + strength)
	out := make([]float64, scenes)
	for s := range out {
		out[s] = math.Min(1, math.Max(0, (num[s]+math.Max(0, all)*strength)/(den[s]+strength)))
	}
	return out
}
