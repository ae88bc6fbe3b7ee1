package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unsafe"
)

// transport answers the HTTP requests of clickhouse-go out of the engine.
type transport struct{ engine *Engine }

// RoundTrip runs the query of one request. Errors of ClickHouse are answers, as from a server; other errors are returned.
func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		defer req.Body.Close()
	}
	if t.engine.closed.Load() {
		return nil, ErrClosed
	}
	r, err := readRequest(req)
	if err != nil {
		return nil, err
	}
	if r.query == helloQuery {
		return answer(req, t.engine.hello), nil
	}
	ctx := req.Context()
	var resp *http.Response
	if severalStatements(r.query) {
		return failed(req, &engineError{code: 62, text: "Code: 62. DB::Exception: Syntax error (Multi-statements are not allowed): " +
			"a query has text after its semicolon. (SYNTAX_ERROR)"}), nil
	}
	if r.batch != nil {
		if err = t.engine.insert(ctx, r); err == nil {
			resp = answer(req, nil)
		}
	} else {
		resp, err = t.engine.ask(ctx, req, r)
	}
	var failure *engineError
	if errors.As(err, &failure) && failure.code > 0 {
		return failed(req, failure), nil
	}
	return resp, err
}

// answer is a successful response. The driver takes a length of 0 as "no result".
func answer(req *http.Request, body []byte) *http.Response {
	return response(req, http.StatusOK, io.NopCloser(strings.NewReader(string(body))), int64(len(body)))
}

// failed is the response of a server to a query that failed before its first row.
func failed(req *http.Request, e *engineError) *http.Response {
	resp := response(req, http.StatusInternalServerError, io.NopCloser(strings.NewReader(e.text)), int64(len(e.text)))
	resp.Header.Set("X-Clickhouse-Exception-Code", strconv.Itoa(e.code))
	return resp
}

func response(req *http.Request, status int, body io.ReadCloser, length int64) *http.Response {
	return &http.Response{
		Status:        strconv.Itoa(status) + " " + http.StatusText(status),
		StatusCode:    status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        http.Header{},
		Body:          body,
		ContentLength: length,
		Request:       req,
	}
}

// acquire takes a connection out of the pool, waiting for one as long as ctx allows.
func (e *core) acquire(ctx context.Context) (*connection, error) {
	if err := e.alive(ctx); err != nil {
		return nil, err
	}
	select {
	case c := <-e.idle:
		return c, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("all %d connections of the embedded engine are busy: %w", e.config.Connections, ctx.Err())
	case <-e.closing.Done():
		return nil, ErrClosed
	}
}

func (e *core) release(c *connection) { e.idle <- c }

func (e *core) alive(ctx context.Context) error {
	if e.closing.Err() != nil {
		return ErrClosed
	}
	return ctx.Err()
}

// tag numbers a query and gives the text that marks it in the engine's process list.
func (e *core) tag(query string) (tag, tagged string) {
	tag = strconv.FormatUint(e.tags.Add(1), 10)
	return tag, "/*hotcell:" + tag + "*/ " + query
}

// await waits for work on a connection. When ctx ends first, or the Engine is closed, it has the tagged query killed and
// returns at once; after the work has really ended it calls abandoned, which then owns what the work left and the connection.
func (e *core) await(ctx context.Context, tag string, done <-chan struct{}, abandoned func()) error {
	var err error
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-e.closing.Done():
		err = ErrClosed
	}
	go func() {
		// The query may not have begun yet, or be at a place where it does not look: ask until it is over.
		for wait := 5 * time.Millisecond; ; wait = min(2*wait, time.Second) {
			e.kill(tag)
			select {
			case <-done:
				abandoned()
				return
			case <-time.After(wait):
			}
		}
	}()
	return err
}

// kill asks the engine to end a query. The tag is put together in SQL so that the statement does not find itself.
func (e *core) kill(tag string) {
	e.killing.Lock()
	defer e.killing.Unlock()
	if e.control == nil {
		return
	}
	<-e.control.do(func() {
		if e.control.prepare("default", nil) == nil {
			_ = e.control.exec("KILL QUERY WHERE startsWith(query, concat('/*hotcell:', '" + tag + "', '*/')) ASYNC")
		}
	})
}

// ask runs a query that brings no batch. The connection is free again when the answer is returned, unless the answer is a
// SELECT's with more pieces to come: then it is when the last one was read.
func (e *core) ask(ctx context.Context, req *http.Request, r *request) (*http.Response, error) {
	c, err := e.acquire(ctx)
	if err != nil {
		return nil, err
	}
	tag, tagged := e.tag(r.query)
	var (
		first, second *result
		handle        unsafe.Pointer
		failure       error
	)
	selects := returnsRows(r.query)
	cleanUp := func() {
		if handle != nil {
			c.end(handle, true)
			handle = nil
		}
		c.dropTables(r.tables)
	}
	done := c.do(func() {
		defer func() {
			if failure != nil || handle == nil {
				cleanUp()
			}
		}()
		if failure = c.begin(ctx, e, r); failure != nil {
			return
		}
		if !selects {
			first, failure = c.run(tagged, r.params)
			return
		}
		if handle, failure = c.open(tagged, r.params); failure != nil {
			if strings.Contains(failure.Error(), notStreamable) { // WITH … INSERT; nothing was run
				first, failure = c.run(tagged, r.params)
			}
			return
		}
		if first, failure = c.fetch(handle); failure != nil {
			return
		}
		// A look ahead, so that a short answer does not keep the connection until it is read.
		if first != nil {
			second, failure = c.fetch(handle)
		}
		if second == nil && failure == nil {
			c.end(handle, false)
			handle = nil
		}
	})
	err = e.await(ctx, tag, done, func() {
		first.destroy()
		second.destroy()
		if handle != nil {
			<-c.do(cleanUp)
		}
		e.release(c)
	})
	if err != nil {
		return nil, err
	}
	if handle == nil {
		e.release(c)
	}
	if failure != nil && first == nil {
		return nil, failure
	}
	if first == nil {
		return answer(req, nil), nil
	}
	s := &stream{engine: e, ctx: ctx, tag: tag, pieces: []*result{first}, failure: failure}
	if second != nil {
		s.pieces = append(s.pieces, second)
	}
	if handle != nil {
		s.connection, s.handle, s.tables = c, handle, r.tables
	}
	e.streams.Store(s, struct{}{})
	return response(req, http.StatusOK, s, -1), nil
}

// begin prepares the connection for a request.
func (c *connection) begin(ctx context.Context, e *core, r *request) error {
	if err := e.alive(ctx); err != nil {
		return err
	}
	settings := e.base
	if len(r.settings) > 0 {
		settings = make(map[string]string, len(e.base)+len(r.settings))
		for name, value := range e.base {
			settings[name] = value
		}
		for name, value := range r.settings {
			settings[name] = value
		}
	}
	if err := c.prepare(r.database, settings); err != nil {
		return err
	}
	for _, t := range r.tables {
		if err := c.makeTable(e, t); err != nil {
			return err
		}
	}
	return nil
}

// acquireSpool takes a spool, nil when it is yet to be made. One that is there already is preferred, so that there are only as
// many in memory as there were inserts side by side.
func (e *core) acquireSpool(ctx context.Context) (spool, error) {
	var body spool
	select {
	case body = <-e.spools:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-e.closing.Done():
		return nil, ErrClosed
	}
	for range cap(e.spools) {
		if body != nil {
			break
		}
		select {
		case other := <-e.spools:
			e.spools <- body
			body = other
		default:
		}
	}
	return body, nil
}

// insertPattern takes a batch statement of the driver apart: where the data comes from has to stand before its settings.
var insertPattern = regexp.MustCompile("(?is)^(\\s*INSERT\\s+INTO\\s+(?:TABLE\\s+)?(?:`(?:[^`\\\\]|\\\\.)+`|\"(?:[^\"\\\\]|\\\\.)+\"|[\\w.]+)(?:\\s*\\.\\s*(?:`(?:[^`\\\\]|\\\\.)+`|\"(?:[^\"\\\\]|\\\\.)+\"|\\w+))?" +
	"\\s*(?:\\((?:`(?:[^`\\\\]|\\\\.)+`|\"(?:[^\"\\\\]|\\\\.)+\"|[^`\"()])*\\))?)(\\s+SETTINGS\\s.*?)?\\s*\\bFORMAT\\s+Native\\s*;?\\s*$")

// insert runs an INSERT whose rows are the request's body.
func (e *core) insert(ctx context.Context, r *request) error {
	parts := insertPattern.FindStringSubmatch(r.query)
	if parts == nil {
		return fmt.Errorf("the embedded engine takes batches as INSERT INTO table (columns) only, not: %.200s", r.query)
	}
	if err := e.alive(ctx); err != nil {
		return err
	}
	body, err := e.acquireSpool(ctx)
	if err != nil {
		return err
	}
	giveBack := func() {
		if body != nil {
			body.trim()
		}
		e.spools <- body
	}
	if body == nil {
		if body, err = newSpool(e.spoolDir()); err != nil {
			e.spools <- nil
			return err
		}
	}
	n, err := body.fill(r.batch)
	if err == nil && n == 0 {
		// The driver drops its own error when it cannot encode a batch and sends nothing: rows must not vanish like that.
		err = errors.New("the batch is empty though it has rows: its columns differ in length")
	}
	var c *connection
	if err == nil {
		c, err = e.acquire(ctx)
	}
	if err != nil {
		giveBack()
		return err
	}
	tag, tagged := e.tag(parts[1] + " FROM INFILE " + quote(body.path()) + parts[2] + " FORMAT Native")
	var failure error
	done := c.do(func() {
		if failure = c.begin(ctx, e, r); failure == nil {
			failure = c.exec(tagged)
		}
	})
	finish := func() {
		giveBack()
		e.release(c)
	}
	if err := e.await(ctx, tag, done, finish); err != nil {
		return err
	}
	finish()
	return failure
}
