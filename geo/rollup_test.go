package geo

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// TestRollUpOnce: in trees of four levels whose regions overlap and leave gaps, every
// record counts once on each level of its path; each level's total and the records
// that reach no deeper add up to all, at every cell resolution, and the order in
// which a file gives its regions changes nothing.
func TestRollUpOnce(t *testing.T) {
	levels := []string{"country", "province", "prefecture", "district"}
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		var regions []Region
		var grow func(parent string, depth int, at LatLon, size float64)
		grow = func(parent string, depth int, at LatLon, size float64) {
			code := fmt.Sprintf("%s%d", parent, len(regions))
			region := Region{Code: code, Level: levels[depth], Parent: parent, Geometry: blob(r, at, size)}
			if r.IntN(6) == 0 {
				region.Geometry = nil // known by its parts only
			}
			regions = append(regions, region)
			for n := 0; depth+1 < len(levels) && n < 2; n++ {
				grow(code, depth+1, LatLon{at.Lat + size*(r.Float64()-0.5), at.Lon + size*(r.Float64()-0.5)}, size/2)
			}
		}
		grow("", 0, LatLon{30, 104}, 0.4)
		c, err := NewCatalogue(nil, regions, nil)
		if err != nil {
			t.Fatal(err)
		}
		mixed := append([]Region(nil), regions...)
		r.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		other, err := NewCatalogue(nil, mixed, nil)
		if err != nil {
			t.Fatal(err)
		}
		const records = 300
		reached := make([]int, len(levels)+1) // paths of a length
		byRegion := map[string]int{}
		byCell := map[Resolution]map[Cell]map[string]int{5: {}, 7: {}, RankResolution: {}}
		for range records {
			p := LatLon{30 + 0.9*(r.Float64()-0.5), 104 + 0.9*(r.Float64()-0.5)}
			l := c.Locate(Evidence{HasPos: true, Pos: p, Floor: UnknownFloor})
			if again := other.Locate(Evidence{HasPos: true, Pos: p, Floor: UnknownFloor}); again.Region != l.Region {
				t.Fatalf("%v is in %q, in another order of the regions in %q", p, l.Region, again.Region)
			}
			path := c.RegionPath(l.Region)
			reached[len(path)]++
			for depth, code := range path {
				if reg, _ := c.Region(code); reg.Level != levels[depth] {
					t.Fatalf("%v: level %d of its path is a %s", p, depth, reg.Level)
				}
				byRegion[code]++
				for res, cells := range byCell {
					cell := l.Cell.Parent(res)
					if cells[cell] == nil {
						cells[cell] = map[string]int{}
					}
					cells[cell][code]++
				}
			}
		}
		deeper := records
		for depth, level := range levels {
			deeper -= reached[depth]
			total := 0
			for code, n := range byRegion {
				if reg, _ := c.Region(code); reg.Level == level {
					total += n
				}
			}
			if total != deeper {
				t.Fatalf("%s: %d records, want %d", level, total, deeper)
			}
		}
		for res, cells := range byCell {
			sums := map[string]int{}
			for _, in := range cells {
				for code, n := range in {
					sums[code] += n
				}
			}
			for code, n := range byRegion {
				if sums[code] != n {
					t.Fatalf("region %s: %d records, by cells of resolution %d %d", code, n, res, sums[code])
				}
			}
		}
	})
}

// TestRegionOrderOfPublicFiles: real files overlap and leave slivers; what a position
// belongs to does not depend on the order of their features.
func TestRegionOrderOfPublicFiles(t *testing.T) {
	r := rand.New(rand.NewPCG(81, 82))
	for _, name := range []string{"india_districts", "bengaluru_wards", "china_provinces"} {
		regions, err := ReadRegionsGeoJSON(sharedFile(t, "regions/"+name+".geojson"))
		if err != nil {
			t.Fatal(err)
		}
		mixed := append([]Region(nil), regions...)
		r.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		a, err := NewCatalogue(nil, regions, nil)
		if err != nil {
			t.Fatal(err)
		}
		b, err := NewCatalogue(nil, mixed, nil)
		if err != nil {
			t.Fatal(err)
		}
		several, none := 0, 0
		for range 4000 {
			ring := polygonsOf(regions[r.IntN(len(regions))].Geometry)[0][0]
			q := ring[r.IntN(len(ring))]
			p := LatLon{q[1] + 2e-3*r.NormFloat64(), q[0] + 2e-3*r.NormFloat64()}
			if !p.Valid() {
				continue
			}
			if one, two := a.RegionAt(p), b.RegionAt(p); one != two {
				t.Fatalf("%s: %v is in %q, in another order of the features in %q", name, p, one, two)
			}
			first := a.regions.shapes.first(p, 0)
			switch {
			case int(first) >= len(a.regions.shapes.owner):
				none++
			default:
				level := regions[a.regions.shapes.owner[first]].Level
				next := a.regions.shapes.first(p, first+1)
				if int(next) < len(a.regions.shapes.owner) && regions[a.regions.shapes.owner[next]].Level == level {
					several++
				}
			}
		}
		t.Logf("%s: of 4000 positions near borders %d lie in several regions of a level, %d in none", name, several, none)
		if several+none == 0 {
			t.Errorf("%s: no position met an overlap or a gap", name)
		}
	}
}
