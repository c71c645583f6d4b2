package drill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/smithy-go"
)

// Fault is one way to break the primary. Prepare is called first and returns what Repair will need,
// for the journal; it changes nothing. Repair is idempotent, and may be called by another process than
// the one that called Break.
type Fault interface {
	// Kind names the fault in journals and reports.
	Kind() string
	Prepare(context.Context) (undo json.RawMessage, err error)
	Break(ctx context.Context, undo json.RawMessage) error
	Repair(ctx context.Context, undo json.RawMessage) error
}

// Isolate revokes every ingress rule of a security group, so that the load balancer no longer reaches
// its targets: they time out, and the region becomes unhealthy.
type Isolate struct {
	EC2   *ec2.Client
	Group string // sg-...
}

var _ Fault = Isolate{}

type isolated struct {
	Group string                  `json:"group"`
	Rules []ec2types.IpPermission `json:"rules"`
}

// Kind implements Fault.
func (Isolate) Kind() string { return "isolate" }

// Prepare implements Fault.
func (f Isolate) Prepare(ctx context.Context) (json.RawMessage, error) {
	out, err := f.EC2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{f.Group}})
	if err != nil {
		return nil, fmt.Errorf("read security group %s: %w", f.Group, err)
	}
	if len(out.SecurityGroups) != 1 || len(out.SecurityGroups[0].IpPermissions) == 0 {
		return nil, fmt.Errorf("isolate: security group %s has no ingress rule to take away", f.Group)
	}
	return json.Marshal(isolated{f.Group, out.SecurityGroups[0].IpPermissions})
}

// Break implements Fault.
func (f Isolate) Break(ctx context.Context, undo json.RawMessage) error {
	var u isolated
	if err := json.Unmarshal(undo, &u); err != nil {
		return err
	}
	_, err := f.EC2.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &u.Group, IpPermissions: u.Rules})
	if err != nil {
		return fmt.Errorf("revoke ingress of %s: %w", u.Group, err)
	}
	return nil
}

// Repair implements Fault.
func (f Isolate) Repair(ctx context.Context, undo json.RawMessage) error {
	var u isolated
	if err := json.Unmarshal(undo, &u); err != nil {
		return err
	}
	// One rule in each call: after an interrupted repair, the rules that are already back answer
	// InvalidPermission.Duplicate, which must not prevent the others.
	for _, rule := range u.Rules {
		_, err := f.EC2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &u.Group, IpPermissions: []ec2types.IpPermission{rule}})
		var api smithy.APIError
		if errors.As(err, &api) && api.ErrorCode() == "InvalidPermission.Duplicate" {
			continue
		}
		if err != nil {
			return fmt.Errorf("authorize ingress of %s: %w", u.Group, err)
		}
	}
	return nil
}

// Invert inverts the primary's health check: the region works, but Route 53 takes it for unhealthy and answers with
// the secondary. It is the fault with the smallest effect.
type Invert struct {
	Route53 *route53.Client
	Check   string // health check id
}

var _ Fault = Invert{}

type inverted struct {
	Check string `json:"check"`
	Was   bool   `json:"was"`
}

// Kind implements Fault.
func (Invert) Kind() string { return "invert" }

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
	if err != nil {
		return fmt.Errorf("invert health check %s: %w", u.Check, err)
	}
	return nil
}
