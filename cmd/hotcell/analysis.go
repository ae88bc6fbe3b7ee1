package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/hotspots"
	"github.com/hotcell/hotcell/store"
)

// analyst turns a question into a run: evidence from the store, ranking by
// hotspots, the result back into the store. The API and "hotcell rank" share it.
type analyst struct {
	store  *store.Store
	params hotspots.Params

	mu        sync.Mutex // guards the catalogue
	catalogue *geo.Catalogue
	version   string
}

// What a question means that does not say otherwise.
const (
	defaultWindow     = 28 * 24 * time.Hour
	defaultTrendWeeks = 12
	// defaultDailyCap is how many calls of one customer at one place and day count
	// towards its rate (docs/method.md).
	defaultDailyCap = 3
)

func withDefaults(q hotspots.Query) hotspots.Query {
	if q.Window == 0 {
		q.Window = defaultWindow
	}
	if q.TrendWeeks == 0 {
		q.TrendWeeks = max(defaultTrendWeeks, int((q.Window+7*24*time.Hour-1)/(7*24*time.Hour)))
	}
	if q.DailyCap == 0 {
		q.DailyCap = defaultDailyCap
	}
	return q
}

// openAnalyst opens the store for reading and ranking.
func (p *program) openAnalyst(ctx context.Context) (*analyst, error) {
	s, err := p.openStore(ctx, nil)
	if err != nil {
		return nil, err
	}
	return &analyst{store: s, params: hotspots.DefaultParams()}, nil
}

func (a *analyst) close() error { return a.store.Close() }

// places returns the catalogue as it is in the store now; it is built again
// only after a change.
func (a *analyst) places(ctx context.Context) (*geo.Catalogue, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	catalogue, version, err := loadCatalogue(ctx, a.store, a.version)
	if err != nil {
		return nil, err
	}
	if catalogue != nil {
		a.catalogue, a.version = catalogue, version
	}
	return a.catalogue, nil
}

// Rank implements api.Analyst: a look that is not kept, so that nobody's filter
// becomes what everybody sees.
func (a *analyst) Rank(ctx context.Context, q hotspots.Query, top int) (*hotspots.Run, error) {
	run, err := a.analyse(ctx, q)
	if err == nil && top > 0 && len(run.Hotspots) > top {
		run.Hotspots = run.Hotspots[:top]
	}
	return run, err
}

// keep ranks and stores the whole run.
func (a *analyst) keep(ctx context.Context, q hotspots.Query) (*hotspots.Run, error) {
	run, err := a.analyse(ctx, q)
	if err != nil {
		return nil, err
	}
	return run, a.store.SaveRun(ctx, run)
}

func (a *analyst) analyse(ctx context.Context, q hotspots.Query) (*hotspots.Run, error) {
	places, err := a.places(ctx)
	if err != nil {
		return nil, err
	}
	if _, known := places.Region(q.Region); q.Region != "" && !known {
		return nil, usagef("there is no region %q in the catalogue; \"hotcell load regions\" loads them", q.Region)
	}
	evidence, err := a.store.Evidence(ctx, withDefaults(q))
	if err != nil {
		return nil, err
	}
	if evidence.Calls == 0 && len(evidence.Complaints) == 0 {
		return nil, nothingToRank(q, evidence.Query)
	}
	previous, err := a.Latest(ctx)
	if err != nil {
		return nil, err
	}
	run, err := hotspots.Rank(evidence, places, a.params, previous)
	if err != nil {
		return nil, err
	}
	stamp(run, time.Now().UTC())
	return run, nil
}

// nothingToRank says why there is no evidence: an empty store, or a question
// that no record answers.
func nothingToRank(asked, looked hotspots.Query) error {
	if asked.End.IsZero() && asked.Region == "" && asked.Scene == geo.SceneUnknown && asked.RAT == geo.RATUnknown && asked.Operator == "" {
		return errors.New("there is nothing to rank yet: load calls with \"hotcell load calls FILE…\" first")
	}
	return fmt.Errorf("no call and no complaint between %s and %s answers to these filters; leave --end out for the newest records",
		looked.End.Add(-looked.Window).Format("2006-01-02"), looked.End.Format("2006-01-02"))
}

// recentRuns is how far Latest looks back past runs over a part of the data.
const recentRuns = 200

// Latest implements api.Analyst: the newest run over everything. Runs that were
// asked for a region, scene, technology or operator are kept, but do not become
// what everybody sees.
func (a *analyst) Latest(ctx context.Context) (*hotspots.Run, error) {
	runs, err := a.store.Runs(ctx, recentRuns)
	if err != nil {
		return nil, err
	}
	for i := range runs {
		q := runs[i].Query
		if q.Region == "" && q.Scene == geo.SceneUnknown && q.RAT == geo.RATUnknown && q.Operator == "" {
			return a.store.Run(ctx, runs[i].ID)
		}
	}
	return nil, nil
}

// stamp gives a run its identity and time.
func stamp(run *hotspots.Run, now time.Time) {
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	run.ID = "run_" + now.Format("20060102T150405") + "_" + hex.EncodeToString(b[:])
	run.Created = now
	run.Method = hotspots.MethodVersion
	for i := range run.Hotspots {
		run.Hotspots[i].Run = run.ID
		run.Hotspots[i].Method = run.Method
	}
}

// loadCatalogue builds the catalogue when the store's version differs from
// known; otherwise it returns nil.
func loadCatalogue(ctx context.Context, s *store.Store, known string) (*geo.Catalogue, string, error) {
	venues, regions, sites, version, err := s.Catalogue(ctx)
	if err != nil {
		return nil, "", err
	}
	if version == known && known != "" {
		return nil, known, nil
	}
	catalogue, err := geo.NewCatalogue(venues, regions, sites)
	if err != nil {
		return nil, "", fmt.Errorf("the catalogue in the store cannot be used: %w", err)
	}
	return catalogue, version, nil
}
