package ingest

import (
	"fmt"
	"strings"
)

// Time formats are written with the letters of strftime: %Y %y %m %d %e %H %I %M
// %S %f %p %b %B %a %z %Z %j %s %Q %%; anything else stands for itself. A blank stands
// for one or more blanks. "auto" reads RFC 3339 and YYYY-MM-DD[ HH:MM[:SS[.f]]].
//
//	%s  Unix seconds      %Q  Unix milliseconds    %f  fraction of a second
//	%e  day without zero  %p  AM or PM             %b, %B  month name, short or long

// timeFormat is a compiled format.
type timeFormat struct {
	text string
	auto bool
	toks []timeTok
}

type timeTok struct {
	verb byte // 0 for literal
	lit  string
}

const timeVerbs = "YymdeHIMSfpbBazZjsQ"

func compileTimeFormat(s string) (*timeFormat, error) {
	if s == "auto" {
		return &timeFormat{text: s, auto: true}, nil
	}
	f, err := compileTimeToks(s)
	if err == nil && !f.has("Y", "y", "s", "Q") {
		return nil, fmt.Errorf("time format %q has no year (%%Y or %%y) and no epoch (%%s or %%Q)", s)
	}
	return f, err
}

func compileTimeToks(s string) (*timeFormat, error) {
	f := &timeFormat{text: s}
	lit := ""
	flush := func() {
		if lit != "" {
			f.toks = append(f.toks, timeTok{lit: lit})
			lit = ""
		}
	}
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			lit += s[i : i+1]
			continue
		}
		i++
		if i == len(s) {
			return nil, fmt.Errorf("time format %q ends in a lone %%; write %%%% for the sign itself", s)
		}
		switch {
		case s[i] == '%':
			lit += "%"
		case strings.IndexByte(timeVerbs, s[i]) >= 0:
			flush()
			f.toks = append(f.toks, timeTok{verb: s[i]})
		default:
			return nil, fmt.Errorf("time format %q has the unknown letter %%%c; known are %%%s", s, s[i], strings.Join(strings.Split(timeVerbs, ""), " %"))
		}
	}
	flush()
	return f, nil
}

func (f *timeFormat) has(verbs ...string) bool {
	for _, t := range f.toks {
		for _, v := range verbs {
			if t.verb != 0 && v[0] == t.verb {
				return true
			}
		}
	}
	return f.auto
}

// civil is a time as read from a clock on the wall.
type civil struct {
	year, month, day     int
	hour, minute, second int
	offset               int  // seconds east of UTC, when zoned
	zoned                bool // an offset was given
	dateOnly             bool // no time of day was given
	epoch                int64
	isEpoch              bool
}

// parse reads all of b by the format.
func (f *timeFormat) parse(b []byte) (civil, bool) {
	if f.auto {
		return parseAutoTime(b)
	}
	c := civil{year: -1, month: 1, day: 1, dateOnly: true}
	rest, ok := f.parsePrefix(b, &c)
	return c, ok && len(rest) == 0 && (c.isEpoch || c.valid())
}

func (f *timeFormat) parsePrefix(b []byte, c *civil) ([]byte, bool) {
	pm, am := false, false
	for _, t := range f.toks {
		ok := true
		switch t.verb {
		case 0:
			b, ok = skipLiteral(b, t.lit)
		case 'Y':
			b, ok = digits(b, 4, 4, &c.year)
		case 'y':
			if b, ok = digits(b, 2, 2, &c.year); ok {
				if c.year += 1900; c.year < 1969 { // POSIX: 69–99 are 19xx
					c.year += 100
				}
			}
		case 'm':
			b, ok = digits(b, 1, 2, &c.month)
		case 'd', 'e':
			b, ok = digits(b, 1, 2, &c.day)
		case 'H', 'I':
			b, ok = digits(b, 1, 2, &c.hour)
			c.dateOnly = false
			ok = ok && (t.verb == 'H' || c.hour >= 1 && c.hour <= 12)
		case 'M':
			b, ok = digits(b, 2, 2, &c.minute)
		case 'S':
			b, ok = digits(b, 2, 2, &c.second)
		case 'f':
			n := 0
			for n < len(b) && b[n]-'0' <= 9 {
				n++
			}
			b, ok = b[n:], n > 0
		case 'p':
			if ok = len(b) >= 2 && (b[1]|0x20) == 'm'; ok {
				am, pm = (b[0]|0x20) == 'a', (b[0]|0x20) == 'p'
				b, ok = b[2:], am || pm
			}
		case 'b', 'B':
			b, ok = monthName(b, &c.month)
		case 'a':
			b = bytesAfterLetters(b)
		case 'z', 'Z':
			b, ok = zoneOffset(b, c)
		case 'j':
			c.month = 1
			b, ok = digits(b, 3, 3, &c.day)
			if ok = ok && c.day >= 1 && c.day <= 366 && c.year >= 0 && (c.day < 366 || isLeap(c.year)); ok {
				for c.day > daysIn(c.year, c.month) {
					c.day -= daysIn(c.year, c.month)
					c.month++
				}
			}
		case 's', 'Q':
			b, ok = epoch(b, t.verb == 'Q', c)
		}
		if !ok {
			return b, false
		}
	}
	if pm && c.hour < 12 {
		c.hour += 12
	}
	if am && c.hour == 12 {
		c.hour = 0
	}
	return b, true
}

func skipLiteral(b []byte, lit string) ([]byte, bool) {
	for i := 0; i < len(lit); i++ {
		if len(b) == 0 || b[0] != lit[i] {
			return b, false
		}
		b = b[1:]
		if lit[i] == ' ' {
			for len(b) > 0 && b[0] == ' ' {
				b = b[1:]
			}
		}
	}
	return b, true
}

func digits(b []byte, least, most int, out *int) ([]byte, bool) {
	n, v := 0, 0
	for n < most && n < len(b) && b[n]-'0' <= 9 {
		v = v*10 + int(b[n]-'0')
		n++
	}
	*out = v
	return b[n:], n >= least
}

func bytesAfterLetters(b []byte) []byte {
	for len(b) > 0 && (b[0]|0x20) >= 'a' && (b[0]|0x20) <= 'z' {
		b = b[1:]
	}
	return b
}

var monthNames = [12]string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
	"november", "december"}

func monthName(b []byte, out *int) ([]byte, bool) {
	word := b[:len(b)-len(bytesAfterLetters(b))]
	for i, m := range monthNames {
		if len(word) == 3 && equalFold(word, m[:3]) || equalFold(word, m) {
			*out = i + 1
			return b[len(word):], true
		}
	}
	return b, false
}

// equalFold compares ASCII without regard to case; lower must be lower case.
func equalFold(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

func epoch(b []byte, milli bool, c *civil) ([]byte, bool) {
	n := 0
	for n < len(b) && b[n]-'0' <= 9 && n < 15 {
		c.epoch = c.epoch*10 + int64(b[n]-'0')
		n++
	}
	if milli {
		c.epoch /= 1000
	}
	c.isEpoch, c.dateOnly = true, false
	return b[n:], n > 0
}

// zoneOffset reads Z, ±hh:mm, ±hhmm or ±hh.
func zoneOffset(b []byte, c *civil) ([]byte, bool) {
	if len(b) == 0 {
		return b, false
	}
	if b[0] == 'Z' || b[0] == 'z' {
		c.zoned, c.offset = true, 0
		return b[1:], true
	}
	sign := 1
	switch b[0] {
	case '-':
		sign = -1
	case '+':
	default:
		return b, false
	}
	var h, m int
	b, ok := digits(b[1:], 2, 2, &h)
	if !ok {
		return b, false
	}
	if len(b) > 0 && b[0] == ':' {
		b = b[1:]
		if b, ok = digits(b, 2, 2, &m); !ok {
			return b, false
		}
	} else if len(b) >= 2 && b[0]-'0' <= 9 {
		if b, ok = digits(b, 2, 2, &m); !ok {
			return b, false
		}
	}
	c.zoned, c.offset = true, sign*(h*3600+m*60)
	return b, h <= 14 && m <= 59
}

// parseAutoTime reads RFC 3339 and its everyday relatives: a blank for the T, no
// seconds, no offset, or the date alone. It is what canonical files use, so it
// looks at fixed positions only.
func parseAutoTime(b []byte) (civil, bool) {
	var c civil
	if len(b) < 10 || b[4] != '-' || b[7] != '-' {
		return c, false
	}
	y1, y2, ok := two(b[0], b[1]), two(b[2], b[3]), true
	c.year, c.month, c.day = y1*100+y2, two(b[5], b[6]), two(b[8], b[9])
	if y1 < 0 || y2 < 0 || c.month < 0 || c.day < 0 {
		return c, false
	}
	if len(b) == 10 {
		c.dateOnly = true
		return c, c.valid()
	}
	if len(b) < 16 || (b[10] != ' ' && b[10] != 'T' && b[10] != 't') || b[13] != ':' {
		return c, false
	}
	c.hour, c.minute = two(b[11], b[12]), two(b[14], b[15])
	if c.hour < 0 || c.minute < 0 {
		return c, false
	}
	b = b[16:]
	if len(b) > 0 && b[0] == ':' {
		if len(b) < 3 {
			return c, false
		}
		if c.second = two(b[1], b[2]); c.second < 0 {
			return c, false
		}
		b = b[3:]
		if len(b) > 0 && (b[0] == '.' || b[0] == ',') {
			n := 1
			for n < len(b) && b[n]-'0' <= 9 {
				n++
			}
			if n == 1 {
				return c, false
			}
			b = b[n:]
		}
	}
	if len(b) > 0 {
		if b[0] == ' ' {
			b = b[1:]
		}
		if b, ok = zoneOffset(b, &c); !ok {
			return c, false
		}
	}
	return c, len(b) == 0 && c.valid()
}

// two reads two digits; negative when they are none.
func two(a, b byte) int {
	a, b = a-'0', b-'0'
	if a > 9 || b > 9 {
		return -1 << 16
	}
	return int(a)*10 + int(b)
}

// valid refuses days that the calendar does not have. A leap second (60) counts
// as the second after.
func (c *civil) valid() bool {
	return c.month >= 1 && c.month <= 12 && c.day >= 1 && c.day <= daysIn(c.year, c.month) &&
		c.year >= 0 && c.hour <= 23 && c.minute <= 59 && c.second <= 60
}

func isLeap(y int) bool { return y%4 == 0 && (y%100 != 0 || y%400 == 0) }

var monthDays = [13]int{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

func daysIn(y, m int) int {
	if m == 2 && isLeap(y) {
		return 29
	}
	return monthDays[m]
}

// days counts the days from 1970-01-01 to a date of the Gregorian calendar.
// Years begin in March here, so that the leap day is the last of its year, and
// are counted from -400, so that none is negative.
func (c *civil) days() int64 {
	y, m := int64(c.year)+400, int64(c.month)
	if m <= 2 {
		y--
		m += 12
	}
	return 365*y + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 + int64(c.day) - 1 - 719468 - 146097
}
