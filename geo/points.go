package geo

import (
	"slices"

	"github.com/paulmach/orb"
)

// pointReach is how near a point venue (a lift, an entrance) attracts a position
// by distance alone, in metres; beyond it only its name or the text does.
const pointReach = 5.0

// pointIndex holds the point venues.
type pointIndex struct {
	points []orb.Point
	venue  []int32
}

func (x *pointIndex) add(venue int, p orb.Point) {
	x.points = append(x.points, p)
	x.venue = append(x.venue, int32(venue))
}

// squares adds the squares within pointReach of each point.
func (x *pointIndex) squares(entries []squareEntry) []squareEntry {
	grid := cellTable{inverse: 1 / finestGrid}
	for i, p := range x.points {
		dLon, dLat := degreesFor(pointReach, p[1])
		x0, y0 := grid.gridIndex(max(-180, p[0]-dLon), max(-90, p[1]-dLat))
		x1, y1 := grid.gridIndex(min(180, p[0]+dLon), min(90, p[1]+dLat))
		for gx := x0; gx <= x1; gx++ {
			for gy := y0; gy <= y1; gy++ {
				entries = append(entries, squareEntry{gridKey(gx, gy), squareHasPoint, uint32(i)})
			}
		}
	}
	return entries
}

// widest gives the middle of the widest of the intervals that sorted crossings
// bound pairwise, or the fallback.
func widest(xs []float64, fallback float64) float64 {
	slices.Sort(xs)
	best, at := 0.0, fallback
	for i := 0; i+1 < len(xs); i += 2 {
		if w := xs[i+1] - xs[i]; w > best {
			best, at = w, (xs[i]+xs[i+1])/2
		}
	}
	return at
}
