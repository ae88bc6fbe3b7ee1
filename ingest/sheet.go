package ingest

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// xlsxSheet reads the rows of a sheet one after the other.
type xlsxSheet struct {
	book   *workbook
	r      io.ReadCloser
	tokens *xmlTokens
	row    xlsxRow
	peeked bool // row was read by holds
	done   bool
}

// xlsxRow is a row; cells are as they would stand in a CSV file.
type xlsxRow struct {
	number uint64 // 1-based
	cells  []string
	bytes  int
}

func (r *xlsxRow) empty() bool {
	for _, c := range r.cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}

func (b *workbook) openSheet(file string) (*xlsxSheet, error) {
	r, err := b.open(file, maxSheetBytes)
	if err != nil {
		return nil, err
	}
	return &xlsxSheet{book: b, r: r, tokens: newXMLTokens(r)}, nil
}

func (s *xlsxSheet) close() { _ = s.r.Close() } // it was only read

// holds tells whether there is a row with something in it.
func (s *xlsxSheet) holds() (bool, error) {
	for {
		row, err := s.next(maxTokenBytes)
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if !row.empty() {
			s.peeked = true
			return true, nil
		}
	}
}

// next gives the next row, valid until the following call; io.EOF after the last.
// Of a row much longer than maxLine only so much is kept.
func (s *xlsxSheet) next(maxLine int) (*xlsxRow, error) {
	if s.peeked {
		s.peeked = false
		return &s.row, nil
	}
	if s.done {
		return nil, io.EOF
	}
	for {
		tok, err := s.tokens.next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				s.done = true
			}
			return nil, err
		}
		start, ok := tok.(xml.StartElement)
		if !ok || start.Name.Local != "row" {
			continue
		}
		number := s.row.number + 1
		if v := attr(start, "r"); v != "" {
			if number, err = strconv.ParseUint(v, 10, 32); err != nil || number <= s.row.number {
				return nil, fmt.Errorf("row %q comes after row %d", v, s.row.number)
			}
		}
		s.row = xlsxRow{number: number, cells: s.row.cells[:0]}
		return &s.row, s.readRow(maxLine)
	}
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// readRow reads up to the end of the row.
func (s *xlsxSheet) readRow(maxLine int) error {
	for {
		tok, err := s.tokens.next()
		if err != nil {
			return unexpected(err)
		}
		switch t := tok.(type) {
		case xml.StartElement:
			if t.Name.Local == "c" {
				if err := s.readCell(t, maxLine); err != nil {
					return err
				}
			}
		case xml.EndElement:
			if t.Name.Local == "row" {
				return nil
			}
		}
	}
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// readCell reads one cell and puts its text where it belongs.
func (s *xlsxSheet) readCell(start xml.StartElement, maxLine int) error {
	at := len(s.row.cells)
	if ref := attr(start, "r"); ref != "" {
		if at = columnOf(ref); at < len(s.row.cells) || at >= maxSheetColumns {
			return fmt.Errorf("cell %q of row %d is in no order", ref, s.row.number)
		}
	}
	var value, inline strings.Builder
	var into *strings.Builder
	spoken := 0
	for {
		tok, err := s.tokens.next()
		if err != nil {
			return unexpected(err)
		}
		switch t := tok.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "v":
				into = &value
			case "t":
				if into = &inline; spoken > 0 {
					into = nil
				}
			case "rPh":
				spoken++
			}
		case xml.EndElement:
			switch t.Name.Local {
			case "c":
				text, err := s.text(start, value.String(), inline.String())
				if err != nil {
					return err
				}
				for len(s.row.cells) < at {
					s.row.cells = append(s.row.cells, "")
				}
				if s.row.bytes += len(text); s.row.bytes > 2*maxLine && s.row.bytes > len(text) {
					text = "" // the row is too long already
				}
				s.row.cells = append(s.row.cells, text)
				return nil
			case "rPh":
				spoken--
			}
			into = nil
		case xml.CharData:
			if into != nil && into.Len() < maxTokenBytes {
				into.Write(t)
			}
		}
	}
}

// columnOf gives the column of a reference such as BC12, from 0; −1 when it is none.
func columnOf(ref string) int {
	n := 0
	for i := range len(ref) {
		c := ref[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			if i == 0 {
				return -1
			}
			break
		}
		if n = n*26 + int(c-'A') + 1; n > maxSheetColumns {
			break
		}
	}
	return n - 1
}

// text writes a cell as it would stand in a CSV file.
func (s *xlsxSheet) text(c xml.StartElement, value, inline string) (string, error) {
	switch attr(c, "t") {
	case "s":
		i, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil || i < 0 || i >= len(s.book.strings) {
			return "", fmt.Errorf("cell %s refers to text %q, which is not there", attr(c, "r"), value)
		}
		return s.book.strings[i], nil
	case "inlineStr":
		return excelText(inline), nil
	case "str", "e":
		return excelText(value), nil
	case "b":
		if value == "1" {
			return "true", nil
		}
		return "false", nil
	case "d": // ISO 8601, without a zone
		return strings.Replace(value, "T", " ", 1), nil
	}
	kind := noDate
	if i, err := strconv.Atoi(attr(c, "s")); err == nil && i >= 0 && i < len(s.book.dates) {
		kind = s.book.dates[i]
	}
	return numberText(strings.TrimSpace(value), kind, s.book.from), nil
}

// numberText writes a number. Whole ones come without exponent or point, because
// they are often ids; dates in the form every profile reads.
func numberText(v string, kind dateKind, from int64) string {
	if kind == noDate && strings.Trim(v, "0123456789") == "" {
		return v
	}
	x, err := strconv.ParseFloat(v, 64)
	if err != nil || math.IsInf(x, 0) || math.IsNaN(x) {
		return v
	}
	if kind != noDate && x >= 0 && x < 2958466 { // 9999-12-31
		seconds := int64(math.Round(x * daySeconds))
		at := time.Unix(from+seconds, 0).UTC()
		switch {
		case kind == timeOnly && x < 1:
			return at.Format(time.TimeOnly)
		case kind == dateOnly && seconds%daySeconds == 0:
			return at.Format(time.DateOnly)
		}
		return at.Format(time.DateTime)
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}

// dateKind is what a style makes of a number.
type dateKind uint8

const (
	noDate dateKind = iota
	dateOnly
	timeOnly
	dateAndTime
)

// readStyles finds out which styles show numbers as dates.
func (b *workbook) readStyles(name string) error {
	if b.files[name] == nil {
		return nil
	}
	var styles struct {
		Formats []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Cells []struct {
			Format int `xml:"numFmtId,attr"`
		} `xml:"cellXfs>xf"`
	}
	if err := b.decode(name, maxPartBytes, &styles); err != nil {
		return err
	}
	custom := map[int]string{}
	for _, f := range styles.Formats {
		custom[f.ID] = f.Code
	}
	for _, c := range styles.Cells {
		kind := builtinDate(c.Format)
		if code, ok := custom[c.Format]; ok {
			kind = dateFormat(code)
		}
		b.dates = append(b.dates, kind)
	}
	return nil
}

// builtinDate knows the formats that every Excel has (ECMA-376 part 1, §18.8.30),
// those of East Asian ones among them.
func builtinDate(id int) dateKind {
	switch {
	case id >= 14 && id <= 17, id >= 27 && id <= 31, id == 36, id >= 50 && id <= 54, id == 57, id == 58:
		return dateOnly
	case id >= 18 && id <= 21, id >= 32 && id <= 35, id >= 45 && id <= 47, id == 55, id == 56:
		return timeOnly
	case id == 22:
		return dateAndTime
	}
	return noDate
}

// dateFormat reads a format code: letters of a date outside quotes, colours and
// escapes make one.
func dateFormat(code string) dateKind {
	code, _, _ = strings.Cut(code, ";") // of positive numbers
	date, clock := false, false
	for i := 0; i < len(code); i++ {
		switch c := code[i] | 0x20; {
		case code[i] == '"':
			if end := strings.IndexByte(code[i+1:], '"'); end >= 0 {
				i += end + 1
			}
		case code[i] == '\\', code[i] == '_', code[i] == '*':
			i++
		case code[i] == '[':
			end := strings.IndexByte(code[i:], ']')
			if end < 0 {
				continue
			}
			if inside := strings.ToLower(code[i+1 : i+end]); inside != "" && strings.Trim(inside, "hms") == "" {
				clock = true // hours beyond a day
			}
			i += end
		case c == 'y', c == 'd':
			date = true
		case c == 'h', c == 's':
			clock = true
		case c == 'm' && !date && !clock && !strings.ContainsAny(strings.ToLower(code[i:]), "dhsy"):
			date = true // a month alone
		}
	}
	switch {
	case date && clock:
		return dateAndTime
	case date:
		return dateOnly
	case clock:
		return timeOnly
	}
	return noDate
}
