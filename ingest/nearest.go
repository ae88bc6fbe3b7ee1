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
	name = fold(name)
	best, bestD := "", len(name)/3+1
	for _, c := range candidates {
		f := fold(c)
		d := editDistance(name, f)
		if d > 0 && len(name) >= 3 && len(f) >= 3 && (strings.HasPrefix(f, name) || strings.HasPrefix(name, f)) {
			d = min(d, 1)
		}
		if d < bestD || d == bestD && best == "" && d <= 1 {
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

// editDistance is Levenshtein's, in bytes, for names: longer ones than 64 bytes
// are never near.
func editDistance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 65
	}
	var row [65]int
	for j := range b {
		row[j+1] = j + 1
	}
	for i := 1; i <= len(a); i++ {
		diag := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diag
			if a[i-1] != b[j-1] {
				cost = 1 + min(diag, row[j], row[j-1])
			}
			diag, row[j] = row[j], cost
		}
	}
	return row[len(b)]
}
