package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// parquetFile is an opened Parquet file. Columns are the leaves of its schema,
// with dotted names; row numbers, from 1, stand for lines.
type parquetFile struct {
	file    *parquet.File
	names   []string
	write   []func([]byte, parquet.Value) []byte // per leaf: the value as text
	flat    []bool                               // per leaf: one value per row, no list
	present []byte                               // per leaf: definition level of a value that is there
	groups  []parquet.RowGroup
	rows    int64
	damage  atomic.Pointer[error]
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
		pf.flat = append(pf.flat, leaf.MaxRepetitionLevel == 0)
		pf.present = append(pf.present, byte(leaf.MaxDefinitionLevel))
	}
	for _, g := range pf.groups {
		n := g.NumRows()
		for _, c := range g.ColumnChunks() {
			if n < 0 || c.NumValues() < n { // a lie here would have us read rows without end
				return nil, errors.New("the Parquet file is damaged (its row counts do not agree); ask its source to send it again")
			}
		}
		pf.rows += n
	}
	if pf.rows != f.NumRows() {
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

// floatText writes the shortest decimal that gives the number back, and NaN as
// nothing: tools that know no null in numbers write it so.
//
// What has a few decimals, like most measures and degrees, goes a short way: two
// decimals of no more digits than the type keeps (15 and 6) are two numbers, so one
// that gives v back is the shortest.
func floatText(b []byte, v float64, bits int) []byte {
	if math.IsNaN(v) {
		return b
	}
	decimals, scale, most := 7, 1e7, 1e14
	if bits == 32 {
		decimals, scale, most = 1, 10, 1e6
	}
	abs := math.Abs(v)
	n := math.Round(abs * scale)
	back := n / scale
	if bits == 32 {
		back = float64(float32(back))
	}
	if back != abs || n >= most || abs < 1e-4 || abs >= 1e6 { // beyond those an exponent is written
		return strconv.AppendFloat(b, v, 'g', -1, bits)
	}
	if v < 0 {
		b = append(b, '-')
	}
	whole, rest := uint64(n)/uint64(scale), uint64(n)%uint64(scale)
	b = strconv.AppendUint(b, whole, 10)
	if rest == 0 {
		return b
	}
	for rest%10 == 0 {
		rest, decimals = rest/10, decimals-1
	}
	b = append(b, ".0000000"[:decimals+1]...)
	for i := len(b) - 1; rest > 0; i-- {
		b[i] = byte('0' + rest%10)
		rest /= 10
	}
	return b
}

func timestampText(t *format.TimestampType) func([]byte, parquet.Value) []byte {
	perSecond := int64(1e9)
	switch t.Unit.Value.(type) {
	case *format.MilliSeconds:
		perSecond = 1e3
	case *format.MicroSeconds:
		perSecond = 1e6
	}
	return func(b []byte, v parquet.Value) []byte {
		n := v.Int64()
		sec := n / perSecond
		if n%perSecond < 0 {
			sec--
		}
		from := len(b)
		b = time.Unix(sec, 0).UTC().AppendFormat(b, time.RFC3339) // much faster than other layouts
		if !t.IsAdjustedToUTC {                                   // in the profile's zone
			if at := bytes.IndexByte(b[from:], 'T'); at >= 0 {
				b[from+at] = ' '
			}
			b = bytes.TrimSuffix(b, []byte{'Z'})
		}
		return b
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
