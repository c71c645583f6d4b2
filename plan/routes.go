package plan

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

const everywhere = "0.0.0.0/0"

// The roles of a network's two route tables.
const (
	publicRoutes  = "public-routes"
	privateRoutes = "private-routes"
)

// routes is a route table and its subnets. The public one has a default route through the gateway; a private one has one through a
// NAT gateway, or only the local route that every table has.
type routes struct {
	resource.Scope
	resource.Doubles
	role      string // publicRoutes, privateRoutes, or one that begins with this
	vpc       *vpc
	gateway   *gateway // of the default route; nil where that leads to nat, or where there is none
	nat       *nat
	own       []*endpoint // the stack's that have a route here
	subnets   []*subnet
	elsewhere []*subnet // those of the network's other tables
	going     []*subnet // those that leave the network last, and follow the table as long as they are there

	id           string
	within       string            // the VPC that it is in
	defaultRoute string            // the gateway that the default route leads to
	associations map[string]string // subnet id -> association id
	extra        []ec2types.Route  // that somebody has made
	ofEndpoints  []ec2types.Route  // that came with somebody's gateway endpoints
	tags         resource.Field
}

func (r *routes) Identity() string { return r.id }

func (r *routes) Desired() []resource.Field {
	var ids []string
	for _, s := range r.subnets {
		ids = append(ids, resource.Known(s.id))
	}
	for _, s := range r.going {
		if _, follows := r.associations[s.id]; follows {
			ids = append(ids, s.id)
		}
	}
	return []resource.Field{{Name: everywhere, Value: r.way()}, {Name: "other routes"}, {Name: "subnets", Value: resource.Set(ids...)}, r.Tagged(r.role)}
}

// way is where the default route is to lead.
func (r *routes) way() string {
	switch {
	case r.gateway != nil:
		return resource.Known(r.gateway.id)
	case r.nat != nil:
		return resource.Known(r.nat.id)
	}
	return nowhere
}

const nowhere = "nowhere"

func (r *routes) Actual() []resource.Field {
	way := cmp.Or(r.defaultRoute, nowhere)
	var ids []string
	for id := range r.associations {
		ids = append(ids, id)
	}
	return []resource.Field{
		{Name: everywhere, Value: way}, {Name: "other routes", Value: routesText(r.extra)}, {Name: "subnets", Value: resource.Set(ids...)}, r.tags,
	}
}

func (r *routes) Find(ctx context.Context) (bool, error) {
	all, err := r.list(ctx, r.Mark(r.role).Filters()...)
	if err == nil && len(all) == 0 { // or it has lost its tags
		all, err = r.ofSubnets(ctx)
	}
	if err != nil {
		return false, err
	}
	*r = routes{Scope: r.Scope, role: r.role, vpc: r.vpc, gateway: r.gateway, nat: r.nat, own: r.own, subnets: r.subnets, elsewhere: r.elsewhere,
		going: r.going}
	var found []*routes
	for _, o := range all {
		one := *r
		one.remember(o)
		found = append(found, &one)
	}
	return resource.Choose(ctx, r, found)
}

// list returns the route tables of this generation that the filters select.
func (r *routes) list(ctx context.Context, filters ...ec2types.Filter) ([]ec2types.RouteTable, error) {
	out, err := r.EC2.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: filters})
	if err != nil {
		return nil, fmt.Errorf("describe route tables: %w", err)
	}
	return slices.DeleteFunc(out.RouteTables, func(o ec2types.RouteTable) bool { return r.vpc.beyond(aws.ToString(o.VpcId)) }), nil
}

// ofSubnets returns the route tables that the subnets are under, but for the VPC's main one.
func (r *routes) ofSubnets(ctx context.Context) ([]ec2types.RouteTable, error) {
	var ids []string
	for _, s := range r.subnets {
		if s.id != "" {
			ids = append(ids, s.id)
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
func (r *routes) recognises(t ec2types.RouteTable) bool {
	tags := account.OfEC2(t.Tags)
	if account.IsMain(t) || !account.Unclaimed(tags, r.Stack()) {
		return false
	}
	if role := tags[account.TagRole]; role == publicRoutes || strings.HasPrefix(role, privateRoutes) {
		return role == r.role
	}
	own, others := 0, 0
	for _, a := range t.Associations {
		switch id := aws.ToString(a.SubnetId); {
		case id == "":
		case hasSubnet(r.subnets, id):
			own++
		case hasSubnet(r.elsewhere, id):
			others++
		}
	}
	return own > others
}

func (r *routes) Fits() int { return r.vpc.has(r.within) }

// Holds names the subnets of the table, except those of a VPC that is to be removed.
func (r *routes) Holds(ctx context.Context) ([]string, error) {
	if _, err := r.exists(ctx); err != nil || r.vpc.idle(r.within) {
		return nil, err
	}
	return slices.Sorted(maps.Keys(r.associations)), nil
}

func (r *routes) remember(t ec2types.RouteTable) {
	r.id, r.within = aws.ToString(t.RouteTableId), aws.ToString(t.VpcId)
	r.defaultRoute, r.associations, r.extra, r.ofEndpoints = "", map[string]string{}, nil, nil
	r.tags = r.TaggedWith(r.role, account.OfEC2(t.Tags))
	for _, route := range t.Routes {
		switch {
		case aws.ToString(route.DestinationCidrBlock) == everywhere:
			r.defaultRoute = target(route)
		case ofEndpoint(route):
			r.ofEndpoints = append(r.ofEndpoints, route)
		case byHand(route):
			r.extra = append(r.extra, route)
		}
	}
	for _, a := range t.Associations {
		if a.SubnetId != nil {
			r.associations[*a.SubnetId] = aws.ToString(a.RouteTableAssociationId)
		}
	}
}

func (r *routes) Create(ctx context.Context) error {
	err := account.Live(ctx, func(ctx context.Context, token string) (bool, error) {
		out, err := r.EC2.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{
			VpcId:             &r.vpc.id,
			ClientToken:       &token,
			TagSpecifications: r.Mark(r.role).EC2(ec2types.ResourceTypeRouteTable),
		})
		if err != nil {
			return false, fmt.Errorf("create route table: %w", err)
		}
		r.id = aws.ToString(out.RouteTable.RouteTableId)
		return resource.Settled(ctx, r.exists)
	}, r.Stack(), r.Region, r.role, r.vpc.id)
	if err != nil {
		return err
	}
	return r.Change(ctx, resource.Compare(r.Desired(), r.Actual()))
}

// exists reads the table back.
func (r *routes) exists(ctx context.Context) (bool, error) {
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

func (r *routes) Change(ctx context.Context, differences []resource.Difference) error {
	if resource.Differs(differences, "tagged") {
		if err := r.Retag(ctx, r.id, r.role); err != nil {
			return err
		}
	}
	if resource.Differs(differences, everywhere) {
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
func (r *routes) lead(ctx context.Context) error {
	destination := aws.String(everywhere)
	var err error
	var gatewayID, natID *string
	switch {
	case r.gateway != nil:
		gatewayID = &r.gateway.id
	case r.nat != nil:
		natID = &r.nat.id
	}
	switch {
	case gatewayID == nil && natID == nil:
		_, err = r.EC2.DeleteRoute(ctx, &ec2.DeleteRouteInput{RouteTableId: &r.id, DestinationCidrBlock: destination})
		if account.IsCode(err, "InvalidRoute.NotFound") {
			return nil
		}
	case r.defaultRoute == "":
		_, err = r.EC2.CreateRoute(ctx, &ec2.CreateRouteInput{
			RouteTableId: &r.id, DestinationCidrBlock: destination, GatewayId: gatewayID, NatGatewayId: natID,
		})
		if account.IsCode(err, "RouteAlreadyExists") { // by a killed run's call, which was carried out since
			r.defaultRoute = "another's"
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
func (r *routes) associate(ctx context.Context) error {
	missing, within := errgroup.WithContext(ctx)
	for _, s := range r.subnets {
		if _, ok := r.associations[s.id]; ok {
			continue
		}
		missing.Go(func() error {
			if err := r.govern(within, s.id); err != nil {
				return fmt.Errorf("associate %s with %s: %w", r.id, s.id, err)
			}
			return nil
		})
	}
	if err := missing.Wait(); err != nil {
		return err
	}
	for id := range r.associations {
		if hasSubnet(r.subnets, id) || hasSubnet(r.elsewhere, id) {
			continue
		}
		if err := r.disassociate(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func hasSubnet(subnets []*subnet, id string) bool {
	return slices.ContainsFunc(subnets, func(s *subnet) bool { return s.id == id })
}

// govern associates a subnet with the table, wherever it is associated now.
func (r *routes) govern(ctx context.Context, subnetID string) error {
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
func (r *routes) takeOver(ctx context.Context, subnetID string) error {
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

func (r *routes) disassociate(ctx context.Context, subnetID string) error {
	association := r.associations[subnetID]
	_, err := r.EC2.DisassociateRouteTable(ctx, &ec2.DisassociateRouteTableInput{AssociationId: &association})
	if err != nil && !account.IsNotFound(err) {
		return fmt.Errorf("disassociate %s from %s: %w", r.id, subnetID, err)
	}
	delete(r.associations, subnetID)
	return nil
}

func (r *routes) Remove(ctx context.Context) error {
	for id := range r.associations {
		if err := r.disassociate(ctx, id); err != nil {
			return err
		}
	}
	if _, err := r.EC2.DeleteRouteTable(ctx, &ec2.DeleteRouteTableInput{RouteTableId: &r.id}); err != nil {
		return fmt.Errorf("delete %s: %w", r.id, err)
	}
	return nil
}

var _ resource.Doubling = (*routes)(nil)
