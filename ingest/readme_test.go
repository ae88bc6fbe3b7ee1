package ingest

import (
	"os"
	"strings"
	"testing"
)

// The example in the reference is a profile that works.
func TestProfileReferenceIsTrue(t *testing.T) {
	data, err := os.ReadFile("profiles/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(data), "```yaml\n")
	example, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("no example found")
	}
	p, err := ParseProfile("README.md", []byte(example))
	if err != nil {
		t.Fatal(err)
	}
	header := strings.Split("Date,Time,MSISDN,Call Result,ms,MCC,MNC,ECI,MOS,RelCause,Notes,,lat,lon", ",")
	if _, err := p.bindHeader(header, "x.csv"); err != nil {
		t.Error(err)
	}
	if p.Columns["duration_s"].Unit != "ms" || p.Format.Delimiter != ';' || p.columns[fCause].cause.base != 1 {
		t.Errorf("profile %+v", p)
	}
}
