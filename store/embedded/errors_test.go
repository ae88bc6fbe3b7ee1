package embedded

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
)

func TestErrorsKeepTheirCode(t *testing.T) {
	conn := openDriver(t, openEngine(t, Config{Connections: 1}))
	ctx := t.Context()
	run(t, conn, "CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a")
	for _, c := range []struct {
		query string
		code  int32
	}{
		{"SELECT * FROM nowhere", 60},
		{"SELECT a, b FROM t", 47},
		{"SELEC 1", 62},
		{"SELECT 1; SELECT 2", 62},
		{"SELECT nofunction(1)", 46},
		{"CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a", 57},
		{"DROP DATABASE nowhere", 81},
		{"INSERT INTO t SELECT throwIf(number = 3) FROM numbers(10)", 395},
		{"SELECT throwIf(number = 3) FROM numbers(10)", 395},
	} {
		rows, err := conn.Query(ctx, c.query)
		if err == nil {
			for rows.Next() {
			}
			err = errors.Join(rows.Err(), rows.Close())
		}
		if code(err) != c.code {
			t.Errorf("%s: code %d (%v), want %d", c.query, code(err), err, c.code)
		}
		if err := conn.Exec(ctx, c.query); code(err) != c.code {
			t.Errorf("exec %s: code %d (%v), want %d", c.query, code(err), err, c.code)
		}
		if n := value(t, conn, "SELECT 7::UInt64"); n != 7 {
			t.Errorf("after %s: SELECT 7 gives %d", c.query, n)
		}
	}
	if _, err := conn.PrepareBatch(ctx, "INSERT INTO nowhere (a)"); code(err) != 60 {
		t.Errorf("batch into a missing table: code %d (%v), want 60", code(err), err)
	}
}

// An error after the first rows were given must come out of the rows, and leave nothing in the connection.
func TestErrorInMidStream(t *testing.T) {
	conn := openDriver(t, openEngine(t, Config{Connections: 1, MaxThreads: 1}))
	for range 3 {
		rows, err := conn.Query(t.Context(), "SELECT number, throwIf(number = 3000000) FROM numbers(4000000)")
		if err != nil {
			t.Fatalf("the error came before the first row: %v", err)
		}
		n := 0
		for rows.Next() {
			n++
		}
		if err := rows.Err(); code(err) != 395 || !strings.Contains(err.Error(), "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO") {
			t.Errorf("after %d rows: %v, want code 395", n, err)
		}
		if n == 0 {
			t.Error("no row came before the error")
		}
		_ = rows.Close()
		// A whole result comes from the buffer in which a failed query leaves what it had written, such as names of columns.
		if err := conn.Exec(t.Context(), "SELECT throwIf(number = 3) FROM numbers(10) FORMAT TSVWithNames"); code(err) != 395 {
			t.Errorf("code %d (%v), want 395", code(err), err)
		}
		rows, err = conn.Query(t.Context(), "SHOW TABLES FROM system LIKE 'one'")
		if err != nil {
			t.Fatal(err)
		}
		var name string
		if !rows.Next() || rows.Scan(&name) != nil || name != "one" || rows.Next() {
			t.Errorf("the next query gives %q (%v)", name, rows.Err())
		}
		_ = rows.Close()
	}
}

func TestBadSettingsSpoilOneQueryOnly(t *testing.T) {
	conn := openDriver(t, openEngine(t, Config{Connections: 1, MaxThreads: 3}))
	for _, settings := range []clickhouse.Settings{{"no_such_setting": 1}, {"max_block_size": "many"}, {"bad name": 1}} {
		ctx := clickhouse.Context(t.Context(), clickhouse.WithSettings(settings))
		if err := conn.Exec(ctx, "SELECT 1"); err == nil {
			t.Errorf("settings %v are taken", settings)
		}
		if n := value(t, conn, "SELECT getSetting('max_threads')::UInt64"); n != 3 {
			t.Errorf("after settings %v: %d threads, want 3", settings, n)
		}
	}
	ctx := clickhouse.Context(t.Context(), clickhouse.WithSettings(clickhouse.Settings{"max_block_size": 77}))
	var n uint64
	if err := conn.QueryRow(ctx, "SELECT getSetting('max_block_size')::UInt64").Scan(&n); err != nil || n != 77 {
		t.Errorf("max_block_size %d (%v), want 77", n, err)
	}
	if n := value(t, conn, "SELECT getSetting('max_block_size')::UInt64"); n == 77 {
		t.Error("a setting stayed for the next query")
	}
}

func TestMemoryLimits(t *testing.T) {
	// The limits are the engine's own: what the Go heap takes does not count.
	ballast := make([]byte, 450<<20)
	for i := 0; i < len(ballast); i += 4096 {
		ballast[i] = 1
	}
	const hungry = "SELECT length(groupArray(number)) FROM numbers(100000000)"
	t.Run("query", func(t *testing.T) {
		conn := openDriver(t, openEngine(t, Config{MaxServerMemory: 500 << 20, MaxQueryMemory: 50 << 20}))
		err := conn.Exec(t.Context(), hungry)
		if code(err) != 241 || !strings.Contains(err.Error(), "uery memory limit") {
			t.Errorf("%v, want code 241 of the query's limit", err)
		}
		value(t, conn, "SELECT count() FROM numbers(1000000)")
	})
	t.Run("server", func(t *testing.T) {
		conn := openDriver(t, openEngine(t, Config{MaxServerMemory: 400 << 20, MaxQueryMemory: 8 << 30}))
		err := conn.Exec(t.Context(), hungry)
		if code(err) != 241 || !strings.Contains(err.Error(), "(total) memory limit") {
			t.Errorf("%v, want code 241 of the server's limit", err)
		}
		value(t, conn, "SELECT count() FROM numbers(1000000)")
	})
	if ballast[4096] != 1 {
		t.Error("ballast lost")
	}
}

func TestConfigIsChecked(t *testing.T) {
	for name, config := range map[string]Config{
		"data directory":   {},
		"connections":      {Dir: "x", Connections: -1},
		"threads":          {Dir: "x", MaxThreads: -1},
		"memory limits of": {Dir: "x", MaxServerMemory: 1},
	} {
		if _, err := Open(t.Context(), config); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%+v: %v, want an error about %s", config, err, name)
		}
	}
}

func TestLibraryMissing(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	t.Setenv(EnvLibrary, "")
	_, err := Open(t.Context(), Config{Dir: filepath.Join(t.TempDir(), "data")})
	if !errors.Is(err, ErrNoLibrary) || !strings.Contains(err.Error(), "make engine") {
		t.Errorf("%v, want ErrNoLibrary with what to do", err)
	}
	t.Setenv(EnvLibrary, filepath.Join(t.TempDir(), "none.so"))
	if _, err := FindLibrary(); !errors.Is(err, ErrNoLibrary) || !strings.Contains(err.Error(), EnvLibrary) {
		t.Errorf("%v, want ErrNoLibrary that names %s", err, EnvLibrary)
	}
}

// A file that is no library, or not this one, is a sentence and not a crash. The process keeps one library for good, so another
// process has to try.
func TestLibraryUnusable(t *testing.T) {
	fake := filepath.Join(t.TempDir(), "libchdb.so")
	if err := os.WriteFile(fake, []byte("not a library"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, library := range []string{fake, "/lib/x86_64-linux-gnu/libm.so.6"} {
		if regularFile(library) != nil {
			continue
		}
		out, err := child(t, "open", t.TempDir(), EnvLibrary+"="+library).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "make engine") {
			t.Errorf("%s: %v, %s; want a failure that says what to do", library, err, out)
		}
	}
}

func TestClosedEngine(t *testing.T) {
	e := openEngine(t, Config{})
	conn := openDriver(t, e)
	if err := conn.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	second, err := Open(t.Context(), Config{Dir: e.Dir()})
	if err != nil {
		t.Fatalf("the directory cannot be shared within the process: %v", err)
	}
	if _, err := Open(t.Context(), Config{Dir: t.TempDir()}); !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), e.Dir()) {
		t.Errorf("a second directory: %v, want ErrInUse that names the first", err)
	}
	if _, err := Open(t.Context(), Config{Dir: e.Dir(), MaxThreads: 9}); !errors.Is(err, ErrInUse) {
		t.Errorf("other limits: %v, want ErrInUse", err)
	}
	if err := errors.Join(e.Close(), e.Close()); err != nil {
		t.Fatal(err)
	}
	if err := conn.Ping(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("query after Close: %v, want ErrClosed", err)
	}
	shared := openDriver(t, second)
	if err := shared.Ping(context.Background()); err != nil {
		t.Errorf("the other opening ended too: %v", err)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	third, err := Open(t.Context(), Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatalf("another directory after the last Close: %v", err)
	}
	if err := third.Close(); err != nil {
		t.Error(err)
	}
}
