package network

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// ByHand tells whether somebody has made a route: others come with the table, or from a virtual private gateway (Route in the EC2
// API Reference).
func ByHand(r ec2types.Route) bool { return r.Origin == ec2types.RouteOriginCreateRoute }

// ofEndpoint tells whether a route came with a gateway endpoint, and goes with it alone ("you can't modify or delete" it: Gateway
// endpoints in the AWS PrivateLink Guide).
func ofEndpoint(r ec2types.Route) bool { return strings.HasPrefix(aws.ToString(r.GatewayId), "vpce-") }

// destination returns where a route's packets go to.
func destination(r ec2types.Route) string {
	return aws.ToString(cmp.Or(r.DestinationCidrBlock, r.DestinationIpv6CidrBlock, r.DestinationPrefixListId))
}

// target returns the id of a route's target, of any kind.
func target(r ec2types.Route) string {
	for _, id := range []*string{r.GatewayId, r.NatGatewayId, r.TransitGatewayId, r.VpcPeeringConnectionId, r.NetworkInterfaceId, r.InstanceId} {
		if id != nil {
			return *id
		}
	}
	return "something else"
}

func RoutesText(routes []ec2types.Route) string {
	var texts []string
	for _, r := range routes {
		texts = append(texts, destination(r)+" by "+target(r))
	}
	return resource.Set(texts...)
}

// Remarks tells of routes that only go with what they came with.
func (r *Routes) Remarks() []resource.Remark {
	others := slices.DeleteFunc(slices.Clone(r.ofEndpoints), func(o ec2types.Route) bool {
		return slices.ContainsFunc(r.Own, func(e *Endpoint) bool { return e.id == aws.ToString(o.GatewayId) })
	})
	if len(others) == 0 {
		return nil
	}
	return []resource.Remark{{ID: r.id, Text: "has routes of gateway endpoints, which are not this stack's: " + RoutesText(others)}}
}

// deleteOthers deletes the routes that somebody has made: in the other region, packets do not go that way.
func (r *Routes) deleteOthers(ctx context.Context) error {
	for _, o := range r.extra {
		_, err := r.EC2.DeleteRoute(ctx, &ec2.DeleteRouteInput{
			RouteTableId: &r.id, DestinationCidrBlock: o.DestinationCidrBlock, DestinationIpv6CidrBlock: o.DestinationIpv6CidrBlock,
			DestinationPrefixListId: o.DestinationPrefixListId,
		})
		if err != nil && !account.IsCode(err, "InvalidRoute.NotFound") {
			return fmt.Errorf("delete the route of %s to %s: %w", r.id, destination(o), err)
		}
	}
	return nil
}
