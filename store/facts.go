package store

import (
	"context"
	"math"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

var factsTable = newTable("facts", `name String, value String, version UInt64`)

// Settle makes value the store's fact of that name, unless the store has one
// already, and returns the one that holds: of writers at the same time the first
// wins. An empty value only asks; "" comes back when there is none.
func (s *Store) Settle(ctx context.Context, name, value string) (string, error) {
	held, err := s.fact(ctx, name)
	if err != nil || held != "" || value == "" {
		return held, err
	}
	one := []string{value}
	version := math.MaxUint64 - uint64(s.cfg.Now().UnixNano()) // the oldest is the greatest
	err = s.insert(ctx, factsTable, 1, func(b *block) {
		put(b, &b.buf.str, one, func(*string) string { return name })
		put(b, &b.buf.str, one, func(v *string) string { return *v })
		put(b, &b.buf.u64, one, func(*string) uint64 { return version })
	})
	if err != nil {
		return "", err
	}
	return s.fact(ctx, name)
}

func (s *Store) fact(ctx context.Context, name string) (value string, err error) {
	err = s.each(ctx, "read a fact", `SELECT value FROM facts FINAL WHERE name = @name`, args{"name": name},
		func(r driver.Rows) error { return r.Scan(&value) })
	return value, err
}
