package ingest

// row is a record taken apart.
type row struct {
	fields [][]byte
	raw    []byte // the record as it came, without its line end
	at     uint64 // line the record began on
}

func (r *row) current() *row { return r }

func (r *row) rejected() string { return cutRaw(r.raw) }

// rowReader takes the records of a part of a file apart; each format has one. It
// belongs to one goroutine.
type rowReader interface {
	// reset begins with a part. A fault means that none of its rows can be read.
	reset(part) *rowFault
	// next goes to the next record; false at the end of the part. A non-nil fault
	// means that the record has the wrong form: only raw and at are good then.
	next() (more bool, fault *rowFault)
	current() *row
	// rejected gives the record as text that can be kept and replayed.
	rejected() string
}

// chunkReader gives the parts of a file in order, each ending with a record.
type chunkReader interface {
	next() (ch chunk, ok bool)
	// broken says why next ended; nil when the file came to its proper end.
	broken() error
}

// part is a run of records that follow one another in the file.
type part struct {
	data []byte
	line uint64 // line of data[0], 1-based

	// Parquet: how many rows from row number line on, and their values; there is no data.
	rows    int
	parquet *parquetPart
}
