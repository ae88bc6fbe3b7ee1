package main

import (
	"context"
	"time"

	"github.com/hotcell/hotcell/hotspots"
)

// analyses keeps the last analysis that explanations were taken from: whoever opens one
// hotspot opens the next, and all of a run's come from one look at the records. One is
// kept, for a while, because it holds the evidence of a whole run.
type analyses struct {
	turn   chan struct{} // holds one while an analysis is made or used
	last   *analysed
	forget *time.Timer
}

// keptFor is how long an analysis is kept after it was last asked for.
const keptFor = 15 * time.Minute

// analysed is what a run looked at, analysed once more.
type analysed struct {
	run, changes, catalogue string // what it was made of

	*hotspots.Analysis
	dataVersion string
	stable      []hotspots.HotspotStability // nil until asked for
}

func newAnalyses() *analyses { return &analyses{turn: make(chan struct{}, 1)} }

// with calls use with the run's analysis, made anew if records or catalogue have
// changed since the last one. Users come one after the other.
func (k *analyses) with(ctx context.Context, a *analyst, run *hotspots.Run, use func(*analysed) error) error {
	select {
	case k.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-k.turn }()
	places, catalogue, err := a.current(ctx)
	if err != nil {
		return err
	}
	changes, err := a.store.Changes(ctx) // before the records are read: what comes later counts as a change
	if err != nil {
		return err
	}
	x := k.last
	if x == nil || x.run != run.ID || x.changes != changes || x.catalogue != catalogue {
		k.last = nil // two at once would take twice the memory
		evidence, err := a.evidence(ctx, run.Query, places)
		if err != nil {
			return err
		}
		analysis, err := hotspots.Analyse(evidence, places, a.params, run)
		if err != nil {
			return err
		}
		x = &analysed{run: run.ID, changes: changes, catalogue: catalogue, Analysis: analysis, dataVersion: evidence.DataVersion}
		k.last = x
	}
	if k.forget != nil {
		k.forget.Stop()
	}
	k.forget = time.AfterFunc(keptFor, func() { k.drop(x) })
	return use(x)
}

// drop forgets an analysis, unless another one has come since.
func (k *analyses) drop(x *analysed) {
	k.turn <- struct{}{}
	if k.last == x {
		k.last = nil
	}
	<-k.turn
}
