package ingest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
)

// Messages are messages of one partition of a topic, in the order of their offsets.
type Messages struct {
	Topic     string
	Partition int32
	Messages  []Message
}

// Message is one message: a JSON object.
type Message struct {
	Offset int64
	Value  []byte
}

// Place is what stands for the file of the messages in rejects and accounts; the
// offset stands for the line.
func (m *Messages) Place() string { return fmt.Sprintf("kafka:%s/%d", m.Topic, m.Partition) }

// LoadMessages takes in messages of a stream. Every message is one row; what is none
// becomes a reject with its topic, partition and offset. A message without an id of
// its source is known by topic, partition and offset, so that messages that come
// again, in whatever batches, are known.
//
// Differently from a file, a message may miss any column and have any of the names
// that the profile gives for one.
func (l *Loader) LoadMessages(ctx context.Context, p *Profile, s Messages) (Account, error) {
	start := l.cfg.Now()
	if !p.Feed.tabular() {
		return Account{}, fmt.Errorf("%s come as files of shapes, not as messages", p.Feed)
	}
	if len(s.Messages) == 0 {
		return Account{}, errors.New("there are no messages to load")
	}
	src := &source{in: &input{name: s.Place()}, hash: s.hash(), rowSeed: s.seed()}
	if err := l.openMessages(src, p); err != nil {
		return Account{}, err
	}
	chunks := &replayReader{size: l.cfg.ChunkBytes}
	for _, m := range s.Messages {
		src.in.size += int64(len(m.Value))
		if len(trim(m.Value)) == 0 {
			chunks.odd = append(chunks.odd, &oddLine{line: uint64(m.Offset), fault: faultf(ReasonJSON, "the message is empty")})
			continue
		}
		chunks.parts = append(chunks.parts, part{data: oneLine(m.Value), line: uint64(m.Offset)})
	}
	src.chunks = chunks
	ld := newLoad(p, s.Place(), src.hash, start)
	had, err := l.sink.Begin(ctx, ld)
	if err != nil {
		return Account{}, fmt.Errorf("the load of %s could not be begun: %w", ld.File, err)
	}
	if had != nil {
		return l.alreadyHad(had), nil
	}
	a, err := l.loadRows(ctx, ld, src)
	a.finish()
	a.Duration = l.cfg.Now().Sub(start)
	if err != nil {
		return a, err
	}
	if err := l.sink.Finish(ctx, ld, a); err != nil {
		return a, fmt.Errorf("the load of %s could not be completed: %w", ld.File, err)
	}
	return a, nil
}

// openMessages binds a profile to messages, whose columns are all that the profile
// knows.
func (l *Loader) openMessages(src *source, p *Profile) error {
	var header []string
	aliases := map[string]int{}
	add := func(name string) int {
		if i, ok := aliases[name]; ok {
			return i
		}
		aliases[name] = len(header)
		header = append(header, name)
		return len(header) - 1
	}
	main, _ := mainTime(p.Feed)
	for _, ff := range feedFields[p.Feed] {
		c := &p.columns[ff.field]
		for _, name := range c.Join {
			add(name)
		}
		if len(c.From) == 0 || ff.field == main && len(p.Time.Columns) > 0 {
			continue
		}
		i := add(c.From[0])
		for _, name := range c.From[1:] {
			aliases[name] = i
		}
	}
	for _, name := range append(append([]string(nil), p.Time.Columns...), p.Ignore...) {
		if name != "*" {
			add(name)
		}
	}
	var err error
	if src.plan, err = p.bindHeader(header, src.in.name); err != nil {
		return err
	}
	src.plan.idOptional = true
	src.format = "ndjson"
	src.rows = func() rowReader {
		r := newJSONRow(src.plan.columns, l.cfg.MaxLineBytes, p.ignored("*"))
		r.columns = aliases
		return r
	}
	src.context = rejectContext{Format: src.format, Stream: true, Header: header, Seed: src.rowSeed}.String()
	return nil
}

// oneLine gives a JSON text without line ends, which can only stand between its parts.
func oneLine(value []byte) []byte {
	if bytes.IndexByte(value, '\n') < 0 {
		return value
	}
	return bytes.ReplaceAll(value, newline, []byte{' '})
}

// seed stands for the partition in the ids of messages.
func (m *Messages) seed() []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "kafka\x00%s\x00%d", m.Topic, m.Partition))
	return sum[:]
}

func (m *Messages) hash() string {
	h := sha256.New()
	h.Write(m.seed())
	var head [16]byte
	for _, x := range m.Messages {
		binary.LittleEndian.PutUint64(head[:8], uint64(x.Offset))
		binary.LittleEndian.PutUint64(head[8:], uint64(len(x.Value)))
		h.Write(head[:])
		h.Write(x.Value)
	}
	return hex.EncodeToString(h.Sum(nil))
}
