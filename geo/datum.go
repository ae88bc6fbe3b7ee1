package geo

import (
	"fmt"
	"math"
	"strings"
)

// Datum is the coordinate system a source delivers. The two Chinese ones are
// WGS-84 shifted by a fixed, smooth function: GCJ-02 by up to about 700 m,
// BD-09 by about another 1 km.
type Datum uint8

// Datums.
const (
	WGS84 Datum = iota
	GCJ02       // what maps and phones in mainland China show
	BD09        // Baidu: GCJ-02 shifted once more
)

// ParseDatum reads wgs84, gcj02 or bd09 (with or without a hyphen); empty text is WGS84.
func ParseDatum(s string) (Datum, error) {
	switch strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(s)) {
	case "", "wgs84", "epsg:4326":
		return WGS84, nil
	case "gcj02":
		return GCJ02, nil
	case "bd09", "bd09ll":
		return BD09, nil
	}
	return WGS84, fmt.Errorf("%q is not a datum; use one of wgs84, gcj02, bd09", s)
}

// String gives wgs84, gcj02 or bd09.
func (d Datum) String() string {
	switch d {
	case GCJ02:
		return "gcj02"
	case BD09:
		return "bd09"
	}
	return "wgs84"
}

// MarshalText implements encoding.TextMarshaler.
func (d Datum) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Datum) UnmarshalText(b []byte) (err error) { *d, err = ParseDatum(string(b)); return err }

// ToWGS84 converts a position of datum d. The forward functions have no closed
// inverse; they are inverted by fixed-point iteration to below a millimetre,
// which for BD-09 is limited by its own constants to about a centimetre.
// Positions outside mainland China come back unchanged: neither shift applies
// there. Whether a position is inside is decided on the WGS-84 side, so that
// ToWGS84 undoes FromWGS84 right up to the border.
func (d Datum) ToWGS84(p LatLon) LatLon {
	if d == WGS84 || !p.Valid() || !nearChina(p) {
		return p
	}
	w := p
	for range 30 {
		q := d.shift(w)
		dLat, dLon := q.Lat-p.Lat, q.Lon-p.Lon
		w.Lat -= dLat
		w.Lon -= dLon
		if math.Abs(dLat) < 1e-10 && math.Abs(dLon) < 1e-10 {
			break
		}
	}
	if !InMainlandChina(w) {
		return p
	}
	return w
}

// FromWGS84 converts a WGS-84 position to datum d; outside mainland China it is unchanged.
func (d Datum) FromWGS84(p LatLon) LatLon {
	if d == WGS84 || !p.Valid() || !InMainlandChina(p) {
		return p
	}
	return d.shift(p)
}

// shift applies the datum's function wherever the position is.
func (d Datum) shift(p LatLon) LatLon {
	g := gcjShift(p)
	if d == BD09 {
		return bdShift(g)
	}
	return g
}

// Krasovsky 1940 ellipsoid, which GCJ-02 is built on.
const (
	krasovskyA  = 6378245.0
	krasovskyE2 = 0.00669342162296594323
)

// gcjShift is the GCJ-02 function as published by reverse engineering
// (en.wikipedia.org/wiki/Restrictions_on_geographic_data_in_China#GCJ-02).
func gcjShift(p LatLon) LatLon {
	x, y := p.Lon-105, p.Lat-35
	root := math.Sqrt(math.Abs(x))
	waves := 20 * (math.Sin(6*x*math.Pi) + math.Sin(2*x*math.Pi))
	lat := -100 + 2*x + 3*y + 0.2*y*y + 0.1*x*y + 0.2*root +
		(waves+20*math.Sin(y*math.Pi)+40*math.Sin(y/3*math.Pi)+160*math.Sin(y/12*math.Pi)+320*math.Sin(y/30*math.Pi))*2/3
	lon := 300 + x + 2*y + 0.1*x*x + 0.1*x*y + 0.1*root +
		(waves+20*math.Sin(x*math.Pi)+40*math.Sin(x/3*math.Pi)+150*math.Sin(x/12*math.Pi)+300*math.Sin(x/30*math.Pi))*2/3
	sin, cos := math.Sincos(p.Lat * radians)
	w := 1 - krasovskyE2*sin*sin
	meridian := krasovskyA * (1 - krasovskyE2) / (w * math.Sqrt(w))
	return LatLon{
		Lat: p.Lat + lat/(meridian*radians),
		Lon: p.Lon + lon/(krasovskyA/math.Sqrt(w)*cos*radians),
	}
}

// bdShift takes GCJ-02 to BD-09.
func bdShift(g LatLon) LatLon {
	const k = math.Pi * 3000 / 180
	r := math.Hypot(g.Lon, g.Lat) + 0.00002*math.Sin(g.Lat*k)
	a := math.Atan2(g.Lat, g.Lon) + 0.000003*math.Cos(g.Lon*k)
	sin, cos := math.Sincos(a)
	return LatLon{Lat: r*sin + 0.006, Lon: r*cos + 0.0065}
}

// nearChina is a cheap first test.
func nearChina(p LatLon) bool {
	return p.Lat > 17 && p.Lat < 54.5 && p.Lon > 72 && p.Lon < 136
}

// InMainlandChina tells whether the shifted datums apply at a WGS-84 position:
// inside the coarse outline below, to some kilometres at land borders and about
// one kilometre at Hong Kong and Macau, where they do not apply.
func InMainlandChina(p LatLon) bool {
	if !nearChina(p) || !outlineContains(mainland, p) {
		return false
	}
	for _, out := range notMainland {
		if outlineContains(out, p) {
			return false
		}
	}
	return true
}

// outlineContains is the even-odd rule over a closed list of longitude, latitude.
func outlineContains(ring [][2]float64, p LatLon) bool {
	in := false
	j := len(ring) - 1
	for i := range ring {
		a, b := ring[i], ring[j]
		if (a[1] > p.Lat) != (b[1] > p.Lat) && p.Lon < (b[0]-a[0])*(p.Lat-a[1])/(b[1]-a[1])+a[0] {
			in = !in
		}
		j = i
	}
	return in
}
