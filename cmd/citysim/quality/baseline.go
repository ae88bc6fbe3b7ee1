package quality

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"sync"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/hotspots"
	"github.com/hotcell/hotcell/ingest"
)

// Baselines are the rankings operators use today: most drops, most complaints,
// highest rate of bad calls (from 30 calls on), and the hot spots of Getis–Ord
// Gi* on counts per cell. They see the same located records as hotcell.
func Baselines() []string { return []string{"raw drops", "complaints", "raw rate", "Gi* on counts"} }

// counts is what the baselines know of a place.
type counts struct{ calls, drops, bad, complaints int }

// tally is an ingest.Sink that only counts.
type tally struct {
	mu      sync.Mutex
	places  map[geo.PlaceID]*counts
	cells   map[geo.Cell]*counts // RankResolution
	venues  []geo.Venue
	regions []geo.Region
	sites   []geo.Site
}

func (s *tally) count(l *geo.Location, add func(c *counts)) {
	if l.Place == 0 {
		return
	}
	p := s.places[l.Place]
	if p == nil {
		p = &counts{}
		s.places[l.Place] = p
	}
	add(p)
	if l.Cell == 0 {
		return
	}
	cell := l.Cell.Parent(geo.RankResolution)
	c := s.cells[cell]
	if c == nil {
		c = &counts{}
		s.cells[cell] = c
	}
	add(c)
}

func (s *tally) Begin(context.Context, ingest.Load) (*ingest.Account, error) { return nil, nil }
func (s *tally) Finish(context.Context, ingest.Load, ingest.Account) error   { return nil }
func (s *tally) InsertCalls(_ context.Context, _ ingest.Load, calls []ingest.Call) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range calls {
		c := &calls[i]
		s.count(&c.Location, func(n *counts) {
			n.calls++
			if c.Outcome == ingest.Dropped {
				n.drops++
			}
			if c.Outcome != ingest.Completed {
				n.bad++
			}
		})
	}
	return nil
}
func (s *tally) InsertComplaints(_ context.Context, _ ingest.Load, complaints []ingest.Complaint) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range complaints {
		s.count(&complaints[i].Location, func(n *counts) { n.complaints++ })
	}
	return nil
}
func (s *tally) InsertSubscribers(context.Context, ingest.Load, []ingest.Subscriber) error {
	return nil
}
func (s *tally) InsertTraffic(context.Context, ingest.Load, []ingest.Traffic) error { return nil }
func (s *tally) InsertSurveys(context.Context, ingest.Load, []ingest.Survey) error  { return nil }
func (s *tally) InsertRejects(context.Context, ingest.Load, []ingest.Reject) error  { return nil }
func (s *tally) InsertSites(_ context.Context, _ ingest.Load, v []geo.Site) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sites = append(s.sites, v...)
	return nil
}
func (s *tally) InsertMarks(context.Context, ingest.Load, []geo.Mark) error { return nil }

func (s *tally) InsertVenues(_ context.Context, _ ingest.Load, v []geo.Venue) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.venues = append(s.venues, v...)
	return nil
}
func (s *tally) InsertRegions(_ context.Context, _ ingest.Load, v []geo.Region) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.regions = append(s.regions, v...)
	return nil
}
func (s *tally) ExistingCalls(context.Context, []ingest.RecordID, int32, int32) (map[ingest.RecordID]bool, error) {
	return nil, nil // a city is loaded once
}
func (s *tally) ExistingComplaints(context.Context, []ingest.RecordID, int32, int32) (map[ingest.RecordID]bool, error) {
	return nil, nil
}
func (s *tally) LoadedDays(context.Context, ingest.Feed, string) ([]int32, error) { return nil, nil }

// rankBaselines ranks a city by each baseline, in the order of Baselines.
func rankBaselines(ctx context.Context, dir string) ([][]Found, error) {
	s := &tally{places: map[geo.PlaceID]*counts{}, cells: map[geo.Cell]*counts{}}
	empty, err := geo.NewCatalogue(nil, nil, nil)
	if err != nil {
		return nil, err
	}
	load := func(l ingest.Locator, feeds ...ingest.Feed) error {
		cfg := ingest.DefaultConfig()
		cfg.PseudonymKey, _ = hex.DecodeString("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")
		cfg.Workers = 2
		loader, err := ingest.New(cfg, s, l)
		if err != nil {
			return err
		}
		for _, feed := range feeds {
			p, err := ingest.OpenProfile(feed, "")
			if err != nil {
				return err
			}
			names, err := filepath.Glob(filepath.Join(dir, string(feed)+"*"))
			if err != nil {
				return err
			}
			for _, name := range names {
				if _, err := loader.Load(ctx, feed, p, name); err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
			}
		}
		return nil
	}
	if err := load(empty, ingest.FeedRegions, ingest.FeedVenues, ingest.FeedSites); err != nil {
		return nil, err
	}
	c, err := geo.NewCatalogue(s.venues, s.regions, s.sites)
	if err != nil {
		return nil, err
	}
	if err := load(c, ingest.FeedCalls, ingest.FeedComplaints); err != nil {
		return nil, err
	}
	top := func(score func(n *counts) float64) []Found { return topPlaces(c, s.places, score) }
	return [][]Found{
		top(byDrops),
		top(func(n *counts) float64 { return float64(n.complaints) }),
		top(byRate),
		topCells(s.cells),
	}, nil
}

func byDrops(n *counts) float64 { return float64(n.drops) }

func byRate(n *counts) float64 {
	if n.calls < 30 {
		return 0
	}
	return float64(n.bad) / float64(n.calls)
}

// topPlaces ranks venues (with all their parts, as one entry), highway segments
// and cells by a score of their counts; places without a score are left out.
func topPlaces(c *geo.Catalogue, places map[geo.PlaceID]*counts, score func(*counts) float64) []Found {
	type entry struct {
		key   string
		place geo.Place
		n     counts
		v     float64
	}
	byKey := map[string]*entry{}
	for id, n := range places {
		p, ok := c.Place(id)
		if !ok {
			continue
		}
		key := p.Key
		if p.Kind == geo.PlaceVenue {
			key = "venue/" + p.Venue.ID
		}
		e := byKey[key]
		if e == nil {
			e = &entry{key: key, place: p}
			byKey[key] = e
		}
		e.n.calls, e.n.drops, e.n.bad, e.n.complaints = e.n.calls+n.calls, e.n.drops+n.drops, e.n.bad+n.bad, e.n.complaints+n.complaints
	}
	var list []*entry
	for _, e := range byKey {
		if e.v = score(&e.n); e.v > 0 {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b *entry) int { return cmp.Or(cmp.Compare(b.v, a.v), cmp.Compare(a.key, b.key)) })
	var out []Found
	for _, e := range list[:min(len(list), deep)] {
		out = append(out, foundPlace(e.place))
	}
	return out
}

func foundPlace(p geo.Place) Found {
	f := Found{Name: p.Name, Scene: p.Scene.String()}
	at := p.Cell.Center()
	switch p.Kind {
	case geo.PlaceVenue:
		f.Name = p.Venue.Name
		f.Place.Kind, f.Place.VenueID = "venue", p.Venue.ID
		at = middle(p, at)
	case geo.PlaceSegment:
		to := p.Km + 1
		f.Place.Kind, f.Place.VenueID, f.Place.Ref, f.Place.KmFrom, f.Place.KmTo = "segment", p.Venue.ID, p.Ref, &p.Km, &to
		at = middle(p, at)
	default:
		f.Place.Kind, f.Place.Cells = "cells", []string{p.Cell.String()}
	}
	f.Center = [2]float64{at.Lon, at.Lat}
	return f
}

// middle is the mean of a place's outline, or otherwise when it has none.
func middle(p geo.Place, otherwise geo.LatLon) geo.LatLon {
	if p.Geometry == nil {
		return otherwise
	}
	sh, err := newShape(map[string]any{"type": p.Geometry.GeoJSONType(), "coordinates": p.Geometry})
	if err != nil {
		return otherwise
	}
	path := sh.paths[0]
	if sh.area {
		path = path[1:] // the first position is the last one again
	}
	var c geo.LatLon
	for _, q := range path {
		c.Lat += q.Lat / float64(len(path))
		c.Lon += q.Lon / float64(len(path))
	}
	return c
}

// topCells ranks cells by Gi* of their bad calls.
func topCells(cells map[geo.Cell]*counts) []Found {
	var ids []geo.Cell
	for c := range cells {
		ids = append(ids, c)
	}
	slices.Sort(ids)
	values := make([]float64, len(ids))
	for i, c := range ids {
		values[i] = float64(cells[c].bad)
	}
	z := hotspots.GiStar(values, hotspots.GiNeighbours(ids, 1))
	order := make([]int, len(ids))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(z[b], z[a]) })
	var out []Found
	for _, i := range order[:min(len(order), deep)] {
		if !(z[i] > 0) {
			continue
		}
		f := Found{Name: ids[i].String(), Scene: "other"}
		at := ids[i].Center()
		f.Place.Kind, f.Place.Cells, f.Center = "cells", []string{ids[i].String()}, [2]float64{at.Lon, at.Lat}
		out = append(out, f)
	}
	return out
}
