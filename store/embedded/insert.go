package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// Insert runs "INSERT INTO table (columns)" with the rows of body, in the Native format, in the given database. It does what
// a batch of the driver does without the driver's copies of the rows. Errors of ClickHouse are *clickhouse.Exception, as
// those of the driver.
func (e *Engine) Insert(ctx context.Context, database, statement string, settings clickhouse.Settings, body io.Reader) error {
	if e.closed.Load() {
		return ErrClosed
	}
	r := &request{query: statement + " FORMAT Native", database: database, settings: make(map[string]string, len(settings)), batch: body}
	for name, value := range settings {
		r.settings[name] = fmt.Sprint(value)
	}
	err := e.insert(ctx, r)
	var failure *engineError
	if errors.As(err, &failure) && failure.code > 0 {
		return &clickhouse.Exception{Code: int32(failure.code), Name: "DB::Exception", Message: failure.text}
	}
	return err
}
