package hotspots

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/hotcell/hotcell/geo"
)

// claimG4 is a valid claim on calls.
func claimG4() Claim {
	return Claim{
		ID: "g4-2026-05", Statement: "99 % of calls on the G4 do not drop",
		Metric: ClaimCutOff, Denominator: ClaimCalls, Threshold: 0.01,
		Area:   ClaimPlace{Name: "the G4", NameZH: "G4京港澳高速", Highways: []string{"G4"}},
		Period: ClaimPeriod{Start: "2026-05-01", End: "2026-05-31", UTCOffset: "+08:00"},
	}
}

// claimEvidence answers a claim.
func claimEvidence(t testing.TB, c Claim) *ClaimEvidence {
	t.Helper()
	q, err := c.Query()
	if err != nil {
		t.Fatal(err)
	}
	return &ClaimEvidence{Query: q, DataVersion: "v7", Reports: ClaimReports{Dropped: 9, Blocked: 9, Redials: 900, Complaints: 9}}
}

func claimCheck(t testing.TB, c Claim, ev *ClaimEvidence) *ClaimCheck {
	t.Helper()
	k, err := CheckClaim(c, ev)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestClaimQuery(t *testing.T) {
	c := claimG4()
	c.Area.Highways = []string{"G42", "G4", "G4"}
	c.Conditions = ClaimConditions{Environment: "outdoor", RAT: "5G", Device: "any"}
	q, err := c.Query()
	if err != nil {
		t.Fatal(err)
	}
	if !q.Start.Equal(time.Date(2026, 4, 30, 16, 0, 0, 0, time.UTC)) || !q.End.Equal(time.Date(2026, 5, 31, 16, 0, 0, 0, time.UTC)) {
		t.Errorf("period %v to %v", q.Start, q.End)
	}
	if len(q.Highways) != 2 || q.Highways[0] != "G4" || q.Indoor != geo.Outside || q.RAT != geo.RAT5G || q.Units != "" {
		t.Errorf("query %+v", q)
	}
}

func TestClaimValidate(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Claim)
		want   string
	}{
		"no id":           {func(c *Claim) { c.ID = " " }, "claim: id: must not be empty"},
		"metric":          {func(c *Claim) { c.Metric = "drops" }, `claim: metric: "drops" is not known`},
		"denominator":     {func(c *Claim) { c.Denominator = "people" }, `claim: denominator: "people" is not known`},
		"percent":         {func(c *Claim) { c.Threshold = 99 }, "claim: threshold: 99 must be a share between 0 and 1 (0.01 for 1 %)"},
		"NaN":             {func(c *Claim) { c.Threshold = math.NaN() }, "claim: threshold: NaN"},
		"complaint calls": {func(c *Claim) { c.Metric = ClaimComplaints; c.Threshold = 5 }, "claim: denominator: complaints count per customers only"},
		"complaint zero":  {func(c *Claim) { c.Metric, c.Denominator, c.Threshold = ClaimComplaints, ClaimCustomers, 0 }, "claim: threshold: 0 must be between 0 and 10,000"},
		"no share":        {func(c *Claim) { c.Denominator = ClaimArea }, "claim: share: 0 must be a share between 0 and 1"},
		"share of calls":  {func(c *Claim) { c.Share = 0.9 }, "claim: share: goes with the denominators area"},
		"confidence":      {func(c *Claim) { c.Confidence = 0.9 }, "claim: confidence: 0.9 must be at least 0.95"},
		"validity":        {func(c *Claim) { c.ValidDays = 1000 }, "claim: valid_days: 1000 must be between 1 and 366"},
		"no name":         {func(c *Claim) { c.Area.Name = "" }, "claim: area.name: must not be empty"},
		"nowhere":         {func(c *Claim) { c.Area.Highways = nil }, "claim: area: name a region, highways or venues"},
		"empty highway":   {func(c *Claim) { c.Area.Highways = []string{"G4", ""} }, "claim: area: highway or venue number 2 is empty"},
		"road of region":  {func(c *Claim) { c.Denominator, c.Share = ClaimRoadKm, 0.9; c.Area.Highways, c.Area.Region = nil, "51" }, "claim: area.highways: must name the highways"},
		"scene":           {func(c *Claim) { c.Area.Scene = "castle" }, "claim: area.scene:"},
		"environment":     {func(c *Claim) { c.Conditions.Environment = "underwater" }, "claim: conditions.environment:"},
		"rat":             {func(c *Claim) { c.Conditions.RAT = "6g" }, "claim: conditions.rat:"},
		"device":          {func(c *Claim) { c.Conditions.Device = "Model X" }, `claim: conditions.device: "Model X" cannot be checked`},
		"date":            {func(c *Claim) { c.Period.Start = "1 May" }, `claim: period.start: "1 May" is not a date`},
		"offset":          {func(c *Claim) { c.Period.UTCOffset = "CST" }, `claim: period.utc_offset: "CST" is not an offset`},
		"backwards":       {func(c *Claim) { c.Period.End = "2026-04-01" }, "claim: period.end: 2026-04-01 is before the start 2026-05-01"},
		"nothing fails":   {func(c *Claim) { c.Threshold = 0 }, "claim: threshold: 0 would promise that nothing ever fails"},
		"everything":      {func(c *Claim) { c.Metric, c.Threshold = ClaimSetup, 1 }, "claim: threshold: 1 would promise"},
		"wrong way round": {func(c *Claim) { c.Threshold = 0.99 }, `claim: threshold: 0.99 lets more than half fail; cut_off_call_ratio is "at most": for "99 % are good" write 0.01`},
		"set-up reversed": {func(c *Claim) { c.Metric, c.Threshold = ClaimSetup, 0.01 }, `setup_success_ratio is "at least": for "99 % are good" write 0.99`},
		"boast":           {func(c *Claim) { c.Area.Name = "Europe's best network" }, "claim: area.name: says “best”: it goes into the wording"},
		"boast in 中文":     {func(c *Claim) { c.Area.NameZH = "全覆盖的成都" }, "claim: area.name_zh: says “全覆盖”"},
		"share in name":   {func(c *Claim) { c.Area.Name = "99.9% of China" }, "claim: area.name: states a percentage"},
		"lines":           {func(c *Claim) { c.Area.Name = "the G4\nand more" }, "claim: area.name: has line breaks"},
		"complaints indoors": {func(c *Claim) {
			c.Metric, c.Denominator, c.Threshold, c.Conditions.Environment = ClaimComplaints, ClaimCustomers, 5, "indoor"
		}, "claim: conditions: complaints know no environment"},
		"years": {func(c *Claim) { c.Period.End = "2028-04-01" }, "claim: period: 2026-05-01 to 2028-04-01 is longer than a year"},
	} {
		claim := claimG4()
		c.change(&claim)
		err := claim.Validate()
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if err != nil && strings.Count(err.Error(), "\n") != 0 {
			t.Errorf("%s: more than one fault: %v", name, err)
		}
	}
	if err := claimG4().Validate(); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"Budapest", "the bestower's estate", "市第一人民医院", "Leadingham"} {
		c := claimG4()
		c.Area.Name = name
		if err := c.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := (Claim{}).Validate(); err == nil || strings.Count(err.Error(), "\n") < 5 {
		t.Errorf("an empty claim must name all its faults, not %v", err)
	}
}

func TestReadClaim(t *testing.T) {
	good := `{"id":"x","metric":"setup_success_ratio","denominator":"calls","threshold":0.98,
		"area":{"name":"Chengdu","region":"5101"},"period":{"start":"2026-05-01","end":"2026-05-31"},"conditions":{"rat":"any"}}`
	c, err := ReadClaim(strings.NewReader(good))
	if err != nil || c.Threshold != 0.98 || c.Area.Region != "5101" {
		t.Errorf("%+v, %v", c, err)
	}
	for name, text := range map[string]string{
		"unknown field": strings.Replace(good, `"id"`, `"name":"y","id"`, 1),
		"two claims":    good + good,
		"not a claim":   "[]",
		"faulty":        strings.Replace(good, "0.98", "98", 1),
	} {
		if _, err := ReadClaim(strings.NewReader(text)); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

// The table of smallest samples, through the whole engine.
func TestCheckClaimSmallestSamples(t *testing.T) {
	for share, samples := range map[float64][3]uint64{0.95: {59, 93, 208}, 0.98: {149, 236, 523}, 0.99: {299, 473, 1049}} {
		for i, failures := range []uint64{0, 1, 5} {
			c := claimG4()
			c.Denominator, c.Threshold = ClaimCustomers, 1-share
			for n, want := range map[uint64]ClaimVerdict{samples[i]: ClaimSupported, samples[i] - 1: ClaimUndecided} {
				ev := claimEvidence(t, c)
				ev.Customers = []CustomerUse{{Customers: n - failures, Attempts: 8}}
				if failures > 0 {
					ev.Customers = append(ev.Customers, CustomerUse{Customers: failures, Attempts: 8, Dropped: 2})
				}
				k := claimCheck(t, c, ev)
				if k.Verdict != want {
					t.Errorf("share %v, %d of %d fail: %s, want %s", share, failures, n, k.Verdict, want)
				}
				if want == ClaimUndecided && (k.Needed.Customers == nil || failures == 0 && *k.Needed.More != 1) {
					t.Errorf("share %v, %d of %d fail: needed %+v", share, failures, n, k.Needed)
				}
			}
		}
	}
}

func TestCheckClaimMetrics(t *testing.T) {
	customers := []CustomerUse{
		{Customers: 900, Attempts: 10},
		{Customers: 50, Attempts: 10, Dropped: 1},
		{Customers: 30, Attempts: 10, Perceived: 1, Complaints: 1},
		{Customers: 20, Attempts: 10, Blocked: 2},
		{Customers: 5}, // no calls
	}
	for _, c := range []struct {
		metric       ClaimMetric
		denominator  ClaimDenominator
		threshold    float64
		events, base float64
		value        float64
	}{
		{ClaimCutOff, ClaimCalls, 0.02, 50, 9960, 50. / 9960},
		{ClaimCutOff, ClaimCustomers, 0.2, 50, 1000, 0.05},
		{ClaimPerceived, ClaimCalls, 0.02, 80, 9960, 80. / 9960},
		{ClaimPerceived, ClaimCustomers, 0.2, 80, 1000, 0.08},
		{ClaimSetup, ClaimCalls, 0.9, 40, 10000, 0.996},
		{ClaimSetup, ClaimCustomers, 0.9, 20, 1000, 0.98},
		{ClaimComplaints, ClaimCustomers, 900, 30, 1005, 10000 * 30. / 1005},
	} {
		claim := claimG4()
		claim.Metric, claim.Denominator, claim.Threshold = c.metric, c.denominator, c.threshold
		ev := claimEvidence(t, claim)
		ev.Customers = customers
		k := claimCheck(t, claim, ev)
		f := k.Figures
		if k.Verdict != ClaimSupported || f.Events != c.events || f.Base != c.base || math.Abs(*f.Value-c.value) > 1e-12 {
			t.Errorf("%s of %s: %s, %v of %v, value %v", c.metric, c.denominator, k.Verdict, f.Events, f.Base, *f.Value)
		}
		if !(*f.Lower < *f.Value && *f.Value < *f.Upper) {
			t.Errorf("%s of %s: %v not between %v and %v", c.metric, c.denominator, *f.Value, *f.Lower, *f.Upper)
		}
		// Turned round, the claim is contradicted.
		switch c.metric {
		case ClaimSetup:
			claim.Threshold = 0.999
		case ClaimComplaints:
			claim.Threshold = 100
		default:
			claim.Threshold = 0.001
		}
		if k := claimCheck(t, claim, ev); k.Verdict != ClaimNotSupported || k.Wording.EN != "" || k.Wording.ZH != "" || k.Needed.More != nil {
			t.Errorf("%s of %s at %v: %s, wording %q, needed %+v", c.metric, c.denominator, claim.Threshold, k.Verdict, k.Wording.EN, k.Needed)
		}
	}
}

// Clusters make the same customers weaker evidence, and never stronger.
func TestCheckClaimClusters(t *testing.T) {
	c := claimG4()
	c.Denominator, c.Threshold = ClaimCustomers, 0.02
	alone, together := claimEvidence(t, c), claimEvidence(t, c)
	for i := range 300 {
		u := CustomerUse{Attempts: 5}
		alone.Customers = append(alone.Customers, u)
		u.Cluster = uint64(1 + i/10)
		together.Customers = append(together.Customers, u)
	}
	a, b := claimCheck(t, c, alone), claimCheck(t, c, together)
	if a.Verdict != ClaimSupported || b.Verdict != ClaimUndecided || b.Figures.Clusters != 30 {
		t.Errorf("alone %s, in clusters %s (%d)", a.Verdict, b.Verdict, b.Figures.Clusters)
	}
	// Thirty clusters of one fate are thirty independent customers.
	_, want := ClopperPearson(0, 30, 0.9)
	oracleNear(t, "upper bound of clusters", *b.Figures.Upper, want, 1e-7, 0)
	if got := *b.Needed.Customers; got < 1480 || got > 1490 { // 149 clusters of 10
		t.Errorf("needs %d customers, want about 1,490", got)
	}
}

func TestCheckClaimWithoutUse(t *testing.T) {
	c := claimG4()
	c.Denominator = ClaimCustomers
	k := claimCheck(t, c, claimEvidence(t, c))
	if k.Verdict != ClaimUndecided || k.Figures.Value != nil || *k.Needed.Customers != 299 || k.Wording.EN != "" {
		t.Errorf("%+v", k)
	}
	c.Denominator, c.Share, c.Threshold = ClaimArea, 0.9, 0.05
	ev := claimEvidence(t, c)
	ev.TotalSize = 12
	k = claimCheck(t, c, ev)
	if k.Verdict != ClaimUndecided || *k.Figures.UnknownShare != 1 || math.Abs(*k.Needed.Size-10.8) > 1e-9 {
		t.Errorf("%+v", k)
	}
}

func TestCheckClaimRefuses(t *testing.T) {
	c := claimG4()
	for name, change := range map[string]func(*ClaimEvidence){
		"other period":    func(ev *ClaimEvidence) { ev.Query.End = ev.Query.End.Add(time.Hour) },
		"other highway":   func(ev *ClaimEvidence) { ev.Query.Highways = []string{"G42"} },
		"other condition": func(ev *ClaimEvidence) { ev.Query.RAT = geo.RAT4G },
		"no version":      func(ev *ClaimEvidence) { ev.DataVersion = "" },
		"too many drops": func(ev *ClaimEvidence) {
			ev.Customers = []CustomerUse{{Attempts: 3, Blocked: 2, Dropped: 1, Perceived: 1}}
		},
		"too many blocked": func(ev *ClaimEvidence) { ev.Customers = []CustomerUse{{Attempts: 3, Blocked: 4}} },
		"bad unit":         func(ev *ClaimEvidence) { ev.Units = []UnitUse{{ID: "x", Size: 1, Customers: 3, SetUp: 4}} },
		"no size":          func(ev *ClaimEvidence) { ev.Units = []UnitUse{{ID: "x"}} },
	} {
		ev := claimEvidence(t, c)
		change(ev)
		if _, err := CheckClaim(c, ev); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	c.Denominator, c.Share = ClaimRoadKm, 0.9
	ev := claimEvidence(t, c)
	ev.Units, ev.TotalSize = []UnitUse{{ID: "x", Size: 2}}, 1
	if _, err := CheckClaim(c, ev); err == nil {
		t.Error("units larger than the whole were accepted")
	}
	c.Threshold = 3
	if _, err := CheckClaim(c, ev); err == nil {
		t.Error("a faulty claim was accepted")
	}
}

func TestClaimWording(t *testing.T) {
	c := claimG4()
	c.Conditions = ClaimConditions{Environment: "outdoor", RAT: "4g"}
	ev := claimEvidence(t, c)
	ev.Customers = []CustomerUse{{Customers: 12345, Attempts: 20}}
	ev.Unlocated = 1234
	k := claimCheck(t, c, ev)
	wantEN := "the G4: at least 99 % of our customers' connected calls were not cut off (highway G4; share of calls, not of area; outdoors only; 4G only; " +
		"all phones in use, not one model; cut off as logged by the network; 1 May 2026 to 31 May 2026; " +
		"12,345 customers, calls with a known place only, 95 % confidence; valid until 29 August 2026)."
	wantZH := "G4京港澳高速：我方客户至少99 %的通话未被中断（公路G4；按通话次数统计，非面积覆盖率；仅室外；仅4G；全部在网终端，非特定机型；" +
		"中断以网络记录为准；2026年5月1日至2026年5月31日；样本12,345户，仅含位置已知的通话，置信度95 %；有效期至2026年8月29日）。"
	if k.Wording.EN != wantEN || k.Wording.ZH != wantZH {
		t.Errorf("wording\n%s\n%s", k.Wording.EN, k.Wording.ZH)
	}
	if k.Expires != "2026-08-29" {
		t.Errorf("expires %s", k.Expires)
	}
	if want := "Measured 0 %. The one-sided 95 % upper bound, 0.0243 %, is at or below the claimed 1 %."; k.Reason.EN != want {
		t.Errorf("reason %q, want %q", k.Reason.EN, want)
	}
	notes := ""
	for _, n := range k.Notes {
		notes += n.EN + n.ZH
	}
	if !strings.Contains(notes, "independent") || !strings.Contains(notes, "1,234 calls") {
		t.Errorf("notes %q", notes)
	}
	c.Statement = "Never a dropped call 全覆盖"
	warned := 0
	for _, n := range claimCheck(t, c, ev).Notes {
		if strings.Contains(n.EN, "no sample can support") {
			warned++
		}
	}
	if warned != 2 {
		t.Errorf("%d warnings about absolute words, want 2", warned)
	}
}

// What nobody delivers is not proved by its absence, and days without data prove
// nothing: the figures meet the claim, and it is not supported all the same.
func TestCheckClaimDoubts(t *testing.T) {
	for _, c := range []struct {
		metric      ClaimMetric
		denominator ClaimDenominator
		threshold   float64
		reports     ClaimReports
		quiet       uint64
		want        string
	}{
		{ClaimCutOff, ClaimCalls, 0.01, ClaimReports{Blocked: 9, Redials: 9, Complaints: 9}, 0, "unreported"},
		{ClaimSetup, ClaimCalls, 0.99, ClaimReports{Dropped: 9, Redials: 9, Complaints: 9}, 0, "unreported"},
		{ClaimPerceived, ClaimCustomers, 0.01, ClaimReports{Dropped: 9, Blocked: 9, Complaints: 9}, 0, "unreported"},
		{ClaimComplaints, ClaimCustomers, 15, ClaimReports{Dropped: 9, Blocked: 9, Redials: 9}, 0, "unreported"},
		{ClaimCutOff, ClaimVenues, 0.01, ClaimReports{}, 0, "unreported"},
		{ClaimCutOff, ClaimCalls, 0.01, ClaimReports{Dropped: 1}, 4, "gaps"},
		{ClaimCutOff, ClaimCalls, 0.01, ClaimReports{Dropped: 1}, 3, ""},
	} {
		claim := claimG4()
		claim.Metric, claim.Denominator, claim.Threshold = c.metric, c.denominator, c.threshold
		if claim.inUnits() {
			claim.Share = 0.9
		}
		ev := claimEvidence(t, claim)
		if claim.inUnits() {
			ev.Units, ev.TotalSize = []UnitUse{{ID: "a", Size: 1, Customers: 9000, SetUp: 9000}}, 1
		} else {
			ev.Customers = []CustomerUse{{Customers: 90000, Attempts: 5}}
		}
		ev.Reports, ev.QuietDays = c.reports, c.quiet
		k := claimCheck(t, claim, ev)
		want := ClaimUndecided
		if c.want == "" {
			want = ClaimSupported
		}
		if k.Figures.Doubt != c.want || k.Verdict != want || (k.Wording.EN == "") != (c.want != "") || k.Needed.More != nil && c.want != "" {
			t.Errorf("%s of %s, %+v, %d quiet days: %s, doubt %q, wording %q", c.metric, c.denominator, c.reports, c.quiet, k.Verdict, k.Figures.Doubt, k.Wording.EN)
		}
		if c.want != "" && (!strings.HasPrefix(k.Reason.EN, "Measured ") || !strings.Contains(k.Reason.EN, "But ") || !strings.Contains(k.Needed.Text.EN, "Load ") || !strings.Contains(k.Reason.ZH, "但该时段")) {
			t.Errorf("%s: %q, %q", c.metric, k.Reason.EN, k.Needed.Text.EN)
		}
		if c.quiet == 3 && (!strings.Contains(k.Wording.EN, "to 31 May 2026 without 3 days that have no data") || !strings.Contains(k.Wording.ZH, "其中3天无数据")) {
			t.Errorf("quiet days are not in the wording: %s %s", k.Wording.EN, k.Wording.ZH)
		}
	}
}

// Words of the wish that promise something else than was checked are named.
func TestClaimStatementNotes(t *testing.T) {
	for statement, want := range map[string]string{
		"99 % of calls on the G4 do not drop": "",
		"1 % at most":                         "",
		"Budapest calls hold":                 "",
		"99.9 % of calls hold":                "says “99.9 %”, which is not what was checked",
		"99,5 percent of calls hold":          "says “99,5 percent”",
		"99% of the population can call":      "only our customers who were there were measured",
		"best in town":                        "“best”: no sample can support that",
		"G4覆盖率99%":                            "not radio coverage",
		"99 % of customers keep their calls":  "the claim is a share of calls",
		"99 % of indoor calls hold":           "“environment: indoor” is not set",
		"5G: 99 % of calls hold":              "“rat: 5g” is not set",
		"全市第一":                                "“第一”: no sample can support that",
	} {
		c := claimG4()
		c.Statement = statement
		q, err := c.Query()
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, n := range c.statement(q) {
			got += n.EN + "\n"
			if n.ZH == "" {
				t.Errorf("%q: no Chinese for %q", statement, n.EN)
			}
		}
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", statement, got, want)
		}
	}
	c := claimG4()
	c.Statement, c.Conditions.RAT, c.Conditions.Environment = "99 % of 5G calls hold indoors", "5g", "indoor"
	q, err := c.Query()
	if err != nil {
		t.Fatal(err)
	}
	if notes := c.statement(q); len(notes) != 0 {
		t.Errorf("what is set is noted: %+v", notes)
	}
}

// Every kind of claim that is supported has wording in both languages with all
// mandatory qualifiers, and every verdict has a reason and says what is needed.
func TestClaimTextsAreComplete(t *testing.T) {
	for _, metric := range []ClaimMetric{ClaimCutOff, ClaimSetup, ClaimPerceived, ClaimComplaints} {
		for _, denominator := range []ClaimDenominator{ClaimCalls, ClaimCustomers, ClaimArea, ClaimRoadKm, ClaimVenues} {
			for verdict, n := range map[ClaimVerdict]uint64{ClaimSupported: 100000, ClaimUndecided: 3, ClaimNotSupported: 100000} {
				c := claimG4()
				c.Metric, c.Denominator, c.Threshold, c.Area.Scene = metric, denominator, 0.05, "tunnel"
				if metric == ClaimSetup {
					c.Threshold = 0.95
				}
				if metric == ClaimComplaints {
					if denominator != ClaimCustomers {
						continue
					}
					c.Threshold = 20
				}
				if c.inUnits() {
					c.Share = 0.9
				}
				ev := claimEvidence(t, c)
				u := CustomerUse{Customers: n, Attempts: 10}
				unit := UnitUse{ID: "a", Size: 1, Customers: n, SetUp: n}
				if verdict == ClaimNotSupported {
					u.Blocked, u.Dropped, u.Complaints = 5, 3, 1
					unit.SetUp = n / 2
					unit.Blocked, unit.Dropped, unit.Felt = n/2, n/2, n/2
				}
				ev.Customers = []CustomerUse{u}
				if c.inUnits() {
					ev.Customers, ev.Units, ev.TotalSize = nil, []UnitUse{unit}, 1.05
				}
				k := claimCheck(t, c, ev)
				what := string(metric) + " of " + string(denominator) + " " + string(verdict)
				if k.Verdict != verdict {
					t.Errorf("%s: %s (%s)", what, k.Verdict, k.Reason.EN)
					continue
				}
				for _, text := range []string{k.Reason.EN, k.Reason.ZH, k.Needed.Text.EN, k.Needed.Text.ZH} {
					if text == "" || strings.Contains(text, "%!") {
						t.Errorf("%s: text %q", what, text)
					}
				}
				if verdict != ClaimSupported {
					if k.Wording != (ClaimText{}) {
						t.Errorf("%s: wording %q", what, k.Wording.EN)
					}
					continue
				}
				kinds := map[string]bool{}
				for _, q := range k.Qualifiers {
					kinds[q.Kind] = true
					if q.EN == "" || q.ZH == "" || !strings.Contains(k.Wording.EN, q.EN) || !strings.Contains(k.Wording.ZH, q.ZH) {
						t.Errorf("%s: qualifier %+v missing in %q", what, q, k.Wording.EN)
					}
				}
				for _, kind := range []string{"area", "basis", "environment", "network", "device", "period", "sample", "validity"} {
					if !kinds[kind] {
						t.Errorf("%s: no qualifier %q", what, kind)
					}
				}
				if c.inUnits() != kinds["unknown"] {
					t.Errorf("%s: unknown share said: %v", what, kinds["unknown"])
				}
				if s := c.sentence(); !strings.HasPrefix(k.Wording.EN, s.EN) || !strings.Contains(s.EN, "tunnels of the G4: ") || len(s.EN) < 40 || !strings.Contains(s.ZH, "隧道：") {
					t.Errorf("%s: sentence %+v", what, s)
				}
			}
		}
	}
}

// Measured shares must not be rounded to perfection.
func TestClaimRough(t *testing.T) {
	for _, c := range []struct {
		v       float64
		percent int
		want    string
	}{{0.99953, 1, "99.953 %"}, {0.9999996, 1, "99.99996 %"}, {1, 1, "100 %"}, {0.0123456, 1, "1.23 %"}, {0, 1, "0 %"}, {0.5, 1, "50 %"}, {12.345, 0, "12.3"}, {1234.5, 0, "1230"}, {0.00081, 0, "0.00081"}} {
		if got := claimRough(c.v, c.percent); got != c.want {
			t.Errorf("claimRough(%v, %d) = %q, want %q", c.v, c.percent, got, c.want)
		}
	}
}

func TestEvidencePack(t *testing.T) {
	c := claimG4()
	c.Statement = "<script>alert(1)</script>"
	ev := claimEvidence(t, c)
	ev.Customers = []CustomerUse{{Customers: 500, Attempts: 20}, {Attempts: 7, Dropped: 1}, {Attempts: 9, Perceived: 1}}
	created := time.Date(2026, 6, 2, 9, 30, 0, 0, time.FixedZone("", 8*3600))
	pack, err := NewEvidencePack(c, ev, created)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := pack.WriteJSON(&text); err != nil {
		t.Fatal(err)
	}
	read, err := ReadEvidencePack(bytes.NewReader(text.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if read.Hash != pack.Hash || !read.Created.Equal(created) {
		t.Errorf("read back %+v", read)
	}

	// The order of the customers does not matter, any figure does.
	reordered := *ev
	reordered.Customers = []CustomerUse{ev.Customers[2], ev.Customers[0], ev.Customers[1]}
	if same, err := NewEvidencePack(c, &reordered, created); err != nil || same.Hash != pack.Hash {
		t.Errorf("another order gives another hash (%v)", err)
	}
	for name, change := range map[string]func(*Claim, *ClaimEvidence){
		"data version": func(c *Claim, ev *ClaimEvidence) { ev.DataVersion = "v8" },
		"figure":       func(c *Claim, ev *ClaimEvidence) { ev.Customers = append(ev.Customers, CustomerUse{Attempts: 1}) },
		"threshold":    func(c *Claim, ev *ClaimEvidence) { c.Threshold = 0.011 },
		"confidence":   func(c *Claim, ev *ClaimEvidence) { c.Confidence = 0.99 },
	} {
		claim, evidence := c, *ev
		evidence.Customers = append([]CustomerUse(nil), ev.Customers...)
		change(&claim, &evidence)
		other, err := NewEvidencePack(claim, &evidence, created)
		if err != nil {
			t.Fatal(err)
		}
		if other.Inputs == pack.Inputs || other.Hash == pack.Hash {
			t.Errorf("another %s gives the same hash", name)
		}
	}
	later, err := NewEvidencePack(c, ev, created.Add(time.Hour))
	if err != nil || later.Inputs != pack.Inputs || later.Hash == pack.Hash {
		t.Errorf("an hour later: inputs %s, hash %s (%v)", later.Inputs, later.Hash, err)
	}

	// Any change to the file is found.
	for _, change := range [][2]string{{`"verdict": "supported"`, `"verdict": "not_supported"`}, {`"customers": 502`, `"customers": 5020`}, {"2026-06-02T01:30:00Z", "2026-06-03T01:30:00Z"}, {`"expires": "2026-08-29"`, `"expires": "2027-08-29"`}} {
		if !strings.Contains(text.String(), change[0]) {
			t.Fatalf("%s is not in the pack:\n%s", change[0], text.String())
		}
		if _, err := ReadEvidencePack(strings.NewReader(strings.Replace(text.String(), change[0], change[1], 1))); err == nil {
			t.Errorf("%s was changed to %s unseen", change[0], change[1])
		}
	}
	if _, err := ReadEvidencePack(strings.NewReader(strings.Replace(text.String(), `"created"`, `"extra": 1, "created"`, 1))); err == nil {
		t.Error("an unknown field was accepted")
	}

	// One thing for people and another for programs: two values under one name, or
	// something after the end, although what Go reads is what was sealed.
	for name, forged := range map[string]string{
		"two verdicts":   strings.Replace(text.String(), `"verdict": "supported"`, `"verdict": "not_supported", "verdict": "supported"`, 1),
		"another letter": strings.Replace(text.String(), `"verdict": "supported"`, `"Verdict": "not_supported", "verdict": "supported"`, 1),
		"after the end":  text.String() + `{"verdict": "supported"}`,
		"spaces only":    strings.ReplaceAll(text.String(), "\n", " \n"),
		"in one line":    strings.ReplaceAll(strings.ReplaceAll(text.String(), "\n", ""), "  ", ""),
	} {
		_, err := ReadEvidencePack(strings.NewReader(forged))
		if honest := name == "spaces only" || name == "in one line"; (err == nil) != honest {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A verdict that the figures do not bear, sealed anew.
	bold := *pack
	upper := 0.02
	bold.Check.Figures.Upper = &upper
	if bold.Hash, err = bold.seal(); err != nil {
		t.Fatal(err)
	}
	if err := bold.Verify(); err == nil || !strings.Contains(err.Error(), "contradicts the figures") {
		t.Errorf("a verdict against its figures: %v", err)
	}

	// The clock: not before the period is over, no wording after it expired.
	if _, err := NewEvidencePack(c, ev, time.Date(2026, 5, 31, 15, 59, 59, 0, time.UTC)); err == nil || !strings.Contains(err.Error(), "claim: period.end: 2026-05-31 is not over yet") {
		t.Errorf("a period that is not over: %v", err)
	}
	late, err := NewEvidencePack(c, ev, time.Date(2026, 8, 29, 16, 0, 0, 0, time.UTC))
	if err != nil || late.Check.Wording != (ClaimText{}) || late.Check.Verdict != ClaimSupported || late.Verify() != nil {
		t.Errorf("an expired pack: %+v, %v", late.Check.Wording, err)
	}

	if pack.Expired(time.Date(2026, 8, 29, 23, 0, 0, 0, time.UTC)) || !pack.Expired(time.Date(2026, 8, 30, 0, 0, 0, 0, time.UTC)) {
		t.Error("the wording must expire after 29 August 2026")
	}

	var page strings.Builder
	if err := pack.WriteHTML(&page); err != nil {
		t.Fatal(err)
	}
	html := page.String()
	for _, want := range []string{pack.Hash, pack.Inputs, "Supported", "许可用语", "v7", "valid until 29 August 2026", "&lt;script&gt;"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, unwanted := range []string{"<script", "http:", "https:", "src=", "<no value>", "ZgotmplZ"} {
		if strings.Contains(html, unwanted) {
			t.Errorf("the page has %q", unwanted)
		}
	}
}

// Packs of every verdict and denominator can be written and read.
func TestEvidencePackWithoutFigures(t *testing.T) {
	for _, denominator := range []ClaimDenominator{ClaimCalls, ClaimVenues} {
		c := claimG4()
		c.Denominator = denominator
		if c.inUnits() {
			c.Share = 0.9
		}
		pack, err := NewEvidencePack(c, claimEvidence(t, c), time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))
		if err != nil {
			t.Fatal(err)
		}
		var text, page bytes.Buffer
		if err := pack.WriteJSON(&text); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadEvidencePack(&text); err != nil {
			t.Error(err)
		}
		if err := pack.WriteHTML(&page); err != nil || !strings.Contains(page.String(), "must not be made") {
			t.Errorf("page: %v", err)
		}
	}
}

// A claim on area that is false by a hair is supported in at most 5 % of the
// cases, although the same customers use several cells.
func TestClaimFalseShare(t *testing.T) {
	c := claimG4()
	c.Denominator, c.Share, c.Threshold = ClaimArea, 0.95, 0.05
	r := rand.New(rand.NewPCG(5, 6))
	const cases, cells = 300, 200
	for _, w := range []struct {
		name               string
		failing            float64 // share of the cells with more than 5 % hurt customers
		good, bad          float64
		customers, unknown int
		alike              bool // all cells of a case share their luck
		least, most        float64
	}{
		{"false by a hair", 0.055, 0.005, 0.0501, 300, 0, false, 0, 0.05},
		{"false by a hair, some without use", 0.035, 0.005, 0.0501, 300, 4, false, 0, 0.05},
		{"false by a hair, luck shared", 0.055, 0.005, 0.0501, 300, 0, true, 0, 0.05},
		{"a single failing cell too many, few customers", 0.055, 0.02, 0.0501, 60, 0, false, 0, 0.05},
		{"true", 0.01, 0.005, 0.2, 300, 2, false, 0.9, 1},
	} {
		supported := 0
		for range cases {
			ev := claimEvidence(t, c)
			ev.TotalSize = cells
			luck := r.Uint64()
			for i := range cells - w.unknown {
				source := r
				if w.alike {
					source = rand.New(rand.NewPCG(luck, 1))
				}
				p := w.good
				if float64(i) < w.failing*cells {
					p = w.bad
				}
				n := uint64(w.customers)
				hurt := uint64(claimBinomial(source, float64(n), p))
				ev.Units = append(ev.Units, UnitUse{Size: 1, Customers: n, SetUp: n, Dropped: hurt, Felt: hurt})
			}
			if claimCheck(t, c, ev).Verdict == ClaimSupported {
				supported++
			}
		}
		share := float64(supported) / cases
		t.Logf("%s: supported in %.1f %%", w.name, 100*share)
		if share < w.least || share > w.most {
			t.Errorf("%s: supported in %.1f %%, want %v to %v", w.name, 100*share, w.least, w.most)
		}
	}
}

func TestClaimShareBounds(t *testing.T) {
	c := claimG4()
	c.Denominator, c.Share, c.Threshold = ClaimVenues, 0.8, 0.05
	ev := claimEvidence(t, c)
	ev.TotalSize = 20
	for range 15 {
		ev.Units = append(ev.Units, UnitUse{Size: 1, Customers: 1000, SetUp: 1000})
	}
	for range 3 {
		ev.Units = append(ev.Units, UnitUse{Size: 1, Customers: 1000, SetUp: 1000, Dropped: 200, Felt: 200})
	}
	k := claimCheck(t, c, ev)
	f := k.Figures
	// 15 of 20 meet it for sure; three fail for sure; two are unknown.
	if *f.Value != 0.75 || math.Abs(*f.Upper-0.85) > 1e-12 || math.Abs(*f.UnknownShare-0.1) > 1e-12 || !(*f.Lower > 0.7 && *f.Lower <= 0.75) {
		t.Errorf("value %v, bounds %v and %v, unknown %v", *f.Value, *f.Lower, *f.Upper, *f.UnknownShare)
	}
	if k.Verdict != ClaimUndecided {
		t.Errorf("%s", k.Verdict)
	}
	c.Share = 0.9
	if k := claimCheck(t, c, ev); k.Verdict != ClaimNotSupported {
		t.Errorf("90 %%: %s", k.Verdict)
	}
	c.Share = 0.7
	if k := claimCheck(t, c, ev); k.Verdict != ClaimSupported {
		t.Errorf("70 %%: %s (%s)", k.Verdict, k.Reason.EN)
	}
	// More of the same customers are needed where the cells have few.
	for i := range ev.Units {
		ev.Units[i].Customers, ev.Units[i].SetUp = 20, 20
		ev.Units[i].Dropped, ev.Units[i].Felt = ev.Units[i].Dropped/50, ev.Units[i].Felt/50
	}
	k = claimCheck(t, c, ev)
	if k.Verdict != ClaimUndecided || k.Needed.More == nil || *k.Needed.Size != 0 {
		t.Fatalf("few customers: %s, %+v", k.Verdict, k.Needed)
	}
	times := float64(*k.Needed.Customers) / 360
	for i := range ev.Units {
		u := &ev.Units[i]
		u.Customers = uint64(math.Ceil(float64(u.Customers) * times))
		u.SetUp = u.Customers
		u.Dropped = uint64(float64(u.Dropped) * times)
		u.Felt = u.Dropped
	}
	if k := claimCheck(t, c, ev); k.Verdict != ClaimSupported {
		t.Errorf("%v times the customers: %s (%s)", times, k.Verdict, k.Reason.EN)
	}
}

func TestClaimCheckJSONHasNoGaps(t *testing.T) {
	c := claimG4()
	text, err := json.Marshal(claimCheck(t, c, claimEvidence(t, c)))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"value":null`, `"notes":[]`, `"verdict":"undecided"`, `"expires":"2026-08-29"`} {
		if !bytes.Contains(text, []byte(want)) {
			t.Errorf("%s not in %s", want, text)
		}
	}
}

// A sample of a million customers in clusters is checked in well under a second.
func BenchmarkCheckClaim(b *testing.B) {
	c := claimG4()
	q, err := c.Query()
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	for name, clusters := range map[string]int{"independent": 0, "clusters=5000": 5000} {
		ev := &ClaimEvidence{Query: q, DataVersion: "v"}
		for range 1000000 {
			u := CustomerUse{Attempts: uint32(claimSize(r, 15, 1))}
			u.Dropped = uint32(claimBinomial(r, float64(u.Attempts), 0.008))
			if clusters > 0 {
				u.Cluster = 1 + r.Uint64N(uint64(clusters))
			}
			ev.Customers = append(ev.Customers, u)
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := CheckClaim(c, ev); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
