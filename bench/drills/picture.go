package main

import (
	"fmt"
	"slices"
	"strings"
)

// The picture's lengths, in pixels.
const (
	left, wide, line, top = 190, 620, 17, 60
)

// picture draws each row as a line: a ring for what was predicted, a dot for what was measured, P50 and P99.
func picture(rows []*row) string {
	most := 1.0
	for _, r := range rows {
		most = max(most, r.p99.predicted, r.p99.measured)
	}
	x := func(s float64) float64 { return left + s/most*(wide-20) }
	var b strings.Builder
	height := top + line*len(rows) + 30
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="11">`+"\n", left+wide, height)
	b.WriteString(`<style>text{fill:#222}.grid{stroke:#ccc}.p50{stroke:#2166ac;fill:#2166ac}.p99{stroke:#b2182b;fill:#b2182b}.ring{fill:none;stroke-width:1.6}` +
		`@media(prefers-color-scheme:dark){text{fill:#ddd}.grid{stroke:#555}.p50{stroke:#92c5de;fill:#92c5de}.p99{stroke:#f4a582;fill:#f4a582}}</style>` + "\n")
	b.WriteString(`<text x="8" y="18" font-size="13">Without service, in seconds at AWS's speed: predicted (ring) and measured (dot)</text>` + "\n")
	fmt.Fprintf(&b, `<circle class="p50" cx="%d" cy="34" r="4"/><text x="%d" y="38">P50</text>`+
		`<circle class="p99" cx="%d" cy="34" r="4"/><text x="%d" y="38">P99</text>`+"\n",
		left, left+8, left+50, left+58)
	for _, s := range marks(most) {
		fmt.Fprintf(&b, `<line class="grid" x1="%.1f" y1="%d" x2="%.1f" y2="%d"/><text x="%.1f" y="%d" text-anchor="middle">%g</text>`+"\n",
			x(s), top-10, x(s), height-25, x(s), height-10, s)
	}
	for n, r := range rows {
		y := top + line*n
		fmt.Fprintf(&b, `<text x="8" y="%d">%g× %s, %s</text>`+"\n", y+4, r.speed, r.fault, r.kind)
		for _, q := range []struct {
			class string
			pair
		}{{"p50", r.p50}, {"p99", r.p99}} {
			fmt.Fprintf(&b, `<circle class="%s ring" cx="%.1f" cy="%d" r="5"/><circle class="%s" cx="%.1f" cy="%d" r="2.5"/>`+"\n",
				q.class, x(q.predicted), y, q.class, x(q.measured), y)
		}
	}
	return b.String() + "</svg>\n"
}

// marks are seconds on the axis, at most ten.
func marks(most float64) (all []float64) {
	steps := []float64{1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600}
	i := slices.IndexFunc(steps, func(s float64) bool { return most/s <= 10 })
	if i < 0 {
		i = len(steps) - 1
	}
	for s := 0.0; s <= most; s += steps[i] {
		all = append(all, s)
	}
	return all
}
