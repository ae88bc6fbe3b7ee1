package geo

import (
	"unsafe"

	"github.com/hotcell/hotcell/geo/memory"
)

// An index is read at random all over; packTogether therefore moves its arrays into
// one piece of memory in huge pages (see memory.Huge).

// packable is an array that can be moved.
type packable interface {
	size() int
	moveTo(b []byte)
}

// array is a slice whose elements hold no pointers, the collector does not look here.
type array[T any] struct{ s *[]T }

func (a array[T]) size() int {
	var t T
	return len(*a.s) * int(unsafe.Sizeof(t))
}

func (a array[T]) moveTo(b []byte) {
	if len(*a.s) == 0 {
		return
	}
	to := unsafe.Slice((*T)(unsafe.Pointer(&b[0])), len(*a.s))
	copy(to, *a.s)
	*a.s = to
}

// packTogether moves arrays into one piece of memory, each on a cache line of its
// own. What is less than a huge page together is left where it is.
func packTogether(arrays ...packable) {
	const line = 64
	total := 0
	for _, a := range arrays {
		total += (a.size() + line - 1) &^ (line - 1)
	}
	if total < memory.HugePage {
		return
	}
	all := memory.Huge[byte](total)
	for _, a := range arrays {
		n := a.size()
		a.moveTo(all[:n:n])
		all = all[(n+line-1)&^(line-1):]
	}
}
