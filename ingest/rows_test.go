package ingest

import (
	"fmt"
	"maps"
	"strings"
	"testing"
)

// TestRowsThatAreRejected gives every way a row can be wrong, with the sentence.
func TestRowsThatAreRejected(t *testing.T) {
	const header = "record_id,time,outcome,duration_s,rat,lat,lon,accuracy_m,floor,indoor,rating\n"
	cases := []struct {
		row    string
		reason Reason
		says   string
	}{
		{"a,2026-06-01 08:00:00,poor,1,4g,30.6,104.1,5,1,indoor", ReasonFieldCount, "the row has 10 fields, the header 11"},
		{"a,2026-06-01 08:00:00,poor,1,4g,30.6,104.1,5,1,indoor,1,1", ReasonFieldCount, "the row has 12 fields, the header 11"},
		{`a,2026-06-01 08:00:00,"poor"er,1,4g,30.6,104.1,5,1,indoor,1`, ReasonQuotes, "after a closing quote comes more text; double the quotes inside a quoted field"},
		{"a,2026-06-01 08:00:00,p\xff\xfer,1,4g,30.6,104.1,5,1,indoor,1", ReasonEncoding, "the row is not valid UTF-8; name the file's encoding in the profile, for example encoding: gb18030"},
		{",2026-06-01 08:00:00,poor,1,4g,,,,,,", ReasonMissing, "record_id is empty"},
		{"a,,poor,1,4g,,,,,,", ReasonMissing, "time is empty"},
		{"a,yesterday,poor,1,4g,,,,,,", ReasonTime, `time "yesterday" is no time of the form YYYY-MM-DD HH:MM:SS or RFC 3339, or no day of the calendar`},
		{"a,2026-02-29 08:00:00,poor,1,4g,,,,,,", ReasonTime, `time "2026-02-29 08:00:00" is no time of the form YYYY-MM-DD HH:MM:SS or RFC 3339, or no day of the calendar`},
		{"a,2026-06-01 24:00:00,poor,1,4g,,,,,,", ReasonTime, `time "2026-06-01 24:00:00" is no time of the form YYYY-MM-DD HH:MM:SS or RFC 3339, or no day of the calendar`},
		{"a,1970-01-01 00:00:00,poor,1,4g,,,,,,", ReasonTimeRange, `time "1970-01-01 00:00:00" lies outside 2000-01-01 to 2026-07-02; check the clock and the time format of the source`},
		{"a,2206-06-01 00:00:00,poor,1,4g,,,,,,", ReasonTimeRange, `time "2206-06-01 00:00:00" lies outside 2000-01-01 to 2026-07-02; check the clock and the time format of the source`},
		{"a,2026-06-01 08:00:00,fell down,1,4g,,,,,,", ReasonOutcome, `outcome "fell down" is none of completed, poor, dropped, blocked; map it in the profile`},
		{"a,2026-06-01 08:00:00,poor,-3,4g,,,,,,", ReasonDuration, `duration_s "-3" is negative`},
		{"a,2026-06-01 08:00:00,poor,NaN,4g,,,,,,", ReasonDuration, `duration_s "NaN" is no number`},
		{"a,2026-06-01 08:00:00,poor,1e300,4g,,,,,,", ReasonDuration, `duration_s "1e300" is too large`},
		{"a,2026-06-01 08:00:00,poor,1,LTE,,,,,,", ReasonValue, `rat "LTE" is none of 2g, 3g, 4g, 5g; map it in the profile`},
		{"a,2026-06-01 08:00:00,poor,1,4g,NaN,104.1,,,,", ReasonPosition, `lat "NaN", lon "104.1" are no decimal degrees`},
		{"a,2026-06-01 08:00:00,poor,1,4g,91,10,,,,", ReasonPosition, `lat 91 is out of range (-90 to 90); latitude and longitude may have changed places`},
		{"a,2026-06-01 08:00:00,poor,1,4g,30,400,,,,", ReasonPosition, `lat 30, lon 400 are out of range (-90 to 90, -180 to 180)`},
		{"a,2026-06-01 08:00:00,poor,1,4g,30.6,,,,,", ReasonHalfPosition, `only one of lat and lon is given (lat "30.6", lon "")`},
		{"a,2026-06-01 08:00:00,poor,1,4g,104.1,30.6,,,,", ReasonSwapped, `lat 104.1, lon 30.6 lies outside all regions, and inside one with the two exchanged; exchange lat and lon in the profile's columns`},
		{"a,2026-06-01 08:00:00,poor,1,4g,30.6,104.1,-1,,,", ReasonAccuracy, `accuracy_m "-1" is no distance of 0 or more`},
		{"a,2026-06-01 08:00:00,poor,1,4g,30.6,104.1,99999999,,,", ReasonAccuracy, `accuracy_m "99999999" is more than half the way round the Earth`},
		{"a,2026-06-01 08:00:00,poor,1,4g,,,,ground,,", ReasonNumber, `floor "ground" is no whole number of a floor (basements are negative)`},
		{"a,2026-06-01 08:00:00,poor,1,4g,,,,,underwater,", ReasonValue, `indoor "underwater" is none of indoor, outdoor, travelling; map it in the profile`},
		{"a,2026-06-01 08:00:00,poor,1,4g,,,,,,6", ReasonRating, `rating "6" is no whole number from 1 to 5`},
		{"a,2026-06-01 08:00:00,poor,1,4g,,,,,,0", ReasonRating, `rating "0" is no whole number from 1 to 5`},
	}
	const good = "z%d,2026-06-01 08:00:00,poor,1,4g,30.6,104.1,5,1,indoor,5\n"
	for _, c := range cases {
		sink := newMemSink()
		content := header + fmt.Sprintf(good, 1) + c.row + "\n" + fmt.Sprintf(good, 2)
		a, err := loadCalls(t, newTestLoader(t, testConfig(), sink), writeFile(t, "calls.csv", content))
		if err != nil || a.Read != 3 || a.Accepted != 2 || a.ByReason[c.reason] != 1 {
			t.Errorf("%q: %+v, %v; want one %s", c.row, a, err, c.reason)
			continue
		}
		r := sink.rejects[0]
		if r.Detail != c.says || r.Line != 3 || r.Raw != c.row || r.Source != "calls" || r.ProfileVersion == "" || !strings.HasSuffix(r.File, "calls.csv") {
			t.Errorf("%q: reject %+v\nwant %s", c.row, r, c.says)
		}
	}
}

func TestSwappedColumnsAreSaidInTheAccount(t *testing.T) {
	sink := newMemSink()
	content := "time,outcome,lon,lat\n" + strings.Repeat("2026-06-01 08:00:00,poor,30.6,104.1\n", 7)
	a, err := loadCalls(t, newTestLoader(t, testConfig(), sink), writeFile(t, "calls.csv", content))
	if err != nil || a.ByReason[ReasonSwapped] != 7 || len(a.Warnings) != 1 ||
		a.Warnings[0] != "7 rows have latitude and longitude exchanged; mend lat and lon in the profile and replay the rejects" {
		t.Errorf("%+v, %v", a, err)
	}
}

// A stray quote costs the line it stands on and no other.
func TestStrayQuotes(t *testing.T) {
	for _, bad := range []string{`x1,2026-06-01 08:00:00,"poor`, `"x1,2026-06-01 08:00:00,poor`, `x1,"2026-06-01" 08:00:00,poor`, `x1,"2026-06-01 08:00:00"x",poor`} {
		sink := newMemSink()
		var b strings.Builder
		b.WriteString("record_id,time,outcome\n")
		for i := range 500 {
			if i == 250 {
				b.WriteString(bad + "\n")
			}
			fmt.Fprintf(&b, "r%d,2026-06-01 08:00:00,poor\n", i)
		}
		cfg := testConfig()
		cfg.MaxLineBytes, cfg.ChunkBytes = 2000, 4000
		a, err := loadCalls(t, newTestLoader(t, cfg, sink), writeFile(t, "calls.csv", b.String()))
		if err != nil || a.Read != 501 || a.Accepted != 500 || a.ByReason[ReasonQuotes] != 1 || sink.rejects[0].Raw != bad || sink.rejects[0].Line != 252 {
			t.Errorf("%s: %+v, %v, rejects %+v", bad, a, err, sink.rejects)
		}
	}
}

func TestQuotedLineEndsCountAsLines(t *testing.T) {
	content := "record_id,time,outcome,cause\n" +
		"a,2026-06-01 08:00:00,poor,\"one\ntwo\r\nthree \"\"quoted\"\"\"\n" +
		"b,2026-06-01 08:00:00,poor,plain 5\" text\n" +
		"c,never,poor,\n"
	sink := newMemSink()
	a, err := loadCalls(t, newTestLoader(t, testConfig(), sink), writeFile(t, "calls.csv", content))
	if err != nil || a.Accepted != 2 || len(sink.rejects) != 1 || sink.rejects[0].Line != 6 {
		t.Fatalf("%+v, %v, %+v", a, err, sink.rejects)
	}
	causes := map[string]bool{}
	for _, c := range sink.calls {
		causes[c.Cause] = true
	}
	if !causes["one\ntwo\r\nthree \"quoted\""] || !causes[`plain 5" text`] {
		t.Errorf("causes %v", causes)
	}
}

// TestFloorsAsPeopleWriteThem reads what lists of complaints and probes have besides
// plain numbers.
func TestFloorsAsPeopleWriteThem(t *testing.T) {
	want := map[string]int16{"12": 12, "-2": -2, "12F": 12, "B1": -1, "b2": -2, "12楼": 12, "负二楼": -2, "3rd floor": 3}
	content := "record_id,time,outcome,floor\n"
	for said := range want {
		content += fmt.Sprintf("%s,2026-06-01 08:00:00,poor,%s\n", said, said)
	}
	sink := newMemSink()
	if a, err := loadCalls(t, newTestLoader(t, testConfig(), sink), writeFile(t, "calls.csv", content)); err != nil || a.Accepted != uint64(len(want)) {
		t.Fatalf("%+v, %v", a, err)
	}
	got := map[int16]int{}
	for _, c := range sink.calls {
		got[c.Floor]++
	}
	expected := map[int16]int{}
	for _, f := range want {
		expected[f]++
	}
	if !maps.Equal(got, expected) {
		t.Errorf("floors %v, want %v", got, expected)
	}
}
