package e2e

import (
	"fmt"
	"strings"
)

// The picture's size and its margins, in pixels.
const (
	rampWidth, rampHeight = 900, 360
	rampLeft, rampTop     = 60, 40
	rampRight, rampBottom = 840, 310
)

// drawRamp draws requests a minute, and the instances as steps. It says all by labels and dashes too, not by colour alone.
func drawRamp(all []reading) []byte {
	last, most := all[len(all)-1].minute, float64(rampHigh)*1.15
	x := func(minute float64) float64 { return rampLeft + (rampRight-rampLeft)*minute/last }
	y := func(share float64) float64 { return rampBottom - (rampBottom-rampTop)*share }
	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12" role="img">
<title>Requests a minute, and the instances that target tracking has asked for and that serve</title>
<style>text{fill:#333}.axis{stroke:#999}.grid{stroke:#ddd}path{fill:none;stroke-width:2}
@media(prefers-color-scheme:dark){text{fill:#ddd}.grid{stroke:#444}}</style>
`, rampWidth, rampHeight)
	for n := range rampMost + 1 {
		at := y(float64(n) / rampMost * 0.9)
		fmt.Fprintf(&out, `<line class="grid" x1="%d" y1="%.1f" x2="%d" y2="%.1f"/><text x="%d" y="%.1f">%d</text>`+"\n",
			rampLeft, at, rampRight, at, rampRight+8, at+4, n)
	}
	for n := 0; n <= rampHigh; n += 40 {
		fmt.Fprintf(&out, `<text x="%d" y="%.1f" text-anchor="end">%d</text>`+"\n", rampLeft-8, y(float64(n)/most)+4, n)
	}
	for n := 0.0; n <= last; n += 10 {
		fmt.Fprintf(&out, `<text x="%.1f" y="%d" text-anchor="middle">%.0f</text>`+"\n", x(n), rampBottom+18, n)
	}
	fmt.Fprintf(&out, `<line class="axis" x1="%d" y1="%d" x2="%d" y2="%d"/><text x="%d" y="%d" text-anchor="middle">minutes of AWS's</text>`+"\n",
		rampLeft, rampBottom, rampRight, rampBottom, (rampLeft+rampRight)/2, rampBottom+36)
	lines := []struct {
		label, colour, dash string
		value               func(reading) float64
		steps               bool
	}{
		{"requests a minute (left)", "#2266aa", "", func(r reading) float64 { return r.asked / most }, false},
		{"instances asked for (right)", "#cc7711", "6 4", func(r reading) float64 { return float64(r.desired) / rampMost * 0.9 }, true},
		{"instances that serve (right)", "#227744", "", func(r reading) float64 { return float64(r.serving) / rampMost * 0.9 }, true},
	}
	for i, line := range lines {
		var path strings.Builder
		for n, r := range all {
			verb := "L"
			if n == 0 {
				verb = "M"
			} else if line.steps {
				fmt.Fprintf(&path, "H%.1f", x(r.minute))
			}
			fmt.Fprintf(&path, "%s%.1f %.1f", verb, x(r.minute), y(line.value(r)))
		}
		fmt.Fprintf(&out, `<path d="%s" stroke="%s" stroke-dasharray="%s"/>`+"\n", path.String(), line.colour, line.dash)
		left := rampLeft + 250*i
		fmt.Fprintf(&out, `<path d="M%d 20h24" stroke="%s" stroke-dasharray="%s"/><text x="%d" y="24">%s</text>`+"\n",
			left, line.colour, line.dash, left+30, line.label)
	}
	out.WriteString("</svg>\n")
	return []byte(out.String())
}
