package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func run(args ...string) (string, error) {
	cmd := newCommand()
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	cmd.SetArgs(args)
	err := cmd.Execute()
	return out.String(), err
}

func TestMakesACity(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "city")
	out, err := run("--out", dir, "--calls", "5000", "--days", "7", "--type", "mountain", "--seed", "9", "--compress", "zst", "--split", "--complaints", "40")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out, "5000 calls, 40 complaints") {
		t.Errorf("it says %q", out)
	}
	for _, f := range []string{"calls-2026-05-04.csv.zst", "calls-2026-05-10.csv.zst", "complaints.csv", "subscribers.csv", "sites.csv", "traffic.csv", "surveys.csv", "venues.geojson", "regions.geojson", "truth.json"} {
		if s, err := os.Stat(filepath.Join(dir, f)); err != nil || s.Size() == 0 {
			t.Errorf("%s: %v", f, err)
		}
	}
}

func TestMistakesAreUsageErrors(t *testing.T) {
	out := t.TempDir()
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "--out DIR"},
		{[]string{"--out", out, "--type", "flat"}, `unknown city type "flat"`},
		{[]string{"--out", out, "--start", "yesterday"}, `start "yesterday" is no date`},
		{[]string{"--out", out, "--calls", "many"}, "many"},
		{[]string{"--nonsense"}, "nonsense"},
		{[]string{"quality"}, "--hotcell bin/hotcell"},
		{[]string{"quality", "--hotcell", "/no/such/program"}, "make build"},
		{[]string{"quality", "--baselines", "--set", "mine"}, `unknown set of seeds "mine"`},
		{[]string{"quality", "--baselines", "--type", "flat"}, `unknown city type "flat"`},
	} {
		_, err := run(c.args...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: error %v does not say %q", c.args, err, c.want)
			continue
		}
		if exitStatus(err) != 2 {
			t.Errorf("%v: exit status %d", c.args, exitStatus(err))
		}
	}
	if exitStatus(errors.New("disk full")) != 1 {
		t.Error("other errors end with status 1")
	}
	file := filepath.Join(out, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := run("--out", filepath.Join(file, "city"), "--calls", "1000"); err == nil || exitStatus(err) != 1 {
		t.Errorf("a folder that cannot be made gives %v", err)
	}
}
