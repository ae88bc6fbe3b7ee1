package hotspots

import (
	"strings"
	"unicode"
)

// What complaints are about. English words are compared with the beginnings of words,
// Chinese ones are found anywhere.
var (
	// ofNetwork say that a complaint is about using the network, whatever else it says.
	ofNetwork = []string{"coverage", "signal", "network", "reception", "drop", "voice", "call", "speech", "audio", "speed", "slow", "data", "internet", "connect", "disconnect",
		"disconnection", "outage", "congest", "latency", "handover", "2g", "3g", "4g", "5g", "lte", "volte", "nr", "bars", "hear",
		"信号", "信號", "訊號", "讯号", "覆盖", "覆蓋", "网络", "網絡", "網路", "网速", "網速", "上网", "上網", "没网", "沒網", "断网", "掉话", "掉話", "掉线", "掉線", "断线", "斷線",
		"断话", "断断续续", "通话", "通話", "语音", "語音", "无服务", "無服務", "打不通", "打不出", "接不到", "接不通", "听不", "聽不", "卡顿", "盲区", "弱区"}
	// ofOther say that it is about something that no radio engineer can mend.
	ofOther = []string{"bill", "tariff", "price", "pricing", "invoice", "payment", "refund", "overcharge", "charge", "topup", "recharge", "sales", "salesman", "marketing", "promotion",
		"advert", "spam", "scam", "fraud", "radiation", "emf", "contract", "subscription", "porting", "mnp", "broadband", "landline", "fibre", "fiber", "iptv", "installation", "handset",
		"账单", "帳單", "话费", "話費", "资费", "資費", "扣费", "计费", "收费", "收費", "乱收", "费用", "退费", "退款", "欠费", "充值", "发票", "套餐", "营销", "推销", "销售", "促销", "广告",
		"骚扰", "诈骗", "垃圾短信", "辐射", "輻射", "电磁", "宽带", "寬頻", "固话", "装机", "安装", "业务办理", "合约", "携号", "销户", "开户", "过户", "服务态度", "营业厅", "客服态度", "终端", "积分"}
	// ofDesk do so as the whole of a category: "no service" is another thing.
	ofDesk = map[string]bool{"service": true, "customer service": true, "customer care": true, "plan": true, "plans": true, "account": true, "device": true, "store": true,
		"服务": true, "业务": true}
)

// OffTopic tells whether a complaint is about something else than using the network: a
// bill, a sale, a mast's radiation, a fixed line. Its category decides, and where that
// says nothing its text. Where neither says anything the complaint counts.
func OffTopic(category, text string) bool {
	for _, said := range []string{strings.ToLower(strings.TrimSpace(category)), strings.ToLower(text)} {
		switch {
		case mentions(said, ofNetwork):
			return false
		case mentions(said, ofOther) || ofDesk[said]:
			return true
		}
	}
	return false
}

// mentions tells whether a text in small letters has one of the words.
func mentions(text string, words []string) bool {
	if text == "" {
		return false
	}
	starts := strings.FieldsFunc(text, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	for _, w := range words {
		if w[0] >= 0x80 {
			if strings.Contains(text, w) {
				return true
			}
			continue
		}
		for _, s := range starts {
			if strings.HasPrefix(s, w) && (len(w) > 3 || len(s) <= len(w)+1) {
				return true
			}
		}
	}
	return false
}
