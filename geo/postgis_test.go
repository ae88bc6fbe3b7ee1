package geo

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb/encoding/wkt"
)

// BenchmarkAgainstPostGIS sets locating against PostGIS's best plan (GiST on the
// points, driven by the venues) for the same half million points and 20,000
// buildings, on one core each, taking turns. It needs a PostGIS database in
// HOTCELL_POSTGIS_DSN (a psql connection string), in which it makes a schema of
// its own and drops it; scripts/postgis-compare.sh starts one. Reported are the best
// of three: seconds, and how many times geo is faster. PostGIS answers one question,
// which building; LocateAll and Locate also give cell, region, highway and part, and
// containing is the same question alone.
func BenchmarkAgainstPostGIS(b *testing.B) {
	dsn := os.Getenv("HOTCELL_POSTGIS_DSN")
	if dsn == "" {
		b.Skip("HOTCELL_POSTGIS_DSN names no PostGIS database")
	}
	sql := func(script string) string {
		cmd := exec.Command("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", dsn)
		cmd.Stdin = strings.NewReader("SET search_path TO hotcell_compare, public;\nSET max_parallel_workers_per_gather = 0;\n" + script)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		out, err := cmd.Output()
		if err != nil {
			b.Fatalf("psql: %v: %s", err, errs.String())
		}
		return strings.TrimSpace(string(out))
	}
	c, records := benchWorld()
	r := rand.New(rand.NewPCG(31, 32))
	points := make([]Evidence, 1<<19)
	var rows, venues strings.Builder
	for i := range points {
		points[i] = records[i&(1<<16-1)]
		p := &points[i].Pos
		p.Lat += 0.00005 * r.NormFloat64()
		p.Lon += 0.00005 * r.NormFloat64()
		points[i].Indoor = Inside // no highway takes a record away from its building
		fmt.Fprintf(&rows, "%d\tPOINT(%s %s)\n", i, strconv.FormatFloat(p.Lon, 'g', -1, 64), strconv.FormatFloat(p.Lat, 'g', -1, 64))
	}
	for i := range c.venues {
		if dimension(c.venues[i].Geometry) == 2 {
			fmt.Fprintf(&venues, "%d\t%s\n", i, wkt.MarshalString(c.venues[i].Geometry))
		}
	}
	sql(`CREATE EXTENSION IF NOT EXISTS postgis; DROP SCHEMA IF EXISTS hotcell_compare CASCADE; CREATE SCHEMA hotcell_compare;
CREATE TABLE venues (id int, geom geometry); CREATE TABLE points (id int, geom geometry);`)
	defer sql("DROP SCHEMA hotcell_compare CASCADE;")
	sql("COPY venues FROM STDIN;\n" + venues.String() + "\\.\n")
	sql("COPY points FROM STDIN;\n" + rows.String() + "\\.\n")
	began := time.Now()
	sql("CREATE INDEX ON points USING gist (geom);")
	index := time.Since(began)
	sql("VACUUM ANALYZE points; VACUUM ANALYZE venues;")
	const query = `FROM venues v CROSS JOIN LATERAL (SELECT p.id FROM points p WHERE ST_Contains(v.geom, p.geom)) x`
	plan := sql("EXPLAIN SELECT count(*), sum(x.id::bigint) " + query + ";")
	if !strings.Contains(plan, "Index Scan using points_geom_idx") {
		b.Fatalf("this is not the plan to compare with:\n%s", plan)
	}
	// The same points must be found.
	inside := 0
	for i := range points {
		if c.containing(&points[i], &Hints{}, c.squares.at(points[i].Pos), 0) >= 0 {
			inside++
		}
	}
	if got := sql("SELECT count(DISTINCT x.id) " + query + ";"); got != strconv.Itoa(inside) {
		b.Fatalf("PostGIS finds %s points in buildings, geo %d", got, inside)
	}
	out := make([]Location, len(points))
	for range b.N {
		best := [4]float64{math.Inf(1), math.Inf(1), math.Inf(1), math.Inf(1)}
		for range 3 {
			answer := strings.Fields(sql("\\timing on\nSELECT count(*), sum(x.id::bigint) " + query + ";"))
			ms := 0.0
			for i, word := range answer {
				if word == "Time:" {
					ms, _ = strconv.ParseFloat(answer[i+1], 64)
				}
			}
			if ms == 0 {
				b.Fatalf("psql gave no time: %q", answer)
			}
			best[0] = min(best[0], ms/1000)
			began := time.Now()
			for i := range points {
				c.Locate(points[i])
			}
			best[1] = min(best[1], time.Since(began).Seconds())
			began = time.Now()
			for i := range points {
				c.containing(&points[i], &Hints{}, c.squares.at(points[i].Pos), 0)
			}
			best[2] = min(best[2], time.Since(began).Seconds())
			began = time.Now()
			c.LocateAll(points, out)
			best[3] = min(best[3], time.Since(began).Seconds())
		}
		b.ReportMetric(best[0], "postgis-s")
		b.ReportMetric(best[1], "locate-s")
		b.ReportMetric(best[2], "containing-s")
		b.ReportMetric(index.Seconds(), "gist-build-s")
		b.ReportMetric(best[3], "locate-all-s")
		b.ReportMetric(best[0]/best[1], "×locate")
		b.ReportMetric(best[0]/best[3], "×locate-all")
		b.ReportMetric(best[0]/best[2], "×containing")
	}
}
