package store

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/hotcell/hotcell/ingest"
)

// reconcileChunk bounds how many of a load's records are compared with their
// older versions at once; the ids of a chunk are held in memory by the store.
const reconcileChunk = 1 << 20

// Finish completes a load; see ingest.Sink. It may be repeated, and it also
// completes older loads of the same content whose process died before theirs.
func (s *Store) Finish(ctx context.Context, l ingest.Load, a ingest.Account) error {
	given, err := s.abandoned(ctx, l)
	if err != nil {
		return err
	}
	for _, table := range tablesOf(l.Feed) {
		if err := s.caughtUp(ctx, table); err != nil {
			return err
		}
	}
	keys := []uint64{loadKey(l.ID)}
	for _, g := range given {
		keys = append(keys, loadKey(g.ID))
	}
	switch l.Feed {
	case ingest.FeedCalls:
		if err := s.reconcile(ctx, "calls", l, a, keys); err != nil {
			return err
		}
		days, err := s.daysOf(ctx, "calls", "day", keys)
		if err != nil {
			return err
		}
		if err := s.derivePerceivedOf(ctx, keys[0], s.redials.of(keys[0]), withNeighbours(days)); err != nil {
			return err
		}
		s.redials.end(keys[0])
	case ingest.FeedComplaints, ingest.FeedSurveys:
		if err := s.reconcile(ctx, string(l.Feed), l, a, keys); err != nil {
			return err
		}
	}
	if err := s.writeLoads(ctx, append(given, loadRow{Load: l, state: loadFinished, account: a})); err != nil {
		return err
	}
	return s.caughtUp(ctx, "loads")
}

// tablesOf are the tables a load of a feed writes to before it ends: the one of the
// feed's name, and what its records refer to.
func tablesOf(f ingest.Feed) []string {
	tables := []string{string(f), "rejects"}
	switch f {
	case ingest.FeedCalls, ingest.FeedComplaints:
		tables = append(tables, "choices")
	case ingest.FeedVenues:
		tables = append(tables, "signposts", "marks")
	}
	return tables
}

// withNeighbours adds the days before and after each day: the last calls of the one
// may be answered by a redial just after midnight, the first of the other end a run.
func withNeighbours(days []int32) []int32 {
	out := slices.Clone(days)
	for _, d := range days {
		if d > 0 {
			out = append(out, d-1)
		}
		if d < math.MaxUint16 {
			out = append(out, d+1)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// reconcile removes the older versions of records that a load moved to another
// day: of the live rows of an id the newest stays, the others get a tombstone of
// at least its version. Tombstones carry the load's key, so that the days they
// lie on count as touched. Only loads of the same source can share record ids, and
// a file that repeats ids of its own.
func (s *Store) reconcile(ctx context.Context, table string, l ingest.Load, a ingest.Account, keys []uint64) error {
	all, err := s.loadKeys(ctx, l.Feed, l.Source)
	if err != nil {
		return err
	}
	others := slices.ContainsFunc(all, func(k uint64) bool { return !slices.Contains(keys, k) })
	if !others && len(keys) == 1 && a.Duplicate+a.Corrected == 0 {
		return nil
	}
	var rows uint64
	if err := s.one(ctx, "count a load's records", "SELECT count() FROM "+table+" WHERE load IN @keys", args{"keys": group(keys)}, &rows); err != nil {
		return err
	}
	chunks := rows/reconcileChunk + 1
	for i := range chunks {
		if err := s.exec(ctx, "reconcile records that moved to another day", fmt.Sprintf(reconcileSQL, table),
			args{"keys": group(keys), "chunks": chunks, "chunk": i, "load": keys[0]}); err != nil {
			return err
		}
	}
	return s.caughtUp(ctx, table)
}

const reconcileSQL = `
INSERT INTO %[1]s (record_id, time, load, version, deleted)
SELECT record_id, old.3 AS time, toUInt64(@load) AS load, greatest(kept.1, old.1 + 1) AS version, toUInt8(1) AS deleted
FROM (
    SELECT record_id, arraySort(groupArray((newest, d, at))) AS versions, versions[length(versions)] AS kept
    FROM (
        SELECT record_id, toUInt16(day) AS d, max(version) AS newest, argMax(deleted, version) AS gone, max(time) AS at
        FROM %[1]s
        WHERE record_id GLOBAL IN (
            SELECT record_id FROM %[1]s WHERE load IN @keys AND cityHash64(record_id) %% @chunks = @chunk)
        GROUP BY record_id, d
    )
    WHERE gone = 0
    GROUP BY record_id
    HAVING count() > 1
)
ARRAY JOIN arrayPopBack(versions) AS old`
