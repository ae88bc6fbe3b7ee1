package main

import (
	"time"

	"github.com/hotcell/hotcell/hotspots"
)

// ranking is the document of "rank --format json" and of GET /api/v1/hotspots.
type ranking struct {
	Run      rankingRun         `json:"run"`
	Hotspots []hotspots.Hotspot `json:"hotspots"`
	Notes    []string           `json:"notes"`
}

type rankingRun struct {
	ID          string           `json:"id"`
	Method      string           `json:"method"`
	Created     time.Time        `json:"created"`
	Start       time.Time        `json:"start"`
	End         time.Time        `json:"end"`
	DataVersion string           `json:"data_version"`
	Hotspots    int              `json:"hotspots"`
	Summary     hotspots.Summary `json:"summary"`
}

func newRanking(run *hotspots.Run, top int) *ranking {
	r := &ranking{
		Run: rankingRun{ID: run.ID, Method: run.Method, Created: run.Created, Start: run.Start, End: run.End,
			DataVersion: run.DataVersion, Hotspots: len(run.Hotspots), Summary: run.Summary},
		Hotspots: run.Hotspots,
		Notes:    run.Notes,
	}
	if top > 0 && len(r.Hotspots) > top {
		r.Hotspots = r.Hotspots[:top]
	}
	return r
}
