package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hotcell/hotcell/api"
	"github.com/hotcell/hotcell/store/storetest"
)

// within waits until f holds.
func within(t *testing.T, limit time.Duration, what string, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !f(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s", what, limit)
		}
	}
}

// watching runs "hotcell watch" on a folder until the returned function is called.
func (h home) watching(dir string, args ...string) (stop func()) {
	h.t.Helper()
	h.t.Setenv("HOTCELL_PSEUDONYM_KEY_FILE", h.keyFile)
	h.t.Setenv("XDG_CONFIG_HOME", h.t.TempDir())
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan int, 1)
	log := &lockedBuffer{}
	go func() {
		ended <- run(ctx, append(append([]string{"--store", h.dsn}, args...), "watch", dir, "--feed", "calls", "--settle", "200ms", "--every", "50ms"),
			strings.NewReader(""), io.Discard, log)
	}()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if code := <-ended; code != exitDone {
			h.t.Errorf("watch: exit %d\n%s", code, log.String())
		}
	}
	h.t.Cleanup(stop)
	return stop
}

func readAccount(t *testing.T, path string) (a watchAccount) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return a
}

const callHeader = "record_id,time,outcome,lat,lon\n"

func callRow(id int) string { return fmt.Sprintf("%d,2026-05-01T10:00:00Z,completed,31.2,121.5\n", id) }

func TestDropFolder(t *testing.T) {
	eachHome(t, func(t *testing.T, h home) {
		dir := t.TempDir()
		for name, text := range map[string]string{
			"a.csv": callHeader + callRow(1) + "2,never,completed,31.2,121.5\n", "bad.csv": "nonsense\n1\n", "worthless.csv": callHeader + "9,never,completed,31.2,121.5\n",
			".hidden.csv": callHeader + callRow(7), "b.csv.tmp": callHeader + callRow(7), "c.csv.part": callHeader + callRow(7),
		} {
			write(t, dir, name, text)
		}
		stop := h.watching(dir)
		// A file that grows is not taken before it has come to rest.
		growing, err := os.Create(filepath.Join(dir, "growing.csv"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = growing.WriteString(callHeader)
		for i := range 10 {
			_, _ = growing.WriteString(callRow(100 + i))
			time.Sleep(100 * time.Millisecond)
			if exists(filepath.Join(dir, "done", "growing.csv")) {
				t.Fatal("a file was taken while it grew")
			}
		}
		growing.Close()
		in := func(path string) func() bool { return func() bool { return exists(filepath.Join(dir, path)) } }
		within(t, 30*time.Second, "a.csv", in("done/a.csv"))
		within(t, 30*time.Second, "bad.csv", in("failed/bad.csv"))
		within(t, 30*time.Second, "worthless.csv", in("failed/worthless.csv"))
		within(t, 30*time.Second, "growing.csv", in("done/growing.csv"))
		if a := readAccount(t, filepath.Join(dir, "done", "a.csv.json")); a.Read != 2 || a.Accepted != 1 || a.Rejected != 1 || len(a.FirstRejects) != 1 || a.Error != "" {
			t.Errorf("a.csv: %+v", a)
		}
		if a := readAccount(t, filepath.Join(dir, "failed", "bad.csv.json")); a.Error == "" || a.Accepted != 0 {
			t.Errorf("bad.csv: %+v", a)
		}
		if a := readAccount(t, filepath.Join(dir, "done", "growing.csv.json")); a.Accepted != 10 {
			t.Errorf("growing.csv: %+v", a)
		}
		// Another file under the same name, renamed in.
		write(t, dir, ".next", callHeader+callRow(50)+callRow(51))
		if err := os.Rename(filepath.Join(dir, ".next"), filepath.Join(dir, "a.csv")); err != nil {
			t.Fatal(err)
		}
		within(t, 30*time.Second, "a.csv again", in("done/a~2.csv"))
		if a := readAccount(t, filepath.Join(dir, "done", "a~2.csv.json")); a.Accepted != 2 {
			t.Errorf("a.csv again: %+v", a)
		}
		stop()
		for _, name := range []string{".hidden.csv", "b.csv.tmp", "c.csv.part"} {
			if !exists(filepath.Join(dir, name)) {
				t.Errorf("%s was taken", name)
			}
		}
		if r := h.rank(); r.Run.Summary.Calls != 13 {
			t.Errorf("the store has %d calls, want 13", r.Run.Summary.Calls)
		}
	})
}

// A drop folder on a server that holds the store.
func TestDropFolderOnServer(t *testing.T) {
	eachHome(t, func(t *testing.T, h home) {
		dir := t.TempDir()
		stop := h.watching(dir, "--server", h.serving())
		write(t, dir, "a.csv", callHeader+callRow(1))
		within(t, 30*time.Second, "a.csv", func() bool { return exists(filepath.Join(dir, "done", "a.csv")) })
		stop()
		if a := readAccount(t, filepath.Join(dir, "done", "a.csv.json")); a.Accepted != 1 {
			t.Errorf("%+v", a)
		}
	})
}

// child runs the program in a process of its own, which can be killed.
func (h home) child(args ...string) (*exec.Cmd, *lockedBuffer, *bytes.Buffer) {
	h.t.Helper()
	cmd := exec.Command(os.Args[0], append([]string{"--store", h.dsn}, args...)...)
	cmd.Env = append(os.Environ(), asChild+"=hotcell", "HOTCELL_PSEUDONYM_KEY_FILE="+h.keyFile, "XDG_CONFIG_HOME="+h.t.TempDir())
	log, out := &lockedBuffer{}, &bytes.Buffer{}
	cmd.Stderr, cmd.Stdout = log, out
	return cmd, log, out
}

// kill -9 while a file is being loaded: it stays where it was, and the next watcher
// completes it without doubling.
func TestDropFolderSurvivesKill(t *testing.T) {
	const rows = 300_000
	var text strings.Builder
	text.WriteString(callHeader)
	for i := range rows {
		text.WriteString(callRow(i))
	}
	for kind, dsn := range map[string]func() string{
		"embedded": func() string { return "embedded://" + filepath.Join(t.TempDir(), "store") },
		"server":   func() string { return storetest.Server(t) },
		"cluster":  func() string { return storetest.Clustered(t) },
	} {
		t.Run(kind, func(t *testing.T) {
			h := home{t: t, dsn: dsn(), keyFile: filepath.Join(t.TempDir(), "key")}
			// A cluster whose nodes were killed before may take its time over the schema: not in the minute
			// the load has to begin. In a process of its own, as the engine takes one directory at a time.
			if cmd, log, _ := h.child("migrate"); cmd.Run() != nil {
				t.Fatalf("migrate:\n%s", log.String())
			}
			dir := t.TempDir()
			write(t, dir, "calls.csv", text.String())
			// start gives a watcher that has begun to load the file.
			start := func() (*exec.Cmd, *lockedBuffer) {
				t.Helper()
				cmd, log, _ := h.child("watch", dir, "--feed", "calls", "--settle", "1ms", "--every", "20ms")
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				for deadline := time.Now().Add(time.Minute); !strings.Contains(log.String(), "file is being loaded"); time.Sleep(5 * time.Millisecond) {
					if time.Now().After(deadline) {
						_ = cmd.Process.Kill()
						_ = cmd.Wait()
						t.Fatalf("the load does not begin:\n%s", log.String())
					}
				}
				return cmd, log
			}
			done := filepath.Join(dir, "done", "calls.csv")
			kills := 0
			for _, wait := range []time.Duration{100 * time.Millisecond, 400 * time.Millisecond, 900 * time.Millisecond} {
				cmd, _ := start()
				time.Sleep(wait)
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
				if exists(done) {
					break
				}
				if !exists(filepath.Join(dir, "calls.csv")) {
					t.Fatal("the file is neither where it was nor done")
				}
				kills++
			}
			if kills == 0 {
				t.Fatal("the load was over before the first kill: give the file more rows")
			}
			if !exists(done) {
				cmd, log := start()
				within(t, time.Minute, "calls.csv", func() bool { return exists(done) })
				_ = cmd.Process.Signal(os.Interrupt)
				if err := cmd.Wait(); err != nil {
					t.Errorf("watch: %v\n%s", err, log.String())
				}
			}
			a := readAccount(t, done+".json")
			if a.Read != rows || a.Accepted+a.Duplicate != rows || a.Rejected != 0 {
				t.Errorf("after %d kills: %+v", kills, a.Account)
			}
			cmd, log, out := h.child("rank", "--format", "json")
			var r api.Ranking
			if err := cmd.Run(); err != nil || json.Unmarshal(out.Bytes(), &r) != nil || r.Run.Summary.Calls != rows {
				t.Errorf("after %d kills the store has %d calls, want %d: %v\n%s", kills, r.Run.Summary.Calls, rows, err, log.String())
			}
			t.Logf("%d kills; the last load accepted %d and knew %d", kills, a.Accepted, a.Duplicate)
		})
	}
}

// Interrupted between account and move, the file is loaded again, which brings
// nothing; the account of the first time stays.
func TestDropFolderKeepsTheFirstAccount(t *testing.T) {
	h := home{t: t, dsn: storetest.Embedded(t), keyFile: filepath.Join(t.TempDir(), "key")}
	dir := t.TempDir()
	file := write(t, dir, "a.csv", callHeader+callRow(1))
	stop := h.watching(dir)
	done := func() bool { return exists(filepath.Join(dir, "done", "a.csv")) }
	within(t, 30*time.Second, "a.csv", done)
	stop()
	if err := os.Rename(filepath.Join(dir, "done", "a.csv"), file); err != nil {
		t.Fatal(err)
	}
	stop = h.watching(dir)
	within(t, 30*time.Second, "a.csv again", done)
	stop()
	if a := readAccount(t, filepath.Join(dir, "done", "a.csv.json")); a.Accepted != 1 || a.AlreadyHad {
		t.Errorf("%+v", a)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "done", "*")); len(left) != 2 {
		t.Errorf("done holds %q", left)
	}
}
