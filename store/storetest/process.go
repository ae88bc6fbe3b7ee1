package storetest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// process is a server program of ours: it is ended by its own handle only, and
// ends with the test binary in any case.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
}

// run starts the program with its output in dir/output.log.
func run(dir, binary string, args ...string) (*process, error) {
	output, err := os.OpenFile(filepath.Join(dir, "output.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer output.Close() // the program has its own copy
	p := &process{cmd: exec.Command(binary, args...), done: make(chan struct{})}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, output, output
	// It must not outlive a test binary that is killed.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go func() {
		// The death signal comes when the starting thread ends, so keep that one.
		runtime.LockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait() // how it ended does not matter, only that it did
		}
		close(p.done)
	}()
	return p, <-started
}

// await asks ready again and again until it gives no error.
func (p *process) await(ctx context.Context, dir string, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("storetest: %s did not answer: %w\n%s", p.cmd.Path, err, tail(dir))
		case <-p.done:
			return fmt.Errorf("storetest: %s ended at once\n%s", p.cmd.Path, tail(dir))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Kill ends it like a power cut (SIGKILL) and waits for its end.
func (p *process) Kill() {
	_ = p.cmd.Process.Kill() // already gone is as good
	<-p.done
}

// Stop ends it properly.
func (p *process) Stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // already gone is as good
	select {
	case <-p.done:
	case <-time.After(20 * time.Second):
		p.Kill()
	}
}

// tail is the end of a program's logs, for a message.
func tail(dir string) []byte {
	var all []byte
	for _, name := range []string{"output.log", "error.log"} {
		text, _ := os.ReadFile(filepath.Join(dir, name))
		if i := len(text) - 4000; i > 0 {
			text = text[i:]
		}
		all = append(all, text...)
	}
	return bytes.TrimSpace(all)
}

// freePorts are ports of 127.0.0.1 that nobody has now.
func freePorts(n int) ([]int, error) {
	var ports []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close() // all are held until the last is found, so that they differ
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}
