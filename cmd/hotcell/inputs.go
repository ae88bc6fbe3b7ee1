package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// standardInput is the argument that stands for standard input, and the name its
// rows carry in accounts and rejects.
const (
	standardInput     = "-"
	standardInputName = "standard input"
)

// expandFiles gives the files that the arguments name. A file that is there is
// taken as it is called; otherwise * ? [ ] are matched within a folder and ** over
// folders, so that lists too long for a shell can be given quoted.
func expandFiles(args []string) ([]string, error) {
	var files []string
	stdin := 0
	for _, arg := range args {
		if arg == standardInput {
			stdin++
		}
		if !strings.ContainsAny(arg, "*?[") {
			files = append(files, arg)
			continue
		}
		if _, err := os.Lstat(arg); err == nil {
			files = append(files, arg)
			continue
		}
		found, err := matchFiles(arg)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, usagef("no file matches %s", arg)
		}
		files = append(files, found...)
	}
	if stdin > 1 {
		return nil, usagef("standard input can be read only once: name - once")
	}
	return files, nil
}

// matchFiles lists the regular files that match, sorted. Names that begin with a
// dot match only where the pattern spells the dot.
func matchFiles(pattern string) ([]string, error) {
	parts := strings.Split(filepath.ToSlash(filepath.Clean(pattern)), "/")
	for _, part := range parts {
		if _, err := filepath.Match(part, ""); err != nil {
			return nil, usagef("%s is not a pattern: a [ is not closed", pattern)
		}
	}
	base := []string{"."}
	if parts[0] == "" {
		base, parts = []string{"/"}, parts[1:]
	}
	var found []string
	if err := matchBelow(base[0], parts, &found); err != nil {
		return nil, err
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

func matchBelow(dir string, parts []string, found *[]string) error {
	part, rest := parts[0], parts[1:]
	if part == "**" {
		if len(rest) == 0 {
			rest = []string{"*"}
		}
		if err := matchBelow(dir, rest, found); err != nil {
			return err
		}
	} else if len(rest) > 0 && !strings.ContainsAny(part, "*?[") {
		return matchBelow(filepath.Join(dir, part), rest, found) // also .. and folders that may not be listed
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the folder %s cannot be listed: %w", dir, err)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if strings.HasPrefix(e.Name(), ".") && !strings.HasPrefix(part, ".") {
			continue
		}
		switch ok, _ := filepath.Match(part, e.Name()); {
		case part == "**" && e.IsDir(): // links to folders are not followed: they may lead in circles
			err = matchBelow(path, parts, found)
		case part == "**" || !ok:
		case len(rest) > 0:
			if st, serr := os.Stat(path); serr == nil && st.IsDir() {
				err = matchBelow(path, rest, found)
			}
		default:
			if st, serr := os.Stat(path); serr == nil && st.Mode().IsRegular() {
				*found = append(*found, path)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// interruptible gives what r gives until ctx ends, also while r waits for a
// person at a terminal or for the other end of a pipe.
func interruptible(ctx context.Context, r io.Reader) io.Reader {
	out, in := io.Pipe()
	context.AfterFunc(ctx, func() { out.CloseWithError(ctx.Err()) })
	go func() {
		_, err := io.CopyBuffer(struct{ io.Writer }{in}, struct{ io.Reader }{r}, make([]byte, 256<<10))
		in.CloseWithError(err) // nil is the end of file
	}()
	return out
}
