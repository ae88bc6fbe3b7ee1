package store

import (
	"context"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/hotcell/hotcell/ingest"
)

var placedTable = newTable("placed", `load UInt64, catalogue String, seq UInt64`)

// PlaceWith tells the store which version of the catalogue (see Catalogue) puts
// the records of loads on the map that begin from now on.
func (s *Store) PlaceWith(version string) { s.placeWith.Store(&version) }

// hasPlaces says whether a feed's records are put on the map.
func hasPlaces(f ingest.Feed) bool { return f == ingest.FeedCalls || f == ingest.FeedComplaints }

// writePlaced notes that the records of the loads were placed with a version of
// the catalogue.
func (s *Store) writePlaced(ctx context.Context, keys []uint64, version string) error {
	seq := uint64(s.cfg.Now().UnixNano())
	return s.insert(ctx, placedTable, len(keys), func(b *block) {
		put(b, &b.buf.u64, keys, func(k *uint64) uint64 { return *k })
		put(b, &b.buf.str, keys, func(*uint64) string { return version })
		put(b, &b.buf.u64, keys, func(*uint64) uint64 { return seq })
	})
}

// Misplaced counts what was placed with another catalogue than the present one.
type Misplaced struct {
	Loads   uint64
	Records uint64 // as their loads accepted them; one that two loads brought counts twice
}

// Misplaced says how many records of finished loads were put on the map with an
// earlier catalogue or earlier rules, or with one nobody wrote down. Relocate puts them right. It
// looks at loads only, never at records.
func (s *Store) Misplaced(ctx context.Context) (Misplaced, error) {
	var m Misplaced
	version, err := s.catalogueVersion(ctx)
	if err != nil {
		return m, err
	}
	err = s.one(ctx, "look for records placed with an earlier catalogue", `
		SELECT count(), sum(accepted) FROM (
			SELECT toUInt64(visitParamExtractUInt(account, 'accepted')) AS accepted FROM loads FINAL
			WHERE feed IN ('calls', 'complaints') AND state = 2
				AND key NOT IN (SELECT load FROM placed FINAL WHERE catalogue = @version))
		WHERE accepted > 0`, args{"version": version}, &m.Loads, &m.Records)
	return m, err
}

// settledLoads are the keys of the loads of calls and complaints that are
// finished: they write nothing more.
func (s *Store) settledLoads(ctx context.Context) (map[uint64]bool, error) {
	keys := map[uint64]bool{}
	err := s.each(ctx, "list the finished loads", `
		SELECT key FROM loads FINAL WHERE feed IN ('calls', 'complaints') AND state = 2`, nil, func(r driver.Rows) error {
		var k uint64
		err := r.Scan(&k)
		keys[k] = true
		return err
	})
	return keys, err
}
