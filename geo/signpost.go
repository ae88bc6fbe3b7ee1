package geo

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Complaints name highways by what is signposted: a number or a name, often a
// kilometre, a mile or an exit. Chainage starts at the line's own zero, which is
// where the extract begins, so a signposted kilometre is no chainage. Where the
// catalogue knows what is signposted at the line's ends (Venue.KmFrom, KmTo), a
// record goes to that kilometre, else between the milestones around it, and one that
// names an exit to the exits of that number or name (posts.go); else it is spread over
// the whole line, and its accuracy says so.

const kmPerMile = 1.609344

var (
	kmPosts   = regexp.MustCompile(`(?:^|[^a-z0-9])k ?(\d{1,4})(?: ?\+ ?(\d{1,3}))?(?:[^0-9]|$)|(?:^|[^0-9.])(\d{1,4})(?:\.(\d))?(?:公里| ?km) ?(?:\+ ?(\d{1,3}) ?米?)?(?:处|桩|牌|附近|左右)|(?:^|[^a-z])(?:km|kilometre|kilometer|km post) (\d{1,4})(?:[^0-9]|$)`)
	milePosts = regexp.MustCompile(`(?:^|[^a-z])(?:mile marker|mile post|milepost|mile|mm) ?#?(\d{1,4})(?:\.(\d))?(?:[^0-9]|$)`)
)

// signpostIn reads the kilometre that a text says is signposted: K1234+500, 32公里处,
// "km 120", "mile marker 52".
func signpostIn(text string) (km float64, ok bool) {
	text = fold(text)
	if m := kmPosts.FindStringSubmatch(text); m != nil {
		whole, _ := strconv.Atoi(m[1] + m[3] + m[6])
		rest, _ := strconv.Atoi(m[2] + m[5])
		tenth, _ := strconv.Atoi(m[4])
		return float64(whole) + float64(rest)/1000 + float64(tenth)/10, true
	}
	if m := milePosts.FindStringSubmatch(text); m != nil {
		whole, _ := strconv.Atoi(m[1])
		tenth, _ := strconv.Atoi(m[2])
		return (float64(whole) + float64(tenth)/10) * kmPerMile, true
	}
	return 0, false
}

// highwaysNamed gives the lines whose number or name is in a text, in the direction
// of travel that it states.
func (c *Catalogue) highwaysNamed(text string) []int32 {
	tokens := nameTokens(cutText(text, longestAddress))
	var out []int32
	add := func(venues []int32) {
		for _, v := range venues {
			if c.spots[v].line && !slices.Contains(out, v) {
				out = append(out, v)
			}
		}
	}
	for at := range tokens {
		for n := 1; n <= 3 && at+n <= len(tokens); n++ {
			add(c.names.refs[strings.Join(tokens[at:at+n], tokenMark)])
		}
	}
	if len(out) == 0 { // the name, 高速公路 cut short to 高速 or not said
		for _, n := range c.names.within(tokens) {
			add(n.venues)
		}
	}
	if course := courseIn(fold(text)); course != "" {
		if along := slices.DeleteFunc(slices.Clone(out), func(v int32) bool { return c.extents[v].course != course }); len(along) > 0 {
			return along
		}
	}
	return out
}

// courseIn reads a direction of travel, "" when none is stated.
func courseIn(text string) string {
	for _, d := range [...]struct{ course, words string }{
		{"northbound", "northbound|往北方向|向北|由南向北|南往北|北向"}, {"southbound", "southbound|往南方向|向南|由北向南|北往南|南向"},
		{"eastbound", "eastbound|往东方向|向东|由西向东|西往东|东向"}, {"westbound", "westbound|往西方向|向西|由东向西|东往西|西向"},
	} {
		for _, w := range strings.Split(d.words, "|") {
			if strings.Contains(text, w) {
				return d.course
			}
		}
	}
	return ""
}

// addRef indexes a highway by its number: letters and digits.
func (x *nameIndex) addRef(i int32, ref string) {
	tokens := nameTokens(ref)
	letters, digits := false, false
	for _, t := range tokens {
		letters = letters || unicode.IsLetter([]rune(t)[0])
		digits = digits || unicode.IsDigit([]rune(t)[0])
	}
	if letters && digits && len(tokens) <= 3 {
		key := strings.Join(tokens, tokenMark)
		x.refs[key] = append(x.refs[key], i)
	}
}

// locateOnHighway puts a record that names a highway on it.
func (c *Catalogue) locateOnHighway(text string, h Hints) (Location, bool) {
	lines := c.highwaysNamed(text)
	if h.Scene != SceneHighway && h.Scene != SceneTunnel {
		if h = ParseHints(text); h.Scene != SceneHighway { // a tunnel's name says enough
			lines = slices.DeleteFunc(lines, func(v int32) bool { return c.venues[v].Scene != SceneTunnel })
		}
	}
	if len(lines) == 0 {
		return Location{}, false
	}
	var places []PlaceID
	var centres []LatLon
	var radii []float64
	add := func(v int32, k int) {
		places = append(places, c.ids[int(c.spots[v].more)+k])
		centres, radii = append(centres, centreOf(c.segmentLine(int(v), k))), append(radii, segmentM/2)
	}
	signposted := false
	if km, ok := signpostIn(text); ok {
		for _, v := range lines {
			at, known := c.chainageOf(int(v), km)
			if !known {
				at, known = c.milestoneAt(v, km)
			}
			if known {
				signposted = true
				if at >= 0 && at <= c.extents[v].length {
					add(v, min(int(at/segmentM), int(c.spots[v].count)-1))
				}
			}
		}
	}
	if labels := exitsIn(text); !signposted {
		for _, v := range lines {
			for _, at := range c.exitsOn(v, text, labels) {
				add(v, min(int(at/segmentM), int(c.spots[v].count)-1))
			}
		}
		signposted = len(places) > 0
	}
	if signposted && len(places) == 0 {
		return Location{}, false // not on this stretch of the highway
	}
	if !signposted {
		for _, v := range lines {
			for k := range int(c.spots[v].count) {
				add(v, k)
			}
		}
	}
	if len(places) > mostSegments {
		return Location{}, false
	}
	return c.choose(places, centres, radii, SceneHighway, MethodAddress), true
}

// chainageOf turns a signposted kilometre into metres along a line, outside of 0 to
// its length where it is not on it; known is false where nothing is signposted.
func (c *Catalogue) chainageOf(line int, km float64) (at float64, known bool) {
	v := &c.venues[line]
	if v.KmFrom == v.KmTo {
		return 0, false
	}
	return (km - v.KmFrom) / (v.KmTo - v.KmFrom) * c.extents[line].length, true
}
