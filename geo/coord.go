package geo

import (
	"fmt"
	"math"

	"github.com/paulmach/orb"
)

const (
	radians      = math.Pi / 180
	metresPerDeg = orb.EarthRadius * radians // one degree of latitude, or of longitude at the equator
)

// Validate says what is wrong with a position, or nil. H3 takes any number
// without complaint, so every position goes through here before it becomes a cell.
func (p LatLon) Validate() error {
	switch {
	case math.IsNaN(p.Lat) || math.IsNaN(p.Lon):
		return fmt.Errorf("the position %v, %v is not a number", p.Lat, p.Lon)
	case !(p.Lat >= -90 && p.Lat <= 90) && p.Lon >= -90 && p.Lon <= 90 && p.Lat >= -180 && p.Lat <= 180:
		return fmt.Errorf("latitude %v is outside -90 to 90 degrees: latitude and longitude look swapped", p.Lat)
	case !(p.Lat >= -90 && p.Lat <= 90):
		return fmt.Errorf("latitude %v is outside -90 to 90 degrees", p.Lat)
	case !(p.Lon >= -180 && p.Lon <= 180):
		return fmt.Errorf("longitude %v is outside -180 to 180 degrees", p.Lon)
	}
	return nil
}

// Valid tells whether Validate finds nothing wrong.
func (p LatLon) Valid() bool {
	return p.Lat >= -90 && p.Lat <= 90 && p.Lon >= -180 && p.Lon <= 180
}

// Point gives the position in orb's order, longitude first.
func (p LatLon) Point() orb.Point { return orb.Point{p.Lon, p.Lat} }

// Distance gives the great-circle distance in metres by the haversine formula,
// on the sphere of the package comment.
func Distance(a, b LatLon) float64 {
	sinLat := math.Sin((b.Lat - a.Lat) * radians / 2)
	sinLon := math.Sin((b.Lon - a.Lon) * radians / 2)
	h := sinLat*sinLat + sinLon*sinLon*math.Cos(a.Lat*radians)*math.Cos(b.Lat*radians)
	return 2 * orb.EarthRadius * math.Asin(math.Sqrt(min(1, h)))
}

// Bearing gives the initial course from a to b in degrees clockwise from north, 0 to 360.
func Bearing(a, b LatLon) float64 {
	dLon := (b.Lon - a.Lon) * radians
	y := math.Sin(dLon) * math.Cos(b.Lat*radians)
	x := math.Cos(a.Lat*radians)*math.Sin(b.Lat*radians) - math.Sin(a.Lat*radians)*math.Cos(b.Lat*radians)*math.Cos(dLon)
	return math.Mod(math.Atan2(y, x)/radians+360, 360)
}

// latLon turns an orb point round.
func latLon(p orb.Point) LatLon { return LatLon{Lat: p[1], Lon: p[0]} }
