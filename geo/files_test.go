package geo

import (
	"os"
	"path/filepath"
	"testing"
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

func TestPublicVenueFiles(t *testing.T) {
	for _, name := range []string{"shanghai_lujiazui_bund", "shoppingmall", "tourist_attraction"} {
		file, err := ScanVenuesGeoJSON(sharedFile(t, "osm/"+name+".geojson"))
		if err != nil {
			t.Fatal(err)
		}
		byScene := map[Scene]int{}
		for _, v := range file.Venues {
			byScene[v.Scene]++
		}
		t.Log(name, file.Features, len(file.Venues), file.Skipped, file.Merged, len(file.Bad), byScene)
		if _, err := NewCatalogue(file.Venues, nil, nil); err != nil {
			t.Error(err)
		}
	}
}

func TestPublicRegionFiles(t *testing.T) {
	for _, name := range []string{"india_districts", "bengaluru_wards", "china_provinces"} {
		regs, err := ReadRegionsGeoJSON(sharedFile(t, "regions/"+name+".geojson"))
		if err != nil {
			t.Fatal(err)
		}
		levels := map[string]int{}
		for _, r := range regs {
			levels[r.Level]++
		}
		t.Log(name, len(regs), levels)
		if _, err := NewCatalogue(nil, regs, nil); err != nil {
			t.Error(err)
		}
	}
}
