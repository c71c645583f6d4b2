package balancing

import (
	"github.com/understudy/understudy/cloud/internal/balancer"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// checkAttributes refuses settings of a target group that do not go together
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html). The words on slow start are after
// those on another algorithm in https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/3686.
func (row targetGroupRow) checkAttributes() error {
	sticky, slow := !row.flow() && row.stickiness().For > 0, !row.flow() && row.set("slow_start.duration_seconds") != "0"
	algorithm := balancer.Algorithm(row.set("load_balancing.algorithm.type"))
	switch {
	case sticky && row.set("stickiness.type") == "app_cookie" && row.stickiness().AppCookie == "":
		return invalid("You must specify the attribute 'stickiness.app_cookie.cookie_name' for stickiness of the type 'app_cookie'")
	case sticky && row.set(crossZone) == "false":
		return wire.Errorf("InvalidConfigurationRequest", "You cannot enable stickiness on a target group with cross-zone load balancing disabled")
	case slow && algorithm == balancer.WeightedRandom:
		return wire.Errorf("InvalidConfigurationRequest", "You cannot enable both slow start and weighted random algorithm on a target group")
	case slow && algorithm == balancer.LeastOutstanding:
		return wire.Errorf("InvalidConfigurationRequest", "You cannot enable both slow start and least outstanding requests algorithm on a target group")
	case row.mitigates() && algorithm != balancer.WeightedRandom: // the words are after the others
		return wire.Errorf("InvalidConfigurationRequest", "You cannot enable anomaly mitigation without weighted random algorithm on a target group")
	}
	return row.checkMinimums()
}

// checkMinimums refuses a threshold for DNS below that for routing: a zone leaves DNS at the latest when its node fails open
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health.html).
func (row targetGroupRow) checkMinimums() error {
	for _, unit := range []string{"count", "percentage"} {
		if dns := row.minimum("dns_failover", unit); dns != 0 && dns < row.minimum("unhealthy_state_routing", unit) {
			return wire.Errorf("InvalidConfigurationRequest",
				"The attribute 'target_group_health.dns_failover.minimum_healthy_targets.%s' must be greater than or equal to "+
					"'target_group_health.unhealthy_state_routing.minimum_healthy_targets.%s'", unit, unit)
		}
	}
	return nil
}
