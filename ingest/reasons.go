package ingest

import "fmt"

// The reasons a row is rejected for. The texts are stored and shown: append only.
const (
	ReasonFieldCount     Reason = "wrong_field_count"
	ReasonQuotes         Reason = "bad_quotes"
	ReasonLineTooLong    Reason = "line_too_long"
	ReasonEncoding       Reason = "bad_encoding"
	ReasonTruncated      Reason = "truncated_row"
	ReasonJSON           Reason = "bad_json"
	ReasonMissing        Reason = "missing_value"
	ReasonTime           Reason = "bad_time"
	ReasonTimeRange      Reason = "time_out_of_range"
	ReasonPosition       Reason = "bad_position"
	ReasonHalfPosition   Reason = "half_position"
	ReasonSwapped        Reason = "swapped_position"
	ReasonAccuracy       Reason = "bad_accuracy"
	ReasonOutcome        Reason = "unknown_outcome"
	ReasonValue          Reason = "unknown_value"
	ReasonRating         Reason = "bad_rating"
	ReasonDuration       Reason = "bad_duration"
	ReasonNumber         Reason = "bad_number"
	ReasonInconsistent   Reason = "inconsistent_values"
	ReasonFeature        Reason = "bad_feature"     // of a GeoJSON or OpenStreetMap file
	ReasonFileIncomplete Reason = "file_incomplete" // line 0: the file broke off
)

// rowFault is why one row was refused. It is made only for bad rows, so that
// good ones pay nothing for the sentence.
type rowFault struct {
	reason Reason
	detail string
}

func faultf(r Reason, format string, args ...any) *rowFault {
	return &rowFault{reason: r, detail: fmt.Sprintf(format, args...)}
}

// show quotes a value for a sentence, cut so that a megabyte of rubbish does not
// become a megabyte of message.
func show(v []byte) string {
	const limit = 60
	if len(v) > limit {
		return fmt.Sprintf("%q… (%d bytes)", v[:limit], len(v))
	}
	return fmt.Sprintf("%q", v)
}
