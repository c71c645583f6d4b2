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
	const top, each, high = 46, 26, 18
	whole := 1.0
	for _, b := range bars {
		whole = max(whole, b.Worst)
	}
	bottom := float64(top + each*len(bars))
	p := newPicture(int(bottom)+60, title, whole*1.05)
	head := strings.Replace(p.String(), "<defs>", "<style>"+style+"</style><defs>", 1)
	p.Reset()
	p.WriteString(head)
	p.text(8, 20, "", "start", title)
	for n, b := range bars {
		y := float64(top + each*n)
		words := fmt.Sprintf("%s: half %s, 90 %% %s, 99 %% %s, at the most %s", b.Label, inWords(b.P50), inWords(b.P90), inWords(b.P99), inWords(b.Worst))
		p.text(left-8, y+13, "", "end", b.Label)
		p.box(p.x(0), y, p.x(b.P50)-p.x(0), high, "primary", "", words)
		p.box(p.x(b.P50), y, p.x(b.P90)-p.x(b.P50), high, "secondary", "dots", words)
		p.box(p.x(b.P90), y, p.x(b.P99)-p.x(b.P90), high, "failed", "hatch", words)
		p.line("edge", p.x(b.Worst), y-2, p.x(b.Worst), y+high+2)
	}
	p.ticks(bottom + 6)
	p.legend(bottom+50, [][3]string{{"primary", "", "half of them"}, {"secondary", "dots", "90 %"}, {"failed", "hatch", "99 %"}})
	return []byte(p.done())
}
