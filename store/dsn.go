package store

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// DSN is a parsed store address.
type DSN struct {
	Embedded bool
	Dir      string // embedded: the data directory
	Database string
	Cluster  string // server: the cluster to spread tables over; "" = one server
	native   *clickhouse.Options
	redacted string
}

// Redacted is the DSN without its password.
func (d DSN) Redacted() string { return d.redacted }

const defaultDatabase = "hotcell"

var (
	identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,62}$`)
	// hosts of a clickhouse:// address: several, separated by commas, which
	// net/url does not accept when they carry ports.
	hostList = regexp.MustCompile(`^([a-z]+://(?:[^/@]*@)?)([^/?]*)(.*)$`)
	options  = []string{"secure", "skip_verify", "tls_server_name", "ca_cert", "dial_timeout", "read_timeout", "compress", "connection_open_strategy", "cluster"}
)

// ParseDSN reads a store address:
//
//	embedded:///dir[?database=name]
//	clickhouse://[user[:password]@]host[:port][,host2[:port]…]/database[?option=value…]
//
// Options of servers: secure (TLS, default port 9440), skip_verify,
// tls_server_name, ca_cert (PEM file), dial_timeout, read_timeout, compress
// (lz4, zstd, none), connection_open_strategy (in_order, round_robin, random),
// cluster (name of the cluster the tables are spread over).
func ParseDSN(text string) (DSN, error) {
	bad := func(format string, args ...any) (DSN, error) {
		return DSN{}, &Error{Code: CodeConfig, Message: "the store address is wrong: " + fmt.Sprintf(format, args...) +
			" (expected embedded:///dir or clickhouse://user:password@host:9000/database)"}
	}
	scheme, _, ok := strings.Cut(text, "://")
	if !ok {
		return bad("%q has no scheme", withoutPassword(text))
	}
	switch scheme {
	case "embedded":
		u, err := url.Parse(text)
		if err != nil {
			return bad("it cannot be read as an address")
		}
		dir := u.Host + u.Path
		if dir == "" || dir == "/" {
			return bad("embedded:// needs a directory")
		}
		d := DSN{Embedded: true, Dir: dir, Database: defaultDatabase, redacted: "embedded://" + dir}
		for k, v := range u.Query() {
			if k != "database" {
				return bad("unknown option %q of an embedded store", k)
			}
			d.Database = v[0]
		}
		if !identifier.MatchString(d.Database) {
			return bad("database name %q may only have letters, digits and _", d.Database)
		}
		return d, nil
	case "clickhouse":
		return parseServerDSN(text, bad)
	case "http", "https":
		return bad("the HTTP interface is not used; give the native port as clickhouse://")
	}
	return bad("unknown scheme %q", scheme)
}

func parseServerDSN(text string, bad func(string, ...any) (DSN, error)) (DSN, error) {
	m := hostList.FindStringSubmatch(text)
	hosts := strings.Split(m[2], ",")
	u, err := url.Parse(m[1] + "host" + m[3])
	if err != nil {
		return bad("it cannot be read as an address")
	}
	q := u.Query()
	for k := range q {
		if !slices.Contains(options, k) {
			return bad("unknown option %q (known: %s)", k, strings.Join(options, ", "))
		}
	}
	cluster, ca := q.Get("cluster"), q.Get("ca_cert")
	if cluster != "" && !identifier.MatchString(cluster) {
		return bad("cluster name %q may only have letters, digits and _", cluster)
	}
	q.Del("cluster")
	q.Del("ca_cert")
	u.RawQuery = q.Encode()
	opts, err := clickhouse.ParseDSN(u.String())
	if err != nil {
		return bad("%v", err)
	}
	port := "9000"
	if opts.TLS != nil {
		port = "9440"
	}
	loopback := true
	for i, h := range hosts {
		host, p, err := net.SplitHostPort(h)
		if err != nil {
			host, p = strings.Trim(h, "[]"), port
		}
		if host == "" {
			return bad("a host is missing")
		}
		hosts[i] = net.JoinHostPort(host, p)
		ip := net.ParseIP(host)
		loopback = loopback && (host == "localhost" || ip != nil && ip.IsLoopback())
	}
	opts.Addr = hosts
	if opts.Auth.Database == "" {
		opts.Auth.Database = defaultDatabase
	}
	if !identifier.MatchString(opts.Auth.Database) {
		return bad("database name %q may only have letters, digits and _", opts.Auth.Database)
	}
	if opts.Compression == nil && !loopback {
		opts.Compression = &clickhouse.Compression{Method: clickhouse.CompressionLZ4}
	}
	if ca != "" {
		if opts.TLS == nil {
			return bad("ca_cert needs secure=true")
		}
		pem, err := os.ReadFile(ca)
		if err != nil {
			return bad("ca_cert cannot be read: %v", err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return bad("ca_cert %s holds no PEM certificate", ca)
		}
		opts.TLS.RootCAs = pool
	}
	if opts.TLS != nil {
		opts.TLS.MinVersion = tls.VersionTLS12
	}
	name := ""
	if opts.Auth.Username != "" {
		name = opts.Auth.Username + "@"
	}
	return DSN{Database: opts.Auth.Database, Cluster: cluster, native: opts,
		redacted: "clickhouse://" + name + strings.Join(hosts, ",") + "/" + opts.Auth.Database}, nil
}

func withoutPassword(text string) string {
	if i := strings.LastIndexByte(text, '@'); i >= 0 {
		return "…" + text[i:]
	}
	return text
}

// options are the driver's options for this store. For an embedded store this
// starts the engine.
func (s *Store) options(ctx context.Context) (*clickhouse.Options, error) {
	if s.dsn.Embedded {
		return s.openEmbedded(ctx)
	}
	opts := *s.dsn.native
	opts.MaxOpenConns, opts.MaxIdleConns = s.cfg.MaxConns, s.cfg.MaxConns
	opts.ClientInfo.Products = append(opts.ClientInfo.Products, struct{ Name, Version string }{"hotcell", "1"})
	return &opts, nil
}
