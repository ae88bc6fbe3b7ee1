package ingest

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"

	"github.com/hotcell/hotcell/geo"
)

// tooManyRejects reads the file without storing anything, and gives a fault when
// more of its rows than the limit would be rejected. Faults of the file itself are
// left for the load to meet.
func (l *Loader) tooManyRejects(ctx context.Context, feed Feed, p *Profile, path, name string) (Account, error) {
	a, err := l.try(ctx, feed, p, path, name, nil)
	if ctx.Err() != nil {
		return Account{}, err
	}
	share := float64(a.Rejected) / float64(max(a.Read, 1))
	if share <= l.cfg.MaxRejectShare {
		return a, nil
	}
	return a, &FileError{Code: FileRejects, File: name, Detail: fmt.Sprintf(
		"%.1f %% of the rows (%d of %d) would be rejected, more than the limit of %.1f %%; nothing was loaded. Reasons: %s. Mend the profile, or raise the limit",
		100*share, a.Rejected, a.Read, 100*l.cfg.MaxRejectShare, reasonsText(a.ByReason))}
}

func reasonsText(by map[Reason]uint64) string {
	reasons := make([]Reason, 0, len(by))
	for r := range by {
		reasons = append(reasons, r)
	}
	sort.Slice(reasons, func(i, j int) bool {
		if by[reasons[i]] != by[reasons[j]] {
			return by[reasons[i]] > by[reasons[j]]
		}
		return reasons[i] < reasons[j]
	})
	var parts []string
	for _, r := range reasons {
		parts = append(parts, fmt.Sprintf("%s %d", r, by[r]))
	}
	return strings.Join(parts, ", ")
}

// Trial receives what a load would store: a slice of records such as []Call, or
// rejects, valid during the call only. It may be called from several goroutines.
type Trial func(records any, rejects []Reject) error

// ErrEnough ends a Try early when a Trial returns it.
var ErrEnough = errors.New("enough rows")

// Try reads a file as Load would, without storing anything: see shows each batch
// (nil: nobody looks). Rows are compared neither with each other nor with the
// store, so there are no duplicates in its account.
func (l *Loader) Try(ctx context.Context, feed Feed, p *Profile, path string, see Trial) (Account, error) {
	return l.try(ctx, feed, p, path, path, see)
}

func (l *Loader) try(ctx context.Context, feed Feed, p *Profile, path, name string, see Trial) (Account, error) {
	if p.Feed != feed {
		return Account{}, fmt.Errorf("profile %s is for %s, not for %s", p.Name, p.Feed, feed)
	}
	in, err := openInput(path, name)
	if err != nil {
		return Account{}, err
	}
	defer in.close()
	m, err := newMetrics(nil) // a trial is no load and counts nowhere
	if err != nil {
		return Account{}, err
	}
	quiet := *l
	quiet.metrics, quiet.cfg.Progress, quiet.sink = m, nil, trialSink{see: see}
	quiet.cfg.MaxRejectShare, quiet.trial = 0, true
	a, err := quiet.loadInput(ctx, p, in, l.cfg.Now())
	if errors.Is(err, ErrEnough) {
		err = nil
	}
	return a, err
}

// trialSink shows what it gets and keeps nothing.
type trialSink struct{ see Trial }

func (s trialSink) show(records any, rejects []Reject) error {
	if s.see == nil {
		return nil
	}
	return s.see(records, rejects)
}

func (trialSink) Begin(context.Context, Load) (*Account, error) { return nil, nil }
func (trialSink) Finish(context.Context, Load, Account) error   { return nil }
func (s trialSink) InsertCalls(_ context.Context, _ Load, v []Call) error {
	return s.show(v, nil)
}
func (s trialSink) InsertComplaints(_ context.Context, _ Load, v []Complaint) error {
	return s.show(v, nil)
}
func (s trialSink) InsertSubscribers(_ context.Context, _ Load, v []Subscriber) error {
	return s.show(v, nil)
}
func (s trialSink) InsertTraffic(_ context.Context, _ Load, v []Traffic) error {
	return s.show(v, nil)
}
func (s trialSink) InsertSurveys(_ context.Context, _ Load, v []Survey) error {
	return s.show(v, nil)
}
func (s trialSink) InsertSites(_ context.Context, _ Load, v []geo.Site) error { return s.show(v, nil) }
func (s trialSink) InsertVenues(_ context.Context, _ Load, v []geo.Venue) error {
	return s.show(v, nil)
}
func (trialSink) InsertMarks(context.Context, Load, []geo.Mark) error { return nil }
func (s trialSink) InsertRegions(_ context.Context, _ Load, v []geo.Region) error {
	return s.show(v, nil)
}
func (s trialSink) InsertRejects(_ context.Context, _ Load, v []Reject) error { return s.show(nil, v) }
func (trialSink) ExistingCalls(context.Context, []RecordID, int32, int32) (map[RecordID]bool, error) {
	return nil, nil
}
func (trialSink) ExistingComplaints(context.Context, []RecordID, int32, int32) (map[RecordID]bool, error) {
	return nil, nil
}
func (trialSink) LoadedDays(context.Context, Feed, string) ([]int32, error) { return nil, nil }
