package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/hotcell/hotcell/api"
	"github.com/hotcell/hotcell/hotspots"
)

// Warnings implements api.Analyst: the daily run of the early warning.
func (a *analyst) Warnings(ctx context.Context, w hotspots.WarningQuery) (*hotspots.WarningReport, error) {
	places, err := a.placesOf(ctx, w.Region)
	if err != nil {
		return nil, err
	}
	const day = 24 * time.Hour
	test := max(w.Days, hotspots.DefaultWarningDays)
	q, days, err := a.store.Days(ctx, withDefaults(hotspots.Query{
		End: w.End, Region: w.Region, Window: time.Duration(test+hotspots.WarningBaselineDays) * day}))
	if err != nil {
		return nil, err
	}
	recorded := 0
	for _, d := range days {
		recorded = max(recorded, int(d.Day)+1)
	}
	if w.Days > 0 {
		test = w.Days
	} else {
		test = min(test, recorded/2)
	}
	const least = 3
	if test < 1 || recorded-test < least {
		return nil, &api.Error{Code: api.CodeNotFound, Detail: fmt.Sprintf(
			"%v: located calls of the last %d days are there; early warning needs at least %d days before the %d days under test to know what is normal", errNothing, recorded, least, max(test, 1))}
	}
	before, err := a.store.Evidence(ctx, withDefaults(hotspots.Query{
		End: q.End.Add(-time.Duration(test) * day), Region: w.Region,
		Window: time.Duration(min(hotspots.WarningBaselineDays, recorded-test)) * day}))
	if err != nil {
		return nil, err
	}
	before.Traffic = nil // the days under test have no counters to compare with
	params := hotspots.DefaultWarningParams()
	if w.FalseAlarms != 0 {
		params.FalseAlarms = w.FalseAlarms
	}
	r, err := hotspots.EarlyWarnings(before, days, test, q.End, places, a.params, params)
	if err != nil {
		return nil, err
	}
	if had := recorded - test; had < hotspots.WarningBaselineDays/2 {
		r.Notes = append(r.Notes, fmt.Sprintf("what is normal is known from %d days only: rises must be larger to be seen", had))
	}
	return r, nil
}

var warnFormats = []string{"table", "json", "csv"}

func (p *program) warnCommand() *cobra.Command {
	var q hotspots.WarningQuery
	var end, format string
	var onlyNew bool
	cmd := &cobra.Command{
		Use:   "warn",
		Short: "List places that have got worse in the last days",
		Long: `Test every place for a rise of its rate of bad calls, day by day: the daily run of the
early warning. At most --false-alarms alarms per region and month come without a
cause, on average. docs/early-warning.md says how.

Run it once a day, after the day's records are in; --new lists the last day's alarms
only, so that nothing is said twice.`,
		Example: `  hotcell warn
  hotcell warn --new --format csv
  hotcell warn --end 2026-05-30 --region 5101 --false-alarms 0.5`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if err := checkFormat(format, warnFormats...); err != nil {
				return err
			}
			if end != "" {
				if q.End, err = parseEnd(end); err != nil {
					return usagef("--end: %w", err)
				}
			}
			if q.Days < 0 || q.Days > api.MaxWarningDays {
				return usagef("--days %d is not between 1 and %d", q.Days, api.MaxWarningDays)
			}
			if !(q.FalseAlarms > 0) {
				return usagef("--false-alarms %v must be greater than 0", q.FalseAlarms)
			}
			r, err := p.warnings(cmd.Context(), q)
			if err != nil {
				return err
			}
			if onlyNew {
				r.OnlyNew()
			}
			return p.writeWarnings(format, r)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&end, "end", "", "end of the last day, exclusive (default just after the newest record)")
	flags.StringVar(&q.Region, "region", "", "only this region (code) and what is inside it")
	flags.IntVar(&q.Days, "days", 0, "days under test (default 28, or half of the days recorded where they are fewer than 56)")
	flags.Float64Var(&q.FalseAlarms, "false-alarms", hotspots.DefaultWarningParams().FalseAlarms, "alarms without a cause, per region and month, at most")
	flags.BoolVar(&onlyNew, "new", false, "only alarms of the last day")
	flags.StringVar(&format, "format", "table", strings.Join(warnFormats, ", "))
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(warnFormats, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// warnings asks the store here, or the server that holds it.
func (p *program) warnings(ctx context.Context, q hotspots.WarningQuery) (*hotspots.WarningReport, error) {
	if p.server != "" {
		v := url.Values{"false_alarms": {strconv.FormatFloat(q.FalseAlarms, 'g', -1, 64)}}
		if !q.End.IsZero() {
			v.Set("end", q.End.UTC().Format(time.RFC3339))
		}
		if q.Region != "" {
			v.Set("region", q.Region)
		}
		if q.Days > 0 {
			v.Set("days", strconv.Itoa(q.Days))
		}
		var r hotspots.WarningReport
		err := p.getJSON(ctx, "/api/v1/warnings?"+v.Encode(), &r)
		return &r, err
	}
	a, err := p.openAnalyst(ctx)
	if err != nil {
		return nil, err
	}
	defer a.close()
	r, err := a.Warnings(ctx, q)
	var told *api.Error
	if errors.As(err, &told) {
		return nil, errors.New(told.Detail)
	}
	return r, err
}

func (p *program) writeWarnings(format string, r *hotspots.WarningReport) error {
	switch format {
	case "json":
		return writeJSON(p.out, r)
	case "csv":
		w := csv.NewWriter(p.out)
		_ = w.Write([]string{"alarm", "since", "new", "name", "scene", "region", "lat", "lon", "calls", "bad_calls", "expected", "rate", "normal_rate", "statistic", "threshold", "place"})
		for _, x := range r.Warnings {
			f := func(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }
			_ = w.Write([]string{x.Alarm, x.Since, strconv.FormatBool(x.New), x.Name, x.Scene, strings.Join(x.Region, "/"), f(x.Center[1]), f(x.Center[0]),
				f(x.Calls), f(x.Bad), f(x.Expected), f(x.Rate), f(x.Normal), f(x.Statistic), f(x.Threshold), x.Place.String()})
		}
		w.Flush()
		return w.Error()
	}
	tested := 0
	for _, g := range r.Regions {
		tested += g.Places
	}
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	if len(r.Warnings) > 0 {
		fmt.Fprintln(w, "ALARM\tSINCE\tPLACE\tREGION\tBAD CALLS SINCE\tNORMAL\tTIMES")
	}
	for _, x := range r.Warnings {
		day, times := x.Alarm, "–"
		if x.New {
			day += " new"
		}
		if x.Expected > 0 {
			times = fmt.Sprintf("%.1f", x.Bad/x.Expected)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%.0f of %.0f\t%.1f\t%s\n", day, x.Since, x.Name, strings.Join(x.Region, "/"), x.Bad, x.Calls, x.Expected, times)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	alarms := fmt.Sprintf("%d alarms", len(r.Warnings))
	if len(r.Warnings) == 0 {
		alarms = "no alarm"
	}
	fmt.Fprintf(p.out, "%s among %d places in %d regions, %s to %s (UTC), against the days from %s; at most %g false alarms per region and month. %d places have too few calls to be tested.\n",
		alarms, tested, len(r.Regions), r.TestFrom.Format(time.DateOnly), r.End.Add(-time.Second).Format(time.DateOnly), r.BaselineFrom.Format(time.DateOnly), r.FalseAlarms, r.Untested)
	for _, n := range r.Notes {
		fmt.Fprintln(p.out, "Note:", n)
	}
	return nil
}
