package hotspots

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hotcell/hotcell/geo"
)

// Properties of bad calls that are compared with the region's normal.
const (
	propCause = iota
	propCauseClass
	propRAT
	propRadioCell
	propHour
	propFloor
	propIndoor
	properties
)

var propertyNames = [properties]string{"cause", "cause_class", "rat", "radio_cell", "hour", "floor", "indoor"}

// tally counts values of one property, weighted by customers.
type tally struct {
	count map[string]float64
	total float64
}

func (t *tally) add(value string, w float64) {
	if t.count == nil {
		t.count = map[string]float64{}
	}
	t.count[value] += w
	t.total += w
}

// profile is the make-up of a set of bad calls.
type profile [properties]tally

// perCaller bounds the weight of one customer at one place in a profile, in bad calls.
const perCaller = 3

// addPlace adds a place's bad calls. A customer weighs at most perCaller calls.
func (pr *profile) addPlace(rows []BadCalls, clock *clock) {
	for from := 0; from < len(rows); {
		to, total := from, 0.0
		for ; to < len(rows) && rows[to].Customer == rows[from].Customer; to++ {
			total += float64(rows[to].Count)
		}
		for i := from; i < to && total > 0; i++ {
			w := float64(rows[i].Count) / total * math.Min(total, perCaller)
			for prop, v := range valuesOf(&rows[i], clock) {
				if v != "" {
					pr[prop].add(v, w)
				}
			}
		}
		from = to
	}
}

// valuesOf gives a row's values as text, "" where unknown.
func valuesOf(b *BadCalls, clock *clock) [properties]string {
	var v [properties]string
	v[propCause], v[propCauseClass] = b.Cause, b.CauseClass
	if b.RAT != geo.RATUnknown {
		v[propRAT] = b.RAT.String()
	}
	v[propRadioCell] = b.RadioCell
	if b.Hour >= 0 && b.Hour < 24 {
		v[propHour] = clock.band(b.Day, b.Hour)
	}
	if b.Floor != geo.UnknownFloor {
		v[propFloor] = floorName(b.Floor)
	}
	if b.Indoor != geo.IndoorUnknown {
		v[propIndoor] = b.Indoor.String()
	}
	return v
}

// clock tells the local three hours of a UTC hour: "18–21 UTC+8".
type clock struct {
	zone  *time.Location
	bands [8]string
}

// newClock names the zone by its offset at a time; nil is UTC.
func newClock(zone *time.Location, at time.Time) *clock {
	if zone == nil {
		zone = time.UTC
	}
	c := &clock{zone: zone}
	_, seconds := at.In(zone).Zone()
	name := "UTC"
	if minutes := seconds / 60; minutes != 0 {
		sign := '+'
		if minutes < 0 {
			sign, minutes = '-', -minutes
		}
		name = fmt.Sprintf("UTC%c%d", sign, minutes/60)
		if minutes%60 != 0 {
			name += fmt.Sprintf(":%02d", minutes%60)
		}
	}
	for i := range c.bands {
		c.bands[i] = fmt.Sprintf("%02d–%02d %s", 3*i, 3*i+3, name)
	}
	return c
}

// band goes by the middle of the hour, for zones off by half hours.
func (c *clock) band(day int32, hour int8) string {
	return c.bands[time.Unix(int64(day)*86400+int64(hour)*3600+1800, 0).In(c.zone).Hour()/3]
}

func floorName(f int16) string {
	if f < 0 {
		return "B" + strconv.Itoa(-int(f))
	}
	return "F" + strconv.Itoa(int(f))
}

// normalPlaces bounds how many places make up a region's normal: a sample is as
// good, and a region can have a million cells.
const normalPlaces = 20000

// regionProfiles gives the make-up of bad calls by region. A region with few of
// them uses its parent's.
func (m *model) regionProfiles(clock *clock) []*profile {
	perRegion := make([][]int32, len(m.regions.parent))
	for i := range m.places {
		if pl := &m.places[i]; pl.badTo > pl.badFrom {
			perRegion[pl.region] = append(perRegion[pl.region], int32(i))
		}
	}
	out := make([]*profile, len(perRegion))
	for r := range perRegion {
		var pr profile
		step := 1 + len(perRegion[r])/normalPlaces
		for k := 0; k < len(perRegion[r]); k += step {
			pl := &m.places[perRegion[r][k]]
			pr.addPlace(m.bad[pl.badFrom:pl.badTo], clock)
		}
		out[r] = &pr
	}
	return out
}

// enoughNormal is how many weighted bad calls make a region's normal.
const enoughNormal = 200

// normalOf adds up a region and, while that is too little, its parents' other
// regions: in the end all of them.
func (m *model) normalOf(profiles []*profile, region int32) *profile {
	sum := func(at int32) *profile {
		var pr profile
		for r := range profiles {
			for a := int32(r); a >= 0; a = m.regions.parent[a] {
				if a == at {
					pr.merge(profiles[r])
					break
				}
			}
		}
		return &pr
	}
	for at := region; at >= 0; at = m.regions.parent[at] {
		pr := sum(at)
		if pr.size() >= enoughNormal || m.regions.parent[at] < 0 {
			return pr
		}
	}
	return sum(m.regions.none)
}

func (pr *profile) size() float64 {
	n := 0.0
	for p := range pr {
		n = math.Max(n, pr[p].total)
	}
	return n
}

func (pr *profile) merge(o *profile) {
	for p := range o {
		keys := sortedKeys(o[p].count)
		for _, k := range keys {
			pr[p].add(k, o[p].count[k])
		}
	}
}

func sortedKeys(m map[string]float64) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// priorCalls is how many bad calls of the normal make-up are mixed into the
// hotspot's before comparing (informative Dirichlet prior: Monroe, Colaresi and
// Quinn 2008, Fightin' Words).
const priorCalls = 10

// compare gives the log-odds of each value in a hotspot against the normal, the
// most telling first: highest lower bound of a 90 % interval.
func compare(here, normal *profile) []CauseEvidence {
	var out []CauseEvidence
	for p := range here {
		h, n := &here[p], &normal[p]
		if h.total <= 0 {
			continue
		}
		rest := math.Max(n.total-h.total, 0)
		for _, v := range sortedKeys(h.count) {
			others := math.Max(n.count[v]-h.count[v], 0)
			share := (others + 0.5) / (rest + 1)
			prior := priorCalls * share
			y, total := h.count[v]+prior, h.total+priorCalls
			z, all := others+0.5, rest+1
			logOdds := math.Log(y/math.Max(total-y, 0.1)) - math.Log(z/math.Max(all-z, 0.1))
			se := math.Sqrt(1/y + 1/math.Max(total-y, 0.5) + 1/z + 1/math.Max(all-z, 0.5))
			e := CauseEvidence{Property: propertyNames[p], Value: v, Share: h.count[v] / h.total, LogOdds: logOdds,
				Lower: logOdds - 1.645*se, Upper: logOdds + 1.645*se}
			if rest > 0 {
				e.Normal = others / rest
			}
			out = append(out, e)
		}
	}
	slices.SortStableFunc(out, func(a, b CauseEvidence) int {
		return cmp.Or(cmp.Compare(b.Lower, a.Lower), cmp.Compare(a.Property, b.Property), cmp.Compare(a.Value, b.Value))
	})
	return out
}

// keepEvidence bounds the evidence listed for one hotspot.
const keepEvidence = 8

// causes fills the cause of every hotspot.
func (a *Analysis) causes(run *Run) {
	m := a.m
	clock := newClock(m.params.Zone, m.end)
	profiles := m.regionProfiles(clock)
	normals := map[int32]*profile{}
	for i := range run.Hotspots {
		c := &a.listed[i]
		region := m.places[m.main(c.members)].region
		normal, ok := normals[region]
		if !ok {
			normal = m.normalOf(profiles, region)
			normals[region] = normal
		}
		var here profile
		for _, n := range c.members {
			pl := &m.places[n]
			here.addPlace(m.bad[pl.badFrom:pl.badTo], clock)
		}
		h := &run.Hotspots[i]
		if about, whole := a.subject(c, h.Place.VenueID); h.Place.Kind == "venue" && !whole {
			// A hotspot named after a part says nothing of other floors.
			var parts profile
			for _, n := range about {
				pl := &m.places[n]
				parts.addPlace(m.bad[pl.badFrom:pl.badTo], clock)
			}
			here[propFloor] = parts[propFloor]
		}
		evidence := compare(&here, normal)
		h.Cause.Evidence = evidence[:min(len(evidence), keepEvidence)]
		if h.Cause.Evidence == nil {
			h.Cause.Evidence = []CauseEvidence{}
		}
		f := findings(evidence)
		h.Cause.Sentence, h.Cause.SentenceZH = f.sentences(h, c)
	}
}

// finding is what stands out about a hotspot, by property; "" where nothing does.
type finding struct {
	value  [properties]string
	share  [properties]float64
	floors string // range of floors that stand out

}

// findings keeps, by property, the value that most bad calls share: half of them
// at least, or significantly more than normal and a third.
func findings(evidence []CauseEvidence) finding {
	f := finding{floors: floorsRange(evidence)}
	for p, name := range propertyNames {
		for _, e := range evidence {
			if e.Property != name {
				continue
			}
			telling := e.Lower > 0 && e.Share >= 1.0/3 || e.Share >= 0.8 && e.Normal < 0.9
			if telling && e.Share > f.share[p] {
				f.value[p], f.share[p] = e.Value, e.Share
			}
		}
	}
	return f
}

// fewFloors is how many floors stand out although nothing is known about the
// floors of others.
const fewFloors = 3

// floorsRange gives the floors significantly worse than normal as "B2–B1". Where
// nobody else's floors are known, all floors, if they are few.
func floorsRange(evidence []CauseEvidence) string {
	var floors []int
	share, count, known := 0.0, 0, false
	for _, e := range evidence {
		if e.Property == propertyNames[propFloor] {
			count++
			known = known || e.Normal > 0
		}
	}
	for _, e := range evidence {
		if e.Property != propertyNames[propFloor] || e.Lower <= 0 && (known || count > fewFloors) {
			continue
		}
		n, err := strconv.Atoi(strings.TrimLeft(e.Value, "BF"))
		if err != nil {
			continue
		}
		if e.Value[0] == 'B' {
			n = -n
		}
		floors = append(floors, n)
		share += e.Share
	}
	if len(floors) == 0 || share < 0.4 {
		return ""
	}
	slices.Sort(floors)
	low, high := floors[0], floors[len(floors)-1]
	if low == high {
		return floorName(int16(low))
	}
	return fmt.Sprintf("%s–%s", floorName(int16(low)), floorName(int16(high)))
}
