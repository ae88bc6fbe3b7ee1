package geo

import (
	"slices"
	"strings"
	"unicode"
)

// Hints is what the free text of a complaint says about where it happened.
type Hints struct {
	Scene    Scene
	Part     Part  // PartLift, PartBasement or PartWhole
	NotPart  Part  // a part the text says it did not happen in
	Floor    int16 // when HasFloor; negative below ground
	HasFloor bool
	Indoor   Indoor
}

// ParseHints reads the scene, part and floor that a text in Chinese or English
// states. It splits the text into clauses, finds words for places in them, and
// leaves out those that are negated ("except in the lift", 不在电梯里), only near
// (医院附近, "outside the mall"), on the way (去机场的路上), or where reception is
// said to be fine (电梯里没问题). Of what remains the most particular scene wins.
// What the text does not say stays unknown. Only its first longestText bytes are read.
func ParseHints(text string) Hints {
	var h Hints
	rank := 0
	for _, c := range clauses(fold(cutText(text, longestText))) {
		good := c.isGood()
		for _, m := range c.mentions() {
			state := c.judge(m)
			if good && state == happened && !c.leavesBefore(m) {
				state = fineThere
			}
			switch {
			case state != happened:
				if p := partOf(m.scene); p != PartWhole && state != besideIt {
					h.NotPart = p
				}
			case m.rank > rank:
				h.Scene, rank = m.scene, m.rank
			}
		}
		if f, ok := floorIn(c); ok && !h.HasFloor && !good && !c.has(excludeFore) {
			h.Floor, h.HasFloor = f, true
		}
	}
	if h.HasFloor && h.Floor < 0 && rank < 7 { // below ground, whatever building it is
		h.Scene = SceneBasement
	}
	h.Part = partOf(h.Scene)
	if h.NotPart == h.Part {
		h.NotPart = PartWhole
	}
	switch h.Scene {
	case SceneLift, SceneBasement, SceneOfficeTower, SceneHotel, SceneMall, SceneHospital:
		h.Indoor = Inside
	case SceneHighway, SceneTunnel:
		h.Indoor = Travelling
	}
	return h
}

// sceneOfName reads a building's use from its name, where names state it.
func sceneOfName(name string, floors int) Scene {
	best, rank := SceneUnknown, 0
	for _, c := range clauses(fold(name)) {
		for _, m := range c.mentions() {
			if m.rank > rank && m.scene != SceneHighway && m.scene != SceneTunnel && m.scene != SceneRural {
				best, rank = m.scene, m.rank
			}
		}
		if best == SceneUnknown && floors >= 8 && c.has([]string{"tower", "plaza", "大楼"}) {
			return SceneOfficeTower
		}
	}
	return best
}

func partOf(s Scene) Part {
	switch s {
	case SceneLift:
		return PartLift
	case SceneBasement:
		return PartBasement
	}
	return PartWhole
}

func isNameRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

// isHan tells whether a rune is a Chinese character, which needs no word boundary.
func isHan(r rune) bool { return r >= 0x2e80 && unicode.Is(unicode.Han, r) }

// fold makes spellings alike: lower case, half width, simplified, single spaces.
func fold(s string) string {
	var b strings.Builder
	space := false
	for _, r := range s {
		switch {
		case r >= 0xff01 && r <= 0xff5e && !strings.ContainsRune("，！？；：", r):
			r -= 0xfee0
		case r == '’':
			r = '\''
		}
		if unicode.IsSpace(r) && r != '\n' {
			space = true
			continue
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		if t, ok := traditional[r]; ok {
			r = t
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// clause is a stretch of folded text between two pauses.
type clause []rune

func clauses(text string) []clause {
	var out []clause
	runes := []rune(text)
	from := 0
	cut := func(at, next int) {
		if at > from {
			out = append(out, clause(runes[from:at]))
		}
		from = next
	}
	for i := 0; i < len(runes); i++ {
		switch r := runes[i]; {
		case strings.ContainsRune("，。；！？、,;!?\n：", r):
			cut(i, i+1)
		case r == '.' && (i+1 == len(runes) || runes[i+1] == ' '):
			cut(i, i+1)
		default:
			for _, w := range clauseWords {
				// "everywhere but the lift" and "除…" are one thought, "fine but …" are two.
				if i > from && wordAt(clause(runes), i, w) && !strings.HasSuffix(string(runes[from:i]), "everywhere ") {
					cut(i, i+len([]rune(w)))
					i = from - 1
					break
				}
			}
		}
	}
	cut(len(runes), len(runes))
	return out
}

// wordAt tells whether a word starts at i: English ones as whole words.
func wordAt(c clause, i int, word string) bool {
	_, ok := matchAt(c, i, word, false)
	return ok
}

// matchAt is wordAt with the end of the match; with plural, an "s" or "es" may follow.
func matchAt(c clause, i int, word string, plural bool) (end int, ok bool) {
	j := i
	for _, r := range word {
		if j >= len(c) || c[j] != r {
			return 0, false
		}
		j++
	}
	if isHan(c[i]) {
		return j, true
	}
	if i > 0 && isLatin(c[i-1]) {
		return 0, false
	}
	if plural && j < len(c) && isLatin(c[j]) {
		if c[j] == 'e' && j+1 < len(c) && c[j+1] == 's' {
			j++
		}
		if c[j] == 's' {
			j++
		}
	}
	return j, j >= len(c) || !isLatin(c[j])
}

func isLatin(r rune) bool { return isNameRune(r) && !isHan(r) }

// has tells whether any of the words is in the clause.
func (c clause) has(words []string) bool { return c.index(words, 0) >= 0 }

func (c clause) index(words []string, from int) int {
	for i := from; i < len(c); i++ {
		for _, w := range words {
			if wordAt(c, i, w) {
				return i
			}
		}
	}
	return -1
}

// isGood tells whether the clause says that reception is fine.
func (c clause) isGood() bool {
	for i := range c {
		for _, w := range goodWords {
			if !wordAt(c, i, w) {
				continue
			}
			if i > 0 && strings.ContainsRune("没不无冇", c[i-1]) {
				continue // 没有信号 holds 有信号
			}
			return !c.has(badWords)
		}
	}
	return false
}

// mention is a word for a place in a clause.
type mention struct {
	from, to int
	scene    Scene
	rank     int
}

type sceneWord struct {
	word  string
	scene Scene
	rank  int
}

// wordsBy lists the vocabulary by first rune, longest first.
var wordsBy = func() map[rune][]sceneWord {
	out := map[rune][]sceneWord{}
	for _, s := range sceneWords {
		for _, w := range s.words {
			first := []rune(w)[0]
			out[first] = append(out[first], sceneWord{w, s.scene, s.rank})
		}
	}
	for _, l := range out {
		slices.SortFunc(l, func(a, b sceneWord) int { return len(b.word) - len(a.word) })
	}
	return out
}()

// mentions finds the words for places, longest first, left to right.
func (c clause) mentions() []mention {
	var out []mention
	skip := 0
	for i := 0; i < len(c); i++ {
		for _, w := range notPlaces {
			if end, ok := matchAt(c, i, w, false); ok {
				skip = max(skip, end)
			}
		}
		if i < skip {
			continue
		}
		found := false
		for _, w := range wordsBy[c[i]] {
			end, ok := matchAt(c, i, w.word, true)
			if !ok || w.word == "lift" && c.liftIsVerb(i, end) || w.word == "高速" && !c.isRoad(i, end) {
				continue
			}
			out = append(out, mention{i, end, w.scene, w.rank})
			i, found = end-1, true
			break
		}
		if found || isHan(c[i]) || i > 0 && isLatin(c[i-1]) {
			continue
		}
		if m, ok := c.fuzzy(i); ok {
			out = append(out, m)
		} else if end, ok := c.roadNumber(i); ok {
			out = append(out, mention{i, end, SceneHighway, 5})
		}
	}
	if at := c.index([]string{"underground"}, 0); at >= 0 && c.has([]string{"car park", "parking", "garage"}) {
		out = append(out, mention{at, at + len("underground"), SceneBasement, 7})
	}
	return out
}

// liftIsVerb: "please lift the cap", but not "in the lift the call drops".
func (c clause) liftIsVerb(from, to int) bool {
	rest := strings.TrimPrefix(string(c[to:]), " ")
	next, _, _ := strings.Cut(rest, " ")
	if !slices.Contains(liftVerbs, next) {
		return false
	}
	before := string(c[:from])
	for _, w := range []string{"the ", "a ", "in ", "our ", "every "} {
		if strings.HasSuffix(before, w) {
			return false
		}
	}
	return true
}

// isRoad: 高速 is also "high-speed".
func (c clause) isRoad(from, to int) bool {
	after, before := string(c[to:]), ' '
	for _, w := range []string{"公路", "路", "上", "口", "服务区", "收费", "出口", "入口", "段", "匝道", "隧道", "大桥"} {
		if strings.HasPrefix(after, w) {
			return true
		}
	}
	if from > 0 {
		before = c[from-1]
	}
	return (isHan(before) || unicode.IsDigit(before)) && !strings.ContainsRune("的网是不很最太更超有用", before)
}

// roadNumber finds "on the M25", "I-95", "NH44", "G42 K120".
func (c clause) roadNumber(i int) (end int, ok bool) {
	j := i
	for j < len(c) && c[j] >= 'a' && c[j] <= 'z' {
		j++
	}
	letters := string(c[i:j])
	if j < len(c) && c[j] == '-' {
		j++
	}
	digits := j
	for j < len(c) && unicode.IsDigit(c[j]) {
		j++
	}
	if j == digits || j-digits > 4 || j < len(c) && isLatin(c[j]) {
		return 0, false
	}
	rest := strings.TrimPrefix(string(c[j:]), " ")
	switch letters {
	case "nh":
		return j, true
	case "g":
		return j, len(rest) > 1 && rest[0] == 'k' && rest[1] >= '0' && rest[1] <= '9'
	case "i", "m", "a", "e":
		before := string(c[:i])
		for _, w := range []string{"on the ", "on ", "along ", "along the ", "off the "} {
			if strings.HasSuffix(before, w) {
				return j, true
			}
		}
	}
	return 0, false
}

// fuzzy finds a misspelt word.
func (c clause) fuzzy(i int) (mention, bool) {
	j := i
	for j < len(c) && isLatin(c[j]) {
		j++
	}
	word := strings.TrimSuffix(string(c[i:j]), "s")
	if len(word) < 5 {
		return mention{}, false
	}
	for _, w := range fuzzyWords {
		if word[0] == w[0] && word != w && oneEdit(word, w) {
			for _, s := range wordsBy[rune(w[0])] {
				if s.word == w {
					return mention{i, j, s.scene, s.rank}, true
				}
			}
		}
	}
	return mention{}, false
}

// oneEdit tells whether one letter changed, missing, added or swapped with its
// neighbour turns a into b.
func oneEdit(a, b string) bool {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	ra, rb := a[i:], b[i:]
	switch len(a) - len(b) {
	case 0:
		return ra[1:] == rb[1:] || len(ra) > 1 && ra[0] == rb[1] && ra[1] == rb[0] && ra[2:] == rb[2:]
	case 1:
		return ra[1:] == rb
	case -1:
		return ra == rb[1:]
	}
	return false
}

// verdict says how a clause relates to a place it mentions.
type verdict uint8

const (
	happened  verdict = iota // there
	besideIt                 // near it, or on the way
	excluded                 // said not to be there
	fineThere                // reception is fine there
)

func (c clause) judge(m mention) verdict {
	before := strings.TrimSuffix(string(c[:m.from]), " ")
	for _, w := range excludeFore {
		if endsWithWord(before, w) {
			return excluded
		}
	}
	if m.scene == SceneHighway || m.scene == SceneTunnel {
		return happened
	}
	for _, w := range besideFore {
		if endsWithWord(before, w) {
			return besideIt
		}
	}
	after := string(c[m.to:])
	for _, w := range besideAfter {
		if strings.HasPrefix(after, w) {
			return besideIt
		}
	}
	for _, w := range onTheWay {
		if strings.Contains(after, w) && strings.ContainsAny(before, "去往到回") {
			return besideIt
		}
	}
	return happened
}

func endsWithWord(text, word string) bool {
	if !strings.HasSuffix(text, word) {
		return false
	}
	rest := []rune(strings.TrimSuffix(text, word))
	return len(rest) == 0 || isHan([]rune(word)[0]) || !isLatin(rest[len(rest)-1])
}

// leavesBefore: 出了电梯就好 says that the lift is where it is bad.
func (c clause) leavesBefore(m mention) bool {
	at := c.index(leaving, 0)
	return at >= 0 && at < m.from
}
