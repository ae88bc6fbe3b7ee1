package ingest

import (
	"context"
	"strings"

	"github.com/hotcell/hotcell/geo"
)

// feedOps is what the pipeline needs to know about one kind of record.
type feedOps[T any] struct {
	row    func(*mapper, *T) *rowFault
	insert func(context.Context, Sink, Load, []T) error
	// identity gives the record's id, fingerprint and day; nil where the pipeline
	// does not look for duplicates in the store.
	identity func(*T) (RecordID, uint64, int32)
	existing func(context.Context, Sink, []RecordID, int32, int32) (map[RecordID]bool, error)
	prints   func(context.Context, Fingerprints, []RecordID, int32, int32) (map[RecordID]uint64, error)
	// detach copies the record's texts, so that keeping it does not keep the chunk.
	detach   func(*T)
	location func(*T) *geo.Location // nil where records have none
}

var callOps = feedOps[Call]{
	row: (*mapper).call,
	insert: func(ctx context.Context, s Sink, l Load, rows []Call) error {
		return s.InsertCalls(ctx, l, rows)
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
}
