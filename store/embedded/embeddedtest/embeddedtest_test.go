package embeddedtest

import (
	"context"
	"os"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/hotcell/hotcell/store/embedded"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

func TestDatabasesAreApart(t *testing.T) {
	ctx := context.Background()
	var names []string
	for range 2 {
		options := Database(t)
		conn, err := clickhouse.Open(options)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := conn.Exec(ctx, "CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a"); err != nil {
			t.Fatal(err)
		}
		var current string
		if err := conn.QueryRow(ctx, "SELECT currentDatabase()").Scan(&current); err != nil || current != options.Auth.Database {
			t.Errorf("in database %q, want %q (%v)", current, options.Auth.Database, err)
		}
		names = append(names, current)
	}
	if names[0] == names[1] {
		t.Errorf("both databases are %s", names[0])
	}
}

func TestCodeUnderTestSharesTheEngine(t *testing.T) {
	e, err := embedded.Open(context.Background(), embedded.Config{Dir: Engine(t).Dir()})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	conn, err := clickhouse.Open(Engine(t).Options())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Ping(context.Background()); err != nil {
		t.Errorf("the shared engine stopped with the first Close: %v", err)
	}
}
