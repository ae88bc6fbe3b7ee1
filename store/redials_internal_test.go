package store

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/hotcell/hotcell/ingest"
)

// TestRedialWatch: with room for few calls, so that marks are forgotten all the
// time, the watch names every meeting of a perceived drop and its redial or calls the day unsure,
// in whatever order the calls come; in order of time it is sure of almost all days.
func TestRedialWatch(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	for _, jitter := range []int{0, 600, 200_000, 30 * 86400} {
		const days = 30
		calls := make([]ingest.Call, 6000)
		order := make([]int, len(calls))
		for i := range calls {
			at := i * days * 86400 / len(calls)
			calls[i] = ingest.Call{Time: int64(at), Customer: ingest.CustomerID(r.IntN(4) + 1), Peer: ingest.CustomerID(r.IntN(4)),
				Outcome: ingest.Completed, DurationS: float32(r.IntN(5000)) / 7}
			switch r.IntN(10) {
			case 0:
				calls[i].Outcome = ingest.Dropped
			case 1:
				calls[i].DurationS = float32(r.IntN(180_000))
			case 2:
				calls[i].DurationS = -1
			}
			order[i] = i
		}
		key := make([]int, len(calls))
		for i := range key {
			key[i] = int(calls[i].Time) + r.IntN(jitter+1)
		}
		slices.SortFunc(order, func(a, b int) int { return key[a] - key[b] })
		w := newRedialWatch()
		w.firstRoom, w.mostRoom = 2*rowsPerBlock, 32*rowsPerBlock
		for _, i := range order {
			w.add(calls[i : i+1])
		}
		unsure, found, named := 0, 0, 0
		for d := range int32(days + 1) {
			if !w.sure(d) {
				unsure++
			}
			named += len(w.meets[d])
		}
		for _, c := range calls {
			if c.Peer == 0 || c.Outcome != ingest.Completed || c.DurationS < 0 || c.DurationS >= lastedSeconds {
				continue
			}
			day, end := int32(c.Time/86400), float64(c.Time)+float64(c.DurationS)
			if !w.sure(day) {
				continue
			}
			meets := w.among(day, day)
			for _, n := range calls {
				if n.Customer != c.Customer || n.Peer != c.Peer || n.Time <= c.Time || float64(n.Time) < end || float64(n.Time) > end+perceivedWait {
					continue
				}
				found++
				if _, ok := slices.BinarySearch(meets, meeting(pairOf(&c), n.Time>>stepBits)); !ok {
					t.Fatalf("jitter %d s: the perceived drop of %+v is missed", jitter, c)
				}
			}
		}
		switch {
		case jitter <= 600 && (unsure > 3 || found < 30 || named > len(calls)/10):
			t.Errorf("jitter %d s: %d days unsure, %d perceived drops found, %d calls named", jitter, unsure, found, named)
		case jitter > days*86400/2 && unsure < days/2:
			t.Errorf("in no order only %d days are unsure, though marks of all of them were forgotten", unsure)
		}
	}
}

// TestRedialWatchesAreBounded: loads that never end do not pile up.
func TestRedialWatchesAreBounded(t *testing.T) {
	var r redialWatches
	for load := range uint64(3 * mostWatches) {
		r.begin(load)
	}
	if len(r.byLoad) != mostWatches || r.of(0) != nil || r.of(3*mostWatches-1) == nil {
		t.Fatalf("%d watches are kept", len(r.byLoad))
	}
	r.end(3*mostWatches - 1)
	if len(r.byLoad) != mostWatches-1 || len(r.order) != mostWatches-1 {
		t.Fatalf("an ended load's watch is kept: %d, %d", len(r.byLoad), len(r.order))
	}
}
