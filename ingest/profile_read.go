package ingest

import (
	"math"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/hotcell/hotcell/geo"
)

// read fills the profile from YAML, in two steps because what is a good column
// depends on the feed.
func (p *Profile) read(d *yamlReader, root ast.Node) {
	var columns, timeNode *pair
	seen := map[string]bool{}
	keep := func(into **pair) func(pair) {
		return func(v pair) { *into = &v }
	}
	d.fields(root, "the profile", map[string]func(pair){
		"profile":     func(v pair) { p.Name = d.text(v, "profile") },
		"source":      func(v pair) { p.Source = d.text(v, "source") },
		"description": func(v pair) { p.Description = d.text(v, "description") },
		"feed": func(v pair) {
			seen["feed"] = true
			p.Feed = Feed(d.text(v, "feed"))
			if !p.Feed.Valid() {
				names := feedNames()
				d.fail(v.line, "unknown feed %q%s; known are %s", p.Feed, didYouMean(string(p.Feed), names), strings.Join(names, ", "))
				p.Feed = ""
			}
		},
		"format":   func(v pair) { p.readFormat(d, v) },
		"null":     func(v pair) { p.Null = d.texts(v, "null") },
		"time":     keep(&timeNode),
		"position": func(v pair) { p.readPosition(d, v) },
		"columns":  keep(&columns),
		"ignore":   func(v pair) { p.Ignore = d.texts(v, "ignore") },
	})
	if len(d.faults) > 0 && !isMapping(root) {
		return
	}
	if p.Name == "" {
		d.fail(1, "the profile has no name; add a line such as profile: my-source")
	}
	if !seen["feed"] {
		d.fail(1, "the profile names no feed; add a line such as feed: calls")
	}
	if p.Source == "" {
		p.Source = p.Name
	}
	if p.Feed == "" {
		return
	}
	if timeNode != nil {
		p.readTime(d, *timeNode)
	}
	if columns != nil {
		p.readColumns(d, *columns)
	}
	p.Time.formats = p.Time.formats[:0]
	for _, s := range p.Time.Formats {
		if f, err := compileTimeFormat(s); err == nil {
			p.Time.formats = append(p.Time.formats, f)
		}
	}
}

func isMapping(n ast.Node) bool {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return true
	}
	return false
}

func feedNames() []string {
	var names []string
	for _, f := range Feeds() {
		names = append(names, string(f))
	}
	return names
}

func (p *Profile) readFormat(d *yamlReader, v pair) {
	d.fields(v.value, "format", map[string]func(pair){
		"type": func(v pair) {
			p.Format.Type = d.oneOf(v, "type", "auto", "csv", "ndjson", "parquet", "xlsx")
		},
		"sheet": func(v pair) { p.Format.Sheet = d.text(v, "sheet") },
		"delimiter": func(v pair) {
			s := d.text(v, "delimiter")
			if s == `\t` || s == "tab" {
				s = "\t"
			}
			if len(s) != 1 || s[0] == '"' || s[0] == '\n' || s[0] == '\r' || s[0] >= 0x80 {
				d.fail(v.line, "delimiter must be one ASCII character and no quote or line end, for example ';' or tab, not %q", s)
				return
			}
			p.Format.Delimiter = s[0]
		},
		"encoding": func(v pair) {
			p.Format.Encoding = d.oneOf(v, "encoding", encodingNames()...)
		},
		"header_case": func(v pair) {
			p.Format.FoldCase = d.oneOf(v, "header_case", "exact", "ignore") == "ignore"
		},
	})
}

// oneOf reads a value that must be one of a few.
func (r *yamlReader) oneOf(v pair, what string, allowed ...string) string {
	s := r.text(v, what)
	for _, a := range allowed {
		if s == a {
			return s
		}
	}
	r.fail(v.line, "%s cannot be %q%s; it is one of %s", what, s, didYouMean(s, allowed), strings.Join(allowed, ", "))
	return allowed[0]
}

func (p *Profile) readTime(d *yamlReader, v pair) {
	if _, ok := mainTime(p.Feed); !ok && p.Feed != FeedSubscribers {
		d.fail(v.line, "%s have no time; take the time section out", p.Feed)
		return
	}
	d.fields(v.value, "time", map[string]func(pair){
		"zone": func(v pair) {
			s := d.text(v, "zone")
			loc, err := time.LoadLocation(s)
			if err != nil || s == "" || s == "Local" {
				d.fail(v.line, "unknown time zone %q; write an IANA name such as Asia/Shanghai or UTC", s)
				return
			}
			p.Time.Zone = loc
		},
		"precision": func(v pair) {
			switch d.oneOf(v, "precision", "second", "day", "month") {
			case "day":
				p.Time.Precision = PrecisionDay
			case "month":
				p.Time.Precision = PrecisionMonth
			}
		},
		"formats": func(v pair) {
			p.Time.Formats = d.texts(v, "formats")
			if len(p.Time.Formats) == 0 {
				d.fail(v.line, "formats is empty; give at least one, or leave the line out")
			}
			for _, s := range p.Time.Formats {
				if _, err := compileTimeFormat(s); err != nil {
					d.fail(v.line, "%v", err)
				}
			}
		},
		"columns": func(v pair) {
			if p.Time.Columns = d.texts(v, "time columns"); p.Feed == FeedSubscribers {
				d.fail(v.line, "subscribers have no time of their own; name the columns under columns: churned_at")
			}
		},
		"file_name": func(v pair) {
			p.Time.FileName = d.texts(v, "file_name")
			for _, s := range p.Time.FileName {
				n, err := compileNamePattern(s)
				if err != nil {
					d.fail(v.line, "%v", err)
					continue
				}
				p.Time.names = append(p.Time.names, n)
			}
		},
	})
}

func (p *Profile) readPosition(d *yamlReader, v pair) {
	d.fields(v.value, "position", map[string]func(pair){
		"datum": func(v pair) {
			s := d.oneOf(v, "datum", "wgs84", "gcj02", "bd09")
			datum, err := geo.ParseDatum(s)
			if err != nil {
				d.fail(v.line, "%v", err)
			}
			p.Position.Datum = datum
		},
		"none": func(v pair) {
			for _, s := range d.texts(v, "none") {
				a, b, ok := strings.Cut(s, ",")
				lat, ok1 := parseFloat(trim([]byte(a)))
				lon, ok2 := parseFloat(trim([]byte(b)))
				if !ok || !ok1 || !ok2 {
					d.fail(v.line, "none must list pairs of latitude and longitude such as \"-1,-1\", not %q", s)
					continue
				}
				p.Position.None = append(p.Position.None, [2]float64{lat, lon})
			}
		},
	})
}

func (p *Profile) readColumns(d *yamlReader, v pair) {
	known := map[string]func(pair){}
	used := map[string]string{}
	for _, ff := range feedFields[p.Feed] {
		known[ff.field.String()] = func(v pair) {
			c := p.readColumn(d, ff.field, v)
			for _, from := range c.From {
				if other, twice := used[from]; twice {
					d.fail(v.line, "column %q already gives %s; it cannot give %s too", from, other, ff.field)
				}
				used[from] = ff.field.String()
			}
			p.Columns[ff.field.String()] = c
		}
	}
	if len(known) == 0 {
		d.fail(v.line, "%s come as GeoJSON and have no columns to map", p.Feed)
		return
	}
	d.fields(v.value, "columns", known)
}

func (p *Profile) readColumn(d *yamlReader, f field, v pair) Column {
	c := Column{Sep: ", "}
	if _, ok := scalar(v.value); ok {
		c.From = d.texts(v, f.String())
		return c
	}
	if _, ok := v.value.(*ast.SequenceNode); ok {
		c.From = d.texts(v, f.String())
		return c
	}
	known := map[string]func(pair){
		"from": func(v pair) { c.From = d.texts(v, "from") },
		"null": func(v pair) { c.Null = d.texts(v, "null") },
		"constant": func(v pair) {
			c.Constant = d.text(v, "constant")
			if msg := checkValue(f, c.Constant); msg != "" {
				d.fail(v.line, "%s", msg)
			}
		},
		"join": func(v pair) {
			if c.Join = d.texts(v, "join"); len(c.Join) < 2 {
				d.fail(v.line, "join needs at least two columns; use from for one")
			}
		},
		"separator": func(v pair) { c.Sep = d.text(v, "separator") },
		"ranges":    func(v pair) { c.Ranges = d.ranges(f, v) },
		"unit": func(v pair) {
			c.Unit = d.text(v, "unit")
			if units[f] == nil {
				d.fail(v.line, "%s has no unit; take the line out", f)
			} else if _, ok := units[f][c.Unit]; !ok {
				d.fail(v.line, "unknown unit %q for %s; known are %s", c.Unit, f, strings.Join(sortedKeys(units[f]), ", "))
			}
		},
		"values": func(v pair) {
			c.Values = map[string]string{}
			for _, kv := range d.pairs(v.value, "values") {
				to := ""
				if _, null := kv.value.(*ast.NullNode); !null {
					to = d.text(kv, "the meaning of "+kv.key)
				}
				if msg := checkValue(f, to); msg != "" {
					d.fail(kv.line, "%s", msg)
				}
				c.Values[kv.key] = to
			}
		},
	}
	if f == fCause {
		c.cause = &causeRule{}
		d.causeKeys(c.cause, known)
	}
	d.fields(v.value, "column "+f.String(), known)
	if len(c.Join) > 0 && len(c.From) > 0 {
		d.fail(v.line, "column %s has both from and join; keep one", f)
	}
	return c
}

// ranges reads classes of numbers, such as - {below: -110, value: poor}; the last
// may do without below.
func (r *yamlReader) ranges(f field, v pair) []Range {
	seq, ok := v.value.(*ast.SequenceNode)
	if !ok {
		r.fail(v.line, "ranges must be a list such as - {below: -110, value: poor}")
		return nil
	}
	var out []Range
	for i, n := range seq.Values {
		x := Range{Below: math.Inf(1)}
		bounded, named := false, false
		r.fields(n, "a range", map[string]func(pair){
			"below": func(v pair) {
				b, ok := parseFloat([]byte(r.text(v, "below")))
				if !ok {
					r.fail(v.line, "below must be a number")
				}
				x.Below, bounded = b, true
			},
			"value": func(v pair) {
				x.Value, named = r.text(v, "value"), true
				if msg := checkValue(f, x.Value); msg != "" {
					r.fail(v.line, "%s", msg)
				}
			},
		})
		if !named {
			r.fail(lineOf(n), "a range has no value")
		}
		if !bounded && i < len(seq.Values)-1 {
			r.fail(lineOf(n), "only the last range may do without below")
		} else if i > 0 && !math.IsInf(out[i-1].Below, 1) && x.Below <= out[i-1].Below {
			r.fail(lineOf(n), "ranges must rise: %v does not come after %v", x.Below, out[i-1].Below)
		}
		out = append(out, x)
	}
	return out
}

// causeKeys adds the keys that only the column cause has.
func (r *yamlReader) causeKeys(rule *causeRule, known map[string]func(pair)) {
	known["dictionary"] = func(v pair) {
		var err error
		if rule.dictionary, err = OpenCauses(r.text(v, "dictionary")); err != nil {
			r.fail(v.line, "%v", err)
		}
	}
	known["base"] = func(v pair) {
		if r.oneOf(v, "base", "0", "1") == "1" {
			rule.base = 1
		}
	}
	known["classes"] = func(v pair) {
		rule.classes = map[string]CauseClass{}
		for _, kv := range r.pairs(v.value, "classes") {
			class, err := ParseCauseClass(r.text(kv, "the class of "+kv.key))
			if err != nil {
				r.fail(kv.line, "%v", err)
			}
			rule.classes[kv.key] = class
		}
	}
}
