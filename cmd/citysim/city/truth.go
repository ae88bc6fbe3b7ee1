package city

import (
	"math"
	"sort"

	"github.com/hotcell/hotcell/hotspots"
)

// What a bad experience and a customer weigh is published with the method; the
// truth is in the same unit.
var published = hotspots.DefaultParams()

var kinds = [...]hotspots.Kind{poor: hotspots.KindPoor, dropped: hotspots.KindDropped, masked: hotspots.KindPerceived, blocked: hotspots.KindBlocked}

func (o outcome) severity() float64 { return published.Severity[kinds[o]] }

// value is what a customer weighs, between 1 and 5.
func (c *customer) value() float64 {
	return published.Value.Of(hotspots.Customer{Segment: 1 + c.segment, ValueTier: c.tier, TenureMonths: float32(c.tenure)})
}

// ledger adds up what happened in a plant's footprint.
type ledger struct {
	calls    uint64 // recorded calls
	active   uint64 // of them while and where the plant acted
	bad      uint64 // bad experiences, whatever their reason
	caused   uint64 // of them those the plant caused
	kinds    [5]uint64
	complain uint64
	hurt     map[int32]*wounds
}

// wounds holds, for one customer, the chance of still being unhurt: with all bad
// experiences, and with only those that would have happened anyway.
type wounds struct {
	all, without float64
	caused       uint32
}

func (l *ledger) add(u int32, severity, ageDays float64, caused bool) {
	if l == nil {
		return
	}
	if l.hurt == nil {
		l.hurt = map[int32]*wounds{}
	}
	h := l.hurt[u]
	if h == nil {
		h = &wounds{all: 1, without: 1}
		l.hurt[u] = h
	}
	unhurt := 1 - float64(severity*exp(-ageDays/published.HalfLifeDays*math.Ln2))
	h.all *= unhurt
	if caused {
		h.caused++
	} else {
		h.without *= unhurt
	}
}

// experienced books a bad call with every plant whose footprint it lies in.
func (w *world) experienced(e *event) {
	age := float64(int32(w.cfg.Days)*86400-e.t) / 86400
	for _, i := range e.prints {
		if i < 0 {
			continue
		}
		l := &w.plants[i].ledger
		l.bad++
		if e.caused == i {
			l.caused++
			l.kinds[e.kind]++
		}
		l.add(e.u, e.kind.severity(), age, e.caused == i)
		w.plants[i].carriageway(e).add(e.u, e.kind.severity(), age, e.caused == i)
	}
}

// carriageway is the ledger of the direction an experience belongs to; nil off highways.
func (f *plant) carriageway(e *event) *ledger {
	if e.p.line < 0 {
		return nil
	}
	l := f.byLine[e.p.line]
	if l == nil {
		if f.byLine == nil {
			f.byLine = map[int16]*ledger{}
		}
		l = &ledger{}
		f.byLine[e.p.line] = l
	}
	return l
}

// complained books a complaint about an experience.
func (w *world) complained(e *event, t int32, appeal bool) {
	age := float64(int32(w.cfg.Days)*86400-t) / 86400
	s := published.Severity[hotspots.KindComplaint]
	if appeal {
		s = published.Severity[hotspots.KindAppeal]
	}
	for _, i := range e.prints {
		if i < 0 {
			continue
		}
		if e.caused == i {
			w.plants[i].ledger.complain++
		}
		w.plants[i].ledger.add(e.u, s, age, e.caused == i)
		w.plants[i].carriageway(e).add(e.u, s, age, e.caused == i)
	}
}

// TrueImpact is what the simulator knows about a plant at the end of the period.
type TrueImpact struct {
	// Total is the weighted hurt customers of the place, all bad experiences counted;
	// Avoidable is the part that would not exist without the fault.
	Total     float64 `json:"total"`
	Avoidable float64 `json:"avoidable"`
	// Customers had at least one bad experience that the fault caused.
	Customers  int    `json:"customers"`
	Calls      uint64 `json:"calls"`
	Active     uint64 `json:"calls_while_active"`
	Bad        uint64 `json:"bad"`
	Caused     uint64 `json:"caused"`
	Complaints uint64 `json:"complaints_caused"`
}

func (w *world) impact(l *ledger) TrueImpact {
	out := TrueImpact{Calls: l.calls, Active: l.active, Bad: l.bad, Caused: l.caused, Complaints: l.complain}
	us := make([]int32, 0, len(l.hurt))
	for u := range l.hurt {
		us = append(us, u)
	}
	sort.Slice(us, func(i, j int) bool { return us[i] < us[j] }) // addition in one order: same bytes
	for _, u := range us {
		h := l.hurt[u]
		v := w.customers[u].value()
		out.Total += float64(v * (1 - h.all))
		out.Avoidable += float64(v * (h.without - h.all))
		if h.caused > 0 {
			out.Customers++
		}
	}
	out.Total, out.Avoidable = round4(out.Total), round4(out.Avoidable)
	return out
}

func round4(x float64) float64 { return math.Floor(float64(x*1e4)+0.5) / 1e4 }
