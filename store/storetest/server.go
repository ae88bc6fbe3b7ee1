// Package storetest gives tests real stores: Debian's clickhouse-server started
// on free loopback ports with its data in a temporary folder, a cluster of four of
// them with Debian's zookeeper, and the embedded engine. One of each serves all
// tests of a test binary; every test gets a database of its own.
//
// Where a store cannot be had the test is skipped, but with CI=true in the
// environment it fails.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// serverBinary is where Debian puts the server.
const serverBinary = "/usr/sbin/clickhouse-server"

// ErrNoServer means that no clickhouse-server is installed.
var ErrNoServer = errors.New("storetest: " + serverBinary + " is not installed (apt-get install clickhouse-server)")

// Node is a clickhouse-server of our own. It is ended by Kill or Stop, and may be
// started again at the same address with the same data.
type Node struct {
	Addr string // host:port of the native protocol
	dir  string
	*process
}

const usersXML = `<yandex>
<profiles><default/><readonly><readonly>2</readonly></readonly></profiles>
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
<shutdown_wait_unfinished>1</shutdown_wait_unfinished>
%[3]s
</yandex>`

// StartNode starts a server whose data lies in dir, on a free port, and waits
// until it answers. The caller ends it.
func StartNode(ctx context.Context, dir string) (*Node, error) {
	var err error
	// A port found free may be taken before the server binds it: try anew then.
	for range 3 {
		var ports []int
		if ports, err = freePorts(1); err != nil {
			return nil, err
		}
		var node *Node
		if node, err = newNode(dir, ports[0], ""); err != nil {
			return nil, err
		}
		if err = node.Start(ctx); err == nil {
			return node, nil
		}
	}
	return nil, err
}

// newNode writes the server's configuration, with extra elements.
func newNode(dir string, port int, extra string) (*Node, error) {
	if _, err := os.Stat(serverBinary); err != nil {
		return nil, ErrNoServer
	}
	for name, text := range map[string]string{"users.xml": usersXML, "config.xml": fmt.Sprintf(configXML, dir, port, extra)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	return &Node{Addr: fmt.Sprintf("127.0.0.1:%d", port), dir: dir}, nil
}

// Start starts a server that was ended, and waits until it answers.
func (n *Node) Start(ctx context.Context) error {
	if err := n.launch(); err != nil {
		return err
	}
	if err := n.await(ctx, n.dir, n.ping); err != nil {
		n.Kill()
		return err
	}
	return nil
}

func (n *Node) launch() (err error) {
	n.process, err = run(n.dir, serverBinary, "--config-file="+filepath.Join(n.dir, "config.xml"))
	return err
}

func (n *Node) ping(ctx context.Context) error {
	conn, err := clickhouse.Open(&clickhouse.Options{Addr: []string{n.Addr}, DialTimeout: time.Second})
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Ping(ctx)
}

// DSN addresses a database of this server.
func (n *Node) DSN(database string) string {
	return "clickhouse://" + n.Addr + "/" + database
}

// Tally is what a node holds of the calls that count: how many, and a hash over
// what they say, so that equal tallies mean equal calls whichever loads brought them.
type Tally struct{ Calls, Hash uint64 }

const tallySQL = `SELECT count(), sum(cityHash64(record_id, toUInt32(time), customer, peer, outcome, duration_s, cause, radio_cell,
	method, lat, lon, cell, place, region)) FROM %s.%s FINAL WHERE deleted = 0`

// Tally reads the calls of a database on this server.
func (n *Node) Tally(ctx context.Context, database string) (Tally, error) {
	return n.tally(ctx, database, "calls")
}

func (n *Node) tally(ctx context.Context, database, table string) (t Tally, err error) {
	err = n.Ask(ctx, fmt.Sprintf(tallySQL, database, table), &t.Calls, &t.Hash)
	return t, err
}

// Ask runs a query of one row on this server, or a statement when there is
// nothing to scan to, as a person with clickhouse-client would.
func (n *Node) Ask(ctx context.Context, query string, dest ...any) error {
	conn, err := clickhouse.Open(&clickhouse.Options{Addr: []string{n.Addr}, DialTimeout: time.Second})
	if err != nil {
		return err
	}
	defer conn.Close()
	if len(dest) == 0 {
		return conn.Exec(ctx, query)
	}
	return conn.QueryRow(ctx, query).Scan(dest...)
}
