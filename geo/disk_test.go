package geo

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/uber/h3-go/v4"
)

// TestDiskIsTheLibrarys compares disks, and their order, with the library's: all over
// the globe, across borders of base cells and at pentagons.
func TestDiskIsTheLibrarys(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	compare := func(c Cell, k int) {
		t.Helper()
		disk, err := h3.Cell(c).GridDisk(k)
		if err != nil {
			t.Fatal(err)
		}
		var want []Cell
		for _, d := range disk {
			if d != 0 {
				want = append(want, Cell(d))
			}
		}
		if got := c.Disk(k); !slices.Equal(got, want) {
			t.Fatalf("disk %d of %v: %v, the library says %v", k, c, got, want)
		}
	}
	quick := 0
	for range 30_000 {
		c, err := CellAt(LatLon{r.Float64()*180 - 90, r.Float64()*360 - 180}, Resolution(r.IntN(16)))
		if err != nil {
			t.Fatal(err)
		}
		k := r.IntN(7)
		compare(c, k)
		if _, ok := c.spiral(nil, k); ok && c.plain() {
			quick++
		}
	}
	if quick < 20_000 {
		t.Errorf("only %d of 30,000 disks without the library", quick)
	}
	for res := range 16 {
		pentagons, err := h3.Pentagons(res)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range pentagons {
			for _, c := range Cell(p).Disk(3) {
				compare(c, 3)
			}
		}
	}
	for _, c := range mustCells(t, 3) { // all of the earth, borders included
		compare(c, 1)
	}
}

func mustCells(t *testing.T, res int) (out []Cell) {
	t.Helper()
	bases, err := h3.Res0Cells()
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range bases {
		children, err := b.Children(res)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range children {
			out = append(out, Cell(c))
		}
	}
	return out
}

// TestPlainIsValid spoils cells bit by bit: what is taken for a cell without asking
// the library is one.
func TestPlainIsValid(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 6))
	plain := 0
	for range 100_000 {
		c, err := CellAt(LatLon{r.Float64()*180 - 90, r.Float64()*360 - 180}, Resolution(r.IntN(16)))
		if err != nil {
			t.Fatal(err)
		}
		for range r.IntN(3) {
			c ^= 1 << r.IntN(64)
		}
		if c.plain() {
			plain++
			if !c.Valid() {
				t.Fatalf("%x is no cell", uint64(c))
			}
		}
	}
	if plain < 30_000 {
		t.Errorf("only %d plain cells", plain)
	}
}

func BenchmarkDisk(b *testing.B) {
	c, err := CellAt(LatLon{31.23, 121.49}, 9)
	if err != nil {
		b.Fatal(err)
	}
	room := make([]Cell, 0, 37)
	b.Run("digits", func(b *testing.B) {
		for b.Loop() {
			room = c.AppendDisk(room[:0], 3)
		}
	})
	b.Run("library", func(b *testing.B) {
		for b.Loop() {
			if _, err := h3.Cell(c).GridDisk(3); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// TestCellIndex looks up cells of several resolutions, listed or not.
func TestCellIndex(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	var cells []Cell
	for range 200 {
		c, err := CellAt(LatLon{r.Float64()*180 - 90, r.Float64()*360 - 180}, Resolution(r.IntN(16)))
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range c.Disk(r.IntN(4)) {
			if r.IntN(4) > 0 {
				cells = append(cells, d)
			}
		}
	}
	slices.Sort(cells)
	cells = slices.Compact(cells)
	index := NewCellIndex(cells)
	absent := 0
	for i, c := range cells {
		if got := index.At(c); got != i {
			t.Fatalf("%v is at %d, not %d", c, got, i)
		}
		for _, d := range c.Disk(2) {
			want, ok := slices.BinarySearch(cells, d)
			if !ok {
				want = -1
				absent++
			}
			if got := index.At(d); got != want {
				t.Fatalf("%v is at %d, not %d", d, got, want)
			}
		}
	}
	if absent < 100 || NewCellIndex(nil).At(cells[0]) != -1 {
		t.Error("cells that are not there were not asked for, or found")
	}
}
