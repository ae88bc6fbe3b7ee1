package store

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	rows    *prometheus.CounterVec
	batches *prometheus.CounterVec
	retries *prometheus.CounterVec
	errors  *prometheus.CounterVec
	seconds *prometheus.HistogramVec
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		rows: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hotcell_store_inserted_rows_total", Help: "Rows stored, by table.",
		}, []string{"table"}),
		batches: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hotcell_store_insert_batches_total", Help: "Batches stored, by table.",
		}, []string{"table"}),
		retries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hotcell_store_retries_total", Help: "Attempts that failed for a passing reason and were made again, by operation.",
		}, []string{"operation"}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hotcell_store_errors_total", Help: "Operations that failed for good, by code.",
		}, []string{"code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "hotcell_store_query_seconds", Help: "Time of queries until their last row was read, by query.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 9),
		}, []string{"query"}),
	}
	if reg == nil {
		return m, nil
	}
	// A process may open several stores with one registerer; they share the counters.
	var err error
	if m.rows, err = register(reg, m.rows); err != nil {
		return nil, err
	}
	if m.batches, err = register(reg, m.batches); err != nil {
		return nil, err
	}
	if m.retries, err = register(reg, m.retries); err != nil {
		return nil, err
	}
	if m.errors, err = register(reg, m.errors); err != nil {
		return nil, err
	}
	m.seconds, err = register(reg, m.seconds)
	return m, err
}

func register[C prometheus.Collector](reg prometheus.Registerer, c C) (C, error) {
	err := reg.Register(c)
	var already prometheus.AlreadyRegisteredError
	if errors.As(err, &already) {
		if same, ok := already.ExistingCollector.(C); ok {
			return same, nil
		}
	}
	return c, err
}

func (m *metrics) time(query string) func() {
	start := time.Now()
	return func() { m.seconds.WithLabelValues(query).Observe(time.Since(start).Seconds()) }
}
