package api

import (
	"math"
	"reflect"
	"strconv"
)

// geometry is a GeoJSON geometry with its coordinates lifted to the nesting of
// a MultiPolygon: polygons of rings of points, longitude first.
type geometry struct {
	kind     string // GeoJSON type
	polygons [][][]point
}

type point = [2]float64

// lift tells how many levels each type lacks to a MultiPolygon's nesting.
var lift = map[string]int{
	"Point": 3, "MultiPoint": 2, "LineString": 2, "MultiLineString": 1, "Polygon": 1, "MultiPolygon": 0,
}

// geometryOf reads a geometry of package geo, whose coordinates are nested
// slices of [2]float64. It reports false for nil and for collections.
func geometryOf(g interface{ GeoJSONType() string }) (geometry, bool) {
	if g == nil {
		return geometry{}, false
	}
	kind := g.GeoJSONType()
	levels, ok := lift[kind]
	if !ok {
		return geometry{}, false
	}
	v := reflect.ValueOf(g)
	depth := 0 // slices around the points
	for t := v.Type(); t.Kind() == reflect.Slice; t = t.Elem() {
		depth++
	}
	if depth+levels != 3 { // a bare ring calls itself a Polygon
		levels = 3 - depth
	}
	pointsOf := func(v reflect.Value) []point {
		out := make([]point, v.Len())
		for i := range out {
			p := v.Index(i)
			out[i] = point{p.Index(0).Float(), p.Index(1).Float()}
		}
		return out
	}
	ringsOf := func(v reflect.Value) [][]point {
		out := make([][]point, v.Len())
		for i := range out {
			out[i] = pointsOf(v.Index(i))
		}
		return out
	}
	switch levels {
	case 3:
		if v.Kind() != reflect.Array || v.Len() != 2 {
			return geometry{}, false
		}
		return geometry{kind, [][][]point{{{{v.Index(0).Float(), v.Index(1).Float()}}}}}, true
	case 2:
		return geometry{kind, [][][]point{{pointsOf(v)}}}, true
	case 1:
		return geometry{kind, [][][]point{ringsOf(v)}}, true
	default:
		polygons := make([][][]point, v.Len())
		for i := range polygons {
			polygons[i] = ringsOf(v.Index(i))
		}
		return geometry{kind, polygons}, true
	}
}

// box is west, south, east, north in degrees. West > east crosses the antimeridian.
type box [4]float64

var world = box{-180, -90, 180, 90}

func (b box) meets(o box) bool {
	if b[1] > o[3] || o[1] > b[3] {
		return false
	}
	if b[0] > b[2] {
		return box{b[0], b[1], 180, b[3]}.meets(o) || box{-180, b[1], b[2], b[3]}.meets(o)
	}
	return b[0] <= o[2] && o[0] <= b[2]
}

func (g geometry) bounds() box {
	b := box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for _, rings := range g.polygons {
		for _, ring := range rings {
			for _, p := range ring {
				b = box{min(b[0], p[0]), min(b[1], p[1]), max(b[2], p[0]), max(b[3], p[1])}
			}
		}
	}
	return b
}

// snap rounds every point to a grid of the given width in degrees and leaves
// out repeated points, so that borders shared by two shapes stay shared. Rings
// and lines that vanish are left out; it reports false when nothing is left.
func (g geometry) snap(grid float64) (geometry, bool) {
	fewest := 1
	switch g.kind {
	case "Polygon", "MultiPolygon":
		fewest = 4 // a closed triangle
	case "LineString", "MultiLineString":
		fewest = 2
	}
	out := geometry{kind: g.kind}
	for _, rings := range g.polygons {
		var kept [][]point
		for i, ring := range rings {
			var line []point
			for _, p := range ring {
				q := point{math.Round(p[0]/grid) * grid, math.Round(p[1]/grid) * grid}
				if len(line) == 0 || line[len(line)-1] != q {
					line = append(line, q)
				}
			}
			if len(line) >= fewest {
				kept = append(kept, line)
			} else if i == 0 && fewest == 4 {
				break // without its outer ring a polygon has no holes
			}
		}
		if len(kept) > 0 {
			out.polygons = append(out.polygons, kept)
		}
	}
	return out, len(out.polygons) > 0
}

// rectangle is a box as a polygon, for shapes that must stay though they vanish.
func rectangle(b box) geometry {
	return geometry{"Polygon", [][][]point{{{{b[0], b[1]}, {b[2], b[1]}, {b[2], b[3]}, {b[0], b[3]}, {b[0], b[1]}}}}}
}

// MarshalJSON writes a GeoJSON geometry object with 6 decimals (0.1 m).
func (g geometry) MarshalJSON() ([]byte, error) { return g.appendJSON(nil), nil }

func (g geometry) appendJSON(b []byte) []byte {
	b = append(b, `{"type":"`...)
	b = append(b, g.kind...)
	b = append(b, `","coordinates":`...)
	switch lift[g.kind] {
	case 3:
		b = appendPoint(b, g.polygons[0][0][0])
	case 2:
		b = appendList(b, g.polygons[0][0], appendPoint)
	case 1:
		b = appendList(b, g.polygons[0], appendLine)
	default:
		b = appendList(b, g.polygons, func(b []byte, rings [][]point) []byte { return appendList(b, rings, appendLine) })
	}
	return append(b, '}')
}

func appendList[T any](b []byte, items []T, one func([]byte, T) []byte) []byte {
	b = append(b, '[')
	for i, item := range items {
		if i > 0 {
			b = append(b, ',')
		}
		b = one(b, item)
	}
	return append(b, ']')
}

func appendLine(b []byte, line []point) []byte { return appendList(b, line, appendPoint) }

func appendPoint(b []byte, p point) []byte {
	b = append(b, '[')
	b = strconv.AppendFloat(b, math.Round(p[0]*1e6)/1e6, 'f', -1, 64)
	b = append(b, ',')
	b = strconv.AppendFloat(b, math.Round(p[1]*1e6)/1e6, 'f', -1, 64)
	return append(b, ']')
}
