package report

import (
	"fmt"
	"html"
	"html/template"
	"strings"

	"github.com/understudy/understudy/drill"
)

// The width of every picture, and where its drawing begins and ends, in pixels of its own.
const (
	width, left, right = 900, 110, 890
)

// picture is an SVG that grows.
type picture struct {
	strings.Builder
	whole float64 // what the horizontal axis shows, in milliseconds
}

func newPicture(height int, title string, whole float64) *picture {
	p := &picture{whole: max(whole, 1)}
	fmt.Fprintf(p, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="%s">`, width, height, html.EscapeString(title))
	p.WriteString(`<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">` +
		`<line class="hatch" x1="0" y1="0" x2="0" y2="6"/></pattern>` +
		`<pattern id="dots" width="5" height="5" patternUnits="userSpaceOnUse"><line class="hatch" x1="1" y1="1" x2="2.5" y2="1"/></pattern></defs>`)
	return p
}

func (p *picture) done() template.HTML {
	p.WriteString("</svg>")
	return template.HTML(p.String()) //nolint:gosec // texts in it are escaped where they are written
}

func (p *picture) x(ms float64) float64 { return left + (right-left)*ms/p.whole }

func (p *picture) text(x, y float64, class, anchor, s string) {
	fmt.Fprintf(p, `<text x="%.1f" y="%.1f" class="%s" text-anchor="%s">%s</text>`, x, y, class, anchor, html.EscapeString(s))
}

// box is a filled rectangle; what is over it, a pattern, makes it readable without colour. A title shows where the pointer is.
func (p *picture) box(x, y, w, h float64, class, pattern, title string) {
	fmt.Fprintf(p, `<g><title>%s</title>`, html.EscapeString(title))
	p.fill(x, y, w, h, class, pattern)
	p.WriteString(`</g>`)
}

func (p *picture) fill(x, y, w, h float64, class, pattern string) {
	fmt.Fprintf(p, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" class="%s"/>`, x, y, w, h, class)
	if pattern != "" {
		fmt.Fprintf(p, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="url(#%s)"/>`, x, y, w, h, pattern)
	}
}

func (p *picture) line(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(p, `<line class="%s" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`, class, x1, y1, x2, y2)
}

// ticks are marks of the horizontal axis at round times.
func (p *picture) ticks(y float64) {
	step := 0.0
	for _, s := range []float64{100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 3e4, 6e4, 12e4, 3e5, 6e5, 18e5, 36e5} {
		if step = s; p.whole/s <= 10 {
			break
		}
	}
	p.line("axis", left, y, right, y)
	for ms := 0.0; ms <= p.whole; ms += step {
		p.line("axis", p.x(ms), y, p.x(ms), y+5)
		anchor := "middle"
		if p.x(ms) > right-20 {
			anchor = "end"
		}
		p.text(p.x(ms), y+18, "soft", anchor, tick(ms, step))
	}
}

func tick(ms, step float64) string {
	switch {
	case step < 1000:
		return fmt.Sprintf("%.1f s", ms/1000)
	case step < 60_000:
		return fmt.Sprintf("%.0f s", ms/1000)
	}
	return fmt.Sprintf("%.0f min", ms/60_000)
}

// timeline shows the name's answers, the checkers and the requests over time, with the time of the fault behind them.
func timeline(r *drill.Report) template.HTML {
	const answersTop, checksTop, requestsTop, requestsHigh, bottom = 30, 60, 100, 120, 220
	p := newPicture(bottom+50, fmt.Sprintf("%s was lost after %s, and given back after %s", r.Primary, clock(r.FaultMS), clock(r.RepairMS)), r.EndedMS)
	p.text(left-8, answersTop+14, "", "end", "name leads to")
	p.text(left-8, checksTop+14, "", "end", "checkers")
	p.text(left-8, requestsTop+14, "", "end", "requests")
	p.lost(r, answersTop-8, bottom)
	for i, a := range r.Answers {
		p.answer(r, a, p.x(until(r.EndedMS, i, r.Answers, func(a drill.LeadsTo) float64 { return a.MS })), answersTop)
	}
	for i, c := range r.Checks {
		to := p.x(until(r.EndedMS, i, r.Checks, func(c drill.CheckAt) float64 { return c.MS }))
		p.checkers(c, to, checksTop)
	}
	p.requests(r, requestsTop, requestsHigh)
	p.ticks(bottom)
	p.legend(bottom+42, [][3]string{{"primary", "", r.Primary}, {"secondary", "dots", r.Secondary}, {"failed", "hatch", "failed"}})
	return p.done()
}

// lost shades the time of the fault.
func (p *picture) lost(r *drill.Report, top, bottom float64) {
	if r.FaultMS == 0 {
		return
	}
	end := r.RepairMS
	if end == 0 {
		end = r.EndedMS
	}
	fmt.Fprintf(p, `<rect class="lost" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, p.x(r.FaultMS), top, p.x(end)-p.x(r.FaultMS), bottom-top)
	for i, at := range []float64{r.FaultMS, end} {
		p.line("edge", p.x(at), top, p.x(at), bottom)
		p.text(p.x(at), top-4, "", "middle", [...]string{"fault", "repair"}[i])
	}
}

// until is when what is at i ends: when the next one begins.
func until[T any](end float64, i int, all []T, at func(T) float64) float64 {
	if i+1 < len(all) {
		return at(all[i+1])
	}
	return end
}

func (p *picture) answer(r *drill.Report, a drill.LeadsTo, to, top float64) {
	class, pattern, name := "none", "hatch", "no region, or both"
	switch a.Region {
	case r.Primary:
		class, pattern, name = "primary", "", a.Region
	case r.Secondary:
		class, pattern, name = "secondary", "dots", a.Region
	}
	p.box(p.x(a.MS), top, to-p.x(a.MS), 20, class, pattern, fmt.Sprintf("from %s the name led to %s", clock(a.MS), name))
	if to-p.x(a.MS) > 90 && a.Region != "" {
		p.text((p.x(a.MS)+to)/2, top+14, "on", "middle", name)
	}
}

// checkers shows how many of them fail as a share of the height.
func (p *picture) checkers(c drill.CheckAt, to, top float64) {
	const high = 24
	state := "the check was healthy"
	if !c.Healthy {
		state = "the check had failed"
	}
	what := fmt.Sprintf("from %s, of %d checkers %d failed, %d of them often enough; %s", clock(c.MS), c.All, c.Failing, c.Ill, state)
	share := func(n int) float64 { return high * float64(n) / float64(max(c.All, 1)) }
	x, w, bottom := p.x(c.MS), to-p.x(c.MS), top+high
	p.box(x, top, w, high, "primary", "", what)
	if c.Failing > 0 {
		p.box(x, bottom-share(c.Failing), w, share(c.Failing), "failed", "hatch", what)
	}
	if c.Ill > 0 {
		p.box(x, bottom-share(c.Ill), w, share(c.Ill), "failed", "", what)
	}
}

// requests are areas, one upon another: those that failed, those of the secondary, those of the primary.
func (p *picture) requests(r *drill.Report, top, high float64) {
	c := r.Course
	most := 1
	sum := make([]int, len(c.Failed))
	for i := range c.Failed {
		sum[i] = c.Failed[i] + c.Secondary[i] + c.Primary[i]
		most = max(most, sum[i])
	}
	y := func(n int) float64 { return top + high - high*float64(n)/float64(most) }
	base := make([]int, len(c.Failed))
	for _, layer := range []struct {
		values         []int
		class, pattern string
	}{{c.Failed, "failed", "hatch"}, {c.Secondary, "secondary", "dots"}, {c.Primary, "primary", ""}} {
		above := make([]int, len(base))
		for i, n := range layer.values {
			above[i] = base[i] + n
		}
		var outline strings.Builder
		edge := func(from, to int, n int) { // along steps of one height
			fmt.Fprintf(&outline, "%s%.1f %.1fH%.1f", map[bool]string{true: "M", false: "L"}[outline.Len() == 0],
				min(p.x(float64(from)*c.StepMS), right), y(n), min(p.x(float64(to)*c.StepMS), right))
		}
		for i, j := 0, 0; i < len(above); i = j {
			for j = i + 1; j < len(above) && above[j] == above[i]; j++ {
			}
			edge(i, j, above[i])
		}
		for i, j := len(base), 0; i > 0; i = j {
			for j = i - 1; j > 0 && base[j-1] == base[i-1]; j-- {
			}
			edge(i, j, base[i-1])
		}
		path := outline.String() + "Z"
		fmt.Fprintf(p, `<path class="%s" d="%s"/>`, layer.class, path)
		if layer.pattern != "" {
			fmt.Fprintf(p, `<path fill="url(#%s)" d="%s"/>`, layer.pattern, path)
		}
		base = above
	}
	p.text(left-8, top+30, "soft", "end", fmt.Sprintf("≤ %.0f a second", float64(most)*1000/max(c.StepMS, 1)))
}

func (p *picture) legend(y float64, all [][3]string) {
	x := float64(left)
	for _, l := range all {
		p.box(x, y-10, 14, 12, l[0], l[1], l[2])
		p.text(x+20, y, "", "start", l[2])
		x += 40 + 8*float64(len(l[2]))
	}
}

// outages shows for each time how many users were without service for longer, and what was predicted.
func outages(r *drill.Report) template.HTML {
	if len(r.Downtimes) == 0 {
		return ""
	}
	const top, bottom = 30, 160
	whole := max(r.DowntimeMS.Max, r.PredictedDowntimeMS) * 1.1
	p := newPicture(bottom+30, fmt.Sprintf("The share of users who were without service for longer than a time: half for longer than %s, none for longer than %s",
		inWords(r.DowntimeMS.P50), inWords(r.DowntimeMS.Max)), whole)
	y := func(share float64) float64 { return bottom - (bottom-top)*share }
	for _, share := range []float64{0, 0.5, 1} {
		p.line("grid", left, y(share), right, y(share))
		p.text(left-8, y(share)+4, "soft", "end", fmt.Sprintf("%.0f %%", 100*share))
	}
	p.text(4, top-14, "", "start", "users, for longer than")
	fmt.Fprintf(p, `<path class="curve" d="M%.1f %.1f`, p.x(0), y(1))
	n := float64(len(r.Downtimes))
	for i, ms := range r.Downtimes {
		fmt.Fprintf(p, "H%.1fV%.1f", p.x(ms), y(1-float64(i+1)/n))
	}
	p.WriteString(`"/>`)
	p.line("edge", p.x(r.PredictedDowntimeMS), top-8, p.x(r.PredictedDowntimeMS), bottom)
	p.text(p.x(r.PredictedDowntimeMS)-4, top+2, "", "end", "predicted at most")
	p.ticks(bottom)
	return p.done()
}

// forecasts shows, for each kind of users, the time without service as it was measured, with what was predicted above it.
func forecasts(r *drill.Report) template.HTML {
	const high, top = 12.0, 14.0
	whole, n := 1.0, 0
	for _, k := range r.Kinds {
		if k.Forecast != nil {
			whole, n = max(whole, k.DowntimeMS.Max, k.Forecast.Max), n+1
		}
	}
	if n == 0 {
		return ""
	}
	bottom := top + float64(n)*(2*high+14)
	p := newPicture(int(bottom)+52, "The time without service of each kind of users, predicted and measured, which the table below has as numbers", whole*1.05)
	y := top
	for _, k := range r.Kinds {
		f, d := k.Forecast, k.DowntimeMS
		if f == nil {
			continue
		}
		p.text(left-8, y+high+4, "", "end", k.Kind)
		p.band(y, high, k.Kind+", predicted", f.P50, f.P90, f.P99, f.Max)
		p.band(y+high+2, high, k.Kind+", measured", d.P50, d.P90, d.P99, d.Max)
		y += 2*high + 14
	}
	p.ticks(bottom)
	p.legend(bottom+42, [][3]string{{"primary", "", "half"}, {"secondary", "dots", "90 %"}, {"failed", "hatch", "99 %"}})
	return p.done()
}

// band is one distribution: half of the users, 90 and 99 in 100, and the longest as a line.
func (p *picture) band(y, high float64, what string, p50, p90, p99, most float64) {
	words := fmt.Sprintf("%s: half %s, 90 %% %s, 99 %% %s, at the most %s", what, inWords(p50), inWords(p90), inWords(p99), inWords(most))
	fmt.Fprintf(p, `<g><title>%s</title>`, html.EscapeString(words))
	for _, part := range []struct {
		from, to       float64
		class, pattern string
	}{{0, p50, "primary", ""}, {p50, p90, "secondary", "dots"}, {p90, p99, "failed", "hatch"}} {
		if part.to > part.from {
			p.fill(p.x(part.from), y, p.x(part.to)-p.x(part.from), high, part.class, part.pattern)
		}
	}
	p.WriteString("</g>")
	p.line("edge", p.x(most), y-1, p.x(most), y+high+1)
}

// shares is one bar of all causes, by their letters.
func shares(rows []drill.Row) template.HTML {
	if len(rows) == 0 {
		return ""
	}
	p := newPicture(34, "The shares of the causes, which the table below has as numbers", 1)
	x, patterns := 10.0, []string{"", "dots", "hatch", ""}
	for i, row := range rows {
		w := (right - 10) * row.Share
		p.box(x, 4, w, 26, fmt.Sprintf("s%d", i%4), patterns[(i+i/4)%4], fmt.Sprintf("%s: %s", row.Cause, percent(row.Share)))
		if w > 14 {
			p.text(x+w/2, 21, "on", "middle", letter(i))
		}
		x += w
	}
	return p.done()
}
