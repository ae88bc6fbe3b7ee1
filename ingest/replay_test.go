package ingest

import (
	"context"
	"strings"
	"sync"
	"testing"
)

const brokenProfile = "profile: p\nfeed: calls\ncolumns: {outcome: {values: {fine: completed}}}\n"

func profileOf(t testing.TB, yaml string) *Profile {
	t.Helper()
	p, err := ParseProfile("p.yaml", []byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Rejects are replayed by the mended profile; loading the whole file with it later
// adds nothing, whether rows have ids or not.
func TestReplayOfRejects(t *testing.T) {
	for _, ids := range []string{"record_id,", ""} {
		content := ids + "time,outcome,cause\n"
		for i, outcome := range []string{"fine", "lost", "\"lo\nst\"", "poor", "lost"} {
			if ids != "" {
				content += string(rune('a'+i)) + ","
			}
			content += "2026-06-01 08:00:00," + outcome + ",x\n"
		}
		sink := printSink{newMemSink()}
		l := newTestLoader(t, testConfig(), sink)
		path := writeFile(t, "calls.csv", content)
		a, err := l.Load(t.Context(), FeedCalls, profileOf(t, brokenProfile), path)
		if err != nil || a.Accepted != 2 || a.Rejected != 3 {
			t.Fatalf("%+v, %v", a, err)
		}
		replay := Replay{File: path, ContentHash: sink.loads[0].ContentHash, Rejects: sink.rejects}
		sink.rejects = nil
		mended := profileOf(t, strings.Replace(brokenProfile, "fine: completed", "fine: completed, lost: dropped", 1))
		a, err = l.Replay(t.Context(), mended, replay)
		if err != nil {
			t.Fatal(err)
		}
		checkIdentity(t, a)
		if a.Read != 3 || a.Accepted != 2 || a.Rejected != 1 || len(sink.calls) != 4 || len(sink.rejects) != 1 {
			t.Errorf("replay gave %+v, %d calls and rejects %+v", a, len(sink.calls), sink.rejects)
		}
		if r := sink.rejects[0]; r.Line != 4 || !strings.Contains(r.Raw, "\"lo\nst\"") || r.ProfileVersion != mended.Version+"+replay" {
			t.Errorf("still rejected: %+v", r)
		}
		if _, err := l.Replay(t.Context(), mended, replay); err == nil || !strings.Contains(err.Error(), "mend the profile first") {
			t.Errorf("replayed twice: %v", err)
		}
		a, err = l.Load(t.Context(), FeedCalls, mended, path)
		if err != nil || a.Read != 5 || a.Rejected != 1 || a.Duplicate != 2 || a.Corrected != 2 || len(sink.calls) != 4 {
			t.Errorf("the whole file gave %+v, %v and %d calls", a, err, len(sink.calls))
		}
	}
}

func TestReplayRefusals(t *testing.T) {
	l := newTestLoader(t, testConfig(), newMemSink())
	p := profileOf(t, brokenProfile)
	r := Reject{Feed: FeedCalls, Source: "p", File: "f.csv", Line: 2, Raw: "x"}
	other := r
	other.Source = "q"
	with, without := r, r
	with.Context = rejectContext{Format: "csv", Header: []string{"time", "outcome"}, Seed: []byte("1")}.String()
	without.Context = rejectContext{Format: "csv", Header: []string{"time", "outcome"}, Seed: []byte("2")}.String()
	for says, rejects := range map[string][]Reject{
		"there are no rejects to replay":                                                nil,
		"profile p is for calls of source p; these rejects are calls of source q":       {other},
		"the rejects of f.csv were kept without the header of their file and cannot be": {r},
		"the rejects to replay come from files with different headers":                  {with, without},
	} {
		if _, err := l.Replay(t.Context(), p, Replay{File: "f.csv", Rejects: rejects}); err == nil || !strings.HasPrefix(err.Error(), says) {
			t.Errorf("got %v, want %s", err, says)
		}
	}
}

func TestMaxRejectShare(t *testing.T) {
	content := shortHeader + "a,2026-06-01 08:00:00,poor\nb,never,poor\nc,2026-06-01 08:00:00,lost\nd,2026-06-01 08:00:00,lost\n"
	for _, c := range []struct {
		share float64
		stops bool
	}{{0, false}, {0.5, true}, {0.75, false}, {1, false}} {
		sink := newMemSink()
		cfg := testConfig()
		cfg.MaxRejectShare = c.share
		a, err := newTestLoader(t, cfg, sink).Load(t.Context(), FeedCalls, mustProfile(t, FeedCalls, ""), writeFile(t, "calls.csv", content))
		fe, stopped := IsFileError(err)
		if stopped != c.stops || a.Rejected != 3 {
			t.Errorf("share %v: %+v, %v", c.share, a, err)
			continue
		}
		if stopped {
			want := "75.0 % of the rows (3 of 4) would be rejected, more than the limit of 50.0 %; nothing was loaded. Reasons: unknown_outcome 2, bad_time 1. Mend the profile, or raise the limit"
			if fe.Code != FileRejects || fe.Detail != want || len(sink.calls)+len(sink.rejects)+len(sink.loads) != 0 {
				t.Errorf("share %v: %s, %d calls stored", c.share, fe.Detail, len(sink.calls))
			}
		} else if len(sink.calls) != 1 || len(sink.rejects) != 3 {
			t.Errorf("share %v: %d calls, %d rejects stored", c.share, len(sink.calls), len(sink.rejects))
		}
	}
}

func TestTryStoresNothing(t *testing.T) {
	sink := newMemSink()
	l := newTestLoader(t, testConfig(), sink)
	var mu sync.Mutex
	var calls []Call
	var rejects []Reject
	a, err := l.Try(context.Background(), FeedCalls, mustProfile(t, FeedCalls, ""), writeFile(t, "calls.csv", shortHeader+"a,2026-06-01 08:00:00,poor\nb,never,poor\n"),
		func(records any, rej []Reject) error {
			mu.Lock()
			defer mu.Unlock()
			if c, ok := records.([]Call); ok {
				calls = append(calls, c...)
			}
			rejects = append(rejects, rej...)
			return nil
		})
	if err != nil || a.Accepted != 1 || a.Rejected != 1 || len(calls) != 1 || calls[0].Outcome != Poor || len(rejects) != 1 {
		t.Errorf("%+v, %v, %v, %v", a, err, calls, rejects)
	}
	if len(sink.calls)+len(sink.rejects)+len(sink.loads) != 0 {
		t.Error("a trial was stored")
	}
}
