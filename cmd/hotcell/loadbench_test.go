package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/hotcell/hotcell/store/embedded"
)

// engineAlone runs statements in the engine with nothing of hotcell around it.
func engineAlone(dir string, statements []string) (err error) {
	ctx := context.Background()
	engine, err := embedded.Open(ctx, embedded.Config{Dir: dir})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	options := engine.Options()
	options.Auth.Database = "hotcell"
	conn, err := clickhouse.Open(options)
	if err != nil {
		return err
	}
	defer conn.Close()
	for _, sql := range statements {
		if err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// fromCSV reads a canonical file of calls in SQL.
func fromCSV(file string) string {
	return `file('` + file + `', CSVWithNames, 'record_id String, time DateTime, subscriber_id String, peer_id String,
		outcome String, duration_s Float32, cause String, rat String, cell_id String, operator String, lat Float64, lon Float64,
		accuracy_m Float32, floor Int16, indoor String, rating UInt8')`
}

// toParquet writes the same calls with the types an operator's tools would give
// them; what is empty there is null here.
func toParquet(csv, parquet string) string {
	return `INSERT INTO FUNCTION file('` + parquet + `', Parquet)
	SELECT * FROM file('` + csv + `', CSVWithNames, 'record_id String, time DateTime, subscriber_id String, peer_id Nullable(String),
		outcome String, duration_s Nullable(Float32), cause Nullable(String), rat Nullable(String), cell_id Nullable(String), operator Nullable(String),
		lat Nullable(Float64), lon Nullable(Float64), accuracy_m Nullable(Float32), floor Nullable(Int16), indoor Nullable(String), rating Nullable(UInt8)')`
}

// loadInSQL does what a load of calls does, short of pseudonyms, places and
// rejects: the yardstick of the loading rate.
func loadInSQL(file string) string {
	return `INSERT INTO calls (record_id, time, precision, customer, peer, outcome, duration_s, cause, rat,
		radio_cell, operator, floor, indoor, rating, method, lat, lon, accuracy_m, cell, place, scene, region, load, version)
	SELECT sipHash128(record_id), time, 0, sipHash64(subscriber_id), sipHash64(peer_id),
		transform(outcome, ['completed', 'poor', 'dropped', 'blocked'], [1, 2, 3, 4], 0), duration_s, cause,
		transform(rat, ['2g', '3g', '4g', '5g'], [1, 2, 3, 4], 0), cell_id, operator, floor,
		transform(indoor, ['indoor', 'outdoor', 'travelling'], [1, 2, 3], 0), rating, 1, lat, lon, accuracy_m,
		geoToH3(lat, lon, 11), 0, 0, '', 1, 1
	FROM ` + fromCSV(file) + `
	SETTINGS geotoh3_argument_order = 'lat_lon', date_time_input_format = 'best_effort', max_threads = 2, max_insert_threads = 2`
}

// undeduplicated makes the yardstick leave each block as it is, as hotcell does.
const undeduplicated = ", optimize_on_insert = 0"

// loadBench is a city, and stores that wait for its calls.
type loadBench struct {
	*testing.B
	calls             int
	dir, csv, parquet string
	stores            int
}

func newLoadBench(b *testing.B, calls int) *loadBench {
	dir := benchCity(b, calls, 0)
	l := &loadBench{B: b, calls: calls, dir: dir, csv: filepath.Join(dir, "calls.csv"), parquet: filepath.Join(dir, "calls.parquet")}
	b.Setenv("HOTCELL_PSEUDONYM_KEY_FILE", filepath.Join(dir, "pseudonym.key"))
	loadCity(b, "embedded://"+l.place("located"), dir)
	child(b, "hotcell", "--store", "embedded://"+l.place("empty"), "migrate")
	return l
}

func (l *loadBench) place(name string) string { return filepath.Join(l.dir, name) }

// in runs something on a copy of one of the stores.
func (l *loadBench) in(name string, run func(dir string) cost) cost {
	l.Helper()
	l.stores++
	dir := l.place(fmt.Sprint("store", l.stores))
	if err := os.CopyFS(dir, os.DirFS(l.place(name))); err != nil {
		l.Fatal(err)
	}
	defer os.RemoveAll(dir)
	return run(dir)
}

func (l *loadBench) load(file string) cost {
	return l.in("located", func(dir string) cost { return l.loadAs("--store", "embedded://"+dir, file) })
}

// loadAs loads a file that must be accepted whole.
func (l *loadBench) loadAs(flag, home, file string) cost {
	l.Helper()
	c, out := childSays(l.B, "hotcell", flag, home, "load", "calls", "--format", "json", file)
	var results []loadResult
	if err := json.Unmarshal(out, &results); err != nil || len(results) != 1 || results[0].Accepted != uint64(l.calls) {
		l.Fatalf("of %d calls of %s: %v %s", l.calls, file, err, out)
	}
	return c
}

func (l *loadBench) alone(settings string) cost {
	return l.in("empty", func(dir string) cost { return child(l.B, "engine", dir, loadInSQL(l.csv)+settings) })
}

// send loads the file through a running server. The cost is that of the sender;
// only its seconds tell something.
func (l *loadBench) send() cost {
	return l.in("located", func(dir string) (sending cost) {
		server := exec.Command(os.Args[0], "--store", "embedded://"+dir, "serve", "--listen", "127.0.0.1:0")
		server.Env = append(os.Environ(), asChild+"=hotcell")
		url := serving(l, server)
		sending = l.loadAs("--server", url, l.csv)
		if err := errors.Join(server.Process.Signal(os.Interrupt), server.Wait()); err != nil {
			l.Fatal(err)
		}
		return sending
	})
}

// BenchmarkLoad guards the loading rate. All run in turns on the same calls, and
// "ratio" is ours over that of ClickHouse alone doing INSERT … SELECT …, geoToH3
// FROM file(CSV); "undeduplicated" the same where ClickHouse alone leaves blocks as
// they come, "parquet" and "http" are rates over that of the CSV file.
func BenchmarkLoad(b *testing.B) {
	calls := benchCalls(b)
	l := newLoadBench(b, calls)
	l.in("empty", func(dir string) cost {
		return child(b, "engine", dir, toParquet(l.csv, l.parquet))
	})
	var csv, parquet, http, alone, plain cost
	for b.Loop() {
		csv.add(l.load(l.csv))
		alone.add(l.alone(""))
		parquet.add(l.load(l.parquet))
		plain.add(l.alone(undeduplicated))
		http.add(l.send())
	}
	n := float64(calls) * float64(b.N)
	b.ReportMetric(n/csv.seconds, "records/s")
	b.ReportMetric(n/alone.seconds, "alone_records/s")
	b.ReportMetric(alone.seconds/csv.seconds, "ratio")
	b.ReportMetric(alone.processor/csv.processor, "processor_ratio")
	b.ReportMetric(plain.seconds/csv.seconds, "undeduplicated_ratio")
	b.ReportMetric(csv.seconds/parquet.seconds, "parquet_ratio")
	b.ReportMetric(csv.processor/parquet.processor, "parquet_processor_ratio")
	b.ReportMetric(csv.seconds/http.seconds, "http_ratio")
	b.ReportMetric(csv.mebibytes, "MiB")
	b.ReportMetric(parquet.mebibytes, "parquet_MiB")
	b.ReportMetric(alone.mebibytes, "alone_MiB")
}

// BenchmarkLoadSizes guards that memory and the processor time of a million calls
// do not grow with the file. "idle_MiB" is the engine that does nothing.
func BenchmarkLoadSizes(b *testing.B) {
	most := benchCalls(b)
	for _, calls := range []int{most / 8, most / 2, most} {
		b.Run(fmt.Sprintf("calls=%d", calls), func(b *testing.B) {
			l := newLoadBench(b, calls)
			var ours, alone, idle cost
			for b.Loop() {
				ours.add(l.load(l.csv))
				alone.add(l.alone(""))
				idle.add(l.in("located", func(dir string) cost { return child(b, "engine", dir, "SELECT 1") }))
			}
			millions := float64(calls) / 1e6 * float64(b.N)
			b.ReportMetric(ours.processor/millions, "processor_s/million")
			b.ReportMetric(alone.processor/millions, "alone_processor_s/million")
			b.ReportMetric(ours.mebibytes, "MiB")
			b.ReportMetric(alone.mebibytes, "alone_MiB")
			b.ReportMetric(idle.mebibytes, "idle_MiB")
		})
	}
}
