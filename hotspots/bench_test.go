package hotspots

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/hotcell/hotcell/geo"
)

// country is evidence of the given size with one place in two thousand faulty.
func country(tb testing.TB, cells, venues int) (*Evidence, Places) {
	w := newWorld(tb, 1)
	r := rand.New(rand.NewPCG(1, 2))
	ev := &Evidence{Query: Query{End: time.Unix((testDay0+28)*86400, 0).UTC(), DailyCap: 3, Window: 28 * 24 * time.Hour}}
	add := func(id geo.PlaceID, region string, scene geo.Scene, mean float64) {
		rate := 0.02
		if r.IntN(2000) == 0 {
			rate = 0.3
		}
		x := Exposure{Place: id, Region: region, Scene: scene, RAT: geo.RAT4G}
		for n := int(mean * r.ExpFloat64()); n >= 0; n-- {
			calls, bad := 1+r.IntN(6), 0.0
			for range calls {
				if r.Float64() < rate {
					bad++
				}
			}
			x.CappedCalls += float64(calls)
			x.CappedBad += bad
			x.Customers++
			x.SumMM += float64(calls * calls)
			x.SumXX += bad * bad
			x.SumXM += bad * float64(calls)
			if bad > 0 {
				ev.Bad = append(ev.Bad, BadCalls{Place: id, Customer: r.Uint64() >> 1, Day: int32(testDay0 + r.IntN(28)),
					Hour: int8(r.IntN(24)), Kind: KindDropped, Count: uint32(bad), Cause: "radio_lost", RAT: geo.RAT4G, RadioCell: "460-00-1", Floor: geo.UnknownFloor})
			}
		}
		x.Calls, x.Bad = uint64(x.CappedCalls), uint64(x.CappedBad)
		ev.Calls += x.Calls
		ev.Exposures = append(ev.Exposures, x)
	}
	var ids []geo.PlaceID
	for c := range 1 + cells/37000 {
		centre := centreCell(tb, 24+float64(c/6)*2, 100+float64(c%6)*3)
		for _, cell := range centre.Disk(110) {
			ids = append(ids, geo.PlaceID(cell))
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	ids = ids[:min(len(ids), cells)]
	for k, id := range ids {
		add(id, fmt.Sprintf("51%02d", k*40/len(ids)), geo.SceneOther, 2)
	}
	for v := range venues {
		ven := &geo.Venue{ID: fmt.Sprintf("V%d", v), Name: fmt.Sprintf("venue %d", v), Scene: geo.SceneMall}
		id := testID(ven.ID)
		cell := geo.Cell(ids[r.IntN(len(ids))])
		w.places[id] = geo.Place{ID: id, Kind: geo.PlaceVenue, Name: ven.Name, Scene: geo.SceneMall, Venue: ven, Cell: cell}
		add(id, fmt.Sprintf("51%02d", v%40), geo.SceneMall, 10)
	}
	slices.SortFunc(ev.Exposures, func(a, b Exposure) int {
		if a.Place < b.Place {
			return -1
		}
		return 1
	})
	return ev, w
}

// BenchmarkRank guards the ranking step: a million cells and a hundred thousand
// venues are to take under two seconds.
func BenchmarkRank(b *testing.B) {
	for _, size := range []struct{ cells, venues int }{{10_000, 1_000}, {100_000, 10_000}, {1_000_000, 100_000}} {
		b.Run(fmt.Sprintf("cells=%d", size.cells), func(b *testing.B) {
			ev, places := country(b, size.cells, size.venues)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Rank(ev, places, DefaultParams(), nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(size.cells+size.venues)*float64(b.N)/b.Elapsed().Seconds(), "places/s")
		})
	}
}
