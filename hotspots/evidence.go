// Package hotspots turns evidence into a ranking of places by customer impact,
// and marketing claims into verdicts. It is pure: slices in, results out; no
// SQL, HTTP, files, logging or clock. docs/method.md explains the statistics.
package hotspots

import (
	"time"

	"github.com/hotcell/hotcell/geo"
)

// Kind is a kind of bad experience.
type Kind uint8

// Kinds of bad experience. The numbers are stored; append only.
const (
	KindDropped Kind = iota
	KindPerceived
	KindBlocked
	KindPoor
	KindComplaint
	KindAppeal
	kinds
)

// Query says which evidence a run looks at.
type Query struct {
	End        time.Time     // exclusive; zero = just after the newest record
	Window     time.Duration // length of the analysed window
	TrendWeeks int           // weekly steps before End for trends (≥ the window)
	Region     string        // region code; "" = everywhere
	Scene      geo.Scene     // SceneUnknown = all
	RAT        geo.RAT       // RATUnknown = all
	Operator   string        // "" = all
	DailyCap   int           // calls of one customer at one place on one day that count towards the rate
}

// Evidence is everything a ranking needs. The store fills it.
type Evidence struct {
	Query        Query      // End and Window resolved
	Exposures    []Exposure // one per place × rat × indoor
	Weeks        []Week     // one per place × week
	Bad          []BadCalls
	Complaints   []Complaint         // about using the network
	OffTopic     uint64              // complaints about other things, see OffTopic
	Customers    map[uint64]Customer // those who appear in Bad or Complaints and have attributes
	UnlocatedBad []CellCounts        // calls located only by their radio cell or an accuracy disc
	Traffic      []CellTraffic       // counters by radio cell; only where BadOnly, and without a filter
	Calls        uint64              // all calls in the window, located or not
	Unlocated    uint64              // of them without any place, radio cell or accuracy disc
	DataVersion  string              // changes whenever a record in the window changes

	TrafficLeftOut bool // there are counters, but the question is about a part of the network
}

// Exposure is how much use a place saw in the window. Capped figures count at
// most Query.DailyCap calls (and bad calls) of one customer per day. The sums
// run over customers u with capped calls m_u and capped bad calls x_u; they give
// the design effect of calls of one customer being alike.
type Exposure struct {
	Place               geo.PlaceID
	Region              string // the records' finest region code (most frequent)
	Scene               geo.Scene
	RAT                 geo.RAT
	Indoor              geo.Indoor
	Calls, Bad          uint64
	CappedCalls         float64
	CappedBad           float64
	Customers           uint64 // distinct, in this place × rat × indoor
	SumMM, SumXX, SumXM float64
}

// Week is a place's exposure in one weekly step, capped like Exposure. A country
// has tens of millions of them, so it is kept small; counts are exact up to 2^24.
type Week struct {
	Place       geo.PlaceID
	Week        int32  // 0 = the seven days before Query.End, 1 = the seven before those, …
	Hurt        uint32 // distinct customers with a bad call
	CappedCalls float32
	CappedBad   float32
}

// BadCalls are the bad calls of one customer at one place on one day that share
// kind, cause and its class, rat, radio cell, hour, floor and indoor.
type BadCalls struct {
	Place    geo.PlaceID
	Cell     geo.Cell // StoredResolution
	Customer uint64
	Day      int32 // days since 1970-01-01 UTC
	Hour     int8  // UTC hour; −1 = unknown
	Kind     Kind
	Count    uint32
	Cause    string // as it came
	// CauseClass is what Cause comes down to by its source's dictionary: normal,
	// radio_lost, handover_failure, no_coverage, congestion, core, device, user; "" = unknown.
	CauseClass string
	RAT        geo.RAT
	RadioCell  string
	Floor      int16 // geo.UnknownFloor
	Indoor     geo.Indoor
}

// Complaint is one complaint or appeal in the window.
type Complaint struct {
	Place     geo.PlaceID       // 0 = unlocated, known by its radio cell only, a choice or a disc
	Choice    []geo.PlaceWeight // the places that are meant; the weights sum to 1
	Disc      geo.PlaceID       // the accuracy disc it is from; 0 = none
	Cell      geo.Cell
	Customer  uint64
	Day       int32
	Kind      Kind // KindComplaint or KindAppeal
	Category  string
	RadioCell string
	Scene     geo.Scene
	Region    string
}

// Customer is what decides a customer's value weight.
type Customer struct {
	Segment      uint8 // 0 unknown, 1 consumer, 2 enterprise, 3 key account
	ValueTier    uint8 // 1–5; 0 = unknown
	TenureMonths float32
	// ComplaintsElsewhere counts the customer's complaints in the window, at all places.
	Complaints uint32
}

// CellCounts are the calls located only by their radio cell, or by the same accuracy
// disc. A customer whose calls are from k discs counts 1/k at each, and the daily cap
// holds for all discs together: a phone that stays at home has a new disc every hour.
type CellCounts struct {
	RadioCell   string      // "" for a disc
	Disc        geo.PlaceID // 0 for a radio cell
	RAT         geo.RAT
	CappedCalls float64
	CappedBad   float64
	Customers   float64
	Hurt        float64
}

// CellQuery asks for what happened per cell, for a map.
type CellQuery struct {
	Query
	West, South, East, North float64 // degrees WGS-84; West > East crosses the antimeridian
	Resolution               geo.Resolution
	Limit                    int // most cells returned, those with most bad calls first
}

// CellStat is what happened in one cell. The counts have fractions where records are
// spread over their accuracy discs.
type CellStat struct {
	Cell      geo.Cell
	Calls     float64
	Bad       float64
	Dropped   float64
	Perceived float64
	Blocked   float64
	Poor      float64
	Customers float64
	Hurt      float64
}

// Places tells what a PlaceID stands for; geo.Catalogue implements it.
type Places interface {
	// Place reports false for ids the catalogue does not know.
	Place(id geo.PlaceID) (geo.Place, bool)
	// Footprint spreads a radio cell over cells of RankResolution; the weights
	// sum to 1. It is empty for radio cells without a site. It is called from
	// several goroutines.
	Footprint(radioCell string) []geo.CellWeight
}
