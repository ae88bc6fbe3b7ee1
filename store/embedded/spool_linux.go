package embedded

import (
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

// memorySpool is a spool in an anonymous memory file. The body is read straight into the file's pages, so that is the only
// copy between the driver's buffer and the engine.
type memorySpool struct {
	fd     int
	mapped []byte
	size   int64 // of the file
}

const firstSpoolBytes = 1 << 20

// newSpool makes a spool in memory, or in dir where the system has no memory files or no /proc to name them by.
func newSpool(dir string) (spool, error) {
	fd, err := unix.MemfdCreate("hotcell-batch", unix.MFD_CLOEXEC)
	if err != nil {
		return newFileSpool(dir)
	}
	s := &memorySpool{fd: fd}
	if err := unix.Access(s.path(), unix.R_OK); err != nil {
		_ = unix.Close(fd)
		return newFileSpool(dir)
	}
	if err := s.grow(firstSpoolBytes); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return s, nil
}

func (s *memorySpool) path() string { return fmt.Sprintf("/proc/self/fd/%d", s.fd) }

func (s *memorySpool) fill(body io.Reader) (int64, error) {
	if err := s.resize(int64(len(s.mapped))); err != nil {
		return 0, err
	}
	n := 0
	for {
		if n == len(s.mapped) {
			if int64(n) >= maxBatchBytes {
				if _, err := io.ReadFull(body, make([]byte, 1)); err == io.EOF {
					break
				}
				return int64(n), errTooLarge()
			}
			if err := s.grow(2 * len(s.mapped)); err != nil {
				return int64(n), err
			}
		}
		m, err := body.Read(s.mapped[n:])
		n += m
		if err == io.EOF {
			break
		}
		if err != nil {
			return int64(n), err
		}
	}
	// The engine reads to the end of the file, so the file ends where the body does.
	return int64(n), s.resize(int64(n))
}

func (s *memorySpool) resize(size int64) error {
	if s.size == size {
		return nil
	}
	if err := unix.Ftruncate(s.fd, size); err != nil {
		return fmt.Errorf("no memory for a batch of %d bytes: %w", size, err)
	}
	s.size = size
	return nil
}

// grow makes room for size bytes in file and mapping.
func (s *memorySpool) grow(size int) (err error) {
	if err := s.resize(int64(size)); err != nil {
		return err
	}
	if s.mapped == nil {
		s.mapped, err = unix.Mmap(s.fd, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	} else {
		s.mapped, err = unix.Mremap(s.mapped, size, unix.MREMAP_MAYMOVE)
	}
	if err != nil {
		return fmt.Errorf("no memory for a batch of %d bytes: %w", size, err)
	}
	return nil
}

func (s *memorySpool) trim() {
	if s.size > keepSpoolBytes {
		_ = s.resize(keepSpoolBytes)
	}
}

func (s *memorySpool) close() error {
	if s.mapped != nil {
		_ = unix.Munmap(s.mapped)
		s.mapped = nil
	}
	return unix.Close(s.fd)
}
