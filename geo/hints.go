package geo

import (
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
