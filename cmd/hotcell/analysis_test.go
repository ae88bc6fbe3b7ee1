package main

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/ingest"
	"github.com/hotcell/hotcell/store"
	"github.com/hotcell/hotcell/store/storetest"
)

// A changed catalogue is taken over whole, and nobody waits for it who has one:
// while it is being built, others go on with the one before.
func TestCatalogueIsSwappedWithoutWaiting(t *testing.T) {
	s, err := store.Open(t.Context(), store.Config{DSN: storetest.Embedded(t)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	add := func(n int) {
		t.Helper()
		venues, err := geo.ReadVenuesGeoJSON(strings.NewReader(fmt.Sprintf(
			`{"type":"Feature","properties":{"id":"V%d","scene":"mall"},"geometry":{"type":"Point","coordinates":[104,30]}}`, n)))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.InsertVenues(t.Context(), ingest.Load{ID: fmt.Sprint("ld_", n), Version: uint64(n)}, venues); err != nil {
			t.Fatal(err)
		}
	}
	a := &analyst{store: s}
	count := func() int {
		c, _, err := a.current(t.Context())
		if err != nil {
			t.Error(err)
			return -1
		}
		return len(c.Venues())
	}
	add(1)
	if n := count(); n != 1 {
		t.Fatalf("%d venues after the first load", n)
	}
	add(2)
	a.building.Lock() // somebody is at it
	if n := count(); n != 1 {
		t.Errorf("%d venues while the new catalogue is being built, want the one before", n)
	}
	a.building.Unlock()
	if n := count(); n != 2 {
		t.Errorf("%d venues after the second load", n)
	}
	var askers sync.WaitGroup
	for range 4 {
		askers.Go(func() {
			for last, i := 0, 0; i < 20; i++ {
				n := count()
				if n < last {
					t.Errorf("%d venues after %d: an older catalogue came back", n, last)
				}
				last = n
			}
		})
	}
	for n := 3; n <= 5; n++ {
		add(n)
	}
	askers.Wait()
	if n := count(); n != 5 {
		t.Errorf("%d venues in the end", n)
	}
}
