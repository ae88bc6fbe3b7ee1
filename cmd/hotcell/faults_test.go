package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hotcell/hotcell/store/storetest"
)

// The fault tests run hotcell in processes of its own, end them and the servers
// they work on in the middle, and then read every replica: it must hold each call
// once, as it would be had nothing happened.

// overlapping are the small city's calls cut into files that share rows with their
// neighbours, and what a store holds that loaded them undisturbed.
var overlapping = sync.OnceValues(func() (files []string, err error) {
	c, err := smallCity()
	if err != nil {
		return nil, err
	}
	const each, step = 15_000, 10_000
	in, err := os.Open(c.file("calls.csv"))
	if err != nil {
		return nil, err
	}
	defer in.Close()
	var header string
	var rows []string
	for scan := bufio.NewScanner(in); scan.Scan(); {
		if header == "" {
			header = scan.Text()
			continue
		}
		rows = append(rows, scan.Text())
	}
	for from := 0; from < len(rows); from += step {
		name := c.file(fmt.Sprintf("part-%02d.csv", len(files)))
		part := rows[from:min(from+each, len(rows))]
		if err := os.WriteFile(name, []byte(header+"\n"+strings.Join(part, "\n")+"\n"), 0o600); err != nil {
			return nil, err
		}
		files = append(files, name)
	}
	return files, nil
})

// faultyHome is a store whose copies can be read.
type faultyHome struct {
	home
	tally func(context.Context) (storetest.Tally, error)
}

func onNode(t *testing.T, n *storetest.Node) faultyHome {
	database := storetest.Database()
	return faultyHome{home{t: t, dsn: n.DSN(database), keyFile: filepath.Join(t.TempDir(), "key")},
		func(ctx context.Context) (storetest.Tally, error) { return n.Tally(ctx, database) }}
}

func onCluster(t *testing.T, c *storetest.Cluster) faultyHome {
	database := storetest.Database()
	return faultyHome{home{t: t, dsn: c.DSN(database, 0), keyFile: filepath.Join(t.TempDir(), "key")},
		func(ctx context.Context) (storetest.Tally, error) { return c.Tally(ctx, database) }}
}

// parts are the files, and every home the fault tests use has the same key: their
// pseudonyms must be the same.
func (h faultyHome) parts() []string {
	h.t.Helper()
	files, err := overlapping()
	if err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(h.keyFile, []byte(strings.Repeat("5a", keyBytes)+"\n"), 0o600); err != nil {
		h.t.Fatal(err)
	}
	return files
}

// undisturbed is what a store holds that loaded all files without a fault.
var undisturbed = sync.OnceValue(func() (want struct {
	storetest.Tally
	err error
}) {
	var c smallCityFiles
	if c, want.err = smallCity(); want.err != nil {
		return want
	}
	dir, err := os.MkdirTemp(c.dir, "undisturbed-")
	if want.err = err; err != nil {
		return want
	}
	n, err := storetest.StartNode(context.Background(), dir)
	if want.err = err; err != nil {
		return want
	}
	defer n.Kill()
	key := filepath.Join(dir, "key")
	if want.err = os.WriteFile(key, []byte(strings.Repeat("5a", keyBytes)+"\n"), 0o600); want.err != nil {
		return want
	}
	cmd := exec.Command(os.Args[0], "--store", n.DSN("undisturbed"), "load", "calls", c.file("calls.csv"))
	cmd.Env = append(os.Environ(), asChild+"=hotcell", "HOTCELL_PSEUDONYM_KEY_FILE="+key, "XDG_CONFIG_HOME="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		want.err = fmt.Errorf("%w\n%s", err, out)
		return want
	}
	want.Tally, want.err = n.Tally(context.Background(), "undisturbed")
	return want
})

// exact holds what every replica has against an undisturbed load. Replicas that
// have just come back get some time.
func (h faultyHome) exact() {
	h.t.Helper()
	want := undisturbed()
	storetest.Need(h.t, want.err, storetest.ErrNoServer)
	if c := theSmallCity(h.t); want.Calls != uint64(c.summary.Calls) {
		h.t.Fatalf("undisturbed, the store has %d calls, want %d", want.Calls, c.summary.Calls)
	}
	var got storetest.Tally
	var err error
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		if got, err = h.tally(h.t.Context()); err == nil || time.Now().After(deadline) {
			break
		}
	}
	if err != nil || got != want.Tally {
		h.t.Errorf("the store holds %+v (%v), want %+v", got, err, want.Tally)
	}
}

// loader is a load in a process of its own.
type loader struct {
	t     *testing.T
	cmd   *exec.Cmd
	log   *lockedBuffer
	out   *lockedBuffer
	over  chan struct{} // closed when it has ended
	ended error         // how
}

// start loads files; patience is how long the store may be away.
func (h faultyHome) start(patience time.Duration, files ...string) *loader {
	h.t.Helper()
	cmd, log, _ := h.child(append([]string{"load", "calls"}, files...)...)
	cmd.Env = append(cmd.Env, "HOTCELL_STORE_RETRY_FOR="+patience.String())
	l := &loader{t: h.t, cmd: cmd, log: log, out: &lockedBuffer{}, over: make(chan struct{})}
	cmd.Stdout = l.out
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	go func() {
		l.ended = cmd.Wait()
		close(l.over)
	}()
	h.t.Cleanup(func() { _ = cmd.Process.Kill() }) // ended long ago, unless the test failed
	return l
}

// wait gives how the load ended.
func (l *loader) wait() error {
	<-l.over
	return l.ended
}

// done is how many files the load has through.
func (l *loader) done() int { return strings.Count(l.out.String(), ": read ") }

// after waits until the load has so many files through, and a little longer.
func (l *loader) after(files int) {
	l.t.Helper()
	deadline := time.After(2 * time.Minute)
	for l.done() < files {
		select {
		case <-time.After(5 * time.Millisecond):
			continue
		case <-l.over:
		case <-deadline:
		}
		l.t.Fatalf("the load does not come to file %d:\n%s%s", files, l.out.String(), l.log.String())
	}
	time.Sleep(rand.N(100 * time.Millisecond))
}

// kill ends the load with SIGKILL.
func (l *loader) kill() {
	l.t.Helper()
	_ = l.cmd.Process.Kill()
	if l.wait() == nil {
		l.t.Error("the load was over before it was killed: the test shows nothing")
	}
}

// ends waits for a load that has to succeed.
func (l *loader) ends() {
	l.t.Helper()
	if err := l.wait(); err != nil {
		l.t.Fatalf("the load: %v\n%s%s", err, l.out.String(), l.log.String())
	}
}

// fails waits for a load that has to give up, saying so.
func (l *loader) fails(sentence string) {
	l.t.Helper()
	err := l.wait()
	if err == nil || l.cmd.ProcessState.ExitCode() != exitFailed || !regexp.MustCompile(sentence).MatchString(l.log.String()) {
		l.t.Errorf("the load ended with %v and said %q; want exit %d and %q", err, l.log.String(), exitFailed, sentence)
	}
}

// A server that is killed or restarted under a load is waited for. Away for too
// long, it ends the load with a sentence, and loading again completes it.
func TestServerRestartsUnderALoad(t *testing.T) {
	n, err := storetest.StartNode(t.Context(), t.TempDir())
	storetest.Need(t, err, storetest.ErrNoServer)
	defer func() { n.Kill() }()
	h := onNode(t, n)
	files := h.parts()

	impatient := h.start(500*time.Millisecond, files...)
	impatient.after(1)
	n.Kill()
	impatient.fails("no connection: check the address|the connection broke")
	start := func() {
		t.Helper()
		if err := n.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	start()
	patient := h.start(time.Minute, files...)
	patient.after(4)
	n.Kill()
	time.Sleep(300 * time.Millisecond)
	start()
	patient.after(7)
	n.Stop()
	time.Sleep(300 * time.Millisecond)
	start()
	patient.ends()
	h.exact()
}

// Ten processes load files that share rows, each beginning with another.
func TestTenLoadersAtOnce(t *testing.T) {
	for kind, home := range map[string]func(*testing.T) (faultyHome, func(int) string){
		"server": func(t *testing.T) (faultyHome, func(int) string) {
			n, err := storetest.StartNode(t.Context(), t.TempDir())
			storetest.Need(t, err, storetest.ErrNoServer)
			t.Cleanup(func() { n.Kill() })
			h := onNode(t, n)
			return h, func(int) string { return h.dsn }
		},
		"cluster": func(t *testing.T) (faultyHome, func(int) string) {
			c := storetest.SharedCluster(t)
			database := storetest.Database()
			h := faultyHome{home{t: t, dsn: c.DSN(database, 0), keyFile: filepath.Join(t.TempDir(), "key")},
				func(ctx context.Context) (storetest.Tally, error) { return c.Tally(ctx, database) }}
			return h, func(i int) string { return c.DSN(database, i%4) }
		},
	} {
		t.Run(kind, func(t *testing.T) {
			h, dsn := home(t)
			files := h.parts()
			h.must("migrate")
			var loaders []*loader
			for i := range 10 {
				h.dsn = dsn(i)
				loaders = append(loaders, h.start(time.Minute, files[i], files[i+1], files[i+2]))
			}
			for _, l := range loaders {
				l.ends()
			}
			h.exact()
		})
	}
}

// A full disk on the server ends a load with a sentence; with room again it is completed.
func TestServerDiskFull(t *testing.T) {
	small := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", small).CombinedOutput(); err != nil {
		t.Skipf("a small disk cannot be mounted here (it takes root): %s", out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", small).CombinedOutput(); err != nil {
			t.Errorf("umount: %s", out)
		}
	})
	n, err := storetest.StartNode(t.Context(), small)
	storetest.Need(t, err, storetest.ErrNoServer)
	defer func() { n.Kill() }()
	h := onNode(t, n)
	files := h.parts()
	h.must("migrate")
	filler := filepath.Join(small, "filler")
	if err := os.WriteFile(filler, make([]byte, 44<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	h.start(time.Minute, files...).fails("make room on the disk, then load again: nothing is counted twice")
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	h.start(time.Minute, files...).ends()
	h.exact()
}

// Who may only read is told so at once.
func TestStoreThatMayOnlyBeRead(t *testing.T) {
	n, err := storetest.StartNode(t.Context(), t.TempDir())
	storetest.Need(t, err, storetest.ErrNoServer)
	defer n.Kill()
	h := onNode(t, n)
	files := h.parts()
	h.must("migrate")
	reader := h
	reader.dsn = strings.Replace(h.dsn, "://", "://reader@", 1)
	begun := time.Now()
	reader.start(time.Minute, files[0]).fails("the user may only read: use one that may write")
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("that took %s: it must not be tried again", took)
	}
}

// A server that takes records is killed while a delivery is under way; the same delivery is sent until it is answered.
func TestIntakeKilledBetweenAcceptanceAndStore(t *testing.T) {
	for kind, home := range map[string]func(*testing.T) faultyHome{
		"server": func(t *testing.T) faultyHome {
			n, err := storetest.StartNode(t.Context(), t.TempDir())
			storetest.Need(t, err, storetest.ErrNoServer)
			t.Cleanup(func() { n.Kill() })
			return onNode(t, n)
		},
		"cluster": func(t *testing.T) faultyHome { return onCluster(t, storetest.SharedCluster(t)) },
	} {
		t.Run(kind, func(t *testing.T) {
			h := home(t)
			h.parts()
			h.must("migrate") // a cluster whose nodes were killed before may take its time over that
			body, err := os.ReadFile(theSmallCity(t).file("calls.csv"))
			if err != nil {
				t.Fatal(err)
			}
			kills := 0
			for _, wait := range []time.Duration{20, 150, 400} {
				cmd, url := h.serve()
				sent := make(chan struct{})
				answered := make(chan bool, 1)
				go func() { answered <- deliver(url, &tellingReader{bytes.NewReader(body), sent}) == nil }()
				<-sent // the server has the whole body now, or will have it in a moment
				time.Sleep(wait * time.Millisecond)
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
				if !<-answered {
					kills++
				}
			}
			if kills == 0 {
				t.Fatal("every delivery was answered before the kill: the test shows nothing")
			}
			cmd, url := h.serve()
			for range 2 { // the second is a repetition that the server remembers
				if err := deliver(url, bytes.NewReader(body)); err != nil {
					t.Errorf("the same delivery after %d kills: %v", kills, err)
				}
			}
			_ = cmd.Process.Signal(os.Interrupt)
			if err := cmd.Wait(); err != nil {
				t.Errorf("serve ended with %v", err)
			}
			h.exact()
		})
	}
}

// serve runs a server in a process of its own and gives its URL.
func (h faultyHome) serve() (*exec.Cmd, string) {
	h.t.Helper()
	cmd, _, _ := h.child("serve", "--listen", "127.0.0.1:0")
	url := serving(h.t, cmd)
	h.t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd, url
}

// deliver sends calls, always as the same delivery.
func deliver(url string, body io.Reader) error {
	req, err := http.NewRequest(http.MethodPost, url+"/api/v1/records/calls", body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "text/csv")
	req.Header.Set("Idempotency-Key", "the-same-delivery")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", res.Status, answer)
	}
	return err
}

// tellingReader closes a channel when it has given everything.
type tellingReader struct {
	io.Reader
	over chan struct{}
}

func (r *tellingReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err == io.EOF && r.over != nil {
		close(r.over)
		r.over = nil
	}
	return n, err
}
