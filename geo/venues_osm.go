package geo

import (
	"context"
	"fmt"
	"io"
	"sort"

	"github.com/paulmach/orb"
)

// ReadVenuesOSM reads venues from an OpenStreetMap extract (.osm.pbf): buildings
// and sites by their tags (building, office, tourism, shop, amenity, …), lifts,
// underground car parks, stations and their entrances, and motorways and trunk
// roads stitched by ref and direction. Outlines of multipolygon relations are put
// together from their ways. Lifts and basements get the building they stand in as
// parent. Objects whose geometry the extract cuts off are in VenueFile.Bad.
//
// Node positions are kept while reading: some 16 bytes for each node of the file.
func ReadVenuesOSM(ctx context.Context, r io.Reader) (VenueFile, error) {
	b := osmVenues{venueBuilder: venueBuilder{byID: map[string]int{}}, nodes: map[int64]orb.Point{}, ways: map[int64][]int64{}, leadsTo: map[int64][]string{}}
	if err := scanOSM(ctx, r, b.take); err != nil {
		return b.file, err
	}
	b.build()
	return b.file, nil
}

// somePolygon stands for a geometry not built yet.
var somePolygon = orb.Polygon{{{0, 0}, {1, 0}, {1, 1}, {0, 0}}}

// osmVenues collects what venues are made of; ways come after their nodes and
// relations after their ways, so that geometry waits for the end.
type osmVenues struct {
	venueBuilder
	nodes     map[int64]orb.Point
	ways      map[int64][]int64
	tagged    []osmObject // nodes and ways that may be venues
	relations []osmObject
	marked    []osmObject        // houses, exits and milestones
	leadsTo   map[int64][]string // node a slip road begins at → where it leads
}

func (b *osmVenues) take(o *osmObject) error {
	b.file.Features++
	o.number = b.file.Features
	switch o.kind {
	case osmNode:
		b.nodes[o.id] = o.pos.Point()
	case osmWay:
		b.ways[o.id] = o.nodes
	case osmRelation:
		if o.tags.is("type", "multipolygon", "site", "building") && len(o.tags) > 1 {
			b.relations = append(b.relations, *o)
			return nil
		}
	}
	b.noteMark(o)
	if o.kind != osmRelation && len(o.tags) > 0 && mayBeVenue(o) {
		b.tagged = append(b.tagged, *o)
		return nil
	}
	b.file.Skipped++
	return nil
}

// mayBeVenue is a cheap first look that spares building the geometry of every
// footway and tree.
func mayBeVenue(o *osmObject) bool {
	if o.tags["highway"] != "" && o.kind == osmWay {
		return len(roadsOf("", o.tags, []orb.LineString{{{0, 0}, {1, 1}}})) > 0
	}
	if o.kind == osmWay && isBuilding(o.tags) {
		return true
	}
	_, venue := venueOfTags("", o.tags, somePolygon)
	return venue
}

func (b *osmVenues) build() {
	inRelation := map[int64]bool{} // ways whose tags their relation repeats
	for i := range b.relations {
		b.relation(&b.relations[i], inRelation)
	}
	for i := range b.tagged {
		o := &b.tagged[i]
		switch o.kind {
		case osmNode:
			b.object(fmt.Sprint("node/", o.id), o.tags, b.nodes[o.id])
		case osmWay:
			if inRelation[o.id] {
				b.file.Merged++
				continue
			}
			b.way(o)
		}
	}
	b.marks()
	b.finish()
	sort.SliceStable(b.file.Bad, func(i, j int) bool { return b.file.Bad[i].ID < b.file.Bad[j].ID })
}

// object adds a venue; what turns out to be none is counted as skipped.
func (b *osmVenues) object(id string, tags osmTags, g orb.Geometry) bool {
	v, is := venueOfTags(id, tags, g)
	if !is {
		b.file.Skipped++
		b.keepPlain(v, tags)
		return false
	}
	b.put(v)
	return true
}

func (b *osmVenues) way(o *osmObject) {
	id := fmt.Sprint("way/", o.id)
	line, whole := b.line(o.nodes)
	if len(line) < 2 {
		b.file.Skipped++ // wholly outside the extract
		return
	}
	if r := roadsOf(id, o.tags, []orb.LineString{line}); len(r) > 0 {
		b.roads = append(b.roads, r...)
		b.roadFeatures++
		b.file.Skipped++ // until it is stitched
		return
	}
	if !whole || len(line) < 4 || line[0] != line[len(line)-1] {
		if _, is := venueOfTags(id, o.tags, somePolygon); is && !whole {
			b.bad(o, id, len(o.nodes)-len(line))
		} else {
			b.file.Skipped++ // tagged like a building but only a line
		}
		return
	}
	b.object(id, o.tags, orb.Polygon{orb.Ring(line)})
}

func (b *osmVenues) bad(o *osmObject, id string, missing int) {
	b.file.Bad = append(b.file.Bad, FeatureError{Number: o.number, ID: id,
		Err: fmt.Errorf("%d of its nodes are not in the extract; cut a wider one", missing)})
}

// line gives a way's positions; whole is false when some are missing.
func (b *osmVenues) line(nodes []int64) (line orb.LineString, whole bool) {
	whole = true
	for _, n := range nodes {
		p, known := b.nodes[n]
		if !known {
			whole = false
			continue
		}
		if len(line) == 0 || line[len(line)-1] != p {
			line = append(line, p)
		}
	}
	return line, whole
}

// relation puts a multipolygon together.
func (b *osmVenues) relation(o *osmObject, used map[int64]bool) {
	id := fmt.Sprint("relation/", o.id)
	if _, is := venueOfTags(id, o.tags, somePolygon); !is {
		b.file.Skipped++
		return
	}
	var outer, inner [][]int64
	missing := 0
	for _, m := range o.members {
		if m.kind != osmWay || m.role != "outer" && m.role != "inner" && m.role != "" && m.role != "outline" {
			continue
		}
		nodes, known := b.ways[m.id]
		if !known {
			missing++
			continue
		}
		if m.role == "inner" {
			inner = append(inner, nodes)
		} else {
			outer = append(outer, nodes)
		}
	}
	outlines, open := b.rings(outer)
	holes, _ := b.rings(inner)
	if missing+open > 0 || len(outlines) == 0 {
		b.file.Bad = append(b.file.Bad, FeatureError{Number: o.number, ID: id,
			Err: fmt.Errorf("its outline does not close: %d ways are not in the extract, %d ends stay open", missing, open)})
		return
	}
	var shape orb.MultiPolygon
	for _, ring := range outlines {
		shape = append(shape, orb.Polygon{ring})
	}
	for _, hole := range holes {
		for i := range shape {
			if c, ok := newPolygon(shape[i][:1]); ok && c.contains(hole[0][0], hole[0][1]) {
				shape[i] = append(shape[i], hole)
				break
			}
		}
	}
	var g orb.Geometry = shape
	if len(shape) == 1 {
		g = shape[0]
	}
	if !b.object(id, o.tags, g) {
		return
	}
	for _, m := range o.members { // an outer way tagged like the relation is the same building
		if m.kind == osmWay && m.role != "inner" {
			used[m.id] = true
		}
	}
}

// rings joins ways end to end until they close; open counts those that do not.
func (b *osmVenues) rings(ways [][]int64) (rings []orb.Ring, open int) {
	done := make([]bool, len(ways))
	for i := range ways {
		if done[i] || len(ways[i]) < 2 {
			continue
		}
		done[i] = true
		chain := append([]int64(nil), ways[i]...)
		for chain[0] != chain[len(chain)-1] {
			grown := false
			for j := range ways {
				if done[j] || len(ways[j]) < 2 {
					continue
				}
				w, end := ways[j], chain[len(chain)-1]
				switch {
				case w[0] == end:
					chain = append(chain, w[1:]...)
				case w[len(w)-1] == end:
					for k := len(w) - 2; k >= 0; k-- {
						chain = append(chain, w[k])
					}
				default:
					continue
				}
				done[j], grown = true, true
				break
			}
			if !grown {
				break
			}
		}
		line, whole := b.line(chain)
		if !whole || len(line) < 4 || line[0] != line[len(line)-1] {
			open++
			continue
		}
		rings = append(rings, orb.Ring(line))
	}
	return rings, open
}
