package hotspots

import (
	"slices"
	"strings"
	"testing"

	"github.com/hotcell/hotcell/geo"
)

// TestNamePartsAndFloorsAgree: what a venue hotspot is called, the parts it lists and
// the floors in its sentence tell one story, and its centre is the venue's, also where
// cells beside belong to it.
func TestNamePartsAndFloorsAgree(t *testing.T) {
	for _, test := range []struct {
		what      string
		body      float64 // how much worse than normal the body is
		name      string
		parts     []string
		floors    string
		otherwise string // must not be in the sentence
	}{
		{"the basement, and a body with some of its records", 4, "国际金融中心 basement", []string{"basement"}, "loors B2–B1", "F1"},
		{"basement and body", 14, "国际金融中心", nil, "loors B2–F3", "–B1"},
	} {
		w, centre := town(t, 11)
		v := &geo.Venue{ID: "B", Name: "国际金融中心", Scene: geo.SceneMall}
		body := w.part(v, geo.PartWhole, geo.SceneMall, centre, "5101", 600, 0.02)
		base := w.part(v, geo.PartBasement, geo.SceneBasement, centre, "5101", 500, 0.03)
		w.breakSpot(base, "basement", 12)
		w.breakSpot(body, "body", test.body)
		for _, s := range []*spot{body, base} {
			pl := w.places[s.id]
			pl.Center = geo.LatLon{Lat: centre.Center().Lat + 0.0003, Lon: centre.Center().Lon}
			w.places[s.id] = pl
		}
		w.simulate(0, nil)
		for i := range w.ev.Bad {
			switch b := &w.ev.Bad[i]; b.Place {
			case base.id:
				b.Floor = int16(-1 - i%2)
			case body.id:
				b.Floor = int16(1 + i%3)
			default:
				b.Floor = int16(10 + i%5)
			}
		}
		run := w.rank()
		h := of(run, base.id)
		if h == nil || !slices.Contains(h.Members, body.id) {
			t.Fatalf("%s: not one hotspot: %s", test.what, listing(run))
		}
		if h.Name != test.name || !slices.Equal(h.Place.Parts, test.parts) {
			t.Errorf("%s: called %q, parts %q", test.what, h.Name, h.Place.Parts)
		}
		said, _, _ := strings.Cut(h.Cause.Sentence, ".")
		if !strings.Contains(said, test.floors) || strings.Contains(said, test.otherwise) {
			t.Errorf("%s: the sentence says %q", test.what, h.Cause.Sentence)
		}
		if at := w.places[base.id].Center; h.Center != [2]float64{at.Lon, at.Lat} {
			t.Errorf("%s: the centre is %v, the venue's %v", test.what, h.Center, at)
		}
	}
}
