package embedded

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// maxBatchBytes bounds one insert, whose body is held in memory while the engine reads it. A variable for tests only.
var maxBatchBytes int64 = 1 << 30

// keepSpoolBytes is what a spool keeps of its memory for the next body. Getting pages anew costs more than filling them.
const keepSpoolBytes = 64 << 20

func errTooLarge() error {
	return fmt.Errorf("the batch has more than %d MiB: send it in smaller ones", maxBatchBytes>>20)
}

// spool holds the body of an insert as a file the engine can open, because the engine cuts binary data off that stands in the
// query's text. In memory it has no name in any folder, so nothing is left behind however the process ends; as a temporary
// file it lies in a folder that the next Open empties.
type spool interface {
	// fill replaces the content by all of body and returns its length in bytes.
	fill(body io.Reader) (int64, error)
	// path names the content for the engine.
	path() string
	// trim gives memory back beyond what the next body is likely to need.
	trim()
	close() error
}

// fileSpool is a spool in a temporary folder, for systems without anonymous memory files.
type fileSpool struct{ file *os.File }

func newFileSpool(dir string) (spool, error) {
	file, err := os.CreateTemp(dir, "batch-*.native")
	if err != nil {
		return nil, fmt.Errorf("no temporary file can be made for batches: %w", err)
	}
	return &fileSpool{file: file}, nil
}

func (s *fileSpool) fill(body io.Reader) (int64, error) {
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	if err := s.file.Truncate(0); err != nil {
		return 0, err
	}
	n, err := io.CopyBuffer(onlyWriter{s.file}, io.LimitReader(body, maxBatchBytes+1), make([]byte, 1<<20))
	switch {
	case err != nil:
		return n, fmt.Errorf("the batch cannot be written to %s: %w", s.file.Name(), err)
	case n > maxBatchBytes:
		return n, errTooLarge()
	}
	return n, nil
}

// onlyWriter hides ReadFrom, with which the file would choose a small buffer of its own.
type onlyWriter struct{ io.Writer }

func (s *fileSpool) path() string { return s.file.Name() }

func (s *fileSpool) trim() { _ = s.file.Truncate(0) }

func (s *fileSpool) close() error {
	return errors.Join(s.file.Close(), os.Remove(s.file.Name()))
}
