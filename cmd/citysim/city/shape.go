package city

import "math"

// shape is what a city type fixes: where it lies, how far it reaches, and how
// many places of each kind a city of 40,000 customers has.
type shape struct {
	prefecture, english string
	districts           []string
	lat, lon            float64
	widthKm, heightKm   float64
	cols, rows          int
	blocks              int
	towers, malls       int
	hotels, hospitals   int
	campuses, stations  int
	compounds, sights   int
	faults              []faultQuota
}

type faultQuota struct {
	kind faultKind
	n    int
}

var shapes = map[Type]shape{
	Dense: {
		prefecture: "云澜市", english: "Yunlan",
		districts: []string{"锦江岸区", "东津区", "西平区", "南屏区", "北辰岭区", "高新区", "龙桥区", "青石区", "望江县"},
		lat:       30.215, lon: 105.085, widthKm: 24, heightKm: 20, cols: 3, rows: 3, blocks: 2200,
		towers: 130, malls: 26, hotels: 36, hospitals: 10, campuses: 7, stations: 26, compounds: 150, sights: 6,
		faults: []faultQuota{{faultTower, 3}, {faultFloors, 3}, {faultLift, 4}, {faultBasement, 4}, {faultMall, 2}, {faultHotel, 2},
			{faultHighway, 2}, {faultTunnel, 1}, {faultArea, 4}, {faultSight, 1}, {faultCompound, 2}, {faultStation, 1}, {faultHospital, 1}},
	},
	Sprawl: {
		prefecture: "沃川市", english: "Wochuan",
		districts: []string{"中原里区", "平畴区", "新丰区", "大埠县", "柳河县", "石集县", "丰泽县", "青苑县", "临洼县", "长堤县", "禾阳县", "广济县"},
		lat:       33.585, lon: 114.310, widthKm: 90, heightKm: 70, cols: 4, rows: 3, blocks: 3000,
		towers: 70, malls: 22, hotels: 26, hospitals: 12, campuses: 8, stations: 14, compounds: 120, sights: 6,
		faults: []faultQuota{{faultTower, 2}, {faultFloors, 1}, {faultLift, 2}, {faultBasement, 2}, {faultMall, 2}, {faultHotel, 1},
			{faultHighway, 8}, {faultArea, 6}, {faultSight, 1}, {faultCompound, 2}, {faultStation, 1}, {faultHospital, 1}},
	},
	Mountain: {
		prefecture: "岭溪市", english: "Lingxi",
		districts: []string{"溪口区", "云岭县", "石门峪县", "松涧县", "白水坪县", "雁回县"},
		lat:       27.460, lon: 107.615, widthKm: 84, heightKm: 36, cols: 3, rows: 2, blocks: 1500,
		towers: 34, malls: 12, hotels: 28, hospitals: 7, campuses: 4, stations: 8, compounds: 70, sights: 14,
		faults: []faultQuota{{faultTower, 1}, {faultLift, 2}, {faultBasement, 2}, {faultMall, 1}, {faultHotel, 3},
			{faultHighway, 6}, {faultTunnel, 4}, {faultArea, 5}, {faultSight, 3}, {faultCompound, 1}},
	},
}

// town is a centre of population.
type town struct {
	c      pt
	weight float64
	spread float64 // metres
}

func (sh *shape) extent() (lo, hi pt) {
	return at(float64(-sh.widthKm*500), float64(-sh.heightKm*500)), at(float64(sh.widthKm*500), float64(sh.heightKm*500))
}

// valley is the north coordinate (metres) of a mountain city's river at east coordinate x.
func valley(x float64) float64 {
	a, _ := sincos(x / 9000)
	b, _ := sincos(x/3700 + 1)
	return float64(5200*a) + float64(1300*b)
}

// towns lays out the centres: the first is the main one.
func (sh *shape) towns(t Type, r *rng) []town {
	var out []town
	switch t {
	case Dense:
		out = append(out, town{at(0, 0), 5, 2600})
		for i := range 6 {
			s, c := sincos(float64(i)*math.Pi/3 + float64(0.5*r.f()))
			d := r.between(4500, 8000)
			out = append(out, town{at(float64(d*c), float64(d*s)), r.between(0.6, 1.4), r.between(900, 1700)})
		}
	case Sprawl:
		out = append(out, town{at(0, 0), 5, 3600})
		for i := range 11 {
			x := float64(-sh.widthKm*500) + float64(sh.widthKm*1000)*(float64(i%4)+r.between(0.3, 0.7))/4
			y := float64(-sh.heightKm*500) + float64(sh.heightKm*1000)*(float64(i/4)+r.between(0.3, 0.7))/3
			out = append(out, town{at(x, y), r.between(0.4, 1.2), r.between(900, 1900)})
		}
	case Mountain:
		out = append(out, town{at(0, valley(0)), 4, 1500})
		for i := range 10 {
			x := float64(-sh.widthKm*500) + float64(sh.widthKm*1000)*(float64(i)+r.between(0.3, 0.7))/10
			out = append(out, town{at(x, valley(x)+r.between(-500, 500)), r.between(0.3, 1), r.between(500, 900)})
		}
	}
	return out
}

// somewhere draws a position the way people are spread; wide > 1 draws farther out.
func (w *world) somewhere(r *rng, wide float64) pt {
	lo, hi := w.shape.extent()
	for {
		t := w.towns[r.pick(w.townWeights)]
		if r.chance(0.08 * wide) { // countryside
			t = town{c: lo.towards(hi, 0), spread: 0}
			t.c = pt{lo.X + int32(float64(hi.X-lo.X)*r.f()), lo.Y + int32(float64(hi.Y-lo.Y)*r.f())}
			if w.cfg.Type == Mountain { // people live along the river
				x := float64(t.c.X) / metre
				t.c = at(x, valley(x)+float64(1500*r.gauss()))
			}
		}
		sx, sy := t.spread*wide, t.spread*wide
		if w.cfg.Type == Mountain {
			sx, sy = sx*1.5, sy*0.7
		}
		p := t.c.add(float64(sx*r.gauss()), float64(sy*r.gauss()))
		if p.X > lo.X+300*metre && p.X < hi.X-300*metre && p.Y > lo.Y+300*metre && p.Y < hi.Y-300*metre {
			return p
		}
	}
}

// urbanity is about 1 in a town's middle and falls towards 0 in the country.
func (w *world) urbanity(p pt) float64 {
	var best float64
	for _, t := range w.towns {
		d := p.dist(t.c) / t.spread
		best = max(best, math.Sqrt(min(t.weight, 4)/4)/(1+float64(0.5*float64(d*d))))
	}
	return best
}
