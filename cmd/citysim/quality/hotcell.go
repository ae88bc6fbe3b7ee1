package quality

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Ranker ranks the city in dir: once over everything, and once as of each of the
// given ends, seeing only what had happened by then. It must not look at truth.json.
type Ranker func(ctx context.Context, dir string, ends []time.Time) (Ranked, error)

// Ranked is a city's ranking, and one by each of the ends asked for, with the early
// warnings whose alarm is of the day before it.
type Ranked struct {
	All    []Found
	Daily  [][]Found
	Alarms [][]Found
}

// Binary is the Ranker that runs a hotcell program as a user would: an empty
// embedded store under scratch, migrate, load every file, rank.
func Binary(program, scratch string) Ranker {
	return func(ctx context.Context, dir string, ends []time.Time) (out Ranked, err error) {
		store, err := os.MkdirTemp(scratch, "store-")
		if err != nil {
			return out, err
		}
		defer os.RemoveAll(store)
		run := runner(ctx, program, store)
		if _, err := run("migrate"); err != nil {
			return out, err
		}
		for _, feed := range []string{"regions", "venues", "sites", "subscribers", "calls", "complaints"} {
			files, err := filepath.Glob(filepath.Join(dir, feed+"*"))
			if err != nil || len(files) == 0 {
				return out, fmt.Errorf("the city in %s has no file of %s", dir, feed)
			}
			if _, err := run(append([]string{"load", feed}, files...)...); err != nil {
				return out, err
			}
		}
		ask := func(key string, args ...string) ([]Found, error) {
			b, err := run(append(args, "--format", "json")...)
			if err != nil {
				return nil, err
			}
			return decode(b, key)
		}
		if out.All, err = ask("hotspots", "rank", "--top", strconv.Itoa(deep)); err != nil {
			return out, err
		}
		for _, end := range ends {
			at := end.Format(time.RFC3339)
			list, err := ask("hotspots", "rank", "--top", strconv.Itoa(topN), "--end", at)
			if err != nil {
				return out, err
			}
			alarms, err := ask("warnings", "warn", "--new", "--end", at)
			if err != nil {
				return out, err
			}
			out.Daily, out.Alarms = append(out.Daily, list), append(out.Alarms, alarms)
		}
		return out, nil
	}
}

// runner runs a hotcell program on a store in the given folder.
func runner(ctx context.Context, program, store string) func(args ...string) ([]byte, error) {
	return func(args ...string) ([]byte, error) {
		// A store and a folder of its own: no settings of the user's, no key of theirs.
		cmd := exec.CommandContext(ctx, program, append([]string{"--store", "embedded://" + filepath.Join(store, "data")}, args...)...)
		cmd.Env = append(os.Environ(), "HOME="+store, "XDG_DATA_HOME="+store, "XDG_CONFIG_HOME="+store)
		if cache, err := os.UserCacheDir(); err == nil {
			cmd.Env = append(cmd.Env, "XDG_CACHE_HOME="+cache) // the engine is there
		}
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		if err := cmd.Run(); err != nil {
			return nil, fmt.Errorf("hotcell %s: %w: %s", strings.Join(args, " "), err, tail(errs.String()+out.String()))
		}
		return out.Bytes(), nil
	}
}

// Decode reads what "hotcell rank --format json" prints.
func Decode(b []byte) ([]Found, error) { return decode(b, "hotspots") }

// decode reads the list of a document. Warnings are like entries of a ranking of which
// only the centre is known.
func decode(b []byte, key string) ([]Found, error) {
	var doc map[string]json.RawMessage
	if err := json.Unmarshal(b, &doc); err != nil {
		return nil, fmt.Errorf("the ranking is not understood: %w", err)
	}
	if doc[key] == nil {
		return nil, fmt.Errorf("the ranking has no %q", key)
	}
	if key == "warnings" {
		var list []struct {
			Name   string     `json:"name"`
			Center [2]float64 `json:"center"`
		}
		if err := json.Unmarshal(doc[key], &list); err != nil {
			return nil, fmt.Errorf("the warnings are not understood: %w", err)
		}
		out := make([]Found, len(list))
		for i, w := range list {
			out[i].Name, out[i].Center = w.Name, w.Center
		}
		return out, nil
	}
	var list []Found
	if err := json.Unmarshal(doc[key], &list); err != nil {
		return nil, fmt.Errorf("the ranking is not understood: %w", err)
	}
	return list, nil
}

func tail(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 500 {
		s = "…" + s[len(s)-500:]
	}
	return s
}
