package embedded

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// fakeNPM stands in for npm: it writes down that it ran and installs a small file as every platform's library, or fails.
const fakeNPM = `#!/bin/sh
echo "$@" >>"$FAKE_LOG"
sleep 0.2
for p in linux-x64-gnu linux-arm64-gnu darwin-x64 darwin-arm64; do
	mkdir -p "node_modules/@chdb/lib-$p" && echo library >"node_modules/@chdb/lib-$p/libchdb.so"
done
exit "${FAKE_STATUS:-0}"
`

func TestInstall(t *testing.T) {
	bin, home := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "npm"), []byte(fakeNPM), 0o755); err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(bin, "log")
	t.Setenv("HOME", home)
	t.Setenv("XDG_CACHE_HOME", filepath.Join(home, ".cache"))
	t.Setenv(EnvLibrary, "")
	install := func(env ...string) (string, error) {
		cmd := exec.Command("sh", "engine/install.sh")
		cmd.Env = append(append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "FAKE_LOG="+log), env...)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	runs := func() int {
		text, err := os.ReadFile(log)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		return strings.Count(string(text), "\n")
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "hotcell", "engine", EngineVersion)

	if out, err := install("FAKE_STATUS=1"); err == nil || !strings.Contains(out, "npm could not install") {
		t.Errorf("npm fails, as it does for a wrong hash: %v, %s", err, out)
	}
	if _, err := FindLibrary(); !errors.Is(err, ErrNoLibrary) {
		t.Errorf("after a failed installation: %v, want ErrNoLibrary", err)
	}
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			if out, err := install(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	all.Wait()
	path, err := FindLibrary()
	if err != nil || path != filepath.Join(dir, "libchdb.so") {
		t.Fatalf("the library is not where it is looked for: %s, %v", path, err)
	}
	before := runs()
	if out, err := install(); err != nil || runs() != before {
		t.Errorf("a second installation is not for nothing: %v, %s", err, out)
	}
	if err := os.WriteFile(path, []byte("cut"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := install(); err != nil || runs() != before+1 {
		t.Errorf("a damaged library is not replaced: %v, %s", err, out)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "library\n" {
		t.Errorf("the library is %q (%v)", text, err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".install*")); len(left) != 0 {
		t.Errorf("%v left behind", left)
	}
}

// The version stands in three places that have to agree.
func TestPinnedVersion(t *testing.T) {
	for _, name := range []string{"engine/package.json", "engine/package-lock.json"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), `": "`+EngineVersion+`"`); n < 5 {
			t.Errorf("%s names version %s %d times: it pins another", name, EngineVersion, n)
		}
		if strings.Contains(string(text), "://") {
			t.Errorf("%s names a host", name)
		}
	}
	lock, err := os.ReadFile("engine/package-lock.json")
	if err != nil || !strings.Contains(string(lock), `"integrity": "sha512-`) {
		t.Errorf("package-lock.json has no integrity (%v)", err)
	}
}
