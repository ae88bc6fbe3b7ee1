//go:build !amd64 && !arm64

package geo

import "unsafe"

func prefetch(unsafe.Pointer) {}
