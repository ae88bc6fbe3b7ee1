package store_test

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/hotspots"
	"github.com/hotcell/hotcell/ingest"
	"github.com/hotcell/hotcell/store"
	"github.com/hotcell/hotcell/store/storetest"
)

// benchCalls is the size of the benchmarks: HOTCELL_BENCH_CALLS, else 200,000.
func benchCalls() int {
	if n, err := strconv.Atoi(os.Getenv("HOTCELL_BENCH_CALLS")); err == nil && n > 0 {
		return n
	}
	return 200_000
}

// fillBench stores n calls of n/10 customers over 28 days in blocks of 100,000:
// every customer has three places, one call in twelve is bad.
func fillBench(b *testing.B, s *store.Store, n int) {
	r := rand.New(rand.NewPCG(1, 2))
	l := load(1, "bench")
	block := make([]ingest.Call, 0, 100_000)
	flush := func() {
		must(b, s.InsertCalls(b.Context(), l, block))
		block = block[:0]
	}
	for i := range n {
		u := r.IntN(n/10 + 1)
		place := (u*7919 + r.IntN(3)*104729) % 5000
		c := call(0, time.Unix(t0.Unix()+int64(i)*28*86400/int64(n), 0))
		for j := range c.ID {
			c.ID[j] = byte(r.Uint32())
		}
		c.Customer, c.Peer, c.RadioCell = ingest.CustomerID(u+1), ingest.CustomerID(r.IntN(50)+1), "460-00-"+strconv.Itoa(place/3)
		c.Location.Place = 0x890000000003ffff + geo.PlaceID(place)<<18
		if r.IntN(12) == 0 {
			c.Outcome = ingest.Outcome(2 + r.IntN(3))
		}
		if block = append(block, c); len(block) == cap(block) {
			flush()
		}
	}
	flush()
	must(b, s.Finish(b.Context(), l, ingest.Account{Read: uint64(n), Accepted: uint64(n)}))
}

// BenchmarkLoadCalls guards the speed of storing calls, Finish included.
func BenchmarkLoadCalls(b *testing.B) {
	n := benchCalls()
	for b.Loop() {
		fillBench(b, storetest.Open(b, storetest.Embedded(b)), n)
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}

// BenchmarkEvidence guards the time a ranking waits for its evidence.
func BenchmarkEvidence(b *testing.B) {
	n := benchCalls()
	s := storetest.Open(b, storetest.Embedded(b))
	fillBench(b, s, n)
	for b.Loop() {
		ev, err := s.Evidence(b.Context(), hotspots.Query{TrendWeeks: 8, DailyCap: 3})
		must(b, err)
		if ev.Calls != uint64(n) {
			b.Fatalf("%d calls, want %d", ev.Calls, n)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}
