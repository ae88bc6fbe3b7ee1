package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/hotspots"
	"github.com/hotcell/hotcell/ingest"
	"github.com/hotcell/hotcell/store"
)

// countersAreSummed: hours count once, in the version loaded last, and only those that
// begin in the window; under a filter none, which the evidence says.
func countersAreSummed(t *testing.T, s *store.Store) {
	hour := func(cell string, h int, attempts, drops uint64) ingest.Traffic {
		return ingest.Traffic{RadioCell: cell, Hour: t0.Unix() + int64(h)*3600, Attempts: attempts, Setups: attempts, Drops: drops}
	}
	for i, rows := range [][]ingest.Traffic{
		{hour("460-00-1", 24, 100, 3), hour("460-00-1", 25, 50, 1), hour("460-00-2", 24, 7, 0), hour("460-00-3", -1, 900, 9)},
		{hour("460-00-1", 24, 120, 4), hour("460-00-2", 24*30, 1000, 50)}, // a correction, and after the window
	} {
		l := load(uint64(900+i), fmt.Sprint("counters", i))
		l.Feed = ingest.FeedTraffic
		_, err := s.Begin(t.Context(), l)
		must(t, err)
		must(t, s.InsertTraffic(t.Context(), l, rows))
		finish(t, s, l, uint64(len(rows)))
	}
	q := hotspots.Query{End: t0.AddDate(0, 0, 30), Window: 30 * 24 * time.Hour}
	ev, err := s.Evidence(t.Context(), q)
	must(t, err)
	want := []hotspots.CellTraffic{{RadioCell: "460-00-1", Attempts: 170, Drops: 5}, {RadioCell: "460-00-2", Attempts: 7}}
	if !slices.Equal(ev.Traffic, want) || ev.TrafficLeftOut {
		t.Errorf("the counters are %+v, want %+v", ev.Traffic, want)
	}
	q.RAT = geo.RAT4G
	ev, err = s.Evidence(t.Context(), q)
	must(t, err)
	if len(ev.Bad) == 0 || len(ev.Traffic) > 0 || !ev.TrafficLeftOut {
		t.Errorf("under a filter with %d bad calls the counters are %+v, left out: %v", len(ev.Bad), ev.Traffic, ev.TrafficLeftOut)
	}
}
