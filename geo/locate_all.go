package geo

import (
	"unsafe"

	"github.com/hotcell/hotcell/geo/memory"
)

// locateBatch is how many records LocateAll works on together: enough to overlap
// their waits for memory, few enough that what was fetched is still in the cache.
const locateBatch = 64

// LocateAll is Locate for many records: out[i] is where evidence[i] belongs. It is
// quicker than record by record, because the index is larger than the processor's
// caches and a batch waits for memory once, not record by record: while the H3 cells
// are computed the squares are fetched, then their lists, then outlines, lines and
// venues, and only then records are located. out must be at least as long as
// evidence. It allocates nothing for records with coordinates and without text.
func (c *Catalogue) LocateAll(evidence []Evidence, out []Location) {
	out = out[:len(evidence)]
	for len(evidence) > 0 {
		n := min(locateBatch, len(evidence))
		c.locateBatch(evidence[:n], out[:n])
		evidence, out = evidence[n:], out[n:]
	}
}

// lookup is what is known of a record before it is located.
type lookup struct {
	cell   Cell
	square *gridSquare
	home   int32 // slot where the square is looked for first
	tile   int32 // of the region answers, −1 beyond them
	valid  bool  // it has a position
}

func (c *Catalogue) locateBatch(evidence []Evidence, out []Location) {
	var batch [locateBatch]lookup
	s, regions := c.squares, &c.regions.answers
	for i := range evidence {
		e, b := &evidence[i], &batch[i]
		if b.valid = e.HasPos && e.Pos.Valid(); !b.valid {
			continue
		}
		key := s.keyOf(e.Pos)
		b.home = int32(s.home(key))
		memory.Prefetch(unsafe.Pointer(&s.slots[b.home]))
		if b.tile = regions.tileOf(e.Pos); b.tile >= 0 {
			memory.Prefetch(unsafe.Pointer(&regions.tiles[b.tile]))
		}
		b.cell = storedCell(e.Pos)
	}
	for i := range evidence {
		b := &batch[i]
		if !b.valid {
			continue
		}
		q := s.from(int(b.home), s.keyOf(evidence[i].Pos))
		b.square = q
		if q != nil {
			memory.Prefetch(unsafe.Pointer(&s.shapes[q.shapes]))
			memory.Prefetch(unsafe.Pointer(&s.pieces[q.lines]))
			memory.Prefetch(unsafe.Pointer(&s.points[q.points]))
		}
		if (q == nil || q.region == unsettled) && b.tile >= 0 {
			if t := regions.tiles[b.tile]; t < noRegion {
				memory.Prefetch(unsafe.Pointer(&regions.blocks[-2-t]))
			}
		}
	}
	for i := range evidence {
		q := batch[i].square
		if q == nil {
			continue
		}
		if q.shapes != 0 {
			h := &s.shapes[q.shapes]
			memory.Prefetch(unsafe.Pointer(&c.spots[h.owner]))
			for at := h.chain; at < h.chain+h.length; at += 4 {
				memory.Prefetch(unsafe.Pointer(&s.chains[at]))
			}
		}
		if q.lines != 0 {
			memory.Prefetch(unsafe.Pointer(&c.lines.vertices[s.pieces[q.lines]&itemNumber]))
		}
	}
	for i := range evidence {
		c.locate(&evidence[i], &batch[i], &out[i])
	}
}
