package store

import (
	"context"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/hotcell/hotcell/hotspots"
)

// traffic sums the window's counters by radio cell: hours that begin in it, the
// latest version of each. The text changes whenever one of them does.
func (s *Store) traffic(ctx context.Context, f filter) ([]hotspots.CellTraffic, string, error) {
	var out []hotspots.CellTraffic
	var hours, sum uint64
	err := s.each(ctx, "sum traffic counters", `
		SELECT radio_cell, sum(attempts), sum(drops), count(), sum(cityHash64(radio_cell, toUInt32(hour), version))
		FROM traffic FINAL WHERE toUInt32(hour) >= @from AND toUInt32(hour) < @to
		GROUP BY radio_cell ORDER BY radio_cell`, f.window(f.start(), f.query.End),
		func(r driver.Rows) error {
			var t hotspots.CellTraffic
			var n, hash uint64
			if err := r.Scan(&t.RadioCell, &t.Attempts, &t.Drops, &n, &hash); err != nil {
				return err
			}
			hours += n
			sum += hash
			out = append(out, t)
			return nil
		})
	if len(out) == 0 {
		return nil, "", err // as if the table were not there
	}
	return out, fmt.Sprintf("traffic %d %d;", hours, sum), err
}
