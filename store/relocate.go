package store

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/hotcell/hotcell/geo"
)

// relocateSlice bounds the records held in memory at once: thin days go
// together, a thick one is cut into ranges of record ids.
const relocateSlice = 1 << 16

// relocated are the tables whose records have places.
var relocated = []string{"calls", "complaints"}

// Locator puts a record on the map by what it says about where it happened;
// *geo.Catalogue is one.
type Locator interface {
	Locate(geo.Evidence) geo.Location
}

// Relocated is what Relocate did.
type Relocated struct {
	Read      uint64 // records looked at
	Moved     uint64 // of these: now at another place, with another accuracy, or in another region
	Located   uint64 // of Moved: had no place and have one now
	Unlocated uint64 // of Moved: had a place and have none now
	// CatalogueChanged is set when the catalogue in the store is not the version
	// that was worked with any more: do it again with the new one.
	CatalogueChanged bool
}

// Relocate puts all calls and complaints on the map again, as a load would do now,
// and writes back those that move; version is the catalogue's (see Catalogue).
// progress, if not nil, is told how many of the stored rows are done.
//
// What a record said about itself is kept: its coordinates where they located it,
// its radio cell, a complaint's venue, address and text. Loads may run at the same
// time, and none of their corrections is lost. Stopping half-way does no harm:
// what is left is done when it is run again.
func (s *Store) Relocate(ctx context.Context, locator Locator, version string, progress func(done, total uint64)) (Relocated, error) {
	var out Relocated
	settled, err := s.settledLoads(ctx)
	if err != nil {
		return out, err
	}
	var slices []daySlice
	var total, done uint64
	for _, t := range relocated {
		if err := s.caughtUp(ctx, t); err != nil {
			return out, err
		}
		part, err := s.daySlices(ctx, t)
		if err != nil {
			return out, err
		}
		slices = append(slices, part...)
	}
	for _, d := range slices {
		total += d.rows
	}
	r := relocation{store: s, locator: locator, settled: settled, out: &out}
	for _, d := range slices {
		if err := r.slice(ctx, d); err != nil {
			return out, err
		}
		if done += d.rows; progress != nil {
			progress(done, total)
		}
	}
	for _, t := range relocated {
		if err := s.caughtUp(ctx, t); err != nil {
			return out, err
		}
	}
	now, err := s.catalogueVersion(ctx)
	if err != nil {
		return out, err
	}
	if out.CatalogueChanged = now != version; out.CatalogueChanged {
		return out, nil
	}
	return out, s.writePlaced(ctx, keysOf(settled), version)
}

func keysOf(m map[uint64]bool) []uint64 { return slices.Sorted(maps.Keys(m)) }

// daySlice is a part of a table read at once: whole days, or a range of the
// record ids of one day.
type daySlice struct {
	table       string
	first, last int32
	low, high   uint64 // first two bytes of the record ids, inclusive
	rows        uint64 // about how many rows it has, older versions included
}

// idRanges is how many values the first two bytes of a record id have.
const idRanges = 1 << 16

func (d daySlice) whole() bool { return d.low == 0 && d.high == idRanges-1 }

func (s *Store) daySlices(ctx context.Context, table string) ([]daySlice, error) {
	var out []daySlice
	err := s.each(ctx, "count the records of days", `
		SELECT toInt32(toUInt16(day)) AS d, count() FROM `+table+` GROUP BY d ORDER BY d`, nil, func(r driver.Rows) error {
		var d int32
		var n uint64
		if err := r.Scan(&d, &n); err != nil {
			return err
		}
		if last := len(out) - 1; last >= 0 && out[last].whole() && out[last].rows+n <= relocateSlice {
			out[last].last, out[last].rows = d, out[last].rows+n
			return nil
		}
		// Record ids are hashes, so equal ranges of their first two bytes hold about
		// as many records each.
		cuts := min((n-1)/relocateSlice+1, idRanges)
		for i := range cuts {
			out = append(out, daySlice{table, d, d, i * idRanges / cuts, (i+1)*idRanges/cuts - 1, n*(i+1)/cuts - n*i/cuts})
		}
		return nil
	})
	return out, err
}

// relocation is one run of Relocate.
type relocation struct {
	store   *Store
	locator Locator
	settled map[uint64]bool
	out     *Relocated
	rows    *rowCopy
	several choices // of the slice at hand
}

// slice reads a slice, places its records and writes back those that moved.
func (r *relocation) slice(ctx context.Context, d daySlice) error {
	if r.rows == nil || r.rows.table != d.table {
		var err error
		if r.rows, err = r.store.newRowCopy(ctx, d.table); err != nil {
			return err
		}
	}
	r.rows.clear()
	r.several = choices{}
	err := r.store.each(ctx, "read records to place again", r.rows.query+`
		WHERE day >= toDate(toUInt16(@first)) AND day <= toDate(toUInt16(@last)) AND deleted = 0
			AND record_id >= toFixedString(unhex(@low), 16) AND record_id <= toFixedString(unhex(@high), 16)`,
		args{"first": d.first, "last": d.last, "low": fmt.Sprintf("%04x%028x", d.low, 0), "high": fmt.Sprintf("%04x%s", d.high, strings.Repeat("ff", 14))},
		func(rows driver.Rows) error {
			if err := r.rows.scan(rows); err != nil {
				return err
			}
			r.place(&r.rows.row)
			return nil
		})
	if err != nil {
		return err
	}
	if err := r.store.insertChoices(ctx, r.several); err != nil {
		return err
	}
	return r.rows.write(ctx)
}

// place puts the record at hand on the map again and keeps it when it moves.
//
// A moved record is written as version + 1 of itself. The versions of loads are
// the nanosecond they began at, so a correction has a greater one, whichever of the
// two is written first. Only a load that still runs has versions so close together
// (it counts its own corrections by one): its records keep their version, and of
// equal versions the store takes the one written last. A record of an unfinished
// load may so keep its old place until the next rebuild, but never its old content.
func (r *relocation) place(row *storedRow) {
	r.out.Read++
	was := row.location()
	now := r.locator.Locate(row.evidence())
	if sameLocation(was, now) {
		return
	}
	r.out.Moved++
	if was.Method == geo.MethodNone && now.Method != geo.MethodNone {
		r.out.Located++
	}
	if was.Method != geo.MethodNone && now.Method == geo.MethodNone {
		r.out.Unlocated++
	}
	row.move(now)
	r.several.note(now)
	if r.settled[row.load] {
		row.version++
	}
	r.rows.keep()
}

// sameLocation compares bit by bit, so that a NaN is equal to itself.
func sameLocation(a, b geo.Location) bool {
	bits := math.Float64bits
	return a.Method == b.Method && a.Cell == b.Cell && a.Place == b.Place && a.Scene == b.Scene && a.Region == b.Region &&
		bits(a.Pos.Lat) == bits(b.Pos.Lat) && bits(a.Pos.Lon) == bits(b.Pos.Lon) &&
		math.Float32bits(a.AccuracyM) == math.Float32bits(b.AccuracyM)
}
