package checks

import (
	"context"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/health"
	"github.com/understudy/understudy/cloud/internal/metrics"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/tempo"
)

// MetricsRegion is the region whose CloudWatch has the metrics of health checks ("Monitoring health checks
// using CloudWatch" in the developer guide).
const MetricsRegion = "us-east-1"

// Metrics are the metrics of health checks for CloudWatch.
type Metrics struct {
	Checks  *store.Table[Check]
	Monitor *health.Monitor
	Log     *slog.Logger
}

// Tell sends the health of all checks once in each minute, in its middle, since the alarms that watch it are
// evaluated at its end. It returns when ctx ends.
func (m Metrics) Tell(ctx context.Context, speed tempo.Speed, tell func(context.Context, []metrics.Datum) error) {
	minute := speed.Of(time.Minute)
	for {
		now := time.Now()
		next := now.Truncate(minute).Add(minute / 2)
		if !next.After(now) {
			next = next.Add(minute)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(next.Sub(now)):
		}
		if data := append(m.Health(time.Now()), m.Latencies(time.Now(), minute)...); len(data) > 0 {
			if err := tell(ctx, data); err != nil {
				m.Log.Debug("the metrics of health checks are lost", "error", err)
			}
		}
	}
}

// Latencies are the metrics of checks with MeasureLatency: averages over the checkers that measured lately, of all
// and of each region, in milliseconds of real time.
func (m Metrics) Latencies(now time.Time, lately time.Duration) (data []metrics.Datum) {
	for _, c := range m.Checks.All() {
		type series struct{ region, name string } // no region: of all
		seen := map[series][]time.Duration{}
		note := func(region, name string, d time.Duration) {
			if d > 0 {
				seen[series{region, name}] = append(seen[series{region, name}], d)
			}
		}
		for _, l := range m.Monitor.Latencies(c.ID) {
			if now.Sub(l.At) > lately {
				continue
			}
			for _, region := range []string{"", string(l.Region)} {
				note(region, "ConnectionTime", l.ConnectionTime)
				note(region, "SSLHandshakeTime", l.SSLHandshakeTime)
				note(region, "TimeToFirstByte", l.TimeToFirstByte)
			}
		}
		for of, times := range seen {
			dimensions := []metrics.Dimension{{Name: "HealthCheckId", Value: c.ID}}
			if of.region != "" {
				dimensions = append(dimensions, metrics.Dimension{Name: "Region", Value: of.region})
			}
			data = append(data, metrics.Datum{
				Metric: metrics.Metric{Namespace: "AWS/Route53", Name: of.name, Dimensions: dimensions},
				Unit:   string(cwtypes.StandardUnitMilliseconds), At: now, Value: milliseconds(times),
			})
		}
	}
	return data
}

// milliseconds is the mean of durations, in milliseconds.
func milliseconds(times []time.Duration) float64 {
	var sum time.Duration
	for _, t := range times {
		sum += t
	}
	return float64(sum) / float64(len(times)) / float64(time.Millisecond)
}

// Health are the metrics of health in the namespace AWS/Route53.
func (m Metrics) Health(now time.Time) (data []metrics.Datum) {
	healthy := m.Monitor.Healthy()
	for _, c := range m.Checks.All() {
		put := func(name string, unit cwtypes.StandardUnit, value float64) {
			data = append(data, metrics.Datum{
				Metric: metrics.Metric{Namespace: "AWS/Route53", Name: name, Dimensions: []metrics.Dimension{{Name: "HealthCheckId", Value: c.ID}}},
				Unit:   string(unit), At: now, Value: value,
			})
		}
		status := 0.0
		if healthy[c.ID] {
			status = 1
		}
		put("HealthCheckStatus", cwtypes.StandardUnitNone, status)
		good, all := m.Monitor.Count(c.ID)
		switch {
		case c.Config.Type == r53types.HealthCheckTypeCalculated:
			put("ChildHealthCheckHealthyCount", cwtypes.StandardUnitCount, float64(good))
		case all > 0 && !aws.ToBool(c.Config.Disabled):
			put("HealthCheckPercentageHealthy", cwtypes.StandardUnitPercent, 100*float64(good)/float64(all))
		}
	}
	return data
}
