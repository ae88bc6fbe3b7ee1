package quality

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Ranker ranks the city in dir: once over everything (the first list), and once
// as of each of the given ends, seeing only what had happened by then. It must
// not look at truth.json.
type Ranker func(ctx context.Context, dir string, ends []time.Time) ([][]Found, error)

// Binary is the Ranker that runs a hotcell program as a user would: an empty
// embedded store under scratch, migrate, load every file, rank.
func Binary(program, scratch string) Ranker {
	return func(ctx context.Context, dir string, ends []time.Time) ([][]Found, error) {
		store, err := os.MkdirTemp(scratch, "store-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(store)
		run := runner(ctx, program, store)
		if _, err := run("migrate"); err != nil {
			return nil, err
		}
		for _, feed := range []string{"regions", "venues", "sites", "subscribers", "calls", "complaints"} {
			files, err := filepath.Glob(filepath.Join(dir, feed+"*"))
			if err != nil || len(files) == 0 {
				return nil, fmt.Errorf("the city in %s has no file of %s", dir, feed)
			}
			if _, err := run(append([]string{"load", feed}, files...)...); err != nil {
				return nil, err
			}
		}
		var lists [][]Found
		for i := -1; i < len(ends); i++ {
			args := []string{"rank", "--format", "json", "--top", strconv.Itoa(deep)}
			if i >= 0 {
				args = append(args, "--end", ends[i].Format(time.RFC3339))
			}
			out, err := run(args...)
			if err != nil {
				return nil, err
			}
			list, err := Decode(out)
			if err != nil {
				return nil, err
			}
			lists = append(lists, list)
		}
		return lists, nil
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
func Decode(b []byte) ([]Found, error) {
	var doc struct {
		Hotspots *[]Found `json:"hotspots"`
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		return nil, fmt.Errorf("the ranking is not understood: %w", err)
	}
	if doc.Hotspots == nil {
		return nil, errors.New(`the ranking has no "hotspots"`)
	}
	return *doc.Hotspots, nil
}

func tail(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 500 {
		s = "…" + s[len(s)-500:]
	}
	return s
}
