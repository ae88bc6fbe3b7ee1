package ingest

import (
	"bytes"
	"errors"
	"io"
)

// chunk is a piece of work: whole records.
type chunk struct {
	seq int
	part
	more []part   // further records, from other places of the file
	odd  *oddLine // a line that could not be read as a row; data is empty then
	// release gives the memory of the records back, when nothing points into it any
	// more; nil where it cannot be used again.
	release func()
}

func (c *chunk) size() int {
	n := len(c.data)
	for _, p := range c.more {
		n += len(p.data)
	}
	return n
}

// oddLine is a line that never became a chunk: too long, or cut off by the end of
// a broken file.
type oddLine struct {
	line  uint64
	raw   string
	fault *rowFault
}

// chunker cuts a stream into chunks at ends of records. Its memory is one chunk,
// whatever the length of a line.
type chunker struct {
	r       io.Reader
	size    int // bytes of a chunk, at least 2 × maxLine
	maxLine int
	delim   byte
	quotes  bool // whether quotes have a meaning (CSV) or not (NDJSON)

	carry []byte // bytes read that belong to the next chunk
	stuck bool   // carry is the beginning of a line that is too long
	line  uint64
	seq   int
	done  bool
	free  chan []byte // buffers of chunks that were released
	err   error       // why the stream broke off; nil at a proper end
}

func newChunker(r io.Reader, size, maxLine int, delim byte, quotes bool) *chunker {
	return &chunker{r: r, size: max(size, 2*maxLine), maxLine: maxLine, delim: delim, quotes: quotes, line: 1, free: make(chan []byte, 16)}
}

// buffer gives one of the chunker's size. carry may lie in it: a released chunk's
// end is only copied after that.
func (c *chunker) buffer() []byte {
	select {
	case b := <-c.free:
		return b
	default:
		return make([]byte, c.size)
	}
}

// fill reads until b is full or the stream ends.
func (c *chunker) fill(b []byte, have int) []byte {
	idle := 0
	for have < len(b) && !c.done {
		n, err := c.r.Read(b[have:])
		have += n
		if n > 0 {
			idle = 0
		} else if idle++; idle > 100 && err == nil {
			err = io.ErrNoProgress
		}
		if err != nil {
			c.done = true
			if !errors.Is(err, io.EOF) {
				c.err = err
			}
		}
	}
	return b[:have]
}

// next gives the next chunk; ok is false at the end, and c.err then says whether
// the end was a proper one.
func (c *chunker) next() (ch chunk, ok bool) {
	for {
		if c.done && len(c.carry) == 0 {
			return chunk{}, false
		}
		if c.stuck && !c.done {
			c.stuck = false
			return c.emit(chunk{odd: c.skipLine()}), true
		}
		buf := c.carry
		if !c.done {
			b := c.buffer()
			buf = c.fill(b, copy(b, c.carry))
		}
		c.carry = nil
		if c.done {
			return c.last(buf)
		}
		cut := c.boundary(buf)
		c.carry = buf[cut:]
		c.stuck = len(c.carry) > c.maxLine
		if cut > 0 {
			ch := c.take(buf[:cut])
			ch.release = func() {
				select {
				case c.free <- buf[:cap(buf)]:
				default:
				}
			}
			return c.emit(ch), true
		}
	}
}

// last gives out what is there when the stream has ended.
func (c *chunker) last(buf []byte) (chunk, bool) {
	if c.err == nil {
		if len(buf) == 0 {
			return chunk{}, false
		}
		return c.emit(c.take(buf)), true
	}
	cut := c.boundary(buf)
	if cut > 0 {
		c.carry = buf[cut:]
		return c.emit(c.take(buf[:cut])), true
	}
	if len(buf) == 0 {
		return chunk{}, false
	}
	return c.emit(chunk{odd: &oddLine{line: c.line, raw: cutRaw(buf),
		fault: faultf(ReasonTruncated, "the file breaks off in the middle of this row")}}), true
}

func (c *chunker) boundary(buf []byte) int {
	if c.quotes {
		return lastBoundary(buf, c.delim, c.maxLine)
	}
	return bytes.LastIndexByte(buf, '\n') + 1
}

func (c *chunker) take(data []byte) chunk {
	ch := chunk{part: part{data: data, line: c.line}}
	c.line += uint64(bytes.Count(data, newline))
	return ch
}

func (c *chunker) broken() error { return c.err }

func (c *chunker) emit(ch chunk) chunk {
	ch.seq = c.seq
	c.seq++
	return ch
}

// skipLine passes over a line longer than the limit, keeping only its beginning.
func (c *chunker) skipLine() *oddLine {
	odd := &oddLine{line: c.line, raw: cutRaw(c.carry)}
	length := len(c.carry)
	c.line += uint64(bytes.Count(c.carry, newline)) // of its quoted fields
	b := make([]byte, min(c.size, 256<<10))
	c.carry = nil
	for !c.done {
		b = c.fill(b[:cap(b)], 0)
		if nl := bytes.IndexByte(b, '\n'); nl >= 0 {
			length += nl
			c.carry = append([]byte(nil), b[nl+1:]...)
			c.line++
			break
		}
		length += len(b)
	}
	odd.fault = faultf(ReasonLineTooLong, "the line has %d bytes, more than the limit of %d; raise the limit or mend the file", length, c.maxLine)
	return odd
}

// cutRaw copies a raw row, cut at MaxRawReject bytes.
func cutRaw(b []byte) string {
	return string(b[:min(len(b), MaxRawReject)])
}
