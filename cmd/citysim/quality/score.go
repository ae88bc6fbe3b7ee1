package quality

import (
	"math"
	"sort"

	"github.com/hotcell/hotcell/cmd/citysim/city"
	"github.com/hotcell/hotcell/geo"
)

const (
	topN = 20  // the list people work through
	deep = 100 // how far down a fault still counts as found
	// worthIt is the true avoidable impact, in weighted hurt customers, from which a
	// fault is above the noise.
	worthIt = 10.0
)

// Score is how good one ranking of one city is.
type Score struct {
	NDCG     float64 `json:"ndcg20"`         // of true avoidable impact
	Recall   float64 `json:"recall"`         // of faults worth finding, in the first 100 entries; 0 where there are none
	Worth    int     `json:"faults"`         // faults worth finding
	False    float64 `json:"false20"`        // share of the first 20 entries that are about no fault
	Decoys   int     `json:"decoys20"`       // of them those about a decoy
	Listed   int     `json:"listed"`         // entries in the ranking
	Location float64 `json:"location_m"`     // median distance of the entry's centre to its fault, first 20; −1 = none is about a fault
	Seconds  float64 `json:"seconds"`        // taken to rank, loading included
	Days     []Days  `json:"days,omitempty"` // how soon new faults were found, where that was asked
	Missed   []Miss  `json:"missed"`         // faults worth finding that were not
	Wrong    []Wrong `json:"false_entries"`  // first 20 entries that are about no fault
}

// Miss is a fault that was not found.
type Miss struct {
	ID, Kind, Name string
	Avoidable      float64
}

// Wrong is an entry about no fault.
type Wrong struct {
	Rank  int
	Name  string
	Decoy string // id of the decoy it is about, if any
}

// Judge compares a ranking with the truth.
//
// The gain of an entry is the true avoidable impact of the fault it is the first
// to be about; saying the same again gains nothing, but is not false. An entry
// that joins several faults finds them all, but gains only the worst: lumping the
// city together must not look good. The ideal list has every target by falling
// impact; a highway fault that the ranking lists as one entry for both directions
// is one target.
func Judge(t *city.Truth, found []Found) (Score, error) {
	ts, err := targets(t)
	if err != nil {
		return Score{}, err
	}
	if len(found) > deep {
		found = found[:deep]
	}
	s := Score{Listed: len(found)}
	claimed := make([]bool, len(ts))
	foundFault := map[int]bool{}
	joined := map[[2]int]bool{} // targets of one fault that one entry covers
	var dcg float64
	var errors []float64
	wrong := 0
	for rank := range found {
		f := &found[rank]
		m := match(f, ts)
		gains := map[int]float64{} // by fault
		for _, i := range m {
			for _, j := range m {
				if i != j && ts[i].fault == ts[j].fault {
					joined[[2]int{i, j}] = true
				}
			}
			foundFault[ts[i].fault] = true
			if !claimed[i] {
				gains[ts[i].fault] += ts[i].avoidable
			}
		}
		worst, gain := -1, 0.0
		for fault, g := range gains {
			if g > gain || g == gain && fault < worst {
				worst, gain = fault, g
			}
		}
		for _, i := range m {
			claimed[i] = claimed[i] || ts[i].fault == worst
		}
		if rank >= topN {
			continue
		}
		dcg += gain / math.Log2(float64(rank)+2)
		if len(m) == 0 {
			wrong++
			w := Wrong{Rank: rank + 1, Name: f.Name, Decoy: decoyOf(t, f)}
			if w.Decoy != "" {
				s.Decoys++
			}
			s.Wrong = append(s.Wrong, w)
			continue
		}
		near := math.Inf(1)
		for _, i := range m {
			near = min(near, ts[i].shape.distance(geo.LatLon{Lat: f.Center[1], Lon: f.Center[0]}))
		}
		errors = append(errors, near)
	}
	if n := min(len(found), topN); n > 0 {
		s.False = float64(wrong) / float64(n)
	}
	if ideal := idealDCG(ts, joined); ideal > 0 {
		s.NDCG = min(dcg/ideal, 1)
	}
	s.Location = -1
	if len(errors) > 0 {
		s.Location = median(errors)
	}
	for i := range t.Faults {
		f := &t.Faults[i]
		if f.Impact.Avoidable < worthIt {
			continue
		}
		s.Worth++
		if foundFault[i] {
			s.Recall++
		} else {
			s.Missed = append(s.Missed, Miss{f.ID, f.Kind, f.Name, f.Impact.Avoidable})
		}
	}
	if s.Worth > 0 {
		s.Recall /= float64(s.Worth)
	}
	return s, nil
}

func idealDCG(ts []target, joined map[[2]int]bool) float64 {
	var gains []float64
	used := make([]bool, len(ts))
	for i := range ts {
		if used[i] {
			continue
		}
		g := ts[i].avoidable
		for j := i + 1; j < len(ts); j++ {
			if joined[[2]int{i, j}] {
				g += ts[j].avoidable
				used[j] = true
			}
		}
		gains = append(gains, g)
	}
	sort.Sort(sort.Reverse(sort.Float64Slice(gains)))
	var sum float64
	for i, g := range gains[:min(len(gains), topN)] {
		sum += g / math.Log2(float64(i)+2)
	}
	return sum
}

// decoyOf names the decoy an entry is about; "" for none.
func decoyOf(t *city.Truth, f *Found) string {
	for i := range t.Decoys {
		d := &t.Decoys[i]
		if d.VenueID != "" {
			if f.Place.Kind == "venue" && f.Place.VenueID == d.VenueID {
				return d.ID
			}
			continue
		}
		if f.Place.Kind != "cells" || d.Kind == "device_fault" {
			continue
		}
		sh, err := newShape(d.Geometry)
		if err == nil && sh.distance(geo.LatLon{Lat: f.Center[1], Lon: f.Center[0]}) < reach {
			return d.ID
		}
	}
	return ""
}

func median(x []float64) float64 {
	if len(x) == 0 {
		return -1
	}
	x = append([]float64(nil), x...)
	sort.Float64s(x)
	return (x[(len(x)-1)/2] + x[len(x)/2]) / 2
}
