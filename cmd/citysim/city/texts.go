package city

import "fmt"

// placeName is what people call where p is; false when it is no venue.
func (w *world) placeName(p *placing) (string, bool) {
	if p.spot >= 0 && w.spots[p.spot].venue >= 0 {
		return w.venues[w.spots[p.spot].venue].name, true
	}
	if p.line >= 0 {
		return w.lines[p.line].ref, false
	}
	h := hash3(uint64(p.spot), 3, 5)
	return roadNames[h%uint64(len(roadNames))] + "路" + []string{"", "东段", "西段", "南段", "北段"}[h>>20%5], false
}

func (w *world) address(r *rng, p *placing, name string) string {
	d := w.districts[p.dist].name
	if p.line >= 0 {
		return fmt.Sprintf("%s%s %s高速 K%d+%03d", w.shape.prefecture, d, w.lines[p.line].ref, int(p.s/1000), int(p.s)%1000/100*100)
	}
	h := hash3(uint64(p.spot), 17, 5)
	if p.block {
		return fmt.Sprintf("%s%s%s%d号", w.shape.prefecture, d, name, 1+h>>30%400)
	}
	a := fmt.Sprintf("%s%s%s路%d号", w.shape.prefecture, d, roadNames[h%uint64(len(roadNames))], 1+h>>30%400)
	if p.spot >= 0 && w.spots[p.spot].venue >= 0 {
		a += name
		switch {
		case p.part == partBasement:
			a += fmt.Sprintf("B%d", -p.floor)
		case p.part == partLift:
		case p.inside && p.floor > 0 && r.chance(0.6):
			a += fmt.Sprintf("%d层", p.floor)
		}
	}
	return a
}

// where names the part of the place in Chinese and English, in one of many ways.
func (w *world) where(r *rng, p *placing, name string, venue bool) (zh, en string) {
	one := func(l ...string) string { return l[r.n(len(l))] }
	switch {
	case p.line >= 0:
		l := &w.lines[p.line]
		k := int(p.s / 1000)
		if venue { // tunnel
			return one(name+"里面", l.ref+"高速"+name, name+"洞里"), one("inside "+name+" tunnel", "in the tunnel "+name+" on the "+l.ref)
		}
		return one(fmt.Sprintf("%s高速K%d附近", l.ref, k), fmt.Sprintf("%s高速%s%d公里处", l.ref, l.dir, k), l.ref+l.name+"路上", fmt.Sprintf("高速上（%s，K%d）", l.ref, k)),
			one(fmt.Sprintf("on the %s highway near km %d", l.ref, k), fmt.Sprintf("driving on %s around K%d", l.ref, k), fmt.Sprintf("on %s shortly before the exit at km %d", l.ref, k+1))
	case p.part == partLift:
		return one(name+"电梯里", name+"的电梯内", "在"+name+"坐电梯", name+"客梯"), one("in the lift of "+name, "in the elevator at "+name, name+" lifts")
	case p.part == partBasement:
		b := fmt.Sprintf("B%d", -p.floor)
		return one(name+"地下车库"+b, name+"地库", name+"地下室", name+b+"停车场", "负"+[]string{"零", "一", "二", "三", "四", "五"}[min(int(-p.floor), 5)]+"楼（"+name+"）"),
			one("in the basement car park "+b+" of "+name, "underground garage at "+name, name+" level "+b)
	case venue && p.inside && p.floor > 0 && r.chance(0.5):
		room := map[string]string{sceneTower: "办公室", sceneHotel: "客房", sceneHospital: "病房", sceneMall: "店铺"}[p.scene]
		return one(fmt.Sprintf("%s%d楼", name, p.floor), fmt.Sprintf("%s%d层%s", name, p.floor, room)), fmt.Sprintf("on floor %d of %s", p.floor, name)
	case venue:
		return one(name, name+"里面", name+"这边", name+"大堂"), one("at "+name, "inside "+name, "around "+name)
	case p.inside:
		return one(name+"家里", name+"附近住户家中", "我家（"+name+"）", name+"店里"), one("at home near "+name, "in my flat on "+name, "in a shop on "+name)
	}
	return one(name+"路边", name+"附近", name+"街上", name+"公交站"), one("on the street at "+name, "near "+name, "outdoors around "+name)
}

var (
	troubleZH = map[outcome][]string{
		dropped: {"打电话老是掉线", "通话中突然断了", "说着说着就断线", "电话掉话好几次", "一接通没多久就断"},
		blocked: {"电话打不出去", "没有信号，打不通", "拨号一直失败", "完全没信号", "别人打不进来，我也打不出"},
		poor:    {"通话断断续续听不清", "声音卡顿", "杂音很大", "对方听不到我说话", "通话质量很差"},
	}
	troubleEN = map[outcome][]string{
		dropped: {"my calls keep dropping", "the call was cut off again", "dropped three times in a row", "I lose the call after a minute"},
		blocked: {"I cannot make any call", "there is no signal at all", "calls fail to connect", "no service, nobody can reach me"},
		poor:    {"the voice breaks up", "I can hardly hear anything", "terrible call quality", "the sound is choppy"},
	}
	openZH  = []string{"", "", "您好，", "请问怎么回事，", "客户反映", "用户来电称", "投诉：", "再次反映，"}
	closeZH = []string{"", "", "，请尽快处理", "，已经好几天了", "，严重影响工作", "，再不解决就换运营商", "，同事也一样", "，请安排人员检测信号", "！！", "，其他地方正常"}
	openEN  = []string{"", "", "Hello, ", "Again: ", "Customer reports: ", "Please help, "}
	closeEN = []string{"", ".", ". Please fix it.", ", for days now.", ". My colleagues have the same problem.", ". I am thinking of leaving.", ", everywhere else it is fine.", "!"}
	exceptZ = []string{"，除了电梯里都正常", "，电梯里反而没问题", "，地下室倒是没事"}
)

// networkText writes what a customer says about an experience.
func (w *world) networkText(r *rng, e *event, name string, venue bool) string {
	zh, en := w.where(r, &e.p, name, venue)
	kind := e.kind
	if kind == masked {
		kind = dropped
	}
	one := func(l []string) string { return l[r.n(len(l))] }
	if r.chance(0.18) {
		t := one(troubleEN[kind])
		s := one(openEN)
		if r.chance(0.5) {
			s += capital(en) + " " + t
		} else {
			s += capital(t) + " " + en
		}
		return s + one(closeEN)
	}
	t := one(troubleZH[kind])
	var s string
	switch r.n(4) {
	case 0:
		s = zh + t
	case 1:
		s = "在" + zh + "，" + t
	case 2:
		s = t + "，位置是" + zh
	default:
		s = zh + "信号不好，" + t
	}
	if e.p.part == partBody && venue && e.p.line < 0 && r.chance(0.03) {
		s += one(exceptZ)
	}
	return one(openZH) + s + one(closeZH)
}

var otherZH = map[string][]string{
	"billing":   {"这个月话费怎么多扣了%d元", "不明扣费%d元，要求退费", "套餐外流量费%d元没有提醒"},
	"tariff":    {"想改成%d元套餐，客服说不能改", "老用户为什么不能办%d元的优惠套餐"},
	"roaming":   {"出国%d天漫游费太贵", "国际漫游%d天没有开通成功"},
	"broadband": {"家里宽带%d天上不了网", "宽带测速只有%d兆"},
	"service":   {"营业厅排队%d分钟没人理", "热线等了%d分钟都没接通人工客服"},
	"spam":      {"一天收到%d条骚扰短信", "推销电话一天%d个"},
	"handset":   {"合约机用了%d天就坏了", "新手机%d天充不进电"},
}

func otherText(r *rng, about string) string {
	n := 2 + r.n(60)
	if r.chance(0.12) {
		return fmt.Sprintf([]string{"I was charged %d yuan too much this month.", "Waited %d minutes on the hotline about my contract.", "Please cancel the %d yuan package."}[r.n(3)], n)
	}
	l := otherZH[about]
	return openZH[r.n(len(openZH))] + fmt.Sprintf(l[r.n(len(l))], n) + []string{"", "，请核实", "，要求解释", "！"}[r.n(4)]
}

// capital turns a leading lower-case Latin letter into a capital.
func capital(s string) string {
	if s[0] >= 'a' && s[0] <= 'z' {
		return string(s[0]-'a'+'A') + s[1:]
	}
	return s
}
