package geo

import (
	"errors"
	"fmt"
	"io"
	"sort"

	"github.com/paulmach/orb"
)

// RegionMapping says which properties of a foreign GeoJSON file hold what. Empty
// fields fall back to the canonical property of that name.
type RegionMapping struct {
	Code, Name, Level, Parent string // names of properties

	FixedLevel  string // level of every region of the file, when no property says
	FixedParent string // parent of every region of the file
	CodePrefix  string // put before every code (and every ParentCode), to keep two files' codes apart

	// A file of districts that names each one's state in two more properties
	// gets the states as parent regions, their geometry put together from the
	// districts.
	ParentCode, ParentName, ParentLevel string
}

// Mappings for the public region files that operators start from, found by the
// properties their features have.
var knownRegionFiles = []struct {
	has []string
	m   RegionMapping
}{
	{[]string{"st_nm", "st_code"}, RegionMapping{Code: "dt_code", Name: "district", FixedLevel: "district",
		CodePrefix: "IN-", ParentCode: "st_code", ParentName: "st_nm", ParentLevel: "province"}},
	{[]string{"KGISWardCode", "KGISWardName"}, RegionMapping{Code: "KGISWardCode", Name: "KGISWardName",
		FixedLevel: "ward", CodePrefix: "KGIS-"}},
	{[]string{"id", "name", "cp", "childNum"}, RegionMapping{Code: "id", Name: "name", FixedLevel: "province", CodePrefix: "CN-"}},
}

// ReadRegionsGeoJSON reads regions: polygons with the properties code, name,
// level and parent. Files with the properties of a known public set (Indian
// districts by st_nm/st_code, Bengaluru wards, Chinese provinces) are mapped
// without being told. Features that cannot be used are reported together as
// FeatureErrors, with the good regions returned beside it.
func ReadRegionsGeoJSON(r io.Reader) ([]Region, error) {
	return readRegions(r, nil)
}

// ReadRegionsGeoJSONMapped reads regions from a file with other property names.
func ReadRegionsGeoJSONMapped(r io.Reader, m RegionMapping) ([]Region, error) {
	return readRegions(r, &m)
}

func readRegions(r io.Reader, m *RegionMapping) ([]Region, error) {
	b := regionBuilder{mapping: m, byCode: map[string]int{}, parents: map[string]int{}}
	n, bad, err := scanFeatures(r, b.add)
	if err != nil {
		return b.regions, err
	}
	if n == 0 {
		return nil, errors.New("the file has no features")
	}
	b.finishParents()
	if len(bad) > 0 {
		return b.regions, bad
	}
	return b.regions, nil
}

type regionBuilder struct {
	mapping *RegionMapping
	regions []Region
	byCode  map[string]int
	parents map[string]int // code of a made-up parent → index
}

func (b *regionBuilder) add(f *feature) error {
	m := b.mapping
	if m == nil {
		m = guessMapping(f)
	}
	property := func(mapped, canonical string) string {
		if mapped != "" {
			return f.text(mapped)
		}
		return f.text(canonical)
	}
	reg := Region{
		Code:   property(m.Code, "code"),
		Name:   property(m.Name, "name"),
		Level:  property(m.Level, "level"),
		Parent: property(m.Parent, "parent"),
	}
	if reg.Level == "" {
		reg.Level = m.FixedLevel
	}
	if reg.Parent == "" {
		reg.Parent = m.FixedParent
	}
	parentCode := ""
	if m.ParentCode != "" {
		if parentCode = f.text(m.ParentCode); parentCode != "" {
			parentCode = m.CodePrefix + parentCode
			reg.Parent = parentCode
		}
	}
	if len(polygonsOf(f.geom)) == 0 {
		return fmt.Errorf("region %q has no polygon", reg.Name)
	}
	reg.Geometry = f.geom
	if parentCode != "" && reg.Code == "0" {
		reg.Code = "" // how the Indian file marks districts not numbered yet
	}
	switch {
	case reg.Code != "":
		reg.Code = m.CodePrefix + reg.Code
		if parentCode != "" { // district numbers may be counted anew in each state
			reg.Code = parentCode + "-" + reg.Code[len(m.CodePrefix):]
		}
	case parentCode != "":
		// An area without a code of its own (disputed, or not yet numbered) is
		// still part of its state.
		if reg.Name == "" {
			reg.Name = f.text(m.ParentName)
		}
		reg.Code = parentCode + "-" + normalizeName(reg.Name)
	default:
		return errors.New("it has no code")
	}
	if reg.Name == "" {
		reg.Name = reg.Code
	}
	if i, again := b.byCode[reg.Code]; again {
		old := &b.regions[i]
		if old.Name != reg.Name && normalizeName(old.Name) != normalizeName(reg.Name) {
			// Two names under one code: keep both apart rather than merge by accident.
			reg.Code += "-" + normalizeName(reg.Name)
			if j, third := b.byCode[reg.Code]; third {
				b.regions[j].Geometry = mergeGeometry(b.regions[j].Geometry, reg.Geometry)
				return nil
			}
		} else {
			old.Geometry = mergeGeometry(old.Geometry, reg.Geometry)
			return nil
		}
	}
	b.byCode[reg.Code] = len(b.regions)
	b.regions = append(b.regions, reg)
	if parentCode != "" {
		if _, known := b.parents[parentCode]; !known {
			b.parents[parentCode] = len(b.regions)
			b.regions = append(b.regions, Region{Code: parentCode, Name: f.text(m.ParentName), Level: m.ParentLevel})
		}
	}
	return nil
}

// finishParents gives made-up parents the geometry of all their children.
func (b *regionBuilder) finishParents() {
	var codes []string
	for code := range b.parents {
		codes = append(codes, code)
	}
	sort.Strings(codes)
	for _, code := range codes {
		var all orb.MultiPolygon
		for _, reg := range b.regions {
			if reg.Parent == code {
				all = append(all, polygonsOf(reg.Geometry)...)
			}
		}
		b.regions[b.parents[code]].Geometry = all
	}
}

func guessMapping(f *feature) *RegionMapping {
	if f.text("code") == "" {
		for i := range knownRegionFiles {
			all := true
			for _, name := range knownRegionFiles[i].has {
				if _, has := f.props[name]; !has {
					all = false
				}
			}
			if all {
				return &knownRegionFiles[i].m
			}
		}
	}
	return &RegionMapping{}
}

// mergeGeometry puts two pieces of one thing together.
func mergeGeometry(a, b orb.Geometry) orb.Geometry {
	switch {
	case a == nil:
		return b
	case b == nil || orb.Equal(a, b):
		return a
	}
	if pa, pb := polygonsOf(a), polygonsOf(b); len(pa)+len(pb) > 0 {
		out := append(orb.MultiPolygon{}, pa...)
		for _, p := range pb {
			if !hasPolygon(out, p) {
				out = append(out, p)
			}
		}
		return out
	}
	if la, lb := linesOf(a), linesOf(b); len(la)+len(lb) > 0 {
		return append(append(orb.MultiLineString{}, la...), lb...)
	}
	return a // two points of one thing: the first stands for it
}

func hasPolygon(all orb.MultiPolygon, p orb.Polygon) bool {
	for _, q := range all {
		if orb.Equal(p, q) {
			return true
		}
	}
	return false
}
