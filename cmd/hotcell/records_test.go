package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotcell/hotcell/api"
)

// post sends records to a running server.
func post(t *testing.T, url, media, body string, header ...string) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", media)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, answer
}

func receipt(t *testing.T, status int, body []byte) (r api.Receipt) {
	t.Helper()
	if err := json.Unmarshal(body, &r); status != http.StatusOK || err != nil {
		t.Fatalf("%d %s", status, body)
	}
	if r.Read != r.Accepted+r.Rejected+r.Duplicate {
		t.Errorf("the account does not add up: %s", body)
	}
	return r
}

// Records sent to a running server are the records a load would have made, placed
// by the catalogue as it is at that moment.
func TestRecordsOverHTTP(t *testing.T) {
	eachHome(t, func(t *testing.T, h home) {
		url := h.serving() + "/api/v1/records/"
		send := func(feed, media, body string, header ...string) api.Receipt {
			t.Helper()
			status, answer := post(t, url+feed, media, body, header...)
			return receipt(t, status, answer)
		}
		const header = "record_id,time,outcome,lat,lon\n"
		first := header + "1,2026-05-01T10:00:00Z,completed,31.2,121.5\n2,never,completed,31.2,121.5\n"
		before := send("calls", "text/csv", first)
		if before.Accepted != 1 || before.Rejected != 1 || len(before.FirstRejects) != 1 || before.FirstRejects[0].Line != 3 || before.FirstRejects[0].Reason != "bad_time" {
			t.Errorf("calls: %+v", before)
		}
		const venue = `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":"v1","name":"Tower","scene":"office_tower"},
			"geometry":{"type":"Polygon","coordinates":[[[121.49,31.19],[121.51,31.19],[121.51,31.21],[121.49,31.21],[121.49,31.19]]]}}]}`
		if v := send("venues", "application/geo+json", venue); v.Accepted != 1 || len(v.Warnings) != 1 || !strings.Contains(v.Warnings[0], "rollup rebuild") {
			t.Errorf("venues: %+v", v)
		}
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		var rows []string
		for i := range 5000 {
			rows = append(rows, fmt.Sprintf(`{"record_id":"n%d","time":"2026-05-02T10:00:00Z","outcome":"dropped","lat":31.2,"lon":121.5}`, i))
		}
		_, _ = io.WriteString(z, strings.Join(rows, "\n"))
		z.Close()
		if r := send("calls?source=probe", "application/x-ndjson", packed.String(), "Content-Encoding", "gzip"); r.Accepted != 5000 || r.Source != "probe" || r.Located != 5000 {
			t.Errorf("packed NDJSON: %+v", r)
		}
		if r := send("calls?name=again.csv", "text/csv", first); !r.AlreadyHad || r.Accepted != 0 {
			t.Errorf("the same again: %+v", r)
		}
		status, answer := post(t, url+"calls?profile=/etc/passwd", "text/csv", first)
		if status != http.StatusBadRequest || !strings.Contains(string(answer), "profile") {
			t.Errorf("a file as profile: %d %s", status, answer)
		}
		if status, answer = post(t, url+"calls?profile=unknown", "text/csv", first); status != http.StatusBadRequest || !strings.Contains(string(answer), "mycall") {
			t.Errorf("unknown profile: %d %s", status, answer)
		}
		if status, answer = post(t, url+"calls", "text/csv", "colour\n1\n"); status != http.StatusBadRequest || !strings.Contains(string(answer), `"fault":"wrong_header"`) {
			t.Errorf("wrong header: %d %s", status, answer)
		}
		// A body that breaks off keeps its first rows and says so.
		status, answer = post(t, url+"calls?source=cut", "application/gzip", packed.String()[:packed.Len()-10])
		var p api.Problem
		if err := json.Unmarshal(answer, &p); err != nil || status != http.StatusBadRequest || p.Fault != "truncated" || p.Account == nil || p.Account.Accepted == 0 {
			t.Errorf("broken off: %d %s", status, answer)
		}
	})
}

// hotcell load works beside hotcell serve, which holds the store.
func TestLoadOnServer(t *testing.T) {
	eachHome(t, func(t *testing.T, h home) {
		dir := t.TempDir()
		good := "record_id,time,outcome,lat,lon\n1,2026-05-01T10:00:00Z,completed,31.2,121.5\n2,never,completed,31.2,121.5\n"
		write(t, dir, "good.csv", good)
		write(t, dir, "bad.csv", "nonsense\n1\n")
		server := []string{"--server", h.serving()}
		code, out, errs := h.command(append(server, "load", "calls", filepath.Join(dir, "*.csv"))...)
		if code != exitFailed || !strings.Contains(out, "good.csv: read 2 = accepted 1 + rejected 1 + duplicate 0") ||
			!strings.Contains(out, "rejected 1: bad_time") || !strings.Contains(errs, "bad.csv: the first line is no header") || !strings.Contains(errs, "1 of 2 files") {
			t.Errorf("exit %d\n%s%s", code, out, errs)
		}
		code, out, errs = h.piped(strings.ReplaceAll(good, "1,2026", "7,2026"), append(server, "load", "calls", "-")...)
		if code != exitDone || !strings.Contains(out, "standard input: read 2 = accepted 1") {
			t.Errorf("standard input: exit %d\n%s%s", code, out, errs)
		}
		code, _, errs = h.command(append(server, "load", "calls", "--max-rejects", "10%", write(t, dir, "more.csv", strings.ReplaceAll(good, "1,2026", "8,2026")))...)
		if code != exitFailed || !strings.Contains(errs, "more.csv: ") {
			t.Errorf("too many rejects: exit %d, %s", code, errs)
		}
		if code, _, errs = h.command(append(server, "load", "calls", "--profile", "nosuch", filepath.Join(dir, "good.csv"))...); code != exitUsage || !strings.Contains(errs, "nosuch") {
			t.Errorf("unknown profile: exit %d, %s", code, errs)
		}
		if code, _, errs = h.command(append(server, "load", "calls", dir)...); code != exitFailed || !strings.Contains(errs, "this is no file") {
			t.Errorf("a folder: exit %d, %s", code, errs)
		}
		if code, out, errs = h.command(append(server, "rank", "--format", "json")...); code != exitDone && !strings.Contains(errs, "nothing to rank") {
			t.Errorf("rank: exit %d %s%s", code, out, errs)
		}
	})
}

// Rejects of records that were sent under another source are replayed under it.
func TestReplayOfSentRejects(t *testing.T) {
	eachHome(t, func(t *testing.T, h home) {
		url := h.serving()
		status, answer := post(t, url+"/api/v1/records/calls?source=probe", "text/csv", callHeader+"1,01.05.2026 10:00,completed,31.2,121.5\n"+callRow(2))
		if r := receipt(t, status, answer); r.Rejected != 1 {
			t.Fatalf("%+v", r)
		}
		mended := write(t, t.TempDir(), "mended.yaml", "profile: mended\nfeed: calls\nsource: calls\ntime:\n  formats: [\"%d.%m.%Y %H:%M\"]\n")
		code, out, errs := h.command("rejects", "replay", "--feed", "calls", "--source", "probe", "--profile", mended)
		if code != exitDone || !strings.Contains(out, "read 1 = accepted 1") {
			t.Errorf("exit %d %s%s", code, out, errs)
		}
	})
}
