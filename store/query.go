package store

import (
	"context"
	"errors"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/cenkalti/backoff/v5"
)

// args are the values of @names in a query. The driver writes them into the
// text as quoted literals; 18.16 has no parameters on the server's side.
type args map[string]any

func (a args) named() []any {
	out := make([]any, 0, len(a))
	for k, v := range a {
		out = append(out, clickhouse.Named(k, v))
	}
	return out
}

// group is a list for IN.
func group[T any](items []T) clickhouse.GroupSet {
	g := clickhouse.GroupSet{Value: make([]any, len(items))}
	for i, v := range items {
		g.Value[i] = v
	}
	return g
}

func (s *Store) with(ctx context.Context) context.Context {
	return clickhouse.Context(ctx, clickhouse.WithSettings(s.settings))
}

// each runs a query and hands its rows, one by one, to scan. name is for
// metrics and messages: "read the regions". Reading is tried again while it has
// not handed out a row.
func (s *Store) each(ctx context.Context, name, query string, a args, scan func(driver.Rows) error) error {
	return s.read(ctx, name, query, a, nil, scan)
}

// collect is each for what is used only when all of it is there: when the
// connection breaks in the middle it calls anew, to forget what came, and begins
// again.
func (s *Store) collect(ctx context.Context, name, query string, a args, anew func(), scan func(driver.Rows) error) error {
	return s.read(ctx, name, query, a, anew, scan)
}

func (s *Store) read(ctx context.Context, name, query string, a args, anew func(), scan func(driver.Rows) error) error {
	defer s.metrics.time(name)()
	start := time.Now()
	defer func() { s.log.Debug("query", "query", name, "began", start, "took", time.Since(start)) }()
	return s.retry(ctx, name, func() error {
		rows, err := s.conn.Query(s.with(ctx), query, a.named()...)
		if err != nil {
			return err
		}
		defer rows.Close()
		started := false
		if anew != nil {
			anew()
		}
		for rows.Next() {
			started = true
			if err := scan(rows); err != nil {
				return backoff.Permanent(err)
			}
		}
		if err := rows.Err(); err != nil && started && anew == nil {
			return backoff.Permanent(err)
		} else if err != nil {
			return err
		}
		return nil
	})
}

// one reads a query of exactly one row.
func (s *Store) one(ctx context.Context, name, query string, a args, dest ...any) error {
	found := false
	err := s.collect(ctx, name, query, a, func() { found = false }, func(r driver.Rows) error {
		found = true
		return r.Scan(dest...)
	})
	if err == nil && !found {
		return &Error{Code: CodeInternal, Message: "cannot " + name + ": the store returned no row"}
	}
	return err
}

// exec runs a statement without a result, and again after passing failures:
// only for statements that may be repeated.
func (s *Store) exec(ctx context.Context, name, query string, a args) error {
	defer s.metrics.time(name)()
	return s.retry(ctx, name, func() error {
		return s.conn.Exec(s.with(ctx), query, a.named()...)
	})
}

// retry repeats op after failures that pass, with growing, jittered pauses,
// until Config.RetryFor is over or ctx ends.
func (s *Store) retry(ctx context.Context, name string, op func() error) error {
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval = 100 * time.Millisecond
	pause.MaxInterval = 5 * time.Second
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := op()
		if err != nil && !transient(err) {
			return struct{}{}, backoff.Permanent(err)
		}
		return struct{}{}, err
	},
		backoff.WithBackOff(pause),
		backoff.WithMaxElapsedTime(s.cfg.RetryFor),
		backoff.WithNotify(func(err error, wait time.Duration) {
			s.metrics.retries.WithLabelValues(name).Inc()
			s.log.Warn("store: trying again", "doing", name, "in", wait.Round(time.Millisecond), "because", firstLine(err.Error()))
		}))
	var permanent *backoff.PermanentError
	if errors.As(err, &permanent) {
		err = permanent.Unwrap()
	}
	return s.coded(name, err)
}
