package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// needLibrary skips where the engine is not installed, but not in CI.
func needLibrary(t testing.TB) {
	t.Helper()
	if _, err := FindLibrary(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

// openEngine starts an engine of its own for a test.
func openEngine(t testing.TB, config Config) *Engine {
	t.Helper()
	needLibrary(t)
	if config.Dir == "" {
		config.Dir = t.TempDir()
	}
	e, err := Open(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func openDriver(t testing.TB, e *Engine) driver.Conn {
	t.Helper()
	conn, err := clickhouse.Open(e.Options())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func run(t testing.TB, conn driver.Conn, query string) {
	t.Helper()
	if err := conn.Exec(context.Background(), query); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// value reads the one number a query gives.
func value(t testing.TB, conn driver.Conn, query string, args ...any) uint64 {
	t.Helper()
	var n uint64
	if err := conn.QueryRow(context.Background(), query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// code is that of a ClickHouse error, 0 for others.
func code(err error) int32 {
	var e *clickhouse.Exception
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}

func TestQueries(t *testing.T) {
	e := openEngine(t, Config{})
	conn := openDriver(t, e)
	ctx := context.Background()
	if err := conn.Ping(ctx); err != nil {
		t.Fatal(err)
	}
	version, err := conn.ServerVersion()
	if err != nil || version.Version.Major != 26 || version.Version.Minor != 5 {
		t.Errorf("version %v, %v: want 26.5", version, err)
	}

	t.Run("types", func(t *testing.T) {
		row := conn.QueryRow(ctx, `SELECT toUInt8(200), -5::Int32, 1.5::Float64, 'ħ\0x', toDateTime64('2026-05-02 03:04:05.678', 3, 'UTC'),
			[1, 2]::Array(UInt16), map('a', 1)::Map(String, UInt8), NULL::Nullable(Int8), toLowCardinality('lc'), tuple(1, 'x')`)
		var (
			u  uint8
			i  int32
			f  float64
			s  string
			d  time.Time
			a  []uint16
			m  map[string]uint8
			n  *int8
			lc string
			tu []any
		)
		if err := row.Scan(&u, &i, &f, &s, &d, &a, &m, &n, &lc, &tu); err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprint(u, i, f, []byte(s), d.UTC().Format(time.RFC3339Nano), a, m, n == nil, lc)
		want := fmt.Sprint(200, -5, 1.5, []byte("ħ\x00x"), "2026-05-02T03:04:05.678Z", []int{1, 2}, map[string]int{"a": 1}, true, "lc")
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})

	t.Run("no rows", func(t *testing.T) {
		rows, err := conn.Query(ctx, "SELECT number AS n FROM numbers(10) WHERE number > 100")
		if err != nil {
			t.Fatal(err)
		}
		if rows.Next() {
			t.Error("a row of an empty result")
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Error(err)
		}
	})

	t.Run("not a select", func(t *testing.T) {
		for _, query := range []string{"SHOW DATABASES", "DESCRIBE TABLE system.one", "EXPLAIN SELECT 1", "EXISTS TABLE system.one",
			" -- note\n/* more */ (SELECT 1)", "WITH 1 AS a SELECT a"} {
			rows, err := conn.Query(ctx, query)
			if err != nil {
				t.Errorf("%s: %v", query, err)
				continue
			}
			if !rows.Next() {
				t.Errorf("%s gives no row (%v)", query, rows.Err())
			}
			if err := rows.Close(); err != nil {
				t.Errorf("%s: %v", query, err)
			}
		}
	})
}
