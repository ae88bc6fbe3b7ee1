package hotspots

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"sync"

	"github.com/hotcell/hotcell/geo"
)

// Rank turns evidence into hotspots ordered by the lower bound of avoidable
// impact. It is a pure function: the same evidence, in any order, gives the same
// run. Run.ID and Run.Created are left for the caller; hotspots of previous (nil
// for none) keep their ids where they are still there. places may be nil: then
// venues and segments are listed by id alone.
func Rank(ev *Evidence, places Places, p Params, previous *Run) (*Run, error) {
	a, err := Analyse(ev, places, p, previous)
	if err != nil {
		return nil, err
	}
	return a.Run, nil
}

// Analysis is a run with what is needed to explain it.
type Analysis struct {
	Run    *Run
	m      *model
	atlas  *atlas
	listed []candidate // parallel to Run.Hotspots
}

// Analyse is Rank with the means to explain each hotspot.
func Analyse(ev *Evidence, places Places, p Params, previous *Run) (*Analysis, error) {
	if ev == nil {
		return nil, errors.New("there is no evidence to rank: load calls or complaints first")
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	m := newModel(ev, places, p)
	m.fit()
	a := &Analysis{m: m, atlas: newAtlas(m)}
	a.listed = p.list(m.candidates(a.atlas))
	a.Run = a.describe(previous)
	return a, nil
}

// fit estimates references and priors of all channels.
func (m *model) fit() {
	m.noUse = m.withoutExposure()
	scene := func(i int) int32 { return m.sceneOf(i) }
	var calls sync.WaitGroup
	calls.Go(func() {
		m.calls = m.callsChannel()
		fitChannel(&m.calls, m.regions, scene)
		m.acting = newActing(m)
		m.acting.learn(m, m.normality())
	})
	customers := m.servedCustomers()
	m.complaints = m.complaintChannel(false, customers)
	fitChannel(&m.complaints, m.regions, scene)
	m.appeals = m.complaintChannel(true, customers)
	fitChannel(&m.appeals, m.regions, scene)
	calls.Wait()
	m.singles = make([]float64, len(m.places))
	inParallel(len(m.places), func(i int) {
		if m.eventful(i) {
			var p pool
			p.add(m, int32(i))
			m.singles[i] = p.logBayes(m)
		}
	})
}

// normality is, by place, the probability that it is normal, as far as its rate of
// bad calls over the whole window tells.
func (m *model) normality() []float64 {
	c := &m.calls
	out := make([]float64, len(m.places))
	inParallel(len(out), func(i int) {
		out[i] = 1
		if c.x[i] > 0 && c.expected[i] > 0 {
			p, d := c.priors[m.sceneOf(i)], c.design[i]
			out[i] = 1 - chance(c.sizes.share(p.faulty, c.expected[i]/d), p.logBayes(c.x[i]/d, c.expected[i]/d, p.normal))
		}
	})
	return out
}

// withoutExposure tells whether there is nothing to set bad calls against: no
// calls at all, or bad ones only.
func (m *model) withoutExposure() bool {
	calls, bad := 0.0, 0.0
	for _, u := range m.uses {
		calls += u.calls
		bad += u.bad
	}
	return calls <= bad*1.001
}

// list orders candidates and keeps those that are credible: hotspots with a
// positive lower bound, further ones as long as the expected share of false
// hotspots stays within Params.FalseShare, and the next likeliest where that makes
// a very short list (Params.Fill). Only those that may be kept are weighed: places whose
// probability of being normal exceeds the tail have a lower bound of zero.
func (p *Params) list(all []candidate) []candidate {
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.faulty, a.faulty), cmp.Compare(a.members[0], b.members[0]))
	})
	wrong, keep := 0.0, 0
	sure := slices.IndexFunc(all, func(c candidate) bool { return c.faulty < 1-p.tail()-1e-9 })
	if sure < 0 {
		sure = len(all)
	}
	p.weighAll(all[:sure])
	for i := range all {
		wrong += 1 - all[i].faulty
		if all[i].lower > 0 || wrong <= p.FalseShare*float64(i+1) {
			keep = i + 1
		}
	}
	p.weighAll(all[:keep])
	for _, c := range all[keep:] {
		if keep >= p.Fill || c.faulty < p.FillFaulty {
			break
		}
		p.weigh(&c.judgement)
		if c.mean >= p.FillWorth {
			all[keep] = c
			keep++
		}
	}
	all = slices.Clone(all[:keep])
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.lower, a.lower), cmp.Compare(b.mean, a.mean), cmp.Compare(a.members[0], b.members[0]))
	})
	if p.Top > 0 && len(all) > p.Top {
		all = all[:p.Top]
	}
	return all
}

func (p *Params) weighAll(all []candidate) {
	eachInParallel(len(all), func(i int) { p.weigh(&all[i].judgement) })
}

// servedCustomers is, by place, the number of customers complaints are set
// against. Places with complaints but without calls get their neighbourhood's
// number.
func (m *model) servedCustomers() []float64 {
	out := make([]float64, len(m.places))
	sum, n := 0.0, 0.0
	for i := range m.places {
		pl := &m.places[i]
		out[i] = pl.customers
		if pl.customers > 0 {
			sum += pl.customers
			n++
		}
	}
	mean := 1.0
	if n > 0 {
		mean = sum / n
	}
	for i := range m.places {
		pl := &m.places[i]
		if pl.customers > 0 || pl.moanFrom == pl.moanTo {
			continue
		}
		local, cells := mean, 1.0
		for _, c := range m.cellOf(i).Disk(2) {
			if k := m.index(geo.PlaceID(c)); k >= 0 && k != i && m.places[k].customers > 0 {
				local += m.places[k].customers
				cells++
			}
		}
		out[i] = local / cells
	}
	return out
}

// cellOf is the cell of a place, or of its centre; 0 when unknown.
func (m *model) cellOf(i int) geo.Cell {
	id := m.ids[i]
	if isCell(id) {
		return geo.Cell(id)
	}
	if m.lookup == nil {
		return 0
	}
	pl, ok := m.lookup.Place(id)
	if !ok {
		return 0
	}
	return pl.Cell
}

// neighbourhoodCounts is, by place, the bad calls that the places around show,
// for data without exposure: the average over places of the same scene and the
// cells within two steps.
func (m *model) neighbourhoodCounts() []float64 {
	var sum, n [scenes]float64
	for i := range m.places {
		if m.eventful(i) {
			s := m.sceneOf(i)
			sum[s] += math.Min(m.places[i].bad, 20)
			n[s]++
		}
	}
	const strength = 4.0
	out := make([]float64, len(m.places))
	for i := range m.places {
		if !m.eventful(i) {
			continue
		}
		s := m.sceneOf(i)
		total, weight := strength*sum[s]/n[s], strength
		if isCell(m.ids[i]) {
			for _, c := range geo.Cell(m.ids[i]).Disk(2) {
				if k := m.index(geo.PlaceID(c)); k >= 0 && k != i && m.eventful(k) {
					total += math.Min(m.places[k].bad, 20)
					weight++
				}
			}
		}
		out[i] = total / weight
	}
	return out
}
