package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"golang.org/x/sync/errgroup"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/hotspots"
)

// claimFilter is a claim's query made ready for SQL. conditions hold of calls
// wherever they were; area says where calls count, complaints and mayBelong the
// same of complaints and of calls without a place.
type claimFilter struct {
	filter
	conditions, area, complaints, mayBelong string
	placed                                  string // what a record must have to belong to a place
}

// ClaimEvidence aggregates what a claim needs, inside ClickHouse. Calls that have
// no place of their own (see located) go into Unlocated, for shares of area also
// those whose accuracy is coarser than a map cell. Calls of
// unknown outcome are left out. Complaints know no environment, network and
// operator and ignore those conditions; of a region's customers also complaints
// without any place count. A unit's calls count whole, whatever region they are in:
// the ground says which units belong to the area.
//
// It returns CodeNotFound when the period has no calls and no complaints at all.
func (s *Store) ClaimEvidence(ctx context.Context, q hotspots.ClaimQuery, ground *hotspots.ClaimGround) (*hotspots.ClaimEvidence, error) {
	f, err := s.claimFilter(ctx, q, ground)
	if err != nil {
		return nil, err
	}
	ev := &hotspots.ClaimEvidence{Query: q, TotalSize: ground.Total, Where: ground.Where}
	var calls, other string
	g, groupCtx := errgroup.WithContext(ctx)
	g.Go(func() (err error) { calls, err = s.claimTotals(groupCtx, f, ev); return })
	g.Go(func() (err error) { other, err = s.sideVersion(groupCtx, f.filter); return })
	g.Go(func() (err error) {
		switch q.Units {
		case "":
			ev.Customers, err = s.claimCustomers(groupCtx, f, ground)
		case hotspots.ClaimArea:
			ev.Units, err = s.claimCells(groupCtx, f, ground)
		default:
			ev.Units, err = s.claimUnits(groupCtx, f, ground)
		}
		return
	})
	if err := g.Wait(); err != nil {
		return nil, err
	}
	if calls == "" {
		return nil, s.claimNothing(ctx, q)
	}
	ev.DataVersion = fingerprint(calls, other)
	covered := 0.0
	for _, u := range ev.Units {
		covered += u.Size
	}
	ev.TotalSize = max(ev.TotalSize, covered) // cells' areas round
	return ev, nil
}

func (s *Store) claimFilter(ctx context.Context, q hotspots.ClaimQuery, ground *hotspots.ClaimGround) (claimFilter, error) {
	if !q.Start.Before(q.End) {
		return claimFilter{}, &Error{Code: CodeBadRecord, Message: fmt.Sprintf("a claim's period must end after it starts, not %s to %s", q.Start, q.End)}
	}
	base, err := s.filter(ctx, hotspots.Query{End: q.End, Window: q.End.Sub(q.Start), RAT: q.RAT, Operator: q.Operator})
	if err != nil {
		return claimFilter{}, err
	}
	base.query.TrendWeeks = 0 // nothing before the period matters
	f := claimFilter{filter: base, placed: located}
	f.conditions = base.all + " AND outcome != 0"
	if q.Indoor != geo.IndoorUnknown {
		f.values["indoor"] = uint8(q.Indoor)
		f.conditions += " AND indoor = @indoor"
	}
	if q.Units == "" && q.Scene == geo.SceneUnknown && ground.Places == nil {
		f.placed = "place != 0" // an accuracy disc says enough of where a call was: its region
	}
	if q.Units == hotspots.ClaimArea {
		f.placed = fmt.Sprintf("cell != 0 AND method != 4 AND accuracy_m <= %v", geo.CellAccuracy)
	}
	f.mayBelong = "NOT (" + f.placed + ")"
	if q.Region != "" {
		codes, err := s.regionAndBelow(ctx, q.Region)
		if err != nil {
			return claimFilter{}, err
		}
		f.values["regions"] = group(codes)
		f.mayBelong += " AND (region IN @regions OR region = '')"
		if q.Units == "" || q.Units == hotspots.ClaimArea {
			f.area += " AND region IN @regions"
		}
	}
	if q.Scene != geo.SceneUnknown {
		f.values["scene"] = uint8(q.Scene)
		f.mayBelong += " AND (scene = @scene OR scene = 0)"
		if q.Units == "" { // units are chosen by their scene already
			f.values["scene_parts"] = placeList(ground.SceneParts)
			f.area += " AND (scene = @scene OR place IN " + placesIn("scene_parts") + ")"
		}
	}
	if ground.Places != nil {
		f.values["places"] = placeList(ground.Places)
		f.area += " AND place IN " + placesIn("places")
	}
	f.complaints = "1" + f.area
	return f, nil
}

// placeList and placesIn hand a long list of places over as one text: as many
// numbers in a row would exceed the limit on a query's parts.
func placeList(ids []geo.PlaceID) string {
	var b strings.Builder
	for i, id := range ids {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatUint(uint64(id), 10))
	}
	return b.String()
}

func placesIn(name string) string {
	return "(SELECT arrayJoin(arrayFilter(x -> x != 0, arrayMap(x -> toUInt64OrZero(x), splitByChar(',', @" + name + ")))) AS place)"
}

// felt is 1 for calls that were released normally and felt as a drop.
const felt = `toUInt8(outcome = 1 AND record_id GLOBAL IN ` + perceivedNow + `)`

// claimTotals reads which version of which call lies in the period ("" when there
// is neither a call nor a complaint) and fills in Unlocated, QuietDays and Reports.
func (s *Store) claimTotals(ctx context.Context, f claimFilter, ev *hotspots.ClaimEvidence) (string, error) {
	a := f.window(f.start(), f.query.End)
	var n, hash, days, inexact, complaints uint64
	reports := &ev.Reports
	err := s.one(ctx, "count the calls of a claim's period", `
		SELECT count(), sum(cityHash64(record_id, version)), uniqExact(intDiv(toUInt32(time) - @from, 86400)), countIf(precision = 2),
			countIf(`+f.mayBelong+f.conditions+`), countIf(outcome = 3), countIf(outcome = 4), countIf(peer != 0 AND customer != 0)
		FROM calls FINAL WHERE `+inWindow, a, &n, &hash, &days, &inexact, &ev.Unlocated, &reports.Dropped, &reports.Blocked, &reports.Redials)
	if err != nil {
		return "", err
	}
	if err := s.one(ctx, "count the complaints of a claim's period", `SELECT count(), countIf(appeal = 0) FROM complaints FINAL WHERE `+inWindow, a, &complaints, &reports.Complaints); err != nil {
		return "", err
	}
	if n == 0 && complaints == 0 {
		return "", nil
	}
	if inexact == 0 { // of monthly records nobody knows the day
		ev.QuietDays = uint64(f.query.Window/(24*time.Hour)) - days
	}
	var sum [16]byte
	add(sum[:8], n)
	add(sum[8:], hash)
	return string(sum[:]), nil
}

// claimNothing says that the period is empty, and what there is instead.
func (s *Store) claimNothing(ctx context.Context, q hotspots.ClaimQuery) error {
	const date = "2006-01-02 15:04"
	var n uint64
	var first, last int64
	err := s.one(ctx, "find the first and the last call", `
		SELECT count(), toInt64(min(toUInt32(time))), toInt64(max(toUInt32(time))) FROM calls FINAL WHERE deleted = 0`, nil, &n, &first, &last)
	if err != nil {
		return err
	}
	have := "the store has no calls at all: load them with \"hotcell load calls\""
	if n > 0 {
		have = fmt.Sprintf("the store has calls from %s to %s UTC", time.Unix(first, 0).UTC().Format(date), time.Unix(last, 0).UTC().Format(date))
	}
	return &Error{Code: CodeNotFound, Message: fmt.Sprintf("there are no calls and no complaints from %s to %s UTC; %s",
		q.Start.UTC().Format(date), q.End.UTC().Format(date), have)}
}

// choiceShares are the shares that complaints which fit several places have within a
// claim's places, as text for claimCustomers: "id:share,…".
func (s *Store) choiceShares(ctx context.Context, f claimFilter, ground *hotspots.ClaimGround) (string, error) {
	several, err := s.choicesOf(ctx, f.window(f.start(), f.query.End))
	if err != nil {
		return "", err
	}
	var pairs []string
	for id, c := range several {
		share := 0.0
		for _, w := range c.Places {
			if _, in := slices.BinarySearch(ground.Places, w.Place); in {
				share += w.Weight
			}
		}
		if share > 0 {
			pairs = append(pairs, fmt.Sprintf("%d:%g", uint64(id), min(share, 1)))
		}
	}
	return strings.Join(pairs, ","), nil
}

// claimCustomers: per customer and place first, then per customer with the place
// used most (ties: the smaller), then how many customers have the same figures. Of a
// complaint that fits several places a claim on some of them has their share only.
func (s *Store) claimCustomers(ctx context.Context, f claimFilter, ground *hotspots.ClaimGround) ([]hotspots.CustomerUse, error) {
	shares, told := "", "toFloat64(countIf("+f.complaints+"))"
	a := f.window(f.start(), f.query.End)
	if ground.Places != nil {
		text, err := s.choiceShares(ctx, f, ground)
		if err != nil {
			return nil, err
		}
		if a["shares"] = text; text != "" {
			told = "sum(if(" + f.complaints + ", 1., share))"
			shares = `ANY LEFT JOIN (
					SELECT toUInt64(splitByChar(':', pair)[1]) AS place, toFloat64(splitByChar(':', pair)[2]) AS share
					FROM (SELECT arrayJoin(splitByChar(',', @shares)) AS pair)
				) AS shares USING place`
		}
	}
	nowhere := "0"
	if f.values["places"] == nil {
		nowhere = "((place = 0 OR " + isChoice + " OR " + isDisc + ") AND region = ''"
		if f.values["scene"] != nil {
			nowhere += " AND scene = @scene"
		}
		nowhere += ")"
	}
	var out []hotspots.CustomerUse
	err := s.each(ctx, "aggregate a claim's customers", `
		SELECT cluster, attempts, blocked, dropped, felt, complaints, count()
		FROM (
			SELECT customer, bitNot(tupleElement(max((n, c, bitNot(place))), 3)) AS cluster, toUInt32(sum(n)) AS attempts, toUInt32(sum(b)) AS blocked,
				toUInt32(sum(d)) AS dropped, toUInt32(sum(p)) AS felt, round(sum(c) + if(sum(n) > 0, sum(e), 0), 6) AS complaints
			FROM (
				SELECT customer, place, toUInt64(count()) AS n, toUInt64(countIf(`+blocked+`)) AS b, toUInt64(countIf(outcome = 3)) AS d,
					toUInt64(countIf(`+felt+` = 1)) AS p, toFloat64(0) AS c, toFloat64(0) AS e
				FROM calls FINAL
				WHERE `+inWindow+f.conditions+f.area+` AND `+f.placed+`
				GROUP BY customer, place
				UNION ALL
				SELECT customer, place, toUInt64(0) AS n, toUInt64(0) AS b, toUInt64(0) AS d, toUInt64(0) AS p,
					`+told+` AS c, toFloat64(countIf(`+nowhere+`)) AS e
				FROM (SELECT customer, place, region, scene FROM complaints FINAL WHERE `+inWindow+` AND appeal = 0) AS told
				`+shares+`
				GROUP BY customer, place
			)
			GROUP BY customer
			HAVING sum(n) > 0 OR sum(c) > 0
		)
		GROUP BY cluster, attempts, blocked, dropped, felt, complaints
		ORDER BY cluster, attempts, blocked, dropped, felt, complaints`, a,
		func(r driver.Rows) error {
			var u hotspots.CustomerUse
			if err := r.Scan(&u.Cluster, &u.Attempts, &u.Blocked, &u.Dropped, &u.Perceived, &u.Complaints, &u.Customers); err != nil {
				return err
			}
			out = append(out, u)
			return nil
		})
	return out, err
}

// claimUsers counts customers per unit from rows of (unit, customer, outcome, is_blocked, is_felt).
func claimUsers(from string) string {
	return `
		SELECT unit, count(), countIf(n > b), countIf(b > 0), countIf(d > 0), countIf(d + p > 0)
		FROM (
			SELECT unit, customer, count() AS n, countIf(is_blocked = 1) AS b, countIf(outcome = 3) AS d, countIf(is_felt = 1) AS p
			FROM (` + from + `)
			GROUP BY unit, customer
		)
		GROUP BY unit
		ORDER BY unit`
}

// claimCells counts customers per map cell. Cells with no ground in the region
// (their records lie within the tolerance of its outline) are left out.
func (s *Store) claimCells(ctx context.Context, f claimFilter, ground *hotspots.ClaimGround) ([]hotspots.UnitUse, error) {
	a := f.window(f.start(), f.query.End)
	a["keep"], a["set"] = parentBits(geo.RankResolution)
	var out []hotspots.UnitUse
	err := s.each(ctx, "count a claim's customers by cell", claimUsers(`
		SELECT bitOr(bitAnd(cell, toUInt64(@keep)), toUInt64(@set)) AS unit, customer, outcome, `+blocked+` AS is_blocked, `+felt+` AS is_felt
		FROM calls FINAL
		WHERE `+inWindow+f.conditions+f.area+` AND `+f.placed), a,
		func(r driver.Rows) error {
			var cell geo.Cell
			var u hotspots.UnitUse
			if err := r.Scan((*uint64)(&cell), &u.Customers, &u.SetUp, &u.Blocked, &u.Dropped, &u.Felt); err != nil {
				return err
			}
			u.ID, u.Size = cell.String(), ground.CellSize(cell)
			if u.Size > 0 {
				out = append(out, u)
			}
			return nil
		})
	return out, err
}

// claimUnits counts customers per highway kilometre or venue.
func (s *Store) claimUnits(ctx context.Context, f claimFilter, ground *hotspots.ClaimGround) ([]hotspots.UnitUse, error) {
	var pairs strings.Builder
	for i, u := range ground.Units {
		for _, id := range u.Places {
			if pairs.Len() > 0 {
				pairs.WriteByte(',')
			}
			fmt.Fprintf(&pairs, "%d:%d", uint64(id), i)
		}
	}
	a := f.window(f.start(), f.query.End)
	a["units"] = pairs.String()
	var out []hotspots.UnitUse
	err := s.each(ctx, "count a claim's customers by unit", claimUsers(`
		SELECT unit, customer, outcome, is_blocked, is_felt
		FROM (
			SELECT place, customer, outcome, `+blocked+` AS is_blocked, `+felt+` AS is_felt
			FROM calls FINAL
			WHERE `+inWindow+f.conditions+f.area+` AND `+f.placed+`
		) AS used
		ANY LEFT JOIN (
			SELECT toUInt64(splitByChar(':', pair)[1]) AS place, toUInt32(splitByChar(':', pair)[2]) AS unit
			FROM (SELECT arrayJoin(splitByChar(',', @units)) AS pair)
		) AS units USING place`), a,
		func(r driver.Rows) error {
			var n uint32
			var u hotspots.UnitUse
			if err := r.Scan(&n, &u.Customers, &u.SetUp, &u.Blocked, &u.Dropped, &u.Felt); err != nil {
				return err
			}
			u.ID, u.Size = ground.Units[n].ID, ground.Units[n].Size
			out = append(out, u)
			return nil
		})
	slices.SortFunc(out, func(a, b hotspots.UnitUse) int { return strings.Compare(a.ID, b.ID) })
	return out, err
}
