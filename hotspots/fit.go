package hotspots

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"
)

// fitCheck says how well normal places follow the fitted model: the share of
// places above the model's upper 5 % point, among places that expect at least
// one event. Much more than 5 % plus the faulty share means a poor fit.
type fitCheck struct {
	Places   int     // places that expect at least one event
	Above    float64 // share of them above the 95 % point of a normal place
	Fallback bool    // too little data: default prior
}

const (
	clipRounds = 5 // rounds that clip high places
	softRounds = 3 // rounds that weight places by their chance of being normal
	clipWidth  = 2.5
)

// fitChannel finds reference rates and priors together. First high counts are
// clipped to what a normal place could show, which finds the level of normal
// places though some are faulty; then every place counts as much as it is likely
// to be normal, and the prior is refitted.
func fitChannel(c *channel, tree *regionTree, scene func(i int) int32) {
	n := len(c.x)
	c.expected = make([]float64, n)
	c.priors = make([]prior, scenes)
	for s := range c.priors {
		c.priors[s] = defaultPrior
	}
	events := 0.0
	for i, x := range c.x {
		events += x / c.design[i]
	}
	c.fit.Fallback = events < leastEvents
	if events == 0 {
		return // nothing expected either: the channel says nothing
	}
	c.ref = newReference(tree, c.strata)
	c.ref.countPlaces(c)
	if c.counts {
		c.ref.most = math.Inf(1)
	}
	wx, wn := make([]float64, n), make([]float64, n)
	for i := range wx {
		wx[i], wn[i] = 1, 1
	}
	heterogeneity := 1 / defaultPrior.normal
	for range clipRounds {
		c.ref.estimate(c, wx, wn)
		inParallel(n, func(i int) { c.expected[i] = c.ref.roughly(c.obs[c.from[i]:c.from[i+1]]) })
		level := c.level(heterogeneity)
		inParallel(n, func(i int) {
			e := level * c.expected[i]
			wn[i] = c.voice(i, e, heterogeneity)
			wx[i] = wn[i]
			if x := c.x[i]; x > 0 {
				top := e + clipWidth*math.Sqrt(e*c.design[i]+heterogeneity*e*e)
				wx[i] *= math.Min(1, top/x)
			}
		})
	}
	c.expectAll(wx, wn, heterogeneity)
	all := defaultPrior
	for range softRounds {
		switch bins := c.binned(scene)[scenes]; {
		case c.propensity:
			all = fitScatter(bins)
		case !c.fit.Fallback:
			around := defaultPrior
			around.normal = 1 / lowerScatter(bins, 1/defaultPrior.normal)
			all = fitPrior(bins, around, 8)
		}
		inParallel(n, func(i int) {
			wn[i] = c.voice(i, c.expected[i], 1/all.normal)
			if x := c.x[i]; x > 0 && c.expected[i] > 0 {
				d := c.design[i]
				wn[i] *= 1 - chance(all.faulty, all.logBayes(x/d, c.expected[i]/d, all.normal))
			}
			wx[i] = wn[i]
		})
		c.ref.estimate(c, wx, wn)
		c.expectAll(wx, wn, 1/all.normal)
	}
	binned := c.binned(scene)
	if !c.fit.Fallback && !c.propensity {
		c.sizes = fitSizes(binned[scenes], all)
	}
	for s, bins := range binned {
		if s == int(scenes) {
			break
		}
		c.priors[s] = all
		if !c.fit.Fallback && !c.propensity && len(bins) > 0 {
			around := all
			around.normal = 1 / lowerScatter(bins, 1/all.normal)
			c.priors[s] = fitPrior(bins, around, 6)
		}
	}
	fallback := c.fit.Fallback
	c.fit = c.check(scene)
	c.fit.Fallback = fallback
}

// voice is how much of a place's use counts for what is normal. Places differ by
// nature, so a large one tells little more than a middling one: with variance
// d·e + h·e² of its events, d/(d + h·e) of them make it count in proportion to what
// it tells. A large fault cannot outvote many places.
func (c *channel) voice(i int, e, heterogeneity float64) float64 {
	return c.design[i] / (c.design[i] + heterogeneity*e)
}

// level is where the middle place stands against the reference, by what places tell,
// and 1 at most: a fault that covers a quarter raises the rates of its strata whatever
// part of it is left out or clipped, and then most places lie below. The median of a
// count is a third below its mean, that of a gamma with variance h by the share h/3.
func (c *channel) level(heterogeneity float64) float64 {
	const least, bins, most = 2.0, 800, 4.0
	var weight [bins]float64
	total := 0.0
	for i, e := range c.expected {
		e /= c.design[i]
		if e < least {
			continue
		}
		ratio := (c.x[i]/c.design[i] + 1.0/3) / e
		w := e / (1 + heterogeneity*e)
		weight[min(int(ratio/most*bins), bins-1)] += w
		total += w
	}
	if total < 30 || c.propensity || c.counts {
		return 1
	}
	below := 0.0
	for k, w := range weight {
		if below+w >= total/2 {
			middle := (float64(k) + (total/2-below)/w) * most / bins
			return math.Min(1, middle/(1-heterogeneity/3))
		}
		below += w
	}
	return 1
}

// leastEvents is how many effective events a prior is fitted on.
const leastEvents = 30

// expectAll fills expected. Own data are left out where there are any events.
func (c *channel) expectAll(wx, wn []float64, heterogeneity float64) {
	c.ref.scale = 1
	inParallel(len(c.x), func(i int) {
		all := c.obs[c.from[i]:c.from[i+1]]
		if c.x[i] > 0 {
			c.expected[i] = c.ref.expect(all, wx[i], wn[i])
		} else {
			c.expected[i] = c.ref.roughly(all)
		}
	})
	c.ref.scale = c.level(heterogeneity)
	inParallel(len(c.x), func(i int) { c.expected[i] *= c.ref.scale })
}

// inParallel calls do for 0 … n−1, each of which must write only what is its own,
// so that the result does not depend on how the work is shared out.
func inParallel(n int, do func(i int)) {
	workers := runtime.GOMAXPROCS(0)
	if n < 4096 || workers < 2 {
		for i := range n {
			do(i)
		}
		return
	}
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			for i := n * w / workers; i < n*(w+1)/workers; i++ {
				do(i)
			}
		})
	}
	wait.Wait()
}

// eachInParallel is inParallel for few pieces of much and uneven work.
func eachInParallel(n int, do func(i int)) {
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wait.Wait()
}

// check counts the places above the upper 5 % point of a normal place (normal
// approximation of the square root, which is close for one event and more).
func (c *channel) check(scene func(i int) int32) fitCheck {
	var f fitCheck
	above := 0
	for i, e := range c.expected {
		e /= c.design[i]
		if e < 1 {
			continue
		}
		f.Places++
		spread := math.Sqrt(0.25 + e/c.priors[scene(i)].normal/4)
		if math.Sqrt(c.x[i]/c.design[i]) > math.Sqrt(e)+1.645*spread {
			above++
		}
	}
	if f.Places > 0 {
		f.Above = float64(above) / float64(f.Places)
	}
	return f
}
