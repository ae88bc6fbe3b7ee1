//go:build race

package hotspots

// giRaceDetector lets speed limits pass under the race detector.
const giRaceDetector = true
