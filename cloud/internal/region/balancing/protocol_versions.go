package balancing

import (
	"cmp"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/balancer"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// version is the protocol version of the group's targets, which never changes
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html#target-group-protocol-version).
func (row targetGroupRow) version() balancer.Version { return cmp.Or(row.Version, balancer.HTTP1) }

// match takes the codes of healthy targets from a request, if it has some: of gRPC or of HTTP, as the targets answer
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Matcher.html).
func (row *targetGroupRow) match(m *elbtypes.Matcher) error {
	if m == nil {
		return nil
	}
	own, other, kind := m.HttpCode, m.GrpcCode, "GRPC"
	if row.version() == balancer.GRPC {
		own, other, kind = m.GrpcCode, m.HttpCode, "HTTP"
	}
	if room.Deref(other) != "" {
		return invalid("Health check matcher %s code cannot be specified for a target group with the protocol-version '%s'", kind, row.version())
	}
	row.Matcher = cmp.Or(room.Deref(own), row.Matcher)
	return nil
}

func (row targetGroupRow) matcher() *elbtypes.Matcher {
	if row.version() == balancer.GRPC {
		return &elbtypes.Matcher{GrpcCode: new(row.Matcher)}
	}
	return &elbtypes.Matcher{HttpCode: new(row.Matcher)}
}

func (row targetGroupRow) checkMatcher() error {
	if row.version() == balancer.GRPC {
		if _, err := balancer.ParseGRPCMatcher(row.Matcher); err != nil {
			return invalid("Health check matcher GRPC code '%s' must be within '0-99' inclusive", row.Matcher)
		}
		return nil
	}
	if row.flow() {
		return row.checkFlowMatcher()
	}
	if _, err := balancer.ParseMatcher(row.Matcher); err != nil {
		return invalid("Health check matcher HTTP code '%s' must be within '200-499'", row.Matcher)
	}
	return nil
}

// checkOneVersion refuses a forward to target groups of different protocol versions: a request could not be for all of them.
func (r *Room) checkOneVersion(tx *store.Tx, groups []elbtypes.TargetGroupTuple) error {
	first, _ := r.targetGroups.GetTx(tx, *groups[0].TargetGroupArn)
	for _, t := range groups[1:] {
		if g, _ := r.targetGroups.GetTx(tx, *t.TargetGroupArn); g.version() != first.version() {
			return wire.Errorf("InvalidConfigurationRequest",
				"Target groups with the protocol-versions '%s' and '%s' cannot be used in the same forward action", first.version(), g.version())
		}
	}
	return nil
}

// checkVersions refuses actions of a listener that lead to targets whose protocol its clients do not speak: HTTP/2 is spoken over TLS alone.
func (r *Room) checkVersions(tx *store.Tx, listener elbtypes.ProtocolEnum, actions []elbtypes.Action) error {
	if listener == elbtypes.ProtocolEnumHttps {
		return nil
	}
	for _, arn := range actionGroups(actions) {
		if g, _ := r.targetGroups.GetTx(tx, arn); g.version() != balancer.HTTP1 {
			return wire.Errorf("InvalidConfigurationRequest",
				"Listener protocol '%s' is not supported with a target group with the protocol-version '%s'", listener, g.version())
		}
	}
	return nil
}

// checkListenerVersions is checkVersions of all that a listener does.
func (r *Room) checkListenerVersions(tx *store.Tx, row listenerRow) error {
	if err := r.checkVersions(tx, row.protocol(), row.Actions); err != nil {
		return err
	}
	for _, rule := range rulesOf(r.rules.AllTx(tx), row.ARN) {
		if err := r.checkVersions(tx, row.protocol(), rule.Actions); err != nil {
			return err
		}
	}
	return nil
}
