package store

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/hotcell/hotcell/ingest"
)

// A run of short calls: who hears nothing hangs up, which the switch logs as a normal
// release, and tries again. Networks and handsets give up a call without speech after
// 10 to 30 s by themselves, so such calls are shorter than that.
const (
	shortCall = 30  // seconds that a call of a run lasts at most; one of 0 s was not answered
	runCalls  = 3   // attempts that make a run,
	runSpan   = 600 // starting within so many seconds
)

var shortRunsTable = newTable("short_runs", `day Date, record_id FixedString(16), generation UInt64`)

// Conditions on calls: that may be in a run, and with parties that are known.
const (
	short      = `(outcome = 1 AND duration_s > 0 AND duration_s <= @short)`
	shortDays  = `day >= toDate(toUInt16(@day0)) AND day <= toDate(toUInt16(@day1))`
	shortTimes = `toUInt32(time) >= @from AND toUInt32(time) < @to`
	knownPair  = `(customer > 0 AND customer < @surrogates AND peer > 0)`
)

// shortCallsSQL reads the short calls that start from @from to @to by customer, peer
// and start, in their newest version. Only those that the condition %s chooses are
// looked at; it must choose all of a run.
const shortCallsSQL = `
SELECT toInt32(d), record_id, newest.1 AS customer, newest.2 AS peer, newest.3 AS start, newest.3 + newest.4 AS end
FROM (
    SELECT toUInt16(day) AS d, record_id, argMax((customer, peer, toInt64(toUInt32(time)), toFloat64(duration_s),
        ` + short + ` AND ` + knownPair + ` AND deleted = 0 AND precision = 0), version) AS newest
    FROM (
        SELECT day, record_id, customer, peer, time, outcome, duration_s, precision, deleted, version FROM calls
        WHERE ` + shortDays + ` AND record_id GLOBAL IN (
            SELECT record_id FROM calls WHERE ` + shortDays + ` AND ` + shortTimes + ` AND ` + short + ` AND ` + knownPair + ` AND %s))
    GROUP BY day, record_id
)
WHERE newest.5 = 1 AND start >= @from AND start < @to
ORDER BY customer, peer, start, end, record_id`

// shortAmongAll chooses the calls of pairs with enough short calls, of a slice of customers.
const shortAmongAll = `customer % @slices = @slice AND (customer, peer) GLOBAL IN (
                SELECT customer, peer FROM calls
                WHERE ` + shortDays + ` AND ` + shortTimes + ` AND ` + short + ` AND ` + knownPair + ` AND customer % @slices = @slice
                GROUP BY customer, peer HAVING count() >= @runCalls)`

// shortCallsOf are the values for runs that touch the days first to last.
func shortCallsOf(first, last int32) args {
	from, to := max(int64(first)*86400-runSpan-shortCall, 0), (int64(last)+1)*86400+runSpan+1
	return args{"from": from, "to": to, "day0": from / 86400, "day1": to / 86400, "short": shortCall, "surrogates": uint64(surrogateFloor)}
}

// flagShortRuns flags the calls of the days first to last that belong to a run and
// are not its last, of one of so many slices of customers.
func (s *Store) flagShortRuns(ctx context.Context, first, last int32, generation, slices, slice uint64) error {
	values := shortCallsOf(first, last)
	values["runCalls"], values["slices"], values["slice"] = runCalls, slices, slice
	return s.flagShort(ctx, first, last, generation, shortAmongAll, values)
}

// flagShortRunsAmong does so among the calls of pairs (shortPair) and, where others have
// brought calls of the eve of the first day, those around that midnight.
func (s *Store) flagShortRunsAmong(ctx context.Context, first, last int32, generation uint64, pairs []uint32, sharedEve bool) error {
	if len(pairs) > meetingsAtOnce { // about as many calls as are looked at when all are
		return s.flagShortRuns(ctx, first, last, generation, 1, 0)
	}
	if len(pairs) == 0 {
		if !sharedEve {
			return nil
		}
		pairs = []uint32{0}
	}
	values := shortCallsOf(first, last)
	values["pairFactor"], values["edge"] = uint64(pairFactor), int64(0)
	if sharedEve {
		values["edge"] = int64(first)*86400 + runSpan
	}
	among, done, err := s.named(ctx, generation, pairs, values)
	if err != nil {
		return err
	}
	err = s.flagShort(ctx, first, last, generation, `(toUInt32(time) <= @edge OR
		toUInt32(bitShiftRight(customer + peer * toUInt64(@pairFactor), 32)) IN (`+among+`))`, values)
	return errors.Join(err, done())
}

func (s *Store) flagShort(ctx context.Context, first, last int32, generation uint64, condition string, values args) error {
	var runs shortRuns
	err := s.collect(ctx, "read short calls", fmt.Sprintf(shortCallsSQL, condition), values, func() { runs = shortRuns{} }, func(r driver.Rows) error {
		var c shortCallRow
		if err := r.Scan(&c.day, (*[16]byte)(&c.id), &c.customer, &c.peer, &c.start, &c.end); err != nil {
			return err
		}
		runs.add(c)
		return nil
	})
	if err != nil {
		return err
	}
	felt := slices.DeleteFunc(runs.felt(), func(c shortCallRow) bool { return c.day < first || c.day > last })
	if len(felt) == 0 {
		return nil
	}
	days := make([]time.Time, 0, len(felt))
	err = s.insert(ctx, shortRunsTable, len(felt), func(b *block) {
		put(b, &days, felt, func(c *shortCallRow) time.Time { return time.Unix(int64(c.day)*86400, 0).UTC() })
		put(b, &b.buf.ids, felt, func(c *shortCallRow) []byte { return c.id[:] })
		put(b, &b.buf.u64, felt, func(*shortCallRow) uint64 { return generation })
	})
	if err != nil {
		return err
	}
	return s.caughtUp(ctx, "short_runs")
}

type shortCallRow struct {
	day            int32
	id             ingest.RecordID
	customer, peer uint64
	start          int64
	end            float64
}

// shortRuns finds runs among short calls that come by customer, peer and start.
type shortRuns struct {
	pair  []shortCallRow // those of the pair that is on its turn
	found []shortCallRow
}

func (r *shortRuns) add(c shortCallRow) {
	if len(r.pair) > 0 && (r.pair[0].customer != c.customer || r.pair[0].peer != c.peer) {
		r.next()
	}
	r.pair = append(r.pair, c)
}

// felt are the calls of all runs but for the last attempt of each.
func (r *shortRuns) felt() []shortCallRow {
	r.next()
	return r.found
}

// next ends a pair. Calls that overlap are one attempt: the same call told twice.
func (r *shortRuns) next() {
	var attempts []int // where in pair they begin
	end := math.Inf(-1)
	for i, c := range r.pair {
		if float64(c.start) >= end {
			attempts = append(attempts, i)
		}
		end = max(end, c.end)
	}
	within := func(first int) bool { // attempts from first on are a run
		return first >= 0 && first+runCalls <= len(attempts) &&
			r.pair[attempts[first+runCalls-1]].start-r.pair[attempts[first]].start <= runSpan
	}
	for k := range len(attempts) - 1 {
		for before := range runCalls - 1 {
			if within(k - before) {
				r.found = append(r.found, r.pair[attempts[k]:attempts[k+1]]...)
				break
			}
		}
	}
	r.pair = r.pair[:0]
}
