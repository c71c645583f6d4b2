package network

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/sync/errgroup"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

const Everywhere = "0.0.0.0/0"

// The roles of a network's two route tables.
const (
	PublicRoutes  = "public-routes"
	PrivateRoutes = "private-routes"
)

// Routes is a route table and its subnets. The public one has a default route through the gateway; a private one has one through a
// NAT gateway, or only the local route that every table has.
type Routes struct {
	resource.Scope
	resource.Doubles
	Role      string // publicRoutes, privateRoutes, or one that begins with this
	VPC       *VPC
	Gateway   *Gateway // of the default route; nil where that leads to nat, or where there is none
	NAT       *NAT
	Own       []*Endpoint // the stack's that have a route here
	Subnets   []*Subnet
	Elsewhere []*Subnet // those of the network's other tables
	Going     []*Subnet // those that leave the network last, and follow the table as long as they are there

	id           string
	within       string            // the VPC that it is in
	DefaultRoute string            // the gateway that the default route leads to
	Associations map[string]string // subnet id -> association id
	extra        []ec2types.Route  // that somebody has made
	ofEndpoints  []ec2types.Route  // that came with somebody's gateway endpoints
	tags         resource.Field
}

func (r *Routes) Identity() string { return r.id }

func (r *Routes) Desired() []resource.Field {
	var ids []string
	for _, s := range r.Subnets {
		ids = append(ids, resource.Known(s.ID))
	}
	for _, s := range r.Going {
		if _, follows := r.Associations[s.ID]; follows {
			ids = append(ids, s.ID)
		}
	}
	return []resource.Field{{Name: Everywhere, Value: r.way()}, {Name: "other routes"}, {Name: "subnets", Value: resource.Set(ids...)}, r.Tagged(r.Role)}
}

// way is where the default route is to lead.
func (r *Routes) way() string {
	switch {
	case r.Gateway != nil:
		return resource.Known(r.Gateway.id)
	case r.NAT != nil:
		return resource.Known(r.NAT.ID)
	}
	return nowhere
}

const nowhere = "nowhere"

func (r *Routes) Actual() []resource.Field {
	way := cmp.Or(r.DefaultRoute, nowhere)
	var ids []string
	for id := range r.Associations {
		ids = append(ids, id)
	}
	return []resource.Field{
		{Name: Everywhere, Value: way}, {Name: "other routes", Value: RoutesText(r.extra)}, {Name: "subnets", Value: resource.Set(ids...)}, r.tags,
	}
}

func (r *Routes) Find(ctx context.Context) (bool, error) {
	all, err := r.list(ctx, r.Mark(r.Role).Filters()...)
	if err == nil && len(all) == 0 { // or it has lost its tags
		all, err = r.ofSubnets(ctx)
	}
	if err != nil {
		return false, err
	}
	*r = Routes{Scope: r.Scope, Role: r.Role, VPC: r.VPC, Gateway: r.Gateway, NAT: r.NAT, Own: r.Own, Subnets: r.Subnets, Elsewhere: r.Elsewhere,
		Going: r.Going}
	var found []*Routes
	for _, o := range all {
		one := *r
		one.remember(o)
		found = append(found, &one)
	}
	return resource.Choose(ctx, r, found)
}

// list returns the route tables of this generation that the filters select.
func (r *Routes) list(ctx context.Context, filters ...ec2types.Filter) ([]ec2types.RouteTable, error) {
	out, err := r.EC2.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: filters})
	if err != nil {
		return nil, fmt.Errorf("describe route tables: %w", err)
	}
	return slices.DeleteFunc(out.RouteTables, func(o ec2types.RouteTable) bool { return r.VPC.Beyond(aws.ToString(o.VpcId)) }), nil
}

// ofSubnets returns the route tables that the subnets are under, but for the VPC's main one.
func (r *Routes) ofSubnets(ctx context.Context) ([]ec2types.RouteTable, error) {
	var ids []string
	for _, s := range r.Subnets {
		if s.ID != "" {
			ids = append(ids, s.ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	all, err := r.list(ctx, account.Filter("association.subnet-id", ids...))
	return slices.DeleteFunc(all, func(t ec2types.RouteTable) bool { return !r.recognises(t) }), err
}

// recognises tells whether a table that lacks the stack's tag, or that of its role, is this one. A role that is left says so;
// without one, the table is that of the most of its subnets, since some of them may have been moved here by hand.
func (r *Routes) recognises(t ec2types.RouteTable) bool {
	tags := account.OfEC2(t.Tags)
	if account.IsMain(t) || !account.Unclaimed(tags, r.Stack()) {
		return false
	}
	if role := tags[account.TagRole]; role == PublicRoutes || strings.HasPrefix(role, PrivateRoutes) {
		return role == r.Role
	}
	own, others := 0, 0
	for _, a := range t.Associations {
		switch id := aws.ToString(a.SubnetId); {
		case id == "":
		case HasSubnet(r.Subnets, id):
			own++
		case HasSubnet(r.Elsewhere, id):
			others++
		}
	}
	return own > others
}

func (r *Routes) Fits() int { return r.VPC.has(r.within) }

// Holds names the subnets of the table, except those of a VPC that is to be removed.
func (r *Routes) Holds(ctx context.Context) ([]string, error) {
	if _, err := r.exists(ctx); err != nil || r.VPC.idle(r.within) {
		return nil, err
	}
	return slices.Sorted(maps.Keys(r.Associations)), nil
}

func (r *Routes) remember(t ec2types.RouteTable) {
	r.id, r.within = aws.ToString(t.RouteTableId), aws.ToString(t.VpcId)
	r.DefaultRoute, r.Associations, r.extra, r.ofEndpoints = "", map[string]string{}, nil, nil
	r.tags = r.TaggedWith(r.Role, account.OfEC2(t.Tags))
	for _, route := range t.Routes {
		switch {
		case aws.ToString(route.DestinationCidrBlock) == Everywhere:
			r.DefaultRoute = target(route)
		case ofEndpoint(route):
			r.ofEndpoints = append(r.ofEndpoints, route)
		case ByHand(route):
			r.extra = append(r.extra, route)
		}
	}
	for _, a := range t.Associations {
		if a.SubnetId != nil {
			r.Associations[*a.SubnetId] = aws.ToString(a.RouteTableAssociationId)
		}
	}
}

func (r *Routes) Create(ctx context.Context) error {
	err := account.Live(ctx, func(ctx context.Context, token string) (bool, error) {
		out, err := r.EC2.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{
			VpcId:             &r.VPC.ID,
			ClientToken:       &token,
			TagSpecifications: r.Mark(r.Role).EC2(ec2types.ResourceTypeRouteTable),
		})
		if err != nil {
			return false, fmt.Errorf("create route table: %w", err)
		}
		r.id = aws.ToString(out.RouteTable.RouteTableId)
		return resource.Settled(ctx, r.exists)
	}, r.Stack(), r.Region, r.Role, r.VPC.ID)
	if err != nil {
		return err
	}
	return r.Change(ctx, resource.Compare(r.Desired(), r.Actual()))
}

// exists reads the table back.
func (r *Routes) exists(ctx context.Context) (bool, error) {
	out, err := r.EC2.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{RouteTableIds: []string{r.id}})
	if account.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("describe %s: %w", r.id, err)
	}
	for _, t := range out.RouteTables {
		r.remember(t)
	}
	return len(out.RouteTables) == 1, nil
}

func (r *Routes) Change(ctx context.Context, differences []resource.Difference) error {
	if resource.Differs(differences, "tagged") {
		if err := r.Retag(ctx, r.id, r.Role); err != nil {
			return err
		}
	}
	if resource.Differs(differences, Everywhere) {
		if err := r.lead(ctx); err != nil {
			return err
		}
	}
	if resource.Differs(differences, "other routes") {
		if err := r.deleteOthers(ctx); err != nil {
			return err
		}
	}
	if resource.Differs(differences, "subnets") {
		return r.associate(ctx)
	}
	return nil
}

// lead makes, replaces or deletes the default route.
func (r *Routes) lead(ctx context.Context) error {
	destination := aws.String(Everywhere)
	var err error
	var gatewayID, natID *string
	switch {
	case r.Gateway != nil:
		gatewayID = &r.Gateway.id
	case r.NAT != nil:
		natID = &r.NAT.ID
	}
	switch {
	case gatewayID == nil && natID == nil:
		_, err = r.EC2.DeleteRoute(ctx, &ec2.DeleteRouteInput{RouteTableId: &r.id, DestinationCidrBlock: destination})
		if account.IsCode(err, "InvalidRoute.NotFound") {
			return nil
		}
	case r.DefaultRoute == "":
		_, err = r.EC2.CreateRoute(ctx, &ec2.CreateRouteInput{
			RouteTableId: &r.id, DestinationCidrBlock: destination, GatewayId: gatewayID, NatGatewayId: natID,
		})
		if account.IsCode(err, "RouteAlreadyExists") { // by a killed run's call, which was carried out since
			r.DefaultRoute = "another's"
			return r.lead(ctx)
		}
	default:
		_, err = r.EC2.ReplaceRoute(ctx, &ec2.ReplaceRouteInput{
			RouteTableId: &r.id, DestinationCidrBlock: destination, GatewayId: gatewayID, NatGatewayId: natID,
		})
	}
	if err != nil {
		return fmt.Errorf("set the default route of %s: %w", r.id, err)
	}
	return nil
}

// associate gives the table its subnets, and no others. Those of the network's other tables are left to them, which take them
// over in one call: they are never under the VPC's main table meanwhile, and no two steps work on one association.
func (r *Routes) associate(ctx context.Context) error {
	missing, within := errgroup.WithContext(ctx)
	for _, s := range r.Subnets {
		if _, ok := r.Associations[s.ID]; ok {
			continue
		}
		missing.Go(func() error {
			if err := r.govern(within, s.ID); err != nil {
				return fmt.Errorf("associate %s with %s: %w", r.id, s.ID, err)
			}
			return nil
		})
	}
	if err := missing.Wait(); err != nil {
		return err
	}
	for id := range r.Associations {
		if HasSubnet(r.Subnets, id) || HasSubnet(r.Elsewhere, id) {
			continue
		}
		if err := r.disassociate(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func HasSubnet(subnets []*Subnet, id string) bool {
	return slices.ContainsFunc(subnets, func(s *Subnet) bool { return s.ID == id })
}

// govern associates a subnet with the table, wherever it is associated now.
func (r *Routes) govern(ctx context.Context, subnetID string) error {
	const most = 3 // somebody may end an association between two calls
	var err error
	for range most {
		_, err = r.EC2.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: &r.id, SubnetId: &subnetID})
		if !account.IsCode(err, "Resource.AlreadyAssociated") {
			return err
		}
		if err = r.takeOver(ctx, subnetID); !account.IsCode(err, "InvalidAssociationID.NotFound") {
			return err
		}
	}
	return err
}

// takeOver associates a subnet that somebody has associated with another route table.
func (r *Routes) takeOver(ctx context.Context, subnetID string) error {
	out, err := r.EC2.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{
		Filters: []ec2types.Filter{account.Filter("association.subnet-id", subnetID)},
	})
	if err != nil {
		return err
	}
	for _, t := range out.RouteTables {
		for _, a := range t.Associations {
			if aws.ToString(a.SubnetId) != subnetID || aws.ToString(t.RouteTableId) == r.id {
				continue
			}
			_, err := r.EC2.ReplaceRouteTableAssociation(ctx, &ec2.ReplaceRouteTableAssociationInput{
				AssociationId: a.RouteTableAssociationId, RouteTableId: &r.id,
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Routes) disassociate(ctx context.Context, subnetID string) error {
	association := r.Associations[subnetID]
	_, err := r.EC2.DisassociateRouteTable(ctx, &ec2.DisassociateRouteTableInput{AssociationId: &association})
	if err != nil && !account.IsNotFound(err) {
		return fmt.Errorf("disassociate %s from %s: %w", r.id, subnetID, err)
	}
	delete(r.Associations, subnetID)
	return nil
}

func (r *Routes) Remove(ctx context.Context) error {
	for id := range r.Associations {
		if err := r.disassociate(ctx, id); err != nil {
			return err
		}
	}
	if _, err := r.EC2.DeleteRouteTable(ctx, &ec2.DeleteRouteTableInput{RouteTableId: &r.id}); err != nil {
		return fmt.Errorf("delete %s: %w", r.id, err)
	}
	return nil
}

var _ resource.Doubling = (*Routes)(nil)
