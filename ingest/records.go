// Package ingest turns outside rows into validated, pseudonymised, located
// records and hands them to a Sink in batches. Nothing that comes in
// disappears: read = accepted + rejected + duplicate.
package ingest

import (
	"context"
	"time"

	"github.com/hotcell/hotcell/geo"
)

// Feed is a kind of record.
type Feed string

// The feeds (DESIGN §2).
const (
	FeedCalls       Feed = "calls"
	FeedComplaints  Feed = "complaints"
	FeedTraffic     Feed = "traffic"
	FeedSubscribers Feed = "subscribers"
	FeedSites       Feed = "sites"
	FeedSurveys     Feed = "surveys"
	FeedVenues      Feed = "venues"
	FeedRegions     Feed = "regions"
)

// RecordID identifies a record for ever: a hash of its source and its own id,
// or, for feeds without ids, of the file's content and the row number. Storing
// the same id again replaces, never adds.
type RecordID [16]byte

// CustomerID is a keyed pseudonym (HMAC-SHA-256, first 63 bits) of a subscriber,
// top bit clear. Records without a subscriber get a surrogate with the top bit
// set, derived from their exact position, so that one point counts like one
// customer; 0 means neither is known.
type CustomerID uint64

// Outcome is how a call ended, as logged.
type Outcome uint8

// Outcomes. The numbers are stored; append only.
const (
	OutcomeUnknown Outcome = iota
	Completed
	Poor
	Dropped
	Blocked
)

// Precision says how exactly a record's time is known.
type Precision uint8

// Precisions. The numbers are stored.
const (
	PrecisionSecond Precision = iota
	PrecisionDay
	PrecisionMonth
)

// Call is one call attempt.
type Call struct {
	ID        RecordID
	Time      int64 // start, Unix seconds UTC
	Precision Precision
	Customer  CustomerID
	Peer      CustomerID
	Outcome   Outcome
	DurationS float32 // negative = unknown
	Cause     string  // raw cause text
	RAT       geo.RAT
	RadioCell string
	Operator  string
	Floor     int16 // geo.UnknownFloor when not given
	Indoor    geo.Indoor
	Rating    uint8 // 1–5; 0 = unknown
	Location  geo.Location
	// CauseClass is what Cause comes down to by the profile's dictionary.
	CauseClass CauseClass
	// Fingerprint is a hash of the row as it came and of the profile that read it.
	// A store that keeps it (see Fingerprints) lets corrections be told from repeats.
	Fingerprint uint64
}

// Complaint is a complaint to the operator or an appeal to the regulator.
type Complaint struct {
	ID        RecordID
	Time      int64
	Precision Precision
	Customer  CustomerID
	Channel   string
	Appeal    bool // kind = appeal
	Category  string
	Text      string
	Address   string
	Venue     string // as named by the record
	RadioCell string
	Status    string
	Location  geo.Location
	// Fingerprint is as in Call.
	Fingerprint uint64
}

// Subscriber is a customer's value attributes, valid from a time.
type Subscriber struct {
	Customer  CustomerID
	From      int64 // Unix seconds the attributes hold from; 0 = always
	Segment   Segment
	ValueTier uint8   // 1–5; 0 = unknown
	TenureMo  float32 // months; negative = unknown
	ARPU      float32 // negative = unknown
	ChurnedAt int64   // Unix seconds; 0 = still here
}

// Segment is the kind of contract.
type Segment uint8

// Segments. The numbers are stored.
const (
	SegmentUnknown Segment = iota
	SegmentConsumer
	SegmentEnterprise
	SegmentKeyAccount
)

// Traffic is one radio cell's counters for one hour.
type Traffic struct {
	RadioCell string
	Hour      int64 // Unix seconds of the start of the hour
	Attempts  uint64
	Setups    uint64
	Drops     uint64
}

// Survey is one survey answer.
type Survey struct {
	ID         RecordID
	Time       int64
	Customer   CustomerID
	Region     string
	Instrument string // tcsi, nps, csat
	Score      float32
}

// Reject is a row that could not become a record, kept so that it can be mended
// and replayed.
type Reject struct {
	Feed           Feed
	Source         string
	File           string
	Line           uint64 // 1-based line of the file, or number of the feature in a GeoJSON or OSM file; 0 = the file as a whole
	Reason         Reason
	Detail         string // a sentence that says what is wrong with which value
	Raw            string // the row as it came, cut at MaxRawReject bytes
	ProfileVersion string
	// Context is what Loader.Replay needs to know of the row's file: its header and
	// what its rows are identified by (JSON). The same for all rejects of a file.
	Context string
}

// Reason is the machine-readable kind of a reject, e.g. "bad_time".
type Reason string

// MaxRawReject bounds the raw row kept with a reject, in bytes.
const MaxRawReject = 64 << 10

// Load is one file (or stream) being taken in.
type Load struct {
	ID             string // "ld_…"
	Feed           Feed
	Source         string // name of the profile's source
	File           string
	ContentHash    string // hex SHA-256 of the bytes as delivered (and of the time in the file's name, where the profile reads it there)
	Profile        string
	ProfileVersion string
	Started        time.Time
	Version        uint64 // rises with every load; newer versions of a record win
}

// Fingerprints is implemented by a Sink that keeps the fingerprints of calls and
// complaints. Without it a row whose id is already stored is written again (the
// newer version wins, so a correction is never lost) and counted as a duplicate;
// with it, identical rows are left alone and differing ones count as corrected.
type Fingerprints interface {
	// CallFingerprints gives the fingerprints of those of the ids that the store
	// has, on the days from firstDay to lastDay (since 1970-01-01 UTC, inclusive).
	CallFingerprints(ctx context.Context, ids []RecordID, firstDay, lastDay int32) (map[RecordID]uint64, error)
	ComplaintFingerprints(ctx context.Context, ids []RecordID, firstDay, lastDay int32) (map[RecordID]uint64, error)
}

// Account is the bookkeeping of a load. Read = Accepted + Rejected + Duplicate.
type Account struct {
	Read       uint64            `json:"read"`
	Accepted   uint64            `json:"accepted"`
	Rejected   uint64            `json:"rejected"`
	Duplicate  uint64            `json:"duplicate"`
	Corrected  uint64            `json:"corrected,omitempty"` // of Accepted: rows that replaced an earlier version of their record
	ByReason   map[Reason]uint64 `json:"rejected_by_reason,omitempty"`
	Located    uint64            `json:"located"`
	Unlocated  uint64            `json:"unlocated"` // accepted without a place
	FirstDay   int32             `json:"-"`         // days since 1970-01-01 UTC
	LastDay    int32             `json:"-"`
	BytesRead  uint64            `json:"bytes"`
	Warnings   []string          `json:"warnings,omitempty"`
	ByMethod   map[string]uint64 `json:"located_by,omitempty"`
	ByCause    map[string]uint64 `json:"causes,omitempty"` // accepted calls with a cause, by CauseClass; unknown ones count too
	Duration   time.Duration     `json:"-"`
	AlreadyHad bool              `json:"already_loaded,omitempty"` // the whole file was loaded before: nothing was written
}

// Sink stores what ingest produces; the store implements it. Every Insert is
// atomic per call and idempotent by record id. Slices are only valid during
// the call. All methods may be called from several goroutines.
type Sink interface {
	// Begin registers a load. It returns the account of an earlier finished
	// load of the same feed, source, content and profile version, if there is one.
	Begin(ctx context.Context, l Load) (finished *Account, err error)
	// Finish marks the load complete, reconciles corrected records that moved to
	// another day, and flags perceived drops in the days it touched.
	Finish(ctx context.Context, l Load, a Account) error

	InsertCalls(ctx context.Context, l Load, calls []Call) error
	InsertComplaints(ctx context.Context, l Load, complaints []Complaint) error
	InsertSubscribers(ctx context.Context, l Load, subscribers []Subscriber) error
	InsertTraffic(ctx context.Context, l Load, traffic []Traffic) error
	InsertSurveys(ctx context.Context, l Load, surveys []Survey) error
	InsertRejects(ctx context.Context, l Load, rejects []Reject) error
	// InsertSites, InsertVenues, InsertMarks and InsertRegions add to or replace in the catalogue by id.
	InsertSites(ctx context.Context, l Load, sites []geo.Site) error
	InsertVenues(ctx context.Context, l Load, venues []geo.Venue) error
	InsertMarks(ctx context.Context, l Load, marks []geo.Mark) error
	InsertRegions(ctx context.Context, l Load, regions []geo.Region) error

	// ExistingCalls and ExistingComplaints say which of the ids the store already
	// has from any load (this one included).
	ExistingCalls(ctx context.Context, ids []RecordID, firstDay, lastDay int32) (map[RecordID]bool, error)
	ExistingComplaints(ctx context.Context, ids []RecordID, firstDay, lastDay int32) (map[RecordID]bool, error)
	// LoadedDays lists the days (since 1970-01-01) for which finished or
	// unfinished loads of this feed and source have stored records.
	LoadedDays(ctx context.Context, f Feed, source string) ([]int32, error)
}
