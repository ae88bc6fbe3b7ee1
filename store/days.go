package store

import (
	"context"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/hotcell/hotcell/hotspots"
)

// Days are the calls per place in each 24 hours of the window, capped per customer
// and day like exposures, by place and from the oldest day on; and the query with
// its end resolved.
func (s *Store) Days(ctx context.Context, q hotspots.Query) (hotspots.Query, []hotspots.PlaceDay, error) {
	f, err := s.filter(ctx, q)
	if err != nil {
		return q, nil, err
	}
	var out []hotspots.PlaceDay
	err = s.each(ctx, "aggregate days", `
		SELECT place, back, sum(least(n, @cap)), sum(least(b, @cap))
		FROM (
			SELECT place, rat, indoor, customer, toInt32(intDiv(@to - 1 - toUInt32(time), 86400)) AS back,
				toUInt64(count()) AS n, toUInt64(countIf(`+bad+`)) AS b
			FROM calls FINAL
			WHERE `+inWindow+f.calls+` AND `+located+`
			GROUP BY place, rat, indoor, customer, back
		)
		GROUP BY place, back
		ORDER BY place, back DESC`, f.window(f.start(), f.query.End),
		func(r driver.Rows) error {
			var d hotspots.PlaceDay
			var m, x uint64
			if err := r.Scan((*uint64)(&d.Place), &d.Day, &m, &x); err != nil {
				return err
			}
			d.CappedCalls, d.CappedBad = float32(m), float32(x)
			out = append(out, d)
			return nil
		})
	return f.query, out, err
}
