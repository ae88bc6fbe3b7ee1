package ingest

import (
	"context"
	"fmt"
	"time"

	"github.com/hotcell/hotcell/geo"
	"golang.org/x/sync/errgroup"
)

// writer takes mapped chunks in the order of the file and hands batches to the
// sink. Only its own goroutine touches it, except for the inserts it starts.
type writer[T any] struct {
	p       *pipeline[T]
	account Account
	counted Account // what the metrics have already
	methods [8]uint64
	causes  [causeClasses]uint64

	seen  *seenFilter
	known map[RecordID]uint64 // fingerprints by natural key; nil where the store is asked
	held  []T
	days  map[int32]bool // days this source has records of in the store

	overflow    bool  // known is full
	first, last int32 // days of the rows of this load
	rounds      uint64
	rejects     []Reject

	open     Batch[T]      // being filled; nil when none is
	empty    chan Batch[T] // those not in use; nil where the sink has no batches
	made     int           // batches
	expected int           // rows of the file, as far as one can guess

	inserts *errgroup.Group
	slots   chan struct{}
}

func newWriter[T any](p *pipeline[T]) *writer[T] {
	w := &writer[T]{p: p, slots: make(chan struct{}, p.l.cfg.InFlight), first: 1<<31 - 1, last: -1 << 31}
	if p.ops.existing == nil {
		w.known = map[RecordID]uint64{}
	}
	if p.ops.newBatch != nil && !p.l.trial && p.ops.newBatch(p.l.sink, 0) != nil {
		w.empty = make(chan Batch[T], p.l.cfg.InFlight+1)
	}
	return w
}

func (w *writer[T]) run(ctx context.Context) error {
	// What is on its way when the load is cancelled may still arrive: an insert is
	// whole or not at all, and a whole one need not be sent again.
	flush, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	unhook := context.AfterFunc(ctx, func() { time.AfterFunc(w.p.l.cfg.FlushTimeout, stop) })
	defer unhook()
	w.inserts, flush = errgroup.WithContext(flush)
	err := w.consume(ctx, flush)
	if werr := w.inserts.Wait(); werr != nil {
		err = werr
	}
	w.undecided()
	w.settle()
	return err
}

func (w *writer[T]) consume(ctx, flush context.Context) error {
	if err := w.lookUpDays(ctx); err != nil {
		return err
	}
	waiting := map[int]*mapped[T]{}
	next := 0
	for open := true; open; {
		var m *mapped[T]
		select {
		case m, open = <-w.p.mapped:
		case <-ctx.Done():
			return ctx.Err()
		case <-flush.Done():
			return nil // an insert failed; its error comes from the group
		}
		if !open {
			break
		}
		waiting[m.seq] = m
		for m := waiting[next]; m != nil; m = waiting[next] {
			delete(waiting, next)
			next++
			if err := w.take(ctx, flush, m); err != nil {
				return err
			}
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := w.resolve(ctx, flush); err != nil {
		return err
	}
	if err := w.sendBatch(ctx, flush); err != nil {
		return err
	}
	return w.flushRejects(ctx, flush)
}

// take books one chunk and sends off the rows that are surely new.
func (w *writer[T]) take(ctx, flush context.Context, m *mapped[T]) error {
	a := &w.account
	a.Read += m.read
	for i := range m.rejects {
		a.reject(m.rejects[i].Reason, 1)
	}
	for i, n := range m.methods {
		w.methods[i] += n
	}
	for i, n := range m.causes {
		w.causes[i] += n
	}
	w.rejects = append(w.rejects, m.rejects...)
	rows := m.rows
	if !w.p.l.trial {
		rows = w.holdBack(m.rows, m.bytes)
	}
	a.Accepted += uint64(len(rows))
	if w.empty != nil {
		if w.expected == 0 {
			w.expected = w.expectedRows(len(rows), m.bytes) + len(rows)
		}
		if err := w.gather(ctx, flush, rows); err != nil {
			return err
		}
		rows = nil
		if m.release != nil { // the batch has copied the texts, and so have the rows held back
			m.release()
		}
	}
	if err := w.send(ctx, flush, rows, m.rows[:0], w.p.ld, true); err != nil {
		return err
	}
	if len(w.rejects) >= 10_000 {
		if err := w.flushRejects(ctx, flush); err != nil {
			return err
		}
	}
	if len(w.held) >= w.p.l.cfg.HoldRows {
		if err := w.resolve(ctx, flush); err != nil {
			return err
		}
	}
	w.p.l.metrics.bytes.WithLabelValues(string(w.p.ld.Feed)).Add(float64(m.bytes))
	w.settle()
	w.progress()
	return nil
}

// holdBack moves the rows that may be known already from rows to w.held.
func (w *writer[T]) holdBack(rows []T, bytes int) []T {
	if w.seen == nil && w.known == nil {
		w.seen = newSeenFilter(w.expectedRows(len(rows), bytes))
	}
	keep := 0
	for i := range rows {
		if w.seen != nil && i%fetchAtOnce == 0 {
			for j := i; j < min(i+fetchAtOnce, len(rows)); j++ {
				id, _, _ := w.p.ops.identity(&rows[j])
				w.seen.prefetch(&id)
			}
		}
		id, print, day := w.p.ops.identity(&rows[i])
		w.first, w.last = min(w.first, day), max(w.last, day)
		if w.knownKey(id, print) || w.known == nil && (w.seen.maybe(id) || w.days[day]) {
			w.p.ops.detach(&rows[i])
			w.held = append(w.held, rows[i])
			continue
		}
		if keep != i {
			rows[keep] = rows[i]
		}
		keep++
	}
	return rows[:keep]
}

// fetchAtOnce is for how many rows the filter is fetched together.
const fetchAtOnce = 64

// maxKnown bounds the natural keys remembered to find repeats, to about 100 MiB.
const maxKnown = 2_000_000

// knownKey tells whether a natural key came before in this file, and remembers it.
func (w *writer[T]) knownKey(id RecordID, print uint64) bool {
	if w.known == nil {
		return false
	}
	if _, ok := w.known[id]; ok {
		return true
	}
	if len(w.known) < maxKnown {
		w.known[id] = print
	} else if !w.overflow {
		w.overflow = true
		w.account.Warnings = append(w.account.Warnings, fmt.Sprintf(
			"repeats were looked for among the first %d keys only; later ones replace in the store but count as accepted", maxKnown))
	}
	return false
}

// expectedRows says, or guesses from the first chunk, how many rows the file has.
func (w *writer[T]) expectedRows(rows, bytes int) int {
	in := w.p.src.in
	if w.p.src.rowCount > 0 {
		return w.p.src.rowCount
	}
	size := float64(in.size)
	if in.packed != "" {
		size *= 10
	}
	if bytes == 0 || rows == 0 {
		return int(size / 100)
	}
	return int(size / float64(bytes) * float64(rows) * 1.1)
}

func (w *writer[T]) lookUpDays(ctx context.Context) error {
	if w.known != nil {
		return nil
	}
	days, err := w.p.l.sink.LoadedDays(ctx, w.p.ld.Feed, w.p.ld.Source)
	if err != nil {
		return fmt.Errorf("the store did not say which days it has: %w", err)
	}
	w.days = make(map[int32]bool, len(days))
	for _, d := range days {
		w.days[d] = true
	}
	return nil
}

// send hands rows to the sink in the background; buf is the slice to use again
// when they arrived, and token says that a chunk is off the way then.
func (w *writer[T]) send(ctx, flush context.Context, rows, buf []T, ld Load, token bool) error {
	done := func() {
		if cap(buf) > 0 {
			clear(buf[:cap(buf)]) // so that the strings of old chunks can go
			select {
			case w.p.free <- buf:
			default:
			}
		}
		if token {
			<-w.p.tokens
		}
	}
	if len(rows) == 0 {
		done()
		return nil
	}
	return w.background(ctx, flush, func(ctx context.Context) error {
		defer done()
		if err := w.p.ops.insert(ctx, w.p.l.sink, ld, rows); err != nil {
			return w.refused(len(rows), err)
		}
		return nil
	})
}

func (w *writer[T]) refused(rows int, err error) error {
	return fmt.Errorf("the store did not take %d %s of %s: %w", rows, w.p.ld.Feed, w.p.ld.File, err)
}

func (w *writer[T]) background(ctx, flush context.Context, f func(context.Context) error) error {
	select {
	case w.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	case <-flush.Done():
		return nil
	}
	w.inserts.Go(func() error {
		defer func() { <-w.slots }()
		return f(flush)
	})
	return nil
}

// drain sends the open batch and waits until everything sent has arrived.
func (w *writer[T]) drain(ctx, flush context.Context) error {
	if err := w.sendBatch(ctx, flush); err != nil {
		return err
	}
	for range cap(w.slots) {
		select {
		case w.slots <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		case <-flush.Done():
			return nil
		}
	}
	for range cap(w.slots) {
		<-w.slots
	}
	return nil
}

func (w *writer[T]) flushRejects(ctx, flush context.Context) error {
	if len(w.rejects) == 0 {
		return nil
	}
	rejects := w.rejects
	w.rejects = nil
	return w.background(ctx, flush, func(ctx context.Context) error {
		if err := w.p.l.sink.InsertRejects(ctx, w.p.ld, rejects); err != nil {
			return fmt.Errorf("the store did not take %d rejects of %s: %w", len(rejects), w.p.ld.File, err)
		}
		return nil
	})
}

// settle brings the derived parts of the account and the metrics up to date.
func (w *writer[T]) settle() {
	a := &w.account
	if w.first <= w.last {
		a.FirstDay, a.LastDay = w.first, w.last
	}
	if w.p.ops.location == nil {
		a.Unlocated = a.Accepted
		if w.p.ld.Feed == FeedSites {
			a.Located, a.Unlocated = a.Accepted, 0
		}
	} else {
		a.Unlocated = w.methods[geo.MethodNone]
		a.Located = 0
		for i, n := range w.methods {
			if n > 0 && i != int(geo.MethodNone) {
				if a.ByMethod == nil {
					a.ByMethod = map[string]uint64{}
				}
				a.ByMethod[geo.Method(i).String()] = n
				a.Located += n
			}
		}
	}
	for i, n := range w.causes {
		if n > 0 {
			if a.ByCause == nil {
				a.ByCause = map[string]uint64{}
			}
			a.ByCause[CauseClass(i).String()] = n
		}
	}
	w.p.l.metrics.count(w.p.ld.Feed, a, &w.counted)
	w.counted = Account{Read: a.Read, Accepted: a.Accepted, Rejected: a.Rejected, Duplicate: a.Duplicate}
}

func (w *writer[T]) progress() {
	if f := w.p.l.cfg.Progress; f != nil {
		in := w.p.src.in
		f(Progress{File: in.name, BytesDone: in.done.Load(), BytesTotal: in.size, Rows: w.account.Read})
	}
}
