package geo

import (
	"bufio"
	"context"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// addressFiles are the catalogues that addresses are matched against.
var addressFiles = []struct{ name, file string }{
	{"shanghai", "osm/shanghai_lujiazui_bund.geojson"}, {"singapore", "osm/bayfront_singapore.osm.pbf"},
	{"baltimore", "osm/baltimore.osm.pbf"}, {"helsinki", "osm/Helsinki.osm.pbf"},
}

func addressCatalogue(t testing.TB, file string) *Catalogue {
	t.Helper()
	in := sharedFile(t, file)
	var f VenueFile
	var err error
	if strings.HasSuffix(file, ".pbf") {
		f, err = ReadVenuesOSM(context.Background(), in)
	} else {
		f, err = ScanVenuesGeoJSON(in)
	}
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewCatalogue(f.Venues, nil, nil, f.Marks...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// matchScore weighs matches: of a choice among three, one being right, a third is
// right, and two thirds are wrong.
type matchScore struct{ right, said, meant float64 }

func (s matchScore) precision() float64 { return s.right / max(s.said, 1) }
func (s matchScore) recall() float64    { return s.right / max(s.meant, 1) }

// ask matches an address and counts; wanted are the indexes of the venues it means,
// none for no venue.
func (s *matchScore) ask(c *Catalogue, address string, wanted []int32) (right bool) {
	l := c.Locate(Evidence{Address: address, Floor: UnknownFloor})
	places := []PlaceWeight{{l.Place, 1}}
	if l.Choice != nil {
		places = l.Choice.Places
	}
	share := 0.0
	for _, w := range places {
		if ref, known := c.places[w.Place]; known && slices.ContainsFunc(wanted, func(v int32) bool { return v == ref.venue || c.spots[v].host == ref.venue }) {
			share += w.Weight
		}
	}
	s.right += share
	if l.Place != 0 {
		s.said++
	}
	if len(wanted) > 0 {
		s.meant++
	}
	return share > 0.999 || len(wanted) == 0 && l.Place == 0
}

// TestAddressesByHand reports precision and recall on addresses that people might
// write.
func TestAddressesByHand(t *testing.T) {
	f, err := os.Open("testdata/addresses.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	by := map[string][][2]string{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if parts := strings.SplitN(lines.Text(), "|", 3); len(parts) == 3 && !strings.HasPrefix(parts[0], "#") {
			by[parts[0]] = append(by[parts[0]], [2]string{parts[1], parts[2]})
		}
	}
	var all matchScore
	for _, file := range addressFiles {
		c := addressCatalogue(t, file.file)
		var s matchScore
		for _, q := range by[file.name] {
			var wanted []int32
			for _, id := range strings.Fields(q[0]) {
				if id == "-" {
					continue
				}
				i, known := c.index[id]
				if !known {
					t.Fatalf("%s has no venue %s", file.name, id)
				}
				wanted = append(wanted, int32(i))
			}
			if !s.ask(c, q[1], wanted) {
				t.Logf("%s: %q is at %q, meant %s", file.name, q[1], keyOf(c, c.Locate(Evidence{Address: q[1], Floor: UnknownFloor})), q[0])
			}
		}
		t.Logf("%-9s %2d addresses  precision %.2f  recall %.2f", file.name, len(by[file.name]), s.precision(), s.recall())
		all.right, all.said, all.meant = all.right+s.right, all.said+s.said, all.meant+s.meant
	}
	t.Logf("%-9s %2.0f meant      precision %.2f  recall %.2f", "all", all.meant, all.precision(), all.recall())
	if all.precision() < 0.98 || all.recall() < 0.98 {
		t.Error("that is worse than it was")
	}
}

// dirt are the ways in which the rule makes addresses of names.
var dirt = []struct {
	what string
	make func(name string, han bool, r *rand.Rand) string // "" where it does not apply
}{
	{"as it is", func(n string, han bool, _ *rand.Rand) string { return n }},
	{"within an address", func(n string, han bool, _ *rand.Rand) string {
		if han {
			return "中国某某市某某区" + n + "12楼1203室"
		}
		return "5th floor, " + n + ", Springfield"
	}},
	{"case, width", func(n string, han bool, _ *rand.Rand) string {
		return strings.Map(func(r rune) rune {
			if r > ' ' && r < 0x7f {
				return unicode.ToUpper(r) + 0xfee0
			}
			return r
		}, n)
	}},
	{"traditional", func(n string, han bool, _ *rand.Rand) string {
		out := strings.Map(func(r rune) rune {
			if t, ok := toTraditional[r]; ok {
				return t
			}
			return r
		}, n)
		if out == n {
			return ""
		}
		return out + "3樓"
	}},
	{"a letter wrong", func(n string, han bool, r *rand.Rand) string { return slip(n, r, 0) }},
	{"a letter missing", func(n string, han bool, r *rand.Rand) string { return slip(n, r, 1) }},
	{"letters swapped", func(n string, han bool, r *rand.Rand) string { return slip(n, r, 2) }},
	{"shortened", func(n string, han bool, _ *rand.Rand) string {
		out := n
		for _, s := range [][2]string{{"Street", "St."}, {"Avenue", "Ave"}, {"Road", "Rd"}, {"Center", "Ctr"}, {"Building", "Bldg"}, {"Saint ", "St. "}, {" and ", " & "}, {"Centre", "Center"}} {
			out = strings.ReplaceAll(out, s[0], s[1])
		}
		if out == n {
			return ""
		}
		return out
	}},
	{"no accents", func(n string, han bool, _ *rand.Rand) string {
		out := strings.NewReplacer("ä", "a", "ö", "o", "å", "a", "Ä", "A", "Ö", "O", "é", "e", "ü", "u").Replace(n)
		if out == n {
			return ""
		}
		return out
	}},
	{"another number", nil}, // names with a number, that of none
	{"beside it", func(n string, han bool, _ *rand.Rand) string {
		if han {
			return n + "对面"
		}
		return "opposite " + n
	}},
}

var toTraditional = func() map[rune]rune {
	out := map[rune]rune{}
	for t, s := range traditional {
		if old, known := out[s]; !known || t < old {
			out[s] = t
		}
	}
	return out
}()

// slip makes one mistake in a name's letters, "" in names that are too short for it.
func slip(name string, r *rand.Rand, kind int) string {
	runes := []rune(name)
	var letters []int
	for i := 1; i < len(runes); i++ {
		if unicode.IsLetter(runes[i]) && unicode.IsLetter(runes[i-1]) && runes[i] != runes[i-1] {
			letters = append(letters, i)
		}
	}
	if len(letters) < leastFuzzy {
		return ""
	}
	i := letters[r.IntN(len(letters))]
	switch {
	case kind == 0 && isHan(runes[i]):
		runes[i] = '乂'
	case kind == 0:
		runes[i] = 'a' + (unicode.ToLower(runes[i])-'a'+7)%26
	case kind == 1:
		runes = slices.Delete(runes, i, i+1)
	default:
		runes[i-1], runes[i] = runes[i], runes[i-1]
	}
	return string(runes)
}

// TestAddressesByRule makes dirty addresses of every name of the real catalogues.
func TestAddressesByRule(t *testing.T) {
	totals := make([]matchScore, len(dirt))
	for _, file := range addressFiles {
		c := addressCatalogue(t, file.file)
		r := rand.New(rand.NewPCG(41, 42))
		var of matchScore
		for i := range c.venues {
			v := &c.venues[i]
			tokens := nameTokens(v.Name)
			if c.spots[i].line || !telling(tokens) || len([]rune(normalizeName(v.Name))) < leastFuzzy {
				continue
			}
			same := c.names.names[strings.Join(tokens, tokenMark)]
			if len(same) > mostCandidates {
				continue
			}
			for k, d := range dirt {
				var address string
				wanted := same
				switch d.what {
				case "another number":
					address = strings.Map(func(r rune) rune {
						if unicode.IsDigit(r) {
							return '0' + (r-'0'+7)%10
						}
						return r
					}, v.Name)
					if address == v.Name || len(c.names.names[strings.Join(nameTokens(address), tokenMark)]) > 0 {
						continue
					}
					wanted = nil
				case "beside it":
					address, wanted = d.make(v.Name, isHan([]rune(v.Name)[0]), r), nil
				default:
					address = d.make(v.Name, isHan([]rune(v.Name)[0]), r)
				}
				if address == "" {
					continue
				}
				totals[k].ask(c, address, wanted)
				of.ask(c, address, wanted)
			}
		}
		t.Logf("%-9s precision %.3f  recall %.3f  (%.0f addresses meant a venue, %.0f were put somewhere)", file.name, of.precision(), of.recall(), of.meant, of.said)
	}
	for k, d := range dirt {
		if k < 4 && (totals[k].precision() < 0.99 || totals[k].recall() < 0.99) || k >= 4 && k < 7 && (totals[k].precision() < 0.985 || totals[k].recall() < 0.9) || k > 6 && k < 9 && (totals[k].precision() < 0.98 || totals[k].recall() < 0.98) {
			t.Errorf("%s: worse than it was", d.what)
		}
		if d.make == nil && totals[k].said > 10 || d.what == "beside it" && totals[k].said > 0 {
			t.Errorf("%s: %v addresses are put somewhere", d.what, totals[k].said)
		}
		t.Logf("%-18s precision %.3f  recall %.3f  (%.0f meant, %.0f said)", d.what, totals[k].precision(), totals[k].recall(), totals[k].meant, totals[k].said)
	}
}
