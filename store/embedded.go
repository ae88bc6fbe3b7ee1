package store

import (
	"context"
	"errors"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/hotcell/hotcell/store/embedded"
)

// openEmbedded starts ClickHouse in this process, or shares the engine when this
// process has the directory open already.
func (s *Store) openEmbedded(ctx context.Context) (*clickhouse.Options, error) {
	engine, err := embedded.Open(ctx, embedded.Config{
		Dir:            s.dsn.Dir,
		MaxQueryMemory: uint64(s.cfg.MemoryLimit),
	})
	switch {
	case errors.Is(err, embedded.ErrInUse):
		return nil, &Error{Code: CodeLocked, Message: err.Error(), Err: err}
	case err != nil:
		return nil, &Error{Code: CodeEngine, Message: "cannot start the embedded engine: " + err.Error(), Err: err}
	}
	s.engine, s.closer = engine, engine.Close
	opts := engine.Options()
	opts.Auth.Database = s.dsn.Database
	return opts, nil
}
