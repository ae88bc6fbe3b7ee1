package geo

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// People put a name's words in another order, leave some out, or say the kind of
// place where the name does not: "Kluuvin kauppakeskus" is Kauppakeskus Kluuvi,
// "Hopkins Bayview" the medical center. byWords finds the one name that has all the
// words of a part of an address.

// kindWords are words for kinds of places, by kind. They may be said or left out, but
// a hotel is no apartment house.
var kindWords = func() map[string]string {
	out := map[string]string{}
	for kind, words := range map[string]string{
		"hotel":   "hotel hotels hotelli hotell hostel resort",
		"mall":    "mall kauppakeskus centro center shopping commercial",
		"transit": "station metro mrt mtr subway underground tube stop asema metroasema",
		"parking": "parking carpark garage parkki parkkihalli pysakointi p",
		"house":   "building tower block condo condos condominium condominiums apartment residences bldg talo office",
		"library": "library kirjasto keskustakirjasto", "church": "church kirkko iglesia esglesia cathedral", "museum": "museum taidemuseo museon",
		"school": "school koulu academy college", "hospital": "hospital clinic medical", "shop": "store shop mart minimart",
	} {
		for _, w := range strings.Fields(words) {
			out[w] = kind
		}
	}
	return out
}()

// sceneKinds are the kinds that a venue's scene states.
var sceneKinds = map[Scene]string{SceneHotel: "hotel", SceneMall: "mall", SceneTransit: "transit", SceneBasement: "parking", SceneOfficeTower: "house",
	SceneResidential: "house", SceneHospital: "hospital", SceneCampus: "school"}

// smallWords carry no name.
var smallWords = func() map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields("the a an at of on in by near de la le el les els los las del dels d l y i e et and to from our my inside main lobby lift elevator basement lower upper ground toilet hissi kellari") {
		out[w] = true
	}
	return out
}()

// parts of an address, each of which may name the place.
var addressParts = regexp.MustCompile(`(?i)[,;()\n/|:，；（）、]+| in the | in | at the | at | @ | inside `)

const leastCovered = 0.5 // share of a name's letters that must be said

// byWords gives the venues of the name that a part of an address has all the words
// of, and how many words these are, with those for its kind; nil when there is no
// such name, or more than one.
func (x *nameIndex) byWords(c *Catalogue, text string) (venues []int32, words int) {
	streets := x.houses.within(nameTokens(text))
	for _, part := range addressParts.Split(flats.ReplaceAllString(fold(text), " , "), -1) {
		tokens := nameTokens(part)
		for _, s := range x.houses.within(tokens) { // and its number
			for i := max(0, s.from-1); i < min(len(tokens), s.to+1); i++ {
				if i >= s.from && i < s.to || tokens[i][0] >= '0' && tokens[i][0] <= '9' {
					tokens[i] = "the"
				}
			}
		}
		if venues, words = x.ofWords(c, tokens, streets); len(venues) > 0 {
			return venues, words
		}
	}
	return nil, 0
}

func (x *nameIndex) ofWords(c *Catalogue, tokens []string, streets []streetNamed) ([]int32, int) {
	said, kinds := wordsOf(tokens)
	if len(said) == 0 || len(said) > 12 || len(strings.Join(said, "")) < 4 || isHan([]rune(said[0])[0]) {
		return nil, 0
	}
	var names []int32
	for i, w := range said {
		list := x.byWord[w]
		if len(list) == 0 && x.endings {
			said[i] = x.stem(w)
			list = x.byWord[said[i]]
		}
		if i == 0 {
			names = list
			continue
		}
		names = intersect(names, list)
	}
	var whole, part []int32 // venues
	several := false
	for _, n := range names {
		of, ofKinds := wordsOf(x.tokens[n])
		covered := float64(len(strings.Join(said, ""))) / float64(len(strings.Join(of, "")))
		if !numbersIn(said, of) {
			continue
		}
		for _, v := range x.names[x.byName[n]] {
			if c.spots[v].line || !slices.Equal(kinds, nil) && !kindsFit(kinds, ofKinds, c.venues[v].Scene) {
				continue
			}
			onStreet := len(streets) > 0 && c.onStreet(v, streets)
			switch {
			case len(of) == len(said) && (len(said) > 1 || len(kinds) >= len(ofKinds)) && !slices.Contains(whole, v):
				whole = append(whole, v)
			case len(of) > len(said) && (onStreet || len(said) >= 2 && covered >= leastCovered && len(streets) == 0) && !slices.Contains(part, v):
				several = several || len(part) > 0 && !slices.Contains(x.names[x.byName[n]], part[0])
				part = append(part, v)
			}
		}
	}
	if len(whole) > 0 {
		return whole, len(said) + len(kinds)
	}
	if several {
		return nil, 0
	}
	return part, len(said) + len(kinds)
}

// wordsOf parts a name into what it says and what kinds of place it says it is.
func wordsOf(tokens []string) (words, kinds []string) {
	for _, t := range tokens {
		kind, isKind := kindWords[t]
		switch {
		case smallWords[t]:
		case isKind:
			if !slices.Contains(kinds, kind) {
				kinds = append(kinds, kind)
			}
		case !slices.Contains(words, t):
			words = append(words, t)
		}
	}
	return words, kinds
}

// kindsFit tells whether a name, or what its venue is, states the kinds that are said.
func kindsFit(said, of []string, s Scene) bool {
	for _, k := range said {
		if !slices.Contains(of, k) && sceneKinds[s] != k && !(k == "house" && len(of) == 0) {
			return false
		}
	}
	return true
}

func intersect(a, b []int32) []int32 {
	var out []int32
	for _, n := range a {
		if _, in := slices.BinarySearch(b, n); in {
			out = append(out, n)
		}
	}
	return out
}

// onStreet tells whether a venue's address is on a street that is named.
func (c *Catalogue) onStreet(v int32, streets []streetNamed) bool {
	for _, named := range streets {
		for _, s := range named.streets {
			for _, h := range c.names.houses.streets[s].houses {
				if h.venue == v {
					return true
				}
			}
		}
	}
	return false
}

// isCommon tells whether a name is but a word for a kind of place or thing: a shop
// that is mapped as "Shop", a kiosk's 卫生间.
func isCommon(tokens []string) bool {
	common := true
	for _, t := range tokens {
		_, kind := kindWords[t]
		common = common && (kind || smallWords[t] || streetTypes[t])
	}
	if common {
		return true
	}
	return slices.Contains(commonHan, strings.Join(tokens, ""))
}

// commonHan are names of three characters or more that name nothing.
var commonHan = []string{"卫生间", "洗手间", "停车场", "停车库", "办公楼", "便利店", "写字楼", "地下室", "地下车库", "居民楼", "住宅楼", "商务楼", "公交站", "地铁站", "收费站"}

// kindFits tells whether the words around a name say that it is something else:
// "Fort McHenry Tunnel" is not the fort, 陆家嘴环路 not the station.
func (c *Catalogue) kindFits(tokens []string, n named, v int32) bool {
	if n.to >= len(tokens) {
		return true
	}
	next := tokens[n.to]
	if isHan([]rune(next)[0]) {
		return !hanStreet.MatchString(strings.Join(tokens[n.to:], ""))
	}
	kind, is := kindWords[next]
	switch {
	case streetTypes[next] && !storeys[next] && next != "place" && next != "court", next == "tunnel", next == "bridge":
		return false
	case !is || kind == "parking" || kind == "house" || kind == "shop" || kind == "mall" && c.venues[v].Scene == SceneUnknown:
		return true
	}
	_, of := wordsOf(tokens[n.from:n.to])
	return kindsFit([]string{kind}, of, c.venues[v].Scene)
}

var hanStreet = regexp.MustCompile(`^[东西南北中环支新]{0,2}\d?(路|街|大道|弄|巷|隧道|大桥)`)

// saidAsName tells whether a word in the middle of a complaint is a name and not a
// word: "inside Target", but not "my target". Names of several words say so themselves.
func saidAsName(text string, tokens []string) bool {
	if len(tokens) != 1 || isHan([]rune(tokens[0])[0]) {
		return true
	}
	words := strings.FieldsFunc(text, func(r rune) bool { return !isNameRune(r) })
	for i, w := range words {
		if t := nameTokens(w); i > 0 && len(t) == 1 && t[0] == tokens[0] && unicode.IsUpper([]rune(w)[0]) {
			return true
		}
	}
	return false
}

// endingsFi are what Finnish puts behind names: of, in, from, at, to.
var endingsFi = []string{"issa", "ista", "illa", "ssa", "sta", "lla", "lta", "lle", "aan", "iin", "oon", "in", "an", "en", "on", "n"}

// finnish tells whether the catalogue is of a place where words take these endings.
func (x *nameIndex) finnish() bool {
	n := 0
	for _, s := range x.houses.streets {
		if strings.HasSuffix(s.tokens[len(s.tokens)-1], "katu") {
			n++
		}
	}
	return n >= 3
}

// stem takes an ending off a word when what remains is a word of some name.
func (x *nameIndex) stem(word string) string {
	if len(x.byWord[word]) > 0 {
		return word
	}
	for _, e := range endingsFi {
		if bare, ok := strings.CutSuffix(word, e); ok && len(bare) >= 4 && len(x.byWord[bare]) > 0 {
			return bare
		}
	}
	return word
}
