package embedded

import (
	"fmt"
	"sync"
	"syscall"
	"unsafe"

	"github.com/ebitengine/purego"
)

// guardedSignals are those the engine resets to their default action when it is told to leave signals alone and again on
// every connect, and the ones besides that the Go runtime cannot do without (URG: preemption, PIPE, PROF).
var guardedSignals = []syscall.Signal{
	syscall.SIGILL, syscall.SIGTRAP, syscall.SIGABRT, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGSEGV, syscall.SIGSYS,
	syscall.SIGTSTP, syscall.SIGURG, syscall.SIGPIPE, syscall.SIGPROF,
}

// sigactionSize is more than struct sigaction takes on any platform (152 bytes with glibc, 16 on macOS).
const sigactionSize = 256

// signalGuard keeps the Go runtime's signal handlers over calls that replace them. A handler lost for good would end in a
// silent crash at the next nil dereference or goroutine preemption.
type signalGuard struct {
	sigaction func(signal int32, action, old *byte) int32
}

// guarding makes saving and restoring one step: two overlapping guards could save each other's defaults.
var guarding sync.Mutex

// newSignalGuard finds sigaction(3) of the C library already in the process.
func newSignalGuard() (*signalGuard, error) {
	symbol, err := purego.Dlsym(purego.RTLD_DEFAULT, "sigaction")
	if err != nil {
		libc, loadErr := purego.Dlopen("libc.so.6", purego.RTLD_NOW|purego.RTLD_GLOBAL)
		if loadErr != nil {
			return nil, fmt.Errorf("the C library cannot be reached for sigaction (%w); the embedded engine needs glibc or macOS", err)
		}
		if symbol, err = purego.Dlsym(libc, "sigaction"); err != nil {
			return nil, fmt.Errorf("the C library has no sigaction: %w", err)
		}
	}
	g := &signalGuard{}
	purego.RegisterFunc(&g.sigaction, symbol)
	return g, nil
}

// read returns what is installed for a signal, as the C library's struct.
func (g *signalGuard) read(signal syscall.Signal) (action [sigactionSize]byte, err error) {
	if g.sigaction(int32(signal), nil, (*byte)(unsafe.Pointer(&action[0]))) != 0 {
		return action, fmt.Errorf("the handler of signal %d (%s) cannot be read", signal, signal)
	}
	return action, nil
}

// protect runs f and puts the guarded signals back to what they were before it.
func (g *signalGuard) protect(f func() error) error {
	guarding.Lock()
	defer guarding.Unlock()
	var saved [64][sigactionSize]byte
	for _, s := range guardedSignals {
		action, err := g.read(s)
		if err != nil {
			return err
		}
		saved[s] = action
	}
	err := f()
	for _, s := range guardedSignals {
		if g.sigaction(int32(s), &saved[s][0], nil) != 0 && err == nil {
			err = fmt.Errorf("the handler of signal %d (%s) cannot be restored", s, s)
		}
	}
	return err
}
