package hotspots

import (
	"slices"

	"github.com/hotcell/hotcell/geo"
)

// regionTree numbers the regions the evidence names and knows their parents.
// The last number, none, is the root above all regions and stands for "unknown".
type regionTree struct {
	codes  []string // sorted; codes[none] is ""
	parent []int32  // parent[none] = −1
	none   int32
}

// regionPaths is what a catalogue offers beyond Places.
type regionPaths interface {
	RegionPath(code string) []string
}

// newRegionTree learns the tree from the places' region paths. Codes that no
// path explains hang below the root.
func newRegionTree(exposures []Exposure, lookup Places) *regionTree {
	example := map[string][]geo.PlaceID{} // a few places of each code
	for i := range exposures {
		code := exposures[i].Region
		if code == "" {
			continue
		}
		if ids := example[code]; len(ids) < 8 && (len(ids) == 0 || ids[len(ids)-1] != exposures[i].Place) {
			example[code] = append(ids, exposures[i].Place)
		}
	}
	names := make([]string, 0, len(example))
	for code := range example {
		names = append(names, code)
	}
	slices.Sort(names)
	parentOf := map[string]string{}
	for _, code := range names {
		path := pathOf(code, example[code], lookup)
		up := ""
		for _, c := range path {
			if _, known := parentOf[c]; !known && c != "" {
				parentOf[c] = up
			}
			up = c
		}
		if _, known := parentOf[code]; !known {
			parentOf[code] = ""
		}
	}
	t := &regionTree{}
	for code := range parentOf {
		t.codes = append(t.codes, code)
	}
	slices.Sort(t.codes)
	t.none = int32(len(t.codes))
	t.parent = make([]int32, len(t.codes)+1)
	for i, code := range t.codes {
		t.parent[i] = t.of(parentOf[code])
	}
	t.parent[t.none] = -1
	t.codes = append(t.codes, "")
	t.breakCycles()
	return t
}

// pathOf gives the codes from the root down to code, nil when nobody knows.
func pathOf(code string, examples []geo.PlaceID, lookup Places) []string {
	if lookup == nil {
		return nil
	}
	if c, ok := lookup.(regionPaths); ok {
		if path := c.RegionPath(code); slices.Contains(path, code) {
			return path
		}
	}
	for _, id := range examples {
		if pl, ok := lookup.Place(id); ok {
			if i := slices.Index(pl.Region, code); i >= 0 {
				return pl.Region[:i+1]
			}
		}
	}
	return nil
}

// breakCycles cuts parents that lead back to themselves, which two paths that
// contradict each other could make.
func (t *regionTree) breakCycles() {
	for i := range t.parent {
		slow, steps := int32(i), 0
		for slow >= 0 {
			slow = t.parent[slow]
			if steps++; steps > len(t.parent) {
				t.parent[i] = t.none
				break
			}
		}
	}
}

func (t *regionTree) of(code string) int32 {
	if code == "" {
		return t.none
	}
	i, ok := slices.BinarySearch(t.codes[:t.none], code)
	if !ok {
		return t.none
	}
	return int32(i)
}

// path gives the codes from the root down to region r, empty for none.
func (t *regionTree) path(r int32) []string {
	var out []string
	for ; r >= 0 && r != t.none; r = t.parent[r] {
		out = append(out, t.codes[r])
	}
	slices.Reverse(out)
	return out
}

// ancestors gives, by depth below the root and region, the ancestor (or the
// region itself) at that depth, −1 where the region is higher up. Depth 0 is the
// root.
func (t *regionTree) ancestors() [][]int32 {
	var out [][]int32
	for r := range t.parent {
		var chain []int32
		for a := int32(r); a >= 0; a = t.parent[a] {
			chain = append(chain, a)
		}
		slices.Reverse(chain)
		for depth, a := range chain {
			if depth == len(out) {
				row := make([]int32, len(t.parent))
				for i := range row {
					row[i] = -1
				}
				out = append(out, row)
			}
			out[depth][r] = a
		}
	}
	return out
}
