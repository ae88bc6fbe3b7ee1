package geo

import (
	"math"
	"slices"
)

// cellTable maps cells of a uniform longitude–latitude grid to lists of item
// numbers: open addressing over flat arrays, so that a look-up usually touches one
// cache line and allocates nothing.
type cellTable struct {
	inverse float64 // cells per degree
	slots   []gridSlot
	items   []uint32
	mask    uint64
}

// gridSlot is one cell. A single item is kept in the slot itself.
type gridSlot struct {
	key   uint64
	first [1]uint32 // the only item, or where the items start
	n     uint32
}

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
	t.slots = make([]gridSlot, size)
	t.items = make([]uint32, 0, len(entries))
	for i := 0; i < len(entries); {
		key, first := entries[i].key, uint32(len(t.items))
		for ; i < len(entries) && entries[i].key == key; i++ {
			if n := len(t.items); n > int(first) && t.items[n-1] == entries[i].item {
				continue
			}
			t.items = append(t.items, entries[i].item)
		}
		at := mix(key) & t.mask
		for t.slots[at].key != 0 {
			at = (at + 1) & t.mask
		}
		slot := &t.slots[at]
		slot.key, slot.first[0], slot.n = key, first, uint32(len(t.items))-first
		if slot.n == 1 {
			slot.first[0] = t.items[first]
			t.items = t.items[:first]
		}
	}
	t.items = slices.Clip(t.items)
}

// at gives the items of a cell.
func (t *cellTable) at(gx, gy int) []uint32 {
	if len(t.slots) == 0 {
		return nil
	}
	key := gridKey(gx, gy)
	for at := mix(key) & t.mask; ; at = (at + 1) & t.mask {
		slot := &t.slots[at]
		switch slot.key {
		case key:
			if slot.n == 1 {
				return slot.first[:]
			}
			return t.items[slot.first[0] : slot.first[0]+slot.n]
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
