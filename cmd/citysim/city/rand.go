package city

import (
	"math"
	"math/bits"
)

// A city must be the same to the byte on every machine. math.Exp has assembly
// on some processors, and compilers for arm64 fuse x*y+z into one instruction,
// so both give other last bits elsewhere. The few functions here round every
// product by an explicit conversion, which the language says prevents fusing.

// rng is a splitmix64 generator: tiny, and cheap to key by (seed, purpose,
// number), so that any worker can make any part of the city on its own.
type rng struct{ s uint64 }

// Purposes keep the streams of one seed apart.
const (
	forWorld uint64 = iota + 1
	forVenues
	forHighways
	forSites
	forBlocks
	forCustomers
	forFaults
	forDecoys
	forSlot
	forWhereabouts
	forContacts
	forComplaints
	forSurveys
	forDirt
)

func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// hash3 turns three numbers into one well-mixed number.
func hash3(a, b, c uint64) uint64 {
	h := mix(a + 0x9e3779b97f4a7c15)
	h = mix(h ^ (b + 0x7f4a7c159e3779b9))
	return mix(h ^ (c + 0x3c6ef372fe94f82b))
}

func newRng(seed, purpose, n uint64) rng { return rng{hash3(seed, purpose, n)} }

func (r *rng) u64() uint64 {
	r.s += 0x9e3779b97f4a7c15
	return mix(r.s)
}

// n is uniform on [0, n).
func (r *rng) n(n int) int {
	hi, _ := bits.Mul64(r.u64(), uint64(n))
	return int(hi)
}

// f is uniform on [0, 1).
func (r *rng) f() float64 { return unit(r.u64()) }

func unit(h uint64) float64 { return float64(h>>11) * (1.0 / (1 << 53)) }

func (r *rng) chance(p float64) bool { return r.f() < p }

func (r *rng) between(a, b float64) float64 { return a + float64((b-a)*r.f()) }

// gauss is close to standard normal (four uniforms added), bounded at ±3.46.
func (r *rng) gauss() float64 {
	h := r.u64()
	sum := int64(h&0xffff) + int64(h>>16&0xffff) + int64(h>>32&0xffff) + int64(h>>48)
	return float64(sum-131070) / 37837.0
}

// lognormal has the given median and spread (standard deviation of the logarithm).
func (r *rng) lognormal(median, spread float64) float64 {
	return median * exp(spread*r.gauss())
}

// exponential has mean 1.
func (r *rng) exponential() float64 { return -ln(1 - r.f()) }

// pick chooses an index with probability proportional to its weight.
func (r *rng) pick(weights []float64) int {
	var sum float64
	for _, w := range weights {
		sum += w
	}
	x := sum * r.f()
	for i, w := range weights {
		if x < w {
			return i
		}
		x -= w
	}
	for i := len(weights) - 1; i > 0; i-- { // rounding left x at the very end
		if weights[i] > 0 {
			return i
		}
	}
	return 0
}

func exp(x float64) float64 {
	if x < -700 {
		return 0
	}
	k := math.Floor(float64(x/math.Ln2) + 0.5)
	r := x - float64(k*math.Ln2)
	s := 1.0
	for i := 16; i >= 1; i-- { // Horner over the Taylor series; |r| ≤ 0.35
		s = 1 + float64(float64(r*s)/float64(i))
	}
	return math.Ldexp(s, int(k))
}

func ln(x float64) float64 {
	m, e := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m, e = m*2, e-1
	}
	z := (m - 1) / (m + 1) // |z| ≤ 0.172: ln m = 2 artanh z
	zz := float64(z * z)
	var s float64
	for i := 23; i >= 1; i -= 2 {
		s = float64(zz*s) + 1/float64(i)
	}
	return float64(2*float64(z*s)) + float64(float64(e)*math.Ln2)
}

// sincos of an angle in radians.
func sincos(x float64) (sin, cos float64) {
	k := math.Floor(float64(x/(2*math.Pi)) + 0.5)
	x -= float64(k * 2 * math.Pi)
	xx := float64(x * x)
	s, c := 1.0, 1.0
	for i := 28; i >= 2; i -= 2 {
		s = 1 - float64(float64(xx*s)/float64(i*(i+1)))
		c = 1 - float64(float64(xx*c)/float64((i-1)*i))
	}
	return float64(x * s), c
}

// picker draws indexes in proportion to integer weights in constant time.
type picker struct {
	cum   []uint64 // cum[i] = sum of weights 0..i
	guide []int32  // first index whose cum exceeds bucket × step
	step  uint64
}

func newPicker(weights []uint32) picker {
	p := picker{cum: make([]uint64, len(weights))}
	var sum uint64
	for i, w := range weights {
		sum += uint64(w)
		p.cum[i] = sum
	}
	buckets := uint64(len(weights))
	p.step = sum/buckets + 1
	p.guide = make([]int32, buckets+1)
	i := 0
	for b := range p.guide {
		for i < len(weights)-1 && p.cum[i] <= uint64(b)*p.step {
			i++
		}
		p.guide[b] = int32(i)
	}
	return p
}

func (p *picker) pick(r *rng) int {
	x, _ := bits.Mul64(r.u64(), p.cum[len(p.cum)-1])
	i := int(p.guide[x/p.step])
	for p.cum[i] <= x {
		i++
	}
	return i
}
