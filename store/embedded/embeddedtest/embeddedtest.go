// Package embeddedtest gives tests a running embedded ClickHouse: one engine per test binary, a database of its own per test.
package embeddedtest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/hotcell/hotcell/store/embedded"
)

var shared struct {
	sync.Mutex
	engine *embedded.Engine
	dir    string
}

// Main is for TestMain of packages whose tests use the engine: it runs the tests, then stops the engine and removes its data.
//
//	func TestMain(m *testing.M) { os.Exit(embeddedtest.Main(m)) }
func Main(m *testing.M) int {
	status := m.Run()
	shared.Lock()
	defer shared.Unlock()
	if shared.engine == nil {
		return status
	}
	if err := errors.Join(shared.engine.Close(), os.RemoveAll(shared.dir)); err != nil {
		fmt.Fprintln(os.Stderr, "embeddedtest:", err)
		return max(status, 1)
	}
	return status
}

// Engine is the test binary's engine, with the default limits, on a temporary directory. Code under test that opens the same
// directory itself shares it. Without the engine's library the test is skipped, or fails in CI (environment CI=true).
func Engine(t testing.TB) *embedded.Engine {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.engine != nil {
		return shared.engine
	}
	if _, err := embedded.FindLibrary(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	dir, err := os.MkdirTemp("", "hotcell-engine-")
	if err != nil {
		t.Fatal(err)
	}
	engine, err := embedded.Open(context.Background(), embedded.Config{Dir: dir})
	if err != nil {
		t.Fatal(errors.Join(err, os.RemoveAll(dir)))
	}
	shared.engine, shared.dir = engine, dir
	return engine
}

// Database makes a database with a random name, dropped after the test, and returns driver options that use it.
func Database(t testing.TB) *clickhouse.Options {
	t.Helper()
	options := Engine(t).Options()
	conn, err := clickhouse.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	var suffix [6]byte
	_, _ = rand.Read(suffix[:])
	name := "test_" + hex.EncodeToString(suffix[:])
	if err := conn.Exec(context.Background(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(conn.Exec(context.Background(), "DROP DATABASE "+name+" SYNC"), conn.Close()); err != nil {
			t.Error(err)
		}
	})
	options.Auth.Database = name
	return options
}
