package geo

import (
	"math/bits"

	"github.com/uber/h3-go/v4"
)

// Disk gives the cells within k steps, the cell itself included and ring by ring: 7
// for k = 1, 6 around a pentagon. Nil for an invalid cell or negative k.
func (c Cell) Disk(k int) []Cell {
	if c == 0 || k < 0 {
		return nil
	}
	if out := c.AppendDisk(make([]Cell, 0, 1+3*k*(k+1)), k); len(out) > 0 {
		return out
	}
	return nil
}

// AppendDisk adds the cells of Disk to out. Disks within one of H3's base cells, which
// is nearly everywhere, come from digit arithmetic; others from the library, in the
// same order.
func (c Cell) AppendDisk(out []Cell, k int) []Cell {
	if k < 0 {
		return out
	}
	if c.plain() {
		if all, ok := c.spiral(out, k); ok {
			return all
		}
	}
	if !c.Valid() {
		return out
	}
	disk, err := h3.Cell(c).GridDisk(k)
	if err != nil {
		return out
	}
	for _, d := range disk {
		if d != 0 { // the places a pentagon does not have
			out = append(out, Cell(d))
		}
	}
	return out
}

// Directions of H3: a digit of a cell is the way from its parent's centre child.
const (
	towardsK, towardsJ, towardsJK  = 1, 2, 3
	towardsI, towardsIK, towardsIJ = 4, 5, 6
)

// ringWalk is the library's way round a ring, which starts towardsI of the ring
// within.
var ringWalk = [6]uint8{towardsJ, towardsJK, towardsK, towardsIK, towardsI, towardsIJ}

func (c Cell) spiral(out []Cell, k int) ([]Cell, bool) {
	start := len(out)
	out = append(out, c)
	around := pentagonal[c.base()]
	for ring := 1; ring <= k; ring++ {
		var ok bool
		if c, ok = c.towards(towardsI); !ok || around && !c.regular() {
			return out[:start], false
		}
		for _, way := range ringWalk {
			for range ring {
				if c, ok = c.towards(way); !ok || around && !c.regular() {
					return out[:start], false
				}
				out = append(out, c)
			}
		}
	}
	return out, true
}

// towards gives the neighbour in a direction, if it lies in the same base cell.
func (c Cell) towards(way uint8) (Cell, bool) {
	r := int(c.Resolution())
	for shift := uint(3 * (15 - r)); r > 0; r, shift = r-1, shift+3 {
		s := digitSums[r&1][uint64(c)>>shift&7][way]
		c = c&^(7<<shift) | Cell(s.digit)<<shift
		if s.carry == 0 {
			return c, true
		}
		way = s.carry
	}
	return 0, false
}

// digitSum is what a digit becomes when a step is added, and the step that it
// carries to the digit before.
type digitSum struct{ digit, carry uint8 }

// digitSums is the sum of a digit and a direction at even and odd resolutions. A
// cell's unit steps, seen from its children, are turned one way or the other.
var digitSums = func() (sums [2][8][7]digitSum) {
	unit := [7]axial{towardsI: {1, 0}, towardsJ: {0, 1}, towardsK: {-1, -1}, towardsIJ: {1, 1}, towardsJK: {-1, 0}, towardsIK: {0, -1}}
	// Parents' steps towards I and J in children's steps.
	parents := [2][2]axial{{{3, 1}, {-1, 2}}, {{2, -1}, {1, 3}}}
	for odd, p := range parents {
		for digit, a := range unit {
			for way, b := range unit {
				for rest, c := range unit {
					for carry, up := range unit {
						if a.q+b.q == c.q+up.q*p[0].q+up.r*p[1].q && a.r+b.r == c.r+up.q*p[0].r+up.r*p[1].r {
							sums[odd][digit][way] = digitSum{uint8(rest), uint8(carry)}
						}
					}
				}
			}
		}
	}
	return sums
}()

// Layout of an H3 index above the digits.
const (
	cellMode      = uint64(1) << 59 // bits 63 to 56 of a cell
	baseCellShift = 45
	baseCells     = 122
)

// pentagonal tells which base cells have a pentagon in their middle.
var pentagonal = func() (yes [128]bool) {
	all, err := h3.Res0Cells()
	if err != nil {
		panic("geo: the H3 library lists no base cells: " + err.Error())
	}
	for _, c := range all {
		yes[c.BaseCellNumber()] = c.IsPentagon()
	}
	return yes
}()

func (c Cell) base() uint64 { return uint64(c) >> baseCellShift & 127 }

// regular tells, of a cell in a pentagon's base cell, that it is not the pentagon nor
// in the sector that pentagons do not have: its first digit other than 0 is not K.
func (c Cell) regular() bool {
	used := uint64(c) & (1<<baseCellShift - 1) >> uint(3*(15-c.Resolution()))
	if used == 0 {
		return false
	}
	leading := uint(bits.Len64(used)-1) / 3 * 3
	return used>>leading != towardsK
}

// plain tells whether c is a valid cell that digit arithmetic can start from.
func (c Cell) plain() bool {
	v := uint64(c)
	if v>>56 != cellMode>>56 || c.base() >= baseCells {
		return false
	}
	unused := uint(3 * (15 - c.Resolution()))
	finer := uint64(1)<<unused - 1
	if v&finer != finer {
		return false
	}
	// No digit in use reads 7, all three bits set.
	const ones = 0o111_111_111_111_111
	used := v & (1<<baseCellShift - 1) >> unused
	if used&(used>>1)&(used>>2)&ones != 0 {
		return false
	}
	return !pentagonal[c.base()] || c.regular()
}
