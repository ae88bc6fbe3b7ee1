package geo

import "strings"

// nameIndex finds venues by id, name and alias.
type nameIndex struct {
	ids    map[string]int32
	byName map[string][]int32 // normalised name → venues
	long   int                // runes in the longest name
}

// normalizeName makes spellings of one name equal: case, full-width letters,
// spaces and punctuation do not count.
func normalizeName(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		switch {
		case r >= 0xff01 && r <= 0xff5e: // full-width forms of ASCII
			r -= 0xfee0
			if r >= 'A' && r <= 'Z' {
				r += 'a' - 'A'
			}
		case r == 0x3000:
			r = ' '
		}
		if isNameRune(r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func (x *nameIndex) build(c *Catalogue) {
	x.ids, x.byName = map[string]int32{}, map[string][]int32{}
	for i := range c.venues {
		v := &c.venues[i]
		x.ids[v.ID] = int32(i)
		seen := map[string]bool{}
		for _, name := range append([]string{v.Name}, v.Aliases...) {
			n := normalizeName(name)
			if n == "" || seen[n] {
				continue
			}
			seen[n] = true
			x.byName[n] = append(x.byName[n], int32(i))
			x.long = max(x.long, len([]rune(n)))
		}
	}
}

// venue gives the one venue with this id or name, −1 for none or several.
func (x *nameIndex) venue(text string) int {
	if i, known := x.ids[strings.TrimSpace(text)]; known {
		return int(i)
	}
	if found := x.byName[normalizeName(text)]; len(found) == 1 {
		return int(found[0])
	}
	return -1
}

// locateAddress finds the venue that an address names: the longest name in it,
// when only one venue has that name.
func (c *Catalogue) locateAddress(address string, e *Evidence, h Hints) (Location, bool) {
	text := []rune(normalizeName(address))
	for n := min(len(text), c.names.long); n >= 2; n-- {
		match := int32(-1)
		for at := 0; at+n <= len(text); at++ {
			for _, v := range c.names.byName[string(text[at:at+n])] {
				if match >= 0 && match != v {
					return Location{}, false
				}
				match = v
			}
		}
		if match >= 0 {
			l := c.locateVenue(int(match), MethodAddress, e, h)
			return l, l.Method != MethodNone
		}
	}
	return Location{}, false
}
