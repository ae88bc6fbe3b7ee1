package geo

import (
	"fmt"
	"math"
	"testing"
)

// TestSectorEdges: what site lists leave out, repeat or overdo has one answer each, and
// every footprint sums to 1 at every resolution.
func TestSectorEdges(t *testing.T) {
	nan := math.NaN()
	at := LatLon{31.2, 121.5}
	east := func(m float64) LatLon {
		return LatLon{at.Lat, at.Lon + m/(metresPerDeg*math.Cos(at.Lat*radians))}
	}
	sector := func(azimuth, beam, reach float64) Site {
		return Site{RadioCell: "a", Pos: at, AzimuthDeg: azimuth, BeamwidthDeg: beam, RangeM: reach, RAT: RAT4G}
	}
	far := Site{RadioCell: "far", Pos: east(60_000), AzimuthDeg: nan, BeamwidthDeg: nan, RangeM: 500, RAT: RAT4G}
	for _, test := range []struct {
		name  string
		sites []Site
		reach float64 // expected
		area  float64 // share of the full disc of that reach
		lean  float64 // expected distance of the footprint's centre to the east, in metres
	}{
		{"a usual sector", []Site{sector(90, 65, 2000)}, 2000, 65.0 / 360, 1263},
		{"beamwidth 240", []Site{sector(90, 240, 2000)}, 2000, 240.0 / 360, 551},
		{"beamwidth 359", []Site{sector(90, 359, 2000)}, 2000, 1, 0},
		{"beamwidth 360", []Site{sector(90, 360, 2000)}, 2000, 1, 0},
		{"beamwidth 720", []Site{sector(90, 720, 2000)}, 2000, 1, 0},
		{"beamwidth 0", []Site{sector(90, 0, 2000)}, 2000, 1, 0},
		{"no beamwidth", []Site{sector(90, nan, 2000)}, 2000, 1, 0},
		{"no azimuth", []Site{sector(nan, 65, 2000)}, 2000, 1, 0},
		{"azimuth −270 is 90", []Site{sector(-270, 65, 2000)}, 2000, 65.0 / 360, 1263},
		{"azimuth 450 is 90", []Site{sector(450, 65, 2000)}, 2000, 65.0 / 360, 1263},
		{"no range: the usual one", []Site{sector(90, 65, nan)}, usualRange[RAT4G], 65.0 / 360, 1263},
		{"range 0: the usual one", []Site{sector(90, 65, 0), far}, usualRange[RAT4G], 65.0 / 360, 1263},
		{"range −5", []Site{sector(90, 65, -5)}, usualRange[RAT4G], 65.0 / 360, 1263},
		{"no range, a neighbour", []Site{sector(nan, nan, nan), {RadioCell: "b", Pos: east(-900), RAT: RAT4G, AzimuthDeg: nan, BeamwidthDeg: nan, RangeM: nan}}, 900, 0.804, 130},
		{"range of a satellite", []Site{sector(nan, nan, 1e6)}, mostRange, 1, 0},
		{"range of 3 m", []Site{sector(nan, nan, 3)}, leastRange, 1, 0},
		{"bands on one mast do not clip each other", []Site{sector(90, 65, 2000),
			{RadioCell: "b2", Pos: at, AzimuthDeg: 90, BeamwidthDeg: 65, RangeM: 900, RAT: RAT4G},
			{RadioCell: "b3", Pos: east(20), AzimuthDeg: 210, BeamwidthDeg: 65, RangeM: 2000, RAT: RAT4G}}, 2000, 65.0 / 360, 1263},
		{"nor do other technologies and indoor cells", []Site{sector(90, 65, 2000),
			{RadioCell: "b2", Pos: east(700), AzimuthDeg: nan, BeamwidthDeg: nan, RangeM: 900, RAT: RAT5G},
			{RadioCell: "b3", Pos: east(700), AzimuthDeg: nan, BeamwidthDeg: nan, RangeM: 90, RAT: RAT4G, Indoor: true}}, 2000, 65.0 / 360, 1263},
		{"a radio cell twice: the last counts, the first is no rival", []Site{
			{RadioCell: "a", Pos: east(600), AzimuthDeg: 270, BeamwidthDeg: 30, RangeM: 500, RAT: RAT4G}, sector(90, 65, 2000)}, 2000, 65.0 / 360, 1263},
	} {
		c, err := NewCatalogue(nil, nil, test.sites)
		if err != nil {
			t.Fatal(test.name, err)
		}
		i := c.sites.byCell["a"]
		if got := c.sites.reach(i); math.Abs(got-test.reach) > 2 {
			t.Errorf("%s: the reach is %v, want %v", test.name, got, test.reach)
		}
		w := c.Footprint("a")
		x, cells := 0.0, 0
		for _, cell := range w {
			x += cell.Weight * planeAt(at).to(cell.Cell.Center()).x
			cells++
		}
		// Cells are 200 m coarse; of large footprints the centre is right to less.
		if slack := 60 + test.reach/100; test.reach > 300 && math.Abs(x-test.lean) > slack {
			t.Errorf("%s: the footprint leans %.0f m to the east, want %.0f", test.name, x, test.lean)
		}
		size := math.Pi * test.reach * test.reach * test.area / 105_000 // cells of that area, without those cut by the rim
		if test.reach > 300 && (float64(cells) < 0.9*size || float64(cells) > 2.2*size+12) {
			t.Errorf("%s: %d cells for the area of %.0f", test.name, cells, size)
		}
		for r := Resolution(0); r <= RankResolution; r++ {
			by, sum := map[Cell]float64{}, 0.0
			for _, cell := range w {
				by[cell.Cell.Parent(r)] += cell.Weight
			}
			for _, v := range by {
				sum += v
			}
			if math.Abs(sum-1) > 1e-9 {
				t.Errorf("%s: resolution %d sums to %v", test.name, r, sum)
			}
		}
	}
}

// TestRadioCellsWithoutSite: a record that names a radio cell of no site is unlocated,
// and a site off the globe or without a name is refused, not guessed.
func TestRadioCellsWithoutSite(t *testing.T) {
	c, err := NewCatalogue(nil, nil, []Site{{RadioCell: "a", Pos: LatLon{31, 121}, RAT: RAT4G}})
	if err != nil {
		t.Fatal(err)
	}
	if l := c.Locate(Evidence{RadioCell: "b", Floor: UnknownFloor}); l != (Location{}) {
		t.Errorf("a radio cell without a site is at %+v", l)
	}
	if w := c.Footprint("b"); w != nil {
		t.Errorf("a radio cell without a site has the footprint %v", w)
	}
	if s, known := c.Site("b"); known {
		t.Errorf("a radio cell without a site is at %+v", s)
	}
	for i, s := range []Site{{RadioCell: "a", Pos: LatLon{math.NaN(), math.NaN()}}, {RadioCell: "a", Pos: LatLon{91, 0}}, {Pos: LatLon{31, 121}}} {
		if _, err := NewCatalogue(nil, nil, []Site{s}); err == nil {
			t.Error(fmt.Sprint("site ", i, " is taken: ", s))
		}
	}
}
