package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

func noEnv(string) (string, bool) { return "", false }

func TestSettingsLayers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(file, []byte("store:\n  max_memory: 1GiB\ningest:\n  workers: 3\nserve:\nlog:\n  level: warn\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.String("log-level", "", "")
	if err := flags.Parse([]string{"--log-level=debug"}); err != nil {
		t.Fatal(err)
	}
	env := func(name string) (string, bool) {
		v, ok := map[string]string{"HOTCELL_INGEST_WORKERS": "5", "HOTCELL_LOG_LEVEL": "error"}[name]
		return v, ok
	}
	got, err := loadSettings(file, flags, env)
	if err != nil {
		t.Fatal(err)
	}
	if got.Store.MaxMemory != "1GiB" || got.Ingest.Workers != 5 || got.Log.Level != "debug" || got.Serve.Listen != "127.0.0.1:8080" {
		t.Errorf("file < environment < flags does not hold: %+v", got)
	}
}

// Each testdata/*.bad.yaml says on its first line which message it must give.
func TestBadSettings(t *testing.T) {
	files, err := filepath.Glob("testdata/*.bad.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no bad settings to check: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(string(text), "\n")
		_, err = loadSettings(file, nil, noEnv)
		if err == nil {
			t.Errorf("%s was accepted", file)
			continue
		}
		for _, want := range strings.Split(strings.TrimPrefix(first, "# "), " | ") {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %q, want %q in it", file, err, want)
			}
		}
	}
}

func TestParseWindow(t *testing.T) {
	for text, want := range map[string]time.Duration{"28d": 28 * 24 * time.Hour, "4w": 28 * 24 * time.Hour, "36h": 36 * time.Hour} {
		if got, err := parseWindow(text); err != nil || got != want {
			t.Errorf("parseWindow(%q) = %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "d", "-3d", "0d", "28", "1.5d", "99999d", "28days"} {
		if got, err := parseWindow(text); err == nil {
			t.Errorf("parseWindow(%q) = %v, want an error", text, got)
		}
	}
}

func TestParseBytes(t *testing.T) {
	for text, want := range map[string]uint64{"4GiB": 4 << 30, "512MiB": 512 << 20, "1.5GiB": 3 << 29, "1024": 1024} {
		if got, err := parseBytes(text); err != nil || got != want {
			t.Errorf("parseBytes(%q) = %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "GiB", "-1GiB", "4GB", "x"} {
		if got, err := parseBytes(text); err == nil {
			t.Errorf("parseBytes(%q) = %v, want an error", text, got)
		}
	}
}
