package main

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/store/storetest"
)

// All calls around the worst broken venue are known within 2 km only, and all claim the
// same point, as positions from the network do. They make no pinpoint of the venue nor
// of that point; and on the map every call is somewhere, once, at every resolution.
func TestCoarsePositionsMakeNoPinpoint(t *testing.T) {
	c := theSmallCity(t)
	h := home{t: t, dsn: storetest.Embedded(t), keyFile: filepath.Join(t.TempDir(), "key")}
	worst := c.summary.Truth.Faults[0]
	for _, f := range c.summary.Truth.Faults {
		if f.VenueID != "" && f.Impact.Avoidable > worst.Impact.Avoidable || worst.VenueID == "" {
			worst = f
		}
	}
	middle := geo.LatLon{Lat: worst.Center[1], Lon: worst.Center[0]}
	point := geo.LatLon{Lat: middle.Lat + 0.006, Lon: middle.Lon} // 670 m north
	pinpoint, err := geo.CellAt(point, geo.RankResolution)
	if err != nil {
		t.Fatal(err)
	}

	var calls strings.Builder
	var column map[string]int
	rows, located, coarse, badThere := 0, 0, 0, 0
	lines(t, c.file("calls.csv"), func(line string) {
		f := strings.Split(line, ",")
		if column == nil {
			column = map[string]int{}
			for i, name := range f {
				column[name] = i
			}
			calls.WriteString(line + "\n")
			return
		}
		lat, e1 := strconv.ParseFloat(f[column["lat"]], 64)
		lon, e2 := strconv.ParseFloat(f[column["lon"]], 64)
		if rows++; e1 != nil || e2 != nil || rows%2 == 0 {
			return // without a position its radio cell would tell the building; half of the rest will do
		}
		located++
		if geo.Distance(geo.LatLon{Lat: lat, Lon: lon}, middle) < 250 {
			coarse++
			if f[column["outcome"]] != "completed" {
				badThere++
			}
			f[column["lat"]], f[column["lon"]] = fmt.Sprintf("%.6f", point.Lat), fmt.Sprintf("%.6f", point.Lon)
			f[column["accuracy_m"]], f[column["cell_id"]], f[column["floor"]], f[column["indoor"]] = "2000", "", "", ""
		}
		calls.WriteString(strings.Join(f, ",") + "\n")
	})
	if badThere < 60 {
		t.Fatalf("only %d bad calls of %d are near %s: too easy", badThere, coarse, worst.Name)
	}
	for _, feed := range []string{"regions", "venues"} {
		h.load(feed, c.file(feed+".geojson"))
	}
	h.load("sites", c.file("sites.csv"))
	h.load("calls", write(t, t.TempDir(), "calls.csv", calls.String()))

	for _, x := range h.rank("--top", "0").Hotspots {
		at := slices.Contains(x.Place.Cells, pinpoint.String())
		if x.Impact.Lower > 0 && (x.Place.VenueID == worst.VenueID || at && len(x.Place.Cells) < 7) {
			t.Errorf("%d calls within 2 km, and %q (%v, %d cells) is a hotspot with a lower bound of %.1f", coarse, x.Name, x.Place.Kind, len(x.Place.Cells), x.Impact.Lower)
		}
	}

	server := h.serving()
	for resolution := 3; resolution <= int(geo.StoredResolution); resolution++ {
		sum, there := 0.0, 0.0
		var add func(west, east float64)
		add = func(west, east float64) {
			status, body := get(t, fmt.Sprintf("%s/api/v1/cells?resolution=%d&bbox=%.9f,-90,%.9f,90", server, resolution, west, east))
			var answer struct {
				Truncated bool
				Features  []struct {
					Properties struct {
						Cell  geo.Cell
						Calls float64
					}
				}
			}
			if err := json.Unmarshal(body, &answer); err != nil || status != 200 {
				t.Fatalf("resolution %d: status %d, %v", resolution, status, err)
			}
			if answer.Truncated { // too many for one answer: ask for both halves
				add(west, (west+east)/2+1e-8)
				add((west+east)/2+1.1e-8, east)
				return
			}
			for _, f := range answer.Features {
				sum += f.Properties.Calls
				if f.Properties.Cell.Parent(geo.RankResolution) == pinpoint {
					there += f.Properties.Calls
				}
			}
		}
		add(middle.Lon-1, middle.Lon+1)
		if math.Abs(sum-float64(located)) > 0.05 {
			t.Errorf("resolution %d: %v calls on the map, %d have a position", resolution, sum, located)
		}
		if resolution == int(geo.RankResolution) && there > 0.2*float64(coarse) {
			t.Errorf("%.0f of %d calls that are known within 2 km are in one cell", there, coarse)
		}
	}
}
