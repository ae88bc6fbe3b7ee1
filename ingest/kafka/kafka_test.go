package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/hotcell/hotcell/ingest"
	"github.com/hotcell/hotcell/ingest/kafka"
)

const topic = "cdr"

// taker counts how often each message was stored, and refuses as it is told.
type taker struct {
	mu      sync.Mutex
	stored  map[string]int
	refuse  int                     // so many calls more
	between func(m ingest.Messages) // before a batch is stored
	commits func() map[int32]int64  // of the cluster
	ahead   []string                // commits beyond what was stored
	high    map[int32]int64         // stored up to here, without
}

func newTaker() *taker { return &taker{stored: map[string]int{}, high: map[int32]int64{}} }

func (t *taker) TakeMessages(_ context.Context, m ingest.Messages) (ingest.Account, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.commits != nil { // before this batch is stored, nothing of it may be committed
		if c := t.commits()[m.Partition]; c > m.Messages[0].Offset {
			t.ahead = append(t.ahead, fmt.Sprintf("partition %d is committed to %d before %d is stored", m.Partition, c, m.Messages[0].Offset))
		}
	}
	if t.refuse > 0 {
		t.refuse--
		return ingest.Account{}, errors.New("the store is away")
	}
	if t.between != nil {
		t.between(m)
	}
	for _, x := range m.Messages {
		t.stored[fmt.Sprintf("%d/%d %s", m.Partition, x.Offset, x.Value)]++
	}
	return ingest.Account{Read: uint64(len(m.Messages)), Accepted: uint64(len(m.Messages))}, nil
}

func (t *taker) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.stored)
}

func cluster(t *testing.T, partitions int32, opts ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(append(opts, kfake.NumBrokers(1), kfake.SeedTopics(partitions, topic), kfake.GroupMinSessionTimeout(time.Second))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func produce(t *testing.T, c *kfake.Cluster, from, n int, opts ...kgo.Opt) {
	t.Helper()
	client, err := kgo.NewClient(append(opts, kgo.SeedBrokers(c.ListenAddrs()...), kgo.DefaultProduceTopic(topic), kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	partitions := len(c.PartitionInfos(topic))
	var records []*kgo.Record
	for i := from; i < from+n; i++ {
		records = append(records, &kgo.Record{Partition: int32(i % partitions), Value: fmt.Appendf(nil, `{"n":%d}`, i)})
	}
	if err := client.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

func config(c *kfake.Cluster) kafka.Config {
	cfg := kafka.DefaultConfig()
	cfg.Brokers, cfg.Topics = c.ListenAddrs(), []string{topic}
	cfg.BatchAge, cfg.BatchRows, cfg.Session = 30*time.Millisecond, 50, 3*time.Second
	cfg.RetryFirst, cfg.RetryMost = time.Millisecond, 5*time.Millisecond
	return cfg
}

// run starts a consumer; stop ends it and waits.
func run(t *testing.T, cfg kafka.Config, take kafka.Taker, r prometheus.Registerer) (stop func()) {
	t.Helper()
	consumer, err := kafka.New(cfg, take, slog.New(slog.DiscardHandler), r)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- consumer.Run(ctx) }()
	return sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run ended with %v", err)
		}
	})
}

func wait(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited too long for %s", what)
		}
	}
}

func commits(c *kfake.Cluster) map[int32]int64 {
	out := map[int32]int64{}
	if g := c.GroupInfo("hotcell"); g != nil {
		for p, x := range g.Commits[topic] {
			out[p] = x.Offset
		}
	}
	return out
}

func committed(c *kfake.Cluster) (n int64) {
	for _, offset := range commits(c) {
		n += offset
	}
	return n
}

// Messages are committed once they are stored, not before, and a store that is away
// for a while loses none.
func TestCommittedOnlyAfterStored(t *testing.T) {
	c := cluster(t, 3)
	produce(t, c, 0, 300)
	take := newTaker()
	take.refuse = 4
	take.commits = func() map[int32]int64 { return commits(c) }
	registry := prometheus.NewRegistry()
	stop := run(t, config(c), take, registry)
	wait(t, "300 messages", func() bool { return committed(c) == 300 })
	produce(t, c, 300, 60)
	wait(t, "60 more", func() bool { return committed(c) == 360 })
	stop()
	if take.count() != 360 || len(take.ahead) > 0 {
		t.Errorf("%d messages stored, %v", take.count(), take.ahead)
	}
	values := map[string]float64{}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.Metric {
			values[f.GetName()] += m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	if values["hotcell_kafka_messages_total"] != 360 || values["hotcell_kafka_retries_total"] != 4 || values["hotcell_kafka_lag_messages"] != 0 || values["hotcell_kafka_held_messages"] != 0 {
		t.Errorf("metrics %v", values)
	}
}

// What was stored but not committed comes again; what was neither is not lost.
func TestAnotherMemberGoesOn(t *testing.T) {
	c := cluster(t, 4)
	produce(t, c, 0, 400)
	first, second := newTaker(), newTaker()
	stopFirst := run(t, config(c), first, nil)
	wait(t, "the first member", func() bool { return first.count() > 0 })
	stopSecond := run(t, config(c), second, nil) // a rebalance in the middle
	produce(t, c, 400, 200)
	wait(t, "the second member", func() bool {
		g := c.GroupInfo("hotcell")
		return len(g.Members) == 2 && g.Members[0].NumAssigned() == 2 && g.Members[1].NumAssigned() == 2
	})
	produce(t, c, 600, 200)
	wait(t, "the second member's messages", func() bool { return second.count() > 0 })
	stopFirst()
	produce(t, c, 800, 200)
	wait(t, "1000 messages", func() bool { return committed(c) == 1000 })
	stopSecond()
	all := map[string]bool{}
	for _, take := range []*taker{first, second} {
		for m := range take.stored {
			all[m] = true
		}
	}
	if len(all) != 1000 {
		t.Errorf("%d of 1000 messages stored", len(all))
	}
}

func TestPasswords(t *testing.T) {
	c := cluster(t, 1, kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-256", "hotcell", "secret"))
	auth := scram.Auth{User: "hotcell", Pass: "secret"}.AsSha256Mechanism()
	produce(t, c, 0, 10, kgo.SASL(auth))
	take := newTaker()
	cfg := config(c)
	cfg.SASL = auth
	stop := run(t, cfg, take, nil)
	defer stop()
	wait(t, "10 messages", func() bool { return take.count() == 10 })
}

func TestBadConfig(t *testing.T) {
	for says, change := range map[string]func(*kafka.Config){
		"kafka: no broker is named":                                                  func(c *kafka.Config) { c.Brokers = nil },
		"kafka: no topic is named":                                                   func(c *kafka.Config) { c.Topics = nil },
		"kafka: the consumer group has no name":                                      func(c *kafka.Config) { c.Group = "" },
		"kafka: the session must last a second at least":                             func(c *kafka.Config) { c.Session = 0 },
		"kafka: the bounds of a batch and the pauses between tries must be positive": func(c *kafka.Config) { c.BatchRows = 0 },
	} {
		cfg := kafka.DefaultConfig()
		cfg.Brokers, cfg.Topics = []string{"x:1"}, []string{"y"}
		change(&cfg)
		if _, err := kafka.New(cfg, newTaker(), slog.Default(), nil); err == nil || err.Error() != says {
			t.Errorf("got %v, want %s", err, says)
		}
	}
}
