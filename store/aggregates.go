package store

import (
	"context"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/hotspots"
	"github.com/hotcell/hotcell/ingest"
)

// exposures: calls per customer and day are capped first, then summed per
// customer over the window, then over customers.
func (s *Store) exposures(ctx context.Context, f filter) ([]hotspots.Exposure, error) {
	var out []hotspots.Exposure
	err := s.each(ctx, "aggregate exposures", `
		SELECT place, rat, indoor, sum(calls_of), sum(bad_of), sum(m), sum(x), count(),
			sum(toFloat64(m) * m), sum(toFloat64(x) * x), sum(toFloat64(x) * m)
		FROM (
			SELECT place, rat, indoor, customer, sum(n) AS calls_of, sum(b) AS bad_of,
				sum(least(n, @cap)) AS m, sum(least(b, @cap)) AS x
			FROM (
				SELECT place, rat, indoor, customer, day, toUInt64(count()) AS n, toUInt64(countIf(`+bad+`)) AS b
				FROM calls FINAL
				WHERE `+inWindow+f.calls+` AND `+located+`
				GROUP BY place, rat, indoor, customer, day
			)
			GROUP BY place, rat, indoor, customer
		)
		GROUP BY place, rat, indoor
		ORDER BY place, rat, indoor`, f.window(f.start(), f.query.End),
		func(r driver.Rows) error {
			var e hotspots.Exposure
			var rat, indoor uint8
			var m, x uint64
			if err := r.Scan((*uint64)(&e.Place), &rat, &indoor, &e.Calls, &e.Bad, &m, &x, &e.Customers, &e.SumMM, &e.SumXX, &e.SumXM); err != nil {
				return err
			}
			e.RAT, e.Indoor = geo.RAT(rat), geo.Indoor(indoor)
			e.CappedCalls, e.CappedBad = float64(m), float64(x)
			out = append(out, e)
			return nil
		})
	return out, err
}

// weeks: like exposures, per place and week before the end.
func (s *Store) weeks(ctx context.Context, f filter) ([]hotspots.Week, error) {
	var out []hotspots.Week
	err := s.each(ctx, "aggregate weeks", `
		SELECT place, week, sum(least(n, @cap)), sum(least(b, @cap)), uniqExactIf(customer, b > 0)
		FROM (
			SELECT place, rat, indoor, customer, day, toInt32(intDiv(@to - 1 - toUInt32(time), 604800)) AS week,
				toUInt64(count()) AS n, toUInt64(countIf(`+bad+`)) AS b
			FROM calls FINAL
			WHERE `+inWindow+f.calls+` AND `+located+`
			GROUP BY place, rat, indoor, customer, day, week
		)
		GROUP BY place, week
		ORDER BY place, week`, f.window(f.trendStart(), f.query.End),
		func(r driver.Rows) error {
			var w hotspots.Week
			var m, x, hurt uint64
			if err := r.Scan((*uint64)(&w.Place), &w.Week, &m, &x, &hurt); err != nil {
				return err
			}
			w.Hurt, w.CappedCalls, w.CappedBad = uint32(hurt), float32(m), float32(x)
			out = append(out, w)
			return nil
		})
	return out, err
}

// radioCells: calls that are located by nothing but their radio cell, which is no
// building's own.
func (s *Store) radioCells(ctx context.Context, f filter) ([]hotspots.CellCounts, error) {
	var out []hotspots.CellCounts
	err := s.each(ctx, "aggregate radio cells", `
		SELECT radio_cell, rat, sum(least(n, @cap)), sum(least(b, @cap)), uniqExact(customer), uniqExactIf(customer, b > 0)
		FROM (
			SELECT radio_cell, rat, customer, day, toUInt64(count()) AS n, toUInt64(countIf(`+bad+`)) AS b
			FROM calls FINAL
			WHERE `+inWindow+f.calls+` AND `+byRadioCell+`
			GROUP BY radio_cell, rat, customer, day
		)
		GROUP BY radio_cell, rat
		ORDER BY radio_cell, rat`, f.window(f.start(), f.query.End),
		func(r driver.Rows) error {
			var c hotspots.CellCounts
			var rat uint8
			var m, x, customers, hurt uint64
			if err := r.Scan(&c.RadioCell, &rat, &m, &x, &customers, &hurt); err != nil {
				return err
			}
			c.RAT, c.CappedCalls, c.CappedBad, c.Customers, c.Hurt = geo.RAT(rat), float64(m), float64(x), float64(customers), float64(hurt)
			out = append(out, c)
			return nil
		})
	return out, err
}

// discs: calls of coarse accuracy by their discs. From inside out: per disc, customer
// and day; the day's cap over all discs of a customer, each keeping its part; per disc
// and customer; among how many discs (and rats) a customer is divided; per disc.
func (s *Store) discs(ctx context.Context, f filter) ([]hotspots.CellCounts, error) {
	var out []hotspots.CellCounts
	err := s.each(ctx, "aggregate accuracy discs", `
		SELECT disc, rat_of, sum(m), sum(x), sum(1 / among), sum(if(x > 0, 1 / hurt_in, 0))
		FROM (
			SELECT customer, groupArray(disc_of) AS discs, groupArray(rat) AS rats, groupArray(calls_of) AS ms, groupArray(bad_of) AS xs,
				count() AS among, countIf(bad_of > 0) AS hurt_in
			FROM (
				SELECT customer, rat, disc_of, sum(n_of * keep) AS calls_of, sum(b_of * keep_bad) AS bad_of
				FROM (
					SELECT customer, rat, groupArray(place) AS places, groupArray(n) AS ns, groupArray(b) AS bs,
						least(sum(n), @cap) / sum(n) AS keep, if(sum(b) > 0, least(sum(b), @cap) / sum(b), 0) AS keep_bad
					FROM (
						SELECT place, rat, customer, day, toUInt64(count()) AS n, toUInt64(countIf(`+bad+`)) AS b
						FROM calls FINAL
						WHERE `+inWindow+f.calls+` AND `+isDisc+`
						GROUP BY place, rat, customer, day
					)
					GROUP BY customer, rat, day
				)
				ARRAY JOIN places AS disc_of, ns AS n_of, bs AS b_of
				GROUP BY customer, rat, disc_of
			)
			GROUP BY customer
		)
		ARRAY JOIN discs AS disc, rats AS rat_of, ms AS m, xs AS x
		GROUP BY disc, rat_of
		ORDER BY disc, rat_of`, f.window(f.start(), f.query.End),
		func(r driver.Rows) error {
			var c hotspots.CellCounts
			var rat uint8
			if err := r.Scan((*uint64)(&c.Disc), &rat, &c.CappedCalls, &c.CappedBad, &c.Customers, &c.Hurt); err != nil {
				return err
			}
			c.RAT = geo.RAT(rat)
			out = append(out, c)
			return nil
		})
	return out, err
}

// kindOf gives the hotspots.Kind of a bad call.
const kindOf = `multiIf(outcome = 3, 0, outcome = 1, 1, outcome = 4, 2, 3)`

func (s *Store) badCalls(ctx context.Context, f filter) ([]hotspots.BadCalls, error) {
	var out []hotspots.BadCalls
	err := s.each(ctx, "read bad calls", `
		SELECT place, cell, customer, toInt32(toUInt16(day)) AS d,
			toInt8(if(precision = 0, intDiv(toUInt32(time) % 86400, 3600), -1)) AS hour,
			toUInt8(`+kindOf+`) AS kind, toUInt32(count()), cause, cause_class, rat, radio_cell, floor, indoor
		FROM calls FINAL
		WHERE `+inWindow+f.calls+` AND `+located+` AND `+bad+`
		GROUP BY place, cell, customer, d, hour, kind, cause, cause_class, rat, radio_cell, floor, indoor`, f.window(f.start(), f.query.End),
		func(r driver.Rows) error {
			var b hotspots.BadCalls
			var kind, class, rat, indoor uint8
			if err := r.Scan((*uint64)(&b.Place), (*uint64)(&b.Cell), &b.Customer, &b.Day, &b.Hour, &kind, &b.Count,
				&b.Cause, &class, &rat, &b.RadioCell, &b.Floor, &indoor); err != nil {
				return err
			}
			b.Kind, b.RAT, b.Indoor = hotspots.Kind(kind), geo.RAT(rat), geo.Indoor(indoor)
			if c := ingest.CauseClass(class); c != ingest.CauseUnknown {
				b.CauseClass = c.String()
			}
			out = append(out, b)
			return nil
		})
	// Sorted here: ordering by this many columns costs the store more than all the rest.
	slices.SortFunc(out, hotspots.CompareBadCalls)
	return out, err
}

// complaints gives those about using the network, and how many are about other things.
func (s *Store) complaints(ctx context.Context, f filter) (out []hotspots.Complaint, offTopic uint64, err error) {
	several, err := s.choicesOf(ctx, f.window(f.start(), f.query.End))
	if err != nil {
		return nil, 0, err
	}
	err = s.each(ctx, "read complaints", `
		SELECT place, cell, customer, toInt32(toUInt16(day)), appeal, category, text, radio_cell, scene, region
		FROM complaints FINAL WHERE `+inWindow+f.complaints+`
		ORDER BY time, record_id`, f.window(f.start(), f.query.End),
		func(r driver.Rows) error {
			var c hotspots.Complaint
			var appeal, scene uint8
			var text string
			if err := r.Scan((*uint64)(&c.Place), (*uint64)(&c.Cell), &c.Customer, &c.Day, &appeal, &c.Category, &text, &c.RadioCell, &scene, &c.Region); err != nil {
				return err
			}
			if hotspots.OffTopic(c.Category, text) {
				offTopic++
				return nil
			}
			c.Kind, c.Scene = hotspots.KindComplaint, geo.Scene(scene)
			if c.Place.IsChoice() {
				if choice := several[c.Place]; choice != nil {
					c.Choice = choice.Places
				}
				c.Place = 0
			}
			if c.Place.IsDisc() {
				c.Place, c.Disc = 0, c.Place
			}
			if appeal == 1 {
				c.Kind = hotspots.KindAppeal
			}
			out = append(out, c)
			return nil
		})
	return out, offTopic, err
}

// attributes are those that held when a customer was last hurt or complained in the
// window, wherever that was: the filter does not change who somebody is.
func (s *Store) attributes(ctx context.Context, f filter) (map[uint64]hotspots.Customer, error) {
	out := map[uint64]hotspots.Customer{}
	err := s.each(ctx, "read customers' attributes", `
		SELECT customer, argMax(segment, valid_from), argMax(value_tier, valid_from), argMax(tenure_months, valid_from)
		FROM subscribers FINAL
		GLOBAL ANY LEFT JOIN (
			SELECT customer, max(at) AS last
			FROM (
				SELECT customer, toUInt32(time) AS at FROM calls FINAL WHERE `+inWindow+` AND customer != 0 AND `+bad+`
				UNION ALL
				SELECT customer, toUInt32(time) AS at FROM complaints FINAL WHERE `+inWindow+` AND customer != 0
			) AS events
			GROUP BY customer
		) AS lasts USING customer
		WHERE last > 0 AND toUInt32(valid_from) <= last
		GROUP BY customer`, f.window(f.start(), f.query.End),
		func(r driver.Rows) error {
			var u uint64
			var c hotspots.Customer
			if err := r.Scan(&u, &c.Segment, &c.ValueTier, &c.TenureMonths); err != nil {
				return err
			}
			out[u] = c
			return nil
		})
	return out, err
}

// complaintCounts are complaints and appeals of the window per customer, at all
// places whatever the filter.
func (s *Store) complaintCounts(ctx context.Context, f filter) (map[uint64]hotspots.Customer, error) {
	out := map[uint64]hotspots.Customer{}
	err := s.each(ctx, "count complaints by customer", `
		SELECT customer, toUInt32(count()) FROM complaints FINAL WHERE `+inWindow+` AND customer != 0 GROUP BY customer`,
		f.window(f.start(), f.query.End), func(r driver.Rows) error {
			var u uint64
			c := hotspots.Customer{TenureMonths: -1}
			if err := r.Scan(&u, &c.Complaints); err != nil {
				return err
			}
			out[u] = c
			return nil
		})
	return out, err
}

// customersOf keeps those who appear in the evidence and of whom something is
// known: attributes, or complaints (then segment and tier are 0, tenure −1).
func customersOf(ev *hotspots.Evidence, attributes, complained map[uint64]hotspots.Customer) map[uint64]hotspots.Customer {
	out := map[uint64]hotspots.Customer{}
	take := func(u uint64) {
		if u == 0 {
			return
		}
		c, known := attributes[u]
		n, complained := complained[u]
		if known {
			c.Complaints = n.Complaints
			out[u] = c
		} else if complained {
			out[u] = n
		}
	}
	for i := range ev.Bad {
		take(ev.Bad[i].Customer)
	}
	for i := range ev.Complaints {
		take(ev.Complaints[i].Customer)
	}
	return out
}
