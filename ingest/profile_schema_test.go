package ingest

import (
	"bytes"
	"encoding/json"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

var updateSchema = flag.Bool("update-schema", false, "write profiles/profile.schema.json anew")

func profileSchema(t testing.TB) (*jsonschema.Schema, map[string]any) {
	t.Helper()
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(ProfileSchema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("profile.schema.json", parsed); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("profile.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s, parsed.(map[string]any)
}

func validateYAML(t testing.TB, s *jsonschema.Schema, data []byte) error {
	t.Helper()
	asJSON, err := yaml.YAMLToJSON(data)
	if err != nil {
		return err
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		return err
	}
	return s.Validate(v)
}

// The schema in the repository is the one the program prints, and every shipped
// profile, and the example of the documentation, follows it.
func TestProfileSchema(t *testing.T) {
	const file = "profiles/profile.schema.json"
	if *updateSchema {
		if err := os.WriteFile(file, ProfileSchema(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if kept, err := os.ReadFile(file); err != nil || !bytes.Equal(kept, ProfileSchema()) {
		t.Errorf("%s is not what the program prints (%v); write it anew with go test ./ingest -run ProfileSchema -update-schema", file, err)
	}
	schema, _ := profileSchema(t)
	for _, name := range Shipped() {
		data, err := fs.ReadFile(shipped, "profiles/"+name+".yaml")
		if err != nil {
			t.Fatal(err)
		}
		if err := validateYAML(t, schema, data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	readme, err := os.ReadFile("profiles/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(readme), "```yaml\n")
	example, _, ok := strings.Cut(example, "```")
	if err := validateYAML(t, schema, []byte(example)); err != nil || !ok {
		t.Errorf("the example of profiles/README.md: %v", err)
	}
}

// Bad profiles that are wrong by their keys or words are wrong by the schema too.
func TestProfileSchemaRefuses(t *testing.T) {
	schema, _ := profileSchema(t)
	for _, name := range []string{"unknown-keys", "unknown-feed", "bad-format", "no-name-no-feed", "venues-with-columns", "bad-values", "bad-causes", "scalar", "list-for-value"} {
		data, err := os.ReadFile(filepath.Join("testdata", name+".bad.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if validateYAML(t, schema, data) == nil {
			t.Errorf("%s.bad.yaml follows the schema", name)
		}
	}
}

// The keys of the schema are those that the reader knows, at every level. The reader
// lists them when it meets one it does not know.
func TestProfileSchemaHasTheReadersKeys(t *testing.T) {
	_, schema := profileSchema(t)
	known := regexp.MustCompile(`known are (.*)`)
	readers := func(profile string) []string {
		_, err := ParseProfile("p", []byte(profile))
		m := known.FindStringSubmatch(err.Error())
		if m == nil {
			t.Fatalf("%q gives %v", profile, err)
		}
		keys := strings.Split(m[1], ", ")
		slices.Sort(keys)
		return keys
	}
	keys := func(v any, path ...any) []string {
		for _, p := range path {
			switch p := p.(type) {
			case string:
				v = v.(map[string]any)[p]
			case int:
				v = v.([]any)[p]
			}
		}
		var out []string
		for k, what := range v.(map[string]any) {
			if what != false {
				out = append(out, k)
			}
		}
		slices.Sort(out)
		return out
	}
	same := func(where string, schema, reader []string) {
		t.Helper()
		if !slices.Equal(schema, reader) {
			t.Errorf("%s: the schema has %v, the reader %v", where, schema, reader)
		}
	}
	head := "profile: p\nfeed: calls\n"
	same("top", keys(schema, "properties"), readers(head+"zzz: 1\n"))
	for _, section := range []string{"format", "time", "position"} {
		same(section, keys(schema, "properties", section, "properties"), readers(head+section+": {zzz: 1}\n"))
	}
	for i, f := range Feeds() {
		if !f.tabular() {
			continue
		}
		columns := []any{"allOf", i, "then", "properties", "columns", "properties"}
		same(string(f), keys(schema, columns...), readers("profile: p\nfeed: "+string(f)+"\ncolumns: {zzz: 1}\n"))
		for _, ff := range feedFields[f] {
			name := ff.field.String()
			reader := readers("profile: p\nfeed: " + string(f) + "\ncolumns: {" + name + ": {zzz: 1}}\n")
			if units[ff.field] == nil { // the reader says so in a sentence of its own
				reader = slices.DeleteFunc(reader, func(k string) bool { return k == "unit" })
			}
			same(string(f)+" "+name, keys(schema, append(columns, name, "anyOf", 2, "properties")...), reader)
		}
	}
}

// FuzzProfileSchema: what the reader takes follows the schema.
func FuzzProfileSchema(f *testing.F) {
	for _, name := range Shipped() {
		data, err := fs.ReadFile(shipped, "profiles/"+name+".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	f.Add("profile: p\nfeed: calls\ncolumns: {duration_s: {from: [a, b], unit: ms}, rat: {values: {LTE: 4g, x: ~}}}\n")
	schema, _ := profileSchema(f)
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := ParseProfile("p.yaml", []byte(text)); err != nil || strings.ContainsAny(text, "&*!?<~|>\\%@`") {
			return // other YAML readers have their own ideas of tags, anchors and odd scalars
		}
		asJSON, err := yaml.YAMLToJSON([]byte(text))
		if err != nil || !json.Valid(asJSON) {
			return // what turns YAML into JSON here stumbles over control characters
		}
		if err := validateYAML(t, schema, []byte(text)); err != nil {
			t.Errorf("%q is taken, but does not follow the schema: %v", text, err)
		}
	})
}
