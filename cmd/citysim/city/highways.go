package city

import (
	"fmt"
	"math"
	"sort"
)

// line is one carriageway of a highway, in the direction of travel. Chainage
// runs from its first point in metres on the sphere, as hotcell counts it.
type line struct {
	venue     int32
	id, ref   string
	name      string
	dir       string
	pts       []pt
	chain     []float64  // chainage of each point
	base      []float64  // natural multiplier of bad-call rates per kilometre
	masts     [][2]int32 // nearest masts per mastPiece
	districts []uint8    // likewise
	tunnels   []int32    // indexes into world.spots
	plants    []int16
	expected  []float64 // calls per customer-weight per kilometre
}

const mastPiece = 250.0 // metres of line that share their nearest masts

func (l *line) length() float64 { return l.chain[len(l.chain)-1] }

// at is the point at chainage s.
func (l *line) at(s float64) pt {
	s = min(max(s, 0), l.length())
	i := sort.SearchFloat64s(l.chain, s)
	if i == 0 {
		return l.pts[0]
	}
	return l.pts[i-1].towards(l.pts[i], (s-l.chain[i-1])/(l.chain[i]-l.chain[i-1]))
}

// nearest is the chainage of the vertex nearest p among every step-th, and its distance.
func (l *line) nearest(p pt, step int) (s, d float64) {
	d = math.Inf(1)
	for i := 0; i < len(l.pts); i += step {
		if e := p.dist(l.pts[i]); e < d {
			s, d = l.chain[i], e
		}
	}
	return s, d
}

// makeHighways lays the centre lines of each type and their two carriageways.
func (w *world) makeHighways() {
	r := newRng(w.seed, forHighways, 0)
	hw, hh := w.shape.widthKm*500, w.shape.heightKm*500
	// Four-digit numbers no real road carries; the two letters are the province's.
	refs := []string{"G7841", "G7843", "G7846", "S91"}
	wave := func(a, b pt, amp float64) []pt {
		n := int(a.dist(b)/100) + 1
		ph1, ph2 := r.between(0, 6), r.between(0, 6)
		dx, dy := float64(b.X-a.X)/metre, float64(b.Y-a.Y)/metre
		l := math.Sqrt(float64(dx*dx) + float64(dy*dy))
		out := make([]pt, 0, n+1)
		for i := 0; i <= n; i++ {
			t := float64(i) / float64(n)
			s1, _ := sincos(t*l/7000 + ph1)
			s2, _ := sincos(t*l/2300 + ph2)
			off := float64(amp*s1) + float64(0.15*amp*s2)
			out = append(out, a.towards(b, t).add(-off*dy/l, off*dx/l))
		}
		return out
	}
	ring := func(rx, ry float64) []pt {
		ph := r.between(0, 6)
		n := int(2 * math.Pi * rx / 100)
		out := make([]pt, 0, n+1)
		for i := 0; i <= n; i++ {
			a := float64(i%n) / float64(n) * 2 * math.Pi
			s, c := sincos(a)
			s3, _ := sincos(float64(3*a) + ph)
			k := 1 + float64(0.06*s3)
			out = append(out, at(rx*k*c, ry*k*s))
		}
		return out
	}
	name := []string{"云", "沃", "岭"}[map[Type]int{Dense: 0, Sprawl: 1, Mountain: 2}[w.cfg.Type]]
	type road struct {
		name   string
		dirs   [2]string
		centre []pt
	}
	var roads []road
	we, sn := [2]string{"东行", "西行"}, [2]string{"北行", "南行"}
	switch w.cfg.Type {
	case Dense:
		roads = []road{
			{name + "广高速", we, wave(at(-hw, -3200), at(hw, -2600), 350)},
			{name + "安高速", sn, wave(at(5200, -hh), at(4600, hh), 300)},
			{"绕城高速", [2]string{"外环", "内环"}, ring(8600, 7300)},
		}
	case Sprawl:
		roads = []road{
			{name + "阳高速", we, wave(at(-hw, 3000), at(hw, -4000), 1500)},
			{"京" + name + "高速", sn, wave(at(-6000, -hh), at(5000, hh), 1500)},
			{name + "信高速", we, wave(at(-hw, -hh*0.8), at(hw, hh*0.8), 1200)},
			{"绕城高速", [2]string{"外环", "内环"}, ring(9000, 8200)},
		}
	case Mountain:
		n := int(2 * hw / 100)
		var along []pt
		for i := 0; i <= n; i++ {
			x := -hw + float64(i)*2*hw/float64(n)
			along = append(along, at(x, valley(x)+700))
		}
		roads = []road{
			{name + "都高速", we, along},
			{name + "铜高速", sn, wave(at(9000, -hh), at(6000, hh), 900)},
		}
	}
	for i, rd := range roads {
		back := make([]pt, len(rd.centre))
		for k, p := range rd.centre {
			back[len(back)-1-k] = p
		}
		for d, c := range [][]pt{rd.centre, back} {
			w.addLine(&r, fmt.Sprintf("H%02d%c", i+1, 'A'+d), refs[i], rd.name, rd.dirs[d], c)
		}
	}
	w.makeTunnels(&r)
}

// carriageway shifts a centre line 16 m to the right of travel.
func carriageway(centre []pt) []pt {
	out := make([]pt, len(centre))
	for i := range centre {
		a, b := centre[max(i-1, 0)], centre[min(i+1, len(centre)-1)]
		if i == 0 || i == len(centre)-1 {
			if centre[0] == centre[len(centre)-1] { // ring: the neighbours across the seam
				a, b = centre[len(centre)-2], centre[1]
			}
		}
		dx, dy := float64(b.X-a.X), float64(b.Y-a.Y)
		l := math.Sqrt(float64(dx*dx) + float64(dy*dy))
		out[i] = centre[i].add(16*dy/l, -16*dx/l)
	}
	return out
}

func (w *world) addLine(r *rng, id, ref, name, dir string, centre []pt) {
	l := line{id: id, ref: ref, name: name, dir: dir, pts: carriageway(centre), venue: int32(len(w.venues))}
	l.chain = make([]float64, len(l.pts))
	for i := 1; i < len(l.pts); i++ {
		l.chain[i] = l.chain[i-1] + w.frame.haversineM(l.pts[i-1], l.pts[i])
	}
	kms := int(l.length()/1000) + 1
	l.expected = make([]float64, kms)
	for range kms {
		l.base = append(l.base, w.placeBase(r))
	}
	w.venues = append(w.venues, venue{id: id, name: ref + " " + name + "（" + dir + "）", scene: sceneHighway, ref: ref, line: l.pts})
	w.lines = append(w.lines, l)
}

// makeTunnels puts tunnels on the main roads; one polygon holds both bores.
func (w *world) makeTunnels(r *rng) {
	var wants []int // line indexes, one per tunnel
	switch w.cfg.Type {
	case Dense:
		wants = []int{0, 2}
	case Mountain:
		wants = []int{0, 0, 0, 0, 0, 0, 2, 2, 2}
	}
	type stretch struct{ from, to float64 }
	used := map[int][]stretch{}
	for _, li := range wants {
		l, other := &w.lines[li], &w.lines[li+1]
		for range 50 {
			length := r.between(800, 2400)
			from := r.between(1500, l.length()-1500-length)
			free := true
			for _, u := range used[li] {
				free = free && (from > u.to+1500 || from+length < u.from-1500)
			}
			if !free {
				continue
			}
			used[li] = append(used[li], stretch{from, from + length})
			w.addTunnel(r, l, other, from, from+length)
			break
		}
	}
}

func (w *world) addTunnel(r *rng, l, other *line, from, to float64) {
	var right, left []pt // 22 m beyond each carriageway
	for s := from; s < to+50; s += 100 {
		a, b := l.at(min(s, to)), l.at(min(s, to)+10)
		dx, dy := float64(b.X-a.X), float64(b.Y-a.Y)
		n := math.Sqrt(float64(dx*dx) + float64(dy*dy))
		right = append(right, a.add(22*dy/n, -22*dx/n))
		left = append(left, a.add(-54*dy/n, 54*dx/n))
	}
	ring := right
	for i := len(left) - 1; i >= 0; i-- {
		ring = append(ring, left[i])
	}
	mid := l.at((from + to) / 2)
	s := w.newSpot(r, mid, sceneTunnel)
	s.ring, s.radius, s.w, s.h = ring, (to-from)/2, 80, 80 // short reach: nothing else is placed by it
	s.best, s.oldShare = rat4G, 0.05
	s.venue = int32(len(w.venues))
	idx := int32(len(w.spots))
	w.spots = append(w.spots, s)
	w.byScene[sceneTunnel] = append(w.byScene[sceneTunnel], idx)
	w.venues = append(w.venues, venue{id: w.nextID(), name: w.names.tunnel(r), scene: sceneTunnel, ring: ring})
	l.tunnels = append(l.tunnels, idx)
	other.tunnels = append(other.tunnels, idx)
}

// takeHighways keeps buildings off the roads.
func (w *world) takeHighways(c *clearance) {
	for i := range w.lines {
		for k, p := range w.lines[i].pts {
			if k%2 == 0 {
				c.take(p, 60)
			}
		}
	}
}

func (w *world) nextID() string { return fmt.Sprintf("V%05d", len(w.venues)+1) }
