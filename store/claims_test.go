package store_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/hotspots"
	"github.com/hotcell/hotcell/ingest"
	"github.com/hotcell/hotcell/store"
	"github.com/hotcell/hotcell/store/storetest"
)

// claimTown is a catalogue with the codes of regionTree: a district inside a
// prefecture, a province beside them, a highway in two lines across, a tower with
// a lift and floor bands, and malls.
func claimTown(t *testing.T) *geo.Catalogue {
	t.Helper()
	box := func(west, south, east, north float64) string {
		return fmt.Sprintf(`{"type":"Polygon","coordinates":[[[%[1]v,%[2]v],[%[3]v,%[2]v],[%[3]v,%[4]v],[%[1]v,%[4]v],[%[1]v,%[2]v]]]}`, west, south, east, north)
	}
	feature := func(properties, geometry string) string {
		return `{"type":"Feature","properties":{` + properties + `},"geometry":` + geometry + `}`
	}
	collection := func(features ...string) *strings.Reader {
		return strings.NewReader(`{"type":"FeatureCollection","features":[` + strings.Join(features, ",") + `]}`)
	}
	regions, err := geo.ReadRegionsGeoJSON(collection(
		feature(`"code":"5101","name":"Chengdu","level":"prefecture","parent":"51"`, box(104.00, 30.60, 104.06, 30.66)),
		feature(`"code":"510104","name":"Jinjiang","level":"district","parent":"5101"`, box(104.02, 30.62, 104.04, 30.64)),
		feature(`"code":"50","name":"Chongqing","level":"province"`, box(104.06, 30.60, 104.08, 30.66)),
	))
	must(t, err)
	regions = append(regions, geo.Region{Code: "51", Name: "Sichuan", Level: "province"})
	venues, err := geo.ReadVenuesGeoJSON(collection(
		feature(`"id":"E","name":"G4 east","scene":"highway","ref":"G4"`, `{"type":"LineString","coordinates":[[104.0,30.6105],[104.08,30.6105]]}`),
		feature(`"id":"W","name":"G4 west","scene":"highway","ref":"G4"`, `{"type":"LineString","coordinates":[[104.08,30.6115],[104.0,30.6115]]}`),
		feature(`"id":"T","name":"Tower","scene":"office_tower","floors":30`, box(104.030, 30.630, 104.032, 30.632)),
		feature(`"id":"L","name":"Tower lift","scene":"lift","parent":"T"`, `{"type":"Point","coordinates":[104.031,30.631]}`),
		feature(`"id":"M1","name":"Mall 1","scene":"mall","floors":5,"basement_floors":2`, box(104.010, 30.630, 104.014, 30.634)),
		feature(`"id":"M2","name":"Mall 2","scene":"mall"`, box(104.050, 30.640, 104.053, 30.643)),
		feature(`"id":"M3","name":"Mall 3","scene":"mall"`, box(104.070, 30.640, 104.073, 30.643)),
	))
	must(t, err)
	c, err := geo.NewCatalogue(venues, regions, nil)
	must(t, err)
	return c
}

func claimEvidenceAt(r *rand.Rand) geo.Evidence {
	e := geo.Evidence{HasPos: true, AccuracyM: pick(r, 0.0, 10, 60, 250, 900), Floor: pick(r, geo.UnknownFloor, -1, 2, 14),
		Indoor: pick(r, geo.IndoorUnknown, geo.Inside, geo.Outside, geo.Travelling),
		Pos:    geo.LatLon{Lat: 30.595 + r.Float64()*0.07, Lon: 103.995 + r.Float64()*0.09}}
	switch r.IntN(8) {
	case 0, 1:
		e.Pos = geo.LatLon{Lat: 30.6105 + 0.001*r.Float64(), Lon: 104 + r.Float64()*0.08}
	case 2:
		e.Pos = geo.LatLon{Lat: 30.6305 + r.Float64()*0.001, Lon: pick(r, 104.0305, 104.0315, 104.012)}
	case 3:
		e.HasPos, e.Venue = false, pick(r, "T", "L", "M1", "M2", "M3")
	case 4:
		e.HasPos = false
	}
	return e
}

// claimWorld puts a random world's records at places of the town.
func claimWorld(r *rand.Rand, c *geo.Catalogue) world {
	w := makeWorld(r, 4000)
	w.regions = c.Regions()
	locate := func() (geo.Location, geo.Indoor) {
		e := claimEvidenceAt(r)
		l := c.Locate(e)
		if l.Method == geo.MethodNone && r.IntN(2) == 0 {
			l.Method, l.Region = geo.MethodRadioCell, pick(r, "510104", "50", "")
		}
		if l.Method == geo.MethodVenue && r.IntN(2) == 0 { // known by the venue's indoor radio cell
			l.Method, l.Cell = geo.MethodRadioCell, 0
		}
		return l, e.Indoor
	}
	ids := slices.SortedFunc(maps.Keys(w.calls), func(a, b ingest.RecordID) int { return slices.Compare(a[:], b[:]) })
	for _, id := range ids {
		call := w.calls[id]
		if call.Customer>>63 == 0 {
			call.Customer = ingest.CustomerID(r.IntN(40))
		}
		call.Location, call.Indoor = locate()
		w.calls[id] = call
	}
	for i := range w.complaints {
		w.complaints[i].Location, _ = locate()
		w.complaints[i].Location.Scene = pick(r, w.complaints[i].Location.Scene, geo.SceneMall)
		w.complaints[i].Customer = ingest.CustomerID(r.IntN(60))
	}
	return w
}

// claimEvidence computes what the store should find, slowly and plainly.
func (w world) claimEvidence(q hotspots.ClaimQuery, g *hotspots.ClaimGround) *hotspots.ClaimEvidence {
	ev := &hotspots.ClaimEvidence{Query: q, TotalSize: g.Total}
	felt := w.perceived()
	within := func(at int64) bool { return at >= q.Start.Unix() && at < q.End.Unix() }
	units := q.Units == hotspots.ClaimRoadKm || q.Units == hotspots.ClaimVenues
	belongs := func(l geo.Location) bool {
		return (units || q.Region == "" || below(l.Region, q.Region)) &&
			(units || q.Scene == 0 || l.Scene == q.Scene || slices.Contains(g.SceneParts, l.Place)) &&
			(g.Places == nil || slices.Contains(g.Places, l.Place))
	}
	unitOf := map[geo.PlaceID]int{}
	for i, u := range g.Units {
		for _, id := range u.Places {
			unitOf[id] = i
		}
	}
	type person struct {
		use   hotspots.CustomerUse
		calls map[geo.PlaceID]int
		told  map[geo.PlaceID]int
	}
	people := map[ingest.CustomerID]*person{}
	at := func(u ingest.CustomerID) *person {
		if people[u] == nil {
			people[u] = &person{calls: map[geo.PlaceID]int{}, told: map[geo.PlaceID]int{}}
		}
		return people[u]
	}
	type visit struct {
		unit string
		u    ingest.CustomerID
	}
	visits, sizes := map[visit]*hotspots.CustomerUse{}, map[string]float64{}
	days := map[int64]bool{}
	for _, c := range w.calls {
		if !within(c.Time) {
			continue
		}
		days[(c.Time-q.Start.Unix())/86400] = true
		for count, has := range map[*uint64]bool{&ev.Reports.Dropped: c.Outcome == ingest.Dropped, &ev.Reports.Blocked: c.Outcome == ingest.Blocked,
			&ev.Reports.Redials: c.Peer != 0 && c.Customer != 0} {
			if has {
				*count++
			}
		}
		if c.Outcome == ingest.OutcomeUnknown || q.RAT != 0 && c.RAT != q.RAT || q.Operator != "" && c.Operator != q.Operator || q.Indoor != 0 && c.Indoor != q.Indoor {
			continue
		}
		l := c.Location
		placed := l.Place != 0 && (!l.Place.IsDisc() || q.Units == "" && q.Scene == 0 && g.Places == nil)
		if q.Units == hotspots.ClaimArea {
			placed = placed && l.Method != geo.MethodRadioCell && l.AccuracyM <= 200
		}
		if !placed {
			if (q.Region == "" || l.Region == "" || below(l.Region, q.Region)) && (q.Scene == 0 || l.Scene == 0 || l.Scene == q.Scene) {
				ev.Unlocated++
			}
			continue
		}
		if !belongs(l) {
			continue
		}
		use := &at(c.Customer).use
		switch q.Units {
		case "":
			at(c.Customer).calls[l.Place]++
		case hotspots.ClaimArea:
			cell := l.Cell.Parent(geo.RankResolution)
			v := visit{cell.String(), c.Customer}
			if visits[v] == nil {
				visits[v] = &hotspots.CustomerUse{}
			}
			use, sizes[v.unit] = visits[v], g.CellSize(cell)
		default:
			unit := g.Units[unitOf[l.Place]]
			v := visit{unit.ID, c.Customer}
			if visits[v] == nil {
				visits[v] = &hotspots.CustomerUse{}
			}
			use, sizes[v.unit] = visits[v], unit.Size
		}
		use.Attempts++
		switch {
		case c.Outcome == ingest.Blocked && !busy(c):
			use.Blocked++
		case c.Outcome == ingest.Dropped:
			use.Dropped++
		case felt[c.ID]:
			use.Perceived++
		}
	}
	for _, c := range w.complaints {
		if within(c.Time) && !c.Appeal {
			ev.Reports.Complaints++
		}
	}
	if q.Units == "" {
		for _, c := range w.complaints {
			if within(c.Time) && !c.Appeal && belongs(c.Location) {
				at(c.Customer).use.Complaints++
				at(c.Customer).told[c.Location.Place]++
			}
		}
		for _, c := range w.complaints {
			p := people[c.Customer]
			if within(c.Time) && !c.Appeal && p != nil && p.use.Attempts > 0 && g.Places == nil && !belongs(c.Location) &&
				(c.Location.Place == 0 || c.Location.Place.IsDisc()) && c.Location.Region == "" && (q.Scene == 0 || c.Location.Scene == q.Scene) {
				p.use.Complaints++
			}
		}
		groups := map[hotspots.CustomerUse]uint64{}
		for _, p := range people {
			if p.use.Attempts == 0 && p.use.Complaints == 0 {
				continue
			}
			count := p.calls
			if len(count) == 0 {
				count = p.told
			}
			most := -1
			for place, n := range count {
				better := n > most || n == most && uint64(place) < p.use.Cluster
				if better {
					most, p.use.Cluster = n, uint64(place)
				}
			}
			groups[p.use]++
		}
		for u, n := range groups {
			u.Customers = n
			ev.Customers = append(ev.Customers, u)
		}
		return ev
	}
	byUnit := map[string]hotspots.UnitUse{}
	for v, u := range visits {
		x := byUnit[v.unit]
		x.ID, x.Size = v.unit, sizes[v.unit]
		x.Customers++
		for count, has := range map[*uint64]bool{&x.SetUp: u.Attempts > u.Blocked, &x.Blocked: u.Blocked > 0, &x.Dropped: u.Dropped > 0, &x.Felt: u.Dropped+u.Perceived > 0} {
			if has {
				*count++
			}
		}
		byUnit[v.unit] = x
	}
	for _, x := range byUnit {
		if x.Size > 0 {
			ev.Units = append(ev.Units, x)
		}
	}
	return ev
}

func sortClaim(ev *hotspots.ClaimEvidence) {
	slices.SortFunc(ev.Units, func(a, b hotspots.UnitUse) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(ev.Customers, func(a, b hotspots.CustomerUse) int {
		return strings.Compare(fmt.Sprintf("%020d %v", a.Cluster, a), fmt.Sprintf("%020d %v", b.Cluster, b))
	})
}

// TestClaimEvidence compares the store's aggregation with the slow one, for every
// kind of area and condition.
func TestClaimEvidence(t *testing.T) {
	town := claimTown(t)
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		r := rand.New(rand.NewPCG(20260521, 2))
		w := claimWorld(r, town)
		w.put(t, s, r)
		versions := map[string]bool{}
		for name, change := range map[string]func(*hotspots.ClaimQuery){
			"region":            func(q *hotspots.ClaimQuery) { q.Region = "5101" },
			"root":              func(q *hotspots.ClaimQuery) { q.Region = "51" },
			"short":             func(q *hotspots.ClaimQuery) { q.Region, q.Start = "5101", q.End.Add(-3*24*time.Hour) },
			"highway":           func(q *hotspots.ClaimQuery) { q.Highways = []string{"G4"} },
			"highway in region": func(q *hotspots.ClaimQuery) { q.Highways, q.Region = []string{"G4"}, "50" },
			"venues":            func(q *hotspots.ClaimQuery) { q.Venues = []string{"M1", "T"} },
			"scene":             func(q *hotspots.ClaimQuery) { q.Region, q.Scene = "51", geo.SceneMall },
			"lifts":             func(q *hotspots.ClaimQuery) { q.Region, q.Scene = "51", geo.SceneLift },
			"conditions": func(q *hotspots.ClaimQuery) {
				q.Region, q.Indoor, q.RAT, q.Operator = "51", geo.Inside, geo.RAT5G, "b"
			},
			"area":          func(q *hotspots.ClaimQuery) { q.Region, q.Units = "5101", hotspots.ClaimArea },
			"area of parts": func(q *hotspots.ClaimQuery) { q.Region, q.Units = "51", hotspots.ClaimArea },
			"area outdoors": func(q *hotspots.ClaimQuery) { q.Region, q.Units, q.Indoor = "510104", hotspots.ClaimArea, geo.Outside },
			"road":          func(q *hotspots.ClaimQuery) { q.Highways, q.Units = []string{"G4"}, hotspots.ClaimRoadKm },
			"road in region": func(q *hotspots.ClaimQuery) {
				q.Highways, q.Region, q.Units = []string{"G4"}, "51", hotspots.ClaimRoadKm
			},
			"malls":           func(q *hotspots.ClaimQuery) { q.Region, q.Scene, q.Units = "51", geo.SceneMall, hotspots.ClaimVenues },
			"named venues":    func(q *hotspots.ClaimQuery) { q.Venues, q.Units = []string{"L", "M3", "T"}, hotspots.ClaimVenues },
			"venues of a box": func(q *hotspots.ClaimQuery) { q.Region, q.Units, q.RAT = "5101", hotspots.ClaimVenues, geo.RAT4G },
		} {
			q := hotspots.ClaimQuery{Start: t0.AddDate(0, 0, -28), End: t0.AddDate(0, 0, 1)}
			change(&q)
			g, err := hotspots.NewClaimGround(q, town)
			must(t, err)
			got, err := s.ClaimEvidence(t.Context(), q, g)
			must(t, err)
			want := w.claimEvidence(q, g)
			sortClaim(got)
			sortClaim(want)
			if got.Unlocated != want.Unlocated || got.TotalSize < want.TotalSize || got.TotalSize > want.TotalSize*1.0001 {
				t.Errorf("%s: unlocated %d total %v, want %d and %v", name, got.Unlocated, got.TotalSize, want.Unlocated, want.TotalSize)
			}
			if len(want.Customers)+len(want.Units) < 2 {
				t.Errorf("%s: the world is too easy: %+v", name, want)
			}
			same(t, name+" customers", got.Customers, want.Customers)
			same(t, name+" units", got.Units, want.Units)
			if got.Reports != want.Reports || got.Reports.Dropped*got.Reports.Blocked*got.Reports.Redials*got.Reports.Complaints == 0 || got.Where != g.Where {
				t.Errorf("%s: reported %+v, want %+v; where %+v", name, got.Reports, want.Reports, got.Where)
			}
			if got.DataVersion == "" || got.QuietDays != 0 {
				t.Errorf("%s: data version %q, %d quiet days", name, got.DataVersion, got.QuietDays)
			}
			if name != "short" {
				versions[got.DataVersion] = true
			}
		}
		if len(versions) != 1 {
			t.Errorf("the data version depends on the question: %v", versions)
		}

		q := hotspots.ClaimQuery{Start: t0.AddDate(0, 0, -28), End: t0.AddDate(0, 0, 8), Region: "51"}
		g, err := hotspots.NewClaimGround(q, town)
		must(t, err)
		if ev, err := s.ClaimEvidence(t.Context(), q, g); err != nil || ev.QuietDays != 7 {
			t.Errorf("quiet days: %d, %v", ev.QuietDays, err)
		}
		q.Start, q.End = t0.AddDate(1, 0, 0), t0.AddDate(1, 1, 0)
		if _, err := s.ClaimEvidence(t.Context(), q, g); store.CodeOf(err) != store.CodeNotFound || !strings.Contains(err.Error(), "the store has calls from 2026-04-") {
			t.Errorf("a period without data: %v", err)
		}
	})
}
