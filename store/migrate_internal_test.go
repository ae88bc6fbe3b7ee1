package store

import (
	"strings"
	"testing"
	"testing/fstest"
)

func TestReadMigrations(t *testing.T) {
	all, err := readMigrations(migrationFiles, "migrations")
	if err != nil || len(all) == 0 {
		t.Fatalf("%d migrations, %v", len(all), err)
	}
	for _, bad := range []fstest.MapFS{
		{"m/0002_gap.sql": {}},
		{"m/0001_a.sql": {}, "m/0001_b.sql": {}},
		{"m/first.sql": {}},
	} {
		if _, err := readMigrations(bad, "m"); err == nil || !strings.Contains(err.Error(), "expected a name like") {
			t.Errorf("%v: error %v", bad, err)
		}
	}
}

func TestCheckMigrations(t *testing.T) {
	all := []migration{{1, "a", "", "aaaa"}, {2, "b", "", "bbbb"}}
	for _, c := range []struct {
		applied []migration
		want    string // part of the message; "" = accepted
	}{
		{nil, ""},
		{all[:1], ""},
		{all, ""},
		{[]migration{{1, "a", "", "0123"}}, "migration 0001_a was edited after it had been applied"},
		{append([]migration{}, all[0], migration{2, "b", "", "4567"}), "migration 0002_b was edited"},
		{append([]migration{}, all[0], all[1], migration{3, "c", "", "cccc"}), "newer than this program: it has migration 0003_c"},
	} {
		err := checkMigrations(all, c.applied)
		if c.want == "" {
			if err != nil {
				t.Errorf("applied %v: %v", c.applied, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || CodeOf(err) != CodeSchema {
			t.Errorf("applied %v: error %v, want %q", c.applied, err, c.want)
		}
	}
}

// TestEditedMigration applies the real migrations to a store and then edits one.
func TestEditedMigration(t *testing.T) {
	s := openForTest(t)
	all, err := readMigrations(migrationFiles, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.migrate(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	all[1].checksum = strings.Repeat("0", 64)
	if err := s.migrate(t.Context(), all); CodeOf(err) != CodeSchema || !strings.Contains(err.Error(), "was edited") {
		t.Errorf("an edited migration: %v", err)
	}
}

// TestClusterTemplates shows the statements for a cluster; they run on one in
// the integration tests.
func TestClusterTemplates(t *testing.T) {
	all, err := readMigrations(migrationFiles, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	tpl := schemaTemplate{version: serverVersion{18, 16}, cluster: "city", database: "hotcell"}
	var statements []string
	for _, m := range all {
		s, err := tpl.render(m.text)
		if err != nil {
			t.Fatal(err)
		}
		statements = append(statements, s...)
	}
	text := strings.Join(statements, ";\n")
	for _, want := range []string{
		"CREATE TABLE IF NOT EXISTS calls_local ON CLUSTER `city` (",
		"ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/hotcell/calls', '{replica}', version)",
		"CREATE TABLE IF NOT EXISTS calls ON CLUSTER `city` AS `hotcell`.calls_local ENGINE = Distributed(`city`, `hotcell`, calls_local, cityHash64(record_id))",
		"ReplicatedReplacingMergeTree('/clickhouse/tables/all/hotcell/loads', '{shard}-{replica}', seq)",
		"CREATE VIEW IF NOT EXISTS calls_current ON CLUSTER `city` AS",
		"FROM `hotcell`.calls FINAL WHERE deleted = 0",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the cluster's schema lacks %q", want)
		}
	}
	if strings.Contains(text, "CODEC") || strings.Contains(text, "LowCardinality") {
		t.Error("18.16 got what it does not know")
	}
}

// TestParentBits checks the arithmetic on a cell of H3's documentation and its
// ancestors, as printed by h3-go.
func TestParentBits(t *testing.T) {
	const cell = 0x8b283082b9a9fff // resolution 11
	for res, want := range map[int]uint64{
		11: cell, 10: 0x8a283082b9affff, 9: 0x89283082b9bffff, 8: 0x88283082b9fffff, 7: 0x87283082bffffff, 5: 0x85283083fffffff, 0: 0x8029fffffffffff,
	} {
		keep, set := parentBits(resolution(res))
		if got := cell&keep | set; got != want {
			t.Errorf("resolution %d: %x, want %x", res, got, want)
		}
	}
}
