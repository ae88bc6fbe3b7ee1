package hotspots

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// trendSteps reads a course: a number is Gi*, "-" a week without figures. P is
// the plain two-sided p-value, so |z| ≥ 1.96 is significant.
func trendSteps(t *testing.T, course string) []TrendStep {
	t.Helper()
	var steps []TrendStep
	for _, word := range strings.Fields(course) {
		z := math.NaN()
		if word != "-" {
			z = oracleNumber(t, map[string]string{"z": word}, "z")
		}
		steps = append(steps, TrendStep{Z: z, P: 2 * distuv.UnitNormal.CDF(-math.Abs(z))})
	}
	return steps
}

func TestClassifyTrend(t *testing.T) {
	for _, c := range []struct {
		name, course string
		want         TrendClass
	}{
		{"hot for the first time", "0 0.3 -1 0.2 1 0 0.5 3", TrendNew},
		{"hot for the first time after cold weeks", "-3 -3 0 0 1 0 0.5 3", TrendNew},
		{"a single week", "3", TrendNew},
		{"hot in the last two weeks", "0 0.3 -1 0.2 1 0 2.5 3", TrendConsecutive},
		{"hot in the last eight of ten", "0 1 2.5 3 3 2.7 2.2 4 3 3", TrendConsecutive},
		{"two weeks, both hot", "2.5 3", TrendPersistent},
		{"always hot and rising", "2.1 2.4 2.6 3 3.1 3.4 4 4.2", TrendIntensifying},
		{"nine of ten hot and rising", "2.1 1.9 2.4 2.6 3 3.1 3.4 4 4.2 5", TrendIntensifying},
		{"always hot and falling", "6 5.4 5 4.8 4 3.1 2.7 2.2", TrendDiminishing},
		{"always hot without trend", "3 4 3.2 3.9 3.1 4.1 3 3.8", TrendPersistent},
		{"nine of ten hot, once cold", "3 4 -2.5 3.9 3.1 4.1 3 3.8 3.3 3.6", TrendPersistent},
		{"on and off, hot now", "3 0 3.2 0 0 1 3 0 0 2.6", TrendSporadic},
		{"hot long ago and now", "3 3 3 0 0 0 0 0 0 2.6", TrendSporadic},
		{"hot and cold, hot now", "3 0 -3.2 0 0 1 3 0 0 2.6", TrendOscillating},
		{"eight of ten hot, once cold, hot now", "3 3 -3.2 3 0 3 3 3 3 2.6", TrendOscillating},
		{"nine of ten hot, not now", "3 4 3.2 3.9 3.1 4.1 3 3.8 3 1.2", TrendHistorical},
		{"nine of ten hot, cold now", "3 4 3.2 3.9 3.1 4.1 3 3.8 3 -2.2", TrendHistorical},

		{"never hot", "0 1 1.5 -0.2 0 1 0 1.8", TrendNone},
		{"on and off, not now", "3 0 3.2 0 0 1 3 0 0 1", TrendNone},
		{"all cold and warming", "-8 -7 -6.5 -6 -5 -4 -3.5 -3 -2.5 -2.1", TrendNone},
		{"all cold, warming to neither", "-8 -7 -6 -5 -4 -3 -2.5 -2.1 -1 0.5", TrendNone},
		{"all cold and cooling", "-2.1 -3 -4 -5 -6 -7 -8", TrendNone},
		{"no weeks", "", TrendNone},
		{"no figures at all", "- - -", TrendNone},

		{"gaps do not break a run", "0 0 0 0 2.5 - 3", TrendConsecutive},
		{"gaps do not count as not hot", "- 3 4 3.2 - 3.9 3.1 4.1 3 3.8", TrendPersistent},
		{"no figures in the last week", "3 4 3.2 3.9 3.1 4.1 3 -", TrendNone},
	} {
		if got := ClassifyTrend(trendSteps(t, c.course), DefaultTrendParams()); got != c.want {
			t.Errorf("%s (%s): %q, want %q", c.name, c.course, got, c.want)
		}
	}
}

// A small town over ten weeks, once with a block that breaks down in the last
// week and one that is bad throughout, once with a block that is by far the
// best and only gets closer to normal.
func TestEmergingHotSpots(t *testing.T) {
	const side, weeks = 30, 10
	p := DefaultTrendParams()
	base, neighbours := giHexagons(side)
	for i := range base {
		base[i] = 1 + 0.2*math.Mod(base[i], 1)
	}
	at := func(row, col int) int { return row*side + col }
	town := func(change func(week int, set func(row, col int, value float64))) []PlaceTrend {
		values := make([][]float64, weeks)
		for w := range values {
			values[w] = append([]float64(nil), base...)
			change(w, func(row, col int, value float64) {
				for _, d := range [][2]int{{0, 0}, {0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, -1}, {-1, 1}} {
					values[w][at(row+d[0], col+d[1])] = value
				}
			})
		}
		return EmergingHotSpots(values, neighbours, p)
	}
	check := func(name string, trend PlaceTrend, want TrendClass) {
		t.Helper()
		if len(trend.Steps) != weeks || trend.Class != want {
			t.Errorf("%s: %q, want %q (%v)", name, trend.Class, want, trend.Steps)
		}
	}

	bad := town(func(week int, set func(row, col int, value float64)) {
		set(15, 15, 3+0.01*float64(week%2))
		if week == weeks-1 {
			set(5, 5, 3)
		}
	})
	check("breaks down", bad[at(5, 5)], TrendNew)
	check("always bad", bad[at(15, 15)], TrendPersistent)
	check("plain", bad[at(5, 20)], TrendNone)

	warming := town(func(week int, set func(row, col int, value float64)) {
		set(25, 25, -4+0.4*float64(week))
	})[at(25, 25)]
	check("always cold and warming", warming, TrendNone)
	for _, s := range warming.Steps {
		if !s.Cold(p) {
			t.Errorf("the warming place is not always cold: %v", warming.Steps)
		}
	}
	if !(warming.Steps[weeks-1].Z > warming.Steps[0].Z) {
		t.Errorf("the warming place does not warm: %v", warming.Steps)
	}
}
