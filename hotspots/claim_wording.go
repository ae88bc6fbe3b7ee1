package hotspots

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/hotcell/hotcell/geo"
)

// ClaimQualifier is something that must be said with the wording.
type ClaimQualifier struct {
	Kind string `json:"kind"` // area, basis, environment, network, device, measure, period, sample, unknown, validity
	EN   string `json:"en"`
	ZH   string `json:"zh"`
}

// write fills the texts of a check.
func (k *ClaimCheck) write(q ClaimQuery) {
	k.Qualifiers = k.qualifiers(q)
	k.Reason = k.reason()
	k.Needed.Text = k.needed()
	k.Notes = k.notes(q)
	if k.Verdict != ClaimSupported {
		return
	}
	var en, zh []string
	for _, x := range k.Qualifiers {
		en, zh = append(en, x.EN), append(zh, x.ZH)
	}
	s := k.Claim.sentence()
	k.Wording = ClaimText{
		EN: s.EN + " (" + strings.Join(en, "; ") + ").",
		ZH: s.ZH + "（" + strings.Join(zh, "；") + "）。",
	}
}

// sentence is the claim in plain words, without its qualifiers.
func (c Claim) sentence() ClaimText {
	good := claimPercent(1 - c.failing())
	bad := claimPercent(c.failing())
	en, zh := c.Area.Name, c.Area.NameZH
	if zh == "" {
		zh = en
	}
	if scene, ok := claimScenes[strings.ToLower(claimAny(c.Area.Scene))]; ok {
		en, zh = scene.EN+" of "+en, zh+scene.ZH
	}
	var text ClaimText
	switch {
	case c.Metric == ClaimComplaints:
		n := claimNumber(c.Threshold)
		text = ClaimText{"at most " + n + " complaints per 10,000 of our customers", "我方客户每万户投诉不超过" + n + "件"}
	case c.inUnits():
		share := claimPercent(c.Share)
		of := map[ClaimDenominator]ClaimText{
			ClaimArea:   {"on at least " + share + " of the area", "至少" + share + "的面积上"},
			ClaimRoadKm: {"on at least " + share + " of the road length", "至少" + share + "的道路里程上"},
			ClaimVenues: {"in at least " + share + " of the venues", "至少" + share + "的场所内"},
		}[c.Denominator]
		had := map[ClaimMetric]ClaimText{
			ClaimCutOff:    {"had a call cut off", "遇到过通话被中断"},
			ClaimSetup:     {"had a call that was not set up", "遇到过呼叫未接通"},
			ClaimPerceived: {"felt a call drop", "感知到掉话"},
		}[c.Metric]
		text = ClaimText{
			of.EN + " at most " + bad + " of our customers who used it " + had.EN,
			of.ZH + "，使用过的我方客户中不超过" + bad + had.ZH,
		}
	case c.Denominator == ClaimCustomers:
		text = map[ClaimMetric]ClaimText{
			ClaimCutOff:    {"at least " + good + " of our customers who made calls had no call cut off", "至少" + good + "的我方通话客户未遇到通话被中断"},
			ClaimSetup:     {"at least " + good + " of our customers who made calls had every call set up", "至少" + good + "的我方呼叫客户每次呼叫均接通"},
			ClaimPerceived: {"at least " + good + " of our customers who made calls felt no call drop", "至少" + good + "的我方通话客户未感知到掉话"},
		}[c.Metric]
	default:
		text = map[ClaimMetric]ClaimText{
			ClaimCutOff:    {"at least " + good + " of our customers' connected calls were not cut off", "我方客户至少" + good + "的通话未被中断"},
			ClaimSetup:     {"at least " + good + " of our customers' call attempts were set up", "我方客户至少" + good + "的呼叫成功接通"},
			ClaimPerceived: {"at least " + good + " of our customers' connected calls did not feel dropped", "我方客户至少" + good + "的通话未被感知为掉话"},
		}[c.Metric]
	}
	// "the G4: …" needs no preposition, whatever the area is called.
	return ClaimText{en + ": " + text.EN, zh + "：" + text.ZH}
}

var claimScenes = map[string]ClaimText{
	"office_tower": {"the office towers", "写字楼"}, "lift": {"the lifts", "电梯"}, "hotel": {"the hotels", "酒店"},
	"mall": {"the malls", "商场"}, "basement": {"the basements", "地下室"}, "highway": {"the highways", "高速公路"},
	"tourist_site": {"the tourist sites", "景区"}, "residential": {"the residential areas", "住宅区"},
	"hospital": {"the hospitals", "医院"}, "campus": {"the campuses", "校园"}, "transit": {"the stations", "交通枢纽"},
	"tunnel": {"the tunnels", "隧道"}, "rural": {"the rural areas", "农村"}, "other": {"other places", "其他场所"},
}

// qualifiers lists what must be said with the claim, in a fixed order.
func (k *ClaimCheck) qualifiers(q ClaimQuery) []ClaimQualifier {
	c := k.Claim
	basis := map[ClaimDenominator]ClaimText{
		ClaimCalls:     {"share of calls, not of area", "按通话次数统计，非面积覆盖率"},
		ClaimCustomers: {"share of customers, not of calls or area", "按客户人数统计，非通话次数或面积"},
		ClaimArea:      {"share of area, not of people", "按面积统计，非人口覆盖率"},
		ClaimRoadKm:    {"share of road length, not of people", "按道路里程统计，非人口覆盖率"},
		ClaimVenues:    {"share of venues, not of people or floor area", "按场所数量统计，非人口或建筑面积"},
	}[c.Denominator]
	if c.Metric == ClaimComplaints {
		basis = ClaimText{"complaints received; their absence does not show coverage", "按受理投诉量统计，不代表网络覆盖"}
	}
	environment := map[geo.Indoor]ClaimText{
		geo.IndoorUnknown: {"outdoors and indoors together", "室内外合计"},
		geo.Outside:       {"outdoors only", "仅室外"},
		geo.Inside:        {"indoors only", "仅室内"},
		geo.Travelling:    {"while travelling only", "仅移动途中"},
	}[q.Indoor]
	network := ClaimText{"2G to 5G together", "2G至5G合计"}
	if q.RAT != geo.RATUnknown {
		rat := strings.ToUpper(q.RAT.String())
		network = ClaimText{rat + " only", "仅" + rat}
	}
	if q.Operator != "" {
		network = ClaimText{network.EN + ", network of " + q.Operator, network.ZH + "，" + q.Operator + "网络"}
	}
	out := []ClaimQualifier{
		{"area", k.Where.EN, k.Where.ZH},
		{"basis", basis.EN, basis.ZH},
		{"environment", environment.EN, environment.ZH},
		{"network", network.EN, network.ZH},
		{"device", "all phones in use, not one model", "全部在网终端，非特定机型"},
	}
	if how, ok := claimHow[c.Metric]; ok {
		out = append(out, ClaimQualifier{"measure", how.EN, how.ZH})
	}
	out = append(out, k.period(), k.sample())
	if u := k.Figures.UnknownShare; u != nil {
		out = append(out, ClaimQualifier{"unknown",
			claimRough(*u, 1) + " without use counts as not meeting it", "无使用记录的" + claimRough(*u, 1) + "按未达标计"})
	}
	expires := claimDate(k.Expires)
	return append(out, ClaimQualifier{"validity", "valid until " + expires.EN, "有效期至" + expires.ZH})
}

// claimHow says how a metric is known, where the words alone promise more.
var claimHow = map[ClaimMetric]ClaimText{
	ClaimCutOff:    {"cut off as logged by the network", "中断以网络记录为准"},
	ClaimPerceived: {"call drops felt are inferred from redials within 120 s and from runs of short calls", "感知掉话由120秒内重拨和连续短通话推断"},
}

// period is the time the claim is about, with the days of it nothing is known of.
func (k *ClaimCheck) period() ClaimQualifier {
	start, end := claimDate(k.Claim.Period.Start), claimDate(k.Claim.Period.End)
	out := ClaimQualifier{"period", start.EN + " to " + end.EN, start.ZH + "至" + end.ZH}
	if start == end {
		out.EN, out.ZH = start.EN, start.ZH
	}
	if n := k.Figures.QuietDays; n > 0 {
		out.EN += fmt.Sprintf(" without %s", claimDays(n))
		out.ZH += fmt.Sprintf("（其中%s天无数据）", claimCount(n))
	}
	return out
}

func claimDays(n uint64) string {
	if n == 1 {
		return "1 day that has no data"
	}
	return claimCount(n) + " days that have no data"
}

// sample is how much evidence there was, and what of the use could not be counted.
func (k *ClaimCheck) sample() ClaimQualifier {
	f := k.Figures
	n, confidence := claimCount(f.Customers), claimPercent(f.Confidence)
	out := ClaimQualifier{"sample", n + " customers", "样本" + n + "户"}
	if k.Claim.inUnits() {
		out.EN = n + " customers summed over " + k.unitCount().EN
		out.ZH = k.unitCount().ZH + "累计样本" + n + "户"
	}
	if f.Unlocated > 0 {
		out.EN += ", calls with a known place only"
		out.ZH += "，仅含位置已知的通话"
	}
	out.EN += ", " + confidence + " confidence"
	out.ZH += "，置信度" + confidence
	return out
}

func (k *ClaimCheck) unitCount() ClaimText {
	n := claimCount(uint64(k.Figures.Units))
	return map[ClaimDenominator]ClaimText{
		ClaimArea:   {n + " map cells", n + "个网格"},
		ClaimRoadKm: {n + " road kilometres", n + "公里路段"},
		ClaimVenues: {n + " venues", n + "个场所"},
	}[k.Claim.Denominator]
}

// reason says why the verdict is what it is.
func (k *ClaimCheck) reason() ClaimText {
	f := k.Figures
	if f.Value == nil {
		return ClaimText{"There is no use in this area, period and condition.", "该区域、时段和条件下没有使用记录。"}
	}
	show := k.show
	claimed, atLeast := k.Claim.Threshold, k.Claim.Metric == ClaimSetup
	if k.Claim.inUnits() {
		claimed, atLeast = k.Claim.Share, true
	}
	// The bound that decides is the unfavourable one for support, the favourable
	// one against it.
	bad, good := *f.Upper, *f.Lower
	badEN, goodEN, badZH, goodZH := "upper", "lower", "上限", "下限"
	meets, fails, meetsZH, failsZH := "at or below", "above", "不高于", "高于"
	if atLeast {
		bad, good = good, bad
		badEN, goodEN, badZH, goodZH = goodEN, badEN, goodZH, badZH
		meets, fails, meetsZH, failsZH = "at or above", "below", "不低于", "低于"
	}
	confidence := claimPercent(f.Confidence)
	measured := ClaimText{"Measured " + show(*f.Value) + ". ", "实测" + show(*f.Value) + "。"}
	switch k.Verdict {
	case ClaimSupported:
		return ClaimText{
			fmt.Sprintf("%sThe one-sided %s %s bound, %s, is %s the claimed %s.", measured.EN, confidence, badEN, show(bad), meets, show(claimed)),
			fmt.Sprintf("%s单侧%s置信%s%s，%s声称的%s。", measured.ZH, confidence, badZH, show(bad), meetsZH, show(claimed))}
	case ClaimNotSupported:
		return ClaimText{
			fmt.Sprintf("%sEven the one-sided %s %s bound, %s, is %s the claimed %s.", measured.EN, confidence, goodEN, show(good), fails, show(claimed)),
			fmt.Sprintf("%s即使单侧%s置信%s%s也%s声称的%s。", measured.ZH, confidence, goodZH, show(good), failsZH, show(claimed))}
	}
	if doubt, ok := claimDoubts[f.Doubt]; ok {
		return ClaimText{measured.EN + doubt.why.EN, measured.ZH + doubt.why.ZH}
	}
	return ClaimText{
		fmt.Sprintf("%sThe claimed %s lies between the one-sided %s bounds, %s and %s.", measured.EN, show(claimed), confidence, show(*f.Lower), show(*f.Upper)),
		fmt.Sprintf("%s声称的%s介于单侧%s置信上下限%s与%s之间。", measured.ZH, show(claimed), confidence, show(*f.Lower), show(*f.Upper))}
}

// claimDoubts are the reasons not to believe figures that meet the claim, and
// what to do about them.
var claimDoubts = map[string]struct{ why, do ClaimText }{
	"unreported": {
		ClaimText{"But the period's data have not one bad experience of this kind, in any place: most likely nobody delivers them.",
			"但该时段所有数据中没有一条此类不良记录，很可能相关数据并未提供。"},
		ClaimText{"Load what reports them (dropped calls, blocked attempts, peer_id for redials, complaints) for this period.",
			"请加载该时段的相关数据（掉话、呼叫失败、识别重拨所需的peer_id、投诉）。"}},
	"gaps": {
		ClaimText{"But more than a tenth of the period's days have no call at all: nothing is known of them.",
			"但该时段超过十分之一的日子没有任何通话记录，情况未知。"},
		ClaimText{"Load the missing days, or claim only the days there are.", "请补齐缺失日期的数据，或仅就有数据的日期作出声称。"}},
}

// needed says what more evidence it takes.
func (k *ClaimCheck) needed() ClaimText {
	n := k.Needed
	if doubt, ok := claimDoubts[k.Figures.Doubt]; ok {
		return doubt.do
	}
	var en, zh []string
	if n.Size != nil && *n.Size > 0 {
		unit := map[ClaimDenominator]ClaimText{ClaimArea: {"km²", "平方公里"}, ClaimRoadKm: {"km", "公里"}, ClaimVenues: {"venues", "个场所"}}[k.Claim.Denominator]
		en = append(en, fmt.Sprintf("At least %s %s without use must be measured first.", claimUp(*n.Size), unit.EN))
		zh = append(zh, fmt.Sprintf("须先取得至少%s%s无使用记录区域的数据。", claimUp(*n.Size), unit.ZH))
	}
	switch {
	case k.Verdict == ClaimSupported:
		return ClaimText{"The sample is large enough.", "样本已足够。"}
	case n.Customers != nil && k.Figures.Value == nil:
		en = append(en, fmt.Sprintf("At least %s customers, none of them with a bad experience, are needed.", claimCount(*n.Customers)))
		zh = append(zh, fmt.Sprintf("至少需要%s户客户且均无不良体验。", claimCount(*n.Customers)))
	case n.More != nil:
		en = append(en, fmt.Sprintf("If rates stay as measured, about %s more customers (%s in all) would do.", claimCount(*n.More), claimCount(*n.Customers)))
		zh = append(zh, fmt.Sprintf("若水平不变，约需再增加%s户（共%s户）。", claimCount(*n.More), claimCount(*n.Customers)))
		if c := k.Figures.Clusters; c > 0 && k.Figures.Customers > 0 {
			more := claimCount(uint64(math.Ceil(float64(c) * float64(*n.More) / float64(k.Figures.Customers))))
			en = append(en, fmt.Sprintf("They must come from about %s more places (clusters): more customers of the same places do not narrow the bound.", more))
			zh = append(zh, fmt.Sprintf("须来自约%s个新增地点（聚类）：同一地点的更多客户不会收窄置信界。", more))
		}
	case len(en) == 0:
		return ClaimText{"More of the same evidence would not support the claim: what was measured does not meet it.", "同类数据再多也不能支持该声称：实测水平未达到。"}
	}
	return ClaimText{strings.Join(en, " "), strings.Join(zh, "")}
}

// notes says what a reader must know beside the figures.
func (k *ClaimCheck) notes(q ClaimQuery) []ClaimText {
	notes := []ClaimText{}
	f := k.Figures
	if !k.Claim.inUnits() && f.Clusters == 0 && f.Value != nil {
		notes = append(notes, ClaimText{"Customers were taken as independent of each other; no clusters were given.", "假定客户相互独立；未提供客户聚类。"})
	}
	if k.Claim.inUnits() {
		notes = append(notes, ClaimText{"Cells, kilometres or venues without use count as unknown, never as good.", "无使用记录的网格、路段或场所按未知处理，不计为达标。"})
	}
	if f.Unlocated > 0 {
		notes = append(notes, ClaimText{
			fmt.Sprintf("%s calls of the period could not be located and are not in the figures.", claimCount(f.Unlocated)),
			fmt.Sprintf("该时段有%s次通话无法定位，未计入。", claimCount(f.Unlocated))})
	}
	if f.QuietDays > 0 {
		notes = append(notes, ClaimText{
			fmt.Sprintf("%s days of the period have no call at all: nothing is known of them. Were all files loaded?", claimCount(f.QuietDays)),
			fmt.Sprintf("该时段有%s天没有任何通话记录，情况未知。请核对数据是否全部入库。", claimCount(f.QuietDays))})
	}
	return append(notes, k.Claim.statement(q)...)
}

// show writes a figure of the check in its unit.
func (k *ClaimCheck) show(v float64) string {
	if k.Claim.Metric == ClaimComplaints && !k.Claim.inUnits() {
		return claimRough(v, 0)
	}
	return claimRough(v, 1)
}

// claimPercent writes a stated share exactly: 0.995 is "99.5 %".
func claimPercent(share float64) string {
	return claimNumber(100*share) + " %"
}

// claimNumber writes a stated number without binary noise.
func claimNumber(v float64) string {
	return strconv.FormatFloat(math.Round(v*1e9)/1e9, 'f', -1, 64)
}

// claimRough writes a measured number with three significant digits. A share
// (percent 1) is written as a percentage, its digits counted from the nearer end
// of the scale: 0.99953 is "99.953 %", never "100 %".
func claimRough(v float64, percent int) string {
	if percent == 0 {
		return claimNumber(claimDigits(v))
	}
	if v > 0.5 && v < 1 {
		return claimNumber(100-claimDigits(100*(1-v))) + " %"
	}
	return claimNumber(claimDigits(100*v)) + " %"
}

// claimDigits rounds to three significant digits.
func claimDigits(v float64) float64 {
	if v == 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		return v
	}
	scale := math.Pow(10, 2-math.Floor(math.Log10(math.Abs(v))))
	return math.Round(v*scale) / scale
}

// claimUp writes a size rounded up to two places.
func claimUp(v float64) string {
	return strconv.FormatFloat(math.Ceil(v*100)/100, 'f', -1, 64)
}

// claimCount writes 12345 as 12,345.
func claimCount(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// claimDate writes 2026-05-31 as "31 May 2026" and "2026年5月31日".
func claimDate(text string) ClaimText {
	t, err := time.Parse("2006-01-02", text)
	if err != nil {
		return ClaimText{text, text}
	}
	return ClaimText{t.Format("2 January 2006"), t.Format("2006年1月2日")}
}
