//go:build amd64 || arm64

package memory

import "unsafe"

// Prefetch asks the processor to bring a cache line in without waiting for it.
//
//go:noescape
func Prefetch(p unsafe.Pointer)
