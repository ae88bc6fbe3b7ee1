package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hotcell/hotcell/store"
)

// openStore opens the store of the settings and brings its schema up to date.
func (p *program) openStore(ctx context.Context, registerer prometheus.Registerer) (*store.Store, error) {
	if p.server != "" {
		return nil, usagef("this command works on the store itself and does not go with --server")
	}
	memory, err := parseBytes(p.settings.Store.MaxMemory)
	if err != nil {
		return nil, usageError{err}
	}
	retryFor, err := time.ParseDuration(p.settings.Store.RetryFor)
	if err != nil {
		return nil, usageError{err}
	}
	s, err := store.Open(ctx, store.Config{
		DSN:         p.settings.Store.DSN,
		Registerer:  registerer,
		MemoryLimit: int64(memory),
		RetryFor:    retryFor,
	}, p.log)
	if err != nil {
		return nil, err
	}
	if err := s.Migrate(ctx); err != nil {
		_ = s.Close() // the migration's error says more
		return nil, err
	}
	return s, nil
}
