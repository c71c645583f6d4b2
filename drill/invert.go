package drill

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/understudy/understudy/account"
)

// Invert inverts the primary's health check: the region works, but Route 53 takes it for unhealthy and answers with
// the secondary. It is the fault with the smallest effect. It does not show how long checkers
// take to detect an outage.
type Invert struct {
	Route53 *route53.Client
	Check   string // health check id
}

var (
	_ Fault      = Invert{}
	_ noting     = Invert{}
	_ undetected = Invert{}
)

type inverted struct {
	Check string `json:"check"`
	Was   bool   `json:"was"`
}

// Kind implements Fault.
func (Invert) Kind() string { return "invert" }

// Undetected implements undetected.
func (Invert) Undetected() {}

// Notes implements noting.
func (Invert) Notes() []string {
	return []string{"invert measures no detection: the health check was inverted, so no checker had to detect anything, and the primary " +
		"went on serving users who still had its addresses"}
}

// Prepare implements Fault.
func (f Invert) Prepare(ctx context.Context) (json.RawMessage, error) {
	out, err := f.Route53.GetHealthCheck(ctx, &route53.GetHealthCheckInput{HealthCheckId: &f.Check})
	if err != nil {
		return nil, fmt.Errorf("read health check %s: %w", f.Check, err)
	}
	return json.Marshal(inverted{f.Check, aws.ToBool(out.HealthCheck.HealthCheckConfig.Inverted)})
}

// Break implements Fault.
func (f Invert) Break(ctx context.Context, undo json.RawMessage) error { return f.set(ctx, undo, true) }

// Repair implements Fault.
func (f Invert) Repair(ctx context.Context, undo json.RawMessage) error {
	return f.set(ctx, undo, false)
}

func (f Invert) set(ctx context.Context, undo json.RawMessage, flip bool) error {
	var u inverted
	if err := json.Unmarshal(undo, &u); err != nil {
		return err
	}
	_, err := f.Route53.UpdateHealthCheck(ctx, &route53.UpdateHealthCheckInput{HealthCheckId: &u.Check, Inverted: aws.Bool(u.Was != flip)})
	if account.IsNotFound(err) && !flip {
		return nil // it was deleted, and a new one is not inverted
	}
	if err != nil {
		return fmt.Errorf("invert health check %s: %w", u.Check, err)
	}
	return nil
}
