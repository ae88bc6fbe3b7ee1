package ingest

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/hotcell/hotcell/geo"
)

const callsHeader = "record_id,time,subscriber_id,peer_id,outcome,duration_s,cause,rat,cell_id,operator,lat,lon,accuracy_m,floor,indoor,rating\n"

func writeFile(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func mustProfile(t testing.TB, feed Feed, name string) *Profile {
	t.Helper()
	p, err := OpenProfile(feed, name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// checkIdentity fails when rows were lost or invented.
func checkIdentity(t testing.TB, a Account) {
	t.Helper()
	if a.Read != a.Accepted+a.Rejected+a.Duplicate {
		t.Errorf("read %d ≠ accepted %d + rejected %d + duplicate %d", a.Read, a.Accepted, a.Rejected, a.Duplicate)
	}
	var by uint64
	for _, n := range a.ByReason {
		by += n
	}
	if by != a.Rejected {
		t.Errorf("rejected by reason %v do not sum up to %d", a.ByReason, a.Rejected)
	}
	if !a.AlreadyHad && a.Located+a.Unlocated != a.Accepted {
		t.Errorf("located %d + unlocated %d ≠ accepted %d", a.Located, a.Unlocated, a.Accepted)
	}
}

func TestLoadCanonicalCalls(t *testing.T) {
	sink := newMemSink()
	l := newTestLoader(t, testConfig(), sink)
	path := writeFile(t, "calls.csv", callsHeader+
		"c1,2026-06-01 08:00:00,8613800000001,8613800000002,dropped,12.5,26,4g,460-00-1001,CMCC,30.66,104.06,15,-2,indoor,1\n"+
		"c2,2026-06-01T08:00:00+08:00,8613800000001,,completed,,,5g,,,,,,,,\n"+
		"c3,2026-06-01 08:00:01,,,poor,3,\"user, busy\",4g,,,30.67,104.07,,,travelling,\n"+
		"c4,2026-02-30 08:00:00,1,,poor,3,,4g,,,30.67,104.07,,,,\n")
	a, err := l.Load(context.Background(), FeedCalls, mustProfile(t, FeedCalls, ""), path)
	if err != nil {
		t.Fatal(err)
	}
	checkIdentity(t, a)
	if a.Read != 4 || a.Accepted != 3 || a.Rejected != 1 || a.ByReason[ReasonTime] != 1 || a.Located != 2 || a.Unlocated != 1 {
		t.Fatalf("account %+v", a)
	}
	byTime := map[int64]Call{}
	for _, c := range sink.calls {
		byTime[c.Time] = c
	}
	c := byTime[1780300800]
	if c.Outcome != Dropped || c.DurationS != 12.5 || c.Cause != "26" || c.RAT != geo.RAT4G || c.RadioCell != "460-00-1001" ||
		c.Operator != "CMCC" || c.Floor != -2 || c.Indoor != geo.Inside || c.Rating != 1 || c.Location.AccuracyM != 15 || c.Peer == 0 {
		t.Errorf("first call came out as %+v", c)
	}
	c2 := byTime[1780300800-8*3600]
	if c2.Customer != c.Customer || c2.Customer == 0 || c2.Customer>>63 != 0 || c2.DurationS >= 0 || c2.Floor != geo.UnknownFloor {
		t.Errorf("second call came out as %+v", c2)
	}
	c3 := byTime[1780300801]
	if c3.Cause != "user, busy" || c3.Customer>>63 != 1 {
		t.Errorf("third call came out as %+v", c3)
	}
	r := sink.rejects[0]
	if r.Line != 5 || r.Raw != "c4,2026-02-30 08:00:00,1,,poor,3,,4g,,,30.67,104.07,,,," || r.Reason != ReasonTime {
		t.Errorf("reject %+v", r)
	}

	again, err := l.Load(context.Background(), FeedCalls, mustProfile(t, FeedCalls, ""), path)
	if err != nil {
		t.Fatal(err)
	}
	checkIdentity(t, again)
	if !again.AlreadyHad || again.Duplicate != 3 || again.Accepted != 0 || len(sink.calls) != 3 {
		t.Errorf("loading again gave %+v and %d calls", again, len(sink.calls))
	}
}
