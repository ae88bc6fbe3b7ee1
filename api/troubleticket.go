package api

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/hotcell/hotcell/ingest"
)

// Trouble tickets of TM Forum's TMF621 v4 are taken as complaints: created by POST,
// or told by the events of the system that holds them. Tickets are not kept as
// tickets (a complaint has no customer id but a pseudonym), so none are given out.
const (
	ticketPath   = "/tmf-api/troubleTicket/v4/troubleTicket"
	listenerPath = "/tmf-api/troubleTicket/v4/listener/:event"
	ticketSource = "tmf621"
)

// ticketEvents are the notifications of TMF621 v4 that change a complaint.
var ticketEvents = []string{"troubleTicketCreateEvent", "troubleTicketAttributeValueChangeEvent", "troubleTicketStatusChangeEvent",
	"troubleTicketResolvedEvent"}

// ticket is what a complaint takes from a TroubleTicket.
type ticket struct {
	ID           string       `json:"id"`
	ExternalID   string       `json:"externalId"`
	CreationDate string       `json:"creationDate"`
	Description  string       `json:"description"`
	Name         string       `json:"name"`
	Severity     string       `json:"severity"`
	Type         string       `json:"ticketType"`
	Status       string       `json:"status"`
	Channel      ticketRef    `json:"channel"`
	Parties      []ticketRef  `json:"relatedParty"`
	Entities     []ticketRef  `json:"relatedEntity"`
	Notes        []ticketNote `json:"note"`
}

type ticketRef struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Role     string `json:"role"`
	Referred string `json:"@referredType"`
}

type ticketNote struct {
	Text string `json:"text"`
}

// complaintRow is a canonical complaint (DESIGN §2) as a line of NDJSON.
type complaintRow struct {
	ID         string `json:"record_id"`
	Time       string `json:"time"`
	Subscriber string `json:"subscriber_id,omitempty"`
	Channel    string `json:"channel,omitempty"`
	Kind       string `json:"kind"`
	Category   string `json:"category,omitempty"`
	Text       string `json:"text,omitempty"`
	Address    string `json:"address,omitempty"`
	RadioCell  string `json:"cell_id,omitempty"`
	Status     string `json:"status,omitempty"`
}

// tmfError is how TM Forum's APIs say what went wrong (TMF630).
type tmfError struct {
	Code    string `json:"code"`
	Reason  string `json:"reason"`
	Message string `json:"message,omitempty"`
	Status  string `json:"status"`
	Type    string `json:"@type"`
}

// tmf runs h and writes its failure in TM Forum's form.
func (s *Server) tmf(h handler) gin.HandlerFunc {
	return s.handle(func(c *gin.Context) (answer, error) {
		a, err := h(c)
		if err == nil {
			return a, nil
		}
		e := classify(err)
		status := statusOf[e.Code]
		s.deps.Log.Debug("request failed", "request_id", requestID(c), "path", c.Request.URL.Path, "code", e.Code, "error", err)
		if status >= http.StatusInternalServerError && e.Code != CodeNotImplemented {
			s.deps.Log.Error("request failed", "request_id", requestID(c), "path", c.Request.URL.Path, "error", err)
		}
		if e.RetryAfter > 0 {
			c.Header("Retry-After", strconv.Itoa(int(e.RetryAfter.Seconds())))
		}
		a, err = jsonAnswer(typeJSON, tmfError{Code: string(e.Code), Reason: http.StatusText(status), Message: e.Detail, Status: strconv.Itoa(status), Type: "Error"})
		a.status, a.cache = status, "no-store"
		return a, err
	})
}

// createTicket is POST …/troubleTicket.
func (s *Server) createTicket(c *gin.Context) (answer, error) {
	body, err := s.ticketBody(c)
	if err != nil {
		return answer{}, err
	}
	key, err := idempotencyKey(c)
	if err != nil {
		return answer{}, err
	}
	take := func() (answer, error) {
		var t ticket
		fields := map[string]any{}
		if err := errors.Join(json.Unmarshal(body, &t), json.Unmarshal(body, &fields)); err != nil {
			return answer{}, invalid("", "The body is no TroubleTicket: %v.", err)
		}
		for name, v := range map[string]string{"description": t.Description, "severity": t.Severity, "ticketType": t.Type} {
			if v == "" { // mandatory by the standard
				return answer{}, invalid(name, "A trouble ticket needs a %s.", name)
			}
		}
		now := s.deps.Now().UTC().Format(time.RFC3339)
		set := func(name string, field *string, value string) {
			if *field == "" {
				*field = value
			}
			fields[name] = *field
		}
		set("id", &t.ID, firstOf(t.ExternalID, rand.Text()))
		set("creationDate", &t.CreationDate, now)
		set("status", &t.Status, "acknowledged")
		fields["lastUpdate"], fields["href"], fields["@type"] = now, ticketPath+"/"+url.PathEscape(t.ID), "TroubleTicket"
		if err := s.takeTicket(c, t); err != nil {
			return answer{}, err
		}
		a, err := jsonAnswer(typeJSON, fields)
		a.status, a.cache = http.StatusCreated, "no-store"
		c.Header("Location", ticketPath+"/"+url.PathEscape(t.ID))
		return a, err
	}
	if key == "" {
		return take()
	}
	return s.keys.once("tmf621 "+key, string(body), take)
}

// hearTicket is POST …/listener/{event}, where the system that holds the tickets
// says what became of them.
func (s *Server) hearTicket(c *gin.Context) (answer, error) {
	if name := c.Param("event"); !slices.Contains(ticketEvents, name) {
		return answer{}, &Error{Code: CodeNotFound, Parameter: "event", Allowed: ticketEvents,
			Detail: fmt.Sprintf("There is no event %q. There are: %s.", name, strings.Join(ticketEvents, ", "))}
	}
	body, err := s.ticketBody(c)
	if err != nil {
		return answer{}, err
	}
	var event struct {
		Event struct {
			Ticket ticket `json:"troubleTicket"`
		} `json:"event"`
	}
	if err := json.Unmarshal(body, &event); err != nil {
		return answer{}, invalid("", "The body is no event of a trouble ticket: %v.", err)
	}
	t := event.Event.Ticket
	// A complaint is replaced whole: an event that told less would wipe out the rest.
	for name, v := range map[string]string{"id": t.ID, "creationDate": t.CreationDate, "description": t.Description} {
		if v == "" {
			return answer{}, invalid("event.troubleTicket."+name, "The event's troubleTicket has no %s. Let events carry the whole ticket.", name)
		}
	}
	if err := s.takeTicket(c, t); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusNoContent, media: typeJSON, cache: "no-store"}, nil
}

// noTickets answers what the standard has beside: reading, changing and deleting tickets.
func (s *Server) noTickets(c *gin.Context) (answer, error) {
	e := &Error{Code: CodeNotImplemented,
		Detail: "Tickets are taken as complaints and not kept as tickets (neither their ids nor their customers are stored): they cannot be listed or read here. Ask the system that holds them."}
	if c.Request.Method == http.MethodPatch || c.Request.Method == http.MethodDelete {
		e.Detail = "A ticket is changed in the system that holds it. Let that tell hotcell, with the whole ticket, at " +
			strings.Replace(listenerPath, ":event", "troubleTicketStatusChangeEvent", 1) + ", or POST the whole ticket with its id again: the complaint is replaced."
	}
	return answer{}, e
}

// ticketBody checks who asks and reads the body, which the server bounds.
func (s *Server) ticketBody(c *gin.Context) ([]byte, error) {
	if err := s.guard(c.Request); err != nil {
		return nil, err
	}
	media, _, _ := strings.Cut(c.GetHeader("Content-Type"), ";")
	if media = strings.ToLower(strings.TrimSpace(media)); media != "application/json" {
		return nil, &Error{Code: CodeMedia, Parameter: "Content-Type", Detail: fmt.Sprintf("Content-Type %q is not application/json.", media)}
	}
	body, err := io.ReadAll(c.Request.Body)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, &Error{Code: CodeTooLarge, Detail: fmt.Sprintf("A ticket may have at most %d bytes.", s.cfg.MaxBodyBytes)}
	}
	if err != nil {
		return nil, &Error{Code: CodeClosed, Err: err, Detail: "The body broke off. Send it again."}
	}
	return body, nil
}

// takeTicket loads a ticket as one complaint.
func (s *Server) takeTicket(c *gin.Context, t ticket) error {
	release, err := s.beginIntake(c.Request.Context())
	if err != nil {
		return err
	}
	defer release()
	line, err := json.Marshal(t.complaint())
	if err != nil {
		return err
	}
	file, err := os.CreateTemp("", "hotcell-ticket-*")
	if err != nil {
		return noRoom(err)
	}
	defer os.Remove(file.Name())
	_, err = file.Write(append(line, '\n'))
	if err = errors.Join(err, file.Close()); err != nil {
		return noRoom(err)
	}
	r, err := s.deps.Intake.Take(c.Request.Context(), Delivery{Feed: ingest.FeedComplaints, Source: ticketSource, Name: "tmf621:" + t.ID, Path: file.Name()})
	var shown *Error
	if fe, isFile := ingest.IsFileError(err); isFile {
		return &Error{Code: CodeBadContent, Detail: fe.Detail, Err: fe}
	} else if errors.As(err, &shown) {
		return err
	} else if err != nil {
		return storeAway(err)
	}
	if r.Rejected > 0 && len(r.FirstRejects) > 0 {
		return invalid("", "The ticket cannot be taken as a complaint (%s): %s.", r.FirstRejects[0].Reason, r.FirstRejects[0].Detail)
	}
	return nil
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// ticketChannels are the words for channels that tickets use, folded.
var ticketChannels = map[string]string{"hotline": "hotline", "callcenter": "hotline", "callcentre": "hotline", "phone": "hotline", "ivr": "hotline",
	"app": "app", "mobileapp": "app", "selfcare": "app", "store": "store", "shop": "store", "retail": "store",
	"web": "web", "portal": "web", "website": "web", "email": "web", "regulator": "regulator"}

// complaint is what hotcell keeps of a ticket.
func (t *ticket) complaint() complaintRow {
	row := complaintRow{ID: t.ID, Time: t.CreationDate, Kind: "complaint", Category: t.Type, Text: t.Description, Status: t.Status,
		Channel: ticketChannels[foldWord(firstOf(t.Channel.Name, t.Channel.ID))]}
	if t.Name != "" && t.Name != t.Description {
		row.Text = t.Name + ". " + t.Description
	}
	for _, n := range t.Notes {
		if n.Text != "" {
			row.Text += "\n" + n.Text
		}
	}
	if strings.EqualFold(t.Type, "appeal") || row.Channel == "regulator" {
		row.Kind = "appeal"
	}
	for _, p := range t.Parties {
		switch foldWord(p.Role) {
		case "customer", "subscriber", "user", "originator", "requester", "complainant":
			row.Subscriber = firstOf(row.Subscriber, p.ID)
		}
	}
	for _, e := range t.Entities {
		switch what := foldWord(e.Role + " " + e.Referred); {
		case strings.Contains(what, "cell"):
			row.RadioCell = firstOf(row.RadioCell, e.ID, e.Name)
		case strings.Contains(what, "address"), strings.Contains(what, "place"), strings.Contains(what, "location"), strings.Contains(what, "site"):
			row.Address = firstOf(row.Address, e.Name)
		}
	}
	return row
}

// foldWord leaves letters, in lower case.
func foldWord(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(s))
}
