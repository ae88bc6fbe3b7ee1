package store

import (
	"context"
	"strings"
	"sync"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/hotcell/hotcell/ingest"
)

// table is where one feed's blocks go: its columns in the order they are
// filled, with the types sent over the wire. Low-cardinality columns are sent as
// plain strings; columns with defaults that the server computes are left out.
type table struct {
	name    string
	columns []clickhouse.ColumnNameAndType
	query   string
}

// newTable takes "name Type" pairs, separated by commas.
func newTable(name, columns string) *table {
	t := &table{name: name}
	var names []string
	for _, c := range strings.Split(columns, ",") {
		n, typ, _ := strings.Cut(strings.TrimSpace(c), " ")
		t.columns = append(t.columns, clickhouse.ColumnNameAndType{Name: n, Type: typ})
		names = append(names, n)
	}
	t.query = "INSERT INTO " + name + " (" + strings.Join(names, ",") + ")"
	return t
}

// block fills one native block column by column.
type block struct {
	batch driver.Batch
	col   int
	err   error
	buf   *buffers
}

// buffers are reused between columns and blocks: the driver copies what it is given.
type buffers struct {
	u8   []uint8
	u64  []uint64
	u32  []uint32
	i16  []int16
	i32  []int32
	i64  []int64
	f32  []float32
	f64  []float64
	str  []string
	list [][]string
	ids  [][]byte
}

var bufferPool = sync.Pool{New: func() any { return new(buffers) }}

// put appends one column made from items.
func put[T, E any](b *block, buf *[]E, items []T, get func(*T) E) {
	if b.err != nil {
		return
	}
	col := (*buf)[:0]
	for i := range items {
		col = append(col, get(&items[i]))
	}
	*buf = col
	b.err = b.batch.Column(b.col).Append(col)
	b.col++
}

// stamp appends the columns load and version, the same in every row.
func stamp[T any](b *block, l ingest.Load, items []T) {
	key := loadKey(l.ID)
	put(b, &b.buf.u64, items, func(*T) uint64 { return key })
	put(b, &b.buf.u64, items, func(*T) uint64 { return l.Version })
}

// insert stores rows in one block, which the server takes whole or, where it
// spans months, month by month. A block that may have been stored in part is
// sent again: rows are keyed, so nothing doubles.
func (s *Store) insert(ctx context.Context, t *table, rows int, fill func(*block)) error {
	if rows == 0 {
		return nil
	}
	name := "store " + t.name
	defer s.metrics.time(name)()
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(s.settings), clickhouse.WithColumnNamesAndTypes(t.columns))
	err := s.retry(ctx, name, func() error {
		batch, err := s.conn.PrepareBatch(ctx, t.query)
		if err != nil {
			return err
		}
		b := &block{batch: batch, buf: bufferPool.Get().(*buffers)}
		fill(b)
		bufferPool.Put(b.buf)
		if b.err != nil {
			_ = batch.Abort() // the connection is dropped; b.err says why
			return b.err
		}
		return batch.Send()
	})
	if err == nil {
		s.metrics.rows.WithLabelValues(t.name).Add(float64(rows))
		s.metrics.batches.WithLabelValues(t.name).Inc()
	}
	return err
}
