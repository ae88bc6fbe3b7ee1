package geo

import (
	"math"
	"slices"
)

const (
	// HighwayReach is how near a highway a record must be to belong to it, in
	// metres; a record's own accuracy widens it, up to maxReach.
	HighwayReach = 40.0
	// BuildingAccuracy is the coarsest accuracy, in metres, at which a position
	// still says which building or highway it is from: see locateCoarse.
	BuildingAccuracy = 100.0
	// tooSmall is how many times a venue's radius an accuracy must be for a position
	// in the venue to say nothing of it: the disc is sixteen times as large then.
	tooSmall = 4.0
)

// LocatingRules names the rules of Locate; it changes whenever the same record could be
// put elsewhere by the same catalogue.
const LocatingRules = "2: accuracy discs"

// Locate puts a record where its best evidence says (DESIGN §5): its
// coordinates, else the venue it names, else its address, else its radio cell.
// Unknown stays unknown. Positions that are not on the globe count as not given.
//
// With coordinates, a record belongs to
//   - the highway segment within reach when it was travelling or outdoors, or
//     when nothing says and no venue contains it; never when it was indoors;
//     a tunnel only when it was travelling or the text says so;
//   - else the venue whose own indoor radio cell served it, where the position does
//     not tell buildings apart (exactPosition) and does not contradict that;
//   - else the smallest venue whose polygon contains it, and there to the lift,
//     basement or floor band that its floor, its text or a lift within
//     pointReach tells;
//   - else the venue it names, where that is as near as the accuracy allows;
//   - else its H3 cell.
//
// That holds for accuracies up to BuildingAccuracy, for venues not much smaller than
// the accuracy. Coarser positions belong to a venue only where the whole disc lies in
// it or where a name says so, else to their cell, and above CellAccuracy to all cells
// of their disc: see locateCoarse.
//
// Names in venues, addresses and texts that fit several venues give a choice: each
// gets an equal share of the record (see narrow). More than mostCandidates are
// unknown. It is never the first. Highways that are named: see locateOnHighway.
func (c *Catalogue) Locate(e Evidence) Location {
	b := lookup{valid: e.HasPos && e.Pos.Valid()}
	if b.valid {
		b.square, b.cell = c.squares.at(e.Pos), storedCell(e.Pos)
	}
	var l Location
	c.locate(&e, &b, &l)
	return l
}

// locate is Locate once the position's cell and square are known.
func (c *Catalogue) locate(e *Evidence, b *lookup, l *Location) {
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
	if b.valid {
		c.locatePosition(e, &h, b, l)
		return
	}
	if named, ok := c.locateWords(e, &h); ok {
		*l = named
		return
	}
	if e.RadioCell != "" {
		if at, ok := c.locateRadioCell(e, &h); ok {
			*l = at
			return
		}
	}
	*l = Location{Scene: h.Scene}
}

// locateWords puts a record where the venue it names, its address or its text say.
func (c *Catalogue) locateWords(e *Evidence, h *Hints) (Location, bool) {
	if e.Venue != "" {
		if named, ok := c.locateNamed(c.venuesNamed(e.Venue), MethodVenue, *e, *h, e.Venue); ok {
			return named, true
		}
	}
	if named, ok := c.locateText(e.Address, true, *e, *h); ok {
		return named, true
	}
	return c.locateText(e.Text, false, *e, *h)
}

// locateText puts a record where its address or its text says: on a highway whose
// kilometre it states, else at the venues it names, else on the highway it names.
// Complaint texts are too long to look for misspelt names in.
func (c *Catalogue) locateText(text string, address bool, e Evidence, h Hints) (Location, bool) {
	if text == "" {
		return Location{}, false
	}
	_, posted := signpostIn(text)
	posted = posted || c.namesExit(text)
	if posted {
		if l, ok := c.locateOnHighway(text, h); ok {
			return l, true
		}
	}
	around := ""
	if address {
		around = text
	}
	house, addressed := c.names.houses.houseIn(text)
	if !addressed {
		house, addressed = c.names.houses.crossing(text)
	}
	venues := c.meant(text, address && !addressed)
	if addressed {
		if l, ok := c.locateHouse(house, text, venues, &e, h); ok {
			return l, l.Method != MethodNone
		}
	}
	if l, ok := c.locateNamed(venues, MethodAddress, e, h, around); ok || posted {
		return l, ok
	}
	return c.locateOnHighway(text, h)
}

// namesAround is how far from a house, in metres, a name in the same address may be.
const namesAround = 100.0

// locateHouse puts a record at the house that an address names, or says that it is
// unknown, where the street is known and the number is not (the zero Location). ok is
// false where the names in the text say more.
func (c *Catalogue) locateHouse(house houseNamed, text string, venues []int32, e *Evidence, h Hints) (l Location, ok bool) {
	if !house.known {
		return l, len(venues) == 0
	}
	near := slices.DeleteFunc(slices.Clone(venues), func(v int32) bool {
		return Distance(house.pos, c.extents[v].centre) > c.extents[v].radius+house.accuracyM+namesAround
	})
	switch {
	case len(near) > 0 && len(house.venues) > 0:
		return c.locateNamed(c.both(near, house.venues), MethodAddress, *e, h, text)
	case len(near) > 0:
		return c.locateNamed(near, MethodAddress, *e, h, text)
	case len(venues) > 0 && len(c.meantBefore(text, false, c.names.houses.endOf(text, house.street))) > 0:
		return l, true // the name is not where the address is; a town behind it is none
	case len(house.venues) > 0:
		return c.locateNamed(house.venues, MethodAddress, *e, h, text)
	}
	h = h.refine(e, text)
	l = Location{Method: MethodAddress, Pos: house.pos, AccuracyM: float32(house.accuracyM), Region: c.RegionAt(house.pos), Scene: h.Scene}
	if house.between {
		l.Method = MethodBetween
	}
	if house.accuracyM > CellAccuracy {
		c.blur(&l, house.accuracyM)
		return l, true
	}
	l.Cell = storedCell(l.Pos)
	l.Place = PlaceID(l.Cell.Parent(RankResolution))
	if !house.between {
		inside := *e
		inside.Pos = house.pos
		if v := c.containing(&inside, &h, c.squares.at(house.pos), 0); v >= 0 {
			l.Place, l.Scene = c.part(v, &inside, &h, surroundings{})
		}
	}
	return l, true
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

// surroundings are what the index has around a record's position.
type surroundings struct {
	square *gridSquare // nil: nothing small
	kx     float64     // metres of a degree of longitude
}

func (c *Catalogue) locatePosition(e *Evidence, h *Hints, b *lookup, l *Location) {
	accuracy := e.AccuracyM
	if !(accuracy > 0) || math.IsInf(accuracy, 1) {
		accuracy = 0
	}
	*l = Location{Method: MethodCoordinates, Pos: e.Pos, AccuracyM: float32(accuracy), Cell: b.cell, Scene: h.Scene}
	l.Place = PlaceID(l.Cell.Parent(RankResolution))
	at := surroundings{square: b.square}
	region := unsettled
	if at.square != nil {
		region = at.square.region
	}
	if region == unsettled {
		region = int32(c.regions.at(e.Pos))
	}
	if region >= 0 {
		l.Region = c.regions.codes[region]
	}
	if at.square != nil && at.square.points|at.square.lines|at.square.tunnels != 0 {
		at.kx = metresPerDeg * math.Cos(e.Pos.Lat*radians)
	}
	if accuracy > BuildingAccuracy {
		c.locateCoarse(l, e, h, at, accuracy)
		return
	}
	venue := c.containing(e, h, at.square, accuracy)
	if accuracy > exactPosition {
		if served := c.servedIn(e, 2*accuracy); served >= 0 && !c.houseOn(venue, served) {
			l.Place, l.Scene = c.part(served, e, h, at)
			return
		}
	}
	if at.square != nil && at.square.lines|at.square.tunnels != 0 && onRoad(e, h, venue >= 0) {
		if line, m := c.road(e, h, at, max(HighwayReach, accuracy)); line >= 0 {
			l.Place, l.Scene = c.segment(line, m)
			return
		}
	}
	if venue < 0 && accuracy <= tooSmall*pointReach {
		venue = c.nearestPoint(e.Pos, at)
	}
	if venue >= 0 {
		l.Place, l.Scene = c.part(venue, e, h, at)
		return
	}
	c.preferNamed(l, e, h, at, max(accuracy, 50))
}

// locateCoarse puts a record whose accuracy does not tell buildings apart at what its
// words name within its accuracy disc, else into the venue whose own radio cell served
// it there, else into the smallest venue that holds the whole disc, else into its cell. Above CellAccuracy there is no cell either: it belongs
// to its accuracy disc, and to the finest region that holds the disc; above MostDisc
// to its radio cell, else nowhere. It belongs to no highway unless words say so.
func (c *Catalogue) locateCoarse(l *Location, e *Evidence, h *Hints, at surroundings, accuracy float64) {
	coarse, cell := accuracy > CellAccuracy, l.Place
	if c.preferNamed(l, e, h, at, accuracy); l.Place != cell {
		if coarse {
			c.settle(l)
		}
		return
	}
	if coarse {
		named, ok := c.locateWords(e, h)
		if ok && named.Choice == nil && Distance(named.Pos, e.Pos) <= 2*accuracy+float64(named.AccuracyM) {
			l.Place, l.Scene, l.Cell, l.Region = named.Place, named.Scene, named.Cell, named.Region
			return
		}
	}
	if venue := c.servedIn(e, accuracy); venue >= 0 && accuracy <= MostDisc {
		l.Place, l.Scene = c.part(venue, e, h, at)
		if coarse {
			c.settle(l)
		}
		return
	}
	if venue := c.holding(e.Pos, at.square, accuracy); venue >= 0 && e.Indoor != Travelling {
		l.Place, l.Scene = c.part(venue, e, h, at)
		return
	}
	if !coarse {
		return
	}
	if c.blur(l, accuracy); l.Place == 0 && e.RadioCell != "" {
		if served, ok := c.locateRadioCell(e, h); ok {
			*l = served
		}
	}
}

// settle gives a location whose position does not tell it the cell and region of its
// place.
func (c *Catalogue) settle(l *Location) {
	if p, ok := c.Place(l.Place); ok {
		l.Cell, l.Region = storedCell(p.Center), c.RegionAt(p.Center)
	}
}

// blur makes a location one of its accuracy disc, and one of nothing but its region
// where the accuracy is coarser than MostDisc.
func (c *Catalogue) blur(l *Location, accuracy float64) {
	l.Cell, l.Place, l.Region = 0, 0, c.regionAround(l.Pos, accuracy)
	if accuracy <= MostDisc {
		l.Place = discAt(l.Pos, accuracy)
	}
}

// holding gives the smallest venue above the ground that a disc lies in wholly, −1 for
// none.
func (c *Catalogue) holding(p LatLon, q *gridSquare, radius float64) int {
	for n, owner := c.shapeAt(q, p, 0); n != math.MaxUint32; n, owner = c.shapeAt(q, p, n+1) {
		if !partScene(c.spots[owner].scene) && math.IsInf(c.shapes.polys[n].distance(p.Lon, p.Lat, radius), 1) {
			return int(owner)
		}
	}
	return -1
}

// onRoad tells whether a record may be from a highway.
func onRoad(e *Evidence, h *Hints, inVenue bool) bool {
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
func (c *Catalogue) road(e *Evidence, h *Hints, at surroundings, reach float64) (line int, m float64) {
	line, d := -1, 0.0
	if at.square.lines != 0 {
		line, m, d = c.lines.nearestOf(c.squares.pieces[at.square.lines:], e.Pos, at.kx, reach)
	}
	if at.square.tunnels != 0 && (e.Indoor == Travelling || h.Scene == SceneTunnel) {
		// A highway's tunnel is at the same distance as the highway it is part of.
		t, tM, tD := c.tunnels.nearestOf(c.squares.pieces[at.square.tunnels:], e.Pos, at.kx, reach)
		if t >= 0 && (line < 0 || tD <= d+0.01) {
			return t, tM
		}
	}
	return line, m
}

// nearestPoint gives the venue of the nearest point within pointReach, −1 for none.
func (c *Catalogue) nearestPoint(p LatLon, at surroundings) int {
	if at.square == nil {
		return -1
	}
	return c.squares.nearestPoint(at.square, p, at.kx)
}

// preferNamed moves a record to the venue it names when its position does not
// contradict that: the venue lies within the slack, in metres.
func (c *Catalogue) preferNamed(l *Location, e *Evidence, h *Hints, at surroundings, slack float64) {
	if e.Venue == "" {
		return
	}
	near := slices.DeleteFunc(slices.Clone(c.venuesNamed(e.Venue)), func(v int32) bool {
		return Distance(e.Pos, c.extents[v].centre) > c.extents[v].radius+slack
	})
	if len(near) == 1 {
		l.Place, l.Scene = c.part(int(near[0]), e, h, at)
	}
}

// containing gives the venue a position lies in, −1 for none: the smallest one
// above the ground that is not too small for the accuracy, unless the record comes from
// below and an underground outline is smaller still (a car park that reaches out under
// a square or a campus).
func (c *Catalogue) containing(e *Evidence, h *Hints, q *gridSquare, accuracy float64) int {
	n, owner := c.shapeAt(q, e.Pos, 0)
	for n != math.MaxUint32 && accuracy > tooSmall*pointReach && accuracy > tooSmall*c.extents[owner].radius {
		n, owner = c.shapeAt(q, e.Pos, n+1)
	}
	if n == math.MaxUint32 {
		return -1
	}
	found := int(owner)
	below := e.Floor != UnknownFloor && e.Floor < 0 || e.Floor == UnknownFloor && (h.Part == PartBasement || e.Indoor == Inside)
	if !below || !c.undergrounds || partScene(c.spots[found].scene) {
		return found
	}
	for n, owner = c.shapeAt(q, e.Pos, n+1); n != math.MaxUint32; n, owner = c.shapeAt(q, e.Pos, n+1) {
		if c.spots[owner].scene == SceneBasement {
			if c.extents[owner].area < c.extents[found].area {
				return int(owner)
			}
			break
		}
	}
	return found
}

// shapeAt gives the lowest polygon number ≥ from that contains a position, and whose
// it is; MaxUint32 for none.
func (c *Catalogue) shapeAt(q *gridSquare, p LatLon, from uint32) (number uint32, owner int32) {
	if q != nil {
		return c.squares.first(c.shapes, q, p, from)
	}
	if number = c.shapes.beyond(p, from); number != math.MaxUint32 {
		return number, c.shapes.owner[number]
	}
	return number, -1
}

// segment gives the segment of a line at a chainage.
func (c *Catalogue) segment(line int, at float64) (PlaceID, Scene) {
	s := &c.spots[line]
	k := max(0, min(int(s.count)-1, int(at/segmentM)))
	return c.ids[int(s.more)+k], s.scene
}

// part gives the part of a venue a record belongs to, once the venue is settled.
func (c *Catalogue) part(venue int, e *Evidence, h *Hints, at surroundings) (PlaceID, Scene) {
	s := &c.spots[venue]
	part := PartWhole
	if int(s.host) != venue {
		part = s.hostPart
		venue = int(s.host)
		s = &c.spots[venue]
		// A child's outline says less about the height than the floor does.
		if part == PartBasement && e.Floor != UnknownFloor && e.Floor >= 0 {
			part = PartWhole
		}
	}
	if partScene(s.scene) {
		return s.part(PartWhole)
	}
	if part == PartWhole {
		part = h.Part
	}
	if part == PartWhole && h.NotPart != PartLift && s.lift && c.liftBeside(venue, e, at) {
		part = PartLift
	}
	switch {
	case part == PartLift:
		return s.part(PartLift)
	case part == PartBasement || e.Floor != UnknownFloor && e.Floor < 0:
		return s.part(PartBasement)
	}
	// A storey or two above the stated number are roofs and skipped numbers; more
	// is a mistake, and the part stays unknown.
	if f := int(e.Floor); s.count > 0 && e.Floor != UnknownFloor && f <= int(s.floors)+2 {
		return c.ids[int(s.more)+min(int(s.count)-1, max(0, f-1)/FloorsABand)], s.scene
	}
	return s.part(PartWhole)
}

// liftBeside tells whether an accurate indoor position is at a lift of the venue.
func (c *Catalogue) liftBeside(venue int, e *Evidence, at surroundings) bool {
	if e.Indoor == Outside || e.Indoor == Travelling || e.AccuracyM > 2*pointReach {
		return false
	}
	near := c.nearestPoint(e.Pos, at)
	return near >= 0 && int(c.spots[near].host) == venue && c.spots[near].hostPart == PartLift
}

// locateVenue puts a record at a venue's centre, with the venue's size as accuracy.
// A highway's name alone is no place: a line of many kilometres has no pinpoint.
func (c *Catalogue) locateVenue(venue int, m Method, e *Evidence, h *Hints) Location {
	x := &c.extents[venue]
	l := Location{Method: m, Pos: x.centre, AccuracyM: float32(x.radius)}
	if cell, err := CellAt(l.Pos, StoredResolution); err == nil {
		l.Cell = cell
	}
	l.Region = c.RegionAt(l.Pos)
	l.Place, l.Scene = c.part(venue, e, h, surroundings{})
	return l
}
