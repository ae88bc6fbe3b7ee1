package ingest

import (
	"fmt"
	"sort"
	"strings"
)

// vocabulary lists the values a column may take; columns not listed are free.
var vocabulary = map[field][]string{
	fOutcome:    {"completed", "poor", "dropped", "blocked"},
	fRAT:        {"2g", "3g", "4g", "5g"},
	fIndoor:     {"indoor", "outdoor", "travelling"},
	fKind:       {"complaint", "appeal"},
	fChannel:    {"hotline", "app", "store", "web", "regulator"},
	fSegment:    {"consumer", "enterprise", "key_account"},
	fInstrument: {"tcsi", "nps", "csat"},
}

// checkValue says what is wrong with a value a profile writes into a column; ""
// when nothing is. Empty means "unknown" and is always right.
func checkValue(f field, v string) string {
	words := vocabulary[f]
	if words == nil || v == "" {
		return ""
	}
	for _, w := range words {
		if v == w {
			return ""
		}
	}
	return fmt.Sprintf("%s cannot be %q%s; it is one of %s, or empty for unknown", f, v, didYouMean(v, words), strings.Join(words, ", "))
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
