package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// Exit statuses (DESIGN §2).
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// usageError marks an error as the caller's: wrong flags, arguments or settings.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// program is what every subcommand shares.
type program struct {
	in       io.Reader
	out, err io.Writer
	settings Settings
	log      *slog.Logger
	server   string // --server URL: talk to a running hotcell instead of the store
	now      func() time.Time
}

// run executes one command line and returns the exit status. Tests call it.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return runAt(ctx, time.Now, args, stdin, stdout, stderr)
}

// runAt is run by another clock than the machine's, for what expires.
func runAt(ctx context.Context, now func() time.Time, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	out := &checkedWriter{w: stdout}
	p := &program{in: stdin, out: out, err: stderr, now: now}
	root := p.rootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(out)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		err = out.failed()
	}
	if err == nil {
		return exitDone
	}
	fmt.Fprintln(stderr, "hotcell: "+sentence(err))
	var usage usageError
	if errors.As(err, &usage) || isCobraUsage(err) {
		return exitUsage
	}
	return exitFailed
}

// checkedWriter remembers that output was lost, on a full disk for example:
// a result nobody got is not a success.
type checkedWriter struct {
	w   io.Writer
	err error
}

func (c *checkedWriter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	if err != nil && c.err == nil {
		c.err = err
	}
	return n, err
}

func (c *checkedWriter) failed() error {
	if c.err == nil {
		return nil
	}
	return fmt.Errorf("the output could not be written: %w", c.err)
}

// sentence makes an error one line for a person.
func sentence(err error) string {
	if errors.Is(err, context.Canceled) {
		return "interrupted; what was stored stays stored, and loading the same files again continues without doubling"
	}
	return strings.TrimSpace(err.Error())
}

// isCobraUsage recognises the errors cobra itself reports before a command runs.
func isCobraUsage(err error) bool {
	text := err.Error()
	for _, start := range []string{"unknown command", "accepts ", "requires at least", "required flag"} {
		if strings.HasPrefix(text, start) {
			return true
		}
	}
	return false
}

func (p *program) rootCommand() *cobra.Command {
	var configFile string
	root := &cobra.Command{
		Use:   "hotcell",
		Short: "Find the places where a mobile network hurts its customers most",
		Long: `hotcell takes in calls and complaints, finds the places where they happen, and
ranks those places by customer impact.

  hotcell load regions regions.geojson      the administrative tree
  hotcell load venues venues.geojson        towers, lifts, malls, highways …
  hotcell load calls calls.csv.gz           one row per call attempt
  hotcell rank --top 20                     what hurts customers most
  hotcell serve                             map and API on http://127.0.0.1:8080

The store is ClickHouse: inside this process by default, or a server with
--store clickhouse://host:9000/hotcell. "hotcell config show" prints all settings.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := loadSettings(configFile, cmd.Flags(), os.LookupEnv)
			if err != nil {
				return usageError{err}
			}
			if settings.Log.Level == "" {
				settings.Log.Level = "warn"
				if cmd.Name() == "serve" || cmd.Name() == "watch" || cmd.Name() == "consume" {
					settings.Log.Level = "info"
				}
			}
			p.settings = settings
			p.log = newLogger(p.err, settings.Log)
			return nil
		},
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef("%w; see %q", err, cmd.CommandPath()+" --help")
	})
	flags := root.PersistentFlags()
	flags.StringVar(&configFile, "config", "", "settings file (YAML); default "+defaultConfigFile()+" where it exists")
	flags.String("store", "", "where the data is: embedded:///dir or clickhouse://user:password@host:9000/database")
	flags.StringVar(&p.server, "server", "", "ask a running hotcell server (http://host:8080) instead of opening the store")
	flags.String("log-level", "", "debug, info, warn or error")

	root.AddCommand(
		p.loadCommand(), p.rankCommand(), p.hotspotCommand(), p.warnCommand(), p.claimCommand(), p.serveCommand(), p.rejectsCommand(),
		p.rollupCommand(), p.watchCommand(), p.consumeCommand(), p.migrateCommand(), p.configCommand(), p.profileCommand(), p.versionCommand(),
	)
	return root
}

// isTerminal says whether a person looks at w: then progress bars are drawn.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func newLogger(w io.Writer, cfg LogSettings) *slog.Logger {
	var level slog.Level
	// loadSettings has checked the text.
	_ = level.UnmarshalText([]byte(cfg.Level))
	options := &slog.HandlerOptions{Level: level}
	if cfg.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
