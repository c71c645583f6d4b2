package plan

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
	"github.com/understudy/understudy/plan/resource"
)

// endpoint is a VPC endpoint: a way from the private subnets to one of AWS's services. A gateway endpoint is a route in the private
// table; an interface endpoint has an interface in each private subnet, and the service's own name leads there in all of the VPC.
type endpoint struct {
	resource.Scope
	resource.Doubles
	of     understudy.Endpoint
	vpc    *vpc
	table  *routes   // of a gateway endpoint
	within []*subnet // of an interface endpoint
	group  *group    // of an interface endpoint

	id, in                  string // in is the VPC that it is in
	tables, subnets, groups []string
	seen                    []resource.Field
}

func (e *endpoint) Identity() string         { return e.id }
func (e *endpoint) Actual() []resource.Field { return e.seen }

func (e *endpoint) service() string { return "com.amazonaws." + e.Region + "." + e.of.Service }

// everybody is what an endpoint lets through that was given no policy.
const everybody = "everything"

func (e *endpoint) Desired() []resource.Field {
	common := []resource.Field{{Name: "policy", Value: everybody}, {Name: "state", Value: "available"}, e.Tagged(e.of.Role())}
	if e.of.Gateway {
		return append([]resource.Field{{Name: "route tables", Value: resource.Known(e.table.id)}}, common...)
	}
	return append([]resource.Field{
		{Name: "subnets", Value: resource.Set(e.wanted()...)}, {Name: "groups", Value: resource.Known(e.group.id)}, {Name: "private names",
			Value: resource.Yes(true)},
	}, common...)
}

// wanted are the subnets that an interface endpoint is to be in.
func (e *endpoint) wanted() (ids []string) {
	for _, s := range e.within {
		ids = append(ids, resource.Known(s.id))
	}
	return ids
}

func (e *endpoint) Find(ctx context.Context) (bool, error) {
	all, err := e.list(ctx, e.Mark(e.of.Role()).Filters()...)
	if err == nil && len(all) == 0 && e.vpc.id != "" { // or it has lost its tags
		all, err = e.list(ctx, account.Filter("vpc-id", e.vpc.id), account.Filter("service-name", e.service()))
	}
	if err != nil {
		return false, err
	}
	*e = endpoint{Scope: e.Scope, of: e.of, vpc: e.vpc, table: e.table, within: e.within, group: e.group}
	var found []*endpoint
	for _, o := range all {
		one := *e
		one.remember(o)
		found = append(found, &one)
	}
	return resource.Choose(ctx, e, found)
}

// list returns the endpoints of this generation that the filters select, and that are of this stack or of nobody.
func (e *endpoint) list(ctx context.Context, filters ...ec2types.Filter) (all []ec2types.VpcEndpoint, err error) {
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
		return going || e.vpc.beyond(aws.ToString(o.VpcId)) || !account.Unclaimed(account.OfEC2(o.Tags), e.Stack())
	}), nil
}

// spelt returns a state as EC2 spells it, whatever its model says of capitals.
func spelt(o ec2types.VpcEndpoint) string { return strings.ToLower(string(o.State)) }

func (e *endpoint) remember(o ec2types.VpcEndpoint) {
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
		e.TaggedWith(e.of.Role(), account.OfEC2(o.Tags)),
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

func (e *endpoint) Fits() int { return e.vpc.has(e.in) }

// Holds is asked of doubles: nothing is in an endpoint.
func (e *endpoint) Holds(context.Context) ([]string, error) { return nil, nil }

func (e *endpoint) Create(ctx context.Context) error {
	in := &ec2.CreateVpcEndpointInput{
		VpcId: &e.vpc.id, ServiceName: aws.String(e.service()), VpcEndpointType: ec2types.VpcEndpointTypeGateway,
		TagSpecifications: e.Mark(e.of.Role()).EC2(ec2types.ResourceTypeVpcEndpoint),
	}
	parts := []string{e.Stack(), e.Region, e.of.Role(), e.vpc.id}
	if e.of.Gateway {
		in.RouteTableIds = []string{e.table.id}
	} else {
		in.VpcEndpointType, in.SubnetIds, in.SecurityGroupIds, in.PrivateDnsEnabled =
			ec2types.VpcEndpointTypeInterface, e.wanted(), []string{e.group.id}, aws.Bool(true)
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
func (e *endpoint) goes() bool {
	return slices.ContainsFunc(e.seen, func(f resource.Field) bool { return f.Name == "state" && strings.HasPrefix(f.Value, "delet") })
}

// read reads the endpoint, and tells whether it is there.
func (e *endpoint) read(ctx context.Context) (bool, error) {
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
func (e *endpoint) Change(ctx context.Context, differences []resource.Difference) error {
	if resource.Differs(differences, "tagged") {
		if err := e.Retag(ctx, e.id, e.of.Role()); err != nil {
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
func (e *endpoint) modification(differences []resource.Difference) *ec2.ModifyVpcEndpointInput {
	in, any := &ec2.ModifyVpcEndpointInput{VpcEndpointId: &e.id}, false
	when := func(name string, set func()) {
		if resource.Differs(differences, name) {
			any = true
			set()
		}
	}
	when("policy", func() { in.ResetPolicy = aws.Bool(true) })
	when("private names", func() { in.PrivateDnsEnabled = aws.Bool(true) })
	when("route tables", func() { in.AddRouteTableIds, in.RemoveRouteTableIds = apart([]string{e.table.id}, e.tables) })
	when("subnets", func() { in.AddSubnetIds, in.RemoveSubnetIds = apart(e.wanted(), e.subnets) })
	when("groups", func() { in.AddSecurityGroupIds, in.RemoveSecurityGroupIds = apart([]string{e.group.id}, e.groups) })
	if !any {
		return nil
	}
	return in
}

// apart returns which of the wanted are not had, and which of those that are had are not wanted.
func apart(wanted, had []string) (add, remove []string) {
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
func (e *endpoint) Remove(ctx context.Context) error {
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

var _ resource.Doubling = (*endpoint)(nil)
