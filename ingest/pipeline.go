package ingest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"github.com/hotcell/hotcell/geo"
)

// The pipeline of one file:
//
//	reader ─ chunks ─▶ workers ─ mapped chunks, in order ─▶ writer ─ batches ─▶ sink
//
// The reader cuts the file, workers parse, check, pseudonymise and locate, and the
// writer, which sees the chunks in the order of the file, finds duplicates and
// keeps the account. A fixed number of chunks is on the way at any time, so memory
// does not grow with the file.

// mapped is a chunk that became records.
type mapped[T any] struct {
	seq     int
	rows    []T
	rejects []Reject
	read    uint64
	bytes   int
	methods [8]uint64 // located rows by geo.Method
	causes  [causeClasses]uint64
	release func() // see chunk
}

type pipeline[T any] struct {
	l   *Loader
	ld  Load
	src *source
	ops feedOps[T]

	chunks  chan chunk
	mapped  chan *mapped[T]
	tokens  chan struct{} // one per chunk on the way
	free    chan []T      // slices to use again
	readErr error         // why the reader stopped early; set before chunks closes

	sampling  sync.Mutex
	positions []geo.LatLon // some of the file's, from every worker
}

func run[T any](ctx context.Context, l *Loader, ld Load, src *source, ops feedOps[T]) (Account, error) {
	flying := l.cfg.Workers + l.cfg.InFlight + 1
	p := &pipeline[T]{l: l, ld: ld, src: src, ops: ops,
		chunks: make(chan chunk, 1), mapped: make(chan *mapped[T], flying),
		tokens: make(chan struct{}, flying), free: make(chan []T, flying)}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(p.chunks)
		return p.read(gctx)
	})
	var workers sync.WaitGroup
	for range l.cfg.Workers {
		workers.Add(1)
		g.Go(func() error {
			defer workers.Done()
			return p.work(gctx)
		})
	}
	go func() {
		workers.Wait()
		close(p.mapped)
	}()
	w := newWriter(p)
	g.Go(func() error { return w.run(gctx) })
	err := g.Wait()
	if cause := ctx.Err(); cause != nil && err != nil {
		err = fmt.Errorf("loading %s was stopped: %w; what was stored stays, load the file again to complete it", ld.File, cause)
	}
	if ops.location != nil && err == nil {
		if warning := checkDatum(l.locator, src.plan.p, p.positions); warning != "" {
			w.account.Warnings = append(w.account.Warnings, warning)
		}
	}
	if err == nil && p.readErr != nil {
		fe := src.in.broken(p.readErr)
		fe.Partial = true
		w.account.Warnings = append(w.account.Warnings, fe.Detail)
		err = fe
	}
	if err == nil && src.damage != nil {
		if d := src.damage.Load(); d != nil {
			err = &FileError{Code: FileCorrupt, File: ld.File, Partial: true, Err: *d,
				Detail: fmt.Sprintf("the file is damaged (%v); the rows that can be read were kept, ask its source to send it again", *d)}
		}
	}
	if err == nil && w.account.Read == 0 {
		err = src.in.fault(FileNoRows, nil, "there is a header but no row in the file; nothing was loaded")
	}
	return w.account, err
}

func (p *pipeline[T]) read(ctx context.Context) error {
	for {
		select {
		case p.tokens <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		ch, ok := p.src.chunks.next()
		if !ok {
			p.readErr = p.src.chunks.broken()
			return nil
		}
		select {
		case p.chunks <- ch:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (p *pipeline[T]) work(ctx context.Context) error {
	cfg := &p.l.cfg
	lim := limits{earliest: cfg.Earliest.Unix(), latest: p.ld.Started.Add(cfg.Future).Unix()}
	m := newMapper(p.src.plan, p.l.locator, lim, cfg.PseudonymKey, p.src.rowSeed)
	r := p.src.rows()
	defer func() {
		p.sampling.Lock()
		defer p.sampling.Unlock()
		p.positions = append(p.positions, m.sample.kept...)
	}()
	for ch := range p.chunks {
		if err := ctx.Err(); err != nil {
			return err
		}
		out := p.mapChunk(ch, m, r)
		select {
		case p.mapped <- out:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// mapChunk turns a chunk into records and rejects.
func (p *pipeline[T]) mapChunk(ch chunk, m *mapper, r rowReader) *mapped[T] {
	out := &mapped[T]{seq: ch.seq, bytes: ch.size(), release: ch.release}
	select {
	case out.rows = <-p.free:
	default:
	}
	if ch.odd != nil {
		out.read++
		out.rejects = append(out.rejects, p.reject(ch.odd.line, ch.odd.raw, ch.odd.fault))
		return out
	}
	p.mapPart(ch.part, m, r, out)
	for _, more := range ch.more {
		p.mapPart(more, m, r, out)
	}
	return out
}

func (p *pipeline[T]) mapPart(part part, m *mapper, r rowReader, out *mapped[T]) {
	clean := part.rows == 0 && utf8.Valid(part.data)
	want := len(p.src.plan.columns)
	row := r.current()
	if fault := r.reset(part); fault != nil {
		out.read++
		out.rejects = append(out.rejects, p.reject(part.line, "", fault))
		return
	}
	done := 0
	for {
		more, fault := r.next()
		if !more {
			p.place(m, out)
			return
		}
		out.read++
		done += len(row.raw) + 1
		if fault == nil && len(row.fields) != want {
			fault = faultf(ReasonFieldCount, "the row has %d fields, the header %d", len(row.fields), want)
		}
		if fault == nil && !clean && !utf8.Valid(row.raw) {
			fault = faultf(ReasonEncoding, "the row is not valid UTF-8; name the file's encoding in the profile, for example encoding: gb18030")
		}
		if fault == nil {
			n := len(out.rows)
			if n == cap(out.rows) {
				out.rows = grow(out.rows, &part, done)
			}
			out.rows = out.rows[:n+1]
			m.row = row
			rec := &out.rows[n]
			if fault = p.ops.row(m, rec); fault == nil {
				if len(m.unplaced) == placeAtOnce {
					p.place(m, out)
				}
				if p.ops.cause != nil {
					if c, ok := p.ops.cause(rec); ok {
						out.causes[c]++
					}
				}
				continue
			}
			out.rows = out.rows[:n]
		}
		out.rejects = append(out.rejects, p.reject(row.at, r.rejected(), fault))
	}
}

// place locates the last rows, as many as wait for it.
func (p *pipeline[T]) place(m *mapper, out *mapped[T]) {
	rows := out.rows[len(out.rows)-len(m.unplaced):]
	for i, at := range m.placed() {
		*p.ops.location(&rows[i]) = at
		out.methods[at.Method]++
	}
}

// grow makes room for the rows that the rest of the part will likely give; done
// bytes of it are read.
func grow[T any](rows []T, part *part, done int) []T {
	expect := 1024
	switch n := len(rows); {
	case part.rows > 0:
		expect = n + part.rows
	case n >= 1024 && done > 0:
		expect = n + n/8 + 64
		if len(part.data) > done {
			expect = max(expect, int(float64(n)*float64(len(part.data))/float64(done)*1.02)+64)
		}
	case n > 0:
		expect = 2 * n
	}
	out := make([]T, len(rows), expect)
	copy(out, rows)
	return out
}

func (p *pipeline[T]) reject(line uint64, raw string, f *rowFault) Reject {
	return Reject{Feed: p.ld.Feed, Source: p.ld.Source, File: p.ld.File, Line: line, Reason: f.reason, Detail: f.detail,
		Raw: raw, ProfileVersion: p.ld.ProfileVersion, Context: p.src.context}
}

// loadRows picks the pipeline of a feed.
func (l *Loader) loadRows(ctx context.Context, ld Load, src *source) (Account, error) {
	switch ld.Feed {
	case FeedCalls:
		return run(ctx, l, ld, src, callOps)
	case FeedComplaints:
		return run(ctx, l, ld, src, complaintOps)
	case FeedSubscribers:
		return run(ctx, l, ld, src, subscriberOps)
	case FeedTraffic:
		return run(ctx, l, ld, src, trafficOps)
	case FeedSites:
		return run(ctx, l, ld, src, siteOps)
	case FeedSurveys:
		return run(ctx, l, ld, src, surveyOps)
	}
	return Account{}, errors.New("ingest: no pipeline for " + string(ld.Feed))
}
