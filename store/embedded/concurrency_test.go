package embedded

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// residentBytes is the process's memory now, as the kernel counts it.
func residentBytes(t testing.TB) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("no /proc here: ", err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

func TestQueriesRunSideBySide(t *testing.T) {
	var took [3]time.Duration
	for _, connections := range []int{1, 2} {
		e := openEngine(t, Config{Connections: connections})
		conn := openDriver(t, e)
		value(t, conn, "SELECT 1::UInt64")
		start := time.Now()
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if err := conn.Exec(t.Context(), "SELECT sleep(1)"); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		took[connections] = time.Since(start)
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("4 one-second queries: %.2f s on one connection, %.2f s on two", took[1].Seconds(), took[2].Seconds())
	if took[1] < 3900*time.Millisecond || took[2] < 1900*time.Millisecond || took[2] > 3200*time.Millisecond {
		t.Errorf("took %v and %v, want about 4 s and 2 s", took[1], took[2])
	}
}

func TestCancel(t *testing.T) {
	e := openEngine(t, Config{Connections: 1})
	conn := openDriver(t, e)
	run(t, conn, "CREATE TABLE sink (a UInt64) ENGINE = Null")
	for name, query := range map[string]string{
		"before the first row": "SELECT max(sipHash64(number)) FROM numbers(1000000000000)",
		"not a select":         "INSERT INTO sink SELECT max(sipHash64(number)) FROM numbers(1000000000000)",
		"between rows":         "SELECT sipHash64(number) FROM numbers(1000000000000)",
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			start := time.Now()
			err := readAll(conn.Query(ctx, query))
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v, want the context's error", err)
			}
			if took := time.Since(start); took < 300*time.Millisecond || took > 2*time.Second {
				t.Errorf("the caller waited %v, its deadline was 0.3 s", took)
			}
			value(t, conn, "SELECT 1::UInt64") // waits for the one connection
			if took := time.Since(start); took > 4*time.Second {
				t.Errorf("the connection was free only after %v", took)
			}
			if n := value(t, conn, "SELECT count() FROM system.processes WHERE query LIKE '%sipHash64%' AND query NOT LIKE '%processes%'"); n != 0 {
				t.Errorf("%d cancelled queries still run", n)
			}
		})
	}

	t.Run("while waiting for a connection", func(t *testing.T) {
		busy := make(chan error)
		go func() { busy <- conn.Exec(t.Context(), "SELECT sleep(1)") }()
		for len(e.idle) > 0 {
			time.Sleep(time.Millisecond)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		err := conn.Exec(ctx, "SELECT 1")
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "busy") {
			t.Errorf("%v, want the context's error with the reason", err)
		}
		if err := <-busy; err != nil {
			t.Errorf("the query that was not cancelled: %v", err)
		}
	})

	t.Run("batch", func(t *testing.T) {
		run(t, conn, "CREATE TABLE slow (a UInt64, b UInt64 DEFAULT sleepEachRow(0.002)) ENGINE = MergeTree ORDER BY a")
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		batch, err := conn.PrepareBatch(ctx, "INSERT INTO slow (a)")
		if err != nil {
			t.Fatal(err)
		}
		if err := batch.Column(0).Append(make([]uint64, 1400)); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if err := batch.Send(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, want the context's error", err)
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("the caller waited %v, its deadline was 0.3 s", took)
		}
	})
}

func readAll(rows driver.Rows, err error) error {
	if err != nil {
		return err
	}
	for rows.Next() {
	}
	return errors.Join(rows.Err(), rows.Close())
}

// Rows left open hold a connection, but only while there is more to come; and never the Close of the engine.
func TestRowsLeftOpen(t *testing.T) {
	e := openEngine(t, Config{Connections: 1})
	conn := openDriver(t, e)
	short, err := conn.Query(t.Context(), "SELECT number FROM numbers(1000)")
	if err != nil {
		t.Fatal(err)
	}
	if n := value(t, conn, "SELECT 5::UInt64"); n != 5 {
		t.Errorf("got %d, want 5", n)
	}
	if err := short.Close(); err != nil {
		t.Error(err)
	}
	long, err := conn.Query(t.Context(), "SELECT number FROM numbers(100000000)")
	if err != nil || !long.Next() {
		t.Fatal(err)
	}
	start := time.Now()
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("Close took %v", took)
	}
}

// A large result passes through block by block and is never whole in memory.
func TestLargeResultIsStreamed(t *testing.T) {
	conn := openDriver(t, openEngine(t, Config{}))
	value(t, conn, "SELECT count() FROM numbers(1000000)")
	ctx := clickhouse.Context(t.Context(), clickhouse.WithSettings(clickhouse.Settings{"max_block_size": 200}))
	before := residentBytes(t)
	rows, err := conn.Query(ctx, "SELECT repeat('x', 10000) AS s FROM numbers(20000)")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var n, total, peak int64
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		total += int64(len(s))
		if n++; n%2000 == 0 {
			peak = max(peak, residentBytes(t))
		}
	}
	if err := rows.Err(); err != nil || total != 200000000 {
		t.Errorf("%d bytes of text (%v), want 200000000", total, err)
	}
	t.Logf("200 MB read, resident memory grew by at most %d MiB", (peak-before)>>20)
	if peak-before > 100<<20 {
		t.Errorf("resident memory grew by %d MiB while reading 200 MB", (peak-before)>>20)
	}
}
