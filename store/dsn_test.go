package store_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/hotcell/hotcell/store"
	"github.com/hotcell/hotcell/store/storetest"
)

func TestParseDSN(t *testing.T) {
	for text, want := range map[string]string{
		"embedded:///var/lib/hotcell":                                 "embedded:///var/lib/hotcell",
		"embedded://./here?database=x":                                "embedded://./here",
		"clickhouse://ch.example":                                     "clickhouse://ch.example:9000/hotcell",
		"clickhouse://u:secret@a:9001,b,[::1]:9002/city?cluster=main": "clickhouse://u@a:9001,b:9000,[::1]:9002/city",
		"clickhouse://u:p%40ss@a/city?secure=true&skip_verify=true":   "clickhouse://u@a:9440/city",
	} {
		d, err := store.ParseDSN(text)
		if err != nil || d.Redacted() != want {
			t.Errorf("%s: %q, %v; want %q", text, d.Redacted(), err, want)
		}
	}
	for text, want := range map[string]string{
		"":                                   `has no scheme`,
		"/var/lib/hotcell":                   `has no scheme`,
		"u:secret@host:9000":                 `"…@host:9000" has no scheme`,
		"postgres://x":                       `unknown scheme "postgres"`,
		"http://host:8123":                   `the HTTP interface is not used`,
		"embedded://":                        `needs a directory`,
		"embedded:///x?databse=y":            `unknown option "databse"`,
		"clickhouse:///city":                 `a host is missing`,
		"clickhouse://h/city?clutser=x":      `unknown option "clutser" (known: secure`,
		"clickhouse://h/a-b":                 `database name "a-b"`,
		"clickhouse://h/city?cluster=a%60b":  `cluster name`,
		"clickhouse://h/city?secure=maybe":   `secure`,
		"clickhouse://h/city?ca_cert=/x.pem": `ca_cert needs secure=true`,
		"clickhouse://h/city?secure=true&ca_cert=/nonexistent.pem": `ca_cert cannot be read`,
	} {
		_, err := store.ParseDSN(text)
		if store.CodeOf(err) != store.CodeConfig || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the message shows the password: %v", text, err)
		}
	}
}

func TestUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	free := l.Addr().String()
	must(t, l.Close())
	began := time.Now()
	_, err = store.Open(t.Context(), store.Config{DSN: "clickhouse://u:secret@" + free + "/x"}, nil)
	if store.CodeOf(err) != store.CodeUnreachable || !strings.Contains(err.Error(), free) || strings.Contains(err.Error(), "secret") {
		t.Errorf("nobody there: %v (%s)", err, store.CodeOf(err))
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %s to say so", took)
	}
}

func TestLogin(t *testing.T) {
	at := strings.TrimPrefix(storetest.Server(t), "clickhouse://")
	for user, want := range map[string]store.Code{
		"guarded:open%20sesame@": "",
		"guarded:wrong@":         store.CodeAuth,
		"guarded@":               store.CodeAuth,
		"nobody@":                store.CodeAuth,
	} {
		s, err := store.Open(t.Context(), store.Config{DSN: "clickhouse://" + user + at}, nil)
		if store.CodeOf(err) != want || (want == "") != (err == nil) {
			t.Errorf("%s: %v (%s), want %q", user, err, store.CodeOf(err), want)
		}
		if err == nil {
			must(t, s.Ping(t.Context()))
			must(t, s.Close())
		}
	}
}

func TestReadOnlyUserAndMissingSchema(t *testing.T) {
	dsn := storetest.Server(t)
	s, err := store.Open(t.Context(), store.Config{DSN: dsn}, nil)
	must(t, err)
	defer s.Close()
	_, err = s.Evidence(t.Context(), wide)
	if store.CodeOf(err) != store.CodeSchema || !strings.Contains(err.Error(), "hotcell migrate") {
		t.Errorf("no tables: %v", err)
	}
	must(t, s.Migrate(t.Context()))
	reader, err := store.Open(t.Context(), store.Config{DSN: strings.Replace(dsn, "://", "://reader@", 1)}, nil)
	must(t, err)
	defer reader.Close()
	if _, err := reader.Evidence(t.Context(), wide); err != nil {
		t.Errorf("a reader may read: %v", err)
	}
	if err := reader.InsertCalls(t.Context(), load(1, "a"), calls(1)); store.CodeOf(err) != store.CodeReadOnly {
		t.Errorf("a reader wrote: %v (%s)", err, store.CodeOf(err))
	}
}
