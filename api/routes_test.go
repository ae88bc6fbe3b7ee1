package api_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotcell/hotcell/api"
	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/hotspots"
)

type rankingBody struct {
	Run *struct {
		ID       string
		Hotspots int
	}
	Hotspots []hotspots.Hotspot
	Notes    []string
}

func TestHotspotsAnswersFromTheLatestRun(t *testing.T) {
	w := newWorld()
	s, _ := newServer(t, w, nil)
	rec := get(t, s.Handler(), "/api/v1/hotspots")
	if rec.Code != 200 {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	all := decode[rankingBody](t, rec.Body.Bytes())
	if len(all.Hotspots) != 30 || all.Run.ID != "run_20260530" || len(w.asked) != 0 {
		t.Errorf("%d hotspots of %q, %d analyses", len(all.Hotspots), all.Run.ID, len(w.asked))
	}
	lifts := decode[rankingBody](t, get(t, s.Handler(), "/api/v1/hotspots?scene=lift&region=990102").Body.Bytes())
	if len(lifts.Hotspots) != 1 || lifts.Hotspots[0].ID != "hs_01" {
		t.Errorf("lifts of 990102: %+v", lifts.Hotspots)
	}
	two := decode[rankingBody](t, get(t, s.Handler(), "/api/v1/hotspots?top=2").Body.Bytes())
	if len(two.Hotspots) != 2 || two.Run.Hotspots != 30 || !strings.Contains(fmt.Sprint(two.Notes), "first 2 of 30") {
		t.Errorf("top=2: %d of %d, %q", len(two.Hotspots), two.Run.Hotspots, two.Notes)
	}
}

func TestHotspotsAsksForAnAnalysis(t *testing.T) {
	for query, want := range map[string]hotspots.Query{
		"window=24h":                      {Window: 24 * time.Hour},
		"window=4w&scene=lift":            {Window: 28 * 24 * time.Hour, Scene: geo.SceneLift},
		"rat=4g":                          {Window: api.DefaultWindow, RAT: geo.RAT4G},
		"end=2026-05-02&region=9901":      {Window: api.DefaultWindow, End: time.Date(2026, 5, 2, 0, 0, 0, 0, time.UTC), Region: "9901"},
		"end=2026-05-02T08:00:00%2B08:00": {Window: api.DefaultWindow, End: time.Date(2026, 5, 2, 0, 0, 0, 0, time.UTC)},
		"operator=A&window=1d":            {Window: 24 * time.Hour, Operator: "A"},
	} {
		w := newWorld()
		s, _ := newServer(t, w, nil)
		rec := get(t, s.Handler(), "/api/v1/hotspots?"+query)
		if rec.Code != 200 || len(w.asked) != 1 || w.asked[0] != want {
			t.Errorf("%s: %d, asked %+v, want %+v", query, rec.Code, w.asked, want)
		}
	}
}

func TestWrongParametersAreNamed(t *testing.T) {
	s, _ := newServer(t, newWorld(), nil)
	for path, parameter := range map[string]string{
		"/api/v1/hotspots?windw=28d":                "windw",
		"/api/v1/hotspots?window=28":                "window",
		"/api/v1/hotspots?window=d":                 "window",
		"/api/v1/hotspots?window=-3d":               "window",
		"/api/v1/hotspots?window=999d":              "window",
		"/api/v1/hotspots?window=9999999999999999d": "window",
		"/api/v1/hotspots?end=yesterday":            "end",
		"/api/v1/hotspots?end=0001-01-01":           "end",
		"/api/v1/hotspots?scene=elevator":           "scene",
		"/api/v1/hotspots?scene=unknown":            "scene",
		"/api/v1/hotspots?rat=6g":                   "rat",
		"/api/v1/hotspots?top=0":                    "top",
		"/api/v1/hotspots?top=5000":                 "top",
		"/api/v1/hotspots?top=ten":                  "top",
		"/api/v1/hotspots?format=xml":               "format",
		"/api/v1/hotspots?region=nowhere":           "region",
		"/api/v1/hotspots?top=1&top=2":              "top",
		"/api/v1/hotspots/hs_01?top=3":              "top",
		"/api/v1/cells?bbox=1,2,3":                  "bbox",
		"/api/v1/cells?bbox=1,2,3,NaN":              "bbox",
		"/api/v1/cells?bbox=31,117,32,118":          "bbox",
		"/api/v1/cells?bbox=117,32,118,31":          "bbox",
		"/api/v1/cells?resolution=12":               "resolution",
		"/api/v1/cells?resolution=2":                "resolution",
		"/api/v1/cells?limit=99999":                 "limit",
		"/api/v1/cells?region=nowhere":              "region",
		"/api/v1/map/regions?zoom=30":               "zoom",
		"/api/v1/map/venues?box=1,2,3,4":            "box",
	} {
		rec := get(t, s.Handler(), path)
		p := decode[api.Problem](t, rec.Body.Bytes())
		if rec.Code != 400 || p.Code != api.CodeInvalidParameter || p.Parameter != parameter || !strings.Contains(p.Detail, parameter) {
			t.Errorf("%s: %d %+v", path, rec.Code, p)
		}
		if rec.Header().Get("Content-Type") != "application/problem+json" || p.RequestID == "" || p.RequestID != rec.Header().Get("X-Request-Id") {
			t.Errorf("%s: %v %+v", path, rec.Header(), p)
		}
	}
	p := decode[api.Problem](t, get(t, s.Handler(), "/api/v1/hotspots?sceen=lift").Body.Bytes())
	if !slices.Contains(p.Allowed, "scene") || !strings.Contains(p.Detail, "window, end, region, scene") {
		t.Errorf("allowed parameters are not named: %+v", p)
	}
}

func TestOneHotspot(t *testing.T) {
	w := newWorld()
	s, _ := newServer(t, w, nil)
	rec := get(t, s.Handler(), "/api/v1/hotspots/hs_03")
	one := decode[struct{ Hotspot hotspots.Hotspot }](t, rec.Body.Bytes())
	if rec.Code != 200 || one.Hotspot.Rank != 3 || *one.Hotspot.Place.KmFrom != 31 {
		t.Errorf("%d %+v", rec.Code, one.Hotspot)
	}
	rec = get(t, s.Handler(), "/api/v1/hotspots/hs_99")
	if p := decode[api.Problem](t, rec.Body.Bytes()); rec.Code != 404 || !strings.Contains(p.Detail, "run_20260530") {
		t.Errorf("%d %+v", rec.Code, p)
	}
	w.noRun = true
	if rec := get(t, s.Handler(), "/api/v1/hotspots/hs_03"); rec.Code != 404 || !strings.Contains(rec.Body.String(), "hotcell rank") {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}

func TestExplanation(t *testing.T) {
	w := newWorld()
	s, _ := newServer(t, w, nil)
	type explained struct {
		Run         *api.RunInfo
		Explanation *hotspots.Explanation
		Notes       []string
	}
	res := get(t, s.Handler(), "/api/v1/hotspots/hs_05/explanation")
	got := decode[explained](t, res.Body.Bytes())
	if res.Code != 200 || got.Run == nil || got.Run.ID != w.run.ID || got.Explanation == nil || got.Explanation.ID != "hs_05" || len(got.Explanation.Days) != 2 {
		t.Errorf("%d, %+v", res.Code, got)
	}
	gone := get(t, s.Handler(), "/api/v1/hotspots/hs_06/explanation")
	if got := decode[explained](t, gone.Body.Bytes()); gone.Code != 200 || got.Explanation != nil || len(got.Notes) != 1 {
		t.Errorf("a hotspot that is none any more: %d, %+v", gone.Code, got)
	}
	// With filters it is the analysis they ask for that is explained.
	week := get(t, s.Handler(), "/api/v1/hotspots/hs_05/explanation?window=7d")
	if got := decode[explained](t, week.Body.Bytes()); week.Code != 200 || got.Run.ID != "run_now" {
		t.Errorf("a week: %d, %+v", week.Code, got)
	}
	if res := get(t, s.Handler(), "/api/v1/hotspots/hs_99/explanation"); res.Code != 404 {
		t.Errorf("an unknown id: %d", res.Code)
	}
	if res := get(t, s.Handler(), "/api/v1/hotspots/hs_05/explanation?top=3"); res.Code != 400 {
		t.Errorf("an unknown parameter: %d", res.Code)
	}
	w.noRun = true
	if res := get(t, s.Handler(), "/api/v1/hotspots/hs_05/explanation"); res.Code != 404 {
		t.Errorf("without a run: %d", res.Code)
	}
}

func TestWarnings(t *testing.T) {
	w := newWorld()
	s, _ := newServer(t, w, nil)
	res := get(t, s.Handler(), "/api/v1/warnings?end=2026-05-30&region=990101&days=14&false_alarms=0.5")
	got := decode[hotspots.WarningReport](t, res.Body.Bytes())
	want := hotspots.WarningQuery{End: worldEnd, Region: "990101", Days: 14, FalseAlarms: 0.5}
	if res.Code != 200 || len(got.Warnings) != 1 || !got.Warnings[0].New || len(w.warned) != 1 || w.warned[0] != want {
		t.Errorf("%d, %+v after being asked %+v", res.Code, got, w.warned)
	}
	for _, wrong := range []string{"days=0", "days=1000", "false_alarms=0", "false_alarms=often", "region=77", "window=7d"} {
		if res := get(t, s.Handler(), "/api/v1/warnings?"+wrong); res.Code != 400 && res.Code != 404 {
			t.Errorf("%s: %d", wrong, res.Code)
		}
	}
}

func TestNoRunYet(t *testing.T) {
	w := newWorld()
	w.noRun = true
	s, _ := newServer(t, w, nil)
	rec := get(t, s.Handler(), "/api/v1/hotspots")
	b := decode[rankingBody](t, rec.Body.Bytes())
	if rec.Code != 200 || b.Run != nil || b.Hotspots == nil || len(b.Hotspots) != 0 || !slices.Contains(b.Notes, api.NoRunNote) {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}

type cellsBody struct {
	Features []struct {
		ID       string
		Geometry struct {
			Type        string
			Coordinates [][][2]float64
		}
		Properties struct {
			Cell                       string
			Calls, Bad                 float64
			Rate, RateLower, RateUpper *float64
		}
	}
	Resolution int
	Window     string
	Truncated  bool
	Notes      []string
}

func TestCells(t *testing.T) {
	w := newWorld()
	s, _ := newServer(t, w, nil)
	rec := get(t, s.Handler(), "/api/v1/cells?bbox=117.38,31.18,117.42,31.22&resolution=9")
	b := decode[cellsBody](t, rec.Body.Bytes())
	if rec.Code != 200 || len(b.Features) < 100 || b.Truncated || b.Resolution != 9 || b.Window != "28d" {
		t.Fatalf("%d: %d cells, %+v", rec.Code, len(b.Features), b.Notes)
	}
	var calls float64
	for _, f := range b.Features {
		calls += f.Properties.Calls
		ring := f.Geometry.Coordinates[0]
		if cell, err := geo.ParseCell(f.ID); err != nil || cell.Resolution() != 9 || f.Properties.Cell != f.ID {
			t.Fatalf("cell %q: %v", f.ID, err)
		}
		if f.Geometry.Type != "Polygon" || len(ring) != 7 || ring[0] != ring[6] || ring[0][0] < 117 || ring[0][0] > 118 {
			t.Fatalf("cell %s is drawn as %v", f.ID, f.Geometry)
		}
		if r := *f.Properties.Rate; r < 0 || r > 1 {
			t.Fatalf("rate %v", r)
		}
	}
	stats, _ := w.Cells(context.Background(), hotspots.CellQuery{West: 117.38, South: 31.18, East: 117.42, North: 31.22, Resolution: 9, Limit: 1e6})
	var want float64
	for _, st := range stats {
		want += st.Calls
	}
	if calls != want {
		t.Errorf("%v calls in the answer, %v in the world", calls, want)
	}
	cut := decode[cellsBody](t, get(t, s.Handler(), "/api/v1/cells?resolution=9&limit=5").Body.Bytes())
	if len(cut.Features) != 5 || !cut.Truncated || len(cut.Notes) != 1 || cut.Features[0].Properties.Bad < cut.Features[4].Properties.Bad {
		t.Errorf("limit=5: %d cells, %q", len(cut.Features), cut.Notes)
	}
}

func TestBaseMap(t *testing.T) {
	s, _ := newServer(t, newWorld(), func(c *api.Config) { c.MaxShapes = 40 })
	type body struct {
		Features []struct {
			ID         string
			Geometry   struct{ Type string }
			Properties map[string]any
		}
		Notes []string
	}
	regions := decode[body](t, get(t, s.Handler(), "/api/v1/map/regions?zoom=0").Body.Bytes())
	if len(regions.Features) != 6 || regions.Features[0].ID != "99" {
		t.Errorf("regions stay at zoom 0: %+v", regions)
	}
	venues := decode[body](t, get(t, s.Handler(), "/api/v1/map/venues?zoom=16").Body.Bytes())
	if len(venues.Features) != 40 || len(venues.Notes) != 1 || venues.Features[0].Geometry.Type != "LineString" {
		t.Errorf("venues are cut at 40, largest first: %d, %q", len(venues.Features), venues.Notes)
	}
	far := decode[body](t, get(t, s.Handler(), "/api/v1/map/venues?zoom=16&bbox=0,0,1,1").Body.Bytes())
	if len(far.Features) != 0 || far.Features == nil {
		t.Errorf("venues elsewhere: %+v", far)
	}
	small := decode[body](t, get(t, s.Handler(), "/api/v1/map/venues?zoom=6").Body.Bytes())
	for _, f := range small.Features {
		if f.Geometry.Type == "Polygon" {
			t.Errorf("building %s is drawn at zoom 6", f.ID)
		}
	}
}

func TestETagAndCompression(t *testing.T) {
	s, _ := newServer(t, newWorld(), nil)
	for _, path := range []string{"/api/v1/hotspots", "/api/v1/hotspots?format=geojson", "/api/v1/cells?resolution=8", "/api/v1/map/regions"} {
		plain := get(t, s.Handler(), path)
		packed := get(t, s.Handler(), path, "Accept-Encoding", "br, gzip")
		refused := get(t, s.Handler(), path, "Accept-Encoding", "gzip;q=0, *;q=0")
		tag := plain.Header().Get("ETag")
		if tag == "" || strings.HasPrefix(tag, "W/") || tag == packed.Header().Get("ETag") || packed.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: tags %s and %s", path, tag, packed.Header().Get("ETag"))
		}
		if refused.Header().Get("Content-Encoding") != "" {
			t.Errorf("%s: gzip though refused", path)
		}
		zr, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if unpacked, err := io.ReadAll(zr); err != nil || !bytes.Equal(unpacked, plain.Body.Bytes()) {
			t.Errorf("%s: unpacked differs (%v)", path, err)
		}
		for _, header := range []string{tag, `"x", W/` + tag, "*"} {
			again := get(t, s.Handler(), path, "If-None-Match", header)
			if again.Code != 304 || again.Body.Len() != 0 || again.Header().Get("ETag") != tag {
				t.Errorf("%s with %s: %d, %d bytes", path, header, again.Code, again.Body.Len())
			}
		}
		if again := get(t, s.Handler(), path, "If-None-Match", `"other"`); again.Code != 200 {
			t.Errorf("%s with another tag: %d", path, again.Code)
		}
	}
}

func TestFailuresKeepTheirText(t *testing.T) {
	w := newWorld()
	s, log := newServer(t, w, nil)
	w.fail = errSecret
	for path, status := range map[string]int{"/api/v1/hotspots": 500, "/api/v1/cells": 500, "/api/v1/map/venues": 500, "/readyz": 503, "/healthz": 200} {
		rec := get(t, s.Handler(), path)
		if rec.Code != status || strings.Contains(rec.Body.String(), "password") {
			t.Errorf("%s: %d %s", path, rec.Code, rec.Body)
		}
		if id := rec.Header().Get("X-Request-Id"); status >= 500 && !strings.Contains(log.String(), id) {
			t.Errorf("%s: request %s is not in the log", path, id)
		}
	}
	if !strings.Contains(log.String(), "password rejected") {
		t.Error("the reason is not in the log")
	}
	w.fail = &api.Error{Code: api.CodeUnavailable, Detail: "The store is being migrated."}
	if p := decode[api.Problem](t, get(t, s.Handler(), "/api/v1/hotspots").Body.Bytes()); p.Status != 503 || p.Detail != "The store is being migrated." {
		t.Errorf("a dependency's own problem: %+v", p)
	}
	w.fail, w.panicky = nil, true
	rec := get(t, s.Handler(), "/api/v1/hotspots?window=1d")
	if rec.Code != 500 || strings.Contains(rec.Body.String(), "secret") || !strings.Contains(log.String(), "secret panic text") {
		t.Errorf("panic: %d %s", rec.Code, rec.Body)
	}
}

func TestTimeoutAndLimits(t *testing.T) {
	w := newWorld()
	w.block = make(chan struct{})
	s, _ := newServer(t, w, func(c *api.Config) { c.RequestTimeout = 400 * time.Millisecond; c.MaxRankings = 1; c.MaxBodyBytes = 10 })
	first := make(chan int)
	go func() { first <- get(t, s.Handler(), "/api/v1/hotspots?window=1d").Code }()
	for { // until the first analysis runs
		w.mu.Lock()
		running := len(w.asked) == 1
		w.mu.Unlock()
		if running {
			break
		}
		time.Sleep(time.Millisecond)
	}
	hurried, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	waiting := httptest.NewRecorder()
	s.Handler().ServeHTTP(waiting, httptest.NewRequestWithContext(hurried, http.MethodGet, "/api/v1/hotspots?window=1d", nil))
	if waiting.Code != 503 || !strings.Contains(waiting.Body.String(), "busy") {
		t.Errorf("a second analysis while one runs: %d %s", waiting.Code, waiting.Body)
	}
	if code := <-first; code != 504 {
		t.Errorf("an analysis that takes too long: %d", code)
	}
	if rec := get(t, s.Handler(), "/api/v1/hotspots?region="+strings.Repeat("x", 9000)); rec.Code != 414 {
		t.Errorf("long URL: %d", rec.Code)
	}
	rec := httptest.NewRecorder()
	s.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/healthz", strings.NewReader("more than ten bytes")))
	if rec.Code != 413 {
		t.Errorf("long body: %d", rec.Code)
	}
	rec = httptest.NewRecorder()
	s.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodPost, "/api/v1/hotspots", nil))
	if p := decode[api.Problem](t, rec.Body.Bytes()); rec.Code != 405 || !strings.Contains(rec.Header().Get("Allow"), "GET") || p.Code != api.CodeMethodNotAllowed {
		t.Errorf("POST: %d %v %+v", rec.Code, rec.Header(), p)
	}
	if rec := get(t, s.Handler(), "/api/v1/hotspot"); rec.Code != 404 || !strings.Contains(rec.Body.String(), "openapi.json") {
		t.Errorf("unknown route: %d %s", rec.Code, rec.Body)
	}
}

func TestSecurityHeadersAndMetrics(t *testing.T) {
	s, log := newServer(t, newWorld(), nil)
	for _, path := range []string{"/", "/api/v1/hotspots", "/nothing", "/assets/none.js"} {
		h := get(t, s.Handler(), path).Header()
		csp := h.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'self'") || strings.Contains(csp, "unsafe") || strings.Contains(csp, "http") || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", path, h)
		}
	}
	text := get(t, s.Handler(), "/metrics").Body.String()
	for _, line := range []string{
		`hotcell_http_requests_total{method="GET",route="/api/v1/hotspots",status="200"} 1`,
		`hotcell_http_requests_total{method="GET",route="other",status="404"} 1`,
		`hotcell_http_request_duration_seconds_count{method="GET",route="/api/v1/hotspots"} 1`,
		`hotcell_http_requests_in_flight 1`,
	} {
		if !strings.Contains(text, line) {
			t.Errorf("no %s in\n%s", line, text)
		}
	}
	if !strings.Contains(log.String(), "path=/api/v1/hotspots") || !strings.Contains(log.String(), "status=200") {
		t.Errorf("access log: %s", log)
	}
}

func TestRunServesAndEnds(t *testing.T) {
	s, _ := newServer(t, newWorld(), nil)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	addr, err := s.Addr(ctx)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get("http://" + addr.String() + "/readyz")
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("%v %v", resp, err)
	}
	resp.Body.Close()

	busy, _ := newServer(t, newWorld(), func(c *api.Config) { c.Listen = addr.String() })
	if err := busy.Run(ctx); err == nil || !strings.Contains(err.Error(), "in use") || !strings.Contains(err.Error(), "--listen") {
		t.Errorf("busy port: %v", err)
	}
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("orderly end: %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("Run did not end with its context")
	}
	if c, err := net.Dial("tcp", addr.String()); err == nil {
		c.Close()
		t.Error("still listening after the end")
	}
}

func TestNewSaysWhatIsWrong(t *testing.T) {
	cfg := api.DefaultConfig()
	cfg.Listen, cfg.MaxCells = "8080", 0
	_, err := api.New(cfg, api.Deps{})
	for _, want := range []string{"host:port", "MaxCells", "Deps.Analyst", "Deps.Log"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
}
