package ingest

import (
	"context"
	"runtime"
	"sync"
	"testing"
)

// scaleSink weighs the live heap at each insert and keeps nothing.
type scaleSink struct {
	*batchSink
	mu      sync.Mutex
	most    uint64
	inserts int
}

func (s *scaleSink) NewCallBatch(int) Batch[Call] { return &scaleBatch{memBatch{sink: s.batchSink}, s} }

type scaleBatch struct {
	memBatch
	scale *scaleSink
}

func (b *scaleBatch) Store(context.Context) error {
	b.scale.mu.Lock()
	defer b.scale.mu.Unlock()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.scale.most, b.scale.inserts = max(b.scale.most, m.HeapAlloc), b.scale.inserts+1
	return nil
}

// What a load holds in memory does not grow with the file: four times the rows take
// no more than the filter for repeats needs (2 bytes a row) and some slack.
func TestMemoryDoesNotGrowWithTheFile(t *testing.T) {
	const rows, slack = 40_000, 3 << 20
	weigh := func(rows int) uint64 {
		cfg := testConfig()
		cfg.ChunkBytes, cfg.MaxLineBytes, cfg.BatchRows, cfg.Workers = 128<<10, 4<<10, 5000, 2
		s := &scaleSink{batchSink: &batchSink{memSink: newMemSink()}}
		a, err := loadCalls(t, newTestLoader(t, cfg, s), writeCalls(t, rows))
		if err != nil || a.Accepted != uint64(rows) {
			t.Fatalf("%+v %v", a, err)
		}
		if s.inserts < rows/10_000 {
			t.Fatalf("%d inserts for %d rows: too few to tell", s.inserts, rows)
		}
		return s.most
	}
	weigh(rows) // what is made once for all loads
	small, large := weigh(rows), weigh(4*rows)
	t.Logf("at most %d KiB live with %d rows, %d KiB with %d", small>>10, rows, large>>10, 4*rows)
	if large > small+3*2*rows+slack {
		t.Errorf("%d KiB live with %d rows, %d KiB with %d: memory grows with the file", small>>10, rows, large>>10, 4*rows)
	}
}
