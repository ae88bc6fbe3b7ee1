package ingest

import (
	"bytes"
	"fmt"
)

// jsonRow reads one JSON object per line into the columns of a plan. Objects in
// objects give columns with dotted names ("device.model"); null and absent keys
// are empty; an array stands as its text.
type jsonRow struct {
	row
	maxLine int
	columns map[string]int
	lax     bool // unknown keys are ignored

	buf     []byte
	line    uint64
	seen    []uint64 // number of the row that last gave a column
	count   uint64
	path    []byte
	scratch []byte // only ever appended to: fields point into it
}

func newJSONRow(columns []string, maxLine int, lax bool) *jsonRow {
	r := &jsonRow{maxLine: maxLine, lax: lax, columns: make(map[string]int, len(columns)), seen: make([]uint64, len(columns))}
	for i, c := range columns {
		r.columns[c] = i
	}
	r.fields = make([][]byte, len(columns))
	return r
}

func (r *jsonRow) reset(p part) *rowFault { r.buf, r.line = p.data, p.line; return nil }

func (r *jsonRow) next() (bool, *rowFault) {
	for len(r.buf) > 0 {
		line := r.buf
		if nl := bytes.IndexByte(r.buf, '\n'); nl >= 0 {
			line, r.buf = r.buf[:nl], r.buf[nl+1:]
		} else {
			r.buf = nil
		}
		r.at = r.line
		r.line++
		if n := len(line); n > 0 && line[n-1] == '\r' {
			line = line[:n-1]
		}
		r.raw = line
		if len(trim(line)) == 0 {
			continue
		}
		if len(line) > r.maxLine {
			return true, faultf(ReasonLineTooLong, "the line has %d bytes, more than the limit of %d; raise the limit or mend the file", len(line), r.maxLine)
		}
		return true, r.parse(line)
	}
	return false, nil
}

func (r *jsonRow) parse(line []byte) *rowFault {
	clear(r.fields)
	r.count++
	r.path = r.path[:0]
	p := jsonParser{b: line, scratch: &r.scratch}
	p.blank()
	err := p.object(r.path, 0, r.take)
	if err == nil {
		if p.blank(); p.i < len(p.b) {
			err = p.errorf("more text after the object")
		}
	}
	if err != nil {
		return &rowFault{ReasonJSON, err.Error()}
	}
	return nil
}

func (r *jsonRow) take(path, value []byte) error {
	i, ok := r.columns[string(path)]
	if !ok && r.lax {
		return nil
	}
	if !ok {
		return fmt.Errorf("the key %s is not known; map it in the profile, or list it under ignore", show(path))
	}
	if r.seen[i] == r.count {
		return fmt.Errorf("the key %s stands twice", show(path))
	}
	r.seen[i] = r.count
	r.fields[i] = value
	return nil
}

// jsonColumns finds the columns of a file of JSON objects: the keys in its
// beginning, and those the profile knows that may come later. Lines there that
// are no objects are passed over: they become rejects.
func (p *Profile) jsonColumns(head []byte, complete bool) []string {
	var columns []string
	have := map[string]bool{}
	add := func(name string) {
		if !have[name] {
			have[name] = true
			columns = append(columns, name)
		}
	}
	rows := 0
	for len(head) > 0 {
		nl := bytes.IndexByte(head, '\n')
		if nl < 0 && !complete {
			break
		}
		line := head
		if nl >= 0 {
			line, head = head[:nl], head[nl+1:]
		} else {
			head = nil
		}
		if line = trim(line); len(line) == 0 {
			continue
		}
		rows++
		var scratch []byte
		var keys []string
		parser := jsonParser{b: line, scratch: &scratch}
		if parser.object(nil, 0, func(path, _ []byte) error { keys = append(keys, string(path)); return nil }) == nil {
			for _, k := range keys {
				add(k)
			}
		}
	}
	if rows == 0 && complete {
		return nil
	}
	p.addPossible(have, add)
	return columns
}

// addPossible adds the columns that the first rows did not show but later ones may
// have: optional ones that no other name of theirs gave, and the ignored. Not the
// ids: whether a source has its own must be clear from the start.
func (p *Profile) addPossible(have map[string]bool, add func(string)) {
	for _, ff := range feedFields[p.Feed] {
		c := &p.columns[ff.field]
		found := len(c.From) == 0 || ff.required || ff.field == fRecordID
		for _, name := range c.From {
			found = found || have[name]
		}
		if !found {
			add(c.From[0])
		}
	}
	for _, ff := range feedFields[p.Feed] {
		for _, name := range p.columns[ff.field].Join {
			add(name)
		}
	}
	for _, name := range p.Ignore {
		if name != "*" {
			add(name)
		}
	}
}
