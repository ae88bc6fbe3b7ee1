// Package geo answers where a record happened: it validates coordinates,
// converts datums, computes H3 cells, and finds the venue, venue part, highway
// segment, radio-cell footprint and region a record belongs to.
//
// It is the only home of h3-go and of orb geometry.
//
// Conventions, stated once. Positions are WGS-84 degrees as LatLon (latitude
// first); geometries are orb values (longitude first). Distances are metres on
// a sphere of radius orb.EarthRadius (6,378,137 m), areas square metres. Cells
// are H3 indexes; outside this package they are hex text, because they exceed
// 2^53.
package geo

// LatLon is a WGS-84 position in degrees.
type LatLon struct {
	Lat, Lon float64
}

// Resolutions of the H3 grid that hotcell uses.
const (
	StoredResolution Resolution = 11 // edge about 29 m: what the store keeps
	RankResolution   Resolution = 9  // edge about 200 m: what gets ranked
)

// Resolution is an H3 resolution, 0 (coarsest) to 15.
type Resolution int

// Cell is an H3 cell index. Zero is "unknown".
type Cell uint64

// RAT is a radio access technology.
type RAT uint8

// Radio access technologies, in order of generation. The numbers are stored.
const (
	RATUnknown RAT = iota
	RAT2G
	RAT3G
	RAT4G
	RAT5G
)

// Indoor says whether the customer was inside a building.
type Indoor uint8

// Values of Indoor. The numbers are stored.
const (
	IndoorUnknown Indoor = iota
	Inside
	Outside
	Travelling
)

// Scene is the kind of place a record comes from (DESIGN §1).
type Scene uint8

// Scenes. The numbers are stored; append only.
const (
	SceneUnknown Scene = iota
	SceneOfficeTower
	SceneLift
	SceneHotel
	SceneMall
	SceneBasement
	SceneHighway
	SceneTouristSite
	SceneResidential
	SceneHospital
	SceneCampus
	SceneTransit
	SceneTunnel
	SceneRural
	SceneOther
)

// Method is the kind of evidence that located a record, best first.
type Method uint8

// Methods. The numbers are stored; append only.
const (
	MethodNone        Method = iota // unlocated
	MethodCoordinates               // the record's own position
	MethodVenue                     // a venue named in the record
	MethodAddress                   // address text matched against the catalogue
	MethodRadioCell                 // only the serving radio cell is known
	MethodBetween                   // address text: a house between two known ones, or a corner of two streets
)

// UnknownFloor marks a record without a floor.
const UnknownFloor int16 = -32768
