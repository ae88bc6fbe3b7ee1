package embedded

import "testing"

func TestReturnsRows(t *testing.T) {
	for query, want := range map[string]bool{
		"SELECT 1":                             true,
		"select(1)":                            true,
		" \n-- no\n/* SHOW */ ((SELECT 1))":    true,
		"WITH a AS (SELECT 1) SELECT * FROM a": true,
		"SHOW TABLES":                          false,
		"INSERT INTO t SELECT 1":               false,
		"SELECTED":                             false,
		"-- SELECT 1":                          false,
		"/* SELECT":                            false,
		"":                                     false,
	} {
		if got := returnsRows(query); got != want {
			t.Errorf("%q: %v, want %v", query, got, want)
		}
	}
}

func TestSeveralStatements(t *testing.T) {
	for query, want := range map[string]bool{
		"DROP TABLE a":                               false,
		"DROP TABLE a;":                              false,
		"DROP TABLE a; -- done\n ; ":                 false,
		"DROP TABLE a; DROP TABLE b":                 true,
		"DROP TABLE a /* ; */; x":                    true,
		"INSERT INTO t VALUES ('a;b', \"c;d\", `;`)": false,
		`INSERT INTO t VALUES ('a\';b')`:             false,
		"INSERT INTO t VALUES ('a'';b')":             false,
		"INSERT INTO t VALUES (1); DROP TABLE t":     true,
		"INSERT INTO t FORMAT CSV 1;2":               false,
		"SELECT 1 -- ; nothing":                      false,
		"SELECT 'open; end":                          false,
	} {
		if got := severalStatements(query); got != want {
			t.Errorf("%q: %v, want %v", query, got, want)
		}
	}
}
