package city

import (
	"fmt"
	"sort"
)

// plantFaults breaks things on purpose, at places busy enough to matter and at
// some that are not.
func (w *world) plantFaults() {
	r := newRng(w.seed, forFaults, 0)
	used := map[int32]bool{}
	if malls := w.byScene[sceneMall]; len(malls) > 0 {
		used[malls[0]] = true // the busy normal mall is a decoy
	}
	n := 0
	for _, q := range w.shape.faults {
		many := int(float64(float64(q.n)*w.cfg.Faults*max(min(w.scale, 20), 0.25)) + 0.5)
		if w.cfg.Faults > 0 {
			many = max(many, 1)
		}
		for range many {
			f := &plant{id: fmt.Sprintf("F%03d", n+1), kind: q.kind, spot: -1}
			if !w.site(&r, f, used) {
				continue
			}
			w.temper(&r, f, n)
			w.register(f)
			n++
		}
	}
}

// site chooses where a fault is; false when no place is left for it.
func (w *world) site(r *rng, f *plant, used map[int32]bool) bool {
	at := func(share float64, scenes ...string) bool {
		var list []int32
		for _, s := range scenes {
			list = append(list, w.byScene[s]...)
		}
		s, ok := w.busySpot(r, list, share, used)
		if ok {
			used[s] = true
			f.spot, f.name = s, w.venues[w.spots[s].venue].name
		}
		return ok
	}
	switch f.kind {
	case faultTower:
		f.any = true
		return at(0.6, sceneTower)
	case faultFloors:
		if !at(0.35, sceneTower) {
			return false
		}
		fl := w.spots[f.spot].floors
		band := min(10, fl)
		f.part = partBody
		f.lo = int16(1 + 10*r.n(max(fl/10, 1))) // bands of ten floors: 1–10, 11–20, …
		f.hi = f.lo + int16(band) - 1
		f.name += fmt.Sprintf(" %d–%d层", f.lo, f.hi)
		return true
	case faultLift:
		f.part = partLift
		ok := at(0.25, sceneTower, sceneMall, sceneHotel, sceneHospital)
		f.name += "电梯"
		return ok
	case faultBasement:
		f.part = partBasement
		ok := at(0.35, sceneTower, sceneMall, sceneHospital)
		f.name += "地下室"
		return ok
	case faultMall:
		f.any = true
		return at(0.7, sceneMall)
	case faultHotel:
		f.any = true
		return at(0.6, sceneHotel)
	case faultSight:
		f.any, f.weekend = true, r.chance(0.6)
		return at(0.6, sceneSight)
	case faultCompound:
		f.any = true
		return at(0.6, sceneCompound)
	case faultStation:
		f.any = true
		return at(0.5, sceneStation)
	case faultHospital:
		f.any = true
		return at(0.7, sceneHospital)
	case faultTunnel:
		f.any = true
		return at(1, sceneTunnel)
	case faultHighway:
		return w.highwaySite(r, f)
	default:
		return w.areaSite(r, f, used)
	}
}

// busySpot draws from the busiest share of the unused spots in the list.
func (w *world) busySpot(r *rng, list []int32, share float64, used map[int32]bool) (int32, bool) {
	var free []int32
	for _, s := range list {
		if !used[s] {
			free = append(free, s)
		}
	}
	if len(free) == 0 {
		return 0, false
	}
	sort.SliceStable(free, func(i, j int) bool { return w.spots[free[i]].expected > w.spots[free[j]].expected })
	return free[r.n(max(int(float64(len(free))*share), 1))], true
}

// highwaySite takes 1–4 km of a carriageway, sometimes of both, clear of other faults.
func (w *world) highwaySite(r *rng, f *plant) bool {
	for range 200 {
		li := int16(r.n(len(w.lines)))
		l, back := &w.lines[li], &w.lines[li^1]
		length := float64(1000 * r.between(1, 4))
		if l.length() < length+2000 {
			continue
		}
		from := r.between(500, l.length()-length-500)
		// Where nobody drives, nobody is hurt: prefer the busier kilometres.
		if l.expected[int(from/1000)] < 0.35*maxOf(l.expected) && !r.chance(0.1) {
			continue
		}
		free := true
		for _, o := range w.plants {
			for _, s := range o.lines {
				if s.line == li && from < s.to+2500 && from+length > s.from-2500 ||
					s.line == li^1 && l.length()-from-length < s.to+2500 && l.length()-from > s.from-2500 {
					free = false
				}
			}
		}
		for _, t := range l.tunnels { // a tunnel is a place of its own
			s, _ := l.nearest(w.spots[t].c, 1)
			if s > from-1500 && s < from+length+1500 {
				free = false
			}
		}
		if !free {
			continue
		}
		f.lines = []stretch{{li, from, from + length}}
		both := r.chance(0.55)
		if both {
			// The same stretch counted from the other end; carriageways differ in length by bends.
			a, _ := back.nearest(l.at(from+length), 1)
			b, _ := back.nearest(l.at(from), 1)
			if b > a {
				f.lines = append(f.lines, stretch{li ^ 1, a, b})
			} else {
				both = false
			}
		}
		dir := l.dir
		if both {
			dir = "双向"
		}
		f.name = fmt.Sprintf("%s K%d–K%d %s", l.ref, int(from/1000), int((from+length)/1000), dir)
		return true
	}
	return false
}

func maxOf(v []float64) float64 {
	m := v[0]
	for _, x := range v {
		m = max(m, x)
	}
	return m
}

// areaSite takes a few hundred metres of streets and houses.
func (w *world) areaSite(r *rng, f *plant, used map[int32]bool) bool {
	share := 0.5
	if r.chance(0.3) {
		share = 0.9
	}
	for range 50 {
		s, ok := w.busySpot(r, w.blocks, share, used)
		if !ok {
			return false
		}
		c := w.spots[s].c
		radius := r.between(250, 650) + w.spots[s].radius
		free := true
		for _, o := range w.plants {
			if o.ring != nil && centroid(o.ring).dist(c) < radius+o.areaM+800 {
				free = false
			}
		}
		if !free {
			continue
		}
		used[s] = true
		f.ring, f.areaM = blob(r, c, radius, 8, 0.2), radius
		road, _ := w.placeName(&placing{spot: s, line: -1})
		f.name = w.districts[w.spots[s].district].name + road + "片区"
		return true
	}
	return false
}

// temper decides how bad a fault is, why, when, and on which technology.
func (w *world) temper(r *rng, f *plant, n int) {
	switch n % 4 {
	case 0:
		f.severity, f.p = "strong", r.between(0.30, 0.55)
	case 2:
		f.severity, f.p = "weak", r.between(0.05, 0.10)
	default:
		f.severity, f.p = "medium", r.between(0.13, 0.27)
	}
	f.p = min(f.p*w.cfg.FaultStrength, 0.95)
	causes := []cause{causeCoverage, causeInterfere, causeTransport, causeCongestion}
	switch f.kind {
	case faultLift, faultBasement, faultTunnel, faultFloors, faultTower, faultHotel:
		causes = []cause{causeDAS, causeDAS, causeCoverage, causeInterfere}
	case faultHighway:
		causes = []cause{causeHandover, causeCoverage, causeCoverage, causeTransport}
	case faultMall, faultStation, faultSight:
		causes = []cause{causeCongestion, causeCongestion, causeDAS, causeInterfere}
	}
	f.cause = causes[r.n(len(causes))]
	f.busy = f.cause.name == "congestion"
	f.rats = [rats]bool{true, true, true, true}
	if r.chance(0.16) { // one technology only, of those on offer there
		one := rat4G
		if f.spot >= 0 && f.part == partBody && w.spots[f.spot].best == rat5G && r.chance(0.5) {
			one = rat5G
		}
		f.rats = [rats]bool{}
		f.rats[one] = true
	}
	// Most faults are older than the period; some begin or end in it.
	days := int32(w.cfg.Days)
	f.end = days * 86400
	hour := int32(r.n(24)) * 3600
	middle := func(a, b float64) int32 { return int32(r.between(a, b)*float64(days))*86400 + hour }
	f.before = 3 + r.n(120)
	switch x := r.f(); {
	case x < 0.55:
	case x < 0.80:
		f.start, f.before = middle(0.2, 0.7), 0
	case x < 0.92:
		f.end = middle(0.45, 0.85)
	default:
		f.start, f.before = middle(0.1, 0.4), 0
		f.end = middle(0.65, 0.9)
	}
}
