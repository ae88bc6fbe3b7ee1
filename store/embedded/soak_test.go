package embedded

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// TestSoak is a mixed load on six connections while the garbage collector runs without pause: 10 seconds, or as long as
// HOTCELL_SOAK says (two minutes under the race detector: HOTCELL_SOAK=2m go test -race -run TestSoak -timeout 10m).
func TestSoak(t *testing.T) {
	length := 10 * time.Second
	if text := os.Getenv("HOTCELL_SOAK"); text != "" {
		var err error
		if length, err = time.ParseDuration(text); err != nil {
			t.Fatalf("HOTCELL_SOAK: %v", err)
		}
	} else if testing.Short() {
		t.Skip("short")
	}
	e := openEngine(t, Config{Connections: 6, MaxServerMemory: 1 << 30, MaxQueryMemory: 256 << 20})
	conn := openDriver(t, e)
	run(t, conn, `CREATE TABLE soak (id UInt64, day Date, cell UInt64, outcome LowCardinality(String), lat Float64, note Nullable(String))
		ENGINE = MergeTree PARTITION BY toYYYYMM(day) ORDER BY (cell, id) TTL day + INTERVAL 100 YEAR`)
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()

	var (
		workers                              sync.WaitGroup
		inserted, queried, cancelled, failed atomic.Int64
	)
	work := func(f func() error) {
		workers.Go(func() {
			for ctx.Err() == nil {
				if err := f(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 2 {
		work(func() error {
			n, err := soakInsert(conn)
			inserted.Add(n)
			return err
		})
	}
	for range 2 {
		work(func() error {
			var hits, cells uint64
			err := conn.QueryRow(context.Background(),
				"SELECT count(), uniqExact(cell) FROM soak WHERE outcome = {o:String}", clickhouse.Named("o", "dropped")).Scan(&hits, &cells)
			queried.Add(1)
			return err
		})
	}
	work(func() error { // large results, some given up in the middle
		short, cancel := context.WithTimeout(context.Background(), time.Duration(5+queried.Load()%100)*time.Millisecond)
		defer cancel()
		if err := readAll(conn.Query(short, "SELECT number, toString(number) FROM numbers(3000000)")); err != nil {
			if short.Err() == nil {
				return err
			}
			cancelled.Add(1)
		}
		return nil
	})
	work(func() error { // errors of every kind
		for query, want := range map[string]int32{
			"SELECT * FROM nowhere":                                         60,
			"SELECT throwIf(number = 200000) FROM numbers(300000)":          395,
			"SELECT length(groupArray(number)) FROM numbers(100000000)":     241,
			"INSERT INTO soak (id) SELECT throwIf(1, 'no') FROM numbers(3)": 395,
		} {
			if err := readAll(conn.Query(context.Background(), query)); code(err) != want {
				return fmt.Errorf("%s: code %d (%v), want %d", query, code(err), err, want)
			}
			failed.Add(1)
		}
		return nil
	})
	workers.Go(func() {
		for ctx.Err() == nil {
			runtime.GC()
			time.Sleep(time.Millisecond)
		}
	})

	// Memory after a warm-up of a third against the peak of the rest.
	var warm, peak int64
	threads := 0
	start := time.Now()
	for ctx.Err() == nil {
		time.Sleep(min(250*time.Millisecond, length/40))
		now := residentBytes(t)
		if time.Since(start) < length/3 {
			warm = max(warm, now)
			threads = threadCount(t)
		}
		peak = max(peak, now)
	}
	workers.Wait()
	if rows := value(t, conn, "SELECT count() FROM soak"); rows != uint64(inserted.Load()) {
		t.Errorf("%d rows in the table, %d acknowledged", rows, inserted.Load())
	}
	t.Logf("%v: %d rows inserted, %d queries, %d cancelled, %d failed as they should; resident %d MiB warm, %d MiB at most; %d threads warm, %d at the end",
		length, inserted.Load(), queried.Load(), cancelled.Load(), failed.Load(), warm>>20, peak>>20, threads, threadCount(t))
	if queried.Load() == 0 || failed.Load() == 0 || cancelled.Load() == 0 || inserted.Load() == 0 {
		t.Error("a part of the load did not run")
	}
	if peak > warm+warm/4+128<<20 {
		t.Errorf("resident memory went from %d MiB to %d MiB after the warm-up", warm>>20, peak>>20)
	}
}

var soakID atomic.Uint64

func soakInsert(conn driver.Conn) (int64, error) {
	const n = 20000
	batch, err := conn.PrepareBatch(context.Background(), "INSERT INTO soak (id, day, cell, outcome, lat, note)")
	if err != nil {
		return 0, err
	}
	first := soakID.Add(n) - n
	note := "later"
	for i := range uint64(n) {
		var text *string
		if i%7 == 0 {
			text = &note
		}
		day := time.Date(2026, time.Month(1+i%2), 1+int(first/n%28), 0, 0, 0, 0, time.UTC)
		if err := batch.Append(first+i, day, i%997, []string{"completed", "poor", "dropped", "blocked"}[i%4], float64(i)/100, text); err != nil {
			return 0, err
		}
	}
	return n, batch.Send()
}

func threadCount(t testing.TB) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "Threads:")
	n := 0
	_, _ = fmt.Sscan(rest, &n)
	return n
}
