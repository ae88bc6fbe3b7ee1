package geo

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A reader of OpenStreetMap's binary format (wiki.openstreetmap.org/wiki/PBF_Format),
// as far as venues need it: ids, tags, positions, members; no authors or history.
// The usual Go library inflates through the C zlib headers, which a machine with
// only Go and a compiler does not have.

// osmKind is a kind of OSM object.
type osmKind uint8

const (
	osmNode osmKind = iota
	osmWay
	osmRelation
)

// osmObject is one object. Its slices and tags are its own.
type osmObject struct {
	kind    osmKind
	id      int64
	tags    osmTags // nil when there are none
	pos     LatLon  // nodes
	nodes   []int64 // ways
	members []osmMember
	number  int // 1-based position in the file
}

type osmMember struct {
	kind osmKind
	id   int64
	role string
}

const (
	mostHeader = 64 << 10 // limits of the format
	mostBlob   = 32 << 20
)

var errNotPBF = errors.New("this is not an OpenStreetMap .osm.pbf file")

// scanOSM decodes a file block by block and visits its objects in order.
func scanOSM(ctx context.Context, r io.Reader, visit func(*osmObject) error) error {
	for block := 0; ; block++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		kind, data, err := readBlob(r)
		if err == io.EOF && block > 0 {
			return nil
		}
		if err != nil {
			if block == 0 {
				return fmt.Errorf("%w: %v", errNotPBF, err)
			}
			return fmt.Errorf("the file is damaged or cut off after block %d: %w", block, err)
		}
		switch {
		case block == 0 && kind != "OSMHeader":
			return errNotPBF
		case kind == "OSMHeader":
			err = checkHeader(data)
		case kind == "OSMData":
			err = decodeBlock(data, visit)
		}
		if err != nil {
			return fmt.Errorf("block %d: %w", block, err)
		}
	}
}

// readBlob reads one framed, usually deflated block.
func readBlob(r io.Reader) (kind string, data []byte, err error) {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return "", nil, err
	}
	n := binary.BigEndian.Uint32(size[:])
	if n == 0 || n > mostHeader {
		return "", nil, fmt.Errorf("a block header of %d bytes", n)
	}
	header := make([]byte, n)
	if _, err := io.ReadFull(r, header); err != nil {
		return "", nil, unexpected(err)
	}
	length := uint64(0)
	err = eachField(header, func(f field) error {
		switch f.number {
		case 1:
			kind = string(f.bytes)
		case 3:
			length = f.value
		}
		return nil
	})
	if err != nil {
		return "", nil, err
	}
	if length == 0 || length > mostBlob {
		return "", nil, fmt.Errorf("a block of %d bytes", length)
	}
	blob := make([]byte, length)
	if _, err := io.ReadFull(r, blob); err != nil {
		return "", nil, unexpected(err)
	}
	rawSize := uint64(0)
	err = eachField(blob, func(f field) error {
		switch f.number {
		case 1:
			data = f.bytes
		case 2:
			rawSize = f.value
		case 3:
			data, err = inflate(f.bytes, rawSize)
			return err
		case 4, 5, 6, 7:
			return errors.New("it is packed with something other than zlib; repack it with osmium cat")
		}
		return nil
	})
	return kind, data, err
}

func inflate(packed []byte, size uint64) ([]byte, error) {
	z, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	out := bytes.NewBuffer(make([]byte, 0, min(size, mostBlob)))
	if _, err := io.Copy(out, io.LimitReader(z, mostBlob+1)); err != nil {
		return nil, err
	}
	if out.Len() > mostBlob {
		return nil, errors.New("a block unpacks to more than the format allows")
	}
	return out.Bytes(), nil
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// checkHeader refuses files that need what is not read here.
func checkHeader(data []byte) error {
	return eachField(data, func(f field) error {
		if f.number == 4 {
			switch s := string(f.bytes); s {
			case "OsmSchema-V0.6", "DenseNodes":
			default:
				return fmt.Errorf("the file needs the feature %q, which is not supported", s)
			}
		}
		return nil
	})
}

// field is one field of a protocol-buffer message.
type field struct {
	number int
	value  uint64 // varint and fixed fields
	bytes  []byte // length-delimited fields
}

var errDamaged = errors.New("its contents are damaged")

func eachField(b []byte, visit func(field) error) error {
	for len(b) > 0 {
		key, n := binary.Uvarint(b)
		if n <= 0 {
			return errDamaged
		}
		b = b[n:]
		f := field{number: int(key >> 3)}
		switch key & 7 {
		case 0:
			if f.value, n = binary.Uvarint(b); n <= 0 {
				return errDamaged
			}
			b = b[n:]
		case 1:
			if len(b) < 8 {
				return errDamaged
			}
			f.value, b = binary.LittleEndian.Uint64(b), b[8:]
		case 2:
			size, n := binary.Uvarint(b)
			if n <= 0 || size > uint64(len(b)-n) {
				return errDamaged
			}
			f.bytes, b = b[n:n+int(size)], b[n+int(size):]
		case 5:
			if len(b) < 4 {
				return errDamaged
			}
			f.value, b = uint64(binary.LittleEndian.Uint32(b)), b[4:]
		default:
			return errDamaged
		}
		if err := visit(f); err != nil {
			return err
		}
	}
	return nil
}

// packed walks the numbers of a packed field.
type packed []byte

func (p *packed) next() (uint64, bool) {
	v, n := binary.Uvarint(*p)
	if n <= 0 {
		*p = nil
		return 0, false
	}
	*p = (*p)[n:]
	return v, true
}

func (p *packed) signed() (int64, bool) {
	v, ok := p.next()
	return zigzag(v), ok
}

func zigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }
