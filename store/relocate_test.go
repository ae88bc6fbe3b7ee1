package store_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/ingest"
	"github.com/hotcell/hotcell/store"
	"github.com/hotcell/hotcell/store/storetest"
)

// atlas is a Locator of a few rules, so that each kind of evidence is told apart:
// a position goes to the region of its whole degrees of latitude, names to the
// entry they have.
type atlas struct {
	prefix string // of the regions of positions
	names  map[string]geo.Location
	during func() // called once, with the first record
	once   sync.Once
	mu     sync.Mutex
	seen   []geo.Evidence
}

func (a *atlas) Locate(e geo.Evidence) geo.Location {
	if a.during != nil {
		a.once.Do(a.during)
	}
	a.mu.Lock()
	a.seen = append(a.seen, e)
	a.mu.Unlock()
	if e.HasPos {
		return geo.Location{Method: geo.MethodCoordinates, Pos: e.Pos, AccuracyM: float32(e.AccuracyM),
			Cell: 0x8b0000000000fff, Place: 7, Scene: geo.SceneMall, Region: fmt.Sprintf("%s%.0f", a.prefix, e.Pos.Lat)}
	}
	for _, name := range []string{e.Venue, e.Address, e.Text, e.RadioCell} {
		if l, ok := a.names[name]; ok && name != "" {
			return l
		}
	}
	return geo.Location{}
}

// in is where an atlas puts a name.
func in(m geo.Method, lat float64, region string) geo.Location {
	l := geo.Location{Method: m, Pos: geo.LatLon{Lat: lat, Lon: 104}, AccuracyM: 50, Scene: geo.SceneHotel, Region: region}
	if m != geo.MethodRadioCell {
		l.Cell, l.Place = 0x8b1000000000fff, 9
	}
	return l
}

// placed writes calls and complaints with the places a gives them.
func placed(a *atlas, calls []ingest.Call, complaints []ingest.Complaint, pos map[ingest.RecordID]geo.LatLon) {
	for i := range calls {
		c := &calls[i]
		p, ok := pos[c.ID]
		c.Location = a.Locate(geo.Evidence{HasPos: ok, Pos: p, AccuracyM: 12.5, RadioCell: c.RadioCell, Floor: c.Floor, Indoor: c.Indoor, RAT: c.RAT})
	}
	for i := range complaints {
		c := &complaints[i]
		p, ok := pos[c.ID]
		c.Location = a.Locate(geo.Evidence{HasPos: ok, Pos: p, AccuracyM: 12.5, RadioCell: c.RadioCell, Venue: c.Venue, Address: c.Address, Text: c.Text, Floor: geo.UnknownFloor})
	}
	a.seen = nil
}

// somewhere is a store's worth of records with every kind of evidence.
func somewhere() (calls []ingest.Call, complaints []ingest.Complaint, pos map[ingest.RecordID]geo.LatLon) {
	pos = map[ingest.RecordID]geo.LatLon{}
	for i := range 300 {
		c := call(i, t0.Add(time.Duration(i)*700*time.Second))
		c.Cause, c.Operator, c.Rating, c.Peer, c.Indoor = "19", "op", uint8(i%6), ingest.CustomerID(i%11), geo.Indoor(i%4)
		c.Floor, c.RadioCell = int16(i%9-2), fmt.Sprintf("460-00-%d", i%4)
		switch i % 3 {
		case 0:
			pos[c.ID] = geo.LatLon{Lat: float64(20 + i%5), Lon: 104.5}
		case 1:
			c.RadioCell = ""
		}
		calls = append(calls, c)
	}
	for i := range 60 {
		c := ingest.Complaint{ID: recordID(10_000 + i), Time: t0.Add(time.Duration(i) * time.Hour).Unix(), Customer: ingest.CustomerID(i + 1),
			Channel: "app", Category: "coverage", Status: "open", Appeal: i%7 == 0, Text: "没有信号"}
		switch i % 5 {
		case 0:
			pos[c.ID] = geo.LatLon{Lat: 31, Lon: 104.5}
		case 1:
			c.Venue = "Oriental Tower"
		case 2:
			c.Address = "1 Long Street"
		case 3:
			c.Text = "in the Grand Hotel"
		case 4:
			c.RadioCell = "460-00-1"
		}
		complaints = append(complaints, c)
	}
	return calls, complaints, pos
}

// before knows one radio cell and one venue; after moves the venue, forgets the
// cell, and knows everything else.
func before() *atlas {
	return &atlas{prefix: "a", names: map[string]geo.Location{
		"460-00-0":       in(geo.MethodRadioCell, 50, "c0"),
		"460-00-1":       in(geo.MethodRadioCell, 51, "c1"),
		"Oriental Tower": in(geo.MethodVenue, 40, "v"),
	}}
}

func after() *atlas {
	return &atlas{prefix: "b", names: map[string]geo.Location{
		"460-00-1":           in(geo.MethodRadioCell, 51, "c1"),
		"460-00-2":           in(geo.MethodRadioCell, 52, "c2"),
		"Oriental Tower":     in(geo.MethodVenue, 41, "v"),
		"1 Long Street":      in(geo.MethodAddress, 42, "w"),
		"in the Grand Hotel": in(geo.MethodAddress, 43, "x"),
	}}
}

func takeComplaints(t testing.TB, s *store.Store, l ingest.Load, c []ingest.Complaint) {
	t.Helper()
	l.Feed = ingest.FeedComplaints
	_, err := s.Begin(t.Context(), l)
	must(t, err)
	must(t, s.InsertComplaints(t.Context(), l, c))
	must(t, s.Finish(t.Context(), l, ingest.Account{Read: uint64(len(c)), Accepted: uint64(len(c))}))
}

const location = "method,lat,lon,accuracy_m,cell,place,scene,region"

// contents is a hash over chosen columns of all records that count; with none,
// over all but the place and the version.
func contents(t testing.TB, s *store.Store, columns string) string {
	t.Helper()
	callColumns, complaintColumns := columns, columns
	if columns == "" {
		callColumns = "time,day,precision,customer,peer,outcome,duration_s,cause,rat,radio_cell,operator,floor,indoor,rating,load,deleted"
		complaintColumns = "time,day,precision,customer,channel,appeal,category,text,address,venue,radio_cell,status,load,deleted"
	}
	return s.Text(t, `SELECT concat(toString(count()), ' ', toString(sum(cityHash64(record_id,`+callColumns+`)))) FROM calls FINAL WHERE deleted = 0`) + " " +
		s.Text(t, `SELECT concat(toString(count()), ' ', toString(sum(cityHash64(record_id,`+complaintColumns+`)))) FROM complaints FINAL WHERE deleted = 0`)
}

func relocate(t testing.TB, s *store.Store, a *atlas) store.Relocated {
	t.Helper()
	_, _, _, version, err := s.Catalogue(t.Context())
	must(t, err)
	got, err := s.Relocate(t.Context(), a, version, nil)
	must(t, err)
	return got
}

// A rebuild gives what loading with the later catalogue would have given, from
// the records' own evidence, and changes nothing else.
func TestRelocateEqualsLoadingLater(t *testing.T) {
	var later []string // what a store loaded in the right order has
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		calls, complaints, pos := somewhere()
		placed(after(), calls, complaints, pos)
		take(t, s, load(1000, "a"), calls)
		takeComplaints(t, s, load(1000, "b"), complaints)
		later = append(later, contents(t, s, location))
	})
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		calls, complaints, pos := somewhere()
		placed(before(), calls, complaints, pos)
		take(t, s, load(1000, "a"), calls)
		takeComplaints(t, s, load(1000, "b"), complaints)
		others := contents(t, s, "")

		var want store.Relocated
		count := func(was, now geo.Location) {
			want.Read++
			if was != now {
				want.Moved++
				if was.Method == geo.MethodNone {
					want.Located++
				}
				if now.Method == geo.MethodNone {
					want.Unlocated++
				}
			}
		}
		afterCalls, afterComplaints := slices.Clone(calls), slices.Clone(complaints)
		placed(after(), afterCalls, afterComplaints, pos)
		for i := range calls {
			count(calls[i].Location, afterCalls[i].Location)
		}
		for i := range complaints {
			count(complaints[i].Location, afterComplaints[i].Location)
		}
		if want.Located == 0 || want.Unlocated == 0 || want.Moved == want.Read {
			t.Fatalf("the catalogues do not try everything: %+v", want)
		}

		var steps []uint64
		_, _, _, version, err := s.Catalogue(t.Context())
		must(t, err)
		look := after()
		got, err := s.Relocate(t.Context(), look, version, func(done, total uint64) {
			if total != want.Read {
				t.Errorf("progress counts %d rows, want %d", total, want.Read)
			}
			steps = append(steps, done)
		})
		must(t, err)
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if len(steps) == 0 || !slices.IsSorted(steps) || steps[len(steps)-1] != want.Read {
			t.Errorf("progress %v, want to end at %d", steps, want.Read)
		}
		for _, e := range look.seen {
			if e.HasPos && e.Pos.Lat >= 40 {
				t.Fatalf("the place of a venue or mast was taken for the record's own: %+v", e)
			}
		}
		if now := contents(t, s, location); !slices.Contains(later, now) {
			t.Errorf("places differ from those of a load with the later catalogue: %s, want one of %s", now, later)
		}
		if now := contents(t, s, ""); now != others {
			t.Errorf("other columns changed: %s, before %s", now, others)
		}
		// Once more: nothing to do. And back: as it was.
		if again := relocate(t, s, after()); again.Moved != 0 || again.Read != want.Read {
			t.Errorf("a second rebuild moved: %+v", again)
		}
		if back := relocate(t, s, before()); back.Moved != want.Moved || back.Unlocated != want.Located {
			t.Errorf("back to the first catalogue: %+v, want %d moved", back, want.Moved)
		}
	})
}

// Corrections that come in while records are placed again win, whether their
// load is a later one or the same, whether they change a record or move it to
// another day, and whether their rows reach the store before the rebuild's or after.
func TestRelocateLosesNoCorrection(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for _, c := range []struct {
			name      string
			sameLoad  bool // the correcting rows come from the load that brought the records
			finishNow bool // and it ends before the rebuild writes
		}{{"later load", false, true}, {"later load ends later", false, false}, {"same load", true, true}, {"same load ends later", true, false}} {
			t.Run(c.name, func(t *testing.T) {
				s.Exec(t, "TRUNCATE TABLE calls")
				s.Exec(t, "TRUNCATE TABLE loads")
				records := []ingest.Call{call(1, t0), call(2, t0.Add(time.Hour)), call(3, t0.Add(2*time.Hour))}
				for i := range records {
					records[i].RadioCell, records[i].Location = "460-00-2", geo.Location{}
				}
				take(t, s, load(500, "z"), []ingest.Call{call(1, t0.Add(-time.Hour))}) // an older version of the first, so that days are reconciled
				first := load(1000, "a")
				_, err := s.Begin(t.Context(), first)
				must(t, err)
				must(t, s.InsertCalls(t.Context(), first, records))
				if !c.sameLoad {
					finish(t, s, first, 3)
				}

				changed, moved := records[0], records[1]
				changed.Outcome = ingest.Dropped
				moved.Outcome, moved.Time = ingest.Blocked, moved.Time+86400
				second := load(2000, "b")
				if c.sameLoad {
					second = first
					second.Version++ // as ingest counts the corrections within a file
				}
				look := after()
				look.during = func() {
					if !c.sameLoad {
						_, err := s.Begin(t.Context(), second)
						must(t, err)
					}
					must(t, s.InsertCalls(t.Context(), second, []ingest.Call{changed, moved}))
					if c.finishNow {
						finish(t, s, second, 2)
					}
				}
				if got := relocate(t, s, look); got.Moved < 3 {
					t.Errorf("%+v, want all moved", got)
				}
				if !c.finishNow {
					finish(t, s, second, 2)
				}
				for _, when := range []string{"at once", "after merging"} {
					outcomes := s.Text(t, `SELECT toString(arraySort(groupArray((toUInt16(day), outcome)))) FROM calls FINAL WHERE deleted = 0`)
					d := t0.Unix() / 86400
					if want := fmt.Sprintf("[(%d,1),(%d,3),(%d,4)]", d, d, d+1); outcomes != want {
						t.Errorf("%s the days and outcomes are %s, want %s", when, outcomes, want)
					}
					s.Exec(t, "OPTIMIZE TABLE calls FINAL")
				}
				// What the corrections kept at their old places, the next rebuild finds.
				relocate(t, s, after())
				if n := s.Text(t, `SELECT toString(count()) FROM calls FINAL WHERE deleted = 0 AND method = 4 AND region = 'c2'`); n != "3" {
					t.Errorf("after another rebuild %s calls have their place, want 3", n)
				}
			})
		}
	})
}

// Records of a load that died are placed again as well, and stay there.
func TestRelocateUnfinishedLoad(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		calls, complaints, pos := somewhere()
		placed(before(), calls, complaints, pos)
		l := load(1000, "a")
		_, err := s.Begin(t.Context(), l)
		must(t, err)
		must(t, s.InsertCalls(t.Context(), l, calls))
		if got := relocate(t, s, after()); got.Moved == 0 {
			t.Fatal("nothing moved")
		}
		where := contents(t, s, location)
		if again := relocate(t, s, after()); again.Moved != 0 {
			t.Errorf("a second rebuild moved: %+v", again)
		}
		s.Exec(t, "OPTIMIZE TABLE calls FINAL")
		if now := contents(t, s, location); now != where {
			t.Errorf("merging changed the places: %s, before %s", now, where)
		}
	})
}

// A rebuild that is stopped half-way leaves every record whole, and the next one
// does the rest.
func TestRelocateStopped(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		calls, complaints, pos := somewhere()
		placed(before(), calls, complaints, pos)
		take(t, s, load(1000, "a"), calls)
		takeComplaints(t, s, load(1000, "b"), complaints)
		others := contents(t, s, "")
		_, _, _, version, err := s.Catalogue(t.Context())
		must(t, err)
		ctx, stop := context.WithCancel(t.Context())
		part, err := s.Relocate(ctx, after(), version, func(done, total uint64) { // ends after the calls
			if done < total {
				stop()
			}
		})
		if err == nil || part.Moved == 0 {
			t.Fatalf("%+v, %v: want a rebuild that ended half-way", part, err)
		}
		if m, err := s.Misplaced(t.Context()); err != nil || m.Records != 360 {
			t.Errorf("after half a rebuild: %+v, %v, want 360 records misplaced", m, err)
		}
		rest := relocate(t, s, after())
		if rest.Read != 360 || rest.Moved == 0 || relocate(t, s, after()).Moved != 0 {
			t.Errorf("the rest: %+v", rest)
		}
		if now := contents(t, s, ""); now != others {
			t.Errorf("other columns changed: %s, before %s", now, others)
		}
	})
}

// A day too large for one slice is cut, and every record is read once; columns of
// later migrations are kept.
func TestRelocateLargeDay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const n = store.RelocateSlice*2 + 1000
		many := make([]ingest.Call, n)
		for i := range many {
			many[i] = call(i, t0.Add(time.Duration(i%86400)*time.Second))
			many[i].Location.Region = "a30"
			if i%100 == 0 {
				many[i].Time += 86400 // a thin day after the thick one
			}
		}
		const later = "SELECT concat(toString(count()), ' ', toString(sum(cityHash64(record_id, arrayStringConcat(of_later, ','))))) FROM calls FINAL WHERE deleted = 0"
		const rest = "record_id,time,precision,customer,peer,outcome,duration_s,cause,rat,radio_cell,operator,floor,indoor,rating,load," + location
		s.Exec(t, "ALTER TABLE calls ADD COLUMN of_later Array(String) DEFAULT ['none']")
		take(t, s, load(1000, "a"), many)
		s.Exec(t, "INSERT INTO calls ("+rest+", of_later, version) SELECT "+rest+", ['x', 'y'], version + 1 FROM calls FINAL WHERE cityHash64(record_id) % 2 = 0")
		others := s.Text(t, later)
		got := relocate(t, s, &atlas{prefix: "b"})
		if got.Read != n || got.Moved != n {
			t.Errorf("%+v, want %d read and moved", got, n)
		}
		if now := s.Text(t, later); now != others {
			t.Errorf("a column of a later migration changed: %s, before %s", now, others)
		}
	})
}

// The store knows by its loads which records an earlier catalogue placed.
func TestMisplaced(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		check := func(loads, records uint64) {
			t.Helper()
			m, err := s.Misplaced(t.Context())
			must(t, err)
			if m.Loads != loads || m.Records != records {
				t.Errorf("misplaced %+v, want %d records of %d loads", m, records, loads)
			}
		}
		version := func() string {
			_, _, _, v, err := s.Catalogue(t.Context())
			must(t, err)
			return v
		}
		check(0, 0)
		s.PlaceWith(version())
		take(t, s, load(1000, "a"), calls(10))
		takeComplaints(t, s, load(1001, "b"), []ingest.Complaint{{ID: recordID(1), Time: t0.Unix()}})
		check(0, 0)
		venues := load(1002, "v")
		venues.Feed = ingest.FeedVenues
		_, err := s.Begin(t.Context(), venues)
		must(t, err)
		must(t, s.InsertSites(t.Context(), venues, []geo.Site{{RadioCell: "460-00-1", Site: "S"}}))
		finish(t, s, venues, 1)
		check(2, 11)
		old := version()
		s.PlaceWith(old)
		take(t, s, load(1003, "c"), []ingest.Call{call(100, t0)})
		check(2, 11)
		relocate(t, s, after())
		check(0, 0)

		// A catalogue that changes while records are placed leaves them misplaced.
		look := after()
		look.during = func() {
			must(t, s.InsertSites(t.Context(), load(1004, "v2"), []geo.Site{{RadioCell: "460-00-2", Site: "S"}}))
		}
		got, err := s.Relocate(t.Context(), look, old, nil)
		must(t, err)
		if !got.CatalogueChanged {
			t.Error("a change of the catalogue went unnoticed")
		}
		check(3, 12)
	})
}
