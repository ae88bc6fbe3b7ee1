package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/zeebo/xxh3"

	"github.com/hotcell/hotcell/ingest"
)

// States of a load, as stored.
const (
	loadStarted  = 1
	loadFinished = 2
	loadGivenUp  = 3
)

var loadsTable = newTable("loads", `id String, key UInt64, feed String, source String, file String, content_hash String, profile String, profile_version String,
	started DateTime('UTC'), version UInt64, state UInt8, account String, first_day Date, last_day Date, seq UInt64`)

// loadKey is what records carry instead of the load's id.
func loadKey(id string) uint64 { return xxh3.HashString(id) }

// contentOf tells contents apart; a stream without a hash is only equal to itself.
func contentOf(l ingest.Load) string {
	if l.ContentHash == "" {
		return l.ID
	}
	return l.ContentHash
}

// storedAccount is an account as kept with its load.
type storedAccount struct {
	ingest.Account
	DurationNS int64 `json:"duration_ns"`
}

// Begin registers a load; see ingest.Sink. A load that was begun but never
// finished (its process died) leaves its records in place: they count, and the
// next finished load of the same content puts right what was left undone.
func (s *Store) Begin(ctx context.Context, l ingest.Load) (*ingest.Account, error) {
	if l.ID == "" || l.Version == 0 {
		return nil, &Error{Code: CodeBadRecord, Message: "a load needs an id and a version above zero"}
	}
	var found *ingest.Account
	err := s.collect(ctx, "look for an earlier load", `
		SELECT account, toInt32(toUInt16(first_day)), toInt32(toUInt16(last_day))
		FROM loads FINAL
		WHERE feed = @feed AND source = @source AND content_hash = @content AND profile_version = @profile AND state = 2
		ORDER BY version DESC LIMIT 1`,
		args{"feed": string(l.Feed), "source": l.Source, "content": contentOf(l), "profile": l.ProfileVersion},
		func() { found = nil }, func(r driver.Rows) error {
			var text string
			var a storedAccount
			var first, last int32
			if err := r.Scan(&text, &first, &last); err != nil {
				return err
			}
			if err := json.Unmarshal([]byte(text), &a); err != nil {
				return fmt.Errorf("the account of an earlier load cannot be read: %w", err)
			}
			a.Account.FirstDay, a.Account.LastDay, a.Account.Duration = first, last, time.Duration(a.DurationNS)
			found = &a.Account
			return nil
		})
	if err != nil || found != nil {
		return found, err
	}
	if v := s.placeWith.Load(); v != nil && hasPlaces(l.Feed) {
		if err := s.writePlaced(ctx, []uint64{loadKey(l.ID)}, *v); err != nil {
			return nil, err
		}
	}
	if l.Feed == ingest.FeedCalls {
		s.redials.begin(loadKey(l.ID))
	}
	if err := s.writeLoads(ctx, []loadRow{{Load: l, state: loadStarted}}); err != nil {
		return nil, err
	}
	// Before the load's first record: whoever finds records knows their load.
	return nil, s.caughtUp(ctx, "loads")
}

type loadRow struct {
	ingest.Load
	state   uint8
	account ingest.Account
}

func (s *Store) writeLoads(ctx context.Context, loads []loadRow) error {
	seq := uint64(s.cfg.Now().UnixNano())
	accounts := make([]string, len(loads))
	for i, l := range loads {
		text, err := json.Marshal(storedAccount{l.account, int64(l.account.Duration)})
		if err != nil {
			return &Error{Code: CodeInternal, Message: "the account of a load cannot be written: " + err.Error(), Err: err}
		}
		accounts[i] = string(text)
	}
	day := func(d int32) time.Time { return time.Unix(int64(d)*86400, 0).UTC() }
	days := make([]time.Time, 0, len(loads))
	return s.insert(ctx, loadsTable, len(loads), func(b *block) {
		put(b, &b.buf.str, loads, func(l *loadRow) string { return l.ID })
		put(b, &b.buf.u64, loads, func(l *loadRow) uint64 { return loadKey(l.ID) })
		put(b, &b.buf.str, loads, func(l *loadRow) string { return string(l.Feed) })
		put(b, &b.buf.str, loads, func(l *loadRow) string { return l.Source })
		put(b, &b.buf.str, loads, func(l *loadRow) string { return l.File })
		put(b, &b.buf.str, loads, func(l *loadRow) string { return contentOf(l.Load) })
		put(b, &b.buf.str, loads, func(l *loadRow) string { return l.Profile })
		put(b, &b.buf.str, loads, func(l *loadRow) string { return l.ProfileVersion })
		put(b, &b.buf.i64, loads, func(l *loadRow) int64 { return max(l.Started.Unix(), 0) })
		put(b, &b.buf.u64, loads, func(l *loadRow) uint64 { return l.Version })
		put(b, &b.buf.u8, loads, func(l *loadRow) uint8 { return l.state })
		put(b, &b.buf.str, accounts, func(a *string) string { return *a })
		put(b, &days, loads, func(l *loadRow) time.Time { return day(l.account.FirstDay) })
		put(b, &days, loads, func(l *loadRow) time.Time { return day(l.account.LastDay) })
		put(b, &b.buf.u64, loads, func(l *loadRow) uint64 { return seq + uint64(l.state) })
	})
}

// abandoned are older loads of the same content that were begun and not
// finished: their process died, or still runs and will write its own end later.
func (s *Store) abandoned(ctx context.Context, l ingest.Load) ([]loadRow, error) {
	var out []loadRow
	err := s.collect(ctx, "look for unfinished loads", `
		SELECT id, file, profile, profile_version, toInt64(toUInt32(started)), version
		FROM loads FINAL
		WHERE feed = @feed AND source = @source AND content_hash = @content AND state = 1 AND id != @id AND version <= @version`,
		args{"feed": string(l.Feed), "source": l.Source, "content": contentOf(l), "id": l.ID, "version": l.Version},
		func() { out = nil }, func(r driver.Rows) error {
			old := loadRow{Load: ingest.Load{Feed: l.Feed, Source: l.Source, ContentHash: l.ContentHash}, state: loadGivenUp}
			var started int64
			if err := r.Scan(&old.ID, &old.File, &old.Profile, &old.ProfileVersion, &started, &old.Version); err != nil {
				return err
			}
			old.Started = time.Unix(started, 0)
			out = append(out, old)
			return nil
		})
	return out, err
}

// dayTables are the tables whose records lie on days, by feed.
var dayTables = map[ingest.Feed]struct{ table, day string }{
	ingest.FeedCalls:      {"calls", "day"},
	ingest.FeedComplaints: {"complaints", "day"},
	ingest.FeedSurveys:    {"surveys", "day"},
	ingest.FeedTraffic:    {"traffic", "toDate(hour)"},
}

// LoadedDays lists the days with records of a feed and source; see ingest.Sink.
func (s *Store) LoadedDays(ctx context.Context, f ingest.Feed, source string) ([]int32, error) {
	t, ok := dayTables[f]
	if !ok {
		return nil, nil
	}
	// Feeds that trickle in make many loads of a day or two each, whose account says
	// which; only of the others the records have to be asked.
	days := map[int32]bool{}
	var keys []uint64
	err := s.collect(ctx, "read the loads of a source", `
		SELECT key, state, toInt32(toUInt16(first_day)), toInt32(toUInt16(last_day)) FROM loads FINAL WHERE feed = @feed AND source = @source`,
		args{"feed": string(f), "source": source}, func() { clear(days); keys = nil }, func(r driver.Rows) error {
			var key uint64
			var state uint8
			var first, last int32
			if err := r.Scan(&key, &state, &first, &last); err != nil {
				return err
			}
			if state != loadFinished || first == 0 || last-first >= fewDays { // day 0: it had no record, or does not say
				keys = append(keys, key)
				return nil
			}
			for d := first; d <= last; d++ {
				days[d] = true
			}
			return nil
		})
	if err != nil {
		return nil, err
	}
	if len(keys) > 0 {
		if err := s.caughtUp(ctx, t.table); err != nil {
			return nil, err
		}
		found, err := s.daysOf(ctx, t.table, t.day, keys)
		if err != nil {
			return nil, err
		}
		for _, d := range found {
			days[d] = true
		}
	}
	return slices.Sorted(maps.Keys(days)), nil
}

// fewDays is up to how many days a load may span to be taken to have all of them.
const fewDays = 4

// loadKeys are the keys of all loads of a feed and source.
func (s *Store) loadKeys(ctx context.Context, f ingest.Feed, source string) ([]uint64, error) {
	var keys []uint64
	err := s.collect(ctx, "read the loads of a source", `SELECT DISTINCT key FROM loads WHERE feed = @feed AND source = @source`,
		args{"feed": string(f), "source": source}, func() { keys = nil }, func(r driver.Rows) error {
			var k uint64
			err := r.Scan(&k)
			keys = append(keys, k)
			return err
		})
	return keys, err
}

func (s *Store) daysOf(ctx context.Context, table, day string, keys []uint64) ([]int32, error) {
	var days []int32
	err := s.collect(ctx, "list the days of a load",
		"SELECT DISTINCT toInt32(toUInt16("+day+")) AS d FROM "+table+" WHERE load IN @keys ORDER BY d",
		args{"keys": group(keys)}, func() { days = nil }, func(r driver.Rows) error {
			var d int32
			err := r.Scan(&d)
			days = append(days, d)
			return err
		})
	return days, err
}

// idChunk bounds how many ids go into one query's text (66 bytes each).
const idChunk = 10000

// ExistingCalls says which ids the store has; see ingest.Sink.
func (s *Store) ExistingCalls(ctx context.Context, ids []ingest.RecordID, firstDay, lastDay int32) (map[ingest.RecordID]bool, error) {
	return known(s.CallFingerprints(ctx, ids, firstDay, lastDay))
}

// ExistingComplaints says which ids the store has; see ingest.Sink.
func (s *Store) ExistingComplaints(ctx context.Context, ids []ingest.RecordID, firstDay, lastDay int32) (map[ingest.RecordID]bool, error) {
	return known(s.ComplaintFingerprints(ctx, ids, firstDay, lastDay))
}

func known(prints map[ingest.RecordID]uint64, err error) (map[ingest.RecordID]bool, error) {
	have := make(map[ingest.RecordID]bool, len(prints))
	for id := range prints {
		have[id] = true
	}
	return have, err
}

var _ ingest.Fingerprints = (*Store)(nil)

// CallFingerprints tells repeats from corrections; see ingest.Fingerprints.
func (s *Store) CallFingerprints(ctx context.Context, ids []ingest.RecordID, firstDay, lastDay int32) (map[ingest.RecordID]uint64, error) {
	return s.fingerprints(ctx, "calls", ids, firstDay, lastDay)
}

// ComplaintFingerprints tells repeats from corrections; see ingest.Fingerprints.
func (s *Store) ComplaintFingerprints(ctx context.Context, ids []ingest.RecordID, firstDay, lastDay int32) (map[ingest.RecordID]uint64, error) {
	return s.fingerprints(ctx, "complaints", ids, firstDay, lastDay)
}

// fingerprints reads those of the newest versions.
func (s *Store) fingerprints(ctx context.Context, table string, ids []ingest.RecordID, firstDay, lastDay int32) (map[ingest.RecordID]uint64, error) {
	have := make(map[ingest.RecordID]uint64)
	if err := s.caughtUp(ctx, table); err != nil {
		return nil, err
	}
	for len(ids) > 0 {
		chunk := ids[:min(idChunk, len(ids))]
		ids = ids[len(chunk):]
		var in strings.Builder
		for i, id := range chunk {
			if i > 0 {
				in.WriteByte(',')
			}
			in.WriteByte('\'')
			for _, c := range id {
				const hex = "0123456789abcdef"
				in.WriteString(`\x`)
				in.WriteByte(hex[c>>4])
				in.WriteByte(hex[c&15])
			}
			in.WriteByte('\'')
		}
		query := fmt.Sprintf("SELECT record_id, argMax(fingerprint, version) FROM %s WHERE day >= toDate(toUInt16(%d)) AND day <= toDate(toUInt16(%d)) AND record_id IN (%s) GROUP BY record_id HAVING argMax(deleted, version) = 0",
			table, max(firstDay, 0), max(lastDay, 0), in.String())
		err := s.collect(ctx, "look for known records", query, nil, func() {}, func(r driver.Rows) error {
			var id ingest.RecordID
			var fingerprint uint64
			if err := r.Scan((*[16]byte)(&id), &fingerprint); err != nil {
				return err
			}
			have[id] = fingerprint
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return have, nil
}
