package hotspots

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hotcell/hotcell/geo"
)

// ClaimGround is what a claim's area is in a catalogue: which places belong to
// it, of which units it consists and how large it is.
type ClaimGround struct {
	// Places are those the claim is about; nil = wherever region and scene allow.
	Places []geo.PlaceID
	// SceneParts are the lifts and basements of venues of the query's scene: who
	// claims something about malls claims it about their lifts and car parks too.
	SceneParts []geo.PlaceID
	// Units are highway kilometres or venues; nil for other denominators (map
	// cells are measured one by one, see CellSize).
	Units []ClaimUnit
	// Total is the size of the whole area: km² or km, or a number of venues; 0
	// without a denominator in units.
	Total float64
	// Where names the area as the catalogue does: what a claim's author calls it is free text.
	Where ClaimText

	tract *geo.Tract
}

// ClaimUnit is a highway kilometre or a venue of a claim's area.
type ClaimUnit struct {
	ID     string
	Size   float64 // km of a highway kilometre, 1 for a venue
	Places []geo.PlaceID
}

// CellSize is a map cell's part on the ground of the claim's region, in km².
func (g *ClaimGround) CellSize(cell geo.Cell) float64 {
	if g.tract == nil {
		return 0
	}
	return g.tract.AreaOf(cell) / 1e6
}

// NewClaimGround looks up a claim's area. It names everything that the catalogue
// does not have, one line each, in the form of Claim.Validate.
func NewClaimGround(q ClaimQuery, c *geo.Catalogue) (*ClaimGround, error) {
	b := groundBuilder{q: q, c: c}
	b.region()
	highways, venues := b.highways(), b.venues()
	if len(b.faults) > 0 {
		return nil, errors.Join(b.faults...)
	}
	g := &ClaimGround{SceneParts: b.sceneParts(), Where: b.where()}
	switch {
	case len(q.Highways) > 0 && len(q.Venues) > 0:
		for id := range highways {
			if _, both := venues[id]; both {
				g.Places = append(g.Places, id)
			}
		}
		if len(g.Places) == 0 {
			b.fault("area", "no place is on one of the highways and in one of the venues at once: name highways or venues")
		}
	case len(q.Highways) > 0:
		g.Places = claimPlaceIDs(highways)
	case len(q.Venues) > 0:
		g.Places = claimPlaceIDs(venues)
	}
	slices.Sort(g.Places)
	switch q.Units {
	case ClaimArea:
		b.area(g)
	case ClaimRoadKm:
		b.road(g, highways)
	case ClaimVenues:
		b.venueUnits(g)
	}
	if len(b.faults) > 0 {
		return nil, errors.Join(b.faults...)
	}
	return g, nil
}

type groundBuilder struct {
	q      ClaimQuery
	c      *geo.Catalogue
	faults []error
}

func (b *groundBuilder) fault(field, format string, args ...any) {
	b.faults = append(b.faults, fmt.Errorf("claim: %s: %s", field, fmt.Sprintf(format, args...)))
}

func (b *groundBuilder) region() {
	if _, known := b.c.Region(b.q.Region); b.q.Region == "" || known {
		return
	}
	var codes []string
	for _, r := range b.c.Regions() {
		codes = append(codes, r.Code)
	}
	b.fault("area.region", "%q is not in the catalogue, which has %s; load it with \"hotcell load regions\"", b.q.Region, claimSome(codes, "no regions"))
}

func (b *groundBuilder) where() ClaimText {
	region := ""
	if r, known := b.c.Region(b.q.Region); known && r.Name != "" {
		region = r.Name + " (" + r.Code + ")"
	}
	var venues []string
	for _, id := range b.q.Venues {
		if v, known := b.c.Venue(id); known {
			venues = append(venues, cmp.Or(v.Name, v.ID))
		}
	}
	return b.q.where(region, venues)
}

// highways gives the kilometres of the query's highways with their lengths in km.
func (b *groundBuilder) highways() map[geo.PlaceID]float64 {
	out := map[geo.PlaceID]float64{}
	for _, ref := range b.q.Highways {
		stretches := b.c.Highway(ref)
		if len(stretches) == 0 {
			var refs []string
			for _, v := range b.c.Venues() {
				if v.Ref != "" {
					refs = append(refs, v.Ref)
				}
			}
			b.fault("area.highways", "%q is not in the catalogue, which has %s; load it with \"hotcell load venues\"", ref, claimSome(refs, "no highways"))
		}
		for _, s := range stretches {
			out[s.ID] = s.LengthM / 1000
		}
	}
	return out
}

// venues gives the places of the query's venues and of all venues inside them,
// each with the venue of the query it belongs to.
func (b *groundBuilder) venues() map[geo.PlaceID]string {
	out := map[geo.PlaceID]string{}
	for _, id := range b.q.Venues {
		if _, known := b.c.Venue(id); !known {
			b.fault("area.venues", "%q is not in the catalogue; venues are named by their id: load it with \"hotcell load venues\"", id)
		}
	}
	if len(b.q.Venues) == 0 || len(b.faults) > 0 {
		return out
	}
	const deepest = 16 // parents in circles end here
	for i := range b.c.Venues() {
		v := &b.c.Venues()[i]
		for at, depth := v, 0; at != nil && depth < deepest; depth++ {
			if slices.Contains(b.q.Venues, at.ID) {
				for _, place := range b.c.PlacesOf(v.ID) {
					// A part is listed by its host too: the more particular venue has it.
					if _, again := out[place]; !again || at == v {
						out[place] = at.ID
					}
				}
				break
			}
			at, _ = b.c.Venue(at.Parent)
		}
	}
	return out
}

// sceneParts are the lifts and basements of venues of the scene.
func (b *groundBuilder) sceneParts() []geo.PlaceID {
	var out []geo.PlaceID
	if b.q.Scene == geo.SceneUnknown || b.q.Scene == geo.SceneLift || b.q.Scene == geo.SceneBasement {
		return nil
	}
	for i := range b.c.Venues() {
		v := &b.c.Venues()[i]
		if v.Scene != b.q.Scene {
			continue
		}
		for _, id := range b.c.PlacesOf(v.ID) {
			if p, ok := b.c.Place(id); ok && p.Scene != b.q.Scene {
				out = append(out, id)
			}
		}
	}
	return out
}

func (b *groundBuilder) area(g *ClaimGround) {
	if b.q.Region == "" || len(b.q.Highways) > 0 || len(b.q.Venues) > 0 || b.q.Scene != geo.SceneUnknown {
		b.fault("denominator", "a share of area is counted by map cell of a region: name the region and leave highways, venues and scene out, or use road_km or venues")
		return
	}
	tract, ok := b.c.Tract(b.q.Region)
	if !ok {
		b.fault("area.region", "%q has no outline in the catalogue, so its area is not known; load its polygons with \"hotcell load regions\"", b.q.Region)
		return
	}
	g.tract, g.Total = tract, tract.Area()/1e6
}

func (b *groundBuilder) road(g *ClaimGround, highways map[geo.PlaceID]float64) {
	ids := g.Places
	g.Places = nil
	for _, id := range ids {
		p, ok := b.c.Place(id)
		if !ok || !b.inRegion(p) || b.q.Scene != geo.SceneUnknown && p.Scene != b.q.Scene {
			continue
		}
		g.Places = append(g.Places, id)
		g.Units = append(g.Units, ClaimUnit{p.Key, highways[id], []geo.PlaceID{id}})
		g.Total += highways[id]
	}
	if len(g.Units) == 0 && len(b.faults) == 0 {
		b.fault("area", "no kilometre of %s lies in the region and scene of the claim", strings.Join(b.q.Highways, ", "))
	}
}

// venueUnits makes units of the venues named or, where none are, of all venues of
// the region and scene.
func (b *groundBuilder) venueUnits(g *ClaimGround) {
	if len(b.q.Highways) > 0 {
		b.fault("area.highways", "a highway is no venue: leave it out, or use the denominator road_km")
		return
	}
	g.Places = nil
	units := map[string]*ClaimUnit{}
	var order []string
	take := func(unit string, id geo.PlaceID) {
		u := units[unit]
		if u == nil {
			u = &ClaimUnit{ID: unit, Size: 1}
			units[unit], order = u, append(order, unit)
		}
		if slices.Contains(u.Places, id) {
			return // several lifts of one tower are one place
		}
		u.Places = append(u.Places, id)
		g.Places = append(g.Places, id)
	}
	named := b.venues()
	if len(b.q.Venues) > 0 {
		for _, id := range claimPlaceIDs(named) {
			if p, ok := b.c.Place(id); ok && p.Kind == geo.PlaceVenue && b.inRegion(p) && b.inScene(p) {
				take(named[id], id)
			}
		}
	} else {
		for i := range b.c.Venues() {
			b.ownUnits(&b.c.Venues()[i], take)
		}
	}
	if len(units) == 0 {
		b.fault("area", "the catalogue has no venue in the region and scene of the claim")
		return
	}
	slices.Sort(order)
	slices.Sort(g.Places)
	for _, id := range order {
		g.Units = append(g.Units, *units[id])
	}
	g.Total = float64(len(order))
}

// ownUnits hands out a venue as a unit: with all its parts, or, for scenes that
// are parts, as the part of its host that it is.
func (b *groundBuilder) ownUnits(v *geo.Venue, take func(unit string, id geo.PlaceID)) {
	ids := b.c.PlacesOf(v.ID)
	for i, id := range ids {
		p, ok := b.c.Place(id)
		if !ok || p.Kind != geo.PlaceVenue || !b.inRegion(p) {
			return
		}
		part := p.Venue.ID != v.ID
		switch b.q.Scene {
		case geo.SceneLift, geo.SceneBasement:
			drawn := v.Scene == b.q.Scene && i == 0
			stated := b.q.Scene == geo.SceneBasement && v.BasementFloors > 0 && p.Part == geo.PartBasement
			if drawn || stated {
				take(p.Key, id)
			}
			continue
		case geo.SceneUnknown:
		default:
			if v.Scene != b.q.Scene {
				return
			}
		}
		if part {
			return // its host has it
		}
		take("venue/"+v.ID, id)
	}
}

func (b *groundBuilder) inRegion(p geo.Place) bool {
	return b.q.Region == "" || slices.Contains(p.Region, b.q.Region)
}

// inScene tells whether a place is of the query's scene, itself or as a part of a
// venue of that scene.
func (b *groundBuilder) inScene(p geo.Place) bool {
	return b.q.Scene == geo.SceneUnknown || p.Scene == b.q.Scene || p.Venue != nil && p.Venue.Scene == b.q.Scene
}

func claimPlaceIDs[V any](of map[geo.PlaceID]V) []geo.PlaceID {
	out := make([]geo.PlaceID, 0, len(of))
	for id := range of {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

// claimSome lists a few names.
func claimSome(names []string, none string) string {
	names = claimSorted(names)
	const few = 6
	switch {
	case len(names) == 0:
		return none
	case len(names) > few:
		return strings.Join(names[:few], ", ") + " and others"
	}
	return strings.Join(names, ", ")
}
