package ingest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

const shortHeader = "record_id,time,outcome\n"

// An identical row is a duplicate; a differing row with the same id is a
// correction, and the last one in the file wins.
func TestSameIDWithinAFile(t *testing.T) {
	content := shortHeader +
		"a,2026-06-01 08:00:00,poor\n" +
		"b,2026-06-01 08:00:00,poor\n" +
		"a,2026-06-01 08:00:00,poor\n" + // the same again
		"b,2026-06-01 08:00:00,dropped\n" + // corrected
		"b,2026-06-02 08:00:00,blocked\n" + // and once more, on another day
		"b,2026-06-02 08:00:00,blocked\n" + // which is then repeated
		"c,2026-06-01 08:00:00,completed\n"
	for _, chunk := range []int{32, 100, 8 << 20} {
		for _, hold := range []int{1, 2, 50_000} {
			for _, prints := range []bool{true, false} {
				mem := newMemSink()
				var sink Sink = mem
				if prints {
					sink = printSink{mem}
				}
				cfg := testConfig()
				cfg.ChunkBytes, cfg.MaxLineBytes, cfg.HoldRows, cfg.Workers = chunk, min(chunk/2, 1<<20), hold, 3
				if chunk == 32 {
					cfg.MaxLineBytes = 64
				}
				a, err := loadCalls(t, newTestLoader(t, cfg, sink), writeFile(t, "calls.csv", content))
				if err != nil {
					t.Fatal(err)
				}
				name := fmt.Sprintf("chunk %d hold %d prints %v", chunk, hold, prints)
				if len(mem.calls) != 3 {
					t.Errorf("%s: %d calls, want 3", name, len(mem.calls))
				}
				outcomes := map[Outcome]int{}
				for _, c := range mem.calls {
					outcomes[c.Outcome]++
				}
				if outcomes[Blocked] != 1 || outcomes[Poor] != 1 || outcomes[Completed] != 1 {
					t.Errorf("%s: outcomes %v", name, outcomes)
				}
				if prints && (a.Accepted != 5 || a.Corrected != 2 || a.Duplicate != 2) {
					t.Errorf("%s: %+v; want 5 accepted, 2 of them corrected, 2 duplicates", name, a)
				}
			}
		}
	}
}

func TestRedeliveredFileWithACorrection(t *testing.T) {
	var first, second strings.Builder
	first.WriteString(shortHeader)
	second.WriteString(shortHeader)
	for i := range 3000 {
		row := fmt.Sprintf("r%d,2026-06-%02d 08:00:00,poor\n", i, i%28+1)
		first.WriteString(row)
		if i == 1234 {
			row = strings.Replace(row, "poor", "dropped", 1)
		}
		second.WriteString(row)
	}
	second.WriteString("new,2026-06-01 09:00:00,poor\n")
	for _, prints := range []bool{true, false} {
		mem := newMemSink()
		var sink Sink = mem
		if prints {
			sink = printSink{mem}
		}
		cfg := testConfig()
		cfg.HoldRows = 100
		cfg.ChunkBytes, cfg.MaxLineBytes = 4096, 1024
		l := newTestLoader(t, cfg, sink)
		if _, err := loadCalls(t, l, writeFile(t, "calls.csv", first.String())); err != nil {
			t.Fatal(err)
		}
		a, err := loadCalls(t, l, writeFile(t, "calls.csv", second.String()))
		if err != nil {
			t.Fatal(err)
		}
		if a.Read != 3001 || prints && (a.Accepted != 2 || a.Corrected != 1) || !prints && a.Accepted != 1 {
			t.Errorf("prints %v: %+v", prints, a)
		}
		n := 0
		for _, c := range mem.calls {
			if c.Outcome == Dropped {
				n++
			}
		}
		if len(mem.calls) != 3001 || n != 1 {
			t.Errorf("prints %v: %d calls, %d dropped; want 3001 and 1", prints, len(mem.calls), n)
		}
	}
}

// Many repeats, spread over a file far larger than what is held at a time, are
// counted exactly.
func TestDuplicatesAreCountedExactly(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var b strings.Builder
	b.WriteString(shortHeader)
	distinct := map[int]bool{}
	const rows = 30_000
	for range rows {
		i := r.IntN(20_000)
		distinct[i] = true
		fmt.Fprintf(&b, "r%d,2026-06-%02d 08:00:00,poor\n", i, i%28+1)
	}
	sink := printSink{newMemSink()}
	cfg := testConfig()
	cfg.ChunkBytes, cfg.MaxLineBytes, cfg.HoldRows, cfg.Workers = 8192, 1024, 500, 4
	a, err := loadCalls(t, newTestLoader(t, cfg, sink), writeFile(t, "calls.csv", b.String()))
	if err != nil {
		t.Fatal(err)
	}
	if a.Accepted != uint64(len(distinct)) || a.Duplicate != rows-uint64(len(distinct)) || a.Corrected != 0 || len(sink.calls) != len(distinct) {
		t.Errorf("%+v with %d distinct and %d stored", a, len(distinct), len(sink.calls))
	}
}

func TestRepeatsOfNaturalKeys(t *testing.T) {
	content := "cell_id,hour,attempts,setups,drops\n" +
		"460-00-1,2026-06-01 08:00:00,10,9,1\n" +
		"460-00-1,2026-06-01 08:00:00,10,9,1\n" +
		"460-00-1,2026-06-01 08:00:00,11,9,1\n" +
		"460-00-1,2026-06-01 09:00:00,10,9,1\n" +
		"460-00-1,2026-06-01 10:00:00,10,9,10\n"
	sink := newMemSink()
	l := newTestLoader(t, testConfig(), sink)
	a, err := l.Load(context.Background(), FeedTraffic, mustProfile(t, FeedTraffic, ""), writeFile(t, "traffic.csv", content))
	if err != nil {
		t.Fatal(err)
	}
	checkIdentity(t, a)
	if a.Accepted != 3 || a.Corrected != 1 || a.Duplicate != 1 || a.ByReason[ReasonInconsistent] != 1 {
		t.Errorf("%+v", a)
	}
	if last := sink.traffic[len(sink.traffic)-1]; len(sink.traffic) != 3 || last.Attempts != 11 {
		t.Errorf("stored %+v", sink.traffic)
	}
}

func TestStoreThatFailsLeavesALoadThatCanBeCompleted(t *testing.T) {
	var b strings.Builder
	b.WriteString(shortHeader)
	for i := range 5000 {
		fmt.Fprintf(&b, "r%d,2026-06-%02d 08:00:00,poor\n", i, i%28+1)
	}
	path := writeFile(t, "calls.csv", b.String())
	sink := printSink{newMemSink()}
	sink.failAfter = 6
	cfg := testConfig()
	cfg.ChunkBytes, cfg.MaxLineBytes = 8192, 1024
	l := newTestLoader(t, cfg, sink)
	_, err := l.Load(context.Background(), FeedCalls, mustProfile(t, FeedCalls, ""), path)
	if !errors.Is(err, errDiskFull) {
		t.Fatalf("got %v, want the store's error", err)
	}
	if _, isFile := IsFileError(err); isFile {
		t.Error("a fault of the store was called a fault of the file")
	}
	stored := len(sink.calls)
	if stored == 0 || stored == 5000 || len(sink.finished) != 0 {
		t.Fatalf("%d calls stored, %d loads finished", stored, len(sink.finished))
	}
	sink.failAfter = 0
	a, err := loadCalls(t, l, path)
	if err != nil || a.Duplicate != uint64(stored) || a.Accepted != uint64(5000-stored) || len(sink.calls) != 5000 {
		t.Errorf("%+v, %v, %d calls; %d had been stored", a, err, len(sink.calls), stored)
	}
}

// A cancelled load stores whole batches only, and does not end as if it were complete.
func TestCancelledLoad(t *testing.T) {
	var b strings.Builder
	b.WriteString(shortHeader)
	for i := range 20_000 {
		fmt.Fprintf(&b, "r%d,2026-06-%02d 08:00:00,poor\n", i, i%28+1)
	}
	path := writeFile(t, "calls.csv", b.String())
	sink := printSink{newMemSink()}
	sink.block = make(chan struct{})
	cfg := testConfig()
	cfg.ChunkBytes, cfg.MaxLineBytes = 8192, 1024
	l := newTestLoader(t, cfg, sink)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() {
		_, err := l.Load(ctx, FeedCalls, mustProfile(t, FeedCalls, ""), path)
		done <- err
	}()
	sink.block <- struct{}{} // the first batch may pass, the next ones are on their way
	time.Sleep(20 * time.Millisecond)
	cancel()
	time.Sleep(20 * time.Millisecond)
	close(sink.block)
	err := <-done
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "load the file again to complete it") {
		t.Fatalf("got %v", err)
	}
	stored := len(sink.calls)
	if stored == 0 || stored == 20_000 || len(sink.finished) != 0 {
		t.Fatalf("%d calls stored, %d loads finished", stored, len(sink.finished))
	}
	sink.block = nil
	a, err := loadCalls(t, l, path)
	if err != nil || a.Duplicate != uint64(stored) || len(sink.calls) != 20_000 {
		t.Errorf("%+v, %v; %d had been stored", a, err, stored)
	}
}

func TestSeenFilterForgetsNothing(t *testing.T) {
	const n = 200_000
	f := newSeenFilter(n)
	id := func(i int) RecordID { return keyOf(uint64(i)) }
	wrong := 0
	for i := range n {
		if f.maybe(id(i)) {
			wrong++
		}
	}
	if wrong > n/100 {
		t.Errorf("%d of %d new ids were called seen, more than 1 %%", wrong, n)
	}
	for i := range n {
		if !f.maybe(id(i)) {
			t.Fatalf("id %d was forgotten", i)
		}
	}
}

func TestMetricsAndProgressCount(t *testing.T) {
	reg := prometheus.NewRegistry()
	cfg := testConfig()
	cfg.Registerer = reg
	var last Progress
	calls := 0
	cfg.Progress = func(p Progress) { last = p; calls++ }
	l := newTestLoader(t, cfg, printSink{newMemSink()})
	content := shortHeader + "a,2026-06-01 08:00:00,poor\na,2026-06-01 08:00:00,poor\nb,never,poor\nc,2026-06-01 08:00:00,poor\n"
	path := writeFile(t, "calls.csv", content)
	if _, err := loadCalls(t, l, path); err != nil {
		t.Fatal(err)
	}
	if _, err := loadCalls(t, l, path+".none"); err == nil {
		t.Fatal("a missing file was loaded")
	}
	if calls == 0 || last.Rows != 4 || last.BytesDone != int64(len(content)) || last.BytesTotal != int64(len(content)) {
		t.Errorf("progress %+v", last)
	}
	got := gathered(t, reg)
	for name, want := range map[string]float64{
		"hotcell_ingest_rows_total calls read": 4, "hotcell_ingest_rows_total calls accepted": 2,
		"hotcell_ingest_rows_total calls rejected": 1, "hotcell_ingest_rows_total calls duplicate": 1,
		"hotcell_ingest_files_total calls loaded": 1, "hotcell_ingest_files_total calls failed": 1,
		"hotcell_ingest_bytes_total calls": float64(len(content) - len(shortHeader)),
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	if _, err := New(cfg, newMemSink(), chengdu); err != nil {
		t.Errorf("a second loader with the same registry: %v", err)
	}
}

func gathered(t *testing.T, reg *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			out[f.GetName()+labels(m)] = m.GetCounter().GetValue()
		}
	}
	return out
}

func labels(m *dto.Metric) string {
	s := ""
	for _, l := range m.GetLabel() {
		s += " " + l.GetValue()
	}
	return s
}
