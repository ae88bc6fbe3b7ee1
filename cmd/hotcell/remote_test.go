package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hotcell/hotcell/api"
)

// A busy or absent server is asked again with the same key and content, and not
// for ever.
func TestSendingAgainEnds(t *testing.T) {
	var mu sync.Mutex
	var keys, bodies []string
	busy := 2
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		body, _ := io.ReadAll(r.Body)
		keys, bodies = append(keys, r.Header.Get("Idempotency-Key")), append(bodies, string(body))
		if len(keys) == 1 {
			panic(http.ErrAbortHandler) // the connection breaks
		}
		if len(keys) <= busy {
			w.WriteHeader(http.StatusTooManyRequests)
			_, _ = io.WriteString(w, `{"title":"Too Many Requests","status":429,"detail":"busy","code":"busy"}`)
			return
		}
		_, _ = io.WriteString(w, `{"read":1,"accepted":1}`)
	}))
	defer server.Close()
	p := &program{server: server.URL}
	remote, err := p.newRemoteIntake()
	if err != nil {
		t.Fatal(err)
	}
	remote.reached = true // an earlier file went through
	d := api.Delivery{Feed: "calls", Name: "a.csv", Path: write(t, t.TempDir(), "a.csv", "the body")}
	r, err := remote.Take(t.Context(), d)
	if err != nil || r.Accepted != 1 || len(keys) != 3 {
		t.Fatalf("%+v, %v after %d attempts", r, err, len(keys))
	}
	for i := range keys {
		if keys[i] == "" || keys[i] != keys[0] || bodies[i] != "the body" {
			t.Errorf("attempt %d: key %q, body %q", i+1, keys[i], bodies[i])
		}
	}
	busy, remote.patience = 1<<30, time.Second
	start := time.Now()
	if _, err = remote.Take(t.Context(), d); err == nil || !strings.Contains(err.Error(), "429: busy") || time.Since(start) > 20*time.Second {
		t.Errorf("%v after %s", err, time.Since(start))
	}
}
