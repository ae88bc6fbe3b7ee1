package city

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// writeFile streams into a file of dir.
func writeFile(dir, name string, fill func(w *bufio.Writer) error) (err error) {
	f, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		return fmt.Errorf("cannot write the city: %w", err)
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
	}()
	b := bufio.NewWriterSize(f, 1<<16)
	if err := fill(b); err != nil {
		return err
	}
	return b.Flush()
}

// quote is a CSV field.
func quote(s string) string {
	if !strings.ContainsAny(s, ",\"\r\n") {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

func (w *world) writeCatalogue(dir string) error {
	for _, f := range []struct {
		name string
		fill func(*bufio.Writer) error
	}{
		{"regions.geojson", w.writeRegions}, {"venues.geojson", w.writeVenues}, {"sites.csv", w.writeSites}, {"subscribers.csv", w.writeSubscribers},
	} {
		if err := writeFile(dir, f.name, f.fill); err != nil {
			return err
		}
	}
	return nil
}

type feature struct {
	Type       string   `json:"type"`
	Properties any      `json:"properties"`
	Geometry   geometry `json:"geometry"`
}

type geometry struct {
	Type        string `json:"type"`
	Coordinates any    `json:"coordinates"`
}

// position is a longitude and latitude that prints with seven decimals at most.
func (w *world) position(p pt) [2]json.Number {
	lat, lon := w.frame.e7(p)
	n := func(e7 int64) json.Number { return json.Number(strconv.FormatFloat(float64(e7)/1e7, 'f', -1, 64)) }
	return [2]json.Number{n(lon), n(lat)}
}

func (w *world) path(pts []pt) [][2]json.Number {
	out := make([][2]json.Number, len(pts))
	for i, p := range pts {
		out[i] = w.position(p)
	}
	return out
}

// polygon closes the ring and turns it counter-clockwise, as RFC 7946 asks.
func (w *world) polygon(ring []pt) geometry {
	var area float64
	for i, p := range ring {
		q := ring[(i+1)%len(ring)]
		area += float64(float64(p.X)*float64(q.Y)) - float64(float64(q.X)*float64(p.Y))
	}
	out := append([]pt(nil), ring...)
	if area < 0 {
		for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
			out[i], out[j] = out[j], out[i]
		}
	}
	out = append(out, out[0])
	return geometry{"Polygon", [][][2]json.Number{w.path(out)}}
}

// writeFeatures writes one feature per line.
func writeFeatures(b *bufio.Writer, n int, get func(i int) feature) error {
	b.WriteString("{\"type\":\"FeatureCollection\",\"features\":[\n")
	for i := range n {
		j, err := json.Marshal(get(i))
		if err != nil {
			return err
		}
		b.Write(j)
		if i < n-1 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	_, err := b.WriteString("]}\n")
	return err
}

func (w *world) writeRegions(b *bufio.Writer) error {
	type props struct {
		Code   string `json:"code"`
		Name   string `json:"name"`
		Level  string `json:"level"`
		Parent string `json:"parent,omitempty"`
	}
	rim := func(kms float64) []pt { // an irregular but surely larger shape
		r := newRng(w.seed, forWorld, uint64(kms))
		return blob(&r, pt{}, kms*1000, 17, 0.08)
	}
	fs := []feature{
		{"Feature", props{"CN", "中国（示例范围）", "country", ""}, w.polygon(rim(500))},
		{"Feature", props{"59", "示例省", "province", "CN"}, w.polygon(rim(220))},
		{"Feature", props{"5901", w.shape.prefecture, "prefecture", "59"}, w.polygon(w.outline())},
	}
	for i := range w.districts {
		d := &w.districts[i]
		fs = append(fs, feature{"Feature", props{d.code, d.name, "district", "5901"}, w.polygon(d.ring)})
	}
	return writeFeatures(b, len(fs), func(i int) feature { return fs[i] })
}

func (w *world) writeVenues(b *bufio.Writer) error {
	type props struct {
		ID       string `json:"id"`
		Name     string `json:"name"`
		Scene    string `json:"scene"`
		Floors   int    `json:"floors,omitempty"`
		Basement int    `json:"basement_floors,omitempty"`
		Parent   string `json:"parent,omitempty"`
		Ref      string `json:"ref,omitempty"`
	}
	return writeFeatures(b, len(w.venues), func(i int) feature {
		v := &w.venues[i]
		f := feature{Type: "Feature", Properties: props{v.id, v.name, v.scene, v.floors, v.basement, v.parent, v.ref}}
		switch {
		case v.line != nil:
			f.Geometry = geometry{"LineString", w.path(v.line)}
		case v.ring != nil:
			f.Geometry = w.polygon(v.ring)
		default:
			f.Geometry = geometry{"Point", w.position(v.point)}
		}
		return f
	})
}

func (w *world) writeSites(b *bufio.Writer) error {
	b.WriteString(sitesHeader)
	for i := range w.cells {
		c := &w.cells[i]
		m := &w.masts[c.mast]
		lat, lon := w.frame.e7(m.c)
		row := append([]byte(nil), c.id...)
		row = append(row, fmt.Sprintf(",B%05d,", c.mast+1)...)
		row = appendDegrees(row, lat)
		row = append(row, ',')
		row = appendDegrees(row, lon)
		az, bw := "", ""
		if c.azimuth >= 0 {
			az, bw = strconv.Itoa(c.azimuth), "120"
		}
		b.Write(row)
		if _, err := fmt.Fprintf(b, ",%s,%s,%d,%s,%t\n", az, bw, int(m.rangeM), c.rat, m.indoor); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) writeSubscribers(b *bufio.Writer) error {
	b.WriteString(subscribersHeader)
	var row []byte
	for i := range w.customers {
		c := &w.customers[i]
		row = appendSubscriber(row[:0], int32(i))
		row = append(row, ',')
		row = append(row, segments[c.segment]...)
		row = append(row, ',', '0'+c.tier, ',')
		row = strconv.AppendInt(row, int64(c.tenure), 10)
		row = append(row, ',')
		row = strconv.AppendInt(row, int64(c.arpu), 10)
		row = append(row, ',')
		if c.churned >= 0 {
			row = append(row, w.cfg.Start.AddDate(0, 0, int(c.churned)).Format("2006-01-02")...)
			row = append(row, "T23:59:59+08:00"...)
		}
		row = append(row, '\n')
		if _, err := b.Write(row); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) writeComplaints(b *bufio.Writer, g *generator, rows []complaint) error {
	b.WriteString(complaintsHeader)
	var s []byte
	for i := range rows {
		c := &rows[i]
		s = appendNumber(append(s[:0], 'K'), uint64(i)+1, 8)
		s = append(s, ',')
		s = g.appendTime(s, c.t)
		s = append(s, ',')
		s = appendSubscriber(s, c.u)
		kind := "complaint"
		if c.appeal {
			kind = "appeal"
		}
		s = append(s, ","+c.channel+","+kind+","+c.about+","+quote(c.text)+","+quote(c.address)+","...)
		if c.hasPos {
			lat, lon := w.frame.e7(c.pos)
			s = append(appendDegrees(s, lat), ',')
			s = append(appendDegrees(s, lon), ',')
			s = strconv.AppendInt(s, int64(c.acc), 10)
		} else {
			s = append(s, ",,"...)
		}
		s = append(s, ',')
		if c.cell >= 0 {
			s = append(s, w.cells[c.cell].id...)
		}
		s = append(s, ","+quote(c.venue)+","+c.status+"\n"...)
		if _, err := b.Write(s); err != nil {
			return err
		}
	}
	return nil
}

// writeSurveys asks about one customer in twenty, and gets worse scores from
// those with more bad calls.
func (w *world) writeSurveys(b *bufio.Writer, g *generator, bad []uint16) error {
	b.WriteString(surveysHeader)
	end := w.cfg.Days * 86400
	n := max(len(w.customers)/20, 10)
	r := newRng(w.seed, forSurveys, 0)
	step := max(end/n, 1)
	for i := range n {
		t := int32(min(i*end/n+r.n(step), end-1))
		u := int32(r.n(len(w.customers)))
		mood := float64(1.2*r.gauss()) - float64(0.45*math.Sqrt(float64(bad[u])))
		var instrument string
		var score int
		switch r.n(3) {
		case 0:
			instrument, score = "tcsi", min(max(int(82+float64(9*mood)), 0), 100)
		case 1:
			instrument, score = "nps", min(max(int(7.9+float64(1.3*mood)), 0), 10)
		default:
			instrument, score = "csat", min(max(int(4.4+float64(0.6*mood)), 1), 5)
		}
		row := g.appendTime(nil, t)
		row = appendSubscriber(append(row, ','), u)
		d := w.districts[w.spots[w.customers[u].home].district].code
		if _, err := io.WriteString(b, string(row)+","+d+","+instrument+","+strconv.Itoa(score)+"\n"); err != nil {
			return err
		}
	}
	return nil
}
