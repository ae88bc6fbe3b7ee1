package main

import (
	"fmt"

	"github.com/hotcell/hotcell/hotspots"
)

// printPacks writes checked claims: for people, as the list of their packs, or as
// the page of the one there is.
func (p *program) printPacks(packs []*hotspots.EvidencePack, format string) error {
	switch format {
	case "json":
		return writeJSON(p.out, packs)
	case "html":
		for _, pack := range packs {
			if err := pack.WriteHTML(p.out); err != nil {
				return err
			}
		}
		return nil
	}
	for i, pack := range packs {
		if i > 0 {
			fmt.Fprintln(p.out)
		}
		p.printClaim(&pack.Check)
	}
	return nil
}

func (p *program) printClaim(k *hotspots.ClaimCheck) {
	line := func(name, text string) {
		if text != "" {
			fmt.Fprintf(p.out, "%-12s %s\n", name, text)
		}
	}
	both := func(name string, t hotspots.ClaimText) {
		line(name, t.EN)
		line("", t.ZH)
	}
	line("Claim", k.Claim.ID)
	line("Statement", k.Claim.Statement)
	line("Verdict", map[hotspots.ClaimVerdict]string{
		hotspots.ClaimSupported:    "SUPPORTED 有据可依",
		hotspots.ClaimNotSupported: "NOT SUPPORTED 不成立",
		hotspots.ClaimUndecided:    "UNDECIDED 证据不足",
	}[k.Verdict])
	both("Why", k.Reason)
	line("Sample", claimSample(k))
	line("Bound", k.Figures.Bound)
	both("Needed", k.Needed.Text)
	switch {
	case k.Wording.EN != "":
		both("May be said", k.Wording)
	case k.Verdict == hotspots.ClaimSupported:
		line("May be said", "nothing any more: the wording expired on "+k.Expires+" 许可用语已到期")
	default:
		line("May be said", "nothing on this evidence 暂无许可用语")
	}
	for i, q := range k.Qualifiers {
		name := ""
		if i == 0 {
			name = "Qualifiers"
		}
		line(name, q.Kind+": "+q.EN+" / "+q.ZH)
	}
	for i, n := range k.Notes {
		name := ""
		if i == 0 {
			name = "Notes"
		}
		both(name, n)
	}
	line("Expires", k.Expires)
	line("Evidence", "data "+k.DataVersion+", method "+k.Method)
}

// claimSample says how much evidence there was.
func claimSample(k *hotspots.ClaimCheck) string {
	f := k.Figures
	text := thousands(f.Customers) + " customers"
	if f.Clusters > 0 {
		text += " in " + thousands(f.Clusters) + " places they use most"
	}
	switch k.Claim.Denominator {
	case hotspots.ClaimArea:
		return fmt.Sprintf("%s summed over %d map cells; %.1f km² in all", text, f.Units, f.Base)
	case hotspots.ClaimRoadKm:
		return fmt.Sprintf("%s summed over %d kilometres; %.1f km in all", text, f.Units, f.Base)
	case hotspots.ClaimVenues:
		return fmt.Sprintf("%s summed over %d venues with use; %.0f in all", text, f.Units, f.Base)
	case hotspots.ClaimCalls:
		return fmt.Sprintf("%s, %s calls, %s of them bad", text, thousands(uint64(f.Base)), thousands(uint64(f.Events)))
	}
	if k.Claim.Metric == hotspots.ClaimComplaints {
		return fmt.Sprintf("%s, %s complaints", text, thousands(uint64(f.Events)))
	}
	return fmt.Sprintf("%s, %s of them with a bad call", text, thousands(uint64(f.Events)))
}
