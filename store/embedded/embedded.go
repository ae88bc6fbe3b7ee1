// Package embedded runs ClickHouse inside this process. The engine is a shared library (libchdb.so, ClickHouse 26.5) opened
// at run time without cgo; it is reached by clickhouse-go through its HTTP protocol, whose transport hands every query to the
// library instead of a socket. So callers use one driver for a server and for the engine, and see the same errors.
//
//	engine, err := embedded.Open(ctx, embedded.Config{Dir: dir})
//	conn, err := clickhouse.Open(engine.Options())
//
// The engine takes one data directory at a time per process, and one process per data directory: Open refuses everything else
// with ErrInUse. Within a process the same directory may be opened several times; the openings share one engine, which stops
// with the last Close, after which another directory may be opened.
//
// An insert is one part per partition of its table: after a crash, an acknowledged batch is there, and of a batch that was
// under way each partition's rows are there whole or not at all. The engine's file() and similar functions read the whole
// disk with the rights of this process: no text of a caller may become SQL.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// ErrClosed is returned by queries on an Engine that is closed, or was closed while they ran.
var ErrClosed = errors.New("the embedded engine is closed")

// Config says where the data is and what the engine may use. Zero values stand for those of DefaultConfig, but for Dir.
type Config struct {
	Dir             string // data directory, made when missing; required
	Connections     int    // queries that run side by side
	MaxServerMemory uint64 // bytes, all queries and merges together
	MaxQueryMemory  uint64 // bytes, one query
	MaxThreads      int    // of one query
	Library         string // the engine's library file; empty: FindLibrary
}

// DefaultConfig has two connections per processor, at least four; as many threads per query as there are processors; half of
// the memory limit for one query. Dir is empty.
func DefaultConfig() Config {
	processors := runtime.GOMAXPROCS(0)
	return Config{
		Connections:     max(4, 2*processors),
		MaxServerMemory: 4 << 30,
		MaxQueryMemory:  2 << 30,
		MaxThreads:      processors,
	}
}

func (c Config) withDefaults() (Config, error) {
	d := DefaultConfig()
	if c.Connections == 0 {
		c.Connections = d.Connections
	}
	if c.MaxServerMemory == 0 {
		c.MaxServerMemory = d.MaxServerMemory
		c.MaxServerMemory = max(c.MaxServerMemory, c.MaxQueryMemory)
	}
	if c.MaxQueryMemory == 0 {
		c.MaxQueryMemory = min(d.MaxQueryMemory, c.MaxServerMemory)
	}
	if c.MaxThreads == 0 {
		c.MaxThreads = d.MaxThreads
	}
	var errs []error
	if c.Dir == "" {
		errs = append(errs, errors.New("the embedded engine needs a data directory (embedded:///path/to/folder)"))
	}
	if strings.ContainsRune(c.Dir, 0) {
		errs = append(errs, errors.New("the data directory's name has a zero byte"))
	}
	if c.Connections < 1 || c.Connections > 256 {
		errs = append(errs, fmt.Errorf("%d connections: give 1 to 256", c.Connections))
	}
	if c.MaxThreads < 1 || c.MaxThreads > 1024 {
		errs = append(errs, fmt.Errorf("%d threads per query: give 1 to 1024", c.MaxThreads))
	}
	if least := uint64(64 << 20); c.MaxServerMemory < least || c.MaxQueryMemory < 1<<20 {
		errs = append(errs, fmt.Errorf("memory limits of %d bytes for all and %d bytes per query are too small: give at least 64 MiB and 1 MiB",
			c.MaxServerMemory, c.MaxQueryMemory))
	}
	return c, errors.Join(errs...)
}

// Engine is one opening of a running ClickHouse. Its methods are safe for concurrent use.
type Engine struct {
	*core
	closed atomic.Bool
	once   sync.Once
	result error // of Close
}

// running is the engine of this process and how many Engines share it; the library would answer a second data directory with
// a null pointer.
var running struct {
	sync.Mutex
	core   *core
	shares int
}

// Open starts the engine on a data directory, or shares it when this process has it open already with the same Config. It
// fails with ErrNoLibrary when the library is missing, and with ErrInUse when the directory is open in another process or this
// one has another directory open; the sentences around them say what to do.
func Open(ctx context.Context, config Config) (*Engine, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	if config.Library == "" {
		if config.Library, err = FindLibrary(); err != nil {
			return nil, err
		}
	}
	if config.Dir, err = filepath.Abs(config.Dir); err != nil {
		return nil, err
	}
	running.Lock()
	defer running.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	switch c := running.core; {
	case c == nil:
		if running.core, err = startCore(config); err != nil {
			running.core = nil
			return nil, err
		}
	case c.config.Dir != config.Dir:
		return nil, fmt.Errorf("%w: this process already runs the engine on %s, and it takes one directory at a time: close that one before opening %s",
			ErrInUse, c.config.Dir, config.Dir)
	case c.config != config:
		return nil, fmt.Errorf("%w: this process already runs the engine on %s with other limits: open it with the same ones to share it",
			ErrInUse, c.config.Dir)
	case c.closing.Err() != nil:
		return nil, fmt.Errorf("%w: the engine on %s did not stop when it was closed: restart the program", ErrInUse, c.config.Dir)
	}
	running.shares++
	return &Engine{core: running.core}, nil
}

// Dir is the absolute path of the data directory.
func (e *Engine) Dir() string { return e.config.Dir }

// Version is the engine's own version, four numbers.
func (e *Engine) Version() string { return e.version }

// Options are ready for clickhouse.Open and clickhouse.OpenDB. Callers may change Auth.Database, Settings and the logger.
// A query of the driver waits for one of the Engine's connections, as long as its context allows; how many the driver itself
// opens matters little. Rows of a long result hold a connection until they are read or closed, so do not query in a loop over
// such rows without a deadline.
func (e *Engine) Options() *clickhouse.Options {
	return &clickhouse.Options{
		Protocol:        clickhouse.HTTP,
		Addr:            []string{"embedded"},
		Auth:            clickhouse.Auth{Database: "default", Username: "default"},
		TransportFunc:   func(*http.Transport) (http.RoundTripper, error) { return transport{e}, nil },
		MaxOpenConns:    1024,
		MaxIdleConns:    e.config.Connections,
		ConnMaxLifetime: 24 * time.Hour,
	}
}

// Close ends this opening. The last one of the process ends running queries, closes every connection and lets other processes
// at the data directory. It must be called before the process ends: the engine may crash at exit otherwise. Further calls
// return the first one's result.
func (e *Engine) Close() error {
	e.once.Do(func() {
		e.closed.Store(true)
		running.Lock()
		defer running.Unlock()
		if running.shares--; running.shares > 0 {
			return
		}
		if e.result = e.stop(); e.result == nil {
			running.core = nil
		}
	})
	return e.result
}
