package hotspots

import (
	"github.com/hotcell/hotcell/geo"
)

// geometry is what orb geometries offer; hotspots does not import orb.
type geometry interface {
	GeoJSONType() string
}

// collectGeometry makes one GeoJSON geometry object of several: the geometry
// itself when it is alone, else a collection.
func collectGeometry(all []geometry) any {
	object := func(g geometry) any {
		return map[string]any{"type": g.GeoJSONType(), "coordinates": g}
	}
	if len(all) == 1 {
		return object(all[0])
	}
	list := make([]any, 0, len(all))
	for _, g := range all {
		list = append(list, object(g))
	}
	return map[string]any{"type": "GeometryCollection", "geometries": list}
}

// cellsGeometry is the cells' outline as a MultiPolygon.
func cellsGeometry(cells []geo.Cell) any {
	polygons := []any{}
	for _, c := range cells {
		b := c.Boundary()
		if b != nil && b.GeoJSONType() == "Polygon" {
			polygons = append(polygons, b)
		}
	}
	return map[string]any{"type": "MultiPolygon", "coordinates": polygons}
}

// memberCells are the members that are cells.
func (m *model) memberCells(members []int32) []geo.Cell {
	var out []geo.Cell
	for _, i := range members {
		if isCell(m.ids[i]) {
			out = append(out, geo.Cell(m.ids[i]))
		}
	}
	return out
}
