package city

// plant is a fault or a decoy: where it is, when, and what it does to calls
// there. Decoys do nothing (their p is 0), but what happens at them is recorded
// in the same way, so that the truth about both is comparable.
type plant struct {
	id     string
	kind   faultKind
	decoy  bool
	name   string
	note   string // decoys: why it only looks like a fault
	spot   int32  // −1 unless at a spot
	part   part   // with anyPart false
	any    bool   // the whole spot, all parts
	lo, hi int16  // floors; 0, 0 = all
	lines  []stretch
	ring   []pt // areas: streets and houses in it, not venues
	areaM  float64

	severity   string
	p          float64 // chance that a call fails because of the fault
	rats       [rats]bool
	weekend    bool // only then
	busy       bool // 8–21 h only
	start, end int32
	before     int // days the fault is older than the period
	cause      cause
	ledger     ledger
	byLine     map[int16]*ledger // highways and tunnels: each carriageway on its own
}

// stretch is a piece of one carriageway, in metres of chainage.
type stretch struct {
	line     int16
	from, to float64
}

type faultKind string

// Kinds of fault.
const (
	faultTower    faultKind = "tower"
	faultFloors   faultKind = "floors"
	faultLift     faultKind = "lift"
	faultBasement faultKind = "basement"
	faultMall     faultKind = "mall"
	faultHotel    faultKind = "hotel"
	faultHighway  faultKind = "highway"
	faultTunnel   faultKind = "tunnel"
	faultArea     faultKind = "area"
	faultSight    faultKind = "tourist_site"
	faultCompound faultKind = "residential"
	faultStation  faultKind = "transit"
	faultHospital faultKind = "hospital"
)

// cause is what is broken: how its failures show (drops, blocked, poor) and which
// texts the switch logs for a drop and for a blocked call.
type cause struct {
	name          string
	mix           [3]float64
	drop, blocked string
}

var (
	causeCoverage   = cause{"coverage_hole", [3]float64{.50, .22, .28}, "radio-connection-with-ue-lost", "paging-no-response"}
	causeDAS        = cause{"distributed_antenna_down", [3]float64{.40, .35, .25}, "radio-connection-with-ue-lost", "paging-no-response"}
	causeInterfere  = cause{"interference", [3]float64{.30, .15, .55}, "failure-in-radio-interface-procedure", "failure-in-radio-interface-procedure"}
	causeCongestion = cause{"congestion", [3]float64{.08, .72, .20}, "reduce-load-in-serving-cell", "radio-resources-not-available"}
	causeHandover   = cause{"handover_failure", [3]float64{.78, .02, .20}, "handover-failure-in-target-cell", "failure-in-radio-interface-procedure"}
	causeTransport  = cause{"transport_outage", [3]float64{.35, .55, .10}, "transport-resource-unavailable", "transport-resource-unavailable"}
	naturalDrop     = []string{"radio-connection-with-ue-lost", "radio-connection-with-ue-lost", "failure-in-radio-interface-procedure", "handover-failure-in-target-cell", "user-inactivity", "unspecified"}
	naturalBlocked  = []string{"radio-resources-not-available", "paging-no-response", "paging-no-response", "failure-in-radio-interface-procedure", "unspecified"}
)

// covers says whether p lies in the footprint, whatever the time.
func (f *plant) covers(p *placing) bool {
	switch {
	case f.ring != nil:
		return p.block && inside(p.pos, f.ring)
	case f.lines != nil:
		for _, s := range f.lines {
			if s.line == p.line && p.s >= s.from && p.s < s.to {
				return true
			}
		}
		return false
	case f.any:
		return p.spot == f.spot
	}
	if p.spot != f.spot || p.part != f.part {
		return false
	}
	return f.lo == 0 || p.floor >= f.lo && p.floor <= f.hi
}

// active says whether the fault acts at second t on technology t.
func (f *plant) active(w *world, t int32, tech rat) bool {
	if t < f.start || t >= f.end || !f.rats[tech] {
		return false
	}
	if f.weekend && !w.cfg.weekend(int(t/86400)) {
		return false
	}
	h := t % 86400 / 3600
	return !f.busy || h >= 8 && h < 22
}

// footprints are the at most two plants that cover p; −1 = none.
func (w *world) footprints(p *placing) [2]int16 {
	out := [2]int16{-1, -1}
	n := 0
	look := func(list []int16) {
		for _, i := range list {
			if n < 2 && out[0] != i && w.plants[i].covers(p) {
				out[n] = i
				n++
			}
		}
	}
	if p.spot >= 0 {
		look(w.spots[p.spot].plants)
	}
	if p.line >= 0 {
		look(w.lines[p.line].plants)
	}
	return out
}

// register links a plant with the places it touches.
func (w *world) register(f *plant) {
	i := int16(len(w.plants))
	w.plants = append(w.plants, f)
	if f.spot >= 0 {
		w.spots[f.spot].plants = append(w.spots[f.spot].plants, i)
	}
	for _, s := range f.lines {
		w.lines[s.line].plants = append(w.lines[s.line].plants, i)
	}
	if f.ring != nil {
		c := centroid(f.ring)
		for k := range w.spots {
			if s := &w.spots[k]; s.ring == nil && s.c.dist(c) < f.areaM*1.3+s.radius {
				s.plants = append(s.plants, i)
			}
		}
	}
}

func centroid(ring []pt) pt {
	var x, y int64
	for _, p := range ring {
		x += int64(p.X)
		y += int64(p.Y)
	}
	return pt{int32(x / int64(len(ring))), int32(y / int64(len(ring)))}
}
