package store_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/hotcell/hotcell/store"
	"github.com/hotcell/hotcell/store/storetest"
)

var update = flag.Bool("update", false, "write the golden schemas anew")

// TestGoldenSchema compares the schema as ClickHouse reports it with the one in
// the repository, so that a change of the schema is seen in review.
func TestGoldenSchema(t *testing.T) {
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		got, err := s.Schema(t.Context())
		must(t, err)
		home := ""
		if strings.Contains(got, "Distributed(") {
			home = "-cluster"
		}
		file := filepath.Join("testdata", "golden", "schema-"+s.Version()+home+".sql")
		if *update {
			must(t, os.WriteFile(file, []byte(got), 0o644))
		}
		want, err := os.ReadFile(file)
		if os.IsNotExist(err) {
			t.Fatalf("there is no golden schema for ClickHouse %s: look at the difference to the others and write it with go test ./store -run Golden -update", s.Version())
		}
		must(t, err)
		if got != string(want) {
			t.Errorf("the schema differs from %s; if that is meant, run go test ./store -run Golden -update\n%s", file, firstDifference(got, string(want)))
		}
		// Migrating again changes nothing.
		must(t, s.Migrate(t.Context()))
		again, err := s.Schema(t.Context())
		must(t, err)
		if again != got {
			t.Error("migrating again changed the schema")
		}
	})
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return "got:  " + g[i] + "\nwant: " + w[i]
		}
	}
	return "one is longer"
}

// TestTwoMigrators starts several migrations of one empty database at once.
func TestTwoMigrators(t *testing.T) {
	for name, dsn := range map[string]string{"embedded": storetest.Embedded(t), "server": storetest.Server(t)} {
		t.Run(name, func(t *testing.T) {
			var wg sync.WaitGroup
			errs := make([]error, 4)
			for i := range errs {
				wg.Go(func() {
					s, err := store.Open(t.Context(), store.Config{DSN: dsn}, nil)
					if err != nil {
						errs[i] = err
						return
					}
					defer s.Close()
					errs[i] = s.Migrate(t.Context())
				})
			}
			wg.Wait()
			for _, err := range errs {
				if err != nil {
					t.Error(err)
				}
			}
			take(t, storetest.Open(t, dsn), load(1, "a"), calls(10))
		})
	}
}
