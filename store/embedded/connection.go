package embedded

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"unsafe"
)

// nativeFormat is what the engine answers in unless the query has a FORMAT clause of its own.
var nativeFormat = []byte("Native")

// endOfStream is what the engine says when asked for more of a stream whose last piece it has already given.
const endOfStream = "No active streaming query"

// notStreamable is in the refusal of a statement other than SELECT by the streaming interface; nothing was run then.
const notStreamable = "Streaming query is not supported"

// parameter is one query parameter, {name:Type} in the text. The value is in the escaped form of a TSV field, as over HTTP.
type parameter struct{ name, value string }

// connection is one session of the engine. It runs one query at a time and keeps its database and settings between them.
//
// Everything that touches the engine runs on the connection's own operating system thread: the engine keeps per-thread state
// (allocator caches, an alternative signal stack) that then exists once per connection and not on every thread of the Go
// runtime. The methods in lower case below are to be called on that thread only, that is within do.
type connection struct {
	lib    *library
	handle *unsafe.Pointer
	work   chan func()
	gone   chan struct{}

	database string
	settings map[string]string // never changed in place: it may be the one of the next connection too
	stale    bool              // output of a failed or cancelled query may still be in the engine's buffer
}

// connect opens a session of the engine on the data directory in args. The first one of a process starts the engine.
func connect(lib *library, args []string) (*connection, error) {
	c := &connection{lib: lib, work: make(chan func()), gone: make(chan struct{}), database: "default", settings: map[string]string{}}
	go c.serve()
	<-c.do(func() { c.handle = connectHandle(lib, args) })
	if c.handle == nil {
		c.stop()
		return nil, errors.New("the engine refused the connection (its own message, if any, is on standard error)")
	}
	return c, nil
}

func connectHandle(lib *library, args []string) (handle *unsafe.Pointer) {
	guard, err := newSignalGuard()
	if err != nil {
		return nil
	}
	var pin runtime.Pinner
	defer pin.Unpin()
	argv := make([]unsafe.Pointer, len(args)+1) // C wants the list ended by a null pointer
	for i, arg := range args {
		text := append([]byte(arg), 0)
		pin.Pin(&text[0])
		argv[i] = unsafe.Pointer(&text[0])
	}
	pin.Pin(&argv[0])
	_ = guard.protect(func() error {
		handle = lib.connect(int32(len(args)), &argv[0])
		return nil
	})
	return handle
}

func (c *connection) serve() {
	runtime.LockOSThread()
	// The thread has the engine's thread-local state on it: it is given back to the runtime, which keeps threads, and not ended.
	defer runtime.UnlockOSThread()
	defer close(c.gone)
	for f := range c.work {
		f()
	}
}

// do runs f on the connection's thread. The channel is closed when f has returned.
func (c *connection) do(f func()) <-chan struct{} {
	done := make(chan struct{})
	c.work <- func() {
		defer close(done)
		f()
	}
	return done
}

// close ends the session and its thread.
func (c *connection) close() {
	<-c.do(func() { c.lib.closeConn(c.handle) })
	c.stop()
}

func (c *connection) stop() {
	close(c.work)
	<-c.gone
}

// run executes a statement and gives its whole result, nil if it has none. The caller destroys it.
func (c *connection) run(query string, params []parameter) (*result, error) {
	r := c.call(c.lib.query, query, params)
	if text := c.lib.resultError(r); text != "" {
		c.lib.destroy(r)
		c.stale = true
		return nil, newEngineError(text)
	}
	return newResult(c.lib, r), nil
}

// exec is run for statements whose result nobody wants.
func (c *connection) exec(query string) error {
	r, err := c.run(query, nil)
	r.destroy()
	return err
}

// open starts a SELECT whose result is fetched piece by piece. Many errors only come with the first fetch.
func (c *connection) open(query string, params []parameter) (unsafe.Pointer, error) {
	stream := c.call(c.lib.streamQuery, query, params)
	if text := c.lib.resultError(stream); text != "" {
		c.lib.destroy(stream)
		c.stale = true
		return nil, newEngineError(text)
	}
	return stream, nil
}

// fetch gives the next piece of a stream, nil after the last.
func (c *connection) fetch(stream unsafe.Pointer) (*result, error) {
	r := c.lib.streamFetch(*c.handle, stream)
	if text := c.lib.resultError(r); text != "" {
		c.lib.destroy(r)
		if text == endOfStream {
			return nil, nil
		}
		c.stale = true
		return nil, newEngineError(text)
	}
	return newResult(c.lib, r), nil
}

// end gives up a stream; unfinished means that its last piece was not fetched.
func (c *connection) end(stream unsafe.Pointer, unfinished bool) {
	if unfinished {
		c.lib.streamCancel(*c.handle, stream)
		c.stale = true
	}
	c.lib.destroy(stream)
}

type queryFunc = func(conn unsafe.Pointer, query *byte, queryLen uintptr, format *byte, formatLen uintptr,
	names, nameLens, values, valueLens unsafe.Pointer, params uintptr) unsafe.Pointer

func (c *connection) call(f queryFunc, query string, params []parameter) unsafe.Pointer {
	var pin runtime.Pinner
	defer pin.Unpin()
	text := unsafe.StringData(query)
	var names, nameLens, values, valueLens unsafe.Pointer
	if len(params) > 0 {
		n, nl := make([]unsafe.Pointer, len(params)), make([]uintptr, len(params))
		v, vl := make([]unsafe.Pointer, len(params)), make([]uintptr, len(params))
		for i, p := range params {
			n[i], nl[i] = cString(&pin, p.name), uintptr(len(p.name))
			v[i], vl[i] = cString(&pin, p.value), uintptr(len(p.value))
		}
		for _, column := range []any{&n[0], &nl[0], &v[0], &vl[0]} {
			pin.Pin(column)
		}
		names, nameLens = unsafe.Pointer(&n[0]), unsafe.Pointer(&nl[0])
		values, valueLens = unsafe.Pointer(&v[0]), unsafe.Pointer(&vl[0])
	}
	r := f(*c.handle, text, uintptr(len(query)), &nativeFormat[0], uintptr(len(nativeFormat)),
		names, nameLens, values, valueLens, uintptr(len(params)))
	runtime.KeepAlive(query)
	return r
}

// cString pins a copy of s that is never empty, because the engine takes no null pointer for a value.
func cString(pin *runtime.Pinner, s string) unsafe.Pointer {
	b := append([]byte(s), 0)
	pin.Pin(&b[0])
	return unsafe.Pointer(&b[0])
}

// prepare brings the session to the wanted database and settings. Settings of the last query that are not wanted go back to
// their defaults. Nothing is sent when nothing changes.
func (c *connection) prepare(database string, settings map[string]string) error {
	if c.stale {
		// What a failed query left in the output buffer comes out with the next whole result: take it away.
		if err := c.exec("SELECT 1 FORMAT Null"); err != nil {
			return err
		}
		c.stale = false
	}
	var changes []string
	for name, value := range settings {
		if old, ok := c.settings[name]; !ok || old != value {
			changes = append(changes, name+" = "+quote(value))
		}
	}
	for name := range c.settings {
		if _, ok := settings[name]; !ok {
			changes = append(changes, name+" = DEFAULT")
		}
	}
	if len(changes) > 0 {
		slices.Sort(changes)
		if err := c.exec("SET " + strings.Join(changes, ", ")); err != nil {
			c.forget(settings)
			return err
		}
		c.settings = settings
	}
	if database != c.database {
		if err := c.exec("USE " + quoteName(database)); err != nil {
			return err
		}
		c.database = database
	}
	return nil
}

// forget sets every setting back after some could not be set: which of them are in force is not known, and an unknown name
// cannot be set back.
func (c *connection) forget(wanted map[string]string) {
	for _, settings := range []map[string]string{c.settings, wanted} {
		for name := range settings {
			_ = c.exec("SET " + name + " = DEFAULT")
		}
	}
	c.settings = nil
}

// result is a piece of output in the engine's memory.
type result struct {
	lib    *library
	handle unsafe.Pointer
	data   []byte // not Go memory: valid until destroy
}

// newResult wraps a result without an error. An empty one is destroyed and nil.
func newResult(lib *library, handle unsafe.Pointer) *result {
	n := lib.resultLength(handle)
	if n == 0 {
		lib.destroy(handle)
		return nil
	}
	return &result{lib: lib, handle: handle, data: unsafe.Slice(lib.resultBuffer(handle), n)}
}

// bytes are the output, none for a nil result.
func (r *result) bytes() []byte {
	if r == nil {
		return nil
	}
	return r.data
}

// destroy gives the memory back. It may be called on nil, and once only otherwise.
func (r *result) destroy() {
	if r != nil {
		r.data = nil
		r.lib.destroy(r.handle)
	}
}

// engineError is an error of the engine with the code a ClickHouse server would give.
type engineError struct {
	code int // 0 when the engine gave none
	text string
}

func (e *engineError) Error() string { return e.text }

// newEngineError reads "Code: N. DB::Exception: …". The engine repeats that prefix for every layer the error went through.
func newEngineError(text string) *engineError {
	text = strings.TrimPrefix(text, "Error: ")
	e := &engineError{text: text}
	if _, err := fmt.Sscanf(text, "Code: %d.", &e.code); err != nil {
		return e
	}
	prefix := fmt.Sprintf("Code: %d. DB::Exception: ", e.code)
	for strings.HasPrefix(e.text, prefix+prefix) {
		e.text = strings.TrimPrefix(e.text, prefix)
	}
	return e
}
