package geo

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// nameIndex finds venues by id, name and alias, whole or within an address. Texts
// are taken apart into tokens: one for each Chinese character, one for each word
// or number of other scripts, so that "Inn" is not found in "Winning".
type nameIndex struct {
	ids           map[string]int32
	names         map[string][]int32  // joined tokens → venues
	refs          map[string][]int32  // joined tokens of a highway's number → lines
	tokens        [][]string          // of each distinct name
	letters       [][]rune            // the same, joined
	byName        []string            // the same, joined
	slips         slipIndex           // for names with slips
	longest       int                 // tokens of the longest name
	regions       map[string][]string // joined tokens of a region's name → its codes
	regionLongest int
	families      map[string]bool    // joined tokens of what numbered names begin with: Marina Bay Sands [Tower 1]
	byWord        map[string][]int32 // word of a name → distinct names
	endings       bool               // whether words take Finnish endings
	houses        houseIndex
	roman         map[string][]int32 // romanised names → distinct names
	readings      syllables
	longestRoman  int // tokens
}

// normalizeName makes spellings of one name equal: case, full-width and
// traditional characters, spaces and punctuation do not count.
func normalizeName(s string) string { return strings.Join(tokensOf(s), "") }

// tokensOf takes a text apart.
func tokensOf(s string) []string {
	var out []string
	var word strings.Builder
	flush := func() {
		if word.Len() > 0 {
			out = append(out, word.String())
			word.Reset()
		}
	}
	digits := false
	for _, r := range fold(s) {
		switch {
		case isHan(r):
			flush()
			out = append(out, string(r))
		case isNameRune(r):
			if d := unicode.IsDigit(r); word.Len() > 0 && d != digits && !unicode.IsMark(r) {
				flush() // "Tower2" is "Tower 2"
			}
			digits = unicode.IsDigit(r)
			word.WriteRune(r)
		case r == '\'':
		default:
			flush()
		}
	}
	flush()
	return out
}

// longestAddress bounds what is searched for names, in bytes; the work grows with
// its square.
const longestAddress = 600

// cutText cuts a text to at most n bytes, between characters.
func cutText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

const tokenMark = "\x1f" // joins tokens where word boundaries must be kept

func (x *nameIndex) build(c *Catalogue, marks []Mark) {
	x.ids, x.names, x.refs = map[string]int32{}, map[string][]int32{}, map[string][]int32{}
	x.families, x.byWord, x.roman, x.readings = map[string]bool{}, map[string][]int32{}, map[string][]int32{}, syllables{}
	for i := range c.venues {
		v := &c.venues[i]
		x.ids[v.ID] = int32(i)
		if c.spots[i].line {
			x.addRef(int32(i), v.Ref)
		}
		for _, name := range append([]string{v.Name}, v.Aliases...) {
			tokens := nameTokens(name)
			if len(tokens) == 0 {
				continue
			}
			x.add(int32(i), tokens)
			for _, other := range spellings(name, v.Scene) {
				x.add(int32(i), other)
			}
		}
	}
	x.slips = buildSlipIndex(x.tokens)
	x.houses.build(c, marks)
	x.endings = x.finnish()
	x.regions = map[string][]string{}
	for _, r := range c.regions.regions {
		if tokens := nameTokens(r.Name); len(tokens) > 0 {
			key := strings.Join(tokens, tokenMark)
			x.regions[key] = append(x.regions[key], r.Code)
			x.regionLongest = max(x.regionLongest, len(tokens))
		}
	}
}

// add indexes one spelling of a venue's name.
func (x *nameIndex) add(venue int32, tokens []string) {
	key := strings.Join(tokens, tokenMark)
	known := x.names[key]
	if slices.Contains(known, venue) {
		return
	}
	if len(known) == 0 {
		n := int32(len(x.tokens))
		for _, t := range tokens {
			if list := x.byWord[t]; !isHan([]rune(t)[0]) && (len(list) == 0 || list[len(list)-1] != n) {
				x.byWord[t] = append(list, n)
			}
		}
		x.addRoman(n, tokens)
		x.tokens, x.byName = append(x.tokens, tokens), append(x.byName, key)
		x.letters = append(x.letters, []rune(strings.Join(tokens, "")))
		x.longest = max(x.longest, len(tokens))
		for bare := unnumbered(tokens); bare != nil; bare = nil {
			x.families[strings.Join(bare, tokenMark)] = true
		}
	}
	x.names[key] = append(known, venue)
}

// rarest gives the word that the fewest names have, "" in Chinese.
func (x *nameIndex) rarest(tokens []string) (word string) {
	for _, t := range tokens {
		if n := len(x.byWord[t]); n > 0 && (word == "" || n < len(x.byWord[word])) {
			word = t
		}
	}
	return word
}

// unnumbered gives a name without its building's number at the end, "Tower 2" or 2座;
// nil when it has none.
func unnumbered(tokens []string) []string {
	n := len(tokens)
	isNumber := func(i int) bool { return i > 0 && tokens[i][0] >= '0' && tokens[i][0] <= '9' }
	switch {
	case n > 2 && isNumber(n-1) && storeys[tokens[n-2]]:
		return tokens[:n-2]
	case n > 1 && isNumber(n-1):
		return tokens[:n-1]
	case n > 2 && (tokens[n-1] == "座" || tokens[n-1] == "期") && isNumber(n-2):
		return tokens[:n-2]
	}
	return nil
}

// anotherOf tells whether a number follows a name that others of its kind have too:
// Tower 4 of a house of three is none of them, and not the house.
func (x *nameIndex) anotherOf(tokens []string, n named) bool {
	if !x.families[strings.Join(tokens[n.from:n.to], tokenMark)] || n.to >= len(tokens) {
		return false
	}
	isNumber := func(i int) bool { return i < len(tokens) && tokens[i][0] >= '0' && tokens[i][0] <= '9' }
	return storeys[tokens[n.to]] && isNumber(n.to+1) || isNumber(n.to) && n.to+1 < len(tokens) && (tokens[n.to+1] == "座" || tokens[n.to+1] == "期")
}

// telling says whether a name is long enough to mean a venue wherever it turns
// up: not a number, not two Chinese characters, not three letters.
func telling(tokens []string) bool {
	han, letters := 0, 0
	for _, t := range tokens {
		for _, r := range t {
			switch {
			case isHan(r):
				han++
			case unicode.IsLetter(r):
				letters++
			}
		}
	}
	return han >= 3 || letters >= 4 || han+letters >= 4
}

// named is a venue name found in a text.
type named struct {
	from, to int // tokens
	venues   []int32
}

// within finds the names in a text, the longest first, none within another.
func (x *nameIndex) within(tokens []string) []named {
	var out []named
	taken := make([]bool, len(tokens))
	for n := min(len(tokens), x.longest); n > 0; n-- {
		for at := 0; at+n <= len(tokens); at++ {
			if slices.Contains(taken[at:at+n], true) || !telling(tokens[at:at+n]) {
				continue
			}
			if venues := x.names[strings.Join(tokens[at:at+n], tokenMark)]; len(venues) > 0 {
				out = append(out, named{at, at + n, venues})
				for k := at; k < at+n; k++ {
					taken[k] = true
				}
			}
		}
	}
	return out
}

// meant gives the venues that a text may mean: none when it names none, several
// when a name is several venues' or several are named that have nothing to do with
// each other. Landmarks ("opposite City Mall", 万达广场对面) are not where it is. Of an
// address, which is short, also words in another order, names cut short and slips are
// looked for, where they make a longer name.
func (c *Catalogue) meant(text string, address bool) []int32 {
	return c.meantBefore(text, address, math.MaxInt)
}

// meantBefore is meant of the names that begin before a token.
func (c *Catalogue) meantBefore(text string, address bool, before int) []int32 {
	text = cutText(text, longestAddress)
	tokens := nameTokens(text)
	if c.names.endings {
		for i, t := range tokens {
			tokens[i] = c.names.stem(t)
		}
	}
	found := c.names.within(tokens)
	said, letters := 0, 0 // of the longest name found
	var words []string    // a rare one of each
	found = slices.DeleteFunc(found, func(n named) bool {
		said = max(said, n.to-n.from)
		letters = max(letters, len([]rune(strings.Join(tokens[n.from:n.to], ""))))
		if word := c.names.rarest(tokens[n.from:n.to]); word != "" {
			words = append(words, word)
		}
		return n.from >= before || isLandmark(tokens, n) || c.names.anotherOf(tokens, n) || isCommon(tokens[n.from:n.to]) || !address && !saidAsName(text, tokens[n.from:n.to])
	})
	if address && before == math.MaxInt && !c.hasLandmark(tokens) { // "Sokos Hotel Vaakuna" says more than "Sokos"
		if venues, n := c.names.byWords(c, text); n > said {
			return c.ofName(venues, tokens)
		}
		if venues := c.names.similar(tokens, letters, words); len(venues) > 0 {
			found = []named{{0, 0, venues}}
		} else if len(found) == 0 {
			found = []named{{0, 0, c.names.romanised(tokens)}}
		}
	}
	var out []int32
	for _, n := range found {
		fits := slices.DeleteFunc(c.ofName(n.venues, tokens), func(v int32) bool { return n.to > 0 && !c.kindFits(tokens, n, v) })
		out = c.both(out, fits)
	}
	return out
}

// both joins what two names mean: what both mean; else those of one that are inside
// one of the other, if there are such, else all.
func (c *Catalogue) both(a, b []int32) []int32 {
	if len(a) == 0 || len(b) == 0 {
		return append(a, b...)
	}
	if same := slices.DeleteFunc(slices.Clone(a), func(v int32) bool { return !slices.Contains(b, v) }); len(same) > 0 {
		return same
	}
	var inner []int32
	add := func(v int32) {
		if !slices.Contains(inner, v) {
			inner = append(inner, v)
		}
	}
	for _, v := range a {
		for _, o := range b {
			switch {
			case c.isInside(int(v), int(o)):
				add(v)
			case c.isInside(int(o), int(v)):
				add(o)
			}
		}
	}
	if len(inner) > 0 {
		return inner
	}
	for _, v := range b {
		if !slices.Contains(a, v) {
			a = append(a, v)
		}
	}
	return a
}

// ofName gives the venues of one name, those in the regions that the text names if
// there are such. Highways are left out: a line is no pinpoint.
func (c *Catalogue) ofName(venues []int32, tokens []string) []int32 {
	areas := slices.DeleteFunc(slices.Clone(venues), func(v int32) bool { return c.spots[v].line })
	if len(areas) > 1 {
		if near := slices.DeleteFunc(slices.Clone(areas), func(v int32) bool { return !c.regionNamed(tokens, c.extents[v].centre) }); len(near) > 0 {
			areas = near
		}
	}
	if len(areas) > 1 {
		if streets := c.names.houses.within(tokens); len(streets) > 0 {
			if on := slices.DeleteFunc(slices.Clone(areas), func(v int32) bool { return !c.onStreet(v, streets) }); len(on) > 0 {
				return on
			}
		}
	}
	return areas
}

// regionNamed tells whether a text names a region that a position lies in.
func (c *Catalogue) regionNamed(tokens []string, p LatLon) bool {
	path := c.regionPathAt(p)
	for n := min(len(tokens), c.names.regionLongest); n > 0; n-- {
		for at := 0; at+n <= len(tokens); at++ {
			for _, code := range c.names.regions[strings.Join(tokens[at:at+n], tokenMark)] {
				if slices.Contains(path, code) {
					return true
				}
			}
		}
	}
	return false
}

// isInside tells whether a venue is a part or child of another, or stands in it.
func (c *Catalogue) isInside(inner, outer int) bool {
	for at, n := inner, 0; n < 8; n++ {
		up, known := c.index[c.venues[at].Parent]
		if !known {
			break
		}
		if up == outer {
			return true
		}
		at = up
	}
	p := c.extents[inner].centre
	if c.extents[inner].area >= c.extents[outer].area {
		return false
	}
	for n := c.shapes.first(p, 0); n < uint32(len(c.shapes.owner)); n = c.shapes.first(p, n+1) {
		if int(c.shapes.owner[n]) == outer {
			return true
		}
	}
	return false
}

var (
	landmarkFore  = []string{"near", "nr", "between", "towards", "to", "walking to", "vastapaata", "lahella", "davant", "frente a", "opp", "opposite", "behind", "beside", "nearby", "next to", "close to", "across from", "in front of", "adjacent to", "off"}
	landmarkAfter = []string{"附近", "旁", "对面", "隔壁", "对过", "周边", "斜对面", "之间"}
	// landmarkHan go before: 对面是正大广场, 往正大广场.
	landmarkHan = []string{"对面是", "旁边是", "靠近", "临近", "紧邻", "往", "去"}
)

// hasLandmark tells whether anything in a text may be a landmark.
func (c *Catalogue) hasLandmark(tokens []string) bool {
	for i := range tokens {
		if isLandmark(tokens, named{i, i + 1, nil}) {
			return true
		}
	}
	return false
}

func isLandmark(tokens []string, n named) bool {
	before := strings.TrimSuffix(strings.Join(tokens[:n.from], " "), " the")
	for _, w := range landmarkFore {
		if before == w || strings.HasSuffix(before, " "+w) {
			return true
		}
	}
	after := strings.Join(tokens[n.to:], "")
	joined := strings.Join(tokens[:n.from], "")
	for _, w := range landmarkHan {
		if strings.HasSuffix(joined, w) {
			return true
		}
	}
	// Between two places, or on the way from one to another, is at neither.
	if strings.Contains(after, "之间") || strings.Contains(" "+before+" ", " between ") || endsWithWord(before, "from") && slices.Contains(tokens[n.to:], "to") {
		return true
	}
	for _, w := range landmarkAfter {
		if strings.HasPrefix(after, w) {
			return true
		}
	}
	return false
}

// venuesNamed gives the venues with this id or name, or whose name is in the text
// or differs by a slip.
func (c *Catalogue) venuesNamed(text string) []int32 {
	if i, known := c.names.ids[strings.TrimSpace(text)]; known {
		return []int32{i}
	}
	if found := c.names.names[strings.Join(nameTokens(text), tokenMark)]; len(found) > 0 {
		return slices.DeleteFunc(slices.Clone(found), func(v int32) bool { return c.spots[v].line })
	}
	return c.meant(text, true)
}
