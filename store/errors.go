package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// Code is the kind of a store error, for machines.
type Code string

// The codes of store errors.
const (
	CodeConfig      Code = "store_config"      // the DSN or configuration is wrong
	CodeUnreachable Code = "store_unreachable" // no connection
	CodeAuth        Code = "store_auth"        // user or password refused
	CodeTooOld      Code = "store_too_old"     // ClickHouse before 18.16
	CodeLocked      Code = "store_locked"      // another process has the embedded directory
	CodeEngine      Code = "store_engine"      // the embedded engine cannot be started
	CodeSchema      Code = "store_schema"      // tables are missing, or a migration was edited
	CodeDiskFull    Code = "store_disk_full"
	CodeReadOnly    Code = "store_read_only"
	CodeMemory      Code = "store_memory" // a query needed more memory than allowed
	CodeBusy        Code = "store_busy"   // too much at once; trying again helps
	CodeBehind      Code = "store_behind" // replicas lack rows that another has taken
	CodeCanceled    Code = "store_canceled"
	CodeNotFound    Code = "store_not_found"
	CodeConflict    Code = "store_conflict" // an immutable thing would have changed
	CodeBadRecord   Code = "store_bad_record"
	CodeInternal    Code = "store_internal"
)

// Error is a store error: a code for machines and a sentence for people that
// says what to do. Err is the cause, if there is one.
type Error struct {
	Code    Code
	Message string
	Err     error
	// ClickHouse is the engine's own error code; 0 when it was not the engine.
	ClickHouse int32
}

func (e *Error) Error() string { return e.Message }

func (e *Error) Unwrap() error { return e.Err }

// CodeOf is the code of a store error anywhere in err's chain, or "" for others.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// chErrors says what ClickHouse's own error codes mean to us. The numbers have
// been the same since 18.16 (dbms/src/Common/ErrorCodes.cpp).
var chErrors = map[int32]struct {
	code      Code
	transient bool
	advice    string
}{
	36:  {CodeInternal, false, ""},
	60:  {CodeSchema, false, "a table is missing: run `hotcell migrate`"},
	81:  {CodeSchema, false, "the database does not exist: run `hotcell migrate`"},
	16:  {CodeSchema, false, "a column is missing: run `hotcell migrate`"},
	47:  {CodeSchema, false, "a column is missing: if the store is older than this program, run `hotcell migrate`"},
	192: {CodeAuth, false, "check the user name and password in the DSN"},
	193: {CodeAuth, false, "check the user name and password in the DSN"},
	194: {CodeAuth, false, "the user needs a password: give it in the DSN"},
	195: {CodeAuth, false, "the user may not connect from this address"},
	497: {CodeAuth, false, "the user lacks a privilege: ask the database's administrator"},
	516: {CodeAuth, false, "check the user name and password in the DSN"},
	164: {CodeReadOnly, false, "the user may only read: use one that may write"},
	242: {CodeReadOnly, true, "the table is read-only (is ZooKeeper reachable?)"},
	243: {CodeDiskFull, false, "make room on the disk, then load again: nothing is counted twice"},
	241: {CodeMemory, false, "raise the memory limit or choose a smaller window"},
	159: {CodeBusy, true, "the store took too long"},
	202: {CodeBusy, true, "too many queries at once"},
	209: {CodeUnreachable, true, "the connection stalled"},
	210: {CodeUnreachable, true, "the connection broke"},
	225: {CodeUnreachable, true, "ZooKeeper cannot be reached"},
	252: {CodeBusy, true, "the store is still merging earlier batches"},
	279: {CodeUnreachable, true, "no replica could be reached"},
	285: {CodeUnreachable, true, "too few replicas are alive"},
	319: {CodeUnreachable, true, "whether the batch was stored is unknown"},
	394: {CodeCanceled, false, "the query was stopped"},
	999: {CodeUnreachable, true, "ZooKeeper reported an error"},
}

// coded turns any error into *Error; nil stays nil, *Error stays as it is.
func (s *Store) coded(doing string, err error) error {
	if err == nil {
		return nil
	}
	var own *Error
	if errors.As(err, &own) {
		return err
	}
	e := classify(doing, s.dsn.Redacted(), err)
	if s.metrics != nil {
		s.metrics.errors.WithLabelValues(string(e.Code)).Inc()
	}
	return e
}

func classify(doing, where string, err error) *Error {
	say := func(c Code, advice string) *Error {
		return &Error{Code: c, Message: fmt.Sprintf("cannot %s (store %s): %s", doing, where, advice), Err: err}
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return say(CodeCanceled, err.Error())
	}
	var ex *clickhouse.Exception
	if errors.As(err, &ex) {
		e := say(CodeInternal, firstLine(ex.Message))
		if known, ok := chErrors[ex.Code]; ok {
			e = say(known.code, strings.TrimPrefix(known.advice+": "+firstLine(ex.Message), ": "))
		}
		if noSpace(ex.Message) {
			e = say(CodeDiskFull, chErrors[243].advice)
		}
		e.ClickHouse = ex.Code
		return e
	}
	if noSpace(err.Error()) {
		return say(CodeDiskFull, chErrors[243].advice)
	}
	if errors.Is(err, clickhouse.ErrAcquireConnTimeout) {
		return say(CodeBusy, "no connection became free or answered in time: is the server running at that address?")
	}
	if isNetwork(err) {
		return say(CodeUnreachable, "no connection: check the address and that the server is running ("+firstLine(err.Error())+")")
	}
	return say(CodeInternal, firstLine(err.Error()))
}

// transient says whether trying the same again may help.
func transient(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	var ex *clickhouse.Exception
	if errors.As(err, &ex) {
		return chErrors[ex.Code].transient && !noSpace(ex.Message)
	}
	return !noSpace(err.Error()) && (isNetwork(err) || errors.Is(err, clickhouse.ErrAcquireConnTimeout))
}

func isNetwork(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNREFUSED)
}

// noSpace recognises a full disk in the engine's texts, which come with
// different codes from different file operations.
func noSpace(text string) bool {
	t := strings.ToLower(text)
	return strings.Contains(t, "no space left on device") || strings.Contains(t, "errno: 28,") || strings.Contains(t, "not enough space")
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	s, _, _ = strings.Cut(s, ", Stack trace:")
	if len(s) > 400 {
		s = s[:400] + "…"
	}
	return s
}
