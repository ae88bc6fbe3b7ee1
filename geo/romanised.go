package geo

import (
	"strings"

	"github.com/mozillazg/go-pinyin"
)

// Chinese names are also written in Latin letters, with spaces anywhere, and names
// that are mapped so are said in Chinese. romanised writes both alike: the syllables
// of Mandarin without tones, joined.

const leastRoman = 8 // letters of a name that is looked for so

// syllables are readings already looked up; the catalogue is built by one goroutine
// and read by many, so the readings that names need are looked up in advance.
type syllables map[rune]string

func (s syllables) of(r rune) string {
	reading, known := s[r]
	if !known {
		if p := pinyin.SinglePinyin(r, pinyin.Args{Style: pinyin.Normal}); len(p) > 0 {
			reading = p[0]
		}
		s[r] = reading
	}
	return reading
}

// romanWords are English words in street names and what they stand for.
var romanWords = map[string]string{"middle": "zhong", "road": "lu", "street": "jie", "e": "dong", "w": "xi", "s": "nan", "n": "bei", "ring": "huan", "rd": "lu",
	"avenue": "dadao", "lane": "long", "hao": ""}

// romanised joins tokens in Latin letters. Without a street's words, a Latin name stays
// as it is.
func (s syllables) romanised(tokens []string) string {
	var b strings.Builder
	for _, t := range tokens {
		switch r := []rune(t); {
		case t == "号" || t == "座":
		case isHan(r[0]):
			b.WriteString(s.of(r[0]))
		default:
			if word, is := romanWords[t]; is {
				t = word
			}
			b.WriteString(t)
		}
	}
	return b.String()
}

func hasHan(tokens []string) bool {
	for _, t := range tokens {
		if isHan([]rune(t)[0]) {
			return true
		}
	}
	return false
}

// romanisedIn finds the names of the other script in an address, the longest first: a
// Latin name in Chinese words, a Chinese one in Latin letters.
func romanisedIn[T any](tokens []string, longest int, find func(joined string, han bool) ([]T, bool)) (from, to int, found []T) {
	readings := syllables{}
	for n := min(len(tokens), longest); n > 0; n-- {
		for at := 0; at+n <= len(tokens); at++ {
			part := tokens[at : at+n]
			if joined := readings.romanised(part); len(joined) >= leastRoman {
				if found, ok := find(joined, hasHan(part)); ok {
					return at, at + n, found
				}
			}
		}
	}
	return 0, 0, nil
}

// addRoman indexes a name for the other script.
func (x *nameIndex) addRoman(name int32, tokens []string) {
	if joined := x.readings.romanised(tokens); len(joined) >= leastRoman {
		x.roman[joined] = append(x.roman[joined], name)
		x.longestRoman = max(x.longestRoman, len(tokens)+2)
	}
}

// romanised gives the venues of a name that an address has in the other script.
func (x *nameIndex) romanised(tokens []string) (venues []int32) {
	_, _, names := romanisedIn(tokens, x.longestRoman, func(joined string, han bool) (out []int32, ok bool) {
		for _, n := range x.roman[joined] {
			if hasHan(x.tokens[n]) != han {
				out = append(out, n)
			}
		}
		return out, len(out) > 0
	})
	for _, n := range names {
		venues = append(venues, x.names[x.byName[n]]...)
	}
	return venues
}
