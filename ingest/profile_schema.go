package ingest

import (
	"encoding/json"
	"slices"
)

// object is a piece of JSON Schema.
type object = map[string]any

// ProfileSchema is the JSON Schema (draft 2020-12) of mapping profiles, made from the
// tables that profiles are read by. It knows the keys, their kinds and the fixed
// words; what needs more than that (formats of times, files' headers) is found by
// ParseProfile only.
func ProfileSchema() []byte {
	var feeds []string
	var rules []any
	for _, f := range Feeds() {
		feeds = append(feeds, string(f))
		then := object{"not": object{"anyOf": []any{object{"required": []string{"columns"}}, object{"required": []string{"time"}}}}}
		if f.tabular() {
			columns := object{}
			for _, ff := range feedFields[f] {
				columns[ff.field.String()] = columnSchema(ff.field)
			}
			then = object{"properties": object{"columns": object{"type": section, "properties": columns, "additionalProperties": false}}}
			if _, ok := mainTime(f); !ok && f != FeedSubscribers {
				then["not"] = object{"required": []string{"time"}}
			}
		}
		rules = append(rules, object{"if": object{"properties": object{"feed": object{"const": f}}, "required": []string{"feed"}}, "then": then})
	}
	schema := object{
		"$schema":     "https://json-schema.org/draft/2020-12/schema",
		"title":       "hotcell mapping profile",
		"description": "How the files of one source become hotcell's records; explained in ingest/profiles/README.md.",
		"type":        "object", "required": []string{"profile", "feed"}, "additionalProperties": false,
		"properties": object{
			"profile": word("the profile's name"), "source": word("what records, ids and rejects are booked under; the name when left out"),
			"description": word("for people"), "feed": object{"enum": feeds},
			"format": closed(object{
				"type": object{"enum": []string{"auto", "csv", "ndjson", "parquet", "xlsx"}}, "delimiter": word("one ASCII character, or tab"),
				"sheet": word("the sheet of an Excel workbook"), "encoding": object{"enum": encodingNames()},
				"header_case": object{"enum": []string{"exact", "ignore"}},
			}),
			"null": words("texts that stand for nothing, in every column"),
			"time": closed(object{
				"zone": word("IANA name of the zone of times without an offset"), "precision": object{"enum": []string{"second", "day", "month"}},
				"formats": words("tried in order; auto, or the letters of strftime"), "columns": words("put together with a blank"),
				"file_name": words("patterns on the file's name"),
			}),
			"position": closed(object{
				"datum": object{"enum": []string{"wgs84", "gcj02", "bd09"}}, "none": words("pairs of lat and lon that mean no position"),
			}),
			"columns": object{"type": section},
			"ignore":  words("columns known and not wanted; * is all others"),
		},
		"allOf": rules,
	}
	text, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		panic(err) // maps, lists and texts always marshal
	}
	return append(text, '\n')
}

// section is the type of a mapping; one with nothing in it reads as null.
var section = []string{"object", "null"}

func closed(properties object) object {
	return object{"type": section, "properties": properties, "additionalProperties": false}
}

// scalars are the kinds of a single value: YAML reads 1 as a number, true as a truth.
var scalars = []string{"string", "number", "boolean"}

func word(description string) object {
	return object{"type": scalars, "description": description}
}

func words(description string) object {
	return object{"type": append([]string{"array"}, scalars...), "items": object{"type": scalars}, "description": description}
}

// columnSchema describes how one canonical column is found and read.
func columnSchema(f field) object {
	meaning := object{"type": append([]string{"null"}, scalars...)}
	value := object{"type": scalars}
	if v := vocabulary[f]; v != nil {
		value = object{"enum": append(slices.Clone(v), "")}
		meaning = object{"enum": append([]any{nil, ""}, anyOf(v)...)}
	}
	properties := object{
		"from": words("accepted names, best first"), "null": words("texts that stand for nothing in this column"), "constant": value,
		"values": object{"type": section, "additionalProperties": meaning, "description": "what values mean; others stand for themselves"},
		"join":   object{"type": "array", "minItems": 2, "items": object{"type": scalars}}, "separator": word("stands between joined columns"),
		"ranges": object{"type": "array", "items": object{"type": "object", "required": []string{"value"}, "additionalProperties": false,
			"properties": object{"below": object{"type": "number"}, "value": value}}},
	}
	properties["unit"] = object{"enum": sortedKeys(units[f])}
	if units[f] == nil {
		properties["unit"] = false
	}
	if f == fCause {
		properties["dictionary"] = object{"enum": CauseDictionaries()}
		properties["base"] = object{"enum": []any{0, 1, "0", "1"}}
		properties["classes"] = object{"type": section, "additionalProperties": object{"enum": causeNames[:]}}
	}
	return object{"anyOf": []any{
		object{"type": append([]string{"null"}, scalars...)}, object{"type": "array", "items": object{"type": scalars}},
		object{"type": "object", "properties": properties, "additionalProperties": false, "not": object{"required": []string{"from", "join"}}},
	}}
}

func anyOf(words []string) []any {
	var out []any
	for _, w := range words {
		out = append(out, w)
	}
	return out
}
