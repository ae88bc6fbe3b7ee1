package geo

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"
)

// sharedFile opens a file of ../shared/data, which is not part of the repository.
func sharedFile(t testing.TB, name string) *os.File {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "shared", "data", filepath.FromSlash(name)))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("CI must have the shared data: %v", err)
		}
		t.Skipf("no shared data here: %v", err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// TestPublicVenueFiles loads every venue file and asserts its counts. Features
// of the .osm.pbf files were counted with another reader (paulmach/osm), those of
// the GeoJSON files with Python's json; marks too.
func TestPublicVenueFiles(t *testing.T) {
	for _, test := range []struct {
		file                           string
		features, venues, bad, parents int
		scenes, marks                  string
	}{
		{"Helsinki.osm.pbf", 24260 + 5130 + 620, 211, 18, 5, "unknown 59, office_tower 14, lift 11, hotel 29, mall 6, basement 9, tourist_site 18, residential 2, hospital 4, campus 20, transit 39", "houses 1442"},
		{"baltimore.osm.pbf", 51385 + 7230 + 167, 475, 0, 0, "unknown 252, office_tower 50, hotel 12, mall 3, highway 12, tourist_site 21, residential 10, hospital 12, campus 77, transit 16, tunnel 10", "houses 1318, exits 18"},
		{"bayfront_singapore.osm.pbf", 2843 + 468 + 115, 42, 0, 1, "unknown 9, office_tower 2, lift 1, hotel 8, mall 2, basement 2, highway 2, tourist_site 7, transit 9", "houses 26"},
		{"andorra.osm.pbf", 69644 + 2725 + 74, 117, 0, 1, "unknown 38, hotel 46, mall 3, basement 1, tourist_site 13, residential 2, hospital 1, transit 2, tunnel 11", "houses 3"},
		{"shanghai_lujiazui_bund.geojson", 4804, 396, 0, 0, "unknown 147, office_tower 67, hotel 29, mall 2, highway 2, tourist_site 65, residential 21, hospital 2, campus 5, transit 30, tunnel 26", "houses 152"},
		{"shoppingmall.geojson", 31, 31, 0, 0, "mall 31", ""},
		{"tourist_attraction.geojson", 47, 45, 0, 0, "tourist_site 45", ""},
	} {
		t.Run(test.file, func(t *testing.T) {
			in := sharedFile(t, "osm/"+test.file)
			begin, cpu := time.Now(), cpuSeconds()
			var file VenueFile
			var err error
			if strings.HasSuffix(test.file, ".pbf") {
				file, err = ReadVenuesOSM(context.Background(), in)
			} else {
				file, err = ScanVenuesGeoJSON(in)
			}
			if err != nil {
				t.Fatal(err)
			}
			c, err := NewCatalogue(file.Venues, nil, nil, file.Marks...)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%v, %.2f s of processor time, %d places", time.Since(begin).Round(time.Millisecond), cpuSeconds()-cpu, len(c.places))
			if used := cpuSeconds() - cpu; used > 2 {
				t.Errorf("loading took %.1f s of processor time; below 2 s is expected", used)
			}
			checkCenters(t, c)
			parents, count := 0, map[Scene]int{}
			for _, v := range file.Venues {
				count[v.Scene]++
				if v.Parent != "" {
					parents++
				}
			}
			var scenes []string
			for _, s := range append([]Scene{SceneUnknown}, Scenes()...) {
				if count[s] > 0 {
					scenes = append(scenes, fmt.Sprint(s, " ", count[s]))
				}
			}
			if file.Features != test.features || len(file.Venues) != test.venues || len(file.Bad) != test.bad || parents != test.parents {
				t.Errorf("%d features, %d venues, %d bad, %d with a parent; expected %d, %d, %d, %d",
					file.Features, len(file.Venues), len(file.Bad), parents, test.features, test.venues, test.bad, test.parents)
			}
			if got := marksIn(file.Marks); got != test.marks {
				t.Errorf("marks %s; expected %s", got, test.marks)
			}
			if got := strings.Join(scenes, ", "); got != test.scenes {
				t.Errorf("scenes %s\nexpected %s", got, test.scenes)
			}
		})
	}
}

// TestPublicRegionFiles loads every region file and asserts its counts.
func TestPublicRegionFiles(t *testing.T) {
	for _, test := range []struct {
		file, levels string
		inside       LatLon
		path         string
	}{
		{"india_districts", "province 36, district 756", LatLon{12.9716, 77.5946}, "Karnataka/Bengaluru Urban"},
		{"bengaluru_wards", "ward 243", LatLon{12.9756, 77.6051}, "Shantala Nagar"},
		{"china_provinces", "province 34", LatLon{30.66, 104.06}, "四川省"},
	} {
		regs, err := ReadRegionsGeoJSON(sharedFile(t, "regions/"+test.file+".geojson"))
		if err != nil {
			t.Fatal(err)
		}
		count := map[string]int{}
		for _, r := range regs {
			count[r.Level]++
		}
		var levels []string
		for _, l := range []string{"province", "district", "ward"} {
			if count[l] > 0 {
				levels = append(levels, fmt.Sprint(l, " ", count[l]))
			}
		}
		if got := strings.Join(levels, ", "); got != test.levels {
			t.Errorf("%s: %s; expected %s", test.file, got, test.levels)
		}
		c, err := NewCatalogue(nil, regs, nil)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, code := range c.RegionPath(c.RegionAt(test.inside)) {
			r, _ := c.Region(code)
			names = append(names, r.Name)
		}
		if got := strings.Join(names, "/"); got != test.path {
			t.Errorf("%s: %v lies in %s, not %s", test.file, test.inside, got, test.path)
		}
	}
}

// TestStatesOfMyCall compares the state found by position with the state that the
// customers' phones reported in TRAI's MyCall data (April 2018): two sources that
// know nothing of one another. "NCT" is Delhi; its neighbours share its circle.
func TestStatesOfMyCall(t *testing.T) {
	regs, err := ReadRegionsGeoJSON(sharedFile(t, "regions/india_districts.geojson"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewCatalogue(nil, regs, nil)
	if err != nil {
		t.Fatal(err)
	}
	rows := csv.NewReader(sharedFile(t, "mycall/CallVoiceQuality_Data_2018_April.csv"))
	if _, err := rows.Read(); err != nil {
		t.Fatal(err)
	}
	agree, all, nowhere := 0, 0, 0
	for {
		row, err := rows.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		lat, _ := strconv.ParseFloat(row[5], 64)
		lon, _ := strconv.ParseFloat(row[6], 64)
		if lat == -1 || lat == 0 {
			continue
		}
		all++
		code := c.RegionAt(LatLon{lat, lon})
		if code == "" {
			nowhere++
			continue
		}
		state, _ := c.Region(c.RegionPath(code)[0])
		if normalizeName(state.Name) == normalizeName(row[7]) || state.Name == "Delhi" && row[7] == "NCT" {
			agree++
		}
	}
	t.Logf("%d of %d positions lie in the state that was reported, %d in none", agree, all, nowhere)
	if all != 47371 || float64(agree) < 0.97*float64(all) || nowhere > all/1000 {
		t.Errorf("%d of %d positions lie in the state that was reported, %d in none", agree, all, nowhere)
	}
}

func TestGeoJSONFaults(t *testing.T) {
	good := `{"type":"Feature","id":7,"properties":{"name":"A","scene":"mall","floors":3},"geometry":{"type":"Point","coordinates":[104,30]}}`
	collection := func(features ...string) string {
		return `{"type":"FeatureCollection","features":[` + strings.Join(features, ",") + `]}`
	}
	for _, test := range []struct{ name, in, want string }{
		{"empty", "", errNoFeatures.Error()},
		{"not JSON", "id,name,scene\n1,a,mall\n", "not valid JSON after feature 0, at byte 1: invalid character 'i' looking for beginning of value"},
		{"a list", "[]", errNoFeatures.Error()},
		{"no features", `{"type":"FeatureCollection"}`, errNoFeatures.Error()},
		{"an empty list", collection(), "the file has no features"},
		{"cut off", collection(good)[:60], errNoFeatures.Error()},
		{"cut off later", collection(good, good)[:210], "the file ends in the middle, after feature 1: it was cut off"},
		{"unknown scene", collection(good, strings.Replace(good, "mall", "villa", 1)),
			`feature 2 (id 7): "villa" is not a scene; use one of unknown, office_tower, lift, hotel, mall, basement, highway, tourist_site, residential, hospital, campus, transit, tunnel, rural, other`},
		{"swapped", collection(strings.Replace(good, "104,30", "30,104", 1)),
			"feature 1 (id 7): its geometry is not on the globe: latitude 104 is outside -90 to 90 degrees: latitude and longitude look swapped"},
		{"half a floor", collection(strings.Replace(good, `"floors":3`, `"floors":3.5`, 1)), `feature 1 (id 7): floors is "3.5"; a whole number is expected`},
		{"a million floors", collection(strings.Replace(good, `"floors":3`, `"floors":1000000`, 1)), "feature 1 (id 7): 1000000 floors and 0 basement floors are not a building"},
		{"no geometry", collection(good[:strings.Index(good, `,"geometry"`)] + "}"), "feature 1 (id 7): it has no geometry"},
		{"no id", collection(strings.Replace(good, `"id":7,`, "", 1)), "feature 1: it has no id"},
		{"wrong geometry", collection(strings.Replace(good, "Point", "Blob", 1)), "feature 1 (id 7): its geometry cannot be read: geojson: invalid geometry"},
		{"an empty polygon", collection(strings.Replace(good, `"Point","coordinates":[104,30]`, `"Polygon","coordinates":[]`, 1)), "feature 1 (id 7): its geometry is empty"},
		{"an empty ring", collection(strings.Replace(good, `"Point","coordinates":[104,30]`, `"MultiPolygon","coordinates":[[[]]]`, 1)), "feature 1 (id 7): its geometry is empty"},
		{"an empty line", collection(strings.Replace(good, `"Point","coordinates":[104,30]`, `"MultiLineString","coordinates":[[],[[0,0],[1,1]]]`, 1)), "feature 1 (id 7): its geometry is empty"},
		{"no points", collection(strings.Replace(good, `"Point","coordinates":[104,30]`, `"MultiPoint","coordinates":[]`, 1)), "feature 1 (id 7): its geometry is empty"},
		{"a number as feature", collection("5", good), "feature 1: it is a JSON number"},
	} {
		venues, err := ReadVenuesGeoJSON(strings.NewReader(test.in))
		if err == nil || err.Error() != test.want {
			t.Errorf("%s: %v\nexpected: %s", test.name, err, test.want)
		}
		var bad FeatureErrors
		if test.name == "unknown scene" && (!errors.As(err, &bad) || len(venues) != 1) {
			t.Errorf("%s: the good feature is lost", test.name)
		}
	}
	for _, in := range []string{collection(good), "\ufeff" + collection(good), good, `{"features":[` + good + `],"type":"FeatureCollection"}`} {
		venues, err := ReadVenuesGeoJSON(strings.NewReader(in))
		if err != nil || len(venues) != 1 || venues[0].ID != "7" || venues[0].Floors != 3 || venues[0].Scene != SceneMall {
			t.Errorf("%s: %+v, %v", in, venues, err)
		}
	}
	_, err := ReadRegionsGeoJSON(strings.NewReader(collection(good)))
	if err == nil || err.Error() != `feature 1 (id 7): region "A" has no polygon` {
		t.Errorf("%v", err)
	}
}

// TestMergeParts: one id several times is one venue.
func TestMergeParts(t *testing.T) {
	in := `{"type":"FeatureCollection","features":[
	{"type":"Feature","properties":{"id":12345678901234567,"name":"Hall","scene":"mall","aliases":["Halle"]},"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1],[0,0]]]}},
	{"type":"Feature","properties":{"id":12345678901234567,"name":"Hall","scene":"mall"},"geometry":{"type":"Polygon","coordinates":[[[1,0],[2,0],[2,1],[1,1],[1,0]]]}},
	{"type":"Feature","properties":{"id":12345678901234567,"name":"Hall","scene":"mall","aliases":"Big Hall; Halle"},"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1],[0,0]]]}},
	{"type":"Feature","properties":{"id":12345678901234567,"scene":"mall","floors":4},"geometry":{"type":"Point","coordinates":[0.5,0.5]}}]}`
	file, err := ScanVenuesGeoJSON(strings.NewReader(in))
	if err != nil || len(file.Venues) != 1 || file.Merged != 3 {
		t.Fatalf("%+v, %v", file, err)
	}
	v := file.Venues[0]
	if v.ID != "12345678901234567" || v.Floors != 4 || len(v.Geometry.(orb.MultiPolygon)) != 2 || strings.Join(v.Aliases, ",") != "Halle,Big Hall" {
		t.Errorf("%+v", v)
	}
	c, err := NewCatalogue(file.Venues, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, lon := range []float64{0.5, 1, 1.5} {
		if p, _ := c.Place(c.Locate(Evidence{HasPos: true, Pos: LatLon{0.5, lon}, Floor: UnknownFloor}).Place); p.Name != "Hall" {
			t.Errorf("%v° is at %q", lon, p.Name)
		}
	}
}

func TestOSMFaults(t *testing.T) {
	for _, in := range []string{"", "hello", strings.Repeat("\x00", 100), `{"type":"FeatureCollection"}`} {
		_, err := ReadVenuesOSM(context.Background(), strings.NewReader(in))
		if !errors.Is(err, errNotPBF) {
			t.Errorf("%q: %v", in, err)
		}
	}
	whole, err := io.ReadAll(sharedFile(t, "osm/bayfront_singapore.osm.pbf"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = ReadVenuesOSM(context.Background(), strings.NewReader(string(whole[:len(whole)-1000])))
	if err == nil || !strings.HasPrefix(err.Error(), "the file is damaged or cut off after block ") {
		t.Errorf("cut off: %v", err)
	}
	stop, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := ReadVenuesOSM(stop, strings.NewReader(string(whole))); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// FuzzReadVenuesOSM: no input may panic or take unbounded memory.
func FuzzReadVenuesOSM(f *testing.F) {
	if whole, err := os.ReadFile(filepath.Join("..", "..", "shared", "data", "osm", "bayfront_singapore.osm.pbf")); err == nil {
		f.Add(whole[:2000])
	}
	f.Add([]byte("\x00\x00\x00\x0d\x0a\x09OSMHeader\x18\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = ReadVenuesOSM(context.Background(), strings.NewReader(string(b)))
		_ = decodeBlock(b, func(*osmObject) error { return nil })
	})
}

// FuzzVenuesGeoJSON: whatever is read makes a catalogue that answers.
func FuzzVenuesGeoJSON(f *testing.F) {
	f.Add(`{"type":"FeatureCollection","features":[{"type":"Feature","id":7,"properties":{"scene":"mall"},"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}}]}`)
	f.Add(`{"type":"Feature","id":"way/1","properties":{"highway":"motorway","ref":"G4"},"geometry":{"type":"LineString","coordinates":[[0,0],[1,0]]}}`)
	f.Add(`{"type":"Feature","properties":{"@id":"n","building":"yes"},"geometry":{"type":"Polygon","coordinates":[]}}`)
	f.Fuzz(func(t *testing.T, s string) {
		venues, _ := ReadVenuesGeoJSON(strings.NewReader(s))
		c, err := NewCatalogue(venues, nil, nil)
		if err != nil {
			t.Fatalf("what was read makes no catalogue: %v", err)
		}
		c.Locate(Evidence{HasPos: true, Pos: LatLon{0.5, 0.5}, Floor: UnknownFloor, Text: s, Address: s})
	})
}
