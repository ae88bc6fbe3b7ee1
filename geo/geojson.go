package geo

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
)

// FeatureError says what is wrong with one feature of a GeoJSON file.
type FeatureError struct {
	Number int    // 1-based position in the file
	ID     string // the feature's id where it has one
	Err    error
}

func (e FeatureError) Error() string {
	if e.ID != "" {
		return fmt.Sprintf("feature %d (id %s): %v", e.Number, e.ID, e.Err)
	}
	return fmt.Sprintf("feature %d: %v", e.Number, e.Err)
}

// Unwrap gives the cause.
func (e FeatureError) Unwrap() error { return e.Err }

// FeatureErrors are the features of a file that could not be used. A reader that
// returns it returns the good features too.
type FeatureErrors []FeatureError

func (e FeatureErrors) Error() string {
	var b strings.Builder
	for i, f := range e {
		if i == 5 {
			fmt.Fprintf(&b, "; and %d more", len(e)-i)
			break
		}
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(f.Error())
	}
	return b.String()
}

// feature is one GeoJSON feature, its properties still loosely typed.
type feature struct {
	number int
	id     string // top-level id, or the property id or @id
	props  map[string]any
	geom   orb.Geometry
}

// text gives a property as text: numbers as they were written, booleans as true
// or false, null and absent as "".
func (f *feature) text(name string) string {
	switch v := f.props[name].(type) {
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		return numberText(v)
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// whole gives a property as a whole number; absent is 0. "12", 12 and 12.0 are
// read; 3.9 is an error, not 3.
func (f *feature) whole(name string) (int, error) {
	s := f.text(name)
	if s == "" {
		return 0, nil
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || v != float64(int(v)) {
		return 0, fmt.Errorf("%s is %q; a whole number is expected", name, s)
	}
	return int(v), nil
}

// numberText writes 12 and 12.0 alike, and keeps long ids exact.
func numberText(n json.Number) string {
	s := n.String()
	if strings.ContainsAny(s, ".eE") {
		if v, err := n.Float64(); err == nil && v == float64(int64(v)) && v > -1e15 && v < 1e15 {
			return strconv.FormatInt(int64(v), 10)
		}
	}
	return s
}

var errNoFeatures = errors.New(`this is not GeoJSON: a FeatureCollection with a "features" list, or one Feature, is expected`)

// scanFeatures decodes a FeatureCollection (or a single Feature) one feature at
// a time. visit gets good features; bad ones are collected. The error is about
// the file as a whole: not JSON, cut off, not GeoJSON.
func scanFeatures(r io.Reader, visit func(*feature) error) (n int, bad FeatureErrors, err error) {
	buffered := bufio.NewReaderSize(r, 1<<16)
	if b, _ := buffered.Peek(3); len(b) == 3 && b[0] == 0xef && b[1] == 0xbb && b[2] == 0xbf {
		buffered.Discard(3) //nolint:errcheck // just peeked at
	}
	d := json.NewDecoder(buffered)
	d.UseNumber()
	tok, err := d.Token()
	if err != nil {
		return 0, nil, fileError(err, 0)
	}
	if tok != json.Delim('{') {
		return 0, nil, errNoFeatures
	}
	take := func(raw *rawFeature) {
		n++
		f, err := raw.feature(n)
		if err == nil {
			err = visit(f)
		}
		if err != nil {
			bad = append(bad, FeatureError{Number: n, ID: raw.name(), Err: err})
		}
	}
	var single rawFeature
	sawFeatures := false
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return n, bad, fileError(err, n)
		}
		switch key {
		case "features":
			sawFeatures = true
			if tok, err = d.Token(); err != nil {
				return n, bad, fileError(err, n)
			} else if tok != json.Delim('[') {
				return n, bad, errNoFeatures
			}
			for d.More() {
				var raw rawFeature
				if err := d.Decode(&raw); err != nil {
					var wrong *json.UnmarshalTypeError
					if errors.As(err, &wrong) { // valid JSON, odd feature: the rest can be read
						n++
						bad = append(bad, FeatureError{Number: n, Err: fmt.Errorf("%s is a JSON %s", orWhole(wrong.Field), wrong.Value)})
						continue
					}
					return n, bad, fileError(err, n)
				}
				take(&raw)
			}
			if _, err = d.Token(); err != nil {
				return n, bad, fileError(err, n)
			}
		default:
			var v json.RawMessage
			if err := d.Decode(&v); err != nil {
				return n, bad, fileError(err, n)
			}
			switch key {
			case "type":
				json.Unmarshal(v, &single.Type) //nolint:errcheck // checked below
			case "id":
				single.ID = v
			case "geometry":
				single.Geometry = v
			case "properties":
				single.Properties = v
			}
		}
	}
	if _, err := d.Token(); err != nil {
		return n, bad, fileError(err, n)
	}
	switch {
	case sawFeatures:
	case single.Type == "Feature":
		take(&single)
	default:
		return n, bad, errNoFeatures
	}
	return n, bad, nil
}

func orWhole(field string) string {
	if field == "" {
		return "it"
	}
	return field
}

func fileError(err error, n int) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		if n == 0 {
			return errNoFeatures
		}
		return fmt.Errorf("the file ends in the middle, after feature %d: it was cut off", n)
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("not valid JSON after feature %d, at byte %d: %w", n, syntax.Offset, err)
	}
	return err
}

type rawFeature struct {
	Type       string          `json:"type"`
	ID         json.RawMessage `json:"id"`
	Geometry   json.RawMessage `json:"geometry"`
	Properties json.RawMessage `json:"properties"`
}

func (r *rawFeature) name() string {
	s := strings.Trim(string(r.ID), `"`)
	if s == "null" || len(s) > 80 {
		return ""
	}
	return s
}

func (r *rawFeature) feature(n int) (*feature, error) {
	if r.Type != "Feature" {
		return nil, fmt.Errorf("its type is %q; Feature is expected", r.Type)
	}
	f := &feature{number: n, props: map[string]any{}}
	if len(r.Properties) > 0 && string(r.Properties) != "null" {
		d := json.NewDecoder(strings.NewReader(string(r.Properties)))
		d.UseNumber()
		if err := d.Decode(&f.props); err != nil {
			return nil, errors.New("its properties are not a JSON object")
		}
	}
	if len(r.ID) > 0 {
		var id any
		d := json.NewDecoder(strings.NewReader(string(r.ID)))
		d.UseNumber()
		if d.Decode(&id) == nil {
			holder := feature{props: map[string]any{"id": id}}
			f.id = holder.text("id")
		}
	}
	for _, name := range []string{"id", "@id"} {
		if s := f.text(name); s != "" {
			f.id = s
			break
		}
	}
	if len(r.Geometry) == 0 || string(r.Geometry) == "null" {
		return f, nil
	}
	g, err := geojson.UnmarshalGeometry(r.Geometry)
	if err != nil {
		return nil, fmt.Errorf("its geometry cannot be read: %w", err)
	}
	f.geom = g.Geometry()
	if f.geom == nil || isEmpty(f.geom) {
		return nil, errors.New("its geometry is empty")
	}
	if err := checkGeometry(f.geom); err != nil {
		return nil, fmt.Errorf("its geometry is not on the globe: %w", err)
	}
	return f, nil
}
