package hotspots

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/hotcell/hotcell/geo"
)

// WarningQuery asks for the daily run: which places have got worse lately.
type WarningQuery struct {
	End         time.Time // exclusive; zero = just after the newest record
	Region      string    // region code; "" = everywhere
	FalseAlarms float64   // per region and month; 0 = the default
	Days        int       // under test, before End; 0 = DefaultWarningDays, less where records do not reach back
}

// Days under test, and the days before them that say what is normal.
const (
	DefaultWarningDays  = 28
	WarningBaselineDays = 28
)

// PlaceDay is a place's exposure in 24 hours, capped like Exposure.
type PlaceDay struct {
	Place       geo.PlaceID
	Day         int32 // 0 = the 24 hours before Query.End, 1 = those before, …
	CappedCalls float32
	CappedBad   float32
}

// WarningReport is the result of a daily run.
type WarningReport struct {
	End          time.Time       `json:"end"`
	TestFrom     time.Time       `json:"test_from"`
	BaselineFrom time.Time       `json:"baseline_from"`
	FalseAlarms  float64         `json:"false_alarms"` // stated: per region and month, at most
	Dispersion   float64         `json:"dispersion"`   // variance over mean of a normal place's day
	Regions      []WarningRegion `json:"regions"`
	Untested     int             `json:"untested"` // places with calls in the days under test, but too little use to raise an alarm within a month
	Warnings     []PlaceWarning  `json:"warnings"` // newest alarm first
	Notes        []string        `json:"notes"`

	networkFactor []float64 // by day under test
}

// OnlyNew drops the alarms of earlier days.
func (r *WarningReport) OnlyNew() {
	r.Warnings = slices.DeleteFunc(r.Warnings, func(w PlaceWarning) bool { return !w.New })
}

// WarningRegion is what the stated rate of false alarms holds for.
type WarningRegion struct {
	Region string `json:"region"` // code; "" = no region
	Places int    `json:"places"` // under test
}

// PlaceWarning is one place whose rate has risen.
type PlaceWarning struct {
	Place     geo.PlaceID `json:"place"`
	Name      string      `json:"name"`
	NameZH    string      `json:"name_zh"`
	Scene     string      `json:"scene"`
	Region    []string    `json:"region"`
	Center    [2]float64  `json:"center"` // longitude, latitude
	New       bool        `json:"new"`    // the alarm is of the last day
	Alarm     string      `json:"alarm"`  // YYYY-MM-DD, the day whose records raised it
	Since     string      `json:"since"`  // YYYY-MM-DD, the likeliest first day of the rise
	Calls     float64     `json:"calls"`  // since then, capped
	Bad       float64     `json:"bad_calls"`
	Expected  float64     `json:"expected"` // bad calls at the place's normal rate
	Rate      float64     `json:"rate"`
	Normal    float64     `json:"normal_rate"` // posterior mean before the days under test
	Statistic float64     `json:"statistic"`   // natural logarithm, on the day of the alarm
	Threshold float64     `json:"threshold"`   // natural logarithm
}

// EarlyWarnings tests every place with enough use for a rise of its rate during
// the n days before the end. before is the evidence of the window that ends where
// they begin: its fitted posterior says what is normal for each place. days hold
// the days under test (Day < n) and those of before (Day ≥ n), which tell how much
// a normal place's days vary. end is where day 0 ends. docs/early-warning.md.
func EarlyWarnings(before *Evidence, days []PlaceDay, n int, end time.Time, places Places, p Params, w WarningParams) (*WarningReport, error) {
	if err := w.Validate(); err != nil {
		return nil, fmt.Errorf("early warning: %w", err)
	}
	if n < 1 {
		return nil, fmt.Errorf("early warning: %d days to test", n)
	}
	r := &WarningReport{End: end, TestFrom: end.AddDate(0, 0, -n), BaselineFrom: end.AddDate(0, 0, -n).Add(-before.Query.Window),
		FalseAlarms: w.FalseAlarms, Dispersion: 1, Regions: []WarningRegion{}, Warnings: []PlaceWarning{}, Notes: []string{}}
	m := newModel(before, places, p)
	m.fit()
	if m.noUse {
		r.Notes = append(r.Notes, "early warning needs all calls of the days before, not only bad ones: nothing was tested")
		return r, nil
	}
	tests := m.warningTests(days, n)
	r.Dispersion = dispersionOf(tests)
	for i := range tests {
		tests[i].prior.Dispersion = math.Max(r.Dispersion, m.calls.design[tests[i].at])
	}
	r.networkDays(tests, n)
	tested := r.chooseTested(m, tests, w)
	found := make([]Warning, len(tested))
	faults := make([]error, len(tested))
	eachInParallel(len(tested), func(k int) {
		t := tested[k]
		found[k], faults[k] = EarlyWarning(t.days, t.prior, w, t.region.Places)
	})
	a := &Analysis{m: m, atlas: newAtlas(m)}
	for k, f := range found {
		if faults[k] != nil {
			return nil, faults[k]
		}
		if f.Alarm >= 0 {
			r.Warnings = append(r.Warnings, a.placeWarning(r, tested[k], f))
		}
	}
	slices.SortStableFunc(r.Warnings, func(a, b PlaceWarning) int {
		return cmp.Or(cmp.Compare(b.Alarm, a.Alarm), cmp.Compare(b.Statistic, a.Statistic), cmp.Compare(a.Place, b.Place))
	})
	return r, nil
}

// warningTest is one place with its days, oldest first.
type warningTest struct {
	at       int // in model.places
	prior    WarningPrior
	baseline []WarningDay // days before those under test, with use
	raw      []WarningDay // under test, as counted
	days     []WarningDay // under test, exposure corrected for the network's bad days
	region   *WarningRegion
}

// warningTests collects the days of the places whose normal rate is known.
func (m *model) warningTests(days []PlaceDay, n int) []warningTest {
	order := func(a, b PlaceDay) int { return cmp.Or(cmp.Compare(a.Place, b.Place), cmp.Compare(b.Day, a.Day)) }
	if !slices.IsSortedFunc(days, order) {
		days = slices.Clone(days)
		slices.SortFunc(days, order)
	}
	var out []warningTest
	for from := 0; from < len(days); {
		to := from
		for ; to < len(days) && days[to].Place == days[from].Place; to++ {
		}
		mine := days[from:to]
		from = to
		at := m.index(mine[0].Place)
		if at < 0 || m.calls.expected[at] <= 0 || m.places[at].calls <= 0 {
			continue
		}
		t := warningTest{at: at, prior: m.warningPrior(at), raw: make([]WarningDay, n)}
		for _, d := range mine {
			day := WarningDay{Exposure: math.Max(clean(float64(d.CappedCalls)), clean(float64(d.CappedBad))), Bad: clean(float64(d.CappedBad))}
			switch {
			case d.Day < 0:
			case int(d.Day) < n:
				at := &t.raw[n-1-int(d.Day)]
				at.Exposure += day.Exposure
				at.Bad += day.Bad
			default:
				t.baseline = append(t.baseline, day)
			}
		}
		out = append(out, t)
	}
	return out
}

// warningPrior is the gamma with the mean and variance of a place's rate after
// the days before: normal or faulty, as likely as they are then. A place that has
// been bad all along is not rising.
func (m *model) warningPrior(at int) WarningPrior {
	c := &m.calls
	x, e := c.x[at]/c.design[at], c.expected[at]/c.design[at]
	pr := c.priors[m.sceneOf(at)]
	faulty := chance(pr.faulty, pr.logBayes(x, e, pr.normal))
	shape, rate := pr.normal+x, pr.normal+e
	mean, square := shape/rate, shape*(shape+1)/(rate*rate)
	shape, rate = pr.posterior(x, e)
	mean = (1-faulty)*mean + faulty*shape/rate
	square = (1-faulty)*square + faulty*shape*(shape+1)/(rate*rate)
	variance := math.Max(square-mean*mean, 1e-9*mean*mean)
	reference := c.expected[at] / m.places[at].calls
	return WarningPrior{Shape: mean * mean / variance, Rate: mean / variance / reference, Dispersion: 1}
}

func (p WarningPrior) mean() float64 { return p.Shape / p.Rate }

// Bounds of the dispersion of a normal place's days.
const mostDispersion = 5

// dispersionOf estimates how the days before vary around each place's own rate:
// variance over mean, over all places. A day's deviation is bounded, so that
// faults that began then count little.
func dispersionOf(tests []warningTest) float64 {
	num, den := 0.0, 0.0
	for i := range tests {
		calls, bad, square := 0.0, 0.0, 0.0
		for _, d := range tests[i].baseline {
			calls += d.Exposure
			bad += d.Bad
			square += d.Exposure * d.Exposure
		}
		if bad == 0 || len(tests[i].baseline) < 2 {
			continue
		}
		rate := bad / calls
		for _, d := range tests[i].baseline {
			mean := rate * d.Exposure
			num += math.Min((d.Bad-mean)*(d.Bad-mean), 16*(mean+1))
		}
		den += rate * (calls - square/calls) // what Poisson days give, one rate fitted
	}
	if den < 30 {
		return 1.5 // too few to tell
	}
	return math.Min(math.Max(num/den, 1), mostDispersion)
}

// badNetworkDay is how much worse than normal a day of the whole network is before
// the report mentions it.
const badNetworkDay = 1.25

// networkDays raises what is expected of all places on days on which the whole
// network was worse than normal: that is no fault of one place. Places count at
// most as much as a normal place could show, so faults do not hide themselves.
func (r *WarningReport) networkDays(tests []warningTest, n int) {
	r.networkFactor = make([]float64, n)
	for k := range n {
		r.networkFactor[k] = networkFactor(tests, k)
		if r.networkFactor[k] >= badNetworkDay {
			r.Notes = append(r.Notes, fmt.Sprintf("on %s the whole network was %.1f times as bad as before: alarms are of places worse than that",
				r.dayName(k), r.networkFactor[k]))
		}
	}
	for i := range tests {
		t := &tests[i]
		t.days = make([]WarningDay, n)
		for k, d := range t.raw {
			t.days[k] = WarningDay{Exposure: d.Exposure * r.networkFactor[k], Bad: d.Bad}
		}
	}
}

// networkFactor is how much worse than normal the network was on day k, at least
// 1. What a normal place could show goes up with it, so it takes a few rounds.
func networkFactor(tests []warningTest, k int) float64 {
	const strength, rounds = 10, 8 // expected bad calls below which the factor is pulled to 1
	factor := 1.0
	for range rounds {
		bad, normal := 0.0, 0.0
		for i := range tests {
			d := tests[i].raw[k]
			mean := tests[i].prior.mean() * d.Exposure
			normal += mean
			bad += math.Min(d.Bad, factor*mean+clipWidth*math.Sqrt(factor*tests[i].prior.Dispersion*mean)+0.5)
		}
		factor = math.Max(1, (bad+strength)/(normal+strength))
	}
	return factor
}

// dayName is the date of the k-th day under test: that of its last second.
func (r *WarningReport) dayName(k int) string {
	return r.TestFrom.AddDate(0, 0, k+1).Add(-time.Second).Format(time.DateOnly)
}

// chooseTested leaves out places that could not raise an alarm within a month even
// at the largest rise looked for, because each place under test costs the others
// threshold. It goes by the use before the days under test, and by nothing else.
func (r *WarningReport) chooseTested(m *model, tests []warningTest, w WarningParams) []*warningTest {
	regions := map[int32]*WarningRegion{}
	all := map[int32]int{}
	for i := range tests {
		all[m.places[tests[i].at].region]++
	}
	rise := slices.Max(w.Ratios)
	drift := rise*math.Log(rise) - (rise - 1) // log-likelihood ratio per expected bad call
	window := m.ev.Query.Window.Hours() / 24
	var out []*warningTest
	for i := range tests {
		t := &tests[i]
		region := m.places[t.at].region
		daily := m.places[t.at].calls / window
		if float64(w.Days)*daily*t.prior.mean()*drift/t.prior.Dispersion < math.Log(w.Threshold(all[region])) {
			r.Untested++
			continue
		}
		if regions[region] == nil {
			regions[region] = &WarningRegion{Region: m.regions.codes[region]}
		}
		t.region = regions[region]
		t.region.Places++
		out = append(out, t)
	}
	for _, g := range regions {
		r.Regions = append(r.Regions, *g)
	}
	slices.SortFunc(r.Regions, func(a, b WarningRegion) int { return cmp.Compare(a.Region, b.Region) })
	return out
}

func (a *Analysis) placeWarning(r *WarningReport, t *warningTest, f Warning) PlaceWarning {
	m := a.m
	if pl, ok := a.lookUp(t.at); ok {
		a.atlas.place[int32(t.at)] = pl // nothing bad may have happened there before
	}
	var h Hotspot
	a.place(&h, &candidate{members: []int32{int32(t.at)}}, t.at)
	out := PlaceWarning{Place: m.ids[t.at], Name: h.Name, NameZH: h.NameZH, Scene: geo.Scene(m.places[t.at].scene).String(), Region: h.Region, Center: h.Center,
		New: f.Alarm == len(t.days)-1, Alarm: r.dayName(f.Alarm), Since: r.dayName(f.Since), Normal: t.prior.mean(),
		Statistic: f.Statistic, Threshold: f.Threshold}
	for k := f.Since; k < len(t.raw); k++ {
		out.Calls += t.raw[k].Exposure
		out.Bad += t.raw[k].Bad
		out.Expected += t.prior.mean() * t.days[k].Exposure
	}
	if out.Calls > 0 {
		out.Rate = out.Bad / out.Calls
	}
	return out
}

// lookUp is the catalogue's entry of a venue or segment.
func (a *Analysis) lookUp(i int) (geo.Place, bool) {
	if a.m.lookup == nil || isCell(a.m.ids[i]) {
		return geo.Place{}, false
	}
	return a.m.lookup.Place(a.m.ids[i])
}
