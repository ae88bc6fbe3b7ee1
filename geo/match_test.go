package geo

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"
)

// addressBook is a small catalogue with the names that mislead: repeated ones,
// one within another, numbers, short ones.
func addressBook(t testing.TB) *Catalogue {
	t.Helper()
	var venues []Venue
	add := func(id, name string, scene Scene, lat, lon, side float64, aliases ...string) {
		venues = append(venues, Venue{ID: id, Name: name, Aliases: aliases, Scene: scene, Floors: 30, Geometry: square(lat, lon, side)})
	}
	add("T1", "东方大厦", SceneOfficeTower, 30.0, 104, 0.001, "Oriental Tower", "人民南路88号")
	add("T2", "东方大厦二期", SceneOfficeTower, 30.002, 104, 0.001)
	add("A2", "International Finance Tower 2", SceneOfficeTower, 30.01, 104, 0.001, "国金中心2号楼")
	add("A3", "International Finance Tower 3", SceneOfficeTower, 30.012, 104, 0.001, "国金中心3号楼")
	add("H1", "Grand Hotel", SceneHotel, 30.02, 104.02, 0.001)
	add("H2", "Grand Hotel", SceneHotel, 30.32, 104.02, 0.001)
	add("M", "Garuda Mall", SceneMall, 30.03, 104.03, 0.001)
	add("C", "科技大学", SceneCampus, 30.05, 104.05, 0.02)
	add("CL", "图书馆北楼", SceneCampus, 30.055, 104.055, 0.001)
	add("W", "万达广场", SceneMall, 30.08, 104.08, 0.001, "Wanda Plaza")
	add("X", "中心", SceneMall, 30.09, 104.09, 0.001)
	add("Y", "Inn", SceneHotel, 30.1, 104.1, 0.001)
	add("S", "Phoenix Marketcity", SceneMall, 30.11, 104.1, 0.001)
	venues = append(venues, Venue{ID: "R", Name: "沪蓉高速公路", Ref: "G42", Scene: SceneHighway, Geometry: orb.LineString{{104, 30.2}, {104.5, 30.2}}})
	regions := []Region{
		{Code: "1", Name: "锦江区", Level: "district", Geometry: square(29.9, 103.9, 0.3)},
		{Code: "2", Name: "青羊区", Level: "district", Geometry: square(30.2, 103.9, 0.3)},
	}
	c, err := NewCatalogue(venues, regions, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAddresses(t *testing.T) {
	c := addressBook(t)
	for _, test := range []struct{ address, key string }{
		{"成都市锦江区东方大厦12楼1203室", "venue/T1/floors/11"},
		{"成都市锦江区東方大廈", "venue/T1"},
		{"东方大厦二期大堂", "venue/T2"},
		{"东方大厦B2层", "venue/T1/basement"},
		{"东方大厦电梯", "venue/T1/lift"},
		{"人民南路88号", "venue/T1"},
		{"人民南路８８号", "venue/T1"},
		{"人民南路188号", ""},
		{"ORIENTAL  TOWER, 5th floor", "venue/T1/floors/1"},
		{"Oriental Towr, Chengdu", "venue/T1"},
		{"Orietnal Tower", "venue/T1"},
		{"Intl. Finance Tower", ""},
		{"International Finance Tower 2, room 5", "venue/A2"},
		{"Internationl Finance Tower 3", "venue/A3"},
		{"International Finance Tower 4", ""},
		{"International Finance Tower", ""},
		{"国金中心3号楼", "venue/A3"},
		{"Grand Hotel", "venue/H1 + venue/H2"},
		{"锦江区 Grand Hotel", "venue/H1"},
		{"Grand Hotel, 青羊区", "venue/H2"},
		{"No. 5, opposite Garuda Mall, Magrath Road", ""},
		{"Near Garuda Mall", ""},
		{"Garuda Mall, Magrath Road", "venue/M"},
		{"Garuda  Mal, Magrath Rd", "venue/M"},
		{"科技大学图书馆北楼", "venue/CL"},
		{"科技大学", "venue/C"},
		{"万达广场对面", ""},
		{"万达广场，东方大厦", "venue/T1 + venue/W"},
		{"Winning Street 5", ""},
		{"市中心", ""},
		{"沪蓉高速公路", "48 segments"},
		{"沪蓉高速公路旁的科技大学", "venue/C"},
		{"Phoenix Market City", "venue/S"},
		{"Pheonix Marketcity", "venue/S"},
		{"", ""}, {"？？", ""}, {"12345", ""},
	} {
		l := c.Locate(Evidence{Address: test.address, Floor: UnknownFloor})
		if key := keyOf(c, l); key != test.key || (l.Method == MethodAddress) != (test.key != "") {
			t.Errorf("%q is at %q (%v), expected %q", test.address, key, l.Method, test.key)
		}
	}
	// A complaint that names the venue itself, exactly.
	l := c.Locate(Evidence{Text: "我在东方大厦上班，电梯里没信号", Floor: UnknownFloor})
	if p, _ := c.Place(l.Place); p.Key != "venue/T1/lift" || l.Method != MethodAddress {
		t.Errorf("%+v", l)
	}
	l = c.Locate(Evidence{Text: "我在东方大夏附近没信号", Floor: UnknownFloor})
	if l.Place != 0 {
		t.Errorf("%+v", l)
	}
	l = c.Locate(Evidence{Venue: "东方大厦 负二楼", Floor: UnknownFloor})
	if p, _ := c.Place(l.Place); p.Key != "venue/T1/basement" || l.Method != MethodVenue {
		t.Errorf("%+v", l)
	}
}

// only gives the one venue that a text means, −1 for none or several.
func (c *Catalogue) only(text string) int {
	if v := c.meant(text, true); len(v) == 1 {
		return int(v[0])
	}
	return -1
}

// keyOf writes where a record is put: the key of its place, or of all its candidates.
func keyOf(c *Catalogue, l Location) string {
	if l.Choice == nil {
		p, _ := c.Place(l.Place)
		return p.Key
	}
	if n := len(l.Choice.Places); n > mostCandidates {
		return fmt.Sprint(n, " segments")
	}
	var keys []string
	for _, w := range l.Choice.Places {
		p, _ := c.Place(w.Place)
		keys = append(keys, p.Key)
	}
	slices.Sort(keys)
	return strings.Join(keys, " + ")
}

// TestRealNames: every name of the Shanghai extract leads to its venue or to
// none, with a slip in it too, and never to another one.
func TestRealNames(t *testing.T) {
	file, err := ScanVenuesGeoJSON(sharedFile(t, "osm/shanghai_lujiazui_bund.geojson"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewCatalogue(file.Venues, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	exact, exactRight, slip, slipRight, wrong := 0, 0, 0, 0, 0
	for i := range file.Venues {
		v := &file.Venues[i]
		letters := []rune(normalizeName(v.Name))
		if len(letters) < 5 || dimension(v.Geometry) == 1 {
			continue
		}
		ask := func(text string, n, right *int) {
			*n++
			switch got := c.only(text); {
			case got == i:
				*right++
			case got >= 0 && !shareName(&file.Venues[got], v):
				wrong++
				if n == &slip {
					return // one slip can make another venue's name; counted below
				}
				t.Errorf("%q leads to %q", text, file.Venues[got].Name)
			}
		}
		ask("上海市浦东新区"+v.Name+"三楼", &exact, &exactRight)
		broken := append([]rune(nil), letters...)
		broken[len(letters)/2] = '乂'
		ask(string(broken), &slip, &slipRight)
	}
	t.Logf("of %d names %d led to their venue; with one letter wrong %d of %d; %d to another", exact, exactRight, slipRight, slip, wrong)
	if exactRight < exact*8/10 || slipRight < slip*7/10 || wrong > slip/50 {
		t.Errorf("of %d names %d led to their venue; with one letter wrong %d of %d; %d to another", exact, exactRight, slipRight, slip, wrong)
	}
}

func BenchmarkAddress(b *testing.B) {
	var venues []Venue
	for i := range 20_000 {
		venues = append(venues, Venue{ID: fmt.Sprint(i), Name: fmt.Sprintf("%c%c%c%c大厦%d号楼", 0x4e00+i%1000, 0x4f00+i%777, 0x5000+i%501, 0x5100+i/100, i%9+1),
			Geometry: orb.Point{104, 30}})
	}
	c, err := NewCatalogue(venues, nil, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	start := cpuSeconds()
	for i := range b.N {
		c.meant("成都市锦江区人民南路四段"+venues[i%len(venues)].Name+"1203室", true)
	}
	b.ReportMetric((cpuSeconds()-start)*1e6/float64(b.N), "cpu-µs/op")
}

// BenchmarkMisspelt looks for 100,000 names, made of the words of real ones, in
// addresses with a slip in the name.
func BenchmarkMisspelt(b *testing.B) {
	var words []string
	for _, c := range realCatalogues(b) {
		for i := range c.venues {
			for _, w := range strings.Fields(c.venues[i].Name) {
				if isASCII(w) && len(w) > 3 && !strings.ContainsAny(w, "()-/&.,'") && !streetTypes[strings.ToLower(w)] {
					words = append(words, w)
				}
			}
		}
	}
	slices.Sort(words)
	words = slices.Compact(words)
	r := rand.New(rand.NewPCG(1, 2))
	var venues []Venue
	for i := range 100_000 {
		name := words[r.IntN(len(words))]
		for range 1 + r.IntN(3) {
			name += " " + words[r.IntN(len(words))]
		}
		venues = append(venues, Venue{ID: fmt.Sprint(i), Name: name, Geometry: orb.Point{104, 30}})
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	c, err := NewCatalogue(venues, nil, nil)
	if err != nil {
		b.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	var asks []string
	var want []int
	for len(asks) < 500 {
		i := r.IntN(len(venues))
		if broken := slip(venues[i].Name, r, len(asks)%3); broken != "" {
			asks, want = append(asks, "5th floor, "+broken+", 12 Some Street, Springfield"), append(want, i)
		}
	}
	right := 0
	b.ResetTimer()
	start := cpuSeconds()
	for i := range b.N {
		for _, v := range c.meant(asks[i%len(asks)], true) {
			if venues[v].Name == venues[want[i%len(want)]].Name {
				right++
				break
			}
		}
	}
	b.ReportMetric((cpuSeconds()-start)*1e6/float64(b.N), "cpu-µs/op")
	b.ReportMetric(float64(right)/float64(b.N), "found")
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB")
}

func isASCII(s string) bool { return !strings.ContainsFunc(s, func(r rune) bool { return r > 0x7f }) }
