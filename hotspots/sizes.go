package hotspots

import "math"

// Faults that hurt many strike where many are: of a hundred busy places several are
// faulty, of a hundred thousand cells with a call a week hardly any. One share of
// faulty places for all of them would list chance in the small ones and overlook the
// large ones, so the share is learnt by size, in expected events.

// sizeBounds part the classes of size.
var sizeBounds = [...]float64{0.5, 2, 8, 32}

const sizeClasses = len(sizeBounds) + 1

// Bounds of the share of faulty places of a size.
const (
	leastSized = 0.001
	mostSized  = 0.25
)

// sizeOdds is, by class of size, the logarithm of the share of faulty places over
// that of places of all sizes.
type sizeOdds [sizeClasses]float64

func sizeOf(e float64) int {
	for k, b := range sizeBounds {
		if e < b {
			return k
		}
	}
	return sizeClasses - 1
}

// share is the share of faulty places among those of a size, where it is faulty over
// all sizes.
func (s *sizeOdds) share(faulty, e float64) float64 {
	return math.Min(math.Max(faulty*math.Exp(s[sizeOf(e)]), leastSized), mostSized)
}

// fitSizes finds the share of faulty places by size, of greatest penalised
// likelihood: sizes are believed to differ by a factor of e.
func fitSizes(bins []bin, all prior) sizeOdds {
	const from, to, step, believed = -3.0, 2.5, 0.05, 1.0
	var s sizeOdds
	var best [sizeClasses]float64
	for k := range best {
		best[k] = math.Inf(-1)
	}
	faulty, normal := make([]float64, len(bins)), make([]float64, len(bins))
	for n, b := range bins {
		faulty[n], normal[n] = all.logFaulty(b.x, b.e), logMarginal(b.x, b.e, all.normal, all.normal)
	}
	for odds := from; odds <= to; odds += step {
		var v [sizeClasses]float64
		pi := all.faulty * math.Exp(odds)
		if pi < leastSized || pi > mostSized {
			continue
		}
		for n, b := range bins {
			high := math.Max(normal[n], faulty[n])
			v[sizeOf(b.e)] += b.count * (high + math.Log((1-pi)*math.Exp(normal[n]-high)+pi*math.Exp(faulty[n]-high)))
		}
		for k := range v {
			if v[k] -= odds * odds / (2 * believed * believed); v[k] > best[k] {
				best[k], s[k] = v[k], odds
			}
		}
	}
	return s
}
