package ingest

import (
	"math"
	"strconv"
	"unsafe"
)

// text views bytes as a string without copying. The bytes must not change while
// the string lives: chunks are never written to after they were read.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// trim cuts blanks and other ASCII control characters off both ends.
func trim(b []byte) []byte {
	for len(b) > 0 && b[0] <= ' ' {
		b = b[1:]
	}
	for len(b) > 0 && b[len(b)-1] <= ' ' {
		b = b[:len(b)-1]
	}
	return b
}

// pow10 holds the powers of ten that a float64 represents exactly.
var pow10 = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12,
	1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// parseFloat reads a finite decimal number, correctly rounded. Plain digits with
// up to 15 significant ones take the short way: both the digits and the power of
// ten are exact then, so one division rounds once. Everything else goes to strconv.
// Hexadecimal, underscores, NaN and infinities are no numbers here.
func parseFloat(b []byte) (float64, bool) {
	i, neg := 0, false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		neg = b[0] == '-'
		i = 1
	}
	var mant uint64
	digits, frac := 0, 0
	seenDot := false
	for ; i < len(b); i++ {
		c := b[i]
		if d := c - '0'; d <= 9 {
			mant = mant*10 + uint64(d)
			digits++
			if seenDot {
				frac++
			}
			if digits > 18 {
				return parseFloatSlow(b)
			}
			continue
		}
		if c == '.' && !seenDot {
			seenDot = true
			continue
		}
		return parseFloatSlow(b)
	}
	if digits == 0 {
		return 0, false
	}
	if mant >= 1<<53 {
		return parseFloatSlow(b)
	}
	v := float64(mant)
	if frac > 0 {
		v /= pow10[frac] // frac ≤ 18
	}
	if neg {
		v = -v
	}
	return v, true
}

func parseFloatSlow(b []byte) (float64, bool) {
	for _, c := range b {
		switch {
		case c >= '0' && c <= '9', c == '+', c == '-', c == '.', c == 'e', c == 'E':
		default:
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(text(b), 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return 0, false
	}
	return v, true
}

// parseInt reads a decimal integer; "5.0" is one too, because spreadsheets write
// whole numbers so.
func parseInt(b []byte) (int64, bool) {
	i, neg := 0, false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		neg = b[0] == '-'
		i = 1
	}
	start := i
	var v int64
	for ; i < len(b); i++ {
		d := b[i] - '0'
		if d > 9 {
			break
		}
		if i-start >= 18 {
			return 0, false
		}
		v = v*10 + int64(d)
	}
	if i == start {
		return 0, false
	}
	if i < len(b) {
		if b[i] != '.' {
			return 0, false
		}
		for _, c := range b[i+1:] {
			if c != '0' {
				return 0, false
			}
		}
	}
	if neg {
		v = -v
	}
	return v, true
}
