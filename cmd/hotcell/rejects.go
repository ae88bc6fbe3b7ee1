package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"sort"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/hotcell/hotcell/ingest"
	"github.com/hotcell/hotcell/store"
)

func (p *program) rejectsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rejects",
		Short: "Rows that could not become records: list them, replay them",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return usagef("say what to do: rejects list, rejects replay") },
	}
	cmd.AddCommand(p.rejectsListCommand(), p.rejectsReplayCommand())
	return cmd
}

// rejectFlags choose rejects.
type rejectFlags struct {
	feed, source, file, reason string
}

func (f *rejectFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.feed, "feed", "", "only of this feed, e.g. calls")
	flags.StringVar(&f.source, "source", "", "only of this source (as the profile names it)")
	flags.StringVar(&f.file, "file", "", "only of this file, as it was named when loaded")
	flags.StringVar(&f.reason, "reason", "", "only for this reason, e.g. bad_time")
	_ = cmd.RegisterFlagCompletionFunc("feed", cobra.FixedCompletions(feedNames(), cobra.ShellCompDirectiveNoFileComp))
}

func (f *rejectFlags) filter() (store.RejectFilter, error) {
	feed := ingest.Feed(f.feed)
	if f.feed != "" && !feed.Valid() {
		return store.RejectFilter{}, usagef("--feed %q is not one of %v", f.feed, feedNames())
	}
	return store.RejectFilter{Feed: feed, Source: f.source, File: f.file, Reason: ingest.Reason(f.reason)}, nil
}

// rejectRow is one reject as JSON.
type rejectRow struct {
	Feed    string `json:"feed"`
	Source  string `json:"source"`
	File    string `json:"file"`
	Line    uint64 `json:"line"`
	Reason  string `json:"reason"`
	Detail  string `json:"detail"`
	Raw     string `json:"raw"`
	Profile string `json:"profile_version"`
	Time    string `json:"time"`
}

func (p *program) rejectsListCommand() *cobra.Command {
	var f rejectFlags
	var format string
	var limit int
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"export"},
		Short:   "List rejected rows with file, line, reason and the row itself",
		Example: `  hotcell rejects list --reason bad_time
  hotcell rejects export --format csv --limit 0 > rejects.csv`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkFormat(format, "table", "json", "csv"); err != nil {
				return err
			}
			filter, err := f.filter()
			if err != nil {
				return err
			}
			if filter.Limit = limit; limit < 0 {
				return usagef("--limit %d is negative", limit)
			}
			return p.listRejects(cmd.Context(), filter, format)
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&format, "format", "table", "table, json (one object a line) or csv")
	cmd.Flags().IntVar(&limit, "limit", 100, "how many; 0 = all")
	return cmd
}

func (p *program) listRejects(ctx context.Context, f store.RejectFilter, format string) (err error) {
	s, err := p.openStore(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	table := csv.NewWriter(p.out)
	if format == "csv" {
		_ = table.Write([]string{"feed", "source", "file", "line", "reason", "detail", "raw", "profile_version", "time"})
	}
	n := 0
	err = s.Rejects(ctx, f, func(r store.StoredReject) error {
		n++
		row := rejectRow{string(r.Feed), r.Source, r.File, r.Line, string(r.Reason), r.Detail, r.Raw, r.ProfileVersion, r.Time.Format("2006-01-02T15:04:05Z")}
		switch format {
		case "json":
			return writeJSONLine(p.out, row)
		case "csv":
			return table.Write([]string{row.Feed, row.Source, row.File, strconv.FormatUint(row.Line, 10), row.Reason, row.Detail, row.Raw, row.Profile, row.Time})
		}
		_, err := fmt.Fprintf(p.out, "%s:%d: %s: %s\n  %s\n", row.File, row.Line, row.Reason, row.Detail, clip(row.Raw))
		return err
	})
	if err != nil {
		return err
	}
	if format == "table" {
		fmt.Fprintf(p.out, "%d rejects.\n", n)
	}
	table.Flush()
	return table.Error()
}

// clip cuts a row to what a terminal line shows.
func clip(raw string) string {
	const most = 160
	if r := []rune(raw); len(r) > most {
		return string(r[:most]) + "…"
	}
	return raw
}

func (p *program) rejectsReplayCommand() *cobra.Command {
	var f rejectFlags
	var profile string
	cmd := &cobra.Command{
		Use:   "replay",
		Short: "Try rejected rows again with a mended profile",
		Long: `Read the rejects of a feed and source again with a mended profile. What is accepted
becomes the record it would have been; what is still wrong stays a reject.`,
		Example: `  hotcell rejects replay --feed calls --profile our-cdr.yaml`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			filter, err := f.filter()
			if err != nil {
				return err
			}
			if filter.Feed == "" {
				return usagef("name the feed whose rejects are to be tried again: --feed calls")
			}
			if filter.Reason != "" {
				return usagef("replay takes all rejects of a file: leave --reason out")
			}
			return p.replayRejects(cmd.Context(), filter, profile)
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&profile, "profile", "", "the mended profile: a shipped name or a YAML file (default the feed's canonical one)")
	return cmd
}

func (p *program) replayRejects(ctx context.Context, f store.RejectFilter, profileName string) (err error) {
	profile, err := ingest.OpenProfile(f.Feed, profileName)
	if err != nil {
		return usageError{err}
	}
	if f.Source == "" {
		f.Source = profile.Source
	}
	profile.Source = f.Source // records that were sent may be booked under another source than their profile's
	s, err := p.openStore(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	replays, err := rejectsByFile(ctx, s, f)
	if err != nil {
		return err
	}
	if len(replays) == 0 {
		return fmt.Errorf("there are no rejects of %s of source %q; \"hotcell rejects list\" shows what there is", f.Feed, f.Source)
	}
	bar := p.newLoadProgress()
	loader, err := p.newLoader(ctx, s, loading{feed: f.Feed, progress: bar.show})
	if err != nil {
		return err
	}
	for _, r := range replays {
		bar.start(r.File)
		account, err := loader.Replay(ctx, profile, r)
		bar.done()
		if err != nil {
			return err
		}
		p.printAccount(loadResult{File: r.File, Feed: string(f.Feed), Account: account})
	}
	return nil
}

// rejectsByFile gathers the rejects that stand, file by file.
func rejectsByFile(ctx context.Context, s *store.Store, f store.RejectFilter) ([]ingest.Replay, error) {
	byContent := map[string]*ingest.Replay{}
	err := s.Rejects(ctx, f, func(r store.StoredReject) error {
		replay := byContent[r.ContentHash]
		if replay == nil {
			replay = &ingest.Replay{File: r.File, ContentHash: r.ContentHash}
			byContent[r.ContentHash] = replay
		}
		replay.Rejects = append(replay.Rejects, r.Reject)
		return nil
	})
	if err != nil {
		return nil, err
	}
	replays := make([]ingest.Replay, 0, len(byContent))
	for _, r := range byContent {
		replays = append(replays, *r)
	}
	sort.Slice(replays, func(i, j int) bool {
		return replays[i].File < replays[j].File || replays[i].File == replays[j].File && replays[i].ContentHash < replays[j].ContentHash
	})
	return replays, nil
}
