package hotspots

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/hotcell/hotcell/geo"
)

// regionNames is what a catalogue offers beyond Places.
type regionNames interface {
	Region(code string) (geo.Region, bool)
}

// nearM is the distance within which a cell is named after a venue, in metres.
const nearM = 1500

// place fills name, region, kind, centre and geometry of a hotspot; main is the
// member with most bad calls.
func (a *Analysis) place(h *Hotspot, c *candidate, main int) {
	m := a.m
	h.Region = m.regions.path(m.places[main].region)
	if h.Region == nil {
		h.Region = []string{}
	}
	cells := m.memberCells(c.members)
	h.Place.Cells = make([]string, 0, len(cells))
	for _, cell := range cells {
		h.Place.Cells = append(h.Place.Cells, cell.String())
	}
	pl, known := a.atlas.place[int32(main)]
	centre := pl.Center
	switch {
	case isCell(m.ids[main]):
		cell := geo.Cell(m.ids[main])
		centre = cell.Center()
		h.Place.Kind = "cells"
		h.Name, h.NameZH = a.cellsName(h, cell)
		h.Geometry = cellsGeometry(cells)
	case !known:
		h.Place.Kind = "venue"
		h.Name = fmt.Sprintf("place %016x (not in the catalogue)", uint64(m.ids[main]))
		h.NameZH = fmt.Sprintf("地点%016x（不在目录中）", uint64(m.ids[main]))
	case pl.Kind == geo.PlaceSegment:
		a.segmentPlace(h, c, pl)
	default:
		a.venuePlace(h, c, pl)
	}
	h.Center = [2]float64{centre.Lon, centre.Lat}
}

// regionName is a region's name, its code when the catalogue has none.
func (a *Analysis) regionName(code string) string {
	if names, ok := a.m.lookup.(regionNames); ok {
		if r, ok := names.Region(code); ok && r.Name != "" {
			return r.Name
		}
	}
	return code
}

// cellsName names cells after the nearest venue with a name, with distance and
// direction, else after their region and the cell's number; in English and Chinese.
func (a *Analysis) cellsName(h *Hotspot, c geo.Cell) (en, zh string) {
	here := c.Center()
	best, nearest := "", math.Inf(1)
	var at geo.LatLon
	for _, v := range a.atlas.named() {
		if math.Abs(v.pos.Lat-here.Lat) > 0.02 {
			continue
		}
		if d := distance(here, v.pos); d < nearest {
			best, nearest, at = v.name, d, v.pos
		}
	}
	if nearest <= nearM {
		if nearest < 150 {
			return "around " + best, best + "周边"
		}
		m, wind := math.Round(nearest/50)*50, direction(at, here)
		return fmt.Sprintf("%.0f m %s of %s", m, winds[wind], best), fmt.Sprintf("%s%s约%.0f米", best, windsZH[wind], m)
	}
	if n := len(h.Region); n > 0 {
		name := a.regionName(h.Region[n-1])
		return name + " cell " + c.String(), name + "网格" + c.String()
	}
	return "cell " + c.String(), "网格" + c.String()
}

// landmark is a venue with a name.
type landmark struct {
	name string
	pos  geo.LatLon
}

// named lists the venues with a name where anything bad happened, by place.
func (a *atlas) named() []landmark {
	if a.landmarks != nil {
		return a.landmarks
	}
	a.landmarks = []landmark{}
	at := make([]int32, 0, len(a.place))
	for i := range a.place {
		at = append(at, i)
	}
	slices.Sort(at)
	for _, i := range at {
		if pl := a.place[i]; pl.Kind == geo.PlaceVenue && pl.Part == geo.PartWhole && pl.Venue.Name != "" && pl.Cell != 0 {
			a.landmarks = append(a.landmarks, landmark{pl.Venue.Name, pl.Center})
		}
	}
	return a.landmarks
}

const earthRadiusM = 6378137

// distance is in metres on the sphere, good for some kilometres.
func distance(a, b geo.LatLon) float64 {
	rad := math.Pi / 180
	dx := (b.Lon - a.Lon) * rad * math.Cos((a.Lat+b.Lat)/2*rad)
	dy := (b.Lat - a.Lat) * rad
	return earthRadiusM * math.Hypot(dx, dy)
}

var (
	winds   = [8]string{"N", "NE", "E", "SE", "S", "SW", "W", "NW"}
	windsZH = [8]string{"以北", "东北", "以东", "东南", "以南", "西南", "以西", "西北"}
)

// direction in which to lies, seen from from: an index into winds.
func direction(from, to geo.LatLon) int {
	dx := (to.Lon - from.Lon) * math.Cos(from.Lat*math.Pi/180)
	turn := math.Atan2(dx, to.Lat-from.Lat) / (2 * math.Pi) * 8
	return (int(math.Round(turn)) + 8) % 8
}

func (a *Analysis) segmentPlace(h *Hotspot, c *candidate, main geo.Place) {
	from, to := main.Km, main.Km+1
	var lines []geometry
	for _, i := range c.members {
		if pl, ok := a.atlas.place[i]; ok && pl.Kind == geo.PlaceSegment {
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
	zh := ""
	// The catalogue tells carriageways apart behind the kilometre: "G4 K32 northbound".
	if _, course, ok := strings.Cut(main.Name, fmt.Sprintf(" K%d ", main.Km)); ok {
		h.Name += " " + course
		zh = cmp.Or(coursesZH[course], " "+course)
	}
	h.NameZH = fmt.Sprintf("%s K%d–K%d%s", name, from, to, zh)
	if len(lines) > 0 {
		h.Geometry = collectGeometry(lines)
	}
}

// bodyShare is the share of a venue's excess that its body needs for the hotspot to be
// about the venue as a whole: records that do not know their part count for the body.
const bodyShare = 1.0 / 3

// subject gives the members that a venue hotspot is about, and whether that is the
// venue as a whole: its body with much of the excess, or with all floors. Otherwise it
// is about the parts: the body has their records of unknown part, the cells beside
// those of poor position.
func (a *Analysis) subject(c *candidate, venue string) (about []int32, whole bool) {
	body, all := 0.0, 0.0
	floors, bands := 0, 0
	for _, i := range c.members {
		pl, ok := a.atlas.place[i]
		if !ok || pl.Kind != geo.PlaceVenue {
			continue
		}
		excess := a.m.excess(i)
		all += excess
		if pl.Venue.ID == venue && partName(pl) == "" {
			whole = true
			body += excess
			floors = pl.Venue.Floors
			continue
		}
		if pl.Part == geo.PartFloors && pl.Venue.ID == venue {
			bands++
		}
		about = append(about, i)
	}
	everyFloor := bands > 0 && bands*geo.FloorsABand >= floors
	if whole && (len(about) == 0 || everyFloor || body >= bodyShare*all) {
		return c.members, true
	}
	return about, false
}

// excess is by how much a place's bad calls and complaints exceed the normal.
func (m *model) excess(i int32) float64 {
	sum := 0.0
	for _, c := range m.channels() {
		if int(i) < len(c.expected) {
			sum += math.Max(0, c.x[i]-c.expected[i])
		}
	}
	return sum
}

// venuePlace names a venue, or the venue with the parts that it is about.
func (a *Analysis) venuePlace(h *Hotspot, c *candidate, main geo.Place) {
	h.Place.Kind, h.Place.VenueID = "venue", familyKey(main)
	_, whole := a.subject(c, h.Place.VenueID)
	name := ""
	var parts []string
	var own, others []geometry
	for _, i := range c.members {
		pl, ok := a.atlas.place[i]
		if !ok || pl.Kind != geo.PlaceVenue {
			continue
		}
		shapes, part := &own, partName(pl)
		if pl.Venue.ID != h.Place.VenueID {
			shapes, part = &others, pl.Venue.Name
		} else if whole {
			part = ""
		}
		if part != "" {
			parts = append(parts, part)
		}
		if pl.Venue.ID == h.Place.VenueID || name == "" {
			name = pl.Venue.Name
		}
		if pl.Venue.Geometry != nil && (len(own) == 0 || shapes == &others) {
			*shapes = append(*shapes, pl.Venue.Geometry)
		}
	}
	slices.Sort(parts)
	h.Place.Parts = slices.Compact(parts)
	if name == "" {
		name = h.Place.VenueID
	}
	h.Name = name
	h.NameZH = name
	if !whole && len(h.Place.Parts) > 0 && !slices.Contains(h.Place.Parts, name) {
		h.Name += " " + strings.Join(h.Place.Parts, ", ")
		zh := make([]string, len(h.Place.Parts))
		for i, part := range h.Place.Parts {
			zh[i] = partZH(part)
		}
		h.NameZH += strings.Join(zh, "、")
	}
	if shapes := append(own, others...); len(shapes) > 0 {
		h.Geometry = collectGeometry(shapes)
	}
}

var coursesZH = map[string]string{"northbound": "北行", "eastbound": "东行", "southbound": "南行", "westbound": "西行"}

// partZH is the Chinese for what partName gives; a venue's own name stays.
func partZH(part string) string {
	switch part {
	case "lifts":
		return "电梯"
	case "basement":
		return "地下室"
	}
	if floors, ok := strings.CutPrefix(part, "floors "); ok {
		return floors + "层"
	}
	return part
}

// partName names a part, "" for the venue's body.
func partName(pl geo.Place) string {
	switch pl.Part {
	case geo.PartLift:
		return "lifts"
	case geo.PartBasement:
		return "basement"
	case geo.PartFloors:
		if _, floors, ok := strings.Cut(pl.Name, " floors "); ok {
			return "floors " + floors
		}
		return fmt.Sprintf("floors %d–%d", pl.FloorLow, pl.FloorLow+geo.FloorsABand-1)
	}
	return ""
}
