package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/hotspots"
	"github.com/hotcell/hotcell/store"
)

func (p *program) claimCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "claim",
		Short: "Check what may be said about the network, on which evidence, until when",
		Long: `A claim is a file that says what marketing wants to say in terms that can be
checked:

  id: g4-2026-05
  statement: 99 % of calls on the G4 do not drop
  metric: cut_off_call_ratio   # or setup_success_ratio, perceived_drop_ratio, complaints_per_10000
  denominator: calls           # or customers, area, road_km, venues
  threshold: 0.01              # at most 1 % (setup_success_ratio: at least)
  area:
    name: the G4
    name_zh: G4京港澳高速
    highways: [G4]             # and/or region: "51", venues: [V0123], scene: mall
  period:
    start: 2026-05-01          # both days included
    end: 2026-05-31
    utc_offset: "+08:00"
  conditions:                  # leave out what does not matter
    environment: outdoor       # indoor, travelling
    rat: 5g
    operator: A
  valid_days: 90               # how long after the period the wording may be used

With area, road_km and venues, "threshold" is what one map cell, highway kilometre
or venue must meet, and "share: 0.95" how much of the area must.

A claim is supported when the unfavourable one-sided 95 % bound meets it, not
supported when even the favourable bound contradicts it, and undecided otherwise:
then the answer says how many more customers it takes.`,
		Example: `  hotcell claim check g4.yaml
  hotcell claim check claims/*.yaml --pack evidence
  hotcell claim check g4.yaml --format html > g4.html
  hotcell claim verify evidence/*.json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return usagef("say what to do: claim check FILE") },
	}
	cmd.AddCommand(p.claimCheckCommand(), p.claimVerifyCommand())
	return cmd
}

func (p *program) claimCheckCommand() *cobra.Command {
	var format, dir string
	formats := []string{"table", "json", "html"}
	cmd := &cobra.Command{
		Use:   "check FILE…",
		Short: "Check claims against the data and say what may be said",
		Long: `Check claims against the data in the store. Exit status 0 means that every claim
was checked, whatever the verdict; 1 that some could not be.

--pack keeps the evidence: for each claim a JSON file, sealed with a hash, and a
page for printing, named after the claim and the time of the check.`,
		Example: `  hotcell claim check g4.yaml
  hotcell claim check claims/*.yaml --format json | jq '.[].check.verdict'
  hotcell claim check claims/*.yaml --pack evidence`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("name at least one claim file; \"hotcell claim --help\" shows how one looks")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFormat(format, formats...); err != nil {
				return err
			}
			if format == "html" && len(args) > 1 {
				return usagef("--format html is one page for one claim; for several use --pack DIR")
			}
			return p.checkClaims(cmd.Context(), args, format, dir)
		},
	}
	cmd.Flags().StringVar(&format, "format", "table", strings.Join(formats, ", "))
	cmd.Flags().StringVar(&dir, "pack", "", "folder to write the evidence packs to (made where it is missing)")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.MarkFlagDirname("pack")
	return cmd
}

// checkClaims checks every file that can be checked; a file at fault does not
// keep the others back.
func (p *program) checkClaims(ctx context.Context, files []string, format, dir string) error {
	var claims []*claimFile
	failed := 0
	fail := func(err error) {
		failed++
		fmt.Fprintln(p.err, "hotcell: "+strings.ReplaceAll(err.Error(), "\n", "\nhotcell: "))
	}
	ids := map[string]string{}
	for _, name := range files {
		f, err := readClaimFile(name)
		if err == nil && ids[f.claim.ID] != "" {
			err = f.at("id", fmt.Sprintf("%q is the id of %s too; give each claim its own", f.claim.ID, ids[f.claim.ID]))
		}
		if err != nil {
			fail(err)
			continue
		}
		ids[f.claim.ID] = name
		claims = append(claims, f)
	}
	packs := []*hotspots.EvidencePack{}
	if len(claims) > 0 {
		s, err := p.openStore(ctx, nil)
		if err != nil {
			return err
		}
		defer s.Close()
		// What is sealed and published rests on where calls were: no half-truths here.
		if note, err := misplacedNote(ctx, s); err != nil {
			return err
		} else if note != "" {
			return errors.New("no claim was checked: " + note)
		}
		catalogue, _, err := loadCatalogue(ctx, s, "")
		if err != nil {
			return err
		}
		for _, f := range claims {
			pack, err := f.check(ctx, s, catalogue, p.now())
			if err == nil && dir != "" {
				err = writePack(dir, pack)
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				fail(err)
				continue
			}
			packs = append(packs, pack)
		}
	}
	if err := p.printPacks(packs, format); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d claims could not be checked", failed, len(files))
	}
	return nil
}

// check fetches a claim's evidence and seals the result.
func (f *claimFile) check(ctx context.Context, s *store.Store, catalogue *geo.Catalogue, now time.Time) (*hotspots.EvidencePack, error) {
	query, err := f.claim.Query()
	if err != nil {
		return nil, f.faults(err)
	}
	ground, err := hotspots.NewClaimGround(query, catalogue)
	if err != nil {
		return nil, f.faults(err)
	}
	evidence, err := s.ClaimEvidence(ctx, query, ground)
	if store.CodeOf(err) == store.CodeNotFound {
		return nil, f.at("period", err.Error())
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.name, err)
	}
	pack, err := hotspots.NewEvidencePack(f.claim, evidence, now)
	if err != nil {
		return nil, f.faults(err)
	}
	return pack, nil
}

// writePack writes a pack as JSON and as a page. Packs are never overwritten:
// their names carry the time of the check.
func writePack(dir string, pack *hotspots.EvidencePack) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("cannot make the folder for evidence packs: %w", err)
	}
	base := filepath.Join(dir, packName(pack))
	for extension, write := range map[string]func(io.Writer) error{".json": pack.WriteJSON, ".html": pack.WriteHTML} {
		file, err := os.OpenFile(base+extension, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return fmt.Errorf("cannot write the evidence pack: %w", err)
		}
		if err := errors.Join(write(file), file.Close()); err != nil {
			_ = os.Remove(base + extension) // half a pack is none
			return fmt.Errorf("cannot write the evidence pack: %w", err)
		}
	}
	return nil
}

// packName is a claim's id, without what file names cannot have, and the time.
func packName(pack *hotspots.EvidencePack) string {
	id := strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>| `, r) {
			return '_'
		}
		return r
	}, pack.Check.Claim.ID)
	return strings.TrimLeft(id, ".") + "_" + pack.Created.Format("20060102T150405Z")
}

func (p *program) claimVerifyCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "verify PACK.json…",
		Short:   "Tell whether evidence packs are unchanged and their wording may still be used",
		Example: `  hotcell claim verify evidence/*.json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("name at least one evidence pack (JSON)")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			broken := 0
			for _, name := range args {
				pack, err := readPack(name)
				if err != nil {
					broken++
					fmt.Fprintf(p.err, "hotcell: %s: %v\n", name, err)
					continue
				}
				use := "there is no permitted wording"
				if pack.Check.Verdict == hotspots.ClaimSupported {
					use = "the wording may be used until " + pack.Check.Expires
					if pack.Expired(p.now()) {
						use = "the wording expired on " + pack.Check.Expires
					}
				}
				fmt.Fprintf(p.out, "%s: unchanged since %s; %s, %s\n", name, pack.Created.Format("2006-01-02 15:04 MST"), pack.Check.Verdict, use)
			}
			if broken > 0 {
				return fmt.Errorf("%d of %d packs do not verify", broken, len(args))
			}
			return nil
		},
	}
}

func readPack(name string) (*hotspots.EvidencePack, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, plainPathError(err)
	}
	defer file.Close()
	return hotspots.ReadEvidencePack(file)
}
