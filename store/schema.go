package store

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"text/template"
)

// schemaTemplate fills in what differs between versions and between one server
// and a cluster. Its functions are all a migration's text may use:
//
//	create "t"                  CREATE TABLE for a table spread over the shards
//	replacing "t" "version"     its engine
//	distributed "t" "expr"      the table over all shards; nothing on one server
//	createGlobal, replacingGlobal   the same for tables kept whole on every node
//	createView "v", dropView "v"
//	addColumn "t" "name Type" "after"   to a table spread over the shards
//	lowCardinality              a string type for few distinct values
//	codec "ZSTD(3)"             a column's codec; nothing before 20.3
type schemaTemplate struct {
	version  serverVersion
	cluster  string
	database string
}

func (t schemaTemplate) render(text string) ([]string, error) {
	tpl, err := template.New("migration").Option("missingkey=error").Funcs(template.FuncMap{
		"create":          t.create,
		"replacing":       t.replacing,
		"distributed":     t.distributed,
		"createGlobal":    t.createGlobal,
		"replacingGlobal": t.replacingGlobal,
		"createView":      t.createView,
		"dropView":        t.dropView,
		"addColumn":       t.addColumn,
		"lowCardinality":  t.lowCardinality,
		"codec":           t.codec,
	}).Parse(text)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := tpl.Execute(&out, nil); err != nil {
		return nil, err
	}
	statements := splitStatements(out.String())
	for i, sql := range statements {
		statements[i] = t.qualifyView(sql)
	}
	return statements, nil
}

var fromTable = regexp.MustCompile(`\bFROM ([a-z_]+)`)

// qualifyView names the database of the tables a view reads: the nodes of a
// cluster create it in a session of their own, whose database is another.
func (t schemaTemplate) qualifyView(sql string) string {
	if t.cluster == "" || !strings.HasPrefix(sql, "CREATE VIEW ") {
		return sql
	}
	return fromTable.ReplaceAllString(sql, "FROM "+quoteIdent(t.database)+".$1")
}

// splitStatements cuts at a ; that ends a line, after dropping comment lines.
func splitStatements(text string) []string {
	var kept []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(strings.TrimSpace(line), "--") {
			kept = append(kept, line)
		}
	}
	var out []string
	for _, sql := range strings.Split(strings.Join(kept, "")+"\n", ";\n") {
		if sql = strings.TrimSpace(sql); sql != "" {
			out = append(out, sql)
		}
	}
	return out
}

// localName is the table that holds a shard's part.
func (t schemaTemplate) localName(table string) string {
	if t.cluster == "" {
		return table
	}
	return table + localSuffix
}

const localSuffix = "_local"

func (t schemaTemplate) create(table string) string {
	return "CREATE TABLE IF NOT EXISTS " + t.localName(table) + onCluster(t.cluster)
}

func (t schemaTemplate) createGlobal(table string) string {
	return "CREATE TABLE IF NOT EXISTS " + table + onCluster(t.cluster)
}

func (t schemaTemplate) createView(view string) string {
	return "CREATE VIEW IF NOT EXISTS " + view + onCluster(t.cluster)
}

func (t schemaTemplate) dropView(view string) string {
	return "DROP TABLE IF EXISTS " + view + onCluster(t.cluster)
}

// addColumn gives statements that end themselves. Before 19 there is no IF NOT
// EXISTS for columns: Store.ddl takes a column that is there already for done.
func (t schemaTemplate) addColumn(table, column, after string) string {
	add := " ADD COLUMN "
	if t.version.modern() {
		add += "IF NOT EXISTS "
	}
	out := "ALTER TABLE " + t.localName(table) + onCluster(t.cluster) + add + column + " AFTER " + after + ";\n"
	if t.cluster != "" { // 18.16 does not alter these on a cluster; they hold nothing
		out += "DROP TABLE IF EXISTS " + table + onCluster(t.cluster) + ";\n" + t.distributed(table, shardKeys[table])
	}
	return out
}

// shardKeys are what the tables are spread by, as in migration 0001.
var shardKeys = map[string]string{
	"calls": "cityHash64(record_id)", "complaints": "cityHash64(record_id)", "surveys": "cityHash64(record_id)",
	"perceived": "cityHash64(record_id)", "short_runs": "cityHash64(record_id)", "subscribers": "cityHash64(customer)", "traffic": "cityHash64(radio_cell)",
}

func (t schemaTemplate) replacing(table, version string) string {
	return t.engine("{shard}/"+t.database+"/"+table, "{replica}", version)
}

// replacingGlobal puts every node of the cluster into one replica set, so that
// each holds all rows and no question needs to cross shards.
func (t schemaTemplate) replacingGlobal(table, version string) string {
	return t.engine("all/"+t.database+"/"+table, "{shard}-{replica}", version)
}

func (t schemaTemplate) engine(path, replica, version string) string {
	if t.cluster == "" {
		if version == "" {
			return "ReplacingMergeTree"
		}
		return "ReplacingMergeTree(" + version + ")"
	}
	if version != "" {
		version = ", " + version
	}
	return fmt.Sprintf("ReplicatedReplacingMergeTree('/clickhouse/tables/%s', '%s'%s)", path, replica, version)
}

func (t schemaTemplate) distributed(table, key string) string {
	if t.cluster == "" {
		return ""
	}
	return fmt.Sprintf("CREATE TABLE IF NOT EXISTS %[1]s%[2]s AS %[3]s.%[4]s ENGINE = Distributed(%[5]s, %[3]s, %[4]s, %[6]s);\n",
		table, onCluster(t.cluster), quoteIdent(t.database), t.localName(table), quoteIdent(t.cluster), key)
}

func (t schemaTemplate) lowCardinality() string {
	if t.version.modern() {
		return "LowCardinality(String)"
	}
	return "String"
}

func (t schemaTemplate) codec(c string) string {
	if t.version.modern() {
		return " CODEC(" + c + ")"
	}
	return ""
}
