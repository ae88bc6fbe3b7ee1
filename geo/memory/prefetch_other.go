//go:build !amd64 && !arm64

package memory

import "unsafe"

// Prefetch does nothing here.
func Prefetch(unsafe.Pointer) {}
