package hotspots

import (
	"math"
	"time"

	"github.com/hotcell/hotcell/geo"
)

// A fault may have begun or ended within the window, or break one technology only.
// The good weeks and the good technologies would dilute it, and they are evidence
// themselves: a place that is bad by nature is bad all the time. So the chance of
// the data under a fault is a mixture over the spans in which it may act.

// maxSteps bounds the steps that a window is cut into: longer windows have steps
// of several weeks.
const maxSteps = 6

// technologies that are told apart: geo.RAT.
const rats = int(geo.RAT5G) + 1

// Prior weights of the spans: all the time on everything, an unbroken part of the
// window's steps, one technology only.
const (
	spanAll  = 0.60
	spanPart = 0.32
	spanRAT  = 0.08
)

// span is where a fault acts: steps from … to−1 of the window (0 is the latest),
// or one technology.
type span struct {
	from, to int // steps; to 0: the whole window
	rat      int // −1: all
	weight   float64
}

// count is events and their expectation.
type count struct{ x, e float64 }

// shares are a place's calls by step and by technology, effective like pool.x.
type shares struct {
	step [maxSteps]count
	rat  [rats]count
}

// acting is what is known of how places' calls spread over the steps of the window
// and over technologies.
type acting struct {
	steps     int               // 0 or 1: nothing is known of parts of the window
	perStep   int               // weeks in a step
	weeks     []Week            // by place; those before the window too
	newest    int               // weeks of the window
	from      []int32           // place i has weeks[from[i]:from[i+1]]
	factor    [maxSteps]float64 // rate of the step over the window's, everywhere
	usual     [maxSteps]float64 // share of all expected events in the step
	usualRAT  [rats]float64
	spans     []span
	stepAlike float64 // concentration of normal places' events over steps
	ratAlike  float64
}

// newActing finds the weeks of each place. Weeks before the window serve for trends
// only.
func newActing(m *model) acting {
	var a acting
	week := 7 * 24 * time.Hour
	weeks := int((m.window() + week - 1) / week)
	a.perStep = (weeks + maxSteps - 1) / maxSteps
	a.steps = (weeks + a.perStep - 1) / a.perStep
	if m.noUse {
		a.steps = 1
	}
	a.from = make([]int32, len(m.ids)+1)
	if a.steps > 1 {
		a.weeks, a.newest = m.weeks, weeks
	}
	if len(a.weeks) == 0 {
		a.steps = 1
	}
	k := 0
	for i, id := range m.ids {
		for ; k < len(a.weeks) && a.weeks[k].Place < id; k++ {
		}
		a.from[i] = int32(k)
		for ; k < len(a.weeks) && a.weeks[k].Place == id; k++ {
		}
	}
	a.from[len(m.ids)] = int32(k)
	a.spans = possibleSpans(a.steps)
	return a
}

// possibleSpans lists the spans with their prior weights.
func possibleSpans(steps int) []span {
	out := []span{{rat: -1, weight: spanAll}}
	for from := range steps {
		for to := from + 1; to <= steps; to++ {
			if to-from < steps {
				out = append(out, span{from: from, to: to, rat: -1})
			}
		}
	}
	if n := len(out) - 1; n > 0 {
		for k := range out[1:] {
			out[1+k].weight = spanPart / float64(n)
		}
	} else {
		out[0].weight += spanPart
	}
	for r := 1; r < rats; r++ {
		out = append(out, span{rat: r, weight: spanRAT / float64(rats-1)})
	}
	return out
}

// learn finds how normal places' bad calls spread: the rate of each step over the
// whole window's, and by how much more than chance single places depart from it.
// normal is the probability that a place is normal.
func (a *acting) learn(m *model, normal []float64) {
	var x, n, e [maxSteps]float64
	var byRAT [rats]float64
	for k := range a.factor {
		a.factor[k] = 1
	}
	a.stepAlike, a.ratAlike = unlikely, unlikely
	if m.calls.ref == nil {
		return // not one bad call: nothing to learn from
	}
	for i := range m.places {
		w := normal[i]
		window := a.window(i)
		for at := range window {
			wk := &window[at]
			k := a.step(wk)
			calls := clean(float64(wk.CappedCalls))
			x[k] += w * clean(float64(wk.CappedBad))
			if pl := &m.places[i]; pl.calls > 0 {
				n[k] += w * calls * m.calls.expected[i] / pl.calls
				e[k] += calls * m.calls.expected[i] / pl.calls
			}
		}
		for _, o := range m.calls.obs[m.calls.from[i]:m.calls.from[i+1]] {
			byRAT[m.calls.strata[o.key].class/indoors] += o.n * m.calls.ref.rates[o.key]
		}
	}
	allX, allN, allE, allRAT := 0.0, 0.0, 0.0, 0.0
	for k := range a.steps {
		allX, allN, allE = allX+x[k], allN+n[k], allE+e[k]
	}
	const prior = 30 // events
	for k := range a.steps {
		if allX > 0 && allN > 0 {
			a.factor[k] = (prior + x[k]) / (prior + n[k]*allX/allN)
		}
		a.usual[k] = 1 / float64(a.steps)
		if allE > 0 {
			a.usual[k] = e[k] / allE
		}
	}
	for _, v := range byRAT {
		allRAT += v
	}
	for k, v := range byRAT {
		if allRAT > 0 {
			a.usualRAT[k] = v / allRAT
		}
	}
	var steps, techs dispersion
	for i := range m.places {
		if normal[i] < 0.5 || m.calls.x[i] < leastSpread*m.calls.design[i] {
			continue
		}
		s := a.of(m, i)
		steps.add(s.step[:a.steps], normal[i])
		techs.add(s.rat[:], normal[i])
	}
	a.stepAlike, a.ratAlike = steps.concentration(), techs.concentration()
}

const (
	leastSpread = 5   // effective events from which a place's spread says something
	unlikely    = 1e6 // concentration of places that spread by chance alone
)

// dispersion sums up how much more than chance the events of normal places depart
// from their usual spread over classes: Pearson's χ² has mean (classes−1)·(x+K)/(1+K)
// under a Dirichlet–multinomial of concentration K (Mosimann 1962).
type dispersion struct {
	chi, free, events []float64
}

func (d *dispersion) add(s []count, weight float64) {
	x, e, chi, classes := 0.0, 0.0, 0.0, -1.0
	for _, c := range s {
		x += c.x
		e += c.e
	}
	for _, c := range s {
		if want := x * c.e / e; want > 0.5 {
			chi += (c.x - want) * (c.x - want) / want
			classes++
		}
	}
	if classes > 0 {
		d.chi = append(d.chi, weight*chi)
		d.free = append(d.free, weight*classes)
		d.events = append(d.events, x)
	}
}

// concentration solves for K. A place's χ² counts up to three times its mean: what
// departs by more is a fault that the rate alone does not show.
func (d *dispersion) concentration() float64 {
	const usual, strength = 60.0, 20.0 // believed, and worth so many degrees of freedom
	k := usual
	for range 20 {
		over, room := strength*10/(1+usual), strength*10.0 // excess of χ² over its mean by chance, as (x−1)/(1+K) per degree
		for i, chi := range d.chi {
			most := 3 * d.free[i] * (d.events[i] + k) / (1 + k)
			over += math.Min(chi, most) - d.free[i]
			room += d.free[i] * (d.events[i] - 1)
		}
		next := math.Min(math.Max(room/math.Max(over, 1e-9)-1, 5), unlikely)
		if math.Abs(next-k) < 0.01*k {
			break
		}
		k = next
	}
	return k
}

// window are the weeks of a place that lie in the window; those of a place are sorted,
// the newest first.
func (a *acting) window(i int) []Week {
	from, to := a.from[i], a.from[i+1]
	for from < to && a.weeks[from].Week < 0 {
		from++
	}
	end := from
	for end < to && int(a.weeks[end].Week) < a.newest {
		end++
	}
	return a.weeks[from:end]
}

// step is the step of the window that one of its weeks lies in.
func (a *acting) step(w *Week) int { return int(w.Week) / a.perStep }

// of gives a place's effective events and expectations by step and technology.
// Located calls are known by week; records spread from radio cells are taken to be
// spread over the steps as usual.
func (a *acting) of(m *model, i int) shares {
	var s shares
	c := &m.calls
	pl := &m.places[i]
	e, d := c.expected[i], c.design[i]
	if e <= 0 {
		return s
	}
	if a.steps > 1 {
		var calls, bad [maxSteps]float64
		sum, sumBad := 0.0, 0.0
		window := a.window(i)
		for at := range window {
			w := &window[at]
			k := a.step(w)
			n := math.Max(clean(float64(w.CappedCalls)), clean(float64(w.CappedBad))) * a.factor[k]
			calls[k] += n
			bad[k] += clean(float64(w.CappedBad))
			sum += n
			sumBad += clean(float64(w.CappedBad))
		}
		located := 1.0 // share of the bad calls whose week is known
		if pl.bad > 0 {
			located = math.Min(1, math.Max(pl.bad-m.spreadAt(pl).bad, 0)/pl.bad)
		}
		for k := range a.steps {
			share := a.usual[k]
			if sum > 0 {
				share = calls[k] / sum
			}
			known := share
			if sumBad > 0 {
				known = bad[k] / sumBad
			}
			s.step[k] = count{c.x[i] / d * (located*known + (1-located)*share), e / d * share}
		}
	}
	all := c.obs[c.from[i]:c.from[i+1]]
	total := 0.0
	for _, o := range all {
		r := &s.rat[c.strata[o.key].class/indoors]
		r.x += o.x / d
		n := o.n * c.ref.rates[o.key]
		r.e += n
		total += n
	}
	for r := range s.rat {
		if total > 0 {
			s.rat[r].e *= e / d / total
		}
	}
	return s
}

// add adds the shares of a place to a pool's.
func (s *shares) add(o *shares) {
	for k := range s.step {
		s.step[k].x += o.step[k].x
		s.step[k].e += o.step[k].e
	}
	for k := range s.rat {
		s.rat[k].x += o.rat[k].x
		s.rat[k].e += o.rat[k].e
	}
}

// has tells whether the k-th of a family of shares, steps or technologies, lies in
// the span.
func (sp *span) has(k int) bool {
	if sp.rat >= 0 {
		return k == sp.rat
	}
	return k >= sp.from && k < sp.to
}

// inSpan splits the shares into what lies in a span and what does not.
func (s *shares) inSpan(sp *span, steps int) (in, out count, family []count) {
	family = s.step[:steps]
	if sp.rat >= 0 {
		family = s.rat[:]
	}
	for k, c := range family {
		if sp.has(k) {
			in.x += c.x
			in.e += c.e
		} else {
			out.x += c.x
			out.e += c.e
		}
	}
	return in, out, family
}

// Parts of a family of shares.
type part uint8

const (
	everything part = iota
	inside
	outside
)

// logSpread is the log probability of how events spread over classes in proportion
// to their expectations, given their sum, relative to a multinomial: places differ
// in that by a Dirichlet distribution of the given concentration for all classes.
// which says which classes of the family are meant: all, or those inside or outside
// the span.
func logSpread(s []count, which part, sp *span, concentration, all float64) float64 {
	v, x, e := 0.0, 0.0, 0.0
	for k, c := range s {
		if which != everything && sp.has(k) != (which == inside) || c.e <= 0 {
			continue
		}
		x += c.x
		e += c.e
		if c.x > 0 {
			alpha := concentration * c.e / all
			v += lgammaRatio(alpha, c.x) - c.x*math.Log(c.e)
		}
	}
	if x == 0 {
		return 0
	}
	return v - lgammaRatio(concentration*e/all, x) + x*math.Log(e)
}

// lgammaRatio is log Γ(a+x)/Γ(a).
func lgammaRatio(a, x float64) float64 {
	up, _ := math.Lgamma(a + x)
	down, _ := math.Lgamma(a)
	return up - down
}

// seenSpan is the excess of a span, squared and over its expectation, from which it is
// looked into: less than two standard deviations tell nothing.
const seenSpan = 4

// spanBayes is the log Bayes factor of a fault that acts in each span against a
// normal place, in the order of acting.spans, and the log of their weighted mean.
// out, when not nil, receives the single ones with the log of their weights added.
func (a *acting) spanBayes(pr prior, x, e, normal float64, s *shares, out []float64) float64 {
	return a.mixSpans(func(_ int, c count) float64 { return pr.logFaulty(c.x, c.e) }, nil, x, e, normal, s, out)
}

// mixSpans is spanBayes for a fault that gives the events of span k the log
// probability faulty(k, ·), and acts in it with log probability odds[k]; nil: as the
// spans' weights have it.
func (a *acting) mixSpans(faulty func(k int, c count) float64, odds []float64, x, e, normal float64, s *shares, out []float64) float64 {
	high := math.Inf(-1)
	var room [1 + maxSteps*(maxSteps+1)/2 + rats]float64
	all := out
	if all == nil {
		all = room[:len(a.spans)]
	}
	base := logMarginal(x, e, normal, normal)
	var spread [2]float64
	for k := range a.spans {
		sp := &a.spans[k]
		all[k] = math.Inf(-1)
		weight := math.Log(sp.weight)
		if odds != nil {
			weight = odds[k]
		}
		if k == 0 {
			all[k] = weight + faulty(0, count{x, e}) - base
			high = all[k]
			continue
		}
		in, rest, family := s.inSpan(sp, a.steps)
		if over := in.x - in.e; over <= 0 || in.e <= 0 || rest.e <= 0 || over*over < seenSpan*in.e {
			continue // nothing to see in there
		}
		alike, kind := a.stepAlike, 0
		if sp.rat >= 0 {
			alike, kind = a.ratAlike, 1
		}
		if spread[kind] == 0 {
			spread[kind] = logSpread(family, everything, sp, alike, e)
		}
		all[k] = weight + faulty(k, in) + logMarginal(rest.x, rest.e, normal, normal) - base +
			logSpread(family, inside, sp, alike, e) + logSpread(family, outside, sp, alike, e) - spread[kind]
		high = math.Max(high, all[k])
	}
	sum := 0.0
	for _, v := range all {
		sum += math.Exp(v - high)
	}
	return high + math.Log(sum)
}
