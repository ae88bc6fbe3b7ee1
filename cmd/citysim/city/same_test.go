package city

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

var update = flag.Bool("update", false, "write the golden hashes anew")

// small is a city that takes a fraction of a second.
func small(t Type) Config {
	cfg := DefaultConfig()
	cfg.Type, cfg.Calls, cfg.Days, cfg.Seed = t, 30_000, 14, 5
	return cfg
}

func hashes(t *testing.T, dir string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) < 9 {
		t.Fatalf("%d files in the city, %v", len(files), err)
	}
	out := map[string]string{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		h := sha256.Sum256(b)
		out[filepath.Base(f)] = hex.EncodeToString(h[:])
	}
	return out
}

func write(t *testing.T, cfg Config) (string, *Summary) {
	t.Helper()
	dir := t.TempDir()
	s, err := Write(context.Background(), dir, cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	return dir, s
}

func same(t *testing.T, a, b map[string]string) {
	t.Helper()
	if len(a) != len(b) {
		t.Errorf("%d files against %d", len(a), len(b))
	}
	for f := range a {
		if a[f] != b[f] {
			t.Errorf("%s differs", f)
		}
	}
}

func TestSameCityWithAnyNumberOfCores(t *testing.T) {
	for _, kind := range Types() {
		cfg := small(kind)
		cfg.Dirt, cfg.Split = 0.01, kind == Sprawl
		cfg.Workers = 1
		one, _ := write(t, cfg)
		cfg.Workers = 7
		before := runtime.GOMAXPROCS(5)
		many, _ := write(t, cfg)
		runtime.GOMAXPROCS(before)
		same(t, hashes(t, one), hashes(t, many))
	}
}

func TestSeedsDiffer(t *testing.T) {
	cfg := small(Dense)
	a, _ := write(t, cfg)
	cfg.Seed++
	b, _ := write(t, cfg)
	ha, hb := hashes(t, a), hashes(t, b)
	for f := range ha {
		if ha[f] == hb[f] {
			t.Errorf("%s is the same for two seeds", f)
		}
	}
}

// The golden hashes hold on every processor: nothing in a city depends on how a
// compiler rounds. truth.json is left out, because its unit is the method's.
func TestGoldenCity(t *testing.T) {
	const golden = "testdata/golden.json"
	got := map[string]map[string]string{}
	for _, kind := range Types() {
		dir, _ := write(t, small(kind))
		h := hashes(t, dir)
		delete(h, TruthFile)
		got[string(kind)] = h
	}
	b, err := json.MarshalIndent(got, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, append(b, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(bytes.TrimSpace(want), b) {
		t.Errorf("the cities differ from %s; if that is meant, run go test -run GoldenCity -update\n%s", golden, b)
	}
}

// A processor with fused multiply-add rounds x*y+z once instead of twice. Built
// for one, the program must still make the same city.
func TestSameCityWithFusedArithmetic(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the golden hashes say the same on this processor")
	}
	if os.Getenv("CITYSIM_FUSED") == "" {
		t.Skip("compiles the whole program anew, a minute: set CITYSIM_FUSED=1 to run it")
	}
	cpu, err := os.ReadFile("/proc/cpuinfo")
	if err != nil || !bytes.Contains(cpu, []byte(" fma ")) || !bytes.Contains(cpu, []byte(" bmi2 ")) || !bytes.Contains(cpu, []byte(" avx2 ")) {
		t.Skip("this processor has no fused arithmetic")
	}
	bin := filepath.Join(t.TempDir(), "citysim")
	build := exec.Command("go", "build", "-o", bin, "github.com/hotcell/hotcell/cmd/citysim")
	build.Env = append(os.Environ(), "GOAMD64=v3")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	dir := t.TempDir()
	if out, err := exec.Command(bin, "--out", dir, "--type", "sprawl", "--calls", "30000", "--days", "14", "--seed", "5").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	plain, _ := write(t, small(Sprawl))
	same(t, hashes(t, plain), hashes(t, dir))
}

func TestDeterministicFunctions(t *testing.T) {
	for _, c := range []struct{ got, want float64 }{
		{exp(0), 1}, {exp(1), 2.718281828459045}, {exp(-20.5), 1.250152866386743e-09}, {ln(10), 2.302585092994046}, {ln(1e-9), -20.72326583694641},
	} {
		if d := c.got/c.want - 1; d > 1e-14 || d < -1e-14 {
			t.Errorf("got %v, want %v", c.got, c.want)
		}
	}
	s, co := sincos(2.5)
	if d := s - 0.5984721441039564; d > 1e-14 || d < -1e-14 {
		t.Error("sin 2.5 is", s)
	}
	if d := co + 0.8011436155469337; d > 1e-14 || d < -1e-14 {
		t.Error("cos 2.5 is", co)
	}
	r := newRng(1, 2, 3)
	p := newPicker([]uint32{1, 0, 5, 4})
	var n [4]int
	for range 100_000 {
		n[p.pick(&r)]++
	}
	if n[1] != 0 || n[0] < 9_000 || n[0] > 11_000 || n[2] < 49_000 || n[2] > 51_000 {
		t.Error("weights 1 0 5 4 were drawn", n)
	}
}
