package ingest

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/bits"
	"unsafe"

	"github.com/hotcell/hotcell/geo/memory"
)

// seenFilter says of an id "surely new" or "maybe seen" in a fixed amount of
// memory. It is a blocked Bloom filter: the id is a good hash already, its first
// half picks one cache line, its second half eight bits in it.
type seenFilter struct {
	blocks [][8]uint64
}

const (
	seenBitsPerRow = 16
	seenMaxBytes   = 128 << 20
)

func newSeenFilter(rows int) *seenFilter {
	blocks := min(max(rows, 1<<12)*seenBitsPerRow/512+1, seenMaxBytes/64)
	return &seenFilter{blocks: memory.Huge[[8]uint64](blocks)}
}

// block is where an id leaves its marks.
func (s *seenFilter) block(id *RecordID) *[8]uint64 {
	at, _ := bits.Mul64(binary.BigEndian.Uint64(id[:8]), uint64(len(s.blocks)))
	return &s.blocks[at]
}

// prefetch has an id's block fetched, so that maybe need not wait for it.
func (s *seenFilter) prefetch(id *RecordID) { memory.Prefetch(unsafe.Pointer(s.block(id))) }

// maybe tells whether the id may have been asked about before, and remembers it.
func (s *seenFilter) maybe(id RecordID) bool {
	lo := binary.BigEndian.Uint64(id[8:])
	b := s.block(&id)
	all := true
	for i := range b {
		bit := uint64(1) << (lo & 63)
		lo >>= 6
		if b[i]&bit == 0 {
			all = false
			b[i] |= bit
		}
	}
	return all
}

// resolve decides about the rows held back: the store has everything that came
// before them now, so it can be asked.
//
// A row whose record the store does not have is new. One that the store has with
// the same fingerprint is a repeat. One that differs is a correction: it replaces
// what is stored, and of several for the same record the last in the file wins.
func (w *writer[T]) resolve(ctx, flush context.Context) error {
	if len(w.held) == 0 {
		return nil
	}
	if err := w.drain(ctx, flush); err != nil || flush.Err() != nil {
		return err
	}
	held := w.held
	ids := make([]RecordID, 0, len(held))
	for i := range held {
		id, _, _ := w.p.ops.identity(&held[i])
		ids = append(ids, id)
	}
	prints, exact, err := w.stored(ctx, ids)
	if err != nil {
		return fmt.Errorf("the store did not say which records it has: %w", err)
	}
	w.held = nil
	final := make(map[RecordID]int, len(held)) // index in out
	out := make([]T, 0, len(held))
	a := &w.account
	for i := range held {
		id, fp, _ := w.p.ops.identity(&held[i])
		have, known := prints[id]
		at, queued := final[id]
		switch {
		case !known:
			a.Accepted++
		case (exact || queued) && have == fp:
			a.Duplicate++
			w.forget(&held[i])
			continue
		case exact || queued:
			a.Accepted++
			a.Corrected++
		default: // stored, but whether the same nobody knows: write it again, count it as known
			a.Duplicate++
			w.forget(&held[i])
		}
		prints[id] = fp
		if queued {
			out[at] = held[i]
			continue
		}
		final[id] = len(out)
		out = append(out, held[i])
	}
	// A newer version wins whatever order the store keeps rows of one load in.
	ld := w.p.ld
	w.rounds++
	ld.Version += w.rounds
	if err := w.send(ctx, flush, out, nil, ld, false); err != nil {
		return err
	}
	return w.drain(ctx, flush)
}

// undecided takes the rows still held back out of the account of a load that broke
// off: nobody knows whether they are new, so they count as not read.
func (w *writer[T]) undecided() {
	for i := range w.held {
		w.account.Read--
		w.forget(&w.held[i])
	}
	w.held = nil
}

// forget takes a duplicate out of the figures about accepted rows.
func (w *writer[T]) forget(row *T) {
	if w.p.ops.location != nil {
		w.methods[w.p.ops.location(row).Method]--
	}
	if w.p.ops.cause != nil {
		if c, ok := w.p.ops.cause(row); ok {
			w.causes[c]--
		}
	}
}

// stored asks the sink which of the ids it has. Where the sink keeps
// fingerprints, exact is true and they are the values.
func (w *writer[T]) stored(ctx context.Context, ids []RecordID) (prints map[RecordID]uint64, exact bool, err error) {
	if w.known != nil {
		return w.known, true, nil
	}
	from, to := w.first, w.last
	for d := range w.days {
		from, to = min(from, d), max(to, d)
	}
	if f, ok := w.p.l.sink.(Fingerprints); ok {
		prints, err = w.p.ops.prints(ctx, f, ids, from, to)
		if prints == nil {
			prints = map[RecordID]uint64{}
		}
		return prints, true, err
	}
	had, err := w.p.ops.existing(ctx, w.p.l.sink, ids, from, to)
	prints = make(map[RecordID]uint64, len(ids))
	for id, ok := range had {
		if ok {
			prints[id] = 0
		}
	}
	return prints, false, err
}
