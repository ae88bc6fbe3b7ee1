package city

import (
	"container/heap"
	"sort"
)

// complaintDraw chooses which bad experiences are complained about: a race in
// which every experience has a finishing time that is the shorter the worse the
// experience and the more its customer likes to complain. The first ones home
// are kept, in bounded memory, however many run.
type complaintDraw struct {
	w    *world
	keep int
	pool candidates
	seq  uint64
}

type candidate struct {
	e     event
	score float64
	seq   uint64 // decides ties
	key   uint64 // one complaint per customer, place and four days
}

// candidates is a max-heap by score.
type candidates []candidate

func (c candidates) Len() int { return len(c) }
func (c candidates) Less(i, j int) bool {
	if c[i].score != c[j].score {
		return c[i].score > c[j].score
	}
	return c[i].seq > c[j].seq
}
func (c candidates) Swap(i, j int) { c[i], c[j] = c[j], c[i] }
func (c *candidates) Push(x any)   { *c = append(*c, x.(candidate)) }
func (c *candidates) Pop() any {
	old := *c
	x := old[len(old)-1]
	*c = old[:len(old)-1]
	return x
}

func newComplaintDraw(w *world, n int) *complaintDraw { return &complaintDraw{w: w, keep: n*5/2 + 50} }

func (d *complaintDraw) offer(e *event) {
	d.seq++
	place := uint64(uint32(e.p.spot))<<8 | uint64(e.p.part)
	if e.p.line >= 0 {
		place = 1<<60 | uint64(e.p.line)<<40 | uint64(e.p.s/2000)
	}
	key := hash3(uint64(e.u), place, uint64(e.t/(4*86400)))
	r := newRng(d.w.seed, forComplaints, key^uint64(e.kind)<<3)
	wish := float64(d.w.customers[e.u].propensity) * e.kind.severity()
	score := r.exponential() / wish
	if len(d.pool) == d.keep && score >= d.pool[0].score {
		return
	}
	heap.Push(&d.pool, candidate{*e, score, d.seq, key})
	if len(d.pool) > d.keep {
		heap.Pop(&d.pool)
	}
}

// complaint is one row to be.
type complaint struct {
	t       int32
	u       int32
	channel string
	appeal  bool
	about   string // category
	text    string
	address string
	venue   string
	pos     pt
	hasPos  bool
	acc     int32
	cell    int32 // −1 unknown
	status  string
	seq     int
}

var otherCategories = []string{"billing", "billing", "billing", "tariff", "roaming", "broadband", "service", "spam", "handset"}

// complaints makes all rows: about bad experiences, about other things, and the
// habitual complainer's. They are booked with the plants they are about.
func (w *world) makeComplaints(d *complaintDraw) []complaint {
	total := w.cfg.Complaints
	habit := min(max(total/100, 4), 60)
	if total < 20 {
		habit = 0
	}
	other := int(float64(total-habit) * w.cfg.OtherComplaints)
	out := make([]complaint, 0, total)
	sort.Sort(sort.Reverse(d.pool)) // by rising score
	seen := map[uint64]bool{}
	end := int32(w.cfg.Days) * 86400
	for i := range d.pool {
		if len(out) == total-habit-other {
			break
		}
		c := &d.pool[i]
		if seen[c.key] {
			continue
		}
		r := newRng(w.seed, forComplaints, c.key^1<<63)
		// Some ring at once, most within a day, a few after a week.
		t := c.e.t + int32(min(r.lognormal(5*3600, 1.4), 12*86400))
		if t >= end {
			continue
		}
		seen[c.key] = true
		row := w.complaintAbout(&r, &c.e, t)
		w.complained(&c.e, t, row.appeal)
		out = append(out, row)
	}
	other += total - habit - other - len(out) // a quiet city: the rest is about other things
	r := newRng(w.seed, forComplaints, 1)
	for range other {
		u := int32(w.caller.pick(&r))
		about := otherCategories[r.n(len(otherCategories))]
		out = append(out, complaint{t: int32(r.f() * float64(end)), u: u, channel: channel(&r), about: about,
			text: otherText(&r, about), cell: -1, status: status(&r)})
	}
	for range habit {
		v := w.decoy.complainerVisits[r.n(len(w.decoy.complainerVisits))]
		e := event{t: int32(r.f() * float64(end)), u: w.decoy.complainer, kind: poor, caused: -1, p: v, cell: -1, prints: w.footprints(&v)}
		row := w.complaintAbout(&r, &e, e.t)
		w.complained(&e, e.t, row.appeal)
		out = append(out, row)
	}
	for i := range out {
		out[i].seq = i
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].t != out[j].t {
			return out[i].t < out[j].t
		}
		return out[i].seq < out[j].seq
	})
	return out
}

func channel(r *rng) string {
	return []string{"hotline", "app", "store", "web"}[r.pick([]float64{55, 30, 7, 8})]
}

func status(r *rng) string {
	return []string{"open", "closed", "in_progress"}[r.pick([]float64{3, 5, 2})]
}

func (w *world) complaintAbout(r *rng, e *event, t int32) complaint {
	c := complaint{t: t, u: e.u, channel: channel(r), cell: -1, status: status(r), appeal: r.chance(0.03)}
	if c.appeal {
		c.channel = "regulator"
	}
	c.about = map[outcome]string{poor: "call_quality", dropped: "call_drop", masked: "call_drop", blocked: "no_signal"}[e.kind]
	if r.chance(0.2) {
		c.about = "coverage"
	}
	name, inVenue := w.placeName(&e.p)
	if inVenue && r.chance(0.3) {
		c.venue = w.venues[w.spots[e.p.spot].venue].name
		if r.chance(0.4) {
			c.venue = w.venues[w.spots[e.p.spot].venue].id
		}
	}
	c.text = w.networkText(r, e, name, inVenue)
	if r.chance(0.55) {
		c.address = w.address(r, &e.p, name)
	}
	switch {
	case c.channel == "app" && r.chance(0.8) || r.chance(0.15):
		pos, sigma := e.p.pos, 15.0
		if r.chance(0.12) { // sent from home, with home's position
			pos, sigma = w.spots[w.customers[e.u].home].c, 60
		}
		sigma *= w.cfg.LocationNoise
		c.hasPos, c.pos, c.acc = true, pos.add(float64(sigma*r.gauss()), float64(sigma*r.gauss())), int32(5+float64(1.5*sigma))
	case e.cell >= 0 && r.chance(0.45):
		c.cell = e.cell
	}
	return c
}
