package store

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migration is one numbered schema change. The checksum covers the file as
// reviewed, before its template is filled in, so that it is the same for every
// version of ClickHouse.
type migration struct {
	id       uint32
	name     string
	text     string
	checksum string
}

// readMigrations reads NNNN_name.sql files, numbered from 1 without gaps.
func readMigrations(files fs.FS, dir string) ([]migration, error) {
	names, err := fs.Glob(files, path.Join(dir, "*.sql")) // sorted
	if err != nil {
		return nil, err
	}
	var out []migration
	for i, n := range names {
		number, name, ok := strings.Cut(strings.TrimSuffix(path.Base(n), ".sql"), "_")
		id, err := strconv.ParseUint(number, 10, 32)
		if !ok || err != nil || id != uint64(i+1) {
			return nil, fmt.Errorf("migration %s: expected a name like %04d_what_it_does.sql", n, i+1)
		}
		text, err := fs.ReadFile(files, n)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(text)
		out = append(out, migration{uint32(id), name, string(text), hex.EncodeToString(sum[:])})
	}
	return out, nil
}

// Migrate brings the schema up to date. Every statement may be run again, so
// that two programs that migrate at once, or one that died half-way, do no
// harm. It refuses (CodeSchema) when a migration that was applied before has
// been edited since, or when the store is newer than this program.
func (s *Store) Migrate(ctx context.Context) error {
	all, err := readMigrations(migrationFiles, "migrations")
	if err != nil {
		return &Error{Code: CodeInternal, Message: err.Error(), Err: err}
	}
	return s.migrate(ctx, all)
}

func (s *Store) migrate(ctx context.Context, all []migration) error {
	t := schemaTemplate{version: s.version, cluster: s.dsn.Cluster, database: s.dsn.Database}
	bookkeeping, err := t.render(`{{createGlobal "schema_migrations"}} (
    id UInt32, name String, checksum String, applied DateTime('UTC'), clickhouse String
) ENGINE = {{replacingGlobal "schema_migrations" ""}} ORDER BY (id, checksum)`)
	if err != nil {
		return &Error{Code: CodeInternal, Message: err.Error(), Err: err}
	}
	var have uint64
	if err := s.one(ctx, "look for schema_migrations", `SELECT count() FROM system.tables WHERE database = @db AND name = 'schema_migrations'`,
		args{"db": s.dsn.Database}, &have); err != nil {
		return err
	}
	if have == 0 { // a cluster changes its schema only while all nodes are up
		if err := s.ddl(ctx, "create schema_migrations", bookkeeping[0]); err != nil {
			return err
		}
	}
	applied, err := s.appliedMigrations(ctx)
	if err != nil {
		return err
	}
	if err := checkMigrations(all, applied); err != nil {
		return err
	}
	for _, m := range all[min(len(applied), len(all)):] {
		statements, err := t.render(m.text)
		if err != nil {
			return &Error{Code: CodeInternal, Message: fmt.Sprintf("migration %04d_%s: %v", m.id, m.name, err), Err: err}
		}
		for _, sql := range statements {
			if err := s.ddl(ctx, fmt.Sprintf("apply migration %04d_%s", m.id, m.name), sql); err != nil {
				return err
			}
		}
		if err := s.exec(ctx, "record a migration",
			`INSERT INTO schema_migrations (id, name, checksum, applied, clickhouse) SELECT toUInt32(@id), @name, @checksum, now(), version()`,
			args{"id": m.id, "name": m.name, "checksum": m.checksum}); err != nil {
			return err
		}
		s.log.Info("store: migration applied", "migration", fmt.Sprintf("%04d_%s", m.id, m.name))
	}
	return nil
}

// appliedMigrations are the recorded ones, ordered by id.
func (s *Store) appliedMigrations(ctx context.Context) ([]migration, error) {
	var out []migration
	err := s.each(ctx, "read the applied migrations",
		`SELECT id, name, checksum FROM schema_migrations GROUP BY id, name, checksum ORDER BY id, checksum`, nil,
		func(r driver.Rows) error {
			var m migration
			if err := r.Scan(&m.id, &m.name, &m.checksum); err != nil {
				return err
			}
			out = append(out, m)
			return nil
		})
	return out, err
}

func checkMigrations(all, applied []migration) error {
	for i, was := range applied {
		if i >= len(all) || was.id > uint32(len(all)) {
			return &Error{Code: CodeSchema, Message: fmt.Sprintf(
				"the store's schema is newer than this program: it has migration %04d_%s; use the hotcell release that wrote it, or a newer one", was.id, was.name)}
		}
		m := all[i]
		if was.id != m.id || was.checksum != m.checksum {
			return &Error{Code: CodeSchema, Message: fmt.Sprintf(
				"migration %04d_%s was edited after it had been applied (checksum %.12s, applied %.12s): restore the file and put the change into a new migration",
				m.id, m.name, m.checksum, was.checksum)}
		}
	}
	return nil
}

// ddl runs a statement that changes the schema. Two migrators creating the same
// table at the same moment make one of them fail although the table is there in
// the end: 57 (already exists) and the file-system collisions of 18.16 are tried
// again, where IF NOT EXISTS then finds it.
func (s *Store) ddl(ctx context.Context, doing, sql string) error {
	var err error
	for range 5 {
		err = s.exec(ctx, doing, sql, nil)
		var e *Error
		if strings.HasPrefix(sql, "ALTER TABLE") && errors.As(err, &e) && isDDLCollision(e) {
			return nil // another program has added the column, or this one before it died
		}
		if !errors.As(err, &e) || !isDDLCollision(e) {
			return err
		}
	}
	return err
}

func isDDLCollision(e *Error) bool {
	var ex *clickhouse.Exception
	if !errors.As(e.Err, &ex) {
		return false
	}
	switch ex.Code {
	case 57, 253: // TABLE_ALREADY_EXISTS, REPLICA_IS_ALREADY_EXIST
		return true
	}
	return strings.Contains(ex.Message, "already exists") || strings.Contains(ex.Message, "File exists")
}

// Schema is the present schema as ClickHouse reports it, table by table, without
// the database's name.
func (s *Store) Schema(ctx context.Context) (string, error) {
	var out strings.Builder
	err := s.each(ctx, "read the schema", `
		SELECT create_table_query FROM system.tables
		WHERE database = @db AND name NOT LIKE '.%' ORDER BY name`, args{"db": s.dsn.Database}, func(r driver.Rows) error {
		var sql string
		if err := r.Scan(&sql); err != nil {
			return err
		}
		sql = strings.NewReplacer(s.dsn.Database+".", "", "`"+s.dsn.Database+"`.", "", "/"+s.dsn.Database+"/", "/DATABASE/",
			" "+s.dsn.Database+", ", " DATABASE, ").Replace(sql)
		// One column to a line, so that differences can be read.
		sql = strings.NewReplacer(", `", ",\n    `", ",  ", ",\n    ", " ENGINE", "\nENGINE", " PARTITION BY", "\nPARTITION BY",
			" ORDER BY", "\nORDER BY", " SETTINGS", "\nSETTINGS", " AS SELECT", "\nAS SELECT", " FROM ", "\nFROM ").Replace(sql)
		out.WriteString(sql + ";\n\n")
		return nil
	})
	return out.String(), err
}
