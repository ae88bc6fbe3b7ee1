package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// What is different on a cluster is here and in schema.go; everything else is the
// same SQL: subqueries over records say GLOBAL IN, which asks all shards and, on one
// server, is IN. Records are spread over the shards by a hash of their key, so that
// all versions of a record meet on one shard. Small tables are whole on every node.
//
// An insert is acknowledged by one replica of its shard, and the others fetch it:
// waiting for a quorum would let 18.16 take only one insert at a time into a table,
// and none while a replica is away. Instead a load waits once, before it reads its
// records back and before it ends (see caughtUp).

// clusterSettings go with every query to a cluster. (18.16 takes only numbers.)
var clusterSettings = clickhouse.Settings{
	// A replica that has just come back does not answer before it has caught up.
	"max_replica_delay_for_distributed_queries":          5,
	"fallback_to_stale_replicas_for_distributed_queries": 1,
	// 50 ms is too short for a busy replica.
	"connect_timeout_with_failover_ms": 1000,
	// A schema change waits for all nodes, in seconds.
	"distributed_ddl_task_timeout": 60,
}

// checkCluster makes sure that the server knows the cluster and itself in it.
func (s *Store) checkCluster(ctx context.Context, conn driver.Conn) error {
	if s.dsn.Cluster == "" {
		return nil
	}
	rows, err := conn.Query(ctx, "SELECT DISTINCT cluster FROM system.clusters")
	if err != nil {
		return s.coded("read the server's clusters", err)
	}
	defer rows.Close()
	var known []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return s.coded("read the server's clusters", err)
		}
		known = append(known, name)
	}
	if err := rows.Err(); err != nil {
		return s.coded("read the server's clusters", err)
	}
	if !slices.Contains(known, s.dsn.Cluster) {
		return &Error{Code: CodeConfig, Message: fmt.Sprintf("the server at %s knows no cluster %q (known: %s): describe it in its remote_servers, or take cluster= out of the store address",
			s.dsn.Redacted(), s.dsn.Cluster, strings.Join(known, ", "))}
	}
	var macros uint64
	if err := conn.QueryRow(ctx, "SELECT count() FROM system.macros WHERE macro IN ('shard', 'replica')").Scan(&macros); err != nil {
		return s.coded("read the server's macros", err)
	}
	if macros != 2 {
		return &Error{Code: CodeConfig, Message: fmt.Sprintf("the server at %s does not know which shard and replica of the cluster %q it is: give it the macros shard and replica (docs/operations.md)",
			s.dsn.Redacted(), s.dsn.Cluster)}
	}
	return nil
}

// caughtUp waits until every replica that is up has all rows of the table that any
// of them had taken when it was called. After it, any node may be asked, and a
// replica that is lost takes nothing with it. On one server there is nothing to wait for.
//
// A replica that is away is not waited for; but when it holds rows that no other
// has, the others wait for them, and so does this. It gives up (CodeBehind) when
// nothing moves for Config.RetryFor.
func (s *Store) caughtUp(ctx context.Context, table string) error {
	if s.dsn.Cluster == "" {
		return nil
	}
	defer s.metrics.time("wait for replicas")()
	sets, err := s.replicaSets(ctx, table)
	if err != nil {
		return err
	}
	for _, path := range sets {
		if err := s.replicasCaughtUp(ctx, path); err != nil {
			return err
		}
	}
	return nil
}

// replicaSets are the ZooKeeper paths of a table: one for each shard, or one for a
// table that is whole on every node.
func (s *Store) replicaSets(ctx context.Context, table string) ([]string, error) {
	if have, ok := s.sets.Load(table); ok {
		return have.([]string), nil
	}
	var paths []string
	err := s.collect(ctx, "find the replicas of a table", `
		SELECT DISTINCT zookeeper_path FROM cluster('`+s.dsn.Cluster+`', system, replicas)
		WHERE database = @db AND table IN (@table, @local) ORDER BY zookeeper_path`,
		args{"db": s.dsn.Database, "table": table, "local": table + localSuffix}, func() { paths = nil }, func(r driver.Rows) error {
			var path string
			err := r.Scan(&path)
			paths = append(paths, path)
			return err
		})
	if err == nil && len(paths) == 0 {
		err = &Error{Code: CodeSchema, Message: fmt.Sprintf("the table %s has no replicas at %s: run `hotcell migrate`", table, s.dsn.Redacted())}
	}
	if err == nil {
		s.sets.Store(table, paths) // they never change
	}
	return paths, err
}

// replicasCaughtUp waits for the replicas of one set. What they have to fetch is
// written in ZooKeeper: a log of all changes, and for each replica how far it has
// read the log and what of it it has still to do.
func (s *Store) replicasCaughtUp(ctx context.Context, path string) error {
	log, err := s.zooKeeper(ctx, path+"/log")
	if err != nil {
		return err
	}
	last := int64(-1)
	for name := range log {
		if n, err := strconv.ParseInt(strings.TrimPrefix(name, "log-"), 10, 64); err == nil {
			last = max(last, n)
		}
	}
	replicas, err := s.zooKeeper(ctx, path+"/replicas")
	if err != nil {
		return err
	}
	waiting := map[string]*replicaWait{}
	for name := range replicas {
		waiting[name] = &replicaWait{path: path + "/replicas/" + name, last: last}
	}
	least, since := int64(1<<62), time.Now()
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 250*time.Millisecond) {
		var left int64
		away := []string{}
		for _, name := range slices.Sorted(maps.Keys(waiting)) {
			w := waiting[name]
			if err := s.look(ctx, w); err != nil {
				return err
			}
			left += w.left
			if !w.active {
				away = append(away, name)
			}
		}
		switch {
		case left == 0 && len(away) < len(replicas):
			return nil
		case left < least:
			least, since = left, time.Now()
		case time.Since(since) > s.cfg.RetryFor:
			return behind(path, left, away, len(replicas), s.cfg.RetryFor)
		}
		select {
		case <-ctx.Done():
			return s.coded("wait for replicas", ctx.Err())
		case <-time.After(pause):
		}
	}
}

func behind(path string, left int64, away []string, replicas int, waited time.Duration) error {
	what := fmt.Sprintf("%d batches were taken by a replica and have not reached the others", left)
	advice := "the servers' logs say why"
	if len(away) > 0 {
		advice = "start the replicas that are away: " + strings.Join(away, ", ")
	}
	if len(away) == replicas {
		what = "no replica is up"
	}
	return &Error{Code: CodeBehind, Message: fmt.Sprintf("%s, for %s (%s): %s; then load the same again: nothing is counted twice", what, waited, path, advice)}
}

// replicaWait is what is known of a replica that is waited for.
type replicaWait struct {
	path   string
	last   int64               // the entry of the log it has to come to
	fetch  map[string]struct{} // what it had still to fetch when it came there; nil before that
	active bool
	left   int64 // entries it has still to read and to fetch; 0 when it is away
}

// look brings w up to date.
func (s *Store) look(ctx context.Context, w *replicaWait) error {
	state, err := s.zooKeeper(ctx, w.path)
	if err != nil {
		return err
	}
	if _, w.active = state["is_active"]; !w.active {
		w.left = 0
		return nil
	}
	pointer, _ := strconv.ParseInt(state["log_pointer"], 10, 64) // empty before the first entry
	if pointer <= w.last {
		w.left = 1<<20 + w.last - pointer // more than may be left to fetch afterwards
		return nil
	}
	queue, err := s.zooKeeper(ctx, w.path+"/queue")
	if err != nil {
		return err
	}
	now := map[string]struct{}{}
	for name, entry := range queue {
		if _, ours := w.fetch[name]; strings.Contains(entry, "\nget\n") && (ours || w.fetch == nil) {
			now[name] = struct{}{}
		}
	}
	w.fetch, w.left = now, int64(len(now))
	return nil
}

// zooKeeper reads the names and values below a path.
func (s *Store) zooKeeper(ctx context.Context, path string) (map[string]string, error) {
	values := map[string]string{}
	err := s.collect(ctx, "ask ZooKeeper", `SELECT name, value FROM system.zookeeper WHERE path = @path`, args{"path": path}, func() { clear(values) }, func(r driver.Rows) error {
		var name, value string
		err := r.Scan(&name, &value)
		values[name] = value
		return err
	})
	return values, err
}
