package balancing

import (
	"cmp"
	"context"
	"slices"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// changeTargetGroup changes one target group's row.
func (r *Room) changeTargetGroup(arn *string, change func(*store.Tx, *targetGroupRow) error) error {
	if err := r.requireARN(groupARN, "TargetGroupArn", arn); err != nil {
		return err
	}
	return r.Update(func(tx *store.Tx) error {
		row, ok := r.targetGroups.GetTx(tx, *arn)
		if !ok {
			return missingTargetGroup()
		}
		row.Targets = slices.Clone(row.Targets)
		if err := change(tx, &row); err != nil {
			return err
		}
		return r.targetGroups.Put(tx, row.ARN, row)
	})
}

// ModifyTargetGroup changes the health check; the targets keep the health they have.
func (r *Room) ModifyTargetGroup(ctx context.Context, in *elb.ModifyTargetGroupInput) (*elb.ModifyTargetGroupOutput, error) {
	if err := room.Only(in, "TargetGroupArn", "HealthCheckEnabled", "HealthCheckIntervalSeconds", "HealthCheckPath", "HealthCheckPort",
		"HealthCheckProtocol", "HealthCheckTimeoutSeconds", "HealthyThresholdCount", "Matcher", "UnhealthyThresholdCount"); err != nil {
		return nil, err
	}
	if in.HealthCheckEnabled != nil && !*in.HealthCheckEnabled {
		return nil, wire.Errorf("InvalidConfigurationRequest", "Health check enabled must be true for target groups with target type 'instance' or 'ip'")
	}
	var row targetGroupRow
	err := r.changeTargetGroup(in.TargetGroupArn, func(_ *store.Tx, g *targetGroupRow) error {
		if err := checkCheckProtocol(g.protocol(), in.HealthCheckProtocol); err != nil {
			return err
		}
		if err := checkAsksBalancer(g.Type, in.HealthCheckProtocol); err != nil {
			return err
		}
		if err := checkConnects(cmp.Or(in.HealthCheckProtocol, g.checkProtocol()), in.HealthCheckPath, in.Matcher); err != nil {
			return err
		}
		g.CheckProtocol = cmp.Or(in.HealthCheckProtocol, g.checkProtocol())
		g.CheckPort, g.Path = orDefault(in.HealthCheckPort, g.CheckPort), orDefault(in.HealthCheckPath, g.Path)
		g.Interval, g.Timeout = orDefault(in.HealthCheckIntervalSeconds, g.Interval), orDefault(in.HealthCheckTimeoutSeconds, g.Timeout)
		g.Healthy, g.Unhealthy = orDefault(in.HealthyThresholdCount, g.Healthy), orDefault(in.UnhealthyThresholdCount, g.Unhealthy)
		if err := g.match(in.Matcher); err != nil {
			return err
		}
		g.fitCheck()
		row = *g
		return g.checkHealthCheck()
	})
	if err != nil {
		return nil, err
	}
	return &elb.ModifyTargetGroupOutput{TargetGroups: []elbtypes.TargetGroup{r.showTargetGroup(row)}}, nil
}

// DeleteTargetGroup deletes a target group that no listener or rule names; a missing one is no error.
func (r *Room) DeleteTargetGroup(ctx context.Context, in *elb.DeleteTargetGroupInput) (*elb.DeleteTargetGroupOutput, error) {
	if err := room.Only(in, "TargetGroupArn"); err != nil {
		return nil, err
	}
	if err := r.requireARN(groupARN, "TargetGroupArn", in.TargetGroupArn); err != nil {
		return nil, err
	}
	err := r.Update(func(tx *store.Tx) error {
		if used := r.groupUsers(tx)[*in.TargetGroupArn]; used != "" {
			return wire.Errorf("ResourceInUse", "Target group '%s' is currently in use by a listener or a rule", *in.TargetGroupArn)
		}
		return r.targetGroups.Delete(tx, *in.TargetGroupArn)
	})
	return &elb.DeleteTargetGroupOutput{}, err
}
