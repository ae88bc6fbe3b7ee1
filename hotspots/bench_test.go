package hotspots

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hotcell/hotcell/geo"
)

// country is evidence of the given size with one place in two thousand faulty,
// in the order in which the store delivers it: four weeks with the weekly sums of
// twelve, and one complaint in two hundred calls.
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
		if 200*r.Float64() < x.CappedCalls {
			ev.Complaints = append(ev.Complaints, Complaint{Place: id, Customer: r.Uint64() >> 1, Day: int32(testDay0 + r.IntN(28)),
				Kind: KindComplaint, Scene: scene, Region: region})
		}
		for week := range 12 {
			if share := float32(math.Floor(x.CappedCalls / 4 * 2 * r.Float64())); share > 0 {
				ev.Weeks = append(ev.Weeks, Week{Place: id, Week: int32(week), CappedCalls: share, CappedBad: float32(math.Floor(x.CappedBad / 4)), Hurt: uint32(x.CappedBad / 4)})
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
		w.places[id] = geo.Place{ID: id, Kind: geo.PlaceVenue, Name: ven.Name, Scene: geo.SceneMall, Venue: ven, Cell: cell, Center: cell.Center()}
		add(id, fmt.Sprintf("51%02d", v%40), geo.SceneMall, 10)
	}
	slices.SortFunc(ev.Exposures, func(a, b Exposure) int { return cmp.Compare(a.Place, b.Place) })
	slices.SortFunc(ev.Weeks, func(a, b Week) int { return cmp.Or(cmp.Compare(a.Place, b.Place), cmp.Compare(a.Week, b.Week)) })
	ev.Bad = sortedBad(ev.Bad)
	ev.Weeks, ev.Exposures, ev.Bad = slices.Clone(ev.Weeks), slices.Clone(ev.Exposures), slices.Clone(ev.Bad) // no room to spare
	return ev, w
}

// BenchmarkRank guards the ranking step: a million cells and a hundred thousand
// venues are to take under two seconds and 1 GiB, evidence included. Peak memory
// is the process's from the moment the evidence is there.
func BenchmarkRank(b *testing.B) {
	for _, size := range []struct{ cells, venues int }{{10_000, 1_000}, {100_000, 10_000}, {1_000_000, 100_000}} {
		b.Run(fmt.Sprintf("cells=%d", size.cells), func(b *testing.B) {
			ev, places := country(b, size.cells, size.venues)
			b.ReportAllocs()
			debug.FreeOSMemory()
			resetPeak(b)
			used := processorTime(b)
			b.ResetTimer()
			for b.Loop() {
				if _, err := Rank(ev, places, DefaultParams(), nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(size.cells+size.venues)*float64(b.N)/b.Elapsed().Seconds(), "places/s")
			b.ReportMetric(peakMiB(b), "peak-MiB")
			b.ReportMetric((processorTime(b)-used).Seconds()/float64(b.N), "cpu-s/op")
		})
	}
}

// resetPeak makes peakMiB begin anew (Linux: man 5 proc, clear_refs).
func resetPeak(tb testing.TB) {
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		tb.Fatal(err)
	}
}

// peakMiB is the greatest resident memory of this process since resetPeak.
func peakMiB(tb testing.TB) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return math.NaN()
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		tb.Fatal("/proc/self/status has no VmHWM")
	}
	kib, err := strconv.ParseFloat(fields[0], 64)
	if err != nil {
		tb.Fatal(err)
	}
	return kib / 1024
}

// processorTime is what this process has used so far: on a busy machine it tells
// more than the clock.
func processorTime(tb testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
