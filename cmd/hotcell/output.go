package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/hotcell/hotcell/api"
	"github.com/hotcell/hotcell/hotspots"
)

// formats are the values of --format for a ranking.
var formats = []string{"table", "json", "csv", "geojson"}

func checkFormat(format string, allowed ...string) error {
	for _, f := range allowed {
		if f == format {
			return nil
		}
	}
	return usagef("--format %q is not one of %s", format, strings.Join(allowed, ", "))
}

func writeRanking(w io.Writer, format string, r *api.Ranking) error {
	switch format {
	case "json":
		return writeJSON(w, r)
	case "csv":
		return writeRankingCSV(w, r)
	case "geojson":
		return writeRankingGeoJSON(w, r)
	}
	return writeRankingTable(w, r)
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// writeJSONLine writes one object on one line (NDJSON).
func writeJSONLine(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// placeWidth is how wide, in characters, the causes under the places are.
const placeWidth = 58

func writeRankingTable(w io.Writer, r *api.Ranking) error {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.SetStyle(table.StyleLight)
	t.Style().Options.SeparateColumns = false
	t.Style().Options.DrawBorder = false
	t.Style().Format.Header = text.FormatDefault
	t.AppendHeader(table.Row{"#", "Place", "Scene", "Avoidable", "90 %", "Hurt", "Bad", "Rate", "Normal", "Compl."})
	right := func(n int) table.ColumnConfig {
		return table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight}
	}
	t.SetColumnConfigs([]table.ColumnConfig{right(1), right(4), right(5), right(6), right(7), right(8), right(9), right(10)})
	for _, h := range r.Hotspots {
		bad := h.Events.Dropped + h.Events.Perceived + h.Events.Blocked + h.Events.Poor
		t.AppendRow(table.Row{
			h.Rank, h.Name + "\n" + text.WrapSoft(firstSentence(h.Cause.Sentence), placeWidth), h.Scene,
			fmt.Sprintf("%.1f", h.Impact.Avoidable),
			fmt.Sprintf("%.1f–%.1f", h.Impact.Lower, h.Impact.Upper),
			h.Customers.Hurt, bad,
			percent(h.Rate.Value), percent(h.Rate.Reference), h.Events.Complaints,
		})
	}
	if len(r.Hotspots) > 0 {
		t.Render()
	} else {
		fmt.Fprintln(w, "No place is credibly worse than normal for its kind: nothing to list.")
	}
	fmt.Fprintf(w, "\n%s to %s, %s calls, %s of them without a place; avoidable impact in weighted hurt customers. Run %s.\n",
		r.Run.Start.Format("2006-01-02"), r.Run.End.Format("2006-01-02 15:04"),
		thousands(r.Run.Summary.Calls), thousands(r.Run.Summary.Unlocated), r.Run.ID)
	for _, note := range r.Notes {
		fmt.Fprintln(w, "Note: "+note)
	}
	return nil
}

// firstSentence is what a table has room for; "hotspot show" has the rest.
func firstSentence(text string) string {
	if first, _, cut := strings.Cut(text, ". "); cut {
		return first + "."
	}
	return text
}

func percent(v *float64) string {
	if v == nil {
		return "–"
	}
	return strconv.FormatFloat(*v*100, 'f', 1, 64) + " %"
}

// thousands writes 1234567 as 1,234,567.
func thousands(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func writeRankingCSV(w io.Writer, r *api.Ranking) error {
	c := csv.NewWriter(w)
	_ = c.Write([]string{
		"rank", "id", "name", "scene", "region", "kind", "lat", "lon",
		"impact_total", "impact_avoidable", "impact_lower", "impact_upper",
		"customers_hurt", "customers_served", "key_accounts",
		"rate", "rate_lower", "rate_upper", "rate_reference",
		"dropped", "perceived", "blocked", "poor", "complaints", "appeals",
		"gi_z", "p_adjusted", "trend", "first_seen", "cause", "state", "run",
	})
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	optional := func(v *float64) string {
		if v == nil {
			return ""
		}
		return number(*v)
	}
	count := func(n uint64) string { return strconv.FormatUint(n, 10) }
	for _, h := range r.Hotspots {
		_ = c.Write([]string{
			strconv.Itoa(h.Rank), h.ID, h.Name, h.Scene, strings.Join(h.Region, "/"), h.Place.Kind, number(h.Center[1]), number(h.Center[0]),
			number(h.Impact.Total), number(h.Impact.Avoidable), number(h.Impact.Lower), number(h.Impact.Upper),
			strconv.Itoa(h.Customers.Hurt), strconv.Itoa(h.Customers.Served), strconv.Itoa(h.Customers.KeyAccounts),
			optional(h.Rate.Value), optional(h.Rate.Lower), optional(h.Rate.Upper), optional(h.Rate.Reference),
			count(h.Events.Dropped), count(h.Events.Perceived), count(h.Events.Blocked), count(h.Events.Poor), count(h.Events.Complaints), count(h.Events.Appeals),
			optional(h.Significance.GiZ), optional(h.Significance.PAdjusted), h.Trend.Class, h.Trend.FirstSeen, h.Cause.Sentence, h.State, h.Run,
		})
	}
	c.Flush()
	return c.Error()
}

type feature struct {
	Type       string            `json:"type"`
	ID         string            `json:"id"`
	Geometry   any               `json:"geometry"`
	Properties *hotspots.Hotspot `json:"properties"`
}

func writeRankingGeoJSON(w io.Writer, r *api.Ranking) error {
	features := make([]feature, len(r.Hotspots))
	for i := range r.Hotspots {
		properties := r.Hotspots[i]
		features[i] = feature{Type: "Feature", ID: properties.ID, Geometry: properties.Geometry, Properties: &properties}
		properties.Geometry = nil
	}
	return writeJSON(w, map[string]any{"type": "FeatureCollection", "features": features})
}
