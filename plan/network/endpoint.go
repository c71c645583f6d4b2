package network

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/prices"
	"github.com/understudy/understudy/plan/resource"
)

// Endpoint is a VPC endpoint: a way from the private subnets to one of AWS's services. A gateway endpoint is a route in the private
// table; an interface endpoint has an interface in each private subnet, and the service's own name leads there in all of the VPC.
type Endpoint struct {
	resource.Scope
	resource.Doubles
	Of     understudy.Endpoint
	VPC    *VPC
	Table  *Routes   // of a gateway endpoint
	Within []*Subnet // of an interface endpoint
	Group  *Group    // of an interface endpoint

	id, in                  string // in is the VPC that it is in
	tables, subnets, groups []string
	seen                    []resource.Field
}

func (e *Endpoint) Identity() string         { return e.id }
func (e *Endpoint) Actual() []resource.Field { return e.seen }

func (e *Endpoint) service() string { return "com.amazonaws." + e.Region + "." + e.Of.Service }

// everybody is what an endpoint lets through that was given no policy.
const everybody = "everything"

func (e *Endpoint) Desired() []resource.Field {
	common := []resource.Field{{Name: "policy", Value: everybody}, {Name: "state", Value: "available"}, e.Tagged(e.Of.Role())}
	if e.Of.Gateway {
		return append([]resource.Field{{Name: "route tables", Value: resource.Known(e.Table.id)}}, common...)
	}
	return append([]resource.Field{
		{Name: "subnets", Value: resource.Set(e.wanted()...)}, {Name: "groups", Value: resource.Known(e.Group.ID)}, {Name: "private names",
			Value: resource.Yes(true)},
	}, common...)
}

// wanted are the subnets that an interface endpoint is to be in.
func (e *Endpoint) wanted() (ids []string) {
	for _, s := range e.Within {
		ids = append(ids, resource.Known(s.ID))
	}
	return ids
}

func (e *Endpoint) Find(ctx context.Context) (bool, error) {
	all, err := e.list(ctx, e.Mark(e.Of.Role()).Filters()...)
	if err == nil && len(all) == 0 && e.VPC.ID != "" { // or it has lost its tags
		all, err = e.list(ctx, account.Filter("vpc-id", e.VPC.ID), account.Filter("service-name", e.service()))
	}
	if err != nil {
		return false, err
	}
	*e = Endpoint{Scope: e.Scope, Of: e.Of, VPC: e.VPC, Table: e.Table, Within: e.Within, Group: e.Group}
	var found []*Endpoint
	for _, o := range all {
		one := *e
		one.remember(o)
		found = append(found, &one)
	}
	return resource.Choose(ctx, e, found)
}

// list returns the endpoints of this generation that the filters select, and that are of this stack or of nobody.
func (e *Endpoint) list(ctx context.Context, filters ...ec2types.Filter) (all []ec2types.VpcEndpoint, err error) {
	pages := ec2.NewDescribeVpcEndpointsPaginator(e.EC2, &ec2.DescribeVpcEndpointsInput{Filters: filters})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("describe VPC endpoints: %w", err)
		}
		all = append(all, page.VpcEndpoints...)
	}
	return slices.DeleteFunc(all, func(o ec2types.VpcEndpoint) bool {
		going := slices.Contains([]string{"deleting", "deleted", "failed", "rejected", "expired"}, spelt(o))
		return going || e.VPC.Beyond(aws.ToString(o.VpcId)) || !account.Unclaimed(account.OfEC2(o.Tags), e.Stack())
	}), nil
}

// spelt returns a state as EC2 spells it, whatever its model says of capitals.
func spelt(o ec2types.VpcEndpoint) string { return strings.ToLower(string(o.State)) }

func (e *Endpoint) remember(o ec2types.VpcEndpoint) {
	e.id, e.in, e.tables, e.subnets, e.groups = aws.ToString(o.VpcEndpointId), aws.ToString(o.VpcId), o.RouteTableIds, o.SubnetIds, nil
	for _, g := range o.Groups {
		e.groups = append(e.groups, aws.ToString(g.GroupId))
	}
	if aws.ToString(o.ServiceName) != e.service() {
		e.in = "" // somebody has given the role to another
	}
	e.seen = []resource.Field{
		{Name: "route tables", Value: resource.Set(e.tables...)},
		{Name: "subnets", Value: resource.Set(e.subnets...)},
		{Name: "groups", Value: resource.Set(e.groups...)},
		{Name: "private names", Value: resource.Yes(aws.ToBool(o.PrivateDnsEnabled))},
		{Name: "policy", Value: policyText(aws.ToString(o.PolicyDocument))},
		{Name: "state", Value: spelt(o)},
		e.TaggedWith(e.Of.Role(), account.OfEC2(o.Tags)),
	}
}

// policyText tells whether a policy is the one that an endpoint has by default ("Default endpoint policy" in the AWS PrivateLink Guide).
func policyText(document string) string {
	var p struct{ Statement []map[string]any }
	usual := []map[string]any{{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}
	if json.Unmarshal([]byte(document), &p) == nil && reflect.DeepEqual(p.Statement, usual) {
		return everybody
	}
	return "another"
}

func (e *Endpoint) Fits() int { return e.VPC.has(e.in) }

// Holds is asked of doubles: nothing is in an endpoint.
func (e *Endpoint) Holds(context.Context) ([]string, error) { return nil, nil }

func (e *Endpoint) Create(ctx context.Context) error {
	in := &ec2.CreateVpcEndpointInput{
		VpcId: &e.VPC.ID, ServiceName: aws.String(e.service()), VpcEndpointType: ec2types.VpcEndpointTypeGateway,
		TagSpecifications: e.Mark(e.Of.Role()).EC2(ec2types.ResourceTypeVpcEndpoint),
	}
	parts := []string{e.Stack(), e.Region, e.Of.Role(), e.VPC.ID}
	if e.Of.Gateway {
		in.RouteTableIds = []string{e.Table.id}
	} else {
		in.VpcEndpointType, in.SubnetIds, in.SecurityGroupIds, in.PrivateDnsEnabled =
			ec2types.VpcEndpointTypeInterface, e.wanted(), []string{e.Group.ID}, aws.Bool(true)
	}
	err := account.Live(ctx, func(ctx context.Context, token string) (bool, error) {
		in.ClientToken = &token
		out, err := e.EC2.CreateVpcEndpoint(ctx, in)
		if err != nil {
			return false, fmt.Errorf("create VPC endpoint: %w", err)
		}
		e.id = aws.ToString(out.VpcEndpoint.VpcEndpointId)
		return resource.Settled(ctx, func(ctx context.Context) (bool, error) { there, err := e.read(ctx); return there && !e.goes(), err })
	}, append(parts, append(in.RouteTableIds, append(in.SubnetIds, in.SecurityGroupIds...)...)...)...)
	if err != nil {
		return err
	}
	return e.Change(ctx, resource.Compare(e.Desired(), e.Actual()))
}

// goes tells whether it was deleted, as far as was seen.
func (e *Endpoint) goes() bool {
	return slices.ContainsFunc(e.seen, func(f resource.Field) bool { return f.Name == "state" && strings.HasPrefix(f.Value, "delet") })
}

// read reads the endpoint, and tells whether it is there.
func (e *Endpoint) read(ctx context.Context) (bool, error) {
	out, err := e.EC2.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{VpcEndpointIds: []string{e.id}})
	if account.IsNotFound(err) || err == nil && len(out.VpcEndpoints) == 0 {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("describe %s: %w", e.id, err)
	}
	e.remember(out.VpcEndpoints[0])
	return true, nil
}

// Change returns when the endpoint is available.
func (e *Endpoint) Change(ctx context.Context, differences []resource.Difference) error {
	if resource.Differs(differences, "tagged") {
		if err := e.Retag(ctx, e.id, e.Of.Role()); err != nil {
			return err
		}
	}
	if in := e.modification(differences); in != nil {
		if _, err := e.EC2.ModifyVpcEndpoint(ctx, in); err != nil {
			return fmt.Errorf("modify %s: %w", e.id, err)
		}
	}
	return account.Poll(ctx, e.id, resource.LongTime, func(ctx context.Context) (bool, error) {
		there, err := e.read(ctx)
		return there && !resource.Differs(resource.Compare(e.Desired(), e.seen), "state"), err
	})
}

// modification returns what makes the settings as desired, nil for nothing.
func (e *Endpoint) modification(differences []resource.Difference) *ec2.ModifyVpcEndpointInput {
	in, any := &ec2.ModifyVpcEndpointInput{VpcEndpointId: &e.id}, false
	when := func(name string, set func()) {
		if resource.Differs(differences, name) {
			any = true
			set()
		}
	}
	when("policy", func() { in.ResetPolicy = aws.Bool(true) })
	when("private names", func() { in.PrivateDnsEnabled = aws.Bool(true) })
	when("route tables", func() { in.AddRouteTableIds, in.RemoveRouteTableIds = Apart([]string{e.Table.id}, e.tables) })
	when("subnets", func() { in.AddSubnetIds, in.RemoveSubnetIds = Apart(e.wanted(), e.subnets) })
	when("groups", func() { in.AddSecurityGroupIds, in.RemoveSecurityGroupIds = Apart([]string{e.Group.ID}, e.groups) })
	if !any {
		return nil
	}
	return in
}

// Apart returns which of the wanted are not had, and which of those that are had are not wanted.
func Apart(wanted, had []string) (add, remove []string) {
	for _, id := range wanted {
		if !slices.Contains(had, id) {
			add = append(add, id)
		}
	}
	for _, id := range had {
		if !slices.Contains(wanted, id) {
			remove = append(remove, id)
		}
	}
	return add, remove
}

// Remove returns when the endpoint's interfaces are gone, which keep its group and its subnets from being deleted.
func (e *Endpoint) Remove(ctx context.Context) error {
	out, err := e.EC2.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{e.id}})
	if err != nil {
		return fmt.Errorf("delete %s: %w", e.id, err)
	}
	for _, u := range out.Unsuccessful {
		if u.Error != nil {
			return fmt.Errorf("delete %s: %w", e.id, &smithy.GenericAPIError{Code: aws.ToString(u.Error.Code), Message: aws.ToString(u.Error.Message)})
		}
	}
	return account.Poll(ctx, "the end of "+e.id, resource.LongTime, func(ctx context.Context) (bool, error) {
		there, err := e.read(ctx)
		return err == nil && (!there || slices.ContainsFunc(e.seen, func(f resource.Field) bool { return f.Name == "state" && f.Value == "deleted" })), err
	})
}

var _ resource.Doubling = (*Endpoint)(nil)

func (e *Endpoint) Monthly() float64 {
	return prices.HoursAMonth * prices.EndpointHour * float64(len(e.Within))
}
