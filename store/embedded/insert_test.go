package embedded

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// oneColumn is a Native block of one UInt64 column.
func oneColumn(name string, values ...uint64) string {
	b := binary.AppendUvarint([]byte{1}, uint64(len(values)))
	b = append(append(b, byte(len(name))), name...)
	b = append(append(b, 6), "UInt64"...)
	for _, v := range values {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	return string(b)
}

func TestInsert(t *testing.T) {
	e := openEngine(t, Config{})
	conn := openDriver(t, e)
	run(t, conn, "CREATE DATABASE direct")
	run(t, conn, "CREATE TABLE direct.t (a UInt64, b UInt8 DEFAULT 3) ENGINE = MergeTree ORDER BY a")
	for i := range uint64(5) {
		if err := e.Insert(t.Context(), "direct", "INSERT INTO t (a)", nil, strings.NewReader(oneColumn("a", i, 10+i))); err != nil {
			t.Fatal(err)
		}
	}
	if n := value(t, conn, "SELECT sum(a + b) FROM direct.t"); n != 10+60+30 {
		t.Errorf("the sum is %d, want 100", n)
	}
	// Inserts one after the other share one spool, whatever the number of connections.
	made := 0
	for range cap(e.spools) {
		s := <-e.spools
		if s != nil {
			made++
		}
		e.spools <- s
	}
	if made != 1 {
		t.Errorf("%d spools were made, want 1", made)
	}

	var failure *clickhouse.Exception
	err := e.Insert(t.Context(), "direct", "INSERT INTO missing (a)", nil, strings.NewReader(oneColumn("a", 1)))
	if !errors.As(err, &failure) || failure.Code != 60 {
		t.Errorf("an insert into no table gives %v, want ClickHouse's error 60", err)
	}
	err = e.Insert(t.Context(), "direct", "INSERT INTO t (a)", clickhouse.Settings{"no_such_setting": 1}, strings.NewReader(oneColumn("a", 1)))
	if !errors.As(err, &failure) || failure.Code != 115 {
		t.Errorf("an insert with an unknown setting gives %v, want ClickHouse's error 115", err)
	}
	if err := e.Insert(t.Context(), "direct", "INSERT INTO t (a)", nil, strings.NewReader("")); err == nil {
		t.Error("an insert of nothing gives no error")
	}
	if n := value(t, conn, "SELECT count() FROM direct.t"); n != 10 {
		t.Errorf("%d rows after failed inserts, want 10", n)
	}
}
