package main

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/ingest"
)

func (p *program) profileCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "profile",
		Short: "Mapping profiles: how a source's columns become ours",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return usagef("say what to do: profile list, profile schema, profile test FILE")
		},
	}
	cmd.AddCommand(&cobra.Command{
		Use:   "list",
		Short: "List the profiles that come with the program",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			for _, name := range ingest.Shipped() {
				profile, err := ingest.OpenProfile("", name)
				if err != nil {
					return err
				}
				fmt.Fprintf(p.out, "%-14s %-12s %s\n", name, profile.Feed, profile.Description)
			}
			return nil
		},
	})
	cmd.AddCommand(&cobra.Command{
		Use:     "schema",
		Short:   "Print the JSON Schema of profiles, for editors and checks",
		Example: "  hotcell profile schema > profile.schema.json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := p.out.Write(ingest.ProfileSchema())
			return err
		},
	})
	var feed, name string
	var rows int
	test := &cobra.Command{
		Use:   "test FILE",
		Short: "Show what a profile makes of a file, without storing anything",
		Long: `Read the whole file by the profile and show the first rows as they would be stored,
the first rows that would be rejected, and the account. Nothing is stored. Places are
not looked up: only positions and datums are checked.`,
		Example: "  hotcell profile test --profile our-cdr.yaml calls.csv",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if rows < 1 {
				return usagef("--rows %d is less than 1", rows)
			}
			return p.testProfile(cmd.Context(), ingest.Feed(feed), name, args[0], rows)
		},
	}
	test.Flags().StringVar(&name, "profile", "", "a shipped name or a YAML file")
	test.Flags().StringVar(&feed, "feed", "", "the feed, when no profile is named: calls, complaints, …")
	test.Flags().IntVar(&rows, "rows", 5, "how many rows and how many rejects to show")
	cmd.AddCommand(test)
	return cmd
}

// nowhere places nothing: a profile is tried without a store.
type nowhere struct{}

func (n nowhere) LocateAll(evidence []geo.Evidence, out []geo.Location) {
	for i := range evidence {
		out[i] = n.locate(evidence[i])
	}
}

func (nowhere) locate(e geo.Evidence) geo.Location {
	if !e.HasPos {
		return geo.Location{}
	}
	return geo.Location{Method: geo.MethodCoordinates, Pos: e.Pos, AccuracyM: float32(e.AccuracyM)}
}

func (nowhere) SuspectSwapped(geo.LatLon) bool { return false }

func (p *program) testProfile(ctx context.Context, feed ingest.Feed, name, file string, rows int) error {
	if feed == "" && name == "" {
		return usagef("name the profile (--profile) or the feed (--feed)")
	}
	if feed != "" && !feed.Valid() {
		return usagef("--feed %q is not one of %v", feed, feedNames())
	}
	profile, err := ingest.OpenProfile(feed, name)
	if err != nil {
		return usageError{err}
	}
	cfg := ingest.DefaultConfig()
	cfg.PseudonymKey = make([]byte, keyBytes) // nothing is stored: any key will do
	cfg.Workers = 1                           // rows are shown in the file's order
	loader, err := ingest.New(cfg, noSink{}, nowhere{})
	if err != nil {
		return err
	}
	var mu sync.Mutex
	shown, refused := 0, 0
	account, err := loader.Try(ctx, profile.Feed, profile, file, func(records any, rejects []ingest.Reject) error {
		mu.Lock()
		defer mu.Unlock()
		if v := reflect.ValueOf(records); records != nil {
			for i := 0; i < v.Len() && shown < rows; i++ {
				shown++
				fmt.Fprintf(p.out, "row %d: %s\n", shown, describe(v.Index(i)))
			}
		}
		for _, r := range rejects {
			if refused++; refused <= rows {
				fmt.Fprintf(p.out, "line %d would be rejected: %s: %s\n  %s\n", r.Line, r.Reason, r.Detail, clip(r.Raw))
			}
		}
		return nil
	})
	if err != nil {
		var fault *ingest.FileError
		if errors.As(err, &fault) && fault.Partial {
			p.printAccount(loadResult{File: file, Feed: string(profile.Feed), Account: account})
		}
		return err
	}
	p.printAccount(loadResult{File: file, Feed: string(profile.Feed), Account: account})
	return nil
}

// noSink is never written to: Loader.Try brings its own.
type noSink struct{ ingest.Sink }

// describe writes the fields of a record that say something, by name.
func describe(record reflect.Value) (text string) {
	for i := range record.NumField() {
		name, field := record.Type().Field(i).Name, record.Field(i)
		var value any = field.Interface()
		switch v := value.(type) {
		case ingest.RecordID:
			value = fmt.Sprintf("%x", v[:4])
		case geo.Location:
			if v.Method == geo.MethodNone {
				continue
			}
			value = fmt.Sprintf("%.6f,%.6f", v.Pos.Lat, v.Pos.Lon)
		case int64:
			if name == "Time" || name == "Hour" {
				value = time.Unix(v, 0).UTC().Format(time.RFC3339)
			}
		case int16:
			if v == geo.UnknownFloor {
				continue
			}
		case float32:
			if v < 0 {
				continue
			}
		}
		if field.IsZero() || name == "Fingerprint" {
			continue
		}
		if text != "" {
			text += "  "
		}
		text += fmt.Sprintf("%s=%v", name, value)
	}
	return text
}
