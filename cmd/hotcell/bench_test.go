package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/hotcell/hotcell/cmd/citysim/city"
	"github.com/hotcell/hotcell/store/embedded"
	"github.com/hotcell/hotcell/store/storetest"
)

// The benchmarks run the whole program, and the engine alone, in processes of
// their own: time and memory are those a user sees.

// asChild, set in the environment, makes the test binary behave as hotcell or as
// the engine alone.
const asChild = "HOTCELL_TEST_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(asChild) {
	case "hotcell":
		main()
		return
	case "engine":
		if err := engineAlone(os.Args[1], os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(exitFailed)
		}
		return
	}
	storetest.Main(m)
}

// engineAlone does in SQL what a load of calls does, short of pseudonyms, places
// and rejects: the yardstick of the loading rate.
func engineAlone(dir, file string) error {
	ctx := context.Background()
	engine, err := embedded.Open(ctx, embedded.Config{Dir: dir})
	if err != nil {
		return err
	}
	defer engine.Close()
	options := engine.Options()
	options.Auth.Database = "hotcell"
	conn, err := clickhouse.Open(options)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Exec(ctx, `INSERT INTO calls (record_id, time, precision, customer, peer, outcome, duration_s, cause, rat,
		radio_cell, operator, floor, indoor, rating, method, lat, lon, accuracy_m, cell, place, scene, region, load, version)
	SELECT sipHash128(record_id), time, 0, sipHash64(subscriber_id), sipHash64(peer_id),
		transform(outcome, ['completed', 'poor', 'dropped', 'blocked'], [1, 2, 3, 4], 0), duration_s, cause,
		transform(rat, ['2g', '3g', '4g', '5g'], [1, 2, 3, 4], 0), cell_id, operator, floor,
		transform(indoor, ['indoor', 'outdoor', 'travelling'], [1, 2, 3], 0), rating, 1, lat, lon, accuracy_m,
		geoToH3(lat, lon, 11), 0, 0, '', 1, 1
	FROM file('`+file+`', CSVWithNames, 'record_id String, time DateTime, subscriber_id String, peer_id String,
		outcome String, duration_s Float32, cause String, rat String, cell_id String, operator String, lat Float64, lon Float64,
		accuracy_m Float32, floor Int16, indoor String, rating UInt8')
	SETTINGS geotoh3_argument_order = 'lat_lon', date_time_input_format = 'best_effort', max_threads = 2, max_insert_threads = 2`)
}

// cost is what a process took.
type cost struct {
	seconds   float64 // wall
	processor float64 // seconds on all cores
	mebibytes float64 // greatest resident memory
}

// add sums times over runs and keeps the greatest memory.
func (c *cost) add(o cost) {
	c.seconds += o.seconds
	c.processor += o.processor
	c.mebibytes = max(c.mebibytes, o.mebibytes)
}

// child runs this test binary in another role.
func child(b *testing.B, role string, args ...string) cost {
	b.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), asChild+"="+role)
	start := time.Now()
	out, err := cmd.CombinedOutput()
	seconds := time.Since(start).Seconds()
	if err != nil {
		b.Fatalf("%s %v: %v\n%s", role, args, err, out)
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	return cost{seconds, (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), float64(usage.Maxrss) / 1024}
}

func benchCity(b *testing.B, calls, complaints int) (dir string) {
	b.Helper()
	dir = b.TempDir()
	cfg := city.DefaultConfig()
	cfg.Calls, cfg.Complaints = calls, complaints
	if _, err := city.Write(context.Background(), dir, cfg, nil); err != nil {
		b.Fatal(err)
	}
	return dir
}

// benchCalls is the number of calls; HOTCELL_BENCH_CALLS changes it.
func benchCalls(b *testing.B) int {
	text := os.Getenv("HOTCELL_BENCH_CALLS")
	if text == "" {
		return 2_000_000
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		b.Fatalf("HOTCELL_BENCH_CALLS=%q is no number of calls", text)
	}
	return n
}

func loadCity(b *testing.B, dsn, dir string) {
	for _, f := range [][2]string{{"regions", "regions.geojson"}, {"venues", "venues.geojson"}, {"sites", "sites.csv"}, {"subscribers", "subscribers.csv"}} {
		child(b, "hotcell", "--store", dsn, "load", f[0], filepath.Join(dir, f[1]))
	}
}

// BenchmarkLoad guards the loading rate: "ratio" is ours over that of ClickHouse
// alone doing INSERT … SELECT …, geoToH3 FROM file() on the same rows.
func BenchmarkLoad(b *testing.B) {
	calls := benchCalls(b)
	dir := benchCity(b, calls, 0)
	file := filepath.Join(dir, "calls.csv")
	var ours, alone cost
	for i := 0; b.Loop(); i++ {
		mine, theirs := filepath.Join(dir, fmt.Sprint("mine", i)), filepath.Join(dir, fmt.Sprint("alone", i))
		loadCity(b, "embedded://"+mine, dir)
		child(b, "hotcell", "--store", "embedded://"+theirs, "migrate")
		ours.add(child(b, "hotcell", "--store", "embedded://"+mine, "load", "calls", file))
		alone.add(child(b, "engine", theirs, file))
		_ = os.RemoveAll(mine)
		_ = os.RemoveAll(theirs)
	}
	n := float64(calls) * float64(b.N)
	b.ReportMetric(n/ours.seconds, "records/s")
	b.ReportMetric(n/alone.seconds, "alone_records/s")
	b.ReportMetric(alone.seconds/ours.seconds, "ratio")
	b.ReportMetric(alone.processor/ours.processor, "processor_ratio")
	b.ReportMetric(ours.mebibytes, "MiB")
	b.ReportMetric(alone.mebibytes, "alone_MiB")
}

// BenchmarkRank guards the time of a ranking in a fresh process.
func BenchmarkRank(b *testing.B) {
	dir := benchCity(b, benchCalls(b), 10_000)
	dsn := "embedded://" + filepath.Join(dir, "store")
	loadCity(b, dsn, dir)
	child(b, "hotcell", "--store", dsn, "load", "calls", filepath.Join(dir, "calls.csv"))
	child(b, "hotcell", "--store", dsn, "load", "complaints", filepath.Join(dir, "complaints.csv"))
	var all cost
	for b.Loop() {
		all.add(child(b, "hotcell", "--store", dsn, "rank", "--format", "json"))
	}
	b.ReportMetric(all.seconds/float64(b.N), "s/ranking")
	b.ReportMetric(all.processor/float64(b.N), "processor_s/ranking")
	b.ReportMetric(all.mebibytes, "MiB")
}
