package ingest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzCauses: whatever a cause dictionary holds, it is read or its faults are named.
func FuzzCauses(f *testing.F) {
	files, err := filepath.Glob("causes/*.yaml")
	ok(f, err)
	for _, file := range files {
		data, err := os.ReadFile(file)
		ok(f, err)
		f.Add(data)
	}
	f.Add([]byte("dictionary: x\ndefault: g\ngroups:\n  g:\n    1: a radio_lost\n    2: b nothing\nreason:\n  y: x\n  z: nosuch\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := parseCauses("fuzz.yaml", data)
		if err != nil && (d != nil || !strings.Contains(err.Error(), "fuzz.yaml")) {
			t.Fatalf("%q gives %v and %v", data, d, err)
		}
		if err == nil && d.Version == "" {
			t.Fatalf("%q gives no version", data)
		}
	})
}

// FuzzFile: whatever a file is — packed, in some encoding, broken off — the account adds
// up, or the file is said to be at fault.
func FuzzFile(f *testing.F) {
	const rows = "record_id,time,outcome,lat,lon\n1,2026-05-01T10:00:00Z,completed,31.2,121.5\n2,never,completed,31.2,121.5\n"
	for _, data := range [][]byte{[]byte(rows), []byte("\xef\xbb\xbf" + rows), []byte(gz(f, rows)), []byte(zst(f, rows)), []byte(zipped(f, "calls.csv")), {0xff, 0xfe, 't', 0, '\n', 0},
		[]byte(`{"time":"2026-05-01T10:00:00Z","outcome":"poor"}` + "\n"), []byte("PAR1"), []byte("PK\x03\x04")} {
		f.Add(data)
		f.Add(data[:len(data)*2/3])
	}
	p := mustProfile(f, FeedCalls, "")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(dir, "file")
		ok(t, os.WriteFile(path, data, 0o600))
		sink := newMemSink()
		a, err := newTestLoader(t, testConfig(), sink).Load(t.Context(), FeedCalls, p, path)
		if _, isFile := IsFileError(err); err != nil && !isFile {
			t.Fatal(err)
		}
		checkIdentity(t, a)
		if uint64(len(sink.calls)) > a.Accepted {
			t.Fatalf("%+v, %d calls", a, len(sink.calls))
		}
	})
}
