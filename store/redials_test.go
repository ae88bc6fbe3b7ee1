package store_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hotcell/hotcell/ingest"
	"github.com/hotcell/hotcell/store"
	"github.com/hotcell/hotcell/store/storetest"
)

// feltIDs lists the perceived drops that count, and by which rule they do.
func feltIDs(t testing.TB, s *store.Store) string {
	return s.Text(t, `SELECT arrayStringConcat(arraySort(groupArray(concat(record, ' ', felt_by))), '\n') FROM perceived_current`)
}

// felt is what feltIDs should give.
func (w world) felt() string {
	var out []string
	redialled, run := w.redialled(), w.shortRuns()
	for id := range w.perceived() {
		by := map[[2]bool]string{{true, false}: "redial", {false, true}: "short calls", {true, true}: "redial, short calls"}[[2]bool{redialled[id], run[id]}]
		out = append(out, fmt.Sprintf("%x %s", id, by))
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// TestPerceivedOfOneLoad: a load that brings all calls of its days finds the same
// perceived drops as a look at all calls, and so does one that adds to them.
func TestPerceivedOfOneLoad(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := rand.New(rand.NewPCG(20260521, 1))
		w := makeWorld(r, 3000)
		var all []ingest.Call
		for _, c := range w.calls {
			all = append(all, c)
		}
		slices.SortFunc(all, func(a, b ingest.Call) int { return slices.Compare(a.ID[:], b.ID[:]) })
		check := func(w world) {
			t.Helper()
			got := feltIDs(t, s)
			must(t, s.RebuildDerived(t.Context(), nil))
			if want := feltIDs(t, s); got != want {
				t.Fatalf("a load finds other perceived drops than a rebuild:\n%s\n%s", got, want)
			}
			if want := w.felt(); got != want || strings.Count(want, "redial") < 10 || strings.Count(want, "short calls") < 10 {
				t.Fatalf("perceived drops\n%s\nwant these (of either rule at least 10)\n%s", got, want)
			}
		}
		for i := range all[1600:] { // which stay as they are
			c := &all[1600+i]
			if i%3 > 0 { // attempts at three different times, more or less short
				c.Customer, c.Peer, c.Precision, c.Outcome = ingest.CustomerID(1+i/40%5), 2, ingest.PrecisionSecond, ingest.Completed
				c.Time, c.DurationS = t0.AddDate(0, 0, -i%5).Unix()+int64(i/120*1800+r.IntN(1500)), float32(1+r.IntN(40))
				w.calls[c.ID] = *c
			}
		}
		// In two batches of one load, so that pairs are torn apart.
		l := load(1, "whole")
		_, err := s.Begin(t.Context(), l)
		must(t, err)
		must(t, s.InsertCalls(t.Context(), l, all[:1000]))
		must(t, s.InsertCalls(t.Context(), l, all[1000:]))
		finish(t, s, l, uint64(len(all)))
		check(w)
		// Half of the calls again, dropped now: their perceived drops go.
		for i := range all[:1500] {
			all[i].Outcome = ingest.Dropped
			w.calls[all[i].ID] = all[i]
		}
		take(t, s, load(2, "again"), all[:1500])
		check(w)
	})
}

// TestPerceivedOfWatchedPairs: where a load brought all calls of its days, only
// the meetings are looked at that were noted on the way.
func TestPerceivedOfWatchedPairs(t *testing.T) {
	s := storetest.Open(t, storetest.Embedded(t))
	two := func(day int) []ingest.Call {
		first := call(2*day, t0.AddDate(0, 0, day))
		second := call(2*day+1, t0.AddDate(0, 0, day).Add(1e9*60))
		first.Customer, first.Peer, second.Customer, second.Peer = 5, 6, 5, 6
		return []ingest.Call{first, second}
	}
	l := load(1, "forgotten")
	_, err := s.Begin(t.Context(), l)
	must(t, err)
	must(t, s.InsertCalls(t.Context(), l, two(0)))
	s.ForgetMeetings(l)
	finish(t, s, l, 2)
	if got := feltIDs(t, s); got != "" {
		t.Fatalf("perceived drops %s of meetings that were not noted: all calls were looked at", got)
	}
	take(t, s, load(2, "noted"), two(10))
	if got := feltIDs(t, s); got != fmt.Sprintf("%x redial", recordID(20)) {
		t.Fatalf("perceived drops %q, want one", got)
	}
}

// TestPerceivedInAnyOrder: however calls come — all at once in order of time, or out of
// order over several loads, late, repeated and corrected — the same ones are flagged.
func TestPerceivedInAnyOrder(t *testing.T) {
	s := storetest.Open(t, storetest.Embedded(t))
	base, version, made := t0, uint64(0), 0
	must(t, flag.Set("rapid.checks", "4")) // a draw makes several loads
	t.Cleanup(func() { must(t, flag.Set("rapid.checks", "100")) })
	rapid.Check(t, func(rt *rapid.T) {
		base = base.AddDate(0, 0, 20) // a place in time of its own for every draw
		w := world{calls: map[ingest.RecordID]ingest.Call{}}
		var all []ingest.Call
		for range rapid.IntRange(1, 60).Draw(rt, "calls") {
			made++
			c := call(made, base.AddDate(0, 0, rapid.IntRange(0, 2).Draw(rt, "day")).Add(time.Duration(rapid.IntRange(-900, 900).Draw(rt, "second"))*time.Second))
			c.Customer, c.Peer = ingest.CustomerID(rapid.IntRange(1, 2).Draw(rt, "customer")), 9
			c.Outcome = rapid.SampledFrom([]ingest.Outcome{ingest.Completed, ingest.Completed, ingest.Completed, ingest.Dropped}).Draw(rt, "outcome")
			c.DurationS = float32(rapid.SampledFrom([]float64{-1, 0, 0.5, 8, 20, 29.5, 30, 31, 400}).Draw(rt, "duration"))
			all = append(all, c)
			w.calls[c.ID] = c
		}
		var some []ingest.Call
		send := func() {
			if version++; len(some) > 0 {
				take(t, s, load(version, fmt.Sprint(version)), some)
			}
			some = nil
		}
		for _, i := range rapid.Permutation(order(len(all))).Draw(rt, "order") {
			c := all[i]
			if rapid.IntRange(0, 14).Draw(rt, "corrected") == 0 { // it comes wrong first, and right in a later load
				wrong := c
				wrong.Time += int64(rapid.SampledFrom([]int{-86400, -60, 60, 86400}).Draw(rt, "shift"))
				wrong.DurationS, wrong.Outcome = 5, ingest.Completed
				some = append(some, wrong)
				send()
			}
			some = append(some, c)
			if rapid.IntRange(0, 14).Draw(rt, "cut") == 0 {
				send()
			}
		}
		send()
		now := func() string {
			return s.Text(t, fmt.Sprintf(`SELECT arrayStringConcat(arraySort(groupArray(concat(record, ' ', felt_by))), '\n') FROM perceived_current
				WHERE day >= toDate('%s') AND day <= toDate('%s')`, base.AddDate(0, 0, -4).Format(time.DateOnly), base.AddDate(0, 0, 8).Format(time.DateOnly)))
		}
		late := now()
		if want := w.felt(); late != want {
			rt.Fatalf("perceived drops\n%s\nwant\n%s", late, want)
		}
	})
}

func order(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
