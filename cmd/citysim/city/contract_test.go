package city

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/ingest"
)

// sink keeps what ingest accepts.
type sink struct {
	mu         sync.Mutex
	calls      map[ingest.RecordID]ingest.Call
	complaints []ingest.Complaint
	subs       int
	traffic    uint64
	surveys    int
	rejects    []ingest.Reject
	sites      []geo.Site
	venues     []geo.Venue
	regions    []geo.Region
}

func (s *sink) Begin(context.Context, ingest.Load) (*ingest.Account, error) { return nil, nil }
func (s *sink) Finish(context.Context, ingest.Load, ingest.Account) error   { return nil }
func (s *sink) with(f func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	return nil
}
func (s *sink) InsertCalls(_ context.Context, _ ingest.Load, v []ingest.Call) error {
	return s.with(func() {
		for _, c := range v {
			s.calls[c.ID] = c
		}
	})
}
func (s *sink) InsertComplaints(_ context.Context, _ ingest.Load, v []ingest.Complaint) error {
	return s.with(func() { s.complaints = append(s.complaints, v...) })
}
func (s *sink) InsertSubscribers(_ context.Context, _ ingest.Load, v []ingest.Subscriber) error {
	return s.with(func() { s.subs += len(v) })
}
func (s *sink) InsertTraffic(_ context.Context, _ ingest.Load, v []ingest.Traffic) error {
	return s.with(func() {
		for _, t := range v {
			s.traffic += t.Attempts
		}
	})
}
func (s *sink) InsertSurveys(_ context.Context, _ ingest.Load, v []ingest.Survey) error {
	return s.with(func() { s.surveys += len(v) })
}
func (s *sink) InsertRejects(_ context.Context, _ ingest.Load, v []ingest.Reject) error {
	return s.with(func() { s.rejects = append(s.rejects, v...) })
}
func (s *sink) InsertSites(_ context.Context, _ ingest.Load, v []geo.Site) error {
	return s.with(func() { s.sites = append(s.sites, v...) })
}
func (s *sink) InsertMarks(context.Context, ingest.Load, []geo.Mark) error { return nil }

func (s *sink) InsertVenues(_ context.Context, _ ingest.Load, v []geo.Venue) error {
	return s.with(func() { s.venues = append(s.venues, v...) })
}
func (s *sink) InsertRegions(_ context.Context, _ ingest.Load, v []geo.Region) error {
	return s.with(func() { s.regions = append(s.regions, v...) })
}
func (s *sink) ExistingCalls(_ context.Context, ids []ingest.RecordID, _, _ int32) (map[ingest.RecordID]bool, error) {
	out := map[ingest.RecordID]bool{}
	return out, s.with(func() {
		for _, id := range ids {
			if _, ok := s.calls[id]; ok {
				out[id] = true
			}
		}
	})
}
func (s *sink) ExistingComplaints(context.Context, []ingest.RecordID, int32, int32) (map[ingest.RecordID]bool, error) {
	return nil, nil
}
func (s *sink) LoadedDays(context.Context, ingest.Feed, string) ([]int32, error) { return nil, nil }

// take loads every file of a city the way hotcell does.
func take(t *testing.T, dir string, s *Summary) (*sink, map[ingest.Feed]ingest.Account) {
	t.Helper()
	out := &sink{calls: map[ingest.RecordID]ingest.Call{}}
	accounts := map[ingest.Feed]ingest.Account{}
	empty, err := geo.NewCatalogue(nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	load := func(locator ingest.Locator, want func(feed ingest.Feed) bool) {
		cfg := ingest.DefaultConfig()
		cfg.PseudonymKey = []byte("a key for tests, long enough for any check of it")
		loader, err := ingest.New(cfg, out, locator)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range s.Files {
			base, _, _ := strings.Cut(name, ".")
			base, _, _ = strings.Cut(base, "-")
			if feed := ingest.Feed(base); name != TruthFile && want(feed) {
				p, err := ingest.OpenProfile(feed, "")
				if err != nil {
					t.Fatal(err)
				}
				a, err := loader.Load(context.Background(), feed, p, filepath.Join(dir, name))
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				old := accounts[feed]
				a.Read, a.Accepted, a.Rejected, a.Duplicate = a.Read+old.Read, a.Accepted+old.Accepted, a.Rejected+old.Rejected, a.Duplicate+old.Duplicate
				accounts[feed] = a
			}
		}
	}
	fixed := func(f ingest.Feed) bool {
		return f == ingest.FeedRegions || f == ingest.FeedVenues || f == ingest.FeedSites
	}
	load(empty, fixed)
	c, err := geo.NewCatalogue(out.venues, out.regions, out.sites)
	if err != nil {
		t.Fatal(err)
	}
	load(c, func(f ingest.Feed) bool { return !fixed(f) })
	return out, accounts
}

func TestEveryFileKeepsTheContract(t *testing.T) {
	for _, kind := range Types() {
		cfg := small(kind)
		cfg.Compress = map[Type]string{Dense: "", Sprawl: "gz", Mountain: "zst"}[kind]
		cfg.Split = kind != Dense
		dir, s := write(t, cfg)
		got, accounts := take(t, dir, s)
		for feed, a := range accounts {
			if a.Rejected != 0 || a.Duplicate != 0 || a.Read != a.Accepted || a.Read == 0 {
				t.Errorf("%s %s: read %d, accepted %d, rejected %d, duplicate %d", kind, feed, a.Read, a.Accepted, a.Rejected, a.Duplicate)
			}
			for _, w := range a.Warnings {
				t.Errorf("%s %s: warning %q", kind, feed, w)
			}
		}
		for i, r := range got.rejects {
			if i < 3 {
				t.Errorf("%s: %s:%d %s %s: %s", kind, r.File, r.Line, r.Reason, r.Detail, r.Raw)
			}
		}
		if len(accounts) != 8 {
			t.Errorf("%s: %d feeds were written, not 8", kind, len(accounts))
		}
		if len(got.calls) != cfg.Calls || len(got.complaints) != cfg.Calls/200 || got.subs != cfg.Calls/25 {
			t.Errorf("%s: %d calls, %d complaints, %d subscribers", kind, len(got.calls), len(got.complaints), got.subs)
		}
		if got.traffic != uint64(cfg.Calls) {
			t.Errorf("%s: the counters saw %d of %d calls", kind, got.traffic, cfg.Calls)
		}
		located := accounts[ingest.FeedCalls].Located
		if located == 0 {
			t.Errorf("%s: no call was located", kind)
		}
	}
}

// Header names are the contract, to the letter.
func TestHeaders(t *testing.T) {
	dir, _ := write(t, small(Dense))
	for file, want := range map[string]string{
		"calls.csv":       "record_id,time,subscriber_id,peer_id,outcome,duration_s,cause,rat,cell_id,operator,lat,lon,accuracy_m,floor,indoor,rating",
		"complaints.csv":  "record_id,time,subscriber_id,channel,kind,category,text,address,lat,lon,accuracy_m,cell_id,venue,status",
		"traffic.csv":     "cell_id,hour,attempts,setups,drops",
		"subscribers.csv": "subscriber_id,segment,value_tier,tenure_months,arpu,churned_at",
		"sites.csv":       "cell_id,site,lat,lon,azimuth_deg,beamwidth_deg,range_m,rat,indoor",
		"surveys.csv":     "time,subscriber_id,region,instrument,score",
	} {
		b, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		if got, _, _ := strings.Cut(string(b), "\n"); got != want {
			t.Errorf("%s begins with %q", file, got)
		}
	}
}

func TestDirtIsCountedAndFound(t *testing.T) {
	cfg := small(Dense)
	cfg.Dirt = 0.01
	dir, s := write(t, cfg)
	d := s.Truth.Dirt
	for name, n := range map[string]int{"duplicates": d.Duplicates, "swapped": d.SwappedCoordinates, "bad dates": d.BadDates, "late": d.Late} {
		if n < 150 || n > 420 {
			t.Errorf("%d %s of %d calls at 1 %%", n, name, cfg.Calls)
		}
	}
	if s.Calls != cfg.Calls+d.Duplicates {
		t.Errorf("%d rows of %d calls and %d duplicates", s.Calls, cfg.Calls, d.Duplicates)
	}
	got, accounts := take(t, dir, s)
	a := accounts[ingest.FeedCalls]
	if int(a.Read) != s.Calls || int(a.Duplicate) != d.Duplicates {
		t.Errorf("ingest read %d rows and found %d duplicates; %d and %d were written", a.Read, a.Duplicate, s.Calls, d.Duplicates)
	}
	dates := 0
	for _, r := range got.rejects {
		if strings.Contains(r.Raw, "-02-30T25:61:00") {
			dates++
		}
	}
	if dates != d.BadDates {
		t.Errorf("%d bad dates were rejected, %d written", dates, d.BadDates)
	}
}

// The same calls must come out, however they are packed.
func TestPackingChangesNothing(t *testing.T) {
	cfg := small(Mountain)
	dir, s := write(t, cfg)
	plain, _ := take(t, dir, s)
	cfg.Split, cfg.Compress = true, "zst"
	dir, s = write(t, cfg)
	packed, _ := take(t, dir, s)
	if days := len(s.Files) - 8; days != cfg.Days {
		t.Errorf("%d calls files for %d days", days, cfg.Days)
	}
	if len(plain.calls) != cfg.Calls || len(packed.calls) != cfg.Calls {
		t.Errorf("%d calls, packed %d", len(plain.calls), len(packed.calls))
	}
	for id, a := range plain.calls {
		b := packed.calls[id]
		if a.Time != b.Time || a.Customer != b.Customer || a.Outcome != b.Outcome || a.Location.Place != b.Location.Place {
			t.Fatalf("a call differs when packed: %+v, %+v", a, b)
		}
	}
}
