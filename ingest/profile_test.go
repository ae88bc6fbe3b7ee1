package ingest

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// Each testdata/*.bad.yaml says in its first lines what must be said about it.
func TestBadProfiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*.bad.yaml")
	if err != nil || len(files) < 10 {
		t.Fatalf("only %d bad profiles found, %v", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for s := bufio.NewScanner(bytes.NewReader(data)); s.Scan(); {
			if w, ok := strings.CutPrefix(s.Text(), "# want: "); ok {
				want = append(want, w)
			}
		}
		_, err = ParseProfile(file, data)
		var pe *ProfileError
		if !errors.As(err, &pe) {
			t.Errorf("%s: got %v, want a ProfileError", file, err)
			continue
		}
		if !reflect.DeepEqual(pe.Faults, want) {
			t.Errorf("%s:\n got %s\nwant %s", file, strings.Join(pe.Faults, "\n     "), strings.Join(want, "\n     "))
		}
	}
}

func TestShippedProfiles(t *testing.T) {
	names := Shipped()
	for _, want := range []string{"calls", "complaints", "traffic", "subscribers", "sites", "surveys", "venues", "regions", "mycall"} {
		p, err := OpenProfile("", want)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		if p.Name != want || p.Description == "" || len(p.Version) != 12 {
			t.Errorf("profile %s: %+v", want, p)
		}
	}
	if len(names) < 9 {
		t.Errorf("shipped %v", names)
	}
}

func TestOpenProfile(t *testing.T) {
	path := writeFile(t, "mine.yaml", "profile: mine\nfeed: calls\n")
	p, err := OpenProfile(FeedCalls, path)
	if err != nil || p.Name != "mine" || p.Source != "mine" {
		t.Errorf("%+v, %v", p, err)
	}
	for _, c := range []struct {
		feed       Feed
		name, says string
	}{
		{FeedCalls, "mycal", `there is no profile "mycal": neither a file of that name nor a shipped profile (did you mean "mycall"?); shipped are calls, `},
		{FeedComplaints, "mycall", "profile mycall is for calls, not for complaints; choose another profile or load calls"},
	} {
		if _, err := OpenProfile(c.feed, c.name); err == nil || !strings.HasPrefix(err.Error(), c.says) {
			t.Errorf("got %v, want %s", err, c.says)
		}
	}
}

// The version follows the content, so that a mended profile is another one.
func TestProfileVersion(t *testing.T) {
	a, err := ParseProfile("a", []byte("profile: a\nfeed: calls\n"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := ParseProfile("b", []byte("profile: a\nfeed: calls\nnull: NA\n"))
	if err != nil {
		t.Fatal(err)
	}
	if a.Version == b.Version {
		t.Error("two profiles have the same version")
	}
}

// TestProfileRules loads small files through profiles that use one rule each.
func TestProfileRules(t *testing.T) {
	cases := []struct {
		name, profile, file, content string
		check                        func(Call) bool
	}{
		{"rename", "columns: {time: Zeit, outcome: {from: Ausgang, values: {weg: dropped}}}", "a.csv", "Ausgang,Zeit\nweg,2026-06-01 08:00:00\n",
			func(c Call) bool { return c.Outcome == Dropped && c.Time == 1780300800 }},
		{"constant", "columns: {operator: {constant: CMCC}, outcome: {constant: poor}}", "a.csv", "time\n2026-06-01 08:00:00\n",
			func(c Call) bool { return c.Operator == "CMCC" && c.Outcome == Poor }},
		{"column before constant", "columns: {operator: {from: op, constant: CMCC}}", "a.csv", "time,outcome,op\n2026-06-01 08:00:00,poor,CT\n",
			func(c Call) bool { return c.Operator == "CT" }},
		{"zone", "time: {zone: Asia/Shanghai}", "a.csv", "time,outcome\n2026-06-01 08:00:00,poor\n", func(c Call) bool { return c.Time == 1780300800-8*3600 }},
		{"formats", "time: {formats: [auto, '%d/%m/%Y %H:%M']}", "a.csv", "time,outcome\n01/06/2026 08:00,poor\n", func(c Call) bool { return c.Time == 1780300800 }},
		{"columns joined", "time: {columns: [day, clock], formats: ['%Y%m%d %H%M']}", "a.csv", "clock,outcome,day\n0800,poor,20260601\n", func(c Call) bool { return c.Time == 1780300800 }},
		{"day of a date", "", "a.csv", "time,outcome\n2026-06-01,poor\n", func(c Call) bool { return c.Time == 1780300800+4*3600 && c.Precision == PrecisionDay }},
		{"file name", "time: {file_name: 'calls-%Y-%m-%d'}", "calls-2026-06-01.csv", "outcome\npoor\n",
			func(c Call) bool { return c.Time == 1780300800+4*3600 && c.Precision == PrecisionDay }},
		{"column before file name", "time: {file_name: 'calls-%Y-%m-%d'}", "calls-2026-06-02.csv", "outcome,time\npoor,2026-06-01 08:00:00\n",
			func(c Call) bool { return c.Time == 1780300800 }},
		{"null", "null: ['NA', '-']\ncolumns: {floor: {null: ['99']}}", "a.csv", "time,outcome,cause,operator,floor\n2026-06-01 08:00:00,poor,NA, - ,99\n",
			func(c Call) bool { return c.Cause == "" && c.Operator == "" && c.Floor == -32768 }},
		{"no position", "position: {none: ['-1,-1']}", "a.csv", "time,outcome,lat,lon\n2026-06-01 08:00:00,poor,-1.0,-1\n", func(c Call) bool { return c.Location.Method == 0 && c.Customer == 0 }},
		{"datum", "position: {datum: gcj02}", "a.csv", "time,outcome,lat,lon\n2026-06-01 08:00:00,poor,30.6600,104.0600\n",
			func(c Call) bool {
				p := c.Location.Pos
				return p.Lat > 30.661 && p.Lat < 30.664 && p.Lon < 104.059 && p.Lon > 104.056
			}},
		{"unit", "columns: {duration_s: {from: ms, unit: ms}, accuracy_m: {from: km, unit: km}}", "a.csv", "time,outcome,ms,km,lat,lon\n2026-06-01 08:00:00,poor,1500,0.25,30.6,104.1\n",
			func(c Call) bool { return c.DurationS == 1.5 && c.Location.AccuracyM == 250 }},
		{"ranges", "columns: {outcome: {from: MOS, ranges: [{below: 2, value: dropped}, {below: 3.5, value: poor}, {value: completed}]}}", "a.csv", "time,MOS\n2026-06-01 08:00:00,3.49\n",
			func(c Call) bool { return c.Outcome == Poor }},
		{"join", "columns: {cell_id: {join: [mcc, mnc, eci], separator: '-'}}\nnull: '-'\nignore: op", "a.csv", "time,outcome,eci,mcc,mnc,op\n2026-06-01 08:00:00,poor,7,460,00,-\n",
			func(c Call) bool { return c.RadioCell == "460-00-7" }},
		{"delimiter", "format: {delimiter: ';'}", "a.csv", "time;outcome;cause\n2026-06-01 08:00:00;poor;a,b\n", func(c Call) bool { return c.Cause == "a,b" }},
		{"tab", "format: {delimiter: tab}", "a.tsv", "time\toutcome\n2026-06-01 08:00:00\tpoor\n", func(c Call) bool { return c.Outcome == Poor }},
		{"gb18030", "format: {encoding: gb18030}", "a.csv", "time,outcome,operator\n2026-06-01 08:00:00,poor,\xd6\xd0\xb9\xfa\xd2\xc6\xb6\xaf\n", func(c Call) bool { return c.Operator == "中国移动" }},
		{"utf-16 by its mark", "", "a.csv", utf16le("time,outcome,operator\n2026-06-01 08:00:00,poor,中国移动\n"), func(c Call) bool { return c.Operator == "中国移动" }},
		{"header case", "format: {header_case: ignore}", "a.csv", "TIME, Outcome \n2026-06-01 08:00:00,poor\n", func(c Call) bool { return c.Outcome == Poor }},
		{"ignored columns", "ignore: [junk, '']", "a.csv", ",time,junk,outcome,\n1,2026-06-01 08:00:00,2,poor,\n", func(c Call) bool { return c.Outcome == Poor }},
		{"all others ignored", "ignore: ['*']", "a.csv", "x,time,y,outcome,z\n1,2026-06-01 08:00:00,2,poor,3\n", func(c Call) bool { return c.Outcome == Poor }},
		{"header variants", "columns: {outcome: [result, Call Result]}", "a.csv", "time,Call Result\n2026-06-01 08:00:00,POOR\n", func(c Call) bool { return c.Outcome == Poor }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p, err := ParseProfile("p.yaml", []byte("profile: p\nfeed: calls\n"+c.profile+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			sink := newMemSink()
			a, err := newTestLoader(t, testConfig(), sink).Load(t.Context(), FeedCalls, p, writeFile(t, c.file, c.content))
			if err != nil || a.Accepted != 1 {
				t.Fatalf("%+v, %v, %+v", a, err, sink.rejects)
			}
			for _, call := range sink.calls {
				if !c.check(call) {
					t.Errorf("call %+v", call)
				}
			}
		})
	}
}

func utf16le(s string) string {
	b := []byte{0xff, 0xfe}
	for _, r := range s {
		b = append(b, byte(r), byte(r>>8))
	}
	return string(b)
}

func TestHeadersThatAreRefused(t *testing.T) {
	for _, c := range []struct{ profile, name, header, says string }{
		{"columns: {outcome: [result, verdict]}", "a.csv", "time,resul", `the header does not fit profile "p": missing column "result" or "verdict" (for outcome); unknown column "resul" (did you mean "result"?); map it, or list it under ignore`},
		{"columns: {outcome: [result, verdict]}", "a.csv", "time,result,verdict", `the header does not fit profile "p": columns "result" and "verdict" both give outcome`},
		{"time: {columns: [day, clock], formats: ['%Y %M']}", "a.csv", "day,outcome", `the header does not fit profile "p": missing columns "day" and "clock" (for time); unknown column "day"; map it, or list it under ignore`},
		{"time: {file_name: ['x_%Y']}", "a.csv", "outcome", `the header does not fit profile "p": missing a time in the file's name (patterns "x_%Y")`},
		{"", "a.csv", "Time,Outcome,time,outcome", `the header does not fit profile "p": unknown columns "Time" (did you mean "time"?), "Outcome" (did you mean "outcome"?); map them, or list them under ignore`},
	} {
		p, err := ParseProfile("p.yaml", []byte("profile: p\nfeed: calls\n"+c.profile+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.bindHeader(strings.Split(c.header, ","), c.name)
		if err == nil || err.Error() != c.says {
			t.Errorf("%s:\n got %v\nwant %s", c.header, err, c.says)
		}
	}
}

func FuzzProfile(f *testing.F) {
	for _, pattern := range []string{"testdata/*.yaml", "profiles/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ParseProfile("fuzz", data)
		if err != nil {
			var pe *ProfileError
			if !errors.As(err, &pe) || len(pe.Faults) == 0 {
				t.Fatalf("%v", err)
			}
			return
		}
		if p.Feed.tabular() { // a profile that was taken must be able to meet a file
			_, _ = p.bindHeader([]string{"time", "outcome", "x"}, "x_2026_June.csv")
		}
	})
}
