package api

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/hotcell/hotcell/geo"
)

type regionProperties struct {
	Code   string `json:"code"`
	Name   string `json:"name"`
	Level  string `json:"level"`
	Parent string `json:"parent"`
}

type venueProperties struct {
	ID     string    `json:"id"`
	Name   string    `json:"name"`
	Scene  geo.Scene `json:"scene"`
	Floors int       `json:"floors"` // above ground; 0 = unknown
	Ref    string    `json:"ref"`    // highway number; lines only
}

type shape struct {
	id       string
	props    any
	geometry geometry
	bounds   box
}

// size is the longer side of the bounds in degrees: what is drawn first when not all fits.
func (s shape) size() float64 { return max(s.bounds[2]-s.bounds[0], s.bounds[3]-s.bounds[1]) }

// shapes are the catalogue as the base map needs it, largest first.
type shapes struct {
	regions, venues []shape
	codes           map[string]bool
	version         string
	read            time.Time
}

// shapeCache keeps the shapes and reads the catalogue again when they are old.
// While that fails, the old ones stay in use.
type shapeCache struct {
	source CatalogueSource
	maxAge time.Duration
	now    func() time.Time
	log    *slog.Logger

	mu   sync.Mutex
	last *shapes
}

func (sc *shapeCache) get(ctx context.Context) (*shapes, error) {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	if sc.last != nil && sc.now().Sub(sc.last.read) < sc.maxAge {
		return sc.last, nil
	}
	venues, regions, _, version, err := sc.source.Catalogue(ctx)
	switch {
	case err != nil && sc.last != nil:
		sc.log.Warn("cannot read the catalogue again; the base map keeps the last one", "error", err)
		return sc.last, nil
	case err != nil:
		return nil, fmt.Errorf("read the catalogue: %w", err)
	case sc.last != nil && sc.last.version == version:
		renewed := *sc.last
		renewed.read = sc.now()
		sc.last = &renewed
		return sc.last, nil
	}
	next := &shapes{codes: make(map[string]bool, len(regions)), version: version, read: sc.now()}
	for _, r := range regions {
		next.codes[r.Code] = true
		if g, ok := geometryOf(r.Geometry); ok {
			next.regions = append(next.regions, shape{r.Code,
				regionProperties{Code: r.Code, Name: r.Name, Level: r.Level, Parent: r.Parent}, g, g.bounds()})
		}
	}
	for _, v := range venues {
		if g, ok := geometryOf(v.Geometry); ok {
			next.venues = append(next.venues, shape{v.ID,
				venueProperties{ID: v.ID, Name: v.Name, Scene: v.Scene, Floors: v.Floors, Ref: v.Ref}, g, g.bounds()})
		}
	}
	for _, list := range [][]shape{next.regions, next.venues} {
		slices.SortStableFunc(list, func(a, b shape) int {
			switch {
			case a.size() > b.size():
				return -1
			case a.size() < b.size():
				return 1
			}
			return 0
		})
	}
	sc.last = next
	return next, nil
}

// knowsRegion refuses a region code that is not in the catalogue. Without
// regions in the catalogue every code passes.
func (s *Server) knowsRegion(ctx context.Context, code string) error {
	if code == "" {
		return nil
	}
	known, err := s.shapes.get(ctx)
	if err != nil {
		return err
	}
	if len(known.codes) > 0 && !known.codes[code] {
		return invalid("region", "There is no region with code %q. The codes are listed by /api/v1/map/regions?zoom=0.", code)
	}
	return nil
}

type shapeCollection struct {
	Type     string    `json:"type"`
	Features []feature `json:"features"`
	Notes    []string  `json:"notes"`
}

// mapRegions answers GET /api/v1/map/regions.
func (s *Server) mapRegions(c *gin.Context) (answer, error) {
	return s.mapShapes(c, func(all *shapes) []shape { return all.regions }, true)
}

// mapVenues answers GET /api/v1/map/venues. Those too small to see are left out.
func (s *Server) mapVenues(c *gin.Context) (answer, error) {
	return s.mapShapes(c, func(all *shapes) []shape { return all.venues }, false)
}

func (s *Server) mapShapes(c *gin.Context, pick func(*shapes) []shape, keepTiny bool) (answer, error) {
	p, err := readParams(c, "bbox", "zoom")
	if err != nil {
		return answer{}, err
	}
	bbox, err := p.bbox()
	if err != nil {
		return answer{}, err
	}
	zoom, err := p.integer("zoom", 12, 0, 22)
	if err != nil {
		return answer{}, err
	}
	all, err := s.shapes.get(c.Request.Context())
	if err != nil {
		return answer{}, err
	}
	out := shapeCollection{Type: "FeatureCollection", Features: []feature{}, Notes: []string{}}
	// Half a pixel of a map with 512-pixel tiles: finer cannot be seen.
	grid := 360 / (512 * math.Exp2(float64(zoom))) / 2
	for _, sh := range pick(all) {
		if !bbox.meets(sh.bounds) {
			continue
		}
		g, visible := sh.geometry.snap(grid)
		if g.kind == "Polygon" && sh.size() < grid {
			visible = false // where it straddles the grid it would grow instead of vanish
		}
		if !visible {
			if !keepTiny {
				continue
			}
			g = rectangle(sh.bounds)
		}
		if len(out.Features) == s.cfg.MaxShapes {
			out.Notes = append(out.Notes, fmt.Sprintf("The %d largest shapes are shown, there are more. Ask for a smaller bbox.", s.cfg.MaxShapes))
			break
		}
		out.Features = append(out.Features, feature{Type: "Feature", ID: sh.id, Geometry: g, Properties: sh.props})
	}
	return jsonAnswer(typeGeoJSON, out)
}
