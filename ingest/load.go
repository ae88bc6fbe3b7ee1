package ingest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"sync/atomic"
	"time"
)

// Loader takes files in. It may be used by several goroutines at once; each Load
// has its own workers.
type Loader struct {
	cfg     Config
	sink    Sink
	locator Locator
	metrics *metrics
	trial   bool // nothing is stored: see Try
}

// New checks the configuration and gives a Loader that writes to sink and
// locates records with locator.
func New(cfg Config, sink Sink, locator Locator) (*Loader, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if sink == nil || locator == nil {
		return nil, errors.New("ingest: a sink and a locator are needed")
	}
	m, err := newMetrics(cfg.Registerer)
	if err != nil {
		return nil, err
	}
	return &Loader{cfg: cfg, sink: sink, locator: locator, metrics: m}, nil
}

// Load takes in one file of a feed by a profile.
//
// The account says what became of each row: read = accepted + rejected +
// duplicate. A *FileError tells that the file as a whole is at fault; when it is
// Partial, the account counts the rows before the fault, which were stored. Any
// other error comes from the sink or the context: what was stored until then
// stays, and loading the file again completes it without counting anything twice.
func (l *Loader) Load(ctx context.Context, feed Feed, p *Profile, path string) (Account, error) {
	return l.load(ctx, feed, p, path, path)
}

// LoadReader takes in what r gives, for example standard input. It is written to
// a temporary file first, because a load is known by the hash of its whole
// content. name stands for the file in messages, and gives the time where the
// profile finds it in file names.
func (l *Loader) LoadReader(ctx context.Context, feed Feed, p *Profile, name string, r io.Reader) (Account, error) {
	tmp, err := os.CreateTemp("", "hotcell-spool-*")
	if err != nil {
		return Account{}, fmt.Errorf("no temporary file for %s: %w", name, err)
	}
	defer os.Remove(tmp.Name())
	_, err = io.Copy(tmp, r)
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return Account{}, fmt.Errorf("%s could not be spooled to %s: %w; make room there, or set TMPDIR", name, filepath.Dir(tmp.Name()), err)
	}
	return l.load(ctx, feed, p, tmp.Name(), name)
}

func (l *Loader) load(ctx context.Context, feed Feed, p *Profile, path, name string) (Account, error) {
	start := l.cfg.Now()
	if p.Feed != feed {
		return Account{}, fmt.Errorf("profile %s is for %s, not for %s", p.Name, p.Feed, feed)
	}
	in, err := openInput(path, name)
	if err != nil {
		l.metrics.files.WithLabelValues(string(feed), "failed").Inc()
		return Account{}, err
	}
	defer in.close()
	if l.cfg.MaxRejectShare > 0 && p.Feed.tabular() {
		if a, err := l.tooManyRejects(ctx, feed, p, path, name); err != nil {
			l.metrics.files.WithLabelValues(string(feed), "failed").Inc()
			return a, err
		}
	}
	a, err := l.loadInput(ctx, p, in, start)
	result := "loaded"
	switch {
	case err != nil:
		result = "failed"
	case a.AlreadyHad:
		result = "already_loaded"
	}
	l.metrics.files.WithLabelValues(string(feed), result).Inc()
	a.BytesRead = uint64(in.done.Load())
	a.Duration = l.cfg.Now().Sub(start)
	if err == nil && !a.AlreadyHad {
		l.cfg.Logger.Info("file loaded", "file", name, "feed", feed, "read", a.Read, "accepted", a.Accepted,
			"rejected", a.Rejected, "duplicate", a.Duplicate, "took", a.Duration)
	}
	return a, err
}

func (l *Loader) loadInput(ctx context.Context, p *Profile, in *input, start time.Time) (Account, error) {
	src, err := l.open(p, in)
	if err != nil {
		return Account{}, err
	}
	ld := newLoad(p, in.name, src.hash, start)
	had, err := l.sink.Begin(ctx, ld)
	if err != nil {
		return Account{}, fmt.Errorf("the load of %s could not be begun: %w", in.name, err)
	}
	if had != nil {
		return l.alreadyHad(had), nil
	}
	var a Account
	if p.Feed.tabular() {
		a, err = l.loadRows(ctx, ld, src)
	} else {
		a, err = l.loadFeatures(ctx, ld, in)
	}
	a.finish()
	fe, isFile := IsFileError(err)
	if err != nil && !(isFile && fe.Partial) {
		return a, err
	}
	// Rows before a break were stored, so their load ends properly too: what
	// follows from them (perceived drops, corrections) must not wait.
	if ferr := l.sink.Finish(ctx, ld, a); ferr != nil {
		return a, fmt.Errorf("the load of %s could not be completed: %w; load the file again", in.name, ferr)
	}
	return a, err
}

// alreadyHad turns the account of an earlier load of the same file into that of
// this one: every row that was read then is a duplicate or a reject now.
func (l *Loader) alreadyHad(had *Account) Account {
	a := Account{Read: had.Read, Rejected: had.Rejected, ByReason: had.ByReason, Duplicate: had.Read - had.Rejected,
		AlreadyHad: true, FirstDay: had.FirstDay, LastDay: had.LastDay}
	return a
}

// newLoad describes a load of content that begins at start.
func newLoad(p *Profile, file, hash string, start time.Time) Load {
	return Load{
		ID: loadID(p, hash, start), Feed: p.Feed, Source: p.Source, File: file, ContentHash: hash,
		Profile: p.Name, ProfileVersion: p.Version, Started: start, Version: uint64(start.UnixNano()),
	}
}

func loadID(p *Profile, hash string, start time.Time) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00%s\x00%s\x00%s\x00%d", p.Feed, p.Source, hash, p.Version, start.UnixNano())
	return "ld_" + hex.EncodeToString(h.Sum(nil))[:20]
}

// source is an input whose header was read and bound.
type source struct {
	in      *input
	plan    *plan
	chunks  chunkReader
	rows    func() rowReader
	hash    string
	rowSeed []byte
	damage  *atomic.Pointer[error] // set when rows turn out to be unreadable
	format  string                 // "csv", "ndjson", "parquet" or "xlsx"
	context string                 // see Reject.Context

	rowCount int // where the file says how many rows it has
}

// open reads as much of the input as tells whether it can be loaded at all.
func (l *Loader) open(p *Profile, in *input) (*source, error) {
	src := &source{in: in, hash: in.hash}
	if !p.Feed.tabular() {
		return src, nil
	}
	head, err := in.plain.Peek(headBytes)
	if err != nil && !errors.Is(err, io.EOF) && len(head) == 0 {
		return nil, in.broken(err)
	}
	if len(head) == 0 {
		return nil, in.fault(FileEmpty, nil, "there is nothing in the packed file; ask its source to send it again")
	}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) && in.packed == "" && (p.Format.Type == "auto" || p.Format.Type == "xlsx") {
		src.format = "xlsx"
	} else if p.Format.Type == "xlsx" {
		return nil, in.fault(FileFormat, nil, "this is no Excel workbook (.xlsx); set the format of the profile to auto, or ask for .xlsx")
	} else if r := decoder(in.plain, head, p.Format.Encoding); r != io.Reader(in.plain) {
		in.plain = bufio.NewReaderSize(r, headBytes)
		if head, err = in.plain.Peek(headBytes); err != nil && !errors.Is(err, io.EOF) && len(head) == 0 {
			return nil, in.broken(err)
		}
	}
	if src.format == "xlsx" {
		// Its parts are looked at when it is opened.
	} else if bytes.HasPrefix(head, []byte("PAR1")) && p.Format.Type != "csv" && p.Format.Type != "ndjson" {
		src.format = "parquet"
	} else if p.Format.Type == "parquet" {
		return nil, in.fault(FileFormat, nil, "this is no Parquet file; set the format of the profile to auto, or ask for Parquet")
	} else if kind := binaryKind(head); kind != "" {
		return nil, in.fault(FileBinary, nil, "this is %s", kind)
	}
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		in.plain.Discard(3)
		head = head[3:]
	}
	src.rowSeed = contentSeed(head)
	header, err := l.openFormat(src, p, head, err != nil)
	if fe, ok := IsFileError(err); ok {
		return nil, fe
	}
	if err != nil {
		return nil, in.fault(FileHeader, err, "%v", err)
	}
	if header == nil {
		return nil, in.fault(FileNoRows, nil, "there is no header and no row in the file")
	}
	if src.plan, err = p.bindHeader(header, in.name); err != nil {
		return nil, in.fault(FileHeader, err, "%v", err)
	}
	if c := src.plan.fileTime; c != nil {
		stamp := fmt.Sprintf("%04d-%02d-%02d", c.year, c.month, c.day)
		src.rowSeed = append(src.rowSeed, stamp...)
		sum := sha256.Sum256([]byte(src.hash + stamp))
		src.hash = hex.EncodeToString(sum[:])
	}
	kept := src.format
	switch kept {
	case "parquet":
		kept = "ndjson" // rejected rows are kept as JSON
	case "xlsx":
		kept = "csv"
	}
	src.context = rejectContext{Format: kept, Header: header, Seed: src.rowSeed}.String()
	return src, nil
}

// openFormat puts the readers of the profile's format in place and gives the names
// of the columns; nil when there is nothing in the file.
func (l *Loader) openFormat(src *source, p *Profile, head []byte, complete bool) ([]string, error) {
	cfg := &l.cfg
	switch src.format {
	case "parquet":
		return l.openParquet(src)
	case "xlsx":
		src.rows = l.rowReaders(p, src)
		return l.openXlsx(src, p)
	}
	if src.format = p.Format.Type; src.format == "auto" {
		src.format = "csv"
		if bytes.HasPrefix(trim(head), []byte{'{'}) {
			src.format = "ndjson"
		}
	}
	src.rows = l.rowReaders(p, src)
	c := newChunker(src.in.plain, cfg.ChunkBytes, cfg.MaxLineBytes, p.Format.Delimiter, src.format == "csv")
	src.chunks = c
	if src.format == "ndjson" {
		return p.jsonColumns(head, complete), nil
	}
	return c.header()
}

func (l *Loader) openParquet(src *source) ([]string, error) {
	pf, err := openParquet(src.in)
	if err != nil {
		return nil, err
	}
	src.damage, src.chunks, src.rowCount = &pf.damage, &parquetChunks{pf: pf}, int(pf.rows)
	src.rows = func() rowReader { return newParquetRows(pf) }
	src.in.done.Store(src.in.size) // it is read here and there, not from end to end
	return pf.names, nil
}

// rowReaders gives what makes a reader of rows, one for each worker.
func (l *Loader) rowReaders(p *Profile, src *source) func() rowReader {
	if src.format == "ndjson" {
		return func() rowReader { return newJSONRow(src.plan.columns, l.cfg.MaxLineBytes, p.ignored("*")) }
	}
	return func() rowReader { return &splitter{delim: p.Format.Delimiter, maxLine: l.cfg.MaxLineBytes} }
}

// seedBytes is how much of a file's beginning goes into the ids of rows that
// have none of their own.
const seedBytes = 4096

// contentSeed stands for a file in the ids of its rows. It is made of the plain
// beginning, not of the whole: so the same rows have the same ids when the file
// comes packed differently, was broken off the first time, or has grown since.
func contentSeed(head []byte) []byte {
	sum := sha256.Sum256(head[:min(len(head), seedBytes)])
	return sum[:]
}

// header reads the first record. nil means the file has none.
func (c *chunker) header() ([]string, error) {
	b := make([]byte, c.size)
	b = c.fill(b, 0)
	s := splitter{delim: c.delim, maxLine: c.maxLine}
	s.reset(part{data: b, line: 1})
	more, fault := s.next()
	if !more {
		return nil, nil
	}
	if fault != nil {
		return nil, fmt.Errorf("the header cannot be read: %s", fault.detail)
	}
	var header []string
	for _, f := range s.fields {
		header = append(header, string(trim(f)))
	}
	c.carry, c.line = b[s.pos:], s.line
	return header, nil
}

func (a *Account) reject(r Reason, n uint64) {
	a.Rejected += n
	if a.ByReason == nil {
		a.ByReason = map[Reason]uint64{}
	}
	a.ByReason[r] += n
}

// finish puts the parts of an account in order that are gathered loosely.
func (a *Account) finish() {
	sort.Strings(a.Warnings)
	if n := a.ByReason[ReasonSwapped]; n > 0 {
		a.Warnings = append(a.Warnings, fmt.Sprintf("%d rows have latitude and longitude exchanged; mend lat and lon in the profile and replay the rejects", n))
	}
}
