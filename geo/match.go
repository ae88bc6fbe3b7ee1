package geo

import (
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
	byName        []string            // the same, joined
	grams         map[string][]int32  // pair of neighbouring letters → distinct names
	longest       int                 // tokens of the longest name
	regions       map[string][]string // joined tokens of a region's name → its codes
	regionLongest int
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

func (x *nameIndex) build(c *Catalogue) {
	x.ids, x.names, x.refs, x.grams = map[string]int32{}, map[string][]int32{}, map[string][]int32{}, map[string][]int32{}
	for i := range c.venues {
		v := &c.venues[i]
		x.ids[v.ID] = int32(i)
		if c.spots[i].line {
			x.addRef(int32(i), v.Ref)
		}
		for _, name := range append([]string{v.Name}, v.Aliases...) {
			tokens := tokensOf(name)
			if len(tokens) == 0 {
				continue
			}
			key := strings.Join(tokens, tokenMark)
			known := x.names[key]
			if slices.Contains(known, int32(i)) {
				continue
			}
			if len(known) == 0 {
				for _, g := range gramsOf(tokens) {
					x.grams[g] = append(x.grams[g], int32(len(x.tokens)))
				}
				x.tokens, x.byName = append(x.tokens, tokens), append(x.byName, key)
				x.longest = max(x.longest, len(tokens))
			}
			x.names[key] = append(known, int32(i))
		}
	}
	x.regions = map[string][]string{}
	for _, r := range c.regions.regions {
		if tokens := tokensOf(r.Name); len(tokens) > 0 {
			key := strings.Join(tokens, tokenMark)
			x.regions[key] = append(x.regions[key], r.Code)
			x.regionLongest = max(x.regionLongest, len(tokens))
		}
	}
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
// each other. Landmarks ("opposite City Mall", 万达广场对面) are not where it is.
func (c *Catalogue) meant(text string, fuzzy bool) []int32 {
	tokens := tokensOf(cutText(text, longestAddress))
	found := c.names.within(tokens)
	fuzzy = fuzzy && len(found) == 0 && !c.hasLandmark(tokens)
	found = slices.DeleteFunc(found, func(n named) bool { return isLandmark(tokens, n) })
	if fuzzy {
		if venues := c.names.similar(tokens); len(venues) > 0 {
			found = []named{{0, 0, venues}}
		}
	}
	var out []int32
	for _, n := range found {
		out = c.both(out, c.ofName(n.venues, tokens))
	}
	return out
}

// both joins what two names mean: those of one that are inside one of the other, if
// there are such, else all.
func (c *Catalogue) both(a, b []int32) []int32 {
	if len(a) == 0 || len(b) == 0 {
		return append(a, b...)
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
			case v == o || c.isInside(int(v), int(o)):
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
			return near
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
	landmarkFore  = []string{"near", "opp", "opposite", "behind", "beside", "nearby", "next to", "close to", "across from", "in front of", "adjacent to", "off"}
	landmarkAfter = []string{"附近", "旁", "对面", "隔壁", "对过", "周边", "斜对面"}
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
	if found := c.names.names[strings.Join(tokensOf(text), tokenMark)]; len(found) > 0 {
		return slices.DeleteFunc(slices.Clone(found), func(v int32) bool { return c.spots[v].line })
	}
	return c.meant(text, true)
}
