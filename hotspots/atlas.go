package hotspots

import (
	"slices"

	"github.com/hotcell/hotcell/geo"
)

// atlas knows which places are beside each other.
type atlas struct {
	m        *model
	place    map[int32]geo.Place // venues and segments with events
	family   map[string][]int32  // venue → its parts
	segment  map[segmentKey]int32
	familyOf map[int32]string

	landmarks []landmark
}

type segmentKey struct {
	line string
	km   int
}

// newAtlas looks up the venues and segments where something bad happened.
func newAtlas(m *model) *atlas {
	a := &atlas{m: m, place: map[int32]geo.Place{}, family: map[string][]int32{},
		segment: map[segmentKey]int32{}, familyOf: map[int32]string{}}
	for i, id := range m.ids {
		if isCell(id) || !m.eventful(i) || m.lookup == nil {
			continue
		}
		pl, ok := m.lookup.Place(id)
		if !ok {
			continue
		}
		n := int32(i)
		a.place[n] = pl
		switch {
		case pl.Kind == geo.PlaceSegment:
			a.segment[lineKey(pl)] = n
		case pl.Kind == geo.PlaceVenue && pl.Venue != nil:
			key := familyKey(pl)
			a.family[key] = append(a.family[key], n)
			a.familyOf[n] = key
		}
	}
	return a
}

func lineKey(pl geo.Place) segmentKey {
	if pl.Venue != nil {
		return segmentKey{pl.Venue.ID, pl.Km}
	}
	return segmentKey{pl.Ref, pl.Km}
}

// familyKey is the venue a place belongs to as a part. A lift or a basement that
// the catalogue has as a venue of its own belongs to the venue it is inside.
func familyKey(pl geo.Place) string {
	v := pl.Venue
	if v.Parent != "" && (v.Scene == geo.SceneLift || v.Scene == geo.SceneBasement) {
		return v.Parent
	}
	return v.ID
}

// eventful tells whether anything bad happened at the place.
func (m *model) eventful(i int) bool {
	pl := &m.places[i]
	return pl.bad > 0 || pl.hurtTo > pl.hurtFrom || m.spreadAt(pl).hurt > 0
}

// beside adds the eventful places next to place i to out, in a fixed order.
func (a *atlas) beside(i int32, out []int32) []int32 {
	id := a.m.ids[i]
	if isCell(id) {
		for _, c := range geo.Cell(id).Disk(1) {
			if n := a.m.index(geo.PlaceID(c)); n >= 0 && int32(n) != i && a.m.eventful(n) {
				out = append(out, int32(n))
			}
		}
		slices.Sort(out)
		return out
	}
	pl, ok := a.place[i]
	if !ok {
		return out
	}
	if pl.Kind == geo.PlaceSegment {
		key := lineKey(pl)
		for _, km := range []int{key.km - 1, key.km + 1} {
			if n, ok := a.segment[segmentKey{key.line, km}]; ok {
				out = append(out, n)
			}
		}
		return out
	}
	for _, n := range a.family[a.familyOf[i]] {
		if n != i {
			out = append(out, n)
		}
	}
	return out
}
