package ingest

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/hotcell/hotcell/geo"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
)

// nullSink takes everything and keeps nothing.
type nullSink struct{ *memSink }

func (nullSink) InsertCalls(context.Context, Load, []Call) error { return nil }

// writeCalls writes n canonical calls of n/20 customers and gives the path.
func writeCalls(tb testing.TB, n int) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "calls.csv")
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	r := rand.New(rand.NewPCG(1, 2))
	buf := []byte(callsHeader)
	outcomes := []string{"completed", "completed", "completed", "completed", "poor", "dropped", "blocked"}
	causes := []string{"", "", "", "26", "radio connection with ue lost", "16"}
	start := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	customers := max(n/20, 100)
	for i := range n {
		t := start.Add(time.Duration(i%(28*86400)) * time.Second)
		buf = fmt.Appendf(buf, "call-%08d,%s,86138%08d,86139%08d,%s,%.1f,%s,%dg,460-00-%d,CMCC,%.6f,%.6f,%d,%d,%s,%d\n", i,
			t.Format("2006-01-02 15:04:05"), r.IntN(customers), r.IntN(customers), outcomes[r.IntN(len(outcomes))], r.Float64()*300,
			causes[r.IntN(len(causes))], 4+r.IntN(2), 100000+r.IntN(3000), 30.5+r.Float64()*0.3, 103.9+r.Float64()*0.3,
			5+r.IntN(40), r.IntN(30)-2, []string{"indoor", "outdoor", "travelling"}[r.IntN(3)], 1+r.IntN(5))
		if len(buf) > 1<<20 {
			if _, err := f.Write(buf); err != nil {
				tb.Fatal(err)
			}
			buf = buf[:0]
		}
	}
	if _, err := f.Write(buf); err != nil {
		tb.Fatal(err)
	}
	return path
}

// flatLocator does what a locator must do at least: nothing.
type flatLocator struct{}

func (f flatLocator) LocateAll(evidence []geo.Evidence, out []geo.Location) {
	for i := range evidence {
		out[i] = f.locate(evidence[i])
	}
}

func (flatLocator) locate(e geo.Evidence) geo.Location {
	return geo.Location{Method: geo.MethodCoordinates, Pos: e.Pos, Region: "r"}
}
func (flatLocator) SuspectSwapped(geo.LatLon) bool { return false }

// BenchmarkLoadCalls guards the speed of parsing, checking and pseudonymising,
// without the store and without locating.
func BenchmarkLoadCalls(b *testing.B) {
	const rows = 1_000_000
	benchLoad(b, writeCalls(b, rows), rows)
}

// BenchmarkLoadFormats compares the formats on the same rows.
func BenchmarkLoadFormats(b *testing.B) {
	const rows = 200_000
	csv := writeCalls(b, rows)
	paths := map[string]string{"csv": csv, "csv.zst": csv + ".zst", "ndjson": csv + ".ndjson", "parquet": csv + ".parquet"}
	rewriteCalls(b, csv, paths["csv.zst"], paths["ndjson"], paths["parquet"])
	for _, name := range []string{"csv", "csv.zst", "ndjson", "parquet"} {
		b.Run(name, func(b *testing.B) { benchLoad(b, paths[name], rows) })
	}
}

func benchLoad(b *testing.B, path string, rows uint64) {
	st, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	p := mustProfile(b, FeedCalls, "calls")
	b.SetBytes(st.Size())
	b.ResetTimer()
	cpu := cpuTime(b)
	for b.Loop() {
		l, err := New(testConfig(), nullSink{newMemSink()}, flatLocator{})
		if err != nil {
			b.Fatal(err)
		}
		a, err := l.Load(context.Background(), FeedCalls, p, path)
		if err != nil || a.Accepted != rows {
			b.Fatalf("%+v %v", a, err)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(cpuTime(b)-cpu)/float64(rows)/float64(b.N), "cpu-ns/row") // steady on a busy machine
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.Sys)/(1<<20), "MiB")
}

// cpuTime is the time this process has spent on the processors, in nanoseconds.
func cpuTime(b *testing.B) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// benchCall is a canonical call as a Parquet export would have it.
type benchCall struct {
	RecordID   string    `parquet:"record_id" json:"record_id"`
	Time       time.Time `parquet:"time,timestamp(millisecond)" json:"time"`
	Subscriber string    `parquet:"subscriber_id" json:"subscriber_id"`
	Peer       string    `parquet:"peer_id" json:"peer_id"`
	Outcome    string    `parquet:"outcome,dict" json:"outcome"`
	Duration   float64   `parquet:"duration_s" json:"duration_s"`
	Cause      string    `parquet:"cause,dict" json:"cause"`
	RAT        string    `parquet:"rat,dict" json:"rat"`
	CellID     string    `parquet:"cell_id,dict" json:"cell_id"`
	Operator   string    `parquet:"operator,dict" json:"operator"`
	Lat        float64   `parquet:"lat" json:"lat"`
	Lon        float64   `parquet:"lon" json:"lon"`
	Accuracy   float64   `parquet:"accuracy_m" json:"accuracy_m"`
	Floor      int32     `parquet:"floor" json:"floor"`
	Indoor     string    `parquet:"indoor,dict" json:"indoor"`
	Rating     int32     `parquet:"rating" json:"rating"`
}

// rewriteCalls writes the rows of a CSV file in other formats.
func rewriteCalls(b *testing.B, from, zst, ndjson, pq string) {
	b.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		b.Fatal(err)
	}
	w, err := zstd.NewWriter(nil)
	if err != nil {
		b.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		b.Fatal(err)
	}
	var lines bytes.Buffer
	var calls []benchCall
	number := func(s string) float64 {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			b.Fatal(err)
		}
		return v
	}
	for _, r := range rows[1:] {
		at, err := time.Parse(time.DateTime, r[1])
		if err != nil {
			b.Fatal(err)
		}
		c := benchCall{r[0], at, r[2], r[3], r[4], number(r[5]), r[6], r[7], r[8], r[9], number(r[10]), number(r[11]), number(r[12]),
			int32(number(r[13])), r[14], int32(number(r[15]))}
		calls = append(calls, c)
		line, err := json.Marshal(c)
		if err != nil {
			b.Fatal(err)
		}
		lines.Write(append(line, '\n'))
	}
	var table bytes.Buffer
	if err := parquet.Write(&table, calls, parquet.Compression(&parquet.Snappy)); err != nil {
		b.Fatal(err)
	}
	for path, content := range map[string][]byte{zst: w.EncodeAll(data, nil), ndjson: lines.Bytes(), pq: table.Bytes()} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			b.Fatal(err)
		}
	}
}
