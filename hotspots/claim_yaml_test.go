package hotspots_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/hotcell/hotcell/hotspots"
)

// Claims are written in YAML; the program decodes them strictly and validates.
func TestClaimYAML(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "claims", "*.yaml"))
	if err != nil || len(files) < 3 {
		t.Fatalf("examples: %v, %v", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var c hotspots.Claim
		if err := yaml.UnmarshalWithOptions(text, &c, yaml.Strict()); err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		q, err := c.Query()
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if c.ID == "" || c.Area.NameZH == "" || q.Start.Hour() != 16 {
			t.Errorf("%s: read %+v, query %+v", file, c, q)
		}
		if err := yaml.UnmarshalWithOptions(append(text, "\nplace: x\n"...), &c, yaml.Strict()); err == nil {
			t.Errorf("%s: an unknown field was accepted", file)
		}
	}
}
