package hotspots

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// warnWorld draws days of places as the test assumes them: a rate from the
// prior, a daily exposure of the place's own, counts with the stated dispersion.
type warnWorld struct {
	prior WarningPrior
	r     *rand.Rand
}

func (w warnWorld) place(exposure float64, days, riseOn int, ratio float64) []WarningDay {
	rate := distuv.Gamma{Alpha: w.prior.Shape, Beta: w.prior.Rate, Src: w.r}.Rand()
	out := make([]WarningDay, days)
	for i := range out {
		calls := distuv.Poisson{Lambda: exposure, Src: w.r}.Rand()
		mean := rate * calls
		if riseOn >= 0 && i >= riseOn {
			mean *= ratio
		}
		if w.prior.Dispersion > 1 && mean > 0 {
			mean = distuv.Gamma{Alpha: mean / (w.prior.Dispersion - 1), Beta: 1 / (w.prior.Dispersion - 1), Src: w.r}.Rand()
		}
		bad := 0.0
		if mean > 0 {
			bad = distuv.Poisson{Lambda: mean, Src: w.r}.Rand()
		}
		out[i] = WarningDay{Exposure: calls, Bad: min(bad, calls)}
	}
	return out
}

// warnSettings: small towns and large ones, vague and sharp priors, calls
// alike and not. HOTCELL_SOAK=1 runs ten times as many regions.
var warnSettings = []struct {
	name     string
	prior    WarningPrior
	places   int
	exposure [2]float64 // calls a day, log-uniform
}{
	{"vague prior", WarningPrior{2, 100, 1}, 100, [2]float64{5, 200}},
	{"sharp prior", WarningPrior{200, 10000, 1}, 100, [2]float64{5, 200}},
	{"calls alike", WarningPrior{5, 250, 2}, 100, [2]float64{5, 200}},
	{"few places", WarningPrior{5, 250, 1.3}, 10, [2]float64{20, 500}},
}

func TestEarlyWarningFalseAlarms(t *testing.T) {
	regions := 60
	if os.Getenv("HOTCELL_SOAK") != "" {
		regions = 1000
	}
	p := DefaultWarningParams()
	for _, s := range warnSettings {
		w := warnWorld{s.prior, rand.New(rand.NewPCG(7, 11))}
		// As many places in all for every setting.
		n, perRegion := regions*100/s.places, make([]float64, 0, regions)
		for range n {
			alarms := 0.0
			for range s.places {
				exposure := s.exposure[0] * math.Pow(s.exposure[1]/s.exposure[0], w.r.Float64())
				got, err := EarlyWarning(w.place(exposure, p.Days, -1, 0), s.prior, p, s.places)
				if err != nil {
					t.Fatal(err)
				}
				if got.Alarm >= 0 {
					alarms++
				}
			}
			perRegion = append(perRegion, alarms)
		}
		mean, squares := 0.0, 0.0
		for _, a := range perRegion {
			mean += a / float64(n)
			squares += a * a / float64(n)
		}
		se := math.Sqrt((squares - mean*mean) / float64(n))
		t.Logf("%s: %.3f ± %.3f false alarms per region and month, stated at most %v", s.name, mean, se, p.FalseAlarms)
		if mean > p.FalseAlarms+3*se {
			t.Errorf("%s: %.3f ± %.3f false alarms per region and month, stated at most %v", s.name, mean, se, p.FalseAlarms)
		}
		if mean < p.FalseAlarms/50 {
			t.Errorf("%s: %.3f false alarms per region and month: the threshold is far too high", s.name, mean)
		}
	}
}

// Over a long time the alarms of a place must not come faster than the
// threshold says, although the statistic grows while nothing happens.
func TestEarlyWarningLongRun(t *testing.T) {
	p := WarningParams{FalseAlarms: 1, Days: 30, Ratios: []float64{2}}
	prior := WarningPrior{200, 4000, 1} // threshold 30 with one place: once in 30 days at most
	w := warnWorld{prior, rand.New(rand.NewPCG(3, 5))}
	days, alarms := 0, 0
	for range 400 {
		for rest := w.place(20, 400, -1, 0); len(rest) > 0; {
			got, err := EarlyWarning(rest, prior, p, 1)
			if err != nil {
				t.Fatal(err)
			}
			if got.Alarm < 0 {
				days += len(rest)
				break
			}
			alarms++
			days += got.Alarm + 1
			rest = rest[got.Alarm+1:]
		}
	}
	rate := 30 * float64(alarms) / float64(days)
	t.Logf("%d alarms in %d days: %.3f per month, stated at most 1", alarms, days, rate)
	if rate > 1 || rate < 0.1 {
		t.Errorf("%.3f alarms per place and month, stated at most 1", rate)
	}
}

// warnDelay returns the median delay (days from the first risen day to the
// alarm, 1 = the same day) and the share found within 28 days.
func warnDelay(t *testing.T, w warnWorld, exposure, ratio float64, places int) (median int, found float64) {
	const tries, riseOn, after = 200, 28, 28
	var delays []int
	for range tries {
		got, err := EarlyWarning(w.place(exposure, riseOn+after, riseOn, ratio), w.prior, DefaultWarningParams(), places)
		if err != nil {
			t.Fatal(err)
		}
		delay := after + 1
		if got.Alarm >= riseOn {
			delay = got.Alarm - riseOn + 1
			found++
		}
		delays = append(delays, delay)
	}
	slices.Sort(delays)
	return delays[tries/2], found / tries
}

func TestEarlyWarningDelay(t *testing.T) {
	prior := WarningPrior{50, 2500, 1.3} // 2 % bad calls, known to about 14 %
	w := warnWorld{prior, rand.New(rand.NewPCG(1, 9))}
	var table strings.Builder
	for _, c := range []struct {
		exposure, ratio float64
		most            int // days
	}{
		{50, 4, 9}, {50, 8, 4}, {200, 2, 16}, {200, 4, 4}, {1000, 2, 5}, {1000, 4, 1},
	} {
		median, found := warnDelay(t, w, c.exposure, c.ratio, 1000)
		fmt.Fprintf(&table, "\n%5.0f calls a day, %v times the rate: median %d days, %.0f %% found in 28 days", c.exposure, c.ratio, median, 100*found)
		if median > c.most || found < 0.9 {
			t.Errorf("%v calls a day, %v times the rate: median %d days (limit %d), found %.2f", c.exposure, c.ratio, median, c.most, found)
		}
	}
	t.Log(table.String())
}

func TestEarlyWarningFindsTheStart(t *testing.T) {
	prior := WarningPrior{200, 10000, 1}
	days := make([]WarningDay, 40)
	for i := range days {
		days[i] = WarningDay{Exposure: 100, Bad: 2}
		if i >= 30 {
			days[i].Bad = 8
		}
	}
	got, err := EarlyWarning(days, prior, DefaultWarningParams(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	if got.Since != 30 || got.Alarm < 31 || got.Alarm > 34 {
		t.Errorf("rise on day 30: alarm %d since %d", got.Alarm, got.Since)
	}
	quiet, err := EarlyWarning(days[:30], prior, DefaultWarningParams(), 1000)
	if err != nil || quiet.Alarm != -1 {
		t.Errorf("no rise: alarm %d, %v", quiet.Alarm, err)
	}
}

// The recursion must give the defining sum over all days a rise may begin on.
func TestEarlyWarningIsTheSum(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for _, dispersion := range []float64{1, 1.8} {
		prior := WarningPrior{3, 150, dispersion}
		ratios := []float64{1.5, 3}
		days := make([]WarningDay, 12)
		for i := range days {
			days[i] = WarningDay{Exposure: float64(r.IntN(80)), Bad: 0}
			if days[i].Exposure > 30 {
				days[i].Bad = float64(r.IntN(20))
			}
		}
		test, fresh := newWarnTest(prior, ratios), newWarnTest(prior, ratios)
		got := 0.0
		for _, d := range days {
			got = test.step(d)
		}
		sum, none := 0.0, 0.0
		for g, rate := range fresh.rates {
			weight := math.Exp(fresh.normal[g])
			product := func(from int, ratio float64) float64 {
				v := weight
				for i, d := range days {
					f := 1.0
					if i >= from {
						f = ratio
					}
					v *= math.Exp(fresh.logProbability(d, f*rate))
				}
				return v
			}
			none += product(len(days), 1)
			for _, ratio := range ratios {
				for s := range days {
					sum += product(s, ratio) / float64(len(ratios))
				}
			}
		}
		oracleNear(t, "log R", got, math.Log(sum/none), 1e-9, 1)
	}
}

func TestEarlyWarningExtremes(t *testing.T) {
	prior := WarningPrior{0.05, 2, 1.2}
	got, err := EarlyWarning([]WarningDay{{0, 0}, {1e6, 0}, {10, 0}, {1e4, 1e4}}, prior, DefaultWarningParams(), 10)
	if err != nil || math.IsNaN(got.Statistic) {
		t.Errorf("a burst gave %+v, %v", got, err)
	}
	if got, err := EarlyWarning(nil, prior, DefaultWarningParams(), 10); err != nil || got.Alarm != -1 || got.Since != -1 {
		t.Errorf("no days gave %+v, %v", got, err)
	}
	for name, call := range map[string]func() error{
		"no ratio": func() error {
			_, err := EarlyWarning(nil, prior, WarningParams{FalseAlarms: 1, Days: 30}, 1)
			return err
		},
		"a fall":    func() error { _, err := EarlyWarning(nil, prior, WarningParams{1, 30, []float64{0.5}}, 1); return err },
		"no alarms": func() error { _, err := EarlyWarning(nil, prior, WarningParams{0, 30, []float64{2}}, 1); return err },
		"bad prior": func() error {
			_, err := EarlyWarning(nil, WarningPrior{1, 1, 0.5}, DefaultWarningParams(), 1)
			return err
		},
		"NaN day": func() error {
			_, err := EarlyWarning([]WarningDay{{math.NaN(), 0}}, prior, DefaultWarningParams(), 1)
			return err
		},
		"no calls": func() error {
			_, err := EarlyWarning([]WarningDay{{0, 3}}, prior, DefaultWarningParams(), 1)
			return err
		},
		"no a month": func() error { _, err := EarlyWarning(nil, prior, WarningParams{1, 0, []float64{2}}, 1); return err },
	} {
		if call() == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

// With a known rate and independent calls R has a short form (Shiryaev 1963):
// R_t = (1 + R_{t−1}) · ratio^x · e^{−(ratio−1)·λ·n}.
func TestEarlyWarningKnownRate(t *testing.T) {
	prior := WarningPrior{4e8, 2e10, 1} // 2 %, known to 0.005 %
	test := newWarnTest(prior, []float64{2})
	want := 0.0
	for _, d := range []WarningDay{{100, 3}, {50, 0}, {0, 0}, {200, 9}, {80, 4}} {
		want = (1 + want) * math.Pow(2, d.Bad) * math.Exp(-0.02*d.Exposure)
		oracleNear(t, "log R", test.step(d), math.Log(want), 1e-3, 1)
	}
}

func BenchmarkEarlyWarning(b *testing.B) {
	prior := WarningPrior{50, 2500, 1.3}
	days := warnWorld{prior, rand.New(rand.NewPCG(1, 1))}.place(100, 28, -1, 0)
	for b.Loop() {
		if _, err := EarlyWarning(days, prior, DefaultWarningParams(), 1000); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "places/s")
}
