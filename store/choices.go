package store

import (
	"context"
	"fmt"
	"math"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/hotcell/hotcell/geo"
)

var choicesTable = newTable("choices", `id UInt64, places Array(UInt64), weights Array(Float64), version UInt64`)

// choices are places that stand for several, by id.
type choices map[geo.PlaceID]*geo.Choice

// note takes a location's choice, if it is one.
func (c choices) note(l geo.Location) {
	if l.Choice != nil {
		c[l.Place] = l.Choice
	}
}

// insertChoices keeps what places of records stand for. It comes before the records.
func (s *Store) insertChoices(ctx context.Context, c choices) error {
	type C = geo.Choice
	var list []C
	for _, x := range c {
		list = append(list, *x)
	}
	return s.insert(ctx, choicesTable, len(list), func(b *block) {
		put(b, &b.buf.u64, list, func(x *C) uint64 { return uint64(x.ID()) })
		put(b, &b.buf.u64s, list, func(x *C) []uint64 {
			out := make([]uint64, len(x.Places))
			for i, p := range x.Places {
				out[i] = uint64(p.Place)
			}
			return out
		})
		put(b, &b.buf.f64s, list, func(x *C) []float64 {
			out := make([]float64, len(x.Places))
			for i, p := range x.Places {
				out[i] = p.Weight
			}
			return out
		})
		put(b, &b.buf.u64, list, func(*C) uint64 { return 1 })
	})
}

// isChoice is geo.PlaceID.IsChoice in SQL.
var isChoice = fmt.Sprintf("place >= %d AND place < %d", uint64(4)<<60, uint64(5)<<60)

// choicesOf reads what the choices among the complaints of a window stand for.
func (s *Store) choicesOf(ctx context.Context, a args) (choices, error) {
	out := choices{}
	err := s.each(ctx, "read choices", `
		SELECT id, places, weights FROM choices FINAL
		WHERE id IN (SELECT place FROM complaints WHERE day >= toDate(toUInt16(@day0)) AND day <= toDate(toUInt16(@day1)) AND `+isChoice+`)`, a,
		func(r driver.Rows) error {
			var id uint64
			var places []uint64
			var weights []float64
			if err := r.Scan(&id, &places, &weights); err != nil {
				return err
			}
			c := &geo.Choice{}
			for i := range min(len(places), len(weights)) {
				if w := weights[i]; w > 0 && !math.IsInf(w, 1) {
					c.Places = append(c.Places, geo.PlaceWeight{Place: geo.PlaceID(places[i]), Weight: w})
				}
			}
			out[geo.PlaceID(id)] = c
			return nil
		})
	return out, err
}
