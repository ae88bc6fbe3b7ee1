package main

import (
	"encoding/csv"
	"errors"
	"io"
	"os"
	"strconv"
	"testing"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/store"
	"github.com/hotcell/hotcell/store/storetest"
)

// Indoor radio cells of the city are given to the buildings from which their
// located calls come: two ways to the place that know nothing of one another.
func TestIndoorCellsServeTheirVenues(t *testing.T) {
	c := theSmallCity(t)
	h := home{t: t, dsn: storetest.Embedded(t), keyFile: t.TempDir() + "/pseudonym.key"}
	h.load("venues", c.file("venues.geojson"))
	h.load("sites", c.file("sites.csv"))
	s, err := store.Open(t.Context(), store.Config{DSN: h.dsn}, nil)
	if err != nil {
		t.Fatal(err)
	}
	venues, regions, sites, _, err := s.Catalogue(t.Context())
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	atlas, err := geo.NewCatalogue(venues, regions, sites)
	if err != nil {
		t.Fatal(err)
	}
	venueOf := func(l geo.Location) string {
		if p, known := atlas.Place(l.Place); known && p.Kind == geo.PlaceVenue {
			return p.Venue.ID
		}
		return ""
	}
	f, err := os.Open(c.file("calls.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows := csv.NewReader(f)
	header, err := rows.Read()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range header {
		column[name] = i
	}
	housed, homeless, same, other, beside := 0, 0, 0, 0, 0
	for _, site := range sites {
		if site.Indoor {
			if venueOf(atlas.Locate(geo.Evidence{RadioCell: site.RadioCell, Floor: geo.UnknownFloor})) != "" {
				housed++
			} else {
				homeless++
			}
		}
	}
	for {
		row, err := rows.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		at := func(name string) string { return row[column[name]] }
		site, known := atlas.Site(at("cell_id"))
		lat, badLat := strconv.ParseFloat(at("lat"), 64)
		lon, badLon := strconv.ParseFloat(at("lon"), 64)
		if !known || !site.Indoor || badLat != nil || badLon != nil || at("indoor") != "indoor" {
			continue
		}
		byCell := venueOf(atlas.Locate(geo.Evidence{RadioCell: at("cell_id"), Indoor: geo.Inside, Floor: geo.UnknownFloor}))
		accuracy, _ := strconv.ParseFloat(at("accuracy_m"), 64)
		byPosition := venueOf(atlas.Locate(geo.Evidence{HasPos: true, Pos: geo.LatLon{Lat: lat, Lon: lon}, AccuracyM: accuracy, Indoor: geo.Inside, Floor: geo.UnknownFloor}))
		switch {
		case byPosition == "":
			beside++
		case byCell == byPosition:
			same++
		default:
			other++
		}
	}
	t.Logf("%d indoor cells have a venue, %d none; of calls served by one, %d lie in its venue, %d in another, %d in none", housed, homeless, same, other, beside)
	if housed < 100 || homeless > housed/20 {
		t.Errorf("%d indoor cells have a venue, %d none", housed, homeless)
	}
	if same < 1000 || other > same/20 {
		t.Errorf("of calls served by an indoor cell, %d lie in its venue and %d in another", same, other)
	}
}
