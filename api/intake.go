package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/hotcell/hotcell/ingest"
)

// Intake takes records in.
type Intake interface {
	// Take loads one delivery and gives its account. Its error is an *Error to be
	// shown as it is; an *ingest.FileError when the content as a whole is at fault
	// (the receipt counts the rows before the fault when it is Partial); the
	// context's error; or anything else, which means that the store failed and that
	// the same delivery may be sent again.
	Take(ctx context.Context, d Delivery) (Receipt, error)
}

// Delivery is content that was received whole.
type Delivery struct {
	Feed       ingest.Feed
	Profile    string  // its name; "" = the feed's canonical one
	Source     string  // "" = the profile's
	Name       string  // stands for the file in messages and rejects
	Path       string  // where the content lies, as delivered; gone after Take
	MaxRejects float64 // load nothing when a greater share would be rejected; 0 = no limit
}

// Receipt says what became of a delivery.
type Receipt struct {
	Feed   ingest.Feed `json:"feed"`
	Source string      `json:"source"`
	Name   string      `json:"name"`
	ingest.Account
	Seconds      float64       `json:"seconds"`
	FirstRejects []RejectedRow `json:"first_rejects,omitempty"` // by line, at most MaxRejectedRows
}

// MaxRejectedRows is how many rejected rows a receipt names. The store keeps all.
const MaxRejectedRows = 20

// RejectedRow names a rejected row without repeating it.
type RejectedRow struct {
	Line   uint64        `json:"line"`
	Reason ingest.Reason `json:"reason"`
	Detail string        `json:"detail"`
}

// recordsPath is the route that takes records.
const recordsPath = "/api/v1/records/:feed"

// When a refused delivery may be sent again.
const (
	retryBusy  = 5 * time.Second
	retryStore = 10 * time.Second
)

var safeName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// records is POST /api/v1/records/{feed}.
func (s *Server) records(c *gin.Context) (answer, error) {
	if err := s.guard(c.Request); err != nil {
		return answer{}, err
	}
	d, err := s.readDelivery(c)
	if err != nil {
		return answer{}, err
	}
	key, err := idempotencyKey(c)
	if err != nil {
		return answer{}, err
	}
	if err := checkMedia(c.Request, d.Feed); err != nil {
		return answer{}, err
	}
	release, err := s.beginIntake(c.Request.Context())
	if err != nil {
		return answer{}, err
	}
	defer release()
	content, err := s.spool(c, d.Feed)
	if err != nil {
		return answer{}, err
	}
	defer content.remove()
	d.Path = content.path
	take := func() (answer, error) { return s.take(c.Request.Context(), d) }
	if key == "" {
		return take()
	}
	what := fmt.Sprintf("%s\x00%s\x00%s\x00%s\x00%g\x00%s", d.Feed, d.Profile, d.Source, d.Name, d.MaxRejects, content.hash)
	return s.keys.once(key, what, take)
}

// beginIntake finds room for one more delivery.
func (s *Server) beginIntake(ctx context.Context) (release func(), err error) {
	if !s.intakes.TryAcquire(1) {
		return nil, &Error{Code: CodeBusy, RetryAfter: retryBusy,
			Detail: fmt.Sprintf("%d loads run already, which is the most. Send this again after the time in Retry-After.", s.cfg.MaxLoads)}
	}
	if err := s.deps.Ready.Ready(ctx); err != nil {
		s.intakes.Release(1)
		return nil, storeAway(err)
	}
	return func() { s.intakes.Release(1) }, nil
}

func storeAway(err error) *Error {
	return &Error{Code: CodeUnavailable, Err: err, RetryAfter: retryStore,
		Detail: "The store does not take the records now. Send them again after the time in Retry-After: nothing is counted twice. The reason is in the server's log under this request id."}
}

// readDelivery reads the path and the query.
func (s *Server) readDelivery(c *gin.Context) (d Delivery, err error) {
	d.Feed = ingest.Feed(c.Param("feed"))
	if !d.Feed.Valid() {
		var names []string
		for _, f := range ingest.Feeds() {
			names = append(names, string(f))
		}
		return d, &Error{Code: CodeNotFound, Parameter: "feed", Allowed: names,
			Detail: fmt.Sprintf("There is no feed %q. There are: %s.", d.Feed, strings.Join(names, ", "))}
	}
	p, err := readParams(c, "profile", "source", "name", "max_rejects")
	if err != nil {
		return d, err
	}
	d.Profile, d.Source, d.Name = p.get("profile"), p.get("source"), p.get("name")
	for name, value := range map[string]string{"profile": d.Profile, "source": d.Source} {
		if value != "" && !safeName.MatchString(value) {
			return d, invalid(name, "%s=%q is not a name: up to 64 letters, digits, dots, dashes and underscores.", name, value)
		}
	}
	if d.Name == "" {
		d.Name = "http"
	}
	if len(d.Name) > 255 || !utf8.ValidString(d.Name) || strings.ContainsFunc(d.Name, unicode.IsControl) {
		return d, invalid("name", "The name must be at most 255 bytes of text in one line.")
	}
	if text := p.get("max_rejects"); text != "" {
		if d.MaxRejects, err = strconv.ParseFloat(text, 64); err != nil || !(d.MaxRejects > 0 && d.MaxRejects <= 1) {
			return d, invalid("max_rejects", "max_rejects=%q is not a share from 0 to 1 such as 0.05.", text)
		}
	}
	return d, nil
}

// take loads and puts what came of it into an answer.
func (s *Server) take(ctx context.Context, d Delivery) (answer, error) {
	start := s.deps.Now()
	r, err := s.deps.Intake.Take(ctx, d)
	r.Feed, r.Name, r.Seconds = d.Feed, d.Name, s.deps.Now().Sub(start).Seconds()
	var shown *Error
	switch fe, isFile := ingest.IsFileError(err); {
	case err == nil:
		a, err := jsonAnswer(typeJSON, r)
		a.cache = "no-store"
		return a, err
	case isFile:
		e := &Error{Code: CodeBadContent, Detail: fe.Detail, Fault: fe.Code, Err: fe}
		if fe.Partial {
			e.Account = &r
		}
		return answer{}, e
	case errors.As(err, &shown):
		return answer{}, err
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return answer{}, &Error{Code: CodeTimeout, Err: err,
			Detail: fmt.Sprintf("The load took longer than %s. What was stored stays: send the same again to complete it, or send it in parts.", s.cfg.LoadTimeout)}
	case ctx.Err() != nil:
		return answer{}, &Error{Code: CodeClosed, Err: err, Detail: "The load was stopped. What was stored stays: send the same again to complete it."}
	}
	return answer{}, storeAway(err)
}

// mediaOf says which media types a feed comes in.
func mediaOf(f ingest.Feed) []string {
	packed := []string{"application/octet-stream", "application/gzip", "application/zstd"}
	if f == ingest.FeedVenues || f == ingest.FeedRegions {
		return append([]string{"application/geo+json", "application/json"}, packed...)
	}
	return append([]string{"application/x-ndjson", "application/ndjson", "application/jsonl", "text/csv", "text/tab-separated-values",
		"application/vnd.apache.parquet", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/zip"}, packed...)
}

// encodings are the values of Content-Encoding and the bytes such content begins with.
var encodings = map[string]string{"": "", "identity": "", "gzip": magicGzip, "x-gzip": magicGzip, "zstd": magicZstd}

const (
	magicGzip = "\x1f\x8b"
	magicZstd = "\x28\xb5\x2f\xfd"
)

// checkMedia refuses what cannot be records before any of it is read.
func checkMedia(r *http.Request, f ingest.Feed) error {
	media, parameters, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	media = strings.ToLower(strings.TrimSpace(media))
	allowed := mediaOf(f)
	known := false
	for _, m := range allowed {
		known = known || m == media
	}
	if !known {
		return &Error{Code: CodeMedia, Parameter: "Content-Type", Allowed: allowed,
			Detail: fmt.Sprintf("Content-Type %q does not go with %s. Send one of: %s.", media, f, strings.Join(allowed, ", "))}
	}
	if _, charset, ok := strings.Cut(strings.ToLower(parameters), "charset="); ok && strings.Trim(charset, `" `) != "utf-8" {
		return &Error{Code: CodeMedia, Parameter: "Content-Type", Allowed: []string{"utf-8"},
			Detail: "Only charset=utf-8 may be named in Content-Type. For another one leave it out and name the encoding in the profile."}
	}
	encoding := strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding")))
	if _, ok := encodings[encoding]; !ok {
		return &Error{Code: CodeMedia, Parameter: "Content-Encoding", Allowed: []string{"gzip", "zstd"},
			Detail: fmt.Sprintf("Content-Encoding %q is not understood. Pack the body with gzip or zstd, or send it plain.", encoding)}
	}
	return nil
}
