package geo

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
)

// VenueFile is what a venue file held.
type VenueFile struct {
	Venues   []Venue
	Marks    []Mark        // houses, exits and milestones: not counted as features
	Features int           // read
	Skipped  int           // features that are no venues: benches, rivers, minor roads
	Merged   int           // features that repeat or continue another one
	Bad      FeatureErrors // features that could not be used
}

// ReadVenuesGeoJSON reads venues from GeoJSON. Features carry the canonical
// properties id, name, aliases, scene, floors, basement_floors, parent, ref, km_from and km_to,
// or plain OpenStreetMap tags (also as vector tiles spell them), which are
// mapped to scenes; OSM features that are no venues are left out. Features with
// one id are merged: repeats once, parts cut at tile edges into one geometry.
// Unusable features come back as FeatureErrors beside the good venues.
func ReadVenuesGeoJSON(r io.Reader) ([]Venue, error) {
	file, err := ScanVenuesGeoJSON(r)
	if err != nil {
		return file.Venues, err
	}
	if len(file.Bad) > 0 {
		return file.Venues, file.Bad
	}
	return file.Venues, nil
}

// ScanVenuesGeoJSON is ReadVenuesGeoJSON with the counts; its error is about the
// file as a whole only.
func ScanVenuesGeoJSON(r io.Reader) (VenueFile, error) {
	b := venueBuilder{byID: map[string]int{}}
	n, bad, err := scanFeatures(r, b.add)
	b.file.Features, b.file.Bad = n, bad
	b.finish()
	if err == nil && n == 0 {
		err = errors.New("the file has no features")
	}
	return b.file, err
}

// venueBuilder collects venues and merges those with one id.
type venueBuilder struct {
	file         VenueFile
	byID         map[string]int
	roads        []road  // highway pieces of OSM files, stitched at the end
	roadFeatures int     // features they came from
	plain        []Venue // unnamed buildings of unknown use

}

func (b *venueBuilder) add(f *feature) error {
	v, isVenue, err := b.venueOf(f)
	if err != nil {
		return err
	}
	if !isVenue {
		b.file.Skipped++
		return nil
	}
	b.put(v)
	return nil
}

// venueOf reads one feature; roads of OSM files are put aside for stitching.
func (b *venueBuilder) venueOf(f *feature) (v Venue, isVenue bool, err error) {
	if f.text("scene") == "" && f.text("floors") == "" && f.text("parent") == "" {
		tags := featureTags(f)
		if len(tags) > 0 {
			if f.geom == nil {
				return v, false, errors.New("it has no geometry")
			}
			if f.id == "" {
				return v, false, nil
			}
			if r := roadsOf(f.id, tags, linesOf(f.geom)); len(r) > 0 {
				b.roads = append(b.roads, r...)
				b.roadFeatures++
				return v, false, nil
			}
			v, isVenue = venueOfTags(f.id, tags, f.geom)
			if !isVenue {
				b.keepPlain(v, tags)
				b.keepMark(f.id, tags, centreOf(f.geom))
			}
			return v, isVenue, nil
		}
	}
	v, err = canonicalVenue(f)
	return v, err == nil, err
}

func canonicalVenue(f *feature) (Venue, error) {
	v := Venue{ID: f.id, Name: f.text("name"), Parent: f.text("parent"), Ref: f.text("ref"), Geometry: f.geom}
	var err error
	if v.ID == "" {
		return v, errors.New("it has no id")
	}
	if f.geom == nil {
		return v, errors.New("it has no geometry")
	}
	if v.Scene, err = ParseScene(f.text("scene")); err != nil {
		return v, err
	}
	if v.Floors, err = f.whole("floors"); err != nil {
		return v, err
	}
	if v.BasementFloors, err = f.whole("basement_floors"); err != nil {
		return v, err
	}
	if v.Floors < 0 || v.Floors > 300 || v.BasementFloors < 0 || v.BasementFloors > 50 {
		return v, fmt.Errorf("%d floors and %d basement floors are not a building", v.Floors, v.BasementFloors)
	}
	if v.KmFrom, err = f.kilometre("km_from"); err != nil {
		return v, err
	}
	if v.KmTo, err = f.kilometre("km_to"); err != nil {
		return v, err
	}
	switch aliases := f.props["aliases"].(type) {
	case []any:
		for _, a := range aliases {
			if s, ok := a.(string); ok && strings.TrimSpace(s) != "" {
				v.Aliases = append(v.Aliases, strings.TrimSpace(s))
			}
		}
	case string:
		v.Aliases = splitNames(aliases)
	}
	if v.Scene == SceneUnknown && v.Ref != "" && len(linesOf(f.geom)) > 0 {
		v.Scene = SceneHighway
	}
	if v.Name == "" {
		v.Name = v.Ref
	}
	return v, nil
}

// splitNames takes "A; B" apart, as OSM writes several names in one tag.
func splitNames(s string) []string {
	var out []string
	for _, n := range strings.FieldsFunc(s, func(r rune) bool { return r == ';' || r == '；' || r == '|' }) {
		if n = strings.TrimSpace(n); n != "" {
			out = append(out, n)
		}
	}
	return out
}

// put adds a venue or merges it into the one with the same id.
func (b *venueBuilder) put(v Venue) {
	i, again := b.byID[v.ID]
	if !again {
		b.byID[v.ID] = len(b.file.Venues)
		b.file.Venues = append(b.file.Venues, v)
		return
	}
	old := &b.file.Venues[i]
	if old.Name != "" && v.Name != "" && old.Name != v.Name && dimension(old.Geometry) != dimension(v.Geometry) {
		// OSM counts nodes and ways apart, and some exports drop the prefix: two
		// things under one number.
		v.ID += fmt.Sprintf("/%dd", dimension(v.Geometry))
		b.put(v)
		return
	}
	b.file.Merged++
	switch do, dn := dimension(old.Geometry), dimension(v.Geometry); {
	case do == dn:
		old.Geometry = mergeGeometry(old.Geometry, v.Geometry)
	case dn > do: // the outline says more than its label point
		old.Geometry = v.Geometry
	}
	if old.Name == "" {
		old.Name = v.Name
	}
	if old.Scene == SceneUnknown {
		old.Scene = v.Scene
	}
	old.Floors = max(old.Floors, v.Floors)
	old.BasementFloors = max(old.BasementFloors, v.BasementFloors)
	if old.Parent == "" {
		old.Parent = v.Parent
	}
	if old.Ref == "" {
		old.Ref = v.Ref
	}
	for _, a := range append([]string{v.Name}, v.Aliases...) {
		old.addAlias(a)
	}
}

// kilometre reads a signposted kilometre; absent is 0.
func (f *feature) kilometre(name string) (float64, error) {
	s := f.text(name)
	if s == "" {
		return 0, nil
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v >= -1e5 && v <= 1e5) {
		return 0, fmt.Errorf("%s is %q; a signposted kilometre is expected", name, s)
	}
	return v, nil
}

func (v *Venue) addAlias(name string) {
	if name == "" || name == v.Name {
		return
	}
	for _, a := range v.Aliases {
		if a == name {
			return
		}
	}
	v.Aliases = append(v.Aliases, name)
}

func (b *venueBuilder) finish() {
	lines := stitchRoads(b.roads)
	for _, v := range lines {
		b.put(v)
	}
	b.file.Skipped -= b.roadFeatures // counted so while they waited
	b.file.Merged += max(0, b.roadFeatures-len(lines))
	b.enrich()
	b.file.Marks = slices.CompactFunc(sortedMarks(b.file.Marks), func(a, b Mark) bool { return a.ID == b.ID })
	linkParents(b.file.Venues)
}

// keepPlain remembers a building that is no venue by itself.
func (b *venueBuilder) keepPlain(v Venue, t osmTags) {
	if v.Scene == SceneUnknown && isBuilding(t) && dimension(v.Geometry) == 2 {
		b.plain = append(b.plain, v)
	}
}

// dimension is 2 for polygons, 1 for lines, 0 for points.
func dimension(g orb.Geometry) int {
	switch {
	case len(polygonsOf(g)) > 0:
		return 2
	case len(linesOf(g)) > 0:
		return 1
	}
	return 0
}
