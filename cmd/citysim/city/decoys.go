package city

import (
	"fmt"
	"math"
)

// Kinds of decoy.
const (
	decoyMall       faultKind = "busy_normal_mall"
	decoyStorm      faultKind = "redial_storm"
	decoyComplainer faultKind = "habitual_complainer"
	decoyDevice     faultKind = "device_fault"
	decoyEvent      faultKind = "event_crowd"
	decoyOldPhones  faultKind = "rat_mix"
	decoyLonely     faultKind = "one_unlucky_call"
)

// special is a call that must be made besides the ordinary ones.
type special struct {
	t       int32
	u       int32
	p       placing
	outcome outcome // of a call that must fail; completed = draw as usual
	forced  bool
	peer    uint64 // ≠ 0: always the same peer
}

// decoyState is what decoys change outside their footprints.
type decoyState struct {
	specials         map[int][]special // by slot
	complainer       int32
	complainerVisits []placing
	devices          []int32
	eventSpot        int32
	eventFrom        int32
	eventTo          int32
	eventShare       float64
}

func (w *world) plantDecoys() {
	r := newRng(w.seed, forDecoys, 0)
	d := &w.decoy
	d.specials = map[int][]special{}
	n := 0
	add := func(kind faultKind, name, note string, f plant) *plant {
		n++
		f.id, f.kind, f.decoy, f.name, f.note = fmt.Sprintf("D%02d", n), kind, true, name, note
		f.end = int32(w.cfg.Days) * 86400
		f.severity = "none"
		w.register(&f)
		return &f
	}
	free := func(list []int32) []int32 {
		var out []int32
		for _, s := range list {
			if len(w.spots[s].plants) == 0 {
				out = append(out, s)
			}
		}
		if len(out) == 0 {
			return list
		}
		return out
	}
	venueName := func(s int32) string { return w.venues[w.spots[s].venue].name }

	mall := w.byScene[sceneMall][0]
	add(decoyMall, venueName(mall), "the busiest mall of the city, with ordinary bad-call rates", plant{spot: mall, any: true})

	// One customer redials hundreds of times in two days.
	u := int32(r.n(len(w.customers)))
	blocks := free(w.blocks)
	storm := blocks[r.n(len(blocks))]
	h := newRng(w.seed, forDecoys, 1)
	p := w.inHouse(u, storm, 3, &h)
	add(decoyStorm, "redial storm", "hundreds of failed calls by one customer in two days", plant{spot: storm, any: true})
	calls := min(max(w.cfg.Calls/3000, 20), 600)
	day := r.n(max(w.cfg.Days-1, 1))
	for i := range calls {
		t := int32(day*86400+9*3600) + int32(i)*int32(36*3600/calls)
		s := special{t: t, u: u, p: p, peer: 77_000_000}
		if h.chance(0.7) {
			s.forced, s.outcome = true, []outcome{dropped, blocked}[h.n(2)]
		}
		d.add(w, s)
	}

	// One customer complains about everything, mostly from one tower.
	d.complainer = int32(r.n(len(w.customers)))
	towers := free(w.byScene[sceneTower])
	desk := towers[r.n(len(towers))]
	add(decoyComplainer, venueName(desk), "one customer sends many complaints about this and other places", plant{spot: desk, any: true})
	for range 4 {
		v := w.inSpot(d.complainer, desk, 0, &h)
		d.complainerVisits = append(d.complainerVisits, v)
	}
	for range 6 {
		d.complainerVisits = append(d.complainerVisits, w.inStreet(d.complainer, w.blocks[h.n(len(w.blocks))], &h))
	}

	// Phones that fail wherever they are.
	for range 3 {
		u := int32(r.n(len(w.customers)))
		d.devices = append(d.devices, u)
		w.customers[u].device = true
	}

	// A crowd for one evening, at ordinary rates.
	venues := free(append(append([]int32(nil), w.byScene[sceneCampus]...), w.byScene[sceneSight]...))
	d.eventSpot = venues[r.n(len(venues))]
	eday := int32(r.n(w.cfg.Days))
	d.eventFrom, d.eventTo, d.eventShare = eday*86400+18*3600, eday*86400+22*3600, 0.45
	ev := add(decoyEvent, venueName(d.eventSpot), "thousands of calls on one evening, at ordinary rates", plant{spot: d.eventSpot, any: true})
	ev.start, ev.end = d.eventFrom, d.eventTo

	// Blocks where old phones abound: much 2G and 3G, each at its own normal rate.
	var list []int32
	for _, b := range free(w.blocks) {
		if w.spots[b].urban < 0.5 {
			list = append(list, b)
		}
	}
	if len(list) == 0 {
		list = free(w.blocks)
	}
	c := w.spots[list[r.n(len(list))]].c
	ring := blob(&r, c, 900, 8, 0.1)
	for _, b := range w.blocks {
		if inside(w.spots[b].c, ring) {
			w.spots[b].oldShare = 0.85
		}
	}
	add(decoyOldPhones, w.districts[w.districtAt(c)].name+"片区", "most calls here use 2G or 3G and are as bad as 2G and 3G are elsewhere", plant{spot: -1, ring: ring, areaM: 900})

	// Far from everything, one valued customer's only call there is lost.
	lonely := w.lonelySpot(&r)
	s := w.newSpot(&r, lonely, sceneStreet)
	s.radius, s.floors = 200, 2
	s.masts = w.outdoorMasts.two(lonely)
	s.near = [2]int32{w.blocks[0], w.blocks[0]}
	idx := int32(len(w.spots))
	w.spots = append(w.spots, s)
	add(decoyLonely, "empty country", "the only call ever made here was dropped, by a valued customer", plant{spot: idx, any: true})
	rich := int32(0)
	for i := range w.customers {
		if w.customers[i].tier == 5 && i >= len(w.customers)/3 {
			rich = int32(i)
			break
		}
	}
	hh := newRng(w.seed, forDecoys, 2)
	d.add(w, special{t: int32(w.cfg.Days)*86400 - 40*3600, u: rich, p: w.inStreet(rich, idx, &hh), forced: true, outcome: dropped})
}

func (d *decoyState) add(w *world, s special) {
	if int(s.t) < w.cfg.Days*86400 {
		d.specials[int(s.t/slotSeconds)] = append(d.specials[int(s.t/slotSeconds)], s)
	}
}

// lonelySpot is the emptiest of a few hundred random places.
func (w *world) lonelySpot(r *rng) pt {
	lo, hi := w.shape.extent()
	near := newNearest()
	for i := range w.spots {
		near.add(w.spots[i].c, int32(i))
	}
	var best pt
	far := -1.0
	for range 300 {
		p := pt{lo.X + int32(float64(hi.X-lo.X)*r.between(0.06, 0.94)), lo.Y + int32(float64(hi.Y-lo.Y)*r.between(0.06, 0.94))}
		d := p.dist(w.spots[near.two(p)[0]].c)
		for i := range w.lines {
			_, e := w.lines[i].nearest(p, 10)
			d = math.Min(d, e)
		}
		if d > far {
			best, far = p, d
		}
	}
	return best
}
