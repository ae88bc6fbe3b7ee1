package city

import "strconv"

const (
	callsHeader       = "record_id,time,subscriber_id,peer_id,outcome,duration_s,cause,rat,cell_id,operator,lat,lon,accuracy_m,floor,indoor,rating\n"
	complaintsHeader  = "record_id,time,subscriber_id,channel,kind,category,text,address,lat,lon,accuracy_m,cell_id,venue,status\n"
	subscribersHeader = "subscriber_id,segment,value_tier,tenure_months,arpu,churned_at\n"
	sitesHeader       = "cell_id,site,lat,lon,azimuth_deg,beamwidth_deg,range_m,rat,indoor\n"
	trafficHeader     = "cell_id,hour,attempts,setups,drops\n"
	surveysHeader     = "time,subscriber_id,region,instrument,score\n"

	operator = "华星移动"
)

// appendNumber writes n with at least width digits.
func appendNumber(b []byte, n uint64, width int) []byte {
	var d [20]byte
	i := len(d)
	for n > 0 || width > 0 {
		i--
		d[i] = byte('0' + n%10)
		n /= 10
		width--
	}
	return append(b, d[i:]...)
}

// appendDegrees writes 1e-7 degrees with six decimals.
func appendDegrees(b []byte, e7 int64) []byte {
	if e7 < 0 {
		b = append(b, '-')
		e7 = -e7
	}
	e6 := (e7 + 5) / 10
	b = strconv.AppendInt(b, e6/1_000_000, 10)
	b = append(b, '.')
	return appendNumber(b, uint64(e6%1_000_000), 6)
}

// appendTime writes second t of the period as RFC 3339.
func (g *generator) appendTime(b []byte, t int32) []byte {
	b = append(b, g.dates[t/86400]...)
	b = append(b, 'T')
	b = appendNumber(b, uint64(t%86400/3600), 2)
	b = append(b, ':')
	b = appendNumber(b, uint64(t%3600/60), 2)
	b = append(b, ':')
	b = appendNumber(b, uint64(t%60), 2)
	return append(b, "+08:00"...)
}

func appendSubscriber(b []byte, u int32) []byte { return appendNumber(append(b, 'S'), uint64(u)+1, 8) }

// appendPeer writes a contact: one in three is a customer of this operator.
func (g *generator) appendPeer(b []byte, peer uint64) []byte {
	if peer%3 == 0 {
		return appendSubscriber(b, int32(peer%uint64(len(g.w.customers))))
	}
	return appendNumber(append(b, 'E'), peer, 8)
}

// rows writes the slot's calls as CSV, with dirt where the config wants it.
func (g *generator) rows(out *slotOut) {
	out.csv, out.late, out.dirt = out.csv[:0], out.late[:0], dirtCount{}
	number := g.first[out.slot]
	if g.w.cfg.Dirt > 0 {
		g.dirtyRows(out, number)
		return
	}
	for i := range out.calls {
		out.csv = g.appendCall(out.csv, &out.calls[i], uint64(number)+uint64(i)+1, clean)
	}
}

func (g *generator) appendCall(b []byte, c *call, number uint64, d dirtKind) []byte {
	b = appendNumber(append(b, 'C'), number, 9)
	b = append(b, ',')
	if d == dirtDate {
		b = append(b, g.dates[c.t/86400][:4]...)
		b = append(b, "-02-30T25:61:00+08:00"...)
	} else {
		b = g.appendTime(b, c.t)
	}
	b = append(b, ',')
	b = appendSubscriber(b, c.u)
	b = append(b, ',')
	b = g.appendPeer(b, c.peer)
	b = append(b, ',')
	b = append(b, c.out.logged()...)
	b = append(b, ',')
	b = strconv.AppendInt(b, int64(c.dur), 10)
	b = append(b, ',')
	b = append(b, c.cause...)
	b = append(b, ',')
	b = append(b, c.tech.String()...)
	b = append(b, ',')
	if c.hasCell {
		b = append(b, g.w.cells[c.cell].id...)
	}
	b = append(b, ',')
	b = append(b, operator...)
	b = append(b, ',')
	if c.hasPos {
		lat, lon := g.w.frame.e7(c.pos)
		if d == dirtSwapped {
			lat, lon = lon, lat
		}
		b = appendDegrees(b, lat)
		b = append(b, ',')
		b = appendDegrees(b, lon)
		b = append(b, ',')
		b = strconv.AppendInt(b, int64(c.accuracy), 10)
	} else {
		b = append(b, ",,"...)
	}
	b = append(b, ',')
	if c.hasFloor {
		b = strconv.AppendInt(b, int64(c.floor), 10)
	}
	b = append(b, ',')
	switch {
	case c.moving:
		b = append(b, "travelling"...)
	case c.inside:
		b = append(b, "indoor"...)
	default:
		b = append(b, "outdoor"...)
	}
	b = append(b, ',')
	if c.rating > 0 {
		b = append(b, '0'+c.rating)
	}
	return append(b, '\n')
}

// dirtKind is what is wrong with a row on purpose.
type dirtKind uint8

const (
	clean dirtKind = iota
	dirtDuplicate
	dirtSwapped
	dirtDate
	dirtLate
)

// dirtCount counts spoiled rows; it is part of truth.json.
type dirtCount struct {
	Duplicates         int `json:"duplicates"`
	SwappedCoordinates int `json:"swapped_coordinates"`
	BadDates           int `json:"bad_dates"`
	Late               int `json:"late"`
}

func (d *dirtCount) add(o dirtCount) {
	d.Duplicates += o.Duplicates
	d.SwappedCoordinates += o.SwappedCoordinates
	d.BadDates += o.BadDates
	d.Late += o.Late
}

func (g *generator) dirtyRows(out *slotOut, number int64) {
	share := g.w.cfg.Dirt
	for i := range out.calls {
		c := &out.calls[i]
		n := uint64(number) + uint64(i) + 1
		r := newRng(g.w.seed, forDirt, n)
		kind := clean
		if x := r.f(); x < 4*share {
			kind = dirtDuplicate + dirtKind(min(int(x/share), 3))
		}
		if kind == dirtSwapped && !c.hasPos {
			kind = clean
		}
		switch kind {
		case dirtDuplicate:
			out.csv = g.appendCall(out.csv, c, n, clean)
			out.dirt.Duplicates++
		case dirtSwapped:
			out.dirt.SwappedCoordinates++
		case dirtDate:
			out.dirt.BadDates++
		case dirtLate:
			out.dirt.Late++
			out.late = g.appendCall(out.late, c, n, clean)
			continue
		}
		out.csv = g.appendCall(out.csv, c, n, kind)
	}
}
