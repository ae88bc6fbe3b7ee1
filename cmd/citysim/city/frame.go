package city

import "math"

// pt is a position in the city's own frame: millimetres east (X) and north (Y)
// of the origin. Whole numbers keep positions the same on every machine.
type pt struct{ X, Y int32 }

const (
	metre = 1000 // in pt units
	km    = 1000 * metre
)

func at(xM, yM float64) pt {
	return pt{int32(math.Floor(float64(xM*metre) + 0.5)), int32(math.Floor(float64(yM*metre) + 0.5))}
}

func (p pt) add(xM, yM float64) pt {
	q := at(xM, yM)
	return pt{p.X + q.X, p.Y + q.Y}
}

// dist is in metres.
func (p pt) dist(q pt) float64 {
	dx, dy := float64(p.X-q.X)/metre, float64(p.Y-q.Y)/metre
	return math.Sqrt(float64(dx*dx) + float64(dy*dy))
}

// towards goes a share of the way from p to q.
func (p pt) towards(q pt, share float64) pt {
	dx, dy := float64(q.X-p.X), float64(q.Y-p.Y)
	return pt{p.X + int32(math.Floor(float64(dx*share)+0.5)), p.Y + int32(math.Floor(float64(dy*share)+0.5))}
}

// frame places the city on earth: an equirectangular projection about the
// origin on the sphere of radius 6,378,137 m, in whole numbers of 1e-7 degrees.
type frame struct {
	lat0, lon0   int64 // 1e-7 degrees
	perMM, perMX int64 // 1e-7 degrees per millimetre × 1e11, north and east
}

func newFrame(lat0, lon0 float64) frame {
	const degPerMM = 180 / (math.Pi * 6378137 * 1000)
	_, c := sincos(lat0 * (math.Pi / 180))
	return frame{
		lat0: int64(math.Floor(float64(lat0*1e7) + 0.5)), lon0: int64(math.Floor(float64(lon0*1e7) + 0.5)),
		perMM: int64(math.Floor(degPerMM*1e18 + 0.5)), perMX: int64(math.Floor(float64(degPerMM*1e18/c) + 0.5)),
	}
}

// e7 is the position in 1e-7 degrees.
func (f *frame) e7(p pt) (lat, lon int64) {
	return f.lat0 + int64(p.Y)*f.perMM/100_000_000_000, f.lon0 + int64(p.X)*f.perMX/100_000_000_000
}

// degrees is the position in degrees, as files show it.
func (f *frame) degrees(p pt) (lat, lon float64) {
	a, o := f.e7(p)
	return float64(a) / 1e7, float64(o) / 1e7
}

// haversineM is the distance in metres on the same sphere.
func (f *frame) haversineM(p, q pt) float64 {
	la1, lo1 := f.degrees(p)
	la2, lo2 := f.degrees(q)
	const rad = math.Pi / 180
	s1, _ := sincos((la2 - la1) / 2 * rad)
	s2, _ := sincos((lo2 - lo1) / 2 * rad)
	_, c1 := sincos(la1 * rad)
	_, c2 := sincos(la2 * rad)
	h := float64(s1*s1) + float64(float64(c1*c2)*float64(s2*s2))
	return 2 * 6378137 * math.Asin(math.Sqrt(h))
}

// inside says whether p lies in the ring (even–odd rule; the ring need not be closed).
func inside(p pt, ring []pt) bool {
	in := false
	for i, j := 0, len(ring)-1; i < len(ring); j, i = i, i+1 {
		a, b := ring[i], ring[j]
		if (a.Y > p.Y) == (b.Y > p.Y) {
			continue
		}
		// x of the edge at p.Y compared with p.X, in whole numbers
		l := int64(p.X-a.X) * int64(b.Y-a.Y)
		r := int64(b.X-a.X) * int64(p.Y-a.Y)
		if (b.Y > a.Y) == (l < r) {
			in = !in
		}
	}
	return in
}

// box is a rectangle w × h metres about c, turned by a (radians).
func box(c pt, w, h, a float64) []pt {
	s, co := sincos(a)
	corner := func(x, y float64) pt {
		return c.add(float64(x*co)-float64(y*s), float64(x*s)+float64(y*co))
	}
	return []pt{corner(-w/2, -h/2), corner(w/2, -h/2), corner(w/2, h/2), corner(-w/2, h/2)}
}

// blob is an irregular polygon of about the given radius in metres.
func blob(r *rng, c pt, radius float64, corners int, rough float64) []pt {
	ring := make([]pt, corners)
	for i := range ring {
		s, co := sincos(float64(i) * (2 * math.Pi / float64(corners)))
		d := radius * r.between(1-rough, 1+rough)
		ring[i] = c.add(float64(d*co), float64(d*s))
	}
	return ring
}
