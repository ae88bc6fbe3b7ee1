package ingest

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// checkFloat compares with strconv, which rounds correctly: there must be no
// difference at all.
func checkFloat(t interface {
	Errorf(string, ...any)
}, s string) {
	got, ok := parseFloat([]byte(s))
	want, err := strconv.ParseFloat(s, 64)
	plain := err == nil && !math.IsInf(want, 0) && !math.IsNaN(want) && !strings.ContainsAny(s, "xXpP_")
	if ok != plain {
		t.Errorf("parseFloat(%q) = %v, %v; strconv says %v, %v", s, got, ok, want, err)
		return
	}
	if ok && math.Float64bits(got) != math.Float64bits(want) {
		t.Errorf("parseFloat(%q) = %v, want %v", s, got, want)
	}
}

var floatSeeds = []string{"0", "-0", "1", "-1.0", "+5", "30.657419", "104.0657390000000", "1e3", "1E-7", ".5", "5.", ".", "", "-", "+-1", "1e", "nan", "inf", "-Inf",
	"0x1p3", "1_000", "9007199254740993", "0.1", "123456789012345678", "1234567890123456789012", "0.000000000000000001", "1e400", "4.9e-324", " 1", "1 ", "1,5", "28.42296647"}

func TestParseFloatAgreesWithStrconv(t *testing.T) {
	for _, s := range floatSeeds {
		checkFloat(t, s)
	}
	rapid.Check(t, func(t *rapid.T) {
		checkFloat(t, rapid.StringMatching(`[+-]?[0-9]{0,12}\.?[0-9]{0,12}(e[+-]?[0-9]{1,3})?`).Draw(t, "s"))
		v := rapid.Float64().Draw(t, "v")
		checkFloat(t, strconv.FormatFloat(v, 'g', -1, 64))
		checkFloat(t, strconv.FormatFloat(math.Mod(v, 180), 'f', rapid.IntRange(0, 12).Draw(t, "digits"), 64))
	})
}

func FuzzParseFloat(f *testing.F) {
	for _, s := range floatSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkFloat(t, s) })
}

func TestParseInt(t *testing.T) {
	for s, want := range map[string]int64{"0": 0, "5": 5, "-12": -12, "+3": 3, "5.0": 5, "5.": 5, "007": 7, "999999999999999999": 999999999999999999} {
		if got, ok := parseInt([]byte(s)); !ok || got != want {
			t.Errorf("parseInt(%q) = %d, %v; want %d", s, got, ok, want)
		}
	}
	for _, s := range []string{"", "-", "5.5", "x", "1e3", "5 ", "9999999999999999999", "5,0"} {
		if got, ok := parseInt([]byte(s)); ok {
			t.Errorf("parseInt(%q) = %d, want a refusal", s, got)
		}
	}
}

// checkAutoTime compares with package time on what it can read.
func checkAutoTime(t interface {
	Errorf(string, ...any)
}, s string) {
	c, ok := parseAutoTime([]byte(s))
	var want time.Time
	err := error(strconv.ErrSyntax)
	for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02T15:04:05", time.RFC3339, "2006-01-02", "2006-01-02 15:04", "2006-01-02T15:04"} {
		if want, err = time.Parse(layout, s); err == nil {
			break
		}
	}
	if err == nil && !ok {
		if strings.ContainsAny(s, "+-") && len(s) > 19 {
			return // offsets beyond ±14 h are none on Earth; package time takes them
		}
		t.Errorf("%q is refused, package time reads %v", s, want)
		return
	}
	if err != nil || !ok {
		return
	}
	w := newWallClock(time.UTC)
	if got := w.unix(&c); got != want.Unix() {
		t.Errorf("%q is read as %v, want %v", s, time.Unix(got, 0).UTC(), want)
	}
}

var timeSeeds = []string{"2026-06-01 08:00:00", "2026-06-01T08:00:00Z", "2026-06-01T08:00:00+08:00", "2026-06-01T08:00:00.123456-05:30", "2026-06-01", "2024-02-29 23:59:59",
	"2026-02-29 00:00:00", "2026-13-01 00:00:00", "2026-00-10 00:00:00", "2026-06-31", "2026-06-01 24:00:00", "2026-06-01 08:60:00", "2026-06-01 08:00", "0000-01-01", "9999-12-31 23:59:59",
	"2026-06-01T08:00:00 +0800", "2026-6-1 8:00:00", "", "2026", "2026-06-01 08:00:0", "2026-06-01x08:00:00", "2000-02-29", "1900-02-29"}

func TestParseAutoTimeAgreesWithPackageTime(t *testing.T) {
	for _, s := range timeSeeds {
		checkAutoTime(t, s)
	}
	rapid.Check(t, func(t *rapid.T) {
		sec := rapid.Int64Range(-62167219200, 253402300799).Draw(t, "sec")
		at := time.Unix(sec, 0).UTC()
		for _, layout := range []string{"2006-01-02 15:04:05", time.RFC3339, "2006-01-02"} {
			s := at.Format(layout)
			if _, ok := parseAutoTime([]byte(s)); !ok {
				t.Errorf("%q is refused", s)
			}
			checkAutoTime(t, s)
		}
	})
}

func FuzzParseTime(f *testing.F) {
	for _, s := range timeSeeds {
		f.Add(s, "%Y-%m-%d %H:%M:%S")
	}
	f.Add("22-Apr-15 3:53:50 PM", "%d-%b-%y %I:%M:%S %p")
	f.Add("2019.12.01_12.11.21", "%Y.%m.%d_%H.%M.%S")
	f.Add("1780300800", "%s")
	f.Fuzz(func(t *testing.T, s, format string) {
		checkAutoTime(t, s)
		tf, err := compileTimeFormat(format)
		if err != nil {
			return
		}
		if c, ok := tf.parse([]byte(s)); ok {
			newWallClock(time.UTC).unix(&c)
		}
	})
}

func TestTimeFormats(t *testing.T) {
	kolkata, err := time.LoadLocation("Asia/Kolkata")
	if err != nil {
		t.Fatal(err)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		format, text string
		zone         *time.Location
		want         string // RFC 3339; "" = refused
	}{
		{"%d-%b-%y %I:%M:%S %p", "22-Apr-15 3:53:50 PM", time.UTC, "2015-04-22T15:53:50Z"},
		{"%d-%b-%y %I:%M:%S %p", "22-apr-15  12:53:50 am", time.UTC, "2015-04-22T00:53:50Z"},
		{"%d-%b-%y %I:%M:%S %p", "22-Apr-15 13:53:50 PM", time.UTC, ""},
		{"%Y.%m.%d_%H.%M.%S", "2019.12.01_12.11.21", time.UTC, "2019-12-01T12:11:21Z"},
		{"%Y%m%d%H%M%S", "20260601080000", time.UTC, "2026-06-01T08:00:00Z"},
		{"%Y-%m-%d %H:%M:%S.%f", "2026-06-01 08:00:00.123456", kolkata, "2026-06-01T02:30:00Z"},
		{"%Y-%m-%d %H:%M:%S", "2026-01-15 08:00:00", berlin, "2026-01-15T07:00:00Z"},
		{"%Y-%m-%d %H:%M:%S", "2026-07-15 08:00:00", berlin, "2026-07-15T06:00:00Z"},
		{"%Y-%m-%d %H:%M:%S", "2026-03-29 01:59:59", berlin, "2026-03-29T00:59:59Z"}, // the clocks change at 2
		{"%Y-%m-%d %H:%M:%S", "2026-03-29 03:00:00", berlin, "2026-03-29T01:00:00Z"},
		{"%a, %d %B %Y %H:%M:%S %z", "Mon, 01 June 2026 08:00:00 +0200", time.UTC, "2026-06-01T06:00:00Z"},
		{"%s", "1780300800", berlin, "2026-06-01T08:00:00Z"},
		{"%Q", "1780300800999", berlin, "2026-06-01T08:00:00Z"},
		{"%Y-%j", "2024-366", time.UTC, "2024-12-31T00:00:00Z"},
		{"%Y-%j", "2023-366", time.UTC, ""},
		{"%d/%m/%Y", "31/04/2026", time.UTC, ""},
		{"%d/%m/%Y", "31/4/2026x", time.UTC, ""},
		{"%H:%M 100%% %Y", "08:30 100% 2026", time.UTC, "2026-01-01T08:30:00Z"},
	} {
		f, err := compileTimeFormat(c.format)
		if err != nil {
			t.Errorf("%s: %v", c.format, err)
			continue
		}
		got := ""
		if civil, ok := f.parse([]byte(c.text)); ok {
			got = time.Unix(newWallClock(c.zone).unix(&civil), 0).UTC().Format(time.RFC3339)
		}
		if got != c.want {
			t.Errorf("%q by %q gives %q, want %q", c.text, c.format, got, c.want)
		}
	}
}

// The wall clock agrees with package time in zones that change their clocks.
func TestWallClockAgreesWithPackageTime(t *testing.T) {
	for _, zone := range []string{"Asia/Shanghai", "Europe/Berlin", "America/St_Johns", "Pacific/Apia", "Asia/Kathmandu"} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		w := newWallClock(loc)
		rapid.Check(t, func(t *rapid.T) {
			want := time.Unix(rapid.Int64Range(946684800, 1900000000).Draw(t, "sec"), 0).In(loc)
			c := civil{year: want.Year(), month: int(want.Month()), day: want.Day(), hour: want.Hour(), minute: want.Minute(), second: want.Second()}
			ref := time.Date(c.year, time.Month(c.month), c.day, c.hour, c.minute, c.second, 0, loc)
			if got := w.unix(&c); got != ref.Unix() {
				t.Fatalf("%s %v is read as %v", zone, want, time.Unix(got, 0).In(loc))
			}
		})
	}
}

func TestTimesInFileNames(t *testing.T) {
	for _, c := range []struct {
		pattern, name, want string
	}{
		{"*_%Y_%B", "/data/CallVoiceQuality_Data_2018_April.csv", "2018-04-01"},
		{"*_%Y_%B", "CallVoiceQuality_Data_2018_April.csv.gz", "2018-04-01"},
		{"%B_MyCall_%Y", "January_MyCall_2022.csv", "2022-01-01"},
		{"MyCall_Data_%B_%Y", "MyCall_Data_September_2019.csv", "2019-09-01"},
		{"*%Y-%m-%d*", "calls.2026-06-30.part3.ndjson", "2026-06-30"},
		{"*_%Y_%B", "CallVoiceQuality_Data_2018_Aprilx.csv", ""},
		{"*_%Y_%B", "2018_April.csv", ""},
		{"*%Y%m%d*", "v20269999_20260630.csv", "2026-06-30"},
	} {
		n, err := compileNamePattern(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if civil, ok := n.match(c.name); ok {
			got = time.Unix(newWallClock(time.UTC).unix(&civil), 0).UTC().Format(time.DateOnly)
		}
		if got != c.want {
			t.Errorf("%s in %s gives %q, want %q", c.pattern, c.name, got, c.want)
		}
	}
}
