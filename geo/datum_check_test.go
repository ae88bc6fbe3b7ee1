package geo

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// TestEstimateDatum puts people into real Shanghai buildings, writes their
// positions in each datum, and asks which one it was.
func TestEstimateDatum(t *testing.T) {
	file, err := ScanVenuesGeoJSON(sharedFile(t, "osm/shanghai_lujiazui_bund.geojson"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewCatalogue(file.Venues, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(41, 42))
	for _, d := range []Datum{WGS84, GCJ02, BD09} {
		var positions []LatLon
		for range 1000 {
			v := &c.extents[r.IntN(len(c.extents))]
			p := v.centre
			if r.IntN(2) == 0 { // half of them anywhere in the area
				p.Lat += 0.02 * (r.Float64() - 0.5)
				p.Lon += 0.02 * (r.Float64() - 0.5)
			}
			p.Lat += 15 * r.NormFloat64() / metresPerDeg
			p.Lon += 15 * r.NormFloat64() / metresPerDeg
			positions = append(positions, d.FromWGS84(p))
		}
		e := c.EstimateDatum(positions)
		t.Logf("%v: %+v", d, e)
		if e.Best != d || !e.Sure {
			t.Errorf("%v was taken for %v (sure: %v)", d, e.Best, e.Sure)
		}
		if few := c.EstimateDatum(positions[:20]); few.Sure {
			t.Errorf("%v: sure after 20 positions", d)
		}
	}
	var anywhere []LatLon
	for range 3000 {
		anywhere = append(anywhere, LatLon{31.23 + 0.02*(r.Float64()-0.5), 121.49 + 0.02*(r.Float64()-0.5)})
	}
	if e := c.EstimateDatum(anywhere); e.Sure {
		t.Errorf("positions spread evenly: sure of %v (%+v)", e.Best, e)
	}
	if e := c.EstimateDatum([]LatLon{{12.97, 77.59}, {60.17, 24.94}}); e.Used != 0 || e.Sure {
		t.Errorf("outside China: %+v", e)
	}
}

// TestRegionsAddUp: every position belongs to exactly one finest region, and the
// totals per level are the same whichever way they are added up.
func TestRegionsAddUp(t *testing.T) {
	regs, err := ReadRegionsGeoJSON(sharedFile(t, "regions/india_districts.geojson"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewCatalogue(nil, regs, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(43, 44))
	inDistrict, inState := map[string]int{}, map[string]int{}
	located, atRoot := 0, 0
	for range 30_000 {
		p := LatLon{8 + 28*r.Float64(), 69 + 27*r.Float64()}
		code := c.RegionAt(p)
		if code == "" {
			continue
		}
		located++
		path := c.RegionPath(code)
		inState[path[0]]++
		if len(path) == 1 {
			atRoot++
		} else {
			inDistrict[path[1]]++
		}
	}
	states, districts := 0, 0
	for code, n := range inState {
		states += n
		children := 0
		for d, m := range inDistrict {
			if c.RegionPath(d)[0] == code {
				children += m
			}
		}
		if children > n {
			t.Errorf("%s: %d positions, its districts %d", code, n, children)
		}
	}
	for _, n := range inDistrict {
		districts += n
	}
	if states != located || districts+atRoot != located || atRoot > 0 || located < 10_000 {
		t.Errorf("%d located, %d by state, %d by district, %d in no district", located, states, districts, atRoot)
	}
}

func TestShareByExposure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := SpreadDisc(LatLon{31.2, 121.5}, rapid.Float64Range(0, 2000).Draw(t, "radius"))
		use := map[Cell]float64{}
		for _, x := range w {
			if rapid.Bool().Draw(t, "used") {
				use[x.Cell] = rapid.Float64Range(-5, 1e6).Draw(t, "use")
			}
		}
		out := ShareByExposure(w, func(c Cell) float64 { return use[c] }, rapid.Float64Range(-1, 100).Draw(t, "prior"))
		if m := mass(t, out, 7); math.Abs(m-1) > 1e-9 || len(out) != len(w) {
			t.Fatalf("the weights sum to %v", m)
		}
	})
	w := []CellWeight{{1, 0.5}, {2, 0.3}, {3, 0.2}}
	out := ShareByExposure(w, func(c Cell) float64 { return []float64{0, 0, 90, math.NaN()}[c] }, 10)
	// The mean is 27, a tenth of it less than 10: 0.5·10, 0.3·100, 0.2·10 of 37.
	want := []CellWeight{{2, 30.0 / 37}, {1, 5.0 / 37}, {3, 2.0 / 37}}
	for i := range want {
		if out[i].Cell != want[i].Cell || math.Abs(out[i].Weight-want[i].Weight) > 1e-12 {
			t.Errorf("%v, expected %v", out, want)
		}
	}
	if same := ShareByExposure(w, func(Cell) float64 { return 0 }, 0); same[0] != w[0] || same[2] != w[2] {
		t.Errorf("without exposure: %v", same)
	}
}
