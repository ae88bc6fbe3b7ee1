package store

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/hotcell/hotcell/geo"
)

// storedRow is what a stored call or complaint says about where it happened, and
// where it was put. Columns a table does not have stay as newRowCopy set them.
type storedRow struct {
	load, version                   uint64
	method, scene, rat, indoor      uint8
	lat, lon                        float64
	accuracy                        float32
	cell, place                     uint64
	region                          string
	radioCell, venue, address, text string
	floor                           int16
}

func (r *storedRow) location() geo.Location {
	return geo.Location{Method: geo.Method(r.method), Pos: geo.LatLon{Lat: r.lat, Lon: r.lon}, AccuracyM: r.accuracy,
		Cell: geo.Cell(r.cell), Place: geo.PlaceID(r.place), Scene: geo.Scene(r.scene), Region: r.region}
}

func (r *storedRow) move(to geo.Location) {
	r.method, r.lat, r.lon, r.accuracy = uint8(to.Method), to.Pos.Lat, to.Pos.Lon, to.AccuracyM
	r.cell, r.place, r.scene, r.region = uint64(to.Cell), uint64(to.Place), uint8(to.Scene), to.Region
}

// evidence is what the record itself said. The stored position is its own only
// when it was located by it: else it is the centre of a venue or a mast.
func (r *storedRow) evidence() geo.Evidence {
	e := geo.Evidence{RadioCell: r.radioCell, Venue: r.venue, Address: r.address, Text: r.text,
		Floor: r.floor, Indoor: geo.Indoor(r.indoor), RAT: geo.RAT(r.rat)}
	if geo.Method(r.method) == geo.MethodCoordinates {
		e.HasPos, e.Pos, e.AccuracyM = true, geo.LatLon{Lat: r.lat, Lon: r.lon}, float64(r.accuracy)
	}
	return e
}

// rowCopy reads whole rows of a table and writes some of them back. The columns
// are the table's own, whatever migrations have added, so that none is lost.
type rowCopy struct {
	store   *Store
	table   string
	columns []clickhouse.ColumnNameAndType
	query   string // SELECT columns FROM table FINAL
	insert  string
	row     storedRow
	dest    []any           // where a row is scanned to: fields of row, or values of their own
	kept    []reflect.Value // a slice per column
	n       int
}

func (s *Store) newRowCopy(ctx context.Context, table string) (*rowCopy, error) {
	c := &rowCopy{store: s, table: table, row: storedRow{floor: geo.UnknownFloor}}
	var names []string
	err := s.each(ctx, "list the columns of "+table, `
		SELECT name, type FROM system.columns
		WHERE database = @db AND table = @table AND default_kind NOT IN ('MATERIALIZED', 'ALIAS')`,
		args{"db": s.dsn.Database, "table": table}, func(r driver.Rows) error {
			var col clickhouse.ColumnNameAndType
			if err := r.Scan(&col.Name, &col.Type); err != nil {
				return err
			}
			if col.Name == "day" { // follows from time
				return nil
			}
			if inner, ok := strings.CutPrefix(col.Type, "LowCardinality("); ok {
				col.Type = strings.TrimSuffix(inner, ")")
			}
			c.columns, names = append(c.columns, col), append(names, quoteIdent(col.Name))
			return nil
		})
	if err != nil {
		return nil, err
	}
	list := strings.Join(names, ",")
	c.query = "SELECT " + list + " FROM " + table + " FINAL"
	c.insert = "INSERT INTO " + table + " (" + list + ")"
	return c, nil
}

// bind prepares the places to scan to, once the types are known.
func (c *rowCopy) bind(types []driver.ColumnType) error {
	own := map[string]any{
		"load": &c.row.load, "version": &c.row.version, "method": &c.row.method, "scene": &c.row.scene, "rat": &c.row.rat,
		"indoor": &c.row.indoor, "lat": &c.row.lat, "lon": &c.row.lon, "accuracy_m": &c.row.accuracy, "cell": &c.row.cell,
		"place": &c.row.place, "region": &c.row.region, "radio_cell": &c.row.radioCell, "venue": &c.row.venue,
		"address": &c.row.address, "text": &c.row.text, "floor": &c.row.floor,
	}
	for i, t := range types {
		to, ok := own[c.columns[i].Name]
		if !ok {
			to = reflect.New(t.ScanType()).Interface()
		} else if got := reflect.TypeOf(to).Elem(); got != t.ScanType() {
			return fmt.Errorf("column %s of %s is a %s, not a %s", c.columns[i].Name, c.table, t.ScanType(), got)
		}
		c.dest = append(c.dest, to)
		c.kept = append(c.kept, reflect.MakeSlice(reflect.SliceOf(t.ScanType()), 0, 0))
	}
	return nil
}

func (c *rowCopy) scan(rows driver.Rows) error {
	if c.dest == nil {
		if err := c.bind(rows.ColumnTypes()); err != nil {
			return err
		}
	}
	return rows.Scan(c.dest...)
}

// keep takes the row at hand, as it is in dest now, to the rows to be written.
func (c *rowCopy) keep() {
	for i, from := range c.dest {
		c.kept[i] = reflect.Append(c.kept[i], reflect.ValueOf(from).Elem())
	}
	c.n++
}

func (c *rowCopy) clear() {
	for i := range c.kept {
		c.kept[i].Clear() // lets go of texts
		c.kept[i] = c.kept[i].Slice(0, 0)
	}
	c.n = 0
}

// write stores the kept rows in one block.
func (c *rowCopy) write(ctx context.Context) error {
	if c.n == 0 {
		return nil
	}
	name := "write back " + c.table
	defer c.store.metrics.time(name)()
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(c.store.settings), clickhouse.WithColumnNamesAndTypes(c.columns))
	err := c.store.retry(ctx, name, func() error {
		batch, err := c.store.conn.PrepareBatch(ctx, c.insert)
		if err != nil {
			return err
		}
		for i := range c.kept {
			if err := batch.Column(i).Append(c.kept[i].Interface()); err != nil {
				_ = batch.Abort() // the connection is dropped; err says why
				return err
			}
		}
		return batch.Send()
	})
	if err == nil {
		c.store.metrics.rows.WithLabelValues(c.table).Add(float64(c.n))
		c.store.metrics.batches.WithLabelValues(c.table).Inc()
	}
	return err
}
