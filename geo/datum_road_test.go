package geo

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"
)

// TestDatumByRoads moves Baltimore's real roads and buildings to Wuhan and drives
// along the highways in each datum: the estimate names it, and the right profile is
// never contradicted, in many small samples either.
func TestDatumByRoads(t *testing.T) {
	file, err := ReadVenuesOSM(context.Background(), sharedFile(t, "osm/baltimore.osm.pbf"))
	if err != nil {
		t.Fatal(err)
	}
	move := func(ps []orb.Point) {
		for i := range ps {
			ps[i][0] += 114.3 + 76.6
			ps[i][1] += 30.6 - 39.28
		}
	}
	for _, v := range file.Venues {
		for _, p := range polygonsOf(v.Geometry) {
			for _, r := range p {
				move(r)
			}
		}
		for _, l := range linesOf(v.Geometry) {
			move(l)
		}
	}
	var venues []Venue
	var roads []orb.LineString
	for _, v := range file.Venues {
		if dimension(v.Geometry) == 0 {
			continue // points stayed in Baltimore
		}
		venues = append(venues, v)
		if v.Scene == SceneHighway {
			for _, l := range linesOf(v.Geometry) {
				if len(l) > 1 {
					roads = append(roads, l)
				}
			}
		}
	}
	c, err := NewCatalogue(venues, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(45, 46))
	drive := func(d Datum, n int) (out []LatLon) {
		for range n {
			l := roads[r.IntN(len(roads))]
			k, s := r.IntN(len(l)-1), r.Float64()
			p := LatLon{l[k][1] + s*(l[k+1][1]-l[k][1]), l[k][0] + s*(l[k+1][0]-l[k][0])}
			p.Lat += 8 * r.NormFloat64() / metresPerDeg
			p.Lon += 8 * r.NormFloat64() / metresPerDeg
			out = append(out, d.FromWGS84(p))
		}
		return out
	}
	for _, d := range []Datum{WGS84, GCJ02, BD09} {
		if e := c.EstimateDatum(drive(d, 1000)); e.Best != d || !e.Sure {
			t.Errorf("driving in %v was taken for %v (%+v)", d, e.Best, e)
		}
		for range 30 {
			if e := c.EstimateDatum(drive(d, 100)); e.Sure && e.Best != d {
				t.Errorf("100 positions in %v: sure of %v (%+v)", d, e.Best, e)
			}
		}
	}
	// People anywhere in the town, on roads or not, contradict no profile.
	for range 30 {
		var out []LatLon
		for range 300 {
			out = append(out, LatLon{30.6 + 0.06*(r.Float64()-0.5), 114.3 + 0.06*(r.Float64()-0.5)})
		}
		if e := c.EstimateDatum(out); e.Sure {
			t.Errorf("positions spread evenly: sure of %v (%+v)", e.Best, e)
		}
	}
}
