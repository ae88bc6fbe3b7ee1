package ingest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"math"
	"unsafe"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/geo/memory"
	"github.com/zeebo/xxh3"
)

// MinKeyBytes is the shortest key accepted for pseudonyms.
const MinKeyBytes = 16

var errShortKey = errors.New("the pseudonym key must have at least 16 bytes; give a longer one in the configuration")

// memoPairs × one pair (64 bytes, a line of the processor's cache) is what a worker
// remembers: 8 MiB.
const (
	memoPairs  = 1 << 17
	memoKeyMax = 23
)

type memoSlot struct {
	id  CustomerID
	len uint8
	key [memoKeyMax]byte
}

func (s *memoSlot) is(id []byte) bool {
	return int(s.len) == len(id) && string(s.key[:s.len]) == string(id)
}

// pseudonymer turns subscriber ids into pseudonyms. It belongs to one goroutine.
//
// The memo is a table of pairs, the one last made first. It keeps the whole id
// beside the result, so a clash of hashes costs time, never a wrong customer.
type pseudonymer struct {
	mac  hash.Hash
	sum  [sha256.Size]byte
	memo [][2]memoSlot
}

func newPseudonymer(key []byte) *pseudonymer {
	return &pseudonymer{mac: hmac.New(sha256.New, key), memo: memory.Huge[[2]memoSlot](memoPairs)}
}

// sought is a subscriber id that may be remembered in pair; nil where it is too long
// or none.
type sought struct {
	id   []byte
	pair *[2]memoSlot
}

// seek begins to look for an id: the memo is larger than the processor's caches, and
// until customer asks there is other work to do.
func (p *pseudonymer) seek(id []byte) sought {
	if len(id) == 0 || len(id) > memoKeyMax {
		return sought{id: id}
	}
	pair := &p.memo[xxh3.Hash(id)&(memoPairs-1)]
	memory.Prefetch(unsafe.Pointer(pair))
	return sought{id, pair}
}

// customer gives the pseudonym of what is sought; 0 for none.
func (p *pseudonymer) customer(s sought) CustomerID {
	switch {
	case len(s.id) == 0:
		return 0
	case s.pair == nil:
		return p.hash(s.id)
	case s.pair[0].is(s.id):
		return s.pair[0].id
	case s.pair[1].is(s.id):
		return s.pair[1].id
	}
	v := p.hash(s.id)
	s.pair[1] = s.pair[0]
	s.pair[0].id, s.pair[0].len = v, uint8(len(s.id))
	copy(s.pair[0].key[:], s.id)
	return v
}

// of gives the pseudonym of a subscriber id; 0 for none.
func (p *pseudonymer) of(id []byte) CustomerID { return p.customer(p.seek(id)) }

func (p *pseudonymer) hash(id []byte) CustomerID {
	p.mac.Reset()
	p.mac.Write(id)
	h := p.mac.Sum(p.sum[:0])
	v := CustomerID(binary.BigEndian.Uint64(h) >> 1)
	if v == 0 { // 0 means "unknown"
		v = 1
	}
	return v
}

// Pseudonym gives the CustomerID that a load with this key gives to a subscriber
// id. It returns an error when the key is shorter than MinKeyBytes.
func Pseudonym(key []byte, subscriber string) (CustomerID, error) {
	if len(key) < MinKeyBytes {
		return 0, errShortKey
	}
	return newPseudonymer(key).of(trim([]byte(subscriber))), nil
}

const surrogateBit CustomerID = 1 << 63

// surrogate stands for the unknown customer at an exact position, so that one
// point with hundreds of reports counts like one customer.
func surrogate(p geo.LatLon) CustomerID {
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:8], math.Float64bits(p.Lat))
	binary.LittleEndian.PutUint64(b[8:], math.Float64bits(p.Lon))
	return surrogateBit | CustomerID(xxh3.Hash(b[:])>>1)
}
