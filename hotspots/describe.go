package hotspots

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"time"

	"github.com/hotcell/hotcell/geo"
)

// describe turns the listed candidates into a run.
func (a *Analysis) describe(previous *Run) *Run {
	m := a.m
	run := &Run{
		Method: MethodVersion, Start: m.end.Add(-m.window()), End: m.end, Query: m.ev.Query,
		DataVersion: m.ev.DataVersion, Hotspots: make([]Hotspot, 0, len(a.listed)),
		Notes: m.notes(), Summary: m.summary(),
	}
	for r := range a.listed {
		h := a.hotspot(&a.listed[r])
		h.Rank = r + 1
		run.Hotspots = append(run.Hotspots, h)
	}
	a.courses(run)
	a.significance(run)
	a.causes(run)
	a.identify(run, previous)
	return run
}

func (m *model) notes() []string {
	notes := []string{}
	if m.noUse {
		notes = append(notes, "no exposure data: ranked on counts against the neighbourhood")
	}
	notes = append(notes, m.trafficNotes()...)
	if m.calls.fit.Fallback {
		notes = append(notes, "too few bad calls to learn how places differ: published defaults are used")
	} else if m.calls.fit.Above > 0.20 {
		notes = append(notes, fmt.Sprintf("%.0f %% of the places lie above the range of normal places: faults are widespread, or the regions and scenes hide different kinds of places", 100*m.calls.fit.Above))
	}
	if n := m.ev.OffTopic; n > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d complaints are about other things (bills, sales, radiation …) by their category or text and are not ranked", n, n+uint64(len(m.ev.Complaints))))
	}
	if m.ev.Unlocated > 0 && m.ev.Calls > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d calls have neither a position nor a radio cell of the site list and are not ranked", m.ev.Unlocated, m.ev.Calls))
	}
	return notes
}

func (m *model) summary() Summary {
	s := Summary{Calls: m.ev.Calls, Unlocated: m.ev.Unlocated, Places: len(m.places)}
	seen := make(map[uint64]struct{}, len(m.hurts))
	for i := range m.bad {
		s.Bad += uint64(m.bad[i].Count)
		seen[m.bad[i].Customer] = struct{}{}
	}
	for i := range m.moans {
		seen[m.moans[i].Customer] = struct{}{}
	}
	s.Hurt = uint64(len(seen))
	return s
}

// hotspot fills the contract fields of one candidate.
func (a *Analysis) hotspot(c *candidate) Hotspot {
	m := a.m
	h := Hotspot{
		Method: MethodVersion, State: "detected",
		Impact:    Impact{Total: c.total, Avoidable: c.mean, Lower: c.lower, Upper: c.upper, Unit: "weighted hurt customers"},
		Customers: Customers{Hurt: int(math.Round(c.hurt)), Served: int(math.Round(c.served)), KeyAccounts: c.keyAccounts},
		Rate:      m.rateOf(c),
	}
	for _, i := range c.members {
		h.Members = append(h.Members, m.ids[i])
	}
	main := m.main(c.members)
	h.Scene = geo.Scene(m.places[main].scene).String()
	a.place(&h, c, main)
	m.events(&h, c)
	return h
}

// rateOf gives the place's rate with its interval and the reference. The interval
// is exact for a Poisson count of effective events (Garwood 1936).
func (m *model) rateOf(c *candidate) Rate {
	r := Rate{Unit: "bad calls per call"}
	e := &c.channels[0]
	if m.noUse || e.rawN <= 0 {
		return r
	}
	value, reference := e.rawX/e.rawN, e.rawE/e.rawN
	low, high := PoissonInterval(e.x, e.rawN/e.designed, m.params.Level)
	high = math.Min(high, 1)
	r.Value, r.Reference, r.Lower, r.Upper = &value, &reference, &low, &high
	return r
}

// events counts what was logged, uncapped.
func (m *model) events(h *Hotspot, c *candidate) {
	e := &h.Events
	complaints, appeals := 0.0, 0.0
	for _, i := range c.members {
		pl := &m.places[i]
		for _, x := range m.bad[pl.badFrom:pl.badTo] {
			switch x.Kind {
			case KindDropped:
				e.Dropped += uint64(x.Count)
			case KindPerceived:
				e.Perceived += uint64(x.Count)
			case KindBlocked:
				e.Blocked += uint64(x.Count)
			case KindPoor:
				e.Poor += uint64(x.Count)
			}
		}
		for _, x := range m.moans[pl.moanFrom:pl.moanTo] {
			if x.Kind == KindAppeal {
				appeals += x.weight
			} else {
				complaints += x.weight
			}
		}
	}
	e.Complaints, e.Appeals = uint64(math.Round(complaints)), uint64(math.Round(appeals))
}

// day gives the date of a day number.
func day(n int32) string { return time.Unix(int64(n)*86400, 0).UTC().Format(time.DateOnly) }

// founding is the hash that names a new hotspot: its main place and first day.
func founding(key, first string) string {
	sum := sha256.Sum256([]byte(key + "|" + first))
	return "hs_" + hex.EncodeToString(sum[:8])
}

// firstDay is the day of the first bad experience at the members, the window's
// first day when none is known.
func (m *model) firstDay(c *candidate) int32 {
	first := int32(math.MaxInt32)
	for _, i := range c.members {
		pl := &m.places[i]
		for _, x := range m.bad[pl.badFrom:pl.badTo] {
			first = min(first, x.Day)
		}
		for _, x := range m.moans[pl.moanFrom:pl.moanTo] {
			first = min(first, x.Day)
		}
	}
	if first == math.MaxInt32 {
		return m.endDay - 1
	}
	return first
}
