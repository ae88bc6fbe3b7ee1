package quality

import (
	"fmt"
	"io"
	"math"
	"sort"
	"strings"
	"text/tabwriter"
)

// Aims are what the ranking must reach (over all cities).
var Aims = struct{ NDCG, Recall, False float64 }{0.95, 0.90, 0.05}

// Summary is one method over some cities.
type Summary struct {
	Cities         int
	NDCG, LeastNDC float64
	Recall, False  float64
	Decoys         int
	Location       float64
	Ahead          int // cities in which the method's nDCG is above every baseline's; baselines: above ours
	Seconds        float64
}

// Summarise puts a method's results together. Recall weighs every fault alike.
func Summarise(all []Result, kind, method string) Summary {
	s := Summary{LeastNDC: math.Inf(1)}
	type key struct {
		t    string
		seed uint64
	}
	best := map[key]float64{} // of the others
	for _, r := range all {
		if r.Method != method && (method == Ours || r.Method == Ours) {
			k := key{string(r.Type), r.Seed}
			best[k] = max(best[k], r.Score.NDCG)
		}
	}
	var worth, found float64
	var location []float64
	for _, r := range all {
		if r.Method != method || kind != "" && string(r.Type) != kind {
			continue
		}
		s.Cities++
		s.NDCG += r.Score.NDCG
		s.LeastNDC = min(s.LeastNDC, r.Score.NDCG)
		s.False += r.Score.False
		s.Decoys += r.Score.Decoys
		s.Seconds += r.Score.Seconds
		if r.Score.Worth > 0 {
			worth += float64(r.Score.Worth)
			found += r.Score.Recall * float64(r.Score.Worth)
		}
		if r.Score.Location >= 0 {
			location = append(location, r.Score.Location)
		}
		if b, ok := best[key{string(r.Type), r.Seed}]; ok && r.Score.NDCG > b {
			s.Ahead++
		}
	}
	n := float64(s.Cities)
	s.NDCG, s.False, s.Seconds, s.Recall = s.NDCG/n, s.False/n, s.Seconds/n, found/worth
	s.Location = median(location)
	return s
}

// Table prints the results by city type and method.
func Table(w io.Writer, all []Result) error {
	methods, kinds := []string{}, []string{}
	has := func(l []string, s string) bool {
		for _, x := range l {
			if x == s {
				return true
			}
		}
		return false
	}
	for _, r := range all {
		if !has(methods, r.Method) {
			methods = append(methods, r.Method)
		}
		if !has(kinds, string(r.Type)) {
			kinds = append(kinds, string(r.Type))
		}
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "cities\t\tmethod\tnDCG@20\tleast\trecall\tfalse in 20\tdecoys\tlocation m\tahead\t")
	if len(kinds) > 1 {
		kinds = append(kinds, "")
	}
	for _, k := range kinds {
		for _, m := range methods {
			s := Summarise(all, k, m)
			name := k
			if name == "" {
				name = "all"
			}
			fmt.Fprintf(t, "%s\t%d\t%s\t%.3f\t%.3f\t%.3f\t%.3f\t%d\t%.0f\t%d/%d\t\n",
				name, s.Cities, m, s.NDCG, s.LeastNDC, s.Recall, s.False, s.Decoys, s.Location, s.Ahead, s.Cities)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if err := daysTable(w, all); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\nnDCG@20 of true avoidable impact; recall of faults of at least %.0f weighted hurt customers within the first %d entries;\n"+
		"ahead: cities in which the method's nDCG@20 is above every baseline's (baselines: above %s's).\n", worthIt, deep, Ours)
	return err
}

// Details prints, per city, what the ranking missed and what it listed wrongly.
func Details(w io.Writer, all []Result) error {
	for _, r := range all {
		if r.Method != Ours || len(r.Score.Missed)+len(r.Score.Wrong) == 0 {
			continue
		}
		var parts []string
		sort.Slice(r.Score.Missed, func(i, j int) bool { return r.Score.Missed[i].Avoidable > r.Score.Missed[j].Avoidable })
		for _, m := range r.Score.Missed {
			parts = append(parts, fmt.Sprintf("missed %s %s %q (%.0f)", m.ID, m.Kind, m.Name, m.Avoidable))
		}
		for _, x := range r.Score.Wrong {
			s := fmt.Sprintf("false #%d %q", x.Rank, x.Name)
			if x.Decoy != "" {
				s += " = decoy " + x.Decoy
			}
			parts = append(parts, s)
		}
		if _, err := fmt.Fprintf(w, "%s seed %d: nDCG %.3f: %s\n", r.Type, r.Seed, r.Score.NDCG, strings.Join(parts, "; ")); err != nil {
			return err
		}
	}
	return nil
}

// Check says which aims are not reached; nil when all are.
func Check(all []Result) error {
	s := Summarise(all, "", Ours)
	var missed []string
	if s.Cities == 0 {
		return fmt.Errorf("no city was ranked by %s", Ours)
	}
	if s.NDCG < Aims.NDCG {
		missed = append(missed, fmt.Sprintf("nDCG@20 is %.3f, aim %.2f", s.NDCG, Aims.NDCG))
	}
	if s.Recall < Aims.Recall {
		missed = append(missed, fmt.Sprintf("recall is %.3f, aim %.2f", s.Recall, Aims.Recall))
	}
	if s.False > Aims.False {
		missed = append(missed, fmt.Sprintf("the share of false hotspots is %.3f, aim %.2f", s.False, Aims.False))
	}
	if s.Ahead < s.Cities {
		missed = append(missed, fmt.Sprintf("a baseline is ahead in %d of %d cities", s.Cities-s.Ahead, s.Cities))
	}
	if missed != nil {
		return fmt.Errorf("aims not reached: %s", strings.Join(missed, "; "))
	}
	return nil
}
