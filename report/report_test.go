package report

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy/drill"
	"github.com/understudy/understudy/internal/judge"
)

// rehearsed is a drill of ten minutes with many users, and texts that somebody wrote to do harm.
func rehearsed() *drill.Report {
	r := &drill.Report{
		Schema: drill.Schema, Name: "www.hello.test", Path: `/"><script>alert(1)</script>`, Fault: "isolate", Speed: 10, Clients: 5000, Rate: 400, GrainMS: 100,
		Requests: 4000, Failed: 120, ServedBy: map[string]int{"us-east-1": 3000, "us-west-2": 880}, Primary: "us-east-1", Secondary: "us-west-2",
		Notes: []string{"</script><img src=x onerror=alert(1)>", "line\u2028separator"}, FaultMS: 60_000, RepairMS: 300_000, EndedMS: 600_000,
		Began: time.Date(2026, 11, 28, 3, 0, 0, 0, time.UTC), DetectMS: 20_000, AnswerChangedMS: 21_000, FailbackMS: 5000, PredictedDowntimeMS: 90_000,
		PredictedDetectMS: 48_000, DowntimeMS: drill.Quantile{P50: 40_000, P99: 80_000, Max: 85_000}, Decided: "health check",
		Moments: []drill.Moment{{MS: 60_000, Phase: "fault", Text: "isolate: us-east-1"}, {MS: 300_000, Phase: "repair", Text: "giving the primary back"}},
		Checks:  []drill.CheckAt{{MS: 10, Healthy: true, All: 16}, {MS: 70_000, Healthy: true, Failing: 9, All: 16}, {MS: 80_000, Failing: 16, All: 16}},
		Answers: []drill.LeadsTo{{MS: 5, Region: "us-east-1"}, {MS: 81_000, Region: "us-west-2"}, {MS: 304_000, Region: "us-east-1"}},
		Course:  drill.Course{StepMS: 2000}, Tool: "understudy 1.2.3", Digest: "0123abcd",
	}
	r.FailedOutside = 2
	r.Failures = []drill.Failures{{How: drill.HowReset, Failed: 20, Outside: 2, First: []drill.Failure{
		{MS: 200_000, EndedMS: 200_050, Kind: "cache", Address: "203.0.113.7", Region: "us-west-2", Text: "read: <script>alert(2)</script>"},
		{MS: 301_000, EndedMS: 301_050, Kind: "pool", Region: "us-west-2", Kept: true, Text: "connection reset by peer"},
	}}, {How: drill.HowTimeout, Failed: 100}}
	for i := range 301 {
		course := &r.Course
		lost := i >= 30 && i < 60
		course.Primary, course.Secondary, course.Failed = append(course.Primary, 800), append(course.Secondary, 0), append(course.Failed, 0)
		if lost {
			course.Primary[i], course.Failed[i] = 0, 700+i
		}
	}
	for i := range 1000 {
		r.Downtimes = append(r.Downtimes, 85*float64(i+1))
	}
	for i, c := range drill.Causes {
		r.Ledger = append(r.Ledger, drill.Row{Cause: c, SumMS: 1000, Share: 1 / float64(len(drill.Causes)), Each: drill.Quantile{P50: float64(i), P99: 5, Max: 6}})
	}
	r.Back = &drill.Back{DowntimeMS: drill.Quantile{P50: 0, P99: 700, Max: 900}, Downtimes: r.Downtimes}
	for i, c := range drill.BackCauses {
		share := 1 / float64(len(drill.BackCauses))
		r.Back.Ledger = append(r.Back.Ledger, drill.Row{Cause: c, SumMS: 10, Share: share, Each: drill.Quantile{P50: float64(i), Max: 6}})
	}
	for i, k := range drill.UserKinds {
		r.Kinds = append(r.Kinds, drill.KindReport{
			Kind: k.Name, Clients: 400, Requests: 300, Failed: 10, DowntimeMS: drill.Spread{Min: 1, P50: 4000 * float64(i), P95: 50_000, P99: 55_000, Max: 60_000},
			PredictedMS: 90_000 * float64(i%3), Ledger: r.Ledger[i%len(r.Ledger):],
		})
	}
	for i := range r.Kinds {
		k := &r.Kinds[i]
		k.Forecast = &drill.Forecast{P50: 3000 * float64(i), P90: 51_000, P99: 52_000, Max: 70_000}
		r.Findings = append(r.Findings, drill.Finding{Kind: k.Kind, Figure: "p50", Users: 400, MeasuredMS: k.DowntimeMS.P50, PredictedMS: k.Forecast.P50})
	}
	for n, c := range drill.Causes {
		r.Compared = append(r.Compared, drill.Compared{Cause: c, MeasuredMS: 1234.5, PredictedMS: 100 * float64(n)})
	}
	return r
}

func made(t *testing.T, r *drill.Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A page holds all that it was made of, and is made again from it byte by byte.
func TestThePageIsMadeAgainFromTheReportInIt(t *testing.T) {
	first := made(t, rehearsed())
	read, err := Read(first)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(rehearsed(), read); diff != "" {
		t.Errorf("the report in the page differs: %s", diff)
	}
	if !bytes.Equal(made(t, read), first) {
		t.Error("the page made of it is another one")
	}
	for _, other := range []string{"<html>", "{}", `{"schema": 99}`} {
		if _, err := Read([]byte(other)); err == nil {
			t.Errorf("%s is a report", other)
		}
	}
}

// What the page loads, it has in it; no text of a report becomes markup; and a usual drill's page is small.
func TestThePageIsCompleteAndHarmless(t *testing.T) {
	b := made(t, rehearsed())
	if len(b) > 150_000 {
		t.Errorf("the page has %d bytes", len(b))
	}
	text := string(b)
	if found := regexp.MustCompile(`(?i)<(img|link|iframe|object|embed)\b|@import|url\([^#]|<[a-z][^>]*\s(?:on[a-z]+|src|href)=`).FindString(text); found != "" {
		t.Errorf("the page has %q", found)
	}
	if n := strings.Count(text, "<script"); n != 1 {
		t.Errorf("%d scripts begin, where the data alone is to", n)
	}
	links := regexp.MustCompile(`https?://[^"]*`).FindAllString(text, -1)
	if strings.Join(slices.Compact(links), " ") != "http://www.w3.org/2000/svg" {
		t.Errorf("the page names %q", links)
	}
	for _, part := range []string{"How requests failed", "read: &lt;script&gt;", `<th scope="row">time-out</th><td class="n">100</td><td class="n">0</td>`} {
		if !strings.Contains(text, part) {
			t.Errorf("the page has no %q", part)
		}
	}
	if !strings.Contains(text, "default-src &#39;none&#39;") {
		t.Error("the page has no policy")
	}
	for _, c := range slices.Concat(drill.Causes, drill.BackCauses) {
		if meanings[c] == "" {
			t.Errorf("nobody says what %q is", c)
		}
	}
}

// A drill that was aborted at once has a page too.
func TestAReportOfNothingHasAPage(t *testing.T) {
	text := string(made(t, &drill.Report{Schema: drill.Schema, Aborted: "the standby fell ill", Primary: "one", Secondary: "two"}))
	if !strings.Contains(text, "aborted") || strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
		t.Errorf("the page is\n%s", text)
	}
}

func TestJUnitTellsWhatFailed(t *testing.T) {
	bad := rehearsed()
	bad.DowntimeMS.Max, bad.FailedOutside = 100_000, 3
	bad.Kinds[1].DowntimeMS.Max = 100_000 // of those who keep TTLs
	var b bytes.Buffer
	if err := JUnit(&b, bad); err != nil {
		t.Fatal(err)
	}
	const script = `
import sys, json
from junitparser import JUnitXml
xml = JUnitXml.fromstring(sys.stdin.buffer.read())
print(json.dumps([[c.name, len(c.result)] for s in xml for c in s]))`
	cmd := exec.CommandContext(t.Context(), judge.Need(t, "python3:junitparser"), "-c", script)
	cmd.Stdin = &b
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var cases [][2]any
	if err := json.Unmarshal(out, &cases); err != nil {
		t.Fatal(err)
	}
	var failed []string
	for _, c := range cases {
		if c[1].(float64) > 0 {
			failed = append(failed, c[0].(string))
		}
	}
	want := []string{"no user was without service for longer than predicted", "no request failed outside of the outage"}
	if diff := cmp.Diff(want, failed); diff != "" || len(cases) != 6 {
		t.Errorf("of %d: %s", len(cases), diff)
	}
}
