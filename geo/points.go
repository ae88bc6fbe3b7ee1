package geo

import (
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// pointReach is how near a point venue (a lift, an entrance) attracts a position
// by distance alone, in metres; beyond it only its name or the text does.
const pointReach = 5.0

// pointIndex finds the nearest point venue within pointReach.
type pointIndex struct {
	points []orb.Point
	venue  []int32
	table  cellTable
}

func (x *pointIndex) add(venue int, p orb.Point) {
	x.points = append(x.points, p)
	x.venue = append(x.venue, int32(venue))
}

func (x *pointIndex) build() {
	var entries []cellEntry
	x.table.inverse = 1 / finestGrid
	for i, p := range x.points {
		dLon, dLat := degreesFor(pointReach, p[1])
		x0, y0 := x.table.gridIndex(max(-180, p[0]-dLon), max(-90, p[1]-dLat))
		x1, y1 := x.table.gridIndex(min(180, p[0]+dLon), min(90, p[1]+dLat))
		for gx := x0; gx <= x1; gx++ {
			for gy := y0; gy <= y1; gy++ {
				entries = append(entries, cellEntry{gridKey(gx, gy), uint32(i)})
			}
		}
	}
	x.table.fill(entries)
}

// nearest gives the venue of the nearest point within reach, −1 for none.
func (x *pointIndex) nearest(p LatLon) int {
	if len(x.points) == 0 {
		return -1
	}
	gx, gy := x.table.gridIndex(p.Lon, p.Lat)
	best, venue := pointReach*pointReach, -1
	kx := metresPerDeg * math.Cos(p.Lat*radians)
	for _, i := range x.table.at(gx, gy) {
		dx, dy := (x.points[i][0]-p.Lon)*kx, (x.points[i][1]-p.Lat)*metresPerDeg
		if d := dx*dx + dy*dy; d <= best {
			best, venue = d, int(x.venue[i])
		}
	}
	return venue
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
