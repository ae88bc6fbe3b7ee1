package ingest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"math"

	"github.com/hotcell/hotcell/geo"
	"github.com/zeebo/xxh3"
)

// MinKeyBytes is the shortest key accepted for pseudonyms.
const MinKeyBytes = 16

var errShortKey = errors.New("the pseudonym key must have at least 16 bytes; give a longer one in the configuration")

// memoSlots × one slot (40 bytes) is what a worker remembers: 5 MiB.
const (
	memoSlots  = 1 << 17
	memoKeyMax = 31
)

type memoSlot struct {
	id  CustomerID
	len uint8
	key [memoKeyMax]byte
}

// pseudonymer turns subscriber ids into pseudonyms. It belongs to one goroutine.
//
// The memo is a direct-mapped table that keeps the whole id beside the result,
// so a clash of hashes costs time, never a wrong customer.
type pseudonymer struct {
	mac  hash.Hash
	sum  [sha256.Size]byte
	memo []memoSlot
}

func newPseudonymer(key []byte) *pseudonymer {
	return &pseudonymer{mac: hmac.New(sha256.New, key), memo: make([]memoSlot, memoSlots)}
}

// customer gives the pseudonym of a subscriber id; 0 for none.
func (p *pseudonymer) customer(id []byte) CustomerID {
	if len(id) == 0 {
		return 0
	}
	if len(id) > memoKeyMax {
		return p.hash(id)
	}
	s := &p.memo[xxh3.Hash(id)&(memoSlots-1)]
	if int(s.len) == len(id) && string(s.key[:s.len]) == string(id) {
		return s.id
	}
	v := p.hash(id)
	s.id, s.len = v, uint8(len(id))
	copy(s.key[:], id)
	return v
}

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
	return newPseudonymer(key).customer(trim([]byte(subscriber))), nil
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
