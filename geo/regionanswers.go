package geo

import (
	"math"
	"slices"
)

// regionAnswers remembers, for tiles of a coarse grid over all regions, the one
// region that every position of the tile belongs to; tiles that a border crosses
// are divided into 8 × 8 parts. Only positions in a part with a border go through
// the polygons. What it answers is what regionTree.search would.
type regionAnswers struct {
	west, south float64
	inverse     float64 // tiles per degree
	nx, ny      int
	tiles       []int32 // ≥ 0 region, noRegion, or −2−k for block k
	blocks      []answerBlock
}

// answerBlock is a divided tile: a nibble for each part, rows from the south,
// either a number in the palette or blockNone or blockUnsettled. One cache line.
type answerBlock struct {
	codes   [tileParts]uint32
	palette [8]int32
}

const (
	noRegion  = int32(-1)
	unsettled = int32(-2)

	tileParts      = 8       // a side
	mostTiles      = 1 << 18 // 1 MB
	leastTile      = 0.004   // degrees
	blockNone      = 14
	blockUnsettled = 15
)

// partMark says what comes near a part of a tile.
type partMark uint8

const (
	partHasEdge  partMark = 1 << iota // a border runs through it
	partNearEdge                      // a border lies within RegionTolerance
)

// tileOf gives the tile of a position, −1 beyond them.
func (a *regionAnswers) tileOf(p LatLon) int32 {
	x, y := (p.Lon-a.west)*a.inverse, (p.Lat-a.south)*a.inverse
	if !(x >= 0 && y >= 0) || x >= float64(a.nx) || y >= float64(a.ny) {
		return -1
	}
	return int32(int(y)*a.nx + int(x))
}

// answer gives the index of the region a position belongs to, noRegion, or
// unsettled.
func (a *regionAnswers) answer(p LatLon) int32 {
	x, y := (p.Lon-a.west)*a.inverse, (p.Lat-a.south)*a.inverse
	if !(x >= 0 && y >= 0) || x >= float64(a.nx) || y >= float64(a.ny) {
		return noRegion
	}
	ix, iy := int(x), int(y)
	t := a.tiles[iy*a.nx+ix]
	if t >= noRegion {
		return t
	}
	b := &a.blocks[-2-t]
	return b.at(int((x-float64(ix))*tileParts), int((y-float64(iy))*tileParts))
}

func (b *answerBlock) at(px, py int) int32 {
	switch code := b.codes[py] >> (4 * px) & 15; code {
	case blockNone:
		return noRegion
	case blockUnsettled:
		return unsettled
	default:
		return b.palette[code]
	}
}

// settledOn gives the answer for all of a square, unsettled when there are several.
func (a *regionAnswers) settledOn(x0, y0, side float64) int32 {
	first := unsettled
	step := min(side, 1/(a.inverse*tileParts)) / 2
	n := int(math.Ceil(side / step))
	along := func(i int) float64 { // the ends just outside
		switch i {
		case 0:
			return -cellTolerance
		case n:
			return side + cellTolerance
		}
		return float64(i) * step
	}
	for i := range n + 1 {
		for j := range n + 1 {
			got := a.answer(LatLon{Lat: y0 + along(i), Lon: x0 + along(j)})
			if got == unsettled || first != unsettled && got != first {
				return unsettled
			}
			first = got
		}
	}
	return first
}

// build works the answers out. Parts that no border crosses lie wholly in one region,
// and so do two such parts side by side; one search for each such group is enough.
func (a *regionAnswers) build(t *regionTree) {
	west, south, east, north := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for i := range t.shapes.polys {
		b := &t.shapes.polys[i].bound
		west, south, east, north = min(west, b.Min[0]), min(south, b.Min[1]), max(east, b.Max[0]), max(north, b.Max[1])
	}
	if west > east {
		return
	}
	dLon, dLat := degreesFor(1.01*RegionTolerance, max(math.Abs(south), math.Abs(north)))
	a.west, a.south = west-dLon, south-dLat
	width, height := east+dLon-a.west, north+dLat-a.south
	size := max(leastTile, math.Sqrt(width*height/mostTiles))
	a.inverse = 1 / size
	a.nx, a.ny = int(width*a.inverse)+1, int(height*a.inverse)+1

	marks := a.mark(t)
	a.tiles = make([]int32, a.nx*a.ny)
	for ty := range a.ny {
		for tx := range a.nx {
			if m := marks[ty*a.nx+tx]; m != nil {
				a.divide(t, tx, ty, m)
				continue
			}
			a.tiles[ty*a.nx+tx] = int32(t.search(a.centre(tx*tileParts+tileParts/2, ty*tileParts+tileParts/2)))
		}
	}
	a.blocks = slices.Clip(a.blocks)
}

// centre gives the middle of a part; parts are counted through all tiles.
func (a *regionAnswers) centre(px, py int) LatLon {
	return LatLon{Lat: a.south + (float64(py)+0.5)/(a.inverse*tileParts), Lon: a.west + (float64(px)+0.5)/(a.inverse*tileParts)}
}

type tileMarks [tileParts][tileParts]partMark

// mark finds the parts that borders cross and those within the tolerance of one;
// tiles without either stay nil.
func (a *regionAnswers) mark(t *regionTree) []*tileMarks {
	marks := make([]*tileMarks, a.nx*a.ny)
	scale := a.inverse * tileParts
	set := func(e *edge, tx, ty float64, bit partMark) {
		column := func(x float64) int { return max(0, min(a.nx*tileParts-1, int((x-a.west)*scale))) }
		row := func(y float64) int { return max(0, min(a.ny*tileParts-1, int((y-a.south)*scale))) }
		for r := row(e.y0 - ty); r <= row(e.y1+ty); r++ {
			xa, xb := e.between(a.south+float64(r)/scale-ty, a.south+float64(r+1)/scale+ty)
			for c := column(min(xa, xb) - tx); c <= column(max(xa, xb)+tx); c++ {
				m := &marks[r/tileParts*a.nx+c/tileParts]
				if *m == nil {
					*m = new(tileMarks)
				}
				(*m)[r%tileParts][c%tileParts] |= bit
			}
		}
	}
	for i := range t.shapes.polys {
		p := &t.shapes.polys[i]
		for _, edges := range [][]edge{p.edges, p.level} {
			for k := range edges {
				e := &edges[k]
				dLon, dLat := degreesFor(1.01*RegionTolerance, max(math.Abs(e.y0), math.Abs(e.y1)))
				set(e, cellTolerance, cellTolerance, partHasEdge)
				set(e, dLon, dLat, partNearEdge)
			}
		}
	}
	return marks
}

// divide settles the parts of a tile that borders come near.
func (a *regionAnswers) divide(t *regionTree, tx, ty int, m *tileMarks) {
	var found [tileParts][tileParts]int32
	var b answerBlock
	var palette []int32
	for y := range tileParts {
		for x := range tileParts {
			code := uint32(blockUnsettled)
			if m[y][x]&partHasEdge == 0 {
				// What contains the part, the tolerance apart.
				switch {
				case x > 0 && m[y][x-1]&partHasEdge == 0:
					found[y][x] = found[y][x-1]
				case y > 0 && m[y-1][x]&partHasEdge == 0:
					found[y][x] = found[y-1][x]
				default:
					found[y][x] = int32(t.shapes.find(a.centre(tx*tileParts+x, ty*tileParts+y)))
				}
				in := found[y][x]
				gap := in < 0 || t.hasFiner[in]
				switch {
				case gap && m[y][x]&partNearEdge != 0: // it may belong to a neighbour
				case in < 0:
					code = blockNone
				default:
					k := slices.Index(palette, in)
					if k < 0 && len(palette) < len(b.palette) {
						k = len(palette)
						palette = append(palette, in)
					}
					if k >= 0 {
						code = uint32(k)
					}
				}
			}
			b.codes[y] |= code << (4 * x)
		}
	}
	if len(palette) <= 1 && allTheSame(b.codes) { // the border only comes near
		switch b.codes[0] & 15 {
		case 0:
			a.tiles[ty*a.nx+tx] = palette[0]
			return
		case blockNone:
			a.tiles[ty*a.nx+tx] = noRegion
			return
		}
	}
	copy(b.palette[:], palette)
	a.tiles[ty*a.nx+tx] = unsettled - int32(len(a.blocks))
	a.blocks = append(a.blocks, b)
}

func allTheSame(codes [tileParts]uint32) bool {
	for _, row := range codes {
		if row != codes[0]&15*0x11111111 {
			return false
		}
	}
	return true
}
