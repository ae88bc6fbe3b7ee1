package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hotcell/hotcell/api"
)

const tickets = "/tmf-api/troubleTicket/v4/"

func sendTicket(s *api.Server, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Host = "127.0.0.1"
	r.Header.Set("Content-Type", "application/json;charset=utf-8")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}

// A ticket as the examples of TMF621 have it.
const oneTicket = `{"name":"No signal","description":"No signal in the lift of tower B","severity":"Urgent","ticketType":"Complaint","externalId":"CRM-77",
 "creationDate":"2026-06-01T08:00:00+08:00","channel":{"id":"1","name":"Call Center"},
 "relatedParty":[{"id":"agent-1","role":"agent"},{"id":"13800138000","role":"Customer","@referredType":"Individual"}],
 "relatedEntity":[{"id":"a1","name":"1 Renmin Road","role":"serviceAddress","@referredType":"GeographicAddress"},{"id":"460-00-123","role":"servingCell"}],
 "note":[{"text":"since Monday"}],"x-own":{"kept":true}}`

func TestTicketsAreComplaints(t *testing.T) {
	i := &countingIntake{}
	s := intakeServer(t, i, newWorld(), nil)
	for range 2 { // the second has the same key: it is answered, not loaded
		w := sendTicket(s, tickets+"troubleTicket", oneTicket, "Idempotency-Key", "k1")
		if w.Code != http.StatusCreated {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		got := decode[map[string]any](t, w.Body.Bytes())
		if got["id"] != "CRM-77" || got["status"] != "acknowledged" || got["href"] != tickets+"troubleTicket/CRM-77" || got["@type"] != "TroubleTicket" ||
			got["severity"] != "Urgent" || got["lastUpdate"] == nil || got["x-own"] == nil {
			t.Errorf("the resource is %v", got)
		}
	}
	if len(i.took) != 1 || i.took[0].Feed != "complaints" || i.took[0].Source != "tmf621" {
		t.Fatalf("took %+v", i.took)
	}
	row := decode[map[string]string](t, []byte(i.took[0].Path))
	for k, want := range map[string]string{"record_id": "CRM-77", "time": "2026-06-01T08:00:00+08:00", "subscriber_id": "13800138000", "channel": "hotline",
		"kind": "complaint", "category": "Complaint", "text": "No signal. No signal in the lift of tower B\nsince Monday", "address": "1 Renmin Road",
		"cell_id": "460-00-123", "status": "acknowledged"} {
		if row[k] != want {
			t.Errorf("%s is %q, want %q", k, row[k], want)
		}
	}
	// A status change carries the ticket; the complaint keeps its id.
	event := `{"eventId":"1","eventType":"TroubleTicketStatusChangeEvent","event":{"troubleTicket":{"id":"CRM-77","creationDate":"2026-06-01T08:00:00+08:00","description":"No signal","ticketType":"appeal","status":"closed"}}}`
	if w := sendTicket(s, tickets+"listener/troubleTicketStatusChangeEvent", event); w.Code != http.StatusNoContent || w.Body.Len() != 0 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if row := decode[map[string]string](t, []byte(i.took[1].Path)); row["record_id"] != "CRM-77" || row["status"] != "closed" || row["kind"] != "appeal" {
		t.Errorf("the event gives %v", row)
	}
	// Without any id a ticket gets one of its own.
	w := sendTicket(s, tickets+"troubleTicket", `{"description":"x","severity":"Minor","ticketType":"Complaint"}`)
	if id, _ := decode[map[string]any](t, w.Body.Bytes())["id"].(string); w.Code != http.StatusCreated || len(id) < 20 || w.Header().Get("Location") != tickets+"troubleTicket/"+id {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestBadTickets(t *testing.T) {
	s := intakeServer(t, &countingIntake{}, newWorld(), nil)
	for _, c := range []struct {
		path, body string
		status     int
		says       string
	}{
		{"troubleTicket", `{"severity":"Urgent","ticketType":"x"}`, 400, "A trouble ticket needs a description."},
		{"troubleTicket", `[1]`, 400, "The body is no TroubleTicket"},
		{"troubleTicket", `{"description":1}`, 400, "The body is no TroubleTicket"},
		{"listener/troubleTicketStatusChangeEvent", `{"event":{"troubleTicket":{"id":"1","status":"closed"}}}`, 400, "Let events carry the whole ticket."},
		{"listener/somethingElse", `{}`, 404, `There is no event "somethingElse"`},
		{"troubleTicket", strings.Repeat(" ", 2<<20), 413, "at most"},
	} {
		w := sendTicket(s, tickets+c.path, c.body)
		var e map[string]string
		if w.Code != c.status || c.status != 413 && (json.Unmarshal(w.Body.Bytes(), &e) != nil || !strings.Contains(e["message"], c.says) || e["@type"] != "Error" || e["reason"] == "") {
			t.Errorf("%s gives %d %s, want %d %s", c.body[:min(len(c.body), 40)], w.Code, w.Body, c.status, c.says)
		}
	}
	if w := sendTicket(s, tickets+"troubleTicket", oneTicket, "Content-Type", "text/plain"); w.Code != http.StatusUnsupportedMediaType {
		t.Errorf("text/plain gives %d", w.Code)
	}
	if w := sendTicket(s, tickets+"troubleTicket", oneTicket, "Sec-Fetch-Site", "cross-site"); w.Code != http.StatusForbidden {
		t.Errorf("a page of another site gets %d", w.Code)
	}
}

// Tickets are not kept: what the standard has for reading and changing them says so.
func TestTicketsAreNotKept(t *testing.T) {
	s := intakeServer(t, &countingIntake{}, newWorld(), nil)
	for what, says := range map[string]string{
		"GET troubleTicket?status=closed": "not kept as tickets", "GET troubleTicket/CRM-77": "not kept as tickets",
		"PATCH troubleTicket/CRM-77": "listener/troubleTicketStatusChangeEvent", "DELETE troubleTicket/CRM-77": "listener/troubleTicketStatusChangeEvent",
	} {
		method, path, _ := strings.Cut(what, " ")
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, httptest.NewRequest(method, tickets+path, strings.NewReader(`{"status":"closed"}`)))
		e := decode[map[string]string](t, w.Body.Bytes())
		if w.Code != http.StatusNotImplemented || e["code"] != "not_implemented" || e["status"] != "501" || e["@type"] != "Error" || !strings.Contains(e["message"], says) {
			t.Errorf("%s gives %d %s", what, w.Code, w.Body)
		}
	}
}

// FuzzTicket: whatever a ticket holds, the answer is one of the standard's.
func FuzzTicket(f *testing.F) {
	f.Add(oneTicket)
	f.Add(`{"description":"\u0000","severity":"x","ticketType":"y","id":"a/b\n"}`)
	f.Fuzz(func(t *testing.T, body string) {
		i := &countingIntake{}
		s := intakeServer(t, i, newWorld(), nil)
		w := sendTicket(s, tickets+"troubleTicket", body)
		if w.Code != http.StatusCreated && w.Code != http.StatusBadRequest || !json.Valid(w.Body.Bytes()) {
			t.Fatalf("%q gives %d %s", body, w.Code, w.Body)
		}
		if w.Code == http.StatusCreated && (len(i.took) != 1 || strings.Count(i.took[0].Path, "\n") != 1) {
			t.Fatalf("%q gives %+v", body, i.took)
		}
	})
}
