package simulation

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Incident is what metrics say of two regions over time.
type Incident struct {
	Began  time.Time     // the first data point
	Period time.Duration // between two of them
	Faults []Fault       // as far as metrics tell them; a run has them from calmBefore on
	Notes  []string
}

// The metrics that tell what ailed a region, as CloudWatch names them (Route 53 Developer Guide, "Monitoring health checks using
// CloudWatch"; ELB User Guide, "CloudWatch metrics for your Application Load Balancer").
const (
	metricStatus   = "HealthCheckStatus"
	metricShare    = "HealthCheckPercentageHealthy"
	metricHosts    = "HealthyHostCount"
	metricRequests = "RequestCount"
	metricTarget5  = "HTTPCode_Target_5XX_Count"
	metricOwn5     = "HTTPCode_ELB_5XX_Count"
)

// Metrics are those that an incident is read from.
var Metrics = []string{metricStatus, metricShare, metricHosts, metricRequests, metricTarget5, metricOwn5}

// mostPeriods are how many data points an incident may have: a year of minutes.
const mostPeriods = 527_040

// points are one side's values at one time, by metric.
type points map[string]float64

// ReadIncident reads data points as `aws cloudwatch get-metric-data` gives them, or as a table of comma-separated values. A series is named
// by its side and its metric: primary_HealthCheckStatus.
func ReadIncident(text []byte) (*Incident, error) {
	read := readTable
	if t := bytes.TrimSpace(text); len(t) > 0 && t[0] == '{' {
		read = readMetricData
	}
	all, err := read(text)
	if err != nil {
		return nil, err
	}
	if len(all) < 2 {
		return nil, errors.New("read incident: fewer than two times")
	}
	return incidentOf(all)
}

// moments are the values of both sides by time.
type moments map[time.Time]*[2]points

func (m moments) add(at time.Time, series string, value float64) error {
	side, metric, _ := strings.Cut(series, "_")
	if side != string(Primary) && side != string(Standby) || !slices.Contains(Metrics, metric) {
		return fmt.Errorf("read incident: series %q; want primary_ or standby_ before one of %s", series, strings.Join(Metrics, ", "))
	}
	if math.IsNaN(value) || value < 0 {
		return fmt.Errorf("read incident: %s is %v at %s", series, value, at.Format(time.RFC3339))
	}
	at = at.UTC()
	if m[at] == nil {
		m[at] = &[2]points{{}, {}}
	}
	m[at][Side(side).number()][metric] = value
	return nil
}

// readMetricData reads the answer of GetMetricData.
func readMetricData(text []byte) (moments, error) {
	var answer struct {
		MetricDataResults []struct {
			ID         string `json:"Id"`
			Timestamps []time.Time
			Values     []float64
		}
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, fmt.Errorf("read incident: %w", err)
	}
	all := moments{}
	for _, r := range answer.MetricDataResults {
		if len(r.Timestamps) != len(r.Values) {
			return nil, fmt.Errorf("read incident: %s has %d times and %d values", r.ID, len(r.Timestamps), len(r.Values))
		}
		for n, at := range r.Timestamps {
			if err := all.add(at, r.ID, r.Values[n]); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// readTable reads a table whose first column is the time, and whose other columns are series. An empty field is a missing data point.
func readTable(text []byte) (moments, error) {
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read incident: %w", err)
	}
	if len(rows) == 0 || rows[0][0] != "time" {
		return nil, errors.New(`read incident: neither JSON of get-metric-data nor a table whose first column is "time"`)
	}
	all := moments{}
	for n, row := range rows[1:] {
		at, err := time.Parse(time.RFC3339, row[0])
		if err != nil {
			return nil, fmt.Errorf("read incident: line %d: %q is no time, for example 2026-04-26T07:28:00Z", n+2, row[0])
		}
		if all[at.UTC()] == nil {
			all[at.UTC()] = &[2]points{{}, {}}
		}
		for c, field := range row[1:] {
			if field = strings.TrimSpace(field); field == "" {
				continue
			}
			value, err := strconv.ParseFloat(field, 64)
			if err != nil {
				return nil, fmt.Errorf("read incident: line %d: %q is no number", n+2, field)
			}
			if err := all.add(at, rows[0][c+1], value); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// incidentOf has each side's troubles begin with the first data point that tells them, and end with the first that does not.
func incidentOf(all moments) (*Incident, error) {
	var times []time.Time
	for at := range all {
		times = append(times, at)
	}
	slices.SortFunc(times, time.Time.Compare)
	i := &Incident{Began: times[0], Period: times[1].Sub(times[0])}
	for n := 1; n < len(times); n++ {
		i.Period = min(i.Period, times[n].Sub(times[n-1]))
	}
	periods := int(times[len(times)-1].Sub(times[0])/i.Period) + 1
	if periods > mostPeriods {
		return nil, fmt.Errorf("read incident: %d data points at a distance of %s, and %d are the most", periods, i.Period, mostPeriods)
	}
	for _, side := range []Side{Primary, Standby} {
		i.troubles(side, times, all)
	}
	slices.SortStableFunc(i.Faults, func(a, b Fault) int { return int(min(1, max(-1, int64(a.At-b.At)))) })
	if len(i.Faults) == 0 {
		i.Notes = append(i.Notes, "the metrics tell of no trouble")
	}
	return i, nil
}

// troubles adds those of one side.
func (i *Incident) troubles(side Side, times []time.Time, all moments) {
	known := slices.ContainsFunc(times, func(at time.Time) bool { return len(all[at][side.number()]) > 0 })
	if !known {
		i.Notes = append(i.Notes, fmt.Sprintf("nothing is told of the %s: it is taken for well", side))
		return
	}
	var now Fault
	for _, at := range times {
		next := ailment(all[at][side.number()])
		since := Span(calmBefore + at.Sub(i.Began))
		if next.Kind == now.Kind && next.Share == now.Share {
			continue
		}
		i.end(now, side, since)
		now, now.At = next, since
	}
	i.end(now, side, Span(calmBefore+times[len(times)-1].Add(i.Period).Sub(i.Began)))
}

func (i *Incident) end(f Fault, side Side, at Span) {
	if f.Kind != "" {
		f.Region, f.For = side, at-f.At
		i.Faults = append(i.Faults, f)
	}
}

// ailment is the fault that one side's data points tell. A side of which there is none is lost: its load balancer reports every minute.
func ailment(p points) Fault {
	failed := p[metricTarget5] + p[metricOwn5]
	share := 0.0
	if all := p[metricRequests] + p[metricOwn5]; all > 0 { // those that no target could be chosen for are not in RequestCount
		share = min(1, failed/all)
	}
	hosts, hasHosts := p[metricHosts]
	found, hasFound := p[metricShare]
	status, hasStatus := p[metricStatus]
	const some, most = 0.01, 0.5
	switch {
	case len(p) == 0:
		return Fault{Kind: FaultRegion}
	case hasHosts && hosts == 0:
		return Fault{Kind: FaultIll}
	case share >= most:
		return Fault{Kind: FaultTargets}
	case hasFound && found <= 18 || hasStatus && status < 1 && !hasFound:
		return Fault{Kind: FaultRefused}
	case share >= some:
		return Fault{Kind: FaultGrey, Share: math.Round(100*share) / 100}
	case hasFound && found < 100:
		return Fault{Kind: FaultPartition, Share: math.Round(100-found) / 100}
	}
	return Fault{}
}
