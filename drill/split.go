package drill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/route53"

	"github.com/understudy/understudy/account"
)

// A network ACL that denies a part of all packets: what comes from Route 53's checkers, or from everywhere but the region's own network.

// splitting is what both write down.
type splitting struct {
	Cut *cut `json:"cut"`
}

func (u splitting) make(ctx context.Context, a *account.Account, undo json.RawMessage, kind string) error {
	if err := json.Unmarshal(undo, &u); err != nil {
		return err
	}
	note, err := u.Cut.make(ctx, a.EC2)
	if note != "" {
		return errors.New(kind + ": this endpoint makes no network ACLs")
	}
	return err
}

func (u splitting) mend(ctx context.Context, a *account.Account, undo json.RawMessage) error {
	if err := json.Unmarshal(undo, &u); err != nil {
		return err
	}
	return u.Cut.mend(ctx, a.EC2)
}

// Split keeps Route 53's checkers from the region, by a network ACL that denies their addresses, and lets users in: the region works, and Route 53
// finds it ill. Unlike Invert it has checkers detect something.
type Split struct {
	Account *account.Account
	Parts   Parts // only to break
}

var (
	_ Fault  = Split{}
	_ noting = Split{}
)

// Kind implements Fault. It is the name that a simulation has for it.
func (Split) Kind() string { return "partition" }

// Notes implements noting.
func (Split) Notes() []string {
	return []string{"partition kept Route 53's checkers from the region alone: it " +
		"went on serving users who still had its addresses, so that they felt nothing of the outage"}
}

// Prepare implements Fault. A check by a name asks by IPv4 alone ("Values that you specify when you create or update health checks" in the Route
// 53 Developer Guide, Domain name).
func (f Split) Prepare(ctx context.Context) (json.RawMessage, error) {
	out, err := f.Account.Route53.GetCheckerIpRanges(ctx, &route53.GetCheckerIpRangesInput{})
	if err != nil {
		return nil, fmt.Errorf("read the addresses of Route 53's checkers: %w", err)
	}
	u, err := prepareCut(ctx, f.Account.EC2, f.Parts)
	if err != nil {
		return nil, err
	}
	for _, text := range out.CheckerIpRanges {
		if r, err := netip.ParsePrefix(text); err == nil && r.Addr().Is4() {
			u.Deny = append(u.Deny, text)
		}
	}
	if len(u.Deny) == 0 {
		return nil, errors.New("partition: this endpoint names no addresses of Route 53's checkers")
	}
	return json.Marshal(splitting{u})
}

// Break implements Fault.
func (f Split) Break(ctx context.Context, undo json.RawMessage) error {
	return splitting{}.make(ctx, f.Account, undo, f.Kind())
}

// Repair implements Fault.
func (f Split) Repair(ctx context.Context, undo json.RawMessage) error {
	return splitting{}.mend(ctx, f.Account, undo)
}

// Swallow has all packets vanish that come to the region's subnets from elsewhere: users and checkers get no answer, not even that nobody listens, and
// the load balancer finds its targets healthy.
type Swallow struct {
	Account *account.Account
	Parts   Parts // only to break
}

var _ Fault = Swallow{}

// Kind implements Fault.
func (Swallow) Kind() string { return "blackhole" }

// Prepare implements Fault.
func (f Swallow) Prepare(ctx context.Context) (json.RawMessage, error) {
	u, err := prepareCut(ctx, f.Account.EC2, f.Parts)
	if err != nil {
		return nil, err
	}
	out, err := f.Account.EC2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{f.Parts.VPC}})
	if err != nil {
		return nil, fmt.Errorf("read the ranges of %s: %w", f.Parts.VPC, err)
	}
	for _, v := range out.Vpcs {
		for _, a := range v.CidrBlockAssociationSet {
			u.Only = append(u.Only, aws.ToString(a.CidrBlock))
		}
		for _, a := range v.Ipv6CidrBlockAssociationSet {
			u.Only = append(u.Only, aws.ToString(a.Ipv6CidrBlock))
		}
	}
	if len(u.Only) == 0 {
		return nil, fmt.Errorf("blackhole: %s has no ranges", f.Parts.VPC)
	}
	return json.Marshal(splitting{u})
}

// Break implements Fault.
func (f Swallow) Break(ctx context.Context, undo json.RawMessage) error {
	return splitting{}.make(ctx, f.Account, undo, f.Kind())
}

// Repair implements Fault.
func (f Swallow) Repair(ctx context.Context, undo json.RawMessage) error {
	return splitting{}.mend(ctx, f.Account, undo)
}
