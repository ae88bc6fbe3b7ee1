package store

import (
	"context"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/hotspots"
)

// MaxCells is how many cells a map query returns when it does not say.
const MaxCells = 50000

// Cells counts what happened per cell within a box, uncapped, those with most
// bad calls first. Records known only by their radio cell are not in it.
// Resolution 0 to 11 (geo.StoredResolution).
func (s *Store) Cells(ctx context.Context, q hotspots.CellQuery) ([]hotspots.CellStat, error) {
	if q.Resolution < 0 || q.Resolution > geo.StoredResolution {
		return nil, &Error{Code: CodeBadRecord, Message: fmt.Sprintf("resolution %d: cells are stored at resolution %d, ask for 0 to %[2]d", q.Resolution, geo.StoredResolution)}
	}
	f, err := s.filter(ctx, q.Query)
	if err != nil {
		return nil, err
	}
	if q.Limit <= 0 {
		q.Limit = MaxCells
	}
	a := f.window(f.start(), f.query.End)
	a["west"], a["south"], a["east"], a["north"] = q.West, q.South, q.East, q.North
	a["keep"], a["set"] = parentBits(q.Resolution)
	a["limit"] = q.Limit
	across := "lon >= @west AND lon <= @east"
	if q.West > q.East { // the box crosses the antimeridian
		across = "(lon >= @west OR lon <= @east)"
	}
	var out []hotspots.CellStat
	err = s.each(ctx, "count calls by cell", `
		SELECT bitOr(bitAnd(cell, toUInt64(@keep)), toUInt64(@set)) AS parent, count(), countIf(is_bad = 1) AS bad_calls,
			countIf(outcome = 3), countIf(outcome = 1 AND is_bad = 1), countIf(outcome = 4), countIf(outcome = 2),
			uniqExact(customer), uniqExactIf(customer, is_bad = 1)
		FROM (
			SELECT cell, outcome, customer, toUInt8(`+bad+`) AS is_bad
			FROM calls FINAL
			WHERE `+inWindow+f.calls+` AND cell != 0 AND method != 4
				AND lat >= @south AND lat <= @north AND `+across+`
		)
		GROUP BY parent
		ORDER BY bad_calls DESC, count() DESC, parent
		LIMIT @limit`, a,
		func(r driver.Rows) error {
			var c hotspots.CellStat
			if err := r.Scan((*uint64)(&c.Cell), &c.Calls, &c.Bad, &c.Dropped, &c.Perceived, &c.Blocked, &c.Poor, &c.Customers, &c.Hurt); err != nil {
				return err
			}
			out = append(out, c)
			return nil
		})
	return out, err
}

// parentBits turn a cell into its ancestor of resolution res by
// cell AND keep OR set: an H3 index has its resolution in bits 52 to 55 and one
// digit of three bits per finer resolution, 15 the lowest; digits finer than the
// resolution are 7 (H3 documentation, "Index bit layout").
func parentBits(res geo.Resolution) (keep, set uint64) {
	finer := uint64(1)<<(3*(15-uint64(res))) - 1
	resolution := uint64(0xF) << 52
	return ^(resolution | finer), uint64(res)<<52 | finer
}
