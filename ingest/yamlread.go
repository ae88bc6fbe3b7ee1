package ingest

import (
	"fmt"
	"sort"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// yamlReader walks a YAML file strictly and gathers every fault with its line,
// where a decoder would stop at the first.
type yamlReader struct {
	file   *ast.File
	faults []yamlFault
}

type yamlFault struct {
	line int
	text string
}

func newYAMLReader(data []byte) *yamlReader {
	r := &yamlReader{}
	if len(data) > 1<<20 {
		r.fail(1, "the file is larger than 1 MiB; this is no profile")
		return r
	}
	f, err := parseYAML(data)
	if err != nil {
		r.fail(yamlErrorLine(err), "this is not valid YAML: "+yamlErrorText(err))
		return r
	}
	r.file = f
	return r
}

// parseYAML turns a panic of the parser on garbage into an error.
func parseYAML(data []byte) (f *ast.File, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("[1:1] %v", p)
		}
	}()
	return parser.ParseBytes(data, 0)
}

// The parser's errors begin with [line:column] and go on with a picture.
func yamlErrorLine(err error) int {
	line, col := 1, 0
	if _, e := fmt.Sscanf(err.Error(), "[%d:%d]", &line, &col); e != nil {
		return 1
	}
	return line
}

func yamlErrorText(err error) string {
	s := err.Error()
	if i := strings.IndexByte(s, ']'); i >= 0 && strings.HasPrefix(s, "[") {
		s = s[i+1:]
	}
	s, _, _ = strings.Cut(s, "\n")
	return strings.TrimSpace(s)
}

func (r *yamlReader) fail(line int, format string, args ...any) {
	if len(args) > 0 {
		format = fmt.Sprintf(format, args...)
	}
	r.faults = append(r.faults, yamlFault{line, format})
}

func (r *yamlReader) sorted() []string {
	sort.SliceStable(r.faults, func(i, j int) bool { return r.faults[i].line < r.faults[j].line })
	var out []string
	for _, f := range r.faults {
		out = append(out, fmt.Sprintf("line %d: %s", f.line, f.text))
	}
	return out
}

func (r *yamlReader) root() ast.Node {
	if r.file == nil {
		return nil
	}
	var docs []ast.Node
	for _, d := range r.file.Docs {
		if d.Body != nil {
			docs = append(docs, d.Body)
		}
	}
	switch {
	case len(docs) == 0:
		r.fail(1, "the file is empty")
		return nil
	case len(docs) > 1:
		r.fail(lineOf(docs[1]), "a second document begins here; a file holds one")
		return nil
	}
	return docs[0]
}

func lineOf(n ast.Node) int {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 1
	}
	return n.GetToken().Position.Line
}

// pair is one entry of a mapping.
type pair struct {
	key   string
	line  int
	value ast.Node
}

// pairs lists a mapping's entries; what is the thing's name in messages.
func (r *yamlReader) pairs(n ast.Node, what string) []pair {
	var values []*ast.MappingValueNode
	switch m := n.(type) {
	case *ast.MappingNode:
		values = m.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{m}
	case *ast.NullNode:
		return nil
	default:
		r.fail(lineOf(n), "%s must be a list of keys and values", what)
		return nil
	}
	var out []pair
	seen := map[string]int{}
	for _, v := range values {
		key, ok := scalar(v.Key)
		if _, null := v.Key.(*ast.NullNode); null { // the key "null" is a word here
			key, ok = v.Key.GetToken().Value, true
		}
		if !ok {
			r.fail(lineOf(v.Key), "a key of %s must be a plain word", what)
			continue
		}
		if at, twice := seen[key]; twice {
			r.fail(lineOf(v.Key), "%q stands twice in %s, first on line %d", key, what, at)
			continue
		}
		seen[key] = lineOf(v.Key)
		out = append(out, pair{key, lineOf(v.Key), v.Value})
	}
	return out
}

// fields reads a mapping whose keys are all known.
func (r *yamlReader) fields(n ast.Node, what string, known map[string]func(pair)) {
	for _, p := range r.pairs(n, what) {
		read, ok := known[p.key]
		if !ok {
			names := make([]string, 0, len(known))
			for k := range known {
				names = append(names, k)
			}
			sort.Strings(names)
			r.fail(p.line, "unknown key %q in %s%s; known are %s", p.key, what, didYouMean(p.key, names), strings.Join(names, ", "))
			continue
		}
		read(p)
	}
}

// scalar gives the text of a scalar as it was written, without quotes.
func scalar(n ast.Node) (string, bool) {
	switch v := n.(type) {
	case *ast.StringNode:
		return v.Value, true
	case *ast.LiteralNode:
		return v.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	case *ast.MappingKeyNode:
		return scalar(v.Value)
	}
	return "", false
}

func (r *yamlReader) text(p pair, what string) string {
	s, ok := scalar(p.value)
	if !ok {
		r.fail(p.line, "%s must be a single value", what)
	}
	return s
}

// texts reads a list of scalars; a single scalar is a list of one.
func (r *yamlReader) texts(p pair, what string) []string {
	if s, ok := scalar(p.value); ok {
		return []string{s}
	}
	seq, ok := p.value.(*ast.SequenceNode)
	if !ok {
		r.fail(p.line, "%s must be a value or a list of values", what)
		return nil
	}
	var out []string
	for _, v := range seq.Values {
		s, ok := scalar(v)
		if !ok {
			r.fail(lineOf(v), "an entry of %s must be a single value (put it in quotes when it is empty)", what)
			continue
		}
		out = append(out, s)
	}
	return out
}
