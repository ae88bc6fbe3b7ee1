package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/hotcell/hotcell/geo"
)

// loadFeatures takes in venues and regions. Of venues, a feature that is none (a
// bench, a footway) is not read at all but mentioned in a warning; one that
// repeats or continues another is a duplicate; one that cannot be used is a
// reject that carries its number in the file.
func (l *Loader) loadFeatures(ctx context.Context, ld Load, in *input) (Account, error) {
	switch ld.Feed {
	case FeedVenues:
		return l.loadVenues(ctx, ld, in)
	case FeedRegions:
		return l.loadRegions(ctx, ld, in)
	}
	return Account{}, errors.New("ingest: no reader for " + string(ld.Feed))
}

func (l *Loader) loadVenues(ctx context.Context, ld Load, in *input) (Account, error) {
	var a Account
	var file geo.VenueFile
	var err error
	head, _ := in.plain.Peek(64)
	switch {
	case bytes.Contains(head, []byte("OSMHeader")): // the name does not matter
		file, err = geo.ReadVenuesOSM(ctx, in.plain)
	case bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))), []byte{'<'}):
		return a, in.fault(FileFormat, nil, "this is XML; convert OpenStreetMap XML to .osm.pbf (osmium cat in.osm -o out.osm.pbf), other maps to GeoJSON")
	default:
		file, err = geo.ScanVenuesGeoJSON(in.plain)
	}
	if ctx.Err() != nil {
		return a, fmt.Errorf("loading %s was stopped: %w; load the file again", in.name, ctx.Err())
	}
	if err != nil {
		return a, in.fault(FileFormat, err, "%v", err)
	}
	a.Accepted, a.Duplicate = uint64(len(file.Venues)), uint64(file.Merged)
	if file.Skipped > 0 {
		left := fmt.Sprintf("%d of %d objects are no venues (trees, footways, houses without a use) and were left out", file.Skipped, file.Features)
		if len(file.Marks) > 0 {
			left += fmt.Sprintf("; %d house numbers, exits and milestones are kept for addresses", len(file.Marks))
		}
		a.Warnings = append(a.Warnings, left)
	}
	if err := l.sink.InsertMarks(ctx, ld, file.Marks); err != nil {
		return a, err
	}
	return l.storeFeatures(ctx, ld, a, file.Bad, func() error { return l.sink.InsertVenues(ctx, ld, file.Venues) })
}

func (l *Loader) loadRegions(ctx context.Context, ld Load, in *input) (Account, error) {
	regions, err := geo.ReadRegionsGeoJSON(in.plain)
	var bad geo.FeatureErrors
	if err != nil && !errors.As(err, &bad) {
		return Account{}, in.fault(FileFormat, err, "%v", err)
	}
	return l.storeFeatures(ctx, ld, Account{Accepted: uint64(len(regions))}, bad, func() error { return l.sink.InsertRegions(ctx, ld, regions) })
}

// storeFeatures completes the account and stores the good features and the rejects.
func (l *Loader) storeFeatures(ctx context.Context, ld Load, a Account, bad geo.FeatureErrors, insert func() error) (Account, error) {
	a.Located = a.Accepted
	rejects := make([]Reject, len(bad))
	for i, f := range bad {
		rejects[i] = Reject{Feed: ld.Feed, Source: ld.Source, File: ld.File, Line: uint64(f.Number), Reason: ReasonFeature,
			Detail: f.Error(), ProfileVersion: ld.ProfileVersion}
	}
	if len(bad) > 0 {
		a.reject(ReasonFeature, uint64(len(bad)))
	}
	a.Read = a.Accepted + a.Rejected + a.Duplicate
	l.metrics.count(ld.Feed, &a, &Account{})
	if a.Accepted > 0 {
		if err := insert(); err != nil {
			return a, err
		}
	}
	if len(rejects) > 0 {
		return a, l.sink.InsertRejects(ctx, ld, rejects)
	}
	return a, nil
}
