package embedded

import (
	"encoding/binary"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// The engine and the Go runtime want the same signals; the runtime must have them, after connecting and after queries.
func TestGoKeepsItsSignals(t *testing.T) {
	e := openEngine(t, Config{})
	conn := openDriver(t, e)
	value(t, conn, "SELECT count() FROM numbers(10000000)")
	guard, err := newSignalGuard()
	if err != nil {
		t.Fatal(err)
	}
	// struct sigaction begins with the handler. The runtime has one for all, also for USR2, which the engine does not touch.
	handler := func(s syscall.Signal) uint64 {
		action, err := guard.read(s)
		if err != nil {
			t.Fatal(err)
		}
		return binary.NativeEndian.Uint64(action[:])
	}
	want := handler(syscall.SIGUSR2)
	if want == 0 {
		t.Fatal("the runtime has no handler for USR2: the test compares with nothing")
	}
	for _, s := range []syscall.Signal{syscall.SIGILL, syscall.SIGTRAP, syscall.SIGABRT, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGSEGV,
		syscall.SIGSYS, syscall.SIGURG, syscall.SIGPIPE} {
		if got := handler(s); got != want {
			t.Errorf("signal %d (%s) has handler %#x, the runtime's is %#x", s, s, got, want)
		}
	}

	t.Run("nil dereference is a panic", func(t *testing.T) {
		for range 100 {
			func() {
				defer func() {
					if recover() == nil {
						t.Error("no panic")
					}
				}()
				var p *struct{ a [8]int }
				p.a[3]++
			}()
		}
	})

	t.Run("a tight loop is preempted", func(t *testing.T) {
		var stop atomic.Bool
		ended := make(chan int)
		go func() {
			n := 0
			for !stop.Load() { // no call in here: only a signal gets the goroutine off its processor
				n++
			}
			ended <- n
		}()
		collected := make(chan struct{})
		go func() {
			for range 50 {
				runtime.GC() // stops the world, and with it the loop
			}
			close(collected)
		}()
		select {
		case <-collected:
		case <-time.After(20 * time.Second):
			t.Error("the collector waits for the loop: preemption by signal does not work")
		}
		stop.Store(true)
		<-ended
	})
}
