package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
)

// EngineVersion is the release of the engine this package was built and tested against. It names the folder of the user's
// cache where the library is kept, and it is the version pinned in engine/package.json.
const EngineVersion = "26.5.3"

// EnvLibrary is the environment variable that names the engine's library file, for those who keep it elsewhere.
const EnvLibrary = "HOTCELL_ENGINE"

// ErrNoLibrary is what FindLibrary and Open return, wrapped in a sentence, when the engine's library is not on this machine.
var ErrNoLibrary = errors.New("the embedded ClickHouse engine is not installed")

// FindLibrary returns the path of the engine's library: the file $HOTCELL_ENGINE names, else
// <user cache dir>/hotcell/engine/<EngineVersion>/libchdb.so. The error wraps ErrNoLibrary and says how to get it.
func FindLibrary() (string, error) {
	if path := os.Getenv(EnvLibrary); path != "" {
		if err := regularFile(path); err != nil {
			return "", fmt.Errorf("%w: %s names %s, which cannot be used (%w): correct it, or unset it and run: make engine",
				ErrNoLibrary, EnvLibrary, path, err)
		}
		return path, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("%w: no cache folder to look for it in (%w): name the library file in %s", ErrNoLibrary, err, EnvLibrary)
	}
	path := filepath.Join(cache, "hotcell", "engine", EngineVersion, "libchdb.so")
	if err := regularFile(path); err != nil {
		return "", fmt.Errorf("%w: there is no %s; run: make engine", ErrNoLibrary, path)
	}
	return path, nil
}

func regularFile(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("it is not a file")
	}
	return nil
}

// library is the engine's C interface. A connection is a pointer to a handle; every call but connect and closeConn takes the
// handle itself. Results belong to the caller until destroyed, and so do the bytes of their buffer and error.
type library struct {
	path string

	setSignalHandlersEnabled func(enabled int32)

	connect   func(argc int32, argv *unsafe.Pointer) *unsafe.Pointer
	closeConn func(conn *unsafe.Pointer)

	query func(conn unsafe.Pointer, query *byte, queryLen uintptr, format *byte, formatLen uintptr,
		names, nameLens, values, valueLens unsafe.Pointer, params uintptr) unsafe.Pointer
	streamQuery func(conn unsafe.Pointer, query *byte, queryLen uintptr, format *byte, formatLen uintptr,
		names, nameLens, values, valueLens unsafe.Pointer, params uintptr) unsafe.Pointer
	streamFetch  func(conn, stream unsafe.Pointer) unsafe.Pointer
	streamCancel func(conn, stream unsafe.Pointer)

	resultBuffer func(result unsafe.Pointer) *byte
	resultLength func(result unsafe.Pointer) uintptr
	resultError  func(result unsafe.Pointer) string
	destroy      func(result unsafe.Pointer)
}

// loaded keeps the one library of this process: the engine cannot be unloaded, and a second copy would fight over signals.
var loaded struct {
	sync.Mutex
	lib *library
}

// loadLibrary opens the library at path, or returns the one already open.
func loadLibrary(path string) (*library, error) {
	loaded.Lock()
	defer loaded.Unlock()
	if loaded.lib != nil {
		if loaded.lib.path != path {
			return nil, fmt.Errorf("this process already runs the engine from %s, it cannot load another from %s", loaded.lib.path, path)
		}
		return loaded.lib, nil
	}
	if runtime.GOOS != "linux" && runtime.GOOS != "darwin" {
		return nil, fmt.Errorf("%w: there is no engine for %s; use a ClickHouse server instead (--store clickhouse://HOST:9000/DB)",
			ErrNoLibrary, runtime.GOOS)
	}
	if err := regularFile(path); err != nil {
		return nil, fmt.Errorf("%w: %s cannot be used (%w); run: make engine", ErrNoLibrary, path, err)
	}
	guard, err := newSignalGuard()
	if err != nil {
		return nil, err
	}
	lib := &library{path: path}
	// Loading runs the library's initialisers, so the signals are looked after from here on.
	if err := guard.protect(func() error { return lib.open(path) }); err != nil {
		return nil, err
	}
	loaded.lib = lib
	return lib, nil
}

func (l *library) open(path string) error {
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return fmt.Errorf("%s cannot be loaded as the embedded ClickHouse engine for %s/%s (%w): remove it and run: make engine",
			path, runtime.GOOS, runtime.GOARCH, err)
	}
	for _, f := range []struct {
		fn   any
		name string
	}{
		{&l.setSignalHandlersEnabled, "chdb_set_signal_handlers_enabled"},
		{&l.connect, "chdb_connect"},
		{&l.closeConn, "chdb_close_conn"},
		{&l.query, "chdb_query_with_params_n"},
		{&l.streamQuery, "chdb_stream_query_with_params_n"},
		{&l.streamFetch, "chdb_stream_fetch_result"},
		{&l.streamCancel, "chdb_stream_cancel_query"},
		{&l.resultBuffer, "chdb_result_buffer"},
		{&l.resultLength, "chdb_result_length"},
		{&l.resultError, "chdb_result_error"},
		{&l.destroy, "chdb_destroy_query_result"},
	} {
		symbol, err := purego.Dlsym(handle, f.name)
		if err != nil {
			return fmt.Errorf("%s is not the engine release %s this program needs (it has no %s): remove it and run: make engine",
				path, EngineVersion, f.name)
		}
		purego.RegisterFunc(f.fn, symbol)
	}
	// The engine would otherwise put its crash handlers over the ones the Go runtime lives by (stack growth faults,
	// preemption). The call itself resets several signals to their default, hence the guard around it.
	l.setSignalHandlersEnabled(0)
	return nil
}
