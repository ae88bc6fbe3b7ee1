package ingest

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// sharedData is the folder of real files beside the repository. Without it the
// tests that need it are skipped, except in CI, where it must be there.
func sharedData(t *testing.T, parts ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{"..", "..", "shared", "data"}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is missing: %v", path, err)
		}
		t.Skipf("%s is missing; it belongs beside the repository", path)
	}
	return path
}

// The figures were counted from the files with Python's csv module.
func TestMyCallLoadsByProfileAlone(t *testing.T) {
	dir := sharedData(t, "mycall")
	sink := newMemSink()
	cfg := testConfig()
	cfg.ChunkBytes = 256 << 10
	cfg.MaxLineBytes = 64 << 10
	l := newTestLoader(t, cfg, sink)
	p := mustProfile(t, FeedCalls, "mycall")
	type want struct {
		rows, located                uint64
		completed, poor, dropped     int
		month                        time.Time
		inside, outside, travelling_ int
	}
	files := []struct {
		name string
		want want
	}{
		{"CallVoiceQuality_Data_2018_April.csv", want{63336, 47371, 46975, 11257, 5104, date(2018, 4), 42411, 15032, 5893}},
		{"CallVoiceQuality_Data_2018_May.csv", want{31981, 23309, 22002, 7660, 2319, date(2018, 5), 21277, 7391, 3313}},
		{"MyCall_Data_September_2019.csv", want{24616, 19171, 13884, 8143, 2589, date(2019, 9), 14896, 5562, 4158}},
		{"January_MyCall_2022.csv", want{620, 261, 397, 142, 81, date(2022, 1), 418, 177, 25}},
		{"February_MyCall_2023.csv", want{577, 459, 513, 41, 23, date(2023, 2), 424, 98, 55}},
		{"September_MyCall_2023.csv", want{370, 246, 200, 141, 29, date(2023, 9), 225, 100, 45}},
		{"no_location_data_2021_2023.csv", want{4372, 149, 2344, 1232, 796, time.Time{}, 2948, 1061, 363}},
	}
	var total uint64
	for _, f := range files {
		before := map[RecordID]bool{}
		for id := range sink.calls {
			before[id] = true
		}
		a, err := l.Load(context.Background(), FeedCalls, p, filepath.Join(dir, f.name))
		if err != nil {
			t.Fatalf("%s: %v", f.name, err)
		}
		checkIdentity(t, a)
		if a.Read != f.want.rows || a.Accepted != f.want.rows || a.Rejected != 0 || a.Duplicate != 0 {
			t.Errorf("%s: read %d accepted %d rejected %d %v duplicate %d, want %d rows accepted", f.name, a.Read, a.Accepted, a.Rejected, a.ByReason, a.Duplicate, f.want.rows)
		}
		if a.Located != f.want.located || a.Unlocated != f.want.rows-f.want.located {
			t.Errorf("%s: located %d unlocated %d, want %d located", f.name, a.Located, a.Unlocated, f.want.located)
		}
		got := want{rows: a.Read, located: a.Located, month: f.want.month}
		months := map[int64]int{}
		for id, c := range sink.calls {
			if before[id] {
				continue
			}
			switch c.Outcome {
			case Completed:
				got.completed++
			case Poor:
				got.poor++
			case Dropped:
				got.dropped++
			}
			switch c.Indoor {
			case 1:
				got.inside++
			case 2:
				got.outside++
			case 3:
				got.travelling_++
			}
			if c.Precision != PrecisionMonth || c.Rating < 1 || c.Rating > 5 || c.Operator == "" {
				t.Fatalf("%s: call %+v", f.name, c)
			}
			months[c.Time]++
		}
		if got != f.want {
			t.Errorf("%s: got %+v, want %+v", f.name, got, f.want)
		}
		if f.want.month.IsZero() {
			if months[date(2022, 1).Unix()] != 1331 || months[date(2021, 12).Unix()] != 1706 || months[date(2021, 11).Unix()] != 1335 {
				t.Errorf("%s: months %v", f.name, months)
			}
		} else if months[f.want.month.Unix()] != int(f.want.rows) {
			t.Errorf("%s: months %v, want all %v", f.name, months, f.want.month)
		}
		total += a.Read
	}
	if total != 125872 || uint64(len(sink.calls)) != total {
		t.Errorf("%d rows read, %d calls kept, want 125872", total, len(sink.calls))
	}
	for _, f := range files { // loading everything again changes nothing
		a, err := l.Load(context.Background(), FeedCalls, p, filepath.Join(dir, f.name))
		if err != nil || !a.AlreadyHad || a.Duplicate != f.want.rows {
			t.Errorf("%s again: %+v, %v", f.name, a, err)
		}
	}
	if uint64(len(sink.calls)) != total {
		t.Errorf("after loading again there are %d calls, want %d", len(sink.calls), total)
	}
}

// date is how a month is stored: noon UTC of its first day.
func date(year, month int) time.Time {
	return time.Date(year, time.Month(month), 1, 12, 0, 0, 0, time.UTC)
}
