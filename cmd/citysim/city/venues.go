package city

import "math"

// makeVenues puts up every building and site of the city.
func (w *world) makeVenues() {
	r := newRng(w.seed, forVenues, 0)
	taken := newClearance(w.spots)
	w.takeHighways(taken)
	sh := w.shape
	for _, k := range []struct {
		scene  string
		n      int
		wide   float64
		lo, hi float64 // longer side, metres
	}{
		{sceneHospital, sh.hospitals, 0.9, 130, 200},
		{sceneCampus, sh.campuses, 1.2, 380, 650},
		{sceneStation, sh.stations, 0.8, 110, 190},
		{sceneMall, sh.malls, 0.7, 110, 210},
		{sceneTower, sh.towers, 0.5, 58, 95},
		{sceneHotel, sh.hotels, 0.8, 55, 85},
		{sceneSight, sh.sights, 2.2, 400, 900},
		{sceneCompound, sh.compounds, 1.0, 150, 260},
	} {
		n := w.count(k.n)
		for range n {
			w.addVenue(&r, taken, k.scene, k.wide, k.lo, k.hi)
		}
	}
}

func (w *world) addVenue(r *rng, taken *clearance, scene string, wide, lo, hi float64) {
	long := r.between(lo, hi)
	short := long * r.between(0.6, 0.95)
	reach := math.Sqrt(float64(long*long)+float64(short*short)) / 2
	var p pt
	for try := 0; ; try++ {
		if try == 400 {
			return // the city is full here; a venue less
		}
		p = w.somewhere(r, wide*(1+float64(try)/80))
		if taken.free(p, reach+12) {
			break
		}
	}
	taken.take(p, reach+12)
	s := w.newSpot(r, p, scene)
	s.w, s.h, s.a = long, short, r.between(0, math.Pi)
	s.ring = box(p, long, short, s.a)
	s.radius = short / 2
	switch scene {
	case sceneTower:
		s.floors, s.basement, s.hasLift = 12+r.n(40), 1+r.n(4), true
	case sceneHotel:
		s.floors, s.basement, s.hasLift = 8+r.n(24), 1+r.n(2), true
	case sceneMall:
		s.floors, s.basement, s.hasLift = 4+r.n(6), 1+r.n(3), true
	case sceneHospital:
		s.floors, s.basement, s.hasLift = 8+r.n(14), 1+r.n(2), true
	case sceneCompound:
		s.floors, s.basement, s.hasLift = 6+r.n(28), 1+r.n(2), true
	case sceneStation:
		s.floors, s.basement = 2, 1
	case sceneCampus:
		s.floors = 7
	case sceneSight:
		s.ring = blob(r, p, long/2, 9, 0.2)
		s.w, s.h = long*0.8, long*0.8
		s.oldShare += 0.05
	}
	idx := int32(len(w.spots))
	s.venue = int32(len(w.venues))
	id := w.nextID()
	v := venue{id: id, name: w.names.venue(r, scene, w.districts[s.district].name), scene: scene, floors: s.floors, basement: s.basement, ring: s.ring}
	w.venues = append(w.venues, v)
	w.spots = append(w.spots, s)
	w.byScene[scene] = append(w.byScene[scene], idx)
	// Large buildings also list their lifts as points of their own.
	if s.hasLift && scene != sceneCompound {
		w.venues = append(w.venues, venue{id: w.nextID(), name: v.name + "电梯", scene: sceneLift, parent: id, point: s.lift()})
	}
}

// lift is where a building's lifts are: a little off its middle.
func (s *spot) lift() pt {
	sn, cs := sincos(s.a)
	return s.c.add(float64(s.w*0.12*cs), float64(s.w*0.12*sn))
}
