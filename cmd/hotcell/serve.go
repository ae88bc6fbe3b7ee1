package main

import (
	"context"
	"errors"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/hotcell/hotcell/api"
)

func (p *program) serveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve map and API until interrupted",
		Long: `Serve the map, the ranked list and the API. While it runs on an embedded store, other
hotcell commands reach the data with --server http://ADDRESS, load and watch among them.

It takes records by POST /api/v1/records/FEED, on a loopback address without more
ado, on others only with serve.allow_load, because it knows no users yet. Where
kafka.brokers is set, it also reads the topics of kafka.topics.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.serve(cmd.Context())
		},
	}
	cmd.Flags().String("listen", "", "address of map and API (default 127.0.0.1:8080)")
	return cmd
}

// serve wires the server by hand and runs it until ctx ends.
func (p *program) serve(ctx context.Context) (err error) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	s, err := p.openStore(ctx, registry)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if note, err := misplacedNote(ctx, s); err != nil {
		return err
	} else if note != "" {
		p.log.Warn(note)
	}
	a := p.newAnalyst(s)

	cfg := api.DefaultConfig()
	cfg.Listen = p.settings.Serve.Listen
	cfg.AllowLoad = p.settings.Serve.AllowLoad
	cfg.Hosts = commaList(p.settings.Serve.Hosts)
	most, err := parseBytes(p.settings.Serve.MaxLoad)
	if err != nil {
		return usageError{err}
	}
	cfg.MaxLoadBytes = int64(most)
	intake := p.newStoreIntake(a, registry)
	intake.profile = p.namedProfile
	server, err := api.New(cfg, api.Deps{
		Analyst: a, Cells: s, Catalogue: s, Ready: api.ReadyFunc(s.Ping), Intake: intake,
		Log: p.log, Registerer: registry, Gatherer: registry, Version: version,
	})
	if err != nil {
		return err
	}
	if p.settings.Kafka.Brokers == "" {
		return server.Run(ctx)
	}
	consumer, err := p.newConsumer(a, registry)
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return consumer.Run(ctx) })
	g.Go(func() error { return server.Run(ctx) })
	return g.Wait()
}
