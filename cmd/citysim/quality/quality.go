// Package quality measures how well a ranking finds what is wrong in synthetic
// cities with known faults, beside the rankings operators use today.
//
// Seeds are split in two: parameters of the method are chosen on one half only,
// figures are reported on the other. Every city also turns the knobs a generator
// could have got wrong, so that no ranking can lean on one setting.
package quality

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/hotcell/hotcell/cmd/citysim/city"
)

// Set says which half of the seeds is used.
type Set string

// Sets of seeds.
const (
	Choosing  Set = "choosing"  // 1, 2, 3 …: for trying things out
	Reporting Set = "reporting" // 10001, 10002 …: for the figures that are published
)

// Seeds lists the first n seeds of a set.
func Seeds(s Set, n int) ([]uint64, error) {
	var first uint64
	switch s {
	case Choosing:
		first = 1
	case Reporting:
		first = 10_001
	default:
		return nil, fmt.Errorf("unknown set of seeds %q: use choosing or reporting", s)
	}
	out := make([]uint64, n)
	for i := range out {
		out[i] = first + uint64(i)
	}
	return out, nil
}

// Config says what to measure.
type Config struct {
	Set      Set
	Seeds    int // per city type
	Types    []city.Type
	Calls    int // per city
	Plain    bool
	Daily    bool   // also rank and warn as of every midnight, to see how soon new faults are found
	Days     int    // recorded per city; 0 = the generator's default
	Scratch  string // folder for cities and stores; removed again city by city
	Keep     string // folder to keep cities, truths and rankings in; "" = none
	Progress func(done, all int)
}

// DefaultConfig is the run whose table is published.
func DefaultConfig() Config {
	return Config{Set: Reporting, Seeds: 20, Types: city.Types(), Calls: 400_000, Scratch: os.TempDir()}
}

// City is the configuration of one measured city: the knobs follow from the seed.
func (c *Config) City(kind city.Type, seed uint64) city.Config {
	cfg := city.DefaultConfig()
	cfg.Seed, cfg.Type, cfg.Calls, cfg.NoTraffic = seed, kind, c.Calls, true
	if c.Days > 0 {
		cfg.Days = c.Days
	}
	if c.Plain {
		return cfg
	}
	// A low-discrepancy walk: any few seeds in a row spread over the whole range of
	// each knob, and the knobs do not move together.
	knob := func(k int, lo, hi float64) float64 {
		step := []float64{0.618034, 0.754878, 0.569840, 0.819173, 0.671044, 0.549700, 0.856675, 0.733892, 0.588235}[k]
		_, f := math.Modf(float64(seed%9973)*step + 0.37*float64(k))
		return lo + (hi-lo)*f
	}
	cfg.LocationNoise = knob(0, 0.5, 2)
	cfg.MissingCoords = knob(1, 0.03, 0.25)
	cfg.MaskedShare = knob(2, 0, 0.5)
	cfg.ComplaintBias = knob(3, 0, 1.5)
	cfg.MissingFloor = knob(4, 0.1, 0.7)
	cfg.Heterogeneity = knob(5, 0.05, 0.2)
	cfg.RedialShare = knob(6, 0.4, 0.9)
	cfg.OtherComplaints = knob(7, 0.1, 0.5)
	cfg.Complaints = int(float64(cfg.Calls) * knob(8, 0.0005, 0.005))
	return cfg
}

// Result is one city ranked in one way.
type Result struct {
	Type   city.Type `json:"type"`
	Seed   uint64    `json:"seed"`
	Method string    `json:"method"`
	Score  Score     `json:"score"`
}

// Ours is the name of the ranking under test.
const Ours = "hotcell"

// Run makes every city, ranks it by the ranker and by the baselines, and scores
// all. A nil ranker measures the baselines only.
func Run(ctx context.Context, c Config, rank Ranker) ([]Result, error) {
	seeds, err := Seeds(c.Set, c.Seeds)
	if err != nil {
		return nil, err
	}
	if len(seeds) == 0 || len(c.Types) == 0 {
		return nil, errors.New("nothing to measure: at least one seed and one city type are needed")
	}
	var out []Result
	done := 0
	for _, seed := range seeds {
		for _, kind := range c.Types {
			r, err := c.one(ctx, kind, seed, rank)
			if err != nil {
				return out, fmt.Errorf("city %s, seed %d: %w", kind, seed, err)
			}
			out = append(out, r...)
			done++
			if c.Progress != nil {
				c.Progress(done, len(seeds)*len(c.Types))
			}
		}
	}
	return out, nil
}

func (c *Config) one(ctx context.Context, kind city.Type, seed uint64, rank Ranker) (out []Result, err error) {
	dir, err := os.MkdirTemp(c.Scratch, "city-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := city.Write(ctx, dir, c.City(kind, seed), nil)
	if err != nil {
		return nil, err
	}
	truth, err := os.ReadFile(filepath.Join(dir, city.TruthFile))
	if err != nil {
		return nil, err
	}
	if err := os.Remove(filepath.Join(dir, city.TruthFile)); err != nil { // nobody peeks
		return nil, err
	}
	lists := map[string][]Found{}
	if c.Keep != "" {
		defer func() { err = errors.Join(err, c.keep(dir, kind, seed, truth, lists)) }()
	}
	judge := func(method string, found []Found, took time.Duration) error {
		score, err := Judge(s.Truth, found)
		score.Seconds = took.Seconds()
		lists[method] = found
		out = append(out, Result{kind, seed, method, score})
		return err
	}
	if rank != nil {
		start := time.Now()
		var ends []time.Time
		if c.Daily {
			ends = midnights(s.Truth)
		}
		found, err := rank(ctx, dir, ends)
		if err == nil && (len(found.Daily) != len(ends) || len(found.Alarms) != len(ends)) {
			err = fmt.Errorf("%d rankings and %d lists of warnings were given for %d days", len(found.Daily), len(found.Alarms), len(ends))
		}
		if err != nil {
			return nil, err
		}
		if err := judge(Ours, found.All, time.Since(start)); err != nil {
			return nil, err
		}
		if out[0].Score.Days, err = daysToFind(s.Truth, ends, &found); err != nil {
			return nil, err
		}
	}
	start := time.Now()
	others, err := rankBaselines(ctx, dir)
	if err != nil {
		return nil, err
	}
	for i, name := range Baselines() {
		if err := judge(name, others[i], time.Since(start)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// keep copies a city, its truth and its rankings to a folder of their own.
func (c *Config) keep(dir string, kind city.Type, seed uint64, truth []byte, lists map[string][]Found) error {
	to := filepath.Join(c.Keep, fmt.Sprintf("%s-%d", kind, seed))
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		return err
	}
	b, err := json.MarshalIndent(lists, "", " ")
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(filepath.Join(to, city.TruthFile), truth, 0o644),
		os.WriteFile(filepath.Join(to, "rankings.json"), b, 0o644))
}
