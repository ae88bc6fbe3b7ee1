package hotspots

import "math"

// fitCheck says how well normal places follow the fitted model: the share of
// places above the model's upper 5 % point, among places that expect at least
// one event. Much more than 5 % plus the faulty share means a poor fit.
type fitCheck struct {
	Places   int     // places that expect at least one event
	Above    float64 // share of them above the 95 % point of a normal place
	Fallback bool    // too little data: default prior
}

const (
	clipRounds = 6 // rounds that clip high places
	softRounds = 4 // rounds that weight places by their chance of being normal
	clipWidth  = 2.5
)

// fitChannel finds reference rates and priors together. First high counts are
// clipped to what a normal place could show, which finds the level of normal
// places though some are faulty; then every place counts as much as it is likely
// to be normal, and the prior is refitted.
func fitChannel(c *channel, tree *regionTree, scene func(i int) int32) {
	n := len(c.x)
	c.ref = newReference(tree, c.strata)
	c.expected = make([]float64, n)
	wx, wn := make([]float64, n), make([]float64, n)
	for i := range wx {
		wx[i], wn[i] = 1, 1
	}
	heterogeneity := 0.06
	for range clipRounds {
		c.ref.estimate(c, wx, wn, heterogeneity)
		c.expectAll(wx, wn)
		for i, x := range c.x {
			if x > 0 {
				e := c.expected[i]
				top := e + clipWidth*math.Sqrt(e*c.design[i]+heterogeneity*e*e)
				wx[i] = math.Min(1, top/x)
			}
		}
	}
	all := defaultPrior
	events := 0.0
	for i, x := range c.x {
		events += x / c.design[i]
	}
	enough := events >= 30
	for range softRounds {
		switch bins := c.binned(func(int) bool { return true }); {
		case c.propensity:
			all = fitScatter(bins)
		case enough:
			around := defaultPrior
			around.normal = 1 / lowerScatter(bins, 1/defaultPrior.normal)
			all = fitPrior(bins, around, 8)
		}
		for i, x := range c.x {
			normal := 1.0
			if x > 0 && c.expected[i] > 0 {
				d := c.design[i]
				normal = 1 - chance(all.faulty, all.logBayes(x/d, c.expected[i]/d, all.normal))
			}
			wx[i], wn[i] = normal, normal
		}
		c.ref.estimate(c, wx, wn, 1/all.normal)
		c.expectAll(wx, wn)
	}
	c.priors = make([]prior, scenes)
	var present [scenes]bool
	for i := range c.x {
		present[scene(i)] = present[scene(i)] || c.x[i] > 0
	}
	for s := range c.priors {
		c.priors[s] = all
		if enough && present[s] && !c.propensity {
			bins := c.binned(func(i int) bool { return scene(i) == int32(s) })
			around := all
			around.normal = 1 / lowerScatter(bins, 1/all.normal)
			c.priors[s] = fitPrior(bins, around, 6)
		}
	}
	c.fit = c.check(scene)
	c.fit.Fallback = !enough
}

func (c *channel) expectAll(wx, wn []float64) {
	for i := range c.expected {
		c.expected[i] = c.ref.expect(c.obs[c.from[i]:c.from[i+1]], wx[i], wn[i])
	}
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
