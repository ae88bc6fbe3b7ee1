package geo

import "math/bits"

// CellIndex tells where cells stand in a sorted list. Cells of one grandparent are 49
// at most and stand together, so one entry of 24 bytes serves them all: looking up a
// cell's neighbours stays within a few entries.
type CellIndex struct {
	blocks []cellBlock // hash table, open addressing; a block without members is free
}

// cellBlock is the cells of a list that share a grandparent.
type cellBlock struct {
	key     uint64
	members uint64 // bit set of the last two digits
	first   int32  // position of the lowest in the list
}

// NewCellIndex indexes cells that are sorted and do not repeat; they may be of several
// resolutions.
func NewCellIndex(sorted []Cell) *CellIndex {
	n := 0
	last := ^uint64(0)
	for _, c := range sorted {
		if key, _ := c.block(); key != last {
			last = key
			n++
		}
	}
	size := 16
	for size < 2*n {
		size *= 2
	}
	x := &CellIndex{blocks: make([]cellBlock, size)}
	var b *cellBlock
	for i, c := range sorted {
		key, member := c.block()
		if b == nil || b.key != key {
			b = x.block(key)
			b.key, b.first = key, int32(i)
		}
		b.members |= 1 << member
	}
	return x
}

// block splits a cell into its grandparent and its two last digits.
func (c Cell) block() (key uint64, member uint) {
	shift := uint(3 * (15 - c.Resolution()))
	return uint64(c) >> (shift + 6), uint(uint64(c) >> shift & 63)
}

// block finds a key's entry, or the free one where it belongs.
func (x *CellIndex) block(key uint64) *cellBlock {
	mask := uint64(len(x.blocks) - 1)
	h := key * 0x9E3779B97F4A7C15
	for at := (h ^ h>>29) & mask; ; at = (at + 1) & mask {
		if b := &x.blocks[at]; b.members == 0 || b.key == key {
			return b
		}
	}
}

// At gives the position of a cell in the list, −1 when it is not there.
func (x *CellIndex) At(c Cell) int {
	key, member := c.block()
	b := x.block(key)
	if b.members>>member&1 == 0 {
		return -1
	}
	return int(b.first) + bits.OnesCount64(b.members&(1<<member-1))
}
