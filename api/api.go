// Package api serves hotcell over HTTP: the ranking and the cells as JSON and
// GeoJSON, shapes for the base map, health and metrics, and the map application
// of api/web. openapi.json describes every route.
//
// Positions are WGS-84 degrees, longitude first as in GeoJSON. Cell ids are hex
// text because they exceed 2^53. Times are RFC 3339 in UTC. Every failure is an
// RFC 9457 problem with a code (see errors.go).
package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/semaphore"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/hotspots"
)

// Analyst ranks. Fields of the query that are zero take the analyst's defaults.
type Analyst interface {
	// Rank analyses now. It returns at most top hotspots, best rank first.
	Rank(ctx context.Context, q hotspots.Query, top int) (*hotspots.Run, error)
	// Latest returns the newest stored run, or nil without an error when there is none yet.
	Latest(ctx context.Context) (*hotspots.Run, error)
	// Explain analyses what the run looked at once more and opens one of its
	// hotspots into its terms. The explanation is nil where it cannot be given any
	// more; the notes say why, and what a reader must know.
	Explain(ctx context.Context, run *hotspots.Run, id string) (*hotspots.Explanation, []string, error)
	// Warnings tests now which places have got worse in the last days.
	Warnings(ctx context.Context, q hotspots.WarningQuery) (*hotspots.WarningReport, error)
}

// CellSource counts what happened per cell.
type CellSource interface {
	// Cells returns at most q.Limit cells, those with most bad calls first.
	Cells(ctx context.Context, q hotspots.CellQuery) ([]hotspots.CellStat, error)
}

// CatalogueSource gives the shapes of the base map. The version changes
// whenever they do. Callers do not modify what they get.
type CatalogueSource interface {
	Catalogue(ctx context.Context) (venues []geo.Venue, regions []geo.Region, sites []geo.Site, version string, err error)
}

// Readiness says whether requests can be answered: nil, or why not.
type Readiness interface {
	Ready(ctx context.Context) error
}

// ReadyFunc is a function that is a Readiness.
type ReadyFunc func(ctx context.Context) error

// Ready calls f.
func (f ReadyFunc) Ready(ctx context.Context) error { return f(ctx) }

// Config bounds what the server does. Start from DefaultConfig.
type Config struct {
	Listen         string        // host:port; port 0 takes a free one
	RequestTimeout time.Duration // for one request, analysis included
	ShutdownGrace  time.Duration // how long running requests may take after the end of Run's context
	MaxURLBytes    int           // path and query
	MaxHeaderBytes int
	MaxBodyBytes   int64
	MaxRankings    int           // analyses on request at the same time; further ones wait
	DefaultTop     int           // hotspots per answer when not asked for
	MaxTop         int           // most hotspots per answer
	MaxCells       int           // most cells per answer
	MaxShapes      int           // most base map shapes per answer
	CatalogueAge   time.Duration // how old base map shapes may be

	// Of routes that take records. Without AllowLoad they are open on loopback
	// addresses only. Hosts are names by which this server may be called there;
	// addresses and localhost need no listing.
	AllowLoad     bool
	Hosts         []string
	MaxLoads      int           // at the same time; further ones are told to come again
	MaxLoadBytes  int64         // of one body as sent
	MaxPlainBytes int64         // of one body unpacked
	MaxShapeBytes int64         // of venues or regions, unpacked: they are read into memory
	LoadTimeout   time.Duration // for one load, receiving it included
	LoadIdle      time.Duration // how long a body may stall
	KeyAge        time.Duration // how long answers are kept by Idempotency-Key
	MaxKeys       int           // how many of them
}

// DefaultConfig listens on this machine only.
func DefaultConfig() Config {
	return Config{
		Listen:         "127.0.0.1:8080",
		RequestTimeout: 30 * time.Second,
		ShutdownGrace:  10 * time.Second,
		MaxURLBytes:    8 << 10,
		MaxHeaderBytes: 32 << 10,
		MaxBodyBytes:   1 << 20,
		MaxRankings:    2,
		DefaultTop:     100,
		MaxTop:         1000,
		MaxCells:       10_000,
		MaxShapes:      3000,
		CatalogueAge:   time.Minute,
		MaxLoads:       4,
		MaxLoadBytes:   4 << 30,
		MaxPlainBytes:  64 << 30,
		MaxShapeBytes:  512 << 20,
		LoadTimeout:    2 * time.Hour,
		LoadIdle:       time.Minute,
		KeyAge:         24 * time.Hour,
		MaxKeys:        10_000,
	}
}

func (c Config) check() error {
	var faults []error
	positive := func(name string, v int64) {
		if v <= 0 {
			faults = append(faults, fmt.Errorf("api: %s must be positive, is %d", name, v))
		}
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		faults = append(faults, fmt.Errorf("api: listening address %q is not host:port, for example 127.0.0.1:8080", c.Listen))
	}
	positive("RequestTimeout", int64(c.RequestTimeout))
	positive("ShutdownGrace", int64(c.ShutdownGrace))
	positive("MaxURLBytes", int64(c.MaxURLBytes))
	positive("MaxHeaderBytes", int64(c.MaxHeaderBytes))
	positive("MaxBodyBytes", c.MaxBodyBytes)
	positive("MaxRankings", int64(c.MaxRankings))
	positive("DefaultTop", int64(c.DefaultTop))
	positive("MaxCells", int64(c.MaxCells))
	positive("MaxShapes", int64(c.MaxShapes))
	positive("CatalogueAge", int64(c.CatalogueAge))
	positive("MaxLoads", int64(c.MaxLoads))
	positive("MaxLoadBytes", c.MaxLoadBytes)
	positive("MaxPlainBytes", c.MaxPlainBytes)
	positive("MaxShapeBytes", c.MaxShapeBytes)
	positive("LoadTimeout", int64(c.LoadTimeout))
	positive("LoadIdle", int64(c.LoadIdle))
	positive("KeyAge", int64(c.KeyAge))
	positive("MaxKeys", int64(c.MaxKeys))
	if c.MaxTop < c.DefaultTop {
		faults = append(faults, fmt.Errorf("api: MaxTop %d is below DefaultTop %d", c.MaxTop, c.DefaultTop))
	}
	return errors.Join(faults...)
}

// Deps is what the server works with. All fields are needed except Intake and Now.
type Deps struct {
	Analyst    Analyst
	Cells      CellSource
	Catalogue  CatalogueSource
	Ready      Readiness
	Intake     Intake // nil: the server takes no records
	Log        *slog.Logger
	Registerer prometheus.Registerer
	Gatherer   prometheus.Gatherer
	Version    string           // of the build
	Now        func() time.Time // nil = time.Now
}

func (d Deps) check() error {
	var faults []error
	for name, missing := range map[string]bool{
		"Analyst": d.Analyst == nil, "Cells": d.Cells == nil, "Catalogue": d.Catalogue == nil, "Ready": d.Ready == nil,
		"Log": d.Log == nil, "Registerer": d.Registerer == nil, "Gatherer": d.Gatherer == nil,
	} {
		if missing {
			faults = append(faults, fmt.Errorf("api: Deps.%s is missing", name))
		}
	}
	return errors.Join(faults...)
}

// Server is the HTTP server. Make it with New.
type Server struct {
	cfg      Config
	deps     Deps
	engine   *gin.Engine
	shapes   shapeCache
	rankings *semaphore.Weighted
	intakes  *semaphore.Weighted
	keys     keyring
	metrics  metrics
	web      webApp

	crossOrigin *http.CrossOriginProtection

	started chan struct{}
	addr    net.Addr
}

// New checks and allocates; it neither listens nor asks the dependencies.
// It fails when a setting or dependency is wrong, or its metrics are already
// registered.
func New(cfg Config, deps Deps) (*Server, error) {
	if err := errors.Join(cfg.check(), deps.check()); err != nil {
		return nil, err
	}
	if deps.Now == nil {
		deps.Now = time.Now
	}
	m, err := newMetrics(deps.Registerer)
	if err != nil {
		return nil, err
	}
	s := &Server{
		cfg: cfg, deps: deps, metrics: m,
		rankings: semaphore.NewWeighted(int64(cfg.MaxRankings)),
		intakes:  semaphore.NewWeighted(int64(cfg.MaxLoads)),
		keys:     keyring{age: cfg.KeyAge, most: cfg.MaxKeys, now: deps.Now},
		started:  make(chan struct{}),

		crossOrigin: http.NewCrossOriginProtection(),
	}
	s.shapes = shapeCache{source: deps.Catalogue, maxAge: cfg.CatalogueAge, now: deps.Now, log: deps.Log}
	if s.web, err = loadWebApp(webFiles); err != nil {
		return nil, err
	}
	s.engine = s.routes()
	return s, nil
}

// Handler serves requests without a listener, for tests and for mounting elsewhere.
func (s *Server) Handler() http.Handler { return s.engine }

// Addr waits until Run listens and returns the address, or the context's error.
func (s *Server) Addr(ctx context.Context) (net.Addr, error) {
	select {
	case <-s.started:
		return s.addr, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Run serves until ctx ends, then lets running requests finish for
// Config.ShutdownGrace. Loads that still run then are cancelled, and Run waits
// until their last batches have arrived: the store is not to be closed below
// them. It returns nil after an orderly end. Call it once.
func (s *Server) Run(ctx context.Context) error {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", s.cfg.Listen)
	if err != nil {
		return listenError(s.cfg.Listen, err)
	}
	s.addr = listener.Addr()
	close(s.started)
	requests, cancelRequests := context.WithCancel(context.WithoutCancel(ctx))
	defer cancelRequests()
	server := &http.Server{
		Handler:           s.engine,
		BaseContext:       func(net.Listener) context.Context { return requests },
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       s.cfg.RequestTimeout,
		// The handler's own deadline comes first and answers with a problem.
		WriteTimeout:   s.cfg.RequestTimeout + 10*time.Second,
		IdleTimeout:    2 * time.Minute,
		MaxHeaderBytes: s.cfg.MaxHeaderBytes,
		ErrorLog:       slog.NewLogLogger(s.deps.Log.Handler(), slog.LevelWarn),
	}
	s.deps.Log.Info("serving map and API", "url", "http://"+listener.Addr().String())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("api: serving on %s ended: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.ShutdownGrace)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		server.Close()
		s.deps.Log.Warn("requests were cut off at the end", "grace", s.cfg.ShutdownGrace, "error", err)
	}
	<-ended
	cancelRequests()
	return s.intakes.Acquire(context.WithoutCancel(ctx), int64(s.cfg.MaxLoads))
}

func listenError(addr string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("api: %s is in use by another program (perhaps a running hotcell): stop it, or choose another address with --listen, for example --listen 127.0.0.1:8081", addr)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("api: no permission to listen on %s: choose a port above 1023 with --listen", addr)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("api: %s is not an address of this machine: use 127.0.0.1 for this machine only or 0.0.0.0 for all its addresses", addr)
	}
	return fmt.Errorf("api: cannot listen on %s: %w", addr, err)
}
