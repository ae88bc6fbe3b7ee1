package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// perceivedChunk bounds the calls looked at in one statement, so that the
// store's memory stays bounded: several thin days go together, a thick one is
// cut into slices of customers.
const perceivedChunk = 1 << 20

// RebuildDerived computes everything derived from records again, for all days.
// progress, if not nil, is told how many days are done.
func (s *Store) RebuildDerived(ctx context.Context, progress func(done, total int)) error {
	if err := s.caughtUp(ctx, "calls"); err != nil {
		return err
	}
	var days []int32
	err := s.each(ctx, "list all days", `
		SELECT DISTINCT d FROM (
			SELECT DISTINCT toInt32(toUInt16(day)) AS d FROM calls
			UNION ALL SELECT DISTINCT toInt32(toUInt16(day)) AS d FROM perceived_days
		) ORDER BY d`, nil, func(r driver.Rows) error {
		var d int32
		err := r.Scan(&d)
		days = append(days, d)
		return err
	})
	if err != nil {
		return err
	}
	s.derive.Lock()
	defer s.derive.Unlock()
	return s.derivePerceived(ctx, days, progress)
}

// derivePerceivedOf flags anew the perceived drops of the days that a load
// touched (ascending). Where the load brought all calls of a day and of the one
// after, only the meetings its watch names are looked at; watch may be nil.
func (s *Store) derivePerceivedOf(ctx context.Context, load uint64, watch *redialWatch, days []int32) error {
	if len(days) == 0 {
		return nil
	}
	s.derive.Lock()
	defer s.derive.Unlock()
	// Before anything is read: who derives after us will have the greater one, and has read what we have not.
	generation := newGeneration()
	var own []int32
	var shared map[int32]bool
	if watch != nil {
		var err error
		if shared, err = s.daysOfOthers(ctx, load, days); err != nil {
			return err
		}
		days = slices.DeleteFunc(slices.Clone(days), func(d int32) bool {
			mine := !shared[d] && !shared[d+1] && watch.sure(d)
			if mine {
				own = append(own, d)
			}
			return mine
		})
	}
	for len(own) > 0 {
		n := 1
		meets := watch.among(own[0], own[0])
		for n < len(own) && own[n] == own[n-1]+1 {
			more := watch.among(own[0], own[n])
			if len(more) > meetingsAtOnce || len(watch.amongShort(own[0], own[n])) > meetingsAtOnce {
				break
			}
			meets, n = more, n+1
		}
		if err := s.derivePerceivedMeetings(ctx, own[0], own[n-1], generation, meets); err != nil {
			return err
		}
		if err := s.flagShortRunsAmong(ctx, own[0], own[n-1], generation, watch.amongShort(own[0], own[n-1]), shared[own[0]-1]); err != nil {
			return err
		}
		if err := s.switchDays(ctx, own[0], own[n-1], generation); err != nil {
			return err
		}
		own = own[n:]
	}
	return s.derivePerceived(ctx, days, nil)
}

// daysOfOthers tells on which of the days, and of those beside them, lie calls
// that another load brought.
func (s *Store) daysOfOthers(ctx context.Context, load uint64, days []int32) (map[int32]bool, error) {
	shared := map[int32]bool{}
	err := s.collect(ctx, "look for calls of other loads", `
		SELECT DISTINCT toInt32(toUInt16(day)) AS d FROM calls
		WHERE day >= toDate(toUInt16(@first)) AND day <= toDate(toUInt16(@last)) AND load != @load`,
		args{"first": max(days[0]-1, 0), "last": days[len(days)-1] + 1, "load": load}, func() { clear(shared) }, func(r driver.Rows) error {
			var d int32
			err := r.Scan(&d)
			shared[d] = true
			return err
		})
	return shared, err
}

// meetingsAtOnce bounds those named in one statement, to 3 MB of text.
const meetingsAtOnce = 100_000

// derivePerceivedMeetings flags the days first to last, on which no other calls can
// meet.
func (s *Store) derivePerceivedMeetings(ctx context.Context, first, last int32, generation uint64, meets []uint32) error {
	for some := range slices.Chunk(meets, meetingsAtOnce) {
		values := args{
			"first": first, "last": last, "generation": generation,
			"pairFactor": uint64(pairFactor), "stepFactor": uint64(stepFactor), "step": 1 << stepBits,
			"surrogates": uint64(surrogateFloor), "wait": perceivedWait,
		}
		among, done, err := s.named(ctx, generation, some, values)
		if err != nil {
			return err
		}
		err = s.exec(ctx, "flag perceived drops where calls meet", perceivedAmongMeetings(among), values)
		if err = errors.Join(err, done()); err != nil {
			return err
		}
	}
	return nil
}

// namedMeetings makes a list of numbers from one text.
const namedMeetings = `SELECT toUInt32(arrayJoin(splitByChar(',', @meets))) AS meeting`

// named gives meetings as a subquery for IN. The embedded engine goes through the
// text of a deeply nested statement many times, for seconds where a list in it is
// long: there the list becomes a table in memory, which done drops. A process that
// dies before leaves it empty.
func (s *Store) named(ctx context.Context, generation uint64, meets []uint32, values args) (among string, done func() error, err error) {
	list := args{"meets": commas(meets)}
	if s.engine == nil {
		maps.Copy(values, list)
		return namedMeetings, func() error { return nil }, nil
	}
	table := fmt.Sprintf("meetings_%d", generation)
	done = func() error {
		return s.exec(context.WithoutCancel(ctx), "drop the meetings", "DROP TABLE IF EXISTS "+table, nil)
	}
	err = s.exec(ctx, "make a table of meetings", "CREATE TABLE IF NOT EXISTS "+table+" (meeting UInt32) ENGINE = Memory", nil)
	if err == nil {
		err = s.exec(ctx, "fill the table of meetings", "INSERT INTO "+table+" "+namedMeetings, list)
	}
	if err != nil {
		return "", nil, errors.Join(err, done())
	}
	return "SELECT meeting FROM " + table, done, nil
}

// commas writes numbers one after the other.
func commas(numbers []uint32) string {
	text := make([]byte, 0, 11*len(numbers))
	for i, n := range numbers {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendUint(text, uint64(n), 10)
	}
	return string(text)
}

// newGeneration numbers derivations: the later, the greater.
func newGeneration() uint64 { return uint64(time.Now().UnixNano()) }

// derivePerceived flags anew the perceived drops among all calls that began on
// the given days (ascending). The caller holds s.derive.
func (s *Store) derivePerceived(ctx context.Context, days []int32, progress func(done, total int)) error {
	if len(days) == 0 {
		return nil
	}
	size, err := s.daySizes(ctx, days)
	if err != nil {
		return err
	}
	for from := 0; from < len(days); {
		to, rows := from, uint64(0)
		for to < len(days) && (to == from || days[to] == days[to-1]+1 && rows+size[days[to]] <= perceivedChunk) {
			rows += size[days[to]]
			to++
		}
		if err := s.derivePerceivedDays(ctx, days[from], days[to-1], rows); err != nil {
			return err
		}
		from = to
		if progress != nil {
			progress(to, len(days))
		}
	}
	return nil
}

func (s *Store) daySizes(ctx context.Context, days []int32) (map[int32]uint64, error) {
	size := make(map[int32]uint64, len(days))
	err := s.collect(ctx, "count the calls of days", `
		SELECT toInt32(toUInt16(day)) AS d, count() FROM calls
		WHERE day >= toDate(toUInt16(@first)) AND day <= toDate(toUInt16(@last)) GROUP BY d`,
		args{"first": days[0], "last": days[len(days)-1]}, func() { clear(size) }, func(r driver.Rows) error {
			var d int32
			var n uint64
			if err := r.Scan(&d, &n); err != nil {
				return err
			}
			size[d] = n
			return nil
		})
	return size, err
}

// derivePerceivedDays flags the days first to last under a new generation and
// then switches them over to it.
func (s *Store) derivePerceivedDays(ctx context.Context, first, last int32, rows uint64) error {
	generation := newGeneration()
	slices := rows/perceivedChunk + 1
	if rows > 0 {
		for i := range slices {
			if err := s.exec(ctx, "flag perceived drops", perceivedAmongAll, args{
				"first": first, "last": last, "generation": generation, "slices": slices, "slice": i,
				"surrogates": uint64(surrogateFloor), "wait": perceivedWait,
			}); err != nil {
				return err
			}
			if err := s.flagShortRuns(ctx, first, last, generation, slices, i); err != nil {
				return err
			}
		}
	}
	return s.switchDays(ctx, first, last, generation)
}

func (s *Store) switchDays(ctx context.Context, first, last int32, generation uint64) error {
	if err := s.caughtUp(ctx, "perceived"); err != nil {
		return err
	}
	if err := s.exec(ctx, "switch days to new perceived drops", `
		INSERT INTO perceived_days (day, generation)
		SELECT toDate(toUInt16(@first + number)) AS day, toUInt64(@generation) AS generation
		FROM system.numbers LIMIT @days`,
		args{"first": first, "days": last - first + 1, "generation": generation}); err != nil {
		return err
	}
	return s.caughtUp(ctx, "perceived_days")
}

// perceivedWait is how long after the end of a call a redial to the same peer
// counts, in seconds (DESIGN §1).
const perceivedWait = 120

// perceivedSQL finds the completed calls of customers with a known identity that
// were followed by a call of the same customer to the same peer starting within
// @wait seconds after their end. The end is time + duration; calls of unknown
// duration or inexact time are never flagged. Redials are looked for until the
// end of the day after.
//
// Time is cut into buckets of @wait seconds. A call ending in bucket b at e is
// followed by a redial exactly when the last start in b is not before e, or the
// first start in b + 1 is not after e + @wait. That takes one pass whatever the
// order of the calls and however many a pair of numbers has. No bucket spans a
// midnight, so its starts are all of one day. Only calls that
// the condition %s chooses are looked at, in their newest version; it must choose
// all calls of a pair that may be concerned.
const perceivedSQL = `
INSERT INTO perceived (day, record_id, generation)
SELECT DISTINCT toDate(toUInt16(hit.1)) AS day, hit.2 AS record_id, toUInt64(@generation) AS generation
FROM (
    SELECT last_start, first_start, arrayJoin(waiting) AS hit
    FROM (
        SELECT maxIf(start, role = 0) AS last_start, minIf(start, role = 0) AS first_start,
            groupArrayIf((d, record_id, start, end, role), role != 0) AS waiting
        FROM (
            SELECT d, record_id, customer, peer, start, end, arrayJoin(if(outcome = 1 AND lasted AND d <= @last, [0, 1, 2], [0])) AS role,
                multiIf(role = 0, intDiv(start, @wait), role = 1, intDiv(toInt64(end), @wait), intDiv(toInt64(end), @wait) + 1) AS bucket
            FROM (
                SELECT d, record_id, newest.1 AS customer, newest.2 AS peer, newest.3 AS start, newest.4 AS outcome,
                    newest.5 AS lasted, newest.3 + newest.6 AS end
                FROM (
                    SELECT d, record_id, argMax((customer, peer, toInt64(toUInt32(time)), outcome, ` + lasted + `, ` + lasting + `,
                        deleted = 0 AND precision = 0 AND customer > 0 AND customer < @surrogates AND peer > 0), version) AS newest
                    FROM (SELECT toUInt16(day) AS d, record_id, customer, peer, time, outcome, duration_s, precision, deleted, version FROM calls
                        WHERE day >= toDate(toUInt16(@first)) AND day <= toDate(toUInt16(@last + 1))
                            AND %s)
                    GROUP BY d, record_id
                )
                WHERE newest.7 = 1
            )
        )
        GROUP BY customer, peer, bucket
        HAVING countIf(role = 0) > 0 AND countIf(role != 0) > 0
    )
)
WHERE if(hit.5 = 1, last_start >= hit.4 AND last_start > hit.3, first_start <= hit.4 + @wait)
    AND intDiv(if(hit.5 = 1, last_start, first_start), 86400) <= hit.1 + 1`

var perceivedAmongAll = fmt.Sprintf(perceivedSQL, `record_id GLOBAL IN (
	SELECT record_id FROM `+perceivedMarks+` WHERE mark GLOBAL IN (
		SELECT mark FROM `+perceivedMarks+` GROUP BY mark HAVING count() > 1))`)

// perceivedAmongMeetings looks at the calls that meet where the subquery among says.
func perceivedAmongMeetings(among string) string {
	const ends = "toInt64(toInt64(toUInt32(time)) + " + lasting + ")"
	at := func(time string) string { // meeting in SQL
		return `toUInt32(bitShiftRight(customer + peer * toUInt64(@pairFactor) + toUInt64(intDiv(` + time + `, @step)) * toUInt64(@stepFactor), 32)) IN (` + among + `)`
	}
	return fmt.Sprintf(perceivedSQL, `record_id GLOBAL IN (
		SELECT record_id FROM calls WHERE day >= toDate(toUInt16(@first)) AND day <= toDate(toUInt16(@last + 1)) AND (
			`+at("toUInt32(time)")+` OR outcome = 1 AND `+lasted+` AND (`+at(ends)+` OR `+at("("+ends+" + @wait)")+`)))`)
}

// lasted tells whether a call's duration is known, lasting is it in seconds, else 0.
const (
	lasted  = `(duration_s >= 0 AND duration_s < 172800)`
	lasting = `if(` + lasted + `, toFloat64(duration_s), 0)`
)

// perceivedMarks marks the calls of one slice of customers with a hash of customer,
// peer and hour: the hour a call starts in and, when it was completed, those in
// which a redial may start. A call and its redial share a mark. Most calls share
// none with any other and are put aside by it cheaply. Superseded versions are
// marked like the newest: they, and hashes that clash, can only add calls that
// are looked at.
const perceivedMarks = `(
    SELECT record_id, cityHash64(customer, peer, arrayJoin(hours)) AS mark
    FROM (
        SELECT record_id, customer, peer, toInt64(toUInt32(time)) AS start,
            toInt64(start + ` + lasting + `) AS end,
            if(outcome = 1 AND ` + lasted + `, arrayDistinct([intDiv(start, 3600), intDiv(end, 3600), intDiv(end + @wait, 3600)]), [intDiv(start, 3600)]) AS hours
        FROM calls
        WHERE day >= toDate(toUInt16(@first)) AND day <= toDate(toUInt16(@last + 1))
            AND customer > 0 AND customer < @surrogates AND peer > 0 AND customer % @slices = @slice
    ))`

// perceivedNow selects the ids of the perceived drops that count, of the days
// @day0 to @day1, as a subquery for GLOBAL IN. (ANY INNER JOIN would do in 18.16; since
// 20.1 it keeps one row per day.)
const perceivedNow = `(
    SELECT record_id FROM (
        SELECT day, record_id, generation FROM perceived WHERE day >= toDate(toUInt16(@day0)) AND day <= toDate(toUInt16(@day1))
        UNION ALL
        SELECT day, record_id, generation FROM short_runs WHERE day >= toDate(toUInt16(@day0)) AND day <= toDate(toUInt16(@day1))
    ) AS flagged ANY LEFT JOIN (
        SELECT day, max(generation) AS present FROM perceived_days
        WHERE day >= toDate(toUInt16(@day0)) AND day <= toDate(toUInt16(@day1)) GROUP BY day
    ) AS switched USING day
    WHERE present > 0 AND generation >= present)`
