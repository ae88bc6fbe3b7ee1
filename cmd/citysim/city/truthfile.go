package city

import (
	"bufio"
	"encoding/json"
	"slices"
	"time"
)

// TruthFile is the name of the file that holds what is true about a city.
const TruthFile = "truth.json"

// Truth is what the simulator knows. Impacts are in weighted hurt customers as
// of End, with the severities, half life and values the method publishes: a fault's avoidable
// impact is the sum over customers of value × (hurt with all bad experiences −
// hurt with only those that would have happened without the fault).
type Truth struct {
	City   string    `json:"city"`
	Config Config    `json:"config"`
	Start  time.Time `json:"start"`
	End    time.Time `json:"end"`
	Faults []Plant   `json:"faults"`
	// Decoys look like faults to one way of ranking or another, and are none.
	Decoys []Plant   `json:"decoys"`
	Dirt   dirtCount `json:"dirt"`
}

// Plant is a fault or a decoy.
type Plant struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind"`
	Name     string    `json:"name"`
	Note     string    `json:"note,omitempty"`
	Scene    string    `json:"scene,omitempty"`
	VenueID  string    `json:"venue_id,omitempty"`
	Venue    string    `json:"venue,omitempty"`  // the venue's name
	Part     string    `json:"part,omitempty"`   // whole, lift, basement, floors
	Floors   []int     `json:"floors,omitempty"` // lowest and highest
	Segments []Segment `json:"segments,omitempty"`
	Geometry any       `json:"geometry"`
	Center   []float64 `json:"center"` // longitude, latitude
	District string    `json:"district"`
	// Customers is filled for decoys that are people: their subscriber ids.
	Customers []string `json:"customers,omitempty"`

	Severity    string     `json:"severity"`
	Probability float64    `json:"failure_probability"` // of a call, while the fault acts
	RATs        []string   `json:"rats,omitempty"`      // affected; all when empty
	Weekends    bool       `json:"weekends_only,omitempty"`
	BusyHours   bool       `json:"busy_hours_only,omitempty"` // 8–22 h
	Start       time.Time  `json:"start"`                     // may lie before the period
	End         time.Time  `json:"end"`
	Ends        bool       `json:"ends"` // repaired within the period
	Cause       string     `json:"cause,omitempty"`
	Impact      TrueImpact `json:"impact"`
}

// Segment is a stretch of one carriageway by chainage from the line's first point.
type Segment struct {
	LineID string  `json:"line_id"`
	Ref    string  `json:"ref"`
	KmFrom float64 `json:"km_from"`
	KmTo   float64 `json:"km_to"`
	// Avoidable is this carriageway's part of the fault's avoidable impact.
	Avoidable float64  `json:"avoidable"`
	Geometry  geometry `json:"geometry"`
}

func (w *world) truth(dirt dirtCount) *Truth {
	t := &Truth{City: w.shape.prefecture + " " + w.shape.english, Config: w.cfg, Start: w.instant(0), End: w.cfg.End(), Dirt: dirt, Faults: []Plant{}, Decoys: []Plant{}}
	t.Config.Workers = 0 // how many cores made it is no part of a city
	for _, f := range w.plants {
		p := w.describe(f)
		if f.decoy {
			t.Decoys = append(t.Decoys, p)
		} else {
			t.Faults = append(t.Faults, p)
		}
	}
	for i, u := range w.decoy.devices {
		home := &w.spots[w.customers[u].home]
		lat, lon := w.frame.degrees(home.c)
		t.Decoys = append(t.Decoys, Plant{
			ID: "D9" + string(rune('1'+i)), Kind: string(decoyDevice), Name: "faulty phone",
			Note: "a third of this customer's calls fail wherever they are made", Severity: "none",
			Geometry: geometry{"Point", w.position(home.c)}, Center: []float64{lon, lat},
			District: w.districts[home.district].code, Customers: []string{string(appendSubscriber(nil, u))},
			Start: w.instant(0), End: w.cfg.End(),
		})
	}
	return t
}

func (w *world) instant(t int32) time.Time {
	y, m, d := w.cfg.Start.Date()
	return time.Date(y, m, d, 0, 0, int(t), 0, Zone)
}

func (w *world) describe(f *plant) Plant {
	p := Plant{
		ID: f.id, Kind: string(f.kind), Name: f.name, Note: f.note, Severity: f.severity, Probability: round4(f.p),
		Weekends: f.weekend, BusyHours: f.busy, Cause: f.cause.name,
		Start: w.instant(f.start).AddDate(0, 0, -f.before), End: w.instant(f.end),
		Ends: f.end < int32(w.cfg.Days)*86400, Impact: w.impact(&f.ledger),
	}
	all := true
	for _, on := range f.rats {
		all = all && on
	}
	for t, on := range f.rats {
		if on && !all {
			p.RATs = append(p.RATs, rat(t).String())
		}
	}
	var c pt
	switch {
	case f.ring != nil:
		c = centroid(f.ring)
		p.Scene, p.Geometry = sceneOther, w.polygon(f.ring)
	case f.lines != nil:
		p.Scene = sceneHighway
		var paths [][][2]json.Number
		for _, s := range f.lines {
			g := w.segment(f, s)
			p.Segments = append(p.Segments, g)
			paths = append(paths, g.Geometry.Coordinates.([][2]json.Number))
		}
		c = w.lines[f.lines[0].line].at((f.lines[0].from + f.lines[0].to) / 2)
		p.Geometry = geometry{"MultiLineString", paths}
	default:
		s := &w.spots[f.spot]
		c = s.c
		p.Scene = s.scene
		p.Geometry = geometry{"Point", w.position(c)}
		if s.venue < 0 {
			p.Scene = sceneOther
			break
		}
		p.VenueID, p.Venue, p.Part = w.venues[s.venue].id, w.venues[s.venue].name, f.part.String()
		p.Geometry = w.polygon(s.ring)
		switch {
		case f.lo > 0:
			p.Part, p.Floors = "floors", []int{int(f.lo), int(f.hi)}
		case f.any:
			p.Part = "whole"
			if s.scene == sceneTunnel {
				p.Segments = w.bores(f)
			}
		case f.part == partLift:
			p.Scene = sceneLift
			c = s.lift()
		case f.part == partBasement:
			p.Scene = sceneBasement
		}
	}
	lat, lon := w.frame.degrees(c)
	p.Center = []float64{lon, lat}
	p.District = w.districts[w.districtAt(c)].code
	switch f.kind {
	case decoyComplainer:
		p.Customers = []string{string(appendSubscriber(nil, w.decoy.complainer))}
	}
	return p
}

func (t *Truth) write(dir string) error {
	return writeFile(dir, TruthFile, func(b *bufio.Writer) error {
		e := json.NewEncoder(b)
		e.SetIndent("", " ")
		e.SetEscapeHTML(false)
		return e.Encode(t)
	})
}

// segment describes a plant's stretch of one carriageway.
func (w *world) segment(f *plant, s stretch) Segment {
	l := &w.lines[s.line]
	var pts []pt
	for x := s.from; x < s.to; x += 100 {
		pts = append(pts, l.at(x))
	}
	out := Segment{LineID: l.id, Ref: l.ref, KmFrom: round4(s.from / 1000), KmTo: round4(s.to / 1000),
		Geometry: geometry{"LineString", w.path(append(pts, l.at(s.to)))}}
	if ledger := f.byLine[s.line]; ledger != nil {
		out.Avoidable = w.impact(ledger).Avoidable
	}
	return out
}

// bores are the stretches of highway inside a tunnel.
func (w *world) bores(f *plant) []Segment {
	var out []Segment
	for i := range w.lines {
		l := &w.lines[i]
		if !slices.Contains(l.tunnels, f.spot) {
			continue
		}
		from, to := -1.0, -1.0
		for s := 0.0; s < l.length(); s += 10 {
			if inside(l.at(s), w.spots[f.spot].ring) {
				if from < 0 {
					from = s
				}
				to = s
			}
		}
		if from >= 0 && to > from {
			out = append(out, w.segment(f, stretch{int16(i), from, to}))
		}
	}
	return out
}
