package geo

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// gram is a pair of neighbouring letters.
type gram [2]rune

// gramsOf gives the distinct pairs of neighbouring letters of a name, sorted.
func gramsOf(letters []rune) []gram {
	out := make([]gram, 0, len(letters))
	for i := 1; i < len(letters); i++ {
		out = append(out, gram{letters[i-1], letters[i]})
	}
	slices.SortFunc(out, func(a, b gram) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	return slices.Compact(out)
}

const (
	leastFuzzy = 5  // letters of a name that may be misspelt once
	twiceFuzzy = 12 // … twice
	shortWord  = 9  // letters of a name of one word that may begin differently
)

// sharedGrams is how many pairs a name of so many letters, so many of them distinct,
// has in common with itself misspelt: one slip spoils two, a swap three.
func sharedGrams(letters, distinct int) int {
	return max(1, min(distinct, letters-1-3*slipsAllowed(letters)))
}

// slipIndex lists names under their rarest pairs of letters: so few that a misspelt
// name must have one of them left, whichever the slips spoil.
type slipIndex map[gram][]int32

func buildSlipIndex(names [][]string) slipIndex {
	count := map[gram]int32{}
	for _, tokens := range names {
		for _, g := range gramsOf([]rune(strings.Join(tokens, ""))) {
			count[g]++
		}
	}
	x := slipIndex{}
	for n, tokens := range names {
		letters := []rune(strings.Join(tokens, ""))
		if len(letters) < leastFuzzy || !telling(tokens) {
			continue
		}
		grams := gramsOf(letters)
		slices.SortStableFunc(grams, func(a, b gram) int { return cmp.Compare(count[a], count[b]) })
		for _, g := range grams[:len(grams)-sharedGrams(len(letters), len(grams))+1] {
			x[g] = append(x[g], int32(n))
		}
	}
	return x
}

// gramSet holds the pairs of a text; a few others seem to be in it, too.
type gramSet [128]uint64

func (s *gramSet) bit(g gram) (word int, bit uint64) {
	h := (uint32(g[0])*0x9e3779b1 ^ uint32(g[1])) * 0x85ebca6b >> 19
	return int(h / 64), 1 << (h % 64)
}

func (s *gramSet) add(g gram) { w, b := s.bit(g); s[w] |= b }

func (s *gramSet) has(g gram) bool { w, b := s.bit(g); return s[w]&b != 0 }

// similar gives the venues of the one name that the text holds with a letter wrong,
// missing, too many or two swapped; nil when there is none or more than one equally
// good. Where it holds a name of so many letters as it is written, the other must be
// longer by more than the slip. Numbers must be right: tower 2 is not tower 3.
//
// A longer name that holds an exact one has its words: where there are such, only names
// with a rare word of one of them are looked at.
func (x *nameIndex) similar(tokens []string, exact int, words []string) []int32 {
	text, starts := lettersOf(tokens)
	grams := gramsOf(text)
	var has gramSet
	for _, g := range grams {
		has.add(g)
	}
	seen := make([]uint64, len(x.tokens)/64+1)
	best, slips, several := int32(-1), 0, false
	lists := func(yield func([]int32) bool) {
		for _, w := range words {
			if !yield(x.byWord[w]) {
				return
			}
		}
		for i := 0; len(words) == 0 && i < len(grams); i++ {
			if !yield(x.slips[grams[i]]) {
				return
			}
		}
	}
	for list := range lists {
		for _, n := range list {
			if seen[n/64]&(1<<(n%64)) != 0 {
				continue
			}
			seen[n/64] |= 1 << (n % 64)
			d, ok := x.slipsFrom(n, exact, tokens, text, starts, &has)
			switch {
			case !ok:
			case best < 0 || d < slips:
				best, slips, several = n, d, false
			case d == slips && !slices.Equal(x.names[x.byName[n]], x.names[x.byName[best]]):
				several = true
			}
		}
	}
	if best < 0 || several {
		return nil
	}
	return x.names[x.byName[best]]
}

// slipsFrom gives the fewest slips that make a name of a stretch of the text.
func (x *nameIndex) slipsFrom(n int32, exact int, tokens []string, text []rune, starts []bool, has *gramSet) (int, bool) {
	name := x.letters[n]
	if len(name) < leastFuzzy || exact > 0 && len(name) <= exact+1 || len(name) > len(text)+2 {
		return 0, false
	}
	spare := len(name) - 1 - sharedGrams(len(name), len(name)-1)
	for i := 1; i < len(name) && spare >= 0; i++ {
		if !has.has(gram{name[i-1], name[i]}) {
			spare--
		}
	}
	if spare < 0 {
		return 0, false
	}
	of := x.tokens[n]
	if !numbersIn(tokens, of) || !telling(of) {
		return 0, false
	}
	if len(of) == 1 && len(name) < shortWord && !isHan(name[0]) && !slices.ContainsFunc(tokens, func(t string) bool { return t[0] == of[0][0] && oneEdit(t, of[0]) }) {
		return 0, false // "Casa de" is not Cascade, "Amos" not Samos
	}
	allowed := slipsAllowed(len(name))
	if exact > 0 {
		allowed = 1
	}
	return slipsIn(text, starts, name, allowed)
}

// numbersIn tells whether a text has all the numbers of a name.
func numbersIn(text, name []string) bool {
	for _, t := range name {
		if unicode.IsDigit([]rune(t)[0]) && !slices.Contains(text, t) {
			return false
		}
	}
	return true
}

func slipsAllowed(letters int) int {
	if letters >= twiceFuzzy {
		return 2
	}
	return 1
}

// lettersOf joins tokens and tells before which letters one starts; the end counts.
func lettersOf(tokens []string) (letters []rune, starts []bool) {
	letters = []rune(strings.Join(tokens, ""))
	starts = make([]bool, len(letters)+1)
	at := 0
	for _, t := range tokens {
		starts[at] = true
		at += utf8.RuneCountInString(t)
	}
	starts[at] = true
	return letters, starts
}

// slipsIn gives the fewest edits (Levenshtein with swaps of neighbours) between a
// name and any stretch of whole tokens of a text, when those are at most limit and
// touch no digit.
func slipsIn(text []rune, starts []bool, name []rune, limit int) (int, bool) {
	prev2 := make([]int, len(text)+1)
	prev := make([]int, len(text)+1)
	cur := make([]int, len(text)+1)
	const far = 1 << 20
	for j := range prev {
		if prev[j] = far; starts[j] {
			prev[j] = 0
		}
	}
	for i := 1; i <= len(name); i++ {
		cur[0] = i
		for j := 1; j <= len(text); j++ {
			cost := 1
			if name[i-1] == text[j-1] {
				cost = 0
			} else if unicode.IsDigit(name[i-1]) || unicode.IsDigit(text[j-1]) {
				cost = far
			}
			drop := 1
			if unicode.IsDigit(name[i-1]) {
				drop = far
			}
			cur[j] = min(prev[j-1]+cost, prev[j]+drop, cur[j-1]+1)
			if i > 1 && j > 1 && name[i-1] == text[j-2] && name[i-2] == text[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	best := far
	for j, d := range prev {
		if starts[j] {
			best = min(best, d)
		}
	}
	return best, best <= limit
}
