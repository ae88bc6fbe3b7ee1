package ingest

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
)

type parquetCall struct {
	RecordID   string    `parquet:"record_id"`
	Time       time.Time `parquet:"time,timestamp(millisecond)"`
	Subscriber *string   `parquet:"subscriber_id,optional"`
	Outcome    string    `parquet:"outcome,dict"`
	Duration   float64   `parquet:"duration_s"`
	RAT        string    `parquet:"rat"`
	Lat        *float64  `parquet:"lat,optional"`
	Lon        *float64  `parquet:"lon,optional"`
	Floor      int32     `parquet:"floor"`
	Rating     int64     `parquet:"rating"`
}

func parquetOf[T any](t *testing.T, rows []T, perGroup int) string {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b)
	for len(rows) > 0 {
		n := min(perGroup, len(rows))
		if _, err := w.Write(rows[:n]); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil { // ends the row group
			t.Fatal(err)
		}
		rows = rows[n:]
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func parquetCalls(n int) ([]parquetCall, string) {
	var rows []parquetCall
	var csv strings.Builder
	csv.WriteString("record_id,time,subscriber_id,outcome,duration_s,rat,lat,lon,floor,rating\n")
	for i := range n {
		lat, lon, sub := 30.6+float64(i%100)/1e4, 104.05+float64(i%77)/1e4, fmt.Sprintf("86138%06d", i%50)
		c := parquetCall{RecordID: fmt.Sprintf("p%d", i), Time: time.Date(2026, 6, 1+i%28, 8, 0, i%60, 0, time.UTC), Outcome: "poor",
			Duration: float64(i) / 8, RAT: "4g", Floor: int32(i%9 - 2), Rating: int64(i%5 + 1)}
		where, who := ",", ""
		if i%3 > 0 {
			c.Lat, c.Lon = &lat, &lon
			where = fmt.Sprintf("%v,%v", lat, lon)
		}
		if i%4 > 0 {
			c.Subscriber, who = &sub, sub
		}
		rows = append(rows, c)
		fmt.Fprintf(&csv, "%s,%s,%s,poor,%v,4g,%s,%d,%d\n", c.RecordID, c.Time.Format(time.RFC3339), who, c.Duration, where, c.Floor, c.Rating)
	}
	return rows, csv.String()
}

// A Parquet file gives the same calls as the CSV file with the same rows.
func TestParquetGivesWhatCSVGives(t *testing.T) {
	rows, csv := parquetCalls(2500)
	want, got := newMemSink(), newMemSink()
	if _, err := loadCalls(t, newTestLoader(t, testConfig(), want), writeFile(t, "c.csv", csv)); err != nil {
		t.Fatal(err)
	}
	a, err := loadCalls(t, newTestLoader(t, testConfig(), got), writeFile(t, "c.parquet", parquetOf(t, rows, 700)))
	if err != nil || a.Accepted != 2500 || len(got.rejects) != 0 {
		t.Fatalf("%+v, %v", a, err)
	}
	for id, w := range want.calls {
		g := got.calls[id]
		g.Fingerprint = w.Fingerprint // of the row as it came
		if g != w {
			t.Fatalf("call %+v, want %+v", g, w)
		}
	}
}

func TestParquetRejectsCanBeReplayed(t *testing.T) {
	type row struct {
		When    time.Time `parquet:"time,timestamp(microsecond)"`
		Outcome string    `parquet:"outcome"`
		Lat     float64   `parquet:"lat"`
		Lon     float64   `parquet:"lon"`
		Tags    []string  `parquet:"tags,list"`
	}
	at := time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC)
	data := parquetOf(t, []row{{at, "poor", 30.6, 104.1, []string{"a", "b"}}, {at, "lost \"it\"", math.NaN(), math.NaN(), nil}, {at, "lost \"it\"", 30.6, 104.1, nil}}, 10)
	profile := "profile: p\nfeed: calls\nignore: [tags.list.element]\n"
	sink := printSink{newMemSink()}
	l := newTestLoader(t, testConfig(), sink)
	path := writeFile(t, "c.parquet", data)
	a, err := l.Load(t.Context(), FeedCalls, profileOf(t, profile), path)
	if err != nil || a.Accepted != 1 || a.ByReason[ReasonOutcome] != 2 {
		t.Fatalf("%+v, %v", a, err)
	}
	if r := sink.rejects[0]; r.Line != 2 || r.Raw != `{"time":"2026-06-01T08:00:00Z","outcome":"lost \"it\""}` {
		t.Errorf("reject %+v", r)
	}
	mended := profileOf(t, profile+"columns: {outcome: {values: {'lost \"it\"': dropped}}}\n")
	a, err = l.Replay(t.Context(), mended, Replay{File: path, ContentHash: sink.loads[0].ContentHash, Rejects: sink.rejects})
	if err != nil || a.Accepted != 2 || len(sink.calls) != 3 {
		t.Fatalf("%+v, %v", a, err)
	}
	if a, err = l.Load(t.Context(), FeedCalls, mended, path); err != nil || a.Read != 3 || len(sink.calls) != 3 {
		t.Errorf("the whole file gave %+v, %v and %d calls", a, err, len(sink.calls))
	}
}

func TestDamagedParquet(t *testing.T) {
	rows, _ := parquetCalls(3000)
	whole := parquetOf(t, rows, 1000)
	for name, c := range map[string]struct {
		content string
		code    FileCode
	}{
		"no footer": {whole[:len(whole)/2], FileHeader}, "packed": {gz(t, whole), FileHeader}, "only magic": {"PAR1", FileHeader},
	} {
		_, err := loadCalls(t, newTestLoader(t, testConfig(), newMemSink()), writeFile(t, "c.parquet", c.content))
		if fe, ok := IsFileError(err); !ok || fe.Code != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Bytes spoilt in the middle cost rows of one row group and no others.
	spoilt := []byte(whole)
	for i := len(spoilt) / 2; i < len(spoilt)/2+400; i++ {
		spoilt[i] ^= 0x5a
	}
	sink := newMemSink()
	a, err := loadCalls(t, newTestLoader(t, testConfig(), sink), writeFile(t, "c.parquet", string(spoilt)))
	if fe, ok := IsFileError(err); !ok || !fe.Partial || a.Accepted < 1990 || a.Rejected == 0 {
		t.Errorf("%+v, %v", a, err)
	}
}

// TestFloatText: numbers from Parquet read as Go would write them.
func TestFloatText(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	check := func(v float64, bits int) {
		t.Helper()
		if bits == 32 {
			v = float64(float32(v))
		}
		if got, want := string(floatText(nil, v, bits)), strconv.FormatFloat(v, 'g', -1, bits); got != want {
			t.Fatalf("%v as float%d reads %q, want %q", v, bits, got, want)
		}
	}
	for _, bits := range []int{32, 64} {
		for _, v := range []float64{0, math.Copysign(0, -1), 1, -1, 0.1, -0.5, 30.157157, 1e-4, 1e-5, 123456, 1e6, 999999.9, 99999.9, 1e8, 1e15, 1e21, 1e22,
			math.MaxFloat32, math.SmallestNonzeroFloat32, 0.30000000000000004, 104.0798050, 1 << 53, 1<<53 + 2, math.Inf(1), math.Inf(-1)} {
			check(v, bits)
		}
		for range 200_000 {
			digits := math.Pow10(r.IntN(10))
			v := math.Round(r.NormFloat64()*math.Pow10(r.IntN(7))*digits) / digits
			check(v, bits)
			check(math.Nextafter(v, 2*v), bits)
			if any := math.Float64frombits(r.Uint64()); !math.IsNaN(any) {
				check(any, bits)
			}
		}
	}
}

func FuzzParquet(f *testing.F) {
	rows, _ := parquetCalls(50)
	f.Add([]byte(parquetOf(&testing.T{}, rows, 20)))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := writeFile(t, "f.parquet", string(data))
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		pf, err := openParquet(&input{name: path, file: file, size: int64(len(data))})
		if err != nil {
			return
		}
		chunks, r := &parquetChunks{pf: pf}, newParquetRows(pf)
		defer chunks.close()
		for ch, ok := chunks.next(); ok && ch.seq < 8; ch, ok = chunks.next() {
			if r.reset(ch.part) != nil {
				continue
			}
			for i := 0; i < 200; i++ {
				if more, _ := r.next(); !more {
					break
				}
			}
		}
	})
}
