//go:build !linux

package memory

func askHugePages([]byte) {}
