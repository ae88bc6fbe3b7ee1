package quality

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/ingest"
)

// Files of TRAI MyCall: real calls rated by customers, a month each.
const (
	myCallBefore = "CallVoiceQuality_Data_2018_April.csv"
	myCallAfter  = "CallVoiceQuality_Data_2018_May.csv"
	myCallTop    = 50
	myCallWindow = "30d"
)

// Foresight says how many of the next month's bad calls lie in the places one
// month's ranking names.
type Foresight struct {
	Method string  `json:"method"`
	Places int     `json:"places"` // entries, at most 50
	Cells  int     `json:"cells"`  // H3 cells of resolution 9 they cover
	Share  float64 `json:"share"`  // of the next month's located bad calls, in those cells
	// ByDrops is the same share for as many cells with most drops in the first month.
	ByDrops float64 `json:"share_of_as_many_cells_by_drops"`
	// Rate is bad calls per call there in the next month.
	Rate float64 `json:"rate"`
}

// MyCall ranks April 2018 of the MyCall data in dir and checks on May 2018, beside
// the baselines that need no complaints. There is no customer in these data, so a
// call is a customer; where a point repeats, the method cannot know it.
func MyCall(ctx context.Context, dir, program, scratch string) ([]Foresight, float64, error) {
	before, err := tallyMyCall(ctx, filepath.Join(dir, myCallBefore))
	if err != nil {
		return nil, 0, err
	}
	after, err := tallyMyCall(ctx, filepath.Join(dir, myCallAfter))
	if err != nil {
		return nil, 0, err
	}
	ours, err := rankMyCall(ctx, filepath.Join(dir, myCallBefore), program, scratch)
	if err != nil {
		return nil, 0, err
	}
	empty, err := geo.NewCatalogue(nil, nil, nil)
	if err != nil {
		return nil, 0, err
	}
	lists := map[string][]Found{Ours: ours, "raw drops": topPlaces(empty, before.places, byDrops), "raw rate": topPlaces(empty, before.places, byRate),
		"Gi* on counts": topCells(before.cells)}
	var calls, bad int
	for _, n := range after.cells {
		calls += n.calls
		bad += n.bad
	}
	if calls == 0 || bad == 0 {
		return nil, 0, fmt.Errorf("%s has no located bad calls to check on", myCallAfter)
	}
	most := mostDrops(before.cells)
	var out []Foresight
	for _, method := range []string{Ours, "raw drops", "raw rate", "Gi* on counts"} {
		list := lists[method][:min(len(lists[method]), myCallTop)]
		cells := map[geo.Cell]bool{}
		for _, f := range list {
			for _, s := range f.Place.Cells {
				if c, err := geo.ParseCell(s); err == nil {
					cells[c] = true
				}
			}
		}
		f := Foresight{Method: method, Places: len(list), Cells: len(cells)}
		n, b := within(after.cells, cells)
		f.Share = float64(b) / float64(bad)
		if n > 0 {
			f.Rate = float64(b) / float64(n)
		}
		same := map[geo.Cell]bool{}
		for _, c := range most[:min(len(most), len(cells))] {
			same[c] = true
		}
		_, b = within(after.cells, same)
		f.ByDrops = float64(b) / float64(bad)
		out = append(out, f)
	}
	return out, float64(bad) / float64(calls), nil
}

func within(all map[geo.Cell]*counts, cells map[geo.Cell]bool) (calls, bad int) {
	for c := range cells {
		if n := all[c]; n != nil {
			calls += n.calls
			bad += n.bad
		}
	}
	return calls, bad
}

func mostDrops(cells map[geo.Cell]*counts) []geo.Cell {
	var out []geo.Cell
	for c, n := range cells {
		if n.drops > 0 {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b geo.Cell) int { return cmp.Or(cmp.Compare(cells[b].drops, cells[a].drops), cmp.Compare(a, b)) })
	return out
}

func tallyMyCall(ctx context.Context, file string) (*tally, error) {
	s := &tally{places: map[geo.PlaceID]*counts{}, cells: map[geo.Cell]*counts{}}
	c, err := geo.NewCatalogue(nil, nil, nil)
	if err != nil {
		return nil, err
	}
	cfg := ingest.DefaultConfig()
	cfg.PseudonymKey, _ = hex.DecodeString("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")
	loader, err := ingest.New(cfg, s, c)
	if err != nil {
		return nil, err
	}
	p, err := ingest.OpenProfile(ingest.FeedCalls, "mycall")
	if err != nil {
		return nil, err
	}
	if _, err := loader.Load(ctx, ingest.FeedCalls, p, file); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return s, nil
}

func rankMyCall(ctx context.Context, file, program, scratch string) ([]Found, error) {
	store, err := os.MkdirTemp(scratch, "store-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(store)
	run := runner(ctx, program, store)
	for _, args := range [][]string{{"migrate"}, {"load", "calls", "--profile", "mycall", file}} {
		if _, err := run(args...); err != nil {
			return nil, err
		}
	}
	out, err := run("rank", "--format", "json", "--window", myCallWindow, "--top", fmt.Sprint(myCallTop))
	if err != nil {
		return nil, err
	}
	return Decode(out)
}

// MyCallTable prints what MyCall found; general is the rate of bad calls everywhere.
func MyCallTable(w io.Writer, all []Foresight, general float64) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "method\tplaces\tcells\tshare of May's bad calls\tas many cells by drops\tbad calls per call in May\t")
	for _, f := range all {
		fmt.Fprintf(t, "%s\t%d\t%d\t%.3f\t%.3f\t%.3f\t\n", f.Method, f.Places, f.Cells, f.Share, f.ByDrops, f.Rate)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\nEverywhere %.3f bad calls per call in May. Ranked on April 2018, the first %d places.\n", general, myCallTop)
	return err
}
