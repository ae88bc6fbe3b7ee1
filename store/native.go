package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// nativeBlock gathers rows column by column in the bytes they have on the wire
// (ClickHouse's Native format), so that a batch takes little memory however many
// rows it has, and can be sent again without asking for them again.
type nativeBlock struct {
	table *table
	cols  []nativeColumn
	rows  int
}

// nativeColumn holds the values of a column: fixed ones one after the other,
// strings with their lengths before them, low-cardinality strings as numbers of
// 4 bytes into a dictionary, arrays as the count of elements up to and with each row.
type nativeColumn struct {
	data  []byte
	more  []byte            // the dictionary's strings, in the order of their numbers; the arrays' elements
	dict  map[string]uint32 // nil where there is none
	ends  []int             // where each string of the dictionary ends in more
	count uint64            // of the arrays' elements
}

func newNativeBlock(t *table) *nativeBlock {
	n := &nativeBlock{table: t, cols: make([]nativeColumn, len(t.columns))}
	n.reset()
	return n
}

// reset empties the block and keeps its memory.
func (n *nativeBlock) reset() {
	n.rows = 0
	for i := range n.cols {
		c := &n.cols[i]
		c.data, c.more, c.ends, c.count = c.data[:0], c.more[:0], c.ends[:0], 0
		if c.dict != nil {
			clear(c.dict)
		} else if n.table.columns[i].Type == lowCardinality {
			c.dict = map[string]uint32{}
		}
	}
}

// reserve makes room for rows.
func (n *nativeBlock) reserve(rows int) {
	for i := range n.cols {
		if width := widths[n.table.columns[i].Type]; width > 0 {
			n.cols[i].data = slices.Grow(n.cols[i].data, rows*width)
		}
	}
}

// widths are the bytes of a value, by type.
var widths = map[string]int{"UInt8": 1, "Int16": 2, "Int32": 4, "UInt32": 4, "Float32": 4, lowCardinality: 4, dateTime: 4,
	"Int64": 8, "UInt64": 8, "Float64": 8, "FixedString(16)": 16}

// size is the block's length in bytes, about.
func (n *nativeBlock) size() (bytes int) {
	for i := range n.cols {
		bytes += len(n.cols[i].data) + len(n.cols[i].more)
	}
	return bytes
}

// add appends values to a column; typ is the column's type in the store.
func (c *nativeColumn) add(typ string, values any) error {
	switch v := values.(type) {
	case []uint8:
		c.data = append(c.data, v...)
	case []int64:
		if typ == dateTime {
			for _, x := range v {
				c.data = binary.LittleEndian.AppendUint32(c.data, uint32(x))
			}
			return nil
		}
		c.data, _ = binary.Append(c.data, binary.LittleEndian, v)
	case []uint64:
		c.data = slices.Grow(c.data, 8*len(v))
		for _, x := range v {
			c.data = binary.LittleEndian.AppendUint64(c.data, x)
		}
	case []uint32, []int32, []int16, []float32, []float64:
		c.data, _ = binary.Append(c.data, binary.LittleEndian, v) // cannot fail for these
	case []time.Time:
		for _, x := range v {
			c.data = binary.LittleEndian.AppendUint16(c.data, uint16(x.Unix()/86400))
		}
	case [][]byte:
		for _, x := range v {
			c.data = append(c.data, x...)
		}
	case []string:
		if typ == lowCardinality {
			c.number(v)
			return nil
		}
		for _, x := range v {
			c.data = appendString(c.data, x)
		}
	case [][]string:
		for _, x := range v {
			for _, e := range x {
				c.more = appendString(c.more, e)
			}
			c.array(len(x))
		}
	case [][]float64:
		for _, x := range v {
			c.more, _ = binary.Append(c.more, binary.LittleEndian, x)
			c.array(len(x))
		}
	case [][]uint64:
		for _, x := range v {
			c.more, _ = binary.Append(c.more, binary.LittleEndian, x)
			c.array(len(x))
		}
	default:
		return &Error{Code: CodeInternal, Message: fmt.Sprintf("a column of %s cannot be made from %T", typ, values)}
	}
	return nil
}

// array ends one array of a column.
func (c *nativeColumn) array(elements int) {
	c.count += uint64(elements)
	c.data = binary.LittleEndian.AppendUint64(c.data, c.count)
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// number puts strings down as places in the dictionary. Rows near each other are
// often alike, so the last one is tried first.
func (c *nativeColumn) number(v []string) {
	last, n := "", uint32(math.MaxUint32)
	for _, x := range v {
		if x != last || n == math.MaxUint32 {
			at, ok := c.dict[x]
			if !ok {
				x = strings.Clone(x)
				at = uint32(len(c.ends))
				c.dict[x] = at
				c.more = appendString(c.more, x)
				c.ends = append(c.ends, len(c.more))
			}
			last, n = x, at
		}
		c.data = binary.LittleEndian.AppendUint32(c.data, n)
	}
}

// What ClickHouse writes before a low-cardinality column: the version of the form,
// then, for each block, that its dictionary comes with it and how wide the numbers are.
const (
	dictionaryForm  = 1
	dictionaryComes = 1<<9 | 1<<10
)

// reader gives the block in the Native format without a copy.
func (n *nativeBlock) reader() io.Reader {
	parts := make([]io.Reader, 0, 4*len(n.cols))
	put := func(b []byte) { parts = append(parts, bytes.NewReader(b)) }
	head := binary.AppendUvarint(binary.AppendUvarint(nil, uint64(len(n.cols))), uint64(n.rows))
	for i := range n.cols {
		c, col := &n.cols[i], n.table.columns[i]
		head = appendString(appendString(head, col.Name), col.Type)
		if c.dict == nil {
			put(head)
			put(c.data)
			put(c.more)
			head = nil
			continue
		}
		width := 2 // log2 of the numbers' bytes
		if len(c.ends) <= math.MaxUint8 {
			width = 0
		} else if len(c.ends) <= math.MaxUint16 {
			width = 1
		}
		head = binary.LittleEndian.AppendUint64(head, dictionaryForm)
		head = binary.LittleEndian.AppendUint64(head, dictionaryComes|uint64(width))
		head = binary.LittleEndian.AppendUint64(head, uint64(len(c.ends)))
		put(head)
		put(c.more)
		put(binary.LittleEndian.AppendUint64(nil, uint64(n.rows)))
		parts = append(parts, &narrow{data: c.data, width: 1 << width})
		head = nil
	}
	return io.MultiReader(parts...)
}

// narrow gives only the lowest bytes of numbers of 4 bytes.
type narrow struct {
	data  []byte
	width int // bytes of each number to give: 1, 2 or 4
	given int // of the number at the front
}

func (r *narrow) Read(p []byte) (int, error) {
	if len(r.data) == 0 {
		return 0, io.EOF
	}
	n := 0
	for n < len(p) && len(r.data) > 0 {
		if whole := min((len(p)-n)/r.width, len(r.data)/4); r.given == 0 && whole > 0 {
			pack(p[n:], r.data[:4*whole], r.width)
			r.data = r.data[4*whole:]
			n += r.width * whole
			continue
		}
		p[n] = r.data[r.given]
		n++
		if r.given++; r.given == r.width {
			r.data, r.given = r.data[4:], 0
		}
	}
	return n, nil
}

func pack(to, from []byte, width int) {
	switch width {
	case 1:
		for i := 0; i < len(from); i += 4 {
			to[i/4] = from[i]
		}
	case 2:
		for i := 0; i < len(from); i += 4 {
			to[i/2], to[i/2+1] = from[i], from[i+1]
		}
	default:
		copy(to, from)
	}
}

// fill puts the rows into a batch of the driver.
func (n *nativeBlock) fill(batch driver.Batch) error {
	for i, to := range batch.Columns() {
		c := &n.cols[i]
		data := io.MultiReader(bytes.NewReader(c.data), bytes.NewReader(c.more))
		if c.dict != nil {
			data = bytes.NewReader(c.spelled())
		}
		if err := to.Decode(proto.NewReader(data), n.rows); err != nil {
			return &Error{Code: CodeInternal, Message: fmt.Sprintf("the column %s of a batch cannot be read back: %v", n.table.columns[i].Name, err), Err: err}
		}
	}
	return nil
}

// spelled writes low-cardinality strings out.
func (c *nativeColumn) spelled() []byte {
	var out []byte
	for i := 0; i < len(c.data); i += 4 {
		at := binary.LittleEndian.Uint32(c.data[i:])
		from := 0
		if at > 0 {
			from = c.ends[at-1]
		}
		out = append(out, c.more[from:c.ends[at]]...)
	}
	return out
}
