package ingest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// parquetRowsPerChunk is how many rows one worker takes at a time.
const parquetRowsPerChunk = 50_000

// parquetFile is an opened Parquet file. Columns are the leaves of its schema,
// with dotted names; row numbers, from 1, stand for lines.
type parquetFile struct {
	file   *parquet.File
	names  []string
	write  []func([]byte, parquet.Value) []byte // per leaf: the value as text
	groups []parquet.RowGroup
	starts []int64 // number of rows before each group
	damage atomic.Pointer[error]
}

// openParquet reads the footer. The error is a sentence.
func openParquet(in *input) (pf *parquetFile, err error) {
	defer func() {
		if r := recover(); r != nil { // the library panics on some damaged files
			pf, err = nil, fmt.Errorf("the Parquet file is damaged (%v); ask its source to send it again", r)
		}
	}()
	if in.packed != "" {
		return nil, fmt.Errorf("this is a Parquet file packed with %s; unpack it, Parquet is packed already", in.packed)
	}
	f, err := parquet.OpenFile(in.file, in.size, parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, fmt.Errorf("the Parquet file is damaged (%v); ask its source to send it again", err)
	}
	pf = &parquetFile{file: f, groups: f.RowGroups()}
	schema := f.Schema()
	for _, path := range schema.Columns() {
		leaf, ok := schema.Lookup(path...)
		if !ok {
			return nil, fmt.Errorf("the Parquet file's schema has no column %s; ask its source to send it again", strings.Join(path, "."))
		}
		pf.names = append(pf.names, strings.Join(path, "."))
		pf.write = append(pf.write, parquetText(leaf.Node.Type()))
	}
	var rows int64
	for _, g := range pf.groups {
		pf.starts = append(pf.starts, rows)
		n := g.NumRows()
		for _, c := range g.ColumnChunks() {
			if n < 0 || c.NumValues() < n { // a lie here would have us read rows without end
				return nil, errors.New("the Parquet file is damaged (its row counts do not agree); ask its source to send it again")
			}
		}
		rows += n
	}
	if rows != f.NumRows() {
		return nil, errors.New("the Parquet file is damaged (its row counts do not agree); ask its source to send it again")
	}
	return pf, nil
}

// parquetText gives what writes a value of a type as text that the mapper reads.
func parquetText(t parquet.Type) func([]byte, parquet.Value) []byte {
	if l := t.LogicalType(); l != nil {
		switch v := l.Value.(type) {
		case *format.TimestampType:
			return timestampText(v)
		case *format.DateType:
			return func(b []byte, v parquet.Value) []byte {
				return time.Unix(int64(v.Int32())*daySeconds, 0).UTC().AppendFormat(b, time.DateOnly)
			}
		case *format.DecimalType:
			return decimalText(t.Kind(), int(v.Scale))
		}
	}
	switch t.Kind() {
	case parquet.Boolean:
		return func(b []byte, v parquet.Value) []byte { return strconv.AppendBool(b, v.Boolean()) }
	case parquet.Int32:
		return func(b []byte, v parquet.Value) []byte { return strconv.AppendInt(b, int64(v.Int32()), 10) }
	case parquet.Int64:
		return func(b []byte, v parquet.Value) []byte { return strconv.AppendInt(b, v.Int64(), 10) }
	case parquet.Int96:
		return func(b []byte, v parquet.Value) []byte { // nanoseconds of the day, and the Julian day
			w := v.Int96()
			nanos, day := uint64(w[0])|uint64(w[1])<<32, int64(w[2])-2440588
			return time.Unix(day*daySeconds, int64(nanos)).UTC().AppendFormat(b, time.RFC3339Nano)
		}
	case parquet.Float:
		return func(b []byte, v parquet.Value) []byte { return floatText(b, float64(v.Float()), 32) }
	case parquet.Double:
		return func(b []byte, v parquet.Value) []byte { return floatText(b, v.Double(), 64) }
	}
	return func(b []byte, v parquet.Value) []byte { return append(b, v.ByteArray()...) }
}

// floatText writes NaN as nothing: tools that know no null in numbers write it so.
func floatText(b []byte, v float64, bits int) []byte {
	if math.IsNaN(v) {
		return b
	}
	return strconv.AppendFloat(b, v, 'g', -1, bits)
}

func timestampText(t *format.TimestampType) func([]byte, parquet.Value) []byte {
	perSecond := int64(1e9)
	switch t.Unit.Value.(type) {
	case *format.MilliSeconds:
		perSecond = 1e3
	case *format.MicroSeconds:
		perSecond = 1e6
	}
	layout := "2006-01-02 15:04:05" // in the profile's zone
	if t.IsAdjustedToUTC {
		layout = time.RFC3339
	}
	return func(b []byte, v parquet.Value) []byte {
		n := v.Int64()
		sec := n / perSecond
		if n%perSecond < 0 {
			sec--
		}
		return time.Unix(sec, 0).UTC().AppendFormat(b, layout)
	}
}

// decimalText puts the point into whole numbers; decimals kept as bytes are left
// to the mapper, which refuses them, because no exporter of counters writes them.
func decimalText(k parquet.Kind, scale int) func([]byte, parquet.Value) []byte {
	return func(b []byte, v parquet.Value) []byte {
		var n int64
		switch k {
		case parquet.Int32:
			n = int64(v.Int32())
		case parquet.Int64:
			n = v.Int64()
		default:
			return append(b, v.ByteArray()...)
		}
		if n < 0 {
			b, n = append(b, '-'), -n
		}
		s := strconv.FormatInt(n, 10)
		if scale <= 0 {
			return append(b, s...)
		}
		for len(s) <= scale {
			s = "0" + s
		}
		b = append(b, s[:len(s)-scale]...)
		b = append(b, '.')
		return append(b, s[len(s)-scale:]...)
	}
}

// parquetChunks deals the rows of a Parquet file out to the workers, never across
// a row group.
type parquetChunks struct {
	pf    *parquetFile
	group int
	from  int64 // within the group
	seq   int
}

func (c *parquetChunks) broken() error { return nil }

func (c *parquetChunks) next() (chunk, bool) {
	for c.group < len(c.pf.groups) {
		left := c.pf.groups[c.group].NumRows() - c.from
		if left <= 0 {
			c.group, c.from = c.group+1, 0
			continue
		}
		n := min(left, parquetRowsPerChunk)
		ch := chunk{seq: c.seq, part: part{line: uint64(c.pf.starts[c.group]+c.from) + 1, rows: int(n)}}
		c.from += n
		c.seq++
		return ch, true
	}
	return chunk{}, false
}

type span struct{ start, end int }

// parquetRows reads the rows of a part as text.
type parquetRows struct {
	row
	pf    *parquetFile
	rows  parquet.Rows
	at0   uint64 // number of the next row
	left  int
	buf   []parquet.Row
	have  []parquet.Row
	text  []byte // of the rows read; only ever appended to, because fields point into it
	spans []span // of the fields in text
}

func newParquetRows(pf *parquetFile) *parquetRows {
	return &parquetRows{row: row{fields: make([][]byte, len(pf.names))}, pf: pf, buf: make([]parquet.Row, 256), spans: make([]span, len(pf.names))}
}

func (r *parquetRows) reset(p part) (fault *rowFault) {
	defer r.guard(&fault)
	r.close()
	first := int64(p.line - 1)
	g := len(r.pf.starts) - 1
	for r.pf.starts[g] > first {
		g--
	}
	r.at0, r.left, r.have = p.line, p.rows, nil
	r.rows = r.pf.groups[g].Rows()
	if first > r.pf.starts[g] {
		if err := r.rows.SeekToRow(first - r.pf.starts[g]); err != nil {
			return r.damaged(err)
		}
	}
	return nil
}

// guard turns a panic of the library, which damaged pages can cause, into a reject.
func (r *parquetRows) guard(fault **rowFault) {
	if p := recover(); p != nil {
		*fault = r.damaged(fmt.Errorf("%v", p))
	}
}

func (r *parquetRows) damaged(err error) *rowFault {
	n := r.left
	r.left = 0
	r.pf.damage.CompareAndSwap(nil, &err)
	r.at, r.raw = r.at0, nil
	clear(r.fields)
	return faultf(ReasonFileIncomplete, "from row %d on %d rows cannot be read: the file is damaged (%v); ask its source to send it again", r.at0, n, err)
}

func (r *parquetRows) close() {
	if r.rows != nil {
		_ = r.rows.Close() // it was only read
		r.rows = nil
	}
}

func (r *parquetRows) next() (more bool, fault *rowFault) {
	if r.left == 0 && len(r.have) == 0 {
		r.close()
		return false, nil
	}
	more = true
	defer r.guard(&fault)
	if len(r.have) == 0 {
		n, err := r.rows.ReadRows(r.buf[:min(len(r.buf), r.left)])
		if n == 0 {
			if err == nil || errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return true, r.damaged(err)
		}
		r.have = r.buf[:n]
		r.left -= n
	}
	r.take(r.have[0])
	r.have = r.have[1:]
	r.at = r.at0
	r.at0++
	return true, nil
}

// take writes one row as text, its fields one after the other. The values of a
// list are divided by semicolons.
func (r *parquetRows) take(values parquet.Row) {
	if cap(r.text)-len(r.text) < 4096 {
		r.text = make([]byte, 0, 1<<20)
	}
	start := len(r.text)
	clear(r.spans)
	for _, v := range values {
		span := &r.spans[v.Column()]
		if v.IsNull() {
			continue
		}
		if span.end > 0 {
			r.text = append(r.text, ';')
		} else {
			r.text = append(r.text, '\x1f') // so that "a","b" and "ab","" are different rows
			span.start = len(r.text)
		}
		r.text = r.pf.write[v.Column()](r.text, v)
		span.end = len(r.text)
	}
	r.raw = r.text[start:len(r.text):len(r.text)]
	for i, span := range r.spans {
		r.fields[i] = r.text[span.start:span.end:span.end]
	}
}

// rejected gives the row as a JSON object, which can be replayed.
func (r *parquetRows) rejected() string {
	b := []byte{'{'}
	for i, f := range r.fields {
		if len(f) == 0 {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		for j, s := range []string{r.pf.names[i], string(f)} {
			q, err := json.Marshal(s)
			if err != nil {
				panic(err) // a string always marshals
			}
			if j == 1 {
				b = append(b, ':')
			}
			b = append(b, q...)
		}
	}
	return cutRaw(append(b, '}'))
}
