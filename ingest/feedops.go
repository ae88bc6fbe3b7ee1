package ingest

import (
	"context"
	"encoding/binary"
	"math"
	"strings"

	"github.com/hotcell/hotcell/geo"
	"github.com/zeebo/xxh3"
)

// feedOps is what the pipeline needs to know about one kind of record.
type feedOps[T any] struct {
	row    func(*mapper, *T) *rowFault
	insert func(context.Context, Sink, Load, []T) error
	// newBatch makes a batch of the sink for about so many records; nil where the
	// sink or the feed has none.
	newBatch func(s Sink, rows int) Batch[T]
	// identity gives the record's id (or its natural key), fingerprint and day.
	identity func(*T) (RecordID, uint64, int32)
	// existing and prints ask the store. Where existing is nil, the store keeps the
	// records by their natural key, and only repeats within a file are looked for.
	existing func(context.Context, Sink, []RecordID, int32, int32) (map[RecordID]bool, error)
	prints   func(context.Context, Fingerprints, []RecordID, int32, int32) (map[RecordID]uint64, error)
	// detach copies the record's texts, so that keeping it does not keep the chunk.
	detach   func(*T)
	location func(*T) *geo.Location      // nil where records have none
	cause    func(*T) (CauseClass, bool) // nil where records have none; false: no cause given
}

var callOps = feedOps[Call]{
	row: (*mapper).call,
	insert: func(ctx context.Context, s Sink, l Load, rows []Call) error {
		return s.InsertCalls(ctx, l, rows)
	},
	newBatch: func(s Sink, rows int) Batch[Call] {
		if maker, ok := s.(CallBatches); ok {
			return maker.NewCallBatch(rows)
		}
		return nil
	},
	identity: func(c *Call) (RecordID, uint64, int32) { return c.ID, c.Fingerprint, dayOf(c.Time) },
	existing: func(ctx context.Context, s Sink, ids []RecordID, from, to int32) (map[RecordID]bool, error) {
		return s.ExistingCalls(ctx, ids, from, to)
	},
	prints: func(ctx context.Context, f Fingerprints, ids []RecordID, from, to int32) (map[RecordID]uint64, error) {
		return f.CallFingerprints(ctx, ids, from, to)
	},
	detach: func(c *Call) {
		c.Cause, c.RadioCell, c.Operator = strings.Clone(c.Cause), strings.Clone(c.RadioCell), strings.Clone(c.Operator)
	},
	location: func(c *Call) *geo.Location { return &c.Location },
	cause:    func(c *Call) (CauseClass, bool) { return c.CauseClass, c.Cause != "" },
}

var complaintOps = feedOps[Complaint]{
	row: (*mapper).complaint,
	insert: func(ctx context.Context, s Sink, l Load, rows []Complaint) error {
		return s.InsertComplaints(ctx, l, rows)
	},
	identity: func(c *Complaint) (RecordID, uint64, int32) { return c.ID, c.Fingerprint, dayOf(c.Time) },
	existing: func(ctx context.Context, s Sink, ids []RecordID, from, to int32) (map[RecordID]bool, error) {
		return s.ExistingComplaints(ctx, ids, from, to)
	},
	prints: func(ctx context.Context, f Fingerprints, ids []RecordID, from, to int32) (map[RecordID]uint64, error) {
		return f.ComplaintFingerprints(ctx, ids, from, to)
	},
	detach: func(c *Complaint) {
		for _, s := range []*string{&c.Channel, &c.Category, &c.Text, &c.Address, &c.Venue, &c.RadioCell, &c.Status} {
			*s = strings.Clone(*s)
		}
	},
	location: func(c *Complaint) *geo.Location { return &c.Location },
}

var subscriberOps = feedOps[Subscriber]{
	row: (*mapper).subscriber,
	insert: func(ctx context.Context, s Sink, l Load, rows []Subscriber) error {
		return s.InsertSubscribers(ctx, l, rows)
	},
	identity: func(s *Subscriber) (RecordID, uint64, int32) {
		return keyOf(uint64(s.Customer), uint64(s.From)), hashOf(uint64(s.Segment), uint64(s.ValueTier),
			uint64(math.Float32bits(s.TenureMo)), uint64(math.Float32bits(s.ARPU)), uint64(s.ChurnedAt)), dayOf(s.From)
	},
	detach: func(*Subscriber) {},
}

var trafficOps = feedOps[Traffic]{
	row: (*mapper).counters,
	insert: func(ctx context.Context, s Sink, l Load, rows []Traffic) error {
		return s.InsertTraffic(ctx, l, rows)
	},
	identity: func(t *Traffic) (RecordID, uint64, int32) {
		return keyOf(xxh3.HashString(t.RadioCell), uint64(t.Hour)), hashOf(t.Attempts, t.Setups, t.Drops), dayOf(t.Hour)
	},
	detach: func(t *Traffic) { t.RadioCell = strings.Clone(t.RadioCell) },
}

var siteOps = feedOps[geo.Site]{
	row: (*mapper).site,
	insert: func(ctx context.Context, s Sink, l Load, rows []geo.Site) error {
		return s.InsertSites(ctx, l, rows)
	},
	identity: func(s *geo.Site) (RecordID, uint64, int32) {
		indoor := uint64(0)
		if s.Indoor {
			indoor = 1
		}
		return keyOf(xxh3.HashString(s.RadioCell)), hashOf(xxh3.HashString(s.Site), math.Float64bits(s.Pos.Lat), math.Float64bits(s.Pos.Lon),
			math.Float64bits(s.AzimuthDeg), math.Float64bits(s.BeamwidthDeg), math.Float64bits(s.RangeM), uint64(s.RAT), indoor), 0
	},
	detach: func(s *geo.Site) { s.RadioCell, s.Site = strings.Clone(s.RadioCell), strings.Clone(s.Site) },
}

var surveyOps = feedOps[Survey]{
	row: (*mapper).survey,
	insert: func(ctx context.Context, s Sink, l Load, rows []Survey) error {
		return s.InsertSurveys(ctx, l, rows)
	},
	identity: func(s *Survey) (RecordID, uint64, int32) { return s.ID, 1, dayOf(s.Time) },
	detach:   func(s *Survey) { s.Region = strings.Clone(s.Region) },
}

// keyOf gives a natural key the form of a record id.
func keyOf(parts ...uint64) RecordID { return RecordID(xxh3.Hash128(wordsOf(parts)).Bytes()) }

// hashOf is a fingerprint of values.
func hashOf(parts ...uint64) uint64 { return xxh3.Hash(wordsOf(parts)) | 1 }

func wordsOf(parts []uint64) []byte {
	b := make([]byte, 0, 64)
	for _, p := range parts {
		b = binary.LittleEndian.AppendUint64(b, p)
	}
	return b
}
