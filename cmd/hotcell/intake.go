package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hotcell/hotcell/api"
	"github.com/hotcell/hotcell/ingest"
	"github.com/hotcell/hotcell/store"
)

// storeIntake takes deliveries into the store of this process. It implements
// api.Intake.
type storeIntake struct {
	p          *program
	analyst    *analyst
	registerer prometheus.Registerer // nil: no metrics
	profile    func(feed ingest.Feed, name string) (*ingest.Profile, error)
	progress   func(ingest.Progress) // nil: none
}

// newStoreIntake opens nothing: the key is made or read at the first delivery.
func (p *program) newStoreIntake(a *analyst, registerer prometheus.Registerer) *storeIntake {
	return &storeIntake{p: p, analyst: a, registerer: registerer, profile: ingest.OpenProfile}
}

// Take loads one delivery with the catalogue as it is now.
func (i *storeIntake) Take(ctx context.Context, d api.Delivery) (api.Receipt, error) {
	profile, err := i.profile(d.Feed, d.Profile)
	if err != nil {
		return api.Receipt{}, err
	}
	if d.Source != "" && d.Source != profile.Source {
		other := *profile
		other.Source = d.Source
		profile = &other
	}
	receipt := api.Receipt{Feed: d.Feed, Source: profile.Source, Name: d.Name}
	tap := &rejectTap{Store: i.analyst.store}
	loader, err := i.p.newLoader(ctx, i.analyst.store, loading{
		feed: d.Feed, maxRejects: d.MaxRejects, progress: i.progress, registerer: i.registerer,
		sink: tap, catalogue: i.analyst.current,
	})
	if err != nil {
		return receipt, err
	}
	receipt.Account, err = loader.LoadAs(ctx, d.Feed, profile, d.Path, d.Name)
	receipt.FirstRejects = tap.first
	if err == nil && isCatalogue(d.Feed) {
		var note string
		if note, err = misplacedNote(ctx, i.analyst.store); note != "" {
			receipt.Warnings = append(receipt.Warnings, note)
		}
	}
	return receipt, err
}

// isCatalogue says whether a feed changes where records are placed.
func isCatalogue(f ingest.Feed) bool {
	return f == ingest.FeedVenues || f == ingest.FeedRegions || f == ingest.FeedSites
}

// rejectTap is the store; it notes the first rejects that pass.
type rejectTap struct {
	*store.Store
	mu    sync.Mutex
	first []api.RejectedRow
}

// InsertRejects stores rejects.
func (t *rejectTap) InsertRejects(ctx context.Context, l ingest.Load, rejects []ingest.Reject) error {
	if err := t.Store.InsertRejects(ctx, l, rejects); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range rejects {
		r := &rejects[i]
		if len(t.first) == api.MaxRejectedRows && r.Line >= t.first[len(t.first)-1].Line {
			continue
		}
		t.first = append(t.first, api.RejectedRow{Line: r.Line, Reason: r.Reason, Detail: strings.Clone(r.Detail)})
		slices.SortStableFunc(t.first, func(a, b api.RejectedRow) int { return cmp.Compare(a.Line, b.Line) })
		t.first = t.first[:min(len(t.first), api.MaxRejectedRows)]
	}
	return nil
}

// namedProfile finds a profile for those who send from elsewhere: by name, among
// the shipped ones and those in the folder. They must not read other files.
func (p *program) namedProfile(feed ingest.Feed, name string) (*ingest.Profile, error) {
	wrong := func(err error) error {
		return &api.Error{Code: api.CodeInvalidParameter, Parameter: "profile", Err: err, Detail: err.Error()}
	}
	dir := p.settings.Ingest.Profiles
	if name == "" || slices.Contains(ingest.Shipped(), name) || dir == "" || !filepath.IsLocal(name) || name != filepath.Base(name) {
		if name != "" && !slices.Contains(ingest.Shipped(), name) {
			return nil, wrong(fmt.Errorf("there is no profile %q here; shipped are %s, and ingest.profiles names a folder with more", name, strings.Join(ingest.Shipped(), ", ")))
		}
		profile, err := ingest.OpenProfile(feed, name)
		if err != nil {
			return nil, wrong(err)
		}
		return profile, nil
	}
	file := filepath.Join(dir, name+".yaml")
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return nil, wrong(fmt.Errorf("there is no profile %q: neither a shipped one (%s) nor %s.yaml in the folder of ingest.profiles", name, strings.Join(ingest.Shipped(), ", "), name))
	}
	profile, err := ingest.OpenProfile(feed, file)
	if err != nil {
		return nil, wrong(err)
	}
	return profile, nil
}
