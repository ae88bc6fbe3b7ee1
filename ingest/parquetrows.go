package ingest

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/parquet-go/parquet-go"
)

// parquetRowsPerChunk is how many rows one worker takes at a time.
const parquetRowsPerChunk = 16_384

// parquetPart is what some rows have in the columns, as text: column by column,
// the texts one after the other.
type parquetPart struct {
	texts   []byte
	columns []parquetTexts
	lost    int   // rows that come after these and cannot be read
	err     error // why they cannot
}

// parquetTexts are the texts of a column: where the first begins and where each
// ends, times two, plus one where there is a value at all. A text of the column's
// dictionary is not written out: its number, inverted, stands for it.
type parquetTexts struct {
	start int
	ends  []int
	words [][]byte // the dictionary; belongs to nobody any more
}

// parquetChunks reads a Parquet file column by column and deals its rows out to
// the workers, never across a row group. One goroutine reads, because a page
// decoded once may have the rows of many parts.
type parquetChunks struct {
	pf      *parquetFile
	group   int
	columns []*parquetColumn // of the group; nil when it is not open
	left    int              // rows of the group
	row     uint64           // number of the next row
	seq     int
	parts   sync.Pool
}

func (c *parquetChunks) broken() error { return nil }

func (c *parquetChunks) next() (chunk, bool) {
	for c.left == 0 {
		c.close()
		if c.group == len(c.pf.groups) {
			return chunk{}, false
		}
		c.left = int(c.pf.groups[c.group].NumRows())
		c.group++
	}
	p, _ := c.parts.Get().(*parquetPart)
	if p == nil {
		p = &parquetPart{columns: make([]parquetTexts, len(c.pf.names)), texts: make([]byte, 0, 8*len(c.pf.names)*parquetRowsPerChunk)}
	}
	p.texts, p.lost, p.err = p.texts[:0], 0, nil
	rows := min(c.left, parquetRowsPerChunk)
	for i := range p.columns {
		n, err := c.fill(p, i, rows)
		if err != nil && p.err == nil || n < rows {
			p.err, rows = err, n
		}
	}
	c.left -= rows
	if p.err != nil {
		c.pf.damage.CompareAndSwap(nil, &p.err)
		p.lost, c.left = c.left, 0
	}
	ch := chunk{seq: c.seq, part: part{line: c.row + 1, rows: rows, parquet: p}}
	ch.release = func() { c.parts.Put(p) }
	c.seq++
	c.row += uint64(rows + p.lost)
	return ch, true
}

// fill reads a column's values of up to n rows and gives the number of rows read,
// fewer only with an error. The values of a list are divided by semicolons.
func (c *parquetChunks) fill(p *parquetPart, column, n int) (rows int, err error) {
	to := &p.columns[column]
	to.start, to.ends = len(p.texts), slices.Grow(to.ends[:0], n)
	defer func() {
		if r := recover(); r != nil { // damaged pages can make the library panic
			err = fmt.Errorf("%v", r)
		}
		rows = len(to.ends)
	}()
	for len(c.columns) <= column {
		chunk := c.pf.groups[c.group-1].ColumnChunks()[len(c.columns)]
		c.columns = append(c.columns, &parquetColumn{pages: chunk.Pages(), buf: make([]parquet.Value, 256), write: c.pf.write[column],
			flat: c.pf.flat[column], present: c.pf.present[column]})
	}
	from := c.columns[column]
	flat := from.flat
	to.words = nil
	for {
		from.number(p, to, n)
		if flat && len(to.ends) == n {
			return n, nil
		}
		if len(from.have) == 0 {
			if err = from.more(); err == io.EOF && len(to.ends) == n {
				return n, nil
			} else if err == io.EOF {
				return 0, io.ErrUnexpectedEOF
			} else if err != nil {
				return 0, err
			}
		}
		for len(from.have) > 0 {
			v := &from.have[0]
			more := !flat && v.RepetitionLevel() > 0
			if !more && len(to.ends) == n {
				return n, nil
			}
			from.have = from.have[1:]
			if more && len(to.ends) > 0 { // the row goes on
				end := to.ends[len(to.ends)-1]
				to.ends = to.ends[:len(to.ends)-1]
				if end&1 > 0 && !v.IsNull() {
					p.texts = append(p.texts, ';')
				}
				if v.IsNull() {
					to.ends = append(to.ends, end)
					continue
				}
			}
			end := 0
			if !v.IsNull() {
				p.texts, end = from.write(p.texts, *v), 1
			}
			to.ends = append(to.ends, len(p.texts)<<1|end)
		}
	}
}

func (c *parquetChunks) close() {
	for _, column := range c.columns {
		column.close()
	}
	c.columns = nil
}

// parquetColumn reads the values of one column of a row group.
type parquetColumn struct {
	pages   parquet.Pages
	write   func([]byte, parquet.Value) []byte
	flat    bool
	present byte // definition level of a value that is there

	page   parquet.Page
	done   parquet.Page        // read to its end; its memory may be used again when have is empty
	values parquet.ValueReader // of the page; nil when there is none
	buf    []parquet.Value
	have   []parquet.Value // read, not yet taken

	// Of a page of a flat column that has a dictionary: the numbers of the values
	// that are there, and the levels of all rows; nil when all are there.
	indexes []int32
	levels  []byte
	words   [][]byte // the dictionary's values as text
}

// more reads the next values, into have or into indexes. At the end of the group
// it returns io.EOF.
func (c *parquetColumn) more() error {
	for range 1000 {
		if c.values == nil {
			if err := c.open(); err != nil {
				return err
			}
			if len(c.indexes) > 0 || len(c.levels) > 0 {
				return nil
			}
			continue
		}
		n, err := c.values.ReadValues(c.buf)
		c.have = c.buf[:n]
		if err == io.EOF {
			c.done, c.values = c.page, nil
		} else if err != nil {
			return err
		}
		if n > 0 {
			return nil
		}
	}
	return io.ErrNoProgress
}

// open goes to the next page.
func (c *parquetColumn) open() (err error) {
	if c.done != nil {
		parquet.Release(c.done)
		c.done = nil
	}
	if c.page, err = c.pages.ReadPage(); err != nil {
		return err
	}
	dictionary := c.page.Dictionary()
	if !c.flat || dictionary == nil {
		c.values = c.page.Values()
		return nil
	}
	if c.words == nil {
		text := make([]byte, 0, dictionary.Size())
		for i := range dictionary.Len() {
			at := len(text)
			text = c.write(text, dictionary.Index(int32(i)))
			c.words = append(c.words, text[at:])
		}
	}
	numbers := c.page.Data()
	c.indexes, c.levels = numbers.Int32(), c.page.DefinitionLevels()
	return nil
}

// number puts the next values of a page with a dictionary down, if that is what is
// at hand.
func (c *parquetColumn) number(p *parquetPart, to *parquetTexts, n int) {
	if len(c.indexes) == 0 && len(c.levels) == 0 {
		return
	}
	to.words = c.words
	ends, none := to.ends, len(p.texts)<<1
	for len(ends) < n {
		if c.levels != nil {
			if len(c.levels) == 0 {
				break
			}
			there := c.levels[0] == c.present
			c.levels = c.levels[1:]
			if !there {
				ends = append(ends, none)
				continue
			}
		} else if len(c.indexes) == 0 {
			break
		}
		at := c.indexes[0]
		_ = c.words[at] // a damaged page may name what is not there; see fill
		ends = append(ends, ^int(at))
		c.indexes = c.indexes[1:]
	}
	to.ends = ends
	if len(c.indexes) == 0 && len(c.levels) == 0 {
		c.done, c.indexes, c.levels = c.page, nil, nil
	}
}

func (c *parquetColumn) close() {
	defer func() { _ = recover() }() // it was only read, and may be damaged
	_ = c.pages.Close()
}

// parquetRows gives the rows of a part.
type parquetRows struct {
	row
	pf   *parquetFile
	part *parquetPart
	from []int  // per column: where the next text begins
	at0  uint64 // number of the next row
	i    int    // of the next row in the part
	left int
}

func newParquetRows(pf *parquetFile) *parquetRows {
	return &parquetRows{row: row{fields: make([][]byte, len(pf.names))}, pf: pf, from: make([]int, len(pf.names))}
}

func (r *parquetRows) reset(p part) *rowFault {
	r.part, r.at0, r.i, r.left = p.parquet, p.line, 0, p.rows
	for c := range r.from {
		r.from[c] = r.part.columns[c].start
	}
	return nil
}

func (r *parquetRows) next() (more bool, fault *rowFault) {
	if r.left == 0 {
		return r.damaged()
	}
	r.take()
	r.left--
	r.at = r.at0
	r.at0++
	return true, nil
}

// damaged tells, once, of the rows after the last one.
func (r *parquetRows) damaged() (more bool, fault *rowFault) {
	n := r.part.lost
	if r.part.lost = 0; n == 0 {
		return false, nil
	}
	r.at, r.raw = r.at0, r.raw[:0]
	clear(r.fields)
	return true, faultf(ReasonFileIncomplete, "from row %d on %d rows cannot be read: the file is damaged (%v); ask its source to send it again", r.at0, n, r.part.err)
}

// take takes one row out of the columns.
func (r *parquetRows) take() {
	raw := r.raw[:0]
	for c := range r.part.columns {
		texts := &r.part.columns[c]
		switch end := texts.ends[r.i]; {
		case end < 0:
			r.fields[c] = texts.words[^end]
		case end&1 == 0:
			r.fields[c] = nil
			continue
		default:
			from := r.from[c]
			r.from[c] = end >> 1
			r.fields[c] = r.part.texts[from : end>>1 : end>>1]
		}
		raw = append(append(raw, '\x1f'), r.fields[c]...) // so that "a","b" and "ab","" are different rows
	}
	r.raw = raw
	r.i++
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
