package ingest

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zip"
)

// Bounds of a workbook. A zip archive says how long its files are unpacked, and
// reading stops there; what says more than this is refused before it is read.
const (
	maxSheetBytes   = 4 << 30
	maxStringsBytes = 256 << 20 // they are kept in memory
	maxPartBytes    = 16 << 20  // styles, the list of sheets
	maxTokenBytes   = 16 << 20  // one text or tag of XML
	bombBytes       = 64 << 20  // from here on the packing is looked at
	bombRatio       = 250       // sheets pack ten to fifty times
	maxXMLDepth     = 64
	maxSheetColumns = 16384 // Excel's own
)

// workbook is an opened .xlsx file (ECMA-376, SpreadsheetML). Only what a table of
// records needs is read: texts, numbers and which of them are dates.
type workbook struct {
	files   map[string]*zip.File
	sheets  []sheetName // visible ones
	strings []string
	dates   []dateKind // by number of the cell's style
	from    int64      // Unix seconds of serial date 0
}

type sheetName struct{ name, file string }

// Unix seconds of the days from which Excel counts.
const (
	epoch1900 = -2209161600 // 1899-12-30, because Excel has a 29 February 1900
	epoch1904 = -2082844800
)

func openWorkbook(z *zip.Reader) (*workbook, error) {
	b := &workbook{files: map[string]*zip.File{}, from: epoch1900}
	for _, f := range z.File {
		b.files[strings.TrimPrefix(f.Name, "/")] = f
	}
	main := "xl/workbook.xml"
	for _, r := range b.relations("_rels/.rels", "") {
		if strings.HasSuffix(r.Type, "/officeDocument") {
			main = r.Target
		}
	}
	var list struct {
		Properties struct {
			Date1904 string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets []struct {
			Name  string     `xml:"name,attr"`
			State string     `xml:"state,attr"`
			Attrs []xml.Attr `xml:",any,attr"`
		} `xml:"sheets>sheet"`
	}
	if err := b.decode(main, maxPartBytes, &list); err != nil {
		return nil, err
	}
	if v := list.Properties.Date1904; v == "1" || v == "true" {
		b.from = epoch1904
	}
	dir := path.Dir(main)
	targets := map[string]string{}
	styles, texts := path.Join(dir, "styles.xml"), path.Join(dir, "sharedStrings.xml")
	for _, r := range b.relations(path.Join(dir, "_rels", path.Base(main)+".rels"), dir) {
		targets[r.ID] = r.Target
		switch {
		case strings.HasSuffix(r.Type, "/styles"):
			styles = r.Target
		case strings.HasSuffix(r.Type, "/sharedStrings"):
			texts = r.Target
		}
	}
	for _, s := range list.Sheets {
		for _, a := range s.Attrs {
			if a.Name.Local == "id" && s.State != "hidden" && s.State != "veryHidden" && b.files[targets[a.Value]] != nil {
				b.sheets = append(b.sheets, sheetName{s.Name, targets[a.Value]})
			}
		}
	}
	if len(b.sheets) == 0 {
		return nil, errors.New("the Excel workbook has no sheet that can be seen")
	}
	if err := b.readStyles(styles); err != nil {
		return nil, err
	}
	return b, b.readStrings(texts)
}

type relation struct {
	ID     string `xml:"Id,attr"`
	Type   string `xml:"Type,attr"`
	Target string `xml:"Target,attr"`
}

// relations lists what a part of the workbook points to, with whole paths; a part
// without such a list points to nothing.
func (b *workbook) relations(file, dir string) []relation {
	var list struct {
		All []relation `xml:"Relationship"`
	}
	if b.files[file] == nil || b.decode(file, maxPartBytes, &list) != nil {
		return nil
	}
	for i, r := range list.All {
		if strings.HasPrefix(r.Target, "/") {
			list.All[i].Target = strings.TrimPrefix(path.Clean(r.Target), "/")
		} else {
			list.All[i].Target = path.Join(dir, r.Target)
		}
	}
	return list.All
}

// open opens a file of the archive unless it is a trap.
func (b *workbook) open(name string, most uint64) (io.ReadCloser, error) {
	f := b.files[name]
	if f == nil {
		return nil, fmt.Errorf("the Excel workbook has no part %s; ask its source to send it again", name)
	}
	size := f.UncompressedSize64
	if size > most || size > bombBytes && size/max(f.CompressedSize64, 1) > bombRatio {
		return nil, fmt.Errorf("the part %s of the Excel workbook unpacks to %d MiB from %d KiB, more than is taken; save the sheet as CSV", name, size>>20, f.CompressedSize64>>10)
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("the part %s of the Excel workbook is damaged (%w)", name, err)
	}
	return struct {
		io.Reader
		io.Closer
	}{io.LimitReader(r, int64(size)+1), r}, nil
}

func (b *workbook) decode(name string, most uint64, into any) error {
	r, err := b.open(name, most)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := xml.NewDecoder(r).Decode(into); err != nil {
		return fmt.Errorf("the part %s of the Excel workbook is damaged (%v)", name, err)
	}
	return nil
}

// readStrings reads the texts that cells share. Pronunciations beside a text
// (rPh) are no part of it.
func (b *workbook) readStrings(name string) error {
	if b.files[name] == nil {
		return nil
	}
	r, err := b.open(name, maxStringsBytes)
	if err != nil {
		return err
	}
	defer r.Close()
	d := newXMLTokens(r)
	var text strings.Builder
	inText, spoken := false, 0
	for {
		tok, err := d.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the texts of the Excel workbook are damaged (%v)", err)
		}
		switch t := tok.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "si":
				text.Reset()
			case "rPh":
				spoken++
			case "t":
				inText = spoken == 0
			}
		case xml.EndElement:
			switch t.Name.Local {
			case "si":
				b.strings = append(b.strings, excelText(text.String()))
			case "rPh":
				spoken--
			case "t":
				inText = false
			}
		case xml.CharData:
			if inText {
				text.Write(t)
			}
		}
	}
}

// excelText undoes the writing of characters that XML cannot hold.
func excelText(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var out strings.Builder
	for {
		i := strings.Index(s, "_x")
		if i < 0 || len(s) < i+7 {
			break
		}
		code, err := strconv.ParseUint(s[i+2:i+6], 16, 16)
		if err != nil || s[i+6] != '_' {
			out.WriteString(s[:i+2])
			s = s[i+2:]
			continue
		}
		out.WriteString(s[:i])
		out.WriteRune(rune(code))
		s = s[i+7:]
	}
	return out.String() + s
}

// pick finds the sheet to read; nil when none holds anything.
func (b *workbook) pick(name string) (*xlsxSheet, error) {
	var names []string
	var found *xlsxSheet
	for _, s := range b.sheets {
		names = append(names, strconv.Quote(s.name))
		if name != "" && s.name != name {
			continue
		}
		sheet, err := b.openSheet(s.file)
		if err != nil {
			return nil, err
		}
		holds, err := sheet.holds()
		switch {
		case err != nil:
			sheet.close()
			return nil, fmt.Errorf("sheet %q of the Excel workbook cannot be read: %w", s.name, err)
		case !holds:
			sheet.close()
		case found != nil:
			sheet.close()
			found.close()
			return nil, fmt.Errorf("the Excel workbook has several sheets with rows; name the one to read in the profile (format: sheet), or save it alone: %s", strings.Join(namesOf(b.sheets), ", "))
		default:
			found = sheet
		}
	}
	if name != "" && found == nil {
		return nil, fmt.Errorf("the Excel workbook has no sheet %q with rows in it; it has %s", name, strings.Join(names, ", "))
	}
	return found, nil
}

func namesOf(sheets []sheetName) (names []string) {
	for _, s := range sheets {
		names = append(names, strconv.Quote(s.name))
	}
	return names
}

// xmlTokens reads XML with bounds on what it keeps in memory.
type xmlTokens struct {
	d     *xml.Decoder
	in    *boundedReader
	depth int
}

// boundedReader gives an error after left bytes.
type boundedReader struct {
	r    io.Reader
	left int
}

func (b *boundedReader) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errors.New("a text in it is too long")
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

func newXMLTokens(r io.Reader) *xmlTokens {
	in := &boundedReader{r: r}
	return &xmlTokens{d: xml.NewDecoder(in), in: in}
}

func (x *xmlTokens) next() (xml.Token, error) {
	x.in.left = maxTokenBytes
	tok, err := x.d.Token()
	if err != nil {
		return nil, err
	}
	switch tok.(type) {
	case xml.StartElement:
		if x.depth++; x.depth > maxXMLDepth {
			return nil, errors.New("its elements are nested too deeply")
		}
	case xml.EndElement:
		x.depth--
	}
	return tok, nil
}
