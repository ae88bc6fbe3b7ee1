package geo

import (
	"math"

	"github.com/paulmach/orb"
)

// lineIndex holds lines as chains of vertices at most pieceLength apart, for the
// nearest one within maxReach of a position and the chainage there.
type lineIndex struct {
	vertices []lineVertex
	pieces   []uint32 // piece i runs from vertex i to the next
}

// lineVertex is a point of a line; of pieces that meet in it, it starts one.
type lineVertex struct {
	x, y float64 // degrees
	from float32 // chainage, metres
	line int32   // index of the venue
}

const (
	pieceLength = 200.0 // metres; longer ones would be listed in squares they are far from
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

// add takes a line and gives its length in metres.
func (x *lineIndex) add(line int, g orb.Geometry) float64 {
	open := false // whether the last vertex is this line's
	return chainage(g, func(a, b orb.Point, from, length float64) {
		if last := len(x.vertices) - 1; !open || x.vertices[last].x != a[0] || x.vertices[last].y != a[1] {
			x.vertices = append(x.vertices, lineVertex{a[0], a[1], float32(from), int32(line)})
		}
		open = true
		n := max(1, int(math.Ceil(length/pieceLength)))
		for i := range n {
			t := float64(i+1) / float64(n)
			p := orb.Point{a[0] + t*(b[0]-a[0]), a[1] + t*(b[1]-a[1])}
			if i == n-1 {
				p = b
			}
			x.pieces = append(x.pieces, uint32(len(x.vertices)-1))
			x.vertices = append(x.vertices, lineVertex{p[0], p[1], float32(from + t*length), int32(line)})
		}
	})
}

// squares adds the squares within maxReach of each piece.
func (x *lineIndex) squares(entries []squareEntry, kind uint8) []squareEntry {
	grid := cellTable{inverse: 1 / finestGrid}
	for _, i := range x.pieces {
		a, b := &x.vertices[i], &x.vertices[i+1]
		dLon, dLat := degreesFor(maxReach, max(math.Abs(a.y), math.Abs(b.y)))
		x0, y0 := grid.gridIndex(max(-180, min(a.x, b.x)-dLon), max(-90, min(a.y, b.y)-dLat))
		x1, y1 := grid.gridIndex(min(180, max(a.x, b.x)+dLon), min(90, max(a.y, b.y)+dLat))
		for gx := x0; gx <= x1; gx++ {
			for gy := y0; gy <= y1; gy++ {
				entries = append(entries, squareEntry{gridKey(gx, gy), kind, i})
			}
		}
	}
	return entries
}

// nearestOf gives the nearest line within reach (metres, at most maxReach) among
// listed pieces, the last of which carries lastItem, with the chainage there in
// metres and the distance; line is −1 when there is none. Of lines equally near, the
// first added is taken. kx is the metres of a degree of longitude.
func (x *lineIndex) nearestOf(pieces []uint32, p LatLon, kx, reach float64) (line int, chainage, distance float64) {
	best := min(reach, maxReach)
	best *= best
	line = -1
	for _, item := range pieces {
		i := item & itemNumber
		a, b := &x.vertices[i], &x.vertices[i+1]
		d, along := pointToPiece((a.x-p.Lon)*kx, (a.y-p.Lat)*metresPerDeg, (b.x-p.Lon)*kx, (b.y-p.Lat)*metresPerDeg)
		if d < best || d == best && line < 0 {
			best, line, chainage = d, int(a.line), float64(a.from)+along*float64(b.from-a.from)
		}
		if item&lastItem != 0 {
			break
		}
	}
	return line, chainage, math.Sqrt(best)
}
