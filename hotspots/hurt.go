package hotspots

import (
	"math"

	"github.com/hotcell/hotcell/geo"
)

// surest bounds how much of a customer one experience can hurt: severity 1
// would make the logarithm infinite.
const surest = 1 - 1e-9

// loss is −log(1 − w·s·2^(−age/H)) for an experience of severity s and location
// weight 1: the losses of all experiences of a customer add up, and
// q = 1 − exp(−sum) is the chance that the customer was hurt.
func (m *model) loss(k Kind, day int32, weight float64) float64 {
	if k >= kinds {
		return 0
	}
	age := math.Max(0, float64(m.endDay)-float64(day)-1)
	s := weight * m.params.Severity[k] * math.Exp2(-age/m.params.HalfLifeDays)
	return -math.Log1p(-math.Min(math.Max(s, 0), surest))
}

// hurtOf turns summed losses into the chance of being hurt.
func hurtOf(losses float64) float64 { return -math.Expm1(-losses) }

// left is the loss by calls that would remain if each bad call happened only with
// probability u, the ratio of a normal place's rate to this one's:
//
//	Σ −log(1 − u·s) = u·Σs + u²·Σs²/2 + u³·(the rest)
//
// to third order, and exact for u = 0 and u = 1.
func (h *hurt) left(u float64) float64 {
	return u * (h.first + u*(h.second/2+u*(h.byCalls-h.first-h.second/2)))
}

// habit is the weight of a complaint by a customer who made so many others
// elsewhere: 1 without any, 2/3 with one, 1/6 with ten.
func habit(elsewhere float64) float64 { return 2 / (2 + math.Max(0, elsewhere)) }

// complaintTotals counts each customer's complaints and appeals anywhere in the window.
func (m *model) complaintTotals() map[uint64]float64 {
	total := map[uint64]float64{}
	for i := range m.moans {
		if c := m.moans[i].Customer; c != 0 {
			total[c] += m.moans[i].weight
		}
	}
	for c, n := range total {
		total[c] = math.Max(n, float64(m.ev.Customers[c].Complaints))
	}
	return total
}

// fillHurts builds the list of hurt customers of each place.
func (m *model) fillHurts() {
	m.habits = m.complaintTotals()
	m.hurts = make([]hurt, 0, m.mostHurts())
	b, c := 0, 0
	for ; b < len(m.bad) && m.bad[b].Place == 0; b++ {
	}
	for ; c < len(m.moans) && m.moans[c].Place == 0; c++ {
	}
	for i, id := range m.ids {
		pl := &m.places[i]
		pl.badFrom, pl.moanFrom, pl.hurtFrom = int32(b), int32(c), int32(len(m.hurts))
		for b < len(m.bad) && m.bad[b].Place == id || c < len(m.moans) && m.moans[c].Place == id {
			who := nextCustomer(m, id, b, c)
			var h hurt
			h, b, c = m.hurtAt(id, who, b, c)
			m.hurts = append(m.hurts, h)
			pl.moaning += h.moans
			pl.appealing += h.apps
		}
		pl.badTo, pl.moanTo, pl.hurtTo = int32(b), int32(c), int32(len(m.hurts))
		sum, square := 0.0, 0.0
		for _, h := range m.hurts[pl.hurtFrom:pl.hurtTo] {
			sum += h.bad
			square += h.bad * h.bad
		}
		if square > 0 {
			pl.kish = sum * sum / square
		}
		if pl.calls == 0 && sum > 0 {
			pl.calls, pl.bad, pl.xx, pl.xm, pl.mm = sum, sum, square, square, square
		}
		if pl.useFrom == pl.useTo && pl.moanTo > pl.moanFrom {
			first := &m.moans[pl.moanFrom]
			pl.region, pl.scene = m.regions.of(first.Region), int32(first.Scene)
		}
	}
}

// mostHurts bounds how many customers are hurt at places, each place apart.
func (m *model) mostHurts() int {
	n := 0
	for i := range m.bad {
		if i == 0 || m.bad[i].Place != m.bad[i-1].Place || m.bad[i].Customer != m.bad[i-1].Customer {
			n++
		}
	}
	for i := range m.moans {
		if i == 0 || m.moans[i].Place != m.moans[i-1].Place || m.moans[i].Customer != m.moans[i-1].Customer {
			n++
		}
	}
	return n
}

// nextCustomer is the smaller of the customers at the two reading positions.
func nextCustomer(m *model, id geo.PlaceID, b, c int) uint64 {
	who := uint64(math.MaxUint64)
	if b < len(m.bad) && m.bad[b].Place == id {
		who = m.bad[b].Customer
	}
	if c < len(m.moans) && m.moans[c].Place == id {
		who = min(who, m.moans[c].Customer)
	}
	return who
}

// hurtAt sums one customer's experiences at one place and moves both reading
// positions past them.
func (m *model) hurtAt(id geo.PlaceID, who uint64, b, c int) (hurt, int, int) {
	h := hurt{customer: who, value: m.params.Value.Of(m.ev.Customers[who])}
	day, today := int32(math.MinInt32), 0.0
	firstBad := b
	for ; b < len(m.bad) && m.bad[b].Place == id && m.bad[b].Customer == who; b++ {
		x := &m.bad[b]
		loss := m.loss(x.Kind, x.Day, 1)
		one := hurtOf(loss)
		h.byCalls += float64(x.Count) * loss
		h.first += float64(x.Count) * one
		h.second += float64(x.Count) * one * one
		if x.Day != day {
			h.bad += m.capped(today)
			day, today = x.Day, 0
		}
		today += float64(x.Count)
	}
	h.bad += m.capped(today)
	from := c
	for c < len(m.moans) && m.moans[c].Place == id && m.moans[c].Customer == who {
		c++
	}
	if b > firstBad {
		h.there = 1
	}
	if c == from {
		return h, b, c
	}
	h.add(m.complaintsOf(m.moans[from:c], who, m.habits))
	return h, b, c
}

// add sets what the customer's complaints come to.
func (h *hurt) add(s complaintSums) {
	h.byMoan, h.byApp, h.moans, h.apps = s.byMoan, s.byApp, s.moans, s.apps
	h.there = math.Max(h.there, s.there)
	h.partly = s.partly
}

// capped is how many of a customer's bad calls of one day count towards the rate.
func (m *model) capped(n float64) float64 {
	if daily := m.ev.Query.DailyCap; daily > 0 {
		return math.Min(n, float64(daily))
	}
	return n
}
