package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Every real table is loaded into both stores by its shipped profile alone. The
// figures were counted from the files with Python's csv module.
func TestRealFilesInBothStores(t *testing.T) {
	shared := filepath.Join("..", "..", "..", "shared", "data")
	if _, err := os.Stat(shared); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is missing: %v", shared, err)
		}
		t.Skipf("%s is missing; it belongs beside the repository", shared)
	}
	type counts struct{ read, accepted, located uint64 }
	all := map[string]struct {
		feed  string
		files map[string]counts
	}{
		"mycall": {feed: "calls", files: map[string]counts{
			"mycall/CallVoiceQuality_Data_2018_April.csv": {63336, 63336, 47371},
			"mycall/CallVoiceQuality_Data_2018_May.csv":   {31981, 31981, 23309},
			"mycall/MyCall_Data_September_2019.csv":       {24616, 24616, 19171},
			"mycall/January_MyCall_2022.csv":              {620, 620, 261},
			"mycall/February_MyCall_2023.csv":             {577, 577, 459},
			"mycall/September_MyCall_2023.csv":            {370, 370, 246},
			"mycall/no_location_data_2021_2023.csv":       {4372, 4372, 149},
		}},
		"ucc-drivetest": {feed: "calls", files: map[string]counts{
			"drivetest/ucc_B_2019.12.01_12.11.21.csv": {673, 673, 673},
			"drivetest/ucc_B_2019.12.01_13.05.00.csv": {919, 919, 919},
			"drivetest/ucc_B_2019.12.02_07.26.15.csv": {1904, 1904, 1904},
			"drivetest/ucc_B_2020.01.06_11.08.12.csv": {1614, 1614, 1614},
		}},
		"comcast": {feed: "complaints", files: map[string]counts{"complaints/Comcast_telecom_complaints_data.csv": {2224, 2224, 0}}},
	}
	eachHome(t, func(t *testing.T, h home) {
		for profile, x := range all {
			for again := range 2 {
				for _, file := range slices.Sorted(maps.Keys(x.files)) {
					want := x.files[file]
					a := h.load(x.feed, "--profile", profile, filepath.Join(shared, filepath.FromSlash(file)))[0].Account
					if again == 1 {
						if !a.AlreadyHad || a.Duplicate != want.accepted {
							t.Errorf("%s again: %+v", file, a)
						}
						continue
					}
					if got := (counts{a.Read, a.Accepted, a.Located}); got != want || a.Unlocated != want.accepted-want.located || len(a.ByReason) > 0 {
						t.Errorf("%s: %+v, want %+v", file, a, want)
					}
				}
			}
		}
		// What the stores hold in the end, drive tests and calls together.
		r := h.rank("--window", "2400d", "--end", "2023-10-01", "--top", "1")
		if want := uint64(125872 + 5110); r.Run.Summary.Calls != want {
			t.Errorf("the store has %d calls, want %d", r.Run.Summary.Calls, want)
		}
	})
}
