package ingest

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// rec is a record as the splitter sees it.
type rec struct {
	line   uint64
	fields []string
	fault  Reason
	raw    string
}

// readAll reads text in chunks of a size.
func readAll(r io.Reader, size, maxLine int) ([]rec, error) {
	c := newChunker(r, size, maxLine, ',', true)
	s := &splitter{delim: ',', maxLine: maxLine}
	var out []rec
	for {
		ch, ok := c.next()
		if !ok {
			return out, c.err
		}
		if ch.odd != nil {
			out = append(out, rec{line: ch.odd.line, fault: ch.odd.fault.reason, raw: ch.odd.raw})
			continue
		}
		s.reset(ch.part)
		for {
			more, fault := s.next()
			if !more {
				break
			}
			x := rec{line: s.at, raw: string(s.raw)}
			if fault != nil {
				x.fault = fault.reason
			} else {
				for _, f := range s.fields {
					x.fields = append(x.fields, string(f))
				}
			}
			out = append(out, x)
		}
	}
}

// Where a file is cut into chunks must not change what is read, however broken
// its quoting is.
func checkChunking(t interface {
	Fatalf(string, ...any)
}, text string, maxLine int) {
	want, err := readAll(strings.NewReader(text), 1<<20, maxLine)
	if err != nil {
		t.Fatalf("%v", err)
	}
	for _, size := range []int{2 * maxLine, 3*maxLine + 1} {
		got, err := readAll(iotest.HalfReader(strings.NewReader(text)), size, maxLine)
		if err != nil {
			t.Fatalf("%v", err)
		}
		// A line too long for memory is known by less of its text: compare the rest.
		for i := range got {
			if i < len(want) && got[i].fault == ReasonLineTooLong && want[i].fault == ReasonLineTooLong {
				got[i].raw = want[i].raw
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("text %q with lines up to %d in chunks of %d:\n got %+v\nwant %+v", text, maxLine, size, got, want)
		}
	}
}

var csvBits = rapid.SampledFrom([]string{"a", "bc", ",", ",", "\n", "\n", "\r\n", `"`, `""`, `","`, "\"\n", ",\"", "x y", "\r", "电"})

func TestChunkingChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(csvBits, 0, 120).Draw(t, "bits"), "")
		checkChunking(t, text, rapid.IntRange(8, 40).Draw(t, "maxLine"))
	})
}

// On input that encoding/csv takes, the splitter gives the same fields.
func TestSplitterAgreesWithEncodingCSV(t *testing.T) {
	field := rapid.OneOf(
		rapid.StringMatching(`[a-z0-9 .:-]{0,8}`),
		rapid.SampledFrom([]string{"", `a"b`, "two\nlines", "with,comma", `"`, "电梯里没有信号", "x\ny\n", " lead", "trail "}),
	)
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.SliceOfN(field, 1, 6), 1, 20).Draw(t, "rows")
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		w.UseCRLF = rapid.Bool().Draw(t, "crlf")
		for _, r := range rows {
			if len(r) == 1 && r[0] == "" {
				r[0] = "x" // a lone empty field is written as an empty line, which is no record
			}
			if err := w.Write(r); err != nil {
				t.Fatal(err)
			}
		}
		w.Flush()
		text := b.String()
		if w.UseCRLF && rapid.Bool().Draw(t, "cut end") {
			text = strings.TrimSuffix(text, "\r\n")
		}
		compareWithEncodingCSV(t, text)
	})
}

func compareWithEncodingCSV(t interface {
	Fatalf(string, ...any)
}, text string) {
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = -1
	want, err := r.ReadAll()
	if err != nil {
		return // what is wrong there may be right here, and is tested elsewhere
	}
	got, err := readAll(strings.NewReader(text), 1<<20, 1<<19)
	if err != nil {
		t.Fatalf("%v", err)
	}
	var fields [][]string
	for _, g := range got {
		if g.fault != "" {
			t.Fatalf("text %q: line %d gives %s, encoding/csv takes it", text, g.line, g.fault)
		}
		for i, f := range g.fields {
			g.fields[i] = strings.ReplaceAll(f, "\r\n", "\n") // as encoding/csv does
		}
		fields = append(fields, g.fields)
	}
	if len(fields) != len(want) || len(want) > 0 && !reflect.DeepEqual(fields, want) {
		t.Fatalf("text %q:\n got %q\nwant %q", text, fields, want)
	}
}

func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "\"a\",\"b\"\"c\"\r\n\"x\ny\",2", "a,\"b\nc,d\n\"e\",f\"g\n", "\"", "\"\"", "\n\n\r\n", ",,\n", "a\r,b\r\n", "\"a\"\r\r\nb", "\"a\"\rb\n",
		"\xef\xbb\xbfa,b\n", "a,\"" + strings.Repeat("x", 50) + "\n\",b\n"} {
		f.Add(s, uint8(12))
	}
	f.Fuzz(func(t *testing.T, text string, limit uint8) {
		if len(text) > 1<<12 {
			return
		}
		checkChunking(t, text, 8+int(limit)%64)
		if !strings.Contains(text, "\r") { // encoding/csv treats lone carriage returns its own way
			compareWithEncodingCSV(t, text)
		}
	})
}

// A stream that breaks off gives the whole rows before the break, and the rest as
// one odd line.
func TestBrokenStream(t *testing.T) {
	broken := errors.New("cable cut")
	r := io.MultiReader(strings.NewReader("a,b\n1,2\n3,"), iotest.ErrReader(broken))
	got, err := readAll(r, 1024, 100)
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	want := []rec{{1, []string{"a", "b"}, "", "a,b"}, {2, []string{"1", "2"}, "", "1,2"}, {3, nil, ReasonTruncated, "3,"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
