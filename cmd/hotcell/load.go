package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/ingest"
	"github.com/hotcell/hotcell/store"
)

func (p *program) loadCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "load",
		Short: "Load files: calls, complaints, venues, regions …",
		Long: `Load files of one feed. Rows that cannot be records are kept as rejects with their
reason and never stop a load; loading a file again changes nothing. After each file
the account is printed: read = accepted + rejected + duplicate.

Load regions, venues and sites before calls and complaints, so that records find
their place.

- is standard input. A quoted pattern is matched here, with ** over folders.`,
		Example: `  hotcell load calls calls.csv.gz
  hotcell load calls --profile mycall CallVoiceQuality_Data_2018_*.csv
  hotcell load calls '/data/cdr/2026-05-*/**/*.csv.gz'
  ssh collector cat calls.csv | hotcell load calls -`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usagef("say what to load: %s", strings.Join(feedNames(), ", "))
		},
	}
	for _, feed := range ingest.Feeds() {
		cmd.AddCommand(p.loadFeedCommand(feed))
	}
	return cmd
}

func feedNames() (names []string) {
	for _, f := range ingest.Feeds() {
		names = append(names, string(f))
	}
	return names
}

func (p *program) loadFeedCommand(feed ingest.Feed) *cobra.Command {
	var profile, format, maxRejects string
	cmd := &cobra.Command{
		Use:   string(feed) + " FILE…",
		Short: "Load " + string(feed),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("name at least one file of %s", feed)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, files []string) error {
			if err := checkFormat(format, "table", "json"); err != nil {
				return err
			}
			share, err := parseShare(maxRejects)
			if err != nil {
				return usagef("--max-rejects: %w", err)
			}
			if files, err = expandFiles(files); err != nil {
				return err
			}
			return p.load(cmd.Context(), feed, profile, format, share, files)
		},
	}
	cmd.Flags().StringVar(&profile, "profile", "", "how the file's columns become ours: a shipped name ("+strings.Join(ingest.Shipped(), ", ")+") or a YAML file")
	cmd.Flags().StringVar(&format, "format", "table", "of the account: table or json")
	cmd.Flags().StringVar(&maxRejects, "max-rejects", "", "load nothing of a file of which more than this share would be rejected, e.g. 5%")
	_ = cmd.RegisterFlagCompletionFunc("profile", cobra.FixedCompletions(ingest.Shipped(), cobra.ShellCompDirectiveDefault))
	return cmd
}

// loadResult is the account of one file as JSON.
type loadResult struct {
	File  string `json:"file"`
	Feed  string `json:"feed"`
	Error string `json:"error,omitempty"`
	ingest.Account
}

// load takes the files in one after the other. A file at fault does not keep the
// others out; the exit status tells.
func (p *program) load(ctx context.Context, feed ingest.Feed, profileName, format string, maxRejects float64, files []string) (err error) {
	if p.server != "" {
		return p.loadOnServer(ctx, feed, profileName, format, maxRejects, files)
	}
	profile, err := ingest.OpenProfile(feed, profileName)
	if err != nil {
		return usageError{err}
	}
	s, err := p.openStore(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	// A load's heap is mostly its batches, which stay: let the rest not grow to their size before it is collected.
	debug.SetGCPercent(40)
	bar := p.newLoadProgress()
	loader, err := p.newLoader(ctx, s, loading{feed: feed, maxRejects: maxRejects, progress: bar.show})
	if err != nil {
		return err
	}
	failed := p.loadFiles(ctx, feed, format, files, bar, func(file string) (ingest.Account, error) {
		if file == standardInputName {
			return loader.LoadReader(ctx, feed, profile, file, interruptible(ctx, p.in))
		}
		return loader.Load(ctx, feed, profile, file)
	})
	if ctx.Err() == nil && isCatalogue(feed) {
		note, err := misplacedNote(ctx, s)
		if err != nil {
			return errors.Join(failed, err)
		}
		if note != "" {
			fmt.Fprintln(p.err, "hotcell: "+note)
		}
	}
	return failed
}

// loadFiles takes the files in one after the other and prints their accounts.
func (p *program) loadFiles(ctx context.Context, feed ingest.Feed, format string, files []string, bar *loadProgress, take func(file string) (ingest.Account, error)) error {
	faulty := 0
	var results []loadResult
	for _, file := range files {
		if file == standardInput {
			file = standardInputName
		}
		bar.start(file)
		account, err := take(file)
		bar.done()
		result := loadResult{File: file, Feed: string(feed), Account: account}
		if err != nil {
			fileError, ok := ingest.IsFileError(err)
			if !ok {
				return err // the store or the user ended it: the same holds for every file
			}
			faulty++
			result.Error = fileError.Error()
			if format == "table" {
				fmt.Fprintln(p.err, "hotcell: "+fileError.Error())
			}
		}
		if a := account; err == nil && a.Read > 0 && a.Accepted+a.Duplicate == 0 {
			faulty++
			result.Error = fmt.Sprintf("%s: no row could be accepted; \"hotcell rejects list --file %s\" shows why", file, file)
			if format == "table" {
				fmt.Fprintln(p.err, "hotcell: "+result.Error)
			}
		}
		if format == "table" {
			p.printAccount(result)
		}
		results = append(results, result)
	}
	if format == "json" {
		if err := writeJSON(p.out, results); err != nil {
			return err
		}
	}
	if faulty > 0 {
		return fmt.Errorf("%d of %d files could not be loaded whole", faulty, len(files))
	}
	return nil
}

// parseShare reads "5%" or "0.05"; empty is 0, no limit.
func parseShare(text string) (float64, error) {
	if text == "" {
		return 0, nil
	}
	number, percent := strings.CutSuffix(text, "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if percent {
		v /= 100
	}
	if err != nil || !(v > 0 && v <= 1) {
		return 0, fmt.Errorf("%q is not a share such as 5%% or 0.05", text)
	}
	return v, nil
}

// loading is what differs between the ways records come in.
type loading struct {
	feed       ingest.Feed
	maxRejects float64
	progress   func(ingest.Progress) // nil: none
	registerer prometheus.Registerer // nil: no metrics
	sink       ingest.Sink           // nil: the store itself
	// catalogue gives places and their version; nil reads the store's.
	catalogue func(context.Context) (*geo.Catalogue, string, error)
}

// newLoader wires store, catalogue and key together.
func (p *program) newLoader(ctx context.Context, s *store.Store, l loading) (*ingest.Loader, error) {
	key, err := p.storeKey(ctx, s)
	if err != nil {
		return nil, err
	}
	if l.sink == nil {
		l.sink = s
	}
	if l.catalogue == nil {
		l.catalogue = func(ctx context.Context) (*geo.Catalogue, string, error) { return loadCatalogue(ctx, s, "") }
	}
	var locator ingest.Locator = nowhere{} // the catalogue itself needs no places
	if l.feed == ingest.FeedCalls || l.feed == ingest.FeedComplaints {
		catalogue, version, err := l.catalogue(ctx)
		if err != nil {
			return nil, err
		}
		s.PlaceWith(version)
		locator = catalogue
	}
	cfg := ingest.DefaultConfig()
	cfg.PseudonymKey, cfg.Logger, cfg.Registerer = key, p.log, l.registerer
	cfg.MaxRejectShare, cfg.Progress = l.maxRejects, l.progress
	if p.settings.Ingest.Workers > 0 {
		cfg.Workers = p.settings.Ingest.Workers
	}
	return ingest.New(cfg, l.sink, locator)
}

var _ ingest.Locator = (*geo.Catalogue)(nil)

// printAccount writes what became of a file's rows.
func (p *program) printAccount(r loadResult) {
	if r.Error != "" && r.Read == 0 {
		return
	}
	a := r.Account
	fmt.Fprintf(p.out, "%s: read %s = accepted %s + rejected %s + duplicate %s", r.File,
		thousands(a.Read), thousands(a.Accepted), thousands(a.Rejected), thousands(a.Duplicate))
	if a.Corrected > 0 {
		fmt.Fprintf(p.out, " (%s of the accepted replace earlier versions)", thousands(a.Corrected))
	}
	if a.AlreadyHad {
		fmt.Fprint(p.out, " (loaded before; nothing changed)")
	} else if seconds := a.Duration.Seconds(); seconds > 0 {
		fmt.Fprintf(p.out, " in %s (%s rows/s)", a.Duration.Round(10*time.Millisecond), thousands(uint64(float64(a.Read)/seconds)))
	}
	fmt.Fprintln(p.out)
	if a.Located+a.Unlocated > 0 && (r.Feed == string(ingest.FeedCalls) || r.Feed == string(ingest.FeedComplaints)) {
		fmt.Fprintf(p.out, "  located %s%s, unlocated %s\n", thousands(a.Located), methods(a.ByMethod), thousands(a.Unlocated))
	}
	reasons := make([]ingest.Reason, 0, len(a.ByReason))
	for reason := range a.ByReason {
		reasons = append(reasons, reason)
	}
	sort.Slice(reasons, func(i, j int) bool { return reasons[i] < reasons[j] })
	for _, reason := range reasons {
		fmt.Fprintf(p.out, "  rejected %s: %s\n", thousands(a.ByReason[reason]), reason)
	}
	if len(a.ByCause) > 0 {
		fmt.Fprintf(p.out, "  causes%s\n", methods(a.ByCause))
	}
	for _, w := range a.Warnings {
		fmt.Fprintln(p.out, "  "+w)
	}
}

func methods(by map[string]uint64) string {
	if len(by) == 0 {
		return ""
	}
	names := make([]string, 0, len(by))
	for name := range by {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool { return by[names[i]] > by[names[j]] })
	for i, name := range names {
		names[i] = name + " " + thousands(by[name])
	}
	return " (" + strings.Join(names, ", ") + ")"
}

// loadProgress draws a bar per file where a person looks at standard error.
type loadProgress struct {
	p   *program
	bar *progressbar.ProgressBar
}

func (p *program) newLoadProgress() *loadProgress { return &loadProgress{p: p} }

func (l *loadProgress) start(file string) {
	if !isTerminal(l.p.err) {
		return
	}
	l.bar = progressbar.NewOptions64(-1,
		progressbar.OptionSetWriter(l.p.err), progressbar.OptionSetDescription(file),
		progressbar.OptionShowBytes(true), progressbar.OptionClearOnFinish(),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionFullWidth())
}

func (l *loadProgress) show(at ingest.Progress) {
	if l.bar == nil {
		return
	}
	if l.bar.GetMax64() != at.BytesTotal {
		l.bar.ChangeMax64(at.BytesTotal)
	}
	_ = l.bar.Set64(at.BytesDone) // a bar that cannot be drawn is no reason to stop
}

func (l *loadProgress) done() {
	if l.bar != nil {
		_ = l.bar.Finish()
		l.bar = nil
	}
}
