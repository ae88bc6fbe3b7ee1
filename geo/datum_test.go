package geo

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
)

// Pairs from the test suites of googollee/eviltransform (Shanghai, Shenzhen,
// Beijing) and wandergis/coordtransform (the others but the last).
func TestDatumPublishedPairs(t *testing.T) {
	for _, p := range []struct{ wgs, gcj LatLon }{
		{LatLon{31.1774276, 121.5272106}, LatLon{31.17530398364597, 121.531541859215}},
		{LatLon{22.543847, 113.912316}, LatLon{22.540796131694766, 113.9171764808363}},
		{LatLon{39.911954, 116.377817}, LatLon{39.91334545536069, 116.38404722455657}},
		{LatLon{39.915, 116.404}, LatLon{39.91640428150164, 116.41024449916938}},
	} {
		if d := Distance(GCJ02.FromWGS84(p.wgs), p.gcj); d > 0.001 {
			t.Errorf("GCJ-02 of %v is %.4f m from the published value", p.wgs, d)
		}
		if d := Distance(GCJ02.ToWGS84(p.gcj), p.wgs); d > 0.001 {
			t.Errorf("WGS-84 of GCJ-02 %v is %.4f m from the published value", p.gcj, d)
		}
	}
	if d := Distance(bdShift(LatLon{39.915, 116.404}), LatLon{39.92133699351021, 116.41036949371029}); d > 0.001 {
		t.Errorf("BD-09 is %.4f m from the published value", d)
	}
	// Published results of approximate inverses, which are themselves off by up to some metres.
	if d := Distance(gcjShift(BD09.ToWGS84(LatLon{39.915, 116.404})), LatLon{39.90865673957631, 116.39762729119315}); d > 2 {
		t.Errorf("GCJ-02 of BD-09 is %.2f m from the published value", d)
	}
	if d := Distance(BD09.ToWGS84(LatLon{45, 123}), LatLon{44.99171540, 122.98762210}); d > 5 {
		t.Errorf("WGS-84 of BD-09 is %.2f m from the published value", d)
	}
}

func TestDatumInverse(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, d := range []Datum{GCJ02, BD09} {
		worst, shifted, n := 0.0, 0.0, 0
		for n < 50_000 {
			p := LatLon{18 + 36*r.Float64(), 73 + 62*r.Float64()}
			if !InMainlandChina(p) {
				if q := d.FromWGS84(p); q != p {
					t.Fatalf("%v lies outside mainland China and was shifted to %v", p, q)
				}
				continue
			}
			n++
			q := d.FromWGS84(p)
			shifted = max(shifted, Distance(p, q))
			worst = max(worst, Distance(d.ToWGS84(q), p))
		}
		t.Logf("%v: largest shift %.0f m, largest error of the inverse %.6f m", d, shifted, worst)
		if worst > 0.001 {
			t.Errorf("%v: the inverse is off by up to %v m; below 1 mm is expected", d, worst)
		}
	}
}

func TestDatumAppliesOnlyInMainlandChina(t *testing.T) {
	inside := map[string]LatLon{
		"Beijing": {39.9042, 116.4074}, "Shenzhen Luohu": {22.548, 114.131}, "Shenzhen Futian": {22.53, 114.055},
		"Shenzhen Shekou": {22.485, 113.915}, "Zhuhai Gongbei": {22.2215, 113.5475}, "Zhuhai Hengqin": {22.13, 113.525},
		"Yantian": {22.59, 114.27}, "Xiamen": {24.48, 118.09}, "Sanya": {18.25, 109.5}, "Kashgar": {39.47, 75.99}, "Lhasa": {29.65, 91.14},
		"Heihe": {50.245, 127.49}, "Ruili": {24.013, 97.852}, "Hunchun": {42.86, 130.36}, "Dandong": {40.12, 124.39},
		"Urumqi": {43.83, 87.62}, "Mohe": {52.97, 122.54}, "Zhoushan": {29.99, 122.2}, "Dalian": {38.91, 121.6}, "Manzhouli": {49.6, 117.45},
	}
	for name, p := range inside {
		if !InMainlandChina(p) {
			t.Errorf("%s counts as outside", name)
		}
	}
	outside := map[string]LatLon{
		"Hong Kong Central": {22.2819, 114.158}, "Sha Tin": {22.38, 114.19}, "Yuen Long": {22.445, 114.03}, "Hong Kong airport": {22.308, 113.918},
		"Macau": {22.197, 113.545}, "Taipa": {22.156, 113.558}, "Taipei": {25.033, 121.565}, "Kaohsiung": {22.63, 120.3},
		"Penghu": {23.57, 119.58}, "Kinmen": {24.44, 118.35}, "Matsu": {26.16, 119.95}, "Hanoi": {21.03, 105.85}, "Seoul": {37.57, 126.98},
		"Pyongyang": {39.03, 125.75}, "Ulaanbaatar": {47.92, 106.92}, "Kathmandu": {27.72, 85.32}, "Delhi": {28.61, 77.21}, "Almaty": {43.24, 76.89},
		"Vladivostok": {43.12, 131.89}, "Lao Cai": {22.46, 103.98}, "Mong Cai": {21.52, 107.99}, "Fukuoka": {33.59, 130.4},
		"Thimphu": {27.47, 89.64}, "Myitkyina": {25.38, 97.4}, "Bengaluru": {12.97, 77.59}, "New York": {40.71, -74.0},
	}
	for name, p := range outside {
		if InMainlandChina(p) {
			t.Errorf("%s counts as inside", name)
		}
		for _, d := range []Datum{GCJ02, BD09} {
			// A shifted value just outside may stand for a place just inside, so
			// near the border only the forward direction says something.
			if q := d.FromWGS84(p); q != p {
				t.Errorf("%s was shifted by %v", name, d)
			}
			if w := d.ToWGS84(p); w != p && !InMainlandChina(w) {
				t.Errorf("%s was shifted to %v, outside", name, w)
			}
		}
	}
}

// TestMainlandOutlineAgainstProvinces checks the hand-drawn outline against the
// provinces file: hardly any of a province's area may be missing from it.
func TestMainlandOutlineAgainstProvinces(t *testing.T) {
	regs, err := ReadRegionsGeoJSON(sharedFile(t, "regions/china_provinces.geojson"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewCatalogue(nil, regs, nil)
	if err != nil {
		t.Fatal(err)
	}
	abroad := map[string]bool{"台湾": true, "香港特别行政区": true, "澳门特别行政区": true}
	r := rand.New(rand.NewPCG(7, 8))
	inProvince, missed := 0, 0
	for range 100_000 {
		p := LatLon{18 + 36*r.Float64(), 73 + 62*r.Float64()}
		i := c.regions.at(p)
		if i < 0 {
			continue
		}
		if abroad[regs[i].Name] {
			continue
		}
		inProvince++
		if !InMainlandChina(p) {
			missed++
		}
	}
	t.Logf("%d of %d positions in mainland provinces are outside the outline", missed, inProvince)
	// The file draws the eastern Himalaya as claimed; the outline follows who runs the networks there.
	if inProvince < 30_000 || float64(missed) > 0.015*float64(inProvince) {
		t.Errorf("%d of %d positions in mainland provinces are outside the outline", missed, inProvince)
	}
}

func TestDatumText(t *testing.T) {
	for text, want := range map[string]Datum{"": WGS84, "WGS84": WGS84, "wgs-84": WGS84, "gcj02": GCJ02, "GCJ-02": GCJ02, "bd09": BD09, "BD-09": BD09} {
		if got, err := ParseDatum(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	if _, err := ParseDatum("gcj03"); err == nil || err.Error() != `"gcj03" is not a datum; use one of wgs84, gcj02, bd09` {
		t.Errorf("gcj03: %v", err)
	}
	b, err := json.Marshal(map[string]Datum{"d": BD09})
	if err != nil || string(b) != `{"d":"bd09"}` {
		t.Errorf("%s, %v", b, err)
	}
}
