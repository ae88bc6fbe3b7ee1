package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/hotcell/hotcell/hotspots"
)

// page is a tab on a running server, with everything the tab complained about.
type page struct {
	t    *testing.T
	ctx  context.Context
	base string

	mu         sync.Mutex
	complaints []string // console errors, exceptions, requests to other hosts
}

// absent skips here and fails in CI, where everything must be there.
func absent(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip(what)
}

func findChromium(t *testing.T) string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	absent(t, "no Chromium: install the package chromium")
	return ""
}

// browse starts the server and one browser for the whole test.
func browse(t *testing.T, w *cityworld) *page {
	t.Helper()
	if _, err := os.Stat("web/dist/index.html"); err != nil {
		absent(t, "web application not built: run make web")
	}
	chromium := findChromium(t)
	s, _ := newServer(t, w, nil)
	ctx, cancel := context.WithTimeout(context.Background(), 9*time.Minute)
	t.Cleanup(cancel)
	ended := make(chan error, 1)
	serving, stop := context.WithCancel(ctx)
	go func() { ended <- s.Run(serving) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("server: %v", err)
		}
	})
	addr, err := s.Addr(ctx)
	if err != nil {
		t.Fatal(err)
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(chromium), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox,
		chromedp.Flag("disable-gpu", false),
		chromedp.Flag("use-gl", "angle"), chromedp.Flag("use-angle", "swiftshader"), chromedp.Flag("enable-unsafe-swiftshader", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("lang", "en-GB"),
		// The map jumps instead of flying, which software rendering is slow at.
		chromedp.Flag("force-prefers-reduced-motion", true))
	allocated, cancelAllocator := chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancelAllocator)
	tab, cancelTab := chromedp.NewContext(allocated)
	t.Cleanup(cancelTab)
	p := &page{t: t, ctx: tab, base: "http://" + addr.String()}
	if err := chromedp.Listen(tab, p.listen); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	for _, enable := range []cdp.Command[cdp.Empty, cdp.Empty]{log.Enable, runtime.Enable} {
		if _, err := chromedp.Call(tab, enable, cdp.Empty{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := chromedp.Call(tab, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *page) listen(event any) {
	complain := func(format string, args ...any) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.complaints = append(p.complaints, fmt.Sprintf(format, args...))
	}
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		u, err := url.Parse(e.Request.URL)
		if err != nil || u.Scheme != "data" && u.Scheme != "blob" && "http://"+u.Host != p.base {
			complain("request to another host: %s", e.Request.URL)
		}
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		complain("exception: %s", text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			for _, a := range e.Args {
				complain("console %s: %s %s", e.Type, a.Value, a.Description)
			}
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError {
			complain("log: %s %s", e.Entry.Text, e.Entry.URL)
		}
	}
}

func (p *page) run(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, actions...); err != nil {
		p.t.Fatalf("%v; the page complained: %q", err, p.complaints)
	}
}

// settle waits until nothing moves, loads or is left to draw.
func (p *page) settle() {
	p.t.Helper()
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(40 * time.Millisecond) {
		if eval[bool](p, "window.hotcell?.settled() ?? false") {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("the page does not come to rest: %s; it complained: %q", eval[string](p, "JSON.stringify(window.hotcell?.why() ?? null)"), p.complaints)
		}
	}
}

func (p *page) open(path string) {
	p.t.Helper()
	p.run(chromedp.Navigate(p.base + path))
	p.settle()
}

func (p *page) size(width, height int64, phone bool) {
	var options []chromedp.EmulateViewportOption
	if phone {
		options = append(options, chromedp.EmulateMobile, chromedp.EmulatePortrait)
	}
	p.run(chromedp.EmulateViewport(width, height, options...))
}

// eval runs an expression and reads its value.
func eval[T any](p *page, expression string) (v T) {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

func (p *page) check(ok bool, format string, args ...any) {
	p.t.Helper()
	if !ok {
		p.t.Errorf(format, args...)
	}
}

// keep stores a screenshot in HOTCELL_SCREENSHOTS, for people to look at.
func (p *page) keep(name string) {
	p.t.Helper()
	dir := os.Getenv("HOTCELL_SCREENSHOTS")
	if dir == "" {
		dir = p.t.TempDir()
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		p.t.Fatal(err)
	}
	raw, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), raw, 0o644); err != nil {
		p.t.Fatal(err)
	}
	p.check(len(raw) > 20_000, "screenshot %s is nearly empty: %d bytes", name, len(raw))
}

// drawn counts what a layer shows in view.
func (p *page) drawn(layer string) int {
	p.t.Helper()
	return eval[int](p, fmt.Sprintf("new Set(window.hotcell.map.map.queryRenderedFeatures({layers: [%q]}).map(f => f.properties.id ?? f.properties.cell ?? f.properties.code)).size", layer))
}

// seen counts the distinct colours of a part of the screen: what reaches the eye.
func (p *page) seen(r image.Rectangle) int {
	p.t.Helper()
	raw, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatal(err)
	}
	screen, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		p.t.Fatal(err)
	}
	colours := map[color.Color]bool{}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			colours[screen.At(x, y)] = true
		}
	}
	return len(colours)
}

func (p *page) quiet(expected ...string) {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.complaints {
		if !slices.ContainsFunc(expected, func(e string) bool { return strings.Contains(c, e) }) {
			p.t.Error(c)
		}
	}
	p.complaints = nil
}

// TestMapInBrowser uses the page as people do, in Chromium against a real server.
func TestMapInBrowser(t *testing.T) {
	w := newWorld()
	p := browse(t, w)
	p.size(1280, 800, false)
	p.open("/?lang=en&theme=light")

	type rowText struct{ ID, Rank, Name string }
	rows := eval[[]rowText](p, `[...document.querySelectorAll('.row')].map(r => ({ID: r.dataset.hotspot, Rank: r.querySelector('.rank').textContent, Name: r.querySelector('.name').textContent}))`)
	var want []rowText
	for _, h := range w.run.Hotspots {
		want = append(want, rowText{h.ID, fmt.Sprint(h.Rank), h.Name})
	}
	p.check(slices.Equal(rows, want), "rows %v\nwant %v", rows, want)
	first := eval[string](p, `document.querySelector('.row').innerText`)
	for _, text := range []string{"74.0", "57.0 – 89.5", "251 hurt", "6.6", "1.2", "Calls drop while the lift moves"} {
		p.check(strings.Contains(first, text), "the first row has no %q: %s", text, first)
	}
	p.check(p.drawn("discs") == 30, "%d discs are drawn, want 30", p.drawn("discs"))
	p.check(p.drawn("ranks") >= 15, "%d rank numbers are drawn", p.drawn("ranks"))
	p.check(p.drawn("cells") > 300, "%d cells are drawn", p.drawn("cells"))
	p.check(p.drawn("region-names") >= 4, "%d region names are drawn", p.drawn("region-names"))
	p.check(p.drawn("region-lines") >= 5, "%d region outlines are drawn", p.drawn("region-lines"))
	p.check(p.drawn("roads") == 2, "%d highways are drawn", p.drawn("roads"))
	colours := eval[int](p, `new Set(window.hotcell.map.map.queryRenderedFeatures({layers: ['cells']}).map(f => JSON.stringify(f.layer.paint['fill-color']))).size`)
	p.check(colours >= 4, "cells have %d colours", colours)
	sizes := eval[[]float64](p, `['canvas', '.stage'].flatMap(q => { const r = document.querySelector(q).getBoundingClientRect(); return [r.width, r.height] })`)
	p.check(sizes[0] == sizes[2] && math.Abs(sizes[1]-sizes[3]) < 1 && sizes[1] > 500, "the map does not fill its place: %v", sizes)
	p.check(p.seen(image.Rect(420, 120, 1200, 560)) > 40, "only %d colours are to be seen on the map", p.seen(image.Rect(420, 120, 1200, 560)))
	p.keep("desktop-en")

	t.Run("list selects on the map", func(t *testing.T) {
		p.run(chromedp.Click(chromedp.CSS(`[data-hotspot="hs_03"]`)))
		p.settle()
		p.check(eval[string](p, `document.querySelector('[aria-selected=true]').dataset.hotspot`) == "hs_03", "row 3 is not selected")
		p.check(p.drawn("disc-chosen") == 1 && p.drawn("hotspot-chosen") == 1, "hs_03 is not marked on the map")
		p.check(strings.Contains(eval[string](p, "location.search"), "hotspot=hs_03"), "the link does not carry the selection")
		detail := eval[string](p, `document.querySelector('.detail').innerText`)
		for _, text := range []string{"G98 K31–K34", "weighted hurt customers", "Benjamini", "bad calls per call", "overdue", "G98 K31", "run_20260530"} {
			p.check(strings.Contains(detail, text), "detail has no %q", text)
		}
		at := eval[[]float64](p, `(() => { const m = window.hotcell.map.map, q = m.project(`+mustJSON(w.run.Hotspots[2].Center)+`); return [q.x, q.y] })()`)
		p.check(at[0] > 0 && at[0] < 1280-400-384 && at[1] > 0 && at[1] < 750, "hs_03 is not in the open part of the map: %v", at)
		p.keep("desktop-en-detail")
	})

	t.Run("map selects in the list", func(t *testing.T) {
		p.run(chromedp.Click(chromedp.CSS(".detail .close")), chromedp.Click(chromedp.CSS(".show-all")))
		p.settle()
		at := eval[[]float64](p, `(() => { const m = window.hotcell.map.map, r = m.getCanvas().getBoundingClientRect(), q = m.project(`+mustJSON(w.run.Hotspots[3].Center)+`); return [r.x + q.x, r.y + q.y] })()`)
		p.run(chromedp.MouseClickXY(at[0], at[1]))
		p.settle()
		chosen := eval[string](p, `document.querySelector('[aria-selected=true]')?.dataset.hotspot ?? ''`)
		p.check(chosen == "hs_04", "a click on disc 4 selected %q", chosen)
		inView := eval[bool](p, `(() => { const r = document.querySelector('[aria-selected=true]').getBoundingClientRect(), l = document.querySelector('.list').getBoundingClientRect(); return r.top >= l.top - 1 && r.bottom <= l.bottom + 1 })()`)
		p.check(inView, "the selected row is not scrolled into view")
	})

	t.Run("keyboard", func(t *testing.T) {
		p.run(chromedp.Focus(chromedp.CSS(".rows")), chromedp.KeyEvent(kb.Home), chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowDown))
		chosen := eval[string](p, `document.querySelector('.rows').getAttribute('aria-activedescendant')`)
		p.check(chosen == "row-hs_03", "Home and twice down lead to %q", chosen)
		p.run(chromedp.KeyEvent(kb.Enter))
		p.check(eval[bool](p, `document.querySelector('.detail').contains(document.activeElement)`), "Enter does not lead to the detail")
		p.run(chromedp.KeyEvent(kb.Escape))
		p.check(eval[bool](p, `!document.querySelector('.detail') && document.activeElement.matches('.rows')`), "Escape does not lead back to the list")
		p.settle()
	})

	t.Run("early warnings", func(t *testing.T) {
		p.run(chromedp.Focus(chromedp.CSS("#warnings")), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(chromedp.CSS(".alarm")))
		said := eval[string](p, `document.querySelector('.warnings').innerText`)
		for _, text := range []string{"Early warnings 1", "new", "东方大厦 lifts", "Lift", "Worse since about 2026-05-27; alarm of 2026-05-29", "37\u202f% bad, normal 4.0\u202f% (22 of 60 calls, 2.4 expected)", "once in 25 years at most", "120 places"} {
			p.check(strings.Contains(said, text), "the warnings have no %q: %q", text, said)
		}
		p.keep("desktop-en-warnings")
		p.check(eval[string](p, `document.activeElement.id`) == "warnings", "opening takes the focus away")
		p.run(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(chromedp.CSS(".pin")))
		p.settle()
		off := eval[float64](p, `(() => { const c = window.hotcell.map.map.getCenter(), w = `+mustJSON(w.run.Hotspots[4].Center)+`; return Math.hypot(c.lng - w[0], c.lat - w[1]) })()`)
		p.check(off < 1e-4, "Enter on a warning leads %v degrees beside it", off)
		p.keep("desktop-en-pinned")
	})

	t.Run("filters ask the API and stay in the link", func(t *testing.T) {
		p.run(chromedp.SetValue(chromedp.CSS("#filter-scene"), "lift"), chromedp.Evaluate[chromedp.Void](`document.querySelector('#filter-scene').dispatchEvent(new Event('change'))`))
		p.settle()
		p.check(eval[int](p, `document.querySelectorAll('.row').length`) == 1, "scene=lift shows %d rows", eval[int](p, `document.querySelectorAll('.row').length`))
		p.check(p.drawn("discs") == 1, "scene=lift draws %d discs", p.drawn("discs"))
		p.open("/?lang=en&theme=light&window=7d&region=990103")
		w.mu.Lock()
		asked := w.asked[len(w.asked)-1]
		w.mu.Unlock()
		p.check(asked == hotspots.Query{Window: 7 * 24 * time.Hour, Region: "990103"}, "the analyst was asked %+v", asked)
		p.check(eval[string](p, `document.querySelector('#filter-region').value`) == "990103", "the filter does not show the link's region")
	})

	t.Run("measure", func(t *testing.T) {
		p.run(chromedp.Click(chromedp.CSS(".filters button")), chromedp.Click(chromedp.CSS(".measure label:nth-child(2)")))
		p.settle()
		legend := eval[string](p, `document.querySelector('.legend').innerText`)
		p.check(strings.Contains(legend, "customers per cell") && strings.Contains(eval[string](p, "location.search"), "metric=hurt"), "legend: %s", legend)
		p.keep("desktop-en-hurt")
	})

	t.Run("简体中文", func(t *testing.T) {
		p.run(chromedp.Click(chromedp.CSS(".measure label:nth-child(1)")), chromedp.Click(chromedp.CSS("#language")))
		p.settle()
		body := eval[string](p, `document.body.innerText`)
		for _, text := range []string{"按可避免影响的下限排序", "251 人受影响", "电梯", "通话在电梯运行中掉线", "异常通话率", "加剧"} {
			p.check(strings.Contains(body, text), "no %q after the switch", text)
		}
		p.check(!strings.Contains(body, "Avoidable") && !strings.Contains(body, " hurt"), "English is left after the switch: %s", body)
		p.check(eval[string](p, "document.documentElement.lang") == "zh-CN", "lang is not zh-CN")
		p.run(chromedp.Click(chromedp.CSS("#warnings")), chromedp.WaitVisible(chromedp.CSS(".alarm")))
		said := eval[string](p, `document.querySelector('.warnings').innerText`)
		for _, text := range []string{"早期预警", "东方大厦电梯", "约自 2026-05-27 起变差", "至多每 25 年出现一次"} {
			p.check(strings.Contains(said, text), "the warnings have no %q: %s", text, said)
		}
		p.keep("desktop-zh-warnings")
		p.run(chromedp.Click(chromedp.CSS("#warnings")))
		p.check(eval[int](p, `document.querySelectorAll('.alarm').length`) == 0, "the warnings do not close")
		p.run(chromedp.Click(chromedp.CSS(`[data-hotspot="hs_05"]`)))
		p.settle()
		p.run(chromedp.Click(chromedp.CSS(".explanation summary")),
			chromedp.WaitVisible(chromedp.CSS(".explanation table")))
		why := eval[string](p, `document.querySelector('.explanation').innerText`)
		for _, text := range []string{"为什么排在这里", "按其他指标的排名", "正常地点应为18.0次", "重抽样 200 次：97%", "2026-05-13", "60%"} {
			p.check(strings.Contains(why, text), "the explanation has no %q: %s", text, why)
		}
		p.keep("desktop-zh-explanation")
		p.run(chromedp.Click(chromedp.CSS(`[data-hotspot="hs_01"]`)))
		p.settle()
		p.keep("desktop-zh-detail")
		p.run(chromedp.Click(chromedp.CSS(".detail .close")), chromedp.Click(chromedp.CSS("#theme")), chromedp.Click(chromedp.CSS(".show-all")))
		p.settle()
		p.check(eval[string](p, "document.documentElement.dataset.theme") == "dark", "the theme is not dark")
		p.check(p.drawn("discs") == 30 && p.drawn("cells") > 300, "the dark map draws %d discs, %d cells", p.drawn("discs"), p.drawn("cells"))
		p.keep("desktop-zh-dark")
	})

	t.Run("phone", func(t *testing.T) {
		p.size(390, 844, true)
		p.open("/?lang=zh&theme=light")
		p.check(eval[bool](p, "document.documentElement.scrollWidth <= 390"), "the page is wider than the phone")
		p.check(p.drawn("discs") == 30, "the phone draws %d discs", p.drawn("discs"))
		p.keep("phone-zh")
		p.run(chromedp.Click(chromedp.CSS("#warnings")), chromedp.WaitVisible(chromedp.CSS(".alarm")))
		p.check(eval[bool](p, "document.documentElement.scrollWidth <= 390"), "the warnings are wider than the phone")
		p.keep("phone-zh-warnings")
		p.open("/?lang=en&theme=dark&hotspot=hs_01")
		p.check(eval[bool](p, `document.querySelector('.detail').getBoundingClientRect().width === 390`), "the detail does not fill the phone's width")
		p.keep("phone-en-detail")
		p.run(chromedp.Click(chromedp.CSS(".detail .back")))
		p.check(eval[bool](p, `!document.querySelector('.detail')`), "back does not lead to the list")
		p.size(1280, 800, false)
	})
	p.quiet()

	t.Run("no run, and failure", func(t *testing.T) {
		w.mu.Lock()
		w.noRun = true
		w.mu.Unlock()
		p.open("/?lang=en&theme=light")
		p.check(strings.Contains(eval[string](p, `document.querySelector('.message').innerText`), "hotcell rank"), "the empty state names no command")
		p.keep("desktop-en-empty")
		p.quiet()
		w.mu.Lock()
		w.noRun, w.fail = false, errSecret
		w.mu.Unlock()
		p.open("/?lang=en&theme=light")
		failure := eval[string](p, `document.querySelector('.message.error').innerText`)
		p.check(strings.Contains(failure, "log") && strings.Contains(failure, "Try again") && !strings.Contains(failure, "password"), "failure: %s", failure)
		p.keep("desktop-en-error")
		w.mu.Lock()
		w.fail = nil
		w.mu.Unlock()
		p.run(chromedp.Click(chromedp.CSS(".message.error button")))
		p.settle()
		p.check(eval[int](p, `document.querySelectorAll('.row').length`) == 30, "trying again does not show the list")
		p.quiet("500 (Internal Server Error)") // the failure that was asked for
	})
}

func mustJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}
