package ingest

import (
	"strings"

	"github.com/hotcell/hotcell/geo"
)

// complaint maps the row at hand to a complaint.
func (m *mapper) complaint(c *Complaint) *rowFault {
	*c = Complaint{}
	var f *rowFault
	if c.ID, f = m.recordID(); f != nil {
		return f
	}
	if c.Time, c.Precision, f = m.when(fTime); f != nil {
		return f
	}
	kind, f := m.word(fKind)
	if f != nil {
		return f
	}
	c.Appeal = kind == "appeal"
	if c.Channel, f = m.word(fChannel); f != nil {
		return f
	}
	c.Category, c.Text, c.Address = m.text(fCategory), m.text(fText), m.text(fAddress)
	c.Venue, c.RadioCell, c.Status = m.text(fVenue), m.text(fCellID), m.text(fStatus)

	e := geo.Evidence{RadioCell: c.RadioCell, Venue: c.Venue, Address: c.Address, Text: c.Text, Floor: geo.UnknownFloor}
	if e.Pos, e.HasPos, f = m.position(); f != nil {
		return f
	}
	if e.AccuracyM, f = m.accuracy(); f != nil {
		return f
	}
	if f = m.place(&e); f != nil {
		return f
	}
	if c.Customer = m.pseudo.of(m.get(fSubscriber)); c.Customer == 0 && e.HasPos {
		c.Customer = surrogate(e.Pos)
	}
	c.Fingerprint = m.fingerprint()
	return nil
}

// word reads a column with a fixed vocabulary, in any case; "" when empty.
func (m *mapper) word(f field) (string, *rowFault) {
	v := m.get(f)
	if v == nil {
		return "", nil
	}
	for _, w := range vocabulary[f] {
		if equalFold(v, w) {
			return w, nil
		}
	}
	return "", faultf(ReasonValue, "%s %s is none of %s; map it in the profile", f, show(v), strings.Join(vocabulary[f], ", "))
}

// String gives the name used in files.
func (s Segment) String() string { return segmentNames[min(int(s), len(segmentNames)-1)] }

var segmentNames = [...]string{"unknown", "consumer", "enterprise", "key_account"}
