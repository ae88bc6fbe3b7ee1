package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/hotcell/hotcell/ingest"
)

// Code names a kind of failure for machines. Codes are a contract.
type Code string

// Codes.
const (
	CodeInvalidParameter Code = "invalid_parameter"
	CodeNotFound         Code = "not_found"
	CodeMethodNotAllowed Code = "method_not_allowed"
	CodeTooLarge         Code = "too_large"
	CodeURITooLong       Code = "uri_too_long"
	CodeClosed           Code = "client_closed"
	CodeInternal         Code = "internal"
	CodeUnavailable      Code = "unavailable"
	CodeTimeout          Code = "timeout"
	CodeForbidden        Code = "forbidden"
	CodeBusy             Code = "busy"
	CodeConflict         Code = "conflict"
	CodeMedia            Code = "unsupported_media_type"
	CodeBadContent       Code = "bad_content"
	CodeStalled          Code = "stalled"
	CodeNotImplemented   Code = "not_implemented"
)

// statusOf is the one table from code to HTTP status.
var statusOf = map[Code]int{
	CodeInvalidParameter: http.StatusBadRequest,
	CodeNotFound:         http.StatusNotFound,
	CodeMethodNotAllowed: http.StatusMethodNotAllowed,
	CodeTooLarge:         http.StatusRequestEntityTooLarge,
	CodeURITooLong:       http.StatusRequestURITooLong,
	CodeClosed:           499, // the client went away; nobody reads this
	CodeInternal:         http.StatusInternalServerError,
	CodeUnavailable:      http.StatusServiceUnavailable,
	CodeTimeout:          http.StatusGatewayTimeout,
	CodeForbidden:        http.StatusForbidden,
	CodeBusy:             http.StatusTooManyRequests,
	CodeConflict:         http.StatusConflict,
	CodeMedia:            http.StatusUnsupportedMediaType,
	CodeBadContent:       http.StatusBadRequest,
	CodeStalled:          http.StatusRequestTimeout,
	CodeNotImplemented:   http.StatusNotImplemented,
}

// Error is a failure whose Detail may be shown to the caller. Dependencies may
// return it too; every other error is internal and its text stays in the log.
type Error struct {
	Code      Code
	Detail    string   // a sentence that says what to do
	Parameter string   // the parameter at fault, if one is
	Allowed   []string // what would have been accepted, if that is a list
	Err       error    // for the log only

	RetryAfter time.Duration   // when the same may be asked again; 0 = not said
	Fault      ingest.FileCode // what is wrong with delivered content
	Account    *Receipt        // of the rows before the fault, which were stored
}

func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Detail, e.Err)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Detail)
}

func (e *Error) Unwrap() error { return e.Err }

// Problem is the body of every failure (RFC 9457).
type Problem struct {
	Type      string   `json:"type"` // about:blank: Code says what it is
	Title     string   `json:"title"`
	Status    int      `json:"status"`
	Detail    string   `json:"detail"`
	Instance  string   `json:"instance"` // path of the request
	Code      Code     `json:"code"`
	Parameter string   `json:"parameter,omitempty"`
	Allowed   []string `json:"allowed,omitempty"`
	RequestID string   `json:"request_id"` // stands in the server's log too

	Fault   ingest.FileCode `json:"fault,omitempty"`
	Account *Receipt        `json:"account,omitempty"`
}

func invalid(parameter, format string, args ...any) *Error {
	return &Error{Code: CodeInvalidParameter, Parameter: parameter, Detail: fmt.Sprintf(format, args...)}
}

// classify turns any error into one that may be shown.
func classify(err error) *Error {
	var known *Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Code: CodeTimeout, Err: err,
			Detail: "This took longer than the server allows. Ask for a shorter window, a region or a smaller area."}
	case errors.Is(err, context.Canceled):
		return &Error{Code: CodeClosed, Detail: "The request was cancelled.", Err: err}
	}
	return &Error{Code: CodeInternal, Err: err,
		Detail: "The server could not answer. The reason is in its log under this request id."}
}

// writeProblem is the only place where failures are written.
func writeProblem(c *gin.Context, log *slog.Logger, err error) {
	e := classify(err)
	status, ok := statusOf[e.Code]
	if !ok {
		status = http.StatusInternalServerError
	}
	level := slog.LevelDebug
	if status >= 500 {
		level = slog.LevelError
	}
	log.Log(c.Request.Context(), level, "request failed",
		"request_id", requestID(c), "path", c.Request.URL.Path, "code", e.Code, "error", err)
	c.Abort()
	if c.Writer.Written() {
		return // the answer had begun; a second one would only spoil it
	}
	title := http.StatusText(status)
	if title == "" {
		title = "Client Closed Request"
	}
	body, marshalErr := json.Marshal(Problem{
		Type: "about:blank", Title: title, Status: status, Detail: e.Detail,
		Instance: c.Request.URL.Path, Code: e.Code, Parameter: e.Parameter, Allowed: e.Allowed, RequestID: requestID(c),
		Fault: e.Fault, Account: e.Account,
	})
	if marshalErr != nil {
		panic(marshalErr) // plain strings always marshal
	}
	c.Header("Cache-Control", "no-store")
	if e.RetryAfter > 0 {
		c.Header("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
	c.Data(status, "application/problem+json", body)
}
