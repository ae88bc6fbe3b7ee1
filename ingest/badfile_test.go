package ingest

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

const goodRow = "c%d,2026-06-01 08:00:00,1380000%04d,1380000%04d,completed,10,16,4g,460-00-1,CMCC,30.66,104.06,10,1,indoor,5\n"

// goodRows gives n rows with ids from from on.
func goodRows(from, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, goodRow, from+i, i, i+1)
	}
	return b.String()
}

func gz(t testing.TB, s string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, s)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// zipped gives an archive of files that all hold 300 good rows.
func zipped(t testing.TB, names ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, n := range names {
		f, err := w.Create(n)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(f, callsHeader+goodRows(0, 300))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zst(t testing.TB, s string) string {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(w.EncodeAll([]byte(s), nil))
}

func loadCalls(t testing.TB, l *Loader, path string) (Account, error) {
	t.Helper()
	a, err := l.Load(context.Background(), FeedCalls, mustProfile(t, FeedCalls, "calls"), path)
	checkIdentity(t, a)
	return a, err
}

func TestFilesThatCannotBeLoaded(t *testing.T) {
	short := strings.Replace(callsHeader, "outcome", "outcme", 1)
	cases := []struct {
		name, content string
		code          FileCode
		says          string
	}{
		{"empty.csv", "", FileEmpty, "the file is empty; ask its source to send it again"},
		{"empty.csv.gz", gz(t, ""), FileEmpty, "there is nothing in the packed file; ask its source to send it again"},
		{"header.csv", callsHeader, FileNoRows, "there is a header but no row in the file; nothing was loaded"},
		{"header-blank.csv", callsHeader + "\r\n\n\n", FileNoRows, "there is a header but no row in the file; nothing was loaded"},
		{"blank.csv", "\n\n\n", FileNoRows, "there is no header and no row in the file"},
		{"binary.csv", "\x00\x01\x02\x03abcdef\x00\x00", FileBinary, "this is a binary file; ask for the data as CSV"},
		{"book.xlsx", zipped(t, "[Content_Types].xml", "xl/workbook.xml"), FileCorrupt, "the part xl/workbook.xml of the Excel workbook is damaged"},
		{"two.zip", zipped(t, "a.csv", "b.csv"), FileFormat, "the zip archive holds 2 files; unpack it, and load them one by one"},
		{"half.zip", zipped(t, "a.csv")[:50], FileCorrupt, "the file begins like a zip archive but is damaged"},
		{"book.csv.gz", gz(t, "%PDF-1.7 not a table"), FileBinary, "this is a PDF document; ask for the data as CSV"},
		{"misspelt.csv", short + goodRows(0, 1), FileHeader,
			`the header does not fit profile "calls": missing column "outcome"; unknown column "outcme" (did you mean "outcome"?); map it, or list it under ignore`},
		{"twice.csv", "time,outcome,time\n2026-06-01 08:00:00,poor,x\n", FileHeader,
			`the header does not fit profile "calls": column "time" stands twice (columns 1 and 3)`},
		{"half.csv", "time,outcome,lat\n2026-06-01 08:00:00,poor,30.6\n", FileHeader, `the header does not fit profile "calls": missing column "lon"`},
		{"headless.csv", goodRows(0, 2), FileHeader, `the first line is no header that profile "calls" knows: it begins with "c0", "2026-06-01 08:00:00", "13800000000"; the file must begin with column names, among them column "time", column "outcome"`},
		{"case.csv", strings.ToUpper(callsHeader) + goodRows(0, 1), FileHeader, `the first line is no header that profile "calls" knows: it begins with "RECORD_ID", "TIME"`},
		{"quote.csv", "\"time,outcome\n", FileHeader, "the header cannot be read: a quote is opened and never closed"},
		{"damaged.csv.gz", "\x1f\x8b\x08\x00garbage garbage garbage", FileCorrupt, "the gzip data is damaged"},
		{"damaged.csv.zst", "\x28\xb5\x2f\xfdgarbage garbage garbage", FileCorrupt, "the zstd data is damaged"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			sink := newMemSink()
			_, err := loadCalls(t, newTestLoader(t, testConfig(), sink), writeFile(t, c.name, c.content))
			fe, ok := IsFileError(err)
			if !ok {
				t.Fatalf("got %v, want a FileError", err)
			}
			if fe.Code != c.code || !strings.HasPrefix(fe.Detail, c.says) && !strings.Contains(fe.Detail, c.says) {
				t.Errorf("got %s: %s\nwant %s: %s", fe.Code, fe.Detail, c.code, c.says)
			}
			if len(sink.calls) != 0 || len(sink.finished) != 0 {
				t.Errorf("something was stored: %d calls, %d loads finished", len(sink.calls), len(sink.finished))
			}
		})
	}
}

func TestPathsThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	locked := filepath.Join(dir, "locked.csv")
	if err := os.WriteFile(locked, []byte("x"), 0); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		path string
		code FileCode
		says string
	}{
		{dir, FileDirectory, "this is a directory; name the files in it, for example " + dir + "/*"},
		{filepath.Join(dir, "none.csv"), FileUnreadable, "there is no such file; check the path"},
	}
	if os.Geteuid() != 0 { // root may read everything
		cases = append(cases, struct {
			path string
			code FileCode
			says string
		}{locked, FileUnreadable, "the file may not be read; give this user the right to read it"})
	}
	l := newTestLoader(t, testConfig(), newMemSink())
	for _, c := range cases {
		_, err := loadCalls(t, l, c.path)
		fe, ok := IsFileError(err)
		if !ok || fe.Code != c.code || fe.Detail != c.says {
			t.Errorf("%s: got %v, want %s", c.path, err, c.says)
		}
	}
}

// A file that breaks off keeps the rows before the break, says so, and when it
// comes whole later nothing is counted twice: not even rows without ids.
func TestTruncatedGzip(t *testing.T) {
	for _, ids := range []bool{true, false} {
		t.Run(fmt.Sprintf("ids=%v", ids), func(t *testing.T) {
			var rows strings.Builder
			for i := range 20_000 {
				// Text that packs badly, so that half the bytes are about half the rows.
				row := fmt.Sprintf("2026-06-%02d 08:%02d:%02d,completed,%d.%07d\n", i%28+1, i%60, (i*7)%60, 30, (i*7919_113)%10_000_000)
				if ids {
					row = fmt.Sprintf("r%d,", i) + row
				}
				rows.WriteString(row)
			}
			header := "time,outcome,duration_s\n"
			if ids {
				header = "record_id," + header
			}
			whole := gz(t, header+rows.String())
			sink := printSink{newMemSink()}
			l := newTestLoader(t, testConfig(), sink)
			a, err := loadCalls(t, l, writeFile(t, "calls.csv.gz", whole[:len(whole)/2]))
			fe, ok := IsFileError(err)
			if !ok || fe.Code != FileTruncated || !fe.Partial {
				t.Fatalf("got %v, want a truncated file", err)
			}
			if a.Accepted < 5000 || a.Accepted > 15000 || a.Rejected > 1 || len(a.Warnings) != 1 || !strings.Contains(a.Warnings[0], "breaks off") {
				t.Errorf("account %+v", a)
			}
			if a.Rejected == 1 && a.ByReason[ReasonTruncated] != 1 {
				t.Errorf("rejected for %v", a.ByReason)
			}
			if len(sink.calls) != int(a.Accepted) || len(sink.finished) != 1 {
				t.Errorf("%d calls stored, %d loads finished", len(sink.calls), len(sink.finished))
			}
			b, err := loadCalls(t, l, writeFile(t, "calls.csv.gz", whole))
			if err != nil || b.Read != 20_000 || b.Duplicate != a.Accepted || len(sink.calls) != 20_000 {
				t.Errorf("the whole file gave %+v, %v and %d calls", b, err, len(sink.calls))
			}
		})
	}
}

func TestPackedFilesGiveTheSameRecords(t *testing.T) {
	content := callsHeader + goodRows(0, 300)
	var want *memSink
	for _, c := range []struct{ name, content string }{
		{"calls.csv", content}, {"gz-by-content.csv", gz(t, content)}, {"calls.csv.zst", zst(t, content)}, {"calls.zip", zipped(t, "folder/calls.csv")},
		{"bom.csv", "\xef\xbb\xbf" + content}, {"crlf.csv", strings.ReplaceAll(content, "\n", "\r\n")},
		{"two-members.csv.gz", gz(t, content[:1000]) + gz(t, content[1000:])},
		{"no-newline-at-end.csv", strings.TrimSuffix(content, "\n")},
	} {
		sink := newMemSink()
		a, err := loadCalls(t, newTestLoader(t, testConfig(), sink), writeFile(t, c.name, c.content))
		if err != nil || a.Accepted != 300 {
			t.Errorf("%s: %+v, %v", c.name, a, err)
		}
		if want == nil {
			want = sink
		}
		for id, call := range sink.calls {
			if want.calls[id] != call {
				t.Fatalf("%s: call %v differs: %+v, want %+v", c.name, id, call, want.calls[id])
			}
		}
	}
}

// endless gives head, then n times x, then tail, without holding them.
type endless struct {
	head, tail string
	n          int64
}

func (e *endless) Read(p []byte) (int, error) {
	if e.head != "" {
		n := copy(p, e.head)
		e.head = e.head[n:]
		return n, nil
	}
	if e.n > 0 {
		n := min(int64(len(p)), e.n)
		for i := range p[:n] {
			p[i] = 'x'
		}
		e.n -= n
		return int(n), nil
	}
	n := copy(p, e.tail)
	e.tail = e.tail[n:]
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func TestOneGigabyteLine(t *testing.T) {
	for _, open := range []string{"", "\"", "a,\""} { // the rubbish may even open a quote
		size := int64(1 << 30)
		if testing.Short() || open != "" {
			size = 64 << 20
		}
		// Packing makes the file small on disk; the line is as long as ever when read.
		path := filepath.Join(t.TempDir(), "calls.csv.zst")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		w, err := zstd.NewWriter(f, zstd.WithEncoderLevel(zstd.SpeedFastest))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(w, &endless{head: callsHeader + goodRows(0, 10) + open, n: size, tail: "\n" + goodRows(10, 10)}); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Close(), f.Close()); err != nil {
			t.Fatal(err)
		}
		sink := newMemSink()
		cfg := testConfig()
		var before, peak runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		a, err := loadCalls(t, newTestLoader(t, cfg, sink), path)
		runtime.ReadMemStats(&peak)
		if err != nil || a.Read != 21 || a.Accepted != 20 || a.ByReason[ReasonLineTooLong] != 1 {
			t.Fatalf("%+v, %v", a, err)
		}
		if grown := int64(peak.Sys) - int64(before.Sys); grown > 300<<20 {
			t.Errorf("a line of %d MiB took %d MiB of memory", size>>20, grown>>20)
		}
		r := sink.rejects[0]
		if r.Line != 12 || len(r.Raw) != MaxRawReject {
			t.Errorf("reject at line %d with %d raw bytes", r.Line, len(r.Raw))
		}
		if !strings.Contains(r.Detail, fmt.Sprint(size+int64(len(open)))) {
			t.Errorf("reject says %s", r.Detail)
		}
	}
}
