package geo

import (
	"fmt"
	"math"
	"sort"
	"strings"

	"github.com/paulmach/orb"
)

// road is one way of a motorway, trunk road or road tunnel before stitching.
type road struct {
	id     string
	ref    string
	name   string
	main   bool // motorway or trunk: becomes a highway
	tunnel bool
	oneway bool
	line   orb.LineString
}

// roadsOf tells whether an OSM object is a highway or road tunnel, and reads its
// pieces. Slip roads are left out: they would break the chainage of the line they
// leave.
func roadsOf(id string, t osmTags, lines []orb.LineString) []road {
	tunnel := t["tunnel"] != "" && t["tunnel"] != "no"
	main := t.is("highway", "motorway", "trunk")
	if len(lines) == 0 || !main && !(tunnel && t.is("highway", "primary", "secondary", "tertiary")) {
		return nil
	}
	ref, _, _ := strings.Cut(t["ref"], ";") // "I 95;US 40": the first number is the one signposted
	var out []road
	for i, l := range lines {
		if len(l) < 2 {
			continue
		}
		r := road{id: id, ref: strings.TrimSpace(ref), name: t["name"], main: main, tunnel: tunnel, line: l,
			oneway: t.is("oneway", "yes", "1", "true", "-1", "reverse") || t.is("highway", "motorway") && t["oneway"] != "no"}
		if t.is("oneway", "-1", "reverse") { // drawn against the traffic
			r.line = reversed(l)
		}
		if i > 0 {
			r.id += fmt.Sprintf("#%d", i+1)
		}
		out = append(out, r)
	}
	return out
}

// stitchRoads joins ways end to end into lines by ref (or name) and direction.
// Tunnels become lines of their own; those of a highway are part of it too, so
// that its chainage runs through.
func stitchRoads(roads []road) []Venue {
	groups := map[string][]road{}
	add := func(r road, scene Scene) {
		label := r.ref
		if label == "" || scene == SceneTunnel && r.name != "" {
			label = r.name
		}
		if label == "" && scene == SceneTunnel {
			label = "tunnel"
		}
		if label == "" {
			return
		}
		key := fmt.Sprintf("%d|%v|%s", scene, r.oneway, label)
		for _, other := range groups[key] { // vector tiles repeat whole features
			if orb.Equal(other.line, r.line) {
				return
			}
		}
		groups[key] = append(groups[key], r)
	}
	for _, r := range roads {
		if r.main {
			add(r, SceneHighway)
		}
		if r.tunnel {
			add(r, SceneTunnel)
		}
	}
	keys := make([]string, 0, len(groups))
	for key := range groups {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	var out []Venue
	for _, key := range keys {
		scene := SceneHighway
		if strings.HasPrefix(key, fmt.Sprintf("%d|", SceneTunnel)) {
			scene = SceneTunnel
		}
		out = append(out, stitchGroup(groups[key], scene)...)
	}
	return out
}

// stitchGroup chains one road's ways: from those nothing leads into, on to the
// end, at forks straight on. Two-way roads may be drawn either way round.
func stitchGroup(ways []road, scene Scene) []Venue {
	sort.Slice(ways, func(i, j int) bool { return ways[i].id < ways[j].id })
	at := map[orb.Point][]int{} // ways by the ends they can be entered from
	into := map[orb.Point]int{} // ways that lead to a point
	for i, w := range ways {
		first, last := w.line[0], w.line[len(w.line)-1]
		at[first] = append(at[first], i)
		into[last]++
		if !w.oneway {
			at[last] = append(at[last], i)
			into[first]++
		}
	}
	used := make([]bool, len(ways))
	var runs []roadRun
	take := func(first int, line orb.LineString) {
		used[first] = true
		line = append(orb.LineString(nil), line...)
		for {
			next, best := -1, math.Inf(1)
			var piece orb.LineString
			end := line[len(line)-1]
			for _, j := range at[end] {
				if used[j] {
					continue
				}
				l := ways[j].line
				if l[0] != end {
					l = reversed(l)
				}
				if turn := turnBetween(line, l); turn < best {
					next, best, piece = j, turn, l
				}
			}
			if next < 0 {
				break
			}
			used[next] = true
			line = append(line, piece[1:]...)
		}
		runs = append(runs, roadRun{first: first, oneway: ways[first].oneway, parts: orb.MultiLineString{line}})
	}
	for i, w := range ways {
		first, last := w.line[0], w.line[len(w.line)-1]
		switch {
		case used[i]:
		case w.oneway && into[first] == 0 || !w.oneway && into[first] == 1:
			take(i, w.line)
		case !w.oneway && into[last] == 1:
			take(i, reversed(w.line))
		}
	}
	for i := range ways { // rings, and what forks left over
		if !used[i] {
			take(i, ways[i].line)
		}
	}
	var out []Venue
	for _, r := range bridgeGaps(runs) {
		out = append(out, lineVenue(&ways[r.first], r.parts, scene))
	}
	return out
}

func lineVenue(w *road, parts orb.MultiLineString, scene Scene) Venue {
	v := Venue{ID: "line/" + w.id, Name: w.name, Ref: w.ref, Scene: scene, Geometry: parts}
	if len(parts) == 1 {
		v.Geometry = parts[0]
	}
	if scene == SceneTunnel {
		v.ID = "tunnel/" + w.id
		if w.name != "" {
			v.Ref = w.name
		}
	}
	if v.Name == "" {
		v.Name = v.Ref
	}
	if v.Ref == "" {
		v.Ref = v.Name
	}
	return v
}

func reversed(l orb.LineString) orb.LineString {
	out := append(orb.LineString(nil), l...)
	out.Reverse()
	return out
}

// turnBetween gives the change of course in degrees from the end of one line to
// the start of the next.
func turnBetween(a, b orb.LineString) float64 {
	from := Bearing(latLon(a[len(a)-2]), latLon(a[len(a)-1]))
	to := Bearing(latLon(b[0]), latLon(b[1]))
	return math.Abs(math.Mod(to-from+540, 360) - 180)
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
