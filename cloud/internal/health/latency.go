package health

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// Latency is what one checker measured at its last probe of a check with MeasureLatency. A part that the probe did not
// reach, or that the check's type does not have, is zero. The names and meanings are those of the metrics in namespace
// AWS/Route53 (developer guide, "Monitoring health checks using CloudWatch").
type Latency struct {
	Region           r53types.HealthCheckRegion
	At               time.Time     // when the probe ended
	ConnectionTime   time.Duration // until TCP was connected
	SSLHandshakeTime time.Duration
	TimeToFirstByte  time.Duration // from the request to the response's first byte
}

// latency is what a probe measures; parts that it does not reach stay zero.
type latency struct{ connect, handshake, firstByte time.Duration }

// measured is a latency, with the time of the probe as Unix time in nanoseconds.
type measured struct {
	latency
	at int64
}

// measure records what a probe measured if its check has MeasureLatency. The caller holds the lock.
func (c *check) measure(k *checker, l latency, at time.Time) {
	if !aws.ToBool(c.config.MeasureLatency) || l.connect == 0 {
		return
	}
	if c.latencies == nil {
		c.latencies = make([]measured, len(regions)*perRegion)
	}
	c.latencies[k.number] = measured{l, at.UnixNano()}
}

// Latencies returns each checker's last measurement, of those that made one.
func (m *Monitor) Latencies(id string) []Latency {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.checks[id]
	if c == nil || c.latencies == nil {
		return nil
	}
	var found []Latency
	for _, k := range c.checkers {
		if l := c.latencies[k.number]; l.at != 0 {
			found = append(found, Latency{k.region(), time.Unix(0, l.at).UTC(), l.connect, l.handshake, l.firstByte})
		}
	}
	return found
}
