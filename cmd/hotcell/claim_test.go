package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hotcell/hotcell/cmd/citysim/city"
	"github.com/hotcell/hotcell/hotspots"
	"github.com/hotcell/hotcell/store/storetest"
)

// cityClaim is a claim on the whole of a small city's province; tests change
// single lines of it.
const cityClaim = `# A comment, so that line numbers are not trivial.
id: city
statement: calls hold everywhere in the province
metric: cut_off_call_ratio
denominator: calls
threshold: 0.2
area:
  name: the province
  name_zh: 示例省
  region: "59"
period:
  start: 2026-05-04
  end: 2026-05-31
  utc_offset: "+08:00"
`

// claimFiles writes claims that differ from cityClaim by replacements "old→new".
func claimFiles(t *testing.T, changes map[string][]string) map[string]string {
	t.Helper()
	dir, files := t.TempDir(), map[string]string{}
	for name, pairs := range changes {
		text := strings.Replace(cityClaim, "id: city", "id: "+name, 1)
		for _, pair := range pairs {
			old, now, _ := strings.Cut(pair, "→")
			if !strings.Contains(text, old) {
				t.Fatalf("%s: %q is not in the claim", name, old)
			}
			text = strings.Replace(text, old, now, 1)
		}
		files[name] = filepath.Join(dir, name+".yaml")
		if err := os.WriteFile(files[name], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// readTable reads a CSV file and gives its rows and each column's number.
func readTable(t *testing.T, path string) (rows [][]string, column map[string]int) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows, err = csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column = map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	return rows[1:], column
}

// callCounts are calls set up, and dropped of them.
type callCounts struct{ setUp, dropped float64 }

// locatedCalls counts a city's calls that have coordinates, and those that have
// coordinates or were served by an indoor radio cell: a claim places all of the
// former and, of the latter, those in a building that the catalogue knows.
func locatedCalls(t *testing.T, c smallCityFiles) (least, most callCounts) {
	t.Helper()
	inside := map[string]bool{}
	sites, column := readTable(t, c.file("sites.csv"))
	for _, row := range sites {
		inside[row[column["cell_id"]]] = row[column["indoor"]] == "true"
	}
	calls, column := readTable(t, c.file("calls.csv"))
	for _, row := range calls {
		pos := row[column["lat"]] != ""
		if outcome := row[column["outcome"]]; outcome != "blocked" && (pos || inside[row[column["cell_id"]]]) {
			one := callCounts{setUp: 1}
			if outcome == "dropped" {
				one.dropped = 1
			}
			most = callCounts{most.setUp + 1, most.dropped + one.dropped}
			if pos {
				least = callCounts{least.setUp + 1, least.dropped + one.dropped}
			}
		}
	}
	return least, most
}

func TestClaimsOfACity(t *testing.T) {
	dir := t.TempDir()
	cfg := city.DefaultConfig()
	cfg.Seed, cfg.Calls = 12, 30_000
	if _, err := city.Write(context.Background(), dir, cfg, nil); err != nil {
		t.Fatal(err)
	}
	c := smallCityFiles{dir: dir}
	least, most := locatedCalls(t, c)
	files := claimFiles(t, map[string][]string{
		"true":       nil,
		"false":      {"metric: cut_off_call_ratio→metric: perceived_drop_ratio", "threshold: 0.2→threshold: 0.0005"},
		"thin":       {"end: 2026-05-31→end: 2026-05-04", "threshold: 0.2→threshold: 0.02"},
		"setup":      {"metric: cut_off_call_ratio→metric: setup_success_ratio", "threshold: 0.2→threshold: 0.6", "denominator: calls→denominator: customers"},
		"complaints": {"metric: cut_off_call_ratio→metric: complaints_per_10000", "threshold: 0.2→threshold: 5", "denominator: calls→denominator: customers"},
		"area":       {"denominator: calls→denominator: area\nshare: 0.9"},
		"road":       {"denominator: calls→denominator: road_km\nshare: 0.9", `region: "59"→highways: [G7841]`},
		"malls":      {"denominator: calls→denominator: venues\nshare: 0.1", `region: "59"→region: "59"` + "\n  scene: mall"},
		"long":       {"end: 2026-05-31→end: 2026-06-02"},
		"gaps":       {"end: 2026-05-31→end: 2026-06-10"},
	})
	want := map[string]hotspots.ClaimVerdict{
		"true": hotspots.ClaimSupported, "false": hotspots.ClaimNotSupported, "thin": hotspots.ClaimUndecided,
		"setup": hotspots.ClaimSupported, "complaints": hotspots.ClaimNotSupported, "long": hotspots.ClaimSupported,
		"area": hotspots.ClaimUndecided, "road": hotspots.ClaimUndecided, "malls": hotspots.ClaimSupported,
		"gaps": hotspots.ClaimUndecided,
	}
	eachHome(t, func(t *testing.T, h home) {
		h.at = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
		h.loadCity(c)
		evidence := filepath.Join(t.TempDir(), "new", "evidence")
		args := []string{"claim", "check", "--format", "json", "--pack", evidence}
		for _, file := range files {
			args = append(args, file)
		}
		var packs []hotspots.EvidencePack
		if err := json.Unmarshal([]byte(h.must(args...)), &packs); err != nil || len(packs) != len(files) {
			t.Fatalf("%d packs of %d claims: %v", len(packs), len(files), err)
		}
		for i := range packs {
			k := &packs[i].Check
			id := k.Claim.ID
			if err := packs[i].Verify(); err != nil {
				t.Errorf("%s: %v", id, err)
			}
			if k.Verdict != want[id] {
				t.Errorf("%s is %s, want %s: %s", id, k.Verdict, want[id], k.Reason.EN)
			}
			if (k.Wording.EN != "") != (k.Verdict == hotspots.ClaimSupported) || (k.Wording.ZH != "") != (k.Wording.EN != "") {
				t.Errorf("%s is %s with the wording %+v", id, k.Verdict, k.Wording)
			}
			switch f := k.Figures; id {
			case "true":
				if f.Base < least.setUp || f.Base > most.setUp || f.Events < least.dropped || f.Events > most.dropped || f.QuietDays != 0 || f.Clusters < 100 {
					t.Errorf("%v of %v calls dropped, want between %v and %v; %+v", f.Events, f.Base, least, most, f)
				}
			case "thin":
				if k.Needed.More == nil || *k.Needed.More == 0 {
					t.Errorf("it is not said what the thin claim needs: %+v", k.Needed)
				}
			case "long":
				if f.QuietDays != 2 {
					t.Errorf("%d quiet days, want 2", f.QuietDays)
				}
			case "gaps":
				if f.QuietDays != 10 || f.Doubt != "gaps" {
					t.Errorf("%d quiet days, want 10; doubt %q", f.QuietDays, f.Doubt)
				}
			case "area", "road", "malls":
				if f.Units == 0 || float64(f.Units) > f.Base*20 || f.Value == nil || *f.Value <= 0 {
					t.Errorf("%s: figures %+v", id, f)
				}
			}
		}

		written, err := filepath.Glob(filepath.Join(evidence, "*.json"))
		if err != nil || len(written) != len(files) {
			t.Fatalf("packs written: %v, %v", written, err)
		}
		out := h.must(append([]string{"claim", "verify"}, written...)...)
		if strings.Count(out, "unchanged since") != len(files) || !strings.Contains(out, "2026-08-29") {
			t.Errorf("claim verify printed %q", out)
		}
		text, err := os.ReadFile(written[0])
		if err != nil {
			t.Fatal(err)
		}
		forged := filepath.Join(t.TempDir(), "forged.json")
		if err := os.WriteFile(forged, bytes.Replace(text, []byte(`"confidence": 0.95`), []byte(`"confidence": 0.99`), 1), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, _, errs := h.command("claim", "verify", forged); code != exitFailed || !strings.Contains(errs, "changed after it was made") {
			t.Errorf("a forged pack: exit %d, %q", code, errs)
		}

		page := h.must("claim", "check", "--format", "html", files["true"])
		for i := range packs {
			if packs[i].Check.Claim.ID == "true" {
				for _, w := range []string{packs[i].Check.Wording.ZH, packs[i].Inputs, packs[i].Evidence, "<!DOCTYPE html>"} {
					if !strings.Contains(strings.ToLower(page), strings.ToLower(w)) {
						t.Errorf("%q is not on the page", w)
					}
				}
			}
		}
		table := h.must("claim", "check", files["true"], files["thin"])
		for _, w := range []string{"SUPPORTED 有据可依", "UNDECIDED 证据不足", "one-sided 95 % upper bound", "more customers", "May be said  the province: at least 80 % of our customers' connected calls",
			"示例省：我方客户至少80 %的通话未被中断", "basis: share of calls, not of area / 按通话次数统计", "Expires      2026-08-29"} {
			if !strings.Contains(table, w) {
				t.Errorf("%q is missing in\n%s", w, table)
			}
		}

		late := h
		late.at = time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
		if table := late.must("claim", "check", files["true"]); !strings.Contains(table, "nothing any more: the wording expired on 2026-08-29") ||
			strings.Contains(table, "of our customers' connected calls") {
			t.Errorf("checked after its wording expired: %s", table)
		}
		early := h
		early.at = time.Date(2026, 5, 31, 15, 59, 0, 0, time.UTC)
		if code, _, errs := early.command("claim", "check", files["true"]); code != exitFailed || !strings.Contains(errs, files["true"]+":13: period.end: 2026-05-31 is not over yet") {
			t.Errorf("checked a minute before the period was over: exit %d, %s", code, errs)
		}

		// A claim at fault does not keep the others back.
		for name, change := range map[string][]string{
			"no-region":  {`region: "59"→region: "77"`},
			"no-highway": {`region: "59"→highways: [G99]`},
			"no-venue":   {`region: "59"→venues: [V77]`},
			"no-data":    {"start: 2026-05-04→start: 2025-05-04", "end: 2026-05-31→end: 2025-05-31"},
		} {
			bad := claimFiles(t, map[string][]string{name: change})[name]
			code, out, errs := h.command("claim", "check", bad, files["true"])
			wanted := bad + map[string]string{
				"no-region":  `:10: area.region: "77" is not in the catalogue, which has 59,`,
				"no-highway": `:10: area.highways: "G99" is not in the catalogue, which has G7841,`,
				"no-venue":   `:10: area.venues: "V77" is not in the catalogue; venues are named by their id`,
				"no-data":    `:12: period: there are no calls and no complaints from 2025-05-03 16:00 to 2025-05-31 16:00 UTC; the store has calls from 2026-05-`,
			}[name]
			if code != exitFailed || !strings.Contains(errs, wanted) || !strings.Contains(errs, "1 of 2 claims could not be checked") || !strings.Contains(out, "SUPPORTED") {
				t.Errorf("%s: exit %d, printed %q, want %q", name, code, errs, wanted)
			}
		}

		// Nothing is sealed while records stand where an earlier catalogue put them.
		kiosk := filepath.Join(t.TempDir(), "kiosk.geojson")
		if err := os.WriteFile(kiosk, []byte(`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":"K1","name":"Kiosk","scene":"other"},"geometry":{"type":"Point","coordinates":[105.1,30.3]}}]}`), 0o600); err != nil {
			t.Fatal(err)
		}
		h.load("venues", kiosk)
		code, out, errs := h.command("claim", "check", files["true"])
		if code != exitFailed || out != "" || !strings.Contains(errs, "with an earlier catalogue or release: run hotcell rollup rebuild") {
			t.Errorf("with a newer catalogue: exit %d, %q, %q", code, out, errs)
		}
		h.must("rollup", "rebuild")
		h.must("claim", "check", files["true"])
	})
}

func TestClaimFileMessages(t *testing.T) {
	h := home{t: t, dsn: storetest.Embedded(t), keyFile: filepath.Join(t.TempDir(), "key")}
	good := claimFiles(t, map[string][]string{"good": nil})["good"]
	for name, test := range map[string]struct {
		change string
		want   string
	}{
		"metric":    {"metric: cut_off_call_ratio→metric: drops", `:4: metric: "drops" is not known; use cut_off_call_ratio`},
		"threshold": {"threshold: 0.2→threshold: 99", `:6: threshold: 99 must be a share between 0 and 1`},
		"environment": {"period:→conditions:\n  environment: underwater\nperiod:",
			`:12: conditions.environment:`},
		"missing":     {"  name: the province\n→", `area.name: must not be empty`},
		"unknown key": {"threshold: 0.2→treshold: 0.2", `:6: `},
		"not YAML":    {"metric: cut_off_call_ratio→metric: [", `.yaml:`},
		"text":        {"threshold: 0.2→threshold: much", `:6: `},
		"date":        {"start: 2026-05-04→start: yesterday", `:12: period.start: "yesterday" is not a date like 2026-05-31`},
		"two":         {"period:→---\nperiod:", `2 claims in one file`},
	} {
		file := claimFiles(t, map[string][]string{name: {test.change}})[name]
		if code, _, errs := h.command("claim", "check", file); code != exitFailed || !strings.Contains(errs, file) || !strings.Contains(errs, test.want) {
			t.Errorf("%s: exit %d, %q, want %q", name, code, errs, test.want)
		}
	}
	for name, test := range map[string]struct {
		args []string
		code int
		want string
	}{
		"no verb":        {[]string{"claim"}, exitUsage, "claim check FILE"},
		"no file":        {[]string{"claim", "check"}, exitUsage, "name at least one claim file"},
		"format":         {[]string{"claim", "check", "--format", "csv", good}, exitUsage, "is not one of table, json, html"},
		"two pages":      {[]string{"claim", "check", "--format", "html", good, good}, exitUsage, "use --pack DIR"},
		"server":         {[]string{"--server", "http://127.0.0.1:1", "claim", "check", good}, exitUsage, "does not go with --server"},
		"missing":        {[]string{"claim", "check", "none.yaml"}, exitFailed, "none.yaml: there is no such file"},
		"directory":      {[]string{"claim", "check", filepath.Dir(good)}, exitFailed, "this is a directory"},
		"same id":        {[]string{"claim", "check", good, good}, exitFailed, `:2: id: "good" is the id of`},
		"empty store":    {[]string{"claim", "check", good}, exitFailed, `:10: area.region: "59" is not in the catalogue, which has no regions`},
		"no pack":        {[]string{"claim", "verify"}, exitUsage, "name at least one evidence pack"},
		"pack missing":   {[]string{"claim", "verify", "none.json"}, exitFailed, "none.json: there is no such file"},
		"no pack at all": {[]string{"claim", "verify", good}, exitFailed, "evidence pack"},
	} {
		if code, _, errs := h.command(test.args...); code != test.code || !strings.Contains(errs, test.want) {
			t.Errorf("%s: exit %d, want %d; %q, want %q", name, code, test.code, errs, test.want)
		}
	}
	if out := h.must("claim", "--help"); !strings.Contains(out, "metric: cut_off_call_ratio") || !strings.Contains(out, "hotcell claim check g4.yaml") {
		t.Errorf("the help shows no claim: %q", out)
	}
}
