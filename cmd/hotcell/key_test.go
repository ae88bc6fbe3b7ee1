package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Neither another key nor a lost one may turn the customers of a store into new ones.
func TestTheStoreKnowsItsKey(t *testing.T) {
	eachHome(t, func(t *testing.T, h home) {
		dir := t.TempDir()
		file := write(t, dir, "a.csv", "record_id,time,subscriber_id,outcome\n1,2026-05-01T10:00:00Z,s1,completed\n")
		more := write(t, dir, "b.csv", "record_id,time,subscriber_id,outcome\n2,2026-05-01T10:00:00Z,s1,completed\n")
		h.load("calls", file)
		first := h.keyFile

		h.keyFile = filepath.Join(dir, "lost")
		if code, _, errs := h.command("load", "calls", more); code != exitFailed || !strings.Contains(errs, "restore it") {
			t.Errorf("without its key: exit %d, %q", code, errs)
		}
		if _, err := os.Stat(h.keyFile); err == nil {
			t.Error("a new key was made for a store that has one")
		}
		h.keyFile = write(t, dir, "other", strings.Repeat("ab", keyBytes)+"\n")
		if code, _, errs := h.command("load", "calls", more); code != exitFailed || !strings.Contains(errs, "another pseudonym key") {
			t.Errorf("with another key: exit %d, %q", code, errs)
		}
		h.keyFile = first
		if a := h.load("calls", more)[0]; a.Accepted != 1 {
			t.Errorf("with its key: %+v", a.Account)
		}
	})
}
