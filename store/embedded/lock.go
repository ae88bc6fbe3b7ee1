package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gofrs/flock"
)

// ErrInUse is what Open returns, wrapped in a sentence, when the data directory belongs to another process or another Engine.
var ErrInUse = errors.New("the data directory is in use")

// dirLock keeps other processes off a data directory, because the engine takes one process only and its own refusal is a null
// pointer. The operating system drops the lock with the process, however that ends, so a lock file left behind blocks nobody.
type dirLock struct{ file *flock.Flock }

func lockDir(dir string) (*dirLock, error) {
	path := filepath.Join(dir, "hotcell.lock")
	file := flock.New(path)
	ok, err := file.TryLock()
	if err != nil {
		return nil, fmt.Errorf("%s cannot be locked (%w): check that the folder is writable and its file system supports locks", path, err)
	}
	if !ok {
		owner := "another process"
		if text, err := os.ReadFile(path); err == nil {
			if pid, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil {
				owner = fmt.Sprintf("process %d", pid)
				if pid == os.Getpid() {
					return nil, fmt.Errorf("%w: this process has already opened %s: share that Engine", ErrInUse, dir)
				}
			}
		}
		return nil, fmt.Errorf("%w: %s is open in %s; talk to the running `hotcell serve` instead (--server URL), or end that process first",
			ErrInUse, dir, owner)
	}
	// The number is for the message above only; the lock is what counts.
	if err := os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600); err != nil {
		_ = file.Unlock()
		return nil, fmt.Errorf("%s cannot be written: %w", path, err)
	}
	return &dirLock{file: file}, nil
}

// release lets others in. The file stays: removing it would let two processes lock two files of one name.
func (l *dirLock) release() error { return l.file.Unlock() }
