package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"unsafe"
)

// stream is the body of an answer: pieces of a result, each read straight out of the engine's memory. At most two pieces are
// held at a time.
type stream struct {
	engine *core
	ctx    context.Context
	tag    string

	mu         sync.Mutex
	pieces     []*result
	offset     int   // into the first piece
	failure    error // what comes after the pieces; nil: the end, or more to fetch
	frame      []byte
	connection *connection // nil when there is nothing more to fetch
	handle     unsafe.Pointer
	tables     []table
}

// Read gives the next bytes. An error of ClickHouse in the middle comes as the block a server appends to its answer.
func (s *stream) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if err := s.ctx.Err(); err != nil && s.failure == nil {
			s.stop(err)
		}
		if len(s.pieces) > 0 {
			n := copy(p, s.pieces[0].data[s.offset:])
			if s.offset += n; s.offset == len(s.pieces[0].data) {
				s.pieces[0].destroy()
				s.pieces, s.offset = s.pieces[1:], 0
			}
			return n, nil
		}
		if s.connection == nil {
			return s.ending(p)
		}
		s.fetch()
	}
}

func isEngineError(err error) bool {
	var e *engineError
	return errors.As(err, &e) && e.code > 0
}

// ending gives what follows the last piece.
func (s *stream) ending(p []byte) (int, error) {
	switch {
	case s.failure == nil:
		return 0, io.EOF
	case !isEngineError(s.failure):
		return 0, s.failure
	}
	if s.frame == nil {
		// The form in which a server writes an error into an answer under way; the driver looks for it.
		const tag = "hotcell-embedded"
		text := s.failure.Error()
		s.frame = fmt.Appendf(nil, "\r\n__exception__\r\n%s\r\n%s\n%d %s\r\n__exception__\r\n", tag, text, len(text)+1, tag)
	}
	if s.offset == len(s.frame) {
		return 0, io.EOF
	}
	n := copy(p, s.frame[s.offset:])
	s.offset += n
	return n, nil
}

// fetch gets the next piece, or the end, or an error.
func (s *stream) fetch() {
	c, handle := s.connection, s.handle
	var (
		next    *result
		failure error
	)
	done := c.do(func() { next, failure = c.fetch(handle) })
	err := s.engine.await(s.ctx, s.tag, done, func() {
		next.destroy()
		s.engine.giveUp(c, handle, s.tables, failure == nil && next != nil)
	})
	switch {
	case err != nil:
		s.failure, s.connection = err, nil
	case failure != nil:
		s.failure, s.connection = failure, nil
		s.engine.giveUp(c, handle, s.tables, false)
	case next == nil:
		s.connection = nil
		s.engine.giveUp(c, handle, s.tables, false)
	default:
		s.pieces = append(s.pieces, next)
	}
}

// giveUp ends a stream and frees its connection.
func (e *core) giveUp(c *connection, handle unsafe.Pointer, tables []table, unfinished bool) {
	<-c.do(func() {
		c.end(handle, unfinished)
		c.dropTables(tables)
	})
	e.release(c)
}

// stop gives everything back; later reads get err.
func (s *stream) stop(err error) {
	s.failure = err
	for _, p := range s.pieces {
		p.destroy()
	}
	s.pieces = nil
	if c := s.connection; c != nil {
		s.connection = nil
		s.engine.giveUp(c, s.handle, s.tables, true)
	}
}

// abort is stop from outside, while another goroutine may be reading.
func (s *stream) abort(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failure == nil {
		s.stop(err)
	}
}

// Close gives the connection back. Reading the rest first is not necessary.
func (s *stream) Close() error {
	s.abort(errors.New("read after close"))
	s.engine.streams.Delete(s)
	return nil
}
