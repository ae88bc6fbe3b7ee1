package ingest

// field is a column of a canonical feed.
type field int

// All canonical columns of all feeds (DESIGN §2). A plan binds each to a column
// of the file at hand.
const (
	fRecordID field = iota
	fTime
	fSubscriber
	fPeer
	fOutcome
	fDuration
	fCause
	fRAT
	fCellID
	fOperator
	fLat
	fLon
	fAccuracy
	fFloor
	fIndoor
	fRating
	fChannel
	fKind
	fCategory
	fText
	fAddress
	fVenue
	fStatus
	fHour
	fAttempts
	fSetups
	fDrops
	fSegment
	fValueTier
	fTenure
	fARPU
	fChurnedAt
	fValidFrom
	fSite
	fAzimuth
	fBeamwidth
	fRange
	fRegion
	fInstrument
	fScore
	numFields
)

var fieldNames = [numFields]string{"record_id", "time", "subscriber_id", "peer_id", "outcome", "duration_s", "cause", "rat",
	"cell_id", "operator", "lat", "lon", "accuracy_m", "floor", "indoor", "rating", "channel", "kind", "category", "text",
	"address", "venue", "status", "hour", "attempts", "setups", "drops", "segment", "value_tier", "tenure_months", "arpu",
	"churned_at", "valid_from", "site", "azimuth_deg", "beamwidth_deg", "range_m", "region", "instrument", "score"}

func (f field) String() string { return fieldNames[f] }

// feedField is a column as one feed knows it.
type feedField struct {
	field    field
	required bool // the header must have it (unless the profile gives a constant)
}

// must and may keep the table below readable.
func must(fs ...field) []feedField {
	var out []feedField
	for _, f := range fs {
		out = append(out, feedField{f, true})
	}
	return out
}

func may(fs ...field) []feedField {
	var out []feedField
	for _, f := range fs {
		out = append(out, feedField{f, false})
	}
	return out
}

// feedFields says which columns a feed has, in the order of DESIGN §2.
var feedFields = map[Feed][]feedField{
	FeedCalls: append(must(fTime, fOutcome), may(fRecordID, fSubscriber, fPeer, fDuration, fCause, fRAT, fCellID, fOperator,
		fLat, fLon, fAccuracy, fFloor, fIndoor, fRating)...),
	FeedComplaints: append(must(fTime), may(fRecordID, fSubscriber, fChannel, fKind, fCategory, fText, fAddress, fLat, fLon,
		fAccuracy, fCellID, fVenue, fStatus)...),
	FeedTraffic:     must(fCellID, fHour, fAttempts, fSetups, fDrops),
	FeedSubscribers: append(must(fSubscriber), may(fSegment, fValueTier, fTenure, fARPU, fChurnedAt, fValidFrom)...),
	FeedSites:       append(must(fCellID, fLat, fLon), may(fSite, fAzimuth, fBeamwidth, fRange, fRAT, fIndoor)...),
	FeedSurveys:     append(must(fTime, fInstrument, fScore), may(fSubscriber, fRegion)...),
}

// mainTime is the column of a feed that the profile's time section describes.
func mainTime(f Feed) (field, bool) {
	switch f {
	case FeedCalls, FeedComplaints, FeedSurveys:
		return fTime, true
	case FeedTraffic:
		return fHour, true
	}
	return 0, false
}

// tabular tells the feeds that come as rows from those that come as GeoJSON.
func (f Feed) tabular() bool { return f != FeedVenues && f != FeedRegions }

// Valid tells whether f is a feed that hotcell knows.
func (f Feed) Valid() bool {
	return feedFields[f] != nil || f == FeedVenues || f == FeedRegions
}

// Feeds lists the feeds in the order people read them.
func Feeds() []Feed {
	return []Feed{FeedCalls, FeedComplaints, FeedTraffic, FeedSubscribers, FeedSites, FeedSurveys, FeedVenues, FeedRegions}
}
