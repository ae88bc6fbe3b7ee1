package hotspots

import (
	"cmp"
	"math"
	"slices"
)

// curveSteps is the number of steps of an avoidable curve.
const curveSteps = 16

// avoidableCurve is the share of the impact by calls that would not be there if bad
// calls happened only with probability u = 0, 1/16, … 1 (normal rate over actual
// rate). For customers with one bad call each it is 1 − u. Customers who suffer
// often would be hurt at a normal place too, so for them it is less.
func avoidableCurve(list []hurt, impact float64) *[curveSteps + 1]float64 {
	if impact <= 0 {
		return nil
	}
	var curve [curveSteps + 1]float64
	for i := range list {
		h := &list[i]
		if h.byCalls <= 0 {
			continue
		}
		h.addTo(&curve, 0)
	}
	for k := range curve {
		curve[k] /= impact
	}
	return &curve
}

// addTo adds what a customer would be spared; always is the loss that stays.
func (h *hurt) addTo(curve *[curveSteps + 1]float64, always float64) {
	safe := math.Exp(-h.byCalls - always)
	curve[0] += h.value * (math.Exp(-always) - safe)
	for k := 1; k < curveSteps; k++ {
		curve[k] += h.value * (math.Exp(-always-h.left(float64(k)/curveSteps)) - safe)
	}
}

// likelySpan is the probability from which a span is looked into.
const likelySpan = 0.05

// addActs finds the spans in which a fault at the candidate may act, and how much
// of the impact hangs on each.
func (m *model) addActs(c *candidate, e *evidence, list []hurt, located float64) {
	whole := avoidableCurve(list, located)
	e.alone(whole)
	if e.x < leastSpan || e.e <= 0 {
		return
	}
	var s shares
	x, expected := 0.0, 0.0
	for _, i := range c.members {
		o := m.acting.of(m, int(i))
		s.add(&o)
		x += m.calls.x[i] / m.calls.design[i]
		expected += m.calls.expected[i] / m.calls.design[i]
	}
	s.scale(e.x/x, e.e/expected)
	logs := make([]float64, len(m.acting.spans))
	e.logBayes = m.acting.spanBayes(e.prior, e.x, e.e, e.normal, &s, logs)
	e.acts = e.acts[:0]
	sum := 0.0
	for k := range m.acting.spans {
		sp := &m.acting.spans[k]
		likely := math.Exp(logs[k] - e.logBayes)
		if likely < likelySpan {
			continue
		}
		a := act{span: *sp, likely: likely, x: e.x, e: e.e, curve: whole}
		if k > 0 {
			in, _, _ := s.inSpan(sp, m.acting.steps)
			a.x, a.e = in.x, in.e
			a.curve = m.spanCurve(c.members, *sp, located)
		}
		sum += likely
		e.acts = append(e.acts, a)
	}
	for k := range e.acts {
		e.acts[k].likely /= sum
	}
	slices.SortStableFunc(e.acts, func(a, b act) int { return cmp.Compare(b.likely, a.likely) })
}

func (s *shares) scale(x, e float64) {
	for k := range s.step {
		s.step[k].x *= x
		s.step[k].e *= e
	}
	for k := range s.rat {
		s.rat[k].x *= x
		s.rat[k].e *= e
	}
}

// spanLoss is one customer's losses by calls: in is what lies in a span, always
// what does not.
type spanLoss struct {
	in     hurt
	always float64
}

// spanCurve is avoidableCurve for a fault that acts in a span: bad calls outside it
// stay.
func (m *model) spanCurve(members []int32, sp span, impact float64) *[curveSteps + 1]float64 {
	if impact <= 0 {
		return nil
	}
	var list []spanLoss
	for _, i := range members {
		pl := &m.places[i]
		for b := pl.badFrom; b < pl.badTo; b++ {
			x := &m.bad[b]
			if n := len(list); n == 0 || list[n-1].in.customer != x.Customer {
				list = append(list, spanLoss{in: hurt{customer: x.Customer, value: m.params.Value.Of(m.ev.Customers[x.Customer])}})
			}
			l := &list[len(list)-1]
			loss := m.loss(x.Kind, x.Day, 1)
			if !m.within(sp, x) {
				l.always += float64(x.Count) * loss
				continue
			}
			one := hurtOf(loss)
			l.in.byCalls += float64(x.Count) * loss
			l.in.first += float64(x.Count) * one
			l.in.second += float64(x.Count) * one * one
		}
	}
	slices.SortStableFunc(list, func(a, b spanLoss) int { return cmp.Compare(a.in.customer, b.in.customer) })
	var curve [curveSteps + 1]float64
	for k := 0; k < len(list); {
		l := list[k]
		for k++; k < len(list) && list[k].in.customer == l.in.customer && l.in.customer != 0; k++ {
			l.always += list[k].always
			l.in.byCalls += list[k].in.byCalls
			l.in.first += list[k].in.first
			l.in.second += list[k].in.second
		}
		l.in.addTo(&curve, l.always)
	}
	for k := range curve {
		curve[k] /= impact
	}
	return &curve
}

// within tells whether bad calls lie in a span.
func (m *model) within(sp span, x *BadCalls) bool {
	if sp.rat >= 0 {
		return int(x.RAT) == sp.rat
	}
	step := int(max(0, m.endDay-1-x.Day)) / 7 / m.acting.perStep
	return step >= sp.from && step < sp.to
}
