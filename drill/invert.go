package drill

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/understudy/understudy/account"
)

// Invert inverts the health check by which Route 53 judges the primary, or all of them: the region works, but Route 53 takes it for unhealthy
// and answers with the secondary. It is the fault with the smallest effect. It does not show how long checkers
// take to detect an outage.
type Invert struct {
	Route53 *route53.Client
	Checks  []string // health check ids
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
	var all inversions
	for _, id := range f.Checks {
		out, err := f.Route53.GetHealthCheck(ctx, &route53.GetHealthCheckInput{HealthCheckId: &id})
		if err != nil {
			return nil, fmt.Errorf("read health check %s: %w", id, err)
		}
		all = append(all, inverted{id, aws.ToBool(out.HealthCheck.HealthCheckConfig.Inverted)})
	}
	return json.Marshal(all)
}

// Break implements Fault.
func (f Invert) Break(ctx context.Context, undo json.RawMessage) error { return f.set(ctx, undo, true) }

// Repair implements Fault.
func (f Invert) Repair(ctx context.Context, undo json.RawMessage) error {
	return f.set(ctx, undo, false)
}

// set inverts each check, or makes it what it was. Where one cannot be set, the others are all the same.
func (f Invert) set(ctx context.Context, undo json.RawMessage, flip bool) error {
	var all inversions
	if err := json.Unmarshal(undo, &all); err != nil {
		return err
	}
	var errs []error
	for _, u := range all {
		_, err := f.Route53.UpdateHealthCheck(ctx, &route53.UpdateHealthCheckInput{HealthCheckId: &u.Check, Inverted: aws.Bool(u.Was != flip)})
		switch {
		case err == nil, account.IsNotFound(err) && !flip: // it was deleted, and a new one is not inverted
		default:
			errs = append(errs, fmt.Errorf("invert health check %s: %w", u.Check, err))
		}
	}
	return errors.Join(errs...)
}

// inversions are what the checks were. Journals of earlier versions have one alone.
type inversions []inverted

// UnmarshalJSON implements json.Unmarshaler.
func (i *inversions) UnmarshalJSON(b []byte) error {
	if bytes.HasPrefix(bytes.TrimSpace(b), []byte("{")) {
		*i = make(inversions, 1)
		return json.Unmarshal(b, &(*i)[0])
	}
	return json.Unmarshal(b, (*[]inverted)(i))
}

// passing returns those of some checks that pass, and those that no checker asks, as an alarm's: to invert what is ill would make it healthy.
func passing(ctx context.Context, c *route53.Client, checks []string) (ids []string, err error) {
	for _, id := range checks {
		seen, err := account.Observations(ctx, c, id)
		if err != nil {
			return nil, err
		}
		well := 0
		for _, o := range seen {
			if o.StatusReport != nil && strings.HasPrefix(aws.ToString(o.StatusReport.Status), "Success") {
				well++
			}
		}
		if all := len(seen); all == 0 || account.Passes(well, all) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}
