package ingest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hotcell/hotcell/geo"
)

// memSink is a Sink in memory that behaves like the store: a record's id is
// unique, and the newest version of it wins.
type memSink struct {
	mu         sync.Mutex
	finished   map[string]Account
	calls      map[RecordID]Call
	callVer    map[RecordID]uint64
	complaints map[RecordID]Complaint
	subs       []Subscriber
	traffic    []Traffic
	surveys    []Survey
	rejects    []Reject
	sites      []geo.Site
	venues     []geo.Venue
	marks      []geo.Mark
	regions    []geo.Region
	days       map[Feed]map[string]map[int32]bool
	loads      []Load
	inserts    int
	largest    int
	failAfter  int // fail the insert of this number; 0 = never
	block      chan struct{}
}

func newMemSink() *memSink {
	return &memSink{finished: map[string]Account{}, calls: map[RecordID]Call{}, callVer: map[RecordID]uint64{},
		complaints: map[RecordID]Complaint{}, days: map[Feed]map[string]map[int32]bool{}}
}

var errDiskFull = errors.New("disk full")

func loadKey(l Load) string {
	return strings.Join([]string{string(l.Feed), l.Source, l.ContentHash, l.ProfileVersion}, "|")
}

func (s *memSink) Begin(_ context.Context, l Load) (*Account, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loads = append(s.loads, l)
	if a, ok := s.finished[loadKey(l)]; ok {
		return &a, nil
	}
	return nil, nil
}

func (s *memSink) Finish(_ context.Context, l Load, a Account) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finished[loadKey(l)] = a
	return nil
}

func (s *memSink) insert(ctx context.Context, l Load, n int) error {
	s.inserts++
	s.largest = max(s.largest, n)
	if s.failAfter > 0 && s.inserts >= s.failAfter {
		return errDiskFull
	}
	return ctx.Err()
}

func (s *memSink) mark(l Load, t int64) {
	f := s.days[l.Feed]
	if f == nil {
		f = map[string]map[int32]bool{}
		s.days[l.Feed] = f
	}
	if f[l.Source] == nil {
		f[l.Source] = map[int32]bool{}
	}
	f[l.Source][dayOf(t)] = true
}

func (s *memSink) InsertCalls(ctx context.Context, l Load, calls []Call) error {
	if s.block != nil {
		<-s.block
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.insert(ctx, l, len(calls)); err != nil {
		return err
	}
	for _, c := range calls {
		s.mark(l, c.Time)
		if l.Version >= s.callVer[c.ID] {
			// The rows are only ours during the call: keep copies of the texts.
			c.Cause, c.RadioCell, c.Operator = strings.Clone(c.Cause), strings.Clone(c.RadioCell), strings.Clone(c.Operator)
			s.calls[c.ID], s.callVer[c.ID] = c, l.Version
		}
	}
	return nil
}

func (s *memSink) InsertComplaints(ctx context.Context, l Load, cs []Complaint) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.insert(ctx, l, len(cs)); err != nil {
		return err
	}
	for _, c := range cs {
		s.mark(l, c.Time)
		s.complaints[c.ID] = c
	}
	return nil
}

func (s *memSink) InsertSubscribers(ctx context.Context, l Load, v []Subscriber) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subs = append(s.subs, v...)
	return s.insert(ctx, l, len(v))
}

func (s *memSink) InsertTraffic(ctx context.Context, l Load, v []Traffic) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.traffic = append(s.traffic, v...)
	return s.insert(ctx, l, len(v))
}

func (s *memSink) InsertSurveys(ctx context.Context, l Load, v []Survey) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.surveys = append(s.surveys, v...)
	return s.insert(ctx, l, len(v))
}

func (s *memSink) InsertRejects(_ context.Context, _ Load, v []Reject) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rejects = append(s.rejects, v...)
	return nil
}

func (s *memSink) InsertSites(ctx context.Context, l Load, v []geo.Site) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sites = append(s.sites, v...)
	return s.insert(ctx, l, len(v))
}

func (s *memSink) InsertVenues(ctx context.Context, l Load, v []geo.Venue) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.venues = append(s.venues, v...)
	return s.insert(ctx, l, len(v))
}

func (s *memSink) InsertMarks(_ context.Context, _ Load, v []geo.Mark) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.marks = append(s.marks, v...)
	return nil
}

func (s *memSink) InsertRegions(ctx context.Context, l Load, v []geo.Region) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.regions = append(s.regions, v...)
	return s.insert(ctx, l, len(v))
}

func (s *memSink) ExistingCalls(_ context.Context, ids []RecordID, from, to int32) (map[RecordID]bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[RecordID]bool{}
	for _, id := range ids {
		if c, ok := s.calls[id]; ok && dayOf(c.Time) >= from && dayOf(c.Time) <= to {
			out[id] = true
		}
	}
	return out, nil
}

func (s *memSink) ExistingComplaints(_ context.Context, ids []RecordID, from, to int32) (map[RecordID]bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[RecordID]bool{}
	for _, id := range ids {
		if c, ok := s.complaints[id]; ok && dayOf(c.Time) >= from && dayOf(c.Time) <= to {
			out[id] = true
		}
	}
	return out, nil
}

func (s *memSink) LoadedDays(_ context.Context, f Feed, source string) ([]int32, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []int32
	for d := range s.days[f][source] {
		out = append(out, d)
	}
	return out, nil
}

// printSink is a memSink that keeps fingerprints.
type printSink struct{ *memSink }

func (s printSink) CallFingerprints(_ context.Context, ids []RecordID, from, to int32) (map[RecordID]uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[RecordID]uint64{}
	for _, id := range ids {
		if c, ok := s.calls[id]; ok && dayOf(c.Time) >= from && dayOf(c.Time) <= to {
			out[id] = c.Fingerprint
		}
	}
	return out, nil
}

func (s printSink) ComplaintFingerprints(_ context.Context, ids []RecordID, from, to int32) (map[RecordID]uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[RecordID]uint64{}
	for _, id := range ids {
		if c, ok := s.complaints[id]; ok && dayOf(c.Time) >= from && dayOf(c.Time) <= to {
			out[id] = c.Fingerprint
		}
	}
	return out, nil
}

// boxLocator knows one region, a box, and locates by coordinates only.
type boxLocator struct{ minLat, maxLat, minLon, maxLon float64 }

func (b boxLocator) in(p geo.LatLon) bool {
	return p.Lat >= b.minLat && p.Lat <= b.maxLat && p.Lon >= b.minLon && p.Lon <= b.maxLon
}

func (b boxLocator) LocateAll(evidence []geo.Evidence, out []geo.Location) {
	for i := range evidence {
		out[i] = b.locate(evidence[i])
	}
}

func (b boxLocator) locate(e geo.Evidence) geo.Location {
	if !e.HasPos {
		if e.RadioCell != "" {
			return geo.Location{Method: geo.MethodRadioCell}
		}
		return geo.Location{}
	}
	l := geo.Location{Method: geo.MethodCoordinates, Pos: e.Pos, AccuracyM: float32(e.AccuracyM)}
	if b.in(e.Pos) {
		l.Region = "box"
	}
	return l
}

func (b boxLocator) SuspectSwapped(p geo.LatLon) bool {
	return !b.in(p) && b.in(geo.LatLon{Lat: p.Lon, Lon: p.Lat})
}

// chengdu is the box the test rows lie in.
var chengdu = boxLocator{minLat: 30, maxLat: 31.5, minLon: 103, maxLon: 105}

var testNow = time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC)

func testConfig() Config {
	cfg := DefaultConfig()
	cfg.PseudonymKey = []byte("0123456789abcdef0123456789abcdef")
	now := testNow
	cfg.Now = func() time.Time { now = now.Add(time.Second); return now }
	return cfg
}

func newTestLoader(t testing.TB, cfg Config, sink Sink) *Loader {
	t.Helper()
	l, err := New(cfg, sink, chengdu)
	if err != nil {
		t.Fatal(err)
	}
	return l
}
