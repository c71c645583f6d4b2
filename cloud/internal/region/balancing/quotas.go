package balancing

import (
	"context"
	"strconv"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/room"
)

// The quotas of load balancers (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html).
var (
	balancersPerRegion      = quota("L-53DA6B97", "Application Load Balancers per Region", 50)
	networkPerRegion        = quota("L-69A177A2", "Network Load Balancers per Region", 50)
	listenersPerNetwork     = quota("L-57A373D6", "Listeners per Network Load Balancer", 50)
	groupsPerRegion         = quota("L-B22855CB", "Target Groups per Region", 3000)
	listenersPerBalancer    = quota("L-B6DF7632", "Listeners per Application Load Balancer", 50)
	rulesPerBalancer        = quota("L-7EED9B64", "Rules per Application Load Balancer", 100)
	certificatesPerBalancer = quota("L-9365A611", "Certificates per Application Load Balancer", 25)
	targetsPerGroup         = quota("L-A0D0B863", "Targets per Target Group per Region", 1000)
)

func quota(code, name string, most int) room.Quota {
	return room.Quota{Service: "elasticloadbalancing", Code: code, Name: name, Default: most}
}

// Quotas are those that load balancers keep to.
func Quotas() []room.Quota {
	return []room.Quota{
		balancersPerRegion, networkPerRegion, listenersPerNetwork, groupsPerRegion,
		listenersPerBalancer, rulesPerBalancer, certificatesPerBalancer, targetsPerGroup,
	}
}

// DescribeAccountLimits tells the quotas by the names that Elastic Load Balancing gives them itself; those of other kinds of load balancers
// are left out (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Limit.html).
func (r *Room) DescribeAccountLimits(ctx context.Context, in *elb.DescribeAccountLimitsInput) (*elb.DescribeAccountLimitsOutput, error) {
	if err := room.Only(in, "Marker", "PageSize"); err != nil {
		return nil, err
	}
	all := []elbtypes.Limit{}
	for _, l := range []struct {
		name string
		most int
	}{
		{"application-load-balancers", r.Quota(balancersPerRegion)},
		{"condition-values-per-alb-rule", maxConditionValues},
		{"condition-wildcards-per-alb-rule", maxConditionWildcards},
		{"listeners-per-application-load-balancer", r.Quota(listenersPerBalancer)},
		{"listeners-per-network-load-balancer", r.Quota(listenersPerNetwork)},
		{"network-load-balancers", r.Quota(networkPerRegion)},
		{"rules-per-application-load-balancer", r.Quota(rulesPerBalancer)},
		{"target-groups", r.Quota(groupsPerRegion)},
		{"targets-per-target-group", r.Quota(targetsPerGroup)},
	} {
		all = append(all, elbtypes.Limit{Name: new(l.name), Max: new(strconv.Itoa(l.most))})
	}
	limits, next, err := page(all, func(l elbtypes.Limit) string { return *l.Name }, in.PageSize, in.Marker)
	return &elb.DescribeAccountLimitsOutput{Limits: limits, NextMarker: next}, err
}
