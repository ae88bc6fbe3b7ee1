package ingest

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// namePattern finds a time in a file's name: time format letters, and * for any
// run of characters. Matched is the whole name up to its first dot that begins a
// known extension.
type namePattern struct {
	text  string
	parts []*timeFormat // between the stars
}

func compileNamePattern(s string) (*namePattern, error) {
	if s == "" {
		return nil, errors.New("a file_name pattern is empty")
	}
	n := &namePattern{text: s}
	year := false
	for _, part := range strings.Split(s, "*") {
		f, err := compileTimeToks(part) // a part alone need not have a year: the pattern must
		if err != nil {
			return nil, fmt.Errorf("file_name pattern %q: %w", s, err)
		}
		year = year || f.has("Y", "y", "s", "Q")
		n.parts = append(n.parts, f)
	}
	if !year {
		return nil, fmt.Errorf("file_name pattern %q has no year (%%Y or %%y)", s)
	}
	return n, nil
}

// match reads the time out of a file's path.
func (n *namePattern) match(path string) (civil, bool) {
	c := civil{year: -1, month: 1, day: 1, dateOnly: true}
	return c, n.from(0, []byte(stem(path)), &c)
}

// from matches the parts from i on, trying every place a star can end.
func (n *namePattern) from(i int, b []byte, c *civil) bool {
	try := func(b []byte) bool {
		saved := *c
		rest, ok := n.parts[i].parsePrefix(b, c)
		if ok && i == len(n.parts)-1 {
			ok = len(rest) == 0 && (c.isEpoch || c.valid())
		} else if ok {
			ok = n.from(i+1, rest, c)
		}
		if !ok {
			*c = saved
		}
		return ok
	}
	if i == 0 {
		return try(b)
	}
	for k := 0; k <= len(b); k++ {
		if try(b[k:]) {
			return true
		}
	}
	return false
}

// stem is a file's name without its directory and the endings that only say how
// it is written.
func stem(path string) string {
	name := filepath.Base(path)
	for {
		ext := filepath.Ext(name)
		switch strings.ToLower(ext) {
		case ".csv", ".tsv", ".txt", ".ndjson", ".jsonl", ".json", ".parquet", ".xlsx", ".gz", ".zst", ".zip":
			name = strings.TrimSuffix(name, ext)
		default:
			return name
		}
	}
}
