package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// core is the one engine of the process, shared by its Engines.
type core struct {
	config  Config
	version string
	hello   []byte // answer to the driver's first query
	lock    *dirLock
	base    map[string]string // settings of every query

	idle   chan *connection // connections waiting for a query
	spools chan spool       // as many; nil where none was needed yet
	tags   atomic.Uint64    // numbers queries, for KILL QUERY

	killing sync.Mutex
	control *connection // for KILL QUERY only, so that it never waits behind the query it ends; nil when stopped

	closing context.Context
	close   context.CancelFunc
	streams sync.Map // *stream → struct{}: answers that are being read
}

// startCore starts the engine on config.Dir. What was opened is closed again when it fails.
func startCore(config Config) (*core, error) {
	if err := os.MkdirAll(config.Dir, 0o750); err != nil {
		return nil, fmt.Errorf("the data directory cannot be made: %w", err)
	}
	lock, err := lockDir(config.Dir)
	if err != nil {
		return nil, err
	}
	e := &core{config: config, lock: lock}
	if err := e.start(); err != nil {
		return nil, errors.Join(err, lock.release())
	}
	return e, nil
}

// start loads the library and opens the connections. What it opened is closed again when it fails.
func (e *core) start() (err error) {
	lib, err := loadLibrary(e.config.Library)
	if err != nil {
		return err
	}
	// The engine starts the tasks that remove dropped tables only where it finds this folder: without it, DROP … SYNC in a new
	// directory would wait for ever and other drops would free no space until the next start.
	if err := os.MkdirAll(filepath.Join(e.config.Dir, "metadata"), 0o750); err != nil {
		return fmt.Errorf("the data directory cannot be written: %w", err)
	}
	if err := os.RemoveAll(e.spoolDir()); err != nil { // of a process that was killed
		return fmt.Errorf("an old temporary folder cannot be removed: %w", err)
	}
	if err := os.MkdirAll(e.spoolDir(), 0o700); err != nil {
		return fmt.Errorf("no temporary folder can be made: %w", err)
	}
	args := []string{
		"hotcell",
		"--path=" + e.config.Dir,
		// Without this the engine reads ./config.xml of whatever folder the program was started in.
		"--config-file=",
		"--max_server_memory_usage=" + strconv.FormatUint(e.config.MaxServerMemory, 10),
	}
	e.base = map[string]string{
		"max_memory_usage": strconv.FormatUint(e.config.MaxQueryMemory, 10),
		"max_threads":      strconv.Itoa(e.config.MaxThreads),
		// Batches come through files whose names are used again with other columns.
		"schema_inference_use_cache_for_file": "0",
	}
	e.idle = make(chan *connection, e.config.Connections)
	e.spools = make(chan spool, e.config.Connections)
	defer func() {
		if err != nil {
			e.disconnect()
		}
	}()
	if e.control, err = connect(lib, args); err != nil {
		return fmt.Errorf("the engine does not open %s: %w; is the folder from another program or a newer release?", e.config.Dir, err)
	}
	for range e.config.Connections {
		c, err := connect(lib, args)
		if err != nil {
			return fmt.Errorf("the engine does not open %s again: %w", e.config.Dir, err)
		}
		e.idle <- c
		e.spools <- nil
	}
	e.closing, e.close = context.WithCancel(context.Background())
	return e.greet()
}

// disconnect closes the connections that are idle.
func (e *core) disconnect() {
	for len(e.idle) > 0 {
		(<-e.idle).close()
	}
	for len(e.spools) > 0 {
		if s := <-e.spools; s != nil {
			_ = s.close()
		}
	}
	if e.control != nil {
		e.control.close()
		e.control = nil
	}
	_ = os.RemoveAll(e.spoolDir())
}

func (e *core) spoolDir() string { return filepath.Join(e.config.Dir, "hotcell-batches") }

// closeTimeout is how long Close waits for running queries to end after they were told to.
const closeTimeout = 30 * time.Second

// stop ends running queries and closes everything.
func (e *core) stop() error {
	e.close()
	e.streams.Range(func(s, _ any) bool {
		s.(*stream).abort(ErrClosed)
		return true
	})
	timeout := time.After(closeTimeout)
	var connections []*connection
	for range e.config.Connections {
		select {
		case c := <-e.idle:
			connections = append(connections, c)
		case <-timeout:
			return fmt.Errorf("%d queries did not end within %s; the engine stays open",
				e.config.Connections-len(connections), closeTimeout)
		}
	}
	for _, c := range connections {
		c.close()
	}
	for range e.config.Connections {
		select {
		case s := <-e.spools:
			if s != nil {
				_ = s.close()
			}
		case <-timeout:
			return fmt.Errorf("a batch was still being read after %s; the engine stays open", closeTimeout)
		}
	}
	e.killing.Lock()
	defer e.killing.Unlock()
	e.disconnect()
	return e.lock.release()
}
