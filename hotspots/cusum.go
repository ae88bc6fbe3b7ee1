package hotspots

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// WarningParams set the early warning: a sequential test per place, day by
// day, for a rise of the rate of bad calls over what the place's posterior
// says is normal. docs/early-warning.md derives it.
type WarningParams struct {
	// FalseAlarms is the stated false-alarm rate: the mean number of alarms
	// without a cause, per region and month, is at most this.
	FalseAlarms float64
	// Days is the length of that month.
	Days int
	// Ratios are the rises looked for, as factors on the normal rate, each
	// equally likely beforehand. All greater than 1.
	Ratios []float64
}

// DefaultWarningParams returns one false alarm per region and 30 days, and
// rises by half, to double and to four times the normal rate.
func DefaultWarningParams() WarningParams {
	return WarningParams{FalseAlarms: 1, Days: 30, Ratios: []float64{1.5, 2, 4}}
}

// WarningPrior is what is known about a place before the days under test: its
// rate λ of bad calls per call has a Gamma(Shape, Rate) distribution (mean
// Shape/Rate), and a day's count of bad calls has variance Dispersion × mean
// (1 = Poisson; the design effect where calls of one customer are alike).
type WarningPrior struct {
	Shape, Rate float64
	Dispersion  float64
}

// WarningDay is one day at one place. Both figures are capped per customer,
// like Exposure; a day without exposure says nothing.
type WarningDay struct {
	Exposure float64 // calls
	Bad      float64 // bad calls
}

// Warning is the result for one place.
type Warning struct {
	Alarm     int     // index of the day that raised the alarm; −1 = none
	Since     int     // most likely first day of the rise; −1 without an alarm
	Statistic float64 // natural logarithm of the statistic on the day Alarm, or the last day
	Threshold float64 // natural logarithm of the alarm threshold
}

// Threshold returns the alarm threshold for a region with that many places
// under test:
//
//	A = places · Days / FalseAlarms
//
// It bounds the false alarms because the statistic R_t of EarlyWarning minus t
// is a martingale while nothing changes: a place raises an alarm within m days
// with probability at most m/A, and on average not before A days (Pollak 1987).
func (p WarningParams) Threshold(places int) float64 {
	return float64(max(places, 1)) * float64(p.Days) / p.FalseAlarms
}

// Validate reports what is wrong with the parameters.
func (p WarningParams) Validate() error {
	var faults []error
	if !(p.FalseAlarms > 0) {
		faults = append(faults, errors.New("FalseAlarms must be positive"))
	}
	if p.Days < 1 {
		//lint:ignore ST1005 the name of a parameter
		faults = append(faults, errors.New("Days must be at least 1"))
	}
	if len(p.Ratios) == 0 {
		//lint:ignore ST1005 the name of a parameter
		faults = append(faults, errors.New("Ratios must name at least one rise"))
	}
	for _, r := range p.Ratios {
		if !(r > 1) || math.IsInf(r, 0) {
			faults = append(faults, fmt.Errorf("ratio %v must be greater than 1", r))
		}
	}
	return errors.Join(faults...)
}

// EarlyWarning tests one place's days, oldest first, against its prior; places
// is the number of places under test in its region. The statistic is the
// Shiryaev–Roberts statistic, the sum that a CUSUM takes the maximum of:
//
//	R_t = Σ_{s ≤ t} Pr(x_1 … x_t | rise on day s) / Pr(x_1 … x_t | no rise)
//
// Both probabilities are integrated over the same prior of λ, so an unsure
// prior needs stronger evidence and a place is not blamed for having been
// worse than its prior said all along. The alarm is the first day with
// R_t ≥ Threshold. To go on after an alarm, call again with later days and the
// prior that holds from then on.
//
// Sources: Page (1954), Biometrika 41, 100–115; Shiryaev (1963), Theory
// Probab. Appl. 8, 22–46; Pollak (1987), Ann. Stat. 15, 749–779.
func EarlyWarning(days []WarningDay, prior WarningPrior, p WarningParams, places int) (Warning, error) {
	if err := p.Validate(); err != nil {
		return Warning{}, fmt.Errorf("early warning: %w", err)
	}
	if !(prior.Shape > 0 && prior.Rate > 0 && prior.Dispersion >= 1) || math.IsInf(prior.Shape+prior.Rate+prior.Dispersion, 0) {
		return Warning{}, fmt.Errorf("early warning: prior %+v needs a positive shape and rate and a dispersion of at least 1", prior)
	}
	for i, d := range days {
		if !(d.Exposure >= 0 && d.Bad >= 0) || math.IsInf(d.Exposure+d.Bad, 0) || d.Bad > 0 && d.Exposure == 0 {
			return Warning{}, fmt.Errorf("early warning: day %d has %v bad calls in %v calls", i, d.Bad, d.Exposure)
		}
	}
	w := Warning{Alarm: -1, Since: -1, Statistic: math.Inf(-1), Threshold: math.Log(p.Threshold(places))}
	test := newWarnTest(prior, p.Ratios)
	for i, d := range days {
		w.Statistic = test.step(d)
		if w.Statistic >= w.Threshold {
			w.Alarm = i
			w.Since = newWarnTest(prior, p.Ratios).likeliestStart(days[:i+1])
			break
		}
	}
	return w, nil
}

// warnLevels are the cumulative probabilities at which the prior of λ is cut
// into pieces: finer in the upper tail, where a normal place looks like a risen one.
var warnLevels = []float64{0, 0.05, 0.15, 0.3, 0.45, 0.6, 0.72, 0.82, 0.9, 0.95, 0.98, 0.993, 0.998, 1}

// warnTest is the state of the test of one place.
type warnTest struct {
	rates      []float64   // λ of each piece of the prior
	ratios     []float64   // rises
	dispersion float64     // variance/mean of a day's count
	normal     []float64   // log of weight × Pr(days | λ, no rise), per piece
	risen      [][]float64 // Σ_s Pr(days | λ, rise on s) / Pr(days | λ, no rise), per ratio and piece
}

func newWarnTest(prior WarningPrior, ratios []float64) *warnTest {
	t := &warnTest{ratios: ratios, dispersion: prior.Dispersion}
	for i, low := range warnLevels[:len(warnLevels)-1] {
		high := warnLevels[i+1]
		// A prior close to zero has quantiles that underflow.
		rate := max(mathext.GammaIncRegInv(prior.Shape, (low+high)/2), 1e-9*prior.Shape) / prior.Rate
		t.rates = append(t.rates, rate)
		t.normal = append(t.normal, math.Log(high-low))
	}
	for range ratios {
		t.risen = append(t.risen, make([]float64, len(t.rates)))
	}
	return t
}

// step takes one day in and returns log R.
func (t *warnTest) step(d WarningDay) float64 {
	share := 1 / float64(len(t.ratios))
	for g, rate := range t.rates {
		normal := t.logProbability(d, rate)
		t.normal[g] += normal
		for k, ratio := range t.ratios {
			// A rise may begin today: add the history without one. A burst must
			// not overflow; such an R is beyond any threshold.
			factor := math.Exp(min(t.logProbability(d, ratio*rate)-normal, 600))
			t.risen[k][g] = min((t.risen[k][g]+share)*factor, 1e300)
		}
	}
	largest := slices.Max(t.normal)
	risen, total := 0.0, 0.0
	for g, n := range t.normal {
		weight := math.Exp(n - largest)
		total += weight
		for k := range t.ratios {
			risen += weight * (t.risen[k][g] / 1e3) // pieces of 1e300 can still be added up
		}
	}
	return math.Log(risen/total) + math.Log(1e3)
}

// logProbability is the log-probability of the day's count at rate λ, without
// the terms that do not depend on λ: Poisson, or negative binomial with
// variance dispersion × mean.
func (t *warnTest) logProbability(d WarningDay, rate float64) float64 {
	mean := rate * d.Exposure
	if mean == 0 {
		return 0
	}
	if t.dispersion < 1+1e-6 {
		return d.Bad*math.Log(mean) - mean
	}
	size := mean / (t.dispersion - 1)
	return warnLogRising(size, d.Bad) - size*math.Log(t.dispersion)
}

// warnLogRising returns log Γ(r+x)/Γ(r).
func warnLogRising(r, x float64) float64 {
	if x == math.Floor(x) && x <= 16 {
		product := 1.0
		for i := 0.0; i < x; i++ {
			product *= r + i
		}
		return math.Log(product)
	}
	a, _ := math.Lgamma(r + x)
	b, _ := math.Lgamma(r)
	return a - b
}

// warnLogAdd returns log(e^a + e^b).
func warnLogAdd(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	if math.IsInf(b, -1) {
		return a
	}
	return a + math.Log1p(math.Exp(b-a))
}

// likeliestStart returns the day on which a rise most likely began, given that
// there was one, and −1 without days. The receiver must be fresh.
func (t *warnTest) likeliestStart(days []WarningDay) int {
	if len(days) == 0 {
		return -1
	}
	// likelihood[s] collects Pr(days | rise on s) over rises and rates.
	likelihood := make([]float64, len(days))
	for s := range likelihood {
		likelihood[s] = math.Inf(-1)
	}
	before := make([]float64, len(days)+1)
	for g, rate := range t.rates {
		for i, d := range days {
			before[i+1] = before[i] + t.logProbability(d, rate)
		}
		for _, ratio := range t.ratios {
			after := 0.0
			for s := len(days) - 1; s >= 0; s-- {
				after += t.logProbability(days[s], ratio*rate)
				likelihood[s] = warnLogAdd(likelihood[s], t.normal[g]+before[s]+after)
			}
		}
	}
	return slices.Index(likelihood, slices.Max(likelihood))
}
