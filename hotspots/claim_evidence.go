package hotspots

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/hotcell/hotcell/geo"
)

// ClaimQuery says which evidence a claim needs. Claim.Query makes it, the store
// answers it, and CheckClaim compares it with the claim again.
type ClaimQuery struct {
	Start    time.Time        `json:"start"`              // UTC, inclusive
	End      time.Time        `json:"end"`                // UTC, exclusive
	Region   string           `json:"region,omitempty"`   // region code with everything below it; "" = everywhere
	Highways []string         `json:"highways,omitempty"` // only calls on segments of these highways
	Venues   []string         `json:"venues,omitempty"`   // only calls in these venues and their parts
	Scene    geo.Scene        `json:"scene"`              // SceneUnknown = all
	Indoor   geo.Indoor       `json:"indoor"`             // IndoorUnknown = all, those without the field too
	RAT      geo.RAT          `json:"rat"`                // RATUnknown = all
	Operator string           `json:"operator,omitempty"` // "" = all
	Units    ClaimDenominator `json:"units,omitempty"`    // area, road_km or venues: fill Units and TotalSize; "" = fill Customers
}

// ClaimEvidence is what the store knows about a claim's area and period.
type ClaimEvidence struct {
	Query       ClaimQuery
	DataVersion string        // changes whenever a record in the window changes
	Customers   []CustomerUse // when Query.Units is ""
	Units       []UnitUse     // when Query.Units is set: cells of geo.RankResolution, highway kilometres or venues that belong to the area
	TotalSize   float64       // of the whole area in the unit of UnitUse.Size; what the units do not cover counts as unknown
	Unlocated   uint64        // calls of the period without a place, which could belong to the area
	QuietDays   uint64        // days of the period without a single call anywhere
	Reports     ClaimReports
	Where       ClaimText // the area in the catalogue's own terms (ClaimGround.Where)
}

// ClaimReports counts what was delivered of the period, whatever area and
// conditions a claim names. What never occurs is what nobody delivers: a feed
// without blocked attempts is no proof that every attempt succeeds.
type ClaimReports struct {
	Dropped    uint64 // calls cut off
	Blocked    uint64 // attempts not set up
	Redials    uint64 // calls of known customers that name the other party, without which nobody sees a redial
	Complaints uint64 // without appeals
}

// claimQuietMost is the share of a period's days that may be without any call.
const claimQuietMost = 0.1

// doubt says why the evidence proves nothing good, whatever its figures; "" when
// it may.
func (ev *ClaimEvidence) doubt(metric ClaimMetric) string {
	reported := map[ClaimMetric]uint64{
		ClaimCutOff: ev.Reports.Dropped, ClaimSetup: ev.Reports.Blocked,
		ClaimPerceived: min(ev.Reports.Dropped, ev.Reports.Redials), ClaimComplaints: ev.Reports.Complaints,
	}[metric]
	switch {
	case reported == 0:
		return "unreported"
	case float64(ev.QuietDays) > claimQuietMost*ev.Query.days():
		return "gaps"
	}
	return ""
}

// days is the length of the period.
func (q ClaimQuery) days() float64 { return q.End.Sub(q.Start).Hours() / 24 }

// where writes the area: the region by its name, or its code where that is not
// known, and venues by their names, or ids.
func (q ClaimQuery) where(region string, venues []string) ClaimText {
	if len(venues) == 0 {
		venues = q.Venues
	}
	var en, zh []string
	add := func(e, z, value string) {
		if value != "" {
			en, zh = append(en, e+" "+value), append(zh, z+value)
		}
	}
	add("highway", "公路", claimFew(q.Highways))
	add("venue", "场所", claimFew(venues))
	add("region", "区域", cmp.Or(region, q.Region))
	return ClaimText{strings.Join(en, ", "), strings.Join(zh, "，")}
}

// claimFew writes the first three of some names and how many more there are.
func claimFew(names []string) string {
	const few = 3
	if len(names) <= few+1 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s (+%d)", strings.Join(names[:few], ", "), len(names)-few)
}

// CustomerUse is what one customer did and suffered in the claim's area, period
// and conditions. Every customer served is listed, also those without a bad call;
// for complaints also those without a call. Calls are uncapped.
type CustomerUse struct {
	// Cluster is shared by customers whose fates hang together (household, radio site,
	// most-used place); 0 = this customer is independent of the others.
	Cluster    uint64
	Customers  uint64 // how many customers have exactly these figures; 0 = 1
	Attempts   uint32
	Blocked    uint32  // of the attempts, not set up
	Dropped    uint32  // of those set up, cut off
	Perceived  uint32  // of those set up and released normally, felt as a drop
	Complaints float64 // complaints, without appeals; shares of those that fit places elsewhere too
}

// UnitUse is the use of one cell, highway kilometre or venue. Customers are
// distinct; every figure counts customers.
type UnitUse struct {
	ID        string
	Size      float64 // km² of a cell inside the area, km of a segment, 1 for a venue
	Customers uint64  // with at least one attempt
	SetUp     uint64  // with at least one call set up
	Blocked   uint64  // with at least one blocked attempt
	Dropped   uint64  // with at least one call cut off
	Felt      uint64  // with at least one call cut off or felt as dropped
}

// claimComplaintsAtMost is how many complaints one customer is assumed to be able
// to file in a period; a customer who filed more raises it.
const claimComplaintsAtMost = 5

// validate reports the first figures that contradict each other.
func (ev *ClaimEvidence) validate() error {
	for i, u := range ev.Customers {
		if u.Blocked > u.Attempts || uint64(u.Dropped)+uint64(u.Perceived) > uint64(u.Attempts-u.Blocked) {
			return fmt.Errorf("claim evidence: customer %d has more bad calls than calls: %+v", i, u)
		}
	}
	size := 0.0
	for _, u := range ev.Units {
		if !(u.Size > 0) || math.IsInf(u.Size, 0) {
			return fmt.Errorf("claim evidence: unit %q has size %v", u.ID, u.Size)
		}
		if u.SetUp > u.Customers || u.Blocked > u.Customers || u.Dropped > u.Felt || u.Felt > u.SetUp {
			return fmt.Errorf("claim evidence: unit %q has more bad customers than customers: %+v", u.ID, u)
		}
		size += u.Size
	}
	if ev.Query.Units != "" && (!(ev.TotalSize >= size*(1-1e-9)) || math.IsInf(ev.TotalSize, 0)) {
		return fmt.Errorf("claim evidence: the units' sizes add up to %v, more than the total of %v", size, ev.TotalSize)
	}
	if strings.TrimSpace(ev.DataVersion) == "" {
		return errors.New("claim evidence: the data version is missing")
	}
	return nil
}

// sample turns the customers into units for the bound: clusters where given,
// otherwise single customers. customers counts those in the denominator.
func (ev *ClaimEvidence) sample(metric ClaimMetric, denominator ClaimDenominator) (s *claimSample, customers, clusters uint64, err error) {
	groups := map[uint64]*ClaimUnits{}
	var units []ClaimUnits
	for _, u := range ev.Customers {
		n := max(u.Customers, 1)
		base, events := claimCustomer(u, metric)
		if base == 0 {
			continue
		}
		if denominator == ClaimCustomers && metric != ClaimComplaints {
			base, events = 1, min(events, 1)
		}
		customers += n
		if u.Cluster == 0 {
			units = append(units, ClaimUnits{float64(n), base, events})
			continue
		}
		g := groups[u.Cluster]
		if g == nil {
			g = &ClaimUnits{Count: 1}
			groups[u.Cluster] = g
		}
		g.Base += float64(n) * base
		g.Events += float64(n) * events
	}
	for _, g := range groups { // newClaimSample sorts: the order does not matter
		units = append(units, *g)
	}
	perBase := 1.0
	if metric == ClaimComplaints {
		perBase = claimComplaintsAtMost
	}
	s, err = newClaimSample(units, perBase)
	return s, customers, uint64(len(groups)), err
}

// claimCustomer returns one customer's base and bad events.
func claimCustomer(u CustomerUse, metric ClaimMetric) (base, events float64) {
	setUp := float64(u.Attempts - u.Blocked)
	switch metric {
	case ClaimSetup:
		return float64(u.Attempts), float64(u.Blocked)
	case ClaimPerceived:
		return setUp, float64(u.Dropped) + float64(u.Perceived)
	case ClaimComplaints:
		return 1, u.Complaints
	}
	return setUp, float64(u.Dropped)
}

// claimUnit returns the customers of a unit and the bad ones among them.
func claimUnit(u UnitUse, metric ClaimMetric) (customers, bad float64) {
	switch metric {
	case ClaimSetup:
		return float64(u.Customers), float64(u.Blocked)
	case ClaimPerceived:
		return float64(u.SetUp), float64(u.Felt)
	}
	return float64(u.SetUp), float64(u.Dropped)
}

// digest is a SHA-256 over all figures of the evidence, independent of their order.
func (ev *ClaimEvidence) digest() (string, error) {
	lines := make([]string, 0, len(ev.Customers)+len(ev.Units))
	for _, u := range ev.Customers {
		lines = append(lines, fmt.Sprintf("c %d %d %d %d %d %d %g", u.Cluster, max(u.Customers, 1), u.Attempts, u.Blocked, u.Dropped, u.Perceived, u.Complaints))
	}
	for _, u := range ev.Units {
		lines = append(lines, fmt.Sprintf("u %q %v %d %d %d %d %d", u.ID, u.Size, u.Customers, u.SetUp, u.Blocked, u.Dropped, u.Felt))
	}
	slices.Sort(lines)
	query, err := json.Marshal(ev.Query)
	if err != nil {
		return "", fmt.Errorf("claim evidence: %w", err)
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%q %v %d %d\n%v %q\n", query, ev.DataVersion, ev.TotalSize, ev.Unlocated, ev.QuietDays, ev.Reports, ev.Where)
	for _, line := range lines {
		io.WriteString(h, line)
		io.WriteString(h, "\n")
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// same reports whether the evidence answers the query.
func (q ClaimQuery) same(other ClaimQuery) bool {
	return q.Start.Equal(other.Start) && q.End.Equal(other.End) && q.Region == other.Region &&
		slices.Equal(q.Highways, other.Highways) && slices.Equal(q.Venues, other.Venues) &&
		q.Scene == other.Scene && q.Indoor == other.Indoor && q.RAT == other.RAT &&
		q.Operator == other.Operator && q.Units == other.Units
}
