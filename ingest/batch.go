package ingest

import "context"

// Batch gathers records in a sink's own form until there are enough for one
// insert. It is used by one goroutine at a time.
type Batch[T any] interface {
	// Add takes records in. The slice and the texts in it are only lent.
	Add(l Load, records []T) error
	// Rows and Bytes say how much is gathered.
	Rows() int
	Bytes() int
	// Store stores what is gathered, as an Insert of the Sink would.
	Store(ctx context.Context) error
	// Reset empties the batch and keeps its memory.
	Reset()
}

// CallBatches is implemented by a Sink that can gather calls: few large inserts
// cost a store less than many small ones. Without it every chunk of a file is an
// insert of its own.
type CallBatches interface {
	// NewCallBatch gives an empty batch with room for about so many calls.
	NewCallBatch(rows int) Batch[Call]
}

// gather puts rows into the open batch, and sends it off when it is full.
func (w *writer[T]) gather(ctx, flush context.Context, rows []T) error {
	if len(rows) == 0 {
		return nil
	}
	if w.open == nil && w.made < cap(w.empty) {
		w.made++
		w.open = w.p.ops.newBatch(w.p.l.sink, min(w.p.l.cfg.BatchRows+len(rows), w.expected))
	}
	if w.open == nil {
		select {
		case w.open = <-w.empty:
		case <-ctx.Done():
			return ctx.Err()
		case <-flush.Done():
			return nil // an insert failed; its error comes from the group
		}
	}
	if err := w.open.Add(w.p.ld, rows); err != nil {
		return w.refused(len(rows), err)
	}
	if w.open.Rows() < w.p.l.cfg.BatchRows && w.open.Bytes() < w.p.l.cfg.BatchBytes {
		return nil
	}
	return w.sendBatch(ctx, flush)
}

// sendBatch hands the open batch, if there is one, to the sink in the background.
func (w *writer[T]) sendBatch(ctx, flush context.Context) error {
	if w.open == nil {
		return nil
	}
	b := w.open
	w.open = nil
	return w.background(ctx, flush, func(ctx context.Context) error {
		if err := b.Store(ctx); err != nil {
			return w.refused(b.Rows(), err)
		}
		b.Reset()
		w.empty <- b
		return nil
	})
}
