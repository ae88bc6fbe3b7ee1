package city

import (
	"cmp"
	"slices"
)

const slotSeconds = 900

// outcome of a call, as it truly was.
type outcome uint8

const (
	completed outcome = iota
	poor
	dropped
	masked // a drop the switch logs as a normal release
	blocked
)

// logged is what the record says.
func (o outcome) logged() string {
	return [...]string{"completed", "poor", "dropped", "completed", "blocked"}[o]
}

// call is one record to be.
type call struct {
	t        int32 // seconds since local midnight of the first day
	dur      int32
	u        int32
	cell     int32
	peer     uint64
	cause    string
	pos      pt // as measured
	accuracy int32
	floor    int16
	rating   uint8
	out      outcome
	tech     rat
	inside   bool
	moving   bool
	hasPos   bool
	hasCell  bool
	hasFloor bool
	plain    bool // nothing hangs on it: may give way to a redial
	prints   [2]int16
}

// event is one bad experience as the city knows it, recorded or not.
type event struct {
	t      int32
	u      int32
	kind   outcome
	caused int16    // the plant without which it would not have happened; −1 = none
	prints [2]int16 // plants whose footprint it lies in
	p      placing
	cell   int32
}

// slotOut is what one quarter of an hour brings.
type slotOut struct {
	slot   int
	calls  []call
	events []event
	csv    []byte
	late   []byte // dirt: rows that arrive some slots later
	dirt   dirtCount
}

// generator makes slots; any number of goroutines may do so side by side.
type generator struct {
	w     *world
	first []int64 // number of records before each slot
	dates []string
}

func newGenerator(w *world) *generator {
	g := &generator{w: w}
	slots := w.cfg.Days * 86400 / slotSeconds
	weights := make([]uint64, slots)
	var total uint64
	for i := range weights {
		t := int32(i * slotSeconds)
		x := busyness[t%86400/3600] * 100
		if w.cfg.weekend(int(t / 86400)) {
			x = x * 85 / 100
		}
		if t >= w.decoy.eventFrom && t < w.decoy.eventTo {
			x = x * 180 / 100
		}
		weights[i] = x
		total += x
	}
	g.first = make([]int64, slots+1)
	var sum uint64
	for i, x := range weights {
		sum += x
		g.first[i+1] = int64(uint64(w.cfg.Calls) * sum / total) // ≤ 2e9 · 400·96·10⁴·1.8 < 2⁶⁴
	}
	for d := range w.cfg.Days + 2 {
		g.dates = append(g.dates, w.cfg.Start.AddDate(0, 0, d).Format("2006-01-02"))
	}
	return g
}

func (g *generator) slots() int { return len(g.first) - 1 }

// slot fills out with the calls of slot n, in order of time. The number of calls
// is fixed beforehand, so record numbers need no other slot.
func (g *generator) slot(n int, out *slotOut) {
	w := g.w
	out.slot, out.calls, out.events = n, out.calls[:0], out.events[:0]
	quota := int(g.first[n+1] - g.first[n])
	r := newRng(w.seed, forSlot, uint64(n))
	begin := int32(n * slotSeconds)
	for _, s := range w.decoy.specials[n] {
		if len(out.calls) < quota {
			g.chain(&r, out, quota, s)
		}
	}
	event := begin >= w.decoy.eventFrom && begin < w.decoy.eventTo
	for len(out.calls) < quota {
		s := special{t: begin + int32(r.n(slotSeconds)), u: int32(w.caller.pick(&r))}
		if c := &w.customers[s.u]; c.churned >= 0 && s.t/86400 > int32(c.churned) {
			continue
		}
		if event && r.chance(w.decoy.eventShare) {
			s.p = w.inSpot(s.u, w.decoy.eventSpot, 0, &r)
			s.p.inside, s.p.part, s.p.scene = false, partBody, w.spots[w.decoy.eventSpot].scene
		} else {
			s.p = w.whereabouts(s.u, s.t, &r)
		}
		g.chain(&r, out, quota, s)
	}
	slices.SortStableFunc(out.calls, func(a, b call) int { return cmp.Compare(a.t, b.t) })
}

// chain makes a call and the redials it leads to.
func (g *generator) chain(r *rng, out *slotOut, quota int, s special) {
	w := g.w
	end := int32(w.cfg.Days) * 86400
	inherited := int16(-1) // a redial would not have been made without the fault behind the drop
	peer := s.peer
	if peer == 0 {
		peer = w.contact(r, s.u)
	}
	p, t := s.p, s.t
	for attempt := 0; attempt < 5 && t < end; attempt++ {
		tech := w.technology(r, s.u, &p)
		cell, tech := w.serving(r, &p, tech)
		prints := w.footprints(&p)
		o, caused, why := g.experience(r, s.u, &p, t, tech, prints)
		if s.forced {
			o, caused = s.outcome, -1
			why = [...]string{dropped: naturalDrop[0], blocked: naturalBlocked[0]}[o]
		}
		if o != completed && inherited >= 0 {
			caused = inherited
		}
		c := call{t: t, u: s.u, cell: cell, peer: peer, out: o, tech: tech, cause: why, inside: p.inside, moving: p.moving, prints: prints}
		c.dur = duration(r, o)
		g.measure(r, &c, &p)
		if o != completed {
			out.events = append(out.events, event{t: t, u: s.u, kind: o, caused: caused, prints: prints, p: p, cell: cell})
		}
		c.plain = o == completed && attempt == 0 && s.peer == 0
		if !out.put(c, quota) {
			return
		}
		again := w.cfg.ChattyShare
		gap := int32(4 + r.n(115))
		switch o {
		case dropped, blocked:
			again = w.cfg.RedialShare
			gap = int32(3 + r.n(60))
		case masked:
			again = min(1, w.cfg.RedialShare*1.25)
			gap = int32(3 + r.n(100))
		case poor:
			again = w.cfg.RedialShare * 0.15
		}
		if s.forced || s.peer != 0 || !r.chance(again) {
			return
		}
		if caused >= 0 {
			inherited = caused
		}
		t += c.dur + gap
		if p.moving { // 25 m/s on
			p = w.onLine(p.line, p.s+float64(25*float64(c.dur+gap)))
		}
	}
}

// put adds a call; in a full slot an unremarkable call gives way to it.
func (out *slotOut) put(c call, quota int) bool {
	if len(out.calls) < quota {
		out.calls = append(out.calls, c)
		return true
	}
	for i := len(out.calls) - 1; i >= 0; i-- {
		if out.calls[i].plain {
			out.calls[i] = c
			return true
		}
	}
	return false
}

// duration in seconds.
func duration(r *rng, o outcome) int32 {
	switch o {
	case blocked:
		return 0
	case dropped, masked:
		return int32(1 + min(r.lognormal(35, 1), 3000))
	}
	return int32(2 + min(r.lognormal(55, 1), 7200))
}

// natural multipliers of bad-call rates.
var sceneRate = map[string]float64{
	sceneStreet: 1, sceneTower: 0.8, sceneMall: 0.9, sceneHotel: 0.9, sceneHospital: 1, sceneCampus: 0.9, sceneStation: 1.3,
	sceneSight: 1.5, sceneCompound: 0.85, sceneLift: 3.6, sceneBasement: 2.6, sceneHighway: 1.7, sceneTunnel: 3,
}
var ratRate = [rats]float64{1.9, 1.6, 1, 1.15}

// naturalRate is the chance that a call goes badly at p without any fault.
func (w *world) naturalRate(p *placing, t int32, tech rat) float64 {
	rate := 0.017 * sceneRate[p.scene] * ratRate[tech] * w.districts[p.dist].base * p.base
	if p.urban < 0.15 && p.scene == sceneStreet {
		rate *= 1.6
	}
	if h := t % 86400 / 3600; h >= 8 && h < 20 {
		rate *= 1.1
	}
	return min(rate, 0.6)
}

// experience draws how a call goes: badly by nature, badly by a fault, or well.
// The order matters to the truth: a call that nature spoils is nobody's fault.
func (g *generator) experience(r *rng, u int32, p *placing, t int32, tech rat, prints [2]int16) (outcome, int16, string) {
	w := g.w
	if r.chance(w.naturalRate(p, t, tech)) {
		return g.failure(r, [3]float64{.28, .24, .48}, naturalDrop[r.n(len(naturalDrop))], naturalBlocked[r.n(len(naturalBlocked))], -1)
	}
	if w.customers[u].device && r.chance(0.35) {
		return g.failure(r, [3]float64{.6, .3, .1}, "user-equipment-failure", "user-equipment-failure", -1)
	}
	for _, i := range prints {
		if i < 0 {
			continue
		}
		if f := w.plants[i]; f.p > 0 && f.active(w, t, tech) && r.chance(f.p) {
			return g.failure(r, f.cause.mix, f.cause.drop, f.cause.blocked, i)
		}
	}
	return completed, -1, "normal-release"
}

func (g *generator) failure(r *rng, kinds [3]float64, drop, block string, caused int16) (outcome, int16, string) {
	switch r.pick(kinds[:]) {
	case 0:
		if r.chance(g.w.cfg.MaskedShare) {
			return masked, caused, "normal-release"
		}
		return dropped, caused, drop
	case 1:
		return blocked, caused, block
	default:
		return poor, caused, "normal-release"
	}
}

// technology the call would use where p is.
func (w *world) technology(r *rng, u int32, p *placing) rat {
	t, best, old := w.customers[u].best, rat4G, 0.03
	if p.spot >= 0 {
		best, old = w.spots[p.spot].best, w.spots[p.spot].oldShare
	}
	switch p.part {
	case partLift, partBasement:
		best, old = rat4G, old+0.05
	}
	t = min(t, best)
	if t == rat5G && r.chance(0.35) { // voice often falls back to LTE
		t = rat4G
	}
	if t >= rat4G && r.chance(old) {
		t = rat2G
		if r.chance(0.4) {
			t = rat3G
		}
	}
	return t
}

// serving is the radio cell that takes the call, and its technology.
func (w *world) serving(r *rng, p *placing, tech rat) (int32, rat) {
	var masts [2]int32
	if p.spot >= 0 {
		s := &w.spots[p.spot]
		if in := s.indoor[p.part]; in >= 0 && (p.inside || s.scene == sceneTunnel) && tech >= rat4G && r.chance(0.9) {
			return w.cellFor(in, tech, p.pos)
		}
		masts = s.masts
	} else {
		l := &w.lines[p.line]
		masts = l.masts[min(int(p.s/mastPiece), len(l.masts)-1)]
	}
	m := masts[0]
	if masts[1] >= 0 && r.chance(0.18) {
		m = masts[1]
	}
	return w.cellFor(m, tech, p.pos)
}

// contact draws whom customer u calls: mostly one of a few people.
func (w *world) contact(r *rng, u int32) uint64 {
	if r.chance(0.08) {
		return r.u64() % 100_000_000
	}
	k := min(r.n(9), r.n(9))
	return hash3(w.seed^uint64(u), forContacts, uint64(k)) % 100_000_000
}

// measure fills in what the network knows of where the call was made.
func (g *generator) measure(r *rng, c *call, p *placing) {
	cfg := &g.w.cfg
	sigma, missing := 6.0, 1.0
	switch {
	case p.scene == sceneTunnel:
		sigma, missing = 40, 6
	case p.moving:
		sigma = 5
	case p.part == partLift && p.spot >= 0 && g.w.cells[c.cell].mast == g.w.spots[p.spot].indoor[partLift]:
		sigma, missing = 2, 2.5 // the lift's own antenna gives its place away
	case p.part == partBasement:
		sigma, missing = 16, 3.5
	case p.inside:
		sigma, missing = 10, 1.3 // Wi-Fi and fingerprints
	}
	c.hasPos, c.hasCell = true, true
	switch x := r.f(); {
	case x < cfg.Unlocated:
		c.hasPos, c.hasCell = false, false
	case x < cfg.Unlocated+min(cfg.MissingCoords*missing, max(0.9, cfg.MissingCoords)):
		c.hasPos = false
	}
	if c.hasPos {
		sigma *= cfg.LocationNoise
		if r.chance(0.02) {
			sigma *= 6
		}
		c.pos = p.pos.add(float64(sigma*r.gauss()), float64(sigma*r.gauss()))
		c.accuracy = int32(3 + float64(1.4*sigma*r.between(0.7, 1.5)))
	}
	c.floor = p.floor
	c.hasFloor = p.inside && p.floor != 0 && p.part != partLift && !r.chance(cfg.MissingFloor)
	if r.chance(0.06) {
		good := 4 + r.n(2)
		if c.out != completed {
			good = 1 + r.n(2)
		} else if r.chance(0.15) {
			good = 3
		}
		c.rating = uint8(good)
	}
}
