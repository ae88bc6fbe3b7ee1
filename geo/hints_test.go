package geo

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

type labelled struct {
	scene    Scene
	floor    int
	hasFloor bool
	text     string
}

func readLabelled(t *testing.T, file string) (out []labelled) {
	t.Helper()
	f, err := os.Open("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := lines.Text()
		if line == "" || line[0] == '#' {
			continue
		}
		parts := strings.SplitN(line, "|", 3)
		if len(parts) != 3 {
			t.Fatalf("%s: %q", file, line)
		}
		scene, err := ParseScene(parts[0])
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		l := labelled{scene: scene, text: parts[2]}
		if parts[1] != "" {
			if l.floor, err = strconv.Atoi(parts[1]); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			l.hasFloor = true
		}
		out = append(out, l)
	}
	return out
}

// TestHints reports precision and recall by scene on sentences the rules were
// written with and, for an honest figure, on sentences they never saw.
func TestHints(t *testing.T) {
	for _, file := range []string{"hints_choosing.txt", "hints_heldout.txt"} {
		set := readLabelled(t, file)
		if len(set) < 100 {
			t.Fatalf("%s has only %d sentences", file, len(set))
		}
		type score struct{ right, said, meant int }
		by := map[Scene]*score{}
		for _, s := range append(Scenes(), SceneUnknown) {
			by[s] = &score{}
		}
		var all score
		floors := score{}
		for _, l := range set {
			h := ParseHints(l.text)
			by[h.Scene].said++
			by[l.scene].meant++
			if h.Scene == l.scene {
				by[h.Scene].right++
			}
			if h.Scene != SceneUnknown {
				all.said++
				if h.Scene == l.scene {
					all.right++
				}
			}
			if l.scene != SceneUnknown {
				all.meant++
			}
			if h.Scene != l.scene {
				t.Logf("%s: %v, meant %v: %s", file, h.Scene, l.scene, l.text)
			}
			if h.HasFloor {
				floors.said++
			}
			if l.hasFloor {
				floors.meant++
			}
			if h.HasFloor == l.hasFloor && int(h.Floor) == l.floor {
				if l.hasFloor {
					floors.right++
				}
			} else {
				t.Logf("%s: floor %d %v, meant %d %v: %s", file, h.Floor, h.HasFloor, l.floor, l.hasFloor, l.text)
			}
		}
		var table strings.Builder
		share := func(a, b int) string {
			if b == 0 {
				return "    –"
			}
			return fmt.Sprintf("%5.2f", float64(a)/float64(b))
		}
		for _, s := range Scenes() {
			if b := by[s]; b.meant > 0 || b.said > 0 {
				fmt.Fprintf(&table, "\n%-13s %3d meant  precision %s  recall %s", s, b.meant, share(b.right, b.said), share(b.right, b.meant))
			}
		}
		t.Logf("%s: %d sentences, precision %s, recall %s; floors precision %s, recall %s%s", file, len(set),
			share(all.right, all.said), share(all.right, all.meant), share(floors.right, floors.said), share(floors.right, floors.meant), table.String())
		if precision := float64(all.right) / float64(all.said); precision < 0.95 {
			t.Errorf("%s: precision %.3f is below 0.95", file, precision)
		}
		if recall := float64(all.right) / float64(all.meant); recall < 0.85 {
			t.Errorf("%s: recall %.3f is below 0.85", file, recall)
		}
	}
}

// FuzzHints: no text may panic, and what is read must be possible.
func FuzzHints(f *testing.F) {
	for _, s := range []string{"电梯里没信号", "B2停车场", "on the M25 near exit 3", "负二楼", "lift", "除了电梯", "100层", "十", "-1", "b", "i-"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		h := ParseHints(s)
		if h.HasFloor && (h.Floor < -9 || h.Floor > 200) || h.Part == PartFloors || int(h.Scene) >= len(sceneNames.names) {
			t.Errorf("%q: %+v", s, h)
		}
		sceneOfName(s, 10)
		tokensOf(s)
	})
}
