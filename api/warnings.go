package api

import (
	"context"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/hotcell/hotcell/hotspots"
)

// MaxWarningDays bounds the days under test of an early warning.
const MaxWarningDays = 90

// warnings answers GET /api/v1/warnings: the daily run of the early warning.
func (s *Server) warnings(c *gin.Context) (answer, error) {
	p, err := readParams(c, "end", "region", "days", "false_alarms")
	if err != nil {
		return answer{}, err
	}
	asked, err := p.query()
	if err != nil {
		return answer{}, err
	}
	q := hotspots.WarningQuery{End: asked.End, Region: asked.Region}
	if q.Days, err = p.integer("days", 0, 1, MaxWarningDays); err != nil {
		return answer{}, err
	}
	if text := p.get("false_alarms"); text != "" {
		if q.FalseAlarms, err = strconv.ParseFloat(text, 64); err != nil || !(q.FalseAlarms > 0) || q.FalseAlarms > 1e6 {
			return answer{}, invalid("false_alarms", "Parameter false_alarms is %q; it is a number greater than 0, for example 1.", text)
		}
	}
	ctx := c.Request.Context()
	if err := s.knowsRegion(ctx, q.Region); err != nil {
		return answer{}, err
	}
	var r *hotspots.WarningReport
	err = s.analysing(ctx, func(ctx context.Context) (err error) {
		r, err = s.deps.Analyst.Warnings(ctx, q)
		return err
	})
	if err != nil {
		return answer{}, err
	}
	return jsonAnswer(typeJSON, r)
}
