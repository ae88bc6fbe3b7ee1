package store

import (
	"context"
	"strings"
	"sync"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/hotcell/hotcell/ingest"
)

// table is where one feed's blocks go: its columns in the order they are filled,
// with their types; columns with defaults that the server computes are left out.
type table struct {
	name    string
	columns []clickhouse.ColumnNameAndType
	// spelled are the columns as the driver sends them: it builds dictionaries
	// slower than the server, and old servers know none.
	spelled []clickhouse.ColumnNameAndType
	query   string
}

// Types of columns that are handled in ways of their own.
const (
	lowCardinality = "LowCardinality(String)"
	dateTime       = "DateTime('UTC')"
)

// newTable takes "name Type" pairs, separated by commas.
func newTable(name, columns string) *table {
	t := &table{name: name}
	var names []string
	for _, c := range strings.Split(columns, ",") {
		n, typ, _ := strings.Cut(strings.TrimSpace(c), " ")
		t.columns = append(t.columns, clickhouse.ColumnNameAndType{Name: n, Type: typ})
		if typ == lowCardinality {
			typ = "String"
		}
		t.spelled = append(t.spelled, clickhouse.ColumnNameAndType{Name: n, Type: typ})
		names = append(names, n)
	}
	t.query = "INSERT INTO " + name + " (" + strings.Join(names, ",") + ")"
	return t
}

// block fills a native block column by column.
type block struct {
	native *nativeBlock
	col    int
	err    error
	buf    *buffers
}

// buffers are reused between columns and blocks.
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
	u64s [][]uint64
	f64s [][]float64
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
	b.err = b.native.cols[b.col].add(b.native.table.columns[b.col].Type, col)
	b.col++
}

// stamp appends the columns load and version, the same in every row.
func stamp[T any](b *block, l ingest.Load, items []T) {
	key := loadKey(l.ID)
	put(b, &b.buf.u64, items, func(*T) uint64 { return key })
	put(b, &b.buf.u64, items, func(*T) uint64 { return l.Version })
}

// insert stores rows in one block.
func (s *Store) insert(ctx context.Context, t *table, rows int, fill func(*block)) error {
	n := newNativeBlock(t)
	if err := n.append(rows, fill); err != nil {
		return err
	}
	return s.send(ctx, n)
}

// append fills rows into the block.
func (n *nativeBlock) append(rows int, fill func(*block)) error {
	if rows == 0 {
		return nil
	}
	b := &block{native: n, buf: bufferPool.Get().(*buffers)}
	defer bufferPool.Put(b.buf)
	fill(b)
	n.rows += rows
	return b.err
}

// send stores a block, which the server takes whole or, where it spans months,
// month by month. A block that may have been stored in part is sent again: rows
// are keyed, so nothing doubles.
func (s *Store) send(ctx context.Context, n *nativeBlock) error {
	if n.rows == 0 {
		return nil
	}
	name := "store " + n.table.name
	defer s.metrics.time(name)()
	deliver := s.sendToServer
	if s.engine != nil {
		deliver = s.sendToEngine
	}
	err := s.retry(ctx, name, func() error { return deliver(ctx, n) })
	if err == nil {
		s.metrics.rows.WithLabelValues(n.table.name).Add(float64(n.rows))
		s.metrics.batches.WithLabelValues(n.table.name).Inc()
	}
	return err
}

func (s *Store) sendToServer(ctx context.Context, n *nativeBlock) error {
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(s.settings), clickhouse.WithColumnNamesAndTypes(n.table.spelled))
	batch, err := s.conn.PrepareBatch(ctx, n.table.query)
	if err != nil {
		return err
	}
	if err := n.fill(batch); err != nil {
		_ = batch.Abort() // the connection is dropped; err says why
		return err
	}
	return batch.Send()
}

// sendToEngine hands the block's bytes over as they are.
func (s *Store) sendToEngine(ctx context.Context, n *nativeBlock) error {
	return s.engine.Insert(ctx, s.dsn.Database, n.table.query, s.settings, n.reader())
}
