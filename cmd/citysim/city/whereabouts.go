package city

// activity is what a customer does in an hour.
type activity uint8

const (
	actHome activity = iota
	actWork
	actLeisure
	actStreet
	actHighway
	actTransit
)

// routine holds percentages of activities by hour: home, work, leisure, street, highway, transit.
var routine = func() (out [2][24][6]uint8) {
	fill := func(weekend, from, to int, p [6]uint8) {
		for h := from; h <= to; h++ {
			out[weekend][h] = p
		}
	}
	fill(0, 0, 5, [6]uint8{92, 2, 2, 1, 3, 0})
	fill(0, 6, 6, [6]uint8{72, 4, 1, 10, 9, 4})
	fill(0, 7, 8, [6]uint8{30, 18, 2, 17, 23, 10})
	fill(0, 9, 11, [6]uint8{16, 63, 6, 8, 6, 1})
	fill(0, 12, 13, [6]uint8{16, 46, 18, 14, 4, 2})
	fill(0, 14, 16, [6]uint8{15, 62, 7, 9, 6, 1})
	fill(0, 17, 19, [6]uint8{24, 18, 12, 17, 20, 9})
	fill(0, 20, 21, [6]uint8{57, 4, 22, 11, 5, 1})
	fill(0, 22, 23, [6]uint8{85, 2, 6, 4, 3, 0})
	fill(1, 0, 7, [6]uint8{90, 2, 3, 2, 3, 0})
	fill(1, 8, 11, [6]uint8{48, 9, 20, 13, 8, 2})
	fill(1, 12, 18, [6]uint8{34, 9, 34, 13, 8, 2})
	fill(1, 19, 21, [6]uint8{50, 3, 30, 10, 6, 1})
	fill(1, 22, 23, [6]uint8{84, 1, 8, 4, 3, 0})
	return out
}()

// busyness is the number of calls by hour of the day; weekends have 0.85 of it.
var busyness = [24]uint64{6, 4, 3, 2, 3, 8, 22, 48, 70, 92, 98, 95, 78, 72, 84, 90, 92, 98, 96, 90, 80, 60, 34, 14}

// placing is where a call is really made.
type placing struct {
	spot   int32 // −1 on a highway
	line   int16 // −1 off highways
	s      float64
	part   part
	floor  int16 // when indoors
	inside bool
	moving bool
	block  bool // in streets or houses
	pos    pt
	scene  string
	base   float64 // the place's own multiplier of bad-call rates
	urban  float64
	dist   int // district
}

func (c *Config) weekend(day int) bool {
	wd := (int(c.Start.Weekday()) + day) % 7
	return wd == 0 || wd == 6
}

// whereabouts says where customer u is at second t of the period. Within an hour
// a customer stays at one place.
func (w *world) whereabouts(u int32, t int32, r *rng) placing {
	c := &w.customers[u]
	day, hour := int(t/86400), int(t%86400/3600)
	we := 0
	if w.cfg.weekend(day) {
		we = 1
	}
	h := newRng(w.seed, forWhereabouts, uint64(u)<<20|uint64(day*24+hour))
	x := uint8(h.n(100))
	act := actHome
	for a, p := range routine[we][hour] {
		if x < p {
			act = activity(a)
			break
		}
		x -= p
	}
	if act == actWork && c.work < 0 {
		act = actHome
	}
	if act == actHighway && c.line < 0 {
		act = actStreet
	}
	switch act {
	case actWork:
		return w.inSpot(u, c.work, c.workFl, &h)
	case actLeisure:
		if we == 1 && h.chance(0.22) || h.chance(0.03) {
			return w.inSpot(u, w.byScene[sceneSight][w.sights.pick(&h)], 0, &h)
		}
		return w.inSpot(u, c.leisure[h.n(2)], 0, &h)
	case actStreet:
		base := c.home
		if c.work >= 0 && h.chance(0.5) {
			base = c.work
		}
		return w.inStreet(u, w.spots[base].near[h.n(2)], &h)
	case actHighway:
		line, from, to := c.line, float64(c.from), float64(c.to)
		back := hour >= 13
		if we == 1 {
			back = h.chance(0.5)
		}
		if back {
			l := w.lines[line].length()
			line, from, to = line^1, l-to, l-from
		}
		return w.onLine(line, r.between(from, to)) // moves within the hour
	case actTransit:
		if list := w.byScene[sceneStation]; len(list) > 0 {
			return w.inSpot(u, list[int(hash3(uint64(u), uint64(c.home), 7)%uint64(len(list)))], 0, &h)
		}
		return w.inStreet(u, w.spots[c.home].near[0], &h)
	}
	return w.inSpot(u, c.home, c.homeFl, &h)
}

// chances of being in a lift or basement while at a building.
var liftShare = map[string]float64{sceneTower: 0.06, sceneHotel: 0.06, sceneMall: 0.05, sceneHospital: 0.06, sceneCompound: 0.04}
var basementShare = map[string]float64{sceneTower: 0.10, sceneHotel: 0.06, sceneMall: 0.16, sceneHospital: 0.06, sceneCompound: 0.06, sceneStation: 0.3}

// inSpot places customer u at a venue, on the given floor (0 = any), or at home in a block.
func (w *world) inSpot(u, idx int32, floor int16, h *rng) placing {
	s := &w.spots[idx]
	if s.ring == nil {
		return w.inHouse(u, idx, floor, h)
	}
	p := placing{spot: idx, line: -1, scene: s.scene, base: s.base, urban: s.urban, dist: s.district, inside: true, floor: floor}
	own := newRng(uint64(u), uint64(idx), 11) // everybody has their own corner
	x, y := float64(s.w*own.between(-0.46, 0.46)), float64(s.h*own.between(-0.46, 0.46))
	switch s.scene {
	case sceneSight:
		x, y = float64(s.w*h.between(-0.32, 0.32)), float64(s.h*h.between(-0.32, 0.32))
		p.inside = false
	case sceneCampus:
		x, y = float64(s.w*h.between(-0.46, 0.46)), float64(s.h*h.between(-0.46, 0.46))
		p.inside = h.chance(0.6)
	case sceneMall, sceneStation:
		x, y = float64(s.w*h.between(-0.46, 0.46)), float64(s.h*h.between(-0.46, 0.46))
	}
	if p.inside && floor == 0 {
		p.floor = floorIn(h, s)
	}
	sn, cs := sincos(s.a)
	p.pos = s.c.add(float64(x*cs)-float64(y*sn), float64(x*sn)+float64(y*cs))
	if !p.inside {
		return p
	}
	switch v := h.f(); {
	case s.hasLift && v < liftShare[s.scene]:
		p.part, p.scene = partLift, sceneLift
		p.pos = s.lift().add(h.between(-1, 1), h.between(-1, 1))
	case s.basement > 0 && v > 1-basementShare[s.scene]:
		p.part, p.scene = partBasement, sceneBasement
		p.floor = -int16(1 + h.n(s.basement))
	}
	return p
}

// inHouse is at home (or work) in a block.
func (w *world) inHouse(u, idx int32, floor int16, h *rng) placing {
	own := newRng(uint64(u), uint64(idx), 13)
	p := w.inBlock(idx, &own)
	p.inside = h.chance(0.85)
	p.floor = max(floor, 1)
	return p
}

// inStreet is outdoors in a block.
func (w *world) inStreet(u, idx int32, h *rng) placing { return w.inBlock(idx, h) }

func (w *world) inBlock(idx int32, r *rng) placing {
	s := &w.spots[idx]
	p := placing{spot: idx, line: -1, block: true, scene: s.scene, base: s.base, urban: s.urban, dist: s.district}
	for range 20 { // uniform in the circle
		x, y := r.between(-1, 1), r.between(-1, 1)
		if float64(x*x)+float64(y*y) <= 1 {
			p.pos = s.c.add(float64(x*s.radius), float64(y*s.radius))
			return p
		}
	}
	p.pos = s.c
	return p
}

// onLine is in a car on a highway, in a tunnel where there is one.
func (w *world) onLine(line int16, s float64) placing {
	l := &w.lines[line]
	s = min(max(s, 0), l.length())
	p := placing{spot: -1, line: line, s: s, moving: true, pos: l.at(s), scene: sceneHighway, base: l.base[int(s/1000)], urban: 0.3}
	for _, t := range l.tunnels {
		sp := &w.spots[t]
		if p.pos.dist(sp.c) < sp.radius+2500 && inside(p.pos, sp.ring) {
			p.spot, p.scene, p.base = t, sceneTunnel, sp.base
			break
		}
	}
	p.dist = w.lineDistrict(l, s)
	return p
}

// lineDistrict looks up the district of a piece of line, worked out once.
func (w *world) lineDistrict(l *line, s float64) int {
	return int(l.districts[min(int(s/mastPiece), len(l.districts)-1)])
}
