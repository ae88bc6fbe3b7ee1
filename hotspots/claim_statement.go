package hotspots

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hotcell/hotcell/geo"
)

// claimAbsolutes promise or compare what no sample of one network can show.
// Latin words count whole ("best", not "Budapest").
var claimAbsolutes = []string{
	"100 %", "100%", "never", "always", "everywhere", "anywhere", "perfect", "flawless", "guaranteed", "best", "fastest", "better than", "leading", "no. 1", "number one",
	"绝不", "永不", "从不", "零掉话", "全覆盖", "无死角", "最好", "最佳", "最快", "领先", "优于", "百分之百",
}

// claimFirst is an absolute in a statement, and part of many a place's name ("第一医院").
const claimFirst = "第一"

// claimPercentages finds what a text says in per cent.
var claimPercentages = regexp.MustCompile(`(?i)([0-9]+(?:[.,][0-9]+)?)\s*(?:%|％|‰|per ?cent)`)

// claimNameLongest is the longest name of an area, in characters.
const claimNameLongest = 120

// claimNameFault says what of an area's name is more than a name; "" is nothing.
func claimNameFault(name string) string {
	for _, word := range claimAbsolutes {
		if claimSays(name, word) {
			return fmt.Sprintf("says “%s”", word)
		}
	}
	switch {
	case claimPercentages.MatchString(name) || strings.ContainsAny(name, "%％‰"):
		return "states a percentage"
	case strings.ContainsFunc(name, unicode.IsControl):
		return "has line breaks or control characters"
	case utf8.RuneCountInString(name) > claimNameLongest:
		return fmt.Sprintf("is longer than %d characters", claimNameLongest)
	}
	return ""
}

// claimSays tells whether a text says a word: Latin words count whole.
func claimSays(text, word string) bool {
	text = strings.ToLower(text)
	for at := 0; ; {
		i := strings.Index(text[at:], word)
		if i < 0 {
			return false
		}
		start, end := at+i, at+i+len(word)
		before, _ := utf8.DecodeLastRuneInString(text[:start])
		after, _ := utf8.DecodeRuneInString(text[end:])
		first, _ := utf8.DecodeRuneInString(word)
		last, _ := utf8.DecodeLastRuneInString(word)
		if !(claimLatin(first) && claimLatin(before)) && !(claimLatin(last) && claimLatin(after)) {
			return true
		}
		at = start + utf8.RuneLen(first)
	}
}

func claimLatin(r rune) bool {
	return r < 0x250 && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// statement says where the words marketing wishes for promise something else
// than what was checked.
func (c Claim) statement(q ClaimQuery) []ClaimText {
	var notes []ClaimText
	for _, word := range append(claimAbsolutes[:len(claimAbsolutes):len(claimAbsolutes)], claimFirst) {
		if claimSays(c.Statement, word) {
			notes = append(notes, ClaimText{
				fmt.Sprintf("The statement says “%s”: no sample can support that. Use the permitted wording.", word),
				fmt.Sprintf("原文含“%s”：任何样本都不能支持，请使用许可用语。", word)})
		}
	}
	for _, m := range claimPercentages.FindAllStringSubmatch(c.Statement, -1) {
		v, err := strconv.ParseFloat(strings.Replace(m[1], ",", ".", 1), 64)
		if err != nil || v == 100 || c.states(v) {
			continue
		}
		notes = append(notes, ClaimText{
			fmt.Sprintf("The statement says “%s”, which is not what was checked.", m[0]),
			fmt.Sprintf("原文称“%s”，与核查内容不符。", m[0])})
	}
	for _, w := range claimWords {
		for _, word := range w.words {
			if claimSays(c.Statement, word) && !w.fits(c, q) {
				notes = append(notes, ClaimText{
					fmt.Sprintf("The statement says “%s”: %s.", word, w.but.EN),
					fmt.Sprintf("原文含“%s”：%s。", word, w.but.ZH)})
				break
			}
		}
	}
	return notes
}

// states tells whether a number of per cent is one of the claim's own.
func (c Claim) states(percent float64) bool {
	for _, share := range []float64{c.failing(), 1 - c.failing(), c.Share} {
		if c.Metric != ClaimComplaints && math.Abs(percent-100*share) < 1e-6 {
			return true
		}
	}
	return false
}

// claimWords mean something that was checked only where they fit.
var claimWords = []struct {
	words []string
	fits  func(Claim, ClaimQuery) bool
	but   ClaimText
}{
	{[]string{"population", "people", "inhabitants", "人口", "居民"}, func(Claim, ClaimQuery) bool { return false },
		ClaimText{"only our customers who were there were measured", "仅统计到过该处的我方客户"}},
	{[]string{"coverage", "covered", "covers", "signal", "覆盖", "信号"}, func(Claim, ClaimQuery) bool { return false },
		ClaimText{"calls and complaints were measured, not radio coverage", "统计的是通话和投诉，不是无线覆盖"}},
	{[]string{"area", "面积"}, func(c Claim, _ ClaimQuery) bool { return c.Denominator == ClaimArea },
		ClaimText{"the claim is no share of area", "该声称不是面积占比"}},
	{[]string{"customers", "users", "subscribers", "客户", "用户"}, func(c Claim, _ ClaimQuery) bool { return c.Denominator != ClaimCalls },
		ClaimText{"the claim is a share of calls", "该声称按通话次数统计"}},
	{[]string{"indoor", "indoors", "室内"}, func(_ Claim, q ClaimQuery) bool { return q.Indoor == geo.Inside },
		ClaimText{"the condition “environment: indoor” is not set", "未设“室内”条件"}},
	{[]string{"outdoor", "outdoors", "室外", "户外"}, func(_ Claim, q ClaimQuery) bool { return q.Indoor == geo.Outside },
		ClaimText{"the condition “environment: outdoor” is not set", "未设“室外”条件"}},
	{[]string{"5g"}, func(_ Claim, q ClaimQuery) bool { return q.RAT == geo.RAT5G },
		ClaimText{"the condition “rat: 5g” is not set", "未设“5G”条件"}},
	{[]string{"4g", "lte"}, func(_ Claim, q ClaimQuery) bool { return q.RAT == geo.RAT4G },
		ClaimText{"the condition “rat: 4g” is not set", "未设“4G”条件"}},
}
