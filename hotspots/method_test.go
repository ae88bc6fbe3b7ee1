package hotspots

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
)

// TestWorkedExample recomputes every figure of the worked example in
// docs/method.md: the lines "name = figure" in its example block.
func TestWorkedExample(t *testing.T) {
	text, err := os.ReadFile("../docs/method.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "```example\n")
	block, _, closed := strings.Cut(rest, "```")
	if !ok || !closed {
		t.Fatal("docs/method.md has no example block")
	}
	got := workedExample()
	seen := map[string]bool{}
	for _, l := range strings.Split(strings.TrimSpace(block), "\n") {
		name, figure, ok := strings.Cut(l, " = ")
		if !ok {
			continue
		}
		name, figure = strings.TrimSpace(name), strings.TrimSpace(figure)
		value, known := got[name]
		if !known {
			t.Errorf("the test does not compute %q", name)
			continue
		}
		seen[name] = true
		decimals := 0
		if _, after, ok := strings.Cut(figure, "."); ok {
			decimals = len(after)
		}
		if want := fmt.Sprintf("%.*f", decimals, value); figure != want {
			t.Errorf("%s is %s, the document says %s", name, want, figure)
		}
	}
	for name := range got {
		if !seen[name] {
			t.Errorf("the document does not show %q", name)
		}
	}
}

// workedExample: a lift with 30 customers served, 12 of them hurt. Each of the 12
// had two dropped calls, one 7 days ago and one today; one of them is a key
// account of tier 4, the others are unknown.
func workedExample() map[string]float64 {
	p := DefaultParams()
	m := &model{params: p, endDay: 28}
	today, week := m.loss(KindDropped, 27, 1), m.loss(KindDropped, 20, 1)
	key, plain := Value(Customer{Segment: 3, ValueTier: 4, TenureMonths: 24}), Value(Customer{})
	list := make([]hurt, 12)
	var e evidence
	for i := range list {
		h := &list[i]
		h.value, h.bad = plain, 2
		if i == 0 {
			h.value = key
		}
		for _, loss := range []float64{today, week} {
			h.byCalls += loss
			h.first += hurtOf(loss)
			h.second += hurtOf(loss) * hurtOf(loss)
		}
		v := h.value * hurtOf(h.byCalls)
		e.impact += v
		e.square += v * v
	}
	e.square -= e.impact * e.impact / 30
	m.rho = []float64{0.05}
	m.perHurt = []float64{p.PerCustomer * 1.2}
	const calls, bad, reference = 150.0, 24.0, 0.04
	d := m.designEffect(0, calls, bad, 750, 48, 120, 30, 12)
	e.prior = prior{faulty: 0.03, normal: 15, mix: callsMix}
	e.normal, e.x, e.e = 15, bad/d, calls*reference/d
	e.alone(avoidableCurve(list, e.impact))
	shape, rate := e.prior.posterior(e.x, e.e)
	j := p.judge([3]evidence{e}, e.prior.faulty, 0, math.Pow(ownTrouble, 12))
	return map[string]float64{
		"hurt by one drop today":         hurtOf(today),
		"hurt by one drop 7 days ago":    hurtOf(week),
		"hurt by both":                   hurtOf(today + week),
		"value of the key account":       key,
		"value of an unknown customer":   plain,
		"impact":                         e.impact,
		"rate":                           bad / calls,
		"expected bad calls":             calls * reference,
		"design effect":                  d,
		"effective bad calls":            e.x,
		"effective expectation":          e.e,
		"log Bayes factor":               e.prior.logBayes(e.x, e.e, e.normal),
		"probability faulty":             j.faulty,
		"ratio to the reference":         shape / rate,
		"avoidable share at that ratio":  e.acts[0].avoidable(rate / shape),
		"avoidable impact":               j.mean,
		"lower bound":                    j.lower,
		"upper bound":                    j.upper,
		"habit weight with 10 elsewhere": habit(10),
		"linear share at that ratio":     math.Max(0, 1-rate/shape),
	}
}
