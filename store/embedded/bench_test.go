package embedded

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

const (
	benchRows   = 100_000
	benchSchema = `(record_id UInt64, time DateTime, day Date, customer UInt64, peer UInt64, outcome LowCardinality(String), duration Float32,
		cause LowCardinality(String), rat UInt8, radio_cell UInt64, lat Float64, lon Float64, accuracy Float32, floor Int16, indoor UInt8,
		cell UInt64, place UInt64, scene UInt8, source String, version UInt64)`
	benchColumns = "(record_id, time, day, customer, peer, outcome, duration, cause, rat, radio_cell, lat, lon, accuracy, floor, indoor, " +
		"cell, place, scene, source, version)"
)

// benchValues are the columns of one batch, as a loader would hold them.
func benchValues() []any {
	numbers := func(step, mod uint64) []uint64 {
		v := make([]uint64, benchRows)
		for i := range v {
			v[i] = uint64(i) * step % mod
		}
		return v
	}
	texts := func(of ...string) []string {
		v := make([]string, benchRows)
		for i := range v {
			v[i] = of[i*7919%len(of)]
		}
		return v
	}
	small := func() []uint8 { return make([]uint8, benchRows) }
	floats := func(scale float64) []float64 {
		v := make([]float64, benchRows)
		for i := range v {
			v[i] = scale * float64(i*7919%benchRows)
		}
		return v
	}
	times := make([]time.Time, benchRows)
	for i := range times {
		times[i] = time.Date(2026, 5, 1+i%28, i%24, i%60, i%60, 0, time.UTC)
	}
	const prime = 11400714819323198485
	return []any{numbers(prime, 1<<63), times, times, numbers(prime, 100003), numbers(prime, 100003),
		texts("completed", "poor", "dropped", "blocked"), make([]float32, benchRows), texts("", "radio", "handover", "setup"), small(),
		numbers(prime, 5003), floats(0.0003), floats(0.0007), make([]float32, benchRows), make([]int16, benchRows), small(),
		numbers(prime, 20011), numbers(prime, 3001), small(), texts("north", "south"), numbers(1, 2)}
}

// BenchmarkBatch guards the way of a batch from the driver to a MergeTree table: 100,000 rows of 20 columns, and beside it
// what the engine alone needs to write the same rows.
func BenchmarkBatch(b *testing.B) {
	conn := openDriver(b, openEngine(b, Config{}))
	ctx := context.Background()
	run(b, conn, "CREATE TABLE calls "+benchSchema+" ENGINE = MergeTree PARTITION BY toYYYYMM(day) ORDER BY (day, record_id)")
	run(b, conn, "SYSTEM STOP MERGES calls") // they would count for whoever runs while they do
	run(b, conn, "CREATE TABLE nowhere "+benchSchema+" ENGINE = Null")
	run(b, conn, "CREATE TABLE ready "+benchSchema+" ENGINE = Memory")
	values := benchValues()
	insert := func(b *testing.B, ctx context.Context, table string) {
		batch, err := conn.PrepareBatch(ctx, "INSERT INTO "+table+" "+benchColumns)
		if err != nil {
			b.Fatal(err)
		}
		for i, v := range values {
			if err := batch.Column(i).Append(v); err != nil {
				b.Fatal(i, err)
			}
		}
		if err := batch.Send(); err != nil {
			b.Fatal(err)
		}
	}
	insert(b, ctx, "ready")
	// The processor's time says more than the clock where others use the machine too.
	measure := func(b *testing.B) (report func()) {
		before := processorSeconds(b)
		b.ResetTimer()
		return func() {
			b.ReportMetric(float64(b.N)*benchRows/b.Elapsed().Seconds(), "records/s")
			b.ReportMetric((processorSeconds(b)-before)*1e6/float64(b.N*benchRows), "cpu-s/Mrecords")
			b.ReportMetric(0, "ns/op")
		}
	}
	for _, table := range []string{"calls", "nowhere"} {
		b.Run("driver to "+table, func(b *testing.B) {
			report := measure(b)
			for range b.N {
				insert(b, ctx, table)
			}
			report()
		})
	}
	b.Run("two drivers to calls", func(b *testing.B) {
		report := measure(b)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				insert(b, ctx, "calls")
			}
		})
		report()
	})
	// With the columns told, the driver asks for no description, and text goes as String, which the engine makes LowCardinality
	// in less time than the driver.
	b.Run("driver to calls, columns told", func(b *testing.B) {
		ctx := clickhouse.Context(ctx, clickhouse.WithColumnNamesAndTypes(benchTypes()))
		report := measure(b)
		for range b.N {
			insert(b, ctx, "calls")
		}
		report()
	})
	b.Run("engine alone", func(b *testing.B) {
		report := measure(b)
		for range b.N {
			run(b, conn, "INSERT INTO calls "+benchColumns+" SELECT * FROM ready")
		}
		report()
	})
	b.Run("SELECT 1", func(b *testing.B) {
		for range b.N {
			run(b, conn, "SELECT 1")
		}
	})
}

// processorSeconds is what this process has used so far.
func processorSeconds(b *testing.B) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

func benchTypes() []clickhouse.ColumnNameAndType {
	var types []clickhouse.ColumnNameAndType
	for part := range strings.SplitSeq(strings.TrimSuffix(strings.TrimPrefix(benchSchema, "("), ")"), ",") {
		name, kind, _ := strings.Cut(strings.TrimSpace(part), " ")
		kind = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(kind), "LowCardinality("), ")")
		types = append(types, clickhouse.ColumnNameAndType{Name: name, Type: kind})
	}
	return types
}

// BenchmarkRead guards the way back: a result of a million rows of five columns.
func BenchmarkRead(b *testing.B) {
	conn := openDriver(b, openEngine(b, Config{}))
	for range b.N {
		if err := readAll(conn.Query(context.Background(),
			fmt.Sprint("SELECT number, number * 2, number / 3, toString(number % 100), toDateTime(number) FROM numbers(", 10*benchRows, ")"))); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*10*benchRows/b.Elapsed().Seconds(), "records/s")
}
