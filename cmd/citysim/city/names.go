package city

import (
	"fmt"
	"strings"
)

// namer gives every venue a name of its own. All names are made up from common
// words; where one exists somewhere, it is by chance.
type namer struct{ used map[string]int }

func newNamer() namer { return namer{used: map[string]int{}} }

var (
	brands = strings.Fields(`东方 环宇 国泰 锦程 金岭 天汇 银泰 星河 瑞丰 鼎盛 嘉禾 恒远 汇金 中天 凯悦 长青 华章 泰和 新世纪 海棠 明珠
		信达 远洋 九州 金桥 时代 云顶 博雅 宏图 盛世 龙腾 富春 紫荆 和光 万象 江南 蓝湾 晨光 翡翠 玉兰 枫林 逸景 观澜 澜悦 山水 阳光 书香 锦绣 御景 翠湖 滨江`)
	roadNames   = strings.Fields(`人民 解放 建设 中山 文化 青年 滨河 迎宾 天府 长江 黄山 泰山 梧桐 银杏 和平 胜利 新华 朝阳 友谊 科技 创业 学府 桂花 工农`)
	sightNames  = strings.Fields(`青龙峡 白马寺 云台山 凤凰古城 莲花湖 望江楼 石佛沟 仙女洞 桃花源 金丝峡谷 翠屏山 龙门古镇 月亮湾 千佛岩 飞来瀑 樱花谷 老君岭 玉泉溶洞`)
	tunnelNames = strings.Fields(`青岩 大风垭 老鹰岩 云雾山 二龙山 黄泥坡 白石岭 马鞍山 清溪 石门 飞云岭 望乡台 鹰嘴 长岭`)
	venueKinds  = map[string][]string{
		sceneTower:    {"大厦", "中心", "国际中心", "广场写字楼", "金融大厦", "科技大厦", "商务中心"},
		sceneMall:     {"城", "购物中心", "百货", "天地", "广场", "奥特莱斯"},
		sceneHotel:    {"酒店", "大酒店", "国际酒店", "宾馆", "商务酒店"},
		sceneCompound: {"花园", "小区", "家园", "苑", "府", "公馆", "新城"},
	}
)

func (n *namer) unique(name string) string {
	n.used[name]++
	switch k := n.used[name]; {
	case k == 1:
		return name
	case k <= 10:
		return name + []string{"", "", "二期", "三期", "四期", "五期", "六期", "七期", "八期", "九期", "十期"}[k]
	default:
		return fmt.Sprintf("%s%d号", name, k)
	}
}

func (n *namer) venue(r *rng, scene, district string) string {
	district = strings.TrimRight(district, "区县")
	one := func(l []string) string { return l[r.n(len(l))] }
	switch scene {
	case sceneSight:
		return n.unique(one(sightNames) + "景区")
	case sceneHospital:
		return n.unique(district + one([]string{"人民医院", "中心医院", "中医院", "妇幼保健院", "第一医院"}))
	case sceneCampus:
		return n.unique(district + one([]string{"大学", "理工学院", "师范学院", "职业技术学院", "第一中学"}))
	case sceneStation:
		return n.unique(one(roadNames) + one([]string{"路站", "客运站", "地铁站", "广场站"}))
	default:
		return n.unique(one(brands) + one(venueKinds[scene]))
	}
}

func (n *namer) tunnel(r *rng) string {
	return n.unique(tunnelNames[r.n(len(tunnelNames))] + "隧道")
}
