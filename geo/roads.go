package geo

import (
	"fmt"
	"sort"
	"strings"

	"github.com/paulmach/orb"
)

// road is one way of a motorway, trunk road or road tunnel before stitching.
type road struct {
	id     string
	ref    string
	name   string
	tunnel bool
	oneway bool
	line   orb.LineString
}

// roadOf tells whether an OSM object is a highway or road tunnel, and reads it.
// Slip roads are left out: they would break the chainage of the line they leave.
func roadOf(id string, t osmTags, lines []orb.LineString) (road, bool) {
	if len(lines) == 0 {
		return road{}, false
	}
	tunnel := t["tunnel"] != "" && t["tunnel"] != "no"
	main := t.is("highway", "motorway", "trunk")
	if !main && !(tunnel && t.is("highway", "primary", "secondary", "tertiary")) {
		return road{}, false
	}
	r := road{id: id, ref: t["ref"], name: t["name"], tunnel: tunnel && !main,
		oneway: t.is("oneway", "yes", "1", "true") || t.is("highway", "motorway") && t["oneway"] != "no"}
	for _, l := range lines {
		r.line = append(r.line, l...)
	}
	return r, len(r.line) > 1
}

// stitchRoads joins ways end to end into lines by ref (or name) and direction.
func stitchRoads(roads []road) []Venue {
	groups := map[string][]road{}
	var keys []string
	for _, r := range roads {
		label := r.ref
		if label == "" {
			label = r.name
		}
		if label == "" {
			continue
		}
		key := fmt.Sprintf("%v|%v|%s", r.tunnel, r.oneway, label)
		if _, known := groups[key]; !known {
			keys = append(keys, key)
		}
		groups[key] = append(groups[key], r)
	}
	sort.Strings(keys)
	var out []Venue
	for _, key := range keys {
		out = append(out, stitchGroup(groups[key])...)
	}
	return out
}

// stitchGroup chains one road's ways. Where several continue, the first by id does.
func stitchGroup(ways []road) []Venue {
	sort.Slice(ways, func(i, j int) bool { return ways[i].id < ways[j].id })
	starts := map[orb.Point][]int{}
	ends := map[orb.Point]int{}
	for i, w := range ways {
		starts[w.line[0]] = append(starts[w.line[0]], i)
		ends[w.line[len(w.line)-1]]++
	}
	used := make([]bool, len(ways))
	var out []Venue
	take := func(first int) {
		w := ways[first]
		line := orb.LineString{}
		for i := first; i >= 0; {
			used[i] = true
			if len(line) > 0 {
				line = append(line, ways[i].line[1:]...)
			} else {
				line = append(line, ways[i].line...)
			}
			next := -1
			for _, j := range starts[line[len(line)-1]] {
				if !used[j] {
					next = j
					break
				}
			}
			i = next
		}
		v := Venue{ID: "line/" + w.id, Name: w.name, Ref: w.ref, Scene: SceneHighway, Geometry: line}
		if w.tunnel {
			v.Scene = SceneTunnel
		}
		if v.Name == "" {
			v.Name = v.Ref
		}
		if v.Ref == "" {
			v.Ref = v.Name
		}
		v.Ref = strings.TrimSpace(strings.Split(v.Ref, ";")[0])
		out = append(out, v)
	}
	for i, w := range ways {
		if !used[i] && ends[w.line[0]] == 0 {
			take(i)
		}
	}
	for i := range ways {
		if !used[i] {
			take(i) // a closed ring
		}
	}
	return out
}

// linkParents gives lifts and basements without a parent the building they stand
// in: the smallest polygon that contains them.
func linkParents(venues []Venue) {
	orphan := false
	for i := range venues {
		orphan = orphan || partScene(venues[i].Scene) && venues[i].Parent == ""
	}
	if !orphan {
		return
	}
	shapes := newShapeIndex()
	for i := range venues {
		if !partScene(venues[i].Scene) && dimension(venues[i].Geometry) == 2 {
			shapes.add(i, venues[i].Geometry, -Area(venues[i].Geometry))
		}
	}
	shapes.build()
	for i := range venues {
		v := &venues[i]
		if !partScene(v.Scene) || v.Parent != "" {
			continue
		}
		if at := shapes.find(centreOf(v.Geometry)); at >= 0 {
			v.Parent = venues[at].ID
		}
	}
}

func partScene(s Scene) bool { return s == SceneLift || s == SceneBasement }
