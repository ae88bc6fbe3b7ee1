package hotspots

import (
	"fmt"
	"math"
	"strings"

	"github.com/hotcell/hotcell/geo"
)

// causeClass is what kind of failure calls ended with.
type causeClass int

const (
	classUnknown causeClass = iota
	classRadio
	classHandover
	classCapacity
	classCore
	classDevice
)

// storedClasses are those that a source's dictionary gave (BadCalls.CauseClass), with
// the words people read.
var storedClasses = map[string]struct {
	class  causeClass
	en, zh string
}{
	"radio_lost":       {classRadio, "radio link lost", "无线链路丢失"},
	"handover_failure": {classHandover, "handover failed", "切换失败"},
	"no_coverage":      {classRadio, "no coverage", "无覆盖"},
	"congestion":       {classCapacity, "congestion", "拥塞"},
	"core":             {classCore, "core network", "核心网"},
	"device":           {classDevice, "device", "终端"},
}

// causeWords are looked for in cause texts that no dictionary has classed,
// lower-cased, in this order.
var causeWords = []struct {
	class causeClass
	words []string
}{
	{classHandover, []string{"handover", "hand-over", "handoff", "relocation", "ho fail", "ho_fail", "切换"}},
	{classCapacity, []string{"congest", "no resource", "no_resource", "no radio resources", "overload", "capacity", "拥塞", "资源不足"}},
	{classDevice, []string{"ue fail", "ue_fail", "device", "handset", "sim ", "terminal", "battery", "终端"}},
	{classCore, []string{"core", "ims", "sip", "mme", "amf", "transport", "s1ap", "ngap", "switch", "核心网"}},
	{classRadio, []string{"radio", "rlf", "coverage", "signal", "sync", "interference", "uplink", "downlink", "无线", "覆盖", "信号"}},
}

func classify(cause string) causeClass {
	text := strings.ToLower(cause)
	for _, c := range causeWords {
		for _, w := range c.words {
			if strings.Contains(text, w) {
				return c.class
			}
		}
	}
	return classUnknown
}

// oneCustomer tells whether a hotspot rests on one customer or device.
func (c *candidate) oneCustomer() bool {
	return c.top > 0.5 || c.hurt > 0 && c.hurt < 2
}

// sentences puts the findings into one plain sentence each, in English and
// Chinese, ending with the next check.
func (f *finding) sentences(h *Hotspot, c *candidate) (en, zh string) {
	if c.oneCustomer() {
		share := fmt.Sprintf("%.0f %%", 100*c.top)
		return "Probably not the network: one customer makes up " + share + " of the impact. Next check: that customer's device, SIM and account.",
			"可能不是网络问题：单个用户占影响的" + share + "。下一步：核查该用户的终端、SIM卡和账户。"
	}
	stored, known := storedClasses[f.value[propCauseClass]]
	class := stored.class
	if !known {
		class = classify(f.value[propCause])
	}
	if en, zh, elsewhere := f.elsewhere(class, known); elsewhere {
		return en, zh
	}
	var partsEN, partsZH []string
	add := func(e, z string) { partsEN, partsZH = append(partsEN, e), append(partsZH, z) }
	switch f.value[propIndoor] {
	case geo.Inside.String():
		add("indoors", "室内")
	case geo.Outside.String():
		add("outdoors", "室外")
	case geo.Travelling.String():
		add("on the move", "移动中")
	}
	if v := f.value[propRAT]; v != "" {
		add("on "+strings.ToUpper(v), strings.ToUpper(v))
	}
	if v := f.value[propCause]; v != "" {
		add("cause “"+v+"”", "原因“"+v+"”")
	} else if known {
		add("cause "+stored.en, "原因"+stored.zh)
	}
	if f.floors != "" {
		add("floors "+f.floors, "楼层"+f.floors)
	}
	if v := f.value[propRadioCell]; v != "" {
		add(fmt.Sprintf("serving cell %s (%.0f %%)", v, 100*f.share[propRadioCell]), fmt.Sprintf("服务小区%s（%.0f%%）", v, 100*f.share[propRadioCell]))
	}
	if v := f.value[propHour]; v != "" && f.share[propHour] >= 0.4 {
		add("mostly "+v, "集中在"+v)
	}
	checkEN, checkZH := f.nextCheck(h, class)
	if len(partsEN) == 0 {
		return fmt.Sprintf("Nothing sets these %s apart from the region's normal. Next check: %s.", whatHappened(h), checkEN),
			"与本区域常态相比没有突出特征。下一步：" + checkZH + "。"
	}
	en = strings.Join(partsEN, ", ")
	return strings.ToUpper(en[:1]) + en[1:] + ". Next check: " + checkEN + ".",
		strings.Join(partsZH, "，") + "。下一步：" + checkZH + "。"
}

// mostOf is the share of bad calls from which their cause is the hotspot's.
const mostOf = 0.5

// elsewhere tells whether most bad calls ended for a reason that no work on the radio
// network here mends: phones that fail, or the core network.
func (f *finding) elsewhere(class causeClass, stored bool) (en, zh string, yes bool) {
	share := f.share[propCause]
	if stored {
		share = f.share[propCauseClass]
	}
	if share < mostOf {
		return "", "", false
	}
	percent := math.Round(100 * share)
	switch class {
	case classDevice:
		return fmt.Sprintf("Probably not the network: %.0f %% of the bad calls end because the device fails. Next check: device models and software of the customers hurt.", percent),
			fmt.Sprintf("可能不是网络问题：%.0f%%的异常通话因终端故障结束。下一步：核查受影响用户的终端型号和软件版本。", percent), true
	case classCore:
		return fmt.Sprintf("Probably not the radio network here: %.0f %% of the bad calls end in the core network. Next check: core and transport alarms at these hours, before going on site.", percent),
			fmt.Sprintf("可能不是本地无线网络问题：%.0f%%的异常通话因核心网结束。下一步：先查相应时段的核心网和传输告警。", percent), true
	}
	return "", "", false
}

func whatHappened(h *Hotspot) string {
	if h.Events.Dropped+h.Events.Perceived+h.Events.Blocked+h.Events.Poor == 0 {
		return "complaints"
	}
	return "bad calls"
}

// nextCheck suggests what to look at first.
func (f *finding) nextCheck(h *Hotspot, class causeClass) (en, zh string) {
	calls := h.Events.Dropped + h.Events.Perceived + h.Events.Blocked + h.Events.Poor
	oneCell := f.value[propRadioCell] != "" && f.share[propRadioCell] >= 0.6
	inside := h.Scene == geo.SceneLift.String() || h.Scene == geo.SceneBasement.String() ||
		f.value[propIndoor] == geo.Inside.String() || h.Place.Kind == "venue"
	switch {
	case calls == 0:
		return "measure coverage on site: customers complain where hardly anyone can call", "现场测量覆盖：用户投诉而几乎没有通话"
	case class == classDevice:
		return "device models and software of the customers hurt", "核查受影响用户的终端型号和软件版本"
	case class == classCore:
		return "core and transport alarms at these hours, before going on site", "先查相应时段的核心网和传输告警"
	case class == classCapacity || 2*h.Events.Blocked > calls && class == classUnknown:
		return "load and admission settings of the serving cells in the busy hour", "忙时服务小区的负荷和接纳参数"
	case class == classHandover:
		return "neighbour relations and handover thresholds between the serving cells", "服务小区之间的邻区关系和切换门限"
	case h.Scene == geo.SceneLift.String():
		return "lift shaft coverage: leaky feeder or distributed antenna", "电梯井覆盖：泄漏电缆或室分天线"
	case h.Scene == geo.SceneBasement.String():
		return "the basement's distributed antenna and its power", "地下室室分系统及其供电"
	case h.Scene == geo.SceneHighway.String():
		return "overlap and handover of the cells along these kilometres (drive test)", "沿线小区的重叠覆盖与切换（路测）"
	case oneCell:
		return "alarms, power and tilt of this cell", "该小区的告警、功率和下倾角"
	case inside:
		return "the building's distributed antenna and the indoor signal", "楼内室分系统和室内信号"
	}
	return "coverage and interference on site (walk or drive test)", "现场覆盖和干扰（步测或路测）"
}
