package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/hotcell/hotcell/store"
)

func (p *program) rollupCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rollup",
		Short: "Everything that is derived from records",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return usagef("say what to do: rollup rebuild") },
	}
	cmd.AddCommand(&cobra.Command{
		Use:   "rebuild",
		Short: "Place all records again and compute everything derived from them anew",
		Long: `Put all calls and complaints on the map again, with the venues, regions and sites that
are in the store now, and compute perceived drops anew. Do so after the catalogue has
changed. Records that stay where they are are not touched; loads may run at the same
time; stopped half-way, it does the rest when it is run again.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.rebuild(cmd.Context()) },
	})
	return cmd
}

func (p *program) rebuild(ctx context.Context) (err error) {
	s, err := p.openStore(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := p.relocate(ctx, s); err != nil {
		return err
	}
	bar := p.newStepBar("days")
	days := 0
	err = s.RebuildDerived(ctx, func(done, total int) {
		days = total
		bar.show(int64(done), int64(total))
	})
	bar.done()
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, "Computed perceived drops of %s days again.\n", thousands(uint64(days)))
	return nil
}

// relocate puts all records on the map again with the catalogue of the store.
func (p *program) relocate(ctx context.Context, s *store.Store) error {
	catalogue, version, err := loadCatalogue(ctx, s, "")
	if err != nil {
		return err
	}
	bar := p.newStepBar("records")
	moved, err := s.Relocate(ctx, catalogue, version, func(done, total uint64) { bar.show(int64(done), int64(total)) })
	bar.done()
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, "Placed %s records again: %s moved, of these %s had no place before and %s have none now.\n",
		thousands(moved.Read), thousands(moved.Moved), thousands(moved.Located), thousands(moved.Unlocated))
	if moved.CatalogueChanged {
		fmt.Fprintln(p.out, "The catalogue changed meanwhile: run hotcell rollup rebuild once more.")
	}
	return nil
}

// misplacedNote says when records were placed with an earlier catalogue than the
// store has now; "" when none was.
func misplacedNote(ctx context.Context, s *store.Store) (string, error) {
	m, err := s.Misplaced(ctx)
	if err != nil || m.Records == 0 {
		return "", err
	}
	return fmt.Sprintf("%s records were placed with an earlier catalogue or release: run hotcell rollup rebuild", thousands(m.Records)), nil
}

// stepBar draws progress where a person looks at standard error.
type stepBar struct{ bar *progressbar.ProgressBar }

func (p *program) newStepBar(what string) stepBar {
	if !isTerminal(p.err) {
		return stepBar{}
	}
	return stepBar{progressbar.NewOptions64(-1, progressbar.OptionSetWriter(p.err), progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())}
}

func (b stepBar) show(done, total int64) {
	if b.bar == nil {
		return
	}
	if b.bar.GetMax64() != total {
		b.bar.ChangeMax64(total)
	}
	_ = b.bar.Set64(done) // a bar that cannot be drawn is no reason to stop
}

func (b stepBar) done() {
	if b.bar != nil {
		_ = b.bar.Finish()
	}
}
