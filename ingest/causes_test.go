package ingest

import (
	"strings"
	"testing"
)

func TestCauseDictionaries(t *testing.T) {
	for _, c := range []struct {
		dict, raw string
		base      int64
		want      string // name and class; "" = not found
	}{
		{"s1ap", "26", 0, "failure-in-radio-interface-procedure radio_lost"},
		{"s1ap", "27", 1, "failure-in-radio-interface-procedure radio_lost"}, // the same, counted from 1
		{"ngap", "24", 0, "failure-in-radio-interface-procedure radio_lost"}, // the same failure in 5G
		{"s1ap", "21", 0, "radio-connection-with-ue-lost radio_lost"},
		{"s1ap", "Radio connection with UE lost", 0, "radio-connection-with-ue-lost radio_lost"},
		{"s1ap", "RADIO_CONNECTION_WITH_UE_LOST", 1, "radio-connection-with-ue-lost radio_lost"},
		{"s1ap", "nas:0", 0, "normal-release normal"},
		{"s1ap", "NAS-1", 1, "normal-release normal"},
		{"s1ap", "radioNetwork 20", 0, "user-inactivity normal"},
		{"s1ap", "misc/2", 0, "hardware-failure core"},
		{"s1ap", "unspecified", 0, "unspecified unknown"}, // in every group something else
		{"s1ap", "40", 0, ""},
		{"s1ap", "0", 1, ""},
		{"s1ap", "lost", 0, ""},
		{"s1ap", "", 0, ""},
		{"ngap", "misc:4", 0, "unknown-PLMN-or-SNPN core"},
		{"q850", "16", 0, "normal-call-clearing normal"},
		{"q850", "127", 0, "interworking core"},
		{"q850", "10", 0, ""},
		{"sip", "486", 0, "busy-here user"},
		{"sip", `Q.850;cause=34;text="no circuit"`, 0, "no-circuit-available congestion"},
		{"sip", "SIP ;cause=580", 0, "precondition-failure congestion"},
		{"sip", "Q.850;text=none", 0, ""},
		{"sip", "X;cause=16", 0, ""},
		{"names", "Radio connection with UE lost", 0, "radio-connection-with-ue-lost radio_lost"},
		{"names", "radio-resources-not-available", 0, "radio-resources-not-available congestion"},
		{"names", "Handover_Failure", 0, "handover_failure handover_failure"}, // a class is its own name
		{"names", "Q.850;cause=16", 0, "normal-call-clearing normal"},
		{"names", "unspecified", 0, "unspecified unknown"},
		{"names", "26", 0, ""}, // of which protocol?
		{"names", "nas:0", 0, ""},
	} {
		d, err := OpenCauses(c.dict)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if e, ok := d.Look(c.raw, c.base); ok {
			got = e.Name + " " + e.Class.String()
		}
		if got != c.want {
			t.Errorf("%s %q from %d is %q, want %q", c.dict, c.raw, c.base, got, c.want)
		}
	}
	// The enumerations of the standards have no holes.
	for dict, groups := range map[string]map[string]int64{
		"s1ap": {"radionetwork": 40, "transport": 2, "nas": 5, "protocol": 7, "misc": 6},
		"ngap": {"radionetwork": 45, "transport": 2, "nas": 4, "protocol": 7, "misc": 6},
	} {
		d, err := OpenCauses(dict)
		if err != nil {
			t.Fatal(err)
		}
		all := 0
		for g, n := range groups {
			all += int(n)
			for code := range n {
				if _, ok := d.codes[causeKey{g, code}]; !ok {
					t.Errorf("%s has no %s %d", dict, g, code)
				}
			}
		}
		if len(d.codes) != all {
			t.Errorf("%s has %d causes, want %d", dict, len(d.codes), all)
		}
	}
	if _, err := OpenCauses("s1p"); err == nil || err.Error() != `there is no cause dictionary "s1p" (did you mean "s1ap"?); known are names, ngap, q850, s1ap, sip` {
		t.Errorf("got %v", err)
	}
}

func TestCausesInProfiles(t *testing.T) {
	profile := "profile: p\nfeed: calls\ncolumns:\n  cause: {from: release, dictionary: s1ap, base: 1, classes: {V-77: congestion, '21': user}}\n"
	p := profileOf(t, profile)
	sink := newMemSink()
	a, err := newTestLoader(t, testConfig(), sink).Load(t.Context(), FeedCalls, p, writeFile(t, "c.csv",
		"time,outcome,release\n"+strings.Repeat("2026-06-01 08:00:00,dropped,22\n", 3)+"2026-06-01 08:00:00,dropped,V-77\n2026-06-01 08:00:00,dropped,21\n"+
			"2026-06-01 08:00:00,dropped,999\n2026-06-01 08:00:00,dropped,\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(a.ByCause) != 4 || a.ByCause["radio_lost"] != 3 || a.ByCause["congestion"] != 1 || a.ByCause["user"] != 1 || a.ByCause["unknown"] != 1 {
		t.Errorf("causes %v", a.ByCause)
	}
	lost := 0
	for _, c := range sink.calls {
		if c.CauseClass == CauseRadioLost && c.Cause == "22" { // the raw cause stays
			lost++
		}
	}
	if lost != 3 {
		t.Errorf("%d calls lost by radio, want 3", lost)
	}
	other := profileOf(t, strings.Replace(profile, "s1ap", "ngap", 1))
	if other.Version == p.Version {
		t.Error("another dictionary gives the same version")
	}
}
