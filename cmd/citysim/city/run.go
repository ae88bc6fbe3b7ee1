package city

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sync/errgroup"
)

// Summary says what was written.
type Summary struct {
	Calls      int      `json:"calls"` // rows of the calls files
	Complaints int      `json:"complaints"`
	Files      []string `json:"files"`
	Truth      *Truth   `json:"-"`
}

// Write makes the city of cfg in dir, which is created where missing. progress,
// when not nil, hears how many calls have been written. Memory is bounded by the
// number of customers, places and complaints, not of calls.
func Write(ctx context.Context, dir string, cfg Config, progress func(calls int)) (*Summary, error) {
	cfg, err := cfg.resolve()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("cannot make the city's folder: %w", err)
	}
	w := build(cfg)
	g := newGenerator(w)
	if err := w.writeCatalogue(dir); err != nil {
		return nil, err
	}
	s := &scribe{g: g, dir: dir, draw: newComplaintDraw(w, cfg.Complaints), bad: make([]uint16, len(w.customers)), progress: progress}
	if err := s.run(ctx); err != nil {
		return nil, err
	}
	rows := w.makeComplaints(s.draw)
	if err := writeFile(dir, "complaints.csv", func(b *bufio.Writer) error { return w.writeComplaints(b, g, rows) }); err != nil {
		return nil, err
	}
	if err := writeFile(dir, "surveys.csv", func(b *bufio.Writer) error { return w.writeSurveys(b, g, s.bad) }); err != nil {
		return nil, err
	}
	truth := w.truth(s.dirt)
	if err := truth.write(dir); err != nil {
		return nil, err
	}
	files := append([]string{"regions.geojson", "venues.geojson", "sites.csv", "subscribers.csv"}, s.files...)
	files = append(files, "traffic.csv", "complaints.csv", "surveys.csv", TruthFile)
	return &Summary{Calls: s.rows, Complaints: len(rows), Files: files, Truth: truth}, nil
}

// scribe takes finished slots in order and writes what must be in order.
type scribe struct {
	g        *generator
	dir      string
	draw     *complaintDraw
	bad      []uint16 // bad calls per customer
	progress func(int)

	out     *callsFile
	files   []string
	rows    int
	delayed [][]byte // dirt: rows waiting for a later slot
	dirt    dirtCount
	hours   [3]map[int32]*counter // this hour, the next, the one after
	hour    int
	traffic *bufio.Writer
}

// counter is one radio cell's hour.
type counter struct{ attempts, setups, drops uint32 }

// lateSlots is how long dirty rows arrive late: a day and a half.
const lateSlots = 36 * 3600 / slotSeconds

func (s *scribe) run(ctx context.Context) error {
	return writeFile(s.dir, "traffic.csv", func(b *bufio.Writer) error {
		s.traffic = b
		b.WriteString(trafficHeader)
		for i := range s.hours {
			s.hours[i] = map[int32]*counter{}
		}
		if err := s.slots(ctx); err != nil {
			if s.out != nil {
				err = errors.Join(err, s.out.close())
			}
			return err
		}
		for range s.hours {
			if err := s.flushHour(); err != nil {
				return err
			}
		}
		return nil
	})
}

// slots generates on all workers and writes in order: every slot has its own
// channel, and the channels queue up in the order of time.
func (s *scribe) slots(ctx context.Context) error {
	workers := s.g.w.cfg.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	type job struct {
		slot int
		done chan *slotOut
	}
	jobs := make(chan job)
	queue := make(chan chan *slotOut, 4*workers)
	free := make(chan *slotOut, 8*workers)
	eg, ctx := errgroup.WithContext(ctx)
	eg.Go(func() error {
		defer close(jobs)
		defer close(queue)
		for n := range s.g.slots() {
			j := job{n, make(chan *slotOut, 1)}
			select {
			case queue <- j.done:
			case <-ctx.Done():
				return ctx.Err()
			}
			select {
			case jobs <- j:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	for range workers {
		eg.Go(func() error {
			for j := range jobs {
				var out *slotOut
				select {
				case out = <-free:
				default:
					out = &slotOut{}
				}
				s.g.slot(j.slot, out)
				s.g.rows(out)
				j.done <- out
			}
			return nil
		})
	}
	eg.Go(func() error {
		for done := range queue {
			var out *slotOut
			select {
			case out = <-done:
			case <-ctx.Done():
				return ctx.Err()
			}
			if err := s.take(out); err != nil {
				return err
			}
			select {
			case free <- out:
			default:
			}
		}
		for _, late := range s.delayed {
			if err := s.write(late); err != nil {
				return err
			}
		}
		if s.out == nil {
			return nil
		}
		err := s.out.close()
		s.out = nil
		return err
	})
	return eg.Wait()
}

func (s *scribe) take(out *slotOut) error {
	w := s.g.w
	day := out.slot * slotSeconds / 86400
	if s.out == nil || w.cfg.Split && out.slot%(86400/slotSeconds) == 0 {
		if s.out != nil {
			if err := s.out.close(); err != nil {
				return err
			}
			s.out = nil
		}
		name := "calls.csv"
		if w.cfg.Split {
			name = "calls-" + s.g.dates[day] + ".csv"
		}
		var err error
		if s.out, err = openCalls(s.dir, name, w.cfg.Compress); err != nil {
			return err
		}
		s.files = append(s.files, s.out.name)
	}
	if err := s.write(out.csv); err != nil {
		return err
	}
	if w.cfg.Dirt > 0 {
		s.delayed = append(s.delayed, append([]byte(nil), out.late...))
		if len(s.delayed) > lateSlots {
			if err := s.write(s.delayed[0]); err != nil {
				return err
			}
			s.delayed = s.delayed[1:]
		}
	}
	s.dirt.add(out.dirt)
	s.rows += len(out.calls) + out.dirt.Duplicates
	for i := range out.events {
		e := &out.events[i]
		w.experienced(e)
		s.draw.offer(e)
		if s.bad[e.u] < 65535 {
			s.bad[e.u]++
		}
	}
	for i := range out.calls {
		c := &out.calls[i]
		for _, k := range c.prints {
			if k >= 0 {
				l := &w.plants[k].ledger
				l.calls++
				if w.plants[k].active(w, c.t, c.tech) {
					l.active++
				}
			}
		}
	}
	if err := s.count(out); err != nil {
		return err
	}
	if s.progress != nil {
		s.progress(len(out.calls))
	}
	return nil
}

func (s *scribe) write(rows []byte) error {
	_, err := s.out.Write(rows)
	return err
}

// count adds the calls to the radio cells' hourly counters. The switch counts
// every call it sees, also those whose record lacks the cell; a redial may fall
// into a later hour, so three hours are open at a time.
func (s *scribe) count(out *slotOut) error {
	if s.g.w.cfg.NoTraffic {
		return nil
	}
	for s.hour < out.slot*slotSeconds/3600 {
		if err := s.flushHour(); err != nil {
			return err
		}
	}
	for i := range out.calls {
		c := &out.calls[i]
		m := s.hours[min(int(c.t/3600)-s.hour, 2)]
		k := m[c.cell]
		if k == nil {
			k = &counter{}
			m[c.cell] = k
		}
		k.attempts++
		if c.out != blocked {
			k.setups++
		}
		if c.out == dropped {
			k.drops++
		}
	}
	return nil
}

func (s *scribe) flushHour() error {
	m := s.hours[0]
	cells := make([]int32, 0, len(m))
	for c := range m {
		cells = append(cells, c)
	}
	slices.SortFunc(cells, func(a, b int32) int { return cmp.Compare(a, b) })
	var row []byte
	for _, c := range cells {
		k := m[c]
		row = append(row[:0], s.g.w.cells[c].id...)
		row = append(row, ',')
		row = s.g.appendTime(row, int32(s.hour)*3600)
		row = append(row, ',')
		row = strconv.AppendUint(row, uint64(k.attempts), 10)
		row = append(row, ',')
		row = strconv.AppendUint(row, uint64(k.setups), 10)
		row = append(row, ',')
		row = strconv.AppendUint(row, uint64(k.drops), 10)
		row = append(row, '\n')
		if _, err := s.traffic.Write(row); err != nil {
			return err
		}
	}
	s.hours[0], s.hours[1], s.hours[2] = s.hours[1], s.hours[2], map[int32]*counter{}
	s.hour++
	return nil
}

// callsFile is one calls file, compressed or not.
type callsFile struct {
	name string
	io.Writer
	closers []func() error
}

func openCalls(dir, name, compress string) (*callsFile, error) {
	if compress != "" {
		name += "." + compress
	}
	f, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		return nil, fmt.Errorf("cannot write the calls: %w", err)
	}
	b := bufio.NewWriterSize(f, 1<<18)
	c := &callsFile{name: name, Writer: b, closers: []func() error{b.Flush, f.Close}}
	switch compress {
	case "gz":
		z, err := gzip.NewWriterLevel(b, gzip.BestSpeed)
		if err != nil {
			return nil, err
		}
		c.Writer, c.closers = z, append([]func() error{z.Close}, c.closers...)
	case "zst":
		z, err := zstd.NewWriter(b, zstd.WithEncoderConcurrency(1)) // one thread: same bytes everywhere
		if err != nil {
			return nil, err
		}
		c.Writer, c.closers = z, append([]func() error{z.Close}, c.closers...)
	}
	_, err = io.WriteString(c.Writer, callsHeader)
	return c, err
}

func (c *callsFile) close() error {
	var errs []error
	for _, f := range c.closers {
		errs = append(errs, f())
	}
	return errors.Join(errs...)
}
