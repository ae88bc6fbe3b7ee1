// Package hotcell_test checks the shape of the repository.
package hotcell_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/hotcell/hotcell/"

// mayImport is the import table of DESIGN §3: which of our packages a package
// may use. A package covers its sub-packages; cmd may use everything.
var mayImport = map[string][]string{
	"geo":      {},
	"hotspots": {"geo"},
	"ingest":   {"geo"},
	"store":    {"hotspots", "ingest", "geo"},
	"api":      {"hotspots", "ingest", "geo"},
	"cmd":      {"api", "store", "hotspots", "ingest", "geo"},
}

// homes says which package alone may use a library.
var homes = map[string]string{
	"github.com/uber/h3-go":               "geo",
	"github.com/paulmach/orb":             "geo",
	"github.com/paulmach/osm":             "geo",
	"github.com/mozillazg/go-pinyin":      "geo",
	"github.com/ClickHouse/clickhouse-go": "store",
	"github.com/ClickHouse/ch-go":         "store",
	"github.com/ebitengine/purego":        "store",
	"github.com/gin-gonic/gin":            "api",
	"github.com/twmb/franz-go/pkg/kgo":    "ingest",
	"github.com/spf13/cobra":              "cmd",
	"github.com/knadh/koanf":              "cmd",
	"github.com/schollz/progressbar":      "cmd",
}

// pure packages know neither SQL, HTTP, logs, files nor the clock's side of time.
var pure = map[string][]string{
	"hotspots": {"net/http", "database/sql", "log", "log/slog", "os", "net"},
}

func TestImportTable(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := 0
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var pkg struct {
			ImportPath string
			Imports    []string
		}
		if err := d.Decode(&pkg); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		path, ours := strings.CutPrefix(pkg.ImportPath, module)
		if !ours {
			continue // the root holds only this test
		}
		top, _, _ := strings.Cut(path, "/")
		allowed, known := mayImport[top]
		if !known {
			t.Errorf("%s: folder %q is not in the import table of DESIGN §3", pkg.ImportPath, top)
			continue
		}
		seen++
		for _, imported := range pkg.Imports {
			if inner, ok := strings.CutPrefix(imported, module); ok {
				target, _, _ := strings.Cut(inner, "/")
				if target != top && !contains(allowed, target) {
					t.Errorf("%s imports %s; %s may import only %v", path, inner, top, allowed)
				}
			}
			for library, home := range homes {
				if strings.HasPrefix(imported, library) && top != home {
					t.Errorf("%s imports %s, whose only home is %s", path, imported, home)
				}
			}
			if contains(pure[path], imported) {
				t.Errorf("%s is pure and must not import %s", path, imported)
			}
		}
	}
	if seen < len(mayImport) {
		t.Errorf("saw %d packages, fewer than the %d folders of the table", seen, len(mayImport))
	}
}

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}
