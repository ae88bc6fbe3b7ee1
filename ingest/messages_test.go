package ingest

import (
	"fmt"
	"strings"
	"testing"
)

const streamProfile = "profile: s\nfeed: calls\ncolumns:\n  outcome: {from: [result, outcome], values: {CD: dropped}}\n  record_id: id\n"

func messages(partition int32, from int64, values ...string) Messages {
	m := Messages{Topic: "cdr", Partition: partition}
	for i, v := range values {
		m.Messages = append(m.Messages, Message{Offset: from + int64(i), Value: []byte(v)})
	}
	return m
}

// Messages are known by their ids, or by topic, partition and offset; what is no
// call becomes a reject with its offset, the first one too.
func TestMessages(t *testing.T) {
	sink := printSink{newMemSink()}
	l := newTestLoader(t, testConfig(), sink)
	p := profileOf(t, streamProfile)
	values := []string{
		"not json",
		`{"time":"2026-06-01 08:00:00","result":"CD","id":"a"}`,
		"{\n  \"time\": \"2026-06-01 08:00:00\",\n  \"outcome\": \"poor\"\n}", // another name of the column, no id
		``, // a tombstone
		`{"time":"2026-06-01 08:00:00","outcome":"poor"}`,
		`{"time":"2026-06-01 08:00:00","outcome":"poor","surprise":1}`,
		`{"time":"2026-06-01 08:00:00","outcome":"lost"}`,
	}
	a, err := l.LoadMessages(t.Context(), p, messages(1, 0, values...))
	if err != nil {
		t.Fatal(err)
	}
	checkIdentity(t, a)
	if a.Read != 7 || a.Accepted != 3 || a.ByReason[ReasonJSON] != 3 || a.ByReason[ReasonOutcome] != 1 || len(sink.calls) != 3 {
		t.Errorf("%+v", a)
	}
	at := map[uint64]Reject{}
	for _, r := range sink.rejects {
		at[r.Line] = r
	}
	if len(at) != 4 || at[0].File != "kafka:cdr/1" || at[0].Raw != "not json" || at[3].Detail != "the message is empty" || !strings.Contains(at[5].Detail, "surprise") {
		t.Errorf("rejects %+v", sink.rejects)
	}
	// The same messages in other batches, as after a crash.
	for _, m := range []Messages{messages(1, 0, values...), messages(1, 1, values[1:3]...), messages(1, 2, append(values[2:5:5], `{"time":"2026-06-01 08:00:00","outcome":"poor","id":"a"}`)...)} {
		if _, err := l.LoadMessages(t.Context(), p, m); err != nil {
			t.Fatal(err)
		}
	}
	if len(sink.calls) != 3 {
		t.Errorf("after they came again there are %d calls, want 3", len(sink.calls))
	}
	// Another partition has the same offsets and other calls.
	if a, err := l.LoadMessages(t.Context(), p, messages(2, 2, values[2])); err != nil || a.Accepted != 1 || len(sink.calls) != 4 {
		t.Errorf("%+v, %v", a, err)
	}
	// Rejects are replayed by a mended profile.
	mended := profileOf(t, strings.Replace(streamProfile, "CD: dropped", "CD: dropped, lost: dropped", 1)+"ignore: [surprise]\n")
	var rejects []Reject
	for _, line := range []uint64{0, 3, 5, 6} {
		rejects = append(rejects, at[line])
	}
	replay := Replay{File: "kafka:cdr/1", ContentHash: sink.loads[0].ContentHash, Rejects: rejects}
	a, err = l.Replay(t.Context(), mended, replay)
	if err != nil || a.Read != 3+1 || a.Accepted != 2 || len(sink.calls) != 6 {
		t.Errorf("replay: %+v, %v; %d calls", a, err, len(sink.calls))
	}
	if a, err := l.LoadMessages(t.Context(), mended, messages(1, 0, values...)); err != nil || len(sink.calls) != 6 {
		t.Errorf("after all of it again: %+v, %v; %d calls", a, err, len(sink.calls))
	}
}

// FuzzMessage: whatever a message holds, it is one row.
func FuzzMessage(f *testing.F) {
	for _, s := range []string{"", "x", `{"time":"2026-06-01 08:00:00","outcome":"poor"}`, "{\"time\":\n\"2026\"}", "\x00", `{"a":{"b":[1,2]}}`} {
		f.Add([]byte(s))
	}
	p := profileOf(f, streamProfile)
	f.Fuzz(func(t *testing.T, value []byte) {
		sink := newMemSink()
		good := Message{Offset: 8, Value: []byte(`{"time":"2026-06-01 08:00:00","outcome":"poor"}`)}
		a, err := newTestLoader(t, testConfig(), sink).LoadMessages(t.Context(), p, Messages{Topic: "t", Messages: []Message{{Offset: 7, Value: value}, good}})
		if err != nil {
			t.Fatal(err)
		}
		checkIdentity(t, a)
		if a.Read != 2 || a.Accepted < 1 || len(sink.calls) != int(a.Accepted) {
			t.Fatalf("%s gives %+v, %d calls", fmt.Sprintf("%q", value), a, len(sink.calls))
		}
	})
}
