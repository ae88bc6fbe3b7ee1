package hotspots

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/hotcell/hotcell/geo"
)

// describe turns the listed candidates into a run.
func (a *Analysis) describe(previous *Run) *Run {
	m := a.m
	window := m.ev.Query.Window
	if window <= 0 {
		window = 28 * 24 * time.Hour
	}
	run := &Run{
		Method: MethodVersion, Start: m.end.Add(-window), End: m.end, Query: m.ev.Query,
		DataVersion: m.ev.DataVersion, Hotspots: make([]Hotspot, 0, len(a.listed)),
		Notes: m.notes(), Summary: m.summary(),
	}
	for r := range a.listed {
		h := a.hotspot(&a.listed[r])
		h.Rank = r + 1
		run.Hotspots = append(run.Hotspots, h)
	}
	a.identify(run, previous)
	return run
}

func (m *model) notes() []string {
	notes := []string{}
	if m.noUse {
		notes = append(notes, "no exposure data: ranked on counts against the neighbourhood")
	}
	if m.calls.fit.Fallback {
		notes = append(notes, "too few bad calls to learn how places differ: published defaults are used")
	} else if m.calls.fit.Above > 0.20 {
		notes = append(notes, fmt.Sprintf("%.0f %% of the places lie above the range of normal places: faults are widespread, or the regions and scenes hide different kinds of places", 100*m.calls.fit.Above))
	}
	if m.ev.Unlocated > 0 && m.ev.Calls > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d calls have neither position nor radio cell and are not ranked", m.ev.Unlocated, m.ev.Calls))
	}
	return notes
}

func (m *model) summary() Summary {
	s := Summary{Calls: m.ev.Calls, Unlocated: m.ev.Unlocated, Places: len(m.places)}
	seen := make(map[uint64]struct{}, len(m.hurts))
	for i := range m.bad {
		s.Bad += uint64(m.bad[i].Count)
		seen[m.bad[i].Customer] = struct{}{}
	}
	for i := range m.moans {
		seen[m.moans[i].Customer] = struct{}{}
	}
	s.Hurt = uint64(len(seen))
	return s
}

// hotspot fills the contract fields of one candidate.
func (a *Analysis) hotspot(c *candidate) Hotspot {
	m := a.m
	h := Hotspot{
		Method: MethodVersion, State: "detected",
		Impact: Impact{Total: c.total, Avoidable: c.mean, Lower: c.lower, Upper: c.upper, Unit: "weighted hurt customers"},
		Customers: Customers{Hurt: int(math.Round(c.hurt)), Served: int(math.Round(c.served)), KeyAccounts: c.keyAccounts},
		Rate:      m.rateOf(c),
	}
	for _, i := range c.members {
		h.Members = append(h.Members, m.ids[i])
	}
	main := m.main(c.members)
	h.Scene = geo.Scene(m.places[main].scene).String()
	a.place(&h, c, main)
	m.events(&h, c)
	return h
}

// rateOf gives the place's rate with its interval and the reference. The interval
// is exact for a Poisson count of effective events (Garwood 1936).
func (m *model) rateOf(c *candidate) Rate {
	r := Rate{Unit: "bad calls per call"}
	e := &c.channels[0]
	if m.noUse || e.rawN <= 0 {
		return r
	}
	value, reference := e.rawX/e.rawN, e.rawE/e.rawN
	low, high := PoissonInterval(e.x, e.rawN/e.designed, m.params.Level)
	high = math.Min(high, 1)
	r.Value, r.Reference, r.Lower, r.Upper = &value, &reference, &low, &high
	return r
}

// events counts what was logged, uncapped.
func (m *model) events(h *Hotspot, c *candidate) {
	e := &h.Events
	for _, i := range c.members {
		pl := &m.places[i]
		for _, x := range m.bad[pl.badFrom:pl.badTo] {
			switch x.Kind {
			case KindDropped:
				e.Dropped += uint64(x.Count)
			case KindPerceived:
				e.Perceived += uint64(x.Count)
			case KindBlocked:
				e.Blocked += uint64(x.Count)
			case KindPoor:
				e.Poor += uint64(x.Count)
			}
		}
		for _, x := range m.moans[pl.moanFrom:pl.moanTo] {
			if x.Kind == KindAppeal {
				e.Appeals++
			} else {
				e.Complaints++
			}
		}
	}
}

// day gives the date of a day number.
func day(n int32) string { return time.Unix(int64(n)*86400, 0).UTC().Format(time.DateOnly) }

// founding is the hash that names a new hotspot: its main place and first day.
func founding(key, first string) string {
	sum := sha256.Sum256([]byte(key + "|" + first))
	return "hs_" + hex.EncodeToString(sum[:8])
}

// firstDay is the day of the first bad experience at the members, the window's
// first day when none is known.
func (m *model) firstDay(c *candidate) int32 {
	first := int32(math.MaxInt32)
	for _, i := range c.members {
		pl := &m.places[i]
		for _, x := range m.bad[pl.badFrom:pl.badTo] {
			first = min(first, x.Day)
		}
		for _, x := range m.moans[pl.moanFrom:pl.moanTo] {
			first = min(first, x.Day)
		}
	}
	if first == math.MaxInt32 {
		return m.endDay - 1
	}
	return first
}

// identify gives every hotspot its id.
func (a *Analysis) identify(run *Run, previous *Run) {
	for i := range run.Hotspots {
		h := &run.Hotspots[i]
		c := &a.listed[i]
		h.Trend.FirstSeen = day(a.m.firstDay(c))
		h.ID = founding(fmt.Sprintf("%x", uint64(a.m.ids[a.m.main(c.members)])), h.Trend.FirstSeen)
	}
}

// place fills name, region, kind and geometry.
func (a *Analysis) place(h *Hotspot, c *candidate, main int) {
	m := a.m
	h.Region = m.regions.path(m.places[main].region)
	if h.Region == nil {
		h.Region = []string{}
	}
	pl, known := a.place1(int32(main))
	h.Place.Cells = []string{}
	for _, cell := range m.memberCells(c.members) {
		h.Place.Cells = append(h.Place.Cells, cell.String())
	}
	switch {
	case isCell(m.ids[main]):
		h.Place.Kind = "cells"
		h.Name = a.cellsName(h, geo.Cell(m.ids[main]))
		h.Geometry = cellsGeometry(m.memberCells(c.members))
	case !known:
		h.Place.Kind = "venue"
		h.Name = fmt.Sprintf("place %x", uint64(m.ids[main]))
	case pl.Kind == geo.PlaceSegment:
		a.segmentPlace(h, c, pl)
	default:
		a.venuePlace(h, c, pl)
	}
	if pl.Cell != 0 {
		p := pl.Cell.Center()
		h.Center = [2]float64{p.Lon, p.Lat}
	} else if isCell(m.ids[main]) {
		p := geo.Cell(m.ids[main]).Center()
		h.Center = [2]float64{p.Lon, p.Lat}
	}
}

func (a *Analysis) place1(i int32) (geo.Place, bool) {
	pl, ok := a.atlas.place[i]
	return pl, ok
}

func (a *Analysis) cellsName(h *Hotspot, c geo.Cell) string {
	if n := len(h.Region); n > 0 {
		return h.Region[n-1] + " cell " + c.String()
	}
	return "cell " + c.String()
}

func (a *Analysis) segmentPlace(h *Hotspot, c *candidate, main geo.Place) {
	from, to := main.Km, main.Km+1
	var lines []geometry
	for _, i := range c.members {
		if pl, ok := a.place1(i); ok && pl.Kind == geo.PlaceSegment {
			from, to = min(from, pl.Km), max(to, pl.Km+1)
			if pl.Geometry != nil {
				lines = append(lines, pl.Geometry)
			}
		}
	}
	h.Place.Kind, h.Place.Ref, h.Place.KmFrom, h.Place.KmTo = "segment", main.Ref, &from, &to
	if main.Venue != nil {
		h.Place.VenueID = main.Venue.ID
	}
	name := main.Ref
	if name == "" && main.Venue != nil {
		name = main.Venue.Name
	}
	h.Name = fmt.Sprintf("%s K%d–K%d", name, from, to)
	h.Geometry = collectGeometry(lines)
}

var partNames = map[geo.Part]string{geo.PartLift: "lifts", geo.PartBasement: "basement"}

func (a *Analysis) venuePlace(h *Hotspot, c *candidate, main geo.Place) {
	h.Place.Kind, h.Place.VenueID = "venue", familyKey(main)
	name := main.Venue.Name
	whole := false
	var parts []string
	for _, i := range c.members {
		pl, ok := a.place1(i)
		if !ok || pl.Kind != geo.PlaceVenue {
			continue
		}
		switch {
		case pl.Part == geo.PartFloors:
			parts = append(parts, fmt.Sprintf("floors %d–%d", pl.FloorLow, pl.FloorLow+9))
		case partNames[pl.Part] != "":
			parts = append(parts, partNames[pl.Part])
		case pl.Venue.ID != h.Place.VenueID:
			parts = append(parts, pl.Venue.Name)
		default:
			whole, name = true, pl.Venue.Name
		}
	}
	slices.Sort(parts)
	parts = slices.Compact(parts)
	h.Place.Parts = parts
	if whole || len(parts) == 0 {
		h.Name = name
	} else {
		h.Name = name + " " + strings.Join(parts, ", ")
	}
	if main.Venue.Geometry != nil {
		h.Geometry = collectGeometry([]geometry{main.Venue.Geometry})
	}
}

