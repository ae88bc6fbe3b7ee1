package geo

import (
	"strconv"
	"strings"
	"unicode"
)

// floorIn finds the floor a clause names: B2, 负二楼, 地下三层, -1楼, 12楼, 3F,
// "18th floor", "floor 7", "level B2", "33/F", 1208房, "room 305", "#05-12". A building's height (30层高, 共30层), a range
// and 几楼 name none.
func floorIn(c clause) (int16, bool) {
	for i := range c {
		if f, ok := floorAt(c, i); ok {
			return f, true
		}
	}
	return 0, false
}

func floorAt(c clause, i int) (int16, bool) {
	if f, ok := roomAt(c, i); ok {
		return f, true
	}
	prevLatin := i > 0 && (isLatin(c[i-1]) || c[i-1] == '-' || c[i-1] == '.')
	rest := string(c[i:])
	for _, w := range []string{"负", "地下", "-"} {
		after, ok := strings.CutPrefix(rest, w)
		if !ok || w == "-" && prevLatin {
			continue
		}
		if n, used := number(after); used > 0 && n > 0 && n < 10 && isStorey(after[used:]) {
			return int16(-n), true
		}
	}
	if !prevLatin {
		if after, ok := strings.CutPrefix(rest, "b"); ok && after != "" && after[0] >= '1' && after[0] <= '9' {
			if len(after) == 1 || !isLatin([]rune(after[1:])[0]) || after[1] == 'f' {
				return -int16(after[0] - '0'), true
			}
		}
		if after, ok := strings.CutPrefix(rest, "basement level "); ok {
			if n, used := number(after); used > 0 && n > 0 && n < 10 {
				return int16(-n), true
			}
		}
		for _, w := range []string{"floor ", "level ", "lvl "} {
			after, ok := strings.CutPrefix(rest, w)
			if !ok {
				continue
			}
			if n, used := number(after); used > 0 && n < 200 && (len(after) == used || !isLatin([]rune(after[used:])[0])) {
				return int16(n), true
			}
		}
		for _, w := range []string{"ground floor", "street level"} {
			if strings.HasPrefix(rest, w) {
				return 0, !(i > 5 && string(c[i-6:i]) == "lower ")
			}
		}
		if strings.HasPrefix(rest, "lower ground") {
			return -1, true
		}
	}
	if i > 0 && (unicode.IsDigit(c[i-1]) || strings.ContainsRune("负-共总有第地下到至~几多十百一二三四五六七八九", c[i-1]) && c[i-1] != '到') || prevLatin {
		return 0, false
	}
	n, used := number(rest)
	if used == 0 || n <= 0 || n > 200 {
		return 0, false
	}
	after := rest[used:]
	for _, w := range []string{"th floor", "st floor", "nd floor", "rd floor", " th floor", "/f", "th-floor", "st-floor", "nd-floor", "rd-floor", "th flr", "th fl "} {
		if strings.HasPrefix(after, w) {
			return int16(n), true
		}
	}
	if tail, ok := strings.CutPrefix(after, "f"); ok {
		return int16(n), tail == "" || !isLatin([]rune(tail)[0])
	}
	for _, w := range []string{"楼", "层"} {
		if tail, ok := strings.CutPrefix(after, w); ok {
			if i > 0 && c[i-1] == '到' && strings.ContainsRune(string(c[:i]), '从') {
				return 0, false // from 1 to 15
			}
			for _, not := range []string{"高", "的楼", "的大", "以上", "以下", "之前", "以前", "梯", "到", "至", "盘"} {
				if strings.HasPrefix(tail, not) {
					return 0, false
				}
			}
			return int16(n), true
		}
	}
	return 0, false
}

// roomAt reads the floor off a room's number: 1208房, 3单元301, "room 305", "#05-12"
// (floor and unit, as Singapore writes it). "#B1-23" is left to floorAt.
func roomAt(c clause, i int) (int16, bool) {
	rest := string(c[i:])
	if i > 0 && (isLatin(c[i-1]) || c[i-1] == '-') && !strings.HasPrefix(rest, "单元") {
		return 0, false
	}
	digits := func(s string) int {
		n := 0
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
		return n
	}
	if after, ok := strings.CutPrefix(rest, "#"); ok {
		n := digits(after)
		if n == 2 && strings.HasPrefix(after[n:], "-") && digits(after[n+1:]) > 0 {
			f, _ := strconv.Atoi(after[:n])
			return int16(f), f > 0
		}
		return 0, false
	}
	number, room := rest, false
	for _, w := range []string{"room ", "rm ", "单元"} {
		if after, ok := strings.CutPrefix(rest, w); ok {
			number, room = after, true
			break
		}
	}
	n := digits(number)
	if n != 3 && n != 4 {
		return 0, false
	}
	after := number[n:]
	if !room && !strings.HasPrefix(after, "房") && !strings.HasPrefix(after, "室") && !strings.HasPrefix(after, "号房") {
		return 0, false
	}
	if after != "" && after[0] >= 'a' && after[0] <= 'z' && len(after) > 1 && isLatin(rune(after[1])) {
		return 0, false
	}
	v, _ := strconv.Atoi(number[:n])
	return int16(v / 100), v >= 100 && v%100 > 0 && v%100 <= 60
}

// isStorey tells whether what follows a negative number is a storey.
func isStorey(s string) bool {
	return strings.HasPrefix(s, "楼") || strings.HasPrefix(s, "层") || strings.HasPrefix(s, "f")
}

var hanDigits = map[rune]int{'一': 1, '二': 2, '两': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9}

// number reads digits or a Chinese numeral up to 199 at the start of a text and
// says how many bytes it took.
func number(s string) (n, used int) {
	end := 0
	for end < len(s) && s[end] >= '0' && s[end] <= '9' {
		end++
	}
	if end > 0 {
		if end > 3 {
			return 0, 0
		}
		n, _ = strconv.Atoi(s[:end])
		return n, end
	}
	digit, seen := 0, false
	for i, r := range s {
		switch d := hanDigits[r]; {
		case d > 0:
			digit, seen = d, true
		case r == '十':
			n, digit, seen = n+10*max(1, digit), 0, true
		case r == '百':
			n, digit, seen = n+100*max(1, digit), 0, true
		case r == '零' && seen:
		default:
			if !seen {
				return 0, 0
			}
			return n + digit, i
		}
	}
	if !seen {
		return 0, 0
	}
	return n + digit, len(s)
}
