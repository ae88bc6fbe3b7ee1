package api

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/hotspots"
)

// NoRunNote is what an answer says when nothing was analysed yet.
const NoRunNote = "There is no analysis yet. Load data with `hotcell load calls FILE…`, then run `hotcell rank`."

// RunInfo is a run without its hotspots.
type RunInfo struct {
	ID          string           `json:"id"`
	Method      string           `json:"method"`
	Created     time.Time        `json:"created"`
	Start       time.Time        `json:"start"`
	End         time.Time        `json:"end"`
	DataVersion string           `json:"data_version"`
	Hotspots    int              `json:"hotspots"` // in the run; the answer may hold fewer
	Summary     hotspots.Summary `json:"summary"`
}

// Ranking is the document of GET /api/v1/hotspots, and of "hotcell rank --format
// json", which prints the same.
type Ranking struct {
	Run      *RunInfo           `json:"run"` // null when there is none yet
	Hotspots []hotspots.Hotspot `json:"hotspots"`
	Notes    []string           `json:"notes"`
}

type feature struct {
	Type       string `json:"type"`
	ID         string `json:"id"`
	Geometry   any    `json:"geometry"`
	Properties any    `json:"properties"`
}

type hotspotCollection struct {
	Type     string    `json:"type"`
	Features []feature `json:"features"`
	Run      *RunInfo  `json:"run"`
	Notes    []string  `json:"notes"`
}

// listHotspots answers GET /api/v1/hotspots.
func (s *Server) listHotspots(c *gin.Context) (answer, error) {
	p, err := readParams(c, append(slices.Clone(filterNames), "top", "format")...)
	if err != nil {
		return answer{}, err
	}
	top, err := p.integer("top", s.cfg.DefaultTop, 1, s.cfg.MaxTop)
	if err != nil {
		return answer{}, err
	}
	format, err := p.oneOf("format", "json", "geojson")
	if err != nil {
		return answer{}, err
	}
	r, err := s.rank(c.Request.Context(), p, top)
	if err != nil {
		return answer{}, err
	}
	if format == "json" {
		return jsonAnswer(typeJSON, r)
	}
	features := make([]feature, len(r.Hotspots))
	for i, h := range r.Hotspots {
		geom := h.Geometry
		h.Geometry = nil // it stands beside the properties
		features[i] = feature{Type: "Feature", ID: h.ID, Geometry: geom, Properties: h}
	}
	return jsonAnswer(typeGeoJSON, hotspotCollection{
		Type: "FeatureCollection", Features: features, Run: r.Run, Notes: r.Notes})
}

type oneRanking struct {
	Run     *RunInfo         `json:"run"`
	Hotspot hotspots.Hotspot `json:"hotspot"`
	Notes   []string         `json:"notes"`
}

// oneHotspot answers GET /api/v1/hotspots/{id}, from the latest run or, with
// the list's parameters, from the analysis they ask for.
func (s *Server) oneHotspot(c *gin.Context) (answer, error) {
	r, _, at, err := s.find(c)
	if err != nil {
		return answer{}, err
	}
	return jsonAnswer(typeJSON, oneRanking{Run: r.Run, Hotspot: r.Hotspots[at], Notes: r.Notes})
}

// Explained is the document of GET /api/v1/hotspots/{id}/explanation.
type Explained struct {
	Run         *RunInfo              `json:"run"`
	Explanation *hotspots.Explanation `json:"explanation"` // null where it cannot be given: see notes
	Notes       []string              `json:"notes"`
}

// explainHotspot answers GET /api/v1/hotspots/{id}/explanation.
func (s *Server) explainHotspot(c *gin.Context) (answer, error) {
	r, run, at, err := s.find(c)
	if err != nil {
		return answer{}, err
	}
	doc := Explained{Run: r.Run}
	err = s.analysing(c.Request.Context(), func(ctx context.Context) (err error) {
		doc.Explanation, doc.Notes, err = s.deps.Analyst.Explain(ctx, run, r.Hotspots[at].ID)
		return err
	})
	if err != nil {
		return answer{}, err
	}
	return jsonAnswer(typeJSON, doc)
}

// find looks the path's hotspot up in the run that the list would show with the
// same parameters.
func (s *Server) find(c *gin.Context) (r Ranking, run *hotspots.Run, at int, err error) {
	p, err := readParams(c, filterNames...)
	if err != nil {
		return r, nil, 0, err
	}
	r, run, err = s.ranking(c.Request.Context(), p, s.cfg.MaxTop)
	if err != nil {
		return r, nil, 0, err
	}
	if run == nil {
		return r, nil, 0, &Error{Code: CodeNotFound, Detail: NoRunNote}
	}
	id := c.Param("id")
	at = slices.IndexFunc(r.Hotspots, func(h hotspots.Hotspot) bool { return h.ID == id })
	if at < 0 {
		return r, nil, 0, &Error{Code: CodeNotFound, Parameter: "id",
			Detail: fmt.Sprintf("Run %s has no hotspot %q with these filters. The ids are listed by /api/v1/hotspots.", run.ID, id)}
	}
	return r, run, at, nil
}

// rank is ranking without the run behind it.
func (s *Server) rank(ctx context.Context, p params, top int) (Ranking, error) {
	r, _, err := s.ranking(ctx, p, top)
	return r, err
}

// ranking answers from the latest run when its figures can be filtered as they
// are, and asks for an analysis when they would change. The run is nil when there
// is none yet.
func (s *Server) ranking(ctx context.Context, p params, top int) (Ranking, *hotspots.Run, error) {
	q, err := p.query()
	if err != nil {
		return Ranking{}, nil, err
	}
	if err := s.knowsRegion(ctx, q.Region); err != nil {
		return Ranking{}, nil, err
	}
	if q.Window == 0 && q.End.IsZero() && q.RAT == geo.RATUnknown && q.Operator == "" {
		run, err := s.deps.Analyst.Latest(ctx)
		if err != nil || run == nil {
			return Ranking{Hotspots: []hotspots.Hotspot{}, Notes: []string{NoRunNote}}, nil, err
		}
		return filtered(run, q, top), run, nil
	}
	if q.Window == 0 {
		q.Window = DefaultWindow
	}
	var run *hotspots.Run
	err = s.analysing(ctx, func(ctx context.Context) (err error) {
		run, err = s.deps.Analyst.Rank(ctx, q, top)
		return err
	})
	if err != nil {
		return Ranking{}, nil, err
	}
	return filtered(run, hotspots.Query{}, top), run, nil
}

// analysing does one analysis when fewer than Config.MaxRankings others run.
func (s *Server) analysing(ctx context.Context, do func(ctx context.Context) error) error {
	if err := s.rankings.Acquire(ctx, 1); errors.Is(err, context.Canceled) {
		return err
	} else if err != nil {
		return &Error{Code: CodeUnavailable, Err: err,
			Detail: "The server is busy with other analyses. Try again in a moment."}
	}
	defer s.rankings.Release(1)
	return do(ctx)
}

// NewRanking makes the document of a run's first hotspots; top 0 means all.
func NewRanking(run *hotspots.Run, top int) Ranking {
	if top <= 0 {
		top = len(run.Hotspots)
	}
	return filtered(run, hotspots.Query{}, top)
}

// filtered picks hotspots of a run by region and scene. They keep their ranks.
func filtered(run *hotspots.Run, q hotspots.Query, top int) Ranking {
	r := Ranking{
		Run: &RunInfo{ID: run.ID, Method: run.Method, Created: run.Created, Start: run.Start, End: run.End,
			DataVersion: run.DataVersion, Hotspots: len(run.Hotspots), Summary: run.Summary},
		Hotspots: make([]hotspots.Hotspot, 0, min(top, len(run.Hotspots))),
		Notes:    append([]string{}, run.Notes...),
	}
	found := 0
	for _, h := range run.Hotspots {
		if q.Region != "" && !slices.Contains(h.Region, q.Region) ||
			q.Scene != geo.SceneUnknown && h.Scene != q.Scene.String() {
			continue
		}
		if found++; found <= top {
			r.Hotspots = append(r.Hotspots, h)
		}
	}
	if found > top {
		r.Notes = append(r.Notes, fmt.Sprintf("The first %d of %d hotspots are shown; ask for more with top.", top, found))
	}
	if q.Region != "" || q.Scene != geo.SceneUnknown {
		r.Notes = append(r.Notes, "Filtered from the latest run: ranks are those among all its hotspots.")
	}
	return r
}
