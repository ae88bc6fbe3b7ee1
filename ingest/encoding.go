package ingest

import (
	"bytes"
	"io"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// encodings are those met in exports. nil means the bytes are taken as they are.
var encodings = map[string]encoding.Encoding{
	"utf-8":        nil,
	"utf-16":       unicode.UTF16(unicode.LittleEndian, unicode.UseBOM),
	"utf-16le":     unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM),
	"utf-16be":     unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM),
	"gb18030":      simplifiedchinese.GB18030, // GBK and GB2312 are parts of it
	"windows-1252": charmap.Windows1252,
	"latin1":       charmap.ISO8859_1,
}

func encodingNames() []string { return sortedKeys(encodings) }

// decoder gives r as UTF-8. A byte order mark at the beginning says more than the
// profile does.
func decoder(r io.Reader, head []byte, name string) io.Reader {
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		return r
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return encodings["utf-16"].NewDecoder().Reader(r)
	}
	if e := encodings[name]; e != nil {
		return e.NewDecoder().Reader(r)
	}
	return r
}
