package geo

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Street addresses. A house is a number on a street: an address of a venue, or a
// house that is none (Mark). An address that names a house is there; one whose number
// lies between two known ones is between them, as far off as the further of the two
// may be; other numbers are unknown.

// houseIndex finds houses by street and number.
type houseIndex struct {
	streets []street
	names   map[string][]int32 // joined tokens of a name → streets; also cut short
	longest int                // tokens of the longest name
	roman   map[string][]int32 // Chinese names in Latin letters → streets
}

type street struct {
	tokens []string
	houses []house // by number
}

type house struct {
	from, to int32 // numbers, equal for one house
	letter   string
	venue    int32 // −1: none
	pos      LatLon
}

const (
	mostNumbersApart = 40    // numbers between which a house is put
	mostApart        = 250.0 // metres between these two houses
	houseAccuracy    = 15.0  // metres: a house's point is in or at the building
	mostHouse        = 100.0 // metres that points of one house are apart at most
)

// houseNumbers reads "12", "16b", "2-4", "387-401号", "5~21", and leaves "Level 57, 10".
var houseNumbers = regexp.MustCompile(`^\s*(\d{1,5})\s*([a-zA-Z]?)(?:\s*[-–~～至]\s*(\d{1,5})\s*[a-zA-Z]?)?(?:号|甲|乙|[^0-9a-zA-Z].*)?$`)

func parseHouseNumber(s string) (h house, ok bool) {
	m := houseNumbers.FindStringSubmatch(s)
	if m == nil {
		return h, false
	}
	from, _ := strconv.Atoi(m[1])
	to := from
	if m[3] != "" {
		to, _ = strconv.Atoi(m[3])
	}
	if to < from {
		from, to = to, from
	}
	return house{from: int32(from), to: int32(to), letter: strings.ToLower(m[2]), venue: -1}, from > 0
}

// streetTypes are words that streets' names have; they may be left out.
var streetTypes = func() map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields("street avenue boulevard road drive lane place court square terrace highway parkway way broadway pike carrer calle rue via rua") {
		out[w] = true
	}
	return out
}()

// streetEnds end the names of streets that are one word.
var streetEnds = []string{"katu", "tie", "kuja", "polku", "ranta", "aukio", "tori", "esplanadi", "penger", "gatan", "vagen", "strasse", "straat", "gade", "gata"}

func isDirection(t string) bool {
	return slices.Contains([]string{"n", "s", "e", "w", "ne", "nw", "se", "sw"}, t)
}

// addressOf reads an alias that is an address: "10 Mannerheimintie", "501 East Pratt
// Street", 银城中路501号, 四川中路126弄5~21号.
func addressOf(alias string) (name string, h house, ok bool) {
	if m := hanAddress.FindStringSubmatch(alias); m != nil {
		h, ok = parseHouseNumber(m[2])
		return m[1], h, ok
	}
	number, rest, found := strings.Cut(strings.TrimSpace(alias), " ")
	if !found {
		return "", h, false
	}
	if h, ok = parseHouseNumber(number); !ok {
		return "", h, false
	}
	if letter, more, lettered := strings.Cut(rest, " "); lettered && len(letter) == 1 && h.letter == "" {
		h.letter, rest = strings.ToLower(letter), more
	}
	tokens := nameTokens(rest)
	for _, t := range tokens {
		if streetTypes[t] && len(tokens) > 1 || slices.ContainsFunc(streetEnds, func(e string) bool { return strings.HasSuffix(t, e) && len(t) > len(e) }) {
			return rest, h, true
		}
	}
	return "", h, false
}

var hanAddress = regexp.MustCompile(`^(\p{Han}[\p{Han}\d]*?(?:路|街|道|巷|里|弄))(\d+[^\p{Han}]*)号?[甲乙]?号?$`)

func (x *houseIndex) build(c *Catalogue, marks []Mark) {
	x.names, x.roman = map[string][]int32{}, map[string][]int32{}
	readings := syllables{}
	add := func(name string, h house) {
		tokens := nameTokens(name)
		if len(tokens) == 0 || len(tokens) > 8 {
			return
		}
		at, known := -1, false
		for _, i := range x.names[strings.Join(tokens, tokenMark)] {
			if known = slices.Equal(x.streets[i].tokens, tokens); known {
				at = int(i)
				break
			}
		}
		if !known {
			at = len(x.streets)
			x.streets = append(x.streets, street{tokens: tokens})
			if joined := readings.romanised(tokens); hasHan(tokens) && len(joined) >= leastRoman {
				x.roman[joined] = append(x.roman[joined], int32(at))
			}
			for _, short := range shortStreets(tokens) {
				key := strings.Join(short, tokenMark)
				x.names[key] = append(x.names[key], int32(at))
				x.longest = max(x.longest, len(short))
			}
		}
		x.streets[at].houses = append(x.streets[at].houses, h)
	}
	for i := range c.venues {
		if c.spots[i].line {
			continue
		}
		for _, alias := range c.venues[i].Aliases {
			if name, h, ok := addressOf(alias); ok {
				h.venue, h.pos = int32(i), c.extents[i].centre
				add(name, h)
			}
		}
	}
	for _, m := range marks {
		if m.Kind != MarkHouse {
			continue
		}
		road, _, _ := strings.Cut(m.Road, ",")
		if h, ok := parseHouseNumber(m.Number); ok {
			h.pos = m.Pos
			add(road, h)
		}
	}
	for i := range x.streets {
		slices.SortStableFunc(x.streets[i].houses, func(a, b house) int { return cmp.Compare(a.from, b.from) })
	}
}

// shortStreets gives a street's name and what people leave of it: without the
// direction, without "Street".
func shortStreets(tokens []string) [][]string {
	out := [][]string{tokens}
	bare := tokens
	if n := len(bare); n > 1 && streetTypes[bare[n-1]] {
		bare = bare[:n-1]
	} else if n > 1 && streetTypes[bare[0]] {
		bare = bare[1:]
	}
	for _, t := range [][]string{tokens, bare} {
		if len(t) > 1 && isDirection(t[0]) {
			out = append(out, t[1:])
		}
	}
	if len(bare) < len(tokens) {
		out = append(out, bare)
	}
	return slices.DeleteFunc(out, func(t []string) bool {
		return len(strings.Join(t, "")) < 4 || len(t) == 1 && (isDirection(t[0]) || streetTypes[t[0]] && t[0] != "broadway")
	})
}

// streetNamed is a street that a text names.
type streetNamed struct {
	from, to int     // tokens
	streets  []int32 // several where the name is cut short
}

// within finds the streets in a text, the longest names first. Another direction
// ("West Pratt Street") or kind ("Boston Avenue") is another street.
func (x *houseIndex) within(tokens []string) (out []streetNamed) {
	taken := make([]bool, len(tokens))
	for n := min(len(tokens), x.longest); n > 0; n-- {
		for at := 0; at+n <= len(tokens); at++ {
			if slices.Contains(taken[at:at+n], true) {
				continue
			}
			found := slices.DeleteFunc(slices.Clone(x.names[strings.Join(tokens[at:at+n], tokenMark)]), func(s int32) bool {
				whole := x.streets[s].tokens
				if len(whole) == n {
					return at > 0 && isDirection(tokens[at-1]) && !isHan([]rune(tokens[at])[0])
				}
				return at > 0 && isDirection(tokens[at-1]) || at+n < len(tokens) && streetTypes[tokens[at+n]] || at > 0 && streetTypes[tokens[at-1]] && tokens[at-1] != "street"
			})
			if len(found) == 0 {
				continue
			}
			if exact := slices.DeleteFunc(slices.Clone(found), func(s int32) bool { return len(x.streets[s].tokens) != n }); len(exact) > 0 {
				found = exact
			}
			out = append(out, streetNamed{at, at + n, found})
			for k := at; k < at+n; k++ {
				taken[k] = true
			}
		}
	}
	return out
}

// houseNamed is what an address says: a number on a street.
type houseNamed struct {
	street    int32
	venues    []int32
	pos       LatLon
	accuracyM float64
	between   bool // two known numbers
	known     bool // false: the street is known, the number is not
}

// flats are numbers that are no house's: floors, rooms, units. They are taken out
// before a house's number is looked for.
var flats = regexp.MustCompile(`(?i)#\s*[a-z]?\d+[a-z]*([-/]\d+[a-z]*)*|\b(unit|apt|apartment|suite|ste|room|rm|hab|flat|as|asunto|huoneisto|lvl|level|floor|fl|l)\b\.?\s*#?[a-z]?\d+[a-z]?\b|\b\d+\s*(st|nd|rd|th)\s*(floor|flr|fl)\b|\b\d+\s*/\s*f\b|\b\d+f\b|\b\d+\.?\s*(krs|kerros)\b|\bb\d\b|\d+(室|房|号房|层|楼)|\d+号楼|\d+(座|栋|幢|单元)[\d-]*|\b\d+ dropped\b|\b0\d{4}\b`)

// lanes are houses in a lane, 628弄6号楼; elsewhere 6号楼 is a building of an estate.
var lanes = regexp.MustCompile(`弄(\d+)号楼`)

// houseIn finds the house that an address names; found is false when it names none on
// a street that is known.
func (x *houseIndex) houseIn(text string) (out houseNamed, found bool) {
	if len(x.streets) == 0 {
		return out, false
	}
	tokens := nameTokens(flats.ReplaceAllString(lanes.ReplaceAllString(fold(cutText(text, longestAddress)), "弄$1号"), " ; "))
	streets := x.within(tokens)
	if len(streets) == 0 {
		streets = x.misspelt(tokens)
	}
	if len(streets) == 0 && len(x.roman) > 0 && !hasHan(tokens) {
		from, to, found := romanisedIn(tokens, 6, func(joined string, _ bool) ([]int32, bool) { return x.roman[joined], len(x.roman[joined]) > 0 })
		if len(found) > 0 {
			streets = []streetNamed{{from, to, found}}
		}
	}
	for _, street := range streets {
		for _, n := range numbersBeside(tokens, street) {
			if isLandmark(tokens, named{from: max(0, street.from-1), to: street.to}) || isLandmark(tokens, named{from: street.from, to: min(len(tokens), street.to+2)}) {
				continue
			}
			h := x.resolve(street.streets, n)
			if h.known {
				return h, true
			}
			found = true
		}
	}
	return out, found
}

// misspelt finds the one street whose name is one word with one letter wrong, missing,
// too many or two swapped.
func (x *houseIndex) misspelt(tokens []string) (out []streetNamed) {
	for i, t := range tokens {
		if len(t) < leastStreet {
			continue
		}
		for n := range x.streets {
			if name := x.streets[n].tokens; len(name) == 1 && name[0][0] == t[0] && oneEdit(t, name[0]) {
				out = append(out, streetNamed{i, i + 1, []int32{int32(n)}})
			}
		}
	}
	if len(out) != 1 {
		return nil
	}
	return out
}

// leastStreet is how many letters a street's name has that may be misspelt.
const leastStreet = 9

// numbersBeside gives the numbers that may be the house's: before an English
// street, after others.
func numbersBeside(tokens []string, s streetNamed) (out []house) {
	number := func(i, letter int) bool {
		if i < 0 || i >= len(tokens) || tokens[i][0] < '0' || tokens[i][0] > '9' || len(tokens[i]) > 5 {
			return false
		}
		v, _ := strconv.Atoi(tokens[i])
		h := house{from: int32(v), to: int32(v), venue: -1}
		if letter >= 0 && letter < len(tokens) && len(tokens[letter]) == 1 && tokens[letter][0] >= 'a' && tokens[letter][0] <= 'z' {
			h.letter = tokens[letter]
		}
		out = append(out, h)
		return true
	}
	if isHan([]rune(tokens[s.from])[0]) {
		if number(s.to, -1) && s.to+1 < len(tokens) && tokens[s.to+1] == "弄" {
			return nil // a lane that is not known
		}
		return out
	}
	if !number(s.from-1, -1) && s.from > 1 && len(tokens[s.from-1]) == 1 {
		number(s.from-2, s.from-1)
	}
	number(s.to, s.to+1)
	return out
}

// resolve finds a number on one of the streets: as it is, within a range of its own
// side, else between two known ones.
func (x *houseIndex) resolve(streets []int32, n house) (out houseNamed) {
	var exact, lettered, ranged []house
	for _, s := range streets {
		lane := x.streets[s].tokens[len(x.streets[s].tokens)-1] == "弄"
		for _, h := range x.streets[s].houses {
			switch {
			case h.from == n.from && h.to == h.from && h.letter == n.letter && n.letter != "":
				lettered = append(lettered, h)
			case h.from == n.from && h.to == h.from:
				exact = append(exact, h)
			case h.from <= n.from && n.from <= h.to && (lane || h.from%2 != h.to%2 || h.from%2 == n.from%2):
				ranged = append(ranged, h)
			}
		}
	}
	for _, found := range [][]house{lettered, exact, ranged} {
		if len(found) > 0 {
			out = together(found)
			out.street = streets[0]
			return out
		}
	}
	for _, s := range streets {
		between, ok := x.streets[s].between(n.from)
		if !ok {
			continue
		}
		if out.known {
			return houseNamed{} // on two streets of that name
		}
		out, out.street = between, s
	}
	return out
}

// endOf gives the token of a text behind a street's name.
func (x *houseIndex) endOf(text string, street int32) int {
	tokens := nameTokens(cutText(text, longestAddress))
	for _, s := range x.within(tokens) {
		if slices.Contains(s.streets, street) {
			return s.to
		}
	}
	return len(tokens)
}

// together makes one of a house's points. Venues say more than points, unless they are
// many; points far apart are not one house.
func together(found []house) (out houseNamed) {
	plane := planeAt(found[0].pos)
	var middle metres
	for _, h := range found {
		if h.venue >= 0 && !slices.Contains(out.venues, h.venue) {
			out.venues = append(out.venues, h.venue)
		}
		at := plane.to(h.pos)
		middle.x += at.x / float64(len(found))
		middle.y += at.y / float64(len(found))
	}
	out.pos = plane.from(middle)
	for _, h := range found {
		out.accuracyM = max(out.accuracyM, Distance(out.pos, h.pos))
	}
	out.known = len(out.venues) > 0 || out.accuracyM <= mostHouse
	out.accuracyM += houseAccuracy
	return out
}

// between puts a number between its neighbours on its own side of the street.
func (s *street) between(n int32) (out houseNamed, ok bool) {
	var below, above *house
	for i := range s.houses {
		h := &s.houses[i]
		switch {
		case h.from%2 != n%2 || h.from%2 != h.to%2:
		case h.to < n && (below == nil || h.to > below.to):
			below = h
		case h.from > n && (above == nil || h.from < above.from):
			above = h
		}
	}
	if below == nil || above == nil || above.from-below.to > mostNumbersApart {
		return out, false
	}
	apart := Distance(below.pos, above.pos)
	if apart > mostApart {
		return out, false
	}
	t := float64(n-below.to) / float64(above.from-below.to)
	plane := planeAt(below.pos)
	to := plane.to(above.pos)
	return houseNamed{pos: plane.from(metres{x: t * to.x, y: t * to.y}), accuracyM: houseAccuracy + apart*max(t, 1-t), between: true, known: true}, true
}

// crossing gives where two streets meet that a text names as a corner: between the
// nearest two of their houses.
func (x *houseIndex) crossing(text string) (out houseNamed, ok bool) {
	folded := fold(cutText(text, longestAddress))
	if !corners.MatchString(folded) {
		return out, false
	}
	named := x.within(nameTokens(folded))
	if len(named) != 2 {
		return out, false
	}
	best := math.Inf(1)
	for _, a := range named[0].streets {
		for _, b := range named[1].streets {
			for _, h := range x.streets[a].houses {
				for _, o := range x.streets[b].houses {
					if math.Abs(h.pos.Lat-o.pos.Lat) > 0.001 {
						continue
					}
					if d := Distance(h.pos, o.pos); d < best && a != b {
						best = d
						plane := planeAt(h.pos)
						to := plane.to(o.pos)
						out.pos = plane.from(metres{x: to.x / 2, y: to.y / 2})
					}
				}
			}
		}
	}
	out.accuracyM, out.known, out.between = best+2*houseAccuracy, true, true
	return out, best <= mostCorner
}

// mostCorner is how far the nearest houses of two streets that meet are apart at most.
const mostCorner = 50.0

var corners = regexp.MustCompile(`\b(cnr|corner|cor|intersection|crossing|junction of)\b|路口|交叉口|交汇|交界`)
