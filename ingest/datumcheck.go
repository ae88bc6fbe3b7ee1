package ingest

import (
	"fmt"

	"github.com/hotcell/hotcell/geo"
)

// DatumEstimator is implemented by a Locator that can tell from buildings and
// highways which datum a source's positions are in. *geo.Catalogue is one.
type DatumEstimator interface {
	// EstimateDatum is given positions as the source wrote them, in the datum in
	// question.
	EstimateDatum(positions []geo.LatLon) geo.DatumEstimate
}

// A worker keeps its first positions for the check of the datum, so that short
// files are checked too, and then every so many, so that long ones are not judged
// by their first minutes.
const (
	datumFirst  = 300
	datumStride = 61
	datumSample = 2000 // for each worker
)

// positionSample are positions as they were written in the file.
type positionSample struct {
	seen uint32
	kept []geo.LatLon
}

func (s *positionSample) add(p geo.LatLon) {
	s.seen++
	if len(s.kept) < datumFirst || s.seen%datumStride == 0 && len(s.kept) < datumSample {
		s.kept = append(s.kept, p)
	}
}

// checkDatum gives a warning when the positions fit the catalogue's buildings and
// roads clearly better in another datum than the profile says, else "".
func checkDatum(loc Locator, p *Profile, positions []geo.LatLon) string {
	judge, ok := loc.(DatumEstimator)
	if !ok || len(positions) == 0 {
		return ""
	}
	e := judge.EstimateDatum(positions)
	if said := p.Position.Datum; e.Sure && e.Best != said {
		return fmt.Sprintf("the positions look like %s, not %s as profile %s says: of %d near known buildings and highways %d lie on them read as %s, %d read as %s; "+
			"if so, set position.datum to %[1]s in the profile and load the file again", e.Best, said, p.Name, e.Used, e.Agreed[e.Best], e.Best, e.Agreed[said], said)
	}
	return ""
}
