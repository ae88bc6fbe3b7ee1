package hotspots

import (
	"math"
	"slices"
	"testing"

	"github.com/hotcell/hotcell/geo"
	"pgregory.net/rapid"
)

// TestScreeningKeepsTheList compares the list with that of candidates which were all
// weighed before: what is not weighed could not have been listed.
func TestScreeningKeepsTheList(t *testing.T) {
	listed := 0
	rapid.Check(t, func(t *rapid.T) {
		p := DefaultParams()
		p.Level = rapid.SampledFrom([]float64{0.5, 0.8, 0.9, 0.99}).Draw(t, "level")
		p.FalseShare = rapid.SampledFrom([]float64{0, 0.02, 0.2}).Draw(t, "false share")
		p.Fill = rapid.IntRange(0, 20).Draw(t, "fill")
		p.FillFaulty = rapid.Float64Range(0, 0.5).Draw(t, "fill from")
		p.Top = rapid.IntRange(0, 10).Draw(t, "top")
		lazy := make([]candidate, rapid.IntRange(0, 40).Draw(t, "candidates"))
		for i := range lazy {
			var e evidence
			e.e = rapid.Float64Range(0.1, 50).Draw(t, "expected")
			e.x = e.e * rapid.Float64Range(0, 6).Draw(t, "ratio")
			e.normal, e.prior = 15, defaultPrior
			e.impact = rapid.Float64Range(0, 30).Draw(t, "impact")
			e.square = e.impact
			e.alone(nil)
			lazy[i].members = []int32{int32(i)}
			lazy[i].judgement = suspicion([3]evidence{e}, defaultPrior.faulty, rapid.Float64Range(-3, 3).Draw(t, "extra"), rapid.Float64Range(0, 0.3).Draw(t, "by chance"))
		}
		full := slices.Clone(lazy)
		for i := range full {
			p.weigh(&full[i].judgement)
		}
		got, want := p.list(lazy), p.list(full)
		if len(got) != len(want) {
			t.Fatalf("%d listed, %d when all were weighed", len(got), len(want))
		}
		for i := range got {
			a, b := &got[i], &want[i]
			if !a.weighed || a.members[0] != b.members[0] || a.mean != b.mean || a.lower != b.lower || a.upper != b.upper {
				t.Fatalf("rank %d: %+v, %+v when all were weighed", i, a, b)
			}
		}
		listed += len(got)
	})
	if listed == 0 {
		t.Error("nothing was ever listed")
	}
}

// TestGroupsOneByOne compares the groups found side by side with those of one seed
// after the other.
func TestGroupsOneByOne(t *testing.T) {
	again := 0
	rapid.Check(t, func(t *rapid.T) {
		m := patchwork(t)
		a := newAtlas(m)
		got := m.groups(a)
		c := claims{taken: make([]bool, len(m.places))}
		var want []group
		for _, s := range m.seeds() {
			if c.taken[s.at] {
				continue
			}
			g := m.bestGroup(a, s.at, s.score, &c)
			if g.score+math.Log(m.faultyShare(g.members)) < keepOdds {
				continue
			}
			for _, i := range g.members {
				c.taken[i] = true
			}
			want = append(want, g)
		}
		if len(got) != len(want) {
			t.Fatalf("%d groups side by side, %d one by one", len(got), len(want))
		}
		for k := range got {
			if got[k].score != want[k].score || !slices.Equal(got[k].members, want[k].members) {
				t.Fatalf("group %d: %v side by side, %v one by one", k, got[k], want[k])
			}
			if len(got[k].members) > 1 {
				again++
			}
		}
	})
	if again == 0 {
		t.Error("no group of several places ever")
	}
}

// patchwork is the fitted model of a small area with faulty patches that touch.
func patchwork(t *rapid.T) *model {
	ev := &Evidence{Query: Query{DailyCap: 3}}
	centre, err := geo.CellAt(geo.LatLon{Lat: 30.2, Lon: 105.03}, geo.RankResolution)
	if err != nil {
		t.Fatal(err)
	}
	cells := centre.Disk(rapid.IntRange(2, 9).Draw(t, "radius"))
	rate := make([]float64, len(cells))
	for i := range rate {
		rate[i] = 0.02
	}
	for range rapid.IntRange(0, 5).Draw(t, "patches") {
		for _, c := range rapid.SampledFrom(cells).Draw(t, "patch").Disk(rapid.IntRange(0, 3).Draw(t, "size")) {
			if i := slices.Index(cells, c); i >= 0 {
				rate[i] = rapid.Float64Range(0.02, 0.2).Draw(t, "rate")
			}
		}
	}
	r := rapid.Uint64().Draw(t, "draws")
	next := func() float64 {
		r = r*6364136223846793005 + 1442695040888963407
		return float64(r>>11) / (1 << 53)
	}
	customer := uint64(0)
	for i, c := range cells {
		x := Exposure{Place: geo.PlaceID(c), Region: "1", Scene: geo.SceneOther, RAT: geo.RAT4G}
		for range int(80 * next() * next()) {
			customer++
			x.CappedCalls++
			x.Customers++
			x.SumMM++
			if next() < rate[i] {
				x.CappedBad++
				x.SumXX++
				x.SumXM++
				ev.Bad = append(ev.Bad, BadCalls{Place: x.Place, Customer: customer, Day: int32(testDay0 + int(28*next())), Kind: KindDropped, Count: 1, RAT: geo.RAT4G})
			}
		}
		x.Calls, x.Bad = uint64(x.CappedCalls), uint64(x.CappedBad)
		ev.Exposures = append(ev.Exposures, x)
	}
	m := newModel(ev, nil, DefaultParams())
	m.fit()
	return m
}
