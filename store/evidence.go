package store

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/zeebo/xxh3"
	"golang.org/x/sync/errgroup"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/hotspots"
)

const (
	defaultWindow = 28 * 24 * time.Hour
	week          = 7 * 24 * time.Hour
)

// filter is a query made ready for SQL: the text of the conditions beside time,
// and the values of all names used.
type filter struct {
	query      hotspots.Query
	all        string // of all calls
	calls      string // of those that are told
	complaints string
	values     args
}

// window gives the values for a span of time, together with the filter's own.
func (f filter) window(from, to time.Time) args {
	a := args{"from": from.Unix(), "to": to.Unix(), "day0": day(from), "day1": day(to.Add(-time.Second))}
	for k, v := range f.values {
		a[k] = v
	}
	return a
}

func day(t time.Time) int32 { return int32(min(max(t.Unix(), 0)/86400, math.MaxUint16)) }

// inWindow goes with filter.window. The condition on day is what the store can
// skip by; the one on time is exact.
const inWindow = `day >= toDate(toUInt16(@day0)) AND day <= toDate(toUInt16(@day1))
	AND toUInt32(time) >= @from AND toUInt32(time) < @to AND deleted = 0`

// busy is 1 for attempts that the network carried in vain: the other party was busy, or the
// caller gave up (ingest.CauseUser). ETSI EG 202 057-3 counts a busy tone as a successful
// set-up.
const busy = `(outcome = 4 AND cause_class = 8)`

// blocked is 1 for attempts that the network did not carry.
const blocked = `(outcome = 4 AND NOT ` + busy + `)`

// told are the calls that say how good the network is; the others are neither good
// nor bad, so that a feed of bad calls only stays one.
const told = `NOT ` + busy

// bad is 1 for calls that ended badly or were felt so.
const bad = `(outcome IN (2, 3) OR ` + blocked + ` OR (outcome = 1 AND record_id GLOBAL IN ` + perceivedNow + `))`

// located are calls with a place of their own, be it that of the building whose
// indoor radio cell served them. Those known by another radio cell only have none
// (byRadioCell), those of coarse accuracy have a disc; both are counted apart.
const byRadioCell = `method = 4 AND place = 0`

var (
	located = `(place != 0 AND NOT ` + isDisc + `)`
	// isDisc is geo.PlaceID.IsDisc in SQL.
	isDisc = fmt.Sprintf("(place >= %d AND place < %d)", uint64(5)<<60, uint64(6)<<60)
)

// Evidence aggregates what a run looks at, inside ClickHouse; only bad calls and
// complaints leave it one by one. Window 0 means 28 days; DailyCap below 1 means
// no cap. Customer 0 (unknown) counts as one customer. Complaints do not know
// rat and operator and ignore those filters. The region filter takes the
// region's descendants in the catalogue with it.
func (s *Store) Evidence(ctx context.Context, q hotspots.Query) (*hotspots.Evidence, error) {
	f, err := s.filter(ctx, q)
	if err != nil {
		return nil, err
	}
	q = f.query
	ev := &hotspots.Evidence{Query: q}
	var totals totals
	var attributes, elsewhere map[uint64]hotspots.Customer
	var other string
	outer := ctx // ends not with the group
	g, ctx := errgroup.WithContext(ctx)
	// Each query uses all cores by itself: two at once fill the gaps, more only
	// take memory and each other's caches.
	g.SetLimit(2)
	g.Go(func() (err error) { totals, err = s.totals(ctx, f); return })
	g.Go(func() (err error) { ev.Exposures, err = s.exposures(ctx, f); return })
	g.Go(func() (err error) { ev.Weeks, err = s.weeks(ctx, f); return })
	g.Go(func() (err error) { ev.Bad, err = s.badCalls(ctx, f); return })
	g.Go(func() (err error) { ev.Complaints, ev.OffTopic, err = s.complaints(ctx, f); return })
	g.Go(func() (err error) { ev.UnlocatedBad, err = s.radioCells(ctx, f); return })
	g.Go(func() (err error) { attributes, err = s.attributes(ctx, f); return })
	g.Go(func() (err error) { elsewhere, err = s.complaintCounts(ctx, f); return })
	g.Go(func() (err error) { other, err = s.sideVersion(ctx, f); return })
	if err := g.Wait(); err != nil {
		return nil, err
	}
	if totals.discs {
		discs, err := s.discs(outer, f)
		if err != nil {
			return nil, err
		}
		ev.UnlocatedBad = append(ev.UnlocatedBad, discs...)
	}
	ev.Calls, ev.Unlocated = totals.calls, totals.unlocated
	for i := range ev.Exposures {
		e := &ev.Exposures[i]
		c := totals.common[exposureKey{e.Place, e.RAT, e.Indoor}]
		e.Region, e.Scene = c.region, c.scene
	}
	ev.Customers = customersOf(ev, attributes, elsewhere)
	if ev.BadOnly() {
		counters, version, err := s.traffic(outer, f)
		if err != nil {
			return nil, err
		}
		if q.Region == "" && q.Scene == geo.SceneUnknown && q.RAT == geo.RATUnknown && q.Operator == "" {
			ev.Traffic = counters
			other += version
		}
		ev.TrafficLeftOut = len(counters) > len(ev.Traffic)
	}
	ev.DataVersion = fingerprint(totals.version, other)
	return ev, nil
}

// filter resolves a query's end and window and writes its conditions.
func (s *Store) filter(ctx context.Context, q hotspots.Query) (filter, error) {
	if q.Window <= 0 {
		q.Window = defaultWindow
	}
	if q.End.IsZero() {
		end, err := s.newest(ctx)
		if err != nil {
			return filter{}, err
		}
		q.End = end
	}
	q.End = q.End.UTC()
	if up := int((q.Window + week - 1) / week); q.TrendWeeks < up {
		q.TrendWeeks = up
	}
	dailyCap := q.DailyCap
	if dailyCap < 1 {
		dailyCap = math.MaxInt32
	}
	f := filter{query: q, values: args{"cap": dailyCap}}
	both := ""
	if q.Region != "" {
		codes, err := s.regionAndBelow(ctx, q.Region)
		if err != nil {
			return filter{}, err
		}
		f.values["regions"] = group(codes)
		both += " AND region IN @regions"
	}
	if q.Scene != geo.SceneUnknown {
		f.values["scene"] = uint8(q.Scene)
		both += " AND scene = @scene"
	}
	f.all, f.complaints = both, both
	if q.RAT != geo.RATUnknown {
		f.values["rat"] = uint8(q.RAT)
		f.all += " AND rat = @rat"
	}
	if q.Operator != "" {
		f.values["operator"] = q.Operator
		f.all += " AND operator = @operator"
	}
	f.calls = f.all + " AND " + told
	return f, nil
}

func (f filter) start() time.Time { return f.query.End.Add(-f.query.Window) }

func (f filter) trendStart() time.Time {
	return f.query.End.Add(-time.Duration(f.query.TrendWeeks) * week)
}

// newest is one second after the newest call or complaint; 1970 when there is none.
func (s *Store) newest(ctx context.Context) (time.Time, error) {
	var end int64
	for _, table := range []string{"calls", "complaints"} {
		// A day of which everything was deleted is no day: step back until a live
		// record turns up.
		for before := int32(math.MaxUint16); ; {
			var newest int64
			var last int32
			var live, any uint64
			err := s.one(ctx, "find the newest record", fmt.Sprintf(`
				SELECT toInt64(maxIf(toUInt32(time), deleted = 0)), countIf(deleted = 0), count(), toInt32(toUInt16(max(day)))
				FROM %[1]s FINAL
				WHERE day = (SELECT max(day) FROM %[1]s WHERE day < toDate(toUInt16(@before)))`, table),
				args{"before": before}, &newest, &live, &any, &last)
			if err != nil {
				return time.Time{}, err
			}
			if live > 0 {
				end = max(end, newest+1)
			}
			if live > 0 || any == 0 || last == 0 {
				break
			}
			before = last
		}
	}
	return time.Unix(end, 0).UTC(), nil
}

// regionAndBelow are a region's code and those of all regions under it.
func (s *Store) regionAndBelow(ctx context.Context, code string) ([]string, error) {
	children := map[string][]string{}
	err := s.each(ctx, "read the region tree", `SELECT code, parent FROM regions FINAL`, nil, func(r driver.Rows) error {
		var c, p string
		if err := r.Scan(&c, &p); err != nil {
			return err
		}
		children[p] = append(children[p], c)
		return nil
	})
	if err != nil {
		return nil, err
	}
	codes, seen := []string{code}, map[string]bool{code: true}
	for i := 0; i < len(codes); i++ {
		for _, c := range children[codes[i]] {
			if !seen[c] {
				seen[c] = true
				codes = append(codes, c)
			}
		}
	}
	slices.Sort(codes)
	return codes, nil
}

type exposureKey struct {
	place  geo.PlaceID
	rat    geo.RAT
	indoor geo.Indoor
}

type totals struct {
	calls, unlocated uint64
	discs            bool // some calls are of coarse accuracy
	version          string
	common           map[exposureKey]struct {
		region string
		scene  geo.Scene
	}
}

// totals counts all calls of the window, finds the most frequent region and
// scene of each exposure (ties: the smaller), and sums up which version of which
// record lies in the trend's span.
func (s *Store) totals(ctx context.Context, f filter) (totals, error) {
	var t totals
	regions, scenes := map[exposureKey]votes[string]{}, map[exposureKey]votes[geo.Scene]{}
	var sum [16]byte
	a := f.window(minTime(f.start(), f.trendStart()), f.query.End)
	a["window"] = f.start().Unix()
	err := s.each(ctx, "count calls by place and region", `
		SELECT place, `+byRadioCell+` AS by_radio_cell, rat, indoor, region, scene,
			countIf(toUInt32(time) >= @window), countIf(toUInt32(time) >= @window AND `+told+`), count(), sum(cityHash64(record_id, version))
		FROM calls FINAL WHERE `+inWindow+f.all+`
		GROUP BY place, by_radio_cell, rat, indoor, region, scene`, a,
		func(r driver.Rows) error {
			var place, n, telling, all, hash uint64
			var byRadioCell, rat, indoor, scene uint8
			var region string
			if err := r.Scan(&place, &byRadioCell, &rat, &indoor, &region, &scene, &n, &telling, &all, &hash); err != nil {
				return err
			}
			add(sum[:8], all)
			add(sum[8:], hash)
			t.calls += n
			switch {
			case byRadioCell == 1 || n == 0:
			case place == 0:
				t.unlocated += n
			case geo.PlaceID(place).IsDisc():
				t.discs = true
			default:
				k := exposureKey{geo.PlaceID(place), geo.RAT(rat), geo.Indoor(indoor)}
				if telling > 0 {
					vote(regions, k, region, telling)
					vote(scenes, k, geo.Scene(scene), telling)
				}
			}
			return nil
		})
	t.version = string(sum[:])
	t.common = make(map[exposureKey]struct {
		region string
		scene  geo.Scene
	}, len(regions))
	for k, v := range regions {
		c := t.common[k]
		c.region, c.scene = winner(v), winner(scenes[k])
		t.common[k] = c
	}
	return t, err
}

type votes[V comparable] map[V]uint64

func vote[V comparable](all map[exposureKey]votes[V], k exposureKey, v V, n uint64) {
	if all[k] == nil {
		all[k] = votes[V]{}
	}
	all[k][v] += n
}

func winner[V string | geo.Scene](of votes[V]) V {
	var best V
	var most uint64
	for v, n := range of {
		if n > most || n == most && v < best {
			best, most = v, n
		}
	}
	return best
}

func add(sum []byte, v uint64) {
	binary.LittleEndian.PutUint64(sum, binary.LittleEndian.Uint64(sum)+v)
}

func minTime(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// sideVersion stands for everything but the calls: complaints, perceived drops,
// and the loads of subscribers and the catalogue.
func (s *Store) sideVersion(ctx context.Context, f filter) (string, error) {
	var out strings.Builder
	a := f.window(minTime(f.start(), f.trendStart()), f.query.End)
	for _, sql := range []string{
		`SELECT count(), sum(cityHash64(record_id, version)) FROM complaints FINAL WHERE ` + inWindow + f.complaints,
		`SELECT count(), sum(cityHash64(record_id)) FROM calls WHERE outcome = 1 AND day >= toDate(toUInt16(@day0)) AND day <= toDate(toUInt16(@day1)) AND record_id GLOBAL IN ` + perceivedNow,
		`SELECT count(), sum(cityHash64(key, state)) FROM loads FINAL WHERE feed IN ('subscribers', 'sites', 'venues', 'regions')`,
	} {
		var n, h uint64
		if err := s.one(ctx, "read the data version", sql, a, &n, &h); err != nil {
			return "", err
		}
		fmt.Fprintf(&out, "%d %d;", n, h)
	}
	return out.String(), nil
}

func fingerprint(parts ...string) string {
	h := xxh3.HashString128(strings.Join(parts, "\x00")).Bytes()
	return "dv_" + hex.EncodeToString(h[:])
}
