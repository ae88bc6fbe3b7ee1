package geo

import "unsafe"

// An index is read at random all over, and where the system maps memory in pages of
// 4 KB, finding the page costs as much as reading it, most of all in a virtual
// machine. packTogether therefore moves arrays into one piece of memory that the
// system is asked to map in pages of 2 MB.

const hugePage = 2 << 20

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
// own. Less than a huge page is left where it is.
func packTogether(arrays ...packable) {
	const line = 64
	total := 0
	for _, a := range arrays {
		total += (a.size() + line - 1) &^ (line - 1)
	}
	if total < hugePage {
		return
	}
	all := make([]byte, total+2*hugePage)
	start := int(-uintptr(unsafe.Pointer(&all[0])) & (hugePage - 1))
	all = all[start : start+(total+hugePage-1)&^(hugePage-1)]
	askHugePages(all)
	for _, a := range arrays {
		n := a.size()
		a.moveTo(all[:n:n])
		all = all[(n+line-1)&^(line-1):]
	}
}
