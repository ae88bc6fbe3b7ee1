package api

import (
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/hotspots"
)

// DefaultWindow is analysed when a request names no window.
const DefaultWindow = 28 * 24 * time.Hour

// Bounds of the window parameter.
const (
	minWindow = time.Hour
	maxWindow = 366 * 24 * time.Hour
)

// params reads query parameters and refuses what the route does not know, so
// that a misspelt filter is never silently ignored.
type params struct {
	values url.Values
}

// readParams checks the request's parameters against the names the route takes.
func readParams(c *gin.Context, names ...string) (params, error) {
	values, err := url.ParseQuery(c.Request.URL.RawQuery)
	if err != nil {
		return params{}, &Error{Code: CodeInvalidParameter, Err: err, Allowed: names,
			Detail: "The query cannot be read: write it as name=value&name=value with % escapes."}
	}
	for _, name := range slices.Sorted(mapsKeys(values)) {
		if !slices.Contains(names, name) {
			return params{}, &Error{Code: CodeInvalidParameter, Parameter: name, Allowed: names,
				Detail: unknownParameter(name, names)}
		}
		if len(values[name]) > 1 {
			return params{}, invalid(name, "Parameter %q is given %d times; give it once.", name, len(values[name]))
		}
	}
	return params{values}, nil
}

func mapsKeys(v url.Values) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range v {
			if !yield(k) {
				return
			}
		}
	}
}

func unknownParameter(name string, names []string) string {
	if len(names) == 0 {
		return fmt.Sprintf("There is no parameter %q: this route takes none.", name)
	}
	return fmt.Sprintf("There is no parameter %q. Allowed here: %s.", name, strings.Join(names, ", "))
}

func (p params) get(name string) string { return p.values.Get(name) }

// integer reads a whole number within bounds, or gives the default.
func (p params) integer(name string, def, low, high int) (int, error) {
	text := p.get(name)
	if text == "" {
		return def, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		return 0, invalid(name, "%s=%q is not a whole number from %d to %d.", name, text, low, high)
	}
	return n, nil
}

// oneOf reads one of a few words, or gives the first.
func (p params) oneOf(name string, words ...string) (string, error) {
	text := p.get(name)
	if text == "" {
		return words[0], nil
	}
	if !slices.Contains(words, text) {
		return "", &Error{Code: CodeInvalidParameter, Parameter: name, Allowed: words,
			Detail: fmt.Sprintf("%s=%q is not possible. Allowed: %s.", name, text, strings.Join(words, ", "))}
	}
	return text, nil
}

// window reads a length of time such as 24h, 28d or 4w; 0 when absent.
func (p params) window() (time.Duration, error) {
	text := p.get("window")
	if text == "" {
		return 0, nil
	}
	units := map[byte]time.Duration{'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	unit, ok := units[text[len(text)-1]]
	n, err := strconv.Atoi(text[:len(text)-1])
	if !ok || err != nil || n < 1 || n > 10_000 {
		return 0, invalid("window", "window=%q is not a length of time: write 24h, 28d or 4w.", text)
	}
	if w := time.Duration(n) * unit; w >= minWindow && w <= maxWindow {
		return w, nil
	}
	return 0, invalid("window", "window=%q is too long: the most is 366d.", text)
}

// end reads the exclusive end of the window: RFC 3339, or a date, which is its
// start in UTC. Zero when absent.
func (p params) end() (time.Time, error) {
	text := p.get("end")
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			if t.Year() < 1980 || t.Year() > 2105 {
				return time.Time{}, invalid("end", "end=%q is outside the years 1980 to 2105.", text)
			}
			return t.UTC(), nil
		}
	}
	return time.Time{}, invalid("end", "end=%q is not a time: write 2026-05-02T00:00:00Z or 2026-05-02 (a + in a time zone is written %%2B).", text)
}

// scene and rat refuse the explicit "unknown", which would mean "all".
func (p params) scene() (geo.Scene, error) {
	text := p.get("scene")
	if text == "" {
		return geo.SceneUnknown, nil
	}
	scene, err := geo.ParseScene(text)
	if err != nil || scene == geo.SceneUnknown {
		return 0, notListed("scene", text, geo.Scenes())
	}
	return scene, nil
}

func (p params) rat() (geo.RAT, error) {
	text := p.get("rat")
	if text == "" {
		return geo.RATUnknown, nil
	}
	rat, err := geo.ParseRAT(text)
	if err != nil || rat == geo.RATUnknown {
		return 0, notListed("rat", text, []geo.RAT{geo.RAT2G, geo.RAT3G, geo.RAT4G, geo.RAT5G})
	}
	return rat, nil
}

func notListed[T fmt.Stringer](name, text string, values []T) *Error {
	allowed := make([]string, len(values))
	for i, v := range values {
		allowed[i] = v.String()
	}
	return &Error{Code: CodeInvalidParameter, Parameter: name, Allowed: allowed,
		Detail: fmt.Sprintf("%s=%q is not known. Allowed: %s.", name, text, strings.Join(allowed, ", "))}
}

// filterNames are the parameters that make a hotspots.Query.
var filterNames = []string{"window", "end", "region", "scene", "rat", "operator"}

// query reads them. Window and End stay zero when absent.
func (p params) query() (q hotspots.Query, err error) {
	if q.Window, err = p.window(); err != nil {
		return q, err
	}
	if q.End, err = p.end(); err != nil {
		return q, err
	}
	if q.Scene, err = p.scene(); err != nil {
		return q, err
	}
	if q.RAT, err = p.rat(); err != nil {
		return q, err
	}
	q.Region, q.Operator = p.get("region"), p.get("operator")
	return q, nil
}

// bbox reads west,south,east,north; the whole world when absent.
func (p params) bbox() (box, error) {
	text := p.get("bbox")
	if text == "" {
		return world, nil
	}
	fields := strings.Split(text, ",")
	bad := func() (box, error) {
		return box{}, invalid("bbox", "bbox=%q is not west,south,east,north in degrees, for example 104.0,30.5,104.2,30.8.", text)
	}
	if len(fields) != 4 {
		return bad()
	}
	var b box
	for i, f := range fields {
		v, err := strconv.ParseFloat(strings.TrimSpace(f), 64)
		if err != nil || math.IsNaN(v) {
			return bad()
		}
		limit := 180.0
		if i%2 == 1 {
			limit = 90
		}
		if v < -limit || v > limit {
			return box{}, invalid("bbox", "bbox=%q: longitudes lie within ±180 and latitudes within ±90 degrees; the order is west,south,east,north.", text)
		}
		b[i] = v
	}
	if b[1] >= b[3] {
		return box{}, invalid("bbox", "bbox=%q: south must be below north; the order is west,south,east,north.", text)
	}
	return b, nil
}
