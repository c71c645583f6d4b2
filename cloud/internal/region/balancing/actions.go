package balancing

import (
	"net/netip"
	"slices"
	"strconv"
	"time"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/balancer"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// readActions checks the actions of a listener or of its rule and returns them as they are shown: a forward
// action names its groups both ways, as AWS's answers do.
func (r *Room) readActions(tx *store.Tx, l listenerRow, actions []elbtypes.Action) ([]elbtypes.Action, error) {
	for _, a := range actions {
		if !slices.Contains(actionsHere, a.Type) {
			return nil, wire.Errorf("InvalidLoadBalancerAction", "Actions of type '%s' are not supported here", a.Type)
		}
	}
	if len(actions) != 1 {
		return nil, wire.Errorf("InvalidLoadBalancerAction", "Exactly one action, of type forward, redirect or fixed-response, must be specified")
	}
	a := actions[0]
	if err := room.Only(a, "Type", "Order", "TargetGroupArn", "ForwardConfig", "FixedResponseConfig", "RedirectConfig"); err != nil {
		return nil, err
	}
	if field := foreignConfig(a); field != "" {
		return nil, wire.Errorf("InvalidLoadBalancerAction", "'%s' cannot be specified for actions of type '%s'", field, a.Type)
	}
	var err error
	switch a.Type {
	case elbtypes.ActionTypeEnumForward:
		a, err = r.readForward(tx, l.LoadBalancer, a)
	case elbtypes.ActionTypeEnumFixedResponse:
		err = checkFixedResponse(a)
	case elbtypes.ActionTypeEnumRedirect:
		a, err = readRedirect(l, a)
	}
	return []elbtypes.Action{a}, err
}

// foreignConfig is what an action has of another type ("Specify only when Type is ...",
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Action.html).
func foreignConfig(a elbtypes.Action) string {
	for _, x := range []struct {
		has   bool
		kind  elbtypes.ActionTypeEnum
		field string
	}{
		{a.TargetGroupArn != nil, elbtypes.ActionTypeEnumForward, "TargetGroupArn"},
		{a.ForwardConfig != nil, elbtypes.ActionTypeEnumForward, "ForwardConfig"},
		{a.FixedResponseConfig != nil, elbtypes.ActionTypeEnumFixedResponse, "FixedResponseConfig"},
		{a.RedirectConfig != nil, elbtypes.ActionTypeEnumRedirect, "RedirectConfig"},
	} {
		if x.has && x.kind != a.Type {
			return x.field
		}
	}
	return ""
}

// actionsHere are the types of actions that are carried out.
var actionsHere = []elbtypes.ActionTypeEnum{
	elbtypes.ActionTypeEnumForward, elbtypes.ActionTypeEnumFixedResponse, elbtypes.ActionTypeEnumRedirect,
}

// withoutConfig refuses an action that lacks what its type needs: of redirects seen in https://github.com/hashicorp/terraform/issues/32620.
func withoutConfig(a elbtypes.Action, field string) error {
	return wire.Errorf("InvalidLoadBalancerAction", "For actions of type '%s', you must specify the following fields: '%s'", a.Type, field)
}

func (r *Room) readForward(tx *store.Tx, loadBalancer string, a elbtypes.Action) (elbtypes.Action, error) {
	config := a.ForwardConfig
	if config == nil {
		if a.TargetGroupArn == nil {
			return a, withoutConfig(a, "TargetGroupArn")
		}
		config = &elbtypes.ForwardActionConfig{TargetGroups: []elbtypes.TargetGroupTuple{{TargetGroupArn: a.TargetGroupArn}}}
	}
	stickiness, err := readStickiness(config.TargetGroupStickinessConfig)
	if err != nil {
		return a, err
	}
	if n := len(config.TargetGroups); n < 1 || n > 5 {
		return a, invalid("A forward action must have 1 to 5 target groups")
	}
	b, _ := r.loadBalancers.GetTx(tx, loadBalancer)
	users := r.groupUsers(tx)
	out := &elbtypes.ForwardActionConfig{TargetGroupStickinessConfig: stickiness}
	for _, t := range config.TargetGroups {
		if err := r.requireARN(groupARN, "TargetGroupArn", t.TargetGroupArn); err != nil {
			return a, err
		}
		g, ok := r.targetGroups.GetTx(tx, *t.TargetGroupArn)
		weight := orDefault(t.Weight, 1)
		switch {
		case !ok:
			return a, wire.Errorf("TargetGroupNotFound", "Target groups '%s' not found", *t.TargetGroupArn)
		case !b.network() && !isHTTP(g.protocol()):
			return a, incompatible(g.ARN)
		case g.VPC != b.VPC:
			return a, wire.Errorf("InvalidConfigurationRequest", "Target group '%s' is not in the VPC of the load balancer", g.ARN)
		case users[g.ARN] != "" && users[g.ARN] != loadBalancer:
			return a, wire.Errorf("TargetGroupAssociationLimit", "The following target groups cannot be associated with more than one load balancer: %s", g.ARN)
		case g.ofIPv6() && !b.dualStack():
			return a, errMixedFamilies
		case weight < 0 || weight > 999:
			return a, invalid("Weight '%d' must be between 0 and 999", weight)
		case slices.ContainsFunc(out.TargetGroups, func(x elbtypes.TargetGroupTuple) bool { return *x.TargetGroupArn == g.ARN }):
			return a, invalid("Target group '%s' is named twice", g.ARN)
		}
		out.TargetGroups = append(out.TargetGroups, elbtypes.TargetGroupTuple{TargetGroupArn: new(g.ARN), Weight: new(weight)})
	}
	if a.TargetGroupArn != nil && (len(out.TargetGroups) != 1 || *out.TargetGroups[0].TargetGroupArn != *a.TargetGroupArn) {
		return a, invalid("TargetGroupArn and ForwardConfig name different target groups")
	}
	if err := r.checkOneVersion(tx, out.TargetGroups); err != nil {
		return a, err
	}
	a.ForwardConfig, a.TargetGroupArn = out, nil
	if len(out.TargetGroups) == 1 {
		a.TargetGroupArn = out.TargetGroups[0].TargetGroupArn
	}
	return a, nil
}

// longestStickiness is a week, in seconds, as AWS has it
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupStickinessConfig.html).
const longestStickiness = 604800

// readStickiness checks whether and how long clients stay in their target group.
func readStickiness(c *elbtypes.TargetGroupStickinessConfig) (*elbtypes.TargetGroupStickinessConfig, error) {
	if c == nil || !room.Deref(c.Enabled) {
		return &elbtypes.TargetGroupStickinessConfig{Enabled: new(false)}, nil
	}
	if n := room.Deref(c.DurationSeconds); n < 1 || n > longestStickiness {
		return nil, invalid("Target group stickiness duration '%d' must be between 1 and %d seconds", n, longestStickiness)
	}
	return c, nil
}

func checkFixedResponse(a elbtypes.Action) error {
	c := a.FixedResponseConfig
	if c == nil {
		return withoutConfig(a, "FixedResponseConfig")
	}
	status, err := strconv.Atoi(room.Deref(c.StatusCode))
	if err != nil || status < 200 || status > 599 || status >= 300 && status < 400 {
		return invalid("Fixed response status code '%s' must be 2XX, 4XX or 5XX", room.Deref(c.StatusCode))
	}
	if len(room.Deref(c.MessageBody)) > 1024 {
		return invalid("A fixed response's message body has at most 1024 characters")
	}
	types := []string{"", "text/html", "application/json", "application/javascript", "text/css", "text/plain"}
	if !slices.Contains(types, room.Deref(c.ContentType)) { // in the words that the tests of https://github.com/getmoto/moto have
		return wire.Errorf("InvalidLoadBalancerAction",
			"The ContentType must be one of:'text/html', 'application/json', 'application/javascript', 'text/css', 'text/plain'")
	}
	return nil
}

// actionGroups returns the target groups that actions forward to.
func actionGroups(actions []elbtypes.Action) (arns []string) {
	for _, a := range actions {
		if a.ForwardConfig == nil {
			continue
		}
		for _, t := range a.ForwardConfig.TargetGroups {
			arns = append(arns, *t.TargetGroupArn)
		}
	}
	return arns
}

// runAction makes the data path's action of one that readActions has passed.
func runAction(actions []elbtypes.Action) balancer.Action {
	switch a := actions[0]; a.Type {
	case elbtypes.ActionTypeEnumFixedResponse:
		c := a.FixedResponseConfig
		status, _ := strconv.Atoi(room.Deref(c.StatusCode))
		return balancer.Action{Fixed: &balancer.FixedResponse{Status: status, ContentType: room.Deref(c.ContentType), Body: room.Deref(c.MessageBody)}}
	case elbtypes.ActionTypeEnumRedirect:
		c := a.RedirectConfig
		return balancer.Action{
			Redirect: &balancer.Redirect{Status: redirectStatus(c.StatusCode), Protocol: *c.Protocol, Host: *c.Host, Port: *c.Port, Path: *c.Path, Query: *c.Query},
		}
	default:
		sticky := room.Deref(a.ForwardConfig.TargetGroupStickinessConfig.DurationSeconds)
		return balancer.Action{Forward: sharesOf(a.ForwardConfig), Sticky: time.Duration(sticky) * time.Second}
	}
}

// sharesOf are the shares of the target groups that an action forwards to. A network load balancer's tells no weight where there is one.
func sharesOf(c *elbtypes.ForwardActionConfig) (shares []balancer.Weighted) {
	for _, t := range c.TargetGroups {
		shares = append(shares, balancer.Weighted{Group: *t.TargetGroupArn, Weight: int(orDefault(t.Weight, 1))})
	}
	return shares
}

// parsePrefixes reads the ranges of a source-ip condition.
func parsePrefixes(values []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, v := range values {
		p, err := netip.ParsePrefix(v)
		if err != nil {
			return nil, invalid("'%s' is not a valid CIDR block", v)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}
