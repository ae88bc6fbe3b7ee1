// Package city makes a deterministic synthetic city: its people, buildings,
// highways, radio network, calls and complaints, with faults planted on purpose
// and decoys that only look like faults. What is true about every fault is
// known, so a ranking can be measured against it.
//
// The same Config gives the same bytes on any machine and with any number of
// workers. Inside, positions are whole millimetres east and north of the city's
// origin; files hold WGS-84 degrees. Times inside are seconds since local
// midnight of the first day; files hold RFC 3339 with offset +08:00.
package city

import (
	"errors"
	"fmt"
	"time"
)

// Type is the shape of a city.
type Type string

// City types.
const (
	Dense    Type = "dense"    // a centre full of towers
	Sprawl   Type = "sprawl"   // towns on a plain, joined by highways
	Mountain Type = "mountain" // towns along a valley, tunnels, tourist sites
)

// Types lists all city types.
func Types() []Type { return []Type{Dense, Sprawl, Mountain} }

// Config says which city to make. The zero value is not usable; start from
// DefaultConfig. Shares are between 0 and 1.
type Config struct {
	Seed        uint64    `json:"seed"`
	Type        Type      `json:"type"`
	Calls       int       `json:"calls"`       // exact number of call records (before Dirt adds duplicates)
	Subscribers int       `json:"subscribers"` // 0 = one per 25 calls
	Complaints  int       `json:"complaints"`  // exact number; −1 = one per 200 calls
	Days        int       `json:"days"`        // length of the recorded period
	Start       time.Time `json:"start"`       // first day; only its date counts

	// What a generator could get wrong, and a ranking must not lean on.
	LocationNoise   float64 `json:"location_noise"`   // multiplies position errors; 1 = a few metres outdoors, a dozen indoors
	MissingCoords   float64 `json:"missing_coords"`   // share of calls known only by radio cell
	Unlocated       float64 `json:"unlocated"`        // share of calls with neither coordinates nor radio cell
	MissingFloor    float64 `json:"missing_floor"`    // share of indoor calls without a floor
	MaskedShare     float64 `json:"masked_share"`     // share of true drops that the switch logs as normal releases
	RedialShare     float64 `json:"redial_share"`     // probability of calling again after a drop
	ChattyShare     float64 `json:"chatty_share"`     // probability of calling the same person again soon after a good call
	ComplaintBias   float64 `json:"complaint_bias"`   // 0 = everybody complains alike; 1 = propensity differs tenfold and with value
	OtherComplaints float64 `json:"other_complaints"` // share of complaints that are not about the network (billing …)
	Heterogeneity   float64 `json:"heterogeneity"`    // coefficient of variation of normal places' bad-call rates
	FaultStrength   float64 `json:"fault_strength"`   // multiplies the faults' failure probabilities
	Faults          float64 `json:"faults"`           // multiplies the number of faults

	Dirt float64 `json:"dirt"` // share of calls spoiled in each of four ways; 0 = a clean feed

	Compress  string `json:"compress"`   // "" | "gz" | "zst": for the calls files
	Split     bool   `json:"split"`      // one calls file per day
	NoTraffic bool   `json:"no_traffic"` // leave traffic.csv with its header only
	Workers   int    `json:"-"`          // 0 = all cores; never changes the bytes written
}

// DefaultConfig is a dense city of a million calls in four weeks.
func DefaultConfig() Config {
	return Config{
		Seed: 1, Type: Dense, Calls: 1_000_000, Complaints: -1, Days: 28,
		Start:         time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC),
		LocationNoise: 1, MissingCoords: 0.10, Unlocated: 0.01, MissingFloor: 0.3,
		MaskedShare: 0.2, RedialShare: 0.75, ChattyShare: 0.012,
		ComplaintBias: 1, OtherComplaints: 0.25, Heterogeneity: 0.12,
		FaultStrength: 1, Faults: 1,
	}
}

// resolve fills in the derived defaults and reports everything that is wrong at once.
func (c Config) resolve() (Config, error) {
	if c.Subscribers == 0 {
		c.Subscribers = max(c.Calls/25, 100)
	}
	if c.Complaints < 0 {
		c.Complaints = c.Calls / 200
	}
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if _, ok := shapes[c.Type]; !ok {
		bad("unknown city type %q: use dense, sprawl or mountain", c.Type)
	}
	if c.Calls < 1000 || c.Calls > 2_000_000_000 {
		bad("calls is %d: use 1,000 to 2,000,000,000", c.Calls)
	}
	if c.Subscribers < 100 || c.Subscribers > 50_000_000 {
		bad("subscribers is %d: use 100 to 50,000,000", c.Subscribers)
	}
	if c.Complaints > c.Calls/10 {
		bad("complaints is %d: at most one per ten calls can be made", c.Complaints)
	}
	if c.Days < 1 || c.Days > 400 {
		bad("days is %d: use 1 to 400", c.Days)
	}
	if c.Start.Year() < 1971 || c.Start.Year() > 2200 {
		bad("start year is %d: use 1971 to 2200", c.Start.Year())
	}
	for _, s := range []struct {
		name string
		v    float64
		max  float64
	}{
		{"missing-coords", c.MissingCoords, 1}, {"unlocated", c.Unlocated, 1}, {"missing-floor", c.MissingFloor, 1},
		{"masked", c.MaskedShare, 1}, {"redial", c.RedialShare, 1}, {"chatty", c.ChattyShare, 1},
		{"other-complaints", c.OtherComplaints, 1}, {"dirt", c.Dirt, 0.2},
		{"complaint-bias", c.ComplaintBias, 3}, {"heterogeneity", c.Heterogeneity, 1},
		{"location-noise", c.LocationNoise, 20}, {"fault-strength", c.FaultStrength, 5}, {"faults", c.Faults, 5},
	} {
		if !(s.v >= 0 && s.v <= s.max) {
			bad("%s is %v: use 0 to %v", s.name, s.v, s.max)
		}
	}
	if c.MissingCoords+c.Unlocated > 1 {
		bad("missing-coords and unlocated add up to more than 1")
	}
	if c.Compress != "" && c.Compress != "gz" && c.Compress != "zst" {
		bad("unknown compression %q: use gz or zst", c.Compress)
	}
	c.Start = time.Date(c.Start.Year(), c.Start.Month(), c.Start.Day(), 0, 0, 0, 0, time.UTC)
	return c, errors.Join(errs...)
}

// Zone is the local time zone of every city.
var Zone = time.FixedZone("", 8*3600)

// End is the first instant after the recorded period.
func (c Config) End() time.Time {
	y, m, d := c.Start.Date()
	return time.Date(y, m, d+c.Days, 0, 0, 0, 0, Zone)
}

// Validate reports everything that is wrong with the configuration at once.
func (c Config) Validate() error {
	_, err := c.resolve()
	return err
}
