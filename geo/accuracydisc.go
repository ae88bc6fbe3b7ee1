package geo

import "math"

// A position whose accuracy is coarser than a cell of RankResolution is no place: the
// record is spread over the cells of its accuracy disc. Its PlaceID is the disc, which
// says what it stands for by itself: the bits of an H3 cell around the position, and a
// class of accuracy. Discs are few, because both are rounded: accuracies to steps of
// √2, positions to cells whose edge is at most a third of the accuracy.

const (
	// CellAccuracy is the coarsest accuracy, in metres, at which a position still says
	// which cell of RankResolution it is from: the length of a cell's edge.
	CellAccuracy = 200.0
	// DiscConfidence is the chance that a record is within its stated accuracy of its
	// stated position, as location services of telephones mean it.
	DiscConfidence = 0.68
	// MostDisc is the coarsest accuracy, in metres, that still says anything of a place.
	MostDisc = 5000.0

	discMark    = PlaceID(5) << 60
	discClasses = 10 // from CellAccuracy up in steps of √2: the last reaches past MostDisc
	discClass   = 56 // the bit where the class begins; an H3 cell's own bits are below

	// An area is measured by points this far apart, as a share of a disc's radius, and
	// at most so many metres.
	discSpacing     = 0.1
	discMostSpacing = 150.0
)

// IsDisc tells accuracy discs from all other places.
func (id PlaceID) IsDisc() bool { return id>>60 == discMark>>60 }

// discAt gives the disc of a valid position with an accuracy between CellAccuracy and
// MostDisc.
func discAt(p LatLon, accuracyM float64) PlaceID {
	class := max(0, min(discClasses-1, int(2*math.Log2(accuracyM/CellAccuracy))))
	cell := storedCell(p).Parent(discResolution(class))
	return PlaceID(uint64(cell)&(1<<discClass-1)|uint64(class)<<discClass) | discMark
}

// discResolution is that of the cells that positions of a class are rounded to: edges
// of 76, 201, 531 and 1406 m.
func discResolution(class int) Resolution { return Resolution(10 - class/3) }

// Disc gives the middle of an accuracy disc and its accuracy in metres, see
// DiscConfidence. It reports false for ids that are no discs.
func (id PlaceID) Disc() (LatLon, float64, bool) {
	class := int(id >> discClass & 15)
	cell := Cell(uint64(id)&(1<<discClass-1) | cellMode)
	if !id.IsDisc() || class >= discClasses || !cell.Valid() || cell.Resolution() != discResolution(class) {
		return LatLon{}, 0, false
	}
	return cell.Center(), CellAccuracy * math.Exp2((float64(class)+0.5)/2), true
}

// DiscCells spreads an accuracy disc over cells of RankResolution by area, see
// SpreadDisc; nil for ids that are no discs.
func (id PlaceID) DiscCells() []CellWeight {
	p, accuracy, ok := id.Disc()
	if !ok {
		return nil
	}
	return SpreadDisc(p, accuracy)
}

// SpreadDisc spreads a position of coarse accuracy over cells of RankResolution by
// area; the weights sum to 1, largest first. The disc is so large that the stated
// accuracy holds DiscConfidence of it. Near a pole it is cut where latitude ends.
func SpreadDisc(p LatLon, accuracyM float64) []CellWeight {
	if !p.Valid() {
		return nil
	}
	if math.IsNaN(accuracyM) || accuracyM < 0 {
		accuracyM = 0
	}
	radius := min(accuracyM/math.Sqrt(DiscConfidence), 2*mostRange)
	return spread(planeAt(p), p, radius, min(discMostSpacing, radius*discSpacing), func(metres) bool { return true })
}

// ringPoints is how many points of a disc's rim are asked for their region.
const ringPoints = 16

// regionAround gives the code of the finest region that holds a position and all
// points of a rim around it; points of the rim that are in no region do not count.
func (c *Catalogue) regionAround(p LatLon, radius float64) string {
	path := c.regionPathAt(p)
	plane := planeAt(p)
	for i := 0; i < ringPoints && len(path) > 0; i++ {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / ringPoints)
		q := plane.from(metres{radius * cos, radius * sin})
		if up := c.regionPathAt(q); q.Valid() && up != nil {
			n := 0
			for n < len(path) && n < len(up) && path[n] == up[n] {
				n++
			}
			path = path[:n]
		}
	}
	if len(path) == 0 {
		return ""
	}
	return path[len(path)-1]
}
