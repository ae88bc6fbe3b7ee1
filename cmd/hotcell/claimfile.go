package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/hotcell/hotcell/hotspots"
)

// claimFile is a claim with where it was written, for messages that name the line.
type claimFile struct {
	name  string
	claim hotspots.Claim
	text  *ast.File
}

// maxClaimFile bounds a claim file, in bytes: longer ones are something else.
const maxClaimFile = 1 << 20

// readClaimFile reads one claim strictly and reports everything wrong with it.
func readClaimFile(name string) (*claimFile, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, plainPathError(err))
	}
	switch {
	case info.IsDir():
		return nil, fmt.Errorf("%s: this is a directory; name the claim files in it", name)
	case info.Size() > maxClaimFile:
		return nil, fmt.Errorf("%s: this is no claim: %d bytes are too many", name, info.Size())
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, plainPathError(err))
	}
	f := &claimFile{name: name}
	if f.text, err = parser.ParseBytes(text, 0); err != nil {
		return nil, f.yamlFault(err)
	}
	documents := 0
	for _, d := range f.text.Docs {
		if d.Body != nil && d.Body.Type() != ast.CommentType {
			documents++
		}
	}
	switch {
	case documents == 0:
		return nil, fmt.Errorf("%s: the file is empty; \"hotcell claim --help\" shows how a claim looks", name)
	case documents > 1:
		return nil, fmt.Errorf("%s: %d claims in one file; give each its own file", name, documents)
	}
	if err := yaml.UnmarshalWithOptions(text, &f.claim, yaml.Strict()); err != nil {
		return nil, f.yamlFault(err)
	}
	if err := f.claim.Validate(); err != nil {
		return nil, f.faults(err)
	}
	return f, nil
}

// yamlFault puts what the YAML reader says into one line with the file's name and line.
func (f *claimFile) yamlFault(err error) error {
	var y yaml.Error
	if errors.As(err, &y) && y.GetToken() != nil {
		return fmt.Errorf("%s:%d: %s", f.name, y.GetToken().Position.Line, y.GetMessage())
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return fmt.Errorf("%s: %s", f.name, first)
}

// faults writes "claim: area.region: …" lines as "g4.yaml:9: area.region: …".
func (f *claimFile) faults(err error) error {
	var out []error
	for _, line := range strings.Split(err.Error(), "\n") {
		rest, found := strings.CutPrefix(line, "claim: ")
		field, message, cut := strings.Cut(rest, ": ")
		if !found || !cut || strings.Contains(field, " ") {
			out = append(out, fmt.Errorf("%s: %s", f.name, line))
			continue
		}
		out = append(out, f.at(field, message))
	}
	return errors.Join(out...)
}

// at is a fault of a field, with the line of the field or of what it belongs in.
func (f *claimFile) at(field, message string) error {
	for within := field; within != ""; {
		if path, err := yaml.PathString("$." + within); err == nil && f.text != nil {
			if node, err := path.FilterFile(f.text); err == nil && node != nil && node.GetToken() != nil {
				return fmt.Errorf("%s:%d: %s: %s", f.name, node.GetToken().Position.Line, field, message)
			}
		}
		end := strings.LastIndexByte(within, '.')
		if end < 0 {
			break
		}
		within = within[:end]
	}
	return fmt.Errorf("%s: %s: %s", f.name, field, message)
}

// plainPathError says what is wrong with a path without the system call's name.
func plainPathError(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("there is no such file")
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		return fmt.Errorf("cannot be read: %w", path.Err)
	}
	return err
}
