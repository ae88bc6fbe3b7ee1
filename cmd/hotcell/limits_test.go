package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hotcell/hotcell/api"
	"github.com/hotcell/hotcell/store/embedded"
	"github.com/hotcell/hotcell/store/storetest"
)

// A server keeps to its limits, and one that is told to end (SIGTERM) while records come
// ends well: what it acknowledged is stored, and sending all again completes the rest.
func TestServerLimitsAndEnd(t *testing.T) {
	_, err := embedded.FindLibrary()
	storetest.Need(t, err, embedded.ErrNoLibrary)
	t.Setenv("HOTCELL_SERVE_MAX_LOAD", "64KiB")
	h := faultyHome{home: home{t: t, dsn: "embedded://" + filepath.Join(t.TempDir(), "store"), keyFile: filepath.Join(t.TempDir(), "key")}}
	const rows = 20
	part := func(n int) string {
		text := callHeader
		for i := range rows {
			text += callRow(rows*n + i)
		}
		return text
	}
	cmd, url := h.serve()
	url += "/api/v1/records/calls"

	if status, answer := post(t, url, "text/csv", callHeader+strings.Repeat(callRow(0), 3000)); status != http.StatusRequestEntityTooLarge || !strings.Contains(string(answer), `"too_large"`) {
		t.Errorf("too long a body: %d %s", status, answer)
	}
	status, first := post(t, url, "text/csv", part(0), "Idempotency-Key", "k")
	if r := receipt(t, status, first); r.Accepted != rows {
		t.Errorf("the first part: %+v", r)
	}
	if status, again := post(t, url, "text/csv", part(0), "Idempotency-Key", "k"); status != http.StatusOK || !bytes.Equal(first, again) {
		t.Errorf("the same key: %d %s, at first %s", status, again, first)
	}
	if status, answer := post(t, url, "text/csv", part(1), "Idempotency-Key", "k"); status != http.StatusConflict {
		t.Errorf("the same key with other content: %d %s", status, answer)
	}

	host := strings.TrimPrefix(strings.TrimSuffix(url, "/api/v1/records/calls"), "http://")
	var slow []net.Conn
	hold := func() { // a body that does not come to its end
		c, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		fmt.Fprintf(c, "POST /api/v1/records/calls HTTP/1.1\r\nHost: %s\r\nContent-Type: text/csv\r\nContent-Length: 1000\r\n\r\n%s", host, callHeader)
		slow = append(slow, c)
	}
	for range api.DefaultConfig().MaxLoads {
		hold()
	}
	until := func(what string, want int, meanwhile func()) (res *http.Response) {
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			if res, err = http.Post(url, "text/csv", strings.NewReader(part(0))); err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode == want {
				return res
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s: %s, want %d", what, res.Status, want)
			}
			meanwhile()
		}
	}
	// A load of ours that came in between took the place of one held: hold another.
	if res := until("more than the most loads", http.StatusTooManyRequests, hold); res.Header.Get("Retry-After") == "" {
		t.Error("429 does not say when to come again")
	}
	for _, c := range slow {
		c.Close()
	}
	until("when the others have gone", http.StatusOK, func() {})

	// Three senders, and the end in the middle.
	var mu sync.Mutex
	sent, acknowledged := 1, map[int]bool{0: true}
	enough := make(chan struct{})
	var senders sync.WaitGroup
	for range 3 {
		senders.Go(func() {
			for {
				mu.Lock()
				n := sent
				sent++
				mu.Unlock()
				res, err := http.Post(url, "text/csv", strings.NewReader(part(n)))
				if err != nil {
					return
				}
				_, err = io.Copy(io.Discard, res.Body)
				res.Body.Close()
				if err != nil || res.StatusCode != http.StatusOK {
					return
				}
				mu.Lock()
				acknowledged[n] = true
				if len(acknowledged) == 10 {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	<-enough
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("serve ended with %v after SIGTERM", err)
	}
	senders.Wait()

	cmd, url = h.serve()
	records := url + "/api/v1/records/calls"
	for n := range sent {
		status, answer := post(t, records, "text/csv", part(n))
		if r := receipt(t, status, answer); acknowledged[n] && r.Duplicate != rows {
			t.Errorf("part %d was acknowledged, but sent again it is %+v", n, r)
		}
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		t.Errorf("serve ended with %v", err)
	}
	// In a process of its own: the engine of this one takes one directory at a time.
	rank, log, out := h.child("rank", "--format", "json")
	var r api.Ranking
	if err := rank.Run(); err != nil || json.Unmarshal(out.Bytes(), &r) != nil || r.Run.Summary.Calls != uint64(sent*rows) {
		t.Errorf("the store has %d calls, want %d: %v\n%s", r.Run.Summary.Calls, sent*rows, err, log.String())
	}
	t.Logf("%d parts acknowledged of %d sent", len(acknowledged), sent)
}
