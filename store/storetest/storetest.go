package storetest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/hotcell/hotcell/store"
	"github.com/hotcell/hotcell/store/embedded"
)

// shared is the one server and the one engine directory of this test binary.
var shared struct {
	sync.Mutex
	server    *Process
	serverErr error
	serverDir string
	engineDir string
	keep      *embedded.Engine // open as long as the binary runs, so that tests share one start
}

// Main runs a package's tests and then ends what they started; call it from
// TestMain: func TestMain(m *testing.M) { storetest.Main(m) }. Without it a
// server ends with the test binary, but folders in /tmp remain.
func Main(m *testing.M) {
	code := m.Run()
	Close()
	os.Exit(code)
}

// Close ends the shared server and engine and removes their data.
func Close() {
	shared.Lock()
	defer shared.Unlock()
	if shared.server != nil {
		shared.server.Stop()
	}
	if shared.keep != nil {
		_ = shared.keep.Close() // the tests are over; their results do not depend on it
	}
	for _, dir := range []string{shared.serverDir, shared.engineDir} {
		if dir != "" {
			_ = os.RemoveAll(dir)
		}
	}
	shared.server, shared.serverErr, shared.serverDir, shared.engineDir, shared.keep = nil, nil, "", "", nil
}

// Server is the DSN of an empty database on the shared clickhouse-server.
func Server(t testing.TB) string {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil && shared.serverErr == nil {
		shared.serverDir, shared.serverErr = os.MkdirTemp("", "hotcell-server-")
		if shared.serverErr == nil {
			shared.server, shared.serverErr = StartProcess(context.Background(), shared.serverDir)
		}
	}
	Need(t, shared.serverErr, ErrNoServer, exec.ErrNotFound)
	return shared.server.DSN(Database())
}

// Embedded is the DSN of an empty database on the shared embedded engine.
func Embedded(t testing.TB) string {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.keep == nil {
		dir, err := os.MkdirTemp("", "hotcell-engine-")
		if err != nil {
			t.Fatal(err)
		}
		// The same limits as store.Open's, because openings share one engine.
		shared.keep, err = embedded.Open(context.Background(), embedded.Config{Dir: dir, MaxQueryMemory: store.DefaultMemoryLimit})
		if err != nil {
			_ = os.RemoveAll(dir)
		}
		Need(t, err, embedded.ErrNoLibrary)
		shared.engineDir = dir
	}
	return "embedded://" + shared.engineDir + "?database=" + Database()
}

// Each runs f as a subtest on both stores, on a migrated, empty database.
func Each(t *testing.T, f func(t *testing.T, s *store.Store)) {
	t.Helper()
	for _, home := range []struct {
		name string
		dsn  func(testing.TB) string
	}{{"embedded", Embedded}, {"server", Server}} {
		t.Run(home.name, func(t *testing.T) {
			f(t, Open(t, home.dsn(t)))
		})
	}
}

// Open opens and migrates a store and closes it when the test ends.
func Open(t testing.TB, dsn string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{DSN: dsn}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error("close the store:", err)
		}
	})
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// Need stops the test when err is not nil: it is skipped when the thing is
// merely not there (one of missing) and CI is not set, and fails otherwise.
func Need(t testing.TB, err error, missing ...error) {
	t.Helper()
	if err == nil {
		return
	}
	for _, m := range missing {
		if errors.Is(err, m) && os.Getenv("CI") != "true" {
			t.Skip(err)
		}
	}
	t.Fatal(err)
}

// Database is a name nobody else uses.
func Database() string {
	b := make([]byte, 6)
	_, _ = rand.Read(b) // never fails
	return "t_" + hex.EncodeToString(b)
}
