package ingest

import (
	"fmt"
	"strings"
)

// nearest finds the candidate that a misspelt name most likely means; "" when
// none is near.
func nearest(name string, candidates []string) string {
	fold := func(s string) string {
		return strings.NewReplacer("_", "", " ", "", "-", "", ".", "").Replace(strings.ToLower(s))
	}
	raw := name
	name = fold(name)
	limit := 0 // nothing is near a name of one or two letters
	if len(name) >= 3 {
		limit = max(1, len(name)/3)
	}
	best, bestD := "", limit+1
	for _, c := range candidates {
		if c == raw {
			continue // named right; something else is wrong
		}
		f := fold(c)
		d := editDistance(name, f)
		if d > 0 && len(name) >= 3 && len(f) >= 3 && (strings.HasPrefix(f, name) || strings.HasPrefix(name, f)) {
			d = 1
		}
		if d < bestD {
			best, bestD = c, d
		}
	}
	return best
}

func didYouMean(name string, candidates []string) string {
	if n := nearest(name, candidates); n != "" {
		return fmt.Sprintf(" (did you mean %q?)", n)
	}
	return ""
}

// editDistance counts inserted, lost, changed and exchanged bytes (Levenshtein's
// distance with exchanges of neighbours). It is for names: longer ones than 64
// bytes are never near.
func editDistance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 65
	}
	var rows [3][65]int // the row at hand and the two before it
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range b {
		last[j+1] = j + 1
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j-1]+cost, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
