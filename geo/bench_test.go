package geo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"

	"github.com/paulmach/orb"
)

// benchWorld is the size the speed target names: 20,000 buildings in 20 cities,
// 5,000 km of highway, 3,000 districts with wiggly outlines, and 65,536 records:
// half of them in or near buildings, some on highways, the rest anywhere.
var benchWorld = sync.OnceValues(func() (*Catalogue, []Evidence) {
	r := rand.New(rand.NewPCG(21, 22))
	var venues []Venue
	var cities []LatLon
	for range 20 {
		cities = append(cities, LatLon{25 + 8*r.Float64(), 100 + 15*r.Float64()})
	}
	near := func(spread float64) LatLon {
		c := cities[r.IntN(len(cities))]
		return LatLon{c.Lat + spread*r.NormFloat64(), c.Lon + spread*r.NormFloat64()}
	}
	for i := range 20_000 {
		c := near(0.05)
		n := 4 + r.IntN(17)
		var ring orb.Ring
		for k := range n {
			a, d := 2*math.Pi*float64(k)/float64(n), 0.0002*(1+r.Float64())
			ring = append(ring, orb.Point{c.Lon + d*math.Cos(a), c.Lat + d*math.Sin(a)})
		}
		floors := r.IntN(40)
		venues = append(venues, Venue{ID: fmt.Sprint("V", i), Name: fmt.Sprint("Building ", i), Scene: SceneOfficeTower, Floors: floors,
			Geometry: orb.Polygon{append(ring, ring[0])}})
		if floors >= 10 {
			venues = append(venues, Venue{ID: fmt.Sprint("L", i), Scene: SceneLift, Parent: fmt.Sprint("V", i), Geometry: c.Point()})
		}
	}
	buildings := len(venues)
	var roads []orb.Point
	for i := range 25 { // 200 km each
		p := cities[i%len(cities)]
		heading := 360 * r.Float64()
		var line orb.LineString
		for range 2000 {
			line = append(line, p.Point())
			heading += 5 * r.NormFloat64()
			p.Lat += 100 * math.Cos(heading*radians) / metresPerDeg
			p.Lon += 100 * math.Sin(heading*radians) / (metresPerDeg * math.Cos(p.Lat*radians))
		}
		roads = append(roads, line...)
		venues = append(venues, Venue{ID: fmt.Sprint("H", i), Ref: fmt.Sprint("G", i), Scene: SceneHighway, Geometry: line})
	}
	// 60 × 50 districts over 9° × 16°, their shared edges wiggling through 30 vertices.
	var regions []Region
	const rows, columns, bends = 50, 60, 30
	corner := func(i, j int) orb.Point { return orb.Point{99.5 + 16*float64(j)/columns, 24.5 + 9*float64(i)/rows} }
	wiggle := func(a, b orb.Point) (out []orb.Point) {
		q := rand.New(rand.NewPCG(math.Float64bits(a[0]+b[0]), math.Float64bits(a[1]+b[1])))
		for k := range bends {
			s := float64(k) / bends
			d := 0.0
			if k > 0 {
				d = 0.01 * (q.Float64() - 0.5)
			}
			out = append(out, orb.Point{a[0] + s*(b[0]-a[0]) + d, a[1] + s*(b[1]-a[1]) + d})
		}
		return out
	}
	back := func(a, b orb.Point) (out []orb.Point) {
		fwd := append(wiggle(b, a), a)
		for k := len(fwd) - 1; k > 0; k-- {
			out = append(out, fwd[k])
		}
		return out
	}
	for i := range rows {
		for j := range columns {
			var ring orb.Ring
			ring = append(ring, wiggle(corner(i, j), corner(i, j+1))...)
			ring = append(ring, wiggle(corner(i, j+1), corner(i+1, j+1))...)
			ring = append(ring, back(corner(i+1, j+1), corner(i+1, j))...)
			ring = append(ring, back(corner(i+1, j), corner(i, j))...)
			regions = append(regions, Region{Code: fmt.Sprintf("%02d%02d", i, j), Level: "district", Parent: "P",
				Geometry: orb.Polygon{append(ring, ring[0])}})
		}
	}
	regions = append(regions, Region{Code: "P", Level: "province"})
	c, err := NewCatalogue(venues, regions, nil)
	if err != nil {
		panic(err)
	}
	records := make([]Evidence, 1<<16)
	for i := range records {
		e := Evidence{HasPos: true, AccuracyM: 20 * r.Float64(), Floor: UnknownFloor, Indoor: Indoor(r.IntN(4))}
		switch v := r.IntN(10); {
		case v < 5:
			p := centreOf(venues[r.IntN(buildings)].Geometry)
			e.Pos = LatLon{p.Lat + 0.0001*r.NormFloat64(), p.Lon + 0.0001*r.NormFloat64()}
			if r.IntN(2) == 0 {
				e.Floor = int16(r.IntN(40) - 3)
			}
		case v < 7:
			p := roads[r.IntN(len(roads))]
			e.Pos = LatLon{p[1] + 0.0001*r.NormFloat64(), p[0] + 0.0001*r.NormFloat64()}
		case v < 9:
			e.Pos = near(0.08)
		default:
			e.Pos = LatLon{24.6 + 8.8*r.Float64(), 99.6 + 15.8*r.Float64()}
		}
		records[i] = e
	}
	c.LocateAll(records, make([]Location, len(records))) // learns the lattice's prefixes
	return c, records
})

// BenchmarkLocate guards the target of 2 million coordinate records per second
// and core, everything included: cell, region, venue, part, highway.
func BenchmarkLocate(b *testing.B) {
	c, records := benchWorld()
	b.ReportAllocs()
	b.ResetTimer()
	start := cpuSeconds()
	for i := range b.N {
		c.Locate(records[i&(1<<16-1)])
	}
	b.ReportMetric(float64(b.N)/(cpuSeconds()-start), "records/cpu-s")
}

// BenchmarkLocateAll is the same in batches of 256 as files are read.
func BenchmarkLocateAll(b *testing.B) {
	c, records := benchWorld()
	out := make([]Location, 256)
	b.ReportAllocs()
	b.ResetTimer()
	start := cpuSeconds()
	for i := 0; i < b.N; i += len(out) {
		c.LocateAll(records[i&(1<<16-1):][:len(out)], out)
	}
	b.ReportMetric(float64(b.N)/(cpuSeconds()-start), "records/cpu-s")
}

// cpuSeconds is the processor time this process has used: unlike the clock it
// says something on a machine that others use too.
func cpuSeconds() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return math.NaN()
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

func BenchmarkLocateSteps(b *testing.B) {
	c, records := benchWorld()
	step := func(name string, f func(e *Evidence)) {
		b.Run(name, func(b *testing.B) {
			start := cpuSeconds()
			for i := range b.N {
				f(&records[i&(1<<16-1)])
			}
			b.ReportMetric((cpuSeconds()-start)*1e9/float64(b.N), "cpu-ns/op")
		})
	}
	step("cell", func(e *Evidence) { storedCell(e.Pos) })
	step("square", func(e *Evidence) { c.squares.at(e.Pos) })
	step("region", func(e *Evidence) { c.regions.at(e.Pos) })
	step("venue", func(e *Evidence) { c.containing(e, &Hints{}, c.squares.at(e.Pos), e.AccuracyM) })
}

// BenchmarkNewCatalogue is what a swap of the catalogue costs.
func BenchmarkNewCatalogue(b *testing.B) {
	c, _ := benchWorld()
	for range b.N {
		if _, err := NewCatalogue(c.venues, c.regions.regions, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// TestLocateAllocatesNothing keeps the coordinates path free of garbage.
func TestLocateAllocatesNothing(t *testing.T) {
	c, records := benchWorld()
	i := 0
	if n := testing.AllocsPerRun(5000, func() { c.Locate(records[i&(1<<16-1)]); i++ }); n > 0 {
		t.Errorf("%v allocations per record", n)
	}
}
