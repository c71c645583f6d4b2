package report

import (
	"fmt"
	"strings"
)

// Bar is a distribution of times, in milliseconds.
type Bar struct {
	Label                string
	P50, P90, P99, Worst float64
}

// Bars draws distributions one below another, as an SVG that needs nothing else. What the bars show stands beside them in words.
func Bars(title string, bars []Bar) []byte {
	p, bottom := barPicture(title, bars)
	for n, b := range bars {
		y := barTop(n)
		words := fmt.Sprintf("%s: half %s, 90 %% %s, 99 %% %s, at the most %s", b.Label, inWords(b.P50), inWords(b.P90), inWords(b.P99), inWords(b.Worst))
		p.box(p.x(0), y, p.x(b.P50)-p.x(0), barHigh, "primary", "", words)
		p.box(p.x(b.P50), y, p.x(b.P90)-p.x(b.P50), barHigh, "secondary", "dots", words)
		p.box(p.x(b.P90), y, p.x(b.P99)-p.x(b.P90), barHigh, "failed", "hatch", words)
		p.line("edge", p.x(b.Worst), y-2, p.x(b.Worst), y+barHigh+2)
	}
	p.legend(bottom+50, [][3]string{{"primary", "", "half of them"}, {"secondary", "dots", "90 %"}, {"failed", "hatch", "99 %"}})
	return []byte(p.done())
}

// Lengths draws one time for each label, of which Worst is the only one that is looked at.
func Lengths(title string, bars []Bar) []byte {
	p, _ := barPicture(title, bars)
	for n, b := range bars {
		p.box(p.x(0), barTop(n), p.x(b.Worst)-p.x(0), barHigh, "primary", "", b.Label+": "+inWords(b.Worst))
		p.text(p.x(b.Worst)+6, barTop(n)+13, "soft", "start", inWords(b.Worst))
	}
	return []byte(p.done())
}

const barHigh = 18

// barTop is where the n-th bar begins.
func barTop(n int) float64 { return float64(46 + 26*n) }

// barPicture is a picture with the bars' title, labels and axis.
func barPicture(title string, bars []Bar) (p *picture, bottom float64) {
	whole := 1.0
	for _, b := range bars {
		whole = max(whole, b.Worst)
	}
	bottom = barTop(len(bars))
	p = newPicture(int(bottom)+60, title, whole*1.15)
	head := strings.Replace(p.String(), "<defs>", "<style>"+style+"</style><defs>", 1)
	p.Reset()
	p.WriteString(head)
	p.text(8, 20, "", "start", title)
	for n, b := range bars {
		p.text(left-8, barTop(n)+13, "", "end", b.Label)
	}
	p.ticks(bottom + 6)
	return p, bottom
}
