package geo

import (
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/uber/h3-go/v4"
)

// randomPosition is uniform on the globe.
func randomPosition(r *rand.Rand) LatLon {
	return LatLon{Lat: math.Asin(2*r.Float64()-1) / radians, Lon: 360*r.Float64() - 180}
}

// TestFastCell compares with the H3 library: everywhere, in cities, along the
// edges between faces, at face centres and corners, on cell borders.
func TestFastCell(t *testing.T) {
	l := theLattice()
	slow, n := 0, 0
	check := func(p LatLon) {
		t.Helper()
		n++
		want := libraryCell(p)
		if got := storedCell(p); got != want {
			t.Fatalf("%v: %v, the library says %v", p, got, want)
		}
		face, at, sure := l.nearest(p)
		if !sure || l.cell(face, at) == 0 {
			slow++
		}
	}
	total := 30_000
	if v, err := strconv.Atoi(os.Getenv("HOTCELL_CELL_POSITIONS")); err == nil {
		total = v // millions, when the projection is touched
	}
	r := rand.New(rand.NewPCG(1, uint64(total)))
	for range total {
		check(randomPosition(r))
	}
	t.Logf("everywhere: %d of %d left to the library", slow, n)
	if slow > n/50 {
		t.Errorf("%d of %d positions were left to the library; below 2 %% is expected", slow, n)
	}
	near := func(c LatLon, spread float64) LatLon {
		p := LatLon{Lat: c.Lat + spread*r.NormFloat64(), Lon: c.Lon + spread*r.NormFloat64()}
		p.Lat = max(-90, min(90, p.Lat))
		p.Lon = math.Mod(p.Lon+540, 360) - 180
		return p
	}
	for _, city := range []LatLon{{31.23, 121.49}, {12.97, 77.59}, {60.17, 24.94}, {39.29, -76.61}, {30.66, 104.06}, {42.5, 1.5}, {-17.8, 180}} {
		for range total / 20 {
			check(near(city, 0.1))
		}
	}
	for i := range l.faces {
		f := &l.faces[i]
		toLatLon := func(v vec3) LatLon {
			v = v.unit()
			return LatLon{math.Asin(v[2]) / radians, math.Atan2(v[1], v[0]) / radians}
		}
		for range total / 100 {
			check(near(toLatLon(f.normal), math.Pow(10, -9*r.Float64())))
			g := &l.faces[r.IntN(20)]
			if i != r.IntN(20) && f.normal.dot(g.normal) > 0.7 && f != g {
				edge := vec3{f.normal[0] + g.normal[0], f.normal[1] + g.normal[1], f.normal[2] + g.normal[2]}.unit()
				along := f.normal.cross(g.normal).unit()
				s := 0.7 * (r.Float64() - 0.5)
				check(near(toLatLon(vec3{edge[0] + s*along[0], edge[1] + s*along[1], edge[2] + s*along[2]}), math.Pow(10, -1-8*r.Float64())))
			}
		}
	}
	pentagons, err := h3.Pentagons(int(StoredResolution))
	if err != nil {
		t.Fatal(err)
	}
	for _, pent := range pentagons {
		c, _ := pent.LatLng()
		for range total / 100 {
			check(near(LatLon{c.Lat, c.Lng}, math.Pow(10, 1-8*r.Float64())))
		}
	}
	for range total / 20 {
		c := h3.Cell(libraryCell(randomPosition(r)))
		b, err := c.Boundary()
		if err != nil {
			t.Fatal(err)
		}
		u, v, s := b[0], b[1], r.Float64()
		if math.Abs(u.Lng-v.Lng) > 90 {
			continue
		}
		check(near(LatLon{u.Lat + s*(v.Lat-u.Lat), u.Lng + s*(v.Lng-u.Lng)}, math.Pow(10, -5-9*r.Float64())))
	}
	t.Logf("in all: %d of %d left to the library", slow, n)
}

func BenchmarkStoredCell(b *testing.B) {
	r := rand.New(rand.NewPCG(3, 4))
	ps := make([]LatLon, 1<<16)
	for i := range ps {
		ps[i] = LatLon{30.66 + 0.2*r.NormFloat64(), 104.06 + 0.2*r.NormFloat64()}
	}
	b.Run("lattice", func(b *testing.B) {
		b.ReportAllocs()
		start := cpuSeconds()
		for i := range b.N {
			storedCell(ps[i&0xffff])
		}
		b.ReportMetric((cpuSeconds()-start)*1e9/float64(b.N), "cpu-ns/op")
	})
	b.Run("library", func(b *testing.B) {
		start := cpuSeconds()
		for i := range b.N {
			libraryCell(ps[i&0xffff])
		}
		b.ReportMetric((cpuSeconds()-start)*1e9/float64(b.N), "cpu-ns/op")
	})
}
