package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/hotcell/hotcell/api"
)

// serving runs "hotcell serve" on a free port and returns its URL.
func (h home) serving() string {
	h.t.Helper()
	h.t.Setenv("HOTCELL_PSEUDONYM_KEY_FILE", h.keyFile)
	h.t.Setenv("XDG_CONFIG_HOME", h.t.TempDir())
	ctx, stop := context.WithCancel(context.Background())
	log := &lockedBuffer{}
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"--store", h.dsn, "serve", "--listen", "127.0.0.1:0"}, strings.NewReader(""), io.Discard, log)
	}()
	h.t.Cleanup(func() {
		stop()
		if code := <-ended; code != exitDone {
			h.t.Errorf("serve: exit %d\n%s", code, log.String())
		}
	})
	listening := regexp.MustCompile(`url=(http://127\.0\.0\.1:\d+)`)
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if m := listening.FindStringSubmatch(log.String()); m != nil {
			return m[1]
		}
	}
	h.t.Fatalf("serve does not listen:\n%s", log.String())
	return ""
}

type lockedBuffer struct {
	sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.Lock()
	defer b.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.Lock()
	defer b.Unlock()
	return b.Buffer.String()
}

func get(t *testing.T, url string) (status int, body []byte) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err = io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, body
}

// The command line and the API give the same objects, on both stores; and a
// second process is pointed at the server.
func TestServeAnswersWhatRankPrints(t *testing.T) {
	c := theSmallCity(t)
	eachHome(t, func(t *testing.T, h home) {
		h.loadCity(c)
		printed := h.rank("--top", "0")
		url := h.serving()
		for path, want := range map[string]string{"/healthz": "", "/readyz": "", "/metrics": "hotcell_store_query_seconds"} {
			if status, body := get(t, url+path); status != http.StatusOK || !strings.Contains(string(body), want) {
				t.Errorf("%s answers %d, want %q in it", path, status, want)
			}
		}
		var answered api.Ranking
		if _, body := get(t, url+"/api/v1/hotspots?top=1000"); json.Unmarshal(body, &answered) != nil {
			t.Fatalf("the API answered %s", body)
		}
		want, _ := json.Marshal(printed.Hotspots)
		got, _ := json.Marshal(answered.Hotspots)
		if !bytes.Equal(got, want) {
			t.Errorf("the API has other hotspots than the command line: %d and %d", len(answered.Hotspots), len(printed.Hotspots))
		}
		if *answered.Run != *printed.Run {
			t.Errorf("the API answers from run %+v, the command line printed %+v", answered.Run, printed.Run)
		}
		// The same through the client of the command line.
		code, out, errs := h.command("--server", url, "rank", "--format", "json", "--top", "3")
		var remote api.Ranking
		if code != exitDone || json.Unmarshal([]byte(out), &remote) != nil || len(remote.Hotspots) != 3 || remote.Hotspots[0].ID != printed.Hotspots[0].ID {
			t.Errorf("rank --server: exit %d, %q %q", code, out, errs)
		}
		shown := h.must("--server", url, "hotspot", "show", printed.Hotspots[0].ID)
		if !strings.Contains(shown, printed.Hotspots[0].Name) || !strings.Contains(shown, "of 200 resamples") {
			t.Errorf("hotspot show --server printed %q", shown)
		}
		// Every hotspot of a run is explained by one look at its records.
		looks := func() string {
			_, body := get(t, url+"/metrics")
			for line := range strings.Lines(string(body)) {
				if strings.HasPrefix(line, `hotcell_store_query_seconds_count{query="aggregate exposures"}`) {
					return line
				}
			}
			t.Fatal("/metrics counts no looks at the records")
			return ""
		}
		before := looks()
		if status, body := get(t, url+"/api/v1/hotspots/"+printed.Hotspots[1].ID+"/explanation"); status != http.StatusOK || !strings.Contains(string(body), `"stability"`) {
			t.Errorf("the second hotspot is explained by %d %.300s", status, body)
		}
		if after := looks(); after != before {
			t.Errorf("the second explanation took another look at the records: %q, then %q", before, after)
		}
		center := printed.Hotspots[0].Center
		var cells struct{ Features []json.RawMessage }
		_, body := get(t, url+"/api/v1/cells?resolution=9&bbox="+bboxAround(center))
		if json.Unmarshal(body, &cells) != nil || len(cells.Features) == 0 {
			t.Errorf("no cells around the worst hotspot: %.300s", body)
		}
		if status, body := get(t, url+"/api/v1/hotspots?windw=7d"); status != http.StatusBadRequest || !strings.Contains(string(body), "windw") {
			t.Errorf("a misspelt parameter answers %d %s", status, body)
		}
	})
}

func bboxAround(center [2]float64) string {
	b, _ := json.Marshal([4]float64{center[0] - 0.02, center[1] - 0.02, center[0] + 0.02, center[1] + 0.02})
	return strings.Trim(string(b), "[]")
}

// The real page on real data in a real browser. The picture of the README is
// one of these screenshots: HOTCELL_SCREENSHOTS says where they go.
func TestMapInBrowser(t *testing.T) {
	if _, err := os.Stat("../../api/web/dist/index.html"); err != nil {
		absent(t, "the web application is not built: run make web")
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		absent(t, "no Chromium: install the package chromium")
	}
	c := theSmallCity(t)
	eachHome(t, func(t *testing.T, h home) {
		h.loadCity(c)
		printed := h.rank("--top", "0")
		url := h.serving()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		allocator, endBrowser := chromedp.NewExecAllocator(ctx, append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
			chromedp.ExecPath(chromium), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.Flag("disable-gpu", false),
			chromedp.Flag("use-gl", "angle"), chromedp.Flag("use-angle", "swiftshader"), chromedp.Flag("enable-unsafe-swiftshader", true),
			chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
			chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("lang", "en-GB"), chromedp.Flag("force-prefers-reduced-motion", true),
			chromedp.WindowSize(1280, 800))...)
		defer endBrowser()
		tab, endTab := chromedp.NewContext(allocator)
		defer endTab()
		if err := chromedp.Do(tab, chromedp.EmulateViewport(1280, 800), chromedp.Navigate(url+"/?lang=en&theme=light")); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(time.Minute); !evaluate[bool](t, tab, "window.hotcell?.settled() ?? false"); time.Sleep(50 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("the page does not come to rest: %s", evaluate[string](t, tab, "JSON.stringify(window.hotcell?.why() ?? null)"))
			}
		}
		rows := evaluate[int](t, tab, `document.querySelectorAll('.row').length`)
		first := evaluate[string](t, tab, `document.querySelector('.row').innerText`)
		drawn := evaluate[int](t, tab, `window.hotcell.map.map.queryRenderedFeatures({layers: ['cells']}).length`)
		picture, err := chromedp.Run(tab, chromedp.CaptureScreenshot())
		if err != nil {
			t.Fatal(err)
		}
		if rows != len(printed.Hotspots) || !strings.Contains(first, printed.Hotspots[0].Name) {
			t.Errorf("the list has %d rows and starts with %q; the ranking has %d and starts with %q", rows, first, len(printed.Hotspots), printed.Hotspots[0].Name)
		}
		if drawn < 100 {
			t.Errorf("the map draws %d features", drawn)
		}
		dir := os.Getenv("HOTCELL_SCREENSHOTS")
		if dir == "" {
			dir = t.TempDir()
		}
		if err := os.WriteFile(filepath.Join(dir, "city-"+filepath.Base(t.Name())+".png"), picture, 0o644); err != nil {
			t.Fatal(err)
		}
	})
}

func evaluate[T any](t *testing.T, tab context.Context, expression string) T {
	t.Helper()
	v, err := chromedp.Run(tab, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// absent skips here and fails in CI, where everything must be there.
func absent(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip(what)
}
