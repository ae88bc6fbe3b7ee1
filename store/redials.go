package store

import (
	"slices"
	"sync"
	"unsafe"

	"github.com/hotcell/hotcell/geo/memory"
	"github.com/hotcell/hotcell/ingest"
)

// redialWatch notes, while the calls of one load are on their way to the store,
// where a perceived drop may be: a completed call meets a call of the same customer
// to the same peer that starts about when the first one ended, or soon after a short
// one. Few calls meet another, so Finish need not look at the rest. It errs to one side
// only: every perceived drop among the calls it saw is a meeting it names, except on
// days it calls unsure.
//
// Time is cut into steps of 512 s. A call leaves a mark in the step it starts in
// and, when it was completed, marks in those in which a redial may start; two calls
// meet in the step in which both kinds of mark are. A short call also marks the
// steps in which a run that it begins may go on. The marks
// are kept in Bloom filters. Files come in the order of time, about; so of a
// long load only the last filters are kept, and calls that come later than that
// make their days unsure.
type redialWatch struct {
	mu      sync.Mutex
	filters []*markFilter
	dropped []steps
	meets   map[int32][]uint32 // meetings, by the day of the call that came later
	short   map[int32][]uint32 // pairs of which a short call met another that began soon before or after it, likewise
	unsure  map[int32]bool     // days of calls whose redials may have been missed

	firstRoom, mostRoom int // calls of the first filter, and of the largest
}

const (
	stepBits       = 9 // log2 of a step in seconds; longer than perceivedWait
	pairFactor     = 0x9E3779B97F4A7C15
	stepFactor     = 0xD6E8FEB86659FD93
	lastedSeconds  = 172800 // calls longer than that have no known end, as in SQL
	surrogateFloor = ingest.CustomerID(1) << 63
	watchFilters   = 3
)

// steps is a range of time, ends included.
type steps struct{ first, last int64 }

func (s steps) has(step int64) bool { return step >= s.first && step <= s.last }

// markFilter is a blocked Bloom filter with two halves per cache line: for starts
// and for ends.
type markFilter struct {
	steps
	blocks [][8]uint64
	room   int // calls it still takes
}

// Halves of a block, and how many calls it is for.
const (
	startHalf    = 0
	endHalf      = 4
	rowsPerBlock = 16
)

func newMarkFilter(calls int) *markFilter {
	return &markFilter{steps: steps{1<<63 - 1, -1 << 63}, blocks: memory.Huge[[8]uint64](calls / rowsPerBlock), room: calls}
}

func (f *markFilter) block(mark uint64) *[8]uint64 {
	return &f.blocks[(mark>>32)*uint64(len(f.blocks))>>32]
}

// has tells whether a half may have the mark.
func (f *markFilter) has(mark uint64, half int) bool {
	b := f.block(mark)
	return (b[half]>>(mark&63))&(b[half+1]>>(mark>>6&63))&(b[half+2]>>(mark>>12&63))&(b[half+3]>>(mark>>18&63))&1 == 1
}

func (f *markFilter) put(mark uint64, half int) {
	b := f.block(mark)
	b[half] |= 1 << (mark & 63)
	b[half+1] |= 1 << (mark >> 6 & 63)
	b[half+2] |= 1 << (mark >> 12 & 63)
	b[half+3] |= 1 << (mark >> 18 & 63)
}

func newRedialWatch() *redialWatch {
	return &redialWatch{meets: map[int32][]uint32{}, short: map[int32][]uint32{}, unsure: map[int32]bool{}, firstRoom: 1 << 18, mostRoom: 1 << 22} // 1 and 16 MiB
}

// pairOf stands for a pair of customer and peer.
func pairOf(c *ingest.Call) uint64 { return uint64(c.Customer) + uint64(c.Peer)*pairFactor }

// markOf mixes a pair with a step.
func markOf(pair uint64, step int64) uint64 {
	h := pair ^ uint64(step)*stepFactor
	h = (h ^ h>>32) * stepFactor
	return h ^ h>>29
}

// meeting stands for a pair and the step in which two of its calls meet;
// perceivedAmongMeetings has it in SQL. What clashes is looked at in vain.
func meeting(pair uint64, step int64) uint32 { return uint32((pair + uint64(step)*stepFactor) >> 32) }

// shortPair stands for a pair that may have a run of short calls; flagShortRunsAmong has it in SQL.
func shortPair(pair uint64) uint32 { return uint32(pair >> 32) }

// add takes note of calls, addRows at most: what is fetched for all should still be
// in the processor's cache for the last.
func (w *redialWatch) add(calls []ingest.Call) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range calls {
		if c := &calls[i]; watched(c) {
			w.prefetch(c)
		}
	}
	for i := range calls {
		if c := &calls[i]; watched(c) {
			w.call(c)
		}
	}
}

// watched tells whether a call may be a redial or answered by one.
func watched(c *ingest.Call) bool {
	return c.Precision == ingest.PrecisionSecond && c.Customer != 0 && c.Customer < surrogateFloor && c.Peer != 0
}

// prefetch has fetched what most calls need of the filters: where it starts and ends.
func (w *redialWatch) prefetch(c *ingest.Call) {
	pair, start := pairOf(c), c.Time>>stepBits
	end := start
	if c.DurationS >= 0 && c.DurationS < lastedSeconds {
		end = int64(float64(c.Time)+float64(c.DurationS)) >> stepBits
	}
	for _, f := range w.filters {
		if f.steps.has(start) {
			memory.Prefetch(unsafe.Pointer(f.block(markOf(pair, start))))
		}
		if end != start && f.steps.has(end) {
			memory.Prefetch(unsafe.Pointer(f.block(markOf(pair, end))))
		}
	}
}

func (w *redialWatch) call(c *ingest.Call) {
	if len(w.filters) == 0 || w.filters[len(w.filters)-1].room == 0 {
		w.next()
	}
	pair, start := pairOf(c), c.Time>>stepBits
	mark := markOf(pair, start)
	var ends [4]int64
	waits := ends[:0]
	brief := false
	redials := 0 // how many of waits are those of a redial
	if c.Outcome == ingest.Completed && c.DurationS >= 0 && c.DurationS < lastedSeconds {
		end := int64(float64(c.Time) + float64(c.DurationS))
		waits = append(waits, end>>stepBits)
		if last := (end + perceivedWait) >> stepBits; last != waits[0] {
			waits = append(waits, last)
		}
		redials = len(waits)
		if brief = c.DurationS > 0 && c.DurationS <= shortCall; brief {
			for step := start; step <= (c.Time+runSpan)>>stepBits; step++ {
				if !slices.Contains(waits, step) {
					waits = append(waits, step)
				}
			}
		}
	}
	day := int32(c.Time / 86400)
	for _, f := range w.filters { // before this call's own marks are put there
		if f.steps.has(start) && f.has(mark, endHalf) {
			w.meets[day] = append(w.meets[day], meeting(pair, start))
			if brief {
				w.short[day] = append(w.short[day], shortPair(pair))
			}
		}
		for i, end := range waits {
			if !f.steps.has(end) || !f.has(markOf(pair, end), startHalf) {
				continue
			}
			if i < redials {
				w.meets[day] = append(w.meets[day], meeting(pair, end))
			}
			if brief {
				w.short[day] = append(w.short[day], shortPair(pair))
			}
		}
	}
	for _, d := range w.dropped {
		if d.has(start) || slices.ContainsFunc(waits, d.has) {
			for back := range waitDays + 1 {
				w.unsure[day-int32(back)] = true
			}
			if brief {
				w.unsure[int32((c.Time+runSpan)/86400)] = true
			}
		}
	}
	f := w.filters[len(w.filters)-1]
	f.room--
	f.put(mark, startHalf)
	f.first, f.last = min(f.first, start), max(f.last, start)
	for _, end := range waits {
		f.put(markOf(pair, end), endHalf)
		f.first, f.last = min(f.first, end), max(f.last, end)
	}
}

// waitDays is how many days before a redial the call may have begun that it
// answers to: calls of known duration take less than two days.
const waitDays = 2

// next begins a new filter, for four times as many calls as the last one, and
// forgets the oldest when there are too many.
func (w *redialWatch) next() {
	room := w.firstRoom
	if n := len(w.filters); n > 0 {
		room = min(4*rowsPerBlock*len(w.filters[n-1].blocks), w.mostRoom)
	}
	if len(w.filters) == watchFilters {
		w.drop(w.filters[0].steps)
		w.filters = append(w.filters[:0], w.filters[1:]...)
	}
	w.filters = append(w.filters, newMarkFilter(room))
}

// drop notes that the marks of a time are forgotten.
func (w *redialWatch) drop(s steps) {
	for i := range w.dropped {
		if d := &w.dropped[i]; s.first <= d.last+1 && s.last >= d.first-1 {
			d.first, d.last = min(d.first, s.first), max(d.last, s.last)
			return
		}
	}
	w.dropped = append(w.dropped, s)
}

// among lists the meetings to look at for perceived drops of the days first to
// last, each once.
func (w *redialWatch) among(first, last int32) []uint32 {
	return slices.Compact(w.onDays(w.meets, first, last+waitDays))
}

// amongShort lists the pairs to look at for runs of short calls, each once. Of the calls
// of a run, all but the one that came first met another: once is not enough.
func (w *redialWatch) amongShort(first, last int32) []uint32 {
	pairs := w.onDays(w.short, first-1, last+1)
	n := 0
	for i := 1; i < len(pairs); i++ {
		if pairs[i] == pairs[i-1] && (n == 0 || pairs[n-1] != pairs[i]) {
			pairs[n] = pairs[i]
			n++
		}
	}
	return pairs[:n]
}

func (w *redialWatch) onDays(noted map[int32][]uint32, first, last int32) []uint32 {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []uint32
	for d := first; d <= last; d++ {
		out = append(out, noted[d]...)
	}
	slices.Sort(out)
	return out
}

// sure tells whether the watch knows every meeting for the day.
func (w *redialWatch) sure(day int32) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.unsure[day]
}

// redialWatches are those of the loads that run.
type redialWatches struct {
	mu     sync.Mutex
	byLoad map[uint64]*redialWatch
	order  []uint64
}

// mostWatches bounds the memory of loads that never end; a load without a watch
// only takes longer to finish.
const mostWatches = 8

func (r *redialWatches) begin(load uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byLoad == nil {
		r.byLoad = map[uint64]*redialWatch{}
	}
	if len(r.order) == mostWatches {
		delete(r.byLoad, r.order[0])
		r.order = r.order[1:]
	}
	r.byLoad[load] = newRedialWatch()
	r.order = append(r.order, load)
}

// of gives the watch of a load; nil when there is none.
func (r *redialWatches) of(load uint64) *redialWatch {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.byLoad[load]
}

func (r *redialWatches) end(load uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.byLoad, load)
	r.order = slices.DeleteFunc(r.order, func(l uint64) bool { return l == load })
}
