package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/hotspots"
)

var (
	runsTable = newTable("runs", `id String, created DateTime('UTC'), created_ns Int64, method String, window_start DateTime('UTC'), window_end DateTime('UTC'),
		region String, hotspots UInt32, data_version String, query String, json String`)
	runHotspotsTable = newTable("run_hotspots", `run String, rank UInt32, id String, name String, scene String, region String, lat Float64, lon Float64,
		impact Float64, avoidable Float64, avoidable_lower Float64, hurt_customers UInt32, state String, members Array(UInt64), json String, created_ns Int64`)
)

// SaveRun keeps a run for ever. Saving the same run again does nothing; another
// run under the same id is refused with CodeConflict. The run exists once all of
// it is stored.
func (s *Store) SaveRun(ctx context.Context, run *hotspots.Run) error {
	if run.ID == "" {
		return &Error{Code: CodeBadRecord, Message: "a run needs an id"}
	}
	bare := *run
	bare.Hotspots = nil
	text, err := json.Marshal(bare)
	if err != nil {
		return &Error{Code: CodeInternal, Message: "the run cannot be written as JSON: " + err.Error(), Err: err}
	}
	query, err := json.Marshal(run.Query)
	if err != nil {
		return &Error{Code: CodeInternal, Message: "the run's query cannot be written as JSON: " + err.Error(), Err: err}
	}
	spots := make([]string, len(run.Hotspots))
	for i := range run.Hotspots {
		one, err := json.Marshal(&run.Hotspots[i])
		if err != nil {
			return &Error{Code: CodeInternal, Message: fmt.Sprintf("hotspot %s cannot be written as JSON: %v", run.Hotspots[i].ID, err), Err: err}
		}
		spots[i] = string(one)
	}
	old, err := s.Run(ctx, run.ID)
	if err == nil {
		return sameRun(run, text, spots, old)
	} else if CodeOf(err) != CodeNotFound {
		return err
	}
	created := run.Created.UnixNano()
	if err := s.insertHotspots(ctx, run, spots, created); err != nil {
		return err
	}
	one := []*hotspots.Run{run}
	type R = *hotspots.Run
	return s.insert(ctx, runsTable, 1, func(b *block) {
		put(b, &b.buf.str, one, func(r *R) string { return (*r).ID })
		put(b, &b.buf.i64, one, func(r *R) int64 { return max((*r).Created.Unix(), 0) })
		put(b, &b.buf.i64, one, func(*R) int64 { return created })
		put(b, &b.buf.str, one, func(r *R) string { return (*r).Method })
		put(b, &b.buf.i64, one, func(r *R) int64 { return max((*r).Start.Unix(), 0) })
		put(b, &b.buf.i64, one, func(r *R) int64 { return max((*r).End.Unix(), 0) })
		put(b, &b.buf.str, one, func(r *R) string { return (*r).Query.Region })
		put(b, &b.buf.u32, one, func(r *R) uint32 { return uint32(len((*r).Hotspots)) })
		put(b, &b.buf.str, one, func(r *R) string { return (*r).DataVersion })
		put(b, &b.buf.str, one, func(*R) string { return string(query) })
		put(b, &b.buf.str, one, func(*R) string { return string(text) })
	})
}

func (s *Store) insertHotspots(ctx context.Context, run *hotspots.Run, texts []string, created int64) error {
	type H = hotspots.Hotspot
	var members [][]uint64
	return s.insert(ctx, runHotspotsTable, len(run.Hotspots), func(b *block) {
		h := run.Hotspots
		put(b, &b.buf.str, h, func(*H) string { return run.ID })
		put(b, &b.buf.u32, h, func(v *H) uint32 { return uint32(v.Rank) })
		put(b, &b.buf.str, h, func(v *H) string { return v.ID })
		put(b, &b.buf.str, h, func(v *H) string { return v.Name })
		put(b, &b.buf.str, h, func(v *H) string { return v.Scene })
		put(b, &b.buf.str, h, func(v *H) string {
			if len(v.Region) == 0 {
				return ""
			}
			return v.Region[len(v.Region)-1]
		})
		put(b, &b.buf.f64, h, func(v *H) float64 { return v.Center[1] })
		put(b, &b.buf.f64, h, func(v *H) float64 { return v.Center[0] })
		put(b, &b.buf.f64, h, func(v *H) float64 { return v.Impact.Total })
		put(b, &b.buf.f64, h, func(v *H) float64 { return v.Impact.Avoidable })
		put(b, &b.buf.f64, h, func(v *H) float64 { return v.Impact.Lower })
		put(b, &b.buf.u32, h, func(v *H) uint32 { return uint32(v.Customers.Hurt) })
		put(b, &b.buf.str, h, func(v *H) string { return v.State })
		put(b, &members, h, func(v *H) []uint64 {
			ids := make([]uint64, len(v.Members))
			for i, m := range v.Members {
				ids[i] = uint64(m)
			}
			return ids
		})
		put(b, &b.buf.str, texts, func(t *string) string { return *t })
		put(b, &b.buf.i64, h, func(*H) int64 { return created })
	})
}

// sameRun compares what is to be saved with what is there.
func sameRun(run *hotspots.Run, text []byte, spots []string, old *hotspots.Run) error {
	bare := *old
	bare.Hotspots = nil
	was, err := json.Marshal(bare)
	same := err == nil && bytes.Equal(was, text) && len(old.Hotspots) == len(spots)
	for i := 0; same && i < len(spots); i++ {
		h, err := json.Marshal(&old.Hotspots[i])
		same = err == nil && string(h) == spots[i]
	}
	if !same {
		return &Error{Code: CodeConflict, Message: fmt.Sprintf("run %s is already stored with other results: runs never change, save it under a new id", run.ID)}
	}
	return nil
}

// LatestRun is the run created last, or nil when there is none.
func (s *Store) LatestRun(ctx context.Context) (*hotspots.Run, error) {
	runs, err := s.Runs(ctx, 1)
	if err != nil || len(runs) == 0 {
		return nil, err
	}
	return s.Run(ctx, runs[0].ID)
}

// Runs lists runs without their hotspots, newest first; limit 0 means all.
func (s *Store) Runs(ctx context.Context, limit int) ([]hotspots.Run, error) {
	text, a := "", args{}
	if limit > 0 {
		text, a["limit"] = " LIMIT @limit", limit
	}
	return s.readRuns(ctx, `SELECT query, json FROM runs FINAL ORDER BY created_ns DESC, id DESC`+text, a)
}

func (s *Store) readRuns(ctx context.Context, query string, a args) ([]hotspots.Run, error) {
	var out []hotspots.Run
	err := s.each(ctx, "read runs", query, a, func(r driver.Rows) error {
		var q, text string
		if err := r.Scan(&q, &text); err != nil {
			return err
		}
		var run hotspots.Run
		if err := json.Unmarshal([]byte(text), &run); err != nil {
			return fmt.Errorf("a stored run cannot be read: %w", err)
		}
		if err := json.Unmarshal([]byte(q), &run.Query); err != nil {
			return fmt.Errorf("the query of a stored run cannot be read: %w", err)
		}
		out = append(out, run)
		return nil
	})
	return out, err
}

// Run reads one run with its hotspots in rank order; CodeNotFound when there is none.
func (s *Store) Run(ctx context.Context, id string) (*hotspots.Run, error) {
	runs, err := s.readRuns(ctx, `SELECT query, json FROM runs FINAL WHERE id = @id`, args{"id": id})
	if err != nil {
		return nil, err
	}
	if len(runs) == 0 {
		return nil, &Error{Code: CodeNotFound, Message: fmt.Sprintf("there is no run %q in the store", id)}
	}
	run := &runs[0]
	run.Hotspots = []hotspots.Hotspot{}
	err = s.each(ctx, "read a run's hotspots", `SELECT members, json FROM run_hotspots FINAL WHERE run = @id ORDER BY rank, id`, args{"id": id},
		func(r driver.Rows) error {
			var members []uint64
			var text string
			if err := r.Scan(&members, &text); err != nil {
				return err
			}
			h, err := readHotspot(text)
			if err != nil {
				return err
			}
			for _, m := range members {
				h.Members = append(h.Members, geo.PlaceID(m))
			}
			run.Hotspots = append(run.Hotspots, h)
			return nil
		})
	return run, err
}

// readHotspot keeps the geometry as the bytes it was written with, so that a
// hotspot read back is written the same.
func readHotspot(text string) (hotspots.Hotspot, error) {
	var v struct {
		hotspots.Hotspot
		Geometry json.RawMessage `json:"geometry"`
	}
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return v.Hotspot, fmt.Errorf("a stored hotspot cannot be read: %w", err)
	}
	v.Hotspot.Geometry = v.Geometry
	return v.Hotspot, nil
}

// Event is one thing that happened to a hotspot: acknowledged, assigned, noted, …
type Event struct {
	ID      string // unique; repeating an event with the same id and time adds nothing
	Hotspot string
	Time    time.Time
	Kind    string
	Actor   string
	Data    json.RawMessage
}

var eventsTable = newTable("events", `hotspot String, time DateTime('UTC'), time_ns Int64, id String, kind String, actor String, data String`)

// AppendEvent adds to a hotspot's history.
func (s *Store) AppendEvent(ctx context.Context, e Event) error {
	if e.ID == "" || e.Hotspot == "" || e.Kind == "" || e.Time.IsZero() {
		return &Error{Code: CodeBadRecord, Message: "an event needs an id, a hotspot, a kind and a time"}
	}
	one := []Event{e}
	return s.insert(ctx, eventsTable, 1, func(b *block) {
		put(b, &b.buf.str, one, func(e *Event) string { return e.Hotspot })
		put(b, &b.buf.i64, one, func(e *Event) int64 { return max(e.Time.Unix(), 0) })
		put(b, &b.buf.i64, one, func(e *Event) int64 { return e.Time.UnixNano() })
		put(b, &b.buf.str, one, func(e *Event) string { return e.ID })
		put(b, &b.buf.str, one, func(e *Event) string { return e.Kind })
		put(b, &b.buf.str, one, func(e *Event) string { return e.Actor })
		put(b, &b.buf.str, one, func(e *Event) string { return string(e.Data) })
	})
}

// Events are the events of a hotspot ("" = of all), oldest first.
func (s *Store) Events(ctx context.Context, hotspot string) ([]Event, error) {
	where, a := "", args{}
	if hotspot != "" {
		where, a["hotspot"] = " WHERE hotspot = @hotspot", hotspot
	}
	var out []Event
	err := s.each(ctx, "read events", `SELECT id, hotspot, time_ns, kind, actor, data FROM events FINAL`+where+` ORDER BY time_ns, id`, a,
		func(r driver.Rows) error {
			var e Event
			var at int64
			var data string
			if err := r.Scan(&e.ID, &e.Hotspot, &at, &e.Kind, &e.Actor, &data); err != nil {
				return err
			}
			e.Time = time.Unix(0, at).UTC()
			if data != "" {
				e.Data = json.RawMessage(data)
			}
			out = append(out, e)
			return nil
		})
	return out, err
}
