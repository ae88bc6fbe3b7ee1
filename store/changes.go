package store

import (
	"context"
	"fmt"
)

// Changes gives a mark that differs from earlier ones whenever rows that evidence is
// read from were written since: the names of the tables' parts, hashed. It takes
// milliseconds where Evidence.DataVersion takes a look at every record. A merge of
// parts changes it too, though no row has changed.
func (s *Store) Changes(ctx context.Context) (string, error) {
	parts := "system.parts"
	if s.dsn.Cluster != "" {
		parts = "cluster('" + s.dsn.Cluster + "', system, parts)"
	}
	var n, hash uint64
	err := s.one(ctx, "look for changes", `
		SELECT count(), sum(cityHash64(table, name)) FROM `+parts+`
		WHERE active AND database = @db AND table NOT IN ('runs', 'run_hotspots', 'events', 'rejects')`,
		args{"db": s.dsn.Database}, &n, &hash)
	return fmt.Sprintf("%d %x", n, hash), err
}
