package geo

import (
	"strings"
	"unicode"
)

// People shorten words, spell numbers out and leave accents away. nameTokens writes
// names and what is said of them alike, so that equal means equal.

// nameTokens takes a name or an address apart as tokensOf does and writes its words
// in one spelling: long forms of abbreviations, digits for numbers, no accents.
func nameTokens(s string) []string {
	tokens := tokensOf(plain(s))
	out := tokens[:0]
	for i, t := range tokens {
		long, known := longForms[t]
		switch {
		case t == "and", t == "at":
			continue
		case known:
			t = long
		case (t == "ii" || t == "iii" || t == "iv") && i > 0 && storeys[tokens[i-1]]:
			t = map[string]string{"ii": "2", "iii": "3", "iv": "4"}[t]
		}
		out = append(out, t)
	}
	return hanSpelling(out)
}

// accents are letters with a mark and the letters people type instead.
var accents = func() map[rune]string {
	out := map[rune]string{'ß': "ss", 'æ': "ae", 'ø': "o", 'œ': "oe", 'ł': "l", 'đ': "d"}
	for plain, marked := range map[string]string{"a": "àáâãäåāăą", "c": "çćč", "e": "èéêëēėęě", "g": "ğ", "i": "ìíîïīį", "l": "ĺľ", "n": "ñńň",
		"o": "òóôõöōő", "r": "ŕř", "s": "śšş", "t": "ťţ", "u": "ùúûüūůű", "y": "ýÿ", "z": "źżž"} {
		for _, r := range marked {
			out[r] = plain
		}
	}
	return out
}()

// plain takes the accents from letters.
func plain(s string) string {
	at := strings.IndexFunc(s, func(r rune) bool { return r > 0x7f && r < 0x250 })
	if at < 0 {
		return s
	}
	var b strings.Builder
	b.WriteString(s[:at])
	for _, r := range s[at:] {
		if p, marked := accents[unicode.ToLower(r)]; marked {
			b.WriteString(p)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// longForms are words that are written in several ways, and the one we use. "St" is
// a street or a saint: both are written alike. Directions are single letters.
var longForms = func() map[string]string {
	out := map[string]string{"saint": "street", "st": "street"}
	for _, line := range strings.Split(`street str strt
avenue ave av avda avinguda avenida
boulevard blvd boul bd
road rd
drive dr
lane ln
place pl
court ct
square sq
terrace ter terr
highway hwy
parkway pkwy
expressway expy
building bldg bld bldng
center ctr centre cntr
theater theatre
hospital hosp
international intl
national natl
station stn
fort ft
point pt
mount mt
tower twr
phase ph
apartment apt apts apartments apartaments apartamentos
express exp
university univ
department dept
medical med
elementary elem
school sch
market mkt
santa sta
sant san
museum museu museo
commercial comercial
i interstate
n north
s south
e east
w west
ne northeast
nw northwest
se southeast
sw southwest
1 one
2 two
3 three
4 four
5 five
6 six
7 seven
8 eight
9 nine
10 ten`, "\n") {
		words := strings.Fields(line)
		for _, w := range words[1:] {
			out[w] = words[0]
		}
	}
	return out
}()

// storeys are words that a number follows: "Tower 2", "Phase II". In Chinese it goes
// before: 2期.
var storeys = map[string]bool{"tower": true, "phase": true, "block": true, "blk": true, "building": true, "bldg": true, "twr": true, "ph": true, "wing": true}

// hanSpelling writes Chinese numerals before a counting word as digits (二期, 五村),
// and words for one kind of building alike: 饭店 and 大酒店 are 酒店, 大楼 is 大厦, 2栋,
// 2幢 and 2号楼 are 2座, "Phase 2" is 2期.
func hanSpelling(tokens []string) []string {
	out := make([]string, 0, len(tokens))
	is := func(i int, words ...string) bool {
		if i >= len(tokens) {
			return false
		}
		for _, w := range words {
			if tokens[i] == w {
				return true
			}
		}
		return false
	}
	digits := func(i int) bool { return i < len(tokens) && tokens[i][0] >= '0' && tokens[i][0] <= '9' }
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		switch {
		case len(t) == 3 && (hanDigits[[]rune(t)[0]] > 0 || t == "十"):
			end := i
			for end < len(tokens) && len(tokens[end]) == 3 && (hanDigits[[]rune(tokens[end])[0]] > 0 || tokens[end] == "十") {
				end++
			}
			if n, used := number(strings.Join(tokens[i:end], "")); used > 0 && is(end, "期", "座", "栋", "幢", "号", "村", "弄", "塔", "路") {
				tokens[end-1] = decimal(n)
				i = end - 2
				continue
			}
			out = append(out, tokens[i:end]...)
			i = end - 1
		case t == "phase" && digits(i+1):
			out = append(out, tokens[i+1], "期")
			i++
		case digits(i) && is(i+1, "栋", "幢"), digits(i) && is(i+1, "号") && is(i+2, "楼"):
			out = append(out, t, "座")
			i++
			if tokens[i] == "号" {
				i++
			}
		case t == "饭" && is(i+1, "店"), t == "宾" && is(i+1, "馆"):
			out = append(out, "酒", "店")
			i++
		case t == "大" && (is(i+1, "酒", "饭") && is(i+2, "店") || is(i+1, "宾") && is(i+2, "馆")):
			// 大酒店: the next two tokens say it
		case t == "大" && is(i+1, "楼"):
			out = append(out, "大", "厦")
			i++
		default:
			out = append(out, t)
		}
	}
	return out
}

func decimal(n int) string {
	if n >= 10 {
		return decimal(n/10) + string(rune('0'+n%10))
	}
	return string(rune('0' + n))
}

// cities are dropped from Chinese names, which people say with or without them.
var cities = setOf("北京", "上海", "天津", "重庆", "广州", "深圳", "成都", "杭州", "武汉", "西安", "南京", "苏州", "郑州", "长沙", "青岛", "沈阳", "宁波", "昆明", "东莞", "佛山",
	"合肥", "福州", "厦门", "济南", "大连", "哈尔滨", "长春", "石家庄", "太原", "南昌", "南宁", "贵阳", "海口", "兰州", "银川", "西宁", "乌鲁木齐", "拉萨", "呼和浩特", "无锡",
	"香港", "澳门", "台北", "新加坡")

// hanKinds are what a name needs more than.
var hanKinds = strings.NewReplacer("银行", "", "大厦", "", "酒店", "", "中心", "", "广场", "", "小区", "", "公司", "", "国际", "", "大学", "", "医院", "", "商场", "", "车站", "",
	"金融", "", "购物", "", "会议", "", "公寓", "", "海关", "", "海洋", "", "总", "", "城", "")

// spellings gives the ways people write a Chinese name that cannot be told from its
// words: without the city, stations with 站 or 地铁站; "The Anchorage" without "the";
// "Harbor Tunnel (Bore 2)" without what is in brackets.
func spellings(name string, scene Scene) [][]string {
	var out [][]string
	tokens := nameTokens(name)
	if at := strings.IndexAny(name, "(（"); at > 0 && strings.ContainsAny(name[len(name)-1:], ")\x89") {
		if bare := nameTokens(name[:at]); len(bare) > 0 {
			out = append(out, bare)
		}
	}
	joined := strings.Join(tokens, "")
	if joined == "" {
		return nil
	}
	if !isHan([]rune(joined)[0]) {
		if tokens[0] == "the" && len(tokens) > 2 {
			out = append(out, tokens[1:])
		}
		return out
	}
	c := clause(joined)
	for i := range c {
		for _, w := range cities[c[i]] {
			end, ok := matchAt(c, i, w, false)
			if !ok {
				continue
			}
			if end < len(c) && c[end] == '市' {
				end++
			}
			if rest := string(c[:i]) + string(c[end:]); len([]rune(hanKinds.Replace(rest))) >= 2 {
				out = append(out, tokensOf(rest))
			}
		}
	}
	if scene == SceneTransit && c[len(c)-1] != '站' {
		out = append(out, append(tokensOf(joined), "站"), append(tokensOf(joined), "地", "铁", "站"))
	}
	return out
}
