package store

import (
	"testing"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/ingest"
)

// opener is set by the external tests, which may use storetest.
var opener func(testing.TB) *Store

// SetOpener lets tests inside the package use a store of storetest.
func SetOpener(f func(testing.TB) *Store) { opener = f }

func openForTest(t testing.TB) *Store {
	t.Helper()
	return opener(t)
}

type resolution = geo.Resolution

// Text runs a query of one text value, as a person with clickhouse-client would.
func (s *Store) Text(t testing.TB, query string) string {
	t.Helper()
	var v string
	if err := s.one(t.Context(), "read a view", query, nil, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// Exec runs a statement as a person with clickhouse-client would.
func (s *Store) Exec(t testing.TB, statement string) {
	t.Helper()
	if err := s.exec(t.Context(), "run a statement", statement, nil); err != nil {
		t.Fatal(err)
	}
}

// RelocateSlice is how many records Relocate reads at once.
const RelocateSlice = relocateSlice

// ForgetMeetings empties what was noted about a running load's redials.
func (s *Store) ForgetMeetings(l ingest.Load) { clear(s.redials.of(loadKey(l.ID)).meets) }
