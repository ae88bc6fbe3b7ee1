package memory

import "syscall"

// askHugePages asks for huge pages; without them everything works, only slower.
func askHugePages(b []byte) {
	const collapse = 25 // MADV_COLLAPSE, from Linux 6.1: for memory in use already
	if syscall.Madvise(b, syscall.MADV_HUGEPAGE) == nil {
		_ = syscall.Madvise(b, collapse)
	}
}
