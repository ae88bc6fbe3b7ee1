package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"

	"github.com/hotcell/hotcell/hotspots"
	"github.com/hotcell/hotcell/store"
)

// Settings is everything that can be configured. Defaults come first, then the
// settings file, then environment variables, then flags.
type Settings struct {
	Store     StoreSettings     `koanf:"store"`
	Pseudonym PseudonymSettings `koanf:"pseudonym"`
	Ingest    IngestSettings    `koanf:"ingest"`
	Rank      RankSettings      `koanf:"rank"`
	Serve     ServeSettings     `koanf:"serve"`
	Kafka     KafkaSettings     `koanf:"kafka"`
	Log       LogSettings       `koanf:"log"`

	values map[string]any // by key, as the layers gave them
}

// StoreSettings say where the data is and what the engine may use.
type StoreSettings struct {
	DSN       string `koanf:"dsn"`
	MaxMemory string `koanf:"max_memory"` // of one query: "2GiB"
	RetryFor  string `koanf:"retry_for"`  // "2m"
}

// PseudonymSettings say which key turns subscriber ids into pseudonyms.
type PseudonymSettings struct {
	KeyFile string `koanf:"key_file"` // "" = beside the store
}

// IngestSettings bound a load.
type IngestSettings struct {
	Workers  int    `koanf:"workers"`  // 0 = all cores
	Profiles string `koanf:"profiles"` // folder of NAME.yaml for those who send over HTTP; "" = shipped ones only
}

// RankSettings say how a ranking is told.
type RankSettings struct {
	TimeZone string `koanf:"time_zone"` // "Asia/Shanghai"
}

// params are the published ones with the clock that hours are told by. The
// settings were checked before.
func (s RankSettings) params() hotspots.Params {
	p := hotspots.DefaultParams()
	if zone, err := time.LoadLocation(s.TimeZone); err == nil {
		p.Zone = zone
	}
	return p
}

// ServeSettings are those of the HTTP server.
type ServeSettings struct {
	Listen    string `koanf:"listen"`
	AllowLoad bool   `koanf:"allow_load"` // take records on other than loopback addresses
	Hosts     string `koanf:"hosts"`      // names of this server, with commas
	MaxLoad   string `koanf:"max_load"`   // of one body: "4GiB"
}

// KafkaSettings say which topics are read as feeds; nothing is without brokers.
type KafkaSettings struct {
	Brokers      string `koanf:"brokers"` // with commas
	Topics       string `koanf:"topics"`  // TOPIC=FEED[:PROFILE], with commas
	Group        string `koanf:"group"`
	BatchAge     string `koanf:"batch_age"`
	Session      string `koanf:"session"`
	TLS          bool   `koanf:"tls"`
	CAFile       string `koanf:"ca_file"`
	CertFile     string `koanf:"cert_file"`
	KeyFile      string `koanf:"key_file"`
	SASL         string `koanf:"sasl"`
	User         string `koanf:"user"`
	PasswordFile string `koanf:"password_file"`
}

// LogSettings are those of the log on standard error.
type LogSettings struct {
	Level  string `koanf:"level"`
	Format string `koanf:"format"` // text or json
}

// setting documents one key; the list is the only place where keys are named.
type setting struct {
	key   string
	value any // default
	flag  string
	help  string
}

func knownSettings() []setting {
	return []setting{
		{"store.dsn", "embedded://" + filepath.Join(dataDir(), "store"), "store", "embedded:///dir, or clickhouse://user:password@host:9000/database"},
		{"store.max_memory", "2GiB", "", "most memory of one query; larger ones go to disk"},
		{"store.retry_for", "2m", "", "how long a store that is away, or a replica that is behind, is waited for"},
		{"pseudonym.key_file", "", "", "secret key of the subscriber pseudonyms; empty = beside the store"},
		{"rank.time_zone", "UTC", "", "time zone of hours of the day in causes, such as Asia/Shanghai or Asia/Kolkata"},
		{"ingest.workers", 0, "", "parsers at once; 0 = all cores"},
		{"ingest.profiles", "", "", "folder of mapping profiles (NAME.yaml) for those who send over HTTP; empty = only the shipped ones"},
		{"serve.listen", "127.0.0.1:8080", "listen", "address of map and API"},
		{"serve.allow_load", false, "", "take records from other machines too; there are no users yet, so only behind a network that decides who may send"},
		{"serve.hosts", "", "", "names of this server for those who send records, with commas; addresses need no listing"},
		{"serve.max_load", "4GiB", "", "largest body of records"},
		{"kafka.brokers", "", "", "host:port of Kafka brokers, with commas; empty = Kafka is not read"},
		{"kafka.topics", "", "", "TOPIC=FEED or TOPIC=FEED:PROFILE, with commas; profiles as in ingest.profiles"},
		{"kafka.group", "hotcell", "", "consumer group"},
		{"kafka.batch_age", "30s", "", "how long messages are gathered for one load"},
		{"kafka.session", "45s", "", "how long a silent hotcell keeps its partitions from others"},
		{"kafka.tls", false, "", "encrypt the connections"},
		{"kafka.ca_file", "", "", "certificates (PEM) the brokers' must be signed by; empty = those of the system"},
		{"kafka.cert_file", "", "", "hotcell's own certificate (PEM), where brokers ask for one"},
		{"kafka.key_file", "", "", "its key"},
		{"kafka.sasl", "", "", "plain, scram-sha-256 or scram-sha-512; empty = none"},
		{"kafka.user", "", "", "user name for kafka.sasl"},
		{"kafka.password_file", "", "", "file that holds its password"},
		{"log.level", "", "log-level", "debug, info, warn or error; empty = info for serve, warn otherwise"},
		{"log.format", "text", "", "text or json"},
	}
}

func splitKey(key string) (section, name string) {
	section, name, _ = strings.Cut(key, ".")
	return section, name
}

// envName is the environment variable of a key: store.dsn → HOTCELL_STORE_DSN.
func envName(key string) string {
	return "HOTCELL_" + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

func dataDir() string {
	if dir := os.Getenv("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "hotcell")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		home = os.TempDir()
	}
	return filepath.Join(home, ".local", "share", "hotcell")
}

func defaultConfigFile() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "hotcell", "config.yaml")
}

// loadSettings merges the layers and reports every fault at once.
func loadSettings(file string, flags *pflag.FlagSet, lookupEnv func(string) (string, bool)) (Settings, error) {
	var faults []error
	k := koanf.New(".")
	overlay := func(values map[string]any) {
		if err := k.Load(confmap.Provider(values, "."), nil); err != nil {
			faults = append(faults, err)
		}
	}

	defaults, fromEnv, fromFlags := map[string]any{}, map[string]any{}, map[string]any{}
	for _, s := range knownSettings() {
		defaults[s.key] = s.value
		if v, ok := lookupEnv(envName(s.key)); ok {
			fromEnv[s.key] = v
		}
		if s.flag == "" || flags == nil {
			continue
		}
		if f := flags.Lookup(s.flag); f != nil && f.Changed {
			fromFlags[s.key] = f.Value.String()
		}
	}
	overlay(defaults)
	fromFile, err := readSettingsFile(file)
	if err != nil {
		faults = append(faults, err)
	}
	overlay(fromFile)
	overlay(fromEnv)
	overlay(fromFlags)

	var settings Settings
	if err := k.Unmarshal("", &settings); err != nil {
		faults = append(faults, fmt.Errorf("settings: %w", err))
	} else {
		faults = append(faults, settings.check()...)
	}
	settings.values = k.All()
	return settings, errors.Join(faults...)
}

// readSettingsFile returns the file's values by dotted key. A file that was
// named must exist; the default file need not.
func readSettingsFile(file string) (map[string]any, error) {
	named := file != ""
	if !named {
		file = defaultConfigFile()
	}
	text, err := os.ReadFile(file)
	if err != nil {
		if !named && errors.Is(err, os.ErrNotExist) {
			return nil, nil
		}
		return nil, fmt.Errorf("cannot read the settings file: %w", err)
	}
	parsed, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, fmt.Errorf("%s is not valid YAML: %s", file, yaml.FormatError(err, false, true))
	}
	known := map[string]bool{}
	for _, s := range knownSettings() {
		known[s.key] = true
	}
	values := map[string]any{}
	var faults []error
	for _, doc := range parsed.Docs {
		if doc.Body == nil {
			continue
		}
		walkSettings(doc.Body, "", func(key string, node ast.Node) {
			if !known[key] {
				faults = append(faults, fmt.Errorf("%s:%d: unknown setting %q; %s", file, node.GetToken().Position.Line, key, nearestSetting(key)))
				return
			}
			var v any
			if err := yaml.NodeToValue(node, &v); err != nil {
				faults = append(faults, fmt.Errorf("%s:%d: %s: %w", file, node.GetToken().Position.Line, key, err))
				return
			}
			values[key] = v
		})
	}
	return values, errors.Join(faults...)
}

// walkSettings calls leaf for every value below node with its dotted key.
func walkSettings(node ast.Node, prefix string, leaf func(key string, node ast.Node)) {
	pairs, ok := node.(ast.MapNode)
	if !ok {
		if node.Type() == ast.NullType {
			return // a section or value left empty keeps its default
		}
		leaf(prefix, node)
		return
	}
	for it := pairs.MapRange(); it.Next(); {
		key := it.Key().String()
		if prefix != "" {
			key = prefix + "." + key
		}
		walkSettings(it.Value(), key, leaf)
	}
}

// nearestSetting helps with a misspelt key: it names the keys of the same
// section, or the sections.
func nearestSetting(key string) string {
	section, _ := splitKey(key)
	var same, sections []string
	for _, s := range knownSettings() {
		head, _ := splitKey(s.key)
		if head == section {
			same = append(same, s.key)
		}
		if len(sections) == 0 || sections[len(sections)-1] != head {
			sections = append(sections, head)
		}
	}
	if len(same) > 0 {
		sort.Strings(same)
		return "this section has " + strings.Join(same, ", ")
	}
	return "the sections are " + strings.Join(sections, ", ")
}

func (s Settings) check() (faults []error) {
	if _, err := store.ParseDSN(s.Store.DSN); err != nil {
		faults = append(faults, fmt.Errorf("store.dsn: %w", err))
	}
	if err := checkListen(s.Serve.Listen); err != nil {
		faults = append(faults, fmt.Errorf("serve.listen: %w", err))
	}
	if _, err := parseBytes(s.Store.MaxMemory); err != nil {
		faults = append(faults, fmt.Errorf("store.max_memory: %w", err))
	}
	if d, err := time.ParseDuration(s.Store.RetryFor); err != nil || d <= 0 {
		faults = append(faults, fmt.Errorf("store.retry_for: %q is not a length of time such as 2m or 30s", s.Store.RetryFor))
	}
	if s.Ingest.Workers < 0 {
		faults = append(faults, fmt.Errorf("ingest.workers: %d is negative", s.Ingest.Workers))
	}
	if s.Kafka.Brokers != "" {
		if _, err := parseTopics(s.Kafka.Topics); err != nil {
			faults = append(faults, fmt.Errorf("kafka.topics: %w", err))
		}
		for key, text := range map[string]string{"kafka.batch_age": s.Kafka.BatchAge, "kafka.session": s.Kafka.Session} {
			if d, err := time.ParseDuration(text); err != nil || d <= 0 {
				faults = append(faults, fmt.Errorf("%s: %q is not a length of time such as 30s", key, text))
			}
		}
	}
	switch s.Kafka.SASL {
	case "", "plain", "scram-sha-256", "scram-sha-512":
	default:
		faults = append(faults, fmt.Errorf("kafka.sasl: %q is none of plain, scram-sha-256, scram-sha-512", s.Kafka.SASL))
	}
	if _, err := time.LoadLocation(s.Rank.TimeZone); err != nil || s.Rank.TimeZone == "Local" {
		faults = append(faults, fmt.Errorf("rank.time_zone: %q is not a time zone such as Asia/Shanghai", s.Rank.TimeZone))
	}
	switch s.Log.Level {
	case "", "debug", "info", "warn", "error":
	default:
		faults = append(faults, fmt.Errorf("log.level: %q is not debug, info, warn or error", s.Log.Level))
	}
	switch s.Log.Format {
	case "text", "json":
	default:
		faults = append(faults, fmt.Errorf("log.format: %q is not text or json", s.Log.Format))
	}
	return faults
}

// checkListen accepts host:port with a port number.
func checkListen(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("%q is not host:port, for example 127.0.0.1:8080", address)
	}
	return nil
}

// parseBytes reads "4GiB", "512MiB" or a plain number of bytes.
func parseBytes(text string) (uint64, error) {
	for _, unit := range []struct {
		name string
		size uint64
	}{{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1}} {
		number, ok := strings.CutSuffix(text, unit.name)
		if !ok {
			continue
		}
		var n float64
		if _, err := fmt.Sscanf(strings.TrimSpace(number)+"\n", "%g\n", &n); err != nil || n <= 0 || n*float64(unit.size) > 1<<60 {
			break
		}
		return uint64(n * float64(unit.size)), nil
	}
	return 0, fmt.Errorf("%q is not an amount of memory such as 4GiB or 512MiB", text)
}

// parseWindow reads "28d", "4w" or a Go duration such as "36h".
func parseWindow(text string) (time.Duration, error) {
	for suffix, unit := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		if number, ok := strings.CutSuffix(text, suffix); ok {
			var n int
			if _, err := fmt.Sscanf(number+"\n", "%d\n", &n); err == nil && n > 0 && n <= 3660 {
				return time.Duration(n) * unit, nil
			}
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return d, nil
	}
	return 0, fmt.Errorf("%q is not a window such as 28d, 4w or 36h", text)
}

// parseEnd reads RFC 3339 or a date; a date means its first instant, UTC.
func parseEnd(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time such as 2026-05-29 or 2026-05-29T00:00:00Z", text)
}
