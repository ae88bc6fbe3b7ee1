package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestExpandFiles(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, name := range []string{"a.csv", "b.csv", ".c.csv", "odd[1].csv", "x/a.csv", "x/y/a.csv", "x/y/b.tsv", "x/.z/a.csv"} {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, dir, name, "x")
	}
	for pattern, want := range map[string]string{
		"*.csv":             "a.csv b.csv odd[1].csv",
		"[ab].csv":          "a.csv b.csv",
		".*.csv":            ".c.csv",
		"odd[1].csv":        "odd[1].csv",
		"**/a.csv":          "a.csv x/a.csv x/y/a.csv",
		"x/**":              "x/a.csv x/y/a.csv x/y/b.tsv",
		"x/**/*.csv":        "x/a.csv x/y/a.csv",
		"x/../x/?.csv":      "x/a.csv",
		"*/y/*":             "x/y/a.csv x/y/b.tsv",
		dir + "/x/**/b.*":   dir + "/x/y/b.tsv",
		"missing.csv":       "missing.csv", // the load says that it is not there
		"-":                 "-",
		"**/**/x/**/**/b.*": "x/y/b.tsv",
	} {
		got, err := expandFiles([]string{pattern})
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: %q, %v; want %q", pattern, got, err, want)
		}
	}
	for _, args := range [][]string{{"*.parquet"}, {"nowhere/*"}, {"a[.csv"}, {"-", "-"}} {
		if got, err := expandFiles(args); err == nil {
			t.Errorf("%q gave %q", args, got)
		}
	}
	if got, err := expandFiles([]string{"b.csv", "a*"}); err != nil || !slices.Equal(got, []string{"b.csv", "a.csv"}) {
		t.Errorf("order: %q, %v", got, err)
	}
}

// piped runs one command line with text on its standard input.
func (h home) piped(text string, args ...string) (code int, stdout, stderr string) {
	h.t.Helper()
	h.t.Setenv("HOTCELL_PSEUDONYM_KEY_FILE", h.keyFile)
	h.t.Setenv("XDG_CONFIG_HOME", h.t.TempDir())
	var out, errs bytes.Buffer
	code = run(h.t.Context(), append([]string{"--store", h.dsn}, args...), strings.NewReader(text), &out, &errs)
	return code, out.String(), errs.String()
}

// Standard input, patterns and files are one content to the store.
func TestLoadFromStandardInputAndPatterns(t *testing.T) {
	eachHome(t, func(t *testing.T, h home) {
		dir := t.TempDir()
		text := "record_id,time,outcome,lat,lon\n1,2026-05-01T10:00:00Z,completed,31.2,121.5\n2,never,completed,31.2,121.5\n"
		code, out, errs := h.piped(text, "load", "calls", "-")
		if code != exitDone || !strings.Contains(out, "standard input: read 2 = accepted 1 + rejected 1 + duplicate 0") {
			t.Fatalf("exit %d\n%s%s", code, out, errs)
		}
		if out := h.must("rejects", "list"); !strings.Contains(out, "standard input:3: bad_time") {
			t.Errorf("rejects: %s", out)
		}
		write(t, dir, "one.csv", text)
		write(t, dir, "two.csv", "record_id,time,outcome,lat,lon\n3,2026-05-01T10:00:00Z,dropped,31.2,121.5\n")
		got := h.load("calls", filepath.Join(dir, "*.csv"))
		if len(got) != 2 || !got[0].AlreadyHad || got[1].Accepted != 1 {
			t.Errorf("by pattern: %+v", got)
		}
		if code, _, errs := h.piped("", "load", "calls", "-"); code != exitFailed || !strings.Contains(errs, "standard input: the file is empty") {
			t.Errorf("nothing on standard input: exit %d, %s", code, errs)
		}
	})
}
