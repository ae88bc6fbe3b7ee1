//go:build !linux

package geo

func askHugePages([]byte) {}
