package hotspots

import "math"

// TrendClass says how a hotspot came about and where it is going. The texts
// are part of the API (Trend.Class).
type TrendClass string

// The eight hot classes of Emerging Hot Spot Analysis and "no pattern". A step
// (a week) is hot where Gi* is positive and significant, cold where it is
// negative and significant, neither otherwise. Steps without figures are left
// out. The first definition that holds decides, in this order; docs/trends.md
// says where they come from and why the order matters.
const (
	// TrendNew: hot in the last step and in no step before.
	TrendNew TrendClass = "new"
	// TrendConsecutive: hot in the last two or more steps without a break, in no
	// step before these, and hot in less than 90 % of all steps.
	TrendConsecutive TrendClass = "consecutive"
	// TrendIntensifying: hot in at least 90 % of the steps and in the last one,
	// and Gi* rises significantly (Mann–Kendall).
	TrendIntensifying TrendClass = "intensifying"
	// TrendDiminishing: hot in at least 90 % of the steps and in the last one,
	// and Gi* falls significantly: still hot, but less so.
	TrendDiminishing TrendClass = "diminishing"
	// TrendPersistent: hot in at least 90 % of the steps and in the last one,
	// without a significant trend.
	TrendPersistent TrendClass = "persistent"
	// TrendHistorical: not hot in the last step, but hot in at least 90 % of all.
	TrendHistorical TrendClass = "historical"
	// TrendOscillating: hot in the last step and in less than 90 % of all, with
	// at least one cold step before.
	TrendOscillating TrendClass = "oscillating"
	// TrendSporadic: hot in the last step and in less than 90 % of all, on and
	// off before, and never cold.
	TrendSporadic TrendClass = "sporadic"
	// TrendNone: everything else. A place that was never hot is here, also when
	// it was cold and warms; so is a place without figures in the last step.
	TrendNone TrendClass = "no_pattern"
)

// TrendStep is one place in one step.
type TrendStep struct {
	Z float64 // Gi*; NaN = undefined (no exposure)
	P float64 // two-sided p-value of Z, adjusted over the places of the step
}

// TrendParams are the limits of the classes.
type TrendParams struct {
	Alpha      float64 // a step is hot or cold when its adjusted p-value is at most this
	Share      float64 // share of hot steps that makes a place hot nearly always
	TrendAlpha float64 // Gi* rises or falls when Mann–Kendall's two-sided p-value is at most this
}

// DefaultTrendParams returns 5 %, 90 % and 5 %.
func DefaultTrendParams() TrendParams {
	return TrendParams{Alpha: 0.05, Share: 0.9, TrendAlpha: 0.05}
}

// Hot reports whether the step is a significant hot spot.
func (s TrendStep) Hot(p TrendParams) bool { return s.Z > 0 && s.P <= p.Alpha }

// Cold reports whether the step is a significant cold spot.
func (s TrendStep) Cold(p TrendParams) bool { return s.Z < 0 && s.P <= p.Alpha }

// ClassifyTrend returns the class of one place; steps are oldest first.
func ClassifyTrend(steps []TrendStep, p TrendParams) TrendClass {
	if len(steps) == 0 || math.IsNaN(steps[len(steps)-1].Z) {
		return TrendNone
	}
	known, hot, run, everCold := 0, 0, 0, false
	series := make([]float64, len(steps))
	for i, s := range steps {
		series[i] = s.Z
		if math.IsNaN(s.Z) {
			continue
		}
		known++
		everCold = everCold || s.Cold(p)
		if s.Hot(p) {
			hot++
			run++
		} else {
			run = 0
		}
	}
	// Half a thousandth of a step: 0.9·10 is not exactly 9.
	nearlyAlways := float64(hot) >= p.Share*float64(known)-0.0005
	if run == 0 {
		if hot > 0 && nearlyAlways {
			return TrendHistorical
		}
		return TrendNone
	}
	switch {
	case hot == 1:
		return TrendNew
	case hot == run && !nearlyAlways:
		return TrendConsecutive
	case nearlyAlways:
		switch trend := MannKendall(series); {
		case trend.P <= p.TrendAlpha && trend.S > 0:
			return TrendIntensifying
		case trend.P <= p.TrendAlpha && trend.S < 0:
			return TrendDiminishing
		}
		return TrendPersistent
	case everCold:
		return TrendOscillating
	}
	return TrendSporadic
}

// PlaceTrend is the course of one place.
type PlaceTrend struct {
	Class TrendClass
	Steps []TrendStep // oldest first
}

// EmergingHotSpots classifies every place of a set. values[s][i] is the value
// (rate) of place i in step s, oldest step first, NaN without exposure;
// neighbours is as for GiStar. Each step is a map of its own: Gi* over its
// places, Benjamini–Hochberg over their two-sided p-values.
func EmergingHotSpots(values [][]float64, neighbours [][]int32, p TrendParams) []PlaceTrend {
	trends := make([]PlaceTrend, len(neighbours))
	backing := make([]TrendStep, len(neighbours)*len(values))
	for i := range trends {
		trends[i].Steps = backing[i*len(values) : (i+1)*len(values) : (i+1)*len(values)]
	}
	for s, step := range values {
		z := GiStar(step, neighbours)
		twoSided, _ := GiStarP(z)
		for i, adjusted := range BenjaminiHochberg(twoSided) {
			trends[i].Steps[s] = TrendStep{Z: z[i], P: adjusted}
		}
	}
	for i := range trends {
		trends[i].Class = ClassifyTrend(trends[i].Steps, p)
	}
	return trends
}
