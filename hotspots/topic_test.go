package hotspots

import "testing"

func TestOffTopic(t *testing.T) {
	for _, c := range []struct {
		category, text string
		off            bool
	}{
		{"", "", false},
		{"other", "", false},
		{"billing", "", true},
		{"Billing & charges", "the signal is fine", true},
		{"coverage", "I pay the bill and have no signal", false},
		{"dropped call", "", false},
		{"network quality", "", false},
		{"radiation", "the mast on our roof makes us ill", true},
		{"sales", "", true},
		{"service", "", true},
		{"no service", "", false},
		{"No Service", "nothing works at the station", false},
		{"Rechnung", "", false}, // unknown words count
		{"", "I was charged twice, refund me", true},
		{"", "charged for 5G and get no signal at home", false},
		{"other", "the shop promised another plan and another price", true},
		{"", "calls drop in the lift", false},
		{"账单资费", "", true},
		{"基站辐射", "小区楼顶基站辐射太大，要求拆除", true},
		{"营销投诉", "商场摊位办的套餐和承诺的不一样", true},
		{"网络质量", "每月交着话费", false},
		{"语音掉话", "", false},
		{"信号弱", "", false},
		{"", "小区楼顶基站辐射太大，要求拆除", true},
		{"", "套餐里说有5G，结果地下室没信号", false},
		{"", "地下二层电话老是断", false},
		{"投诉", "營業員亂扣錢，帳單不對", true},
	} {
		if off := OffTopic(c.category, c.text); off != c.off {
			t.Errorf("OffTopic(%q, %q) = %v", c.category, c.text, off)
		}
	}
}
