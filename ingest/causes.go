package ingest

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"path"
	"strings"
	"sync"
)

// CauseClass is what a raw cause comes down to.
type CauseClass uint8

// Classes of causes. The numbers are stored; append only. A cause that no
// dictionary knows is CauseUnknown: it is counted, never guessed.
const (
	CauseUnknown CauseClass = iota
	CauseNormal
	CauseRadioLost
	CauseHandoverFailure
	CauseNoCoverage
	CauseCongestion
	CauseCore
	CauseDevice
	CauseUser
	causeClasses
)

var causeNames = [causeClasses]string{"unknown", "normal", "radio_lost", "handover_failure", "no_coverage", "congestion", "core", "device", "user"}

// String gives the name used in dictionaries, profiles and accounts.
func (c CauseClass) String() string {
	if c < causeClasses {
		return causeNames[c]
	}
	return causeNames[CauseUnknown]
}

// MarshalText implements encoding.TextMarshaler.
func (c CauseClass) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// ParseCauseClass reads a name.
func ParseCauseClass(s string) (CauseClass, error) {
	for i, n := range causeNames {
		if s == n {
			return CauseClass(i), nil
		}
	}
	return CauseUnknown, fmt.Errorf("%q is no class of causes%s; known are %s", s, didYouMean(s, causeNames[:]), strings.Join(causeNames[:], ", "))
}

// Cause is an entry of a dictionary.
type Cause struct {
	Name  string // as the standard has it
	Class CauseClass
}

// CauseDictionary maps the raw causes of one protocol to classes.
type CauseDictionary struct {
	Name     string
	Standard string
	Version  string // first 12 hex digits of the SHA-256 of the YAML

	group  string // the group of bare numbers
	codes  map[causeKey]Cause
	names  map[string]Cause // by folded name
	reason map[string]*CauseDictionary
}

type causeKey struct {
	group string // folded
	code  int64
}

//go:embed causes/*.yaml
var causeFiles embed.FS

// CauseDictionaries lists the dictionaries that come with the program.
func CauseDictionaries() []string { return []string{causesByName, "ngap", "q850", "s1ap", "sip"} }

// causesByName is the dictionary for sources that write causes as words: the names
// of all the others, SIP's Reason header and the classes themselves. It knows no
// bare number, because the same number means something else in every protocol.
const causesByName = "names"

var causeCache sync.Map // name → *CauseDictionary

// OpenCauses gives a dictionary that comes with the program.
func OpenCauses(name string) (*CauseDictionary, error) {
	if d, ok := causeCache.Load(name); ok {
		return d.(*CauseDictionary), nil
	}
	if name == causesByName {
		return joinCauses()
	}
	data, err := causeFiles.ReadFile(path.Join("causes", name+".yaml"))
	if err != nil {
		return nil, fmt.Errorf("there is no cause dictionary %q%s; known are %s", name, didYouMean(name, CauseDictionaries()), strings.Join(CauseDictionaries(), ", "))
	}
	d, err := parseCauses(name, data)
	if err != nil {
		return nil, err
	}
	causeCache.Store(name, d)
	return d, nil
}

// joinCauses makes the dictionary causesByName. A name that two protocols class
// differently stays unknown.
func joinCauses() (*CauseDictionary, error) {
	d := &CauseDictionary{Name: causesByName, Standard: "the names of all dictionaries", names: map[string]Cause{}, reason: map[string]*CauseDictionary{}}
	versions := sha256.New()
	for _, name := range CauseDictionaries()[1:] {
		other, err := OpenCauses(name)
		if err != nil {
			return nil, err
		}
		for folded, c := range other.names {
			if had, twice := d.names[folded]; twice && had.Class != c.Class {
				c.Class = CauseUnknown
			}
			d.names[folded] = c
		}
		for protocol, of := range other.reason {
			d.reason[protocol] = of
		}
		versions.Write([]byte(other.Version))
	}
	for i, name := range causeNames {
		d.names[foldCause(name)] = Cause{name, CauseClass(i)}
	}
	d.Version = hex.EncodeToString(versions.Sum(nil))[:12]
	causeCache.Store(causesByName, d)
	return d, nil
}

func parseCauses(file string, data []byte) (*CauseDictionary, error) {
	r := newYAMLReader(data)
	d := &CauseDictionary{codes: map[causeKey]Cause{}, names: map[string]Cause{}, reason: map[string]*CauseDictionary{}}
	if root := r.root(); root != nil {
		r.fields(root, "the dictionary", map[string]func(pair){
			"dictionary": func(v pair) { d.Name = r.text(v, "dictionary") },
			"standard":   func(v pair) { d.Standard = r.text(v, "standard") },
			"default":    func(v pair) { d.group = foldCause(r.text(v, "default")) },
			"groups": func(v pair) {
				for _, g := range r.pairs(v.value, "groups") {
					for _, e := range r.pairs(g.value, "group "+g.key) {
						d.entry(r, g.key, e)
					}
				}
			},
			"reason": func(v pair) {
				for _, e := range r.pairs(v.value, "reason") {
					name := r.text(e, "reason")
					other := d
					if name != d.Name {
						var err error
						if other, err = OpenCauses(name); err != nil {
							r.fail(e.line, "%v", err)
						}
					}
					d.reason[foldCause(e.key)] = other
				}
			},
		})
	}
	if len(r.faults) > 0 {
		return nil, &ProfileError{File: file, Faults: r.sorted()}
	}
	sum := sha256.Sum256(data)
	d.Version = hex.EncodeToString(sum[:])[:12]
	return d, nil
}

// entry reads "21: radio-connection-with-ue-lost radio_lost".
func (d *CauseDictionary) entry(r *yamlReader, group string, e pair) {
	code, ok := parseInt([]byte(e.key))
	name, class, ok2 := strings.Cut(r.text(e, "a cause"), " ")
	if !ok || !ok2 {
		r.fail(e.line, "a cause is written as number, name and class, such as 21: radio-connection-with-ue-lost radio_lost")
		return
	}
	c, err := ParseCauseClass(class)
	if err != nil {
		r.fail(e.line, "%v", err)
	}
	d.codes[causeKey{foldCause(group), code}] = Cause{name, c}
	folded := foldCause(name)
	if other, twice := d.names[folded]; twice && other.Class != c {
		c = CauseUnknown // "unspecified" means something else in every group
	}
	d.names[folded] = Cause{name, c}
}

// foldCause leaves letters and digits, in lower case: exports write names in
// their own ways.
func foldCause(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r >= 0x80:
			return r
		}
		return -1
	}, s)
}

// Look finds a raw cause: a number ("26"; base says whether the export counts from
// 0 or 1), a number with its group ("nas:0", "misc 3"), a name in any writing, or,
// for SIP, a Reason header ("Q.850;cause=16;text=…").
func (d *CauseDictionary) Look(raw string, base int64) (Cause, bool) {
	raw = strings.TrimSpace(raw)
	if code, ok := parseInt([]byte(raw)); ok {
		c, ok := d.codes[causeKey{d.group, code - base}]
		return c, ok
	}
	if c, ok := d.lookReason(raw); ok {
		return c, true
	}
	i := len(raw)
	for i > 0 && raw[i-1] >= '0' && raw[i-1] <= '9' {
		i--
	}
	if i < len(raw) && i > 0 {
		if code, ok := parseInt([]byte(raw[i:])); ok {
			if c, ok := d.codes[causeKey{foldCause(raw[:i]), code - base}]; ok {
				return c, true
			}
		}
	}
	c, ok := d.names[foldCause(raw)]
	return c, ok
}

func (d *CauseDictionary) lookReason(raw string) (Cause, bool) {
	protocol, rest, ok := strings.Cut(raw, ";")
	if !ok || len(d.reason) == 0 {
		return Cause{}, false
	}
	other := d.reason[foldCause(protocol)]
	if other == nil {
		return Cause{}, false
	}
	for _, p := range strings.Split(rest, ";") {
		if k, v, ok := strings.Cut(p, "="); ok && strings.EqualFold(strings.TrimSpace(k), "cause") {
			return other.Look(v, 0)
		}
	}
	return Cause{}, false
}

// causeRule is how a profile classes its causes.
type causeRule struct {
	dictionary *CauseDictionary
	base       int64
	classes    map[string]CauseClass // of single raw causes, before the dictionary
}

// causeMemo remembers the classes of a worker's raw causes, up to a bound: there
// are few, but a broken export may write anything.
type causeMemo struct {
	rule *causeRule
	seen map[string]CauseClass
}

const maxCauseMemo = 4096

func (m *causeMemo) class(raw []byte) CauseClass {
	if c, ok := m.seen[string(raw)]; ok {
		return c
	}
	c, ok := m.rule.classes[string(bytes.TrimSpace(raw))]
	if !ok && m.rule.dictionary != nil {
		e, _ := m.rule.dictionary.Look(string(raw), m.rule.base)
		c = e.Class
	}
	if len(m.seen) < maxCauseMemo {
		m.seen[string(raw)] = c
	}
	return c
}
