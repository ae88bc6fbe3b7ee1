package ingest

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	rows  *prometheus.CounterVec
	bytes *prometheus.CounterVec
	files *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		rows: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "hotcell_ingest_rows_total",
			Help: "Rows taken in, by feed and by what became of them (accepted, rejected, duplicate; read is their sum)."}, []string{"feed", "result"}),
		bytes: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "hotcell_ingest_bytes_total",
			Help: "Bytes of plain text taken in, by feed."}, []string{"feed"}),
		files: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "hotcell_ingest_files_total",
			Help: "Files handed in, by feed and result (loaded, already_loaded, failed)."}, []string{"feed", "result"}),
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []**prometheus.CounterVec{&m.rows, &m.bytes, &m.files} {
		err := r.Register(*c)
		var had prometheus.AlreadyRegisteredError
		if errors.As(err, &had) { // a second Loader in the same process counts on
			if v, ok := had.ExistingCollector.(*prometheus.CounterVec); ok {
				*c, err = v, nil
			}
		}
		if err != nil {
			return nil, err
		}
	}
	return m, nil
}

// count adds what an account has gained since the last call.
func (m *metrics) count(f Feed, now, before *Account) {
	add := func(result string, n, b uint64) {
		if n > b {
			m.rows.WithLabelValues(string(f), result).Add(float64(n - b))
		}
	}
	add("read", now.Read, before.Read)
	add("accepted", now.Accepted, before.Accepted)
	add("rejected", now.Rejected, before.Rejected)
	add("duplicate", now.Duplicate, before.Duplicate)
}
