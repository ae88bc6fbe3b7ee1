package embedded

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/ext"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

func TestBatch(t *testing.T) {
	e := openEngine(t, Config{})
	conn := openDriver(t, e)
	ctx := t.Context()
	run(t, conn, "CREATE DATABASE `other db`")
	run(t, conn, "CREATE TABLE `other db`.`a b` (a UInt64, `b c` String, c Nullable(Float64), d DateTime DEFAULT 0, "+
		"e LowCardinality(String) DEFAULT 'none', f Array(UInt16), g UInt8 MATERIALIZED 7) ENGINE = MergeTree ORDER BY a")
	const rows = 40000 // more than one growth of the spool
	for round := range 3 {
		batch, err := conn.PrepareBatch(ctx, "INSERT INTO `other db`.`a b` (a, `b c`, c, e, f)")
		if err != nil {
			t.Fatal(err)
		}
		for i := range rows {
			var c *float64
			if i%2 == 0 {
				v := float64(i) / 2
				c = &v
			}
			err := batch.Append(uint64(round*rows+i), strings.Repeat("ä\x00\n'", i%20)+fmt.Sprint(i), c, "lc", []uint16{uint16(i), 2})
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := batch.Send(); err != nil {
			t.Fatal(err)
		}
	}
	if n := value(t, conn, "SELECT count() FROM `other db`.`a b` WHERE d = 0 AND e = 'lc' AND g = 7 AND f[1] = (a % 40000) % 65536 "+
		"AND `b c` = repeat('ä\\0\\n\\'', (a % 40000) % 20) || toString(a % 40000)"); n != 3*rows {
		t.Errorf("%d rows are right, want %d", n, 3*rows)
	}
	if n := value(t, conn, "SELECT count(c) FROM `other db`.`a b`"); n != 3*rows/2 {
		t.Errorf("%d values are not null, want %d", n, 3*rows/2)
	}

	t.Run("other columns through the same file", func(t *testing.T) {
		options := e.Options()
		options.Auth.Database = "other db"
		conn, err := clickhouse.Open(options)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		run(t, conn, "CREATE TABLE u (x String, y Int8) ENGINE = MergeTree ORDER BY x")
		for i := range 20 {
			batch, err := conn.PrepareBatch(ctx, "INSERT INTO u (y, x) SETTINGS max_threads = 1")
			if err != nil {
				t.Fatal(err)
			}
			if err := batch.Append(int8(i), fmt.Sprint(i)); err != nil {
				t.Fatal(err)
			}
			if err := batch.Send(); err != nil {
				t.Fatal(err)
			}
		}
		if n := value(t, conn, "SELECT count() FROM u WHERE toString(y) = x"); n != 20 {
			t.Errorf("%d rows are right, want 20", n)
		}
	})
}

// The driver sends nothing, and reports nothing, when the columns of a batch differ in length: that must be an error here.
func TestBatchWithColumnsOfDifferentLength(t *testing.T) {
	conn := openDriver(t, openEngine(t, Config{}))
	run(t, conn, "CREATE TABLE t (a UInt64, b UInt64) ENGINE = MergeTree ORDER BY a")
	batch, err := conn.PrepareBatch(t.Context(), "INSERT INTO t (a, b)")
	if err != nil {
		t.Fatal(err)
	}
	if err := batch.Column(0).Append([]uint64{1, 2, 3}); err != nil {
		t.Fatal(err)
	}
	if err := batch.Column(1).Append([]uint64{1, 2}); err != nil {
		t.Fatal(err)
	}
	if err := batch.Send(); err == nil || !strings.Contains(err.Error(), "differ in length") {
		t.Errorf("%v, want an error about the lengths", err)
	}
}

func TestBatchErrors(t *testing.T) {
	conn := openDriver(t, openEngine(t, Config{Connections: 1}))
	run(t, conn, "CREATE TABLE t (a UInt64, CONSTRAINT small CHECK a < 10) ENGINE = MergeTree ORDER BY a")
	send := func(v uint64, insert string) error {
		batch, err := conn.PrepareBatch(t.Context(), insert)
		if err != nil {
			return err
		}
		if err := batch.Append(v); err != nil {
			return err
		}
		return batch.Send()
	}
	for range 3 {
		if err := send(11, "INSERT INTO t (a)"); code(err) != 469 {
			t.Errorf("violated constraint: code %d (%v), want 469", code(err), err)
		}
		if err := send(1, "INSERT INTO t (a)"); err != nil {
			t.Errorf("after a failed batch: %v", err)
		}
	}
	batch, err := conn.PrepareBatch(t.Context(), "INSERT INTO t (a)")
	if err != nil {
		t.Fatal(err)
	}
	if err := batch.Append(uint64(2)); err != nil {
		t.Fatal(err)
	}
	run(t, conn, "DROP TABLE t SYNC")
	if err := batch.Send(); code(err) != 60 {
		t.Errorf("batch into a dropped table: code %d (%v), want 60", code(err), err)
	}
}

func TestParameters(t *testing.T) {
	conn := openDriver(t, openEngine(t, Config{}))
	for _, text := range []string{"", "plain", `back\slash`, "quo'te", "line\nbreak\ttab", "zero\x00byte", "北京", "'; DROP TABLE t; --", `\N`, "NULL"} {
		var got string
		if err := conn.QueryRow(t.Context(), "SELECT {text:String}", clickhouse.Named("text", text)).Scan(&got); err != nil || got != text {
			t.Errorf("%q comes back as %q (%v)", text, got, err)
		}
		if err := conn.QueryRow(t.Context(), "SELECT ?", text).Scan(&got); err != nil || got != text {
			t.Errorf("bound %q comes back as %q (%v)", text, got, err)
		}
	}
	ctx := clickhouse.Context(t.Context(), clickhouse.WithParameters(clickhouse.Parameters{"n": "5", "names": "['a', 'b']", "table": "numbers"}))
	if n := value(t, conn, "SELECT 1::UInt64"); n != 1 {
		t.Errorf("got %d, want 1", n)
	}
	var n uint64
	if err := conn.QueryRow(ctx, "SELECT sum(number) + length({names:Array(String)}) FROM system.{table:Identifier} WHERE number < {n:UInt32} LIMIT 1").Scan(&n); err != nil || n != 12 {
		t.Errorf("got %d (%v), want 12", n, err)
	}
	if err := conn.QueryRow(t.Context(), "SELECT {n:UInt64}").Scan(&n); code(err) != 456 {
		t.Errorf("a parameter stayed from the query before: %d (%v), want code 456", n, err)
	}
}

func TestExternalTables(t *testing.T) {
	conn := openDriver(t, openEngine(t, Config{Connections: 1}))
	for round := range 3 {
		table, err := ext.NewTable("wanted", ext.Column("id", "UInt64"), ext.Column("name", "String"))
		if err != nil {
			t.Fatal(err)
		}
		for i := range 10 * (round + 1) {
			if err := table.Append(uint64(i), fmt.Sprint("name ", i)); err != nil {
				t.Fatal(err)
			}
		}
		ctx := clickhouse.Context(t.Context(), clickhouse.WithExternalTable(table))
		var n uint64
		err = conn.QueryRow(ctx, "SELECT count() FROM numbers(1000) WHERE number IN (SELECT id FROM wanted WHERE startsWith(name, 'name'))").Scan(&n)
		if err != nil || n != uint64(10*(round+1)) {
			t.Errorf("%d numbers found (%v), want %d", n, err, 10*(round+1))
		}
		if err := conn.Exec(t.Context(), "SELECT * FROM wanted"); code(err) != 60 {
			t.Errorf("the table stayed after its query: %v", err)
		}
	}
}

// Where there are no memory files the batch goes through a temporary one, which is gone afterwards.
func TestBatchThroughTemporaryFile(t *testing.T) {
	e := openEngine(t, Config{Connections: 1})
	conn := openDriver(t, e)
	<-e.spools
	s, err := newFileSpool(e.spoolDir())
	if err != nil {
		t.Fatal(err)
	}
	e.spools <- s
	run(t, conn, "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a")
	for _, n := range []int{300000, 1, 50000} {
		sendNumbers(t, conn, n)
	}
	if n := value(t, conn, "SELECT count() FROM t"); n != 350001 {
		t.Errorf("%d rows, want 350001", n)
	}
	if files, _ := filepath.Glob(filepath.Join(e.Dir(), "*", "batch-*")); len(files) != 1 {
		t.Errorf("temporary files %v, want one", files)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if files, _ := filepath.Glob(filepath.Join(e.Dir(), "*", "batch-*")); len(files) != 0 {
		t.Errorf("%v left behind", files)
	}
}

func sendNumbers(t *testing.T, conn driver.Conn, n int) {
	t.Helper()
	batch, err := conn.PrepareBatch(context.Background(), "INSERT INTO t (a)")
	if err != nil {
		t.Fatal(err)
	}
	if err := batch.Column(0).Append(make([]uint64, n)); err != nil {
		t.Fatal(err)
	}
	if err := batch.Send(); err != nil {
		t.Fatal(err)
	}
}

func TestSpools(t *testing.T) {
	defer func(old int64) { maxBatchBytes = old }(maxBatchBytes)
	maxBatchBytes = 8 << 20
	for name, open := range map[string]func(string) (spool, error){"system's": newSpool, "file": newFileSpool} {
		t.Run(name, func(t *testing.T) {
			s, err := open(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			defer s.close()
			for _, size := range []int{0, 1, 5 << 20, 100, 8 << 20, 3} {
				want := strings.Repeat("0123456789abcdef", size/16+1)[:size]
				// A reader of odd pieces, as a pipe gives them.
				n, err := s.fill(io.MultiReader(strings.NewReader(want[:size/3]), strings.NewReader(want[size/3:])))
				if err != nil || n != int64(size) {
					t.Fatalf("%d bytes: %d, %v", size, n, err)
				}
				got, err := os.ReadFile(s.path())
				if err != nil || string(got) != want {
					t.Errorf("%d bytes: the file has %d others (%v)", size, len(got), err)
				}
				s.trim()
			}
			if _, err := s.fill(strings.NewReader(strings.Repeat("x", 9<<20))); err == nil || !strings.Contains(err.Error(), "8 MiB") {
				t.Errorf("9 MiB: %v, want an error that names the limit", err)
			}
			broken := fmt.Errorf("broken")
			if _, err := s.fill(io.MultiReader(strings.NewReader("part"), failing{broken})); err == nil {
				t.Error("the error of the body is lost")
			}
			if n, err := s.fill(strings.NewReader("again")); n != 5 || err != nil {
				t.Errorf("after an error: %d, %v", n, err)
			}
		})
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
