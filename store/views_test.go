package store_test

import (
	"testing"

	"github.com/hotcell/hotcell/ingest"
	"github.com/hotcell/hotcell/store"
	"github.com/hotcell/hotcell/store/storetest"
)

// TestViews asks the views what a person would.
func TestViews(t *testing.T) {
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		c := calls(4)
		take(t, s, load(1, "a"), c)
		c[1].Outcome, c[1].Cause, c[1].CauseClass = ingest.Dropped, "26", ingest.CauseUser // the last class: the names agree with the numbers
		c[2].Time += 86400
		take(t, s, load(2, "b"), c)
		complaints := load(3, "c")
		complaints.Feed = ingest.FeedComplaints
		must(t, s.InsertComplaints(t.Context(), complaints, []ingest.Complaint{{ID: recordID(1), Time: t0.Unix(), Appeal: true, Text: "无信号"}}))
		must(t, s.SaveRun(t.Context(), sampleRun("run_1", t0)))
		must(t, s.SaveRun(t.Context(), sampleRun("run_2", t0.Add(1))))
		for query, want := range map[string]string{
			`SELECT concat(toString(count()), ' ', toString(countIf(outcome_name = 'dropped')), ' ', any(rat_name), ' ', any(scene_name), ' ', any(located_by)) FROM calls_current`: "4 1 4g mall coordinates",
			`SELECT cause_class_name FROM calls_current WHERE cause = '26'`:                        "user",
			`SELECT min(cell_hex) FROM calls_current`:                                              "8b0000000000fff",
			`SELECT concat(any(kind), ' ', any(text)) FROM complaints_current`:                     "appeal 无信号",
			`SELECT concat(toString(count()), ' ', any(run), ' ', any(name)) FROM hotspots_latest`: "3 run_2 东方大厦 lifts",
			`SELECT toString(countIf(state_name = 'finished')) FROM loads_current`:                 "2",
		} {
			if got := s.Text(t, query); got != want {
				t.Errorf("%s\ngives %q, want %q", query, got, want)
			}
		}
	})
}
