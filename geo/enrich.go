package geo

import "slices"

// What OSM maps as a point inside an outline belongs together, but is two objects
// there: a hotel's node in a building=yes. enrich joins them, so that one place
// is one venue and its name is not ambiguous.
//
//   - A point whose name the outline around it also has is that outline's; an
//     outline of unknown use takes the point's scene.
//   - An unnamed building of unknown use with exactly one hotel, mall or hospital
//     node in it is that hotel, mall or hospital.
func (b *venueBuilder) enrich() {
	venues := b.file.Venues
	named, plain := newShapeIndex(), newShapeIndex()
	points := false
	for i := range venues {
		switch dimension(venues[i].Geometry) {
		case 2:
			named.add(i, venues[i].Geometry, -Area(venues[i].Geometry))
		case 0:
			points = true
		}
	}
	if !points {
		return
	}
	for i := range b.plain {
		plain.add(i, b.plain[i].Geometry, -Area(b.plain[i].Geometry))
	}
	named.build()
	plain.build()
	gone := make([]bool, len(venues))
	tenants := map[int][]int{} // plain building → its hotels, malls, hospitals
	for i := range venues {
		v := &venues[i]
		if dimension(v.Geometry) != 0 || partScene(v.Scene) {
			continue
		}
		at := centreOf(v.Geometry)
		if host := named.find(at); host >= 0 && (v.Scene != SceneTransit || venues[host].Scene == SceneTransit) {
			h := &venues[host]
			if shareName(h, v) {
				if h.Scene == SceneUnknown {
					h.Scene = v.Scene
				}
				for _, n := range append([]string{v.Name}, v.Aliases...) {
					h.addAlias(n)
				}
				gone[i] = true
				b.file.Merged++
			}
			continue
		}
		if v.Scene == SceneHotel || v.Scene == SceneMall || v.Scene == SceneHospital {
			if host := plain.find(at); host >= 0 {
				tenants[host] = append(tenants[host], i)
			}
		}
	}
	for host, ids := range tenants {
		if len(ids) == 1 {
			v := &venues[ids[0]]
			v.Geometry = b.plain[host].Geometry
			v.Floors = max(v.Floors, b.plain[host].Floors)
			v.BasementFloors = max(v.BasementFloors, b.plain[host].BasementFloors)
		}
	}
	kept := venues[:0]
	for i := range venues {
		if !gone[i] {
			kept = append(kept, venues[i])
		}
	}
	b.file.Venues = kept
}

// shareName tells whether what one is called is also a name of the other. Two
// aliases alone do not make them one: a street address is an alias.
func shareName(a, b *Venue) bool {
	has := func(v *Venue, name string) bool {
		name = normalizeName(name)
		return name != "" && (normalizeName(v.Name) == name ||
			slices.ContainsFunc(v.Aliases, func(n string) bool { return normalizeName(n) == name }))
	}
	return has(a, b.Name) || has(b, a.Name)
}
