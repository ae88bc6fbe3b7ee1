// Package storetest gives tests real stores: Debian's clickhouse-server started
// on free loopback ports with its data in a temporary folder, and the embedded
// engine. One server and one engine serve all tests of a test binary; every test
// gets a database of its own.
//
// Where a store cannot be had the test is skipped, but with CI=true in the
// environment it fails.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// serverBinary is where Debian puts the server.
const serverBinary = "/usr/sbin/clickhouse-server"

// Process is a running clickhouse-server of our own.
type Process struct {
	Addr string // host:port of the native protocol
	dir  string
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
}

// ErrNoServer means that no clickhouse-server is installed.
var ErrNoServer = errors.New("storetest: " + serverBinary + " is not installed (apt-get install clickhouse-server)")

const usersXML = `<yandex>
<profiles><default/></profiles>
<users>
<default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default>
<guarded><password>open sesame</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></guarded>
<reader><password></password><networks><ip>127.0.0.1</ip></networks><profile>readonly</profile><quota>default</quota></reader>
</users>
<quotas><default/></quotas>
</yandex>`

// The server's time zone is far from UTC, so that a query which forgets to say
// UTC shows in the tests.
const configXML = `<yandex>
<logger><level>warning</level><log>%[1]s/server.log</log><errorlog>%[1]s/error.log</errorlog></logger>
<listen_host>127.0.0.1</listen_host>
<tcp_port>%[2]d</tcp_port>
<path>%[1]s/data/</path><tmp_path>%[1]s/tmp/</tmp_path>
<users_config>%[1]s/users.xml</users_config>
<default_profile>default</default_profile><default_database>default</default_database>
<mark_cache_size>268435456</mark_cache_size>
<timezone>Asia/Shanghai</timezone>
<max_concurrent_queries>200</max_concurrent_queries>
%[3]s
</yandex>`

// StartProcess starts a server whose data lies in dir, on a free port, and waits
// until it answers. A server started again on the same dir has the same data.
// The caller ends it with Stop.
func StartProcess(ctx context.Context, dir string) (*Process, error) {
	return startWith(ctx, dir, "")
}

func startWith(ctx context.Context, dir, extra string) (*Process, error) {
	if _, err := os.Stat(serverBinary); err != nil {
		return nil, ErrNoServer
	}
	var err error
	// A port found free may be taken before the server binds it: try anew then.
	for range 3 {
		var p *Process
		if p, err = start(ctx, dir, extra); err == nil {
			return p, nil
		}
	}
	return nil, err
}

func start(ctx context.Context, dir, extra string) (*Process, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	users := strings.Replace(usersXML, "<default/></profiles>", "<default/><readonly><readonly>2</readonly></readonly></profiles>", 1)
	for name, text := range map[string]string{"users.xml": users, "config.xml": fmt.Sprintf(configXML, dir, port, extra)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	p := &Process{Addr: fmt.Sprintf("127.0.0.1:%d", port), dir: dir, done: make(chan struct{})}
	p.cmd = exec.Command(serverBinary, "--config-file="+filepath.Join(dir, "config.xml"))
	p.cmd.Stdout, p.cmd.Stderr = io.Discard, io.Discard
	// The server must not outlive a test binary that is killed.
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
	if err := <-started; err != nil {
		return nil, err
	}
	if err := p.wait(ctx); err != nil {
		p.Kill()
		return nil, err
	}
	return p, nil
}

func (p *Process) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	conn, err := clickhouse.Open(&clickhouse.Options{Addr: []string{p.Addr}, DialTimeout: time.Second})
	if err != nil {
		return err
	}
	defer conn.Close()
	for {
		if err = conn.Ping(ctx); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("storetest: the server did not answer: %w\n%s", err, p.errorLog())
		case <-p.done:
			return fmt.Errorf("storetest: the server ended at once\n%s", p.errorLog())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (p *Process) errorLog() []byte {
	text, _ := os.ReadFile(filepath.Join(p.dir, "error.log")) // for a message only
	if i := len(text) - 4000; i > 0 {
		text = text[i:]
	}
	return bytes.TrimSpace(text)
}

// DSN addresses a database of this server.
func (p *Process) DSN(database string) string {
	return "clickhouse://" + p.Addr + "/" + database
}

// Kill ends the server like a power cut (SIGKILL) and waits for its end.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // already gone is as good
	<-p.done
}

// Stop ends the server properly.
func (p *Process) Stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // already gone is as good
	select {
	case <-p.done:
	case <-time.After(20 * time.Second):
		p.Kill()
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
