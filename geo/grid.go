package geo

import (
	"math"
	"slices"
)

// cellTable maps cells of a uniform longitude–latitude grid to lists of item
// numbers: open addressing over flat arrays, so that a look-up touches two cache
// lines and allocates nothing.
type cellTable struct {
	inverse float64 // cells per degree
	keys    []uint64
	spans   []span
	items   []uint32
	mask    uint64
}

type span struct{ first, end uint32 }

// cellEntry puts an item into a cell while a table is being built.
type cellEntry struct {
	key  uint64
	item uint32
}

// gridKey is never zero, which marks a free slot.
func gridKey(gx, gy int) uint64 { return uint64(gx+1)<<32 | uint64(gy+1) }

// gridIndex gives the cell a position falls in. Positions are checked before.
func (t *cellTable) gridIndex(x, y float64) (gx, gy int) {
	return int((x + 180) * t.inverse), int((y + 90) * t.inverse)
}

// fill builds the table. Items of a cell are kept in ascending order, once each.
func (t *cellTable) fill(entries []cellEntry) {
	slices.SortFunc(entries, func(a, b cellEntry) int {
		if a.key != b.key {
			if a.key < b.key {
				return -1
			}
			return 1
		}
		return int(int64(a.item&^wholeCell) - int64(b.item&^wholeCell))
	})
	cells := 0
	for i := range entries {
		if i == 0 || entries[i].key != entries[i-1].key {
			cells++
		}
	}
	size := 4
	for size < 2*cells {
		size *= 2
	}
	t.mask = uint64(size - 1)
	t.keys, t.spans = make([]uint64, size), make([]span, size)
	t.items = make([]uint32, 0, len(entries))
	for i := 0; i < len(entries); {
		key, first := entries[i].key, uint32(len(t.items))
		for ; i < len(entries) && entries[i].key == key; i++ {
			if n := len(t.items); n > int(first) && t.items[n-1] == entries[i].item {
				continue
			}
			t.items = append(t.items, entries[i].item)
		}
		slot := mix(key) & t.mask
		for t.keys[slot] != 0 {
			slot = (slot + 1) & t.mask
		}
		t.keys[slot], t.spans[slot] = key, span{first, uint32(len(t.items))}
	}
}

// at gives the items of a cell.
func (t *cellTable) at(gx, gy int) []uint32 {
	key := gridKey(gx, gy)
	for slot := mix(key) & t.mask; ; slot = (slot + 1) & t.mask {
		switch t.keys[slot] {
		case key:
			s := t.spans[slot]
			return t.items[s.first:s.end]
		case 0:
			return nil
		}
	}
}

// mix spreads neighbouring keys over the table (the finaliser of MurmurHash3).
func mix(k uint64) uint64 {
	k ^= k >> 33
	k *= 0xff51afd7ed558ccd
	k ^= k >> 33
	return k
}

// degreesFor gives how many degrees of longitude and latitude cover a distance at a latitude.
func degreesFor(metres, lat float64) (lon, latDeg float64) {
	latDeg = metres / metresPerDeg
	cos := math.Cos(min(89.9, math.Abs(lat)+latDeg) * radians)
	return metres / (metresPerDeg * cos), latDeg
}
