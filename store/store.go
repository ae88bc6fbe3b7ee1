// Package store keeps records, the catalogue and runs in ClickHouse. It is the
// only package that speaks SQL, through one driver (clickhouse-go) with two
// homes behind one DSN:
//
//	embedded:///path/to/dir                       ClickHouse inside this process
//	clickhouse://user:pass@host:9000,host2/db     a server or a cluster, native protocol
//
// The SQL runs unchanged on ClickHouse 18.16 up to 26.5. Every write may be
// repeated: records are keyed by their id and the newest version wins, roll-ups
// are derived and can be rebuilt, runs and events are only ever added.
//
// Times are UTC; days are counted from 1970-01-01; positions are WGS-84 degrees.
package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/hotcell/hotcell/store/embedded"
)

// Config says where the data lives and how to behave when the store is in trouble.
type Config struct {
	// DSN is embedded:///dir or clickhouse://user:pass@host:port/db; see ParseDSN.
	DSN string
	// Registerer takes the store's metrics; nil means none.
	Registerer prometheus.Registerer
	// MaxConns bounds the connections to a server; 0 means 16.
	MaxConns int
	// RetryFor bounds how long a failing write is tried again; 0 means DefaultRetryFor.
	RetryFor time.Duration
	// MemoryLimit bounds one query's memory on the store, in bytes; 0 means
	// DefaultMemoryLimit. Larger aggregations go to disk before they reach it.
	MemoryLimit int64
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Defaults of Config.
const (
	DefaultRetryFor    = 2 * time.Minute
	DefaultMemoryLimit = 2 << 30
	defaultMaxConns    = 16
)

// Store is an open database. All methods may be called from several goroutines.
type Store struct {
	cfg     Config
	dsn     DSN
	log     *slog.Logger
	conn    driver.Conn
	engine  *embedded.Engine // nil for servers
	closer  func() error     // ends the embedded engine; nil for servers
	metrics *metrics

	version  serverVersion
	settings clickhouse.Settings // sent with every query; only those this version knows

	sets    sync.Map   // of a cluster: the replica sets of its tables
	derive  sync.Mutex // one derivation of perceived drops at a time
	redials redialWatches

	placeWith atomic.Pointer[string] // version of the catalogue that places the records of new loads; nil: not told
	close     sync.Once
}

// Open connects to the store named by cfg.DSN and creates its database when it
// does not exist yet. It does not create tables: call Migrate. Errors are
// *Error with one of the codes of this package.
func Open(ctx context.Context, cfg Config, log *slog.Logger) (*Store, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if cfg.RetryFor <= 0 {
		cfg.RetryFor = DefaultRetryFor
	}
	if cfg.MemoryLimit <= 0 {
		cfg.MemoryLimit = DefaultMemoryLimit
	}
	if cfg.MaxConns <= 0 {
		cfg.MaxConns = defaultMaxConns
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	dsn, err := ParseDSN(cfg.DSN)
	if err != nil {
		return nil, err
	}
	s := &Store{cfg: cfg, dsn: dsn, log: log}
	if s.metrics, err = newMetrics(cfg.Registerer); err != nil {
		return nil, &Error{Code: CodeConfig, Message: "cannot register the store's metrics: " + err.Error(), Err: err}
	}
	opts, err := s.options(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.connect(ctx, opts); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	log.Debug("store open", "at", dsn.Redacted(), "clickhouse", s.version.String())
	return s, nil
}

// connect makes sure the database exists, opens the pool and learns what the
// server is able to do.
func (s *Store) connect(ctx context.Context, opts *clickhouse.Options) error {
	database := opts.Auth.Database
	admin := *opts
	admin.Auth.Database = "default"
	admin.MaxOpenConns, admin.MaxIdleConns = 1, 1
	conn, err := clickhouse.Open(&admin)
	if err != nil {
		return s.coded("connect", err)
	}
	defer conn.Close()
	hello, err := conn.ServerVersion()
	if err != nil {
		return s.coded("connect", err)
	}
	s.version = serverVersion{int(hello.Version.Major), int(hello.Version.Minor)}
	if s.version.before(18, 16) {
		return &Error{Code: CodeTooOld, Message: fmt.Sprintf("ClickHouse %s at %s is too old: hotcell needs 18.16 or newer", s.version, s.dsn.Redacted())}
	}
	if err := s.checkCluster(ctx, conn); err != nil {
		return err
	}
	var n uint64
	if err := conn.QueryRow(ctx, "SELECT count() FROM system.databases WHERE name = @db", clickhouse.Named("db", database)).Scan(&n); err != nil {
		return s.coded("connect", err)
	}
	if n == 0 {
		if err := conn.Exec(ctx, "CREATE DATABASE IF NOT EXISTS "+quoteIdent(database)+onCluster(s.dsn.Cluster)); err != nil {
			return s.coded("create the database "+database, err)
		}
	}
	if s.settings, err = s.supportedSettings(ctx, conn); err != nil {
		return err
	}
	if s.conn, err = clickhouse.Open(opts); err != nil {
		return s.coded("connect", err)
	}
	return s.Ping(ctx)
}

// Close ends the connections and, for an embedded store, the engine.
func (s *Store) Close() error {
	var err error
	s.close.Do(func() {
		if s.conn != nil {
			err = s.conn.Close()
		}
		if s.closer != nil {
			err = errors.Join(err, s.closer())
		}
	})
	return err
}

// Ping answers whether the store can be asked.
func (s *Store) Ping(ctx context.Context) error {
	return s.coded("ping", s.conn.Ping(ctx))
}

// Version is ClickHouse's version, e.g. "26.5".
func (s *Store) Version() string { return s.version.String() }

// Where names the store without its password, for messages.
func (s *Store) Where() string { return s.dsn.Redacted() }
