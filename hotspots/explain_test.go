package hotspots

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hotcell/hotcell/geo"
)

// brokenBasement is a town with a basement whose calls are lost on one cell.
func brokenBasement(t *testing.T) (*world, *spot) {
	w, centre := town(t, 11)
	v := &geo.Venue{ID: "B", Name: "国际金融中心", Scene: geo.SceneOfficeTower}
	s := w.part(v, geo.PartBasement, geo.SceneBasement, centre, "5101", 500, 0.03)
	w.breakSpot(s, "basement", 12)
	w.simulate(0, nil)
	for i := range w.ev.Bad {
		b := &w.ev.Bad[i]
		b.Cause, b.RadioCell, b.Indoor = "user inactivity", "460-00-7", geo.Outside
		if i%3 == 0 {
			b.Cause = "radio link lost"
		}
		if b.Place == s.id {
			b.Cause, b.RadioCell, b.Indoor, b.Floor = "radio link lost", "460-00-99", geo.Inside, int16(-1-i%2)
		}
	}
	return w, s
}

func TestCauseSentence(t *testing.T) {
	w, s := brokenBasement(t)
	h := of(w.rank(), s.id)
	if h == nil {
		t.Fatal("the basement is not listed")
	}
	want := "Indoors, cause “radio link lost”, floors B2–B1, serving cell 460-00-99 (100 %). Next check: the basement's distributed antenna and its power."
	if h.Cause.Sentence != want {
		t.Errorf("the cause reads %q, want %q", h.Cause.Sentence, want)
	}
	if !strings.Contains(h.Cause.SentenceZH, "楼层B2–B1") || !strings.Contains(h.Cause.SentenceZH, "室分") {
		t.Errorf("the cause reads %q", h.Cause.SentenceZH)
	}
	for _, e := range h.Cause.Evidence {
		if !(e.Lower <= e.LogOdds && e.LogOdds <= e.Upper) || e.Share < 0 || e.Share > 1 || e.Normal < 0 || e.Normal > 1 {
			t.Errorf("evidence out of range: %+v", e)
		}
	}
}

// TestStoredCauseClass has raw causes that say nothing by themselves, each too rare
// to stand out, and the class their source's dictionary gave.
func TestStoredCauseClass(t *testing.T) {
	w, s := brokenBasement(t)
	for i := range w.ev.Bad {
		b := &w.ev.Bad[i]
		b.Cause, b.CauseClass = strconv.Itoa(i%7), "core"
		if b.Place == s.id {
			b.CauseClass = "congestion"
		}
	}
	h := of(w.rank(), s.id)
	if h == nil {
		t.Fatal("the basement is not listed")
	}
	if !strings.Contains(h.Cause.Sentence, "cause congestion") || !strings.Contains(h.Cause.Sentence, "load and admission settings") || !strings.Contains(h.Cause.SentenceZH, "原因拥塞") {
		t.Errorf("the cause reads %q, %q", h.Cause.Sentence, h.Cause.SentenceZH)
	}
	found := false
	for _, e := range h.Cause.Evidence {
		found = found || e.Property == "cause_class" && e.Value == "congestion" && e.Share > 0.99
	}
	if !found {
		t.Errorf("no evidence of the class: %+v", h.Cause.Evidence)
	}
}

func TestOneCustomerIsNotTheNetwork(t *testing.T) {
	w, _ := town(t, 12)
	w.simulate(0, nil)
	w.addStorm(w.spots[10], 50)
	m := newModel(&w.ev, w, w.params)
	m.fit()
	c := m.assess([]int32{int32(m.index(w.spots[10].id))}, 0)
	c.top = 0.8 // as if nobody else were hurt
	en, zh := (&finding{}).sentences(&Hotspot{}, &c)
	if !strings.HasPrefix(en, "Probably not the network: one customer makes up 80 %") || !strings.HasPrefix(zh, "可能不是网络问题") {
		t.Errorf("one customer's trouble reads %q, %q", en, zh)
	}
}

// TestPhonesAndCoreAreNotTheRadioNetwork: what no work on site mends is said first.
func TestPhonesAndCoreAreNotTheRadioNetwork(t *testing.T) {
	many := candidate{hurt: 30, top: 0.05}
	for class, want := range map[string][2]string{
		"device":     {"Probably not the network: 70 %", "可能不是网络问题：70%"},
		"core":       {"Probably not the radio network here: 70 %", "可能不是本地无线网络问题：70%"},
		"radio_lost": {"Cause radio link lost", "原因无线链路丢失"},
	} {
		var f finding
		f.value[propCauseClass], f.share[propCauseClass] = class, 0.7
		en, zh := f.sentences(&Hotspot{Events: Events{Dropped: 30}}, &many)
		if !strings.HasPrefix(en, want[0]) || !strings.HasPrefix(zh, want[1]) {
			t.Errorf("%s reads %q, %q", class, en, zh)
		}
		f.share[propCauseClass] = 0.4
		if en, _ := f.sentences(&Hotspot{Events: Events{Dropped: 30}}, &many); strings.HasPrefix(en, "Probably not") {
			t.Errorf("%s of four in ten reads %q", class, en)
		}
	}
}

// TestExplanationAddsUp: the terms of an explanation make up the figures shown.
func TestExplanationAddsUp(t *testing.T) {
	w, s := brokenBasement(t)
	a, err := Analyse(&w.ev, w, w.params, nil)
	if err != nil {
		t.Fatal(err)
	}
	h := of(a.Run, s.id)
	e, err := a.Explain(h.ID)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, c := range e.Channels {
		sum += c.Impact
	}
	if math.Abs(sum-h.Impact.Total) > 1e-9*sum {
		t.Errorf("the channels' impacts add up to %g, the total is %g", sum, h.Impact.Total)
	}
	share, days := 0.0, uint64(0)
	for _, d := range e.Days {
		share += d.Share
		days += d.Events
	}
	all := h.Events.Dropped + h.Events.Perceived + h.Events.Blocked + h.Events.Poor + h.Events.Complaints + h.Events.Appeals
	if math.Abs(share-1) > 1e-9 || days != all {
		t.Errorf("the days have %g of the losses and %d of %d events", share, days, all)
	}
	if len(e.Customers) != topCustomers || e.Customers[0].Impact < e.Customers[9].Impact {
		t.Errorf("the customers are listed as %+v", e.Customers)
	}
	for _, c := range e.Customers {
		if math.Abs(c.Value*c.Hurt-c.Impact) > 1e-12 {
			t.Errorf("%g × %g is not %g", c.Value, c.Hurt, c.Impact)
		}
	}
	reference := 0.0
	for _, r := range e.Reference {
		reference += r.Share * r.Rate
	}
	if reference <= 0 || math.Abs(math.Log(reference / *h.Rate.Reference)) > 0.5 {
		t.Errorf("the strata give a reference of %g, shown is %g", reference, *h.Rate.Reference)
	}
	if e.Ranks.Ours != h.Rank || e.Ranks.Of != len(a.Run.Hotspots) {
		t.Errorf("the ranks are %+v", e.Ranks)
	}
	if byRank, err := a.Explain("1"); err != nil || byRank.ID != a.Run.Hotspots[0].ID {
		t.Errorf("rank 1 is explained as %v, %v", byRank, err)
	}
	if _, err := a.Explain("hs_unknown"); err == nil {
		t.Error("an unknown id is explained")
	}
	stable := a.Stability(200)
	if len(stable) == 0 || stable[0].Top10 < 0.9 || stable[0].Top20 < stable[0].Top10 {
		t.Errorf("the leader's stability is %+v", stable)
	}
}

// Hours are told by the clock of the place: 18:00 to 21:00 in Shanghai is 10 to 13
// UTC, and Kolkata is half an hour off.
func TestHoursAreLocal(t *testing.T) {
	at := time.Date(2026, 5, 20, 0, 0, 0, 0, time.UTC)
	day := int32(at.Unix() / 86400)
	for _, c := range []struct {
		zone string
		hour int8
		want string
	}{
		{"", 10, "09–12 UTC"}, {"Asia/Shanghai", 10, "18–21 UTC+8"}, {"Asia/Shanghai", 22, "06–09 UTC+8"},
		{"Asia/Kolkata", 12, "18–21 UTC+5:30"}, {"America/St_Johns", 0, "21–24 UTC-2:30"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := newClock(zone, at).band(day, c.hour); got != c.want {
			t.Errorf("%d:00 UTC in %q is %q, want %q", c.hour, c.zone, got, c.want)
		}
	}
	w, s := brokenBasement(t)
	for i := range w.ev.Bad {
		w.ev.Bad[i].Hour = int8(i % 24)
		if w.ev.Bad[i].Place == s.id {
			w.ev.Bad[i].Hour = 10
		}
	}
	w.params.Zone, _ = time.LoadLocation("Asia/Shanghai")
	h := of(w.rank(), s.id)
	if h == nil || !strings.Contains(h.Cause.Sentence, "mostly 18–21 UTC+8") || !strings.Contains(h.Cause.SentenceZH, "集中在18–21 UTC+8") {
		t.Errorf("a fault of the evening reads %+v", h)
	}
}

// Every reason is a sentence with its figures in it, in both languages.
func TestReasonsReadWell(t *testing.T) {
	w, _ := brokenBasement(t)
	a, err := Analyse(&w.ev, w, w.params, nil)
	if err != nil {
		t.Fatal(err)
	}
	e, err := a.Explain("1")
	if err != nil {
		t.Fatal(err)
	}
	for _, drops := range []int{1, 3} { // before ours, and after
		e.Ranks.Ours, e.Ranks.Drops = 2, drops
		en, zh := e.reasons(false)
		if len(en) == 0 || len(en) != len(zh) {
			t.Fatalf("%d reasons in English, %d in Chinese", len(en), len(zh))
		}
		for _, said := range append(en, zh...) {
			if strings.Contains(said, "%") {
				t.Errorf("reads %q", said)
			}
		}
	}
}
