// Package kafka reads topics of a Kafka cluster and hands their messages on in
// batches. A partition's offset is committed only after its batch was taken, so
// that a process that dies gets the batch again; whoever takes batches knows
// messages that come twice.
package kafka

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"

	"github.com/hotcell/hotcell/ingest"
)

// Config sets up a Consumer.
type Config struct {
	Brokers []string // host:port
	Group   string
	Topics  []string
	Session time.Duration  // how long a member may be silent before its partitions go to others
	TLS     *tls.Config    // nil: none
	SASL    sasl.Mechanism // nil: none

	// A partition's messages are handed on when all together are this many, this long,
	// or this old.
	BatchRows  int
	BatchBytes int
	BatchAge   time.Duration
	// Between tries of a batch that was not taken: from RetryFirst, doubled up to RetryMost.
	RetryFirst, RetryMost time.Duration
}

// DefaultConfig names no broker and no topic.
func DefaultConfig() Config {
	return Config{Group: "hotcell", Session: 45 * time.Second, BatchRows: 100_000, BatchBytes: 64 << 20, BatchAge: 30 * time.Second,
		RetryFirst: time.Second, RetryMost: time.Minute}
}

// Taker stores messages. Its error means that they were not stored whole and are to
// be handed over again: bad messages are no error.
type Taker interface {
	TakeMessages(ctx context.Context, m ingest.Messages) (ingest.Account, error)
}

// Consumer reads topics. Make it with New.
type Consumer struct {
	cfg     Config
	taker   Taker
	log     *slog.Logger
	metrics metrics

	mu     sync.Mutex
	held   map[part]*batch
	rows   int
	bytes  int
	oldest time.Time
}

type part struct {
	topic string
	id    int32
}

type batch struct {
	messages []ingest.Message
	last     *kgo.Record
	bytes    int
}

type metrics struct {
	messages *prometheus.CounterVec
	retries  prometheus.Counter
	held     prometheus.Gauge
	lag      *prometheus.GaugeVec
}

// New checks the configuration; it does not connect. r may be nil.
func New(cfg Config, taker Taker, log *slog.Logger, r prometheus.Registerer) (*Consumer, error) {
	switch {
	case len(cfg.Brokers) == 0:
		return nil, errors.New("kafka: no broker is named")
	case len(cfg.Topics) == 0:
		return nil, errors.New("kafka: no topic is named")
	case cfg.Group == "":
		return nil, errors.New("kafka: the consumer group has no name")
	case cfg.Session < time.Second:
		return nil, errors.New("kafka: the session must last a second at least")
	case cfg.BatchRows < 1 || cfg.BatchBytes < 1 || cfg.BatchAge <= 0 || cfg.RetryFirst <= 0 || cfg.RetryMost < cfg.RetryFirst:
		return nil, errors.New("kafka: the bounds of a batch and the pauses between tries must be positive")
	}
	c := &Consumer{cfg: cfg, taker: taker, log: log, held: map[part]*batch{}, metrics: metrics{
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "hotcell_kafka_messages_total",
			Help: "Messages whose offset was committed after they were stored or kept as rejects, by topic."}, []string{"topic"}),
		retries: prometheus.NewCounter(prometheus.CounterOpts{Name: "hotcell_kafka_retries_total",
			Help: "Batches that the store did not take at first."}),
		held: prometheus.NewGauge(prometheus.GaugeOpts{Name: "hotcell_kafka_held_messages",
			Help: "Messages read and not stored yet."}),
		lag: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "hotcell_kafka_lag_messages",
			Help: "Messages of a partition behind the last one read."}, []string{"topic", "partition"}),
	}}
	if r != nil {
		for _, m := range []prometheus.Collector{c.metrics.messages, c.metrics.retries, c.metrics.held, c.metrics.lag} {
			if err := r.Register(m); err != nil {
				return nil, fmt.Errorf("kafka: register metrics: %w", err)
			}
		}
	}
	return c, nil
}

// Run reads until ctx ends, which is no failure. Messages that are held then were
// not committed and come again. A cluster that is away is waited for.
func (c *Consumer) Run(ctx context.Context) error {
	options := []kgo.Opt{
		kgo.SeedBrokers(c.cfg.Brokers...), kgo.ConsumerGroup(c.cfg.Group), kgo.ConsumeTopics(c.cfg.Topics...), kgo.ClientID("hotcell"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.SessionTimeout(c.cfg.Session), kgo.HeartbeatInterval(c.cfg.Session / 15),
		kgo.DisableAutoCommit(), kgo.BlockRebalanceOnPoll(),
		kgo.FetchMaxBytes(16 << 20), kgo.FetchMaxPartitionBytes(4 << 20), kgo.MaxConcurrentFetches(2),
		kgo.OnPartitionsRevoked(c.forget), kgo.OnPartitionsLost(c.forget),
	}
	if c.cfg.TLS != nil {
		options = append(options, kgo.DialTLSConfig(c.cfg.TLS))
	}
	if c.cfg.SASL != nil {
		options = append(options, kgo.SASL(c.cfg.SASL))
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		return fmt.Errorf("kafka: %w", err)
	}
	defer client.CloseAllowingRebalance()
	c.log.Info("reading topics", "topics", c.cfg.Topics, "group", c.cfg.Group, "brokers", c.cfg.Brokers)
	for ctx.Err() == nil {
		client.AllowRebalance()
		c.poll(ctx, client)
		if c.due() {
			c.flush(ctx, client)
		}
	}
	return nil
}

// poll waits for messages until the oldest held are due.
func (c *Consumer) poll(ctx context.Context, client *kgo.Client) {
	c.mu.Lock()
	wait := c.cfg.BatchAge
	if c.rows > 0 {
		wait = time.Until(c.oldest.Add(c.cfg.BatchAge))
	}
	c.mu.Unlock()
	poll, stop := context.WithTimeout(ctx, max(wait, time.Millisecond))
	defer stop()
	fetches := client.PollRecords(poll, c.cfg.BatchRows)
	fetches.EachError(func(topic string, partition int32, err error) {
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
			return
		}
		c.log.Warn("a topic cannot be read; it is tried again", "topic", topic, "partition", partition, "error", err)
		select { // the client itself tries again at once
		case <-poll.Done():
		case <-time.After(c.cfg.RetryFirst):
		}
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		if len(p.Records) == 0 {
			return
		}
		b := c.held[part{p.Topic, p.Partition}]
		if b == nil {
			b = &batch{}
			c.held[part{p.Topic, p.Partition}] = b
		}
		if c.rows == 0 {
			c.oldest = time.Now()
		}
		for _, r := range p.Records {
			b.messages = append(b.messages, ingest.Message{Offset: r.Offset, Value: r.Value})
			b.bytes += len(r.Value)
			b.last = r
		}
		size := 0
		for _, r := range p.Records {
			size += len(r.Value)
		}
		c.rows, c.bytes = c.rows+len(p.Records), c.bytes+size
		c.metrics.lag.WithLabelValues(p.Topic, fmt.Sprint(p.Partition)).Set(float64(p.HighWatermark - 1 - b.last.Offset))
	})
	c.metrics.held.Set(float64(c.rows))
}

func (c *Consumer) due() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rows > 0 && (c.rows >= c.cfg.BatchRows || c.bytes >= c.cfg.BatchBytes || time.Since(c.oldest) >= c.cfg.BatchAge)
}

// forget drops what is held of partitions that another member reads from now on:
// they were not committed, so it gets the same messages.
func (c *Consumer) forget(_ context.Context, _ *kgo.Client, gone map[string][]int32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for topic, parts := range gone {
		for _, id := range parts {
			c.drop(part{topic, id})
			c.metrics.lag.DeleteLabelValues(topic, fmt.Sprint(id))
		}
	}
}

// drop forgets a batch; c.mu is held.
func (c *Consumer) drop(p part) {
	if b := c.held[p]; b != nil {
		c.rows, c.bytes = c.rows-len(b.messages), c.bytes-b.bytes
		delete(c.held, p)
		c.metrics.held.Set(float64(c.rows))
	}
}

// flush hands on everything that is held, partition by partition. No partition is
// taken away meanwhile, because rebalances are blocked from poll to poll.
func (c *Consumer) flush(ctx context.Context, client *kgo.Client) {
	c.mu.Lock()
	parts := make([]part, 0, len(c.held))
	for p := range c.held {
		parts = append(parts, p)
	}
	c.mu.Unlock()
	slices.SortFunc(parts, func(a, b part) int { return cmp.Or(cmp.Compare(a.topic, b.topic), cmp.Compare(a.id, b.id)) })
	for _, p := range parts {
		c.mu.Lock()
		b := c.held[p]
		c.mu.Unlock()
		if b == nil {
			continue // lost: the cluster thought us dead
		}
		if !c.take(ctx, client, p, b) {
			return
		}
		c.mu.Lock()
		c.drop(p)
		c.mu.Unlock()
	}
}

// take stores a batch, however long the store is away, and commits its offset.
func (c *Consumer) take(ctx context.Context, client *kgo.Client, p part, b *batch) bool {
	pause := c.cfg.RetryFirst
	for {
		a, err := c.taker.TakeMessages(ctx, ingest.Messages{Topic: p.topic, Partition: p.id, Messages: b.messages})
		if err == nil {
			c.log.Info("messages loaded", "topic", p.topic, "partition", p.id, "to_offset", b.last.Offset,
				"read", a.Read, "accepted", a.Accepted, "rejected", a.Rejected, "duplicate", a.Duplicate)
			break
		}
		if ctx.Err() != nil {
			return false
		}
		c.metrics.retries.Inc()
		c.log.Warn("the store did not take messages; they are tried again", "topic", p.topic, "partition", p.id, "error", err, "after", pause)
		select {
		case <-time.After(pause + rand.N(pause/2+1)):
		case <-ctx.Done():
			return false
		}
		pause = min(2*pause, c.cfg.RetryMost)
	}
	// The batch is stored: its offset may be committed though the process is asked to end.
	commit, stop := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer stop()
	if err := client.CommitRecords(commit, b.last); err != nil {
		c.log.Warn("an offset was not committed; its messages come again and are known", "topic", p.topic, "partition", p.id, "error", err)
		return true
	}
	c.metrics.messages.WithLabelValues(p.topic).Add(float64(len(b.messages)))
	return true
}
