package ingest

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotcell/hotcell/geo"
	"pgregory.net/rapid"
)

func load(t *testing.T, sink Sink, feed Feed, content string) Account {
	t.Helper()
	l := newTestLoader(t, testConfig(), sink)
	a, err := l.Load(context.Background(), feed, mustProfile(t, feed, ""), writeFile(t, string(feed)+".csv", content))
	if err != nil {
		t.Fatal(err)
	}
	checkIdentity(t, a)
	return a
}

func TestComplaints(t *testing.T) {
	sink := newMemSink()
	a := load(t, sink, FeedComplaints, "record_id,time,subscriber_id,channel,kind,category,text,address,lat,lon,accuracy_m,cell_id,venue,status\n"+
		"k1,2026-06-01 08:00:00,8613800000001,hotline,complaint,coverage,\"电梯里没有信号, 三次了\",天府大道1号,30.66,104.06,50,460-00-1,东方大厦,open\n"+
		"k2,2026-06-01 08:00:00,,Regulator,appeal,,,,,,,460-00-2,,\n"+
		"k3,2026-06-01 08:00:00,,pigeon,complaint,,,,,,,,,\n"+
		"k4,2026-06-01 08:00:00,,app,praise,,,,,,,,,\n")
	if a.Accepted != 2 || a.ByReason[ReasonValue] != 2 || a.Located != 2 || a.ByMethod["coordinates"] != 1 {
		t.Fatalf("%+v", a)
	}
	var appeals int
	for _, c := range sink.complaints {
		if c.Appeal {
			appeals++
			if c.Channel != "regulator" || c.Customer != 0 || c.RadioCell != "460-00-2" {
				t.Errorf("appeal %+v", c)
			}
			continue
		}
		if c.Channel != "hotline" || c.Text != "电梯里没有信号, 三次了" || c.Address != "天府大道1号" || c.Venue != "东方大厦" || c.Category != "coverage" ||
			c.Status != "open" || c.Customer == 0 || c.Location.AccuracyM != 50 {
			t.Errorf("complaint %+v", c)
		}
	}
	if appeals != 1 {
		t.Errorf("%d appeals", appeals)
	}
	if sink.rejects[0].Detail != `channel "pigeon" is none of hotline, app, store, web, regulator; map it in the profile` {
		t.Errorf("reject says %s", sink.rejects[0].Detail)
	}
}

func TestSubscribers(t *testing.T) {
	sink := newMemSink()
	a := load(t, sink, FeedSubscribers, "subscriber_id,segment,value_tier,tenure_months,arpu,churned_at,valid_from\n"+
		"8613800000001,key_account,5,36,199.5,,2026-01-01\n"+
		"8613800000002,Consumer,,,,2026-05-31,\n"+
		"8613800000001,enterprise,4,40,150,,2026-06-01\n"+ // the same customer from another day on
		",consumer,1,1,1,,\n"+
		"8613800000003,vip,1,1,1,,\n"+
		"8613800000004,consumer,7,1,1,,\n"+
		"8613800000005,consumer,1,-1,1,,\n")
	if a.Accepted != 3 || a.Rejected != 4 || a.Corrected != 0 {
		t.Fatalf("%+v", a)
	}
	id, err := Pseudonym(testConfig().PseudonymKey, "8613800000001")
	if err != nil {
		t.Fatal(err)
	}
	first := sink.subs[0]
	if first.Customer != id || first.Segment != SegmentKeyAccount || first.ValueTier != 5 || first.TenureMo != 36 || first.ARPU != 199.5 || first.ChurnedAt != 0 || first.From != 1767268800 {
		t.Errorf("first %+v", first)
	}
	if s := sink.subs[1]; s.Segment != SegmentConsumer || s.ValueTier != 0 || s.TenureMo >= 0 || s.ARPU >= 0 || s.ChurnedAt != 1780228800 || s.From != 0 {
		t.Errorf("second %+v", s)
	}
}

func TestSites(t *testing.T) {
	sink := newMemSink()
	a := load(t, sink, FeedSites, "cell_id,site,lat,lon,azimuth_deg,beamwidth_deg,range_m,rat,indoor\n"+
		"460-00-1,S1,30.66,104.06,120,65,800,4g,false\n"+
		"460-00-2,S1,30.66,104.06,,,,5g,1\n"+
		"460-00-3,S1,,,120,65,800,4g,false\n"+
		"460-00-4,S1,104.06,30.66,120,65,800,4g,false\n"+
		"460-00-5,S1,30.66,104.06,400,65,800,4g,false\n"+
		",S1,30.66,104.06,40,65,800,4g,false\n"+
		"460-00-6,S1,30.66,104.06,-10,65,800,4g,maybe\n"+
		"460-00-7,S1,30.66,104.06,-10,65,800,4g,\n")
	if a.Accepted != 3 || a.ByReason[ReasonSwapped] != 1 || a.ByReason[ReasonMissing] != 2 || a.ByReason[ReasonNumber] != 1 || a.ByReason[ReasonValue] != 1 {
		t.Fatalf("%+v", a)
	}
	if s := sink.sites[0]; s.RadioCell != "460-00-1" || s.AzimuthDeg != 120 || s.BeamwidthDeg != 65 || s.RangeM != 800 || s.RAT != geo.RAT4G || s.Indoor {
		t.Errorf("first %+v", s)
	}
	if s := sink.sites[1]; !math.IsNaN(s.AzimuthDeg) || !math.IsNaN(s.BeamwidthDeg) || !math.IsNaN(s.RangeM) || !s.Indoor {
		t.Errorf("second %+v", s)
	}
	if s := sink.sites[2]; s.AzimuthDeg != 350 {
		t.Errorf("third %+v", s)
	}
}

func TestTrafficAndSurveys(t *testing.T) {
	sink := newMemSink()
	a := load(t, sink, FeedTraffic, "cell_id,hour,attempts,setups,drops\n460-00-1,2026-06-01 08:15:00,10,9,1\n460-00-2,2026-06-01 08:00:00,9,10,0\n460-00-2,2026-06-01 08:00:00,-9,1,0\n460-00-3,2026-06-01 08:00:00,,1,0\n")
	if a.Accepted != 1 || a.Rejected != 3 || sink.traffic[0] != (Traffic{RadioCell: "460-00-1", Hour: 1780300800, Attempts: 10, Setups: 9, Drops: 1}) {
		t.Errorf("%+v %+v", a, sink.traffic)
	}
	a = load(t, sink, FeedSurveys, "time,subscriber_id,region,instrument,score\n2026-06-01 08:00:00,86138,5101,nps,9\n2026-06-01 08:00:00,86138,5101,nps,9\n2026-06-01 08:00:00,,5101,TCSI,83.5\n"+
		"2026-06-01 08:00:00,,,csat,0\n2026-06-01 08:00:00,,,,3\n2026-06-01 08:00:00,,,nps,\n")
	if a.Accepted != 3 || a.ByReason[ReasonRating] != 1 || a.ByReason[ReasonMissing] != 2 || len(sink.surveys) != 3 || sink.surveys[2].Instrument != "tcsi" || sink.surveys[0].ID == sink.surveys[1].ID {
		t.Errorf("%+v %+v", a, sink.surveys)
	}
}

func TestVenuesAndRegions(t *testing.T) {
	sink := newMemSink()
	l := newTestLoader(t, testConfig(), sink)
	square := `{"type":"Polygon","coordinates":[[[104.0,30.6],[104.1,30.6],[104.1,30.7],[104.0,30.7],[104.0,30.6]]]}`
	venues := writeFile(t, "venues.geojson.gz", gz(t, `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":"V1","name":"东方大厦","scene":"office_tower","floors":30},"geometry":`+square+`}]}`))
	a, err := l.Load(t.Context(), FeedVenues, mustProfile(t, FeedVenues, ""), venues)
	if err != nil || a.Accepted != 1 || len(sink.venues) != 1 || sink.venues[0].ID != "V1" {
		t.Errorf("%+v, %v, %+v", a, err, sink.venues)
	}
	checkIdentity(t, a)
	if a, err = l.Load(t.Context(), FeedVenues, mustProfile(t, FeedVenues, ""), venues); err != nil || !a.AlreadyHad || len(sink.venues) != 1 {
		t.Errorf("again: %+v, %v", a, err)
	}
	regions := writeFile(t, "regions.geojson", `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"51","name":"四川","level":"province"},"geometry":`+square+`}]}`)
	if a, err = l.Load(t.Context(), FeedRegions, mustProfile(t, FeedRegions, ""), regions); err != nil || a.Accepted != 1 || sink.regions[0].Code != "51" {
		t.Errorf("%+v, %v, %+v", a, err, sink.regions)
	}
	for content, code := range map[string]FileCode{"time,outcome\n": FileFormat, `{"type":"FeatureCollection","features":[]}`: FileFormat, "": FileEmpty} {
		_, err := l.Load(t.Context(), FeedVenues, mustProfile(t, FeedVenues, ""), writeFile(t, "bad.geojson", content))
		if fe, ok := IsFileError(err); !ok || fe.Code != code {
			t.Errorf("%q: %v, want %s", content, err, code)
		}
	}
}

// Whatever comes in, every row is accounted for, every reject can be traced to
// its line, and nothing depends on how the file was cut.
func TestAccountingIdentity(t *testing.T) {
	dir := t.TempDir()
	cell := rapid.SampledFrom([]string{"", "a", "b", "c", "2026-06-01 08:00:00", "2026-06-02 08:00:00", "2026-02-30", "poor", "dropped", "30.66", "104.06", "-1", "999", "\"q\"", "\"x,y\"", "\"", "NaN",
		"1e999", "\xff", "4g", "indoor", "5"})
	line := rapid.Custom(func(t *rapid.T) string {
		if rapid.IntRange(0, 3).Draw(t, "kind") > 0 { // mostly rows that are nearly right
			return fmt.Sprintf("r%d,2026-06-%02d 08:00:00,%s,%s,%s", rapid.IntRange(0, 20).Draw(t, "id"), rapid.IntRange(1, 31).Draw(t, "day"),
				rapid.SampledFrom([]string{"poor", "dropped", "lost"}).Draw(t, "outcome"), rapid.SampledFrom([]string{"30.6", "", "104.1", "0"}).Draw(t, "lat"),
				rapid.SampledFrom([]string{"104.1", "", "30.6", "0"}).Draw(t, "lon"))
		}
		return strings.Join(rapid.SliceOfN(cell, 0, 7).Draw(t, "cells"), ",")
	})
	runs := 0
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(line, 1, 60).Draw(t, "lines")
		content := "record_id,time,outcome,lat,lon\n" + strings.Join(lines, "\n") + rapid.SampledFrom([]string{"", "\n", "\r\n"}).Draw(t, "end")
		runs++
		path := filepath.Join(dir, fmt.Sprintf("f%d.csv", runs))
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		defer os.Remove(path)
		var first Account
		for i, chunk := range []int{1 << 20, 256} {
			cfg := testConfig()
			cfg.ChunkBytes, cfg.MaxLineBytes, cfg.HoldRows, cfg.Workers = chunk, 128, 3, 1+i
			sink := printSink{newMemSink()}
			l, err := New(cfg, sink, chengdu)
			if err != nil {
				t.Fatal(err)
			}
			p, err := OpenProfile(FeedCalls, "calls")
			if err != nil {
				t.Fatal(err)
			}
			a, err := l.Load(context.Background(), FeedCalls, p, path)
			if fe, ok := IsFileError(err); ok && fe.Code == FileNoRows {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if a.Read != a.Accepted+a.Rejected+a.Duplicate || a.Located+a.Unlocated != a.Accepted || uint64(len(sink.rejects)) != a.Rejected ||
				uint64(len(sink.calls)) != a.Accepted-a.Corrected {
				t.Fatalf("account %+v with %d calls and %d rejects stored", a, len(sink.calls), len(sink.rejects))
			}
			all := strings.Split(content, "\n")
			for _, r := range sink.rejects {
				if at := strings.Join(all[r.Line-1:], "\n"); !strings.HasPrefix(at, r.Raw) {
					t.Fatalf("reject %q of line %d, where there is %q", r.Raw, r.Line, at)
				}
			}
			a.Duration = 0
			if i == 0 {
				first = a
			} else if fmt.Sprint(a) != fmt.Sprint(first) {
				t.Fatalf("cut otherwise, the account is %+v, not %+v", a, first)
			}
		}
	})
}

func TestLoadReader(t *testing.T) {
	sink := newMemSink()
	l := newTestLoader(t, testConfig(), sink)
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	content := callsHeader + goodRows(0, 5)
	for i := range 2 {
		a, err := l.LoadReader(t.Context(), FeedCalls, mustProfile(t, FeedCalls, ""), "standard input", strings.NewReader(content))
		if err != nil || a.Read != 5 || a.AlreadyHad != (i == 1) {
			t.Errorf("%+v, %v", a, err)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if sink.loads[0].File != "standard input" {
		t.Errorf("the file is called %s", sink.loads[0].File)
	}
}

func TestPseudonyms(t *testing.T) {
	key := []byte("0123456789abcdef")
	p := newPseudonymer(key)
	seen := map[CustomerID]string{}
	for round := range 2 {
		for i := range 50_000 {
			id := fmt.Sprintf("86138%08d", i*7919)
			c := p.of([]byte(id))
			if c == 0 || c>>63 != 0 {
				t.Fatalf("%s becomes %x", id, c)
			}
			if other, ok := seen[c]; ok && other != id {
				t.Fatalf("%s and %s become the same customer", id, other)
			} else if round == 1 && !ok {
				t.Fatalf("%s became another customer the second time", id)
			}
			seen[c] = id
		}
	}
	long := strings.Repeat("x", 100)
	//lint:ignore SA4000 asked twice, because the second answer may come from memory
	if p.of([]byte(long)) != p.of([]byte(long)) || p.of(nil) != 0 {
		t.Error("long or empty ids are not steady")
	}
	a, _ := Pseudonym(key, " 1 ")
	b, _ := Pseudonym([]byte("another key, 16+"), "1")
	if c, _ := Pseudonym(key, "1"); a != c || a == b {
		t.Error("the pseudonym must depend on the key and on nothing but the trimmed id")
	}
	// RFC 4231, test case 2, cut to 63 bits: HMAC-SHA-256("Jefe", "what do ya want for nothing?").
	if got := newPseudonymer([]byte("Jefe")).of([]byte("what do ya want for nothing?")); got != 0x5bdcc146bf60754e>>1 {
		t.Errorf("HMAC gives %x", uint64(got))
	}
	if _, err := New(Config{PseudonymKey: []byte("short")}, newMemSink(), chengdu); err == nil || !strings.Contains(err.Error(), "at least 16 bytes") {
		t.Errorf("a short key gives %v", err)
	}
}
