package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/hotcell/hotcell/ingest"
	"github.com/hotcell/hotcell/store"
	"github.com/hotcell/hotcell/store/storetest"
)

// TestConcurrentInserters: ten loaders at once, each through its own store, whose
// records overlap.
func TestConcurrentInserters(t *testing.T) {
	for name, home := range map[string]func(testing.TB) string{"embedded": storetest.Embedded, "server": storetest.Server} {
		t.Run(name, func(t *testing.T) {
			dsn := home(t)
			s := storetest.Open(t, dsn)
			all := calls(6000)
			var wg sync.WaitGroup
			for i := range 10 {
				wg.Go(func() {
					own, err := store.Open(t.Context(), store.Config{DSN: dsn}, nil)
					if err != nil {
						t.Error(err)
						return
					}
					defer own.Close()
					part := slices.Clone(all[i*400 : i*400+2400]) // overlaps with five neighbours
					r := rand.New(rand.NewPCG(uint64(i), 1))
					r.Shuffle(len(part), func(a, b int) { part[a], part[b] = part[b], part[a] })
					l := load(uint64(i+1), fmt.Sprintf("part%d", i))
					if _, err := own.Begin(t.Context(), l); err != nil {
						t.Error(err)
						return
					}
					for chunk := range slices.Chunk(part, 600) {
						if err := own.InsertCalls(t.Context(), l, chunk); err != nil {
							t.Error(err)
							return
						}
					}
					if err := own.Finish(t.Context(), l, ingest.Account{Read: 2400, Accepted: 2400}); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if n := countCalls(t, s); n != 6000 {
				t.Errorf("%d calls, want 6000", n)
			}
		})
	}
}

// TestServerKilled kills the server in the middle of inserts, starts it again on
// the same data and sends what was not acknowledged once more.
func TestServerKilled(t *testing.T) {
	dir, err := os.MkdirTemp("", "hotcell-kill-")
	must(t, err)
	defer os.RemoveAll(dir)
	p, err := storetest.StartNode(t.Context(), dir)
	storetest.Need(t, err, storetest.ErrNoServer)
	defer func() { p.Kill() }()
	database := storetest.Database()
	open := func() *store.Store {
		s, err := store.Open(t.Context(), store.Config{DSN: p.DSN(database), RetryFor: 200 * time.Millisecond}, nil)
		must(t, err)
		must(t, s.Migrate(t.Context()))
		return s
	}
	s := open()
	all := calls(40000)
	batches := slices.Collect(slices.Chunk(all, 500))
	l := load(1, "a")
	_, err = s.Begin(t.Context(), l)
	must(t, err)
	kills := 0
	for next := 0; next < len(batches); {
		killer := p
		var gone atomic.Bool
		timer := time.AfterFunc(time.Duration(60+30*kills)*time.Millisecond, func() {
			if kills < 3 {
				gone.Store(true)
				killer.Kill()
			}
		})
		for next < len(batches) {
			if err := s.InsertCalls(t.Context(), l, batches[next]); err != nil {
				if c := store.CodeOf(err); c != store.CodeUnreachable && c != store.CodeBusy {
					t.Errorf("the error of a killed server: %v (%s)", err, c)
				}
				break
			}
			next++
		}
		timer.Stop()
		if gone.Load() {
			kills++
			_ = s.Close() // its connections are dead
			p, err = storetest.StartNode(t.Context(), dir)
			must(t, err)
			s = open()
		} else if next < len(batches) {
			t.Fatal("an insert failed without a kill")
		}
	}
	if kills == 0 {
		t.Fatal("all was inserted before the first kill: the test showed nothing")
	}
	finish(t, s, l, 40000)
	if n := countCalls(t, s); n != 40000 {
		t.Errorf("%d calls after %d kills, want 40000", n, kills)
	}
	must(t, s.Close())
}

// TestUnfinishedLoad: a process died between its last insert and Finish; the next
// load of the same content completes both.
func TestUnfinishedLoad(t *testing.T) {
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		c := calls(50)
		take(t, s, load(1, "old"), c)
		// The dead load moved a record to the next day and brought a redial.
		moved := c[0]
		moved.Time += 86400
		first, again := call(1001, t0.Add(50*time.Hour)), call(1002, t0.Add(50*time.Hour+60*time.Second))
		first.Customer, again.Customer, first.Peer, again.Peer = 77, 77, 5, 5
		dead := load(2, "new")
		_, err := s.Begin(t.Context(), dead)
		must(t, err)
		must(t, s.InsertCalls(t.Context(), dead, []ingest.Call{moved, first, again}))

		retry := load(3, "new")
		had, err := s.Begin(t.Context(), retry)
		must(t, err)
		if had != nil {
			t.Fatal("an unfinished load counts as finished")
		}
		finish(t, s, retry, 3) // ingest found all three in the store already
		ev, err := s.Evidence(t.Context(), wide)
		must(t, err)
		if ev.Calls != 52 || len(ev.Bad) != 1 || ev.Bad[0].Customer != 77 {
			t.Errorf("%d calls and bad %+v, want 52 and one perceived drop of customer 77", ev.Calls, ev.Bad)
		}
		had, err = s.Begin(t.Context(), load(4, "new"))
		must(t, err)
		if had == nil {
			t.Error("the completed load is not found")
		}
	})
}

// TestDataVersion changes with the data and with nothing else.
func TestDataVersion(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		version := func() string {
			ev, err := s.Evidence(t.Context(), wide)
			must(t, err)
			return ev.DataVersion
		}
		c := calls(100)
		take(t, s, load(1, "a"), c)
		one := version()
		if two := version(); one != two {
			t.Errorf("looking twice gives %s and %s", one, two)
		}
		c[0].Outcome = ingest.Dropped
		take(t, s, load(2, "b"), c[:1])
		if two := version(); one == two {
			t.Error("a correction did not change it")
		}
	})
}

func TestBadTimeIsRefused(t *testing.T) {
	s := storetest.Open(t, storetest.Embedded(t))
	c := calls(2)
	c[1].Time = -1
	err := s.InsertCalls(t.Context(), load(1, "a"), c)
	if store.CodeOf(err) != store.CodeBadRecord || !strings.Contains(err.Error(), "call 2") {
		t.Errorf("a time before 1970: %v", err)
	}
	if n := countCalls(t, s); n != 0 {
		t.Errorf("%d calls of a refused batch were stored", n)
	}
}

func TestCanceled(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := s.Evidence(ctx, wide)
		if store.CodeOf(err) != store.CodeCanceled || !errors.Is(err, context.Canceled) {
			t.Errorf("a canceled question: %v (%s)", err, store.CodeOf(err))
		}
	})
}

// TestMetrics reads every metric after making it count.
func TestMetrics(t *testing.T) {
	dir, err := os.MkdirTemp("", "hotcell-metrics-")
	must(t, err)
	defer os.RemoveAll(dir)
	p, err := storetest.StartNode(t.Context(), dir)
	storetest.Need(t, err, storetest.ErrNoServer)
	defer p.Kill()
	reg := prometheus.NewRegistry()
	s, err := store.Open(t.Context(), store.Config{DSN: p.DSN(storetest.Database()), Registerer: reg, RetryFor: 300 * time.Millisecond}, nil)
	must(t, err)
	defer s.Close()
	must(t, s.Migrate(t.Context()))
	must(t, s.InsertCalls(t.Context(), load(1, "a"), calls(30)))
	must(t, s.InsertCalls(t.Context(), load(1, "a"), calls(12)))
	countCalls(t, s)
	p.Kill()
	if err := s.InsertCalls(t.Context(), load(1, "a"), calls(1)); store.CodeOf(err) != store.CodeUnreachable {
		t.Errorf("insert into a dead server: %v", err)
	}
	got := map[string]float64{}
	families, err := reg.Gather()
	must(t, err)
	for _, f := range families {
		for _, m := range f.Metric {
			got[f.GetName()+labels(m)] = m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	for name, least := range map[string]float64{
		"hotcell_store_inserted_rows_total{calls}":                  42,
		"hotcell_store_insert_batches_total{calls}":                 2,
		"hotcell_store_retries_total{store calls}":                  1,
		"hotcell_store_errors_total{store_unreachable}":             1,
		"hotcell_store_query_seconds{aggregate exposures}":          1,
		"hotcell_store_query_seconds{apply migration 0001_records}": 1,
	} {
		if got[name] < least {
			t.Errorf("%s is %v, want at least %v", name, got[name], least)
		}
	}
	if n := got["hotcell_store_inserted_rows_total{calls}"]; n != 42 {
		t.Errorf("%v rows counted, want 42: a failed batch is not stored", n)
	}
	// A second store may share the registerer.
	if _, err := store.Open(t.Context(), store.Config{DSN: p.DSN("x"), Registerer: reg}, nil); store.CodeOf(err) != store.CodeUnreachable {
		t.Errorf("a second store with the same registerer: %v", err)
	}
}

func labels(m *dto.Metric) string {
	var v []string
	for _, l := range m.Label {
		v = append(v, l.GetValue())
	}
	return "{" + strings.Join(v, ",") + "}"
}
