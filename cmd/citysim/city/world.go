package city

import (
	"math"
	"slices"
)

// scene names as the contract spells them.
const (
	sceneTower    = "office_tower"
	sceneLift     = "lift"
	sceneHotel    = "hotel"
	sceneMall     = "mall"
	sceneBasement = "basement"
	sceneHighway  = "highway"
	sceneSight    = "tourist_site"
	sceneCompound = "residential"
	sceneHospital = "hospital"
	sceneCampus   = "campus"
	sceneStation  = "transit"
	sceneTunnel   = "tunnel"
	sceneOther    = "other"
	sceneStreet   = "" // blocks: streets and houses outside venues
)

// spot is somewhere people make calls: a venue, or a block of streets and houses.
type spot struct {
	c        pt
	ring     []pt    // venues: outline; nil for blocks
	w, h, a  float64 // venues: size in metres and angle
	radius   float64 // blocks: metres
	scene    string
	venue    int32 // index into world.venues; −1 for blocks
	floors   int
	basement int
	hasLift  bool
	district int
	urban    float64
	base     float64      // multiplier of bad-call rates at this very place
	best     rat          // best technology on offer
	oldShare float64      // extra share of calls that fall back to 2G/3G
	masts    [2]int32     // nearest masts, nearest first
	indoor   [parts]int32 // indoor mast per part; −1 = none
	near     [2]int32     // nearest blocks
	plants   []int16      // footprints that touch this spot
	expected float64      // calls per customer-weight: filled by makeCustomers
}

// venue is what the catalogue shows.
type venue struct {
	id, name, scene string
	floors          int
	basement        int
	parent          string
	ref             string
	ring            []pt // polygon, or
	line            []pt // line, or
	point           pt   // point
}

// part of a spot.
type part uint8

const (
	partBody part = iota
	partLift
	partBasement
	parts
)

func (p part) String() string { return [...]string{"whole", "lift", "basement"}[p] }

// world is everything that does not move.
type world struct {
	cfg          Config
	seed         uint64 // of this type: cities of one seed have nothing else in common
	shape        shape
	frame        frame
	towns        []town
	townWeights  []float64
	districts    []district
	spots        []spot
	venues       []venue
	lines        []line
	masts        []mast
	cells        []radioCell
	byScene      map[string][]int32 // venue spots by scene
	blocks       []int32
	plants       []*plant // faults, then decoys
	customers    []customer
	caller       picker // draws customers by how much they call
	sights       picker
	decoy        decoyState
	outdoorMasts *nearest
	names        namer
	scale        float64
}

func build(cfg Config) *world {
	sh := shapes[cfg.Type]
	w := &world{cfg: cfg, shape: sh, frame: newFrame(sh.lat, sh.lon), byScene: map[string][]int32{}, names: newNamer()}
	w.seed = hash3(cfg.Seed, uint64(slices.Index(Types(), cfg.Type)), 0)
	r := newRng(w.seed, forWorld, 0)
	w.towns = sh.towns(cfg.Type, &r)
	for _, t := range w.towns {
		w.townWeights = append(w.townWeights, t.weight)
	}
	// More customers make a city of more places, but also busier ones.
	w.scale = min(max(exp(0.7*ln(float64(cfg.Subscribers)/40000)), 0.2), 60)
	w.makeDistricts()
	w.makeHighways()
	w.makeVenues()
	w.makeBlocks()
	w.makeMasts()
	w.makeCustomers()
	w.plantFaults()
	w.plantDecoys()
	return w
}

// count scales a number of places, but never to nothing.
func (w *world) count(n int) int { return max(int(float64(n)*w.scale+0.5), min(n, 2)) }

// placeBase is the natural spread of bad-call rates between places that have no fault.
func (w *world) placeBase(r *rng) float64 {
	cv := w.cfg.Heterogeneity
	return exp(float64(cv*r.gauss()) - float64(cv*cv)/2)
}

// makeBlocks spreads streets and houses where people are, clear of venues.
func (w *world) makeBlocks() {
	r := newRng(w.seed, forBlocks, 0)
	taken := newClearance(w.spots)
	n := w.count(w.shape.blocks)
	for i := 0; len(w.blocks) < n && i < 60*n; i++ {
		p := w.somewhere(&r, 1.25)
		u := w.urbanity(p)
		radius := float64(260 - 170*min(1, u*1.6))
		if !taken.free(p, radius*0.5) {
			continue
		}
		s := w.newSpot(&r, p, sceneStreet)
		s.radius = radius
		s.floors = 6
		taken.take(p, radius*0.5)
		w.blocks = append(w.blocks, int32(len(w.spots)))
		w.spots = append(w.spots, s)
	}
}

func (w *world) newSpot(r *rng, p pt, scene string) spot {
	s := spot{c: p, scene: scene, venue: -1, district: w.districtAt(p), urban: w.urbanity(p), base: w.placeBase(r), indoor: [parts]int32{-1, -1, -1}}
	s.best = rat4G
	if s.urban > 0.12 && r.chance(min(1, 0.35+s.urban)) {
		s.best = rat5G
	}
	s.oldShare = max(0, 0.10-0.25*s.urban)
	return s
}

// clearance keeps places from standing in each other, by circles.
type clearance struct {
	grid map[[2]int32][]circle
}

type circle struct {
	c pt
	r float64
}

const clearanceGrid = 1000 * metre

func newClearance(spots []spot) *clearance {
	c := &clearance{grid: map[[2]int32][]circle{}}
	for i := range spots {
		c.take(spots[i].c, spots[i].reach())
	}
	return c
}

// reach is the radius in metres of the circle about the spot.
func (s *spot) reach() float64 {
	if s.ring == nil {
		return s.radius
	}
	return math.Sqrt(float64(s.w*s.w)+float64(s.h*s.h)) / 2
}

func (c *clearance) take(p pt, radius float64) {
	k := [2]int32{p.X / clearanceGrid, p.Y / clearanceGrid}
	c.grid[k] = append(c.grid[k], circle{p, radius})
}

func (c *clearance) free(p pt, radius float64) bool {
	for dx := int32(-1); dx <= 1; dx++ {
		for dy := int32(-1); dy <= 1; dy++ {
			for _, o := range c.grid[[2]int32{p.X/clearanceGrid + dx, p.Y/clearanceGrid + dy}] {
				if p.dist(o.c) < o.r+radius {
					return false
				}
			}
		}
	}
	return true
}
