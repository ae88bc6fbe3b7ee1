package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/hotspots"
)

// MaxCells is how many cells a map query returns when it does not say.
const MaxCells = 50000

// Cells counts what happened per cell within a box, uncapped, those with most
// bad calls first. Records of coarse accuracy are spread over their discs, weighted
// with the use that located calls saw in each cell of geo.RankResolution, so that the
// counts have fractions and add up to all records at every resolution. Records known
// only by their radio cell are not in it. Resolution 0 to 11 (geo.StoredResolution).
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
	a := f.box(q.West, q.South, q.East, q.North)
	a["keep"], a["set"] = parentBits(q.Resolution)
	a["limit"] = q.Limit
	var cells []hotspots.CellStat
	var discs []discStat
	err = s.each(ctx, "count calls by cell", `
		SELECT disc, if(disc != 0, 0, bitOr(bitAnd(cell, toUInt64(@keep)), toUInt64(@set))) AS parent, count(), countIf(is_bad = 1) AS bad_calls,
			countIf(outcome = 3), countIf(outcome = 1 AND is_bad = 1), countIf(outcome = 4), countIf(outcome = 2),
			uniqExact(customer), uniqExactIf(customer, is_bad = 1)
		FROM (
			SELECT cell, if(`+isDisc+`, place, 0) AS disc, outcome, customer, toUInt8(`+bad+`) AS is_bad
			FROM calls FINAL
			WHERE `+inWindow+f.calls+` AND (cell != 0 AND method != 4 AND `+inBox+` OR `+isDisc+` AND `+nearBox+`)
		)
		GROUP BY disc, parent
		ORDER BY bad_calls DESC, count() DESC, disc, parent
		LIMIT @limit BY disc`, a,
		func(r driver.Rows) error {
			var disc, cell uint64
			var n [8]uint64
			if err := r.Scan(&disc, &cell, &n[0], &n[1], &n[2], &n[3], &n[4], &n[5], &n[6], &n[7]); err != nil {
				return err
			}
			c := hotspots.CellStat{Calls: float64(n[0]), Bad: float64(n[1]), Dropped: float64(n[2]), Perceived: float64(n[3]),
				Blocked: float64(n[4]), Poor: float64(n[5]), Customers: float64(n[6]), Hurt: float64(n[7])}
			if disc != 0 {
				discs = append(discs, discStat{geo.PlaceID(disc), c})
				return nil
			}
			c.Cell = geo.Cell(cell)
			cells = append(cells, c)
			return nil
		})
	if err != nil || len(discs) == 0 {
		return cells, err
	}
	use, err := s.useByCell(ctx, f, a)
	if err != nil {
		return nil, err
	}
	return spreadDiscs(q, cells, discs, use), nil
}

// discStat is what happened within an accuracy disc.
type discStat struct {
	disc geo.PlaceID
	hotspots.CellStat
}

// inBox are records with a position in the box of filter.box, nearBox those whose
// accuracy disc may reach into it.
const (
	inBox   = `lat >= @south AND lat <= @north AND if(@west > @east, lon >= @west OR lon <= @east, lon >= @west AND lon <= @east)`
	nearBox = `lat >= @south - @dlat AND lat <= @north + @dlat AND if(@west > @east, lon >= @west - @dlon OR lon <= @east + @dlon, lon >= @west - @dlon AND lon <= @east + @dlon)`
)

// discReach is how far, in metres, a cell of an accuracy disc can be from a record of
// it: the disc's radius, its rounded middle and the cell.
const discReach = 10000.0

// box gives the values for the window and a box; west > east crosses the antimeridian.
func (f filter) box(west, south, east, north float64) args {
	a := f.window(f.start(), f.query.End)
	const metresPerDegree = 111195.0
	dLat := discReach / metresPerDegree
	a["west"], a["south"], a["east"], a["north"] = west, south, east, north
	a["dlat"], a["dlon"] = dLat, dLat/math.Max(math.Cos((math.Max(math.Abs(south), math.Abs(north))+dLat)*math.Pi/180), 0.01)
	return a
}

// useByCell counts the located calls in and around a box by cell of geo.RankResolution.
func (s *Store) useByCell(ctx context.Context, f filter, box args) (map[geo.Cell]float64, error) {
	a := maps.Clone(box)
	a["keep"], a["set"] = parentBits(geo.RankResolution)
	a["dlat"], a["dlon"] = 2*box["dlat"].(float64), 2*box["dlon"].(float64)
	out := map[geo.Cell]float64{}
	err := s.each(ctx, "count located calls by cell", `
		SELECT bitOr(bitAnd(cell, toUInt64(@keep)), toUInt64(@set)) AS parent, count()
		FROM calls FINAL WHERE `+inWindow+f.calls+` AND cell != 0 AND method != 4 AND `+nearBox+`
		GROUP BY parent`, a,
		func(r driver.Rows) error {
			var cell, n uint64
			if err := r.Scan(&cell, &n); err != nil {
				return err
			}
			out[geo.Cell(cell)] = float64(n)
			return nil
		})
	return out, err
}

// spreadDiscs adds discs to the cells of a query: all of a disc, except what falls on
// cells whose middle lies outside the box.
func spreadDiscs(q hotspots.CellQuery, cells []hotspots.CellStat, discs []discStat, use map[geo.Cell]float64) []hotspots.CellStat {
	sums := make(map[geo.Cell]*hotspots.CellStat, len(cells))
	for i := range cells {
		sums[cells[i].Cell] = &cells[i]
	}
	inside := map[geo.Cell]bool{}
	add := func(cell geo.Cell, share float64, d *hotspots.CellStat) {
		in, known := inside[cell]
		if !known {
			at := cell.Center()
			in = at.Lon >= q.West && at.Lon <= q.East
			if q.West > q.East {
				in = at.Lon >= q.West || at.Lon <= q.East
			}
			in = in && at.Lat >= q.South && at.Lat <= q.North
			inside[cell] = in
		}
		if !in {
			return
		}
		c := sums[cell]
		if c == nil {
			c = &hotspots.CellStat{Cell: cell}
			sums[cell] = c
		}
		c.Calls += share * d.Calls
		c.Bad += share * d.Bad
		c.Dropped += share * d.Dropped
		c.Perceived += share * d.Perceived
		c.Blocked += share * d.Blocked
		c.Poor += share * d.Poor
		c.Customers += share * d.Customers
		c.Hurt += share * d.Hurt
	}
	for i := range discs {
		d := &discs[i]
		area := geo.ShareByExposure(d.disc.DiscCells(), func(c geo.Cell) float64 { return use[c] }, 1)
		for _, w := range area {
			if q.Resolution <= geo.RankResolution {
				add(w.Cell.Parent(q.Resolution), w.Weight, &d.CellStat)
				continue
			}
			children := w.Cell.Children(q.Resolution)
			for _, c := range children {
				add(c, w.Weight/float64(len(children)), &d.CellStat)
			}
		}
	}
	out := make([]hotspots.CellStat, 0, len(sums))
	for _, c := range sums {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b hotspots.CellStat) int {
		return cmp.Or(cmp.Compare(b.Bad, a.Bad), cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.Cell, b.Cell))
	})
	return out[:min(len(out), q.Limit)]
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
