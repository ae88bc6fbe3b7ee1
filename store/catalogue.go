package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/ingest"
)

var (
	venuesTable = newTable("venues", `id String, name String, aliases Array(String), scene UInt8, floors Int32, basement_floors Int32,
		parent String, ref String, geometry String, load UInt64, version UInt64`)
	signpostsTable = newTable("signposts", `venue String, km_from Float64, km_to Float64, load UInt64, version UInt64`)
	marksTable     = newTable("marks", `id String, kind UInt8, road String, number String, names Array(String), lat Float64, lon Float64, load UInt64, version UInt64`)
	regionsTable   = newTable("regions", `code String, name String, level String, parent String, geometry String, load UInt64, version UInt64`)
	sitesTable     = newTable("sites", `radio_cell String, site String, lat Float64, lon Float64, azimuth_deg Float64, beamwidth_deg Float64,
		range_m Float64, rat UInt8, indoor UInt8, load UInt64, version UInt64`)
)

// InsertVenues adds or replaces venues by id; see ingest.Sink.
func (s *Store) InsertVenues(ctx context.Context, l ingest.Load, venues []geo.Venue) error {
	type V = geo.Venue
	shapes, err := geometryTexts(venues, func(v *V) (string, shape) { return "venue " + v.ID, v.Geometry })
	if err != nil {
		return err
	}
	// Highways whose signposts are not known are written too: they may have been.
	lines := slices.DeleteFunc(slices.Clone(venues), func(v V) bool { return v.Ref == "" && v.KmFrom == v.KmTo })
	err = s.insert(ctx, signpostsTable, len(lines), func(b *block) {
		put(b, &b.buf.str, lines, func(v *V) string { return v.ID })
		put(b, &b.buf.f64, lines, func(v *V) float64 { return v.KmFrom })
		put(b, &b.buf.f64, lines, func(v *V) float64 { return v.KmTo })
		stamp(b, l, lines)
	})
	if err != nil {
		return err
	}
	return s.insert(ctx, venuesTable, len(venues), func(b *block) {
		put(b, &b.buf.str, venues, func(v *V) string { return v.ID })
		put(b, &b.buf.str, venues, func(v *V) string { return v.Name })
		put(b, &b.buf.list, venues, func(v *V) []string { return v.Aliases })
		put(b, &b.buf.u8, venues, func(v *V) uint8 { return uint8(v.Scene) })
		put(b, &b.buf.i32, venues, func(v *V) int32 { return int32(v.Floors) })
		put(b, &b.buf.i32, venues, func(v *V) int32 { return int32(v.BasementFloors) })
		put(b, &b.buf.str, venues, func(v *V) string { return v.Parent })
		put(b, &b.buf.str, venues, func(v *V) string { return v.Ref })
		put(b, &b.buf.str, shapes, func(g *string) string { return *g })
		stamp(b, l, venues)
	})
}

// InsertMarks adds or replaces houses, exits and milestones by id; see ingest.Sink.
func (s *Store) InsertMarks(ctx context.Context, l ingest.Load, marks []geo.Mark) error {
	type M = geo.Mark
	return s.insert(ctx, marksTable, len(marks), func(b *block) {
		put(b, &b.buf.str, marks, func(m *M) string { return m.ID })
		put(b, &b.buf.u8, marks, func(m *M) uint8 { return uint8(m.Kind) })
		put(b, &b.buf.str, marks, func(m *M) string { return m.Road })
		put(b, &b.buf.str, marks, func(m *M) string { return m.Number })
		put(b, &b.buf.list, marks, func(m *M) []string { return m.Names })
		put(b, &b.buf.f64, marks, func(m *M) float64 { return m.Pos.Lat })
		put(b, &b.buf.f64, marks, func(m *M) float64 { return m.Pos.Lon })
		stamp(b, l, marks)
	})
}

// InsertRegions adds or replaces regions by code; see ingest.Sink.
func (s *Store) InsertRegions(ctx context.Context, l ingest.Load, regions []geo.Region) error {
	type R = geo.Region
	shapes, err := geometryTexts(regions, func(r *R) (string, shape) { return "region " + r.Code, r.Geometry })
	if err != nil {
		return err
	}
	return s.insert(ctx, regionsTable, len(regions), func(b *block) {
		put(b, &b.buf.str, regions, func(r *R) string { return r.Code })
		put(b, &b.buf.str, regions, func(r *R) string { return r.Name })
		put(b, &b.buf.str, regions, func(r *R) string { return r.Level })
		put(b, &b.buf.str, regions, func(r *R) string { return r.Parent })
		put(b, &b.buf.str, shapes, func(g *string) string { return *g })
		stamp(b, l, regions)
	})
}

// InsertSites adds or replaces radio cells; see ingest.Sink.
func (s *Store) InsertSites(ctx context.Context, l ingest.Load, sites []geo.Site) error {
	type S = geo.Site
	return s.insert(ctx, sitesTable, len(sites), func(b *block) {
		put(b, &b.buf.str, sites, func(v *S) string { return v.RadioCell })
		put(b, &b.buf.str, sites, func(v *S) string { return v.Site })
		put(b, &b.buf.f64, sites, func(v *S) float64 { return v.Pos.Lat })
		put(b, &b.buf.f64, sites, func(v *S) float64 { return v.Pos.Lon })
		put(b, &b.buf.f64, sites, func(v *S) float64 { return v.AzimuthDeg })
		put(b, &b.buf.f64, sites, func(v *S) float64 { return v.BeamwidthDeg })
		put(b, &b.buf.f64, sites, func(v *S) float64 { return v.RangeM })
		put(b, &b.buf.u8, sites, func(v *S) uint8 { return uint8(v.RAT) })
		put(b, &b.buf.u8, sites, func(v *S) uint8 { return bit(v.Indoor) })
		stamp(b, l, sites)
	})
}

// Catalogue reads all venues, regions and sites, ordered by id, and a version
// that changes whenever one of them does.
func (s *Store) Catalogue(ctx context.Context) (venues []geo.Venue, regions []geo.Region, sites []geo.Site, version string, err error) {
	// The version is read first: a change in between makes it older than the
	// data, so that the next look finds a change rather than missing one.
	if version, err = s.catalogueVersion(ctx); err != nil {
		return nil, nil, nil, "", err
	}
	var shapes []string
	err = s.each(ctx, "read the venues", `
		SELECT id, name, aliases, scene, floors, basement_floors, parent, ref, geometry FROM venues FINAL ORDER BY id`, nil,
		func(r driver.Rows) error {
			var v geo.Venue
			var scene uint8
			var floors, basements int32
			var shape string
			if err := r.Scan(&v.ID, &v.Name, &v.Aliases, &scene, &floors, &basements, &v.Parent, &v.Ref, &shape); err != nil {
				return err
			}
			v.Scene, v.Floors, v.BasementFloors = geo.Scene(scene), int(floors), int(basements)
			if len(v.Aliases) == 0 {
				v.Aliases = nil
			}
			venues, shapes = append(venues, v), append(shapes, shape)
			return nil
		})
	if err != nil {
		return nil, nil, nil, "", err
	}
	if err := readGeometries(shapes, func(i int, v *geo.Venue) { venues[i].Geometry = v.Geometry }); err != nil {
		return nil, nil, nil, "", err
	}
	shapes = nil
	if err := s.readSignposts(ctx, venues); err != nil {
		return nil, nil, nil, "", err
	}
	err = s.each(ctx, "read the regions", `SELECT code, name, level, parent, geometry FROM regions FINAL ORDER BY code`, nil,
		func(r driver.Rows) error {
			var v geo.Region
			var shape string
			if err := r.Scan(&v.Code, &v.Name, &v.Level, &v.Parent, &shape); err != nil {
				return err
			}
			regions, shapes = append(regions, v), append(shapes, shape)
			return nil
		})
	if err != nil {
		return nil, nil, nil, "", err
	}
	if err := readGeometries(shapes, func(i int, v *geo.Venue) { regions[i].Geometry = v.Geometry }); err != nil {
		return nil, nil, nil, "", err
	}
	err = s.each(ctx, "read the sites", `
		SELECT radio_cell, site, lat, lon, azimuth_deg, beamwidth_deg, range_m, rat, indoor FROM sites FINAL ORDER BY radio_cell`, nil,
		func(r driver.Rows) error {
			var v geo.Site
			var rat, indoor uint8
			if err := r.Scan(&v.RadioCell, &v.Site, &v.Pos.Lat, &v.Pos.Lon, &v.AzimuthDeg, &v.BeamwidthDeg, &v.RangeM, &rat, &indoor); err != nil {
				return err
			}
			v.RAT, v.Indoor = geo.RAT(rat), indoor == 1
			sites = append(sites, v)
			return nil
		})
	if err != nil {
		return nil, nil, nil, "", err
	}
	return venues, regions, sites, version, nil
}

// Marks reads the houses, exits and milestones of the catalogue, ordered by id; the
// version that Catalogue gives changes with them too.
func (s *Store) Marks(ctx context.Context) (marks []geo.Mark, err error) {
	err = s.each(ctx, "read the houses and exits", `SELECT id, kind, road, number, names, lat, lon FROM marks FINAL ORDER BY id`, nil,
		func(r driver.Rows) error {
			var m geo.Mark
			var kind uint8
			if err := r.Scan(&m.ID, &kind, &m.Road, &m.Number, &m.Names, &m.Pos.Lat, &m.Pos.Lon); err != nil {
				return err
			}
			m.Kind = geo.MarkKind(kind)
			if len(m.Names) == 0 {
				m.Names = nil
			}
			marks = append(marks, m)
			return nil
		})
	return marks, err
}

func (s *Store) catalogueVersion(ctx context.Context) (string, error) {
	var parts []string
	for _, sql := range []string{
		`SELECT count(), sum(cityHash64(id, version)) FROM venues FINAL`,
		`SELECT count(), sum(cityHash64(id, version)) FROM marks FINAL`,
		`SELECT count(), sum(cityHash64(code, version)) FROM regions FINAL`,
		`SELECT count(), sum(cityHash64(radio_cell, version)) FROM sites FINAL`,
	} {
		var n, h uint64
		if err := s.one(ctx, "read the catalogue's version", sql, nil, &n, &h); err != nil {
			return "", err
		}
		parts = append(parts, fmt.Sprint(n, h))
	}
	return fingerprint(append(parts, geo.LocatingRules)...), nil
}

// readSignposts fills in what is signposted along highways; venues are sorted by id.
func (s *Store) readSignposts(ctx context.Context, venues []geo.Venue) error {
	return s.each(ctx, "read the signposts", `SELECT venue, km_from, km_to FROM signposts FINAL WHERE km_from != km_to`, nil,
		func(r driver.Rows) error {
			var id string
			var from, to float64
			if err := r.Scan(&id, &from, &to); err != nil {
				return err
			}
			if i, known := slices.BinarySearchFunc(venues, id, func(v geo.Venue, id string) int { return strings.Compare(v.ID, id) }); known {
				venues[i].KmFrom, venues[i].KmTo = from, to
			}
			return nil
		})
}
