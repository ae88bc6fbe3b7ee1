// Package memory is for tables that are read at random and are larger than the
// processor's caches: there, waiting for memory costs more than all else.
package memory

import "unsafe"

// HugePage is the size of a huge page in bytes.
const HugePage = 2 << 20

// Huge gives n zero values of a type without pointers (the collector does not look
// there), which begin on a cache line. Where the system maps memory in pages of 4 KB,
// finding the page costs as much as reading it, most of all in a virtual machine; so
// it is asked for pages of 2 MB, unless one is more than is needed.
func Huge[T any](n int) []T {
	var t T
	size := n * int(unsafe.Sizeof(t))
	if size < HugePage {
		return make([]T, n)
	}
	all := make([]byte, size+2*HugePage)
	start := int(-uintptr(unsafe.Pointer(&all[0])) & (HugePage - 1))
	all = all[start : start+(size+HugePage-1)&^(HugePage-1)]
	askHugePages(all)
	return unsafe.Slice((*T)(unsafe.Pointer(&all[0])), n)
}
