package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/klauspost/compress/gzip"
	"github.com/zeebo/xxh3"
)

// Media types of answers.
const (
	typeJSON    = "application/json; charset=utf-8"
	typeGeoJSON = "application/geo+json"
)

// gzipFrom is the size in bytes from which compression pays.
const gzipFrom = 1 << 10

// answer is a whole response, so that its ETag can be a hash of what is sent.
type answer struct {
	status int // 0 = 200
	media  string
	body   []byte
	gz     []byte // compressed body, when it is already there
	cache  string // Cache-Control; "" = revalidate each time
}

type handler func(*gin.Context) (answer, error)

// handle runs h and writes what it returns.
func (s *Server) handle(h handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		a, err := h(c)
		if err == nil {
			err = a.write(c)
		}
		if err != nil {
			writeProblem(c, s.deps.Log, err)
		}
	}
}

func jsonAnswer(media string, v any) (answer, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // answers are never put into HTML unescaped, and names stay readable
	if err := enc.Encode(v); err != nil {
		return answer{}, fmt.Errorf("encode answer: %w", err)
	}
	return answer{media: media, body: buf.Bytes()}, nil
}

// write sends the answer, compressed where the client takes it, or 304 when the
// client has it. The two encodings are two representations with two strong ETags.
func (a answer) write(c *gin.Context) error {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	if a.cache == "" {
		a.cache = "no-cache"
	}
	body, suffix := a.body, ""
	c.Header("Vary", "Accept-Encoding")
	if len(a.body) >= gzipFrom && acceptsGzip(c.GetHeader("Accept-Encoding")) && compressible(a.media) {
		if a.gz == nil {
			gz, err := compress(a.body, gzip.BestSpeed)
			if err != nil {
				return err
			}
			a.gz = gz
		}
		body, suffix = a.gz, "-gzip"
	}
	hash := xxh3.Hash128(a.body)
	etag := fmt.Sprintf(`"%016x%016x%s"`, hash.Hi, hash.Lo, suffix)
	c.Header("Cache-Control", a.cache)
	if a.status == http.StatusOK {
		c.Header("ETag", etag)
		if matches(c.GetHeader("If-None-Match"), etag) {
			c.Status(http.StatusNotModified)
			c.Writer.WriteHeaderNow()
			return nil
		}
	}
	if suffix != "" {
		c.Header("Content-Encoding", "gzip")
	}
	c.Header("Content-Length", strconv.Itoa(len(body)))
	c.Header("Content-Type", a.media)
	c.Status(a.status)
	c.Writer.WriteHeaderNow()
	if c.Request.Method != http.MethodHead {
		_, _ = c.Writer.Write(body) // a client that went away is not a failure
	}
	return nil
}

func compress(body []byte, level int) ([]byte, error) {
	var buf bytes.Buffer
	w, err := gzip.NewWriterLevel(&buf, level)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

func compressible(media string) bool {
	return strings.HasPrefix(media, "text/") || strings.HasPrefix(media, "image/svg") ||
		strings.Contains(media, "json") || strings.Contains(media, "javascript")
}

// acceptsGzip reads Accept-Encoding: gzip or *, unless its quality is 0.
func acceptsGzip(header string) bool {
	star := false
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(part, ";")
		q, given := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
		refused := false
		if given {
			quality, err := strconv.ParseFloat(q, 64)
			refused = err != nil || quality == 0
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "gzip":
			return !refused
		case "*":
			star = !refused
		}
	}
	return star
}

// matches compares weakly, as RFC 9110 §13.1.2 asks of If-None-Match.
func matches(header, etag string) bool {
	for candidate := range strings.SplitSeq(header, ",") {
		candidate = strings.TrimPrefix(strings.TrimSpace(candidate), "W/")
		if candidate == etag || candidate == "*" {
			return true
		}
	}
	return false
}
