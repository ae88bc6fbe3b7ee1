package geo

import "github.com/paulmach/orb"

// PlaceID names what gets ranked in 64 bits, so that the store can group by it.
// An H3 cell of RankResolution is its own PlaceID (top bit clear); a venue, a
// venue part or a highway segment has the top bit set and a hash of its key
// below. A choice between places has 4 as its first digit: see Location.Choice; an accuracy
// disc has 5: see PlaceID.Disc. Zero is "no place". The catalogue turns an id back into a Place.
type PlaceID uint64

// PlaceKind tells the three kinds of place apart.
type PlaceKind uint8

// Kinds of place.
const (
	PlaceNone    PlaceKind = iota
	PlaceCell              // an H3 cell outside venues
	PlaceVenue             // a venue or its part
	PlaceSegment           // one kilometre of a highway line
)

// Part is the part of a venue.
type Part uint8

// Parts of a venue. The numbers are stored; append only.
const (
	PartWhole Part = iota // the venue's body, or part unknown
	PartLift
	PartBasement
	PartFloors // a band of ten floors: see Place.FloorLow
)

// Place describes a PlaceID.
type Place struct {
	ID       PlaceID
	Kind     PlaceKind
	Key      string // readable unique key: "cell/8931…", "venue/V0123/lift", "segment/H7/12"
	Name     string // what people call it: "东方大厦 lifts", "G42 K12", "89310…" for a cell
	Scene    Scene
	Venue    *Venue // nil for cells; the line for segments
	Part     Part
	FloorLow int      // PartFloors: lowest floor of the band; else 0
	Ref      string   // highway number for segments: "G42"
	Km       int      // segment K: from chainage K km to K+1 km
	Cell     Cell     // the cell itself, or the cell (RankResolution) of the place's centre
	Center   LatLon   // on the place: inside its polygon, on its line
	Region   []string // region codes, root first; nil where unknown
	Geometry orb.Geometry
}

// Venue is a named place with geometry. Polygons are buildings and sites,
// points are lifts and entrances, lines are highways (they have a Ref).
type Venue struct {
	ID             string
	Name           string
	Aliases        []string
	Scene          Scene
	Floors         int     // above ground; 0 = unknown
	BasementFloors int     // below ground
	Parent         string  // id of the venue this one is inside; "" for none
	Ref            string  // highway number; lines only
	KmFrom, KmTo   float64 // lines: the kilometres signposted at the first and the last point; equal = unknown
	Geometry       orb.Geometry
}

// Region is a node of the administrative tree.
type Region struct {
	Code     string
	Name     string
	Level    string // country, province, prefecture, district
	Parent   string // code; "" for a root
	Geometry orb.Geometry
}

// Site is one radio cell of a base station.
type Site struct {
	RadioCell    string // ECGI/NCGI text "MCC-MNC-ECI"
	Site         string
	Pos          LatLon
	AzimuthDeg   float64 // clockwise from north; NaN = omnidirectional
	BeamwidthDeg float64 // NaN, ≤ 0 or ≥ 360 = omnidirectional
	RangeM       float64 // NaN or ≤ 0 = unknown
	RAT          RAT
	Indoor       bool
}

// Evidence is what a record says about where it happened.
type Evidence struct {
	Pos       LatLon // valid only when HasPos
	HasPos    bool
	AccuracyM float64 // radius that holds the record with DiscConfidence; 0 or NaN = unknown
	RadioCell string
	Venue     string // id or name of a venue
	Address   string
	Text      string // free complaint text
	Floor     int16  // UnknownFloor when not given
	Indoor    Indoor
	RAT       RAT
}

// Location is where a record is put. The zero value is "unlocated".
type Location struct {
	Method    Method
	Pos       LatLon
	AccuracyM float32
	Cell      Cell    // StoredResolution; 0 when unlocated, located by radio cell only, a choice or a disc
	Place     PlaceID // 0 when unlocated, and when located by a radio cell that is no venue's indoor cell
	Choice    *Choice // the places that are meant, where Place is a choice; else nil
	Scene     Scene
	Region    string // code of the finest region that contains the record; "" unknown
}

// CellWeight is the share of something that falls on a cell.
type CellWeight struct {
	Cell   Cell
	Weight float64
}
