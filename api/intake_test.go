package api_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hotcell/hotcell/api"
	"github.com/hotcell/hotcell/ingest"
)

// countingIntake accepts every line it is given.
type countingIntake struct {
	mu    sync.Mutex
	took  []api.Delivery
	paths []string
	fail  error
	block chan struct{} // Take waits for it or the context, if set
	ended chan struct{} // gets a value when such a Take ends by its context
	began chan struct{} // gets a value when Take begins, if set
}

func (i *countingIntake) Take(ctx context.Context, d api.Delivery) (api.Receipt, error) {
	if i.began != nil {
		i.began <- struct{}{}
	}
	if i.block != nil {
		select {
		case <-i.block:
		case <-ctx.Done():
			i.ended <- struct{}{}
			return api.Receipt{}, ctx.Err()
		}
	}
	body, err := os.ReadFile(d.Path)
	if err != nil {
		return api.Receipt{}, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.paths = append(i.paths, d.Path)
	d.Path = string(body)
	i.took = append(i.took, d)
	n := uint64(bytes.Count(body, []byte{'\n'}))
	return api.Receipt{Source: "test", FirstRejects: []api.RejectedRow{{Line: 1, Reason: "bad_time", Detail: "no time"}},
		Account: ingest.Account{Read: n, Accepted: n, BytesRead: uint64(len(body)), ByMethod: map[string]uint64{"coordinates": n}}}, i.fail
}

func intakeServer(t *testing.T, i api.Intake, w *cityworld, change func(*api.Config)) *api.Server {
	t.Helper()
	cfg := api.DefaultConfig()
	cfg.Listen = "127.0.0.1:0"
	if change != nil {
		change(&cfg)
	}
	registry := prometheus.NewRegistry()
	s, err := api.New(cfg, api.Deps{Analyst: w, Cells: w, Catalogue: w, Ready: w, Intake: i,
		Log: slog.New(slog.DiscardHandler), Registerer: registry, Gatherer: registry, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func send(h http.Handler, path string, body io.Reader, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8080"+path, body)
	r.Header.Set("Content-Type", "text/csv")
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
			continue
		}
		r.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

const calls = "/api/v1/records/calls"

func TestRecordsReachTheIntake(t *testing.T) {
	i := &countingIntake{}
	s := intakeServer(t, i, newWorld(), nil)
	rec := send(s.Handler(), calls+"?profile=mycall&source=probe&name=a+b.csv&max_rejects=0.05", strings.NewReader("a\n1\n"))
	r := decode[api.Receipt](t, rec.Body.Bytes())
	if rec.Code != 200 || r.Read != 2 || r.Feed != "calls" || r.Name != "a b.csv" || r.Source != "test" || rec.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%d %+v %v", rec.Code, r, rec.Header())
	}
	want := api.Delivery{Feed: "calls", Profile: "mycall", Source: "probe", Name: "a b.csv", Path: "a\n1\n", MaxRejects: .05}
	if len(i.took) != 1 || i.took[0] != want {
		t.Errorf("taken %+v, want %+v", i.took, want)
	}
	if _, err := os.Stat(i.paths[0]); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the spooled body is still there: %v", err)
	}
	if text := get(t, s.Handler(), "/metrics").Body.String(); !strings.Contains(text, `hotcell_http_requests_total{method="POST",route="/api/v1/records/:feed",status="200"} 1`) {
		t.Error("the delivery is not counted")
	}
}

func packed(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, text)
	z.Close()
	return b.String()
}

func TestRecordsRefused(t *testing.T) {
	i := &countingIntake{}
	w := newWorld()
	s := intakeServer(t, i, w, func(c *api.Config) {
		c.MaxLoadBytes, c.MaxPlainBytes, c.MaxShapeBytes, c.Hosts = 1000, 5000, 2000, []string{"hotcell.example"}
	})
	for _, c := range []struct {
		name, path, body string
		header           []string
		status           int
		code             api.Code
		want             string
	}{
		{"feed", "/api/v1/records/cals", "a\n", nil, 404, api.CodeNotFound, "complaints"},
		{"parameter", calls + "?sorce=x", "a\n", nil, 400, api.CodeInvalidParameter, "sorce"},
		{"profile is a path", calls + "?profile=../x", "a\n", nil, 400, api.CodeInvalidParameter, "profile"},
		{"source", calls + "?source=a%20b", "a\n", nil, 400, api.CodeInvalidParameter, "source"},
		{"name", calls + "?name=a%0Ab", "a\n", nil, 400, api.CodeInvalidParameter, "one line"},
		{"share", calls + "?max_rejects=5", "a\n", nil, 400, api.CodeInvalidParameter, "max_rejects"},
		{"key", calls, "a\n", []string{"Idempotency-Key", "a b"}, 400, api.CodeInvalidParameter, "Idempotency-Key"},
		{"form", calls, "a=1", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, api.CodeMedia, "text/csv"},
		{"no type", calls, "a\n", []string{"Content-Type", ""}, 415, api.CodeMedia, "text/csv"},
		{"shapes as CSV", "/api/v1/records/venues", "a\n", nil, 415, api.CodeMedia, "application/geo+json"},
		{"charset", calls, "a\n", []string{"Content-Type", "text/csv; charset=gb18030"}, 415, api.CodeMedia, "profile"},
		{"encoding", calls, "a\n", []string{"Content-Encoding", "br"}, 415, api.CodeMedia, "zstd"},
		{"not packed", calls, "a\n", []string{"Content-Encoding", "gzip"}, 400, api.CodeBadContent, "Content-Encoding"},
		{"too long", calls, strings.Repeat("a\n", 501), nil, 413, api.CodeTooLarge, "1000"},
		{"unpacks to too much", calls, packed(strings.Repeat("a\n", 2501)), nil, 413, api.CodeTooLarge, "5000"},
		{"shapes too large", "/api/v1/records/venues", packed(strings.Repeat("a\n", 1001)), []string{"Content-Type", "application/geo+json"}, 413, api.CodeTooLarge, "2000"},
		{"rebinding", calls, "a\n", []string{"Host", "attacker.example:8080"}, 403, api.CodeForbidden, "serve.hosts"},
		{"other address", calls, "a\n", []string{"Host", "10.0.0.9"}, 403, api.CodeForbidden, "serve.hosts"},
		{"another site's page", calls, "a\n", []string{"Sec-Fetch-Site", "cross-site"}, 403, api.CodeForbidden, "other sites"},
		{"same site, other origin", calls, "a\n", []string{"Sec-Fetch-Site", "same-site"}, 403, api.CodeForbidden, "other sites"},
		{"old browser", calls, "a\n", []string{"Origin", "http://attacker.example"}, 403, api.CodeForbidden, "other sites"},
	} {
		rec := send(s.Handler(), c.path, strings.NewReader(c.body), c.header...)
		p := decode[api.Problem](t, rec.Body.Bytes())
		if rec.Code != c.status || p.Code != c.code || !strings.Contains(p.Detail, c.want) {
			t.Errorf("%s: %d %+v", c.name, rec.Code, p)
		}
	}
	// A body of unknown length is counted while it comes.
	rec := send(s.Handler(), calls, io.MultiReader(strings.NewReader(strings.Repeat("a\n", 501))))
	if p := decode[api.Problem](t, rec.Body.Bytes()); rec.Code != 413 || p.Code != api.CodeTooLarge {
		t.Errorf("too long without a length: %d %+v", rec.Code, p)
	}
	w.fail = errSecret
	rec = send(s.Handler(), calls, strings.NewReader("a\n"))
	if rec.Code != 503 || rec.Header().Get("Retry-After") == "" || strings.Contains(rec.Body.String(), "10.1.2.3") {
		t.Errorf("store away: %d %v %s", rec.Code, rec.Header(), rec.Body)
	}
	w.fail = nil
	if len(i.took) != 0 {
		t.Errorf("the intake saw %+v", i.took)
	}
	for _, header := range [][]string{{"Host", "localhost:8080"}, {"Host", "[::1]:8080"}, {"Host", "HotCell.example"},
		{"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Site", "none"}, {"Origin", "http://127.0.0.1:8080"}} {
		if rec := send(s.Handler(), calls, strings.NewReader("a\n"), header...); rec.Code != 200 {
			t.Errorf("%v: %d %s", header, rec.Code, rec.Body)
		}
	}
}

func TestWhoMaySendRecords(t *testing.T) {
	for _, c := range []struct {
		listen, host string
		allow        bool
		status       int
	}{
		{"127.0.0.1:0", "127.0.0.1", false, 200},
		{"localhost:0", "localhost", false, 200},
		{"[::1]:0", "[::1]:1", false, 200},
		{"0.0.0.0:0", "127.0.0.1", false, 403},
		{":0", "127.0.0.1", false, 403},
		{"10.0.0.1:0", "10.0.0.1", false, 403},
		{"10.0.0.1:0", "10.0.0.1", true, 200},
		{":0", "[fd00::1]:8080", true, 200},
		{":0", "attacker.example", true, 403},
	} {
		s := intakeServer(t, &countingIntake{}, newWorld(), func(cfg *api.Config) { cfg.Listen, cfg.AllowLoad = c.listen, c.allow })
		if rec := send(s.Handler(), calls, strings.NewReader("a\n"), "Host", c.host); rec.Code != c.status {
			t.Errorf("%+v: %d %s", c, rec.Code, rec.Body)
		}
	}
	none, _ := newServer(t, newWorld(), nil)
	if rec := send(none.Handler(), calls, strings.NewReader("a\n")); rec.Code != 403 {
		t.Errorf("without an intake: %d", rec.Code)
	}
}

func TestFaultsOfContent(t *testing.T) {
	for _, c := range []struct {
		fail   error
		status int
		code   api.Code
		retry  bool
		kept   bool
	}{
		{&ingest.FileError{Code: ingest.FileHeader, Detail: "no such column"}, 400, api.CodeBadContent, false, false},
		{&ingest.FileError{Code: ingest.FileTruncated, Detail: "breaks off", Partial: true}, 400, api.CodeBadContent, false, true},
		{&api.Error{Code: api.CodeInvalidParameter, Parameter: "profile", Detail: "no such profile"}, 400, api.CodeInvalidParameter, false, false},
		{errSecret, 503, api.CodeUnavailable, true, false},
	} {
		s := intakeServer(t, &countingIntake{fail: c.fail}, newWorld(), nil)
		rec := send(s.Handler(), calls, strings.NewReader("a\n1\n"))
		p := decode[api.Problem](t, rec.Body.Bytes())
		if rec.Code != c.status || p.Code != c.code || (rec.Header().Get("Retry-After") != "") != c.retry || strings.Contains(rec.Body.String(), "10.1.2.3") {
			t.Errorf("%v: %d %v %s", c.fail, rec.Code, rec.Header(), rec.Body)
		}
		if (p.Account != nil) != c.kept || (c.kept && (p.Account.Accepted != 2 || p.Fault != ingest.FileTruncated)) {
			t.Errorf("%v: account %+v", c.fail, p.Account)
		}
	}
}

func TestIdempotencyKey(t *testing.T) {
	i := &countingIntake{}
	s := intakeServer(t, i, newWorld(), func(c *api.Config) { c.MaxKeys = 2; c.KeyAge = time.Hour })
	ask := func(key, path, body string) *httptest.ResponseRecorder {
		return send(s.Handler(), path, strings.NewReader(body), "Idempotency-Key", key)
	}
	first, again := ask("k1", calls, "a\n1\n"), ask("k1", calls, "a\n1\n")
	if first.Code != 200 || again.Code != 200 || first.Body.String() != again.Body.String() || len(i.took) != 1 {
		t.Errorf("%s, again %s; taken %d times", first.Body, again.Body, len(i.took))
	}
	for _, other := range []*httptest.ResponseRecorder{ask("k1", calls, "a\n2\n"), ask("k1", calls+"?source=x", "a\n1\n"), ask("k1", "/api/v1/records/surveys", "a\n1\n")} {
		if p := decode[api.Problem](t, other.Body.Bytes()); other.Code != 409 || p.Code != api.CodeConflict {
			t.Errorf("other content: %d %+v", other.Code, p)
		}
	}
	i.fail = errSecret
	if rec := ask("k2", calls, "a\n"); rec.Code != 503 {
		t.Errorf("failing store: %d", rec.Code)
	}
	i.fail = nil
	if rec := ask("k2", calls, "b\n"); rec.Code != 200 { // what failed is not kept
		t.Errorf("after a failure: %d %s", rec.Code, rec.Body)
	}
	ask("k3", calls, "a\n")
	ask("k4", calls, "a\n") // from here on k1 is one too many
	if rec := ask("k1", calls, "other\n"); rec.Code != 200 {
		t.Errorf("a key that was dropped: %d %s", rec.Code, rec.Body)
	}
}

func TestLoadsAtOnce(t *testing.T) {
	i := &countingIntake{block: make(chan struct{}), began: make(chan struct{}, 9)}
	s := intakeServer(t, i, newWorld(), func(c *api.Config) { c.MaxLoads = 2 })
	done := make(chan int, 2)
	for _, key := range []string{"k1", "k2"} {
		go func() { done <- send(s.Handler(), calls, strings.NewReader("a\n"), "Idempotency-Key", key).Code }()
		<-i.began
	}
	rec := send(s.Handler(), calls, strings.NewReader("a\n"))
	if p := decode[api.Problem](t, rec.Body.Bytes()); rec.Code != 429 || p.Code != api.CodeBusy || rec.Header().Get("Retry-After") != "5" {
		t.Errorf("a third load: %d %v %+v", rec.Code, rec.Header(), p)
	}
	i.block <- struct{}{}
	if code := <-done; code != 200 {
		t.Errorf("%d", code)
	}
	var codes []int
	for _, key := range []string{"k1", "k2"} { // one of them still runs; one after the other, because each needs the free place for a moment
		codes = append(codes, send(s.Handler(), calls, strings.NewReader("a\n"), "Idempotency-Key", key).Code)
	}
	if codes[0]+codes[1] != 429+200 {
		t.Errorf("the keys again while one is being loaded: %v", codes)
	}
	i.block <- struct{}{}
	if code := <-done; code != 200 {
		t.Errorf("%d", code)
	}
}

// A body that stalls ends, and a load that runs when the server ends is cancelled
// and waited for.
func TestStalledBodyAndEndOfServer(t *testing.T) {
	i := &countingIntake{block: make(chan struct{}), began: make(chan struct{}, 9), ended: make(chan struct{}, 9)}
	s := intakeServer(t, i, newWorld(), func(c *api.Config) {
		c.LoadIdle, c.ShutdownGrace, c.RequestTimeout = 200*time.Millisecond, 100*time.Millisecond, 300*time.Millisecond
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	addr, err := s.Addr(ctx)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _ = io.WriteString(c, "POST "+calls+" HTTP/1.1\r\nHost: "+addr.String()+"\r\nContent-Type: text/csv\r\nContent-Length: 100\r\n\r\na\n")
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	if answer, _ := io.ReadAll(c); !strings.HasPrefix(string(answer), "HTTP/1.1 408 ") || !strings.Contains(string(answer), `"stalled"`) {
		t.Errorf("stalled body: %s", answer)
	}
	go func() {
		if res, err := http.Post("http://"+addr.String()+calls, "text/csv", strings.NewReader("a\n")); err == nil {
			res.Body.Close()
		}
	}()
	<-i.began
	select { // longer than reading and other requests may take
	case <-i.ended:
		t.Error("the load was cut off while the server runs")
	case <-time.After(700 * time.Millisecond):
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	select {
	case <-i.ended:
	default:
		t.Error("Run ended while a load was running")
	}
}
