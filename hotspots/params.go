package hotspots

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

// Params are the published choices of the method. DefaultParams gives the ones
// docs/method.md explains; Validate says what is wrong with others.
type Params struct {
	// Severity is how bad one experience of a kind is, 0 to 1, indexed by Kind.
	Severity [kinds]float64
	// HalfLifeDays is the age at which an experience counts half.
	HalfLifeDays float64
	// Value is the table that turns a customer's attributes into a weight.
	Value ValueTable
	// PerCustomer bounds the evidence of one hurt customer, in bad calls.
	PerCustomer float64
	// Level is the probability the interval of avoidable impact covers.
	Level float64
	// FalseShare is the greatest expected share of hotspots listed that are no
	// faults. Places beyond it are left out of the run, unless their lower bound is
	// above zero. By the truth the share is several times what is expected, because
	// normal places differ more at the far end than a gamma distribution does.
	FalseShare float64
	// Fill, FillFaulty and FillWorth let a shorter list grow to Fill hotspots with
	// further places that are faulty with at least probability FillFaulty and have an
	// avoidable impact of at least FillWorth. Fill 0: never.
	Fill       int
	FillFaulty float64
	FillWorth  float64
	// Top bounds the number of hotspots in a run; 0 = all.
	Top int
	// JoinOdds is the prior probability that a cell beside a faulty cell belongs
	// to the same fault.
	JoinOdds float64
	// Zone is the clock that hours of the day are told by; nil = UTC. It changes words,
	// not the ranking.
	Zone *time.Location
	// KeepCells is the share of impact-weighted cells a hotspot must share with an
	// earlier one to keep its id.
	KeepCells float64
}

// ValueTable gives customer values: Tier × Tenure + Segment, cut to [1, 5].
type ValueTable struct {
	Tier     [6]float64 // by value tier, 0 = unknown
	Segment  [4]float64 // added: unknown, consumer, enterprise, key account
	PerYear  float64    // added for each full year of tenure
	MaxYears float64    // years of tenure that count
}

// Bounds of a customer's value.
const (
	minValue = 1.0
	maxValue = 5.0
)

// DefaultParams are the parameters of method version MethodVersion.
func DefaultParams() Params {
	p := Params{
		HalfLifeDays: 14,
		PerCustomer:  1.5,
		Level:        0.90,
		FalseShare:   0.005,
		Fill:         14,
		FillFaulty:   0.1,
		FillWorth:    1.5,
		JoinOdds:     0.3,
		KeepCells:    0.30,
		Value: ValueTable{
			Tier:     [6]float64{1, 1, 1.25, 1.5, 2, 2.5},
			Segment:  [4]float64{0, 0, 0.5, 2},
			PerYear:  0.05,
			MaxYears: 10,
		},
	}
	p.Severity[KindDropped] = 0.5
	p.Severity[KindPerceived] = 0.4
	p.Severity[KindBlocked] = 0.35
	p.Severity[KindPoor] = 0.15
	p.Severity[KindComplaint] = 0.8
	p.Severity[KindAppeal] = 1.0
	return p
}

// Validate reports every fault of the parameters at once, nil when there is none.
func (p Params) Validate() error {
	var faults []error
	bad := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	within := func(name string, v, low, high float64) {
		if math.IsNaN(v) || v < low || v > high {
			bad("%s is %v: it must lie between %v and %v", name, v, low, high)
		}
	}
	for k, s := range p.Severity {
		within("the severity of "+Kind(k).String(), s, 0, 1)
	}
	within("the half life in days", p.HalfLifeDays, 0.1, 3650)
	within("the evidence one hurt customer can give, in bad calls,", p.PerCustomer, 0.5, 100)
	within("the level of the interval", p.Level, 0.5, 0.999)
	within("the greatest expected share of false hotspots", p.FalseShare, 0, 1)
	within("the probability that a cell belongs to its neighbour's fault", p.JoinOdds, 0.01, 0.99)
	within("the share of cells that keeps an id", p.KeepCells, 0.01, 1)
	within("the probability from which a short list is filled up", p.FillFaulty, 0, 1)
	within("the avoidable impact from which a short list is filled up", p.FillWorth, 0, 1e9)
	if p.Fill < 0 {
		bad("the length a short list is filled up to is %d: it must be 0 (never) or more", p.Fill)
	}
	if p.Top < 0 {
		bad("the number of hotspots is %d: it must be 0 (all) or more", p.Top)
	}
	for i, v := range p.Value.Tier {
		within(fmt.Sprintf("the value of tier %d", i), v, minValue, maxValue)
	}
	for i, v := range p.Value.Segment {
		within(fmt.Sprintf("the value added for segment %d", i), v, 0, maxValue)
	}
	within("the value added per year of tenure", p.Value.PerYear, 0, maxValue)
	within("the years of tenure that count", p.Value.MaxYears, 0, 100)
	return errors.Join(faults...)
}

// Of gives a customer's value in [1, 5]: the tier's value, plus the segment's,
// plus PerYear for each year of tenure. What is unknown adds nothing.
func (t ValueTable) Of(c Customer) float64 {
	v := t.Tier[0]
	if int(c.ValueTier) < len(t.Tier) {
		v = t.Tier[c.ValueTier]
	}
	if int(c.Segment) < len(t.Segment) {
		v += t.Segment[c.Segment]
	}
	if months := float64(c.TenureMonths); months > 0 { // NaN and negative are unknown
		v += t.PerYear * math.Min(months/12, t.MaxYears)
	}
	return math.Min(math.Max(v, minValue), maxValue)
}

// Value gives a customer's value in [1, 5] by the default table.
func Value(c Customer) float64 { return DefaultParams().Value.Of(c) }

var kindNames = [kinds]string{"dropped", "perceived", "blocked", "poor", "complaint", "appeal"}

// String names the kind as the API does.
func (k Kind) String() string {
	if k < kinds {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// ParseKind reads what String writes.
func ParseKind(s string) (Kind, error) {
	for k, name := range kindNames {
		if s == name {
			return Kind(k), nil
		}
	}
	return 0, fmt.Errorf("%q is not a kind of bad experience: %s", s, strings.Join(kindNames[:], ", "))
}
