package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/spf13/cobra"

	"github.com/hotcell/hotcell/api"
	"github.com/hotcell/hotcell/ingest"
)

func (p *program) watchCommand() *cobra.Command {
	var feed, profile, maxRejects string
	var settle, every time.Duration
	cmd := &cobra.Command{
		Use:   "watch DIR",
		Short: "Load what is put into a folder, until interrupted",
		Long: `Load the files that are put into a folder. A file is taken once it has not changed
for some seconds; the safest hand-over is to write it under a name that begins with
a dot or ends in .tmp or .part, and to rename it. Loaded files move to DIR/done, files
at fault to DIR/failed, each with its account beside it as NAME.json. A file moves
only after the store has it whole: after a crash it is loaded again, and nothing is
counted twice.

With --server the files are sent to a running hotcell, which holds the store.`,
		Example: `  hotcell watch /var/spool/cdr --feed calls --profile our-cdr.yaml
  hotcell --server http://127.0.0.1:8080 watch /var/spool/cdr --feed calls`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("name the one folder to watch")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			f := ingest.Feed(feed)
			if !f.Valid() {
				return usagef("--feed %q is not one of %s", feed, strings.Join(feedNames(), ", "))
			}
			share, err := parseShare(maxRejects)
			if err != nil {
				return usagef("--max-rejects: %w", err)
			}
			if settle < 0 || every <= 0 {
				return usagef("--settle and --every must be lengths of time such as 10s")
			}
			w := &watcher{dir: args[0], settle: settle, every: every, log: p.log, seen: map[string]sighting{},
				delivery: api.Delivery{Feed: f, Profile: profile, MaxRejects: share}}
			return p.watch(cmd.Context(), w)
		},
	}
	cmd.Flags().StringVar(&feed, "feed", "", "what the files hold: "+strings.Join(feedNames(), ", "))
	cmd.Flags().StringVar(&profile, "profile", "", "mapping profile: a shipped name or a YAML file; with --server, a name the server knows")
	cmd.Flags().StringVar(&maxRejects, "max-rejects", "", "load nothing of a file of which more than this share would be rejected, e.g. 5%")
	cmd.Flags().DurationVar(&settle, "settle", 10*time.Second, "how long a file must stay unchanged before it is taken")
	cmd.Flags().DurationVar(&every, "every", 2*time.Second, "how often to look")
	_ = cmd.RegisterFlagCompletionFunc("feed", cobra.FixedCompletions(feedNames(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// watch puts the intake below a watcher and runs it until ctx ends.
func (p *program) watch(ctx context.Context, w *watcher) (err error) {
	if p.server != "" {
		if err := checkRemoteProfile(w.delivery.Profile); err != nil {
			return err
		}
		if w.intake, err = p.newRemoteIntake(); err != nil {
			return err
		}
		return w.run(ctx)
	}
	if _, err := ingest.OpenProfile(w.delivery.Feed, w.delivery.Profile); err != nil {
		return usageError{err}
	}
	s, err := p.openStore(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	w.intake = p.newStoreIntake(p.newAnalyst(s), nil)
	return w.run(ctx)
}

// watcher takes files out of a drop folder.
type watcher struct {
	dir           string
	settle, every time.Duration
	delivery      api.Delivery // what all files have in common
	intake        api.Intake
	log           *slog.Logger
	seen          map[string]sighting
}

// sighting is how a file looked, and since when it has looked so.
type sighting struct {
	size  int64
	mod   time.Time
	since time.Time
}

// Where files go, below the folder.
const (
	doneFolder   = "done"
	failedFolder = "failed"
)

// run looks into the folder until ctx ends, which is no failure.
func (w *watcher) run(ctx context.Context) error {
	for _, sub := range []string{doneFolder, failedFolder} {
		if err := os.MkdirAll(filepath.Join(w.dir, sub), 0o755); err != nil {
			return fmt.Errorf("the folder %s cannot be prepared: %w", w.dir, err)
		}
	}
	lock := flock.New(filepath.Join(w.dir, ".hotcell-watch.lock"))
	locked, err := lock.TryLock()
	if err != nil {
		return fmt.Errorf("the folder %s cannot be locked: %w", w.dir, err)
	}
	if !locked {
		return fmt.Errorf("another hotcell watches %s; one is enough", w.dir)
	}
	defer lock.Unlock()
	w.log.Info("watching", "folder", w.dir, "feed", w.delivery.Feed)
	for {
		if err := w.look(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(w.every):
		}
	}
}

// look takes the files that are ready, oldest first.
func (w *watcher) look(ctx context.Context) error {
	entries, err := os.ReadDir(w.dir)
	if err != nil {
		return fmt.Errorf("the folder %s cannot be read any more: %w", w.dir, err)
	}
	type candidate struct {
		name string
		sighting
	}
	var ready []candidate
	there := map[string]sighting{}
	for _, e := range entries {
		name := e.Name()
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".tmp") || strings.HasSuffix(name, ".part") {
			continue
		}
		now := sighting{info.Size(), info.ModTime(), time.Now()}
		if before, ok := w.seen[name]; ok && before.size == now.size && before.mod.Equal(now.mod) {
			now.since = before.since
			if time.Since(before.since) >= w.settle {
				ready = append(ready, candidate{name, now})
			}
		}
		there[name] = now
	}
	w.seen = there
	slices.SortFunc(ready, func(a, b candidate) int { return cmp.Or(a.mod.Compare(b.mod), cmp.Compare(a.name, b.name)) })
	for _, c := range ready {
		if ctx.Err() != nil {
			return nil
		}
		if again, err := w.take(ctx, c.name); err != nil {
			return err
		} else if again {
			return nil // the same would happen to the others
		}
	}
	return nil
}

// take loads one file and moves it. again means that the store does not take it
// now; an error, that watching makes no sense any more.
func (w *watcher) take(ctx context.Context, name string) (again bool, err error) {
	d := w.delivery
	d.Name, d.Path = name, filepath.Join(w.dir, name)
	w.log.Info("file is being loaded", "file", name)
	receipt, err := w.intake.Take(ctx, d)
	receipt.Feed, receipt.Name = d.Feed, name
	account := watchAccount{Receipt: receipt}
	folder := doneFolder
	if err != nil {
		fe, isFile := ingest.IsFileError(err)
		var usage usageError
		switch {
		case ctx.Err() != nil:
			return true, nil
		case errors.As(err, &usage):
			return false, err
		case !isFile:
			w.log.Warn("the file stays and is tried again", "file", name, "error", err)
			return true, nil
		case errors.Is(err, fs.ErrNotExist):
			return false, nil // whoever put it there has taken it back
		}
		account.Error, folder = fe.Detail, failedFolder
	} else if receipt.Read > 0 && receipt.Accepted+receipt.Duplicate == 0 {
		account.Error, folder = "no row could be accepted", failedFolder
	}
	delete(w.seen, name)
	if err := w.move(name, folder, account); err != nil {
		return false, fmt.Errorf("%s was loaded but cannot be moved to %s: %w; mend that and start again, nothing is counted twice", name, folder, err)
	}
	w.log.Info("file moved", "file", name, "to", folder, "read", receipt.Read, "accepted", receipt.Accepted, "rejected", receipt.Rejected, "duplicate", receipt.Duplicate)
	return false, nil
}

// watchAccount is what lies beside a file.
type watchAccount struct {
	api.Receipt
	Error string `json:"error,omitempty"`
}

// move writes the account and then moves the file. When it is interrupted in
// between, the file is loaded again, which changes nothing; the account that says
// what it brought the first time is kept.
func (w *watcher) move(name, folder string, account watchAccount) error {
	target := filepath.Join(w.dir, folder, name)
	for i := 2; exists(target); i++ { // another file of that name was here
		ext := filepath.Ext(name)
		target = filepath.Join(w.dir, folder, fmt.Sprintf("%s~%d%s", strings.TrimSuffix(name, ext), i, ext))
	}
	if note := target + ".json"; !account.AlreadyHad || !exists(note) {
		text, err := json.MarshalIndent(account, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(note+".tmp", append(text, '\n'), 0o644); err != nil {
			return err
		}
		if err := os.Rename(note+".tmp", note); err != nil {
			return err
		}
	}
	return os.Rename(filepath.Join(w.dir, name), target)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
