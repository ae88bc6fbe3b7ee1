package hotspots

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/hotcell/hotcell/geo"
)

// Explanation opens a hotspot's figures into the terms that made them.
type Explanation struct {
	ID        string            `json:"id"`
	Name      string            `json:"name"`
	NameZH    string            `json:"name_zh"`
	Impact    Impact            `json:"impact"`
	Faulty    float64           `json:"probability_faulty"`
	Channels  []ChannelTerms    `json:"channels"`
	Customers []CustomerTerm    `json:"top_customers"`
	Days      []DayTerm         `json:"days"`
	Places    []PlaceTerm       `json:"places"`
	Reference []ReferenceTerm   `json:"reference"`
	Ranks     Ranks             `json:"ranks"`
	Why       []string          `json:"why"`
	WhyZH     []string          `json:"why_zh"`
	Stability *HotspotStability `json:"stability,omitempty"`
}

// ChannelTerms is what calls, complaints or appeals contribute.
type ChannelTerms struct {
	Channel      string  `json:"channel"`
	Events       float64 `json:"events"`        // capped bad calls, or weighted complaining customers
	Use          float64 `json:"use"`           // capped calls, or customers served
	Expected     float64 `json:"expected"`      // events a normal place with this use would show
	DesignEffect float64 `json:"design_effect"` // variance over that of independent events
	Ratio        float64 `json:"ratio"`         // posterior mean of rate over reference, given a fault
	Avoidable    float64 `json:"avoidable_share"`
	Impact       float64 `json:"impact"`       // weighted hurt customers that hang on this channel
	LogBayes     float64 `json:"log_bayes"`    // evidence for a fault, natural log
	PriorFaulty  float64 `json:"prior_faulty"` // share of faulty places among such places
	PriorScatter float64 `json:"prior_scatter"`
}

// CustomerTerm is one customer's part of the impact: value × chance of being hurt.
// Customers are numbered within the hotspot; no pseudonym leaves the store.
type CustomerTerm struct {
	Number     int     `json:"number"`
	Value      float64 `json:"value"`
	Hurt       float64 `json:"hurt"`
	Impact     float64 `json:"impact"`
	BadCalls   float64 `json:"bad_calls"` // capped per day
	Complained bool    `json:"complained"`
	KeyAccount bool    `json:"key_account"`
}

// DayTerm is one day's bad experiences and the share of all losses they carry.
type DayTerm struct {
	Day    string  `json:"day"`
	Events uint64  `json:"events"`
	Share  float64 `json:"share"`
}

// PlaceTerm is one member's part.
type PlaceTerm struct {
	Place     geo.PlaceID `json:"place"`
	Name      string      `json:"name"`
	Impact    float64     `json:"impact"`
	Calls     float64     `json:"calls"`
	Bad       float64     `json:"bad_calls"`
	Expected  float64     `json:"expected"`
	Customers float64     `json:"customers"`
}

// ReferenceTerm is one stratum's part of the reference rate.
type ReferenceTerm struct {
	Region string  `json:"region"`
	Scene  string  `json:"scene"`
	RAT    string  `json:"rat"`
	Indoor string  `json:"indoor"`
	Share  float64 `json:"share"` // of the hotspot's calls
	Rate   float64 `json:"rate"`  // reference rate of the stratum
}

// Ranks is where the hotspot would stand by other yardsticks (1 = first).
type Ranks struct {
	Ours       int  `json:"avoidable_impact"`
	Impact     int  `json:"impact"`
	Drops      int  `json:"drops"`
	Complaints int  `json:"complaints"`
	Rate       *int `json:"rate"` // null below MinRateCalls calls
	Of         int  `json:"of"`
}

// MinRateCalls is how many calls a place needs in the rank by raw rate.
const MinRateCalls = 30

const (
	topCustomers = 10
	topPlaces    = 50
)

// Explain opens the hotspot with the given id or rank ("3").
func (a *Analysis) Explain(id string) (*Explanation, error) {
	n := slices.IndexFunc(a.Run.Hotspots, func(h Hotspot) bool { return h.ID == id })
	if rank, err := strconv.Atoi(id); n < 0 && err == nil {
		n = slices.IndexFunc(a.Run.Hotspots, func(h Hotspot) bool { return h.Rank == rank })
	}
	if n < 0 {
		return nil, fmt.Errorf("there is no hotspot %q in this run: its ids and ranks are those that rank lists", id)
	}
	m, h, c := a.m, &a.Run.Hotspots[n], &a.listed[n]
	e := &Explanation{ID: h.ID, Name: h.Name, NameZH: h.NameZH, Impact: h.Impact, Faulty: c.faulty, Ranks: a.ranks(n), Channels: []ChannelTerms{}}
	for k, name := range [3]string{"calls", "complaints", "appeals"} {
		if t := c.channels[k]; t.e > 0 {
			e.Channels = append(e.Channels, t.terms(name))
		}
	}
	e.Customers = m.customerTerms(c)
	e.Days = m.dayTerms(c)
	e.Places = a.placeTerms(c)
	e.Reference = m.referenceTerms(c)
	e.Why, e.WhyZH = e.reasons(a.m.noUse)
	return e, nil
}

func (t *evidence) terms(name string) ChannelTerms {
	shape, rate := t.prior.posterior(t.x, t.e)
	share, points := 0.0, len(scoresRate)*len(scoresNormal)
	for k := range t.acts {
		for _, s := range t.shares(&t.acts[k]) {
			share += t.acts[k].likely * s / float64(points)
		}
	}
	return ChannelTerms{Channel: name, Events: t.rawX, Use: t.rawN, Expected: t.rawE, DesignEffect: t.designed,
		Ratio: shape / rate, Avoidable: share, Impact: t.impact,
		LogBayes: t.logBayes, PriorFaulty: t.prior.faulty, PriorScatter: 1 / t.prior.normal}
}

func (m *model) customerTerms(c *candidate) []CustomerTerm {
	out := []CustomerTerm{}
	for _, h := range m.mergedHurts(c.members) {
		q := hurtOf(h.byCalls + h.byMoan + h.byApp)
		out = append(out, CustomerTerm{Value: h.value, Hurt: q, Impact: h.value * q, BadCalls: h.bad,
			Complained: h.moans+h.apps > 0, KeyAccount: m.ev.Customers[h.customer].Segment == segmentKeyAccount})
	}
	slices.SortStableFunc(out, func(a, b CustomerTerm) int { return cmp.Compare(b.Impact, a.Impact) })
	out = out[:min(len(out), topCustomers)]
	for i := range out {
		out[i].Number = i + 1
	}
	return out
}

func (m *model) dayTerms(c *candidate) []DayTerm {
	type sum struct {
		events float64
		loss   float64
	}
	days := map[int32]sum{}
	total := 0.0
	add := func(d int32, n float64, loss float64) {
		s := days[d]
		s.events += n
		s.loss += loss
		days[d] = s
		total += loss
	}
	for _, i := range c.members {
		pl := &m.places[i]
		for _, x := range m.bad[pl.badFrom:pl.badTo] {
			add(x.Day, float64(x.Count), float64(x.Count)*m.loss(x.Kind, x.Day, 1))
		}
		for _, x := range m.moans[pl.moanFrom:pl.moanTo] {
			add(x.Day, x.weight, m.loss(x.Kind, x.Day, x.weight))
		}
	}
	order := make([]int32, 0, len(days))
	for d := range days {
		order = append(order, d)
	}
	slices.Sort(order)
	out := make([]DayTerm, 0, len(order))
	for _, d := range order {
		t := DayTerm{Day: day(d), Events: uint64(math.Round(days[d].events))}
		if total > 0 {
			t.Share = days[d].loss / total
		}
		out = append(out, t)
	}
	return out
}

func (a *Analysis) placeTerms(c *candidate) []PlaceTerm {
	m := a.m
	var out []PlaceTerm
	for _, i := range c.members {
		pl := &m.places[i]
		t := PlaceTerm{Place: m.ids[i], Impact: m.ownImpact(int(i)), Calls: pl.calls, Bad: pl.bad, Customers: pl.customers}
		if !m.noUse {
			t.Expected = m.calls.expected[i]
		}
		t.Name = m.ids[i].String()
		if isCell(m.ids[i]) {
			t.Name = geo.Cell(m.ids[i]).String()
		} else if p, ok := a.atlas.place[i]; ok {
			t.Name = p.Name
		}
		out = append(out, t)
	}
	slices.SortStableFunc(out, func(a, b PlaceTerm) int { return cmp.Compare(b.Impact, a.Impact) })
	return out[:min(len(out), topPlaces)]
}

func (m *model) referenceTerms(c *candidate) []ReferenceTerm {
	ch := &m.calls
	if ch.ref == nil {
		return []ReferenceTerm{}
	}
	uses := map[int32]float64{}
	total := 0.0
	for _, i := range c.members {
		for _, o := range ch.obs[ch.from[i]:ch.from[i+1]] {
			uses[o.key] += o.n
			total += o.n
		}
	}
	keys := make([]int32, 0, len(uses))
	for k := range uses {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b int32) int { return cmp.Or(cmp.Compare(uses[b], uses[a]), cmp.Compare(a, b)) })
	out := make([]ReferenceTerm, 0, len(keys))
	for _, k := range keys {
		st := ch.strata[k]
		t := ReferenceTerm{Region: m.regions.codes[st.region], Scene: geo.Scene(st.scene).String(),
			RAT: geo.RAT(st.class / indoors).String(), Indoor: geo.Indoor(st.class % indoors).String(),
			Share: uses[k] / total, Rate: ch.ref.expect([]obs{{key: k, n: 1}}, 0, 0)}
		out = append(out, t)
	}
	return out
}

// ranks counts how many hotspots of the run are ahead by each yardstick.
func (a *Analysis) ranks(n int) Ranks {
	run := a.Run
	rank := func(score func(h *Hotspot) float64) int {
		mine, r := score(&run.Hotspots[n]), 1
		for i := range run.Hotspots {
			if score(&run.Hotspots[i]) > mine {
				r++
			}
		}
		return r
	}
	r := Ranks{Ours: run.Hotspots[n].Rank, Of: len(run.Hotspots),
		Impact:     rank(func(h *Hotspot) float64 { return h.Impact.Total }),
		Drops:      rank(func(h *Hotspot) float64 { return float64(h.Events.Dropped) }),
		Complaints: rank(func(h *Hotspot) float64 { return float64(h.Events.Complaints) })}
	rated := func(i int) bool {
		return a.listed[i].channels[0].rawN >= MinRateCalls && run.Hotspots[i].Rate.Value != nil
	}
	if rated(n) {
		k := 1
		for i := range run.Hotspots {
			if rated(i) && *run.Hotspots[i].Rate.Value > *run.Hotspots[n].Rate.Value {
				k++
			}
		}
		r.Rate = &k
	}
	return r
}

// reasons says in words why the rank differs from simpler yardsticks, in English
// and Chinese.
func (e *Explanation) reasons(noUse bool) (en, zh []string) {
	en, zh = []string{}, []string{}
	add := func(enFormat, zhFormat string, args ...any) {
		en, zh = append(en, fmt.Sprintf(enFormat, args...)), append(zh, fmt.Sprintf(zhFormat, args...))
	}
	r := e.Ranks
	for _, c := range e.Channels {
		if c.Channel != "calls" || noUse {
			continue
		}
		switch {
		case r.Drops > r.Ours:
			add("ranks higher than by drops (%[1]d): %.0[2]f bad calls where a normal place would have %.1[3]f",
				"排名高于按掉话排名（第%[1]d位）：异常通话%.0[2]f次，正常地点应为%.1[3]f次", r.Drops, c.Events, c.Expected)
		case r.Drops < r.Ours:
			add("ranks lower than by drops (%[1]d): a normal place with this much use would have %.1[3]f of the %.0[2]f bad calls too",
				"排名低于按掉话排名（第%[1]d位）：同样通话量的正常地点也会有%.0[2]f次异常通话中的%.1[3]f次", r.Drops, c.Events, c.Expected)
		}
		if c.DesignEffect > 1.5 {
			add("the bad calls come from few customers: %.0f of them tell as much as %.0f independent ones",
				"异常通话来自少数用户：%.0f次异常通话的信息量只相当于%.0f次独立通话", c.Events, c.Events/c.DesignEffect)
		}
	}
	if r.Rate != nil && *r.Rate > r.Ours {
		add("ranks higher than by rate (%d): more customers are hurt here", "排名高于按异常率排名（第%d位）：这里受影响的用户更多", *r.Rate)
	} else if r.Rate != nil && *r.Rate < r.Ours {
		add("ranks lower than by rate (%d): fewer customers are hurt, or less is known", "排名低于按异常率排名（第%d位）：受影响的用户较少，或数据不足", *r.Rate)
	}
	if r.Complaints > r.Ours {
		add("ranks higher than by complaints (%d): most customers who are hurt do not complain", "排名高于按投诉排名（第%d位）：多数受影响的用户并不投诉", r.Complaints)
	} else if r.Complaints < r.Ours {
		add("ranks lower than by complaints (%d): few customers stand behind them", "排名低于按投诉排名（第%d位）：投诉只来自少数用户", r.Complaints)
	}
	if e.Impact.Lower == 0 {
		add("the lower bound is zero: the place is faulty with probability %.2f only", "下限为零：该地点有故障的概率只有%.2f", e.Faulty)
	}
	return en, zh
}
