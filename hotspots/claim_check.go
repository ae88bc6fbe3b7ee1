package hotspots

import (
	"fmt"
	"math"
	"time"
)

// ClaimVerdict is the result of a claim check.
type ClaimVerdict string

// Verdicts.
const (
	ClaimSupported    ClaimVerdict = "supported"     // the unfavourable one-sided bound meets the claim
	ClaimNotSupported ClaimVerdict = "not_supported" // the favourable one-sided bound contradicts it
	ClaimUndecided    ClaimVerdict = "undecided"     // neither: more evidence is needed
)

// ClaimText is a text in both languages.
type ClaimText struct {
	EN string `json:"en"`
	ZH string `json:"zh"`
}

// ClaimCheck is a checked claim.
type ClaimCheck struct {
	Claim       Claim            `json:"claim"`
	Where       ClaimText        `json:"where"` // the area in the catalogue's own terms
	Verdict     ClaimVerdict     `json:"verdict"`
	Reason      ClaimText        `json:"reason"`
	Figures     ClaimFigures     `json:"figures"`
	Needed      ClaimSampleNeed  `json:"needed"`
	Wording     ClaimText        `json:"wording"`    // what may be said; empty unless supported
	Qualifiers  []ClaimQualifier `json:"qualifiers"` // must go with the wording, all of them
	Notes       []ClaimText      `json:"notes"`
	Expires     string           `json:"expires"` // YYYY-MM-DD, the last day the wording may be used
	Method      string           `json:"method"`
	DataVersion string           `json:"data_version"`
}

// ClaimFigures are in the metric's own unit and direction: shares are
// fractions; complaints are per 10,000 customers; with the denominators area,
// road_km and venues the figures are shares of those.
type ClaimFigures struct {
	Value        *float64 `json:"value"` // measured; null without evidence
	Lower        *float64 `json:"lower"` // one-sided bounds, each at Confidence
	Upper        *float64 `json:"upper"`
	Confidence   float64  `json:"confidence"`
	Events       float64  `json:"events"`               // bad calls, customers or complaints; with units: size that meets the threshold
	Base         float64  `json:"base"`                 // calls, customers; with units: size of the whole area
	Customers    uint64   `json:"customers"`            // behind the figures; with units: customers summed over the units
	Clusters     uint64   `json:"clusters"`             // clusters of customers; 0 = customers are independent
	Units        int      `json:"units,omitempty"`      // cells, kilometres or venues with use
	UnknownShare *float64 `json:"unknown,omitempty"`    // share of the area without use
	Bound        string   `json:"bound"`                // how the bounds were computed
	Unlocated    uint64   `json:"unlocated,omitempty"`  // calls of the period without a place
	QuietDays    uint64   `json:"quiet_days,omitempty"` // days of the period without a single call
	// Doubt is why evidence whose bound meets the claim does not support it:
	// "unreported" (nobody delivers what the metric counts) or "gaps" (QuietDays).
	Doubt string `json:"doubt,omitempty"`
}

// ClaimSampleNeed says what it takes to support the claim if the measured rates stay
// as they are.
type ClaimSampleNeed struct {
	Customers *uint64   `json:"customers"` // in all; null when more of the same would not do
	More      *uint64   `json:"more"`      // beyond those there are
	Size      *float64  `json:"size"`      // km², km or venues without use that must see use first; null for other denominators
	Text      ClaimText `json:"text"`
}

// CheckClaim checks a claim against the evidence for it. It returns an error
// when the claim is not valid or the evidence is for something else; a claim
// that does not hold is not an error. The probability that a false claim is
// called supported is at most 1 − confidence; docs/claims.md says how and under
// which assumptions.
func CheckClaim(c Claim, ev *ClaimEvidence) (*ClaimCheck, error) {
	query, err := c.Query()
	if err != nil {
		return nil, err
	}
	if !query.same(ev.Query) {
		return nil, fmt.Errorf("claim %s: the evidence is for another area, period or condition: %+v, not %+v", c.ID, ev.Query, query)
	}
	if err := ev.validate(); err != nil {
		return nil, err
	}
	check := &ClaimCheck{
		Claim: c, Method: MethodVersion, DataVersion: ev.DataVersion,
		Expires: c.expires(), Where: ev.Where,
	}
	if check.Where == (ClaimText{}) {
		check.Where = query.where("", nil)
	}
	check.Figures.Confidence = c.confidence()
	check.Figures.Unlocated, check.Figures.QuietDays = ev.Unlocated, ev.QuietDays
	if c.inUnits() {
		check.share(ev)
	} else if err := check.ratio(ev); err != nil {
		return nil, fmt.Errorf("claim %s: %w", c.ID, err)
	}
	if check.Verdict == ClaimSupported {
		if check.Figures.Doubt = ev.doubt(c.Metric); check.Figures.Doubt != "" {
			check.Verdict = ClaimUndecided
			check.Needed.Customers, check.Needed.More = nil, nil
		}
	}
	check.write(query)
	return check, nil
}

// expires is the last day on which the wording may be used: so many days after
// the last day of the period.
func (c Claim) expires() string {
	last, err := time.Parse("2006-01-02", c.Period.End)
	if err != nil {
		return "" // Validate has refused it
	}
	return last.AddDate(0, 0, c.validDays()).Format("2006-01-02")
}

// ratio fills the figures of a claim on calls or customers.
func (k *ClaimCheck) ratio(ev *ClaimEvidence) error {
	c, f := k.Claim, &k.Figures
	s, customers, clusters, err := ev.sample(c.Metric, c.Denominator)
	if err != nil {
		return err
	}
	alpha, limit := 1-c.confidence(), c.failing()
	f.Customers, f.Clusters, f.Events, f.Base = customers, clusters, s.events, s.base
	switch {
	case s.exact:
		f.Bound = "Clopper–Pearson, customers"
	case clusters > 0:
		f.Bound = "bootstrap of clusters of customers with one worst cluster added"
	default:
		f.Bound = "bootstrap of customers with one worst customer added"
	}
	k.Verdict = ClaimUndecided
	if s.base == 0 {
		first, err := SmallestSample(1-limit, 0, c.confidence())
		if err != nil {
			return err
		}
		if c.Metric == ClaimComplaints {
			first *= claimComplaintsAtMost
		}
		n := uint64(first)
		k.Needed.Customers, k.Needed.More = &n, &n
		return nil
	}
	lower, upper := s.bounds(alpha)
	value := s.events / s.base
	switch {
	case s.atLeast(limit) <= alpha:
		k.Verdict = ClaimSupported
	case s.atMost(limit) <= alpha:
		k.Verdict = ClaimNotSupported
	}
	switch c.Metric {
	case ClaimSetup:
		value, lower, upper = 1-value, 1-upper, 1-lower
	case ClaimComplaints:
		value, lower, upper = 10000*value, 10000*lower, 10000*upper
	}
	f.Value, f.Lower, f.Upper = &value, &lower, &upper
	if s.events/s.base < limit {
		k.need(customers, claimNeeded(func(times float64) bool { return s.scaled(times).atLeast(limit) <= alpha }))
	}
	return nil
}

// share fills the figures of a claim on area, road kilometres or venues.
func (k *ClaimCheck) share(ev *ClaimEvidence) {
	c, f := k.Claim, &k.Figures
	s := newClaimShare(ev, c)
	alpha := 1 - c.confidence()
	f.Bound = "exact binomial tests per unit; Markov's inequality over the units (lower), Holm's procedure (upper)"
	f.Units, f.Base = len(s.units), s.total
	for _, u := range s.units {
		f.Customers += uint64(u.customers)
	}
	k.Verdict = ClaimUndecided
	allowed := (1 - c.Share) * s.total
	missing := max(0, s.unknown-allowed)
	k.Needed.Size = &missing
	if s.total == 0 {
		return
	}
	unknown := s.unknown / s.total
	value, lower, upper := s.value(), s.lower(alpha), s.upper(alpha)
	f.Events = value * s.total
	f.UnknownShare, f.Value, f.Lower, f.Upper = &unknown, &value, &lower, &upper
	// Sums of cell areas carry rounding errors; a claimed share of 0.95 is not an
	// exact binary number either.
	const rounding = 1e-12
	switch {
	case lower >= c.Share-rounding:
		k.Verdict = ClaimSupported
	case upper < c.Share-rounding:
		k.Verdict = ClaimNotSupported
	}
	if missing == 0 && value >= c.Share {
		k.need(f.Customers, claimNeeded(func(times float64) bool { return s.scaled(times).lower(alpha) >= c.Share-rounding }))
	}
}

// need records that times the customers there are would do.
func (k *ClaimCheck) need(customers uint64, times float64) {
	if math.IsInf(times, 1) {
		return
	}
	all := uint64(math.Ceil(float64(customers) * times))
	more := all - customers
	k.Needed.Customers, k.Needed.More = &all, &more
}
