package ingest

import "bytes"

// A record ends at a line end outside quotes. A quote opens a quoted field only
// at the beginning of a field, and must be closed before a delimiter or a line
// end. When it is not, or when a quoted record is longer than the limit, only the
// physical line on which the record began is lost, and reading goes on at the
// next line: one stray quote must not swallow the rest of a file. The chunker,
// which looks for places to cut, and the splitter, which takes records apart,
// follow the same rule, so where a file is cut never changes what is read.

// quoteEnd finds the end of a quoted field that opened just before b[i:].
// It returns the index of the closing quote, or -1 when b ends first; ok is false
// when the closing quote is followed by something that is no end of a field.
func quoteEnd(b []byte, i int, delim byte) (end int, ok bool) {
	for {
		j := bytes.IndexByte(b[i:], '"')
		if j < 0 {
			return -1, true
		}
		i += j
		if i+1 == len(b) {
			return i, true
		}
		switch b[i+1] {
		case '"':
			i += 2
		case delim, '\n':
			return i, true
		case '\r':
			k := i + 2
			for k < len(b) && b[k] == '\r' {
				k++
			}
			return i, k == len(b) || b[k] == '\n'
		default:
			return i, false
		}
	}
}

// lastBoundary gives the index after the last line end in b that ends a record,
// when b begins with a record; 0 when there is none.
func lastBoundary(b []byte, delim byte, maxLine int) int {
	i, rec := 0, 0
	for {
		q := bytes.IndexByte(b[i:], '"')
		if q < 0 {
			if nl := bytes.LastIndexByte(b[i:], '\n'); nl >= 0 {
				return i + nl + 1
			}
			return rec
		}
		q += i
		if nl := bytes.LastIndexByte(b[i:q], '\n'); nl >= 0 {
			rec = i + nl + 1
		}
		if q != rec && b[q-1] != delim {
			i = q + 1 // a quote in the middle of a plain field is just a character
			continue
		}
		if q-rec > maxLine { // the record is too long already, see splitter.tooLong
			nl := bytes.IndexByte(b[q:], '\n')
			if nl < 0 {
				return rec
			}
			rec = q + nl + 1
			i = rec
			continue
		}
		end, ok := quoteEnd(b, q+1, delim)
		if end < 0 || end+1 == len(b) {
			if len(b)-rec <= maxLine {
				return rec // it may yet be closed by what follows
			}
			ok = false
		}
		if !ok || end-rec >= maxLine { // its closing quote counts too
			nl := bytes.IndexByte(b[rec:], '\n')
			if nl < 0 {
				return rec
			}
			rec += nl + 1
			i = rec
			continue
		}
		i = end + 1
	}
}

// splitter takes the records of a chunk apart. Fields are views of the chunk,
// except quoted fields with doubled quotes, which are views of scratch.
type splitter struct {
	row
	delim   byte
	maxLine int

	buf  []byte
	pos  int
	line uint64 // line of buf[pos]

	scratch []byte
}

func (s *splitter) reset(p part) *rowFault {
	s.buf, s.pos, s.line = p.data, 0, p.line
	return nil
}

// next reads the next record into s.fields. It returns false at the end of the
// chunk. Blank lines are passed over. A non-nil fault means the record has the
// wrong form; s.raw and s.at are set all the same.
func (s *splitter) next() (more bool, fault *rowFault) {
	for s.pos < len(s.buf) {
		switch {
		case s.buf[s.pos] == '\n':
			s.pos++
			s.line++
			continue
		case s.buf[s.pos] == '\r' && s.pos+1 < len(s.buf) && s.buf[s.pos+1] == '\n':
			s.pos += 2
			s.line++
			continue
		}
		return true, s.record()
	}
	return false, nil
}

func (s *splitter) record() *rowFault {
	buf, start, delim := s.buf, s.pos, s.delim
	s.at = s.line
	s.fields = s.fields[:0]
	i := start
	for {
		if i < len(buf) && buf[i] == '"' {
			if i-start > s.maxLine {
				return s.tooLong(start, i)
			}
			end, ok := quoteEnd(buf, i+1, delim)
			if end < 0 || !ok || end-start >= s.maxLine {
				return s.broken(end, ok)
			}
			f := buf[i+1 : end]
			if nl := bytes.Count(f, newline); nl > 0 {
				s.line += uint64(nl)
			}
			s.fields = append(s.fields, s.unquote(f))
			i = end + 1
			if i < len(buf) && buf[i] == delim {
				i++
				continue
			}
			for i < len(buf) && buf[i] == '\r' { // quoteEnd saw that a line end follows
				i++
			}
			return s.finish(start, i)
		}
		begin := i
		for i < len(buf) && buf[i] != delim && buf[i] != '\n' {
			i++
		}
		f := buf[begin:i]
		if i < len(buf) && buf[i] == delim {
			s.fields = append(s.fields, f)
			i++
			continue
		}
		if n := len(f); n > 0 && f[n-1] == '\r' {
			f = f[:n-1]
		}
		s.fields = append(s.fields, f)
		return s.finish(start, i)
	}
}

// finish ends a record whose line end (or the end of the chunk) is at i.
func (s *splitter) finish(start, i int) *rowFault {
	raw := s.buf[start:i]
	if n := len(raw); n > 0 && raw[n-1] == '\r' {
		raw = raw[:n-1]
	}
	s.raw = raw
	s.pos = i
	if i < len(s.buf) {
		s.pos = i + 1
		s.line++
	}
	if len(raw) > s.maxLine {
		return faultf(ReasonLineTooLong, "the line has %d bytes, more than the limit of %d; raise the limit or mend the file", len(raw), s.maxLine)
	}
	return nil
}

// tooLong gives up a record that is longer than the limit before the quoted field at i:
// whatever its quotes are, it ends with the line, as where a chunk ends before i.
func (s *splitter) tooLong(start, i int) *rowFault {
	end := len(s.buf)
	if nl := bytes.IndexByte(s.buf[i:], '\n'); nl >= 0 {
		end = i + nl
	}
	return s.finish(start, end)
}

// broken gives up the physical line on which the record began.
func (s *splitter) broken(end int, ok bool) *rowFault {
	start := s.pos
	s.line = s.at
	i := bytes.IndexByte(s.buf[start:], '\n')
	if i < 0 {
		i = len(s.buf)
	} else {
		i += start
	}
	if f := s.finish(start, i); f != nil {
		return f
	}
	switch {
	case !ok:
		return faultf(ReasonQuotes, "after a closing quote comes more text; double the quotes inside a quoted field")
	case end < 0:
		return faultf(ReasonQuotes, "a quote is opened and never closed")
	default:
		return faultf(ReasonQuotes, "a quote is opened and not closed within %d bytes", s.maxLine)
	}
}

var newline = []byte{'\n'}

// unquote undoubles quotes. Records keep strings that point into the scratch, so
// it is only ever appended to; when it is full a new one is begun.
func (s *splitter) unquote(f []byte) []byte {
	q := bytes.IndexByte(f, '"')
	if q < 0 {
		return f
	}
	if cap(s.scratch)-len(s.scratch) < len(f) {
		s.scratch = make([]byte, 0, max(4096, 2*len(f)))
	}
	from := len(s.scratch)
	for q >= 0 {
		s.scratch = append(s.scratch, f[:q+1]...)
		f = f[q+2:]
		q = bytes.IndexByte(f, '"')
	}
	s.scratch = append(s.scratch, f...)
	return s.scratch[from:len(s.scratch):len(s.scratch)]
}
