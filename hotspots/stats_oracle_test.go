package hotspots

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// oracleTable reads a file of testdata/oracle; see ORIGIN.md there.
func oracleTable(t testing.TB, elem ...string) []map[string]string {
	t.Helper()
	path := filepath.Join(append([]string{"testdata", "oracle"}, elem...)...)
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) < 2 {
		t.Fatalf("%s is empty", path)
	}
	table := make([]map[string]string, 0, len(rows)-1)
	for _, row := range rows[1:] {
		m := make(map[string]string, len(row))
		for i, v := range row {
			m[rows[0][i]] = v
		}
		table = append(table, m)
	}
	return table
}

// oracleNumber reads R's numbers, Inf and NaN.
func oracleNumber(t testing.TB, row map[string]string, column string) float64 {
	t.Helper()
	text, ok := row[column]
	if !ok {
		t.Fatalf("no column %q", column)
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatalf("column %q: %v", column, err)
	}
	return v
}

// oracleNear fails unless got is want within a relative tolerance (absolute
// below 1 when floor is 1). It returns the deviation.
func oracleNear(t testing.TB, what string, got, want, tolerance, floor float64) float64 {
	t.Helper()
	if math.IsNaN(want) || math.IsInf(want, 0) || want == 0 {
		if !(got == want || math.IsNaN(got) && math.IsNaN(want)) && !(want == 0 && math.Abs(got) <= tolerance*floor) {
			t.Errorf("%s: got %v, want %v", what, got, want)
		}
		return 0
	}
	off := math.Abs(got-want) / math.Max(math.Abs(want), floor)
	if !(off <= tolerance) {
		t.Errorf("%s: got %.17g, want %.17g (off by %.3g)", what, got, want, off)
	}
	return off
}

func TestMultipleTestingOracle(t *testing.T) {
	cases := map[string][]map[string]string{}
	for _, row := range oracleTable(t, "bh.csv") {
		cases[row["case"]] = append(cases[row["case"]], row)
	}
	worst := 0.0
	for name, rows := range cases {
		p := make([]float64, len(rows))
		for i, row := range rows {
			p[i] = oracleNumber(t, row, "p")
		}
		bh, by := BenjaminiHochberg(p), BenjaminiYekutieli(p)
		for i, row := range rows {
			worst = max(worst, oracleNear(t, name+" BH", bh[i], oracleNumber(t, row, "BH"), 1e-12, 0))
			worst = max(worst, oracleNear(t, name+" BY", by[i], oracleNumber(t, row, "BY"), 1e-12, 0))
		}
	}
	t.Logf("%d cases, largest relative deviation %.2g", len(cases), worst)
}

func TestMannKendallOracle(t *testing.T) {
	series := map[string][]float64{}
	for _, row := range oracleTable(t, "mann_kendall_series.csv") {
		series[row["series"]] = append(series[row["series"]], oracleNumber(t, row, "x"))
	}
	for _, row := range oracleTable(t, "mann_kendall.csv") {
		name := row["series"]
		got := MannKendall(series[name])
		oracleNear(t, name+" n", float64(got.N), oracleNumber(t, row, "n"), 0, 0)
		oracleNear(t, name+" S", got.S, oracleNumber(t, row, "S"), 0, 0)
		oracleNear(t, name+" var", got.VarS, oracleNumber(t, row, "varS"), 1e-14, 0)
		oracleNear(t, name+" z", got.Z, oracleNumber(t, row, "z"), 1e-12, 0)
		oracleNear(t, name+" p", got.P, oracleNumber(t, row, "p_two"), 1e-10, 0)
		oracleNear(t, name+" tau a", got.TauA, oracleNumber(t, row, "tau_a"), 1e-12, 0)
		oracleNear(t, name+" tau b", got.TauB, oracleNumber(t, row, "tau_b"), 1e-12, 0)
		oracleNear(t, name+" Sen", got.SenSlope, oracleNumber(t, row, "sen_slope"), 1e-9, 0)
	}
}

func TestIntervalsOracle(t *testing.T) {
	worst := 0.0
	for _, row := range oracleTable(t, "proportion_ci.csv") {
		x, n, c := oracleNumber(t, row, "x"), oracleNumber(t, row, "n"), oracleNumber(t, row, "conf")
		what := row["x"] + "/" + row["n"] + " at " + row["conf"]
		lo, hi := Wilson(x, n, c)
		worst = max(worst, oracleNear(t, what+" Wilson lower", lo, oracleNumber(t, row, "wilson_lo"), 1e-8, 1e-12))
		worst = max(worst, oracleNear(t, what+" Wilson upper", hi, oracleNumber(t, row, "wilson_hi"), 1e-8, 1e-12))
		lo, hi = ClopperPearson(x, n, c)
		worst = max(worst, oracleNear(t, what+" exact lower", lo, oracleNumber(t, row, "cp_lo"), 1e-8, 1e-12))
		worst = max(worst, oracleNear(t, what+" exact upper", hi, oracleNumber(t, row, "cp_hi"), 1e-8, 1e-12))
	}
	for _, row := range oracleTable(t, "poisson_rate_ci.csv") {
		lo, hi := PoissonInterval(oracleNumber(t, row, "x"), oracleNumber(t, row, "T"), oracleNumber(t, row, "conf"))
		what := row["x"] + " in " + row["T"] + " at " + row["conf"]
		worst = max(worst, oracleNear(t, what+" Poisson lower", lo, oracleNumber(t, row, "lo"), 1e-8, 1e-12))
		worst = max(worst, oracleNear(t, what+" Poisson upper", hi, oracleNumber(t, row, "hi"), 1e-8, 1e-12))
	}
	t.Logf("largest relative deviation %.2g", worst)
}

func TestPoissonTestsOracle(t *testing.T) {
	worst := 0.0
	for _, row := range oracleTable(t, "poisson_one_sample.csv") {
		got := PoissonTest(oracleNumber(t, row, "x"), oracleNumber(t, row, "T"), oracleNumber(t, row, "r0"))
		what := row["x"] + " in " + row["T"] + " against " + row["r0"]
		worst = max(worst, oracleNear(t, what+" two-sided", got.TwoSided, oracleNumber(t, row, "p_two"), 1e-8, 1e-290))
		worst = max(worst, oracleNear(t, what+" greater", got.Greater, oracleNumber(t, row, "p_greater"), 1e-8, 1e-290))
		worst = max(worst, oracleNear(t, what+" less", got.Less, oracleNumber(t, row, "p_less"), 1e-8, 1e-290))
	}
	for _, row := range oracleTable(t, "poisson_rate_ratio.csv") {
		got := PoissonRateRatio(oracleNumber(t, row, "x1"), oracleNumber(t, row, "T1"), oracleNumber(t, row, "x2"), oracleNumber(t, row, "T2"), 0.95)
		what := row["x1"] + "/" + row["T1"] + " over " + row["x2"] + "/" + row["T2"]
		worst = max(worst, oracleNear(t, what+" ratio", got.Ratio, oracleNumber(t, row, "ratio"), 1e-12, 0))
		worst = max(worst, oracleNear(t, what+" lower", got.Lower, oracleNumber(t, row, "lo"), 1e-8, 1e-12))
		worst = max(worst, oracleNear(t, what+" upper", got.Upper, oracleNumber(t, row, "hi"), 1e-8, 1e-12))
		worst = max(worst, oracleNear(t, what+" two-sided", got.P, oracleNumber(t, row, "p_two"), 1e-8, 1e-290))
		worst = max(worst, oracleNear(t, what+" greater", got.PGreater, oracleNumber(t, row, "p_greater"), 1e-8, 1e-290))
	}
	t.Logf("largest relative deviation %.2g", worst)
}

func TestEmpiricalBayesOracle(t *testing.T) {
	worst := 0.0
	for _, name := range []string{"gi_case1_disk", "gi_case2_sparse", "gi_case3_pentagon"} {
		rows := oracleTable(t, name, "eb.csv")
		neighbours := oracleNeighbours(t, name, 1, len(rows))
		events, population := make([]float64, len(rows)), make([]float64, len(rows))
		for i, row := range rows {
			events[i], population[i] = oracleNumber(t, row, "events"), oracleNumber(t, row, "pop")
		}
		global, mean, variance := EmpiricalBayesRates(events, population)
		local := LocalEmpiricalBayesRates(events, population, neighbours)
		prior := oracleTable(t, name, "eb_params.csv")[0]
		oracleNear(t, name+" prior variance", variance, oracleNumber(t, prior, "a"), 1e-12, 0)
		oracleNear(t, name+" prior mean", mean, oracleNumber(t, prior, "b_or_m"), 1e-12, 0)
		for i, row := range rows {
			worst = max(worst, oracleNear(t, name+" global", global[i], oracleNumber(t, row, "eb_poisson"), 1e-9, 0))
			want := oracleNumber(t, row, "eblocal")
			if math.IsNaN(want) {
				want = 0 // a neighbourhood without events
			}
			worst = max(worst, oracleNear(t, name+" local", local[i], want, 1e-9, 0))
		}
	}
	var events, population, want []float64
	for _, row := range oracleTable(t, "eb_underdispersed.csv") {
		events = append(events, oracleNumber(t, row, "events"))
		population = append(population, oracleNumber(t, row, "pop"))
		want = append(want, oracleNumber(t, row, "eb_poisson"))
	}
	got, _, variance := EmpiricalBayesRates(events, population)
	if variance != 0 {
		t.Errorf("underdispersed: prior variance %v, want 0", variance)
	}
	for i := range want {
		oracleNear(t, "underdispersed", got[i], want[i], 1e-12, 0)
	}
	t.Logf("largest relative deviation %.2g", worst)
}

func TestEmpiricalBayesWithoutEvents(t *testing.T) {
	got, mean, variance := EmpiricalBayesRates([]float64{0, 0}, []float64{10, 20})
	if got[0] != 0 || got[1] != 0 || mean != 0 || variance != 0 {
		t.Errorf("got %v, mean %v, variance %v, want zeros", got, mean, variance)
	}
	if local := LocalEmpiricalBayesRates([]float64{0, 0, 5}, []float64{10, 20, 10}, [][]int32{{1}, {0}, {}}); local[0] != 0 || local[2] != 0.5 {
		t.Errorf("local %v, want 0, 0 and the island's own rate 0.5", local)
	}
}

// R: p.adjust(c(0.01, NA, 0.04, 0.03), "BH") is 0.03 NA 0.04 0.04: the missing
// value does not count in m.
func TestMultipleTestingMissing(t *testing.T) {
	p := []float64{0.01, math.NaN(), 0.04, 0.03}
	for i, want := range []float64{0.03, math.NaN(), 0.04, 0.04} {
		oracleNear(t, "BH with NaN", BenjaminiHochberg(p)[i], want, 1e-15, 0)
	}
	if !math.IsNaN(p[1]) || p[0] != 0.01 {
		t.Error("the argument was changed")
	}
	if got := BenjaminiHochberg([]float64{math.NaN(), 1.5, -0.1}); !math.IsNaN(got[0]) || !math.IsNaN(got[1]) || !math.IsNaN(got[2]) {
		t.Errorf("undefined p-values gave %v", got)
	}
	if got := BenjaminiYekutieli(nil); len(got) != 0 {
		t.Errorf("no p-values gave %v", got)
	}
}

func TestMannKendallMissingSteps(t *testing.T) {
	nan := math.NaN()
	got := MannKendall([]float64{1, nan, 3, nan, 5})
	if got.N != 3 || got.S != 3 || got.SenSlope != 1 {
		t.Errorf("got n %d, S %v, slope %v, want 3, 3 and 1 per step", got.N, got.S, got.SenSlope)
	}
	for _, x := range [][]float64{nil, {2}, {nan, nan}} {
		got := MannKendall(x)
		if got.P != 1 || got.Z != 0 || !math.IsNaN(got.SenSlope) {
			t.Errorf("%v: got %+v, want p 1, z 0 and no slope", x, got)
		}
	}
}

func TestIntervalsRefuse(t *testing.T) {
	for _, c := range [][3]float64{{1, 0, 0.95}, {-1, 5, 0.95}, {6, 5, 0.95}, {1, 5, 0}, {1, 5, 1}, {math.NaN(), 5, 0.9}} {
		if lo, hi := Wilson(c[0], c[1], c[2]); !math.IsNaN(lo) || !math.IsNaN(hi) {
			t.Errorf("Wilson%v = %v, %v", c, lo, hi)
		}
		if lo, hi := ClopperPearson(c[0], c[1], c[2]); !math.IsNaN(lo) || !math.IsNaN(hi) {
			t.Errorf("ClopperPearson%v = %v, %v", c, lo, hi)
		}
	}
	if lo, hi := PoissonInterval(-1, 2, 0.9); !math.IsNaN(lo) || !math.IsNaN(hi) {
		t.Errorf("PoissonInterval of −1 events = %v, %v", lo, hi)
	}
	if got := PoissonTest(1.5, 1, 1); !math.IsNaN(got.TwoSided) {
		t.Errorf("PoissonTest of 1.5 events = %+v", got)
	}
	if got := PoissonRateRatio(0, 1, 0, 1, 0.95); !math.IsNaN(got.Ratio) || !math.IsNaN(got.P) {
		t.Errorf("ratio without events = %+v", got)
	}
}
