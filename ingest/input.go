package ingest

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zip"
	"github.com/klauspost/compress/zstd"
)

// input is an opened file: the bytes as delivered, and above them the plain ones.
type input struct {
	name    string
	file    *os.File
	size    int64
	hash    string       // hex SHA-256 of the bytes as delivered
	packed  string       // "", "gzip", "zstd" or "zip"
	done    atomic.Int64 // delivered bytes consumed so far
	plain   *bufio.Reader
	closers []func()
}

// headBytes is how much of a file is looked at to tell what it is.
const headBytes = 64 << 10

// openInput opens a file, hashes it and finds out by its content how it is
// packed. The name only serves for messages.
func openInput(path, name string) (*input, error) {
	f, err := os.Open(path)
	if err != nil {
		detail := "the file cannot be read: " + err.Error()
		switch {
		case errors.Is(err, fs.ErrNotExist):
			detail = "there is no such file; check the path"
		case errors.Is(err, fs.ErrPermission):
			detail = "the file may not be read; give this user the right to read it"
		}
		return nil, &FileError{Code: FileUnreadable, File: name, Detail: detail, Err: err}
	}
	in := &input{name: name, file: f}
	if err := in.prepare(); err != nil {
		in.close()
		return nil, err
	}
	return in, nil
}

func (in *input) fault(code FileCode, err error, format string, args ...any) *FileError {
	return &FileError{Code: code, File: in.name, Detail: fmt.Sprintf(format, args...), Err: err}
}

func (in *input) prepare() error {
	st, err := in.file.Stat()
	if err != nil {
		return in.fault(FileUnreadable, err, "the file cannot be read: %v", err)
	}
	if st.IsDir() {
		return in.fault(FileDirectory, nil, "this is a directory; name the files in it, for example %s/*", in.name)
	}
	in.size = st.Size()
	h := sha256.New()
	n, err := io.CopyBuffer(struct{ io.Writer }{h}, in.file, make([]byte, 256<<10))
	if err != nil {
		return in.fault(FileUnreadable, err, "the file cannot be read: %v", err)
	}
	in.size = n
	if n == 0 {
		return in.fault(FileEmpty, nil, "the file is empty; ask its source to send it again")
	}
	in.hash = hex.EncodeToString(h.Sum(nil))
	if _, err := in.file.Seek(0, io.SeekStart); err != nil {
		return in.fault(FileUnreadable, err, "the file cannot be read twice: %v; hand it over on standard input instead", err)
	}
	return in.unpack()
}

// unpack puts the decompressor in place that the first bytes call for.
func (in *input) unpack() error {
	raw := bufio.NewReaderSize(&countingReader{r: in.file, n: &in.done}, headBytes)
	head, _ := raw.Peek(4)
	var plain io.Reader = raw
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		in.packed = "gzip"
		z, err := gzip.NewReader(raw)
		if err != nil {
			return in.fault(FileCorrupt, err, "the file begins like gzip but is damaged (%v); ask its source to send it again", err)
		}
		plain = z
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		in.packed = "zstd"
		z, err := zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
		if err != nil {
			return in.fault(FileCorrupt, err, "the file begins like zstd but is damaged (%v); ask its source to send it again", err)
		}
		in.closers = append(in.closers, z.Close)
		plain = z
	}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		r, err := in.unzip()
		if err != nil {
			return err
		}
		if r != nil {
			in.packed, plain = "zip", r
		}
	}
	in.plain = bufio.NewReaderSize(plain, headBytes)
	return nil
}

// unzip opens the one file in a zip archive. It gives nil for an Excel workbook,
// which is a zip archive too, but no packed file.
func (in *input) unzip() (io.Reader, error) {
	z, err := zip.NewReader(in.file, in.size)
	if err != nil {
		return nil, in.fault(FileCorrupt, err, "the file begins like a zip archive but is damaged (%v); ask its source to send it again", err)
	}
	var files []*zip.File
	for _, f := range z.File {
		if f.Name == "[Content_Types].xml" {
			return nil, nil
		}
		if !f.FileInfo().IsDir() {
			files = append(files, f)
		}
	}
	if len(files) != 1 {
		return nil, in.fault(FileFormat, nil, "the zip archive holds %d files; unpack it, and load them one by one", len(files))
	}
	r, err := files[0].Open()
	if err != nil {
		return nil, in.fault(FileCorrupt, err, "%s in the zip archive cannot be read: %v", files[0].Name, err)
	}
	in.closers = append(in.closers, func() { r.Close() })
	in.done.Store(in.size) // it is read from the middle: there is no way along
	return r, nil
}

// broken turns an error met while reading into a fault with a sentence.
func (in *input) broken(err error) *FileError {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return in.fault(FileTruncated, err, "the %s data breaks off before its end; the rows before the break were kept, ask the source to send the file again", in.packedName())
	}
	if in.packed != "" {
		return in.fault(FileCorrupt, err, "the %s data is damaged (%v); the rows before the damage were kept, ask the source to send the file again", in.packedName(), err)
	}
	return in.fault(FileUnreadable, err, "reading stopped (%v); the rows before that were kept, load the file again when it can be read", err)
}

func (in *input) packedName() string {
	if in.packed == "" {
		return "file's"
	}
	return in.packed
}

func (in *input) close() {
	for _, c := range in.closers {
		c()
	}
	in.file.Close()
}

type countingReader struct {
	r io.Reader
	n *atomic.Int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// signatures are the beginnings of files that people hand over by mistake.
var signatures = []struct {
	magic, kind string
}{
	{"PK\x03\x04", "an Excel workbook in a place where none can be read; hand the .xlsx file over as it is, with a profile of format auto or xlsx"},
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel or Word document; save the sheet as CSV"},
	{"%PDF-", "a PDF document; ask for the data as CSV"},
	{"PAR1", "a Parquet file; use a profile with format: parquet"},
	{"SQLite format 3\x00", "an SQLite database; export the table as CSV"},
	{"\x89PNG", "an image"},
	{"\xff\xd8\xff", "an image"},
	{"BZh", "packed with bzip2; unpack it, or pack it with gzip or zstd"},
	{"\xfd7zXZ\x00", "packed with xz; unpack it, or pack it with gzip or zstd"},
	{"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it"},
	{"Rar!\x1a\x07", "a RAR archive; unpack it"},
	{"\x7fELF", "a program"},
}

// binaryKind says what a head that is no text is; "" for text.
func binaryKind(head []byte) string {
	for _, s := range signatures {
		if bytes.HasPrefix(head, []byte(s.magic)) {
			return s.kind
		}
	}
	if len(head) == 0 {
		return ""
	}
	control := 0
	for _, c := range head {
		switch {
		case c == 0:
			control += 100
		case c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != 0x1a:
			control++
		}
	}
	if control*50 > len(head) {
		return "a binary file; ask for the data as CSV"
	}
	return ""
}
