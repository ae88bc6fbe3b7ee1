package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotcell/hotcell/ingest"
	"github.com/hotcell/hotcell/store"
	"github.com/hotcell/hotcell/store/storetest"
)

// A load does not end while a replica lacks rows that another has taken: first it
// is slow, then it is all there is.
func TestLoadWaitsForReplicas(t *testing.T) {
	c := storetest.SharedCluster(t)
	database := storetest.Database()
	storetest.Open(t, c.DSN(database, 0))
	s, err := store.Open(t.Context(), store.Config{DSN: c.DSN(database, 0), RetryFor: 6 * time.Second}, nil)
	must(t, err)
	defer s.Close()
	first, second := c.Nodes[0], c.Nodes[1]
	must(t, second.Ask(t.Context(), "SYSTEM STOP FETCHES "+database+".calls_local"))
	all := calls(500)
	l := load(1, "a")
	_, err = s.Begin(t.Context(), l)
	must(t, err)
	must(t, s.InsertCalls(t.Context(), l, all))
	end := func() error { return s.Finish(t.Context(), l, ingest.Account{Read: 500, Accepted: 500}) }
	refused := func(what string) {
		t.Helper()
		if err := end(); store.CodeOf(err) != store.CodeBehind || !strings.Contains(err.Error(), what) {
			t.Errorf("the end of the load: %v (%s), want %q", err, store.CodeOf(err), what)
		}
	}
	refused("have not reached the others")
	first.Kill()
	refused("start the replicas that are away: 1;")
	must(t, first.Start(t.Context()))
	must(t, second.Ask(t.Context(), "SYSTEM START FETCHES "+database+".calls_local"))
	for deadline := time.Now().Add(time.Minute); ; { // the first has to find its way back
		if err = end(); err == nil || time.Now().After(deadline) {
			break
		}
	}
	must(t, err)
	tally, err := c.Tally(t.Context(), database)
	if err != nil || tally.Calls != 500 {
		t.Errorf("afterwards the cluster has %d calls (%v), want 500", tally.Calls, err)
	}
}

// All versions of a record lie on one shard, whatever else a correction changes.
func TestCorrectionsStayOnTheirShard(t *testing.T) {
	c := storetest.SharedCluster(t)
	database := storetest.Database()
	s := storetest.Open(t, c.DSN(database, 1))
	all := calls(300)
	take(t, s, load(1, "a"), all)
	for i := range all {
		all[i].Time += int64(i%50) * 86400 // some in another month
		all[i].Customer, all[i].Outcome = ingest.CustomerID(1000+i), ingest.Dropped
	}
	take(t, s, load(2, "b"), all)
	tally, err := c.Tally(t.Context(), database)
	if err != nil || tally.Calls != 300 {
		t.Errorf("%d calls (%v), want 300", tally.Calls, err)
	}
	sum := uint64(0)
	for shard := range 2 {
		var records, rows uint64
		must(t, c.Nodes[2*shard].Ask(t.Context(), "SELECT uniqExact(record_id), count() FROM "+database+".calls_local", &records, &rows))
		if records == 0 || rows <= records {
			t.Errorf("shard %d has %d rows of %d records: nothing was spread, or nothing corrected", shard+1, rows, records)
		}
		sum += records
	}
	if sum != 300 {
		t.Errorf("the shards have %d records together, want 300: some lie on both", sum)
	}
}

// Records that come late change what was derived of their own day, and of no other.
func TestLateRecordsChangeTheirDay(t *testing.T) {
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		pair := func(n int, at time.Duration) ingest.Call {
			c := call(n, t0.Add(at))
			c.Customer, c.Peer = 77, 5
			return c
		}
		const day = 24 * time.Hour
		perceived := func() (days []int32) {
			ev, err := s.Evidence(t.Context(), wide)
			must(t, err)
			for _, b := range ev.Bad {
				days = append(days, b.Day-int32(t0.Unix()/86400))
			}
			return days
		}
		take(t, s, load(1, "a"), []ingest.Call{pair(1, 10*time.Hour), pair(2, 3*day), pair(3, day-50*time.Second)})
		if got := perceived(); len(got) != 0 {
			t.Fatalf("perceived drops on the days %v before any redial", got)
		}
		take(t, s, load(2, "b"), []ingest.Call{pair(4, 10*time.Hour+70*time.Second)})
		if got := perceived(); len(got) != 1 || got[0] != 0 {
			t.Errorf("after a late redial: perceived drops on the days %v, want 0", got)
		}
		take(t, s, load(3, "c"), []ingest.Call{pair(5, day+30*time.Second)}) // answers a call of the eve
		if got := perceived(); len(got) != 2 || got[0] != 0 || got[1] != 0 {
			t.Errorf("after a late redial past midnight: perceived drops on the days %v, want 0 and 0", got)
		}
		// The redial turns out to have been on another day.
		moved := pair(4, 5*day)
		take(t, s, load(4, "d"), []ingest.Call{moved})
		if got := perceived(); len(got) != 1 {
			t.Errorf("after the redial was moved: perceived drops on the days %v, want one", got)
		}
		// A run of short calls past midnight, of which the middle one comes last.
		short := func(n int, at time.Duration) ingest.Call {
			c := pair(n, at)
			c.Customer, c.DurationS = 78, 10
			return c
		}
		take(t, s, load(5, "e"), []ingest.Call{short(20, 2*day-200*time.Second), short(22, 2*day+300*time.Second)})
		if got := perceived(); len(got) != 1 {
			t.Errorf("two short calls are no run, but perceived drops are on the days %v", got)
		}
		take(t, s, load(6, "f"), []ingest.Call{short(21, 2*day+50*time.Second)})
		got := perceived()
		slices.Sort(got)
		if fmt.Sprint(got) != "[0 1 2]" || strings.Count(feltIDs(t, s), "short calls") != 2 || strings.Count(feltIDs(t, s), "redial") != 1 {
			t.Errorf("after a late short call: perceived drops on the days %v, want 0, 1 and 2; flagged are\n%s", got, feltIDs(t, s))
		}
	})
}

func TestWrongClusters(t *testing.T) {
	plain := storetest.Server(t)
	c := storetest.SharedCluster(t)
	for dsn, want := range map[string]string{
		plain + "?cluster=nowhere": `knows no cluster "nowhere"`,
		strings.Replace(c.DSN("x", 0), "cluster="+storetest.ClusterName, "cluster=town", 1): "known: " + storetest.ClusterName,
	} {
		if _, err := store.Open(t.Context(), store.Config{DSN: dsn}, nil); store.CodeOf(err) != store.CodeConfig || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v (%s), want %q", dsn, err, store.CodeOf(err), want)
		}
	}
}
