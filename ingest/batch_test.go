package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// batchSink is a memSink that gathers calls.
type batchSink struct {
	*memSink
	stored []int // rows of the batches, in the order they came
}

type memBatch struct {
	sink  *batchSink
	load  Load
	calls []Call
}

func (s *batchSink) NewCallBatch(int) Batch[Call] { return &memBatch{sink: s} }

func (b *memBatch) Add(l Load, calls []Call) error {
	b.load = l
	for _, c := range calls {
		// What is added is only lent: keep copies of the texts.
		c.Cause, c.RadioCell, c.Operator = strings.Clone(c.Cause), strings.Clone(c.RadioCell), strings.Clone(c.Operator)
		b.calls = append(b.calls, c)
	}
	return nil
}

func (b *memBatch) Rows() int  { return len(b.calls) }
func (b *memBatch) Bytes() int { return 100 * len(b.calls) }
func (b *memBatch) Reset()     { b.calls = b.calls[:0] }

func (b *memBatch) Store(ctx context.Context) error {
	b.sink.mu.Lock()
	b.sink.stored = append(b.sink.stored, len(b.calls))
	b.sink.mu.Unlock()
	return b.sink.InsertCalls(ctx, b.load, b.calls)
}

// TestBatches loads the same file, with repeats and corrections in it, into a
// sink that gathers calls and one that does not.
func TestBatches(t *testing.T) {
	const rows = 5000
	var file strings.Builder
	file.WriteString("record_id,time,subscriber_id,outcome,cause\n")
	small := func() Config {
		cfg := testConfig()
		cfg.ChunkBytes, cfg.MaxLineBytes, cfg.Workers = 8<<10, 4<<10, 3
		return cfg
	}
	for i := range rows {
		fmt.Fprintf(&file, "c%d,2026-05-01 10:00:%02d,s%d,dropped,cause %d\n", i, i%60, i%99, i)
		switch i % 50 {
		case 7: // an earlier row again
			fmt.Fprintf(&file, "c%d,2026-05-01 10:00:%02d,s%d,dropped,cause %d\n", i-5, (i-5)%60, (i-5)%99, i-5)
		case 8: // and corrected
			fmt.Fprintf(&file, "c%d,2026-05-01 10:00:%02d,s%d,poor,mended\n", i-5, (i-5)%60, (i-5)%99)
		}
	}
	path := writeFile(t, "calls.csv", file.String())
	for _, limit := range []struct{ rows, bytes, hold int }{{700, 1 << 30, 1000}, {1 << 30, 70_000, 20}, {1, 1 << 30, 20}, {1 << 30, 1 << 30, 20}} {
		plain, gathering := newMemSink(), &batchSink{memSink: newMemSink()}
		want, err := loadCalls(t, newTestLoader(t, small(), plain), path)
		if err != nil {
			t.Fatal(err)
		}
		cfg := small()
		cfg.BatchRows, cfg.BatchBytes, cfg.HoldRows = limit.rows, limit.bytes, limit.hold
		got, err := loadCalls(t, newTestLoader(t, cfg, gathering), path)
		if err != nil {
			t.Fatal(err)
		}
		if got.Read != want.Read || got.Accepted != want.Accepted || got.Duplicate != want.Duplicate || len(gathering.calls) != rows {
			t.Errorf("%+v: account %+v with %d calls, want %+v with %d", limit, got, len(gathering.calls), want, rows)
		}
		for id, c := range plain.calls {
			if gathering.calls[id] != c {
				t.Fatalf("%+v: call %+v, want %+v", limit, gathering.calls[id], c)
			}
		}
		if limit.rows == 700 && (len(gathering.stored) < 5 || slices.Max(gathering.stored) < 700 || slices.Max(gathering.stored) > 2000) {
			t.Errorf("batches of %v rows, want them gathered to 700 or a chunk more", gathering.stored)
		}
	}
}

// TestBatchRefused tells that a batch which cannot be stored fails the load.
func TestBatchRefused(t *testing.T) {
	sink := &batchSink{memSink: newMemSink()}
	sink.failAfter = 2
	var file strings.Builder
	file.WriteString("record_id,time,outcome\n")
	for i := range 3000 {
		fmt.Fprintf(&file, "c%d,2026-05-01 10:00:00,dropped\n", i)
	}
	cfg := testConfig()
	cfg.ChunkBytes, cfg.MaxLineBytes, cfg.BatchRows = 8<<10, 4<<10, 500
	_, err := loadCalls(t, newTestLoader(t, cfg, sink), writeFile(t, "calls.csv", file.String()))
	if !errors.Is(err, errDiskFull) {
		t.Fatalf("the load ended with %v, want the sink's error", err)
	}
	if len(sink.finished) != 0 {
		t.Error("a load that lost a batch was finished")
	}
}
