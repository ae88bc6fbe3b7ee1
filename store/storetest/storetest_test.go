package storetest

import "testing"

func TestDatabasesAreNobodyElses(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		name := Database()
		if seen[name] {
			t.Fatalf("%s was given twice", name)
		}
		seen[name] = true
	}
}
