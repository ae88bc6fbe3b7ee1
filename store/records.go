package store

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/ingest"
)

var (
	callsTable = newTable("calls", `record_id FixedString(16), time DateTime('UTC'), precision UInt8, customer UInt64, peer UInt64,
		outcome UInt8, duration_s Float32, cause LowCardinality(String), cause_class UInt8, rat UInt8, radio_cell LowCardinality(String), operator LowCardinality(String), floor Int16, indoor UInt8, rating UInt8,
		method UInt8, lat Float64, lon Float64, accuracy_m Float32, cell UInt64, place UInt64, scene UInt8, region LowCardinality(String), fingerprint UInt64, load UInt64, version UInt64`)
	complaintsTable = newTable("complaints", `record_id FixedString(16), time DateTime('UTC'), precision UInt8, customer UInt64,
		channel LowCardinality(String), appeal UInt8, category LowCardinality(String), text String, address String, venue String, radio_cell LowCardinality(String), status LowCardinality(String),
		method UInt8, lat Float64, lon Float64, accuracy_m Float32, cell UInt64, place UInt64, scene UInt8, region LowCardinality(String), fingerprint UInt64, load UInt64, version UInt64`)
	subscribersTable = newTable("subscribers", `customer UInt64, valid_from DateTime('UTC'), segment UInt8, value_tier UInt8,
		tenure_months Float32, arpu Float32, churned_at DateTime('UTC'), load UInt64, version UInt64`)
	trafficTable = newTable("traffic", `hour DateTime('UTC'), radio_cell LowCardinality(String), attempts UInt64, setups UInt64, drops UInt64, load UInt64, version UInt64`)
	surveysTable = newTable("surveys", `record_id FixedString(16), time DateTime('UTC'), customer UInt64, region String, instrument String, score Float32, load UInt64, version UInt64`)
	rejectsTable = newTable("rejects", `feed String, source String, content_hash String, file String, line UInt64, reason String, detail String, raw String,
		profile_version String, context String, time DateTime('UTC'), load UInt64, version UInt64`)
)

var _ ingest.Sink = (*Store)(nil)

// storable refuses times the store's 32-bit seconds cannot hold (before 1970,
// after 2106): the driver would wrap them silently.
func storable[T any](kind string, items []T, times ...func(*T) int64) error {
	for i := range items {
		for _, t := range times {
			if v := t(&items[i]); v < 0 || v > math.MaxUint32 {
				return &Error{Code: CodeBadRecord, Message: fmt.Sprintf("%s %d of the batch has the time %d (Unix seconds): only 1970 to 2106 can be stored", kind, i+1, v)}
			}
		}
	}
	return nil
}

func putLocation[T any](b *block, items []T, at func(*T) *geo.Location) {
	put(b, &b.buf.u8, items, func(r *T) uint8 { return uint8(at(r).Method) })
	put(b, &b.buf.f64, items, func(r *T) float64 { return at(r).Pos.Lat })
	put(b, &b.buf.f64, items, func(r *T) float64 { return at(r).Pos.Lon })
	put(b, &b.buf.f32, items, func(r *T) float32 { return at(r).AccuracyM })
	put(b, &b.buf.u64, items, func(r *T) uint64 { return uint64(at(r).Cell) })
	put(b, &b.buf.u64, items, func(r *T) uint64 { return uint64(at(r).Place) })
	put(b, &b.buf.u8, items, func(r *T) uint8 { return uint8(at(r).Scene) })
	put(b, &b.buf.str, items, func(r *T) string { return at(r).Region })
}

// InsertCalls stores calls; see ingest.Sink.
func (s *Store) InsertCalls(ctx context.Context, l ingest.Load, calls []ingest.Call) error {
	b := s.NewCallBatch(len(calls))
	if err := b.Add(l, calls); err != nil {
		return err
	}
	return b.Store(ctx)
}

// callBatch is an ingest.Batch.
type callBatch struct {
	store  *Store
	native *nativeBlock
}

// NewCallBatch gives an empty batch; see ingest.CallBatches.
func (s *Store) NewCallBatch(rows int) ingest.Batch[ingest.Call] {
	b := callBatch{s, newNativeBlock(callsTable)}
	b.native.reserve(rows)
	return b
}

var _ ingest.CallBatches = (*Store)(nil)

func (b callBatch) Rows() int                       { return b.native.rows }
func (b callBatch) Bytes() int                      { return b.native.size() }
func (b callBatch) Reset()                          { b.native.reset() }
func (b callBatch) Store(ctx context.Context) error { return b.store.send(ctx, b.native) }

// addRows is how many calls are taken apart at once: each column passes over all
// of them, so they should fit the processor's cache.
const addRows = 256

// Add appends calls.
func (b callBatch) Add(l ingest.Load, calls []ingest.Call) error {
	if err := storable("call", calls, func(c *ingest.Call) int64 { return c.Time }); err != nil {
		return err
	}
	watch := b.store.redials.of(loadKey(l.ID))
	for some := range slices.Chunk(calls, addRows) {
		if watch != nil {
			watch.add(some)
		}
		if err := b.add(l, some); err != nil {
			return err
		}
	}
	return nil
}

func (b callBatch) add(l ingest.Load, calls []ingest.Call) error {
	type C = ingest.Call
	return b.native.append(len(calls), func(b *block) {
		put(b, &b.buf.ids, calls, func(c *C) []byte { return c.ID[:] })
		put(b, &b.buf.i64, calls, func(c *C) int64 { return c.Time })
		put(b, &b.buf.u8, calls, func(c *C) uint8 { return uint8(c.Precision) })
		put(b, &b.buf.u64, calls, func(c *C) uint64 { return uint64(c.Customer) })
		put(b, &b.buf.u64, calls, func(c *C) uint64 { return uint64(c.Peer) })
		put(b, &b.buf.u8, calls, func(c *C) uint8 { return uint8(c.Outcome) })
		put(b, &b.buf.f32, calls, func(c *C) float32 { return c.DurationS })
		put(b, &b.buf.str, calls, func(c *C) string { return c.Cause })
		put(b, &b.buf.u8, calls, func(c *C) uint8 { return uint8(c.CauseClass) })
		put(b, &b.buf.u8, calls, func(c *C) uint8 { return uint8(c.RAT) })
		put(b, &b.buf.str, calls, func(c *C) string { return c.RadioCell })
		put(b, &b.buf.str, calls, func(c *C) string { return c.Operator })
		put(b, &b.buf.i16, calls, func(c *C) int16 { return c.Floor })
		put(b, &b.buf.u8, calls, func(c *C) uint8 { return uint8(c.Indoor) })
		put(b, &b.buf.u8, calls, func(c *C) uint8 { return c.Rating })
		putLocation(b, calls, func(c *C) *geo.Location { return &c.Location })
		put(b, &b.buf.u64, calls, func(c *C) uint64 { return c.Fingerprint })
		stamp(b, l, calls)
	})
}

// InsertComplaints stores complaints and appeals; see ingest.Sink.
func (s *Store) InsertComplaints(ctx context.Context, l ingest.Load, complaints []ingest.Complaint) error {
	type C = ingest.Complaint
	if err := storable("complaint", complaints, func(c *C) int64 { return c.Time }); err != nil {
		return err
	}
	several := choices{}
	for i := range complaints {
		several.note(complaints[i].Location)
	}
	if err := s.insertChoices(ctx, several); err != nil {
		return err
	}
	return s.insert(ctx, complaintsTable, len(complaints), func(b *block) {
		put(b, &b.buf.ids, complaints, func(c *C) []byte { return c.ID[:] })
		put(b, &b.buf.i64, complaints, func(c *C) int64 { return c.Time })
		put(b, &b.buf.u8, complaints, func(c *C) uint8 { return uint8(c.Precision) })
		put(b, &b.buf.u64, complaints, func(c *C) uint64 { return uint64(c.Customer) })
		put(b, &b.buf.str, complaints, func(c *C) string { return c.Channel })
		put(b, &b.buf.u8, complaints, func(c *C) uint8 { return bit(c.Appeal) })
		put(b, &b.buf.str, complaints, func(c *C) string { return c.Category })
		put(b, &b.buf.str, complaints, func(c *C) string { return c.Text })
		put(b, &b.buf.str, complaints, func(c *C) string { return c.Address })
		put(b, &b.buf.str, complaints, func(c *C) string { return c.Venue })
		put(b, &b.buf.str, complaints, func(c *C) string { return c.RadioCell })
		put(b, &b.buf.str, complaints, func(c *C) string { return c.Status })
		putLocation(b, complaints, func(c *C) *geo.Location { return &c.Location })
		put(b, &b.buf.u64, complaints, func(c *C) uint64 { return c.Fingerprint })
		stamp(b, l, complaints)
	})
}

// InsertSubscribers stores customers' attributes; see ingest.Sink.
func (s *Store) InsertSubscribers(ctx context.Context, l ingest.Load, subscribers []ingest.Subscriber) error {
	type S = ingest.Subscriber
	if err := storable("subscriber", subscribers, func(c *S) int64 { return c.From }, func(c *S) int64 { return c.ChurnedAt }); err != nil {
		return err
	}
	return s.insert(ctx, subscribersTable, len(subscribers), func(b *block) {
		put(b, &b.buf.u64, subscribers, func(c *S) uint64 { return uint64(c.Customer) })
		put(b, &b.buf.i64, subscribers, func(c *S) int64 { return c.From })
		put(b, &b.buf.u8, subscribers, func(c *S) uint8 { return uint8(c.Segment) })
		put(b, &b.buf.u8, subscribers, func(c *S) uint8 { return c.ValueTier })
		put(b, &b.buf.f32, subscribers, func(c *S) float32 { return c.TenureMo })
		put(b, &b.buf.f32, subscribers, func(c *S) float32 { return c.ARPU })
		put(b, &b.buf.i64, subscribers, func(c *S) int64 { return c.ChurnedAt })
		stamp(b, l, subscribers)
	})
}

// InsertTraffic stores hourly counters; see ingest.Sink.
func (s *Store) InsertTraffic(ctx context.Context, l ingest.Load, traffic []ingest.Traffic) error {
	type T = ingest.Traffic
	if err := storable("counter", traffic, func(c *T) int64 { return c.Hour }); err != nil {
		return err
	}
	return s.insert(ctx, trafficTable, len(traffic), func(b *block) {
		put(b, &b.buf.i64, traffic, func(c *T) int64 { return c.Hour })
		put(b, &b.buf.str, traffic, func(c *T) string { return c.RadioCell })
		put(b, &b.buf.u64, traffic, func(c *T) uint64 { return c.Attempts })
		put(b, &b.buf.u64, traffic, func(c *T) uint64 { return c.Setups })
		put(b, &b.buf.u64, traffic, func(c *T) uint64 { return c.Drops })
		stamp(b, l, traffic)
	})
}

// InsertSurveys stores survey answers; see ingest.Sink.
func (s *Store) InsertSurveys(ctx context.Context, l ingest.Load, surveys []ingest.Survey) error {
	type S = ingest.Survey
	if err := storable("survey", surveys, func(c *S) int64 { return c.Time }); err != nil {
		return err
	}
	return s.insert(ctx, surveysTable, len(surveys), func(b *block) {
		put(b, &b.buf.ids, surveys, func(c *S) []byte { return c.ID[:] })
		put(b, &b.buf.i64, surveys, func(c *S) int64 { return c.Time })
		put(b, &b.buf.u64, surveys, func(c *S) uint64 { return uint64(c.Customer) })
		put(b, &b.buf.str, surveys, func(c *S) string { return c.Region })
		put(b, &b.buf.str, surveys, func(c *S) string { return c.Instrument })
		put(b, &b.buf.f32, surveys, func(c *S) float32 { return c.Score })
		stamp(b, l, surveys)
	})
}

// InsertRejects keeps rows that could not become records; see ingest.Sink.
func (s *Store) InsertRejects(ctx context.Context, l ingest.Load, rejects []ingest.Reject) error {
	type R = ingest.Reject
	now := s.cfg.Now().Unix()
	content := contentOf(l)
	return s.insert(ctx, rejectsTable, len(rejects), func(b *block) {
		put(b, &b.buf.str, rejects, func(r *R) string { return string(r.Feed) })
		put(b, &b.buf.str, rejects, func(r *R) string { return r.Source })
		put(b, &b.buf.str, rejects, func(*R) string { return content })
		put(b, &b.buf.str, rejects, func(r *R) string { return r.File })
		put(b, &b.buf.u64, rejects, func(r *R) uint64 { return r.Line })
		put(b, &b.buf.str, rejects, func(r *R) string { return string(r.Reason) })
		put(b, &b.buf.str, rejects, func(r *R) string { return r.Detail })
		put(b, &b.buf.str, rejects, func(r *R) string { return r.Raw })
		put(b, &b.buf.str, rejects, func(r *R) string { return r.ProfileVersion })
		put(b, &b.buf.str, rejects, func(r *R) string { return r.Context })
		put(b, &b.buf.i64, rejects, func(*R) int64 { return now })
		stamp(b, l, rejects)
	})
}

func bit(v bool) uint8 {
	if v {
		return 1
	}
	return 0
}
