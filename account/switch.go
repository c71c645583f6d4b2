package account

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
)

// How the switch of a stack is known by what it is made of, which needs no tags: a rule with a path of its own, or, of a network load balancer, a
// listener of TCP or TLS at one of two ports, and the checks that ask for either.

// IsSwitchRule tells the rule by which an application load balancer says who is to serve.
func IsSwitchRule(r elbtypes.Rule) bool {
	return !aws.ToBool(r.IsDefault) && len(r.Conditions) == 1 && IsSwitchPath(r.Conditions[0])
}

// IsSwitchPath tells the condition of such a rule.
func IsSwitchPath(c elbtypes.RuleCondition) bool {
	return slices.Contains(Paths(c), understudy.SwitchPath)
}

// Paths are a condition's: the API tells those of a path pattern in one place, or in another as it did before (RuleCondition in the Elastic Load
// Balancing API Reference).
func Paths(c elbtypes.RuleCondition) []string {
	if c.PathPatternConfig != nil {
		return c.PathPatternConfig.Values
	}
	return c.Values
}

// IsSwitchListener tells the listener by which a network load balancer says who is to serve.
func IsSwitchListener(l elbtypes.Listener) bool {
	port := int(aws.ToInt32(l.Port))
	return (l.Protocol == elbtypes.ProtocolEnumTcp || l.Protocol == elbtypes.ProtocolEnumTls) &&
		(port == understudy.SwitchPort || port == understudy.SwitchIdlePort)
}

// AsksSwitch tells whether a health check looks who is to serve.
func AsksSwitch(c *route53types.HealthCheckConfig) bool {
	return aws.ToString(c.ResourcePath) == understudy.SwitchPath ||
		c.Type == route53types.HealthCheckTypeTcp && aws.ToInt32(c.Port) == understudy.SwitchPort
}
