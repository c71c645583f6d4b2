// Drills reads a folder of drills' reports, named SPEED-FAULT-NUMBER.json, and prints what users of each kind felt beside what was predicted for
// them, as a table in Markdown; the second argument names a file for the same as a picture.
package main

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/understudy/understudy/drill"
	"github.com/understudy/understudy/report"
)

// row is what drills of one fault have measured of users of one kind, in seconds at AWS's speed.
type row struct {
	speed       float64
	fault, kind string
	drills      pool
	grain       float64
	p50, p99    pair
}

// pair is what was predicted, in the mean of the drills, and what was measured, with its standard error.
type pair struct{ predicted, measured, err float64 }

// end has all drills together.
func (r *row) end() {
	for share, p := range map[float64]*pair{0.5: &r.p50, 0.99: &r.p99} {
		p.predicted /= float64(len(r.drills))
		p.measured, p.err = r.drills.quantile(share)
		p.measured, p.err = r.seconds(p.measured), r.seconds(p.err)
	}
}

func (r *row) seconds(ms float64) float64 { return ms * r.speed / 1000 }

// off is by how much the measured leaves the predicted, in percent; within the time between two requests it leaves nothing.
func (r row) off(p pair) float64 {
	if math.Abs(p.measured-p.predicted) <= r.grain || p.predicted == 0 {
		return 0
	}
	return 100 * (p.measured - p.predicted) / p.predicted
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "drills:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("the folder of the reports is missing")
	}
	rows, slow, err := read(args[0])
	if err != nil {
		return err
	}
	table(rows)
	fmt.Printf("%d drills are left out: the machine was too slow for their users.\n", slow)
	if len(args) > 1 && args[1] != "" {
		return os.WriteFile(args[1], []byte(picture(rows)), 0o644)
	}
	return nil
}

// read returns the rows, and how many drills are in none because the machine was too slow.
func read(folder string) (all []*row, slow int, err error) {
	files, err := filepath.Glob(filepath.Join(folder, "*-*-*.json"))
	if err != nil {
		return nil, 0, err
	}
	rows := map[string]*row{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, 0, err
		}
		r, err := report.Read(text)
		if err != nil {
			return nil, 0, fmt.Errorf("%s: %w", file, err)
		}
		if r.Slow() != "" {
			slow++
			continue
		}
		for _, k := range r.Kinds {
			if k.Forecast != nil {
				count(rows, r, k)
			}
		}
	}
	for _, r := range rows {
		r.end()
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b *row) int {
		return cmp.Or(cmp.Compare(a.speed, b.speed), strings.Compare(a.fault, b.fault), strings.Compare(a.kind, b.kind))
	})
	return all, slow, nil
}

// count adds what a drill has measured of a kind.
func count(rows map[string]*row, r *drill.Report, k drill.KindReport) {
	name := fmt.Sprint(r.Speed, r.Fault, k.Kind)
	one := rows[name]
	if one == nil {
		one = &row{speed: r.Speed, fault: r.Fault, kind: k.Kind}
		rows[name] = one
	}
	one.grain = one.seconds(r.GrainMS)
	one.drills = append(one.drills, k.DowntimeMS)
	one.p50.predicted += one.seconds(k.Forecast.P50)
	one.p99.predicted += one.seconds(k.Forecast.P99)
}

func table(rows []*row) {
	fmt.Println("| speed | fault | users | drills | P50: predicted | measured | off | P99: predicted | measured | off |")
	fmt.Println("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
	within := 0
	for _, r := range rows {
		cell := func(p pair) string {
			off := "within a request"
			if d := r.off(p); d != 0 {
				off = fmt.Sprintf("%+.0f %%", d)
			}
			return fmt.Sprintf("%.1f s | %.1f ± %.1f s | %s", p.predicted, p.measured, p.err, off)
		}
		fmt.Printf("| %g | %s | %s | %d | %s | %s |\n", r.speed, r.fault, r.kind, len(r.drills), cell(r.p50), cell(r.p99))
		if math.Abs(r.off(r.p50)) <= 10 && math.Abs(r.off(r.p99)) <= 10 {
			within++
		}
	}
	fmt.Printf("\n%d of %d rows are within 10 %%.\n", within, len(rows))
}
