package geo

import (
	"slices"
	"strings"
	"unicode"
)

// mention is a word for a place in a clause.
type mention struct {
	from, to int
	scene    Scene
	rank     int
	spoken   bool // a word of complaints, not of names
}

type sceneWord struct {
	word   string
	scene  Scene
	rank   int
	spoken bool
}

// wordsBy lists the vocabulary by first rune, longest first.
var wordsBy = func() map[rune][]sceneWord {
	out := map[rune][]sceneWord{}
	for k, vocabulary := range [][]sceneVocabulary{sceneWords, spokenWords} {
		for _, s := range vocabulary {
			for _, w := range s.words {
				first := []rune(w)[0]
				out[first] = append(out[first], sceneWord{w, s.scene, s.rank, k == 1})
			}
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
		for _, w := range notPlaces[c[i]] {
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
			found = true
			switch m := (mention{i, end, w.scene, w.rank, w.spoken}); {
			case c.isStop(m):
				m.to, m.scene, m.rank = end+1, SceneTransit, 5
				out = append(out, m)
			case !c.namesElse(m):
				out = append(out, m)
			}
			i = end - 1
			break
		}
		if found || isHan(c[i]) || i > 0 && isLatin(c[i-1]) {
			continue
		}
		if m, ok := c.fuzzy(i); ok {
			out = append(out, m)
		} else if end, ok := c.roadNumber(i); ok {
			out = append(out, mention{i, end, SceneHighway, 5, false})
		}
	}
	if at := c.index(undergroundWord, 0); at >= 0 && c.has(parkingWords) {
		out = append(out, mention{at, at + len("underground"), SceneBasement, 7, false})
	}
	return out
}

// isStop: 人民公园站 is a stop, whatever it is called after.
func (c clause) isStop(m mention) bool {
	return m.scene != SceneHighway && m.scene != SceneTransit && m.to < len(c) && c[m.to] == '站' && isHan(c[m.from])
}

// namesElse tells whether a word for a place only names what follows it: a street
// (大学路, "Hospital Road"), an airport's motorway, a hospital's housing, 酒店式公寓.
func (c clause) namesElse(m mention) bool {
	switch m.scene {
	case SceneHighway, SceneTunnel, SceneLift, SceneBasement:
		return false
	}
	after := string(c[m.to:])
	if isHan(c[m.from]) {
		return hasAnyPrefix(after, "式") || hasAnyPrefix(strings.TrimLeft(after, "东西南北中一二三"), "路", "街", "大道", "巷") && !hasAnyPrefix(after, "路由") ||
			hasAnyPrefix(after, "高速") && c.isRoad(m.to, m.to+2) || m.scene != SceneResidential && hasAnyPrefix(after, "家属院", "家属楼", "小区", "公寓", "新村", "家园")
	}
	next, _, _ := strings.Cut(strings.TrimPrefix(after, " "), " ")
	return slices.Contains(streetWords, next) || m.scene == SceneCampus && hasAnyPrefix(after, " bus", " run")
}

// streetWords follow what a street is called after.
var streetWords = []string{"road", "rd", "street", "st", "avenue", "ave", "lane", "drive", "boulevard", "blvd", "terrace", "crescent"}

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

// roadNumber finds "on the M25", "I-95", "NH44", "G42 K120", "exit 23", "J9".
func (c clause) roadNumber(i int) (end int, ok bool) {
	j := i
	for j < len(c) && c[j] >= 'a' && c[j] <= 'z' {
		j++
	}
	letters := string(c[i:j])
	hyphen := j < len(c) && c[j] == '-'
	if hyphen || j < len(c) && c[j] == ' ' {
		j++
	}
	spaced := j > i && c[j-1] == ' '
	digits := j
	for j < len(c) && unicode.IsDigit(c[j]) {
		j++
	}
	if j == digits || j-digits > 4 {
		return 0, false
	}
	if letters == "exit" || letters == "junction" {
		return j, spaced || digits == i+len(letters)
	}
	if spaced && letters != "route" && letters != "nh" && letters != "i" || j < len(c) && isLatin(c[j]) {
		return 0, false
	}
	rest := strings.TrimPrefix(string(c[j:]), " ")
	switch letters {
	case "k": // K1234+500
		return j, rest != "" && (rest[0] == '+' || hasAnyPrefix(rest, "处", "公里", "段", "路段", "附近", "桩", "左右"))
	case "nh", "route":
		return j, true
	case "i":
		if hyphen {
			return j, true
		}
		fallthrough
	case "m", "a", "e", "us", "sr":
		before := string(c[:i])
		for _, w := range []string{"on the ", "on ", "along ", "along the ", "off the "} {
			if strings.HasSuffix(before, w) {
				return j, true
			}
		}
		return j, c.has(roadTalk)
	case "g", "s":
		return j, len(rest) > 1 && rest[0] == 'k' && rest[1] >= '0' && rest[1] <= '9' || digits+1 < j && c.has(roadTalk)
	}
	return 0, false
}

// roadTalk turns up where roads are spoken of.
var roadTalk = setOf("northbound", "southbound", "eastbound", "westbound", "junction", "between", "exit", "driving", "lane", "in the car", "traffic", "drive",
	"开车", "堵车", "车道", "公里", "往", "方向", "路段", "沿线", "高速", "国道", "省道")

var undergroundWord = setOf("underground")

var parkingWords = setOf("car park", "carpark", "parking", "garage")

func hasAnyPrefix(s string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
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
					return mention{i, j, s.scene, s.rank, s.spoken}, true
				}
			}
			if w == "underground" && c.has(parkingWords) {
				return mention{i, j, SceneBasement, 7, true}, true
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
