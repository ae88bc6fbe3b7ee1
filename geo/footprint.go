package geo

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/paulmach/orb"
)

// siteIndex knows the radio cells of base stations.
type siteIndex struct {
	sites  []Site
	byCell map[string]int
	venue  []int32 // that an indoor radio cell serves, see houseIndoorCells
	housed bool    // any of them is known
	grid   cellTable
	spread sync.Map // radio cell's index → []CellWeight, worked out when first asked for
}

const siteGrid = 0.05 // degrees

func newSiteIndex(sites []Site) (*siteIndex, error) {
	x := &siteIndex{byCell: make(map[string]int, len(sites))}
	for i, s := range sites {
		if s.RadioCell == "" {
			return nil, fmt.Errorf("site %d (%q) has no radio cell", i+1, s.Site)
		}
		if err := s.Pos.Validate(); err != nil {
			return nil, fmt.Errorf("radio cell %s: %w", s.RadioCell, err)
		}
		// Where a radio cell moved, its old mast is none that others compete with.
		if old, again := x.byCell[s.RadioCell]; again {
			x.sites[old] = s
			continue
		}
		x.byCell[s.RadioCell] = len(x.sites)
		x.sites = append(x.sites, s)
	}
	x.grid.inverse = 1 / siteGrid
	var entries []cellEntry
	for i, s := range x.sites {
		gx, gy := x.grid.gridIndex(s.Pos.Lon, s.Pos.Lat)
		entries = append(entries, cellEntry{gridKey(gx, gy), uint32(i)})
	}
	x.grid.fill(entries)
	return x, nil
}

// masts visits the other masts of a radio cell's technology within some metres.
func (x *siteIndex) masts(i int, within float64, visit func(p LatLon, d float64)) {
	s := &x.sites[i]
	dLon, dLat := degreesFor(within, s.Pos.Lat)
	turn := int(360 / siteGrid)
	x0 := int(math.Floor((s.Pos.Lon - dLon + 180) / siteGrid))
	x1 := min(x0+turn-1, int(math.Floor((s.Pos.Lon+dLon+180)/siteGrid)))
	_, y0 := x.grid.gridIndex(0, max(-90, s.Pos.Lat-dLat))
	_, y1 := x.grid.gridIndex(0, min(90, s.Pos.Lat+dLat))
	for gx := x0; gx <= x1; gx++ {
		for gy := y0; gy <= y1; gy++ {
			for _, j := range x.grid.at((gx+turn)%turn, gy) {
				o := &x.sites[j]
				if o.RAT != s.RAT || o.Indoor {
					continue
				}
				if d := Distance(s.Pos, o.Pos); d > sameSite && d <= within {
					visit(o.Pos, d)
				}
			}
		}
	}
}

// Site gives a radio cell's site.
func (c *Catalogue) Site(radioCell string) (Site, bool) {
	i, known := c.sites.byCell[radioCell]
	if !known {
		return Site{}, false
	}
	return c.sites.sites[i], true
}

// locateRadioCell puts a record at its serving site, as uncertain as the cell's
// range. It gets no H3 cell: Footprint spreads it. Only an indoor radio cell of a
// known venue gives a place, that venue's.
func (c *Catalogue) locateRadioCell(e *Evidence, h *Hints) (Location, bool) {
	i, known := c.sites.byCell[e.RadioCell]
	if !known {
		return Location{}, false
	}
	s := &c.sites.sites[i]
	l := Location{Method: MethodRadioCell, Pos: s.Pos, AccuracyM: float32(c.sites.reach(i)), Scene: h.Scene,
		Region: c.RegionAt(s.Pos)}
	if v := c.indoorVenue(i, e); v >= 0 {
		l.Place, l.Scene = c.part(v, e, h, surroundings{})
	}
	return l, true
}

// Ranges for radio cells whose site list gives none and that have no neighbour
// to tell: usual planning figures by technology, metres.
var usualRange = map[RAT]float64{RAT2G: 5000, RAT3G: 2000, RAT4G: 2000, RAT5G: 800}

const (
	leastRange  = 100.0
	mostRange   = 10000.0
	indoorRange = 100.0
	sameSite    = 30.0 // metres: antennas nearer than this share a mast
	fullTurn    = 360.0

	// Areas are measured by counting points of a triangular lattice: a fraction of
	// the reach apart, but near enough that a cell (0.1 km²) gets a dozen.
	samplesPerReach = 30
	mostSpacing     = 100.0 // metres
)

func omni(s *Site) bool {
	return math.IsNaN(s.AzimuthDeg) || math.IsNaN(s.BeamwidthDeg) || s.BeamwidthDeg >= fullTurn || s.BeamwidthDeg <= 0
}

// reach gives a radio cell's range: as stated, or the distance to the nearest
// other mast of the same technology (where the two are served about alike at the
// middle, and clipping settles the rest), or the usual one.
func (x *siteIndex) reach(i int) float64 {
	s := &x.sites[i]
	r := s.RangeM
	if math.IsNaN(r) || r <= 0 {
		if s.Indoor {
			return indoorRange
		}
		r = math.Inf(1)
		x.masts(i, mostRange, func(_ LatLon, d float64) { r = min(r, d) })
		if r > mostRange {
			r = usualRange[s.RAT]
			if r == 0 {
				r = usualRange[RAT4G]
			}
		}
	}
	return max(leastRange, min(mostRange, r))
}

// Footprint spreads a radio cell over cells of RankResolution. The weights are
// the shares of the sector's area (site, azimuth, beamwidth, range) that fall on
// each cell, without the area that lies nearer to another mast of the same
// technology; they sum to 1, largest first. Nil for radio cells without a site.
// Ranges are cut at 10 km. The slice is shared: do not change it.
func (c *Catalogue) Footprint(radioCell string) []CellWeight {
	i, known := c.sites.byCell[radioCell]
	if !known {
		return nil
	}
	if w, done := c.sites.spread.Load(i); done {
		return w.([]CellWeight)
	}
	w := c.sites.footprint(i)
	c.sites.spread.Store(i, w)
	return w
}

func (x *siteIndex) footprint(i int) []CellWeight {
	s := &x.sites[i]
	reach := x.reach(i)
	plane := planeAt(s.Pos)
	var rivals []metres
	if !s.Indoor {
		rivals = x.rivals(i, plane, 2*reach)
	}
	everywhere := omni(s)
	// The beam as a direction and the cosine of its half width.
	sin, cos := math.Sincos(s.AzimuthDeg * math.Pi / 180)
	edge := math.Cos(min(s.BeamwidthDeg, fullTurn) / 2 * math.Pi / 180)
	return spread(plane, s.Pos, reach, min(mostSpacing, reach/samplesPerReach), func(p metres) bool {
		d := p.x*p.x + p.y*p.y
		if !everywhere && p.x*sin+p.y*cos < edge*math.Sqrt(d) {
			return false
		}
		for _, r := range rivals {
			if dx, dy := p.x-r.x, p.y-r.y; dx*dx+dy*dy < d {
				return false
			}
		}
		return true
	})
}

// rivals gives the other masts of a radio cell's technology within some metres,
// nearest first, each once however many antennas it carries.
func (x *siteIndex) rivals(i int, plane plane, within float64) []metres {
	var out []metres
	x.masts(i, within, func(p LatLon, _ float64) { out = append(out, plane.to(p)) })
	slices.SortFunc(out, func(a, b metres) int {
		return cmp.Or(cmp.Compare(a.x*a.x+a.y*a.y, b.x*b.x+b.y*b.y), cmp.Compare(a.x, b.x), cmp.Compare(a.y, b.y))
	})
	return slices.Compact(out)
}

// metres is a position east and north of a plane's origin.
type metres struct{ x, y float64 }

// plane is the local equirectangular projection about a point: within 20 km its
// distances are right to some per mille, far below what is known of a sector.
type plane struct {
	origin      LatLon
	east, north float64 // metres per degree
}

func planeAt(p LatLon) plane {
	const perDegree = orb.EarthRadius * math.Pi / 180
	return plane{p, perDegree * max(math.Cos(p.Lat*math.Pi/180), 1e-6), perDegree}
}

func (p plane) to(q LatLon) metres {
	return metres{math.Remainder(q.Lon-p.origin.Lon, 360) * p.east, (q.Lat - p.origin.Lat) * p.north}
}

func (p plane) from(m metres) LatLon {
	return LatLon{p.origin.Lat + m.y/p.north, math.Remainder(p.origin.Lon+m.x/p.east, 360)}
}

// spread counts points of a lattice in the disc around a centre that are in, per
// cell; step is their distance. Too small an area for any point falls on the centre's cell. Near a pole
// the disc is cut where latitude ends.
func spread(plane plane, centre LatLon, reach, step float64, in func(metres) bool) []CellWeight {
	home := rankCell(centre)
	counts := map[Cell]int{}
	total := 0
	if step <= 0 {
		return []CellWeight{{home, 1}}
	}
	rowStep := step * math.Sqrt(3) / 2
	rows := int(reach / rowStep)
	for row := -rows; row <= rows; row++ {
		y := float64(row) * rowStep
		half := math.Sqrt(max(0, reach*reach-y*y))
		shift := float64(row&1) * step / 2
		for x := math.Ceil((-half-shift)/step)*step + shift; x <= half; x += step {
			p := metres{x, y}
			if !in(p) {
				continue
			}
			if q := plane.from(p); q.Valid() {
				counts[rankCell(q)]++
				total++
			}
		}
	}
	if total == 0 {
		return []CellWeight{{home, 1}}
	}
	out := make([]CellWeight, 0, len(counts))
	for cell, n := range counts {
		out = append(out, CellWeight{cell, float64(n) / float64(total)})
	}
	slices.SortFunc(out, func(a, b CellWeight) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.Cell, b.Cell))
	})
	return out
}
