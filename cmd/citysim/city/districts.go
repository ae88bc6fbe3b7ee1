package city

import "fmt"

// district is the finest region. base multiplies bad-call rates in all of it:
// regions differ without any fault.
type district struct {
	code, name string
	ring       []pt
	base       float64
	moan       float64 // likewise of the readiness to complain
}

// makeDistricts cuts the extent into a grid whose inner corners and borders are
// bent. Neighbours share the very same border points, so the districts tile the
// prefecture without gaps or overlaps.
func (w *world) makeDistricts() {
	r := newRng(w.seed, forWorld, 1)
	lo, hi := w.shape.extent()
	cols, rows := w.shape.cols, w.shape.rows
	dx, dy := float64(hi.X-lo.X)/metre/float64(cols), float64(hi.Y-lo.Y)/metre/float64(rows)
	corner := make([][]pt, cols+1)
	for i := range corner {
		corner[i] = make([]pt, rows+1)
		for j := range corner[i] {
			jx, jy := 0.22*dx, 0.22*dy
			if i == 0 || i == cols {
				jx = 0.03 * dx
			}
			if j == 0 || j == rows {
				jy = 0.03 * dy
			}
			corner[i][j] = lo.add(float64(dx*float64(i))+float64(jx*r.between(-1, 1)), float64(dy*float64(j))+float64(jy*r.between(-1, 1)))
		}
	}
	border := func(a, b pt) []pt { // from a up to but without b
		out := []pt{a}
		for k := 1; k < 5; k++ {
			m := a.towards(b, float64(k)/5)
			out = append(out, m.add(float64(0.02*dx*r.gauss()), float64(0.02*dy*r.gauss())))
		}
		return out
	}
	across := make([][][]pt, cols) // border from corner i,j to i+1,j
	for i := range across {
		across[i] = make([][]pt, rows+1)
		for j := range across[i] {
			across[i][j] = border(corner[i][j], corner[i+1][j])
		}
	}
	up := make([][][]pt, cols+1) // from corner i,j to i,j+1
	for i := range up {
		up[i] = make([][]pt, rows)
		for j := range up[i] {
			up[i][j] = border(corner[i][j], corner[i][j+1])
		}
	}
	back := func(ring, b []pt, end pt) []pt { // the border the other way: from end down to but without its start
		ring = append(ring, end)
		for k := len(b) - 1; k > 0; k-- {
			ring = append(ring, b[k])
		}
		return ring
	}
	for j := range rows {
		for i := range cols {
			var ring []pt
			ring = append(ring, across[i][j]...)
			ring = append(ring, up[i+1][j]...)
			ring = back(ring, across[i][j+1], corner[i+1][j+1])
			ring = back(ring, up[i][j], corner[i][j+1])
			n := len(w.districts)
			w.districts = append(w.districts, district{
				code: fmt.Sprintf("5901%02d", n+1), name: w.shape.districts[n], ring: ring, base: r.between(0.7, 1.45), moan: exp(0.5 * w.cfg.ComplaintBias * r.gauss()),
			})
		}
	}
}

// outline is the prefecture's border: the outer borders of its districts.
func (w *world) outline() []pt {
	cols, rows := w.shape.cols, w.shape.rows
	side := func(n, from int) []pt { return w.districts[n].ring[from*5 : from*5+5] }
	var ring []pt
	for i := range cols {
		ring = append(ring, side(i, 0)...)
	}
	for j := range rows {
		ring = append(ring, side(j*cols+cols-1, 1)...)
	}
	for i := cols - 1; i >= 0; i-- {
		ring = append(ring, side((rows-1)*cols+i, 2)...)
	}
	for j := rows - 1; j >= 0; j-- {
		ring = append(ring, side(j*cols, 3)...)
	}
	return ring
}

func (w *world) districtAt(p pt) int {
	best, near := 0, -1.0
	for i := range w.districts {
		d := &w.districts[i]
		if inside(p, d.ring) {
			return i
		}
		if e := p.dist(d.ring[0]); near < 0 || e < near {
			best, near = i, e
		}
	}
	return best // just outside the bent border
}
