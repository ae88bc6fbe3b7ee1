package geo

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// placeName is a mention of a place and where it is: venues that fit, or a position
// that is met within some metres, or nowhere.
type placeName struct {
	catalogue, field, words string
	venues                  []int32
	at                      LatLon
	within                  float64 // metres; 0: venues, or nowhere
	optional                bool    // saying nothing is as right
}

// readPlaceNames reads a file of testdata; see there.
func readPlaceNames(t testing.TB, file string, catalogues map[string]*Catalogue) (out []placeName) {
	t.Helper()
	f, err := os.Open("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if lines.Text() == "" || lines.Text()[0] == '#' {
			continue
		}
		parts := strings.SplitN(lines.Text(), "|", 4)
		if len(parts) != 4 {
			t.Fatalf("%s: %q", file, lines.Text())
		}
		n := placeName{catalogue: parts[0], field: parts[1], words: parts[3]}
		for _, answer := range strings.Fields(parts[2]) {
			switch {
			case answer == "-":
			case answer == "?":
				n.optional = true
			case answer[0] == '@':
				if _, err := fmt.Sscanf(answer, "@%f,%f±%f", &n.at.Lat, &n.at.Lon, &n.within); err != nil {
					t.Fatalf("%s: %q: %v", file, answer, err)
				}
			default:
				i, known := catalogues[n.catalogue].index[answer]
				if !known {
					t.Fatalf("%s has no venue %s", n.catalogue, answer)
				}
				n.venues = append(n.venues, int32(i))
			}
		}
		out = append(out, n)
	}
	return out
}

// measure locates a mention and counts.
func (s *matchScore) measure(c *Catalogue, n placeName) (right bool) {
	e := Evidence{Floor: UnknownFloor}
	if n.field == "text" {
		e.Text = n.words
	} else {
		e.Address = n.words
	}
	l := c.Locate(e)
	share := 0.0
	if n.within > 0 {
		if l.Method != MethodNone && Distance(l.Pos, n.at) <= n.within {
			share = 1
		}
	} else {
		share = c.shareAt(l, n.venues)
	}
	s.right += share
	if l.Method != MethodNone {
		s.said++
	}
	if meant := len(n.venues) > 0 || n.within > 0; meant && (!n.optional || l.Method != MethodNone) {
		s.meant++
	} else if l.Method == MethodNone {
		return true
	}
	return share > 0.999
}

// shareAt gives the share of a location that is at any of the venues or their parts.
func (c *Catalogue) shareAt(l Location, venues []int32) (share float64) {
	places := []PlaceWeight{{l.Place, 1}}
	if l.Choice != nil {
		places = l.Choice.Places
	}
	for _, w := range places {
		if ref, known := c.places[w.Place]; known && slices.ContainsFunc(venues, func(v int32) bool { return v == ref.venue || c.spots[v].host == ref.venue }) {
			share += w.Weight
		}
	}
	return share
}

// TestPlaceNames measures names and addresses as people write them. Misses of the
// held-out half are not shown: who reads them cannot measure with them again.
func TestPlaceNames(t *testing.T) {
	catalogues := realCatalogues(t)
	for _, file := range []struct {
		name              string
		shown             bool
		precision, recall float64
	}{{"places_mending.txt", true, 0.98, 0.92}, {"places_heldout.txt", false, 0.95, 0.83}} {
		by, all := map[string]*matchScore{}, matchScore{}
		names := readPlaceNames(t, file.name, catalogues)
		for _, n := range names {
			s, known := by[n.catalogue]
			if !known {
				s = &matchScore{}
				by[n.catalogue] = s
			}
			right := s.measure(catalogues[n.catalogue], n)
			if !right && file.shown {
				e := Evidence{Address: n.words, Floor: UnknownFloor}
				if n.field == "text" {
					e = Evidence{Text: n.words, Floor: UnknownFloor}
				}
				l := catalogues[n.catalogue].Locate(e)
				var meant []string
				for _, v := range n.venues {
					meant = append(meant, catalogues[n.catalogue].venues[v].Name)
				}
				t.Logf("%s: %q is at %q %v, meant %q %v", n.catalogue, n.words, keyOf(catalogues[n.catalogue], l), l.Pos, meant, n.at)
			}
		}
		for _, f := range []string{"shanghai", "singapore", "baltimore", "helsinki", "andorra"} {
			s := by[f]
			t.Logf("%s: %-9s %2.0f meant  precision %.2f  recall %.2f", file.name, f, s.meant, s.precision(), s.recall())
			all.right, all.said, all.meant = all.right+s.right, all.said+s.said, all.meant+s.meant
		}
		t.Logf("%s: %d mentions, %.0f meant, %.0f said  precision %.3f  recall %.3f", file.name, len(names), all.meant, all.said, all.precision(), all.recall())
		if all.precision() < file.precision || all.recall() < file.recall {
			t.Errorf("%s: precision %.3f, recall %.3f: worse than it was", file.name, all.precision(), all.recall())
		}
	}
}

// realCatalogues reads five real catalogues.
func realCatalogues(t testing.TB) map[string]*Catalogue {
	t.Helper()
	out := map[string]*Catalogue{}
	for _, f := range append(slices.Clone(addressFiles), struct{ name, file string }{"andorra", "osm/andorra.osm.pbf"}) {
		out[f.name] = addressCatalogue(t, f.file)
	}
	return out
}

// TestForeignNames asks each city for the names and addresses of the others: what is
// put anywhere is a false pinpoint, unless the city has a place of that name too.
func TestForeignNames(t *testing.T) {
	catalogues := realCatalogues(t)
	asked, put := 0, 0
	for city, c := range catalogues {
		for other, from := range catalogues {
			if city == other {
				continue
			}
			for i := range from.venues {
				v := &from.venues[i]
				for _, words := range append([]string{v.Name}, v.Aliases...) {
					if len(nameTokens(words)) == 0 || from.spots[i].line {
						continue
					}
					asked++
					if l := c.Locate(Evidence{Address: words, Floor: UnknownFloor}); l.Method != MethodNone && len(c.names.names[strings.Join(nameTokens(words), tokenMark)]) == 0 {
						put++
						t.Logf("%s puts %s's %q at %q", city, other, words, keyOf(c, l))
					}
				}
			}
		}
	}
	t.Logf("of %d foreign names and addresses %d are put somewhere: %.2f %%", asked, put, 100*float64(put)/float64(asked))
	if asked < 5000 || float64(put) > 0.01*float64(asked) {
		t.Error("more than one in a hundred is a false pinpoint")
	}
}

// TestHousesBetween takes each known house away and asks for it: the neighbours tell
// where it is as well as they say.
func TestHousesBetween(t *testing.T) {
	for _, file := range []string{"osm/baltimore.osm.pbf", "osm/Helsinki.osm.pbf"} {
		x := &addressCatalogue(t, file).names.houses
		asked, put, within := 0, 0, 0
		var off []float64
		for i := range x.streets {
			s := x.streets[i]
			for k := range s.houses {
				h := s.houses[k]
				if h.from != h.to {
					continue
				}
				rest := street{tokens: s.tokens, houses: slices.DeleteFunc(slices.Clone(s.houses), func(o house) bool { return o.from <= h.from && h.from <= o.to })}
				asked++
				b, ok := rest.between(h.from)
				if !ok {
					continue
				}
				put++
				d := Distance(b.pos, h.pos)
				if off = append(off, d); d <= b.accuracyM {
					within++
				}
			}
		}
		slices.Sort(off)
		t.Logf("%s: %d houses, %d lie between two others; half within %.0f m, nine in ten within %.0f m of where they are; %.1f %% within the accuracy stated",
			file, asked, put, off[len(off)/2], off[len(off)*9/10], 100*float64(within)/float64(put))
		if put < asked/3 || float64(within) < 0.95*float64(put) {
			t.Errorf("%s: %d of %d put, %d within their accuracy", file, put, asked, within)
		}
	}
}
