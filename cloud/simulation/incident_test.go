package simulation

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

const table = `time,primary_HealthCheckPercentageHealthy,primary_HealthyHostCount,primary_RequestCount,primary_HTTPCode_Target_5XX_Count,standby_HealthyHostCount
2026-04-26T07:26:00Z,100,2,600,0,2
2026-04-26T07:27:00Z,100,2,600,60,2
2026-04-26T07:28:00Z,100,0,600,600,2
2026-04-26T07:29:00Z,0,0,,,2
2026-04-26T07:30:00Z,10,2,0,0,2
2026-04-26T07:31:00Z,50,2,600,0,2
2026-04-26T07:32:00Z,,,,,2
2026-04-26T07:33:00Z,100,2,600,400,2
2026-04-26T07:34:00Z,100,2,600,0,2
`

func TestMetricsTellWhatAiledARegion(t *testing.T) {
	got, err := ReadIncident([]byte(table))
	if err != nil {
		t.Fatal(err)
	}
	minute := func(n int) Span { return Span(calmBefore + time.Duration(n)*time.Minute) }
	one := Span(time.Minute)
	want := []Fault{
		{Kind: FaultGrey, Region: Primary, At: minute(1), For: one, Share: 0.1},
		{Kind: FaultIll, Region: Primary, At: minute(2), For: 2 * one},
		{Kind: FaultRefused, Region: Primary, At: minute(4), For: one},
		{Kind: FaultPartition, Region: Primary, At: minute(5), For: one, Share: 0.5},
		{Kind: FaultRegion, Region: Primary, At: minute(6), For: one},
		{Kind: FaultTargets, Region: Primary, At: minute(7), For: one},
	}
	if !reflect.DeepEqual(got.Faults, want) {
		t.Errorf("got\n%v\nwant\n%v", got.Faults, want)
	}
	if got.Period != time.Minute || !got.Began.Equal(time.Date(2026, 4, 26, 7, 26, 0, 0, time.UTC)) || len(got.Notes) > 0 {
		t.Errorf("%+v", got)
	}
}

// CloudWatch's answer and a table of the same data points tell the same.
func TestCloudWatchsAnswerIsReadAsATable(t *testing.T) {
	rows := strings.Split(strings.TrimSpace(table), "\n")
	var results []string
	for c, series := range strings.Split(rows[0], ",")[1:] {
		var times, values []string
		for _, row := range slices.Backward(rows[1:]) { // CloudWatch gives the newest first
			if fields := strings.Split(row, ","); fields[c+1] != "" {
				times, values = append(times, `"`+strings.Replace(fields[0], "Z", "+00:00", 1)+`"`), append(values, fields[c+1])
			}
		}
		results = append(results, fmt.Sprintf(`{"Id": %q, "Label": "x", "Timestamps": [%s], "Values": [%s], "StatusCode": "Complete"}`,
			series, strings.Join(times, ","), strings.Join(values, ",")))
	}
	got, err := ReadIncident([]byte(`{"MetricDataResults": [` + strings.Join(results, ",") + `], "Messages": []}`))
	if err != nil {
		t.Fatal(err)
	}
	want, err := ReadIncident([]byte(table))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

func TestWrongIncidentsAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                      "neither JSON",
		"when,primary_x\n1,2\n": "neither JSON",
		"time,primary_CPUUtilization\n2026-04-26T07:26:00Z,1\n2026-04-26T07:27:00Z,1\n": `series "primary_CPUUtilization"; ` +
			`want primary_ or standby_ before one of HealthCheckStatus, `,
		"time,HealthCheckStatus\n2026-04-26T07:26:00Z,1\n":                                              `series "HealthCheckStatus"`,
		"time,primary_HealthCheckStatus\nyesterday,1\n":                                                 `line 2: "yesterday" is no time`,
		"time,primary_HealthCheckStatus\n2026-04-26T07:26:00Z,well\n":                                   `line 2: "well" is no number`,
		"time,primary_HealthCheckStatus\n2026-04-26T07:26:00Z,-1\n":                                     "is -1 at",
		"time,primary_HealthCheckStatus\n2026-04-26T07:26:00Z,1\n":                                      "fewer than two times",
		"time,primary_HealthCheckStatus\n2026-04-26T07:26:00Z,1\n2036-04-26T07:26:01Z,1\n":              "",
		`{"MetricDataResults": [{"Id": "primary_HealthCheckStatus", "Timestamps": [], "Values": [1]}]}`: "has 0 times and 1 values",
		`{"MetricDataResults"`: "read incident",
	} {
		if _, err := ReadIncident([]byte(text)); want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	many := "time,primary_HealthCheckStatus\n2026-04-26T07:26:00Z,1\n2026-04-26T07:26:01Z,1\n2036-04-26T07:26:01Z,1\n"
	if _, err := ReadIncident([]byte(many)); err == nil || !strings.Contains(err.Error(), "are the most") {
		t.Errorf("ten years of seconds: %v", err)
	}
}

// What an incident comes to is less than what it had come to without a failover, and its parts are the whole.
func TestReplayTellsWhatAFailoverIsWorth(t *testing.T) {
	in, err := ReadIncident([]byte("time,primary_HealthyHostCount\n2026-04-26T07:00:00Z,2\n2026-04-26T07:01:00Z,0\n2026-04-26T07:02:00Z,0\n" +
		"2026-04-26T07:20:00Z,0\n2026-04-26T07:21:00Z,2\n2026-04-26T07:40:00Z,2\n"))
	if err != nil {
		t.Fatal(err)
	}
	r := (&Model{System: Default()}).Replay(1, in.Faults, DefaultLimits())
	if len(r.Moves) != 2 || r.Moves[0].To != Standby || r.Moves[1].To != Primary || len(r.Broken) > 0 {
		t.Errorf("moves %v, broken %v", r.Moves, r.Broken)
	}
	const minute = 60_000
	if r.LostMS < minute/2 || r.LostMS > 3*minute || r.UnmovedMS < 20*minute || r.UnmovedMS > 22*minute {
		t.Errorf("lost %.0f ms, and %.0f without a failover", r.LostMS, r.UnmovedMS)
	}
	sum := 0.0
	for _, row := range r.Ledger {
		sum += row.SumMS
	}
	if sum < 0.99*r.LostMS || sum > 1.01*r.LostMS {
		t.Errorf("the causes are %.0f ms of %.0f", sum, r.LostMS)
	}
}

func TestFoundScheduleBreaksAgainInAReplay(t *testing.T) {
	long := Default()
	long.TTL = Span(time.Hour)
	for _, s := range found(t, long, DefaultLimits(), 1) {
		r := (&Model{System: s.System}).Replay(s.Seed, s.Faults, s.Limits)
		if !slices.ContainsFunc(r.Broken, func(v Violation) bool { return v.Broke == s.Broke }) {
			t.Errorf("%v breaks %v, and broke %s", s.Faults, r.Broken, s.Broke)
		}
	}
}
