package city

import (
	"fmt"
	"math"
)

// rat is a radio technology.
type rat uint8

const (
	rat2G rat = iota
	rat3G
	rat4G
	rat5G
	rats
)

func (t rat) String() string { return [...]string{"2g", "3g", "4g", "5g"}[t] }

// mast is a base station: outdoor with three sectors, or indoor with one cell.
type mast struct {
	c      pt
	rangeM float64
	indoor bool
	has    [rats]bool
	first  [rats]int32 // index of its first radio cell per technology
}

// radioCell is one row of sites.csv.
type radioCell struct {
	id      string
	mast    int32
	rat     rat
	azimuth int // degrees; −1 = all round
}

// makeMasts covers the extent: squares are halved until they are as small as the
// people in them need, and each gets a mast. Highways and big buildings get their own.
func (w *world) makeMasts() {
	r := newRng(w.seed, forSites, 0)
	lo, hi := w.shape.extent()
	var split func(x0, y0, size float64)
	split = func(x0, y0, size float64) {
		c := at(x0+size/2, y0+size/2)
		want := 4200.0
		for _, f := range [][2]float64{{.5, .5}, {.2, .2}, {.8, .2}, {.2, .8}, {.8, .8}} {
			u := w.urbanity(at(x0+float64(size*f[0]), y0+float64(size*f[1])))
			want = min(want, 420/max(u, 0.1))
		}
		if size > want*1.4 && size > 450 {
			h := size / 2
			split(x0, y0, h)
			split(x0+h, y0, h)
			split(x0, y0+h, h)
			split(x0+h, y0+h, h)
			return
		}
		c = c.add(float64(size*0.18*r.gauss()), float64(size*0.18*r.gauss()))
		if c.X < lo.X || c.X > hi.X || c.Y < lo.Y || c.Y > hi.Y {
			return
		}
		w.addMast(&r, c, size*0.85, false)
	}
	const tile = 4000.0
	for x := float64(lo.X) / metre; x < float64(hi.X)/metre; x += tile {
		for y := float64(lo.Y) / metre; y < float64(hi.Y)/metre; y += tile {
			split(x, y, tile)
		}
	}
	for i := 0; i < len(w.lines); i += 2 {
		l := &w.lines[i]
		for s := 700.0; s < l.length(); s += 1800 {
			p := l.at(s)
			w.addMast(&r, p.add(r.between(-180, 180), r.between(-180, 180)), 1500, false)
		}
	}
	outdoor := newNearest()
	w.outdoorMasts = outdoor
	for i := range w.masts {
		outdoor.add(w.masts[i].c, int32(i))
	}
	for i := range w.spots {
		s := &w.spots[i]
		s.masts = outdoor.two(s.c)
		if s.ring == nil {
			continue
		}
		indoor := s.scene == sceneTunnel || s.scene == sceneStation ||
			(s.scene == sceneTower || s.scene == sceneMall || s.scene == sceneHospital) && r.chance(0.75) ||
			s.scene == sceneHotel && r.chance(0.5)
		if indoor {
			s.indoor[partBody] = w.addMast(&r, s.c, s.reach(), true)
		}
		if s.hasLift && (indoor || r.chance(0.6)) {
			s.indoor[partLift] = w.addMast(&r, s.lift(), 30, true)
		}
		if s.basement > 0 && (indoor || r.chance(0.5)) {
			s.indoor[partBasement] = w.addMast(&r, s.c, s.reach(), true)
		}
	}
	for i := range w.lines {
		l := &w.lines[i]
		for s := mastPiece / 2; s < l.length()+mastPiece/2; s += mastPiece {
			l.masts = append(l.masts, outdoor.two(l.at(s)))
			l.districts = append(l.districts, uint8(w.districtAt(l.at(s))))
		}
	}
}

func (w *world) addMast(r *rng, c pt, rangeM float64, indoor bool) int32 {
	n := int32(len(w.masts))
	m := mast{c: c, rangeM: math.Floor(rangeM + 0.5), indoor: indoor}
	u := w.urbanity(c)
	m.has[rat4G] = true
	m.has[rat5G] = indoor || u > 0.1
	m.has[rat3G] = !indoor && u < 0.35
	m.has[rat2G] = !indoor
	turn := r.n(120)
	for t := range rats {
		if !m.has[t] {
			continue
		}
		m.first[t] = int32(len(w.cells))
		if indoor {
			w.cells = append(w.cells, radioCell{fmt.Sprintf("460-97-%d", int(n+1)*256+int(t)*16), n, t, -1})
			continue
		}
		for k := range 3 {
			w.cells = append(w.cells, radioCell{fmt.Sprintf("460-97-%d", int(n+1)*256+int(t)*16+k+1), n, t, (turn + 120*k) % 360})
		}
	}
	w.masts = append(w.masts, m)
	return n
}

// cellFor is the radio cell of mast m that serves p on technology t, or the next
// older one it has.
func (w *world) cellFor(m int32, t rat, p pt) (int32, rat) {
	ms := &w.masts[m]
	for !ms.has[t] {
		if t == 0 {
			for t = rats - 1; !ms.has[t]; t-- {
			}
			break
		}
		t--
	}
	first := ms.first[t]
	if ms.indoor {
		return first, t
	}
	b := int(bearingCoarse(p.X-ms.c.X, p.Y-ms.c.Y))
	k := ((b-w.cells[first].azimuth+60)%360 + 360) % 360 / 120
	return first + int32(k%3), t
}

// bearingCoarse is the compass bearing to within a few degrees, without trigonometry:
// along a diamond instead of a circle. Sectors are 120° wide, so that is enough.
func bearingCoarse(dx, dy int32) int32 {
	ax, ay := int64(dx), int64(dy)
	if ax < 0 {
		ax = -ax
	}
	if ay < 0 {
		ay = -ay
	}
	if ax+ay == 0 {
		return 0
	}
	q := int32(90 * ax / (ax + ay)) // 0 at north or south, 90 at east or west
	switch {
	case dx >= 0 && dy >= 0:
		return q
	case dx >= 0:
		return 180 - q
	case dy < 0:
		return 180 + q
	default:
		return (360 - q) % 360
	}
}

// nearest finds the two nearest of some points on a grid.
type nearest struct {
	pts  []pt
	grid map[[2]int32][]int32
}

const nearestGrid = 2000 * metre

func newNearest() *nearest { return &nearest{grid: map[[2]int32][]int32{}} }

// add puts in a point; answers name it by id.
func (n *nearest) add(p pt, id int32) {
	for len(n.pts) <= int(id) {
		n.pts = append(n.pts, pt{})
	}
	n.pts[id] = p
	k := [2]int32{p.X / nearestGrid, p.Y / nearestGrid}
	n.grid[k] = append(n.grid[k], id)
}

// two are the ids of the nearest points, nearest first; −1 where there is none.
func (n *nearest) two(p pt) [2]int32 {
	best, second := int32(-1), int32(-1)
	d1, d2 := math.Inf(1), math.Inf(1)
	for ring := int32(0); ring < 80; ring++ {
		for dx := -ring; dx <= ring; dx++ {
			for dy := -ring; dy <= ring; dy++ {
				if max(dx, -dx, dy, -dy) != ring {
					continue
				}
				for _, i := range n.grid[[2]int32{p.X/nearestGrid + dx, p.Y/nearestGrid + dy}] {
					switch d := p.dist(n.pts[i]); {
					case d < d1:
						best, second, d1, d2 = i, best, d, d1
					case d < d2:
						second, d2 = i, d
					}
				}
			}
		}
		// A cell of the grid is 2 km, but the one about 0 is 4 km: one ring more is surely enough.
		if second >= 0 && d2 < float64(ring-1)*2000 {
			break
		}
	}
	return [2]int32{best, second}
}
