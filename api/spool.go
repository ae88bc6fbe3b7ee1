package api

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/hotcell/hotcell/ingest"
)

// spooled is a body that was received whole. A load is known by the hash of its
// whole content, and a sender that stalls must not hold the store.
type spooled struct {
	path string
	hash string // hex SHA-256
}

func (s spooled) remove() { os.Remove(s.path) }

// spool receives the body into a temporary file.
func (s *Server) spool(c *gin.Context, f ingest.Feed) (content spooled, err error) {
	file, err := os.CreateTemp("", "hotcell-received-*")
	if err != nil {
		return content, noRoom(err)
	}
	content.path = file.Name()
	defer func() {
		file.Close()
		if err != nil {
			content.remove()
		}
	}()
	control := http.NewResponseController(c.Writer)
	// The server's own deadlines are those of short requests. Where there is no
	// connection below (in tests), there is no deadline either.
	_ = control.SetWriteDeadline(time.Now().Add(s.cfg.LoadTimeout + s.cfg.ShutdownGrace))
	body := &receiver{from: c.Request.Body, control: control, idle: s.cfg.LoadIdle}
	hash := sha256.New()
	n, err := io.CopyBuffer(struct{ io.Writer }{io.MultiWriter(file, hash)}, body, make([]byte, 256<<10))
	if body.err != nil {
		c.Header("Connection", "close") // nobody waits for the rest of the body
		return content, s.bodyError(body.err)
	}
	_ = control.SetReadDeadline(time.Time{}) // from here on only a closed connection ends the request
	if err != nil {
		return content, noRoom(err)
	}
	content.hash = hex.EncodeToString(hash.Sum(nil))
	encoding := strings.ToLower(strings.TrimSpace(c.GetHeader("Content-Encoding")))
	return content, s.checkPacking(file, n, encodings[encoding], f)
}

func noRoom(err error) *Error {
	return &Error{Code: CodeUnavailable, Err: err, RetryAfter: retryStore,
		Detail: "The server has no room to receive the body. Make room in its temporary folder (TMPDIR), and send it again."}
}

func (s *Server) bodyError(err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return s.bodyTooLarge()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &Error{Code: CodeStalled, Err: err,
			Detail: fmt.Sprintf("Nothing of the body came for %s. Nothing was loaded: send it again.", s.cfg.LoadIdle)}
	}
	return &Error{Code: CodeClosed, Err: err, Detail: "The body broke off. Nothing was loaded: send it again."}
}

func (s *Server) bodyTooLarge() *Error {
	return &Error{Code: CodeTooLarge,
		Detail: fmt.Sprintf("The body is longer than %d bytes, the most for one load. Send it in parts, packed with gzip or zstd, or load the file with hotcell on the server's machine.", s.cfg.MaxLoadBytes)}
}

// receiver reads a body of which some must come every idle.
type receiver struct {
	from    io.Reader
	control *http.ResponseController
	idle    time.Duration
	err     error // why reading failed, apart from why writing did
}

func (r *receiver) Read(p []byte) (int, error) {
	_ = r.control.SetReadDeadline(time.Now().Add(r.idle))
	n, err := r.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

// checkPacking holds the content against Content-Encoding and bounds what it
// unpacks to: a small body may unpack to terabytes.
func (s *Server) checkPacking(file *os.File, size int64, magic string, f ingest.Feed) error {
	head := make([]byte, 4)
	n, _ := file.ReadAt(head, 0)
	head = head[:n]
	if !strings.HasPrefix(string(head), magic) {
		return &Error{Code: CodeBadContent, Parameter: "Content-Encoding", Fault: ingest.FileCorrupt,
			Detail: "The body is not packed the way Content-Encoding says. Leave the header out, or pack the body."}
	}
	most := s.cfg.MaxPlainBytes
	shapes := f == ingest.FeedVenues || f == ingest.FeedRegions
	if shapes {
		most = s.cfg.MaxShapeBytes // read into memory whole
	}
	if size > most {
		return s.plainTooLarge(most)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return noRoom(err)
	}
	var plain io.Reader
	switch {
	case strings.HasPrefix(string(head), magicGzip):
		z, err := gzip.NewReader(file)
		if err != nil {
			return nil // the load says what is wrong with the content
		}
		plain = z
	case strings.HasPrefix(string(head), magicZstd):
		z, err := zstd.NewReader(file, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
		if err != nil {
			return nil
		}
		defer z.Close()
		plain = z
	case shapes && strings.HasPrefix(string(head), "PK\x03\x04"):
		return &Error{Code: CodeMedia, Detail: "Shapes are not taken from zip archives here. Send the GeoJSON plain, or packed with gzip or zstd."}
	default:
		return nil
	}
	if n, _ := io.CopyN(io.Discard, plain, most+1); n > most {
		return s.plainTooLarge(most)
	}
	return nil
}

func (s *Server) plainTooLarge(most int64) *Error {
	return &Error{Code: CodeTooLarge, Detail: fmt.Sprintf("The content is longer than %d bytes when unpacked, the most for one load of this feed. Send it in parts.", most)}
}
