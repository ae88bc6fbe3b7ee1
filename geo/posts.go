package geo

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/paulmach/orb"
)

// Exits and milestones stand along highways and tell where on the line a complaint
// means: "exit 12" is at the exits of that number, K35 between the milestones around.

// post is a mark on a line.
type post struct {
	kind  MarkKind
	label string     // exits: "7a"
	names [][]string // exits: tokens of what they lead to
	km    float64    // milestones
	at    float64    // chainage, metres
}

const (
	exitReach      = 30.0   // metres from an exit to its highway
	milestoneReach = 60.0   // … from a milestone, which stands beside or between the carriageways
	leastPosts     = 2      // milestones that give a line its kilometres
	beyondPosts    = 3000.0 // metres from the last milestone that these kilometres go on
)

// postMarks finds the highways that exits and milestones stand at, and where.
func (c *Catalogue) postMarks(marks []Mark) {
	posts := slices.DeleteFunc(slices.Clone(marks), func(m Mark) bool { return m.Kind != MarkExit && m.Kind != MarkMilestone })
	if len(posts) == 0 {
		return
	}
	slices.SortStableFunc(posts, func(a, b Mark) int { return cmp.Compare(a.Pos.Lat, b.Pos.Lat) })
	type stand struct {
		line int32
		at   float64
		d    float64
	}
	stands := make([][]stand, len(posts))
	for i := range c.venues {
		if !c.spots[i].line || c.venues[i].Scene != SceneHighway {
			continue
		}
		g := c.venues[i].Geometry
		box := g.Bound().Pad(milestoneReach / metresPerDeg * 2)
		from, _ := slices.BinarySearchFunc(posts, box.Min[1], func(m Mark, lat float64) int { return cmp.Compare(m.Pos.Lat, lat) })
		for k := from; k < len(posts) && posts[k].Pos.Lat <= box.Max[1]; k++ {
			m := &posts[k]
			if m.Pos.Lon < box.Min[0] || m.Pos.Lon > box.Max[0] ||
				m.Road != "" && normalizeName(m.Road) != normalizeName(c.venues[i].Ref) {
				continue
			}
			at, d := nearestOn(g, m.Pos)
			if m.Kind == MarkExit && d <= exitReach || m.Kind == MarkMilestone && d <= milestoneReach {
				stands[k] = append(stands[k], stand{int32(i), at, d})
			}
		}
	}
	c.posts = map[int32][]post{}
	for k, at := range stands {
		m := &posts[k]
		if m.Kind == MarkExit && len(at) > 1 { // it is a point of its own carriageway
			at = []stand{slices.MinFunc(at, func(a, b stand) int { return cmp.Compare(a.d, b.d) })}
		}
		for _, s := range at {
			p := post{kind: m.Kind, label: strings.ToLower(strings.ReplaceAll(m.Number, " ", "")), at: s.at}
			if m.Kind == MarkMilestone {
				p.km, _ = kilometresOf(m.Number)
			}
			for _, n := range m.Names {
				if tokens := nameTokens(n); telling(tokens) || len(tokens) > 1 && isHan([]rune(tokens[0])[0]) {
					p.names = append(p.names, tokens)
				}
			}
			c.posts[s.line] = append(c.posts[s.line], p)
		}
	}
	for line := range c.posts {
		slices.SortFunc(c.posts[line], func(a, b post) int { return cmp.Compare(a.at, b.at) })
	}
}

// nearestOn gives the chainage of the point of a line nearest to a position, and the
// distance, both in metres.
func nearestOn(g orb.Geometry, p LatLon) (at, distance float64) {
	kx := metresPerDeg * math.Cos(p.Lat*radians)
	best := math.Inf(1)
	chainage(g, func(a, b orb.Point, from, length float64) {
		d, along := pointToPiece((a[0]-p.Lon)*kx, (a[1]-p.Lat)*metresPerDeg, (b[0]-p.Lon)*kx, (b[1]-p.Lat)*metresPerDeg)
		if d < best {
			best, at = d, from+along*length
		}
	})
	return at, math.Sqrt(best)
}

var (
	exitNumbers = regexp.MustCompile(`(?:^|[^a-z])(?:exits?|junctions?|jct|j) ?#?(\d{1,3} ?[a-d]?)(?:[^a-z0-9]|$)(?:(?:and|&|to|-) ?(?:exit )?(\d{1,3} ?[a-d]?)(?:[^a-z0-9]|$))?|(\d{1,3}[a-d]?)号?(?:出口|出入口|匝道口)|出口 ?(\d{1,3}[a-d]?)`)
	exitWords   = regexp.MustCompile(`(?:^|[^a-z])(?:exits?|ramp|junction|interchange|turn-?off|j(?:ct)? ?\d+)(?:[^a-z]|$)|出口|互通|匝道|收费站|立交`)
)

// exitsIn reads the numbers of the exits that a text names: exit 12, junctions 7 and 8,
// 12号出口.
func exitsIn(text string) (labels []string) {
	for _, m := range exitNumbers.FindAllStringSubmatch(fold(text), -1) {
		for _, l := range m[1:] {
			if l = strings.ReplaceAll(l, " ", ""); l != "" {
				labels = append(labels, l)
			}
		}
	}
	return labels
}

// exitsOn gives the chainages of the exits of a line that a text names, by number,
// else by what they lead to.
func (c *Catalogue) exitsOn(line int32, text string, labels []string) (at []float64) {
	for _, p := range c.posts[line] {
		if p.kind == MarkExit && slices.Contains(labels, p.label) {
			at = append(at, p.at)
		}
	}
	if len(at) > 0 || len(labels) > 0 || !exitWords.MatchString(fold(text)) {
		return at
	}
	tokens := nameTokens(cutText(text, longestAddress))
	for _, p := range c.posts[line] {
		if slices.ContainsFunc(p.names, func(n []string) bool { return holds(tokens, n) }) {
			at = append(at, p.at)
		}
	}
	return at
}

// namesExit tells whether a text names an exit that is known on a highway it names.
func (c *Catalogue) namesExit(text string) bool {
	if len(c.posts) == 0 || !exitWords.MatchString(fold(text)) {
		return false
	}
	labels := exitsIn(text)
	return slices.ContainsFunc(c.highwaysNamed(text), func(v int32) bool { return len(c.exitsOn(v, text, labels)) > 0 })
}

// holds tells whether a text has some tokens one after another.
func holds(text, part []string) bool {
	for i := 0; i+len(part) <= len(text); i++ {
		if slices.Equal(text[i:i+len(part)], part) {
			return true
		}
	}
	return false
}

// milestoneAt turns a signposted kilometre into metres along a line by its milestones:
// between the two around it, or a little beyond the last.
func (c *Catalogue) milestoneAt(line int32, km float64) (at float64, known bool) {
	var stones []post
	for _, p := range c.posts[line] {
		if p.kind == MarkMilestone {
			stones = append(stones, p)
		}
	}
	for _, s := range stones {
		if math.Abs(s.km-km) < 0.05 {
			return s.at, true
		}
	}
	if len(stones) < leastPosts {
		return 0, false
	}
	for i := 1; i < len(stones); i++ {
		a, b := stones[i-1], stones[i]
		if a.km != b.km && min(a.km, b.km) <= km && km <= max(a.km, b.km) {
			return a.at + (km-a.km)/(b.km-a.km)*(b.at-a.at), true
		}
	}
	first, last := stones[0], stones[len(stones)-1]
	if first.km == last.km {
		return 0, false
	}
	sign := 1000.0
	if last.km < first.km {
		sign = -1000
	}
	for _, s := range []post{first, last} {
		if d := (km - s.km) * sign; math.Abs(d) <= beyondPosts {
			return s.at + d, true
		}
	}
	return -1, true // signposted, and not on this stretch
}
