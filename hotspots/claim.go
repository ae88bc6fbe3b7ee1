package hotspots

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/hotcell/hotcell/geo"
)

// ClaimMetric is what a claim is about.
type ClaimMetric string

// Metrics. Shares are fractions (0.01 = 1 %).
const (
	// ClaimCutOff: calls ended by the network against the customer's will, of
	// calls set up successfully (cut-off call ratio, ITU-T E.804 §7.3, ETSI TS
	// 102 250-2). The claim is "at most".
	ClaimCutOff ClaimMetric = "cut_off_call_ratio"
	// ClaimSetup: attempts that were set up, of all attempts. "At least".
	ClaimSetup ClaimMetric = "setup_success_ratio"
	// ClaimPerceived: calls that were cut off, or that the customer felt as cut off
	// (docs/method.md §1), of calls set up. "At most".
	ClaimPerceived ClaimMetric = "perceived_drop_ratio"
	// ClaimComplaints: complaints per 10,000 customers in the period (万投比);
	// appeals to the regulator are not among them. "At most".
	ClaimComplaints ClaimMetric = "complaints_per_10000"
)

// ClaimDenominator is what a claim's share is a share of.
type ClaimDenominator string

// Denominators.
const (
	ClaimCalls     ClaimDenominator = "calls"     // of all calls, the metric as it is
	ClaimCustomers ClaimDenominator = "customers" // of customers: those with at least one bad call count as bad
	ClaimArea      ClaimDenominator = "area"      // of the area in km², by H3 cell
	ClaimRoadKm    ClaimDenominator = "road_km"   // of the length in km, by highway kilometre
	ClaimVenues    ClaimDenominator = "venues"    // of the venues
)

// Claim is a statement that marketing wants to make, in the terms it can be
// checked in. It is read strictly from YAML or JSON; Validate names every fault.
type Claim struct {
	ID          string           `json:"id" yaml:"id"`
	Statement   string           `json:"statement,omitempty" yaml:"statement,omitempty"` // the wording marketing wishes for
	Metric      ClaimMetric      `json:"metric" yaml:"metric"`
	Denominator ClaimDenominator `json:"denominator" yaml:"denominator"`
	// Threshold is the claimed value: a share in (0, 1), at most or at least as
	// the metric says; complaints per 10,000 customers for ClaimComplaints. With
	// the denominators area, road_km and venues it is what one cell, kilometre or
	// venue must meet, as a share of the customers who used it.
	Threshold float64 `json:"threshold" yaml:"threshold"`
	// Share is the claimed share, in (0, 1), of the area, road or venues that meets the
	// threshold; only with those denominators.
	Share      float64         `json:"share,omitempty" yaml:"share,omitempty"`
	Area       ClaimPlace      `json:"area" yaml:"area"`
	Period     ClaimPeriod     `json:"period" yaml:"period"`
	Conditions ClaimConditions `json:"conditions" yaml:"conditions,omitempty"`
	Confidence float64         `json:"confidence,omitempty" yaml:"confidence,omitempty"` // of the one-sided bound: 0.95 (default) or more
	ValidDays  int             `json:"valid_days,omitempty" yaml:"valid_days,omitempty"` // days after the period's end; default 90, at most 366
}

// ClaimPlace says where a claim holds: at least one of region, highways and
// venues; several are met together ("G4 inside region 51").
type ClaimPlace struct {
	Name     string   `json:"name" yaml:"name"`                             // for the wording: "the G4"
	NameZH   string   `json:"name_zh,omitempty" yaml:"name_zh,omitempty"`   // default: Name
	Region   string   `json:"region,omitempty" yaml:"region,omitempty"`     // region code
	Highways []string `json:"highways,omitempty" yaml:"highways,omitempty"` // numbers: "G4"
	Venues   []string `json:"venues,omitempty" yaml:"venues,omitempty"`     // venue ids
	Scene    string   `json:"scene,omitempty" yaml:"scene,omitempty"`       // only places of this scene
}

// ClaimPeriod is a span of whole days, both included.
type ClaimPeriod struct {
	Start     string `json:"start" yaml:"start"`                               // YYYY-MM-DD
	End       string `json:"end" yaml:"end"`                                   // YYYY-MM-DD
	UTCOffset string `json:"utc_offset,omitempty" yaml:"utc_offset,omitempty"` // of the days: "+08:00"; default "+00:00"
}

// ClaimConditions narrow a claim. Empty or "any" is everything.
type ClaimConditions struct {
	Environment string `json:"environment,omitempty" yaml:"environment,omitempty"` // any, outdoor, indoor, travelling
	RAT         string `json:"rat,omitempty" yaml:"rat,omitempty"`                 // any, 2g, 3g, 4g, 5g
	Operator    string `json:"operator,omitempty" yaml:"operator,omitempty"`       // as in the calls
	Device      string `json:"device,omitempty" yaml:"device,omitempty"`           // any: records do not tell devices apart
}

// ReadClaim reads one claim from JSON, refuses unknown fields and trailing
// data, and validates it.
func ReadClaim(r io.Reader) (Claim, error) {
	var c Claim
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return Claim{}, fmt.Errorf("claim: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return Claim{}, errors.New("claim: something follows the claim; give one claim per file")
	}
	return c, c.Validate()
}

// Validate reports everything that is wrong with the claim, one line each.
func (c Claim) Validate() error {
	_, err := c.Query()
	return err
}

// Query returns which evidence the claim needs, and what Validate would say.
func (c Claim) Query() (ClaimQuery, error) {
	var faults []error
	fault := func(field, format string, args ...any) {
		faults = append(faults, fmt.Errorf("claim: %s: %s", field, fmt.Sprintf(format, args...)))
	}
	if strings.TrimSpace(c.ID) == "" {
		fault("id", "must not be empty")
	}
	if !slices.Contains([]ClaimMetric{ClaimCutOff, ClaimSetup, ClaimPerceived, ClaimComplaints}, c.Metric) {
		fault("metric", "%q is not known; use cut_off_call_ratio, setup_success_ratio, perceived_drop_ratio or complaints_per_10000", c.Metric)
	}
	if !slices.Contains([]ClaimDenominator{ClaimCalls, ClaimCustomers, ClaimArea, ClaimRoadKm, ClaimVenues}, c.Denominator) {
		fault("denominator", "%q is not known; use calls, customers, area, road_km or venues", c.Denominator)
	}
	switch {
	case c.Metric == ClaimComplaints && c.Denominator != ClaimCustomers:
		fault("denominator", "complaints count per customers only: their absence says nothing about %s", c.Denominator)
	case c.Metric == ClaimComplaints && !(c.Threshold > 0 && c.Threshold < 10000):
		fault("threshold", "%v must be between 0 and 10,000 complaints per 10,000 customers", c.Threshold)
	case c.Metric != ClaimComplaints && (c.Threshold == 0 || c.Threshold == 1):
		fault("threshold", "%v would promise that nothing ever fails, or nothing at all: no sample can show it; give a share between 0 and 1 (0.01 for 1 %%)", c.Threshold)
	case c.Metric != ClaimComplaints && !(c.Threshold > 0 && c.Threshold < 1):
		fault("threshold", "%v must be a share between 0 and 1 (0.01 for 1 %%)", c.Threshold)
	case c.Metric != ClaimComplaints && c.failing() > 0.5:
		fault("threshold", "%v lets more than half fail; %s is \"at %s\": for \"99 %% are good\" write %s", c.Threshold, c.Metric,
			map[bool]string{true: "least", false: "most"}[c.Metric == ClaimSetup], map[bool]string{true: "0.99", false: "0.01"}[c.Metric == ClaimSetup])
	}
	if c.inUnits() && !(c.Share > 0 && c.Share < 1) {
		fault("share", "%v must be a share between 0 and 1: how much of the %s meets the threshold", c.Share, c.Denominator)
	}
	if !c.inUnits() && c.Share != 0 {
		fault("share", "goes with the denominators area, road_km and venues only; leave it out")
	}
	if c.Confidence != 0 && !(c.Confidence >= 0.95 && c.Confidence < 1) {
		fault("confidence", "%v must be at least 0.95 and below 1", c.Confidence)
	}
	if c.ValidDays < 0 || c.ValidDays > 366 {
		fault("valid_days", "%d must be between 1 and 366", c.ValidDays)
	}

	q := ClaimQuery{Region: c.Area.Region, Highways: claimSorted(c.Area.Highways), Venues: claimSorted(c.Area.Venues), Operator: c.Conditions.Operator}
	if c.inUnits() {
		q.Units = c.Denominator
	}
	if strings.TrimSpace(c.Area.Name) == "" {
		fault("area.name", "must not be empty: the wording needs it")
	}
	for _, name := range [][2]string{{"area.name", c.Area.Name}, {"area.name_zh", c.Area.NameZH}} {
		if what := claimNameFault(name[1]); what != "" {
			fault(name[0], "%s: it goes into the wording, so it may only name the area", what)
		}
	}
	if c.Area.Region == "" && len(c.Area.Highways) == 0 && len(c.Area.Venues) == 0 {
		fault("area", "name a region, highways or venues")
	}
	if c.Denominator == ClaimRoadKm && len(c.Area.Highways) == 0 {
		fault("area.highways", "must name the highways of a claim on road kilometres")
	}
	for i, s := range slices.Concat(c.Area.Highways, c.Area.Venues) {
		if strings.TrimSpace(s) == "" {
			fault("area", "highway or venue number %d is empty", i+1)
		}
	}
	var err error
	if q.Scene, err = geo.ParseScene(claimAny(c.Area.Scene)); err != nil {
		fault("area.scene", "%v", err)
	}
	if q.Indoor, err = geo.ParseIndoor(claimAny(c.Conditions.Environment)); err != nil {
		fault("conditions.environment", "%v", err)
	}
	if q.RAT, err = geo.ParseRAT(claimAny(c.Conditions.RAT)); err != nil {
		fault("conditions.rat", "%v", err)
	}
	if c.Metric == ClaimComplaints && (q.Indoor != geo.IndoorUnknown || q.RAT != geo.RATUnknown) {
		fault("conditions", "complaints know no environment and no network: leave environment and rat out")
	}
	if claimAny(c.Conditions.Device) != "" {
		fault("conditions.device", "%q cannot be checked: records do not tell devices apart; use any", c.Conditions.Device)
	}
	if q.Start, q.End, err = c.Period.bounds(); err != nil {
		faults = append(faults, err)
	}
	return q, errors.Join(faults...)
}

// bounds returns the instants at which the period begins and ends (exclusive).
func (p ClaimPeriod) bounds() (start, end time.Time, err error) {
	zone, err := time.Parse("-07:00", cmp.Or(p.UTCOffset, "+00:00"))
	if err != nil {
		return start, end, fmt.Errorf("claim: period.utc_offset: %q is not an offset like +08:00", p.UTCOffset)
	}
	day := func(field, text string) time.Time {
		t, parseErr := time.ParseInLocation("2006-01-02", text, zone.Location())
		if parseErr != nil {
			err = errors.Join(err, fmt.Errorf("claim: period.%s: %q is not a date like 2026-05-31", field, text))
		}
		return t.UTC()
	}
	start, end = day("start", p.Start), day("end", p.End).AddDate(0, 0, 1)
	switch {
	case err != nil:
		return time.Time{}, time.Time{}, err
	case !start.Before(end):
		return start, end, fmt.Errorf("claim: period.end: %s is before the start %s", p.End, p.Start)
	case end.Sub(start) > 366*24*time.Hour:
		return start, end, fmt.Errorf("claim: period: %s to %s is longer than a year", p.Start, p.End)
	}
	return start, end, nil
}

// zone is the time zone of the period's days.
func (p ClaimPeriod) zone() *time.Location {
	t, err := time.Parse("-07:00", cmp.Or(p.UTCOffset, "+00:00"))
	if err != nil {
		return time.UTC // Validate has refused it
	}
	return t.Location()
}

// inUnits reports whether the claim is on a share of cells, kilometres or venues.
func (c Claim) inUnits() bool {
	return c.Denominator == ClaimArea || c.Denominator == ClaimRoadKm || c.Denominator == ClaimVenues
}

// confidence and validDays with their defaults.
func (c Claim) confidence() float64 {
	if c.Confidence == 0 {
		return 0.95
	}
	return c.Confidence
}

func (c Claim) validDays() int {
	if c.ValidDays == 0 {
		return 90
	}
	return c.ValidDays
}

// failing turns the claimed threshold into the most that may fail, as a ratio.
func (c Claim) failing() float64 {
	switch c.Metric {
	case ClaimSetup:
		return 1 - c.Threshold
	case ClaimComplaints:
		return c.Threshold / 10000
	}
	return c.Threshold
}

// claimAny is the condition's text, "" for any.
func claimAny(s string) string {
	if s = strings.TrimSpace(s); strings.EqualFold(s, "any") {
		return ""
	}
	return s
}

func claimSorted(s []string) []string {
	s = slices.Clone(s)
	slices.Sort(s)
	return slices.Compact(s)
}
