package geo

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// gramsOf gives the pairs of neighbouring letters of a name.
func gramsOf(tokens []string) []string {
	letters := []rune(strings.Join(tokens, ""))
	out := make([]string, 0, len(letters))
	for i := 1; i < len(letters); i++ {
		out = append(out, string(letters[i-1:i+1]))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

const (
	leastFuzzy   = 5  // letters of a name that may be misspelt once
	twiceFuzzy   = 12 // … twice
	shortWord    = 9  // letters of a name of one word that may begin differently
	mostFuzzyAsk = 64 // candidates looked at closely
)

// similar gives the venues of the one name that the text holds with a letter wrong,
// missing, too many or two swapped; nil when there is none or more than one equally
// good. Where it holds a name of so many letters as it is written, the other must be
// longer by more than the slip. Numbers must be right: tower 2 is not tower 3.
func (x *nameIndex) similar(tokens []string, exact int) []int32 {
	text, starts := lettersOf(tokens)
	shared := map[int32]int{}
	for _, g := range gramsOf(tokens) {
		for _, n := range x.grams[g] {
			shared[n]++
		}
	}
	type candidate struct {
		name  int32
		share float64
	}
	var candidates []candidate
	for n, k := range shared {
		size := len([]rune(strings.Join(x.tokens[n], "")))
		// One slip spoils two pairs, a swap three.
		if size >= leastFuzzy && (exact == 0 || size > exact+1) && telling(x.tokens[n]) && numbersIn(tokens, x.tokens[n]) && k >= size-1-3*slipsAllowed(size) && k > 0 {
			candidates = append(candidates, candidate{n, float64(k) / float64(size)})
		}
	}
	slices.SortFunc(candidates, func(a, b candidate) int {
		switch {
		case a.share != b.share && a.share > b.share:
			return -1
		case a.share != b.share:
			return 1
		}
		return int(a.name - b.name)
	})
	best, slips, several := int32(-1), 0, false
	for _, k := range candidates[:min(len(candidates), mostFuzzyAsk)] {
		name := []rune(strings.Join(x.tokens[k.name], ""))
		if of := x.tokens[k.name]; len(of) == 1 && len(name) < shortWord && !isHan(name[0]) && !slices.ContainsFunc(tokens, func(t string) bool { return t[0] == of[0][0] && oneEdit(t, of[0]) }) {
			continue // "Casa de" is not Cascade, "Amos" not Samos
		}
		allowed := slipsAllowed(len(name))
		if exact > 0 {
			allowed = 1
		}
		d, ok := slipsIn(text, starts, name, allowed)
		switch {
		case !ok:
		case best < 0 || d < slips:
			best, slips, several = k.name, d, false
		case d == slips && !slices.Equal(x.names[x.byName[k.name]], x.names[x.byName[best]]):
			several = true
		}
	}
	if best < 0 || several {
		return nil
	}
	return x.names[x.byName[best]]
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
