package geo

import (
	"fmt"
	"strings"
)

// nameTable gives an enumeration its text. Index 0 is the unknown value, which
// is also read from empty text.
type nameTable[T ~uint8] struct {
	what  string // for error messages: "scene"
	names []string
	also  map[string]T // further spellings that are read but never written
}

func (t *nameTable[T]) name(v T) string {
	if int(v) < len(t.names) {
		return t.names[v]
	}
	return fmt.Sprintf("%s(%d)", t.what, v)
}

func (t *nameTable[T]) parse(s string) (T, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "" {
		return 0, nil
	}
	for i, n := range t.names {
		if n == s {
			return T(i), nil
		}
	}
	if v, ok := t.also[s]; ok {
		return v, nil
	}
	return 0, fmt.Errorf("%q is not a %s; use one of %s", s, t.what, strings.Join(t.names, ", "))
}

var sceneNames = nameTable[Scene]{what: "scene", names: []string{
	"unknown", "office_tower", "lift", "hotel", "mall", "basement", "highway", "tourist_site", "residential",
	"hospital", "campus", "transit", "tunnel", "rural", "other",
}}

var ratNames = nameTable[RAT]{what: "radio access technology", names: []string{"unknown", "2g", "3g", "4g", "5g"},
	also: map[string]RAT{"gsm": RAT2G, "umts": RAT3G, "wcdma": RAT3G, "lte": RAT4G, "nr": RAT5G}}

var indoorNames = nameTable[Indoor]{what: "value for indoor", names: []string{"unknown", "indoor", "outdoor", "travelling"},
	also: map[string]Indoor{"inside": Inside, "outside": Outside, "traveling": Travelling}}

var methodNames = nameTable[Method]{what: "locating method",
	names: []string{"unlocated", "coordinates", "venue", "address", "radio_cell", "between"}}

var partNames = nameTable[Part]{what: "venue part", names: []string{"whole", "lift", "basement", "floors"}}

var kindNames = nameTable[PlaceKind]{what: "kind of place", names: []string{"none", "cell", "venue", "segment"}}

// ParseScene reads a scene's name as in DESIGN §1; empty text is SceneUnknown.
func ParseScene(s string) (Scene, error) { return sceneNames.parse(s) }

// String gives the scene's name, e.g. "office_tower".
func (s Scene) String() string { return sceneNames.name(s) }

// MarshalText implements encoding.TextMarshaler.
func (s Scene) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Scene) UnmarshalText(b []byte) (err error) { *s, err = ParseScene(string(b)); return err }

// Scenes lists every scene except SceneUnknown, in the order of their numbers.
func Scenes() []Scene {
	out := make([]Scene, 0, len(sceneNames.names)-1)
	for i := 1; i < len(sceneNames.names); i++ {
		out = append(out, Scene(i))
	}
	return out
}

// ParseRAT reads "2g" … "5g" (and gsm, umts, wcdma, lte, nr); empty text is RATUnknown.
func ParseRAT(s string) (RAT, error) { return ratNames.parse(s) }

// String gives "2g" … "5g" or "unknown".
func (r RAT) String() string { return ratNames.name(r) }

// MarshalText implements encoding.TextMarshaler.
func (r RAT) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *RAT) UnmarshalText(b []byte) (err error) { *r, err = ParseRAT(string(b)); return err }

// ParseIndoor reads indoor, outdoor or travelling; empty text is IndoorUnknown.
func ParseIndoor(s string) (Indoor, error) { return indoorNames.parse(s) }

// String gives indoor, outdoor, travelling or unknown.
func (i Indoor) String() string { return indoorNames.name(i) }

// MarshalText implements encoding.TextMarshaler.
func (i Indoor) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (i *Indoor) UnmarshalText(b []byte) (err error) { *i, err = ParseIndoor(string(b)); return err }

// ParseMethod reads a locating method's name; empty text is MethodNone.
func ParseMethod(s string) (Method, error) { return methodNames.parse(s) }

// String gives coordinates, venue, address, radio_cell, between or unlocated.
func (m Method) String() string { return methodNames.name(m) }

// MarshalText implements encoding.TextMarshaler.
func (m Method) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *Method) UnmarshalText(b []byte) (err error) { *m, err = ParseMethod(string(b)); return err }

// ParsePart reads a venue part's name; empty text is PartWhole.
func ParsePart(s string) (Part, error) { return partNames.parse(s) }

// String gives whole, lift, basement or floors.
func (p Part) String() string { return partNames.name(p) }

// MarshalText implements encoding.TextMarshaler.
func (p Part) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *Part) UnmarshalText(b []byte) (err error) { *p, err = ParsePart(string(b)); return err }

// String gives cell, venue, segment or none.
func (k PlaceKind) String() string { return kindNames.name(k) }

// MarshalText implements encoding.TextMarshaler.
func (k PlaceKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }
