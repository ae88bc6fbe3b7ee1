package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hotcell/hotcell/api"
	"github.com/hotcell/hotcell/geo"
	"github.com/hotcell/hotcell/hotspots"
)

// rankFlags are the question a ranking answers.
type rankFlags struct {
	window, end, region, scene, rat, operator string
	top                                       int
}

func (f *rankFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.window, "window", "28d", "how far back: 28d, 4w, 36h")
	flags.StringVar(&f.end, "end", "", "end of the window, exclusive (default just after the newest record)")
	flags.StringVar(&f.region, "region", "", "only this region (code) and what is inside it")
	flags.StringVar(&f.scene, "scene", "", "only this scene, e.g. lift, highway")
	flags.StringVar(&f.rat, "rat", "", "only this radio technology: 2g 3g 4g 5g")
	flags.StringVar(&f.operator, "operator", "", "only calls of this operator")
	flags.IntVar(&f.top, "top", 20, "how many hotspots; 0 = all")
	_ = cmd.RegisterFlagCompletionFunc("rat", cobra.FixedCompletions([]string{"2g", "3g", "4g", "5g"}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("scene", cobra.FixedCompletions(sceneNames(), cobra.ShellCompDirectiveNoFileComp))
}

func sceneNames() (names []string) {
	for s := geo.SceneOfficeTower; s <= geo.SceneOther; s++ {
		names = append(names, s.String())
	}
	return names
}

func (f *rankFlags) query() (q hotspots.Query, err error) {
	if q.Window, err = parseWindow(f.window); err != nil {
		return q, usagef("--window: %w", err)
	}
	if f.end != "" {
		if q.End, err = parseEnd(f.end); err != nil {
			return q, usagef("--end: %w", err)
		}
	}
	if f.scene != "" {
		if q.Scene, err = geo.ParseScene(f.scene); err != nil || q.Scene == geo.SceneUnknown {
			return q, usagef("--scene %q is not one of %s", f.scene, strings.Join(sceneNames(), ", "))
		}
	}
	if f.rat != "" {
		if q.RAT, err = geo.ParseRAT(f.rat); err != nil {
			return q, usagef("--rat %q is not one of 2g, 3g, 4g, 5g", f.rat)
		}
	}
	if f.top < 0 {
		return q, usagef("--top %d is negative", f.top)
	}
	q.Region, q.Operator = f.region, f.operator
	return q, nil
}

// values are the same question as URL parameters of the API.
func (f *rankFlags) values(cmd *cobra.Command) url.Values {
	v := url.Values{"top": {strconv.Itoa(f.top)}}
	for _, name := range []string{"window", "end", "region", "scene", "rat", "operator"} {
		if flag := cmd.Flags().Lookup(name); flag.Changed {
			v.Set(name, flag.Value.String())
		}
	}
	return v
}

func (p *program) rankCommand() *cobra.Command {
	var f rankFlags
	var format string
	cmd := &cobra.Command{
		Use:   "rank",
		Short: "Rank the places that hurt customers most",
		Long: `Rank places by the lower bound of their avoidable impact: the weighted number of
customers hurt there beyond what a normal place of the same kind would show.
Each ranking is kept as a run; "hotcell serve" shows the newest.`,
		Example: `  hotcell rank
  hotcell rank --window 7d --region 5101 --scene lift
  hotcell rank --format geojson --top 0 > hotspots.geojson`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkFormat(format, formats...); err != nil {
				return err
			}
			q, err := f.query()
			if err != nil {
				return err
			}
			var r *api.Ranking
			if p.server != "" {
				r, err = p.rankOnServer(cmd.Context(), f.values(cmd))
			} else {
				r, err = p.rankHere(cmd.Context(), q, f.top)
			}
			if err != nil {
				return err
			}
			return writeRanking(p.out, format, r)
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&format, "format", "table", strings.Join(formats, ", "))
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (p *program) rankHere(ctx context.Context, q hotspots.Query, top int) (*api.Ranking, error) {
	a, err := p.openAnalyst(ctx)
	if err != nil {
		return nil, err
	}
	defer a.close()
	run, err := a.keep(ctx, q)
	if err != nil {
		return nil, err
	}
	note, err := misplacedNote(ctx, a.store)
	if err != nil {
		return nil, err
	}
	r := api.NewRanking(run, top)
	if note != "" {
		r.Notes = append(r.Notes, note)
	}
	return &r, nil
}

// rankOnServer asks a running hotcell, which holds the store.
func (p *program) rankOnServer(ctx context.Context, v url.Values) (*api.Ranking, error) {
	var r api.Ranking
	err := p.getJSON(ctx, "/api/v1/hotspots?"+v.Encode(), &r)
	return &r, err
}

// getJSON reads one document of the server's API.
func (p *program) getJSON(ctx context.Context, path string, into any) error {
	base, err := url.Parse(p.server)
	if err != nil || (base.Scheme != "http" && base.Scheme != "https") || base.Host == "" {
		return usagef("--server %q is not a URL such as http://127.0.0.1:8080", p.server)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(p.server, "/")+path, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("cannot reach the server: %w", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return fmt.Errorf("the server's answer broke off: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		var problem struct{ Title, Detail string }
		if json.Unmarshal(body, &problem) == nil && problem.Title != "" {
			return fmt.Errorf("the server answers %d: %s %s", res.StatusCode, problem.Title, problem.Detail)
		}
		return fmt.Errorf("the server answers %s", res.Status)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("the server's answer is not understood: %w", err)
	}
	return nil
}
