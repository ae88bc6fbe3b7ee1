package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/hotcell/hotcell/cmd/citysim/city"
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
		if err := engineAlone(os.Args[1], os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(exitFailed)
		}
		return
	}
	storetest.Main(m, func() { removeSmallCity() }) // as it is then
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
	c, _ := childSays(b, role, args...)
	return c
}

// childSays also gives what it prints.
func childSays(b *testing.B, role string, args ...string) (c cost, out []byte) {
	b.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), asChild+"="+role)
	errs := &bytes.Buffer{}
	cmd.Stderr = errs
	start := time.Now()
	out, err := cmd.Output()
	seconds := time.Since(start).Seconds()
	if err != nil {
		b.Fatalf("%s %v: %v\n%s%s", role, args, err, out, errs)
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	c = cost{seconds, (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), float64(usage.Maxrss) / 1024}
	return c, out
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
