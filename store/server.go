package store

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// serverVersion is ClickHouse's release, e.g. 18.16 or 26.5.
type serverVersion struct{ major, minor int }

func (v serverVersion) String() string { return fmt.Sprintf("%d.%d", v.major, v.minor) }

func (v serverVersion) before(major, minor int) bool {
	return v.major < major || v.major == major && v.minor < minor
}

// modern is the one version check behind newer features: low-cardinality
// strings and column codecs have been ready for use since 20.3.
func (v serverVersion) modern() bool { return !v.before(20, 3) }

// supportedSettings are the query settings we want, as far as this server
// knows them: 18.16 refuses a whole query for one unknown name.
func (s *Store) supportedSettings(ctx context.Context, conn driver.Conn) (clickhouse.Settings, error) {
	wanted := clickhouse.Settings{
		"max_memory_usage": int(s.cfg.MemoryLimit),
		// Aggregations and sorts go to disk before they hit the limit.
		"max_bytes_before_external_group_by": int(s.cfg.MemoryLimit / 2),
		"max_bytes_before_external_sort":     int(s.cfg.MemoryLimit / 2),
		// A file may span many months; the default refuses a block with more than 100.
		"max_partitions_per_insert_block": 0,
		// A record's partition follows from its key, so that its versions never
		// lie in two partitions and each can be de-duplicated on its own.
		"do_not_merge_across_partitions_select_final": 1,
		// We send plain strings for low-cardinality columns: the server builds
		// their dictionaries much faster than the driver.
		"low_cardinality_allow_in_native_format": 0,
		// Distributed tables: an acknowledged batch is on its shard, not in a queue.
		"insert_distributed_sync": 1,
		// Do not de-duplicate each block while it is inserted (40 % of an insert's
		// time): reading with FINAL does it anyway.
		"optimize_on_insert": 0,
		// Lists of record ids are long.
		"max_query_size": 16 << 20,
	}
	if s.dsn.Cluster != "" {
		maps.Copy(wanted, clusterSettings)
	}
	rows, err := conn.Query(ctx, "SELECT name FROM system.settings")
	if err != nil {
		return nil, s.coded("read the server's settings", err)
	}
	defer rows.Close()
	have := clickhouse.Settings{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, s.coded("read the server's settings", err)
		}
		if v, ok := wanted[name]; ok {
			have[name] = v
		}
	}
	return have, s.coded("read the server's settings", rows.Err())
}

// quoteIdent quotes a database, table or cluster name.
func quoteIdent(name string) string {
	return "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(name) + "`"
}

func onCluster(name string) string {
	if name == "" {
		return ""
	}
	return " ON CLUSTER " + quoteIdent(name)
}
