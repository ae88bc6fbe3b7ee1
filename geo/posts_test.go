package geo

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"
)

// TestExits finds the exits that complaints name on the Baltimore extract's I-95 and
// I-895, by their numbers and by where they lead. The positions are OSM's own.
func TestExits(t *testing.T) {
	c := addressCatalogue(t, "osm/baltimore.osm.pbf")
	for _, test := range []struct {
		text string
		near []LatLon // of the exits; none: the whole highway, or nothing
	}{
		{"call dropped near exit 57 of I-95", []LatLon{{39.27262, -76.55429}, {39.28464, -76.54308}}},
		{"I-95 exit 60, no signal at all", []LatLon{{39.29807, -76.53062}}},
		{"lost the call at Exit 11A on I-895", []LatLon{{39.27816, -76.55320}}},
		{"on I-895 between exits 11A and 11B my calls drop", []LatLon{{39.27816, -76.55320}, {39.28058, -76.55324}}},
		{"I-83, exit 1, dropped twice", []LatLon{{39.29139, -76.60740}}},
		{"dead zone at the Moravia Rd exit on I-95", []LatLon{{39.29807, -76.53062}}},
		{"I895 Holabird Avenue exit, drops every morning", []LatLon{{39.27209, -76.55469}}},
		{"I-95 exit 99 drops", nil},
		{"exit 57 of the shopping centre", nil},
	} {
		l := c.Locate(Evidence{Text: test.text, Floor: UnknownFloor})
		var places []PlaceID
		switch {
		case l.Choice != nil:
			for _, w := range l.Choice.Places {
				places = append(places, w.Place)
			}
		case l.Place != 0:
			places = append(places, l.Place)
		}
		if test.near == nil {
			if len(places) > 0 && len(places) < 5 {
				t.Errorf("%q is at %s", test.text, keyOf(c, l))
			}
			continue
		}
		found := 0
		for _, want := range test.near {
			if slices.ContainsFunc(places, func(id PlaceID) bool {
				p, _ := c.Place(id)
				_, d := nearestOn(p.Geometry, want)
				return p.Kind == PlaceSegment && d < exitReach
			}) {
				found++
			}
		}
		if found != len(test.near) || len(places) > len(test.near) {
			t.Errorf("%q is at %q, which holds %d of %d exits", test.text, keyOf(c, l), found, len(test.near))
		}
	}
}

// TestMilestones reads a motorway with milestones and an exit as an extract has them,
// and finds the kilometres that complaints name. No shared extract has milestones.
func TestMilestones(t *testing.T) {
	b := osmVenues{venueBuilder: venueBuilder{byID: map[string]int{}}, nodes: map[int64]orb.Point{}, ways: map[int64][]int64{}, leadsTo: map[int64][]string{}}
	node := func(id int64, lat, lon float64, tags osmTags) {
		if err := b.take(&osmObject{kind: osmNode, id: id, pos: LatLon{lat, lon}, tags: tags}); err != nil {
			t.Fatal(err)
		}
	}
	var way []int64
	for k := range 21 { // 20 stretches of about 965 m, westward the numbers fall
		id := int64(100 + k)
		var tags osmTags
		if k == 12 {
			tags = osmTags{"highway": "motorway_junction", "ref": "7A"}
		}
		node(id, 30, 104+float64(k)/100, tags)
		way = append(way, id)
	}
	node(1, 30.0001, 104.02, osmTags{"highway": "milestone", "distance": "52"})
	node(2, 30.0001, 104.10, osmTags{"highway": "milestone", "distance": "44.3 km"})
	node(3, 30.0001, 104.15, osmTags{"highway": "milestone", "distance": "K39+500"})
	node(4, 31, 104.15, osmTags{"highway": "milestone", "distance": "7"})
	node(5, 30.0001, 104.05, osmTags{"highway": "milestone", "distance": "9", "road:ref": "G5"})
	for _, o := range []osmObject{
		{kind: osmWay, id: 10, nodes: way, tags: osmTags{"highway": "motorway", "ref": "G42", "name": "沪蓉高速"}},
		{kind: osmWay, id: 11, nodes: []int64{112, 4}, tags: osmTags{"highway": "motorway_link", "destination": "龙泉;Longquan"}},
	} {
		if err := b.take(&o); err != nil {
			t.Fatal(err)
		}
	}
	b.build()
	if got := marksIn(b.file.Marks); got != "exits 1, milestones 5" {
		t.Errorf("%s", got)
	}
	c, err := NewCatalogue(b.file.Venues, nil, nil, b.file.Marks...)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ text, key string }{
		{"G42高速K52处掉话", "segment/line/way/10/1"},
		{"沪蓉高速48公里处没有信号", "segment/line/way/10/5"},
		{"G42 K41+900 断线", "segment/line/way/10/12"},
		{"G42高速K37处掉话", "segment/line/way/10/16"}, // beyond the last milestone
		{"G42高速K90处掉话", ""},                       // not on this stretch
		{"G42 exit 7A, calls drop", "segment/line/way/10/11"},
		{"G42高速7A出口附近打不通", "segment/line/way/10/11"},
		{"G42高速龙泉出口掉线", "segment/line/way/10/11"},
	} {
		if key := keyOf(c, c.Locate(Evidence{Text: test.text, Floor: UnknownFloor})); key != test.key {
			t.Errorf("%q is at %q, expected %q", test.text, key, test.key)
		}
	}
}

// marksIn counts marks by kind.
func marksIn(marks []Mark) string {
	n := map[MarkKind]int{}
	for _, m := range marks {
		n[m.Kind]++
	}
	var out []string
	for k, name := range []string{MarkHouse: "houses", MarkExit: "exits", MarkMilestone: "milestones"} {
		if n[MarkKind(k)] > 0 {
			out = append(out, fmt.Sprint(name, " ", n[MarkKind(k)]))
		}
	}
	return strings.Join(out, ", ")
}
