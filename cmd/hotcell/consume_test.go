package main

import (
	cryptotls "crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/hotcell/hotcell/api"
	"github.com/hotcell/hotcell/store/embedded"
	"github.com/hotcell/hotcell/store/storetest"
)

// A consumer killed at any moment and started again stores every message once, and
// every poisonous one as a reject with its partition and offset.
func TestKilledConsumerLosesAndDoublesNothing(t *testing.T) {
	t.Run("embedded", func(t *testing.T) {
		_, err := embedded.FindLibrary()
		storetest.Need(t, err, embedded.ErrNoLibrary)
		killConsumers(t, "embedded://"+filepath.Join(t.TempDir(), "store"), nil, nil, nil)
	})
	t.Run("server, brokers with TLS and passwords", func(t *testing.T) {
		dsn := storetest.Server(t)
		tls, files := certificates(t)
		auth := scram.Auth{User: "hotcell", Pass: "pass word"}.AsSha512Mechanism()
		killConsumers(t, dsn,
			[]kfake.Opt{kfake.TLS(tls), kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "hotcell", "pass word")},
			[]kgo.Opt{kgo.DialTLSConfig(&cryptotls.Config{RootCAs: tls.ClientCAs, Certificates: tls.Certificates}), kgo.SASL(auth)},
			[]string{"HOTCELL_KAFKA_TLS=true", "HOTCELL_KAFKA_CA_FILE=" + files + "/ca.pem", "HOTCELL_KAFKA_CERT_FILE=" + files + "/ca.pem", "HOTCELL_KAFKA_KEY_FILE=" + files + "/key.pem",
				"HOTCELL_KAFKA_SASL=scram-sha-512", "HOTCELL_KAFKA_USER=hotcell", "HOTCELL_KAFKA_PASSWORD_FILE=" + write(t, files, "password", "pass word\n")})
	})
}

// certificates makes one for brokers that ask for one themselves, and puts it into files.
func certificates(t *testing.T) (*cryptotls.Config, string) {
	t.Helper()
	s := httptest.NewTLSServer(nil) // has one for 127.0.0.1
	defer s.Close()
	key, err := x509.MarshalPKCS8PrivateKey(s.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, dir, "ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})))
	write(t, dir, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))
	authorities := x509.NewCertPool()
	authorities.AddCert(s.Certificate())
	return &cryptotls.Config{Certificates: s.TLS.Certificates, ClientAuth: cryptotls.RequireAnyClientCert, ClientCAs: authorities, MinVersion: cryptotls.VersionTLS12}, dir
}

// killConsumers runs consumers on a store and kills them.
func killConsumers(t *testing.T, dsn string, brokers []kfake.Opt, clients []kgo.Opt, settings []string) {
	cluster, err := kfake.NewCluster(append(brokers, kfake.NumBrokers(1), kfake.SeedTopics(3, "cdr"), kfake.GroupMinSessionTimeout(time.Second))...)
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	settings = append(settings, "HOTCELL_PSEUDONYM_KEY_FILE="+filepath.Join(t.TempDir(), "key"))
	client, err := kgo.NewClient(append(clients, kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.DefaultProduceTopic("cdr"), kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	sent := 0
	produce := func(n int) {
		var records []*kgo.Record
		for range n {
			value := fmt.Sprintf(`{"time":"2026-06-01 08:%02d:00","outcome":"dropped","cause":"radio_lost","lat":30.66,"lon":104.06}`, sent%60)
			if sent%101 == 0 {
				value = `{"time":"yesterday","outcome":"dropped"}`
			}
			records = append(records, &kgo.Record{Partition: int32(sent % 3), Value: []byte(value)})
			sent++
		}
		if err := client.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	log := &lockedBuffer{}
	run := func(args ...string) *exec.Cmd {
		cmd := process(t, append([]string{"--store", dsn}, args...)...)
		cmd.Env = append(cmd.Env, settings...)
		return cmd
	}
	start := func() (kill func(os.Signal) error) {
		cmd := run("consume")
		cmd.Env = append(cmd.Env, "HOTCELL_KAFKA_BROKERS="+strings.Join(cluster.ListenAddrs(), ","), "HOTCELL_KAFKA_TOPICS=cdr=calls",
			"HOTCELL_KAFKA_BATCH_AGE=100ms", "HOTCELL_KAFKA_SESSION=2s")
		cmd.Stderr = log
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return func(s os.Signal) error {
			_ = cmd.Process.Signal(s)
			return cmd.Wait()
		}
	}
	committed := func() (n int64) {
		if g := cluster.GroupInfo("hotcell"); g != nil {
			for _, c := range g.Commits["cdr"] {
				n += c.Offset
			}
		}
		return n
	}
	wait := func(what string, done func() bool) {
		for deadline := time.Now().Add(60 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("waited too long for %s; %d of %d committed\n%s", what, committed(), sent, log.String())
			}
		}
	}
	for range 3 { // killed while messages keep coming, soon after a batch
		before := committed()
		kill := start()
		wait("a batch", func() bool { produce(10); return committed() > before })
		if kill(os.Kill) == nil {
			t.Fatal("the consumer was not killed")
		}
	}
	produce(500)
	stop := start()
	wait("all messages", func() bool { return committed() == int64(sent) })
	bad := (sent + 100) / 101
	good := sent - bad
	if err := stop(os.Interrupt); err != nil {
		t.Errorf("consume ended with %v after an interrupt\n%s", err, log.String())
	}
	stdout, err := run("rank", "--format", "json", "--top", "0").Output()
	var r api.Ranking
	if err != nil || json.Unmarshal(stdout, &r) != nil || r.Run.Summary.Calls != uint64(good) {
		t.Errorf("the store has %d calls, want %d (%v)", r.Run.Summary.Calls, good, err)
	}
	stdout, err = run("rejects", "list", "--format", "json", "--limit", "0").Output()
	places, rows := map[string]bool{}, 0
	for line := range strings.Lines(string(stdout)) {
		var x rejectRow
		if err := json.Unmarshal([]byte(line), &x); err != nil {
			t.Fatal(err)
		}
		places[fmt.Sprintf("%s %d", x.File, x.Line)] = true
		rows++
	}
	if err != nil || len(places) != bad || rows != bad || !places["kafka:cdr/0 0"] || !places["kafka:cdr/2 33"] {
		t.Errorf("%d rejects of %d messages, want %d, among them 0/0 and 2/33: %v", rows, len(places), bad, places)
	}
}

func TestTopicsOfTheSettings(t *testing.T) {
	got, err := parseTopics(" cdr = calls:our-cdr , crm=complaints ")
	if err != nil || fmt.Sprint(got) != "[{cdr calls our-cdr} {crm complaints }]" {
		t.Errorf("got %v, %v", got, err)
	}
	for text, says := range map[string]string{
		"":                     "name at least one, for example cdr=calls:our-cdr",
		"cdr":                  `"cdr" is not TOPIC=FEED or TOPIC=FEED:PROFILE, for example cdr=calls:our-cdr`,
		"m=venues":             `"m=venues": feed "venues" does not come in messages; there are calls, complaints, traffic, subscribers, sites, surveys`,
		"a=calls,a=complaints": "topic a stands twice",
	} {
		if _, err := parseTopics(text); err == nil || err.Error() != says {
			t.Errorf("%q gives %v, want %s", text, err, says)
		}
	}
}
