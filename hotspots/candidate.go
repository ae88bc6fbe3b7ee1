package hotspots

import (
	"math"
	"slices"
)

// candidate is a set of places that may become a hotspot.
type candidate struct {
	members []int32 // positions in model.places, sorted
	extra   float64 // log odds for how it was put together
	judgement
	total       float64 // impact
	hurt        float64 // customers
	served      float64
	keyAccounts int
	kish        float64
	moaning     float64 // customers who complained, weighted
	top         float64 // share of the largest customer in the impact by calls and complaints
}

// pooledNormal bounds how far the scatter of normal places averages out when
// places are pooled: neighbours are normal in similar ways.
const pooledNormal = 6

// assess pools the members and computes the posterior.
func (m *model) assess(members []int32, extra float64) candidate {
	c := m.suspect(members, extra)
	m.params.weigh(&c.judgement)
	return c
}

// suspect is assess without what the fault would be worth, see Params.weigh.
func (m *model) suspect(members []int32, extra float64) candidate {
	c := candidate{members: members, extra: extra}
	var ch [3]evidence
	list, located := m.addHurts(&c, &ch)
	m.addCalls(&c, &ch[0])
	m.addActs(&c, &ch[0], list, located)
	m.addComplaints(&c, &m.complaints, &ch[1])
	m.addComplaints(&c, &m.appeals, &ch[2])
	// A sum over the N customers served varies by Σy² − (Σy)²/N.
	for k := range ch {
		ch[k].square = math.Max(ch[k].square-ch[k].impact*ch[k].impact/math.Max(c.served, 1), 0)
	}
	c.judgement = suspicion(ch, m.faultyShare(members), extra, c.byChance())
	return c
}

// ownTrouble is the chance that a hurt customer is hurt for a reason of his own: a
// broken phone, a room without windows. It goes where he goes, not with the place.
const ownTrouble = 1.0 / 3

// byChance is the chance that everybody hurt was so for reasons of their own: a few
// customers are no proof of a fault, however many calls they lost.
func (c *candidate) byChance() float64 {
	people := math.Max(c.kish, 0) + c.moaning
	return math.Pow(ownTrouble, math.Max(people, 1))
}

// faultyShare is the prior share of faulty places: that of the main member's scene
// and of the members' size.
func (m *model) faultyShare(members []int32) float64 {
	c, e := &m.calls, 0.0
	for _, i := range members {
		e += c.expected[i] / c.design[i]
	}
	return c.sizes.share(c.priors[m.sceneOf(m.main(members))].faulty, e)
}

// main is the member that stands for all: of the kind of place (cells, or venues
// and segments) with the larger excess, the one with most bad calls. Venues and
// segments also stand for cells that hold more, but are less bad: see spills.
func (m *model) main(members []int32) int {
	var x, e [2]float64
	var seen [2]bool
	kind := func(i int32) int {
		if isCell(m.ids[i]) {
			return 0
		}
		return 1
	}
	for _, i := range members {
		x[kind(i)] += m.calls.x[i]
		e[kind(i)] += m.calls.expected[i]
		seen[kind(i)] = true
	}
	want := 0
	switch inside, outside := x[1]-e[1], x[0]-e[0]; {
	case !seen[0]:
		want = 1
	case seen[1] && inside > outside:
		want = 1
	case seen[1] && spillShare*inside >= outside && x[1]*e[0] >= spillRatio*x[0]*e[1]:
		want = 1
	}
	best := -1
	for _, i := range members {
		if kind(i) != want {
			continue
		}
		if best < 0 {
			best = int(i)
			continue
		}
		a, b := &m.places[i], &m.places[best]
		if a.bad > b.bad || a.bad == b.bad && a.calls > b.calls {
			best = int(i)
		}
	}
	return best
}

func (m *model) sceneOf(i int) int32 { return sceneIndex(m.places[i].scene) }

// addHurts merges the members' lists of hurt customers: who was hurt at two
// members counts once. It gives the list and the impact by calls in it.
func (m *model) addHurts(c *candidate, ch *[3]evidence) (list []hurt, located float64) {
	list = m.mergedHurts(c.members)
	bad, square, largest, keyAccounts := 0.0, 0.0, 0.0, 0.0
	for i := range list {
		h := &list[i]
		calls := h.value * hurtOf(h.byCalls)
		withMoans := h.value * hurtOf(h.byCalls+h.byMoan)
		all := h.value * hurtOf(h.byCalls+h.byMoan+h.byApp)
		for k, v := range [3]float64{calls, withMoans - calls, all - withMoans} {
			ch[k].impact += v
			ch[k].square += v * v
		}
		c.total += all
		c.hurt += h.there
		c.moaning += h.moans + h.apps
		largest = math.Max(largest, all)
		if m.ev.Customers[h.customer].Segment == segmentKeyAccount {
			keyAccounts += h.there
		}
		bad += h.bad
		square += h.bad * h.bad
	}
	c.keyAccounts = int(math.Round(keyAccounts))
	if square > 0 {
		c.kish = bad * bad / square
	}
	located = ch[0].impact
	for _, i := range c.members {
		x := m.spreadAt(&m.places[i])
		ch[0].impact += x.impact
		ch[0].square += x.square
		c.total += x.impact
		c.hurt += x.hurt
		if x.bad > 0 {
			c.kish = x.join(&bad, &square)
		}
	}
	if c.total > 0 {
		c.top = largest / c.total
	}
	return list, located
}

// segmentKeyAccount is Customer.Segment of a key account.
const segmentKeyAccount = 3

// mergedHurts gives one entry per customer over all members.
func (m *model) mergedHurts(members []int32) []hurt {
	if len(members) == 1 {
		pl := &m.places[members[0]]
		return m.hurts[pl.hurtFrom:pl.hurtTo]
	}
	var list []hurt
	for _, i := range members {
		pl := &m.places[i]
		list = append(list, m.hurts[pl.hurtFrom:pl.hurtTo]...)
	}
	slices.SortStableFunc(list, func(a, b hurt) int {
		switch {
		case a.customer < b.customer:
			return -1
		case a.customer > b.customer:
			return 1
		}
		return 0
	})
	out := list[:0]
	for _, h := range list {
		if n := len(out); n > 0 && out[n-1].customer == h.customer && h.customer != 0 {
			o := &out[n-1]
			o.byCalls += h.byCalls
			o.byMoan += h.byMoan
			o.byApp += h.byApp
			o.bad += h.bad
			o.first += h.first
			o.second += h.second
			o.moans = math.Max(o.moans, h.moans)
			o.apps = math.Max(o.apps, h.apps)
			o.partly = o.partly || h.partly
			o.there = math.Max(o.there, h.there)
			continue
		}
		out = append(out, h)
	}
	for i := range out {
		if h := &out[i]; h.partly && h.customer != 0 {
			h.add(m.complaintsOf(m.complaintsAt(members, h.customer), h.customer, m.habits))
		}
	}
	return out
}

// addCalls pools the calls channel. The design effect is that of the pooled calls.
func (m *model) addCalls(c *candidate, e *evidence) {
	var calls, bad, mm, xx, xm, customers float64
	var pool pooling
	for _, i := range c.members {
		pl := &m.places[i]
		calls += pl.calls
		bad += pl.bad
		mm += pl.mm
		xx += pl.xx
		xm += pl.xm
		customers += pl.customers
		pool.add(m.calls.expected[i], m.calls.x[i], m.calls.priors[m.sceneOf(int(i))].normal)
	}
	c.served = math.Max(customers, c.hurt)
	main := m.main(c.members)
	d := 1.0
	if len(c.members) == 1 {
		d = m.calls.design[main]
	} else {
		d = m.designEffect(m.places[main].scene, calls, bad, mm, xx, xm, customers, c.kish)
	}
	pool.into(e, d, m.calls.priors[m.sceneOf(main)])
	e.rawN = calls
}

// pooling adds up places of one channel.
type pooling struct{ e, x, spread float64 }

func (p *pooling) add(e, x, normal float64) {
	p.e += e
	p.x += x
	p.spread += e * e / normal
}

func (p *pooling) into(e *evidence, d float64, pr prior) {
	e.prior, e.designed = pr, d
	e.rawX, e.rawE = p.x, p.e
	e.x, e.e = p.x/d, p.e/d
	e.normal = pooledShape(p.e, p.spread, pr)
	e.alone(nil)
}

func (m *model) addComplaints(c *candidate, ch *channel, e *evidence) {
	var pool pooling
	for _, i := range c.members {
		pool.add(ch.expected[i], ch.x[i], ch.priors[m.sceneOf(int(i))].normal)
		for _, o := range ch.obs[ch.from[i]:ch.from[i+1]] {
			e.rawN += o.n
		}
	}
	pool.into(e, 1, ch.priors[m.sceneOf(m.main(c.members))])
}
