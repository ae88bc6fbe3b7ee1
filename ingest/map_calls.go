package ingest

import (
	"math"

	"github.com/hotcell/hotcell/geo"
)

// call maps the row at hand to a call.
func (m *mapper) call(c *Call) *rowFault {
	*c = Call{}
	customer, peer := m.pseudo.seek(m.get(fSubscriber)), m.pseudo.seek(m.get(fPeer))
	var f *rowFault
	if c.ID, f = m.recordID(); f != nil {
		return f
	}
	if c.Time, c.Precision, f = m.when(fTime); f != nil {
		return f
	}
	if v := m.get(fOutcome); v != nil {
		if c.Outcome = parseOutcome(v); c.Outcome == OutcomeUnknown {
			return faultf(ReasonOutcome, "outcome %s is none of completed, poor, dropped, blocked; map it in the profile", show(v))
		}
	}
	if c.DurationS, f = m.measure(fDuration, ReasonDuration); f != nil {
		return f
	}
	if c.RAT, f = m.rat(); f != nil {
		return f
	}
	if c.Indoor, f = m.indoor(); f != nil {
		return f
	}
	if c.Floor, f = m.floor(); f != nil {
		return f
	}
	if v := m.get(fRating); v != nil {
		n, ok := parseInt(v)
		if !ok || n < 1 || n > 5 {
			return faultf(ReasonRating, "rating %s is no whole number from 1 to 5", show(v))
		}
		c.Rating = uint8(n)
	}
	c.Cause, c.RadioCell, c.Operator = m.text(fCause), m.text(fCellID), m.text(fOperator)

	if m.causes.rule != nil && c.Cause != "" {
		c.CauseClass = m.causes.class([]byte(c.Cause))
	}

	e := geo.Evidence{RadioCell: c.RadioCell, Floor: c.Floor, Indoor: c.Indoor, RAT: c.RAT}
	if e.Pos, e.HasPos, f = m.position(); f != nil {
		return f
	}
	if e.AccuracyM, f = m.accuracy(); f != nil {
		return f
	}
	if f = m.place(&e); f != nil {
		return f
	}
	c.Customer, c.Peer = m.pseudo.customer(customer), m.pseudo.customer(peer)
	if c.Customer == 0 && e.HasPos {
		c.Customer = surrogate(e.Pos)
	}
	c.Fingerprint = m.fingerprint()
	return nil
}

func parseOutcome(b []byte) Outcome {
	switch string(b) {
	case "completed":
		return Completed
	case "poor":
		return Poor
	case "dropped":
		return Dropped
	case "blocked":
		return Blocked
	}
	for o, name := range outcomeNames {
		if o > 0 && equalFold(b, name) {
			return Outcome(o)
		}
	}
	return OutcomeUnknown
}

var outcomeNames = [...]string{"unknown", "completed", "poor", "dropped", "blocked"}

func (o Outcome) String() string {
	if int(o) < len(outcomeNames) {
		return outcomeNames[o]
	}
	return outcomeNames[0]
}

func (m *mapper) rat() (geo.RAT, *rowFault) {
	v := m.get(fRAT)
	if v == nil {
		return geo.RATUnknown, nil
	}
	if len(v) == 2 && v[1]|0x20 == 'g' && v[0] >= '2' && v[0] <= '5' {
		return geo.RAT2G + geo.RAT(v[0]-'2'), nil
	}
	return geo.RATUnknown, faultf(ReasonValue, "rat %s is none of 2g, 3g, 4g, 5g; map it in the profile", show(v))
}

func (m *mapper) indoor() (geo.Indoor, *rowFault) {
	v := m.get(fIndoor)
	switch {
	case v == nil:
		return geo.IndoorUnknown, nil
	case equalFold(v, "indoor"):
		return geo.Inside, nil
	case equalFold(v, "outdoor"):
		return geo.Outside, nil
	case equalFold(v, "travelling"):
		return geo.Travelling, nil
	}
	return geo.IndoorUnknown, faultf(ReasonValue, "indoor %s is none of indoor, outdoor, travelling; map it in the profile", show(v))
}

func (m *mapper) floor() (int16, *rowFault) {
	v := m.get(fFloor)
	if v == nil {
		return geo.UnknownFloor, nil
	}
	n, ok := parseInt(v)
	if !ok { // as people write it: 12F, B1, 12楼
		if h := geo.ParseHints(string(v)); h.HasFloor {
			return h.Floor, nil
		}
	}
	if !ok || n < -50 || n > math.MaxInt8*4 {
		return geo.UnknownFloor, faultf(ReasonNumber, "floor %s is no whole number of a floor (basements are negative)", show(v))
	}
	return int16(n), nil
}
