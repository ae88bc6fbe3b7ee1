package ingest

import (
	"bytes"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// maxJSONDepth bounds objects in objects.
const maxJSONDepth = 16

// jsonParser is a strict reader of JSON (RFC 8259) that gives leaves with their
// paths and copies nothing but strings with escapes.
type jsonParser struct {
	b       []byte
	i       int
	scratch *[]byte
}

func (p *jsonParser) errorf(format string, args ...any) error {
	return fmt.Errorf("no valid JSON object at byte %d: %s", p.i+1, fmt.Sprintf(format, args...))
}

func (p *jsonParser) blank() {
	for p.i < len(p.b) && (p.b[p.i] == ' ' || p.b[p.i] == '\t' || p.b[p.i] == '\r' || p.b[p.i] == '\n') {
		p.i++
	}
}

func (p *jsonParser) expect(c byte) error {
	if p.i >= len(p.b) || p.b[p.i] != c {
		return p.errorf("%q is missing", c)
	}
	p.i++
	return nil
}

func (p *jsonParser) object(path []byte, depth int, leaf func(path, value []byte) error) error {
	if depth == maxJSONDepth {
		return p.errorf("more than %d objects in each other", maxJSONDepth)
	}
	if err := p.expect('{'); err != nil {
		return err
	}
	p.blank()
	if p.i < len(p.b) && p.b[p.i] == '}' {
		p.i++
		return nil
	}
	for {
		p.blank()
		key, err := p.str()
		if err != nil {
			return err
		}
		p.blank()
		if err := p.expect(':'); err != nil {
			return err
		}
		p.blank()
		at := len(path)
		if at > 0 {
			path = append(path, '.')
		}
		path = append(path, key...)
		if p.i < len(p.b) && p.b[p.i] == '{' {
			err = p.object(path, depth+1, leaf)
		} else {
			var v []byte
			if v, err = p.value(depth); err == nil {
				err = leaf(path, v)
			}
		}
		if err != nil {
			return err
		}
		path = path[:at]
		p.blank()
		if p.i < len(p.b) && p.b[p.i] == ',' {
			p.i++
			continue
		}
		return p.expect('}')
	}
}

// value reads anything but an object; null gives nil.
func (p *jsonParser) value(depth int) ([]byte, error) {
	if p.i >= len(p.b) {
		return nil, p.errorf("a value is missing")
	}
	switch c := p.b[p.i]; {
	case c == '"':
		return p.str()
	case c == '[':
		return p.array(depth)
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	}
	for _, word := range []string{"true", "false", "null"} {
		if bytes.HasPrefix(p.b[p.i:], []byte(word)) {
			v := p.b[p.i : p.i+len(word)]
			p.i += len(word)
			if word == "null" {
				return nil, nil
			}
			return v, nil
		}
	}
	return nil, p.errorf("a value is missing")
}

func (p *jsonParser) array(depth int) ([]byte, error) {
	if depth == maxJSONDepth {
		return nil, p.errorf("more than %d arrays in each other", maxJSONDepth)
	}
	start := p.i
	p.i++
	p.blank()
	if p.i < len(p.b) && p.b[p.i] == ']' {
		p.i++
		return p.b[start:p.i], nil
	}
	for {
		p.blank()
		var err error
		if p.i < len(p.b) && p.b[p.i] == '{' {
			err = p.object(nil, depth+1, func(_, _ []byte) error { return nil })
		} else {
			_, err = p.value(depth + 1)
		}
		if err != nil {
			return nil, err
		}
		p.blank()
		if p.i < len(p.b) && p.b[p.i] == ',' {
			p.i++
			continue
		}
		if err := p.expect(']'); err != nil {
			return nil, err
		}
		return p.b[start:p.i], nil
	}
}

func (p *jsonParser) number() ([]byte, error) {
	start := p.i
	digits := func() bool {
		from := p.i
		for p.i < len(p.b) && p.b[p.i]-'0' <= 9 {
			p.i++
		}
		return p.i > from
	}
	if p.b[p.i] == '-' {
		p.i++
	}
	if p.i < len(p.b) && p.b[p.i] == '0' {
		p.i++
	} else if !digits() {
		return nil, p.errorf("a digit is missing")
	}
	if p.i < len(p.b) && p.b[p.i] == '.' {
		p.i++
		if !digits() {
			return nil, p.errorf("a digit is missing")
		}
	}
	if p.i < len(p.b) && p.b[p.i]|0x20 == 'e' {
		p.i++
		if p.i < len(p.b) && (p.b[p.i] == '+' || p.b[p.i] == '-') {
			p.i++
		}
		if !digits() {
			return nil, p.errorf("a digit is missing")
		}
	}
	return p.b[start:p.i], nil
}

func (p *jsonParser) str() ([]byte, error) {
	if err := p.expect('"'); err != nil {
		return nil, err
	}
	start := p.i
	for p.i < len(p.b) {
		switch c := p.b[p.i]; {
		case c == '"':
			p.i++
			return p.b[start : p.i-1 : p.i-1], nil
		case c == '\\':
			return p.escaped(start)
		case c < 0x20:
			return nil, p.errorf("a control character stands in a string; write it as \\u%04x", c)
		}
		p.i++
	}
	return nil, p.errorf("a string is not closed")
}

var jsonEscapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escaped goes on with a string at its first backslash.
func (p *jsonParser) escaped(start int) ([]byte, error) {
	s := *p.scratch
	if cap(s)-len(s) < len(p.b) { // a string never grows by being read
		s = make([]byte, 0, max(4096, 2*len(p.b)))
	}
	from := len(s)
	s = append(s, p.b[start:p.i]...)
	for p.i < len(p.b) {
		c := p.b[p.i]
		p.i++
		switch {
		case c == '"':
			*p.scratch = s
			return s[from:len(s):len(s)], nil
		case c < 0x20:
			return nil, p.errorf("a control character stands in a string; write it as \\u%04x", c)
		case c != '\\':
			s = append(s, c)
			continue
		}
		if p.i >= len(p.b) {
			break
		}
		e := p.b[p.i]
		p.i++
		if e == 'u' {
			r, err := p.hex4()
			if err != nil {
				return nil, err
			}
			if utf16.IsSurrogate(r) {
				low := rune(utf8.RuneError)
				if p.i+6 <= len(p.b) && p.b[p.i] == '\\' && p.b[p.i+1] == 'u' {
					back := p.i
					p.i += 2
					if low, err = p.hex4(); err != nil {
						return nil, err
					}
					if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
						p.i = back // a lone half: the next escape stands for itself
					}
				} else {
					r = utf8.RuneError
				}
			}
			s = utf8.AppendRune(s, r)
			continue
		}
		plain, ok := jsonEscapes[e]
		if !ok {
			return nil, p.errorf("unknown escape \\%c", e)
		}
		s = append(s, plain)
	}
	return nil, p.errorf("a string is not closed")
}

func (p *jsonParser) hex4() (rune, error) {
	if p.i+4 > len(p.b) {
		return 0, p.errorf("four hexadecimal digits are missing")
	}
	var r rune
	for _, c := range p.b[p.i : p.i+4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, p.errorf("four hexadecimal digits are missing")
		}
		r = r<<4 | rune(c)
	}
	p.i += 4
	return r, nil
}
