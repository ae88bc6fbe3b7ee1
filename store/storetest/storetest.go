package storetest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/hotcell/hotcell/store"
	"github.com/hotcell/hotcell/store/embedded"
)

// shared are the one server, cluster and engine of this test binary.
var shared struct {
	sync.Mutex
	server     *Node
	serverErr  error
	cluster    *Cluster
	clusterErr error
	engineDir  string
	keep       *embedded.Engine // open as long as the binary runs, so that tests share one start
	dirs       []string         // removed at the end
}

// Main runs a package's tests and then ends what they started; call it from
// TestMain: func TestMain(m *testing.M) { storetest.Main(m) }. Without it a
// server ends with the test binary, but folders in /tmp remain. last is run after that.
func Main(m *testing.M, last ...func()) {
	code := m.Run()
	Close()
	for _, f := range last {
		f()
	}
	os.Exit(code)
}

// Close ends the shared servers and engine and removes their data.
func Close() {
	shared.Lock()
	defer shared.Unlock()
	if shared.server != nil {
		shared.server.Kill() // nobody needs its data any more
	}
	if shared.cluster != nil {
		shared.cluster.Stop()
	}
	if shared.keep != nil {
		_ = shared.keep.Close() // the tests are over; their results do not depend on it
	}
	for _, dir := range shared.dirs {
		_ = os.RemoveAll(dir)
	}
	shared.server, shared.serverErr, shared.cluster, shared.clusterErr = nil, nil, nil, nil
	shared.engineDir, shared.keep, shared.dirs = "", nil, nil
}

// sharedDir makes a folder that Close removes; shared is locked.
func sharedDir(name string) (string, error) {
	dir, err := os.MkdirTemp("", "hotcell-"+name+"-")
	if err == nil {
		shared.dirs = append(shared.dirs, dir)
	}
	return dir, err
}

// Server is the DSN of an empty database on the shared clickhouse-server.
func Server(t testing.TB) string {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil && shared.serverErr == nil {
		var dir string
		if dir, shared.serverErr = sharedDir("server"); shared.serverErr == nil {
			shared.server, shared.serverErr = StartNode(context.Background(), dir)
		}
	}
	Need(t, shared.serverErr, ErrNoServer)
	return shared.server.DSN(Database())
}

// SharedCluster is the cluster that all tests share: who ends a part of it starts
// it again.
func SharedCluster(t testing.TB) *Cluster {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.cluster == nil && shared.clusterErr == nil {
		var dir string
		if dir, shared.clusterErr = sharedDir("cluster"); shared.clusterErr == nil {
			shared.cluster, shared.clusterErr = StartCluster(context.Background(), dir)
		}
	}
	Need(t, shared.clusterErr, ErrNoServer, ErrNoZooKeeper)
	return shared.cluster
}

// Clustered is the DSN of an empty database on the shared cluster.
func Clustered(t testing.TB) string {
	t.Helper()
	return SharedCluster(t).DSN(Database(), 0)
}

// Embedded is the DSN of an empty database on the shared embedded engine.
func Embedded(t testing.TB) string {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.keep == nil {
		dir, err := sharedDir("engine")
		if err != nil {
			t.Fatal(err)
		}
		// The same limits as store.Open's, because openings share one engine.
		shared.keep, err = embedded.Open(context.Background(), embedded.Config{Dir: dir, MaxQueryMemory: store.DefaultMemoryLimit})
		Need(t, err, embedded.ErrNoLibrary)
		shared.engineDir = dir
	}
	return "embedded://" + shared.engineDir + "?database=" + Database()
}

// Each runs f as a subtest on both stores, on a migrated, empty database.
func Each(t *testing.T, f func(t *testing.T, s *store.Store)) {
	t.Helper()
	on(t, f, homes[:2])
}

// Everywhere is Each, and on the cluster too. That takes some seconds: it is for
// tests of what may differ there.
func Everywhere(t *testing.T, f func(t *testing.T, s *store.Store)) {
	t.Helper()
	on(t, f, homes)
}

// home is a kind of store.
type home struct {
	name string
	dsn  func(testing.TB) string
}

var homes = []home{{"embedded", Embedded}, {"server", Server}, {"cluster", Clustered}}

func on(t *testing.T, f func(t *testing.T, s *store.Store), homes []home) {
	t.Helper()
	for _, home := range homes {
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
