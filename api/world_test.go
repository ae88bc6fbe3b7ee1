package api_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/hotcell/hotcell/api"
	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/hotspots"
)

// cityworld is 青石, a city that does not exist: four districts, a river of
// towers, malls and hotels, two highways, thirty hotspots and the calls around them.
type cityworld struct {
	venues  []geo.Venue
	regions []geo.Region
	run     *hotspots.Run
	cells   map[geo.Cell]hotspots.CellStat // StoredResolution

	mu      sync.Mutex
	asked   []hotspots.Query // what Rank was asked
	warned  []hotspots.WarningQuery
	fail    error // what every dependency answers, if set
	noRun   bool
	block   chan struct{} // Rank waits for it, if set
	panicky bool
}

const cityLon, cityLat = 117.40, 31.20

var worldEnd = time.Date(2026, 5, 30, 0, 0, 0, 0, time.UTC)

// offset gives a point some metres east and north of the city's centre.
func offset(east, north float64) orb.Point {
	return orb.Point{cityLon + east/(111_320*math.Cos(cityLat*math.Pi/180)), cityLat + north/111_320}
}

func rectangle(east, north, width, height float64) orb.Polygon {
	w, h := width/2, height/2
	return orb.Polygon{{offset(east-w, north-h), offset(east+w, north-h), offset(east+w, north+h), offset(east-w, north+h), offset(east-w, north-h)}}
}

type planted struct {
	name, nameVenue string
	scene           geo.Scene
	east, north     float64
	size            float64 // metres
	trend           string
	sentence, zh    string
}

var plantedHotspots = []planted{
	{"东方大厦 lifts", "东方大厦", geo.SceneLift, 250, 400, 70, "intensifying", "Calls drop while the lift moves: 81 % of the drops are radio link failures on 4G between floors 3 and 28. Check the leaky feeder of the lift shaft.", "通话在电梯运行中掉线：81% 的掉话是 4G 无线链路失败，集中在 3–28 层。建议检查电梯井道的泄漏电缆。"},
	{"银河中心 basement B2", "银河中心", geo.SceneBasement, -900, 650, 110, "persistent", "Set-up fails in the garage: no indoor cell serves B2. Check the basement distribution system.", "车库内呼叫建立失败：B2 层没有室分小区覆盖。建议检查地下室室分系统。"},
	{"G98 K31–K34", "", geo.SceneHighway, 3200, -2600, 0, "new", "Handover between two sites fails since 12 May, on both carriageways. Check the neighbour relation.", "自 5 月 12 日起两站间切换失败，双向均受影响。建议检查邻区关系。"},
	{"江南水街", "江南水街", geo.SceneTouristSite, -2100, -900, 320, "oscillating", "Congestion on weekend afternoons: blocked calls rise with visitors. Check carrier capacity.", "周末下午拥塞：接入失败随游客增多。建议检查载波容量。"},
	{"Riverside Hotel", "Riverside Hotel", geo.SceneHotel, 1400, -500, 90, "consecutive", "Poor audio on floors 18 and above: signals of many far sites overlap. Check the indoor system.", "18 层以上话音质量差：远处多站信号重叠。建议检查室分系统。"},
	{"青石广场 mall", "青石广场", geo.SceneMall, -300, -350, 180, "diminishing", "Drops at the south entrance, when phones move from the indoor cell to the street. Check the handover threshold.", "南入口处掉话，发生在室内小区与室外小区切换时。建议检查切换门限。"},
}

func newWorld() *cityworld {
	rng := rand.New(rand.NewPCG(7, 31))
	w := &cityworld{cells: map[geo.Cell]hotspots.CellStat{}}
	for i := len(plantedHotspots); i < 30; i++ {
		scenes := []geo.Scene{geo.SceneOfficeTower, geo.SceneResidential, geo.SceneHospital, geo.SceneCampus, geo.SceneTransit, geo.SceneUnknown}
		names := []string{"金桥大厦 %d", "明珠花园 %d", "Hospital No. %d", "Campus %d", "Metro station %d", ""}
		k := i % len(scenes)
		p := planted{scene: scenes[k], east: rng.NormFloat64() * 2600, north: rng.NormFloat64() * 2200, size: 60 + rng.Float64()*160,
			trend:    []string{"persistent", "sporadic", "new", "consecutive", "historical"}[i%5],
			sentence: "Poor coverage indoors: most bad calls come from one radio cell. Check its tilt and power.",
			zh:       "室内覆盖弱：多数异常通话来自同一小区。建议检查下倾角与功率。"}
		if names[k] != "" {
			p.name = fmt.Sprintf(names[k], i)
			p.nameVenue = p.name
		}
		plantedHotspots = append(plantedHotspots[:i:i], p)
	}
	w.addRegions()
	w.addVenues(rng)
	w.addCells(rng)
	w.addRun(rng)
	return w
}

func (w *cityworld) addRegions() {
	bent := func(points ...[2]float64) orb.Polygon {
		var ring orb.Ring
		for _, p := range append(points, points[0]) {
			ring = append(ring, offset(p[0]*1000, p[1]*1000))
		}
		return orb.Polygon{ring}
	}
	w.regions = []geo.Region{
		{Code: "99", Name: "虚构省", Level: "province", Geometry: rectangle(0, 0, 60_000, 50_000)},
		{Code: "9901", Name: "青石市", Level: "prefecture", Parent: "99", Geometry: bent([2]float64{-9, -8}, [2]float64{0, -9}, [2]float64{10, -7}, [2]float64{9, 1}, [2]float64{10, 8}, [2]float64{-1, 9}, [2]float64{-10, 7}, [2]float64{-9, 1})},
		{Code: "990101", Name: "江北区", Level: "district", Parent: "9901", Geometry: bent([2]float64{-9, 1}, [2]float64{-3, 1.3}, [2]float64{0.2, 0.8}, [2]float64{0, 5}, [2]float64{-1, 9}, [2]float64{-10, 7})},
		{Code: "990102", Name: "高新区", Level: "district", Parent: "9901", Geometry: bent([2]float64{0.2, 0.8}, [2]float64{4, 1.2}, [2]float64{9, 1}, [2]float64{10, 8}, [2]float64{-1, 9}, [2]float64{0, 5})},
		{Code: "990103", Name: "江南区", Level: "district", Parent: "9901", Geometry: bent([2]float64{-9, -8}, [2]float64{0, -9}, [2]float64{0.5, -4}, [2]float64{0.2, 0.8}, [2]float64{-3, 1.3}, [2]float64{-9, 1})},
		{Code: "990104", Name: "东湖区", Level: "district", Parent: "9901", Geometry: bent([2]float64{0, -9}, [2]float64{10, -7}, [2]float64{9, 1}, [2]float64{4, 1.2}, [2]float64{0.2, 0.8}, [2]float64{0.5, -4})},
	}
}

func (w *cityworld) highway() orb.LineString {
	var line orb.LineString
	for x := -9.0; x <= 10; x += 0.5 {
		line = append(line, offset(x*1000, -2600+600*math.Sin(x/2)))
	}
	return line
}

func (w *cityworld) addVenues(rng *rand.Rand) {
	w.venues = append(w.venues,
		geo.Venue{ID: "H1", Name: "青石绕城高速", Scene: geo.SceneHighway, Ref: "G98", Geometry: w.highway()},
		geo.Venue{ID: "H2", Name: "机场高速", Scene: geo.SceneHighway, Ref: "S7", Geometry: orb.LineString{offset(4200, -9000), offset(4000, -3000), offset(4800, 2000), offset(4300, 9000)}},
		geo.Venue{ID: "L1", Name: "东方大厦 lift A", Scene: geo.SceneLift, Parent: "V0001", Geometry: offset(250, 400)},
	)
	for i, p := range plantedHotspots {
		if p.nameVenue != "" {
			w.venues = append(w.venues, geo.Venue{ID: fmt.Sprintf("V%04d", i+1), Name: p.nameVenue, Scene: p.scene, Floors: 5 + i, Geometry: rectangle(p.east, p.north, p.size, p.size*0.7)})
		}
	}
	for i := range 160 {
		w.venues = append(w.venues, geo.Venue{ID: fmt.Sprintf("B%04d", i), Name: fmt.Sprintf("楼 %d", i), Scene: geo.SceneOther,
			Geometry: rectangle(rng.NormFloat64()*2500, rng.NormFloat64()*2200, 30+rng.Float64()*80, 30+rng.Float64()*60)})
	}
}

func (w *cityworld) addCells(rng *rand.Rand) {
	for range 60_000 {
		east, north := rng.NormFloat64()*3200, rng.NormFloat64()*2800
		bad := 0.008 + 0.01*math.Max(0, math.Sin(east/1500)*math.Cos(north/1300))
		for i, p := range plantedHotspots {
			if d := math.Hypot(east-p.east, north-p.north); d < 420 {
				bad += 0.16 / (1 + float64(i)/5) * math.Exp(-d*d/(2*180*180))
			}
		}
		at := offset(east, north)
		cell, err := geo.CellAt(geo.LatLon{Lat: at[1], Lon: at[0]}, geo.StoredResolution)
		if err != nil {
			panic(err)
		}
		s := w.cells[cell]
		s.Cell = cell
		calls := 1 + rng.IntN(18)
		s.Calls += float64(calls)
		s.Customers++
		hurt := false
		for range calls {
			if rng.Float64() >= bad {
				continue
			}
			hurt = true
			s.Bad++
			switch rng.IntN(4) {
			case 0, 1:
				s.Dropped++
			case 2:
				s.Poor++
			default:
				s.Blocked++
			}
		}
		if hurt {
			s.Hurt++
		}
		w.cells[cell] = s
	}
}

func (w *cityworld) addRun(rng *rand.Rand) {
	start := worldEnd.AddDate(0, 0, -28)
	w.run = &hotspots.Run{ID: "run_20260530", Method: hotspots.MethodVersion, Created: worldEnd.Add(time.Hour), Start: start, End: worldEnd,
		DataVersion: "d1", Notes: []string{}, Summary: hotspots.Summary{Calls: 566_210, Unlocated: 4120, Places: 1893, Bad: 9120, Hurt: 5031}}
	districts := []string{"990101", "990102", "990103", "990104"}
	for i, p := range plantedHotspots {
		at := offset(p.east, p.north)
		cell, _ := geo.CellAt(geo.LatLon{Lat: at[1], Lon: at[0]}, geo.RankResolution)
		avoidable := 74.0 / (1 + 0.35*float64(i))
		rate, reference := 0.066/(1+float64(i)/9), 0.012
		low, up := rate*0.8, rate*1.22
		north, east := 0, 0
		if p.north < 0 {
			north = 2
		}
		if p.east > 0 {
			east = 1
		}
		h := hotspots.Hotspot{ID: fmt.Sprintf("hs_%02d", i+1), Rank: i + 1, Name: p.name, Scene: p.scene.String(),
			Region: []string{"99", "9901", districts[north+east]}, Center: [2]float64{at[0], at[1]},
			Impact:    hotspots.Impact{Total: avoidable * 1.24, Avoidable: avoidable, Lower: avoidable * 0.77, Upper: avoidable * 1.21, Unit: "weighted hurt customers"},
			Customers: hotspots.Customers{Hurt: int(avoidable * 3.4), Served: int(avoidable * 17), KeyAccounts: max(0, 5-i)},
			Rate:      hotspots.Rate{Value: &rate, Lower: &low, Upper: &up, Reference: &reference, Unit: "bad calls per call"},
			Events:    hotspots.Events{Dropped: uint64(avoidable * 4), Perceived: uint64(avoidable), Blocked: uint64(avoidable * 1.5), Poor: uint64(avoidable * 2), Complaints: uint64(25 / (i + 1)), Appeals: uint64(2 / (i + 1))},
			Trend:     hotspots.Trend{Class: p.trend, FirstSeen: worldEnd.AddDate(0, 0, -7*(3+i%9)).Format(time.DateOnly)},
			Cause: hotspots.Cause{Sentence: p.sentence, SentenceZH: p.zh, Evidence: []hotspots.CauseEvidence{
				{Property: "cause", Value: "radio_link_failure", Share: 0.81, Normal: 0.42, LogOdds: 1.77, Lower: 1.4, Upper: 2.1},
				{Property: "rat", Value: "4g", Share: 0.93, Normal: 0.71, LogOdds: 1.69, Lower: 1.2, Upper: 2.2},
				{Property: "hour", Value: "18", Share: 0.22, Normal: 0.09, LogOdds: 1.05, Lower: 0.6, Upper: 1.5}}},
			State: "detected", Run: w.run.ID, Method: w.run.Method}
		if i < 3 {
			h.SLA = &hotspots.SLA{Due: worldEnd.AddDate(0, 0, 3-2*i), Breached: i == 2}
		}
		if i%2 == 0 {
			h.History = &hotspots.History{Course: "recurring", Runs: 3 + i, Returns: 1, MergedFrom: []string{"hs_x"}}
		}
		if i%4 != 3 {
			z, q := 6.2-float64(i)/8, 0.00001*float64(i+1)
			h.Significance = hotspots.Significance{GiZ: &z, PAdjusted: &q}
		}
		for week := range 12 {
			r := rate * (0.55 + 0.045*float64(week) + 0.2*rng.Float64())
			tw := hotspots.TrendWeek{Start: worldEnd.AddDate(0, 0, -7*(12-week)).Format(time.DateOnly), Rate: &r, Hurt: uint64(r * 800)}
			if i == 4 && week == 2 {
				tw.Rate = nil // a week without calls
			}
			h.Trend.Weeks = append(h.Trend.Weeks, tw)
		}
		switch {
		case p.scene == geo.SceneHighway:
			from, to := 31, 34
			line := w.highway()[22:28]
			h.Place = hotspots.PlaceRef{Kind: "segment", Ref: "G98", KmFrom: &from, KmTo: &to, Cells: []string{cell.String()}}
			h.Geometry = map[string]any{"type": "LineString", "coordinates": line}
			h.Center = line[3]
		case p.nameVenue != "":
			h.Place = hotspots.PlaceRef{Kind: "venue", VenueID: fmt.Sprintf("V%04d", i+1), Cells: []string{cell.String()}}
			if p.scene == geo.SceneLift || p.scene == geo.SceneBasement {
				h.Place.Parts = []string{p.scene.String()}
			}
			h.Geometry = map[string]any{"type": "Polygon", "coordinates": rectangle(p.east, p.north, p.size, p.size*0.7)}
		default:
			h.Name = "Cells near " + cell.String()
			h.Place = hotspots.PlaceRef{Kind: "cells"}
			var parts []orb.Polygon
			for _, c := range cell.Disk(1)[:4] {
				h.Place.Cells = append(h.Place.Cells, c.String())
				parts = append(parts, c.Boundary().(orb.Polygon))
			}
			h.Geometry = map[string]any{"type": "MultiPolygon", "coordinates": parts}
			h.Rate = hotspots.Rate{Unit: "bad calls per call"} // complaints only: no exposure
		}
		w.run.Hotspots = append(w.run.Hotspots, h)
	}
}

// Rank answers like an analyst whose answer depends on the window.
func (w *cityworld) Rank(ctx context.Context, q hotspots.Query, top int) (*hotspots.Run, error) {
	w.mu.Lock()
	w.asked = append(w.asked, q)
	fail, block := w.fail, w.block
	w.mu.Unlock()
	if w.panicky {
		panic("secret panic text")
	}
	if block != nil {
		select {
		case <-block:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if fail != nil {
		return nil, fail
	}
	run := *w.run
	run.ID = "run_now"
	run.Start = run.End.Add(-q.Window)
	run.Hotspots = nil
	for _, h := range w.run.Hotspots {
		if q.Region != "" && !slices.Contains(h.Region, q.Region) || q.Scene != 0 && h.Scene != q.Scene.String() {
			continue
		}
		h.Rank = len(run.Hotspots) + 1
		if run.Hotspots = append(run.Hotspots, h); len(run.Hotspots) == top {
			break
		}
	}
	return &run, nil
}

func (w *cityworld) Latest(context.Context) (*hotspots.Run, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.noRun {
		return nil, w.fail
	}
	return w.run, w.fail
}

// Explain knows the terms of hs_05 only; others are no hotspots any more.
func (w *cityworld) Explain(_ context.Context, run *hotspots.Run, id string) (*hotspots.Explanation, []string, error) {
	at := slices.IndexFunc(run.Hotspots, func(h hotspots.Hotspot) bool { return h.ID == id })
	if w.fail != nil || at < 0 {
		return nil, nil, cmp.Or(w.fail, errors.New("asked for a hotspot that the run has not"))
	}
	h := run.Hotspots[at]
	if id != "hs_05" {
		return nil, []string{"it is no hotspot any more, so there is no explanation"}, nil
	}
	rate := 4
	return &hotspots.Explanation{
		ID: id, Name: h.Name, Impact: h.Impact, Faulty: 0.98,
		Channels:  []hotspots.ChannelTerms{{Channel: "calls", Events: 90, Use: 1200, Expected: 18, DesignEffect: 1.3, Ratio: 4.4, Avoidable: 0.7, Impact: h.Impact.Total, LogBayes: 21, PriorFaulty: 0.03, PriorScatter: 0.07}},
		Customers: []hotspots.CustomerTerm{{Number: 1, Value: 4.1, Hurt: 0.9, Impact: 3.69, BadCalls: 6, KeyAccount: true}},
		Days:      []hotspots.DayTerm{{Day: "2026-05-12", Events: 30, Share: 0.4}, {Day: "2026-05-13", Events: 60, Share: 0.6}},
		Places:    []hotspots.PlaceTerm{{Place: 1 << 63, Name: h.Name, Impact: h.Impact.Total, Calls: 1200, Bad: 90, Expected: 18, Customers: 400}},
		Reference: []hotspots.ReferenceTerm{{Region: "990101", Scene: h.Scene, RAT: "4g", Indoor: "indoor", Share: 1, Rate: 0.015}},
		Ranks:     hotspots.Ranks{Ours: h.Rank, Impact: 3, Drops: 9, Complaints: 12, Rate: &rate, Of: len(run.Hotspots)},
		Why:       []string{"ranks higher than by drops (9): 90 bad calls where a normal place would have 18.0"},
		WhyZH:     []string{"排名高于按掉话排名（第9位）：异常通话90次，正常地点应为18.0次"},
		Stability: &hotspots.HotspotStability{Top10: 0.97, Top20: 1, Resamples: 200},
	}, []string{}, nil
}

// Warnings knows one place that got worse.
func (w *cityworld) Warnings(_ context.Context, q hotspots.WarningQuery) (*hotspots.WarningReport, error) {
	if w.fail != nil {
		return nil, w.fail
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.warned = append(w.warned, q)
	return &hotspots.WarningReport{End: worldEnd, TestFrom: worldEnd.AddDate(0, 0, -28), BaselineFrom: worldEnd.AddDate(0, 0, -56),
		FalseAlarms: 1, Dispersion: 1.2, Regions: []hotspots.WarningRegion{{Region: "990101", Places: 120}}, Untested: 30, Notes: []string{},
		Warnings: []hotspots.PlaceWarning{{Place: 1 << 63, Name: "东方大厦 lifts", NameZH: "东方大厦电梯", Scene: "lift", Region: []string{"99", "9901", "990101"}, Center: w.run.Hotspots[4].Center,
			New: true, Alarm: "2026-05-29", Since: "2026-05-27", Calls: 60, Bad: 22, Expected: 2.4, Rate: 0.37, Normal: 0.04, Statistic: 9.1, Threshold: 8.2}}}, nil
}

func (w *cityworld) Cells(_ context.Context, q hotspots.CellQuery) ([]hotspots.CellStat, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fail != nil {
		return nil, w.fail
	}
	sums := map[geo.Cell]hotspots.CellStat{}
	for cell, s := range w.cells {
		at := cell.Center()
		if at.Lon < q.West || at.Lon > q.East || at.Lat < q.South || at.Lat > q.North {
			continue
		}
		parent := cell.Parent(q.Resolution)
		sum := sums[parent]
		sum.Cell = parent
		sum.Calls += s.Calls
		sum.Bad += s.Bad
		sum.Dropped += s.Dropped
		sum.Blocked += s.Blocked
		sum.Poor += s.Poor
		sum.Customers += s.Customers
		sum.Hurt += s.Hurt
		sums[parent] = sum
	}
	out := make([]hotspots.CellStat, 0, len(sums))
	for _, s := range sums {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b hotspots.CellStat) int {
		return cmp.Or(cmp.Compare(b.Bad, a.Bad), cmp.Compare(a.Cell, b.Cell))
	})
	return out[:min(q.Limit, len(out))], nil
}

func (w *cityworld) Catalogue(context.Context) ([]geo.Venue, []geo.Region, []geo.Site, string, error) {
	return w.venues, w.regions, nil, "1", w.fail
}

func (w *cityworld) Ready(context.Context) error { return w.fail }

var errSecret = errors.New("dial tcp 10.1.2.3:9000: password rejected")

// newServer starts nothing: it gives a server over the world and its log.
func newServer(t testing.TB, w *cityworld, change func(*api.Config)) (*api.Server, *strings.Builder) {
	t.Helper()
	cfg := api.DefaultConfig()
	cfg.Listen = "127.0.0.1:0"
	if change != nil {
		change(&cfg)
	}
	var log strings.Builder
	registry := prometheus.NewRegistry()
	s, err := api.New(cfg, api.Deps{Analyst: w, Cells: w, Catalogue: w, Ready: w,
		Log:        slog.New(slog.NewTextHandler(&locked{w: &log}, nil)),
		Registerer: registry, Gatherer: registry, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return s, &log
}

type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

func get(t testing.TB, h http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

func decode[T any](t testing.TB, body []byte) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%v in %.300s", err, body)
	}
	return v
}
