package ingest

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// complaintSheet is a list as a hotline hands it over: a title above the header, real
// dates, phone numbers as numbers, texts of several lines, an empty row.
func complaintSheet(t testing.TB) *excelize.File {
	t.Helper()
	f := excelize.NewFile()
	stamp, err := f.NewStyle(&excelize.Style{CustomNumFmt: ptr(`yyyy"年"m"月"d"日" h:mm:ss`)})
	if err != nil {
		t.Fatal(err)
	}
	set := func(cell string, v any) {
		if err := f.SetCellValue("Sheet1", cell, v); err != nil {
			t.Fatal(err)
		}
	}
	set("A1", "六月投诉清单")
	for i, h := range []string{"工单号", "受理时间", "号码", "投诉内容", "渠道", "备注"} {
		set(string(rune('A'+i))+"3", h)
	}
	row := func(n string, id any, at time.Time, phone any, text, channel string) {
		set("A"+n, id)
		set("B"+n, at)
		if err := f.SetCellStyle("Sheet1", "B"+n, "B"+n, stamp); err != nil {
			t.Fatal(err)
		}
		set("C"+n, phone)
		set("D"+n, text)
		set("E"+n, channel)
	}
	at := time.Date(2026, 6, 1, 8, 30, 15, 0, time.UTC)
	row("4", 20260601000123, at, 13800138000.0, "电梯里\n没有信号, \"完全\"", "热线")
	row("5", 20260601000124, at.AddDate(0, 0, 1), 1.38001380e10, "地下车库打不通", "APP")
	row("7", "T-7", at, 13900139000, "一楼大堂", "传真") // row 6 is empty; a channel nobody knows
	row("8", "T-8", at, 13900139001, "信号差", "热线")
	return f
}

func ptr[T any](v T) *T { return &v }

const sheetProfile = `profile: hotline
feed: complaints
time: {zone: Asia/Shanghai}
columns:
  record_id: 工单号
  time: 受理时间
  subscriber_id: 号码
  text: 投诉内容
  channel: {from: 渠道, values: {热线: hotline, APP: app}}
ignore: [备注]
`

func saved(t testing.TB, f *excelize.File) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "list.xlsx")
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// The workbook is written by excelize, which shares nothing with our reader.
func TestExcelComplaintList(t *testing.T) {
	sink := newMemSink()
	l := newTestLoader(t, testConfig(), sink)
	path := saved(t, complaintSheet(t))
	p := profileOf(t, sheetProfile)
	a, err := l.Load(t.Context(), FeedComplaints, p, path)
	if err != nil {
		t.Fatal(err)
	}
	checkIdentity(t, a)
	if a.Read != 4 || a.Accepted != 3 || a.ByReason[ReasonValue] != 1 {
		t.Errorf("got %+v, want 4 = 3 + 1 unknown value", a)
	}
	if len(sink.rejects) != 1 || sink.rejects[0].Line != 7 || !strings.Contains(sink.rejects[0].Raw, "T-7,2026-06-01 08:30:15,13900139000,一楼大堂,传真") {
		t.Errorf("rejects %+v, want row 7", sink.rejects)
	}
	m := newMapper(&plan{p: p}, boxLocator{}, limits{}, testConfig().PseudonymKey, nil)
	phone := m.pseudo.of([]byte("13800138000"))
	texts := map[string]Complaint{}
	for _, c := range sink.complaints {
		texts[c.Text] = c
	}
	first := texts["电梯里\n没有信号, \"完全\""]
	if want := time.Date(2026, 6, 1, 0, 30, 15, 0, time.UTC).Unix(); first.Time != want || first.Precision != PrecisionSecond || first.Customer != phone || first.Channel != "hotline" {
		t.Errorf("the first complaint is %+v, want time %d and customer %d", first, want, phone)
	}
	if second := texts["地下车库打不通"]; second.Customer != phone { // 1.3800138E+10 is the same number
		t.Errorf("the second complaint is of %d, want %d", second.Customer, phone)
	}

	// The same rows as CSV are the same complaints: their ids are the source's.
	csv := "工单号,受理时间,号码,投诉内容,渠道,备注\n20260601000123,2026-06-01 08:30:15,13800138000,\"电梯里\n没有信号, \"\"完全\"\"\",热线,\n"
	a, err = l.Load(t.Context(), FeedComplaints, p, writeFile(t, "list.csv", csv))
	if err != nil || a.Duplicate != 1 || len(sink.complaints) != 3 {
		t.Errorf("as CSV: %+v, %v; %d complaints", a, err, len(sink.complaints))
	}

	// The reject is replayed by the mended profile.
	replay := Replay{File: path, ContentHash: sink.loads[0].ContentHash, Rejects: sink.rejects}
	a, err = l.Replay(t.Context(), profileOf(t, strings.Replace(sheetProfile, "APP: app", "APP: app, 传真: store", 1)), replay)
	if err != nil || a.Accepted != 1 || len(sink.complaints) != 4 {
		t.Errorf("replay: %+v, %v", a, err)
	}
}

func TestExcelSheets(t *testing.T) {
	two := complaintSheet(t)
	if _, err := two.NewSheet("七月"); err != nil {
		t.Fatal(err)
	}
	hidden := "Sheet1"
	load := func(f *excelize.File, profile string) (Account, error) {
		return newTestLoader(t, testConfig(), newMemSink()).Load(t.Context(), FeedComplaints, profileOf(t, profile), saved(t, f))
	}
	if a, err := load(two, sheetProfile); err != nil || a.Accepted != 3 { // an empty sheet is none
		t.Errorf("%+v, %v", a, err)
	}
	for i, v := range []any{"工单号", "受理时间", "号码", "投诉内容", "渠道", "备注"} {
		ok(t, two.SetCellValue("七月", string(rune('A'+i))+"1", v))
	}
	for i, v := range []any{"J-1", "2026-07-01 10:00:00", 1, "x", "APP"} {
		ok(t, two.SetCellValue("七月", string(rune('A'+i))+"2", v))
	}
	if _, err := load(two, sheetProfile); err == nil || !strings.Contains(err.Error(), `several sheets with rows; name the one to read in the profile (format: sheet), or save it alone: "Sheet1", "七月"`) {
		t.Errorf("two sheets give %v", err)
	}
	if a, err := load(two, sheetProfile+"format: {sheet: 七月}\n"); err != nil || a.Accepted != 1 {
		t.Errorf("the named sheet gives %+v, %v", a, err)
	}
	if _, err := load(two, sheetProfile+"format: {sheet: 八月}\n"); err == nil || !strings.Contains(err.Error(), `no sheet "八月" with rows`) {
		t.Errorf("an unknown sheet gives %v", err)
	}
	two.SetActiveSheet(1)
	ok(t, two.SetSheetVisible(hidden, false))
	if a, err := load(two, sheetProfile); err != nil || a.Accepted != 1 { // hidden sheets are nobody's
		t.Errorf("with a hidden sheet: %+v, %v", a, err)
	}
	if _, err := load(excelize.NewFile(), sheetProfile); err == nil || !strings.Contains(err.Error(), "no header and no row") {
		t.Errorf("an empty workbook gives %v", err)
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Numbers as they stand in the XML of sheets, with the styles' formats.
func TestExcelNumbers(t *testing.T) {
	for _, c := range []struct {
		v    string
		kind dateKind
		want string
	}{
		{"13800138000", noDate, "13800138000"},
		{"1.3800138E10", noDate, "13800138000"},
		{"4.6001E+14", noDate, "460010000000000"},
		{"-0.50000000000000001", noDate, "-0.5"},
		{"0.1", noDate, "0.1"},
		{"007", noDate, "007"},
		{"x", noDate, "x"},
		{"46174", dateOnly, "2026-06-01"},
		{"46174", dateAndTime, "2026-06-01 00:00:00"},
		{"46174.354340277778", dateOnly, "2026-06-01 08:30:15"}, // more is known than is shown
		{"46174.99999999", dateAndTime, "2026-06-02 00:00:00"},
		{"0.5", timeOnly, "12:00:00"},
		{"1.5", timeOnly, "1899-12-31 12:00:00"},
		{"-1", dateOnly, "-1"},
		{"3000000", dateOnly, "3000000"},
	} {
		if got := numberText(c.v, c.kind, epoch1900); got != c.want {
			t.Errorf("%s as %d is %q, want %q", c.v, c.kind, got, c.want)
		}
	}
	if got := numberText("44712", dateOnly, epoch1904); got != "2026-06-01" {
		t.Errorf("counted from 1904: %s", got)
	}
	for code, want := range map[string]dateKind{
		"General": noDate, "0.00": noDate, "#,##0 \"days\"": noDate, "@": noDate, "0.00E+00": noDate, "[Red]0": noDate, `\d0`: noDate,
		"yyyy-mm-dd": dateOnly, "d/m/yy": dateOnly, "mmm": dateOnly, "yyyy/m/d h:mm": dateAndTime, "h:mm AM/PM": timeOnly,
		"mm:ss": timeOnly, "[h]:mm:ss": timeOnly, "[$-804]yyyy\"年\"m\"月\";@": dateOnly,
	} {
		if got := dateFormat(code); got != want {
			t.Errorf("format %q is %d, want %d", code, got, want)
		}
	}
	if got := excelText("a_x000D_b_x5F_c_x0041_"); got != "a\rb_x5F_cA" {
		t.Errorf("got %q", got)
	}
}

// rezip writes a workbook anew with some of its parts changed.
func rezip(t testing.TB, path string, change func(name string, data []byte) []byte) string {
	t.Helper()
	z, err := zip.OpenReader(path)
	ok(t, err)
	defer z.Close()
	out := filepath.Join(t.TempDir(), "changed.xlsx")
	f, err := os.Create(out)
	ok(t, err)
	defer f.Close()
	w := zip.NewWriter(f)
	for _, part := range z.File {
		r, err := part.Open()
		ok(t, err)
		data, err := io.ReadAll(r)
		ok(t, err)
		to, err := w.Create(part.Name)
		ok(t, err)
		_, err = to.Write(change(part.Name, data))
		ok(t, err)
	}
	ok(t, w.Close())
	return out
}

func TestBadWorkbooks(t *testing.T) {
	good := saved(t, complaintSheet(t))
	inSheet := func(change func([]byte) []byte) string {
		return rezip(t, good, func(name string, data []byte) []byte {
			if strings.HasSuffix(name, "sheet1.xml") {
				return change(data)
			}
			return data
		})
	}
	for says, path := range map[string]string{
		"unpacks to 78 MiB": inSheet(func(d []byte) []byte { return append(d, bytes.Repeat([]byte(" "), 78<<20)...) }),
		"nested too deeply": inSheet(func(d []byte) []byte {
			return bytes.Replace(d, []byte("<sheetData>"), []byte(strings.Repeat("<a>", 100)+"<sheetData>"), 1)
		}),
		"which is not there": inSheet(func(d []byte) []byte { return bytes.Replace(d, []byte("<v>0</v>"), []byte("<v>999</v>"), 1) }),
		"no sheet that can be seen": rezip(t, good, func(name string, d []byte) []byte {
			if strings.HasSuffix(name, "workbook.xml") {
				return []byte("<workbook/>")
			}
			return d
		}),
	} {
		sink := newMemSink()
		_, err := newTestLoader(t, testConfig(), sink).Load(t.Context(), FeedComplaints, profileOf(t, sheetProfile), path)
		if fe, isFile := IsFileError(err); !isFile || !strings.Contains(err.Error(), says) || fe.Partial || len(sink.complaints) > 0 {
			t.Errorf("got %v, want %q", err, says)
		}
	}
	// Damage behind good rows: they are kept, and the fault is told.
	sink := newMemSink()
	broken := inSheet(func(d []byte) []byte { return d[:bytes.Index(d, []byte(`<row r="8"`))+30] })
	a, err := newTestLoader(t, testConfig(), sink).Load(t.Context(), FeedComplaints, profileOf(t, sheetProfile), broken)
	if fe, isFile := IsFileError(err); !isFile || !fe.Partial || a.Accepted != 2 || len(sink.complaints) != 2 {
		t.Errorf("a sheet that breaks off gives %+v, %v", a, err)
	}
	checkIdentity(t, a)
}

// A large sheet is read row by row: its chunks are small, whatever its size.
func TestLargeSheetInChunks(t *testing.T) {
	f := excelize.NewFile()
	w, err := f.NewStreamWriter("Sheet1")
	ok(t, err)
	ok(t, w.SetRow("A1", []any{"record_id", "time", "text"}))
	const rows = 20_000
	for i := range rows {
		cell, _ := excelize.CoordinatesToCellName(1, i+2)
		ok(t, w.SetRow(cell, []any{i, "2026-06-01 08:00:00", "没有信号"}))
	}
	ok(t, w.Flush())
	sink := newMemSink()
	cfg := testConfig()
	cfg.ChunkBytes, cfg.MaxLineBytes = 8<<10, 1<<10
	a, err := newTestLoader(t, cfg, sink).Load(t.Context(), FeedComplaints, mustProfile(t, FeedComplaints, ""), saved(t, f))
	if err != nil || a.Accepted != rows || len(sink.complaints) != rows {
		t.Errorf("%+v, %v; %d complaints", a, err, len(sink.complaints))
	}
}

// FuzzWorkbook feeds sheets of any kind: whatever they are, the account adds up and
// nothing panics.
func FuzzWorkbook(f *testing.F) {
	good := saved(f, complaintSheet(f))
	z, err := zip.OpenReader(good)
	ok(f, err)
	for _, part := range z.File {
		if r, err := part.Open(); err == nil && strings.HasSuffix(part.Name, "sheet1.xml") {
			data, err := io.ReadAll(r)
			ok(f, err)
			f.Add(data)
		}
	}
	ok(f, z.Close())
	f.Add([]byte(`<worksheet><sheetData><row><c t="inlineStr"><is><t>time</t></is></c><c><v>1e400</v></c></row><row r="1"/></sheetData></worksheet>`))
	p := profileOf(f, sheetProfile)
	f.Fuzz(func(t *testing.T, sheet []byte) {
		path := rezip(t, good, func(name string, data []byte) []byte {
			if strings.HasSuffix(name, "sheet1.xml") {
				return sheet
			}
			return data
		})
		sink := newMemSink()
		a, err := newTestLoader(t, testConfig(), sink).Load(t.Context(), FeedComplaints, p, path)
		if _, isFile := IsFileError(err); err != nil && !isFile {
			t.Fatal(err)
		}
		checkIdentity(t, a)
		if a.Read != a.Accepted+a.Rejected+a.Duplicate || uint64(len(sink.complaints)) > a.Accepted {
			t.Fatalf("%+v, %d complaints", a, len(sink.complaints))
		}
	})
}
