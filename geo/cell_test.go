package geo

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"
	"github.com/uber/h3-go/v4"
)

func TestCellAtRefuses(t *testing.T) {
	for _, p := range []LatLon{{91, 0}, {-91, 10}, {0, 181}, {0, -180.5}, {math.NaN(), 0}, {0, math.NaN()}, {math.Inf(1), 0}, {121.5, 31.2}} {
		if c, err := CellAt(p, StoredResolution); err == nil {
			t.Errorf("%v gave cell %v", p, c)
		}
	}
	for _, r := range []Resolution{-1, 16} {
		if c, err := CellAt(LatLon{}, r); err == nil {
			t.Errorf("resolution %d gave cell %v", r, c)
		}
	}
	err := LatLon{121.5, 31.2}.Validate()
	if err == nil || err.Error() != "latitude 121.5 is outside -90 to 90 degrees: latitude and longitude look swapped" {
		t.Errorf("swapped: %v", err)
	}
}

func TestCellPublished(t *testing.T) {
	// The example of the H3 documentation (latLngToCell).
	c, err := CellAt(LatLon{37.775938728915946, -122.41795063018799}, 9)
	if err != nil || c.String() != "8928308280fffff" {
		t.Errorf("%v, %v", c, err)
	}
}

func TestParentIsLibrarysParent(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 20_000 {
		own := Resolution(r.IntN(16))
		c, err := CellAt(randomPosition(r), own)
		if err != nil {
			t.Fatal(err)
		}
		if c.Resolution() != own {
			t.Fatalf("%v: resolution %d, not %d", c, c.Resolution(), own)
		}
		up := Resolution(r.IntN(int(own) + 1))
		want, err := h3.Cell(c).Parent(int(up))
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Parent(up); got != Cell(want) {
			t.Fatalf("%v at %d: %v, the library says %v", c, up, got, want)
		}
		if own < 15 && c.Parent(own+1) != 0 {
			t.Fatalf("%v has a parent finer than itself", c)
		}
	}
}

func TestParseCell(t *testing.T) {
	for _, s := range []string{"", "zzz", "0", "ffffffffffffffff", "8928308280ffff", "8928308280ffffff", "-1", "8928308280fffff ", "0x8928308280fffff", "g928308280fffff"} {
		if c, err := ParseCell(s); err == nil {
			t.Errorf("%q was read as %v", s, c)
		}
	}
	c, err := ParseCell("8928308280fffff")
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(struct {
		C, None Cell
		M       map[Cell]int
	}{c, 0, map[Cell]int{c: 1}})
	if want := `{"C":"8928308280fffff","None":"","M":{"8928308280fffff":1}}`; err != nil || string(b) != want {
		t.Errorf("%s, %v", b, err)
	}
	var back struct{ C, None Cell }
	if err := json.Unmarshal(b, &back); err != nil || back.C != c || back.None != 0 {
		t.Errorf("%+v, %v", back, err)
	}
	if err := json.Unmarshal([]byte(`{"C":"zzz"}`), &back); err == nil {
		t.Error("zzz was read as a cell")
	}
}

func TestDisk(t *testing.T) {
	c, _ := CellAt(LatLon{31.23, 121.49}, 9)
	for k, want := range map[int]int{0: 1, 1: 7, 2: 19, 5: 91} {
		if got := len(c.Disk(k)); got != want {
			t.Errorf("disk %d has %d cells, not %d", k, got, want)
		}
	}
	pentagons, err := h3.Pentagons(9)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pentagons {
		if got := len(Cell(p).Disk(1)); got != 6 {
			t.Errorf("pentagon %v has %d cells in its disk", Cell(p), got)
		}
		for _, d := range Cell(p).Disk(3) {
			if !d.Valid() {
				t.Errorf("%v in the disk of a pentagon", d)
			}
		}
	}
	if Cell(0).Disk(1) != nil || c.Disk(-1) != nil {
		t.Error("a disk around nothing")
	}
}

// TestBoundary cuts cells everywhere, at the antimeridian and at the poles: the
// pieces must have the cell's area, lie on the map, run counter-clockwise and,
// away from the poles, never be wider than a cell.
func TestBoundary(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	cut := 0
	check := func(p LatLon, res Resolution) {
		t.Helper()
		c, err := CellAt(p, res)
		if err != nil {
			t.Fatal(err)
		}
		g := c.Boundary()
		area := 0.0
		for _, poly := range polygonsOf(g) {
			ring := poly[0]
			if len(ring) < 4 || ring[0] != ring[len(ring)-1] {
				t.Fatalf("%v: ring %v is not closed", c, ring)
			}
			for _, q := range ring {
				if err := latLon(q).Validate(); err != nil {
					t.Fatalf("%v: %v", c, err)
				}
			}
			if ring.Orientation() != orb.CCW {
				t.Fatalf("%v runs clockwise", c)
			}
			if w := ring.Bound().Max[0] - ring.Bound().Min[0]; w > 180 && math.Abs(p.Lat) < 80 {
				t.Fatalf("%v is %v degrees wide", c, w)
			}
			area += Area(poly)
		}
		if len(polygonsOf(g)) > 1 {
			cut++
		}
		want, err := h3.CellAreaM2(h3.Cell(c))
		if err != nil {
			t.Fatal(err)
		}
		want *= math.Pow(orb.EarthRadius/6371007.180918475, 2) // the library's sphere is smaller
		// Edges are great circles; drawn straight on the map they differ by little at these sizes.
		if tolerance := 0.03; math.Abs(area-want) > tolerance*want && math.Abs(p.Lat) < 85 {
			t.Fatalf("%v near %v: area %v, the library says %v", c, p, area, want)
		}
	}
	for range 2000 {
		check(randomPosition(r), Resolution(4+r.IntN(9)))
		check(LatLon{160*r.Float64() - 80, 180 - 1e-3*r.Float64()}, Resolution(4+r.IntN(6)))
		check(LatLon{160*r.Float64() - 80, -180 + 1e-3*r.Float64()}, Resolution(4+r.IntN(6)))
	}
	if cut < 1000 {
		t.Errorf("only %d cells were cut at the antimeridian", cut)
	}
	for _, lat := range []float64{90, -90} {
		for res := Resolution(0); res <= 12; res++ {
			c, _ := CellAt(LatLon{lat, 0}, res)
			poly, ok := c.Boundary().(orb.Polygon)
			if !ok {
				t.Fatalf("the cell at the pole is a %T", c.Boundary())
			}
			if b := poly.Bound(); b.Max[0] != 180 || b.Min[0] != -180 || b.Max[1] != 90 && b.Min[1] != -90 || poly[0].Orientation() != orb.CCW {
				t.Errorf("the cell at the pole covers %v", b)
			}
		}
	}
	if Cell(1).Boundary() != nil || (Cell(1).Center() != LatLon{}) {
		t.Error("an invalid cell has an outline")
	}
}
