package geo

import (
	_ "embed"
	"strings"
)

//go:embed traditional.txt
var traditionalPairs string

// traditional maps characters to their simplified forms.
var traditional = func() map[rune]rune {
	out := map[rune]rune{}
	for _, line := range strings.Split(traditionalPairs, "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		pairs := []rune(line)
		for i := 0; i+1 < len(pairs); i += 2 {
			out[pairs[i]] = pairs[i+1]
		}
	}
	return out
}()
