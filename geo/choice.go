package geo

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
)

// A record that fits several places is not put at the first of them: it is a
// choice, fractional records at each of them with weights that sum to 1.

// PlaceWeight is the share of a record that falls on a place.
type PlaceWeight struct {
	Place  PlaceID
	Weight float64
}

// Choice are the places that a record may be from, by id. Their weights sum to 1.
type Choice struct{ Places []PlaceWeight }

const (
	mostCandidates = 5   // more venues than this are too vague: unknown
	mostSegments   = 400 // kilometres of highway that a record is spread over at most
	choiceMark     = PlaceID(4) << 60
)

// IsChoice tells ids that stand for several places from all others.
func (id PlaceID) IsChoice() bool { return id>>60 == choiceMark>>60 }

// ID names the set: the same places with the same weights (to one part in a million)
// have the same id.
func (c *Choice) ID() PlaceID {
	h := sha256.New()
	var b [16]byte
	for _, w := range c.Places {
		binary.BigEndian.PutUint64(b[:8], uint64(w.Place))
		binary.BigEndian.PutUint64(b[8:], uint64(math.Round(w.Weight*1e6)))
		h.Write(b[:])
	}
	return PlaceID(binary.BigEndian.Uint64(h.Sum(nil)))>>4 | choiceMark
}

// locateNamed puts a record at the venues that a name in it may mean, each as likely
// as the others: at one, wholly; at several as a choice; at more than mostCandidates
// nowhere. The text around the name may tell part and floor. The position of a choice
// is the middle, its accuracy reaches all of them.
func (c *Catalogue) locateNamed(venues []int32, m Method, e Evidence, h Hints, text string) (Location, bool) {
	if len(venues) == 0 {
		return Location{}, false
	}
	h = h.refine(&e, text)
	switch venues = c.narrow(venues, &e, h); {
	case len(venues) > mostCandidates:
		return Location{}, false
	case len(venues) == 1:
		return c.locateVenue(int(venues[0]), m, &e, &h), true
	}
	places := make([]PlaceID, len(venues))
	centres := make([]LatLon, len(venues))
	radii := make([]float64, len(venues))
	scene := SceneUnknown
	for i, v := range venues {
		var s Scene
		places[i], s = c.part(int(v), &e, &h, surroundings{})
		centres[i], radii[i] = c.extents[v].centre, c.extents[v].radius
		if i == 0 {
			scene = s
		} else if s != scene {
			scene = h.Scene
		}
	}
	return c.choose(places, centres, radii, scene, m), true
}

// choose makes a location of equally likely places.
func (c *Catalogue) choose(places []PlaceID, centres []LatLon, radii []float64, scene Scene, m Method) Location {
	byPlace := map[PlaceID]float64{}
	for _, p := range places {
		byPlace[p] += 1 / float64(len(places))
	}
	l := Location{Method: m, Scene: scene}
	var choice Choice
	for p, w := range byPlace {
		choice.Places = append(choice.Places, PlaceWeight{p, w})
	}
	slices.SortFunc(choice.Places, func(a, b PlaceWeight) int { return cmp.Compare(a.Place, b.Place) })
	plane := planeAt(centres[0])
	var middle metres
	for _, p := range centres {
		at := plane.to(p)
		middle.x += at.x / float64(len(centres))
		middle.y += at.y / float64(len(centres))
	}
	l.Pos = plane.from(middle)
	var path []string
	for i, p := range centres {
		l.AccuracyM = max(l.AccuracyM, float32(Distance(l.Pos, p)+radii[i]))
		if up := c.regionPathAt(p); i == 0 {
			path = up
		} else {
			n := 0
			for n < len(path) && n < len(up) && path[n] == up[n] {
				n++
			}
			path = path[:n]
		}
	}
	if len(path) > 0 {
		l.Region = path[len(path)-1] // the finest that holds them all
	}
	if len(choice.Places) == 1 {
		l.Place = choice.Places[0].Place
		if cell, err := CellAt(l.Pos, StoredResolution); err == nil {
			l.Cell = cell
		}
		return l
	}
	l.Place, l.Choice = choice.ID(), &choice
	return l
}

// narrow drops candidates that what else is known speaks against, unless it speaks
// against all: too low for the floor, not the kind of building the text names, not
// named together with a place around it, in another region than the address, out of
// the serving radio cell's reach.
func (c *Catalogue) narrow(venues []int32, e *Evidence, h Hints) []int32 {
	keep := func(test func(v int32) bool) {
		if len(venues) < 2 {
			return
		}
		if left := slices.DeleteFunc(slices.Clone(venues), func(v int32) bool { return !test(v) }); len(left) > 0 {
			venues = left
		}
	}
	// A lift or a car park that bears a name is meant when it is said, so is a stop.
	keep(func(v int32) bool { return !partScene(c.venues[v].Scene) || partOf(c.venues[v].Scene) == h.Part })
	if h.Part != PartWhole {
		keep(func(v int32) bool { return partOf(c.venues[v].Scene) == h.Part })
	}
	if h.Scene != SceneTransit {
		keep(func(v int32) bool { return c.venues[v].Scene != SceneTransit })
	}
	for _, text := range []string{e.Address, e.Text} {
		if text == "" || len(venues) < 2 {
			continue
		}
		tokens := nameTokens(cutText(text, longestAddress))
		keep(func(v int32) bool { return c.regionNamed(tokens, c.extents[v].centre) })
		around := c.names.within(tokens)
		keep(func(v int32) bool {
			return slices.ContainsFunc(around, func(n named) bool {
				return slices.ContainsFunc(n.venues, func(o int32) bool { return o != v && !c.spots[o].line && c.isInside(int(v), int(o)) })
			})
		})
	}
	if e.Floor != UnknownFloor {
		keep(func(v int32) bool {
			x := &c.venues[v]
			if e.Floor < 0 {
				return x.BasementFloors == 0 || int(-e.Floor) <= x.BasementFloors
			}
			return x.Floors == 0 || int(e.Floor) <= x.Floors+2
		})
	}
	if h.Scene != SceneUnknown && partOf(h.Scene) == PartWhole {
		keep(func(v int32) bool { return c.venues[v].Scene == h.Scene })
	}
	if i, known := c.sites.byCell[e.RadioCell]; known && e.RadioCell != "" {
		reach := c.sites.reach(i)
		keep(func(v int32) bool {
			return Distance(c.sites.sites[i].Pos, c.extents[v].centre) <= 1.5*reach+c.extents[v].radius
		})
	}
	return venues
}
