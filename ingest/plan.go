package ingest

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// plan binds a profile to the header of one file.
type plan struct {
	p        *Profile
	columns  []string // the header
	bind     [numFields]binding
	timeCols []int // more than one: the time is put together from these
	fileTime *civil
	hasID    bool // the source gives its own record ids
	// idOptional: a row without an id of its own is known by its place, as those of
	// sources without ids are.
	idOptional bool
}

// binding is where one canonical column's value comes from.
type binding struct {
	col      int   // -1: no such column
	join     []int // put together instead of col
	sep      string
	ranges   []Range
	constant []byte
	nulls    []string
	values   map[string][]byte
	scale    float64
}

// bindHeader matches a header with the profile. Its error is a sentence about
// everything that does not fit.
func (p *Profile) bindHeader(header []string, fileName string) (*plan, error) {
	pl := &plan{p: p, columns: header}
	for f := range pl.bind {
		pl.bind[f].col = -1
	}
	at := map[string]int{}
	used, repeated := map[int]bool{}, map[int]bool{}
	var faults []string
	for i, h := range header {
		k := p.columnKey(h)
		if j, twice := at[k]; twice && !p.ignored(h) {
			faults = append(faults, fmt.Sprintf("column %q stands twice (columns %d and %d)", h, j+1, i+1))
			repeated[i] = true
		}
		if _, twice := at[k]; !twice {
			at[k] = i
		}
	}
	main, hasTime := mainTime(p.Feed)
	var missing []string
	for _, ff := range feedFields[p.Feed] {
		f := ff.field
		c := &p.columns[f]
		b := binding{col: -1, sep: c.Sep, ranges: c.Ranges, values: bytesOf(c.Values), scale: c.scale, nulls: append(append([]string(nil), c.Null...), p.Null...)}
		if c.Constant != "" {
			b.constant = []byte(c.Constant)
		}
		var found []string
		for _, name := range c.From {
			if i, ok := at[p.columnKey(name)]; ok {
				if b.col < 0 {
					b.col = i
				}
				found = append(found, header[i])
				used[i] = true
			}
		}
		for _, name := range c.Join {
			i, ok := at[p.columnKey(name)]
			if !ok {
				missing = append(missing, fmt.Sprintf("column %q (for %s)", name, f))
				continue
			}
			used[i] = true
			b.join = append(b.join, i)
			b.col = i
		}
		if len(found) > 1 {
			faults = append(faults, fmt.Sprintf("columns %s both give %s", quoted(found), f))
		}
		pl.bind[f] = b
		if hasTime && f == main && pl.bindTimeColumns(at, used) {
			pl.bind[f].col = -1
			for _, name := range c.From { // "Time" may be one of the columns put together
				if i, ok := at[p.columnKey(name)]; ok && !slices.Contains(pl.timeCols, i) {
					delete(used, i)
				}
			}
			continue
		}
		if hasTime && f == main && b.col < 0 {
			if msg := pl.bindTime(fileName); msg != "" {
				missing = append(missing, msg)
			}
			continue
		}
		if ff.required && b.col < 0 && b.constant == nil && len(c.Join) == 0 {
			missing = append(missing, columnChoice(c.From, f))
		}
	}
	lat, lon := pl.bind[fLat], pl.bind[fLon]
	if (lat.col < 0) != (lon.col < 0) {
		f := fLat
		if lon.col < 0 {
			f = fLon
		}
		if m := columnChoice(p.columns[f].From, f); len(missing) == 0 || missing[len(missing)-1] != m {
			missing = append(missing, m)
		}
	}
	if len(missing) > 0 && len(used)*4 < len(header) { // a row of data may hold a word or two that are column names
		return nil, fmt.Errorf("the first line is no header that profile %q knows: it begins with %s; the file must begin with column names, among them %s",
			p.Name, strings.Join(quoteAll(header[:min(len(header), 3)]), ", "), strings.Join(missing, ", "))
	}
	if len(missing) > 0 {
		faults = append(faults, "missing "+strings.Join(missing, ", "))
	}
	for i := range repeated {
		used[i] = true // said already
	}
	if unknown := p.unknownColumns(header, used); unknown != "" {
		faults = append(faults, unknown)
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("the header does not fit profile %q: %s", p.Name, strings.Join(faults, "; "))
	}
	id := pl.bind[fRecordID]
	pl.hasID = id.col >= 0
	return pl, nil
}

func bytesOf(m map[string]string) map[string][]byte {
	if m == nil {
		return nil
	}
	out := make(map[string][]byte, len(m))
	for k, v := range m {
		out[k] = []byte(v)
	}
	return out
}

func columnChoice(names []string, f field) string {
	if len(names) <= 1 && (len(names) == 0 || names[0] == f.String()) {
		return fmt.Sprintf("column %q", f)
	}
	return fmt.Sprintf("column %s (for %s)", strings.Join(quoteAll(names), " or "), f)
}

func quoteAll(names []string) []string {
	var out []string
	for _, n := range names {
		out = append(out, fmt.Sprintf("%q", n))
	}
	return out
}

func quoted(names []string) string { return strings.Join(quoteAll(names), " and ") }

// columnKey is a column's name as the profile compares it.
func (p *Profile) columnKey(name string) string {
	name = strings.TrimSpace(name)
	if p.Format.FoldCase {
		return strings.ToLower(name)
	}
	return name
}

func (p *Profile) ignored(name string) bool {
	for _, ig := range p.Ignore {
		if ig == "*" || p.columnKey(ig) == p.columnKey(name) {
			return true
		}
	}
	return false
}

func (p *Profile) unknownColumns(header []string, used map[int]bool) string {
	var names []string
	for _, ff := range feedFields[p.Feed] {
		names = append(names, p.columns[ff.field].From...)
		names = append(names, p.columns[ff.field].Join...)
	}
	names = append(names, p.Time.Columns...)
	sort.Strings(names)
	var unknown []string
	for i, h := range header {
		if !used[i] && !p.ignored(h) {
			unknown = append(unknown, fmt.Sprintf("%q", h)+didYouMean(h, names))
		}
		if len(unknown) == 8 {
			unknown = append(unknown, "…")
			break
		}
	}
	switch len(unknown) {
	case 0:
		return ""
	case 1:
		return "unknown column " + unknown[0] + "; map it, or list it under ignore"
	}
	return "unknown columns " + strings.Join(unknown, ", ") + "; map them, or list them under ignore"
}

// bindTimeColumns puts the time together from the profile's columns, where the
// file has all of them.
func (pl *plan) bindTimeColumns(at map[string]int, used map[int]bool) bool {
	var cols []int
	for _, name := range pl.p.Time.Columns {
		i, ok := at[pl.p.columnKey(name)]
		if !ok {
			return false
		}
		cols = append(cols, i)
	}
	for _, i := range cols {
		used[i] = true
	}
	pl.timeCols = cols
	return len(cols) > 0
}

// bindTime finds the time in the file's name where no column has it. It returns
// what is missing.
func (pl *plan) bindTime(fileName string) string {
	p := pl.p
	main, _ := mainTime(p.Feed)
	for _, n := range p.Time.names {
		if c, ok := n.match(fileName); ok {
			pl.fileTime = &c
			return ""
		}
	}
	switch {
	case len(p.Time.FileName) > 0 && len(p.Time.Columns) > 0:
		return fmt.Sprintf("the time: neither columns %s nor a time in the file's name (patterns %s)", quoted(p.Time.Columns), strings.Join(quoteAll(p.Time.FileName), ", "))
	case len(p.Time.FileName) > 0:
		return fmt.Sprintf("a time in the file's name (patterns %s)", strings.Join(quoteAll(p.Time.FileName), ", "))
	case len(p.Time.Columns) > 0:
		return fmt.Sprintf("columns %s (for %s)", quoted(p.Time.Columns), main)
	}
	return columnChoice(p.columns[main].From, main)
}
