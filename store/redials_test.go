package store_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/hotcell/hotcell/ingest"
	"github.com/hotcell/hotcell/store"
	"github.com/hotcell/hotcell/store/storetest"
)

// feltIDs lists the perceived drops that count.
func feltIDs(t *testing.T, s *store.Store) string {
	return s.Text(t, `SELECT arrayStringConcat(arraySort(groupArray(hex(record_id))), ' ') FROM (
		SELECT DISTINCT record_id FROM perceived ANY LEFT JOIN (
			SELECT day, max(generation) AS present FROM perceived_days GROUP BY day) AS switched USING day
		WHERE present > 0 AND generation >= present)`)
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
			if n, want := (len(got)+1)/33, len(w.perceived()); n != want || want < 10 {
				t.Fatalf("%d perceived drops, want %d (at least 10)", n, want)
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
	if got := feltIDs(t, s); len(got) != 32 {
		t.Fatalf("perceived drops %q, want one", got)
	}
}
