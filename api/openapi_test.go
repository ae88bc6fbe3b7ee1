package api_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/hotcell/hotcell/api"
	"github.com/hotcell/hotcell/ingest"
)

// TestOpenAPI checks that every route is described and that real answers,
// failures included, match their schemas.
func TestOpenAPI(t *testing.T) {
	w := newWorld()
	s, _ := newServer(t, w, nil)
	raw := get(t, s.Handler(), "/api/v1/openapi.json").Body.Bytes()
	doc := decode[struct {
		Paths map[string]map[string]json.RawMessage
	}](t, raw)
	described := []string{}
	for path, methods := range doc.Paths {
		for method := range methods {
			described = append(described, method+" "+path)
		}
	}
	slices.Sort(described)
	if routes := api.Routes(s); !slices.Equal(routes, described) {
		t.Errorf("routes    %q\ndescribed %q", routes, described)
	}

	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	if err := compiler.AddResource("openapi.json", parsed); err != nil {
		t.Fatal(err)
	}
	validate := func(path, schema string, answer []byte) {
		t.Helper()
		compiled, err := compiler.Compile("openapi.json#/components/schemas/" + schema)
		if err != nil {
			t.Fatal(err)
		}
		body, err := jsonschema.UnmarshalJSON(bytes.NewReader(answer))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if err := compiled.Validate(body); err != nil {
			t.Errorf("%s is not a %s: %v", path, schema, err)
		}
	}
	check := func(path, schema string) {
		t.Helper()
		validate(path, schema, get(t, s.Handler(), path).Body.Bytes())
	}
	partial := &ingest.FileError{Code: ingest.FileTruncated, Detail: "The data breaks off.", Partial: true}
	for schema, fail := range map[string]error{"Receipt": nil, "Problem": partial} {
		takes := intakeServer(t, &countingIntake{fail: fail}, w, nil)
		validate(calls, schema, send(takes.Handler(), calls, strings.NewReader("a\n1\n")).Body.Bytes())
	}
	takes := intakeServer(t, &countingIntake{}, w, nil)
	validate("a ticket", "TroubleTicket", sendTicket(takes, tickets+"troubleTicket", oneTicket).Body.Bytes())
	validate("a bad ticket", "TMFError", sendTicket(takes, tickets+"troubleTicket", "{}").Body.Bytes())
	check("/api/v1/hotspots", "Ranking")
	check("/api/v1/hotspots?window=7d", "Ranking")
	check("/api/v1/hotspots?format=geojson", "HotspotCollection")
	check("/api/v1/hotspots/hs_05", "OneHotspot")
	check("/api/v1/hotspots/hs_05/explanation", "Explained")
	check("/api/v1/hotspots/hs_06/explanation", "Explained")
	check("/api/v1/hotspots/hs_99/explanation", "Problem")
	check("/api/v1/warnings", "Warnings")
	check("/api/v1/warnings?days=0", "Problem")
	check("/api/v1/cells?resolution=7", "CellCollection")
	check("/api/v1/cells?resolution=7&limit=1&end=2026-05-02", "CellCollection")
	check("/api/v1/map/regions", "RegionCollection")
	check("/api/v1/map/venues", "VenueCollection")
	check("/healthz", "Health")
	check("/readyz", "Health")
	check("/api/v1/hotspots?nonsense=1", "Problem")
	check("/nothing", "Problem")
	w.noRun = true
	check("/api/v1/hotspots", "Ranking")
	check("/api/v1/hotspots?format=geojson", "HotspotCollection")
	check("/api/v1/hotspots/hs_05", "Problem")
	w.noRun, w.fail = false, errSecret
	check("/api/v1/hotspots", "Problem")
}
