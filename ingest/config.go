package ingest

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Config sets up a Loader.
type Config struct {
	// PseudonymKey keys the HMAC-SHA-256 that turns subscriber ids into pseudonyms;
	// at least MinKeyBytes. Another key gives other customers: keep it.
	PseudonymKey []byte
	// Workers is the number of goroutines that parse and locate rows.
	Workers int
	// ChunkBytes is how much of a file one worker takes at a time. It bounds memory:
	// about 4 × ChunkBytes × (Workers + InFlight).
	ChunkBytes int
	// MaxLineBytes is the longest row; longer ones are rejected.
	MaxLineBytes int
	// BatchRows and BatchBytes are how much is gathered for one insert, where the sink
	// can gather (see CallBatches); else a chunk gives one insert. There are up to
	// InFlight + 1 batches in memory.
	BatchRows, BatchBytes int
	// InFlight is how many batches may be on their way to the sink at once.
	InFlight int
	// HoldRows is how many rows that may be known already are held back before the
	// sink is asked about them.
	HoldRows int
	// Earliest and Future bound the time of records: not before Earliest, and not
	// more than Future after now.
	Earliest time.Time
	Future   time.Duration
	// MaxRejectShare stops a load before anything of it is stored when more than this
	// share of the rows (0 to 1) would be rejected; 0 loads whatever comes. The file
	// is read twice then.
	MaxRejectShare float64
	// FlushTimeout is how long batches already on their way may take to arrive after
	// the load was cancelled.
	FlushTimeout time.Duration

	Now        func() time.Time
	Logger     *slog.Logger
	Registerer prometheus.Registerer // nil: no metrics
	Progress   func(Progress)        // nil: none; called from one goroutine at a time
}

// Progress is how far a load has come. Bytes are those of the file as delivered.
type Progress struct {
	File       string
	BytesDone  int64
	BytesTotal int64
	Rows       uint64
}

// DefaultConfig gives the settings used where nothing else is said. The
// pseudonym key has no default.
func DefaultConfig() Config {
	return Config{
		Workers:      min(runtime.GOMAXPROCS(0), 16),
		ChunkBytes:   8 << 20,
		MaxLineBytes: 1 << 20,
		BatchRows:    250_000,
		BatchBytes:   32 << 20,
		InFlight:     min(max(runtime.GOMAXPROCS(0)/2, 1), 2),
		HoldRows:     50_000,
		Earliest:     time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC),
		Future:       48 * time.Hour,
		FlushTimeout: 30 * time.Second,
		Now:          time.Now,
		Logger:       slog.New(slog.DiscardHandler),
	}
}

func (c *Config) check() error {
	var errs []error
	if len(c.PseudonymKey) < MinKeyBytes {
		errs = append(errs, errShortKey)
	}
	atLeast := func(name string, v, least int) {
		if v < least {
			errs = append(errs, fmt.Errorf("ingest: %s is %d; it must be at least %d", name, v, least))
		}
	}
	atLeast("Workers", c.Workers, 1)
	atLeast("ChunkBytes", c.ChunkBytes, 16)
	atLeast("MaxLineBytes", c.MaxLineBytes, 8)
	atLeast("BatchRows", c.BatchRows, 1)
	atLeast("BatchBytes", c.BatchBytes, 1)
	atLeast("InFlight", c.InFlight, 1)
	atLeast("HoldRows", c.HoldRows, 1)
	if c.MaxRejectShare < 0 || c.MaxRejectShare > 1 {
		errs = append(errs, fmt.Errorf("ingest: MaxRejectShare is %v; it must be a share from 0 to 1", c.MaxRejectShare))
	}
	if c.Now == nil || c.Logger == nil {
		errs = append(errs, errors.New("ingest: Now and Logger must be set; start from DefaultConfig"))
	}
	return errors.Join(errs...)
}
