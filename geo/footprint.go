package geo

import (
	"fmt"
	"math"
	"slices"
	"sort"
)

// siteIndex knows the radio cells of base stations.
type siteIndex struct {
	sites  []Site
	byCell map[string]int
}

func newSiteIndex(sites []Site) (siteIndex, error) {
	x := siteIndex{sites: sites, byCell: make(map[string]int, len(sites))}
	for i, s := range sites {
		if s.RadioCell == "" {
			return x, fmt.Errorf("site %d (%q) has no radio cell", i+1, s.Site)
		}
		if err := s.Pos.Validate(); err != nil {
			return x, fmt.Errorf("radio cell %s: %w", s.RadioCell, err)
		}
		x.byCell[s.RadioCell] = i
	}
	return x, nil
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
// range. It gets no H3 cell: Footprint spreads it.
func (c *Catalogue) locateRadioCell(e *Evidence, h Hints) (Location, bool) {
	i, known := c.sites.byCell[e.RadioCell]
	if !known {
		return Location{}, false
	}
	s := &c.sites.sites[i]
	return Location{Method: MethodRadioCell, Pos: s.Pos, AccuracyM: float32(c.sites.reach(i)), Scene: h.Scene,
		Region: c.RegionAt(s.Pos)}, true
}

// Ranges for radio cells whose site list gives none and that have no neighbour
// to tell: usual planning figures by technology, metres.
var usualRange = map[RAT]float64{RAT2G: 5000, RAT3G: 2000, RAT4G: 2000, RAT5G: 800}

const (
	leastRange    = 100.0
	mostRange     = 10000.0
	indoorRange   = 100.0
	sameSite      = 30.0 // metres: antennas nearer than this share a mast
	fullTurn      = 360.0
	samplesDeeper = 2 // resolutions below RankResolution at which area is sampled
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
		for j := range x.sites {
			o := &x.sites[j]
			if o.RAT == s.RAT && !o.Indoor {
				if d := Distance(s.Pos, o.Pos); d > sameSite {
					r = min(r, d)
				}
			}
		}
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
// technology; they sum to 1. Nil for radio cells without a site. The sector of a
// stated range is cut at 10 km.
func (c *Catalogue) Footprint(radioCell string) []CellWeight {
	i, known := c.sites.byCell[radioCell]
	if !known {
		return nil
	}
	s := &c.sites.sites[i]
	reach := c.sites.reach(i)
	var rivals []LatLon
	if !s.Indoor {
		for j := range c.sites.sites {
			o := &c.sites.sites[j]
			if d := Distance(s.Pos, o.Pos); o.RAT == s.RAT && !o.Indoor && d > sameSite && d < 2*reach {
				rivals = append(rivals, o.Pos)
			}
		}
	}
	return spread(s.Pos, reach, func(p LatLon, d float64) bool {
		if !omni(s) && d > 1 {
			off := math.Abs(math.Mod(Bearing(s.Pos, p)-s.AzimuthDeg+540+720, 360) - 180)
			if off > s.BeamwidthDeg/2 {
				return false
			}
		}
		for _, r := range rivals {
			if Distance(p, r) < d {
				return false
			}
		}
		return true
	})
}

// SpreadDisc spreads a position of coarse accuracy over the cells of
// RankResolution within its accuracy disc, by area; the weights sum to 1.
func SpreadDisc(p LatLon, accuracyM float64) []CellWeight {
	if !p.Valid() {
		return nil
	}
	if math.IsNaN(accuracyM) || accuracyM < 0 {
		accuracyM = 0
	}
	return spread(p, min(accuracyM, 2*mostRange), func(LatLon, float64) bool { return true })
}

// spread samples the disc around a centre at the cells two resolutions finer
// (about 2,000 m² each, equal in area to some per cent) and counts those that
// are in, per cell. Too small an area for any sample falls on the centre's cell.
func spread(centre LatLon, reach float64, in func(p LatLon, d float64) bool) []CellWeight {
	home, err := CellAt(centre, RankResolution)
	if err != nil {
		return nil
	}
	// Neighbouring centres are about 350 m apart, at least 250 m everywhere.
	counts := map[Cell]int{}
	total := 0
	for _, cell := range home.Disk(int(reach/250) + 2) {
		if Distance(centre, cell.Center()) > reach+400 {
			continue
		}
		for _, sub := range cell.children(RankResolution + samplesDeeper) {
			p := sub.Center()
			if d := Distance(centre, p); d <= reach && in(p, d) {
				counts[cell]++
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
	sort.Slice(out, func(i, j int) bool {
		return out[i].Weight > out[j].Weight || out[i].Weight == out[j].Weight && out[i].Cell < out[j].Cell
	})
	return slices.Clip(out)
}
