package store_test

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/hotspots"
	"github.com/hotcell/hotcell/ingest"
	"github.com/hotcell/hotcell/store"
	"github.com/hotcell/hotcell/store/storetest"
	"strings"
)

func ptr[T any](v T) *T { return &v }

func sampleRun(id string, created time.Time) *hotspots.Run {
	run := &hotspots.Run{ID: id, Method: "1", Created: created, Start: t0.AddDate(0, 0, -28), End: t0, DataVersion: "dv_1",
		Query: hotspots.Query{End: t0, Window: 28 * 24 * time.Hour, TrendWeeks: 8, Region: "51", Scene: geo.SceneLift, RAT: geo.RAT5G, DailyCap: 3},
		Notes: []string{"it's a note"}, Summary: hotspots.Summary{Calls: 1 << 60, Places: 3}}
	for i := range 3 {
		run.Hotspots = append(run.Hotspots, hotspots.Hotspot{ID: fmt.Sprintf("hs_%d", i), Rank: i + 1, Name: "东方大厦 lifts", Scene: "lift", Region: []string{"51", "5101"},
			Place:    hotspots.PlaceRef{Kind: "segment", Ref: "G42", KmFrom: ptr(0), KmTo: ptr(2), Cells: []string{"8928308280fffff"}},
			Geometry: json.RawMessage(`{"type":"Point","coordinates":[104.0600000000000001,30.67],"bbox":[1,2,3,4]}`), Center: [2]float64{104.06, 30.67},
			Impact: hotspots.Impact{Total: 1.0 / 3, Avoidable: math.Pi, Lower: 0.1, Upper: 5, Unit: "weighted hurt customers"},
			Rate:   hotspots.Rate{Value: ptr(0.061), Unit: "bad calls per call"}, Trend: hotspots.Trend{Class: "new", Weeks: []hotspots.TrendWeek{{Start: "2026-05-02"}}},
			Customers: hotspots.Customers{Hurt: 12, Served: 99}, State: "detected", Run: id, Method: "1", Members: []geo.PlaceID{1<<63 | 5, 7}})
	}
	return run
}

func TestRuns(t *testing.T) {
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		latest, err := s.LatestRun(t.Context())
		if latest != nil || err != nil {
			t.Fatalf("no run yet: %v, %v", latest, err)
		}
		if _, err := s.Run(t.Context(), "run_1"); store.CodeOf(err) != store.CodeNotFound {
			t.Errorf("a run that is not there: %v", err)
		}
		one, two := sampleRun("run_1", t0.Add(123456789)), sampleRun("run_2", t0.Add(123456790))
		must(t, s.SaveRun(t.Context(), two))
		must(t, s.SaveRun(t.Context(), one))
		must(t, s.SaveRun(t.Context(), one)) // the same again
		changed := sampleRun("run_1", one.Created)
		changed.Hotspots[1].Impact.Lower = 7
		if err := s.SaveRun(t.Context(), changed); store.CodeOf(err) != store.CodeConflict {
			t.Errorf("a run was changed: %v", err)
		}
		got, err := s.Run(t.Context(), "run_1")
		must(t, err)
		if !reflect.DeepEqual(got, one) {
			t.Errorf("read back:\n%+v\nwant\n%+v", got, one)
		}
		a, err := json.Marshal(got)
		must(t, err)
		b, err := json.Marshal(one)
		must(t, err)
		if string(a) != string(b) {
			t.Errorf("the contract's JSON changed:\n%s\nwant\n%s", a, b)
		}
		if latest, err = s.LatestRun(t.Context()); err != nil || latest.ID != "run_2" || len(latest.Hotspots) != 3 {
			t.Errorf("latest %+v, %v", latest, err)
		}
		list, err := s.Runs(t.Context(), 0)
		must(t, err)
		if len(list) != 2 || list[0].ID != "run_2" || list[1].ID != "run_1" || list[1].Hotspots != nil {
			t.Errorf("runs %+v", list)
		}
	})
}

func TestEvents(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		first := store.Event{ID: "ev_1", Hotspot: "hs_1", Time: t0.Add(5), Kind: "assigned", Actor: "li", Data: json.RawMessage(`{"to":"team 3"}`)}
		second := store.Event{ID: "ev_2", Hotspot: "hs_1", Time: t0.Add(7), Kind: "fixed", Actor: "wang"}
		other := store.Event{ID: "ev_3", Hotspot: "hs_2", Time: t0.Add(6), Kind: "dismissed", Actor: "li"}
		for _, e := range []store.Event{second, first, other, first} {
			must(t, s.AppendEvent(t.Context(), e))
		}
		got, err := s.Events(t.Context(), "hs_1")
		must(t, err)
		if !reflect.DeepEqual(got, []store.Event{first, second}) {
			t.Errorf("events %+v", got)
		}
		if got, err = s.Events(t.Context(), ""); err != nil || len(got) != 3 {
			t.Errorf("all events: %+v, %v", got, err)
		}
	})
}

func TestCatalogue(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		read, err := geo.ReadVenuesGeoJSON(strings.NewReader(`{"type":"FeatureCollection","features":[
			{"type":"Feature","properties":{"id":"V1","name":"东方大厦","scene":"office_tower","floors":30,"basement_floors":3,"aliases":["Orient Tower"]},
			 "geometry":{"type":"Polygon","coordinates":[[[104.06,30.67],[104.0612345678901,30.67],[104.061,30.671],[104.06,30.67]]]}},
			{"type":"Feature","properties":{"id":"V2","name":"lift","scene":"lift","parent":"V1"},"geometry":{"type":"Point","coordinates":[104.0605,30.6703]}},
			{"type":"Feature","properties":{"id":"V3","name":"G42","scene":"highway","ref":"G42"},"geometry":{"type":"MultiLineString","coordinates":[[[104,30],[104.1,30.2]],[[104.2,30.2],[104.3,30.4]]]}}]}`))
		must(t, err)
		regions := []geo.Region{{Code: "51", Name: "Sichuan", Level: "province", Geometry: read[0].Geometry}, {Code: "5101", Name: "Chengdu", Parent: "51"}}
		sites := []geo.Site{{RadioCell: "460-00-1", Site: "A", Pos: geo.LatLon{Lat: 30, Lon: 104}, AzimuthDeg: 120, BeamwidthDeg: 65, RangeM: math.NaN(), RAT: geo.RAT4G, Indoor: true}}
		l := load(1, "cat")
		must(t, s.InsertVenues(t.Context(), l, read))
		must(t, s.InsertRegions(t.Context(), l, regions))
		must(t, s.InsertSites(t.Context(), l, sites))
		venues, gotRegions, gotSites, version, err := s.Catalogue(t.Context())
		must(t, err)
		if !reflect.DeepEqual(venues, read) {
			t.Errorf("venues\n%+v\nwant\n%+v", venues, read)
		}
		if !reflect.DeepEqual(gotRegions, regions) {
			t.Errorf("regions\n%+v\nwant\n%+v", gotRegions, regions)
		}
		if len(gotSites) != 1 || !math.IsNaN(gotSites[0].RangeM) {
			t.Fatalf("sites %+v", gotSites)
		}
		gotSites[0].RangeM, sites[0].RangeM = 0, 0
		if !reflect.DeepEqual(gotSites, sites) {
			t.Errorf("sites %+v, want %+v", gotSites, sites)
		}
		// Replaced by id, the version tells.
		read[1].Name = "goods lift"
		must(t, s.InsertVenues(t.Context(), load(2, "cat2"), read[1:2]))
		venues, _, _, after, err := s.Catalogue(t.Context())
		must(t, err)
		if len(venues) != 3 || venues[1].Name != "goods lift" || after == version {
			t.Errorf("after a replacement: %+v, version %s → %s", venues, version, after)
		}
	})
}

func TestRejects(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		reject := func(line uint64, reason string) ingest.Reject {
			return ingest.Reject{Feed: ingest.FeedCalls, Source: "test", File: "a.csv", Line: line, Reason: ingest.Reason(reason), Detail: "why", Raw: "x,\xff\x00,y", ProfileVersion: "1"}
		}
		list := func(f store.RejectFilter) (lines []uint64) {
			t.Helper()
			must(t, s.Rejects(t.Context(), f, func(r store.StoredReject) error {
				if r.Raw != "x,\xff\x00,y" || r.Feed != ingest.FeedCalls || r.ContentHash != "a" || r.Time.IsZero() {
					t.Errorf("reject %+v", r)
				}
				lines = append(lines, r.Line)
				return nil
			}))
			return lines
		}
		l := load(1, "a")
		_, err := s.Begin(t.Context(), l)
		must(t, err)
		for range 2 { // sent twice
			must(t, s.InsertRejects(t.Context(), l, []ingest.Reject{reject(9, "bad_time"), reject(3, "bad_position"), reject(5, "bad_time")}))
		}
		finish(t, s, l, 3)
		for want, f := range map[string]store.RejectFilter{
			"[3 5 9]": {}, "[5 9]": {Reason: "bad_time"}, "[3]": {Limit: 1}, "[]": {Source: "it's another"},
		} {
			if got := fmt.Sprint(list(f)); got != want {
				t.Errorf("%+v: lines %s, want %s", f, got, want)
			}
		}
		// The profile is mended and the file loaded again: only what is still refused stands.
		l = load(2, "a")
		l.ProfileVersion = "2"
		_, err = s.Begin(t.Context(), l)
		must(t, err)
		must(t, s.InsertRejects(t.Context(), l, []ingest.Reject{reject(5, "bad_time")}))
		finish(t, s, l, 3)
		if got := list(store.RejectFilter{}); !slices.Equal(got, []uint64{5}) {
			t.Errorf("after the second load lines %v stand, want 5", got)
		}
	})
}

func TestCells(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		// Cells of one res-9 parent and of another, by their ids alone.
		a, b := call(1, t0), call(2, t0.Add(time.Minute))
		c, d := call(3, t0), call(4, t0)
		a.Location.Cell, b.Location.Cell = 0x8b283082b9a9fff, 0x8b283082b9aafff
		c.Location.Cell = 0x8b283082b101fff
		a.Outcome, b.Outcome, c.Outcome = ingest.Dropped, ingest.Poor, ingest.Blocked
		c.Location.Pos = geo.LatLon{Lat: 10, Lon: -179.9}
		d.Location = geo.Location{Method: geo.MethodRadioCell}
		take(t, s, load(1, "a"), []ingest.Call{a, b, c, d})
		q := hotspots.CellQuery{Query: wide, West: -180, East: 180, South: -90, North: 90, Resolution: 9}
		got, err := s.Cells(t.Context(), q)
		must(t, err)
		want := []hotspots.CellStat{
			{Cell: 0x89283082b9bffff, Calls: 2, Bad: 2, Dropped: 1, Poor: 1, Customers: 2, Hurt: 2},
			{Cell: 0x89283082b13ffff, Calls: 1, Bad: 1, Blocked: 1, Customers: 1, Hurt: 1},
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("cells\n%+v\nwant\n%+v", got, want)
		}
		q.West, q.East = 170, -170 // across the antimeridian
		if got, err = s.Cells(t.Context(), q); err != nil || len(got) != 1 || got[0].Blocked != 1 {
			t.Errorf("across the antimeridian: %+v, %v", got, err)
		}
		q.West, q.East, q.Resolution, q.Limit = 100, 110, 11, 1
		if got, err = s.Cells(t.Context(), q); err != nil || len(got) != 1 || got[0].Cell != a.Location.Cell {
			t.Errorf("resolution 11, the first: %+v, %v", got, err)
		}
		// Calls of coarse accuracy, in the same streets and at the antimeridian: every
		// one of them is somewhere, once, whatever the resolution; most where calls are.
		var coarse []ingest.Call
		for i, at := range []geo.LatLon{{Lat: 37.776, Lon: -122.418}, {Lat: 37.776, Lon: -122.418}, {Lat: -17, Lon: 179.999}} {
			e := call(5+i, t0)
			e.Customer, e.Outcome = ingest.CustomerID(i/2), ingest.Dropped
			e.Location = nowhere.Locate(geo.Evidence{HasPos: true, Pos: at, AccuracyM: 1500, Floor: geo.UnknownFloor})
			coarse = append(coarse, e)
		}
		take(t, s, load(2, "coarse"), coarse)
		for resolution := geo.Resolution(0); resolution <= geo.StoredResolution; resolution++ {
			q := hotspots.CellQuery{Query: wide, West: -180, East: 180, South: -90, North: 90, Resolution: resolution}
			got, err := s.Cells(t.Context(), q)
			must(t, err)
			var sum hotspots.CellStat
			for _, c := range got {
				if c.Cell.Resolution() != resolution {
					t.Fatalf("resolution %d: cell %v", resolution, c.Cell)
				}
				sum.Calls, sum.Bad, sum.Dropped, sum.Poor, sum.Blocked = sum.Calls+c.Calls, sum.Bad+c.Bad, sum.Dropped+c.Dropped, sum.Poor+c.Poor, sum.Blocked+c.Blocked
				sum.Customers, sum.Hurt = sum.Customers+c.Customers, sum.Hurt+c.Hurt
			}
			for what, diff := range map[string]float64{"calls": sum.Calls - 6, "bad": sum.Bad - 6, "dropped": sum.Dropped - 4, "poor": sum.Poor - 1, "blocked": sum.Blocked - 1} {
				if math.Abs(diff) > 1e-9 {
					t.Errorf("resolution %d: %s off by %v: %+v", resolution, what, diff, sum)
				}
			}
			if resolution == geo.RankResolution && (got[0].Cell != 0x89283082b9bffff || got[0].Calls < 2.01 || got[0].Calls > 2.2) {
				t.Errorf("the cell with two calls has %+v; the others are 100 cells' size", got[0])
			}
		}
		q.Resolution = 12
		if _, err = s.Cells(t.Context(), q); store.CodeOf(err) != store.CodeBadRecord {
			t.Errorf("resolution 12: %v", err)
		}
	})
}
