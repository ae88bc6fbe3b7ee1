package geo

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
)

// Mark is a labelled point along a street or highway that is no venue: a house's
// number, an exit, a milestone. Records whose text names one are put there.
type Mark struct {
	ID     string
	Kind   MarkKind
	Road   string   // houses: the street; exits and milestones: the highway's number, "" unknown
	Number string   // houses: "12", "2-4"; exits: "7A"; milestones: kilometres, "35.2"
	Names  []string // exits: what they lead to
	Pos    LatLon
}

// MarkKind tells marks apart.
type MarkKind uint8

// Kinds of mark. The numbers are stored; append only.
const (
	MarkHouse     MarkKind = iota + 1
	MarkExit               // of a motorway or trunk road
	MarkMilestone          // kilometre or mile post
)

// markOfTags reads a mark from an object's tags; ok is false when it is none.
func markOfTags(id string, t osmTags, at LatLon) (m Mark, ok bool) {
	m = Mark{ID: id, Pos: at}
	switch {
	case t.is("highway", "motorway_junction"):
		m.Kind, m.Number = MarkExit, strings.TrimSpace(t["ref"])
		for _, key := range []string{"name", "exit_to", "destination"} {
			m.Names = append(m.Names, splitNames(t[key])...)
		}
		return m, m.Number != "" || len(m.Names) > 0
	case t.is("highway", "milestone"):
		km, known := kilometresOf(t["distance"])
		if !known {
			km, known = kilometresOf(t["pk"])
		}
		m.Kind, m.Road, m.Number = MarkMilestone, strings.TrimSpace(t["road:ref"]), strconv.FormatFloat(km, 'f', -1, 64)
		return m, known
	}
	m.Kind, m.Road, m.Number = MarkHouse, t["addr:street"], t["addr:housenumber"]
	if m.Road == "" {
		m.Road, m.Number = t["addr_street"], t["addr_housenumber"] // vector tiles
	}
	_, ok = parseHouseNumber(m.Number)
	return m, ok && m.Road != ""
}

// kilometresOf reads a milestone's distance: "35", "35.2 km", "52 mi", "35+200".
func kilometresOf(s string) (km float64, ok bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	if whole, metres, plus := strings.Cut(s, "+"); plus {
		k, err := strconv.Atoi(strings.TrimPrefix(whole, "k"))
		m, also := strconv.Atoi(metres)
		return float64(k) + float64(m)/1000, err == nil && also == nil && m >= 0 && m < 1000
	}
	scale := 1.0
	if mi, is := strings.CutSuffix(s, "mi"); is {
		s, scale = mi, kmPerMile
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(s, "km")), 64)
	return v * scale, err == nil && v >= 0 && v < 1e5
}

// keepMark remembers an object that is no venue.
func (b *venueBuilder) keepMark(id string, t osmTags, at LatLon) {
	if m, ok := markOfTags(id, t, at); ok {
		b.file.Marks = append(b.file.Marks, m)
	}
}

// noteMark puts a node or way aside that may be a mark, venue or not.
func (b *osmVenues) noteMark(o *osmObject) {
	switch {
	case o.kind == osmRelation || len(o.tags) == 0:
	case o.kind == osmWay && len(o.nodes) > 0 && o.tags.is("highway", "motorway_link", "trunk_link"):
		if to := splitNames(o.tags["destination"]); len(to) > 0 {
			b.leadsTo[o.nodes[0]] = append(b.leadsTo[o.nodes[0]], to...)
		}
	case o.tags.is("highway", "motorway_junction", "milestone") && o.kind == osmNode, o.tags["addr:housenumber"] != "":
		b.marked = append(b.marked, *o)
	}
}

// marks makes marks of what was put aside; a building is where its corners are on
// average.
func (b *osmVenues) marks() {
	for i := range b.marked {
		o := &b.marked[i]
		if o.kind == osmNode {
			if to := b.leadsTo[o.id]; len(to) > 0 && o.tags.is("highway", "motorway_junction") {
				tags := osmTags{"destination": strings.Join(to, ";")}
				for k, v := range o.tags {
					tags[k] = v
				}
				b.keepMark(fmt.Sprint("node/", o.id), tags, latLon(b.nodes[o.id]))
				continue
			}
			b.keepMark(fmt.Sprint("node/", o.id), o.tags, latLon(b.nodes[o.id]))
			continue
		}
		if line, _ := b.line(o.nodes); len(line) > 2 {
			b.keepMark(fmt.Sprint("way/", o.id), o.tags, centreOf(orb.Polygon{orb.Ring(line)}))
		}
	}
}

// sortedMarks sorts marks by id; parts of one building cut at a tile's edge repeat it.
func sortedMarks(marks []Mark) []Mark {
	slices.SortStableFunc(marks, func(a, b Mark) int { return cmp.Compare(a.ID, b.ID) })
	return marks
}
