package ingest

import (
	"encoding/binary"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/hotcell/hotcell/geo"
	"github.com/zeebo/xxh3"
)

// Locator puts records on the map; *geo.Catalogue is one. It is used by several
// goroutines at once.
type Locator interface {
	// LocateAll finds where records are; out is as long as evidence.
	LocateAll(evidence []geo.Evidence, out []geo.Location)
	// SuspectSwapped tells whether a position makes sense only with latitude and
	// longitude exchanged.
	SuspectSwapped(geo.LatLon) bool
}

// limits are the bounds that validation holds records against.
type limits struct {
	earliest, latest int64 // Unix seconds
}

// mapper turns the fields of a row into values. It belongs to one goroutine.
type mapper struct {
	plan    *plan
	clock   *wallClock
	pseudo  *pseudonymer
	locator Locator
	limits  limits

	row      *row           // the row at hand
	unplaced []geo.Evidence // of the last rows, in their order: see place
	places   []geo.Location // scratch
	joined   []byte         // scratch for times of several columns
	idBuf    []byte         // scratch for ids; begins with the source
	idLen    int
	fpSeed   uint64
	causes   causeMemo
	sample   positionSample
	rowSeed  []byte // what makes a row of a source without ids unique besides itself
}

func newMapper(pl *plan, loc Locator, lim limits, key []byte, prefix []byte) *mapper {
	m := &mapper{plan: pl, clock: newWallClock(pl.p.Time.Zone), pseudo: newPseudonymer(key), locator: loc, limits: lim,
		fpSeed: xxh3.HashString(pl.p.Version), rowSeed: prefix}
	if r := pl.p.columns[fCause].cause; r != nil {
		m.causes = causeMemo{rule: r, seen: map[string]CauseClass{}}
	}
	m.idBuf = append(append(m.idBuf, pl.p.Source...), 0)
	m.idLen = len(m.idBuf)
	return m
}

// get gives a column's value: trimmed, null markers and meanings applied; nil when
// there is none.
func (m *mapper) get(f field) []byte {
	b := &m.plan.bind[f]
	if b.col < 0 {
		return b.constant
	}
	if b.join != nil {
		return m.joinColumns(b)
	}
	v := m.row.fields[b.col]
	if len(v) == 0 {
		return nil
	}
	if v[0] <= ' ' || v[len(v)-1] <= ' ' {
		if v = trim(v); len(v) == 0 {
			return nil
		}
	}
	if b.null(v) {
		return nil
	}
	if b.values != nil {
		if to, ok := b.values[string(v)]; ok {
			if len(to) == 0 {
				return nil
			}
			return to
		}
	}
	if b.ranges != nil {
		return b.class(v)
	}
	return v
}

func (b *binding) null(v []byte) bool {
	for _, n := range b.nulls {
		if string(v) == n {
			return true
		}
	}
	return false
}

// class gives the meaning of a number by its range; what is no number stands for
// itself, and what is in no range for nothing.
func (b *binding) class(v []byte) []byte {
	x, ok := parseFloat(v)
	if !ok {
		return v
	}
	for i := range b.ranges {
		if x < b.ranges[i].Below {
			if b.ranges[i].Value == "" {
				return nil
			}
			return []byte(b.ranges[i].Value)
		}
	}
	return nil
}

// joinColumns puts the columns of a binding together; empty ones leave no trace.
func (m *mapper) joinColumns(b *binding) []byte {
	var out []byte
	for _, col := range b.join {
		v := trim(m.row.fields[col])
		if len(v) == 0 || b.null(v) {
			continue
		}
		if out != nil {
			out = append(out, b.sep...)
		}
		out = append(out, v...)
	}
	return out
}

func (m *mapper) text(f field) string {
	v := m.get(f)
	if v == nil {
		return ""
	}
	return text(v)
}

// when gives the main time of the row.
func (m *mapper) when(f field) (int64, Precision, *rowFault) {
	var v []byte
	switch {
	case m.plan.fileTime != nil:
		c := *m.plan.fileTime
		return m.settle(&c, nil, f)
	case m.plan.timeCols != nil:
		m.joined = m.joined[:0]
		for i, col := range m.plan.timeCols {
			if i > 0 {
				m.joined = append(m.joined, ' ')
			}
			m.joined = append(m.joined, trim(m.row.fields[col])...)
		}
		v = m.joined
	default:
		v = m.get(f)
	}
	if len(v) == 0 {
		return 0, 0, faultf(ReasonMissing, "%s is empty", f)
	}
	return m.parseTime(v, f)
}

// optionalTime reads a time column that may be empty; 0 then.
func (m *mapper) optionalTime(f field) (int64, *rowFault) {
	v := m.get(f)
	if v == nil {
		return 0, nil
	}
	t, _, fault := m.parseTime(v, f)
	return t, fault
}

func (m *mapper) parseTime(v []byte, f field) (int64, Precision, *rowFault) {
	for _, tf := range m.plan.p.Time.formats {
		if c, ok := tf.parse(v); ok {
			return m.settle(&c, v, f)
		}
	}
	return 0, 0, faultf(ReasonTime, "%s %s is no time of the form %s, or no day of the calendar", f, show(v), m.plan.p.Time.shape())
}

func (r *TimeRule) shape() string {
	if len(r.Formats) == 1 && r.Formats[0] == "auto" {
		return "YYYY-MM-DD HH:MM:SS or RFC 3339"
	}
	return quotedOr(r.Formats)
}

func quotedOr(s []string) string {
	out := ""
	for i, v := range s {
		if i > 0 {
			out += " or "
		}
		out += strconv.Quote(v)
	}
	return out
}

// settle turns a civil time into Unix seconds with its precision and holds it
// against the limits.
func (m *mapper) settle(c *civil, v []byte, f field) (int64, Precision, *rowFault) {
	prec := m.plan.p.Time.Precision
	if c.dateOnly && prec < PrecisionDay {
		prec = PrecisionDay
	}
	var t int64
	switch {
	case prec == PrecisionSecond:
		t = m.clock.unix(c)
	case c.isEpoch:
		t = c.epoch - c.epoch%daySeconds + daySeconds/2
	default:
		if prec == PrecisionMonth {
			c.day = 1
		}
		t = c.noon()
	}
	if t < m.limits.earliest || t > m.limits.latest {
		return 0, 0, faultf(ReasonTimeRange, "%s %s lies outside %s to %s; check the clock and the time format of the source", f, show(v),
			time.Unix(m.limits.earliest, 0).UTC().Format(time.DateOnly), time.Unix(m.limits.latest, 0).UTC().Format(time.DateOnly))
	}
	return t, prec, nil
}

// position gives the row's WGS-84 position, if it has one.
func (m *mapper) position() (pos geo.LatLon, has bool, fault *rowFault) {
	a, b := m.get(fLat), m.get(fLon)
	if a == nil && b == nil {
		return pos, false, nil
	}
	if a == nil || b == nil {
		return pos, false, faultf(ReasonHalfPosition, "only one of lat and lon is given (lat %s, lon %s)", show(a), show(b))
	}
	lat, ok1 := parseFloat(a)
	lon, ok2 := parseFloat(b)
	if !ok1 || !ok2 {
		return pos, false, faultf(ReasonPosition, "lat %s, lon %s are no decimal degrees", show(a), show(b))
	}
	for _, n := range m.plan.p.Position.None {
		if lat == n[0] && lon == n[1] {
			return pos, false, nil
		}
	}
	pos = geo.LatLon{Lat: lat, Lon: lon}
	if math.Abs(lat) > 90 || math.Abs(lon) > 180 {
		if math.Abs(lon) <= 90 && math.Abs(lat) <= 180 {
			if m.locator.SuspectSwapped(pos) {
				return pos, false, swappedFault(lat, lon)
			}
			return pos, false, faultf(ReasonPosition, "lat %v is out of range (-90 to 90); latitude and longitude may have changed places", lat)
		}
		return pos, false, faultf(ReasonPosition, "lat %v, lon %v are out of range (-90 to 90, -180 to 180)", lat, lon)
	}
	m.sample.add(pos)
	return m.plan.p.Position.Datum.ToWGS84(pos), true, nil
}

func swappedFault(lat, lon float64) *rowFault {
	return faultf(ReasonSwapped, "lat %v, lon %v lies outside all regions, and inside one with the two exchanged; exchange lat and lon in the profile's columns", lat, lon)
}

// placeAtOnce is how many records are located together: locating waits for memory,
// less so where it knows what comes next.
const placeAtOnce = 64

// place refuses positions that were swapped, and puts the record among those that
// placed will locate. It is the last of a row that may be at fault.
func (m *mapper) place(e *geo.Evidence) *rowFault {
	if e.HasPos && m.locator.SuspectSwapped(e.Pos) {
		var at [1]geo.Location
		if m.locator.LocateAll([]geo.Evidence{*e}, at[:]); at[0].Region == "" {
			return swappedFault(e.Pos.Lat, e.Pos.Lon)
		}
	}
	m.unplaced = append(m.unplaced, *e)
	return nil
}

// placed gives the locations of the records that wait for them.
func (m *mapper) placed() []geo.Location {
	m.places = slices.Grow(m.places[:0], len(m.unplaced))[:len(m.unplaced)]
	m.locator.LocateAll(m.unplaced, m.places)
	m.unplaced = m.unplaced[:0]
	return m.places
}

// accuracy gives the radius of the position in metres; 0 when unknown.
func (m *mapper) accuracy() (float64, *rowFault) {
	v := m.get(fAccuracy)
	if v == nil {
		return 0, nil
	}
	a, ok := parseFloat(v)
	if !ok || a < 0 {
		return 0, faultf(ReasonAccuracy, "accuracy_m %s is no distance of 0 or more", show(v))
	}
	a *= m.plan.bind[fAccuracy].scale
	if a > 20_037_500 { // half the equator
		return 0, faultf(ReasonAccuracy, "accuracy_m %s is more than half the way round the Earth", show(v))
	}
	return a, nil
}

// measure reads a number of at least 0, in our unit; -1 when there is none.
func (m *mapper) measure(f field, r Reason) (float32, *rowFault) {
	v := m.get(f)
	if v == nil {
		return -1, nil
	}
	a, ok := parseFloat(v)
	switch {
	case !ok:
		return -1, faultf(r, "%s %s is no number", f, show(v))
	case a < 0:
		return -1, faultf(r, "%s %s is negative", f, show(v))
	case a > math.MaxFloat32:
		return -1, faultf(r, "%s %s is too large", f, show(v))
	}
	return float32(a * m.plan.bind[f].scale), nil
}

// recordID gives the row's id for ever: from the source's own id, or from the
// row itself, its line and the beginning of its file (see rowSeed).
func (m *mapper) recordID() (RecordID, *rowFault) {
	b := m.idBuf[:m.idLen]
	var id []byte
	if m.plan.hasID {
		if id = m.get(fRecordID); id == nil && !m.plan.idOptional {
			return RecordID{}, faultf(ReasonMissing, "record_id is empty")
		}
	}
	if id != nil {
		b = append(b, id...)
	} else {
		b = append(b, m.rowSeed...)
		for s := 0; s < 64; s += 8 {
			b = append(b, byte(m.row.at>>s))
		}
		if m.plan.idOptional { // a message's place says it all, whatever the profile makes of it
			m.idBuf = b
			return RecordID(xxh3.Hash128(b).Bytes()), nil
		}
		for _, f := range m.row.fields { // and not the raw row: a reject may be replayed in another format
			b = binary.AppendUvarint(b, uint64(len(f)))
			b = append(b, f...)
		}
	}
	m.idBuf = b
	return RecordID(xxh3.Hash128(b).Bytes()), nil
}

func (m *mapper) fingerprint() uint64 {
	f := xxh3.HashSeed(m.row.raw, m.fpSeed)
	if f == 0 {
		f = 1 // 0 would read as "not kept"
	}
	return f
}
