package geo

import (
	"math"

	"github.com/uber/h3-go/v4"
)

// learn asks the library about a lattice point of prefixResolution: for a sample
// of its descendants that lie clearly on this face. All must agree on prefix and
// turn; otherwise (a pentagon, or no sample on the face) it stays with the library.
func (l *lattice) learn(face int, top axial) uint64 {
	learnt := uint64(entrySlow)
	agreed := 0
	for second := 0; second <= 6; second++ {
		for first := 1; first <= 6; first++ {
			at := top.down(prefixResolution+1, first).down(prefixResolution+2, second)
			for r := Resolution(prefixResolution + 3); r <= StoredResolution; r++ {
				at = at.down(r, 0)
			}
			p := l.position(face, at)
			if f, back, sure := l.nearest(p); !sure || f != face || back != at {
				continue
			}
			c := libraryCell(p)
			if c == 0 || h3.Cell(c.Parent(prefixResolution)).IsPentagon() {
				return entrySlow
			}
			path, _ := pathOf(at)
			if learnt == entrySlow {
				digit := uint64(c) >> (3 * (15 - (prefixResolution + 1))) & 7
				turn := 0
				for turn < 6 && uint64(ccwDigits>>(4*((first-1+turn)%6))&7) != digit {
					turn++
				}
				if turn == 6 {
					return entrySlow
				}
				below := uint64(1)<<(3*(15-prefixResolution)) - 1
				learnt = uint64(c)&^below | entryKnown | uint64(turn)
			}
			if assemble(learnt, path) != c {
				return entrySlow
			}
			// Away from pentagons one sample would do: prefix and turn depend on
			// the face and the digits above alone.
			if agreed++; agreed == enoughSamples {
				return learnt
			}
		}
	}
	return learnt
}

// position gives the centre of a lattice point of StoredResolution.
func (l *lattice) position(face int, at axial) LatLon {
	f := &l.faces[face]
	x := (float64(at.q) + float64(at.r)/2) / (sqrt7Scale * sqrt7Scale)
	y := float64(at.r) * math.Sqrt(3.0) / 2 / (sqrt7Scale * sqrt7Scale)
	var v vec3
	for i := range v {
		v[i] = f.normal[i] + x*f.x[i] + y*f.y[i]
	}
	v = v.unit()
	return LatLon{Lat: math.Asin(max(-1, min(1, v[2]))) / radians, Lon: math.Atan2(v[1], v[0]) / radians}
}
