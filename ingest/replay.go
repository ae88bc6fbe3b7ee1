package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
)

// rejectContext is what a rejected row needs from its file to be read again.
type rejectContext struct {
	Format string   `json:"format"`
	Stream bool     `json:"stream,omitempty"` // messages, not rows of a file: see LoadMessages
	Header []string `json:"header"`
	Seed   []byte   `json:"seed"` // see mapper.rowSeed
}

func (c rejectContext) String() string {
	b, err := json.Marshal(c)
	if err != nil {
		panic(err) // strings and bytes always marshal
	}
	return string(b)
}

// Replay is the rejects of one file that are to be tried again, all of them: those
// that fail once more replace them. Rows may have been mended by hand.
type Replay struct {
	File        string
	ContentHash string // of the load the rejects come from
	Rejects     []Reject
}

// replayMark sets the profile version of a replay apart from that of a load: the
// rows that were accepted before have not been read by the mended profile, and
// loading the whole file with it must still be possible.
const replayMark = "+replay"

// Replay reads rejected rows again, by a profile that was mended since. It counts
// as a load of the same content with the new profile: what is accepted gets the
// ids it would have had in the file, so loading the whole file again later adds
// nothing, and the rows that are still wrong are handed to the sink as the
// rejects that stand now.
//
// The account is that of the replayed rows alone.
func (l *Loader) Replay(ctx context.Context, p *Profile, r Replay) (Account, error) {
	start := l.cfg.Now()
	if len(r.Rejects) == 0 {
		return Account{}, errors.New("there are no rejects to replay")
	}
	first := &r.Rejects[0]
	if p.Feed != first.Feed || p.Source != first.Source {
		return Account{}, fmt.Errorf("profile %s is for %s of source %s; these rejects are %s of source %s", p.Name, p.Feed, p.Source, first.Feed, first.Source)
	}
	src, err := l.openReplay(p, r)
	if err != nil {
		return Account{}, err
	}
	ld := newLoad(p, r.File, r.ContentHash, start)
	ld.ProfileVersion += replayMark
	had, err := l.sink.Begin(ctx, ld)
	if err != nil {
		return Account{}, fmt.Errorf("the replay of %s could not be begun: %w", r.File, err)
	}
	if had != nil {
		return Account{}, fmt.Errorf("the rejects of %s were tried with this very profile already; mend the profile first", r.File)
	}
	a, err := l.loadRows(ctx, ld, src)
	a.finish()
	a.Duration = l.cfg.Now().Sub(start)
	if err != nil {
		return a, err
	}
	if err := l.sink.Finish(ctx, ld, a); err != nil {
		return a, fmt.Errorf("the replay of %s could not be completed: %w; replay it again", r.File, err)
	}
	return a, nil
}

func (l *Loader) openReplay(p *Profile, r Replay) (*source, error) {
	src := &source{in: &input{name: r.File}, hash: r.ContentHash}
	var c rejectContext
	if err := json.Unmarshal([]byte(r.Rejects[0].Context), &c); err != nil || len(c.Header) == 0 {
		return nil, fmt.Errorf("the rejects of %s were kept without the header of their file and cannot be replayed; load the file again with the mended profile instead", r.File)
	}
	src.rowSeed = c.Seed
	var err error
	if c.Stream {
		err = l.openMessages(src, p)
	} else if src.plan, err = p.bindHeader(c.Header, r.File); err == nil {
		src.format, src.context = c.Format, r.Rejects[0].Context
		src.rows = l.rowReaders(p, src)
	}
	if err != nil {
		return nil, err
	}
	again := &replayReader{size: l.cfg.ChunkBytes}
	for i := range r.Rejects {
		x := &r.Rejects[i]
		switch {
		case x.Context != r.Rejects[0].Context:
			return nil, fmt.Errorf("the rejects to replay come from files with different headers; replay them file by file")
		case x.Raw == "" && c.Stream:
			again.odd = append(again.odd, &oddLine{line: x.Line, fault: faultf(ReasonJSON, "the message is empty")})
		case x.Line == 0 && x.Raw == "":
			continue // about the file, not a row
		case len(x.Raw) >= MaxRawReject:
			again.odd = append(again.odd, &oddLine{line: x.Line, raw: x.Raw,
				fault: faultf(ReasonLineTooLong, "the row was kept only in part (%d bytes) and cannot be replayed", len(x.Raw))})
		default:
			again.parts = append(again.parts, part{data: []byte(x.Raw), line: x.Line})
			src.in.size += int64(len(x.Raw))
		}
	}
	sort.SliceStable(again.parts, func(i, j int) bool { return again.parts[i].line < again.parts[j].line })
	src.chunks = again
	return src, nil
}

// replayReader gives rejected rows in chunks.
type replayReader struct {
	parts []part
	odd   []*oddLine
	size  int
	seq   int
}

func (r *replayReader) broken() error { return nil }

func (r *replayReader) next() (chunk, bool) {
	ch := chunk{seq: r.seq}
	r.seq++
	if len(r.odd) > 0 {
		ch.odd, r.odd = r.odd[0], r.odd[1:]
		return ch, true
	}
	n := 0
	for len(r.parts) > 0 && n < r.size {
		n += len(r.parts[0].data)
		ch.more, r.parts = append(ch.more, r.parts[0]), r.parts[1:]
	}
	return ch, len(ch.more) > 0
}
