package store_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/hotcell/hotcell/store"
	"github.com/hotcell/hotcell/store/storetest"
)

// Whatever comes later, the first value holds, also for writers at once.
func TestFactsAreSettledOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		if got, err := s.Settle(t.Context(), "key", ""); err != nil || got != "" {
			t.Fatalf("before anything: %q, %v", got, err)
		}
		results := make([]string, 5)
		var wg sync.WaitGroup
		for i := range results {
			wg.Go(func() {
				var err error
				if results[i], err = s.Settle(t.Context(), "key", fmt.Sprint("value", i)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		final, err := s.Settle(t.Context(), "key", "late")
		if err != nil || final == "late" || final == "" {
			t.Fatalf("afterwards: %q, %v", final, err)
		}
		if other, err := s.Settle(t.Context(), "other", "x"); err != nil || other != "x" {
			t.Errorf("another fact: %q, %v", other, err)
		}
	})
}
