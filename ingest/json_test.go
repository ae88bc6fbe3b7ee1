package ingest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

const jsonRows = `{"record_id":"a","time":"2026-06-01 08:00:00","outcome":"dropped","lat":30.66,"lon":104.06,"duration_s":12.5,"cause":"电梯 \"A\"\n\ud83d\ude00","indoor":null}
{"time":"2026-06-01T08:00:00Z","record_id":"b","outcome":"poor","floor":-2}

{"record_id":"c","time":"2026-06-01 08:00:00","outcome":"poor","speed":3}
{"record_id":"d","time":"2026-06-01 08:00:00","outcome":"poor"
{"record_id":"e","time":"2026-06-01 08:00:00","outcome":"poor","outcome":"dropped"}
{"record_id":"a","time":"2026-06-01 08:00:00","outcome":"dropped","lat":30.66,"lon":104.06,"duration_s":12.5,"cause":"电梯 \"A\"\n\ud83d\ude00","indoor":null}
`

func TestNDJSON(t *testing.T) {
	sink := printSink{newMemSink()}
	// The third row's key is unknown to everyone, but lies in the beginning that
	// tells the columns: so the file is refused unless the profile ignores it.
	path := writeFile(t, "calls.ndjson", jsonRows)
	_, err := loadCalls(t, newTestLoader(t, testConfig(), sink), path)
	if fe, ok := IsFileError(err); !ok || fe.Code != FileHeader || !strings.Contains(fe.Detail, `unknown column "speed"`) {
		t.Fatalf("got %v", err)
	}
	p := profileOf(t, "profile: calls\nfeed: calls\nignore: speed\n")
	a, err := newTestLoader(t, testConfig(), sink).Load(t.Context(), FeedCalls, p, path)
	if err != nil {
		t.Fatal(err)
	}
	checkIdentity(t, a)
	if a.Read != 6 || a.Accepted != 3 || a.ByReason[ReasonJSON] != 2 || a.Duplicate != 1 || a.Located != 1 {
		t.Fatalf("%+v %+v", a, sink.rejects)
	}
	found := false
	for _, c := range sink.calls {
		if c.Outcome == Dropped {
			found = c.Cause == "电梯 \"A\"\n😀" && c.DurationS == 12.5
		}
	}
	if !found {
		t.Errorf("calls %+v", sink.calls)
	}
	if r := sink.rejects[0]; r.Line != 5 || r.Detail != `no valid JSON object at byte 63: '}' is missing` {
		t.Errorf("reject %+v", r)
	}
	if r := sink.rejects[1]; r.Line != 6 || r.Detail != `the key "outcome" stands twice` {
		t.Errorf("reject %+v", r)
	}
}

func TestJSONWithNestedKeysAndLateOnes(t *testing.T) {
	p := profileOf(t, `profile: j
feed: calls
columns:
  time: event.start
  outcome: {from: event.result, values: {OK: completed}}
  cell_id: radio.cell.id
ignore: ["*"]
`)
	var b strings.Builder
	for i := range 3000 { // longer than what is looked at first
		fmt.Fprintf(&b, `{"event":{"start":"2026-06-01 08:00:00","result":"OK"},"n":%d,"tags":["x",{"y":[1,2]}]}`+"\n", i)
	}
	b.WriteString(`{"event":{"start":"2026-06-01 08:00:00","result":"OK"},"radio":{"cell":{"id":"460-00-7"}},"late":true}`)
	sink := newMemSink()
	a, err := newTestLoader(t, testConfig(), sink).Load(t.Context(), FeedCalls, p, writeFile(t, "x.json", b.String()))
	if err != nil || a.Accepted != 3001 {
		t.Fatalf("%+v, %v, %+v", a, err, sink.rejects[:min(len(sink.rejects), 1)])
	}
	late := 0
	for _, c := range sink.calls {
		if c.RadioCell == "460-00-7" {
			late++
		}
	}
	if late != 1 {
		t.Errorf("%d calls with the late column", late)
	}
}

// checkJSON compares one line with encoding/json: the same lines are objects, and
// the leaves are the same.
func checkJSON(t interface {
	Fatalf(string, ...any)
}, line string) {
	got := map[string]string{}
	twice := false
	var scratch []byte
	p := jsonParser{b: []byte(line), scratch: &scratch}
	p.blank()
	err := p.object(nil, 0, func(path, value []byte) error {
		if _, ok := got[string(path)]; ok {
			twice = true
		}
		if value != nil {
			got[string(path)] = string(value)
		}
		return nil
	})
	if p.blank(); err == nil && p.i < len(p.b) {
		err = p.errorf("more")
	}
	var want map[string]any
	d := json.NewDecoder(strings.NewReader(line))
	d.UseNumber()
	werr := json.Unmarshal([]byte(line), &want)
	if werr == nil {
		werr = d.Decode(&want)
	}
	if want == nil && werr == nil {
		return // "null" is no object
	}
	if (err == nil) != (werr == nil) {
		if err != nil && strings.Contains(err.Error(), "in each other") {
			return
		}
		t.Fatalf("%q: error %v, encoding/json says %v", line, err, werr)
	}
	if err != nil || twice || !utf8.ValidString(line) {
		return
	}
	flat := map[string]string{}
	if !flatten(want, "", flat) {
		return // keys with dots or repeated keys in different objects: ambiguous
	}
	for k, v := range flat {
		if v != "\x00array" && got[k] != v {
			t.Fatalf("%q: %s is %q, want %q", line, k, got[k], v)
		}
	}
	if !reflect.DeepEqual(keysOf(got), keysOf(flat)) {
		t.Fatalf("%q: keys %v, want %v", line, keysOf(got), keysOf(flat))
	}
}

func keysOf(m map[string]string) []string { return sortedKeys(m) }

func flatten(v map[string]any, prefix string, out map[string]string) bool {
	for k, x := range v {
		if strings.Contains(k, ".") || k == "" {
			return false
		}
		switch x := x.(type) {
		case map[string]any:
			if !flatten(x, prefix+k+".", out) {
				return false
			}
		case nil:
		case []any:
			out[prefix+k] = "\x00array"
		default:
			out[prefix+k] = fmt.Sprint(x)
		}
	}
	return true
}

func TestJSONAgreesWithEncodingJSON(t *testing.T) {
	bit := rapid.SampledFrom([]string{"{", "}", "[", "]", ":", ",", `"a"`, `"b"`, `"c"`, "1", "-0.5e3", "01", "true", "null", `"x\u0041\n"`, `"\ud83d\ude00"`, `"\ud83d"`, " ", `"\q"`, "\"\t\"", "nul"})
	value := rapid.SampledFrom([]string{"1", `"s"`, "null", "[1,[2]]", `{"d":2}`, "{}", "[]", `"\ud83dx"`, "-1.5E-3", "false"})
	rapid.Check(t, func(t *rapid.T) {
		checkJSON(t, strings.Join(rapid.SliceOfN(bit, 0, 12).Draw(t, "bits"), ""))
		var parts []string
		for i, v := range rapid.SliceOfN(value, 0, 5).Draw(t, "values") {
			parts = append(parts, fmt.Sprintf(`"k%d" : %s`, i, v))
		}
		checkJSON(t, " {"+strings.Join(parts, " , ")+"} ")
	})
}

func FuzzJSON(f *testing.F) {
	for _, line := range strings.Split(jsonRows, "\n") {
		f.Add(line)
	}
	f.Add(`{"a":{"b":{"c":[1,{"d":"\u00e9"}]}}}`)
	f.Fuzz(func(t *testing.T, line string) { checkJSON(t, line) })
}
