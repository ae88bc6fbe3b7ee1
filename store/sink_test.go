package store_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/hotspots"
	"github.com/hotcell/hotcell/ingest"
	"github.com/hotcell/hotcell/store"
	"github.com/hotcell/hotcell/store/storetest"
)

var t0 = time.Date(2026, 5, 20, 0, 0, 0, 0, time.UTC)

func load(version uint64, content string) ingest.Load {
	return ingest.Load{ID: fmt.Sprintf("ld_%d_%s", version, content), Feed: ingest.FeedCalls, Source: "test", File: content + ".csv",
		ContentHash: content, Profile: "canonical", ProfileVersion: "1", Started: t0, Version: version}
}

func recordID(n int) ingest.RecordID {
	var id ingest.RecordID
	r := rand.New(rand.NewPCG(uint64(n), 7))
	for i := range id {
		id[i] = byte(r.Uint32())
	}
	return id
}

// call is a completed call of customer n at a place of its own.
func call(n int, at time.Time) ingest.Call {
	return ingest.Call{ID: recordID(n), Time: at.Unix(), Customer: ingest.CustomerID(n%7 + 1), Outcome: ingest.Completed, DurationS: 30,
		RAT: geo.RAT4G, Floor: geo.UnknownFloor, Location: geo.Location{Method: geo.MethodCoordinates, Pos: geo.LatLon{Lat: 30, Lon: 104},
			Cell: 0x8b0000000000fff + geo.Cell(n%5)<<12, Place: 0x890000000003ffff + geo.PlaceID(n%3)<<18, Scene: geo.SceneMall, Region: "5101"}}
}

func calls(n int) []ingest.Call {
	out := make([]ingest.Call, n)
	for i := range out {
		out[i] = call(i, t0.Add(time.Duration(i)*37*time.Second))
	}
	return out
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// take loads calls from begin to finish.
func take(t testing.TB, s *store.Store, l ingest.Load, c []ingest.Call) {
	t.Helper()
	had, err := s.Begin(t.Context(), l)
	must(t, err)
	if had != nil {
		t.Fatalf("load %s was taken for one that is already there: %+v", l.ID, had)
	}
	must(t, s.InsertCalls(t.Context(), l, c))
	finish(t, s, l, uint64(len(c)))
}

func finish(t testing.TB, s *store.Store, l ingest.Load, n uint64) {
	t.Helper()
	must(t, s.Finish(t.Context(), l, ingest.Account{Read: n, Accepted: n}))
}

var wide = hotspots.Query{End: t0.Add(1000 * 24 * time.Hour), Window: 2000 * 24 * time.Hour}

func countCalls(t testing.TB, s *store.Store) uint64 {
	t.Helper()
	ev, err := s.Evidence(t.Context(), wide)
	must(t, err)
	return ev.Calls
}

func TestSameBatchTwice(t *testing.T) {
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		c := calls(1000)
		take(t, s, load(1, "a"), c)
		first, err := s.Evidence(t.Context(), wide)
		must(t, err)
		if first.Calls != 1000 {
			t.Fatalf("%d calls, want 1000", first.Calls)
		}
		// Once more, with every record twice in one block.
		must(t, s.InsertCalls(t.Context(), load(1, "a"), append(c, c...)))
		finish(t, s, load(1, "a"), 1000)
		again, err := s.Evidence(t.Context(), wide)
		must(t, err)
		if !reflect.DeepEqual(first, again) {
			t.Errorf("the same batch twice changed the evidence:\n%+v\n%+v", first, again)
		}
		had, err := s.Begin(t.Context(), load(2, "a"))
		must(t, err)
		if had == nil || had.Accepted != 1000 {
			t.Errorf("loading the same content again: account %+v, want the earlier one", had)
		}
	})
}

func TestCorrectionReplaces(t *testing.T) {
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		c := calls(100)
		take(t, s, load(1, "a"), c)
		// Same day: the outcome changes. Another day: the record moves.
		c[3].Outcome = ingest.Dropped
		c[5].Time += 3 * 86400
		c[6].Time += 40 * 86400 // another month
		c[6].Outcome = ingest.Blocked
		take(t, s, load(2, "b"), c)
		check := func(calls uint64, bad []hotspots.Kind, days int) {
			t.Helper()
			ev, err := s.Evidence(t.Context(), wide)
			must(t, err)
			if ev.Calls != calls {
				t.Errorf("%d calls, want %d", ev.Calls, calls)
			}
			var kinds []hotspots.Kind
			for _, b := range ev.Bad {
				kinds = append(kinds, b.Kind)
			}
			if len(kinds) != len(bad) {
				t.Errorf("bad calls %v, want %v", kinds, bad)
			}
			got, err := s.LoadedDays(t.Context(), ingest.FeedCalls, "test")
			must(t, err)
			if len(got) != days {
				t.Errorf("loaded days %v, want %d", got, days)
			}
		}
		check(100, []hotspots.Kind{hotspots.KindDropped, hotspots.KindBlocked}, 3)
		// And back to where they were, as a third load.
		take(t, s, load(3, "c"), calls(100))
		check(100, nil, 3)
	})
}

// Loads of few days are known by their accounts, others by their records.
func TestLoadedDaysOfManySmallLoads(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for n, days := range [][2]int32{{20000, 20001}, {20001, 20003}, {20100, 20200}} {
			l := load(uint64(n+1), string(rune('a'+n)))
			_, err := s.Begin(t.Context(), l)
			must(t, err)
			must(t, s.Finish(t.Context(), l, ingest.Account{FirstDay: days[0], LastDay: days[1]}))
		}
		got, err := s.LoadedDays(t.Context(), ingest.FeedCalls, "test")
		must(t, err)
		if !slices.Equal(got, []int32{20000, 20001, 20002, 20003}) {
			t.Errorf("loaded days %v", got)
		}
	})
}

func TestExisting(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := calls(30000)
		take(t, s, load(1, "a"), c)
		ids := make([]ingest.RecordID, 0, 40000)
		for i := range 40000 {
			ids = append(ids, recordID(i))
		}
		day := int32(t0.Unix() / 86400)
		have, err := s.ExistingCalls(t.Context(), ids, day, day+30)
		must(t, err)
		for i, id := range ids {
			if have[id] != (i < 30000) {
				t.Fatalf("record %d: existing = %v", i, have[id])
			}
		}
		have, err = s.ExistingCalls(t.Context(), ids[:100], day+1, day+30)
		must(t, err)
		if len(have) != 0 {
			t.Errorf("found %d records on days they are not on", len(have))
		}
	})
}
