package store

import (
	"context"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/hotcell/hotcell/ingest"
)

// RejectFilter chooses rejects; zero values do not restrict.
type RejectFilter struct {
	Feed   ingest.Feed
	Source string
	File   string
	Reason ingest.Reason
	LoadID string
	Limit  int // most rejects returned; 0 = all
}

// StoredReject is a kept reject and when it came.
type StoredReject struct {
	ingest.Reject
	ContentHash string
	Time        time.Time
}

// Rejects lists the rejects that still stand, by file and line, and hands each to
// yield until that returns an error. Those of a content that was loaded again
// since (with a mended profile) no longer stand: the newest load of a content decides.
// A message that came again in another batch after a crash is listed once: its file
// and line (topic, partition, offset) say all.
func (s *Store) Rejects(ctx context.Context, f RejectFilter, yield func(StoredReject) error) error {
	where, a := "", args{}
	for column, v := range map[string]string{"feed": string(f.Feed), "source": f.Source, "file": f.File, "reason": string(f.Reason)} {
		if v != "" {
			where += " AND " + column + " = @" + column
			a[column] = v
		}
	}
	if f.LoadID != "" {
		where += " AND load = @load"
		a["load"] = loadKey(f.LoadID)
	}
	limit := ""
	if f.Limit > 0 {
		limit = " LIMIT @limit"
		a["limit"] = f.Limit
	}
	return s.each(ctx, "list rejects", `
		SELECT feed, source, content_hash, file, line, reason, detail, raw, profile_version, context, toInt64(toUInt32(time))
		FROM rejects FINAL
		WHERE load IN (SELECT argMax(key, version) FROM loads GROUP BY feed, source, content_hash)`+where+`
		ORDER BY feed, source, file, content_hash, line, reason
		LIMIT 1 BY feed, source, file, if(startsWith(file, 'kafka:'), '', content_hash), line, reason, detail`+limit, a,
		func(r driver.Rows) error {
			var x StoredReject
			var at int64
			if err := r.Scan((*string)(&x.Feed), &x.Source, &x.ContentHash, &x.File, &x.Line, (*string)(&x.Reason), &x.Detail, &x.Raw, &x.ProfileVersion, &x.Context, &at); err != nil {
				return err
			}
			x.Time = time.Unix(at, 0).UTC()
			return yield(x)
		})
}
