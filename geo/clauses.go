package geo

import (
	"strings"
	"unicode"
)

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
		case strings.ContainsRune("，。；！？、,;!?\n：…—–()（）", r), r == '-' && i > 0 && runes[i-1] == ' ':
			cut(i, i+1)
		case r == '.' && (i+1 == len(runes) || runes[i+1] == ' '):
			cut(i, i+1)
		default:
			for _, w := range clauseWords[r] {
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
	return splitGood(out)
}

// splitGood parts 大堂有信号房间里没有, where no pause does.
func splitGood(cs []clause) []clause {
	var out []clause
	for _, c := range cs {
		if at := c.goodUpTo(); at > 0 && at+2 < len(c) && isHan(c[at-1]) && isHan(c[at]) && c[at] != '的' && c[at:].isBad() && !c[:at].isBad() {
			out = append(out, c[:at], c[at:])
			continue
		}
		out = append(out, c)
	}
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

// wordSet are words by their first rune.
type wordSet map[rune][]string

func setOf(words ...string) wordSet {
	out := wordSet{}
	for _, w := range words {
		first := []rune(w)[0]
		out[first] = append(out[first], w)
	}
	return out
}

// has tells whether any of the words is in the clause.
func (c clause) has(words wordSet) bool { return c.index(words, 0) >= 0 }

func (c clause) index(words wordSet, from int) int {
	for i := from; i < len(c); i++ {
		for _, w := range words[c[i]] {
			if wordAt(c, i, w) {
				return i
			}
		}
	}
	return -1
}

// goodUpTo gives where in the clause it is said that reception is fine, 0 for nowhere.
func (c clause) goodUpTo() int {
	for i := range c {
		if i > 0 && strings.ContainsRune("没不无冇未唔", c[i-1]) {
			continue // 没有信号 holds 有信号
		}
		for _, w := range goodWords[c[i]] {
			if end, ok := matchAt(c, i, w, false); ok {
				return end
			}
		}
	}
	if c.endsIn(goodEnds) {
		return len(c)
	}
	return 0
}

func (c clause) endsIn(words []string) bool {
	text := strings.TrimRight(string(c), " 的了啊呀哦呢吧")
	for _, w := range words {
		if endsWithWord(text, w) {
			return true
		}
	}
	return false
}

// isGood tells whether the clause says that reception is fine.
func (c clause) isGood() bool { return c.goodUpTo() > 0 && !c.isBad() }

func (c clause) isBad() bool {
	for i := range c {
		for _, w := range badWords[c[i]] {
			if wordAt(c, i, w) && !strings.HasPrefix(string(c[i:]), "没得问题") && !strings.HasPrefix(string(c[i:]), "冇问题") {
				return true
			}
		}
	}
	return c.endsIn(badEnds)
}

// isTrouble tells whether the clause is about reception, and not that it is fine.
func (c clause) isTrouble() bool { return c.has(troubleWords) && !c.isGood() }
