package geo

import "math"

// indoorReach is how far outside every building an indoor radio cell may be
// entered and still be taken for the nearest one's, in metres: site lists give
// the gate or the mast room as often as the middle of the house.
const indoorReach = 30.0

// nobody marks indoor radio cells whose building is not known.
const nobody = int32(-1)

// houseIndoorCells finds the venue each indoor radio cell serves: the smallest one
// its site lies in, else the nearest within indoorReach, provided that no other
// one is nearly as near. Two that may be meant are none.
func (c *Catalogue) houseIndoorCells() {
	c.sites.venue = make([]int32, len(c.sites.sites))
	for i := range c.sites.sites {
		c.sites.venue[i] = nobody
		if s := &c.sites.sites[i]; s.Indoor {
			c.sites.venue[i] = c.houseOf(s.Pos)
			c.sites.housed = c.sites.housed || c.sites.venue[i] != nobody
		}
	}
}

func (c *Catalogue) houseOf(p LatLon) int32 {
	if n := c.shapes.first(p, 0); n != math.MaxUint32 {
		return c.shapes.owner[n]
	}
	any := func(int) bool { return true }
	n := c.shapes.nearest(p, indoorReach, any)
	if n == math.MaxUint32 {
		return nobody
	}
	owner := c.shapes.owner[n]
	// Another building within twice the distance could be meant as well.
	d := c.shapes.polys[n].distance(p.Lon, p.Lat, indoorReach)
	host := c.spots[owner].host
	rival := c.shapes.nearest(p, min(indoorReach, 2*d+1), func(o int) bool { return c.spots[o].host != host })
	if rival != math.MaxUint32 {
		return nobody
	}
	return owner
}

// indoorVenue gives the venue a record is from that is known by an indoor radio
// cell only, −1 when that cell says nothing about the venue or the record says
// that the customer was out of doors: indoor cells are heard in the street.
func (c *Catalogue) indoorVenue(site int, e *Evidence) int {
	if e.Indoor == Outside || e.Indoor == Travelling {
		return -1
	}
	return int(c.sites.venue[site])
}

// exactPosition is an accuracy, in metres, at which a position tells the building by
// itself.
const exactPosition = 15.0

// servedIn gives the venue whose own indoor radio cell served a record with a position
// that does not tell the building, −1 for none: the venue lies within the slack, in
// metres, of the position. Such a cell says more than the position: it is heard in its
// building and hardly elsewhere, while positions taken indoors are off by a street.
func (c *Catalogue) servedIn(e *Evidence, slack float64) int {
	if !c.sites.housed || e.RadioCell == "" || e.Indoor == Outside || e.Indoor == Travelling {
		return -1
	}
	i, known := c.sites.byCell[e.RadioCell]
	if !known {
		return -1
	}
	v := c.indoorVenue(i, e)
	if v < 0 || Distance(e.Pos, c.extents[v].centre) > c.extents[v].radius+slack {
		return -1
	}
	return v
}

// houseOn tells whether a venue, −1 for none, is a smaller one on another's ground: a
// faculty on a campus.
func (c *Catalogue) houseOn(venue, ground int) bool {
	if venue < 0 || venue == ground {
		return false
	}
	v, g := &c.extents[venue], &c.extents[ground]
	return v.area < g.area && Distance(v.centre, g.centre) <= g.radius
}

// IndoorPlace gives the building that an indoor radio cell serves, as a whole; 0
// for other radio cells and where the building is not known.
func (c *Catalogue) IndoorPlace(radioCell string) PlaceID {
	i, known := c.sites.byCell[radioCell]
	if !known || c.sites.venue[i] == nobody {
		return 0
	}
	e := Evidence{RadioCell: radioCell, Floor: UnknownFloor, Indoor: Inside}
	return c.Locate(e).Place
}
