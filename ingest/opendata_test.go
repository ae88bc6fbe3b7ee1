package ingest

import (
	"path/filepath"
	"testing"

	"github.com/hotcell/hotcell/geo"
)

// The figures were counted from the files with Python's csv module.
func TestDriveTestLogsLoadByProfileAlone(t *testing.T) {
	dir := sharedData(t, "drivetest")
	p := mustProfile(t, FeedCalls, "ucc-drivetest")
	for _, f := range []struct {
		name                       string
		rows                       uint64
		poor, unknown, travelling  int
		lte, nr, umts              int
		cells                      int
		firstSample, lastSampleUTC int64
	}{
		{"ucc_B_2019.12.01_12.11.21.csv", 673, 11, 0, 558, 244, 429, 0, 7, 1575202281, 1575202977},
		{"ucc_B_2019.12.01_13.05.00.csv", 919, 17, 0, 797, 332, 587, 0, 5, 1575205500, 1575206485},
		{"ucc_B_2019.12.02_07.26.15.csv", 1904, 14, 0, 1801, 808, 1096, 0, 26, 1575271575, 1575273623},
		{"ucc_B_2020.01.06_11.08.12.csv", 1614, 0, 68, 0, 0, 1546, 68, 1, 1578308892, 1578310620},
	} {
		sink := newMemSink()
		a, err := newTestLoader(t, testConfig(), sink).Load(t.Context(), FeedCalls, p, filepath.Join(dir, f.name))
		if err != nil {
			t.Fatal(err)
		}
		checkIdentity(t, a)
		if a.Read != f.rows || a.Accepted != f.rows || a.Located != f.rows {
			t.Errorf("%s: %+v, want %d rows, all accepted and located", f.name, a, f.rows)
		}
		got := f
		got.poor, got.unknown, got.travelling, got.lte, got.nr, got.umts, got.firstSample, got.lastSampleUTC = 0, 0, 0, 0, 0, 0, 1<<62, 0
		cells, customers := map[string]bool{}, map[CustomerID]bool{}
		for _, c := range sink.calls {
			switch c.Outcome {
			case Poor:
				got.poor++
			case OutcomeUnknown:
				got.unknown++
			}
			if c.Indoor == geo.Travelling {
				got.travelling++
			}
			switch c.RAT {
			case geo.RAT4G:
				got.lte++
			case geo.RAT5G:
				got.nr++
			case geo.RAT3G:
				got.umts++
			}
			cells[c.RadioCell], customers[c.Customer] = true, true
			got.firstSample, got.lastSampleUTC = min(got.firstSample, c.Time), max(got.lastSampleUTC, c.Time)
		}
		if got.cells = len(cells); got != f || len(customers) != 1 {
			t.Errorf("got %+v and %d customers, want %+v", got, len(customers), f)
		}
	}
}

func TestComcastTicketsLoadByProfileAlone(t *testing.T) {
	dir := sharedData(t, "complaints")
	sink := newMemSink()
	a, err := newTestLoader(t, testConfig(), sink).Load(t.Context(), FeedComplaints, mustProfile(t, FeedComplaints, "comcast"),
		filepath.Join(dir, "Comcast_telecom_complaints_data.csv"))
	if err != nil {
		t.Fatal(err)
	}
	checkIdentity(t, a)
	if a.Read != 2224 || a.Accepted != 2224 || a.Rejected != 0 || a.Duplicate != 0 || a.Unlocated != 2224 || len(sink.complaints) != 2224 {
		t.Errorf("%+v", a)
	}
	channels, status := map[string]int{}, map[string]int{}
	june24 := 0
	found := false
	for _, c := range sink.complaints {
		channels[c.Channel]++
		status[c.Status]++
		if c.Appeal || c.Precision != PrecisionSecond {
			t.Fatalf("complaint %+v", c)
		}
		if day := dayOf(c.Time - 4*3600); day == 16610 { // summer time in New York
			june24++
		}
		found = found || c.Address == "Abingdon, Maryland, 21009" && c.Time == 1429732430 && c.Text == "Comcast Cable Internet Speeds"
	}
	if channels["hotline"] != 1119 || channels["web"] != 1105 || status["Solved"] != 973 || status["Closed"] != 734 || status["Open"] != 363 || status["Pending"] != 154 {
		t.Errorf("channels %v, status %v", channels, status)
	}
	if june24 != 218 || !found {
		t.Errorf("%d tickets of 24 June, want 218; first ticket found: %v", june24, found)
	}
}
