package api

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/hotspots"
)

// Resolutions of cells that can be asked for.
const (
	minResolution = 3
	maxResolution = int(geo.StoredResolution)
)

// z90 is the two-sided 90 % quantile of the normal distribution.
const z90 = 1.6448536269514722

// cellProperties are what happened in one cell. Counts are as logged, uncapped; records
// of coarse accuracy are spread over their accuracy discs, which gives fractions.
type cellProperties struct {
	Cell      geo.Cell `json:"cell"`
	Calls     float64  `json:"calls"`
	Bad       float64  `json:"bad"`
	Dropped   float64  `json:"dropped"`
	Perceived float64  `json:"perceived"`
	Blocked   float64  `json:"blocked"`
	Poor      float64  `json:"poor"`
	Customers float64  `json:"customers"`
	Hurt      float64  `json:"hurt"`
	Rate      *float64 `json:"rate"` // bad calls per call; null without calls
	RateLower *float64 `json:"rate_lower"`
	RateUpper *float64 `json:"rate_upper"`
}

type cellCollection struct {
	Type       string    `json:"type"`
	Features   []feature `json:"features"`
	Resolution int       `json:"resolution"`
	Window     string    `json:"window"`
	End        *string   `json:"end"` // null = just after the newest record
	Truncated  bool      `json:"truncated"`
	Notes      []string  `json:"notes"`
}

// cells answers GET /api/v1/cells.
func (s *Server) cells(c *gin.Context) (answer, error) {
	p, err := readParams(c, append(slices.Clone(filterNames), "bbox", "resolution", "limit")...)
	if err != nil {
		return answer{}, err
	}
	q, err := p.query()
	if err != nil {
		return answer{}, err
	}
	if q.Window == 0 {
		q.Window = DefaultWindow
	}
	bbox, err := p.bbox()
	if err != nil {
		return answer{}, err
	}
	resolution, err := p.integer("resolution", int(geo.RankResolution), minResolution, maxResolution)
	if err != nil {
		return answer{}, err
	}
	limit, err := p.integer("limit", s.cfg.MaxCells, 1, s.cfg.MaxCells)
	if err != nil {
		return answer{}, err
	}
	ctx := c.Request.Context()
	if err := s.knowsRegion(ctx, q.Region); err != nil {
		return answer{}, err
	}
	stats, err := s.deps.Cells.Cells(ctx, hotspots.CellQuery{
		Query: q, West: bbox[0], South: bbox[1], East: bbox[2], North: bbox[3],
		Resolution: geo.Resolution(resolution),
		Limit:      limit + 1, // one more tells whether any were left out
	})
	if err != nil {
		return answer{}, err
	}
	out := cellCollection{Type: "FeatureCollection", Features: []feature{}, Resolution: resolution,
		Window: formatWindow(q.Window), Notes: []string{}}
	if !q.End.IsZero() {
		end := q.End.Format(time.RFC3339)
		out.End = &end
	}
	if len(stats) > limit {
		stats = stats[:limit]
		out.Truncated = true
		out.Notes = append(out.Notes, fmt.Sprintf(
			"The %d cells with most bad calls are shown, there are more. Ask for a smaller bbox or a coarser resolution.", limit))
	}
	for _, stat := range stats {
		if f, ok := cellFeature(stat); ok {
			out.Features = append(out.Features, f)
		}
	}
	return jsonAnswer(typeGeoJSON, out)
}

func cellFeature(stat hotspots.CellStat) (feature, bool) {
	shape, ok := geometryOf(stat.Cell.Boundary())
	if !ok {
		return feature{}, false // not a cell: nothing to draw
	}
	props := cellProperties{
		Cell: stat.Cell, Calls: millionths(stat.Calls), Bad: millionths(stat.Bad), Dropped: millionths(stat.Dropped), Perceived: millionths(stat.Perceived),
		Blocked: millionths(stat.Blocked), Poor: millionths(stat.Poor), Customers: millionths(stat.Customers), Hurt: millionths(stat.Hurt),
	}
	if stat.Calls > 0 {
		rate, lower, upper := wilson(stat.Bad, stat.Calls)
		props.Rate, props.RateLower, props.RateUpper = &rate, &lower, &upper
	}
	return feature{Type: "Feature", ID: stat.Cell.String(), Geometry: json.RawMessage(shape.appendJSON(nil)), Properties: props}, true
}

// wilson gives bad/calls with Wilson's 90 % score interval (Wilson 1927), which
// stays within 0 and 1 and is wide for few calls. Numbers have 6 decimals.
func wilson(bad, calls float64) (rate, lower, upper float64) {
	n, x := calls, min(bad, calls)
	p, zz := x/n, z90*z90
	centre := (p + zz/(2*n)) / (1 + zz/n)
	half := z90 / (1 + zz/n) * math.Sqrt(p*(1-p)/n+zz/(4*n*n))
	round := func(v float64) float64 { return millionths(min(max(v, 0), 1)) }
	return round(p), round(min(centre-half, p)), round(max(centre+half, p))
}

// millionths rounds to six decimals.
func millionths(v float64) float64 { return math.Round(v*1e6) / 1e6 }

// formatWindow writes a window as the parameter is read.
func formatWindow(w time.Duration) string {
	if day := 24 * time.Hour; w%day == 0 {
		return fmt.Sprintf("%dd", w/day)
	}
	return fmt.Sprintf("%dh", w/time.Hour)
}
