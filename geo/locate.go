package geo

import "math"

const (
	// HighwayReach is how near a highway a record must be to belong to it, in
	// metres; a record's own accuracy widens it, up to maxReach.
	HighwayReach = 40.0
	// BuildingAccuracy is the coarsest accuracy, in metres, at which a position
	// still says which building or highway it is from. Coarser ones belong to
	// their cell only.
	BuildingAccuracy = 100.0
)

// Locate puts a record where its best evidence says (DESIGN §5): its
// coordinates, else the venue it names, else its address, else its radio cell.
// Unknown stays unknown. Positions that are not on the globe count as not given.
//
// With coordinates, a record belongs to
//   - the highway segment within reach when it was travelling or outdoors, or
//     when nothing says and no venue contains it; never when it was indoors;
//     a tunnel only when it was travelling or the text says so;
//   - else the smallest venue whose polygon contains it, and there to the lift,
//     basement or floor band that its floor, its text or a lift within
//     pointReach tells;
//   - else the venue it names, where that is as near as the accuracy allows;
//   - else its H3 cell.
//
// Names in venues, addresses and texts count when they mean one venue only
// (see resolve); several are unknown, never the first.
func (c *Catalogue) Locate(e Evidence) Location {
	var h Hints
	if e.Text != "" {
		h = ParseHints(e.Text)
	}
	if e.Floor == UnknownFloor && h.HasFloor {
		e.Floor = h.Floor
	}
	if e.Indoor == IndoorUnknown {
		e.Indoor = h.Indoor
	}
	if e.HasPos && e.Pos.Valid() {
		return c.locatePosition(&e, h)
	}
	if e.Venue != "" {
		if v := c.venueNamed(e.Venue); v >= 0 && c.extents[v].segments == nil {
			h = h.refine(&e, e.Venue)
			return c.locateVenue(v, MethodVenue, &e, h)
		}
	}
	if e.Address != "" {
		if v := c.resolve(e.Address, true); v >= 0 {
			h = h.refine(&e, e.Address)
			return c.locateVenue(v, MethodAddress, &e, h)
		}
	}
	if e.Text != "" {
		if v := c.resolve(e.Text, false); v >= 0 {
			return c.locateVenue(v, MethodAddress, &e, h)
		}
	}
	if e.RadioCell != "" {
		if l, ok := c.locateRadioCell(&e, h); ok {
			return l
		}
	}
	return Location{Scene: h.Scene}
}

// longestText bounds what is read of a complaint, in bytes: who writes more tells
// stories.
const longestText = 3000

// refine takes the part and floor from a venue's name or an address ("Oriental
// Tower, B2") where the complaint itself says nothing.
func (h Hints) refine(e *Evidence, text string) Hints {
	more := ParseHints(text)
	if e.Floor == UnknownFloor && more.HasFloor {
		e.Floor = more.Floor
	}
	if h.Part == PartWhole && h.NotPart != more.Part {
		h.Part = more.Part
	}
	return h
}

func (c *Catalogue) locatePosition(e *Evidence, h Hints) Location {
	l := Location{Method: MethodCoordinates, Pos: e.Pos}
	accuracy := e.AccuracyM
	if !(accuracy > 0) || math.IsInf(accuracy, 1) {
		accuracy = 0
	}
	l.AccuracyM = float32(accuracy)
	if cell, err := CellAt(e.Pos, StoredResolution); err == nil {
		l.Cell = cell
	}
	if i := c.regions.at(e.Pos); i >= 0 {
		l.Region = c.regions.regions[i].Code
	}
	l.Place, l.Scene = PlaceID(l.Cell.Parent(RankResolution)), h.Scene
	if accuracy > BuildingAccuracy {
		c.preferNamed(&l, e, h, accuracy)
		return l
	}
	venue := c.containing(e, h)
	if onRoad(e, h, venue >= 0) {
		if line, at := c.road(e, h, max(HighwayReach, accuracy)); line >= 0 {
			l.Place, l.Scene = c.segment(line, at)
			return l
		}
	}
	if venue < 0 {
		venue = c.points.nearest(e.Pos)
	}
	if venue >= 0 {
		l.Place, l.Scene = c.part(venue, e, h)
		return l
	}
	c.preferNamed(&l, e, h, max(accuracy, 50))
	return l
}

// onRoad tells whether a record may be from a highway.
func onRoad(e *Evidence, h Hints, inVenue bool) bool {
	switch e.Indoor {
	case Inside:
		return false
	case Travelling:
		return true
	}
	switch h.Scene {
	case SceneHighway, SceneTunnel:
		return true
	case SceneUnknown, SceneRural, SceneOther:
		return !inVenue || e.Indoor == Outside
	}
	return false // the text says which kind of building it was
}

// road gives the highway or tunnel within reach and the chainage there. Tunnels
// run under everything else, so only records on the move, or whose text says so,
// belong to them.
func (c *Catalogue) road(e *Evidence, h Hints, reach float64) (line int, at float64) {
	line, at, d := c.lines.nearest(e.Pos, reach)
	if e.Indoor == Travelling || h.Scene == SceneTunnel {
		// A highway's tunnel is at the same distance as the highway it is part of.
		if t, tAt, tD := c.tunnels.nearest(e.Pos, reach); t >= 0 && (line < 0 || tD <= d+0.01) {
			return t, tAt
		}
	}
	return line, at
}

// preferNamed moves a record to the venue it names when its position does not
// contradict that: the venue lies within the slack, in metres.
func (c *Catalogue) preferNamed(l *Location, e *Evidence, h Hints, slack float64) {
	if e.Venue == "" {
		return
	}
	v := c.venueNamed(e.Venue)
	if v < 0 || c.extents[v].segments != nil {
		return
	}
	if x := &c.extents[v]; Distance(e.Pos, x.centre) > x.radius+slack {
		return
	}
	l.Place, l.Scene = c.part(v, e, h)
}

// containing gives the venue a position lies in, −1 for none: the smallest one
// above the ground, unless the record comes from below and an underground outline
// is smaller still (a car park that reaches out under a square or a campus).
func (c *Catalogue) containing(e *Evidence, h Hints) int {
	n := c.shapes.first(e.Pos, 0)
	if n == math.MaxUint32 {
		return -1
	}
	found := int(c.shapes.owner[n])
	below := e.Floor != UnknownFloor && e.Floor < 0 || e.Floor == UnknownFloor && (h.Part == PartBasement || e.Indoor == Inside)
	if !below || !c.undergrounds || partScene(c.venues[found].Scene) {
		return found
	}
	for n = c.shapes.first(e.Pos, n+1); n != math.MaxUint32; n = c.shapes.first(e.Pos, n+1) {
		if other := int(c.shapes.owner[n]); c.venues[other].Scene == SceneBasement {
			if c.extents[other].area < c.extents[found].area {
				return other
			}
			break
		}
	}
	return found
}

// segment gives the segment of a line at a chainage.
func (c *Catalogue) segment(line int, at float64) (PlaceID, Scene) {
	segments := c.extents[line].segments
	k := max(0, min(len(segments)-1, int(at/segmentM)))
	return segments[k], c.venues[line].Scene
}

// part gives the part of a venue a record belongs to, once the venue is settled.
func (c *Catalogue) part(venue int, e *Evidence, h Hints) (PlaceID, Scene) {
	x := &c.extents[venue]
	part := PartWhole
	if int(x.host) != venue {
		part = x.hostPart
		venue = int(x.host)
		x = &c.extents[venue]
		// A child's outline says less about the height than the floor does.
		if part == PartBasement && e.Floor != UnknownFloor && e.Floor >= 0 {
			part = PartWhole
		}
	}
	v := &c.venues[venue]
	if partScene(v.Scene) {
		return x.parts[PartWhole], v.Scene
	}
	if part == PartWhole {
		part = h.Part
	}
	if part == PartWhole && h.NotPart != PartLift && x.lift {
		if near := c.liftBeside(venue, e); near {
			part = PartLift
		}
	}
	switch {
	case part == PartLift:
		return x.parts[PartLift], SceneLift
	case part == PartBasement || e.Floor != UnknownFloor && e.Floor < 0:
		return x.parts[PartBasement], SceneBasement
	}
	// A storey or two above the stated number are roofs and skipped numbers; more
	// is a mistake, and the part stays unknown.
	if f := int(e.Floor); x.bands != nil && e.Floor != UnknownFloor && f <= v.Floors+2 {
		return x.bands[min(len(x.bands)-1, max(0, f-1)/floorsABand)], v.Scene
	}
	return x.parts[PartWhole], v.Scene
}

// liftBeside tells whether an accurate indoor position is at a lift of the venue.
func (c *Catalogue) liftBeside(venue int, e *Evidence) bool {
	if !e.HasPos || e.Indoor == Outside || e.Indoor == Travelling || e.AccuracyM > 2*pointReach {
		return false
	}
	near := c.points.nearest(e.Pos)
	return near >= 0 && int(c.extents[near].host) == venue && c.extents[near].hostPart == PartLift
}

// locateVenue puts a record at a venue's centre, with the venue's size as accuracy.
// A highway's name alone is no place: a line of many kilometres has no pinpoint.
func (c *Catalogue) locateVenue(venue int, m Method, e *Evidence, h Hints) Location {
	x := &c.extents[venue]
	l := Location{Method: m, Pos: x.centre, AccuracyM: float32(x.radius)}
	if cell, err := CellAt(l.Pos, StoredResolution); err == nil {
		l.Cell = cell
	}
	l.Region = c.RegionAt(l.Pos)
	l.Place, l.Scene = c.part(venue, e, h)
	return l
}
