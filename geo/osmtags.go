package geo

import (
	"strconv"
	"strings"

	"github.com/paulmach/orb"
)

// osmTags are the tags of one OpenStreetMap object.
type osmTags map[string]string

// is tells whether a tag has one of the values.
func (t osmTags) is(key string, values ...string) bool {
	v, has := t[key]
	if !has {
		return false
	}
	for _, want := range values {
		if v == want {
			return true
		}
	}
	return false
}

// featureTags gives a GeoJSON feature's OSM tags, translating the spelling of
// vector tiles (kind, kind_detail, layer). Empty when it has none that matter.
func featureTags(f *feature) osmTags {
	t := osmTags{}
	for k := range f.props {
		if s := f.text(k); s != "" {
			t[k] = s
		}
	}
	if nested, ok := f.props["tags"].(map[string]any); ok {
		inner := feature{props: nested}
		for k := range nested {
			if s := inner.text(k); s != "" {
				t[k] = s
			}
		}
	}
	if kind, layer := t["kind"], t["layer"]; kind != "" && layer != "" {
		fromTile(t, layer, kind, t["kind_detail"])
	}
	for _, key := range []string{"building", "building:part", "office", "tourism", "shop", "amenity", "highway", "railway",
		"public_transport", "parking", "landuse", "historic", "leisure", "aeroway", "healthcare", "station", "kind"} {
		if t[key] != "" {
			return t
		}
	}
	return nil
}

// tileKinds says which OSM tag a kind of a vector-tile layer stands for.
var tileKinds = map[string][2]string{
	"hotel": {"tourism", "hotel"}, "hostel": {"tourism", "hostel"}, "motel": {"tourism", "motel"},
	"guest_house": {"tourism", "guest_house"}, "attraction": {"tourism", "attraction"}, "museum": {"tourism", "museum"},
	"viewpoint": {"tourism", "viewpoint"}, "zoo": {"tourism", "zoo"}, "theme_park": {"tourism", "theme_park"},
	"hospital": {"amenity", "hospital"}, "clinic": {"amenity", "clinic"}, "school": {"amenity", "school"},
	"university": {"amenity", "university"}, "college": {"amenity", "college"}, "mall": {"shop", "mall"},
	"department_store": {"shop", "department_store"}, "subway_entrance": {"railway", "subway_entrance"},
	"station": {"railway", "station"}, "bus_station": {"amenity", "bus_station"},
	"ferry_terminal": {"amenity", "ferry_terminal"}, "elevator": {"highway", "elevator"},
	"residential": {"landuse", "residential"},
}

func fromTile(t osmTags, layer, kind, detail string) {
	switch layer {
	case "buildings":
		switch kind {
		case "building":
			t["building"] = "yes"
			if detail != "" {
				t["building"] = detail
			}
		case "building_part":
			t["building:part"] = "yes"
		}
	case "roads":
		if kind == "highway" || kind == "major_road" || kind == "minor_road" || kind == "path" {
			t["highway"] = detail
		}
		if t["is_tunnel"] == "true" {
			t["tunnel"] = "yes"
		}
	case "pois", "landuse", "transit":
		if tag, known := tileKinds[kind]; known {
			t[tag[0]] = tag[1]
		}
	}
}

// sceneOfTags gives the scene that tags state, SceneUnknown when they state none.
// The order settles objects with several: a hotel in a mall's building is tagged
// on its own, so the more particular use comes first.
func sceneOfTags(t osmTags) Scene {
	switch {
	case t.is("highway", "elevator"), t.is("building", "elevator"), t.is("building:part", "elevator"), t.is("indoor", "elevator"):
		return SceneLift
	case t.is("parking", "underground"), t.is("location", "underground") && t["amenity"] == "parking":
		return SceneBasement
	case t["building"] != "" && below(t):
		return SceneBasement
	case t.is("railway", "station", "halt", "subway_entrance", "train_station_entrance"), t.is("public_transport", "station"),
		t.is("building", "train_station", "transportation", "station"), t.is("aeroway", "terminal", "aerodrome"),
		t.is("amenity", "bus_station", "ferry_terminal"), t.is("station", "subway", "light_rail"):
		return SceneTransit
	case t.is("amenity", "hospital", "clinic"), t.is("building", "hospital", "clinic"), t.is("healthcare", "hospital", "clinic"):
		return SceneHospital
	case t.is("tourism", "hotel", "motel", "hostel", "guest_house"), t.is("building", "hotel", "hostel"):
		return SceneHotel
	case t.is("shop", "mall", "department_store"), t.is("building", "mall"):
		return SceneMall
	case t.is("amenity", "university", "college", "school", "kindergarten"),
		t.is("building", "university", "college", "school", "kindergarten", "dormitory"), t.is("landuse", "education"):
		return SceneCampus
	case t.is("tourism", "attraction", "museum", "theme_park", "zoo", "viewpoint", "gallery", "aquarium"),
		t.is("historic", "castle", "monument", "fort", "palace", "archaeological_site", "ruins"),
		t.is("building", "attraction", "museum"):
		return SceneTouristSite
	case t["office"] != "" && t["office"] != "no", t.is("building", "office", "commercial", "bank"):
		return SceneOfficeTower
	case t.is("building", "apartments", "residential"), t.is("landuse", "residential"):
		return SceneResidential
	}
	return SceneUnknown
}

// below tells whether the tags put the whole object under the ground.
func below(t osmTags) bool {
	if t.is("location", "underground") {
		return true
	}
	top := ""
	for _, l := range strings.FieldsFunc(t["level"], func(r rune) bool { return r == ';' || r == ',' }) {
		top = l
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(top), 64)
	return err == nil && v < 0
}

// nameTags are looked through for what people call a place; the first found is
// the name, the others are aliases.
var nameTags = []string{"name", "name:zh", "name:en", "alt_name", "old_name", "short_name", "official_name", "loc_name",
	"int_name", "name:zh-Hans", "alt_name:en", "alt_name:zh", "old_name:en", "addr:housename", "name:fi", "name:sv", "name:ca"}

// streetAddress writes street and house number in the order of their script; ""
// where either is missing.
func streetAddress(t osmTags) string {
	street, number := t["addr:street"], t["addr:housenumber"]
	if street == "" {
		street, number = t["addr_street"], t["addr_housenumber"] // vector tiles
	}
	switch {
	case street == "" || number == "":
		return ""
	case isHan([]rune(street)[0]):
		return street + strings.TrimSuffix(number, "号") + "号"
	}
	return number + " " + street
}

// venueOfTags makes a venue of an OSM object. It is none when its tags say
// nothing about its use and it has neither a name nor eight floors.
func venueOfTags(id string, t osmTags, g orb.Geometry) (Venue, bool) {
	v := Venue{ID: id, Scene: sceneOfTags(t), Geometry: g}
	for _, key := range nameTags {
		for _, n := range splitNames(t[key]) {
			if v.Name == "" {
				v.Name = n
			}
			v.addAlias(n)
		}
	}
	v.addAlias(streetAddress(t))
	v.Floors = levels(t["building:levels"], 300)
	v.BasementFloors = levels(t["building:levels:underground"], 50)
	if v.Scene == SceneLift || v.Scene == SceneTransit {
		v.Ref = t["ref"]
	}
	dim := dimension(g)
	building := isBuilding(t)
	if dim == 1 {
		return v, false // roads have been taken out before; other lines are walls and tracks
	}
	if v.Scene == SceneUnknown && building {
		v.Scene = sceneOfName(v.Name, v.Floors)
		if v.Name == "" && v.Floors < 8 || dim == 0 {
			return v, false
		}
		return v, true
	}
	switch v.Scene {
	case SceneUnknown:
		return v, false
	case SceneResidential: // single blocks without a name are what cells are for
		return v, v.Name != "" || building && v.Floors >= 8
	case SceneOfficeTower: // an office that is only a point or a room is a tenant, not a tower
		return v, dim == 2 && building
	case SceneTransit, SceneLift, SceneBasement:
		return v, true
	}
	return v, dim == 2 || v.Name != ""
}

func isBuilding(t osmTags) bool { return t["building"] != "" && t["building"] != "no" }

func levels(s string, most int) int {
	v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || v < 0 || v > float64(most) {
		return 0
	}
	return int(v)
}
