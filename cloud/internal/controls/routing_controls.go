package controls

import (
	"context"
	"slices"

	config "github.com/aws/aws-sdk-go-v2/service/route53recoverycontrolconfig"
	configtypes "github.com/aws/aws-sdk-go-v2/service/route53recoverycontrolconfig/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// maxControls is how many routing controls a cluster may have.
const maxControls = 300

func (r *Room) showControl(row controlRow, status configtypes.Status) *configtypes.RoutingControl {
	return &configtypes.RoutingControl{RoutingControlArn: &row.ARN, ControlPanelArn: &row.Panel, Name: &row.Name, Status: status, Owner: &r.Account}
}

// createControl makes a routing control, which is off, in the cluster's default control panel where none is named.
func (r *Room) createControl(_ context.Context, in *config.CreateRoutingControlInput) (*config.CreateRoutingControlOutput, error) {
	if err := only(in, "ClientToken", "ClusterArn", "ControlPanelArn", "RoutingControlName"); err != nil {
		return nil, err
	}
	name, err := named("RoutingControlName", in.RoutingControlName)
	if err != nil {
		return nil, err
	}
	row, err := once(r, "CreateRoutingControl", in, r.controls, func(tx *store.Tx) (controlRow, error) {
		panel, err := r.panelFor(tx, in.ClusterArn, in.ControlPanelArn)
		row := controlRow{ARN: panel.ARN + "/routingcontrol/" + room.NewSerial(16), Panel: panel.ARN, Name: name}
		if err != nil {
			return row, err
		}
		n := 0
		for _, p := range r.panels.in(tx, panel.Cluster) {
			n += len(r.controls.in(tx, p.ARN))
		}
		if n >= maxControls {
			return row, exceeded("routing controls in a cluster", maxControls)
		}
		return row, nil
	})
	if err != nil {
		return nil, err
	}
	return &config.CreateRoutingControlOutput{RoutingControl: r.showControl(row, configtypes.StatusPending)}, nil
}

// panelFor finds the control panel that a new routing control goes to.
func (r *Room) panelFor(tx *store.Tx, cluster, panel *string) (panelRow, error) {
	if _, err := r.clusters.find(tx, cluster); err != nil {
		return panelRow{}, err
	}
	for _, row := range r.panels.in(tx, *cluster) {
		if panel == nil && row.Default || panel != nil && row.ARN == *panel {
			return row, nil
		}
	}
	if panel == nil {
		panel = new(defaultPanel)
	}
	return panelRow{}, missing(kindPanel, *panel)
}

func (r *Room) describeControl(_ context.Context, in *config.DescribeRoutingControlInput) (*config.DescribeRoutingControlOutput, error) {
	row, err := r.controls.find(nil, in.RoutingControlArn)
	if err != nil {
		return nil, err
	}
	return &config.DescribeRoutingControlOutput{RoutingControl: r.showControl(row, configtypes.StatusDeployed)}, nil
}

// updateControl gives a routing control another name; its state is the data plane's to change.
func (r *Room) updateControl(_ context.Context, in *config.UpdateRoutingControlInput) (*config.UpdateRoutingControlOutput, error) {
	name, err := named("RoutingControlName", in.RoutingControlName)
	if err != nil {
		return nil, err
	}
	row, err := update(r, r.controls, in.RoutingControlArn, func(row *controlRow) error {
		row.Name = name
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &config.UpdateRoutingControlOutput{RoutingControl: r.showControl(row, configtypes.StatusDeployed)}, nil
}

func (r *Room) listControls(_ context.Context, in *config.ListRoutingControlsInput) (*config.ListRoutingControlsOutput, error) {
	panel, err := r.panels.find(nil, in.ControlPanelArn)
	if err != nil {
		return nil, err
	}
	rows, next, err := r.controls.page(r.controls.in(nil, panel.ARN), in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &config.ListRoutingControlsOutput{RoutingControls: []configtypes.RoutingControl{}, NextToken: next}
	for _, row := range rows {
		out.RoutingControls = append(out.RoutingControls, *r.showControl(row, configtypes.StatusDeployed))
	}
	return out, nil
}

// deleteControl refuses a routing control that a safety rule names. Health checks that follow it find it off.
func (r *Room) deleteControl(_ context.Context, in *config.DeleteRoutingControlInput) (*config.DeleteRoutingControlOutput, error) {
	return &config.DeleteRoutingControlOutput{}, remove(r, r.controls, in.RoutingControlArn, func(tx *store.Tx, row controlRow) error {
		for _, rule := range r.rules.AllTx(tx) {
			if slices.Contains(rule.Controls, row.ARN) || slices.Contains(rule.Targets, row.ARN) {
				return conflict(kindControl, row.ARN, "The safety rule %s names the routing control.", rule.ARN)
			}
		}
		return nil
	})
}

func (r *Room) listHealthChecks(
	_ context.Context,
	in *config.ListAssociatedRoute53HealthChecksInput,
) (*config.ListAssociatedRoute53HealthChecksOutput, error) {
	row, err := r.controls.find(nil, in.RoutingControlArn)
	if err != nil {
		return nil, err
	}
	ids, next, err := page(r.cfg.HealthChecks(row.ARN), func(id string) string { return id }, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	return &config.ListAssociatedRoute53HealthChecksOutput{HealthCheckIds: room.Listed(ids), NextToken: next}, nil
}
