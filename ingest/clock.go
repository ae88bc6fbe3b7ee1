package ingest

import "time"

const daySeconds = 86400

// wallClock turns civil times of one zone into Unix seconds. It belongs to one
// goroutine: it remembers the offset of the days it has seen.
type wallClock struct {
	loc   *time.Location
	utc   bool
	cache [1024]dayOffset
}

type dayOffset struct {
	day    int32
	known  bool
	steady bool // the offset holds all day
	offset int32
}

func newWallClock(loc *time.Location) *wallClock {
	return &wallClock{loc: loc, utc: loc == time.UTC}
}

// unix gives the Unix seconds of a civil time. Times that a change of clocks
// skips or repeats are taken as package time takes them.
func (w *wallClock) unix(c *civil) int64 {
	if c.isEpoch {
		return c.epoch
	}
	days := c.days()
	sec := days*daySeconds + int64(c.hour*3600+c.minute*60+c.second)
	switch {
	case c.zoned:
		return sec - int64(c.offset)
	case w.utc:
		return sec
	}
	d := &w.cache[days&1023]
	if !d.known || int64(d.day) != days {
		*d = w.lookUp(days)
	}
	if d.steady {
		return sec - int64(d.offset)
	}
	return time.Date(c.year, time.Month(c.month), c.day, c.hour, c.minute, c.second, 0, w.loc).Unix()
}

func (w *wallClock) lookUp(days int64) dayOffset {
	// Hours on both sides of the day, so that every instant that any zone may call
	// this day lies between.
	_, before := time.Unix((days-1)*daySeconds, 0).In(w.loc).Zone()
	_, after := time.Unix((days+2)*daySeconds, 0).In(w.loc).Zone()
	return dayOffset{day: int32(days), known: true, steady: before == after, offset: int32(before)}
}

// noon stands for a time known to the day or month only: 12:00 UTC of the
// calendar day (the first of the month), so that no zone moves it to another day.
func (c *civil) noon() int64 { return c.days()*daySeconds + daySeconds/2 }

// dayOf gives the UTC day, counted from 1970-01-01, of Unix seconds.
func dayOf(unix int64) int32 {
	d := unix / daySeconds
	if unix%daySeconds < 0 {
		d--
	}
	return int32(d)
}
