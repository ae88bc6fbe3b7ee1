package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hotcell/hotcell/api"
	"github.com/hotcell/hotcell/store/embedded"
	"github.com/hotcell/hotcell/store/storetest"
)

// process runs this test binary as the hotcell program.
func process(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), asChild+"=hotcell", "XDG_CONFIG_HOME="+t.TempDir())
	return cmd
}

var listening = regexp.MustCompile(`url=(http://127\.0\.0\.1:\d+)`)

// serving starts a command line of serve and gives its URL when it listens.
func serving(tb testing.TB, cmd *exec.Cmd) (url string) {
	tb.Helper()
	log := &lockedBuffer{}
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if m := listening.FindStringSubmatch(log.String()); m != nil {
			return m[1]
		}
	}
	_ = cmd.Process.Kill()
	tb.Fatalf("serve does not listen:\n%s", log.String())
	return ""
}

// A load killed at any moment and loaded again leaves every call exactly once.
func TestKilledLoadsLoseAndDoubleNothing(t *testing.T) {
	_, err := embedded.FindLibrary()
	storetest.Need(t, err, embedded.ErrNoLibrary)
	c := theSmallCity(t)
	dsn := "embedded://" + filepath.Join(t.TempDir(), "store")
	calls := c.file("calls.csv")
	if out, err := process(t, "--store", dsn, "load", "venues", c.file("venues.geojson")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	killed := 0
	for _, after := range []time.Duration{400, 700, 1000, 1500, 2100} {
		cmd := process(t, "--store", dsn, "load", "calls", calls)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(after * time.Millisecond)
		_ = cmd.Process.Kill() // SIGKILL; it may have ended by itself
		if cmd.Wait() != nil {
			killed++
		}
	}
	if killed == 0 {
		t.Fatal("no load was killed: this test shows nothing")
	}
	out, err := process(t, "--store", dsn, "load", "calls", calls).CombinedOutput()
	if err != nil {
		t.Fatalf("the load after the kills: %v\n%s", err, out)
	}
	stdout, err := process(t, "--store", dsn, "rank", "--format", "json", "--top", "0").Output()
	var r api.Ranking
	if err != nil || json.Unmarshal(stdout, &r) != nil {
		t.Fatalf("rank: %v %s", err, stdout)
	}
	if r.Run.Summary.Calls != uint64(c.summary.Calls) {
		t.Errorf("after %d killed loads the store has %d calls, want %d", killed, r.Run.Summary.Calls, c.summary.Calls)
	}
	t.Logf("%d loads killed; %d calls in the store", killed, r.Run.Summary.Calls)
}

// A second process is told who has the store, and what to do.
func TestSecondProcessIsToldWhoHasTheStore(t *testing.T) {
	_, err := embedded.FindLibrary()
	storetest.Need(t, err, embedded.ErrNoLibrary)
	dsn := "embedded://" + filepath.Join(t.TempDir(), "store")
	server := process(t, "--store", dsn, "serve", "--listen", "127.0.0.1:0")
	serving(t, server)
	defer func() {
		_ = server.Process.Signal(os.Interrupt)
		if err := server.Wait(); err != nil {
			t.Errorf("serve ended with %v after an interrupt\n%s", err, server.Stderr)
		}
	}()
	out, err := process(t, "--store", dsn, "rank").CombinedOutput()
	if err == nil || !strings.Contains(string(out), fmt.Sprint(server.Process.Pid)) || !strings.Contains(string(out), "--server") {
		t.Errorf("the second process: %v %q; want the first one's pid %d and --server", err, out, server.Process.Pid)
	}
}

// A disk that fills up ends the load with a sentence; what was stored stays, and
// the load completes once there is room.
func TestFullDisk(t *testing.T) {
	_, err := embedded.FindLibrary()
	storetest.Need(t, err, embedded.ErrNoLibrary)
	small := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", small).CombinedOutput(); err != nil {
		t.Skipf("a small disk cannot be mounted here (it takes root): %s", out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", small).CombinedOutput(); err != nil {
			t.Errorf("umount: %s", out)
		}
	})
	c := theSmallCity(t)
	dsn := "embedded://" + filepath.Join(small, "store")
	// The disk is filled but for some MiB by something else.
	filler := filepath.Join(small, "filler")
	if err := os.WriteFile(filler, make([]byte, 32<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := process(t, "--store", dsn, "load", "calls", c.file("calls.csv")).CombinedOutput()
	if err == nil || !strings.Contains(strings.ToLower(string(out)), "space") && !strings.Contains(strings.ToLower(string(out)), "full") {
		t.Fatalf("the load on a full disk: %v %s", err, out)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if out, err := process(t, "--store", dsn, "load", "calls", c.file("calls.csv")).CombinedOutput(); err != nil {
		t.Fatalf("the load after room was made: %v %s", err, out)
	}
	// The file system becomes read-only, as after a fault of the disk: that is said, and passes.
	remount := func(how string) {
		t.Helper()
		if out, err := exec.Command("mount", "-o", "remount,"+how, small).CombinedOutput(); err != nil {
			t.Fatalf("remount %s: %s", how, out)
		}
	}
	remount("ro")
	for _, args := range [][]string{{"load", "calls", c.file("calls.csv")}, {"rank"}} {
		if out, err := process(t, append([]string{"--store", dsn}, args...)...).CombinedOutput(); err == nil || !strings.Contains(string(out), "read-only") || !strings.Contains(string(out), small) {
			t.Errorf("%s on a read-only file system: %v %s", args[0], err, out)
		}
	}
	remount("rw")
	stdout, err := process(t, "--store", dsn, "rank", "--format", "json").Output()
	var r api.Ranking
	if err != nil || json.Unmarshal(stdout, &r) != nil || r.Run.Summary.Calls != uint64(c.summary.Calls) {
		t.Errorf("afterwards the store has %d calls, want %d (%v)", r.Run.Summary.Calls, c.summary.Calls, err)
	}
}
