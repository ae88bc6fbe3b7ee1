package city

// customer is somebody with a phone. Everything they do follows from these
// anchors and from hashes of their number and the hour.
type customer struct {
	home, work     int32 // spots; work −1 = none
	leisure        [2]int32
	line           int16 // commutes on lines[line] in the morning, on its pair in the evening; −1 = does not
	from, to       float32
	homeFl, workFl int16
	tier, segment  uint8
	best           rat // what the phone can do
	tenure         uint16
	arpu           uint16
	churned        int16   // day of the period; −1 = still here
	propensity     float32 // to complain, median 1
	device         bool    // decoy: the phone itself is faulty
}

// Segments as the contract spells them.
var segments = [...]string{"consumer", "enterprise", "key_account"}

// shares of a customer's calls by activity, over a whole week, for expectations only.
const (
	shareHome, shareWork, shareLeisure, shareStreet, shareHighway = 0.45, 0.22, 0.11, 0.10, 0.07
)

func (w *world) makeCustomers() {
	r := newRng(w.seed, forCustomers, 0)
	near := newNearest()
	for _, b := range w.blocks {
		near.add(w.spots[b].c, b)
	}
	for i := range w.spots {
		w.spots[i].near = near.two(w.spots[i].c)
	}
	draw := map[string]picker{}
	draw[sceneStreet] = w.popularity(&r, w.blocks)
	for _, scene := range []string{sceneTower, sceneMall, sceneHotel, sceneHospital, sceneCampus, sceneStation, sceneCompound, sceneSight} {
		draw[scene] = w.popularity(&r, w.byScene[scene])
	}
	w.sights = draw[sceneSight]
	spotsOf := func(scene string) []int32 {
		if scene == sceneStreet {
			return w.blocks
		}
		return w.byScene[scene]
	}
	// closeTo draws a few and mostly takes the one nearest home: people live near where they go.
	closeTo := func(r *rng, scene string, home pt) int32 {
		p, list := draw[scene], spotsOf(scene)
		best := list[p.pick(r)]
		if r.chance(0.3) {
			return best
		}
		for range 2 {
			if s := list[p.pick(r)]; w.spots[s].c.dist(home) < w.spots[best].c.dist(home) {
				best = s
			}
		}
		return best
	}
	workplaces := []string{sceneTower, sceneStreet, sceneMall, sceneCampus, sceneHospital, sceneHotel, sceneStation}
	workShare := []float64{0.42, 0.29, 0.10, 0.08, 0.05, 0.03, 0.03}
	pleasures := []string{sceneMall, sceneStreet, sceneCampus, sceneHotel, sceneHospital, sceneStation}
	pleasureShare := []float64{0.50, 0.28, 0.05, 0.07, 0.05, 0.05}

	w.customers = make([]customer, w.cfg.Subscribers)
	weights := make([]uint32, len(w.customers))
	ramps := w.rampChainages()
	var total float64
	for u := range w.customers {
		r := newRng(w.seed, forCustomers, uint64(u)+1)
		c := customer{work: -1, line: -1, churned: -1}
		scene := []string{sceneCompound, sceneStreet, sceneHotel, sceneCampus}[r.pick([]float64{0.46, 0.45, 0.05, 0.04})]
		p := draw[scene]
		c.home = spotsOf(scene)[p.pick(&r)]
		home := &w.spots[c.home]
		if r.chance(0.68) {
			c.work = closeTo(&r, workplaces[r.pick(workShare)], home.c)
		}
		for i := range c.leisure {
			c.leisure[i] = closeTo(&r, pleasures[r.pick(pleasureShare)], home.c)
		}
		c.homeFl = floorIn(&r, home)
		office := false
		if c.work >= 0 {
			c.workFl = floorIn(&r, &w.spots[c.work])
			office = w.spots[c.work].scene == sceneTower
		}
		// Valued customers sit in office towers.
		tiers := []float64{34, 30, 21, 11, 4}
		seg := []float64{93, 6.5, 0.5}
		if office {
			tiers, seg = []float64{14, 24, 30, 21, 11}, []float64{68, 28, 4}
		}
		c.tier = uint8(1 + r.pick(tiers))
		c.segment = uint8(r.pick(seg))
		c.tenure = uint16(min(r.lognormal(30, 0.9), 260))
		c.arpu = uint16(min(r.lognormal(22+float64(16*float64(c.tier)), 0.35), 2000))
		if r.chance(0.006) {
			c.churned = int16(r.n(w.cfg.Days))
		}
		c.best = []rat{rat5G, rat4G, rat3G, rat2G}[r.pick([]float64{0.55, 0.40, 0.02, 0.03})]
		c.propensity = w.propensity(&r, c.tier) * float32(w.districts[home.district].moan)
		w.commute(&r, &c, ramps)

		wt := min(r.lognormal(1000, 1.0), 40_000) * (0.8 + float64(0.1*float64(c.tier)))
		weights[u] = uint32(wt) + 1
		total += float64(weights[u])
		w.expect(&c, float64(weights[u]))
		w.customers[u] = c
	}
	w.caller = newPicker(weights)
	for i := range w.spots {
		w.spots[i].expected /= total
	}
	for i := range w.lines {
		for k := range w.lines[i].expected {
			w.lines[i].expected[k] /= total
		}
	}
}

// popularity draws spots in proportion to size and a heavy-tailed appeal.
func (w *world) popularity(r *rng, spots []int32) picker {
	weights := make([]uint32, len(spots))
	for i, s := range spots {
		sp := &w.spots[s]
		size := 1.0
		switch sp.scene {
		case sceneTower, sceneHotel, sceneCompound:
			size = float64(sp.floors) / 20
		case sceneStreet:
			size = 0.25 + float64(1.5*sp.urban)
		}
		weights[i] = uint32(min(1000*size*r.lognormal(1, 0.55), 1e6)) + 1
		if i == 0 && sp.scene == sceneMall {
			weights[i] *= 5 // the decoy everybody goes to
		}
	}
	return newPicker(weights)
}

// propensity to complain: differs between people by an order of magnitude, and
// those who pay more complain more, as far as the bias goes. Districts differ too.
func (w *world) propensity(r *rng, tier uint8) float32 {
	b := w.cfg.ComplaintBias
	return float32(exp(float64(0.9*b*r.gauss()) + float64(0.18*b*float64(int(tier)-2))))
}

func floorIn(r *rng, s *spot) int16 {
	if s.floors <= 1 {
		return 1
	}
	return int16(1 + r.n(s.floors))
}

// rampChainages holds, for each spot and each forward line, the chainage of the
// nearest ramp, or −1 when the line is too far to be worth taking.
func (w *world) rampChainages() [][]float32 {
	out := make([][]float32, len(w.spots))
	for i := range w.spots {
		out[i] = make([]float32, len(w.lines)/2)
		for k := range out[i] {
			s, d := w.lines[2*k].nearest(w.spots[i].c, 10)
			if d > 6000 {
				s = -1
			}
			out[i][k] = float32(s)
		}
	}
	return out
}

// commute puts a customer on the highway that saves most of the way to work;
// some drive the whole length of one for a living.
func (w *world) commute(r *rng, c *customer, ramps [][]float32) {
	long := 0.14
	if w.cfg.Type == Dense {
		long = 0.05
	}
	if r.chance(long) {
		c.line = int16(2 * r.n(len(w.lines)/2))
		c.from, c.to = 0, float32(w.lines[c.line].length())
		return
	}
	to := c.work
	if to < 0 {
		to = c.leisure[0]
	}
	best := float32(1500)
	for k := range ramps[c.home] {
		a, b := ramps[c.home][k], ramps[to][k]
		if a < 0 || b < 0 {
			continue
		}
		if d := max(a-b, b-a); d > best {
			best = d
			c.line, c.from, c.to = int16(2*k), a, b
		}
	}
	if c.line >= 0 && c.from > c.to { // the morning goes the other way
		l := float32(w.lines[c.line].length())
		c.line, c.from, c.to = c.line+1, l-c.from, l-c.to
		if c.to-c.from < 500 { // ring roads differ in length a little
			c.line = -1
		}
	}
}

// expect adds what the customer will do to the places' expectations.
func (w *world) expect(c *customer, weight float64) {
	w.spots[c.home].expected += weight * shareHome
	for _, b := range w.spots[c.home].near {
		w.spots[b].expected += weight * (shareStreet / 4)
	}
	work := c.home
	if c.work >= 0 {
		work = c.work
	}
	w.spots[work].expected += weight * shareWork
	for _, b := range w.spots[work].near {
		w.spots[b].expected += weight * (shareStreet / 4)
	}
	for _, l := range c.leisure {
		w.spots[l].expected += weight * (shareLeisure / 2)
	}
	if c.line >= 0 {
		for _, line := range [2]int16{c.line, c.line ^ 1} {
			l := &w.lines[line]
			from, to := float64(c.from), float64(c.to)
			if line != c.line {
				from, to = l.length()-to, l.length()-from
			}
			lo, hi := max(int(from/1000), 0), min(int(to/1000), len(l.expected)-1)
			for k := lo; k <= hi; k++ {
				l.expected[k] += weight * (shareHighway / 2) / float64(hi-lo+1)
			}
		}
	}
}
