package embedded

import (
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// request is what the driver wants, out of its HTTP request.
type request struct {
	query    string
	database string
	settings map[string]string
	params   []parameter
	batch    io.Reader // the rows of an INSERT in Native format
	tables   []table   // external tables of the query
}

// table is a table that exists for one query.
type table struct {
	name, structure string
	rows            []byte // Native
}

// control are the URL parameters of the HTTP interface that are not settings. The answer's form and the user mean nothing
// here; what would change the answer is refused by readRequest.
var controlParameters = []string{
	"database", "default_format", "client_protocol_version", "query", "query_id", "quota_key", "wait_end_of_query",
	"buffer_size", "user", "password", "role", "network_compression_method", "network_zstd_compression_level",
}

var settingName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]*$`)

func readRequest(req *http.Request) (*request, error) {
	values, err := url.ParseQuery(req.URL.RawQuery)
	if err != nil {
		return nil, fmt.Errorf("the driver's request cannot be read: %w", err)
	}
	if req.Header.Get("Content-Encoding") != "" || values.Get("compress") == "1" || values.Get("decompress") == "1" {
		return nil, fmt.Errorf("compression is set, but the embedded engine sends nothing over a network: leave Compression out of the options")
	}
	for _, name := range []string{"session_id", "session_timeout"} {
		if values.Has(name) {
			return nil, fmt.Errorf("the embedded engine has no HTTP sessions (%s)", name)
		}
	}
	r := &request{database: "default", settings: map[string]string{}}
	if name := values.Get("database"); name != "" {
		r.database = name
	}
	media, details, _ := mime.ParseMediaType(req.Header.Get("Content-Type"))
	external := media == "multipart/form-data"
	if external {
		if err := r.readTables(req.Body, details["boundary"], values); err != nil {
			return nil, err
		}
	}
	for name, all := range values {
		value := all[len(all)-1]
		switch {
		case strings.HasPrefix(name, "param_"):
			r.params = append(r.params, parameter{strings.TrimPrefix(name, "param_"), value})
		case slices.Contains(controlParameters, name):
		case external && r.describes(name):
		case !settingName.MatchString(name):
			return nil, fmt.Errorf("%q cannot be the name of a setting", name)
		default:
			r.settings[name] = value
		}
	}
	switch {
	case external:
	case values.Has("query"):
		r.query, r.batch = values.Get("query"), req.Body
	case req.Body != nil:
		text, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, fmt.Errorf("the driver's query cannot be read: %w", err)
		}
		r.query = string(text)
	}
	return r, nil
}

// readTables takes a request with external tables apart: one part for each table and one for the query.
func (r *request) readTables(body io.Reader, boundary string, values url.Values) error {
	parts := multipart.NewReader(body, boundary)
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the driver's external tables cannot be read: %w", err)
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return fmt.Errorf("the driver's external tables cannot be read: %w", err)
		}
		name := part.FormName()
		if name == "query" {
			r.query = string(content)
			continue
		}
		r.tables = append(r.tables, table{name: name, structure: values.Get(name + "_structure"), rows: content})
	}
}

// describes tells whether a URL parameter belongs to an external table.
func (r *request) describes(name string) bool {
	return slices.ContainsFunc(r.tables, func(t table) bool {
		return name == t.name+"_structure" || name == t.name+"_format"
	})
}

// makeTable creates an external table in the session and fills it.
func (c *connection) makeTable(e *core, t table) error {
	if err := c.exec("CREATE OR REPLACE TEMPORARY TABLE " + quoteName(t.name) + " (" + t.structure + ") ENGINE = Memory"); err != nil {
		return err
	}
	if len(t.rows) == 0 {
		return nil
	}
	s, err := newSpool(e.spoolDir())
	if err != nil {
		return err
	}
	defer s.close()
	if _, err := s.fill(strings.NewReader(string(t.rows))); err != nil {
		return err
	}
	return c.exec("INSERT INTO " + quoteName(t.name) + " FROM INFILE " + quote(s.path()) + " FORMAT Native")
}

// dropTables removes external tables after their query.
func (c *connection) dropTables(tables []table) {
	for _, t := range tables {
		_ = c.exec("DROP TEMPORARY TABLE IF EXISTS " + quoteName(t.name))
	}
}
