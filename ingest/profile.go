package ingest

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"sort"
	"strings"
	"time"

	"github.com/hotcell/hotcell/geo"
)

// Profile says how the rows of one source become ours. It is read from YAML
// (see profiles/README.md); a Profile in hand has been checked.
type Profile struct {
	Name        string
	Version     string // first 12 hex digits of the SHA-256 of the YAML
	Feed        Feed
	Source      string // the source that records, ids and rejects are booked under
	Description string

	Format   Format
	Null     []string // texts that stand for "nothing", in every column
	Time     TimeRule
	Position PositionRule
	Columns  map[string]Column // by canonical column; those left out are read under their own names
	Ignore   []string          // columns known and not wanted

	columns [numFields]Column
	named   [numFields]bool // whether columns[i] comes from the profile
}

// Format is how the bytes of a file are laid out.
type Format struct {
	Type      string // "csv", "ndjson", "parquet", "xlsx", or "auto": told by the content
	Delimiter byte   // csv only
	Sheet     string // xlsx only; "" = the only one with rows
	Encoding  string // "utf-8", "gb18030", "utf-16", "windows-1252", "latin1"; a byte order mark wins
	FoldCase  bool   // column names match without regard to case
}

// TimeRule is how the time of a record is found.
type TimeRule struct {
	Zone      *time.Location // for times without an offset
	Precision Precision      // of the times in this source; a date alone is never more than a day
	Formats   []string       // tried in order
	Columns   []string       // columns joined by a blank; where a file has them all they stand for the feed's own time column
	FileName  []string       // patterns on the file's name, used where the columns are absent

	formats []*timeFormat
	names   []*namePattern
}

// PositionRule is how coordinates are read.
type PositionRule struct {
	Datum geo.Datum
	None  [][2]float64 // pairs of lat and lon that mean "no position"
}

// Column is how one canonical column is found in a file and read.
type Column struct {
	From     []string          // accepted names, best first
	Values   map[string]string // what its values mean; those left out stand for themselves
	Null     []string          // texts that stand for "nothing" in this column
	Constant string            // the value where the file has no such column
	Unit     string            // unit of the numbers, e.g. "ms" for duration_s
	Join     []string          // columns put together instead of From
	Sep      string            // what stands between joined columns
	Ranges   []Range           // classes of numbers, first match wins

	scale float64
	cause *causeRule // of the column cause
}

// Range is a class of numbers.
type Range struct {
	Below float64 // numbers below this; +Inf for all others
	Value string  // what they mean
}

//go:embed profiles/*.yaml
var shipped embed.FS

// Shipped lists the names of the profiles that come with the program.
func Shipped() []string {
	entries, err := fs.ReadDir(shipped, "profiles")
	if err != nil {
		panic(err) // the directory is part of the program
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	sort.Strings(names)
	return names
}

// OpenProfile finds a profile: a name of a shipped one, or the path of a YAML
// file. An empty name gives the canonical profile of the feed. The error says
// everything that is wrong with the file, with lines (ProfileError).
func OpenProfile(feed Feed, name string) (*Profile, error) {
	if name == "" {
		name = string(feed)
	}
	file := name
	data, err := shipped.ReadFile(path.Join("profiles", name+".yaml"))
	if err != nil {
		if data, err = os.ReadFile(name); err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				return nil, fmt.Errorf("profile %s cannot be read: %w", name, err)
			}
			return nil, fmt.Errorf("there is no profile %q: neither a file of that name nor a shipped profile%s; shipped are %s",
				name, didYouMean(name, Shipped()), strings.Join(Shipped(), ", "))
		}
	}
	p, err := ParseProfile(file, data)
	if err != nil {
		return nil, err
	}
	if feed != "" && p.Feed != feed {
		return nil, fmt.Errorf("profile %s is for %s, not for %s; choose another profile or load %s", name, p.Feed, feed, p.Feed)
	}
	return p, nil
}

// ProfileError lists everything wrong with a profile.
type ProfileError struct {
	File   string
	Faults []string // "line 3: …"
}

func (e *ProfileError) Error() string {
	return fmt.Sprintf("profile %s:\n  %s", e.File, strings.Join(e.Faults, "\n  "))
}

// ParseProfile reads and checks a profile. file is used in messages only.
func ParseProfile(file string, data []byte) (*Profile, error) {
	d := newYAMLReader(data)
	p := &Profile{
		Format:  Format{Type: "auto", Delimiter: ',', Encoding: "utf-8"},
		Time:    TimeRule{Zone: time.UTC, Precision: PrecisionSecond, Formats: []string{"auto"}},
		Columns: map[string]Column{},
	}
	if root := d.root(); root != nil {
		p.read(d, root)
	}
	if len(d.faults) > 0 {
		return nil, &ProfileError{File: file, Faults: d.sorted()}
	}
	sum := sha256.Sum256(data)
	if r := p.Columns[fCause.String()].cause; r != nil && r.dictionary != nil {
		// Another dictionary reads rows otherwise: it is part of the version.
		sum = sha256.Sum256(append(sum[:], r.dictionary.Version...))
	}
	p.Version = hex.EncodeToString(sum[:])[:12]
	p.compile()
	return p, nil
}

// compile fills the parts that the loader uses from the parts people write.
func (p *Profile) compile() {
	for _, ff := range feedFields[p.Feed] {
		name := ff.field.String()
		c, named := p.Columns[name]
		if len(c.From) == 0 && len(c.Join) == 0 && c.Constant == "" {
			c.From = []string{name}
		}
		c.scale = unitScale(ff.field, c.Unit)
		p.columns[ff.field], p.named[ff.field] = c, named
	}
}

// units are the factors to our own unit, per column that has one.
var units = map[field]map[string]float64{
	fDuration: {"s": 1, "ms": 0.001, "min": 60, "h": 3600},
	fAccuracy: {"m": 1, "km": 1000, "ft": 0.3048},
	fRange:    {"m": 1, "km": 1000, "ft": 0.3048},
	fTenure:   {"months": 1, "years": 12, "days": 12 / 365.2425},
}

func unitScale(f field, unit string) float64 {
	if s, ok := units[f][unit]; ok {
		return s
	}
	return 1
}
