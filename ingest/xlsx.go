package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/zip"
)

// xlsxChunks gives the rows of one sheet of an Excel workbook as lines of CSV, so
// that from here on a sheet is read, rejected and replayed as a CSV file is. A row
// keeps its number in the sheet as its line.
type xlsxChunks struct {
	sheet   *xlsxSheet
	delim   byte
	size    int // bytes of a chunk
	maxLine int
	width   int // columns of the header
	first   chunk
	firstOK bool
	started bool
	seq     int
	err     error
}

// openXlsx opens the sheet that the profile names, or the only one that holds
// something, and reads its header and its first rows. The error is a sentence.
func (l *Loader) openXlsx(src *source, p *Profile) ([]string, error) {
	z, err := zip.NewReader(src.in.file, src.in.size)
	if err != nil {
		return nil, fmt.Errorf("the Excel workbook is damaged (%v); ask its source to send it again", err)
	}
	src.in.packed = "xlsx"
	src.in.done.Store(src.in.size) // it is read from the middle: there is no way along
	book, err := openWorkbook(z)
	if err != nil {
		return nil, src.in.fault(FileCorrupt, err, "%v", err)
	}
	sheet, err := book.pick(p.Format.Sheet)
	if err != nil {
		return nil, src.in.fault(FileFormat, err, "%v", err)
	}
	if sheet == nil {
		return nil, nil
	}
	src.in.closers = append(src.in.closers, sheet.close)
	c := &xlsxChunks{sheet: sheet, delim: p.Format.Delimiter, size: l.cfg.ChunkBytes, maxLine: l.cfg.MaxLineBytes}
	header, err := c.header()
	if err != nil || header == nil {
		return nil, err
	}
	src.chunks = c
	c.first, c.firstOK = c.read()
	if c.err != nil && !c.firstOK {
		return nil, fmt.Errorf("the Excel workbook cannot be read: %w", c.err)
	}
	src.rowSeed = contentSeed(append([]byte(strings.Join(header, string(p.Format.Delimiter))+"\n"), c.first.data...))
	return header, nil
}

// header reads the names of the columns: the first row with more than one cell.
// Rows above it are titles.
func (c *xlsxChunks) header() ([]string, error) {
	for {
		row, err := c.sheet.next(c.maxLine)
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("the Excel workbook cannot be read: %w", err)
		}
		cells := row.cells
		for len(cells) > 0 && strings.TrimSpace(cells[len(cells)-1]) == "" {
			cells = cells[:len(cells)-1]
		}
		filled := 0
		for i := range cells {
			if cells[i] = strings.TrimSpace(cells[i]); cells[i] != "" {
				filled++
			}
		}
		if filled > 1 {
			c.width = len(cells)
			return append([]string(nil), cells...), nil
		}
	}
}

func (c *xlsxChunks) broken() error { return c.err }

func (c *xlsxChunks) next() (chunk, bool) {
	if !c.started {
		c.started = true
		return c.first, c.firstOK
	}
	return c.read()
}

// read gathers rows into a chunk. Its parts are runs of rows whose lines follow
// one another; a cell of several lines, or an empty row, ends one.
func (c *xlsxChunks) read() (chunk, bool) {
	if c.err != nil {
		return chunk{}, false // the rows before it were given out
	}
	var data []byte
	var starts []int
	var lines []uint64
	var expect uint64
	for len(data) < c.size {
		row, err := c.sheet.next(c.maxLine)
		if err != nil {
			if !errors.Is(err, io.EOF) {
				c.err = err
			}
			break
		}
		if row.empty() {
			continue
		}
		if row.number != expect || len(starts) == 0 {
			starts, lines = append(starts, len(data)), append(lines, row.number)
		}
		from := len(data)
		data = c.appendRow(data, row)
		expect = row.number + 1
		if bytes.Count(data[from:], newline) > 1 {
			expect = 0
		}
	}
	if len(starts) == 0 {
		return chunk{}, false
	}
	ch := chunk{seq: c.seq}
	c.seq++
	for i, from := range starts {
		to := len(data)
		if i+1 < len(starts) {
			to = starts[i+1]
		}
		p := part{data: data[from:to:to], line: lines[i]}
		if i == 0 {
			ch.part = p
		} else {
			ch.more = append(ch.more, p)
		}
	}
	return ch, true
}

// appendRow writes a row as a line of CSV, as wide as the header at least.
func (c *xlsxChunks) appendRow(data []byte, row *xlsxRow) []byte {
	for i := range max(len(row.cells), c.width) {
		if i > 0 {
			data = append(data, c.delim)
		}
		if i >= len(row.cells) {
			continue
		}
		if cell := row.cells[i]; i < c.width || cell != "" {
			data = appendCSV(data, cell, c.delim)
		}
	}
	return append(data, '\n')
}

func appendCSV(data []byte, cell string, delim byte) []byte {
	if strings.IndexByte(cell, delim) < 0 && !strings.ContainsAny(cell, "\"\r\n") {
		return append(data, cell...)
	}
	data = append(data, '"')
	data = append(data, strings.ReplaceAll(cell, `"`, `""`)...)
	return append(data, '"')
}
