package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hotcell/hotcell/store/storetest"
)

// versions of data hold the times of loads.
var versions = regexp.MustCompile(`dv_[0-9a-f]+`)

// A cluster says of a city what one server says.
func TestClusterRanksAsAServerDoes(t *testing.T) {
	c := theSmallCity(t)
	claim := claimFiles(t, map[string][]string{"whole": nil})["whole"]
	var answers []string
	for _, dsn := range []string{storetest.Server(t), storetest.Clustered(t)} {
		h := faultyHome{home: home{t: t, dsn: dsn, keyFile: t.TempDir() + "/key"}}
		h.parts() // for the key
		h.loadCity(c)
		var out strings.Builder
		r := h.rank("--top", "0")
		for _, spot := range r.Hotspots {
			spot.ID, spot.Run = "", "" // made anew by each run
			line, err := json.Marshal(spot)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&out, "%s\n", line)
		}
		fmt.Fprintf(&out, "%+v\n", r.Run.Summary)
		out.WriteString(h.must("rollup", "rebuild"))
		out.WriteString(h.must("claim", "check", claim))
		answers = append(answers, versions.ReplaceAllString(out.String(), "dv_…"))
		if len(r.Hotspots) == 0 {
			t.Error("there are no hotspots")
		}
		if again := h.load("calls", c.file("calls.csv"))[0]; !again.AlreadyHad {
			t.Errorf("the same file again: %+v", again.Account)
		}
		h.rejectsComeBack()
	}
	for i, line := range strings.Split(answers[0], "\n") {
		if other := strings.Split(answers[1]+strings.Repeat("\n", i+1), "\n")[i]; line != other {
			t.Fatalf("the server says\n%s\nthe cluster\n%s", line, other)
		}
	}
}

// rejectsComeBack: a rejected row is listed, exported and, by a mended profile, replayed.
func (h faultyHome) rejectsComeBack() {
	h.t.Helper()
	dir := h.t.TempDir()
	if a := h.load("calls", write(h.t, dir, "late.csv", callHeader+callRow(1)+"2,01.05.2026 10:00,completed,31.2,121.5\n"))[0]; a.Accepted != 1 || a.Rejected != 1 {
		h.t.Errorf("a row of two is bad: %+v", a.Account)
	}
	for _, args := range [][]string{{"list", "--reason", "bad_time"}, {"export", "--format", "csv", "--limit", "0"}} {
		if out := h.must(append([]string{"rejects"}, args...)...); !strings.Contains(out, "01.05.2026 10:00") {
			h.t.Errorf("rejects %s: %q", args[0], out)
		}
	}
	mended := write(h.t, dir, "mended.yaml", "profile: mended\nfeed: calls\nsource: calls\ntime:\n  formats: [\"%d.%m.%Y %H:%M\"]\n")
	if out := h.must("rejects", "replay", "--feed", "calls", "--profile", mended); !strings.Contains(out, "read 1 = accepted 1 + rejected 0") {
		h.t.Errorf("replay: %q", out)
	}
	if out := h.must("rejects", "list", "--format", "json"); strings.TrimSpace(out) != "" {
		h.t.Errorf("after the replay there is still %q", out)
	}
}

// kill -9 of the loader, again and again, on a cluster.
func TestClusterLoaderKilled(t *testing.T) {
	h := onCluster(t, storetest.SharedCluster(t))
	files := h.parts()
	for _, files := range [][]string{files[:1], files[:4], files} {
		l := h.start(time.Minute, files...)
		l.after(len(files) / 2)
		l.kill()
	}
	h.start(time.Minute, files...).ends()
	h.exact()
}

// Replicas are killed under a load and come back: one of a shard, then the one the
// load is connected to. The load waits where it must, and every replica is exact.
func TestClusterReplicasLostAndBack(t *testing.T) {
	c := storetest.SharedCluster(t)
	h := onCluster(t, c)
	files := h.parts()
	start := func(n *storetest.Node) {
		t.Helper()
		if err := n.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	l := h.start(time.Minute, files...)
	l.after(2)
	c.Nodes[3].Kill()
	l.after(4) // goes on with the other one of the shard
	start(c.Nodes[3])
	l.after(5)
	c.Nodes[0].Kill()
	time.Sleep(time.Second)
	start(c.Nodes[0])
	l.after(7)
	c.Nodes[2].Stop()
	start(c.Nodes[2])
	l.ends()
	h.exact()
}

// A cluster without ZooKeeper takes nothing: a load waits for it, or says so.
func TestClusterZooKeeperLostAndBack(t *testing.T) {
	c := storetest.SharedCluster(t)
	h := onCluster(t, c)
	files := h.parts()
	start := func() {
		t.Helper()
		if err := c.ZooKeeper.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	impatient := h.start(500*time.Millisecond, files...)
	impatient.after(1)
	c.ZooKeeper.Kill()
	impatient.fails("(?i)zookeeper")
	start()
	patient := h.start(time.Minute, files...)
	patient.after(3)
	c.ZooKeeper.Kill()
	time.Sleep(time.Second)
	start()
	patient.ends()
	h.exact()
}
