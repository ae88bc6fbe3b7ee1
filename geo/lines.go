package geo

import (
	"math"

	"github.com/paulmach/orb"
)

// lineIndex finds the nearest line within maxReach of a position and the
// chainage there.
type lineIndex struct {
	pieces []piece
	table  cellTable
}

// piece is a straight bit of a line, at most pieceLength long.
type piece struct {
	ax, ay, bx, by float64 // degrees
	line           int32   // index of the venue
	from, length   float32 // chainage of its start and its own length, metres
}

const (
	lineGrid    = 0.002 // degrees
	pieceLength = 200.0 // metres; longer ones would be listed in cells they are far from
	maxReach    = 100.0 // metres; the furthest a record is drawn to a highway
)

// chainage walks a geometry's lines and calls visit for each stretch between
// vertices with the metres already covered. Parts follow one another; the gaps
// between them do not count.
func chainage(g orb.Geometry, visit func(a, b orb.Point, from, length float64)) (total float64) {
	for _, l := range linesOf(g) {
		for i := 1; i < len(l); i++ {
			d := Distance(latLon(l[i-1]), latLon(l[i]))
			if d == 0 {
				continue
			}
			visit(l[i-1], l[i], total, d)
			total += d
		}
	}
	return total
}

// add indexes a line and gives its length in metres.
func (x *lineIndex) add(line int, g orb.Geometry) float64 {
	return chainage(g, func(a, b orb.Point, from, length float64) {
		n := max(1, int(math.Ceil(length/pieceLength)))
		for i := range n {
			t0, t1 := float64(i)/float64(n), float64(i+1)/float64(n)
			x.pieces = append(x.pieces, piece{
				ax: a[0] + t0*(b[0]-a[0]), ay: a[1] + t0*(b[1]-a[1]),
				bx: a[0] + t1*(b[0]-a[0]), by: a[1] + t1*(b[1]-a[1]),
				line: int32(line), from: float32(from + t0*length), length: float32(length / float64(n)),
			})
		}
	})
}

func (x *lineIndex) build() {
	var entries []cellEntry
	x.table.inverse = 1 / lineGrid
	for i := range x.pieces {
		p := &x.pieces[i]
		dLon, dLat := degreesFor(maxReach, max(math.Abs(p.ay), math.Abs(p.by)))
		x0, y0 := x.table.gridIndex(max(-180, min(p.ax, p.bx)-dLon), max(-90, min(p.ay, p.by)-dLat))
		x1, y1 := x.table.gridIndex(min(180, max(p.ax, p.bx)+dLon), min(90, max(p.ay, p.by)+dLat))
		for gx := x0; gx <= x1; gx++ {
			for gy := y0; gy <= y1; gy++ {
				entries = append(entries, cellEntry{gridKey(gx, gy), uint32(i)})
			}
		}
	}
	x.table.fill(entries)
}

// nearest gives the nearest line within reach (metres, at most maxReach) and the
// chainage there in metres; line is −1 when there is none. Of lines equally
// near, the first added is taken.
func (x *lineIndex) nearest(p LatLon, reach float64) (line int, chainage, distance float64) {
	if len(x.pieces) == 0 {
		return -1, 0, 0
	}
	gx, gy := x.table.gridIndex(p.Lon, p.Lat)
	items := x.table.at(gx, gy)
	if len(items) == 0 {
		return -1, 0, 0
	}
	best := min(reach, maxReach)
	best *= best
	line = -1
	kx := metresPerDeg * math.Cos(p.Lat*radians)
	for _, i := range items {
		s := &x.pieces[i]
		d, along := pointToPiece((s.ax-p.Lon)*kx, (s.ay-p.Lat)*metresPerDeg, (s.bx-p.Lon)*kx, (s.by-p.Lat)*metresPerDeg)
		if d < best || d == best && line < 0 {
			best, line, chainage = d, int(s.line), float64(s.from)+along*float64(s.length)
		}
	}
	return line, chainage, math.Sqrt(best)
}
