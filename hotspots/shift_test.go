package hotspots

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/hotcell/hotcell/geo"
)

// shiftedTown is a town of customers at fixed places, seen through a grid that is
// shifted (in metres) and turned: dense in the middle, thin outside, with four
// faulty discs.
func shiftedTown(t *testing.T, east, north, turn float64) (*Evidence, func(n int) geo.LatLon) {
	r := rand.New(rand.NewPCG(5, 6))
	at := func(x, y float64) geo.LatLon {
		sin, cos := math.Sincos(turn)
		x, y = x*cos-y*sin+east, x*sin+y*cos+north
		return geo.LatLon{Lat: 30 + y/111_195, Lon: 104 + x/(111_195*math.Cos(30*math.Pi/180))}
	}
	faults := [][3]float64{{800, 300, 300}, {-1800, 900, 350}, {400, -2600, 500}, {5200, 2500, 900}} // x, y, radius
	type cellUse struct{ calls, bad, mm, xx, xm, customers float64 }
	uses := map[geo.Cell]*cellUse{}
	ev := &Evidence{Query: Query{End: time.Unix((testDay0+28)*86400, 0).UTC(), DailyCap: 3, Window: 28 * 24 * time.Hour}}
	for u := range 12_000 {
		spread := 1500.0
		if u%4 == 0 {
			spread = 5000
		}
		x, y := spread*r.NormFloat64(), spread*r.NormFloat64()
		rate := 0.02
		for _, f := range faults {
			if math.Hypot(x-f[0], y-f[1]) < f[2] {
				rate = 0.15
			}
		}
		c, err := geo.CellAt(at(x, y), geo.RankResolution)
		if err != nil {
			t.Fatal(err)
		}
		n, bad := 4+r.IntN(16), 0
		for range n {
			if r.Float64() < rate {
				bad++
			}
		}
		if uses[c] == nil {
			uses[c] = &cellUse{}
		}
		s, m, b := uses[c], float64(n), float64(bad)
		s.calls, s.bad, s.customers = s.calls+m, s.bad+b, s.customers+1
		s.mm, s.xx, s.xm = s.mm+m*m, s.xx+b*b, s.xm+m*b
		for range bad {
			ev.Bad = append(ev.Bad, BadCalls{Place: geo.PlaceID(c), Customer: uint64(u + 1), Day: int32(testDay0 + r.IntN(28)), Hour: 12,
				Kind: KindDropped, Count: 1, RAT: geo.RAT4G, Floor: geo.UnknownFloor})
		}
	}
	for c, s := range uses {
		ev.Exposures = append(ev.Exposures, Exposure{Place: geo.PlaceID(c), Region: "5101", Scene: geo.SceneOther, RAT: geo.RAT4G, Calls: uint64(s.calls), Bad: uint64(s.bad),
			CappedCalls: s.calls, CappedBad: s.bad, Customers: uint64(s.customers), SumMM: s.mm, SumXX: s.xx, SumXM: s.xm})
		ev.Calls += uint64(s.calls)
	}
	return ev, func(n int) geo.LatLon { return at(faults[n][0], faults[n][1]) }
}

// TestGridShift: results do not jump when the grid lies or is turned otherwise. Every
// fault is listed in every grid, nothing else is, and its avoidable impact differs
// from the mean over the grids by no more than a quarter.
func TestGridShift(t *testing.T) {
	grids := [][3]float64{{0, 0, 0}, {90, 0, 0}, {0, 130, 0}, {-110, 70, 0.3}, {60, -160, 0.9}, {170, 170, 2}}
	var found [4][]float64
	for _, g := range grids {
		ev, place := shiftedTown(t, g[0], g[1], g[2])
		run, err := Rank(ev, nil, DefaultParams(), nil)
		if err != nil {
			t.Fatal(err)
		}
		var total [4]float64
		for i := range run.Hotspots {
			h, near := &run.Hotspots[i], -1
			for n := range total {
				p := place(n)
				d := math.Hypot((p.Lat-h.Center[1])*111_195, (p.Lon-h.Center[0])*111_195*math.Cos(p.Lat*math.Pi/180))
				if d < 1100 && (near < 0 || n != 3) {
					near = n
				}
			}
			if near < 0 {
				t.Errorf("grid %v: %s (%.1f avoidable) is about no fault", g, h.Name, h.Impact.Avoidable)
				continue
			}
			total[near] += h.Impact.Avoidable
		}
		for n, a := range total {
			found[n] = append(found[n], a)
		}
	}
	for n, list := range found {
		mean := 0.0
		for _, a := range list {
			mean += a / float64(len(list))
		}
		for k, a := range list {
			if a < 0.75*mean || a > 1.25*mean {
				t.Errorf("fault %d has %.1f avoidable in grid %v, %.1f on average", n, a, grids[k], mean)
			}
		}
		t.Logf("fault %d: %.1f", n, list)
	}
}
