//go:build !linux

package embedded

func newSpool(dir string) (spool, error) { return newFileSpool(dir) }
