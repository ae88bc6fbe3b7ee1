package geo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/uber/h3-go/v4"
	"pgregory.net/rapid"
)

// mass adds the weights up per ancestor of a resolution.
func mass(t *rapid.T, w []CellWeight, r Resolution) float64 {
	total := 0.0
	byParent := map[Cell]float64{}
	for _, x := range w {
		if !x.Cell.Valid() || x.Cell.Resolution() != RankResolution || !(x.Weight > 0 && x.Weight <= 1+1e-12) {
			t.Fatalf("%v has weight %v", x.Cell, x.Weight)
		}
		byParent[x.Cell.Parent(r)] += x.Weight
	}
	for _, v := range byParent {
		total += v
	}
	return total
}

// oddPlaces are where footprints go wrong if they do: pentagons, the
// antimeridian, the poles.
func oddPlaces(t *testing.T) []LatLon {
	pentagons, err := h3.Pentagons(9)
	if err != nil {
		t.Fatal(err)
	}
	out := []LatLon{{0, 180}, {-17, -179.9999}, {65, 179.999}, {89.99, 10}, {-89.99, -100}, {90, 0}, {31.23, 121.49}, {12.97, 77.59}}
	for _, p := range pentagons {
		c, _ := p.LatLng()
		out = append(out, LatLon{c.Lat, c.Lng})
	}
	return out
}

// TestMassConserved: whatever the sector, and wherever, the weights sum to 1 at
// every resolution, no cell comes twice, and none lies far outside the range.
func TestMassConserved(t *testing.T) {
	odd := oddPlaces(t)
	rapid.Check(t, func(t *rapid.T) {
		where := rapid.SampledFrom(odd).Draw(t, "place")
		near := func(label string, metres float64) LatLon {
			p := LatLon{
				Lat: max(-90, min(90, where.Lat+rapid.Float64Range(-metres, metres).Draw(t, label+" north")/metresPerDeg)),
				Lon: where.Lon + rapid.Float64Range(-metres, metres).Draw(t, label+" east")/metresPerDeg,
			}
			p.Lon = math.Mod(p.Lon+540, 360) - 180
			return p
		}
		orUnknown := func(label string, lo, hi float64) float64 {
			if rapid.Bool().Draw(t, label+" unknown") {
				return math.NaN()
			}
			return rapid.Float64Range(lo, hi).Draw(t, label)
		}
		var sites []Site
		for i := range rapid.IntRange(1, 5).Draw(t, "sites") {
			sites = append(sites, Site{RadioCell: fmt.Sprint(i), Pos: near("site", 3000), RAT: RAT(rapid.IntRange(0, 4).Draw(t, "rat")),
				AzimuthDeg: orUnknown("azimuth", 0, 360), BeamwidthDeg: orUnknown("beamwidth", 10, 360), RangeM: orUnknown("range", 10, 2500),
				Indoor: rapid.Bool().Draw(t, "indoor")})
		}
		c, err := NewCatalogue(nil, nil, sites)
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range sites {
			w := c.Footprint(s.RadioCell)
			seen := map[Cell]bool{}
			for _, x := range w {
				if seen[x.Cell] {
					t.Fatalf("%v comes twice", x.Cell)
				}
				seen[x.Cell] = true
				if d := Distance(s.Pos, x.Cell.Center()); d > c.sites.reach(i)+700 && math.Abs(s.Pos.Lat) < 85 { // the plane bends at the poles
					t.Fatalf("%v is %v m from a site of %v m", x.Cell, d, c.sites.reach(i))
				}
			}
			for r := Resolution(0); r <= RankResolution; r++ {
				if m := mass(t, w, r); math.Abs(m-1) > 1e-9 {
					t.Fatalf("resolution %d: the weights sum to %v", r, m)
				}
			}
		}
	})
}

// TestDiscMassConserved: whatever the accuracy, and wherever, a record spread over its
// disc counts once at every resolution, by area and by use, in no cell twice, and as
// near as its accuracy says.
func TestDiscMassConserved(t *testing.T) {
	odd := oddPlaces(t)
	c, err := NewCatalogue(nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		where := rapid.SampledFrom(odd).Draw(t, "place")
		p := LatLon{
			Lat: max(-90, min(90, where.Lat+rapid.Float64Range(-0.05, 0.05).Draw(t, "north"))),
			Lon: math.Mod(where.Lon+rapid.Float64Range(-0.05, 0.05).Draw(t, "east")+540, 360) - 180,
		}
		accuracy := math.Exp(rapid.Float64Range(math.Log(CellAccuracy+1), math.Log(MostDisc-1)).Draw(t, "accuracy"))
		l := c.Locate(Evidence{HasPos: true, Pos: p, AccuracyM: accuracy, Floor: UnknownFloor})
		at, rounded, ok := l.Place.Disc()
		if !ok || l.Cell != 0 || l.Place.IsChoice() {
			t.Fatalf("%v ± %v m is at %v", p, accuracy, l.Place)
		}
		if ratio := rounded / accuracy; ratio < 0.84 || ratio > 1.19 {
			t.Fatalf("an accuracy of %v m counts as %v", accuracy, rounded)
		}
		if d := Distance(at, p); d > 0.5*accuracy {
			t.Fatalf("an accuracy of %v m, and the disc is %v m off", accuracy, d)
		}
		w := l.Place.DiscCells()
		use := rapid.SliceOfN(rapid.Float64Range(0, 500), 7, 7).Draw(t, "use")
		for _, weights := range [][]CellWeight{w, ShareByExposure(w, func(c Cell) float64 { return use[c%7] }, 1)} {
			seen := map[Cell]bool{}
			for _, x := range weights {
				if seen[x.Cell] {
					t.Fatalf("%v comes twice", x.Cell)
				}
				seen[x.Cell] = true
				if d := Distance(at, x.Cell.Center()); d > rounded/math.Sqrt(DiscConfidence)+300 && math.Abs(p.Lat) < 85 { // the plane bends at the poles
					t.Fatalf("%v is %v m from a disc of %v m", x.Cell, d, rounded)
				}
			}
			for r := Resolution(0); r <= RankResolution; r++ {
				if m := mass(t, weights, r); math.Abs(m-1) > 1e-9 {
					t.Fatalf("resolution %d: the weights sum to %v", r, m)
				}
			}
		}
	})
	for _, id := range []PlaceID{0, 1, choiceMark | 7, discMark, discMark | 12<<discClass, discMark | PlaceID(^uint64(0)>>8), topBit | 5} {
		if p, r, ok := id.Disc(); ok || id.DiscCells() != nil {
			t.Errorf("%v is no disc, but has %v ± %v m", id, p, r)
		}
	}
}

// TestDiscConfidence: of positions that are off by so much that the stated accuracy
// holds 68 % of them, the disc's cells hold as many within that distance.
func TestDiscConfidence(t *testing.T) {
	for _, accuracy := range []float64{400, 2000, 4500} {
		id := discAt(LatLon{31.2, 121.5}, accuracy)
		at, rounded, _ := id.Disc()
		within, total := 0.0, 0
		w := id.DiscCells()
		for _, x := range w {
			// Cells on the rim count in part: by their resolution-11 descendants.
			in, all := 0, 0
			for _, near := range x.Cell.Children(StoredResolution) {
				all++
				if Distance(at, near.Center()) <= rounded {
					in++
				}
			}
			within += x.Weight * float64(in) / float64(all)
			total += all
		}
		t.Logf("%v m: %d cells, %.3f within", accuracy, len(w), within)
		if math.Abs(within-DiscConfidence) > 0.04 {
			t.Errorf("accuracy %v m: %.3f of the weight is within %v m", accuracy, within, rounded)
		}
	}
}

// TestFootprintAgainstSampling compares weights with random positions of the
// sector, put into cells one by one.
func TestFootprintAgainstSampling(t *testing.T) {
	nan := math.NaN()
	sites := []Site{
		{RadioCell: "a", Pos: LatLon{31.2, 121.5}, AzimuthDeg: 350, BeamwidthDeg: 65, RangeM: 1800, RAT: RAT4G},
		{RadioCell: "b", Pos: LatLon{31.211, 121.5}, AzimuthDeg: nan, BeamwidthDeg: nan, RangeM: 900, RAT: RAT4G},
		{RadioCell: "c", Pos: LatLon{31.205, 121.501}, AzimuthDeg: nan, BeamwidthDeg: nan, RangeM: 500, RAT: RAT5G},             // another technology clips nothing
		{RadioCell: "d", Pos: LatLon{31.203, 121.5}, AzimuthDeg: nan, BeamwidthDeg: nan, RangeM: nan, RAT: RAT4G, Indoor: true}, // nor does an indoor cell
	}
	c, err := NewCatalogue(nil, nil, sites)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(31, 32))
	counts, total := map[Cell]float64{}, 0.0
	for range 400_000 {
		p := LatLon{31.2 + 2000*(2*r.Float64()-1)/metresPerDeg, 121.5 + 2500*(2*r.Float64()-1)/metresPerDeg}
		d := Distance(sites[0].Pos, p)
		b := Bearing(sites[0].Pos, p)
		if d > 1800 || b > 22.5 && b < 317.5 || Distance(sites[1].Pos, p) < d {
			continue
		}
		counts[storedCell(p).Parent(RankResolution)]++
		total++
	}
	w := c.Footprint("a")
	off := 0.0
	for _, x := range w {
		off += math.Abs(x.Weight - counts[x.Cell]/total)
		delete(counts, x.Cell)
	}
	for _, n := range counts {
		off += n / total
	}
	t.Logf("%d cells; %.2f %% of the mass lies elsewhere than sampling says", len(w), 50*off)
	if off/2 > 0.05 {
		t.Errorf("%.1f %% of the mass lies elsewhere than sampling says", 50*off)
	}
	if got := c.Footprint("d"); len(got) > 3 {
		t.Errorf("an indoor cell of 100 m covers %d cells", len(got))
	}
	if d := Distance(sites[0].Pos, sites[1].Pos); math.Abs(c.sites.reach(0)-1800) > 1 || math.Abs(d-1224.5) > 1 {
		t.Errorf("reach %v, distance %v", c.sites.reach(0), d)
	}
}

func BenchmarkFootprint(b *testing.B) {
	r := rand.New(rand.NewPCG(33, 34))
	var sites []Site
	for i := range 20_000 {
		sites = append(sites, Site{RadioCell: fmt.Sprint(i), Pos: LatLon{31 + r.Float64(), 121 + r.Float64()}, AzimuthDeg: 360 * r.Float64(),
			BeamwidthDeg: 65, RangeM: math.NaN(), RAT: RAT4G})
	}
	c, err := NewCatalogue(nil, nil, sites)
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	start := cpuSeconds()
	for i := range b.N {
		c.sites.footprint(i % len(sites))
	}
	b.ReportMetric((cpuSeconds()-start)*1e6/float64(b.N), "cpu-µs/op")
}
