package hotspots

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/hotcell/hotcell/geo"
)

// warnTown is a district day by day: places that differ, customers who differ and
// call again, busy and quiet weekdays. Nothing of it is what the test assumes.
type warnTown struct {
	*world
	towns []warnPlace
}

type warnPlace struct {
	id    geo.PlaceID
	scene geo.Scene
	days  []Exposure // one per day
}

// warnDays: 28 of baseline, 28 under test, and a month of daily runs.
const warnDays = WarningBaselineDays + DefaultWarningDays + 30

func newWarnTown(t *testing.T, seed uint64, places int, breaks func(place int) (day int, factor float64)) *warnTown {
	w := &warnTown{world: newWorld(t, seed)}
	r := rand.New(rand.NewPCG(seed, 99))
	gamma := func(shape float64) float64 { return distuv.Gamma{Alpha: shape, Beta: shape, Src: r}.Rand() }
	centre := centreCell(t, 30, 104)
	for i := range places {
		scene := []geo.Scene{geo.SceneOfficeTower, geo.SceneMall, geo.SceneHotel}[i%3]
		v := &geo.Venue{ID: fmt.Sprintf("V%d", i), Name: fmt.Sprintf("venue %d", i), Scene: scene}
		s := w.part(v, geo.PartWhole, scene, centre, "5101", 0, 0)
		p := warnPlace{id: s.id, scene: scene}
		rate, customers := 0.02*gamma(15), 5*math.Pow(40, r.Float64())
		day, factor := breaks(i)
		for d := range warnDays {
			x := Exposure{Place: s.id, Region: "5101", Scene: scene, RAT: geo.RAT4G}
			now := rate
			if d >= day {
				now *= factor
			}
			busy := customers * []float64{1.1, 1, 1, 1, 1.2, 0.8, 0.7}[d%7] * gamma(50)
			for range int(distuv.Poisson{Lambda: busy, Src: r}.Rand()) {
				m, bad := math.Min(1+distuv.Poisson{Lambda: 0.7, Src: r}.Rand(), 3), 0.0
				chance := math.Min(0.95, now*gamma(1/0.3))
				for range int(m) {
					if r.Float64() < chance {
						bad++
					}
				}
				x.CappedCalls += m
				x.CappedBad += bad
				x.Customers++
				x.SumMM += m * m
				x.SumXX += bad * bad
				x.SumXM += bad * m
			}
			p.days = append(p.days, x)
		}
		w.towns = append(w.towns, p)
	}
	return w
}

// run is the daily run on the morning after day last.
func (w *warnTown) run(last int) *WarningReport {
	end := time.Unix(int64(testDay0+last+1)*86400, 0).UTC()
	ev := &Evidence{Query: Query{End: end.AddDate(0, 0, -DefaultWarningDays), Window: WarningBaselineDays * 24 * time.Hour, DailyCap: 3}}
	var days []PlaceDay
	for _, p := range w.towns {
		var sum Exposure
		for d := last - DefaultWarningDays - WarningBaselineDays + 1; d <= last; d++ {
			x := p.days[d]
			days = append(days, PlaceDay{Place: p.id, Day: int32(last - d), CappedCalls: float32(x.CappedCalls), CappedBad: float32(x.CappedBad)})
			if d > last-DefaultWarningDays {
				continue
			}
			if sum.Place == 0 {
				sum = x
				continue
			}
			sum.CappedCalls += x.CappedCalls
			sum.CappedBad += x.CappedBad
			sum.Customers += x.Customers
			sum.SumMM += x.SumMM
			sum.SumXX += x.SumXX
			sum.SumXM += x.SumXM
		}
		sum.Calls, sum.Bad = uint64(sum.CappedCalls), uint64(sum.CappedBad)
		ev.Exposures = append(ev.Exposures, sum)
	}
	r, err := EarlyWarnings(ev, days, DefaultWarningDays, end, w, w.params, DefaultWarningParams())
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// TestEarlyWarningsDaily is a month of daily runs in districts of which one place
// in twenty breaks down on the fifth day. Alarms of the other places are false;
// every one that is called new counts, also the second of one place.
func TestEarlyWarningsDaily(t *testing.T) {
	districts, places := 3, 150
	if os.Getenv("HOTCELL_SOAK") != "" {
		districts = 60
	}
	const breakDay = WarningBaselineDays + DefaultWarningDays + 4
	var perDistrict []float64
	delays := map[float64][]int{2: nil, 4: nil, 8: nil}
	tested := 0
	for seed := range districts {
		factors := map[geo.PlaceID]float64{}
		w := newWarnTown(t, uint64(seed), places, func(i int) (int, float64) {
			if i%20 != 7 {
				return warnDays, 1
			}
			return breakDay, []float64{2, 4, 8}[i/20%3]
		})
		for i := 7; i < places; i += 20 {
			factors[w.towns[i].id] = []float64{2, 4, 8}[i/20%3]
		}
		found := map[geo.PlaceID]bool{}
		falseAlarms := 0.0
		for last := warnDays - 30; last < warnDays; last++ {
			r := w.run(last)
			r.OnlyNew()
			for _, a := range r.Warnings {
				factor, broken := factors[a.Place]
				switch {
				case !broken || last < breakDay:
					falseAlarms++
				case !found[a.Place]:
					found[a.Place] = true
					delays[factor] = append(delays[factor], last-breakDay)
				}
			}
			if last == warnDays-1 {
				tested += r.Regions[0].Places
			}
		}
		for id, factor := range factors {
			if !found[id] {
				delays[factor] = append(delays[factor], warnDays)
			}
		}
		perDistrict = append(perDistrict, falseAlarms)
	}
	mean, square := 0.0, 0.0
	for _, a := range perDistrict {
		mean += a / float64(districts)
		square += a * a / float64(districts)
	}
	se := math.Sqrt(math.Max(square-mean*mean, mean/float64(districts)) / float64(districts))
	t.Logf("%.2f ± %.2f false alarms per district and month, stated at most 1; %.0f of %d places under test", mean, se, float64(tested)/float64(districts), places)
	if mean > 1+3*se {
		t.Errorf("%.2f ± %.2f false alarms per district and month, stated at most 1", mean, se)
	}
	for _, factor := range []float64{2, 4, 8} {
		d := delays[factor]
		slices.Sort(d)
		within, sameWeek := 0, 0
		for _, v := range d {
			if v < 26 {
				within++
			}
			if v < 7 {
				sameWeek++
			}
		}
		t.Logf("×%g: median delay %d days (0: the first day), %.0f %% within a week, %.0f %% within 26 days, of %d", factor, d[len(d)/2], 100*float64(sameWeek)/float64(len(d)), 100*float64(within)/float64(len(d)), len(d))
		if factor == 8 && float64(within) < 0.9*float64(len(d)) {
			t.Errorf("only %d of %d places that got 8 times as bad are found", within, len(d))
		}
	}
}

// A place that has been bad all along is not rising, a bad day of the whole
// network is no fault of one place, and data without good calls are refused.
func TestEarlyWarningsStayCalm(t *testing.T) {
	last := warnDays - 1
	w := newWarnTown(t, 3, 60, func(i int) (int, float64) { return 0, map[bool]float64{true: 6, false: 1}[i == 11] })
	if r := w.run(last); len(r.Warnings) != 0 {
		t.Errorf("a place that was bad all along raises %+v", r.Warnings)
	}
	for i := range w.towns {
		x := &w.towns[i].days[last-1]
		x.CappedBad = math.Min(x.CappedCalls, 2*x.CappedBad)
	}
	r := w.run(last)
	if len(r.Warnings) > 1 || len(r.Notes) != 1 {
		t.Errorf("a bad day everywhere raises %d alarms, notes %q", len(r.Warnings), r.Notes)
	}
	for i := range w.towns {
		for d := range w.towns[i].days {
			w.towns[i].days[d].CappedCalls = w.towns[i].days[d].CappedBad
		}
	}
	if r := w.run(last); len(r.Warnings) != 0 || len(r.Notes) != 1 {
		t.Errorf("without good calls: %+v", r)
	}
}
