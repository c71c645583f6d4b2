package report

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed" // the page's template and style
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/understudy/understudy/drill"
)

//go:embed page.html
var pageText string

//go:embed page.css
var style string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"ms": inWords, "percent": percent, "at": clock, "css": func(s string) template.CSS { return template.CSS(s) }, //nolint:gosec // our own
}).Parse(pageText))

// The most lines of a table that a page shows; what is left out is said. The JSON in it has all.
const maxLines = 200

// view is what the template shows.
type view struct {
	*drill.Report
	Style, Policy string
	Data          template.JS
	Verdict       []string
	Facts         [][2]string
	Timeline      template.HTML
	Outages       template.HTML
	Shares        template.HTML
	Rows          []line
	Forecasts     template.HTML
	BackShares    template.HTML
	BackRows      []line
	Steps         []drill.Moment
	LeftOut       int
	Times         []measure
	ByKind        []kindLine
	Unexpected    []drill.Failure
}

// unexpected are the first failures outside of the window, in the order of time.
func unexpected(r *drill.Report) (all []drill.Failure) {
	for _, f := range r.Failures {
		all = append(all, f.First...)
	}
	slices.SortStableFunc(all, func(a, b drill.Failure) int { return cmp.Compare(a.MS, b.MS) })
	return all[:min(len(all), maxLines)]
}

// kindLine is what users of one kind felt, and to what most of it was lost.
type kindLine struct {
	drill.KindReport
	Help, Lost string
}

func byKind(r *drill.Report) (all []kindLine) {
	if len(r.Kinds) < 2 {
		return nil
	}
	for _, k := range r.Kinds {
		one := kindLine{KindReport: k, Lost: lost(k.Mostly())}
		for _, known := range drill.UserKinds {
			if known.Name == k.Kind {
				one.Help = known.Help
			}
		}
		if k.Resolver != "" {
			one.Help += " (" + k.Resolver + ")"
		}
		all = append(all, one)
	}
	return all
}

// lost is a row in words.
func lost(most drill.Row) string {
	if most.Share == 0 {
		return ""
	}
	return fmt.Sprintf("%s, %s", most.Cause, percent(most.Share))
}

// line is a row of the ledger with its letter in the picture.
type line struct {
	drill.Row
	Letter, Meaning string
}

// lines are a ledger's, with words of its own for some causes.
func lines(rows []drill.Row, own map[drill.Cause]string) (all []line) {
	for i, row := range rows {
		all = append(all, line{row, letter(i), cmp.Or(own[row.Cause], meanings[row.Cause])})
	}
	return all
}

// measure is a figure beside what was predicted of it.
type measure struct{ What, Measured, Predicted string }

// HTML writes a drill's page. The same report gives the same bytes.
func HTML(w io.Writer, r *drill.Report) error {
	data, err := json.Marshal(r) // escapes <, > and &, and the line separators that end a script's line
	if err != nil {
		return err
	}
	v := &view{
		Report: r, Style: style, Policy: policy(), Data: template.JS(data), //nolint:gosec // see above
		Verdict: verdict(r), Facts: facts(r), Times: times(r), Timeline: timeline(r), Outages: outages(r), Shares: shares(r.Ledger),
		Steps: r.Moments, ByKind: byKind(r), Forecasts: forecasts(r), Unexpected: unexpected(r),
	}
	v.Rows = lines(r.Ledger, nil)
	if r.Back != nil {
		v.BackShares, v.BackRows = shares(r.Back.Ledger), lines(r.Back.Ledger, backMeanings)
	}
	if n := len(v.Steps); n > maxLines {
		v.Steps, v.LeftOut = v.Steps[:maxLines], n-maxLines
	}
	return page.Execute(w, v)
}

// policy lets the page use its own style, and nothing else from anywhere.
func policy() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

const (
	dataBegins = `<script type="application/json" id="report">`
	dataEnds   = `</script>`
)

// Read returns the report in a page, or in a JSON file.
func Read(text []byte) (*drill.Report, error) {
	data := text
	if _, rest, found := bytes.Cut(text, []byte(dataBegins)); found {
		data, _, _ = bytes.Cut(rest, []byte(dataEnds))
	}
	r := new(drill.Report)
	if err := json.Unmarshal(data, r); err != nil {
		return nil, fmt.Errorf("there is no drill's report: %w", err)
	}
	if r.Schema < 1 || r.Schema > drill.Schema {
		return nil, fmt.Errorf("the report has the form %d, and this program knows those up to %d", r.Schema, drill.Schema)
	}
	return r, nil
}

// verdict is what happened, in sentences.
func verdict(r *drill.Report) (all []string) {
	if r.Aborted != "" {
		all = append(all, fmt.Sprintf("The drill was aborted, and %s repaired: %s.", r.Primary, r.Aborted))
	}
	d := r.DowntimeMS
	if d.Max == 0 {
		all = append(all, fmt.Sprintf("No user was without service. At most %s was predicted.", inWords(r.PredictedDowntimeMS)))
	} else {
		of := ""
		if len(r.Kinds) > 1 {
			of = " of users for whom an answer's TTL decides, and of each kind what stands below"
		}
		all = append(all, fmt.Sprintf("Half of the users were without service for at most %s, and none for longer than %s. "+
			"At most %s was predicted%s: the prediction was %s.",
			inWords(d.P50), inWords(d.Max), inWords(r.PredictedDowntimeMS), of, kept(r.Predicted())))
	}
	if r.PromisedDowntimeMS > 0 {
		all = append(all, fmt.Sprintf("No more than %s is promised (failover.rto): the promise was %s.", inWords(r.PromisedDowntimeMS), kept(!r.Broken())))
	}
	switch {
	case r.FailedOutside > 0:
		all = append(all, fmt.Sprintf("%d requests failed outside of the time in which that was to be expected.", r.FailedOutside))
	case r.Failed > 0:
		all = append(all, "No request failed before the fault, or after the predicted end of the outage.")
	}
	if r.Unreturned != "" {
		all = append(all, fmt.Sprintf("%s is repaired, and the way back was not seen to end: %s.", r.Primary, r.Unreturned))
	}
	if r.FailbackMS > 0 {
		all = append(all, fmt.Sprintf("%s after the repair, every user was served by %s again.", inWords(r.FailbackMS), r.Primary))
	}
	if r.Back != nil && r.Back.DowntimeMS.Max > 0 {
		all = append(all, fmt.Sprintf("On the way back, half of the users were without service for at most %s, and none for longer than %s.",
			inWords(r.Back.DowntimeMS.P50), inWords(r.Back.DowntimeMS.Max)))
	}
	return all
}

func kept(yes bool) string {
	if yes {
		return "kept"
	}
	return "NOT kept"
}

func facts(r *drill.Report) [][2]string {
	all := [][2]string{
		{"Name", r.Name + r.Path}, {"Lost", r.Primary}, {"Standby", r.Secondary}, {"Fault", r.Fault},
		{"Users", fmt.Sprintf("%d, with %g requests a second together, one of each every %s", r.Clients, r.Rate, inWords(r.GrainMS))},
		{"Requests", fmt.Sprintf("%d, of which %d failed", r.Requests, r.Failed)},
	}
	for _, region := range slices.Sorted(maps.Keys(r.ServedBy)) {
		if region == "" {
			region = "neither region"
		}
		all = append(all, [2]string{"Served by " + region, fmt.Sprint(r.ServedBy[region])})
	}
	all = append(all, [2]string{"Speed", speed(r.Speed)}, [2]string{"Began", r.Began.UTC().Format(time.RFC3339)})
	for _, x := range [][2]string{{"Declaration", r.Digest}, {"Made by", r.Tool}} {
		if x[1] != "" {
			all = append(all, x)
		}
	}
	return all
}

func speed(s float64) string {
	if s <= 1 {
		return "AWS's own"
	}
	return fmt.Sprintf("%g times AWS's: its intervals and time-outs are that much shorter here, and all times below are as measured", s)
}

func times(r *drill.Report) []measure {
	detected := measure{"Health check failed", never(r.DetectMS), "at most " + inWords(r.PredictedDetectMS)}
	if r.Undetected {
		detected = measure{"Health check failed", "not measured: Route 53 was told", ""}
	}
	changed := measure{"Name led to the standby", never(r.AnswerChangedMS), ""}
	if r.Decided != "" {
		changed.Measured += ", by the " + r.Decided
	}
	return []measure{
		detected, changed,
		{"Without service: half of the users, at most", inWords(r.DowntimeMS.P50), ""},
		{"Without service: 99 in 100, at most", inWords(r.DowntimeMS.P99), ""},
		{"Without service: any user, at most", inWords(r.DowntimeMS.Max), inWords(r.PredictedDowntimeMS)},
		{"All users back, after the repair", never(r.FailbackMS), ""},
	}
}

func never(ms float64) string {
	if ms == 0 {
		return "never"
	}
	return inWords(ms)
}

// inWords is a time as people read it.
func inWords(ms float64) string {
	switch d := time.Duration(ms * float64(time.Millisecond)); {
	case d < time.Second:
		return fmt.Sprintf("%.0f ms", ms)
	case d < 2*time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	default:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	}
}

func percent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }

// clock is a time after the beginning.
func clock(ms float64) string { return fmt.Sprintf("%.1f s", ms/1000) }

// letter names a row of the ledger in the picture, which has no room for words.
func letter(i int) string { return string(rune('A' + i%26)) }

var meanings = map[drill.Cause]string{
	drill.CauseUnderWay:  "a request had begun when the fault came",
	drill.CauseProbe:     "no checker of Route 53's had asked since the fault",
	drill.CauseThreshold: "checkers found the fault, but not yet often enough in a row, or not yet enough of them",
	drill.CauseTargets:   "the load balancer looked for healthy targets, and the name followed what it found",
	drill.CauseAnswer:    "the health check had failed, and the name servers did not know it yet",
	drill.CauseCache:     "the name led to the standby, and the user's resolver kept the old answer for its TTL",
	drill.CauseKept:      "the name led to the standby, and the user went on with a connection to the lost region",
	drill.CauseTimeout:   "a request to the lost region had to end first",
	drill.CauseRetry:     "the user could have been served, and waited before it tried again",
	drill.CausePause:     "the user could have had, or had, the new answer, and asked nothing yet",
	drill.CauseStandby:   "the standby was asked, and did not serve",
	drill.CauseServe:     "the first request that was served",
	drill.CauseBetween:   "requests were served in between",
	drill.CauseRepair:    "the lost region had been given back, and had served nobody yet, no checker either",
	drill.CausePrimary:   "the region that was given back served others again, and not this user",
	drill.CauseUnknown:   "what was seen does not tell",
}

// backMeanings are of causes that mean another thing after the repair.
var backMeanings = map[drill.Cause]string{
	drill.CauseUnderWay:  "a request had begun when the repair came",
	drill.CauseProbe:     "no checker of Route 53's had found the region well since the repair",
	drill.CauseThreshold: "checkers found it well, but not yet often enough in a row, or not yet enough of them",
	drill.CauseAnswer:    "the health check was healthy again, and the name servers did not know it yet",
	drill.CauseTargets:   "the health check was healthy again, and the name waited for the load balancer's targets",
	drill.CauseCache:     "the name led back, and the user's resolver kept the answer that led to the standby",
	drill.CauseKept:      "the name led back, and the user went on with a connection to the standby",
	drill.CauseTimeout:   "a request to the standby had to end first",
}
