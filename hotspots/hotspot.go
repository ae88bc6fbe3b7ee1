package hotspots

import (
	"time"

	"github.com/hotcell/hotcell/geo"
)

// MethodVersion names the statistics; it changes whenever a result could change.
const MethodVersion = "3"

// Run is one analysis. It is immutable once written.
type Run struct {
	ID          string    `json:"id"`
	Method      string    `json:"method"`
	Created     time.Time `json:"created"`
	Start       time.Time `json:"start"`
	End         time.Time `json:"end"`
	Query       Query     `json:"-"`
	DataVersion string    `json:"data_version"`
	Hotspots    []Hotspot `json:"hotspots"`
	Notes       []string  `json:"notes"` // what a reader must know, e.g. "no exposure data: ranked on counts"
	Summary     Summary   `json:"summary"`
	Gone        []Gone    `json:"gone,omitempty"` // hotspots of earlier runs that are listed no more
}

// Summary counts what a run looked at.
type Summary struct {
	Calls     uint64 `json:"calls"`
	Unlocated uint64 `json:"unlocated"`
	Places    int    `json:"places"`
	Bad       uint64 `json:"bad_calls"`
	Hurt      uint64 `json:"hurt_customers"`
}

// Hotspot is one or more adjacent places that belong together. The field names
// are a contract (DESIGN §2).
type Hotspot struct {
	ID           string       `json:"id"`
	Rank         int          `json:"rank"`
	Name         string       `json:"name"`
	NameZH       string       `json:"name_zh"`
	Scene        string       `json:"scene"`
	Region       []string     `json:"region"`
	Place        PlaceRef     `json:"place"`
	Geometry     any          `json:"geometry"` // GeoJSON geometry object
	Center       [2]float64   `json:"center"`   // longitude, latitude
	Impact       Impact       `json:"impact"`
	Customers    Customers    `json:"customers"`
	Rate         Rate         `json:"rate"`
	Events       Events       `json:"events"`
	Significance Significance `json:"significance"`
	Trend        Trend        `json:"trend"`
	Cause        Cause        `json:"cause"`
	State        string       `json:"state"`
	SLA          *SLA         `json:"sla"`
	Run          string       `json:"run"`
	Method       string       `json:"method"`
	History      *History     `json:"history,omitempty"`

	Members []geo.PlaceID `json:"-"` // the places it is made of
}

// PlaceRef says what a hotspot is made of.
type PlaceRef struct {
	Kind    string   `json:"kind"` // venue, segment, cells
	VenueID string   `json:"venue_id,omitempty"`
	Ref     string   `json:"ref,omitempty"`
	KmFrom  *int     `json:"km_from,omitempty"`
	KmTo    *int     `json:"km_to,omitempty"`
	Parts   []string `json:"parts,omitempty"`
	Cells   []string `json:"cells"`
}

// Impact is in weighted hurt customers; Lower and Upper bound Avoidable at 90 %.
type Impact struct {
	Total     float64 `json:"total"`
	Avoidable float64 `json:"avoidable"`
	Lower     float64 `json:"lower"`
	Upper     float64 `json:"upper"`
	Unit      string  `json:"unit"`
}

// Customers counts people.
type Customers struct {
	Hurt        int `json:"hurt"`
	Served      int `json:"served"`
	KeyAccounts int `json:"key_accounts"`
}

// Rate is bad calls per call, capped per customer and day.
type Rate struct {
	Value     *float64 `json:"value"` // null without exposure
	Lower     *float64 `json:"lower"`
	Upper     *float64 `json:"upper"`
	Reference *float64 `json:"reference"`
	Unit      string   `json:"unit"`
}

// Events counts bad experiences as logged, uncapped. Complaints and appeals are
// two counters and never added up.
type Events struct {
	Dropped    uint64 `json:"dropped"`
	Perceived  uint64 `json:"perceived"`
	Blocked    uint64 `json:"blocked"`
	Poor       uint64 `json:"poor"`
	Complaints uint64 `json:"complaints"`
	Appeals    uint64 `json:"appeals"`
}

// Significance is null where it is undefined (zero variance, no exposure).
type Significance struct {
	GiZ       *float64 `json:"gi_z"`
	PAdjusted *float64 `json:"p_adjusted"`
}

// Trend is the weekly course, oldest week first.
type Trend struct {
	Class     string      `json:"class"`
	FirstSeen string      `json:"first_seen"` // YYYY-MM-DD
	Weeks     []TrendWeek `json:"weeks"`
}

// TrendWeek is one weekly step.
type TrendWeek struct {
	Start string   `json:"start"` // YYYY-MM-DD
	Rate  *float64 `json:"rate"`  // null without exposure
	Hurt  uint64   `json:"hurt"`
}

// Cause is the evidence for what is wrong, and a suggested next check.
type Cause struct {
	Sentence   string          `json:"sentence"`
	SentenceZH string          `json:"sentence_zh"`
	Evidence   []CauseEvidence `json:"evidence"`
}

// CauseEvidence compares one property of the hotspot's bad calls with the region's normal.
type CauseEvidence struct {
	Property string  `json:"property"` // cause, cause_class, rat, radio_cell, hour, floor, indoor
	Value    string  `json:"value"`
	Share    float64 `json:"share"`
	Normal   float64 `json:"normal"`
	LogOdds  float64 `json:"log_odds"`
	Lower    float64 `json:"lower"`
	Upper    float64 `json:"upper"`
}

// SLA is when a hotspot must be fixed.
type SLA struct {
	Due      time.Time `json:"due"`
	Breached bool      `json:"breached"`
}
