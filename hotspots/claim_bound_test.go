package hotspots

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// Hanley and Lippman-Hand's rule of three and its relatives: the table of
// issue 5.
func TestSmallestSample(t *testing.T) {
	for share, want := range map[float64][3]int{
		0.95: {59, 93, 208},
		0.98: {149, 236, 523},
		0.99: {299, 473, 1049},
	} {
		for i, failures := range []int{0, 1, 5} {
			got, err := SmallestSample(share, failures, 0.95)
			if err != nil || got != want[i] {
				t.Errorf("share %v, %d failures: %d (%v), want %d", share, failures, got, err, want[i])
			}
			// The sample is enough for the exact bound, one customer less is not.
			for n, enough := range map[int]bool{got: true, got - 1: false} {
				_, upper, err := ClaimBound([]ClaimUnits{{float64(n - failures), 1, 0}, {float64(failures), 1, 1}}, 1, 0.95)
				if err != nil || (upper <= 1-share) != enough {
					t.Errorf("share %v, %d of %d fail: upper bound %v, enough %v (%v)", share, failures, n, upper, enough, err)
				}
			}
		}
	}
	for _, bad := range []struct {
		share    float64
		failures int
		conf     float64
	}{{0, 1, 0.95}, {1, 1, 0.95}, {0.9, -1, 0.95}, {0.9, 0, 1}, {math.NaN(), 0, 0.95}} {
		if n, err := SmallestSample(bad.share, bad.failures, bad.conf); err == nil {
			t.Errorf("%+v gave %d", bad, n)
		}
	}
}

func TestClaimPositive(t *testing.T) {
	// Gamma(a)·p − Gamma(b)·q > 0 exactly when a Beta(a, b) variable exceeds q/(p+q).
	for _, c := range [][4]float64{{1, 1, 1, 1}, {1, 1, 0.99, 0.01}, {1, 300, 0.99, 0.01}, {6, 1000, 0.99, 0.01}, {0.3, 2.5, 2, 3}, {1e3, 1e5, 0.9901, 0.01}, {2, 1, 1, 1e-6}, {1e5, 1, 0.3, 0.7},
		{400, 3, 0.01, 0.99}, {1000, 1000, 0.501, 0.499}, {1000, 1000, 0.499, 0.501}, {50, 0.5, 0.2, 6}} {
		a, b, p, q := c[0], c[1], c[2], c[3]
		want := distuv.Beta{Alpha: b, Beta: a}.CDF(p / (p + q))
		oracleNear(t, fmt.Sprint("beta ", c), claimPositive([]claimTerm{{a, p}, {b, -q}}), want, 1e-9, 0)
	}
	// Two positive exponentials of different size against one negative:
	// Pr(aX + bY > cZ) = 1 − Pr(Z > (aX+bY)/c) = 1 − 1/((1+a/c)(1+b/c)).
	for _, c := range [][3]float64{{1, 2, 3}, {0.01, 5, 1}, {1e-4, 1e-3, 1}} {
		want := 1 - 1/((1+c[0]/c[2])*(1+c[1]/c[2]))
		oracleNear(t, fmt.Sprint("three ", c), claimPositive([]claimTerm{{1, c[0]}, {1, c[1]}, {1, -c[2]}}), want, 1e-9, 0)
	}
	// Many terms of many sizes against sampling.
	r := rand.New(rand.NewPCG(8, 8))
	for range 20 {
		terms := make([]claimTerm, 2+r.IntN(6))
		for i := range terms {
			terms[i] = claimTerm{math.Exp(3 * r.NormFloat64()), math.Exp(2*r.NormFloat64()) * float64(1-2*r.IntN(2))}
		}
		terms[0].factor, terms[1].factor = math.Abs(terms[0].factor), -math.Abs(terms[1].factor)
		const draws = 20000
		positive := 0
		for range draws {
			sum := 0.0
			for _, t := range terms {
				sum += t.factor * distuv.Gamma{Alpha: t.shape, Beta: 1, Src: r}.Rand()
			}
			if sum > 0 {
				positive++
			}
		}
		got, want := claimPositive(terms), float64(positive)/draws
		if !(math.Abs(got-want) < 0.016) { // four standard errors at most
			t.Errorf("%v: %v, sampled %v", terms, got, want)
		}
	}
	if got := claimPositive([]claimTerm{{2, -1}, {3, 0}}); got != 0 {
		t.Errorf("nothing positive: %v", got)
	}
	if got := claimPositive([]claimTerm{{2, 1}, {3, 0}}); got != 1 {
		t.Errorf("nothing negative: %v", got)
	}
}

// Whatever the road, independent customers get Clopper and Pearson's bounds.
func TestClaimBoundIsExactForIndependentCustomers(t *testing.T) {
	for _, c := range [][2]float64{{0, 59}, {1, 93}, {5, 208}, {50, 50}, {3, 100000}, {400, 1000}} {
		x, n := c[0], c[1]
		wantLower, wantUpper := ClopperPearson(x, n, 0.9)
		lower, upper, err := ClaimBound([]ClaimUnits{{n - x, 1, 0}, {x, 1, 1}}, 1, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		oracleNear(t, fmt.Sprint(c, " lower"), lower, wantLower, 1e-12, 1e-9)
		oracleNear(t, fmt.Sprint(c, " upper"), upper, wantUpper, 1e-12, 1e-9)
		// Customers with ten calls each that all share one fate are no more evidence.
		lower, upper, err = ClaimBound([]ClaimUnits{{n - x, 10, 0}, {x, 10, 10}}, 1, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		oracleNear(t, fmt.Sprint(c, " lower of tens"), lower, wantLower, 1e-7, 1e-9)
		oracleNear(t, fmt.Sprint(c, " upper of tens"), upper, wantUpper, 1e-7, 1e-9)
	}
}

// The computed quantile is that of the bootstrap it stands for.
func TestClaimBoundAgainstSampling(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	units := []ClaimUnits{{30, 5, 0}, {8, 12, 1}, {3, 40, 2}, {2, 7, 7}}
	lower, upper, err := ClaimBound(units, 1, 0.95)
	if err != nil {
		t.Fatal(err)
	}
	added := (30.*5*5*5 + 8*12*12*12 + 3*40*40*40 + 2*7*7*7) / (30*5*5 + 8*12*12 + 3*40*40 + 2*7*7)
	const draws = 200000
	above, below := 0, 0
	for range draws {
		events, base := 0.0, 0.0
		for _, u := range units {
			w := distuv.Gamma{Alpha: u.Count, Beta: 1, Src: r}.Rand()
			events += w * u.Events
			base += w * u.Base
		}
		w := r.ExpFloat64()
		if (events+added*w)/(base+added*w) > upper {
			above++
		}
		if events/(base+added*w) < lower {
			below++
		}
	}
	if a, b := float64(above)/draws, float64(below)/draws; math.Abs(a-0.05) > 0.002 || math.Abs(b-0.05) > 0.002 {
		t.Errorf("sampled: %v above the upper bound, %v below the lower, want 0.05", a, b)
	}
}

func TestClaimBoundRefuses(t *testing.T) {
	for _, units := range [][]ClaimUnits{{{-1, 1, 0}}, {{1, math.NaN(), 0}}, {{1, 0, 2}}, {{math.Inf(1), 1, 0}}} {
		if _, _, err := ClaimBound(units, 1, 0.95); err == nil {
			t.Errorf("%v was accepted", units)
		}
	}
	if _, _, err := ClaimBound(nil, 1, 1.5); err == nil {
		t.Error("confidence 1.5 was accepted")
	}
	if _, _, err := ClaimBound(nil, 0.5, 0.95); err == nil {
		t.Error("half an event per call at most was accepted")
	}
	if lower, upper, err := ClaimBound(nil, 1, 0.95); err != nil || lower != 0 || !math.IsInf(upper, 1) {
		t.Errorf("no units: %v, %v, %v", lower, upper, err)
	}
}
