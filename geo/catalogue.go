package geo

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
)

// Catalogue knows venues, regions and radio sites and answers where a record
// belongs. It never changes once made, so any number of goroutines may use it;
// a new one replaces it whole (atomic.Pointer).
type Catalogue struct {
	venues  []Venue
	index   map[string]int // venue id → position
	extents []venueExtent
	shapes  *shapeIndex // venues that attract by polygon
	lines   lineIndex
	tunnels lineIndex
	points  pointIndex
	squares *squareIndex // all of these and the regions, by squares
	spots   []spot       // of each venue
	ids     []PlaceID    // of spots: bands and segments
	names   nameIndex
	regions *regionTree
	sites   *siteIndex
	posts   map[int32][]post // exits and milestones of lines, by chainage
	places  map[PlaceID]placeRef

	undergrounds bool // some basement has an outline of its own
}

// venueExtent is what locating needs to know about a venue, worked out once.
type venueExtent struct {
	area   float64 // square metres
	centre LatLon
	radius float64 // metres from the centre to the furthest vertex
	length float64 // lines: metres
	course string  // lines whose Ref another line shares: "eastbound"
}

// spot is what locating reads of a venue: 48 bytes, apart from the rest of it.
type spot struct {
	parts    [3]PlaceID
	more     uint32 // where its floor bands or kilometres start in ids
	count    int32  // how many: floors 1–10, 11–20, …, none below bandFloors floors; kilometres of a line
	host     int32  // the venue whose part this one is; its own index otherwise
	floors   int32  // Venue.Floors
	scene    Scene
	hostPart Part
	line     bool
	lift     bool // some lift of it is a point, which a position can be beside
}

// more gives the places of a spot's floor bands or kilometres.
func (c *Catalogue) more(s *spot) []PlaceID { return c.ids[s.more : s.more+uint32(s.count)] }

// place gives the place of a record that is in a venue as a whole or in one part.
func (s *spot) part(p Part) (PlaceID, Scene) {
	switch p {
	case PartLift:
		return s.parts[PartLift], SceneLift
	case PartBasement:
		return s.parts[PartBasement], SceneBasement
	}
	return s.parts[PartWhole], s.scene
}

// placeRef is how a PlaceID is turned back into a Place.
type placeRef struct {
	venue int32
	part  Part
	n     int32 // floor band or kilometre
}

// FloorsABand is how many floors a part of kind PartFloors has.
const FloorsABand = 10

const (
	bandFloors = 20    // from this many floors on, a venue is ranked by floor bands
	segmentM   = 1000. // metres in a segment
	leastStub  = 200.  // a shorter rest at the end of a line belongs to the segment before
)

// topBit tells ids of venues, parts and segments from cells.
const topBit = PlaceID(1) << 63

// NewCatalogue builds the catalogue; marks are houses, exits and milestones. The slices and their geometries are kept:
// do not change them afterwards. It refuses venues and regions without or with
// repeated ids and coordinates off the globe. Region trees that run in circles end
// where they would come round. Parents that are not in the lists are ignored; of sites with the same radio
// cell the last counts.
func NewCatalogue(venues []Venue, regions []Region, sites []Site, marks ...Mark) (*Catalogue, error) {
	c := &Catalogue{
		venues: venues, index: make(map[string]int, len(venues)),
		extents: make([]venueExtent, len(venues)), spots: make([]spot, len(venues)), shapes: newShapeIndex(),
		places: make(map[PlaceID]placeRef, 4*len(venues)),
	}
	for i, v := range venues {
		if v.ID == "" {
			return nil, fmt.Errorf("venue %d (%q) has no id", i+1, v.Name)
		}
		if _, again := c.index[v.ID]; again {
			return nil, fmt.Errorf("venue id %q is given twice; merge the two or give one another id", v.ID)
		}
		if v.Geometry == nil || isEmpty(v.Geometry) {
			return nil, fmt.Errorf("venue %s has no geometry", v.ID)
		}
		if err := checkGeometry(v.Geometry); err != nil {
			return nil, fmt.Errorf("venue %s: %w", v.ID, err)
		}
		c.index[v.ID] = i
	}
	var err error
	if c.regions, err = newRegionTree(regions); err != nil {
		return nil, err
	}
	for i := range venues {
		c.measure(i)
	}
	for i := range venues {
		c.findHost(i)
	}
	for i := range venues {
		if err := c.addPlaces(i); err != nil {
			return nil, err
		}
		c.addToIndex(i)
	}
	c.nameCourses()
	c.shapes.build()
	c.squares = newSquareIndex(c)
	c.pack()
	c.names.build(c, marks)
	c.postMarks(marks)
	if c.sites, err = newSiteIndex(sites); err != nil {
		return nil, err
	}
	c.houseIndoorCells()
	return c, nil
}

// pack lays what locating reads side by side.
func (c *Catalogue) pack() {
	s, a := c.squares, &c.regions.answers
	arrays := []packable{array[gridSquare]{&s.slots}, array[squareShape]{&s.shapes}, array[orb.Point]{&s.chains},
		array[uint32]{&s.pieces}, array[squarePoint]{&s.points}, array[lineVertex]{&c.lines.vertices},
		array[lineVertex]{&c.tunnels.vertices}, array[spot]{&c.spots}, array[PlaceID]{&c.ids},
		array[int32]{&a.tiles}, array[answerBlock]{&a.blocks}}
	for _, x := range []*shapeIndex{c.shapes, c.regions.shapes} {
		for i := range x.levels {
			arrays = append(arrays, array[gridSlot]{&x.levels[i].slots}, array[uint32]{&x.levels[i].items})
		}
		for i := range x.polys {
			arrays = append(arrays, array[uint32]{&x.polys[i].strips}, array[edge]{&x.polys[i].edges})
		}
	}
	packTogether(arrays...)
}

// Venues gives all venues. The slice is shared: do not change it.
func (c *Catalogue) Venues() []Venue { return c.venues }

// Venue gives a venue by its id.
func (c *Catalogue) Venue(id string) (*Venue, bool) {
	i, known := c.index[id]
	if !known {
		return nil, false
	}
	return &c.venues[i], true
}

func (c *Catalogue) measure(i int) {
	g, e := c.venues[i].Geometry, &c.extents[i]
	e.area = Area(g)
	if dimension(g) == 1 {
		e.length = chainage(g, func(a, b orb.Point, from, length float64) {})
	}
	e.centre = centreOf(g)
	eachPoint(g, func(p orb.Point) { e.radius = max(e.radius, Distance(e.centre, latLon(p))) })
}

// findHost settles whether a venue is a part of another one: a lift or basement
// with a parent is its parent's lift or basement, not a place of its own.
func (c *Catalogue) findHost(i int) {
	e, v := &c.spots[i], &c.venues[i]
	e.host, e.hostPart, e.scene, e.floors = int32(i), PartWhole, v.Scene, int32(v.Floors)
	if !partScene(v.Scene) {
		return
	}
	at := i
	for range 8 { // a lift in a basement in a tower; circles end here too
		up, known := c.index[c.venues[at].Parent]
		if !known || up == i || dimension(c.venues[up].Geometry) == 1 {
			return
		}
		at = up
		if !partScene(c.venues[at].Scene) {
			e.host, e.hostPart = int32(at), PartBasement
			if v.Scene == SceneLift {
				e.hostPart = PartLift
				c.spots[at].lift = c.spots[at].lift || dimension(v.Geometry) == 0
			}
			return
		}
	}
}

// placeID hashes a place's key. SHA-256 makes an id depend on nothing but the
// key, on every machine and in every version.
func placeID(key string) PlaceID {
	h := sha256.Sum256([]byte(key))
	return PlaceID(binary.BigEndian.Uint64(h[:])) | topBit
}

func (c *Catalogue) addPlaces(i int) error {
	v, e := &c.venues[i], &c.spots[i]
	if int(e.host) != i {
		return nil
	}
	register := func(part Part, n int32) (PlaceID, error) {
		ref := placeRef{int32(i), part, n}
		id := placeID(c.key(ref))
		if other, taken := c.places[id]; taken {
			return 0, fmt.Errorf("places %q and %q hash to the same id %016x; give venue %s another id",
				c.key(other), c.key(ref), uint64(id), v.ID)
		}
		c.places[id] = ref
		return id, nil
	}
	e.more = uint32(len(c.ids))
	registerMore := func(part Part, n int32) error {
		id, err := register(part, n)
		c.ids = append(c.ids, id)
		e.count++
		return err
	}
	if dimension(v.Geometry) == 1 {
		e.line = true
		for k := range max(1, int32(math.Ceil((c.extents[i].length-leastStub)/segmentM))) {
			if err := registerMore(PartWhole, k); err != nil {
				return err
			}
		}
		return nil
	}
	parts := []Part{PartWhole}
	if !partScene(v.Scene) {
		parts = append(parts, PartLift, PartBasement)
	}
	for _, p := range parts {
		var err error
		if e.parts[p], err = register(p, 0); err != nil {
			return err
		}
	}
	for low := 1; v.Floors >= bandFloors && low <= v.Floors; low += FloorsABand {
		if err := registerMore(PartFloors, int32(low)); err != nil {
			return err
		}
	}
	return nil
}

// key writes a place's readable unique key.
func (c *Catalogue) key(r placeRef) string {
	v := &c.venues[r.venue]
	if dimension(v.Geometry) == 1 {
		return "segment/" + v.ID + "/" + strconv.Itoa(int(r.n))
	}
	switch r.part {
	case PartLift, PartBasement:
		return "venue/" + v.ID + "/" + r.part.String()
	case PartFloors:
		return "venue/" + v.ID + "/floors/" + strconv.Itoa(int(r.n))
	}
	return "venue/" + v.ID
}

// addToIndex puts a venue where positions are looked up.
func (c *Catalogue) addToIndex(i int) {
	v, e := &c.venues[i], &c.extents[i]
	switch dimension(v.Geometry) {
	case 2:
		// The smallest wins. Underground, 2-D outlines say little: such a polygon
		// comes after everything that stands above it.
		priority := -e.area
		host := int(c.spots[i].host)
		if partScene(v.Scene) && !(host != i && e.area < c.extents[host].area/2) {
			priority -= 1e15
		}
		c.undergrounds = c.undergrounds || v.Scene == SceneBasement
		c.shapes.add(i, v.Geometry, priority)
	case 1:
		if v.Scene == SceneTunnel {
			c.tunnels.add(i, v.Geometry)
		} else {
			c.lines.add(i, v.Geometry)
		}
	case 0:
		for _, p := range pointsOf(v.Geometry) {
			c.points.add(i, p)
		}
	}
}

// centreOf gives a point to stand for a geometry: on it, where that is easy.
func centreOf(g orb.Geometry) LatLon {
	if polys := polygonsOf(g); len(polys) > 0 {
		largest, area := polys[0], -1.0
		for _, p := range polys {
			if a := math.Abs(planar.Area(p)); a > area {
				largest, area = p, a
			}
		}
		centre, a := planar.CentroidArea(largest)
		if a != 0 {
			return insidePoint(largest, latLon(centre))
		}
		return latLon(largest[0][0])
	}
	if lines := linesOf(g); len(lines) > 0 {
		half := chainage(g, func(a, b orb.Point, from, length float64) {}) / 2
		mid := lines[0][0]
		chainage(g, func(a, b orb.Point, from, length float64) {
			if from <= half && half <= from+length {
				t := (half - from) / length
				mid = orb.Point{a[0] + t*(b[0]-a[0]), a[1] + t*(b[1]-a[1])}
			}
		})
		return latLon(mid)
	}
	if points := pointsOf(g); len(points) > 0 {
		return latLon(points[0])
	}
	return LatLon{}
}

// insidePoint moves a centroid that lies in a courtyard or a bend onto the
// polygon: to the middle of the widest stretch on the same latitude.
func insidePoint(p orb.Polygon, centre LatLon) LatLon {
	c, ok := newPolygon(p)
	if !ok || c.contains(centre.Lon, centre.Lat) {
		return centre
	}
	var xs []float64
	s := c.strip(centre.Lat, len(c.strips)-1)
	for _, e := range c.edges[c.strips[s]:c.strips[s+1]] {
		if centre.Lat >= e.y0 && centre.Lat < e.y1 {
			xs = append(xs, e.x0+(e.x1-e.x0)*(centre.Lat-e.y0)/(e.y1-e.y0))
		}
	}
	return LatLon{Lat: centre.Lat, Lon: widest(xs, centre.Lon)}
}

// eachPoint visits every vertex.
func eachPoint(g orb.Geometry, visit func(orb.Point)) {
	for _, p := range polygonsOf(g) {
		for _, r := range p {
			for _, q := range r {
				visit(q)
			}
		}
	}
	for _, l := range linesOf(g) {
		for _, q := range l {
			visit(q)
		}
	}
	for _, q := range pointsOf(g) {
		visit(q)
	}
}
