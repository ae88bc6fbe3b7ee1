package hotspots

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// claimShare is the evidence for "this share of the area (road, venues) meets
// the threshold".
type claimShare struct {
	units   []claimShareUnit // those with use
	total   float64          // size of the area
	unknown float64          // size without use
	limit   float64          // share of a unit's customers that may be bad
}

type claimShareUnit struct{ size, customers, bad float64 }

func newClaimShare(ev *ClaimEvidence, c Claim) *claimShare {
	s := &claimShare{total: ev.TotalSize, unknown: ev.TotalSize, limit: c.failing()}
	for _, u := range ev.Units {
		if n, bad := claimUnit(u, c.Metric); n > 0 {
			s.units = append(s.units, claimShareUnit{u.Size, n, bad})
			s.unknown -= u.Size
		}
	}
	s.unknown = max(0, s.unknown)
	return s
}

// scaled has k times as many customers in every unit with use.
func (s *claimShare) scaled(k float64) *claimShare {
	t := *s
	t.units = slices.Clone(s.units)
	for i := range t.units {
		t.units[i].customers *= k
		t.units[i].bad *= k
	}
	return &t
}

// value is the share measured: units whose own share of bad customers is within
// the limit, of the whole area. Units without use do not meet anything.
func (s *claimShare) value() float64 {
	met := 0.0
	for _, u := range s.units {
		if u.bad <= s.limit*u.customers {
			met += u.size
		}
	}
	return met / s.total
}

// claimShareLevel is the part of alpha at which a single unit must be shown to meet
// the limit; see lower.
const claimShareLevel = 0.1

// lower is the one-sided lower bound of the share that meets the limit.
//
// Every unit with use has an exact binomial p-value for "more than the limit of
// its customers are bad"; units with p ≤ γ·alpha (γ = 0.1) are shown to meet it.
// U is the size without use, G the size with use that is not shown to meet it, T
// the whole. The bound is 1 − (U + G/(1−γ))/T.
//
// Why it holds, however the units depend on each other (customers use several of
// them): let F be the units with use that truly fail, of size f. Each is wrongly
// shown to meet the limit with probability at most γ·alpha, so by Markov's
// inequality more than γ·f of their size is, with probability at most alpha. Otherwise
// G ≥ (1−γ)·f, so what fails is at most U + G/(1−γ).
func (s *claimShare) lower(alpha float64) float64 {
	open := 0.0
	for _, u := range s.units {
		if claimBinomialAtMost(u.bad, u.customers, s.limit) > claimShareLevel*alpha {
			open += u.size
		}
	}
	return max(0, 1-(s.unknown+open/(1-claimShareLevel))/s.total)
}

// upper is the one-sided upper bound: one minus the share of units that are
// shown to fail by Holm's procedure over their exact binomial p-values (Holm
// 1979, Scand. J. Stat. 6, 65–70). Units without use may all be good.
func (s *claimShare) upper(alpha float64) float64 {
	type weighed struct{ p, size float64 }
	units := make([]weighed, len(s.units))
	for i, u := range s.units {
		units[i] = weighed{claimBinomialAtLeast(u.bad, u.customers, s.limit), u.size}
	}
	slices.SortFunc(units, func(a, b weighed) int { return cmp.Compare(a.p, b.p) })
	failing := 0.0
	for i, u := range units {
		if u.p > alpha/float64(len(units)-i) {
			break
		}
		failing += u.size
	}
	return 1 - failing/s.total
}

// claimBinomialAtMost is Pr(Binomial(n, p) ≤ x), continued to fractional x and n.
func claimBinomialAtMost(x, n, p float64) float64 {
	if x >= n {
		return 1
	}
	return mathext.RegIncBeta(n-x, x+1, 1-p)
}

// claimBinomialAtLeast is Pr(Binomial(n, p) ≥ x).
func claimBinomialAtLeast(x, n, p float64) float64 {
	if x <= 0 {
		return 1
	}
	return mathext.RegIncBeta(x, n-x+1, p)
}

// claimNeeded returns the smallest factor k ≥ 1 on the sample for which enough
// holds, or +Inf when a million times the sample would not do.
func claimNeeded(enough func(k float64) bool) float64 {
	if enough(1) {
		return 1
	}
	low, high := 1.0, 2.0
	for !enough(high) {
		if low, high = high, 2*high; high > 1e6 {
			return math.Inf(1)
		}
	}
	for high/low > 1.0005 {
		if middle := math.Sqrt(low * high); enough(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}
