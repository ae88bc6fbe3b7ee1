package geo

import "math"

// DatumEstimate says how well a source's positions agree with the catalogue's
// buildings and highways under each datum.
type DatumEstimate struct {
	Best   Datum
	Sure   bool   // the evidence is strong enough to contradict a profile
	Used   int    // positions near any venue under some datum
	Agreed [3]int // of them, in a building or on a highway, by datum: WGS84, GCJ02, BD09
}

const (
	// A carriageway is some 15 m wide and positions are good to about 10 m.
	onHighway = 25.0
	// leastUsed positions, and a lead of leastLead standard errors between the best
	// and the second datum, make an estimate sure.
	leastUsed = 50
	leastLead = 4.0
)

// EstimateDatum compares raw positions of one source with the geometry of the
// catalogue: read in the right datum, many of them lie in buildings and on
// highways; shifted by hundreds of metres they fall anywhere. Only positions that
// a shift applies to (mainland China) and that some datum puts on a venue count.
// The lead of the best datum is judged on the positions on which it and the
// second best disagree (McNemar's test).
func (c *Catalogue) EstimateDatum(positions []LatLon) DatumEstimate {
	var e DatumEstimate
	var alone [3][3]int // alone[a][b]: a puts the position on a venue, b does not
	for _, p := range positions {
		if !p.Valid() || GCJ02.ToWGS84(p) == p {
			continue
		}
		var on [3]bool
		for d := range on {
			on[d] = c.onVenue(Datum(d).ToWGS84(p))
		}
		if on == [3]bool{} {
			continue
		}
		e.Used++
		for a := range on {
			if on[a] {
				e.Agreed[a]++
			}
			for b := range on {
				if on[a] && !on[b] {
					alone[a][b]++
				}
			}
		}
	}
	for d := range e.Agreed {
		if e.Agreed[d] > e.Agreed[e.Best] {
			e.Best = Datum(d)
		}
	}
	lead := math.Inf(1)
	for d := range e.Agreed {
		if Datum(d) != e.Best {
			won, lost := float64(alone[e.Best][d]), float64(alone[d][e.Best])
			lead = min(lead, (won-lost)/math.Sqrt(max(1, won+lost)))
		}
	}
	e.Sure = e.Used >= leastUsed && lead >= leastLead
	return e
}

func (c *Catalogue) onVenue(p LatLon) bool {
	q := c.squares.at(p)
	if n, owner := c.shapeAt(q, p, 0); n != math.MaxUint32 {
		// A large site contains a position under every datum and tells nothing.
		return c.extents[owner].area < 50_000
	}
	if q == nil || q.lines == 0 {
		return false
	}
	line, _, _ := c.lines.nearestOf(c.squares.pieces[q.lines:], p, metresPerDeg*math.Cos(p.Lat*radians), onHighway)
	return line >= 0
}
