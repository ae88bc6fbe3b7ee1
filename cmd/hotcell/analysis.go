package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hotcell/hotcell/api"
	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/hotspots"
	"github.com/hotcell/hotcell/store"
)

// analyst turns a question into a run: evidence from the store, ranking by
// hotspots, the result back into the store. The API and "hotcell rank" share it.
type analyst struct {
	store  *store.Store
	params hotspots.Params
	log    *slog.Logger

	analyses *analyses // for explanations

	atlas    atomic.Pointer[atlas] // nil until first asked for
	building sync.Mutex            // held while a newer one is made
}

// atlas is the catalogue of one version of the store's venues, regions and sites.
type atlas struct {
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
	return p.newAnalyst(s), nil
}

func (p *program) newAnalyst(s *store.Store) *analyst {
	return &analyst{store: s, params: p.settings.Rank.params(), log: p.log, analyses: newAnalyses()}
}

func (a *analyst) close() error { return a.store.Close() }

// places returns the catalogue as it is in the store now.
func (a *analyst) places(ctx context.Context) (*geo.Catalogue, error) {
	catalogue, _, err := a.current(ctx)
	return catalogue, err
}

// current returns the catalogue as it is in the store now and its version; it is
// read and built again only after a change. Whoever notices a change builds; who
// asks meanwhile gets the one before and does not wait.
func (a *analyst) current(ctx context.Context) (*geo.Catalogue, string, error) {
	held := a.atlas.Load()
	if held == nil {
		a.building.Lock() // there is nothing to go on with
	} else {
		version, err := a.store.CatalogueVersion(ctx)
		if err != nil {
			return nil, "", err
		}
		if version == held.version || !a.building.TryLock() {
			return held.catalogue, held.version, nil
		}
	}
	defer a.building.Unlock()
	known := ""
	if held = a.atlas.Load(); held != nil { // somebody else may just have made it
		known = held.version
	}
	catalogue, version, err := loadCatalogue(ctx, a.store, known)
	if err != nil {
		return nil, "", err
	}
	if catalogue != nil {
		held = &atlas{catalogue, version}
		a.atlas.Store(held)
	}
	return held.catalogue, held.version, nil
}

// Rank implements api.Analyst: a look that is not kept, so that nobody's filter
// becomes what everybody sees.
func (a *analyst) Rank(ctx context.Context, q hotspots.Query, top int) (*hotspots.Run, error) {
	run, err := a.analyse(ctx, q)
	if errors.Is(err, errNothing) {
		return nil, &api.Error{Code: api.CodeNotFound, Detail: err.Error()}
	}
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
	places, err := a.placesOf(ctx, q.Region)
	if err != nil {
		return nil, err
	}
	evidence, err := a.evidence(ctx, withDefaults(q), places)
	if err != nil {
		return nil, err
	}
	if evidence.Calls == 0 && len(evidence.Complaints) == 0 {
		return nil, nothingToRank(q, evidence.Query)
	}
	previous, err := a.before(ctx, evidence.Query)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	run, err := hotspots.Rank(evidence, places, a.params, previous)
	if err != nil {
		return nil, err
	}
	a.log.Debug("ranked", "took", time.Since(start))
	stamp(run, time.Now().UTC())
	return run, nil
}

// placesOf is the catalogue, which has to know the region asked for ("" = all).
func (a *analyst) placesOf(ctx context.Context, region string) (*geo.Catalogue, error) {
	places, err := a.places(ctx)
	if err != nil {
		return nil, err
	}
	if _, known := places.Region(region); region != "" && !known {
		return nil, usagef("there is no region %q in the catalogue; \"hotcell load regions\" loads them", region)
	}
	return places, nil
}

// evidence is the store's, with the buildings that radio cells with counters serve.
func (a *analyst) evidence(ctx context.Context, q hotspots.Query, places *geo.Catalogue) (*hotspots.Evidence, error) {
	evidence, err := a.store.Evidence(ctx, q)
	if err != nil {
		return nil, err
	}
	for i := range evidence.Traffic {
		t := &evidence.Traffic[i]
		t.Venue = places.IndoorPlace(t.RadioCell)
	}
	return evidence, nil
}

// errNothing is behind every error of nothingToRank.
var errNothing = errors.New("there is nothing to rank")

// nothingToRank says why there is no evidence: an empty store, or a question
// that no record answers.
func nothingToRank(asked, looked hotspots.Query) error {
	if asked.End.IsZero() && asked.Region == "" && asked.Scene == geo.SceneUnknown && asked.RAT == geo.RATUnknown && asked.Operator == "" {
		return fmt.Errorf("%w yet: load calls with \"hotcell load calls FILE…\" first", errNothing)
	}
	return fmt.Errorf("%w: no call and no complaint between %s and %s answers to these filters; leave the end out for the newest records",
		errNothing, looked.End.Add(-looked.Window).Format("2006-01-02"), looked.End.Format("2006-01-02"))
}

// Latest implements api.Analyst: what everybody sees. That is the newest run
// over everything with the usual window; runs asked for a part of the data, for
// another window or for an earlier end are kept, but come after it.
func (a *analyst) Latest(ctx context.Context) (*hotspots.Run, error) {
	return a.best(ctx, func(x, y *hotspots.Run) int {
		return cmp.Or(compareBool(x.Query.Window == defaultWindow, y.Query.Window == defaultWindow),
			x.End.Compare(y.End), x.Created.Compare(y.Created))
	}, func(r *hotspots.Run) bool { return !partial(r.Query) })
}

// before is the run whose hotspots a new run's are the same as: the newest made
// before it for the same question, so that weekly runs keep their ids.
func (a *analyst) before(ctx context.Context, q hotspots.Query) (*hotspots.Run, error) {
	return a.best(ctx, func(x, y *hotspots.Run) int {
		return cmp.Or(compareBool(x.Query.Window == q.Window, y.Query.Window == q.Window), x.Created.Compare(y.Created))
	}, func(r *hotspots.Run) bool {
		o := r.Query
		return o.Region == q.Region && o.Scene == q.Scene && o.RAT == q.RAT && o.Operator == q.Operator
	})
}

// partial tells questions about a part of the data.
func partial(q hotspots.Query) bool {
	return q.Region != "" || q.Scene != geo.SceneUnknown || q.RAT != geo.RATUnknown || q.Operator != ""
}

func compareBool(x, y bool) int {
	switch {
	case x == y:
		return 0
	case x:
		return 1
	}
	return -1
}

// best reads the greatest of the wanted runs; nil when there is none.
func (a *analyst) best(ctx context.Context, compare func(x, y *hotspots.Run) int, wanted func(*hotspots.Run) bool) (*hotspots.Run, error) {
	runs, err := a.store.Runs(ctx, 0)
	if err != nil {
		return nil, err
	}
	var best *hotspots.Run
	for i := range runs {
		if r := &runs[i]; wanted(r) && (best == nil || compare(r, best) > 0) {
			best = r
		}
	}
	if best == nil {
		return nil, nil
	}
	return a.store.Run(ctx, best.ID)
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
	if known != "" {
		if version, err := s.CatalogueVersion(ctx); err != nil || version == known {
			return nil, known, err
		}
	}
	venues, regions, sites, version, err := s.Catalogue(ctx)
	if err != nil {
		return nil, "", err
	}
	marks, err := s.Marks(ctx)
	if err != nil {
		return nil, "", err
	}
	catalogue, err := geo.NewCatalogue(venues, regions, sites, marks...)
	if err != nil {
		return nil, "", fmt.Errorf("the catalogue in the store cannot be used: %w", err)
	}
	return catalogue, version, nil
}
