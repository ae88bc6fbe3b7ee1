package hotspots

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the printable page
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"github.com/hotcell/hotcell/geo"
)

// EvidencePack is a dated, sealed record of a claim check: what was claimed,
// on which data, by which method, with which result.
type EvidencePack struct {
	Created     time.Time       `json:"created"`
	DataVersion string          `json:"data_version"`
	Method      string          `json:"method"`
	Query       ClaimQuery      `json:"query"`
	Parameters  ClaimParameters `json:"parameters"`
	Evidence    string          `json:"evidence_sha256"` // over every figure the check used
	Check       ClaimCheck      `json:"check"`
	// Inputs is a SHA-256 over data version, method, claim, query, parameters and
	// evidence: two packs with the same inputs have the same result.
	Inputs string `json:"inputs_sha256"`
	// Hash is a SHA-256 over everything above: it seals the pack.
	Hash string `json:"sha256"`
}

// ClaimParameters are the settings of a check that are not in the claim.
type ClaimParameters struct {
	Confidence       float64 `json:"confidence"`
	ValidDays        int     `json:"valid_days"`
	ComplaintsAtMost float64 `json:"complaints_per_customer_at_most"`
	RedialSeconds    int     `json:"perceived_drop_redial_seconds"`
	ShortSeconds     int     `json:"perceived_drop_short_call_seconds"`
	RunSeconds       int     `json:"perceived_drop_run_seconds"`
	CellResolution   int     `json:"cell_resolution"`
}

// NewEvidencePack checks the claim and seals the result; created is the date
// of the pack. A period must be over by then, and wording that has expired by
// then is not given.
func NewEvidencePack(c Claim, ev *ClaimEvidence, created time.Time) (*EvidencePack, error) {
	check, err := CheckClaim(c, ev)
	if err != nil {
		return nil, err
	}
	if created.Before(ev.Query.End) {
		return nil, fmt.Errorf("claim: period.end: %s is not over yet: check the claim when it is", c.Period.End)
	}
	if check.Verdict == ClaimSupported && check.expired(created.In(c.Period.zone())) {
		check.Wording = ClaimText{}
		check.Notes = append(check.Notes, ClaimText{
			fmt.Sprintf("There is no permitted wording any more: it expired on %s. Check a later period.", claimDate(check.Expires).EN),
			fmt.Sprintf("已无许可用语：已于%s到期。请核查更近的时段。", claimDate(check.Expires).ZH)})
	}
	digest, err := ev.digest()
	if err != nil {
		return nil, err
	}
	p := &EvidencePack{
		Created: created.UTC().Truncate(time.Second), DataVersion: ev.DataVersion, Method: MethodVersion,
		Query: ev.Query, Evidence: digest, Check: *check,
		Parameters: ClaimParameters{
			Confidence: c.confidence(), ValidDays: c.validDays(), ComplaintsAtMost: claimComplaintsAtMost,
			RedialSeconds: 120, ShortSeconds: 30, RunSeconds: 600, CellResolution: int(geo.RankResolution),
		},
	}
	if p.Inputs, err = p.inputs(); err != nil {
		return nil, err
	}
	if p.Hash, err = p.seal(); err != nil {
		return nil, err
	}
	return p, nil
}

// evidencePackLongest bounds a pack's text, in bytes: longer ones are something else.
const evidencePackLongest = 16 << 20

// ReadEvidencePack reads a pack from JSON and verifies it. The text itself must
// be what was sealed, spaces apart: two values under one name, or more after the
// end, would show one thing to people and another to programs.
func ReadEvidencePack(r io.Reader) (*EvidencePack, error) {
	text, err := io.ReadAll(io.LimitReader(r, evidencePackLongest))
	if err != nil {
		return nil, fmt.Errorf("evidence pack: %w", err)
	}
	var p EvidencePack
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return nil, fmt.Errorf("evidence pack: %w", err)
	}
	var read, sealed bytes.Buffer
	if err := p.WriteJSON(&sealed); err != nil {
		return nil, fmt.Errorf("evidence pack: %w", err)
	}
	own := bytes.NewBuffer(nil)
	if json.Compact(&read, text) != nil || json.Compact(own, sealed.Bytes()) != nil || !bytes.Equal(read.Bytes(), own.Bytes()) {
		return nil, errEvidenceChanged
	}
	return &p, p.Verify()
}

var errEvidenceChanged = errors.New("evidence pack: the content does not match its hash: it was changed after it was made; run the check again")

// Verify reports whether anything in the pack was changed after it was sealed.
func (p *EvidencePack) Verify() error {
	inputs, err := p.inputs()
	if err != nil {
		return err
	}
	hash, err := p.seal()
	if err != nil {
		return err
	}
	if inputs != p.Inputs || hash != p.Hash {
		return errEvidenceChanged
	}
	if p.Check.contradicts() {
		return errors.New("evidence pack: the verdict contradicts the figures: hotcell did not make it; run the check again")
	}
	return nil
}

// Expired reports whether the permitted wording may no longer be used on the
// given day (in the day's own time zone).
func (p *EvidencePack) Expired(day time.Time) bool {
	return p.Check.expired(day)
}

func (k *ClaimCheck) expired(day time.Time) bool {
	return day.Format("2006-01-02") > k.Expires
}

// contradicts tells whether the figures do not bear the verdict, or the wording.
func (k *ClaimCheck) contradicts() bool {
	supported := k.Verdict == ClaimSupported
	if !supported {
		return k.Wording != (ClaimText{})
	}
	f := k.Figures
	if f.Lower == nil || f.Upper == nil || f.Doubt != "" || k.Expires != k.Claim.expires() {
		return true
	}
	const rounding = 1e-6 // of bounds found by search
	switch {
	case k.Claim.inUnits():
		return *f.Lower < k.Claim.Share-rounding
	case k.Claim.Metric == ClaimSetup:
		return *f.Lower < k.Claim.Threshold-rounding
	case k.Claim.Metric == ClaimComplaints:
		return *f.Upper > k.Claim.Threshold*(1+rounding)
	}
	return *f.Upper > k.Claim.Threshold+rounding
}

// WriteJSON writes the pack as indented JSON.
func (p *EvidencePack) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(p)
}

//go:embed claim_pack.html
var claimPackHTML string

var claimPackTemplate = template.Must(template.New("pack").Funcs(template.FuncMap{
	"count":   claimCount,
	"percent": claimPercent,
	"share":   func(v *float64) string { return claimOptional(v, 1) },
}).Parse(claimPackHTML))

// WriteHTML writes the pack as a page for printing: self-contained, without
// scripts, both languages.
func (p *EvidencePack) WriteHTML(w io.Writer) error {
	k := &p.Check
	show := func(v *float64) string {
		if v == nil {
			return "–"
		}
		return k.show(*v)
	}
	return claimPackTemplate.Execute(w, struct {
		*EvidencePack
		Verdict                       ClaimText
		Sentence                      ClaimText
		Value, Lower, Upper           string
		CreatedText, Starts, EndsText string
		Counted, Where                string
	}{
		EvidencePack: p,
		Verdict: map[ClaimVerdict]ClaimText{
			ClaimSupported:    {"Supported", "有据可依"},
			ClaimNotSupported: {"Not supported", "不成立"},
			ClaimUndecided:    {"Undecided", "证据不足"},
		}[k.Verdict],
		Sentence: k.Claim.sentence(),
		Value:    show(k.Figures.Value), Lower: show(k.Figures.Lower), Upper: show(k.Figures.Upper),
		CreatedText: p.Created.Format("2006-01-02 15:04 MST"),
		Starts:      p.Query.Start.Format(time.RFC3339), EndsText: p.Query.End.Format(time.RFC3339),
		Counted: k.counted(), Where: p.Query.narrowed(),
	})
}

// counted writes what was counted of how much: "229 of 25,247 calls".
func (k *ClaimCheck) counted() string {
	f, unit := k.Figures, string(k.Claim.Denominator)
	switch k.Claim.Denominator {
	case ClaimArea, ClaimRoadKm:
		unit = map[ClaimDenominator]string{ClaimArea: "km²", ClaimRoadKm: "km"}[k.Claim.Denominator]
		return fmt.Sprintf("%.2f of %.2f %s", f.Events, f.Base, unit)
	}
	if k.Claim.Metric == ClaimComplaints {
		return fmt.Sprintf("%s complaints of %s customers", claimCount(uint64(f.Events)), claimCount(uint64(f.Base)))
	}
	return fmt.Sprintf("%s of %s %s", claimCount(uint64(f.Events)), claimCount(uint64(f.Base)), unit)
}

// narrowed writes what the evidence was narrowed to, in the catalogue's own terms:
// the area's name in the claim is free text.
func (q ClaimQuery) narrowed() string {
	var out []string
	add := func(name, value string) {
		if value != "" {
			out = append(out, name+" "+value)
		}
	}
	add("region", q.Region)
	add("highways", strings.Join(q.Highways, ", "))
	add("venues", strings.Join(q.Venues, ", "))
	if q.Scene != geo.SceneUnknown {
		add("scene", q.Scene.String())
	}
	if q.Indoor != geo.IndoorUnknown {
		add("environment", q.Indoor.String())
	}
	if q.RAT != geo.RATUnknown {
		add("network", q.RAT.String())
	}
	add("operator", q.Operator)
	return strings.Join(out, "; ")
}

func claimOptional(v *float64, percent int) string {
	if v == nil {
		return "–"
	}
	return claimRough(*v, percent)
}

// inputs hashes what decides the result.
func (p *EvidencePack) inputs() (string, error) {
	return claimHash(struct {
		DataVersion, Method string
		Claim               Claim
		Query               ClaimQuery
		Parameters          ClaimParameters
		Evidence            string
	}{p.DataVersion, p.Method, p.Check.Claim, p.Query, p.Parameters, p.Evidence})
}

// seal hashes everything but the hash itself.
func (p *EvidencePack) seal() (string, error) {
	open := *p
	open.Hash = ""
	return claimHash(open)
}

// claimHash is the SHA-256 of a value's JSON: fields in declared order, floats in
// their shortest exact form, so reading and writing do not change it.
func claimHash(v any) (string, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("evidence pack: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}
