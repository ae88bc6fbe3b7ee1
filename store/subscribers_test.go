package store_test

import (
	"fmt"
	"testing"

	"github.com/hotcell/hotcell/ingest"
	"github.com/hotcell/hotcell/store"
	"github.com/hotcell/hotcell/store/storetest"
)

// TestValueAsOfTheEvent: whatever order a customer's attributes are loaded in, before
// or after the calls, those count that held when the customer was last hurt.
func TestValueAsOfTheEvent(t *testing.T) {
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		defer countersAreSummed(t, s) // there, only bad calls are in the store
		version := uint64(0)
		next := func(f ingest.Feed) ingest.Load {
			version++
			l := load(version, fmt.Sprint(f, version))
			l.Feed = f
			return l
		}
		drop := func(u, day int) ingest.Call {
			c := call(1000*u+day, t0.AddDate(0, 0, day).Add(1e9*3600*9))
			c.Customer, c.Outcome = ingest.CustomerID(u), ingest.Dropped
			return c
		}
		orders := [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}
		tell := func(which func(order []int) int) {
			l := next(ingest.FeedSubscribers)
			_, err := s.Begin(t.Context(), l)
			must(t, err)
			var rows []ingest.Subscriber
			for u, order := range orders {
				i := which(order)
				rows = append(rows, ingest.Subscriber{Customer: ingest.CustomerID(u + 1), ValueTier: uint8(2*i + 1), Segment: ingest.Segment(i + 1), TenureMo: float32(i), ARPU: -1,
					From: []int64{0, t0.AddDate(0, 0, 10).Unix(), t0.AddDate(0, 0, 20).Unix()}[i]})
			}
			must(t, s.InsertSubscribers(t.Context(), l, rows))
			finish(t, s, l, uint64(len(rows)))
		}
		hurt := func(day int) {
			var c []ingest.Call
			for u := range orders {
				c = append(c, drop(u+1, day))
			}
			take(t, s, next(ingest.FeedCalls), c)
		}
		check := func(when string, tier uint8) {
			t.Helper()
			ev, err := s.Evidence(t.Context(), wide)
			must(t, err)
			for u, order := range orders {
				if c := ev.Customers[uint64(u+1)]; c.ValueTier != tier || c.Segment != (tier+1)/2 || c.TenureMonths != float32(tier/2) {
					t.Errorf("%s, attributes loaded in the order %v: %+v, want tier %d", when, order, c, tier)
				}
			}
		}
		tell(func(o []int) int { return o[0] })
		hurt(15)
		tell(func(o []int) int { return o[1] })
		tell(func(o []int) int { return o[2] })
		check("hurt on day 15", 3)
		hurt(5) // comes late, and was earlier
		check("a late record of day 5", 3)
		hurt(25)
		check("hurt again on day 25", 5)
		tell(func([]int) int { return 2 }) // the same again
		check("told again", 5)
	})
}
