package geo

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// RegionTolerance is how far outside every polygon a position may lie and still
// belong to the nearest region, in metres: neighbouring outlines drawn apart
// leave slivers, and simplified coasts cut off quays. Positions further out
// belong to no region.
const RegionTolerance = 250.0

// regionTree answers which regions contain a position.
type regionTree struct {
	regions  []Region
	index    map[string]int
	codes    []string
	paths    [][]string // codes, root first
	hasFiner []bool     // some region below it has polygons
	shapes   *shapeIndex
	answers  regionAnswers
}

// levelRank orders the level names that files use, coarse to fine.
func levelRank(level string) int {
	switch strings.ToLower(level) {
	case "country", "nation", "国家":
		return 1
	case "province", "state", "省":
		return 2
	case "prefecture", "city", "市":
		return 3
	case "district", "county", "区", "县":
		return 4
	case "ward", "subdistrict", "township", "街道":
		return 5
	}
	return 0
}

func newRegionTree(regions []Region) (*regionTree, error) {
	t := &regionTree{regions: regions, index: make(map[string]int, len(regions)), shapes: newShapeIndex(),
		paths: make([][]string, len(regions)), hasFiner: make([]bool, len(regions))}
	for i, r := range regions {
		if r.Code == "" {
			return nil, fmt.Errorf("region %d (%q) has no code", i+1, r.Name)
		}
		if _, again := t.index[r.Code]; again {
			return nil, fmt.Errorf("region code %q is given twice; merge the two or give one another code", r.Code)
		}
		if err := checkGeometry(r.Geometry); err != nil {
			return nil, fmt.Errorf("region %s: %w", r.Code, err)
		}
		t.index[r.Code] = i
		t.codes = append(t.codes, r.Code)
	}
	for i := range regions {
		var path []string
		for at := i; ; {
			path = append(path, regions[at].Code)
			if at != i && len(polygonsOf(regions[i].Geometry)) > 0 {
				t.hasFiner[at] = true
			}
			up, known := t.index[regions[at].Parent]
			// Regions that are each other's ancestors have no root: the walk ends where
			// it would come round, so that one bad file does not keep the rest out.
			if !known || slices.Contains(path, regions[up].Code) {
				break
			}
			at = up
		}
		slices.Reverse(path)
		t.paths[i] = path
	}
	for i, r := range regions {
		// Finest first: by the level's name or, without one, the depth in the
		// tree; of overlapping regions of one level the smaller.
		fine := max(levelRank(r.Level), len(t.paths[i]))
		t.shapes.add(i, r.Geometry, float64(fine)-Area(r.Geometry)/1e16)
	}
	t.shapes.build()
	t.answers.build(t)
	return t, nil
}

// at gives the index of the finest region that contains a position, −1 for none.
func (t *regionTree) at(p LatLon) int {
	if i := t.answers.answer(p); i != unsettled {
		return int(i)
	}
	return t.search(p)
}

// search is at by the polygons themselves.
func (t *regionTree) search(p LatLon) int {
	found := t.shapes.find(p)
	if found >= 0 && !t.hasFiner[found] {
		return found
	}
	// Either no polygon contains it, or only one whose parts leave a gap here.
	n := t.shapes.nearest(p, RegionTolerance, func(owner int) bool {
		return found < 0 || t.isBelow(owner, found)
	})
	if n == math.MaxUint32 {
		return found
	}
	return int(t.shapes.owner[n])
}

// isBelow tells whether a region is a proper descendant of another.
func (t *regionTree) isBelow(region, ancestor int) bool {
	depth := len(t.paths[ancestor])
	path := t.paths[region]
	return len(path) > depth && path[depth-1] == t.regions[ancestor].Code
}

// contains tells whether any region contains a position, without tolerance.
func (t *regionTree) contains(p LatLon) bool { return t.shapes.find(p) >= 0 }

// RegionAt gives the code of the finest region a position belongs to, "" for
// none. Each position belongs to exactly one finest region and, through
// RegionPath, to at most one on each coarser level.
func (c *Catalogue) RegionAt(p LatLon) string {
	if !p.Valid() {
		return ""
	}
	if i := c.regions.at(p); i >= 0 {
		return c.regions.regions[i].Code
	}
	return ""
}

// RegionPath gives the codes from the root down to a region, itself included;
// nil for an unknown code. The slice is shared: do not change it.
func (c *Catalogue) RegionPath(code string) []string {
	if i, known := c.regions.index[code]; known {
		return c.regions.paths[i]
	}
	return nil
}

// Region gives a region by its code.
func (c *Catalogue) Region(code string) (Region, bool) {
	i, known := c.regions.index[code]
	if !known {
		return Region{}, false
	}
	return c.regions.regions[i], true
}

// Regions gives all regions. The slice is shared: do not change it.
func (c *Catalogue) Regions() []Region { return c.regions.regions }

// SuspectSwapped tells whether latitude and longitude look swapped: the position
// lies outside every region (or off the globe) and the swapped one inside.
func (c *Catalogue) SuspectSwapped(p LatLon) bool {
	q := LatLon{Lat: p.Lon, Lon: p.Lat}
	return q.Valid() && c.regions.contains(q) && (!p.Valid() || !c.regions.contains(p))
}
