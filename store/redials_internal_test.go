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
	brief := func(c ingest.Call) bool {
		return c.Outcome == ingest.Completed && c.DurationS > 0 && c.DurationS <= shortCall
	}
	for _, jitter := range []int{0, 600, 200_000, 30 * 86400} {
		const days = 30
		calls := make([]ingest.Call, 6000)
		order := make([]int, len(calls))
		for i := range calls {
			at := i * days * 86400 / len(calls)
			calls[i] = ingest.Call{Time: int64(at), Customer: ingest.CustomerID(r.IntN(4) + 1), Peer: ingest.CustomerID(r.IntN(4)),
				Outcome: ingest.Completed, DurationS: float32(r.IntN(5000)) / 7}
			if i > 0 && (r.IntN(6) == 0 || i%50 < 3) { // the customer tries again
				calls[i].Time = min(calls[i-1].Time+int64(r.IntN(500)), int64(at)+1000)
				calls[i].Customer, calls[i].Peer = calls[i-1].Customer, calls[i-1].Peer
			}
			switch r.IntN(10) {
			case 0:
				calls[i].Outcome = ingest.Dropped
			case 1:
				calls[i].DurationS = float32(r.IntN(180_000))
			case 2:
				calls[i].DurationS = -1
			case 3, 4:
				calls[i].DurationS = float32(r.IntN(40))
			}
			if i%50 < 4 {
				calls[i].DurationS = 1 + float32(r.IntN(29))
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
		unsure, found, runs, named := 0, 0, 0, 0
		for d := range int32(days + 1) {
			if !w.sure(d) {
				unsure++
			}
			named += len(w.meets[d])
		}
		short := map[uint64][]ingest.Call{}
		for _, c := range calls {
			if c.Peer != 0 && brief(c) {
				short[pairOf(&c)] = append(short[pairOf(&c)], c)
			}
		}
		for pair, of := range short { // a run must be known on the days of the calls that are flagged
			slices.SortFunc(of, func(a, b ingest.Call) int { return int(a.Time - b.Time) })
			for i := range len(of) - 2 {
				if of[i+2].Time-of[i].Time > runSpan || of[i].Time == of[i+1].Time || of[i+1].Time == of[i+2].Time {
					continue
				}
				runs++
				for _, c := range of[i : i+2] {
					day := int32(c.Time / 86400)
					if _, ok := slices.BinarySearch(w.amongShort(day, day), shortPair(pair)); !ok && w.sure(day) {
						t.Fatalf("jitter %d s: the run %+v is missed on day %d", jitter, of[i:i+3], day)
					}
				}
			}
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
		case jitter <= 600 && (unsure > 3 || found < 30 || runs < 20 || named > len(calls)/5):
			t.Errorf("jitter %d s: %d days unsure, %d perceived drops and %d runs found, %d calls named", jitter, unsure, found, runs, named)
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
