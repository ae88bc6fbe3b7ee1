package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/hotcell/hotcell/ingest"
	"github.com/hotcell/hotcell/ingest/kafka"
)

func (p *program) consumeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "consume",
		Short: "Load the messages of Kafka topics, until interrupted",
		Long: `Read the topics of kafka.topics and load their messages (one JSON object each) as
feeds. Offsets are committed only after the messages are stored; messages that come
again are known. "hotcell serve" does the same beside its other work when
kafka.brokers is set, which is the way on an embedded store.`,
		Example: `  HOTCELL_KAFKA_BROKERS=k1:9092,k2:9092 HOTCELL_KAFKA_TOPICS=cdr=calls:our-cdr,crm=complaints hotcell consume`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if p.settings.Kafka.Brokers == "" {
				return usagef("kafka.brokers names no broker; see \"hotcell config show\"")
			}
			s, err := p.openStore(cmd.Context(), nil)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, s.Close()) }()
			consumer, err := p.newConsumer(p.newAnalyst(s), nil)
			if err != nil {
				return err
			}
			return consumer.Run(cmd.Context())
		},
	}
}

// messageTaker loads messages by the profiles of their topics. It implements
// kafka.Taker.
type messageTaker struct {
	p          *program
	analyst    *analyst
	registerer prometheus.Registerer
	profiles   map[string]*ingest.Profile // by topic
}

// TakeMessages loads messages with the catalogue as it is now.
func (t *messageTaker) TakeMessages(ctx context.Context, m ingest.Messages) (ingest.Account, error) {
	profile := t.profiles[m.Topic]
	loader, err := t.p.newLoader(ctx, t.analyst.store, loading{feed: profile.Feed, registerer: t.registerer, catalogue: t.analyst.current})
	if err != nil {
		return ingest.Account{}, err
	}
	return loader.LoadMessages(ctx, profile, m)
}

// newConsumer wires the consumer of the settings; it connects when it runs.
func (p *program) newConsumer(a *analyst, registerer prometheus.Registerer) (*kafka.Consumer, error) {
	k := p.settings.Kafka
	taker := &messageTaker{p: p, analyst: a, registerer: registerer, profiles: map[string]*ingest.Profile{}}
	cfg := kafka.DefaultConfig()
	cfg.Brokers, cfg.Group = commaList(k.Brokers), k.Group
	topics, err := parseTopics(k.Topics)
	if err != nil {
		return nil, usagef("kafka.topics: %w", err)
	}
	for _, t := range topics {
		profile, err := p.namedProfile(t.feed, t.profile)
		if err != nil {
			return nil, usagef("kafka.topics: %s: %w", t.topic, err)
		}
		taker.profiles[t.topic] = profile
		cfg.Topics = append(cfg.Topics, t.topic)
	}
	if cfg.BatchAge, err = time.ParseDuration(k.BatchAge); err != nil {
		return nil, usagef("kafka.batch_age: %w", err)
	}
	if cfg.Session, err = time.ParseDuration(k.Session); err != nil {
		return nil, usagef("kafka.session: %w", err)
	}
	if cfg.TLS, err = k.tls(); err != nil {
		return nil, err
	}
	if cfg.SASL, err = k.sasl(); err != nil {
		return nil, err
	}
	consumer, err := kafka.New(cfg, taker, p.log, registerer)
	if err != nil {
		return nil, usageError{err}
	}
	return consumer, nil
}

// commaList gives the entries of a list with commas.
func commaList(text string) (list []string) {
	for entry := range strings.SplitSeq(text, ",") {
		if entry = strings.TrimSpace(entry); entry != "" {
			list = append(list, entry)
		}
	}
	return list
}

// topicFeed says what the messages of a topic are.
type topicFeed struct {
	topic   string
	feed    ingest.Feed
	profile string // "" = the feed's canonical one
}

// parseTopics reads TOPIC=FEED[:PROFILE], with commas.
func parseTopics(text string) (topics []topicFeed, err error) {
	for _, entry := range commaList(text) {
		topic, what, ok := strings.Cut(entry, "=")
		feed, profile, _ := strings.Cut(what, ":")
		t := topicFeed{strings.TrimSpace(topic), ingest.Feed(strings.TrimSpace(feed)), strings.TrimSpace(profile)}
		switch {
		case !ok || t.topic == "":
			return nil, fmt.Errorf("%q is not TOPIC=FEED or TOPIC=FEED:PROFILE, for example cdr=calls:our-cdr", entry)
		case !t.feed.Valid() || t.feed == ingest.FeedVenues || t.feed == ingest.FeedRegions:
			return nil, fmt.Errorf("%q: feed %q does not come in messages; there are calls, complaints, traffic, subscribers, sites, surveys", entry, t.feed)
		case slices.ContainsFunc(topics, func(o topicFeed) bool { return o.topic == t.topic }):
			return nil, fmt.Errorf("topic %s stands twice", t.topic)
		}
		topics = append(topics, t)
	}
	if len(topics) == 0 {
		return nil, errors.New("name at least one, for example cdr=calls:our-cdr")
	}
	return topics, nil
}

// tls gives what encrypts the connections; nil when nothing asks for it.
func (k KafkaSettings) tls() (*tls.Config, error) {
	if !k.TLS {
		if k.CAFile != "" || k.CertFile != "" || k.KeyFile != "" {
			return nil, usagef("kafka.tls is off, but certificates are named; set it to true")
		}
		return nil, nil
	}
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if k.CAFile != "" {
		pem, err := os.ReadFile(k.CAFile)
		if err != nil {
			return nil, usagef("kafka.ca_file: %w", err)
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(pem) {
			return nil, usagef("kafka.ca_file: %s holds no certificate in PEM form", k.CAFile)
		}
	}
	if k.CertFile != "" || k.KeyFile != "" {
		pair, err := tls.LoadX509KeyPair(k.CertFile, k.KeyFile)
		if err != nil {
			return nil, usagef("kafka.cert_file, kafka.key_file: %w", err)
		}
		cfg.Certificates = []tls.Certificate{pair}
	}
	return cfg, nil
}

// sasl gives how hotcell says who it is; nil when it does not.
func (k KafkaSettings) sasl() (sasl.Mechanism, error) {
	if k.SASL == "" {
		return nil, nil
	}
	text, err := os.ReadFile(k.PasswordFile)
	if err != nil {
		return nil, usagef("kafka.password_file: %w", err)
	}
	password := strings.TrimRight(string(text), "\r\n")
	switch k.SASL {
	case "plain":
		return plain.Auth{User: k.User, Pass: password}.AsMechanism(), nil
	case "scram-sha-256":
		return scram.Auth{User: k.User, Pass: password}.AsSha256Mechanism(), nil
	case "scram-sha-512":
		return scram.Auth{User: k.User, Pass: password}.AsSha512Mechanism(), nil
	}
	return nil, usagef("kafka.sasl: %q is none of plain, scram-sha-256, scram-sha-512", k.SASL)
}
