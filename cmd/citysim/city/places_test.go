package city

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/hotspots"
)

// catalogue reads the city's venues and regions the way hotcell does.
func catalogue(t *testing.T, dir string) *geo.Catalogue {
	t.Helper()
	open := func(name string) *os.File {
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	venues, err := geo.ReadVenuesGeoJSON(open("venues.geojson"))
	if err != nil {
		t.Fatal(err)
	}
	regions, err := geo.ReadRegionsGeoJSON(open("regions.geojson"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := geo.NewCatalogue(venues, regions, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A city whose calls cannot be put back where they were made would measure
// nothing. Calls with coordinates must mostly come out of geo at their own
// place: the venue, the carriageway and kilometre, the district.
func TestCallsAreFoundWhereTheyWereMade(t *testing.T) {
	type score struct{ right, all int }
	scenes := map[string]*score{}
	var carriageway, kilometre, district score
	coarse, all := 0, 0 // calls of coarse accuracy have an accuracy disc for a place
	for _, kind := range Types() {
		cfg := small(kind)
		dir, _ := write(t, cfg)
		c := catalogue(t, dir)
		cfg, err := cfg.resolve()
		if err != nil {
			t.Fatal(err)
		}
		w := build(cfg)
		g := newGenerator(w)
		for n := 0; n < g.slots(); n += 7 {
			r := newRng(w.seed, forSlot, uint64(n))
			begin := int32(n * slotSeconds)
			for range 40 {
				u := int32(w.caller.pick(&r))
				p := w.whereabouts(u, begin, &r)
				tech := w.technology(&r, u, &p)
				cell, tech := w.serving(&r, &p, tech)
				k := call{u: u, cell: cell, tech: tech, inside: p.inside, moving: p.moving}
				g.measure(&r, &k, &p)
				if !k.hasPos {
					continue
				}
				lat, lon := w.frame.degrees(k.pos)
				e := geo.Evidence{Pos: geo.LatLon{Lat: lat, Lon: lon}, HasPos: true, AccuracyM: float64(k.accuracy), Floor: geo.UnknownFloor}
				if k.hasFloor {
					e.Floor = k.floor
				}
				e.Indoor = geo.Outside
				if k.moving {
					e.Indoor = geo.Travelling
				} else if k.inside {
					e.Indoor = geo.Inside
				}
				l := c.Locate(e)
				place, ok := c.Place(l.Place)
				if l.Place.IsDisc() && k.accuracy > int32(geo.CellAccuracy) {
					coarse++
					continue
				}
				all++
				if !ok {
					t.Fatalf("a call at %v, %v has no place", lat, lon)
				}
				district.all++
				if l.Region == w.districts[p.dist].code {
					district.right++
				}
				if p.line >= 0 && p.spot < 0 {
					carriageway.all++
					if place.Kind == geo.PlaceSegment && place.Venue.ID == w.lines[p.line].id {
						carriageway.right++
						kilometre.all++
						if place.Km == int(p.s/1000) {
							kilometre.right++
						}
					}
					continue
				}
				if p.spot < 0 || w.spots[p.spot].venue < 0 || p.line >= 0 {
					continue
				}
				if p.part == partLift && w.spots[p.spot].scene == sceneCompound {
					continue // the catalogue does not list these lifts, so nobody can find them
				}
				s := scenes[p.scene]
				if s == nil {
					s = &score{}
					scenes[p.scene] = s
				}
				s.all++
				if place.Kind == geo.PlaceVenue && place.Venue.ID == w.venues[w.spots[p.spot].venue].id &&
					(p.part != partLift || place.Part == geo.PartLift) && (p.part != partBasement || !k.hasFloor || place.Part == geo.PartBasement) {
					s.right++
				}
			}
		}
	}
	if coarse == 0 || coarse > all/100 {
		t.Errorf("%d calls beside %d others are coarser than a cell", coarse, all)
	}
	check := func(what string, s score, least float64) {
		if s.all < 30 {
			t.Errorf("%s: only %d calls", what, s.all)
			return
		}
		v := float64(s.right) / float64(s.all)
		t.Logf("%s: %.3f of %d calls", what, v, s.all)
		if v < least {
			t.Errorf("%s: only %.3f of %d calls come out where they were made", what, v, s.all)
		}
	}
	check("district", district, 0.97)
	check("carriageway", carriageway, 0.85)
	check("kilometre", kilometre, 0.95)
	for scene, least := range map[string]float64{sceneTower: 0.7, sceneMall: 0.85, sceneHotel: 0.7, sceneHospital: 0.85,
		sceneCampus: 0.9, sceneCompound: 0.85, sceneSight: 0.8, sceneLift: 0.45, sceneBasement: 0.7} {
		if s := scenes[scene]; s != nil {
			check(scene, *s, least)
		} else {
			t.Errorf("no calls at any %s", scene)
		}
	}
}

// The published severities are indexed by the right kinds.
func TestUnitIsTheMethods(t *testing.T) {
	p := hotspots.DefaultParams()
	for o, want := range map[outcome]float64{poor: p.Severity[hotspots.KindPoor], dropped: p.Severity[hotspots.KindDropped],
		masked: p.Severity[hotspots.KindPerceived], blocked: p.Severity[hotspots.KindBlocked]} {
		if o.severity() != want || want <= 0 {
			t.Errorf("%s weighs %v, not %v", o.logged(), o.severity(), want)
		}
	}
	key := customer{segment: 2, tier: 5, tenure: 240}
	plain := customer{segment: 0, tier: 1}
	if !(key.value() > plain.value()+1 && plain.value() >= 1 && key.value() <= 5) {
		t.Errorf("a key account weighs %v, a new consumer %v", key.value(), plain.value())
	}
}
