package storetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ErrNoZooKeeper means that zookeeper or its Java is not installed.
var ErrNoZooKeeper = errors.New("storetest: " + zooKeeperJar + " or java is not installed (apt-get install zookeeper)")

// Where Debian puts them. The jar names the others it needs.
const (
	zooKeeperJar = "/usr/share/java/zookeeper.jar"
	javaBinary   = "/usr/bin/java"
)

// ClusterName is what the cluster is called in the servers' configuration.
const ClusterName = "city"

// Cluster is two shards of two replicas each, and their zookeeper.
type Cluster struct {
	Nodes     [4]*Node // shard 1 replica 1, shard 1 replica 2, shard 2 replica 1, shard 2 replica 2
	ZooKeeper *ZooKeeper
}

// ZooKeeper is a zookeeper of our own. It may be ended and started again like a Node.
type ZooKeeper struct {
	Addr string
	dir  string
	*process
}

// Sessions are short, so that a killed replica is missed soon.
const zooKeeperConfig = `tickTime=500
maxSessionTimeout=4000
dataDir=%[1]s/data
clientPort=%[2]d
clientPortAddress=127.0.0.1
maxClientCnxns=0
admin.enableServer=false
4lw.commands.whitelist=srvr
`

const clusterXML = `<interserver_http_host>127.0.0.1</interserver_http_host>
<interserver_http_port>%[1]d</interserver_http_port>
<zookeeper><node><host>127.0.0.1</host><port>%[2]d</port></node></zookeeper>
<macros><shard>%[3]d</shard><replica>%[4]d</replica></macros>
<merge_tree><zookeeper_session_expiration_check_period>1</zookeeper_session_expiration_check_period></merge_tree>
<distributed_ddl><path>/clickhouse/task_queue/ddl</path></distributed_ddl>
<remote_servers><%[5]s>%[6]s</%[5]s></remote_servers>`

// StartCluster starts a cluster with its data in dir and waits until all of it
// answers. The caller ends it with Stop.
func StartCluster(ctx context.Context, dir string) (*Cluster, error) {
	var err error
	// A port may be taken before it is bound, and now and then an 18.16 crashes over
	// the first schema change after its start.
	for i := range 3 {
		var c *Cluster
		if c, err = newCluster(filepath.Join(dir, fmt.Sprint("try", i+1))); err != nil {
			return nil, err
		}
		if err = c.start(ctx); err == nil {
			return c, nil
		}
		c.Stop()
	}
	return nil, err
}

func newCluster(dir string) (*Cluster, error) {
	for _, file := range []string{zooKeeperJar, javaBinary} {
		if _, err := os.Stat(file); err != nil {
			return nil, ErrNoZooKeeper
		}
	}
	ports, err := freePorts(9)
	if err != nil {
		return nil, err
	}
	zooKeeperPort, native, interserver := ports[8], ports[:4], ports[4:8]
	c := &Cluster{ZooKeeper: &ZooKeeper{Addr: fmt.Sprintf("127.0.0.1:%d", zooKeeperPort), dir: filepath.Join(dir, "zookeeper")}}
	if err := os.MkdirAll(c.ZooKeeper.dir, 0o700); err != nil {
		return nil, err
	}
	text := fmt.Sprintf(zooKeeperConfig, c.ZooKeeper.dir, zooKeeperPort)
	if err := os.WriteFile(filepath.Join(c.ZooKeeper.dir, "zoo.cfg"), []byte(text), 0o600); err != nil {
		return nil, err
	}
	var shards strings.Builder
	for i, port := range native {
		if i%2 == 0 {
			shards.WriteString("<shard><internal_replication>true</internal_replication>")
		}
		fmt.Fprintf(&shards, "<replica><host>127.0.0.1</host><port>%d</port></replica>", port)
		if i%2 == 1 {
			shards.WriteString("</shard>")
		}
	}
	for i := range c.Nodes {
		own := filepath.Join(dir, fmt.Sprintf("shard%d-replica%d", i/2+1, i%2+1))
		if err := os.MkdirAll(own, 0o700); err != nil {
			return nil, err
		}
		extra := fmt.Sprintf(clusterXML, interserver[i], zooKeeperPort, i/2+1, i%2+1, ClusterName, shards.String())
		if c.Nodes[i], err = newNode(own, native[i], extra); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context) error {
	if err := c.ZooKeeper.Start(ctx); err != nil {
		return err
	}
	for _, n := range c.Nodes {
		if err := n.launch(); err != nil {
			return err
		}
	}
	for _, n := range c.Nodes {
		if err := n.await(ctx, n.dir, n.ping); err != nil {
			return err
		}
	}
	return c.Nodes[0].Ask(ctx, "CREATE DATABASE IF NOT EXISTS ready ON CLUSTER "+ClusterName)
}

// Stop ends everything that runs.
func (c *Cluster) Stop() {
	for _, n := range c.Nodes {
		if n.process != nil {
			n.Kill() // nothing of it is needed any more
		}
	}
	if c.ZooKeeper.process != nil {
		c.ZooKeeper.Kill()
	}
}

// DSN addresses a database of the cluster by all its nodes, beginning with the
// one given.
func (c *Cluster) DSN(database string, first int) string {
	var hosts []string
	for i := range c.Nodes {
		hosts = append(hosts, c.Nodes[(first+i)%len(c.Nodes)].Addr)
	}
	return "clickhouse://" + strings.Join(hosts, ",") + "/" + database + "?cluster=" + ClusterName
}

// Tally reads the calls of a database from every replica: those of a shard must
// hold the same, and the shards together are the cluster's.
func (c *Cluster) Tally(ctx context.Context, database string) (sum Tally, err error) {
	for i := 0; i < len(c.Nodes); i += 2 {
		one, err := c.Nodes[i].tally(ctx, database, "calls_local")
		if err != nil {
			return sum, err
		}
		other, err := c.Nodes[i+1].tally(ctx, database, "calls_local")
		if err != nil {
			return sum, err
		}
		if one != other {
			return sum, fmt.Errorf("the replicas of shard %d hold %+v and %+v", i/2+1, one, other)
		}
		sum.Calls += one.Calls
		sum.Hash += one.Hash
	}
	return sum, nil
}

// Start starts a zookeeper that was ended, and waits until it answers.
func (z *ZooKeeper) Start(ctx context.Context) (err error) {
	z.process, err = run(z.dir, javaBinary, "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dzookeeper.forceSync=no",
		"-cp", zooKeeperJar, "org.apache.zookeeper.server.quorum.QuorumPeerMain", filepath.Join(z.dir, "zoo.cfg"))
	if err != nil {
		return err
	}
	if err := z.await(ctx, z.dir, z.ask); err != nil {
		z.Kill()
		return err
	}
	return nil
}

func (z *ZooKeeper) ask(ctx context.Context) error {
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", z.Addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	if _, err := io.WriteString(conn, "srvr"); err != nil {
		return err
	}
	answer, err := io.ReadAll(conn)
	if err == nil && !strings.Contains(string(answer), "Mode: ") { // before that it does not serve
		err = fmt.Errorf("it says %q", answer)
	}
	return err
}
