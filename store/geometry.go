package store

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/hotcell/hotcell/geo"
)

// Geometries are kept as GeoJSON text. Package geo is the only home of geometry
// types (DESIGN §3), so they are written here through the one method every one of
// them has, and read back through geo's own reader.

// shape is what a geometry shows of itself.
type shape interface{ GeoJSONType() string }

// geometryTexts writes each item's geometry as GeoJSON; a missing one is "".
func geometryTexts[T any](items []T, of func(*T) (string, shape)) ([]string, error) {
	out := make([]string, len(items))
	for i := range items {
		name, g := of(&items[i])
		if g == nil {
			continue
		}
		text, err := geometryText(g)
		if err != nil {
			return nil, &Error{Code: CodeBadRecord, Message: fmt.Sprintf("the geometry of %s cannot be written as GeoJSON: %v", name, err), Err: err}
		}
		out[i] = text
	}
	return out, nil
}

func geometryText(g shape) (string, error) {
	kind, v := g.GeoJSONType(), reflect.ValueOf(g)
	if kind == "GeometryCollection" && v.Kind() == reflect.Slice {
		var parts []string
		for i := range v.Len() {
			part, ok := v.Index(i).Interface().(shape)
			if !ok {
				return "", fmt.Errorf("part %d is missing", i+1)
			}
			text, err := geometryText(part)
			if err != nil {
				return "", err
			}
			parts = append(parts, text)
		}
		return `{"type":"GeometryCollection","geometries":[` + strings.Join(parts, ",") + `]}`, nil
	}
	// Helper types such as a bare ring call themselves by another type's name and
	// do not nest like it.
	if v.Type().Name() != kind {
		return "", fmt.Errorf("a %s is not a GeoJSON geometry", v.Type().Name())
	}
	coordinates, err := json.Marshal(g)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf(`{"type":%q,"coordinates":%s}`, kind, coordinates), nil
}

// readGeometries reads texts back, in order; "" is left out.
func readGeometries(texts []string, set func(i int, carrier *geo.Venue)) error {
	var file strings.Builder
	n := 0
	for i, text := range texts {
		if text == "" {
			continue
		}
		if n++; n > 1 {
			file.WriteByte(',')
		}
		fmt.Fprintf(&file, `{"type":"Feature","id":"%d","properties":{"scene":"other"},"geometry":%s}`, i, text)
	}
	if n == 0 {
		return nil
	}
	read, err := geo.ReadVenuesGeoJSON(strings.NewReader(`{"type":"FeatureCollection","features":[` + file.String() + `]}`))
	if err == nil && len(read) != n {
		err = fmt.Errorf("%d of %d were read", len(read), n)
	}
	if err != nil {
		return &Error{Code: CodeInternal, Message: "the stored geometries cannot be read: " + err.Error(), Err: err}
	}
	for i := range read {
		at, err := strconv.Atoi(read[i].ID)
		if err != nil || at < 0 || at >= len(texts) {
			return &Error{Code: CodeInternal, Message: fmt.Sprintf("the stored geometry %q belongs to nothing", read[i].ID)}
		}
		set(at, &read[i])
	}
	return nil
}
