//go:build amd64 || arm64

package geo

import "unsafe"

// prefetch asks the processor to bring a cache line in without waiting for it.
//
//go:noescape
func prefetch(p unsafe.Pointer)
