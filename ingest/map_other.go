package ingest

import (
	"math"

	"github.com/hotcell/hotcell/geo"
)

// subscriber maps the row at hand to a customer's value attributes.
func (m *mapper) subscriber(s *Subscriber) *rowFault {
	*s = Subscriber{}
	id := m.get(fSubscriber)
	if id == nil {
		return faultf(ReasonMissing, "subscriber_id is empty")
	}
	s.Customer = m.pseudo.of(id)
	segment, f := m.word(fSegment)
	if f != nil {
		return f
	}
	for i, name := range segmentNames {
		if i > 0 && name == segment {
			s.Segment = Segment(i)
		}
	}
	if v := m.get(fValueTier); v != nil {
		n, ok := parseInt(v)
		if !ok || n < 1 || n > 5 {
			return faultf(ReasonRating, "value_tier %s is no whole number from 1 to 5", show(v))
		}
		s.ValueTier = uint8(n)
	}
	if s.TenureMo, f = m.measure(fTenure, ReasonNumber); f != nil {
		return f
	}
	if s.ARPU, f = m.measure(fARPU, ReasonNumber); f != nil {
		return f
	}
	if s.ChurnedAt, f = m.optionalTime(fChurnedAt); f != nil {
		return f
	}
	s.From, f = m.optionalTime(fValidFrom)
	return f
}

// counters maps the row at hand to one radio cell's hour.
func (m *mapper) counters(t *Traffic) *rowFault {
	*t = Traffic{}
	if t.RadioCell = m.text(fCellID); t.RadioCell == "" {
		return faultf(ReasonMissing, "cell_id is empty")
	}
	var f *rowFault
	if t.Hour, _, f = m.when(fHour); f != nil {
		return f
	}
	t.Hour -= t.Hour % 3600
	for _, c := range []struct {
		field field
		to    *uint64
	}{{fAttempts, &t.Attempts}, {fSetups, &t.Setups}, {fDrops, &t.Drops}} {
		v := m.get(c.field)
		if v == nil {
			return faultf(ReasonMissing, "%s is empty", c.field)
		}
		n, ok := parseInt(v)
		if !ok || n < 0 {
			return faultf(ReasonNumber, "%s %s is no whole number of 0 or more", c.field, show(v))
		}
		*c.to = uint64(n)
	}
	if t.Setups > t.Attempts || t.Drops > t.Setups {
		return faultf(ReasonInconsistent, "attempts %d, setups %d, drops %d: there cannot be more set-ups than attempts or more drops than set-ups", t.Attempts, t.Setups, t.Drops)
	}
	return nil
}

// site maps the row at hand to a radio cell of a base station.
func (m *mapper) site(s *geo.Site) *rowFault {
	*s = geo.Site{RadioCell: m.text(fCellID), Site: m.text(fSite)}
	if s.RadioCell == "" {
		return faultf(ReasonMissing, "cell_id is empty")
	}
	pos, has, f := m.position()
	if f != nil {
		return f
	}
	if !has {
		return faultf(ReasonMissing, "a site needs lat and lon")
	}
	if m.locator.SuspectSwapped(pos) {
		return swappedFault(pos.Lat, pos.Lon)
	}
	s.Pos = pos
	if s.AzimuthDeg, f = m.degrees(fAzimuth, -360, 360); f != nil {
		return f
	}
	if s.AzimuthDeg < 0 {
		s.AzimuthDeg += 360
	}
	if s.BeamwidthDeg, f = m.degrees(fBeamwidth, 0, 360); f != nil {
		return f
	}
	r, f := m.measure(fRange, ReasonNumber)
	if f != nil {
		return f
	}
	if s.RangeM = float64(r); r <= 0 {
		s.RangeM = math.NaN()
	}
	if s.RAT, f = m.rat(); f != nil {
		return f
	}
	s.Indoor, f = m.truth(fIndoor)
	return f
}

// degrees reads an angle; NaN when there is none.
func (m *mapper) degrees(f field, least, most float64) (float64, *rowFault) {
	v := m.get(f)
	if v == nil {
		return math.NaN(), nil
	}
	a, ok := parseFloat(v)
	if !ok || a < least || a > most {
		return 0, faultf(ReasonNumber, "%s %s is no angle from %v to %v degrees", f, show(v), least, most)
	}
	return a, nil
}

// truth reads whether a site is indoors: the words of calls, or yes and no.
func (m *mapper) truth(f field) (bool, *rowFault) {
	v := m.get(f)
	if v == nil {
		return false, nil
	}
	for _, w := range []string{"true", "1", "yes", "y", "indoor"} {
		if equalFold(v, w) {
			return true, nil
		}
	}
	for _, w := range []string{"false", "0", "no", "n", "outdoor"} {
		if equalFold(v, w) {
			return false, nil
		}
	}
	return false, faultf(ReasonValue, "%s %s is neither true nor false", f, show(v))
}

// survey maps the row at hand to a survey answer.
func (m *mapper) survey(s *Survey) *rowFault {
	*s = Survey{}
	var f *rowFault
	if s.ID, f = m.recordID(); f != nil {
		return f
	}
	if s.Time, _, f = m.when(fTime); f != nil {
		return f
	}
	if s.Instrument, f = m.word(fInstrument); f != nil {
		return f
	}
	if s.Instrument == "" {
		return faultf(ReasonMissing, "instrument is empty")
	}
	v := m.get(fScore)
	if v == nil {
		return faultf(ReasonMissing, "score is empty")
	}
	score, ok := parseFloat(v)
	scale := scoreScales[s.Instrument]
	if !ok || score < scale[0] || score > scale[1] {
		return faultf(ReasonRating, "score %s is no number from %v to %v, the scale of %s", show(v), scale[0], scale[1], s.Instrument)
	}
	s.Score = float32(score)
	s.Customer = m.pseudo.of(m.get(fSubscriber))
	s.Region = m.text(fRegion)
	return nil
}

// scoreScales are the lowest and highest score of each instrument (DESIGN §2).
var scoreScales = map[string][2]float64{"tcsi": {0, 100}, "nps": {0, 10}, "csat": {1, 5}}
