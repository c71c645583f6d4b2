package controls

import (
	"context"
	"slices"

	config "github.com/aws/aws-sdk-go-v2/service/route53recoverycontrolconfig"
	configtypes "github.com/aws/aws-sdk-go-v2/service/route53recoverycontrolconfig/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// controlsOf returns the routing controls of a control panel.
func (r *Room) controlsOf(panel string) (rows []controlRow) {
	for _, row := range r.controls.All() {
		if row.Panel == panel {
			rows = append(rows, row)
		}
	}
	return rows
}

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
	request := *in
	request.ClientToken = nil
	row, err := once(r, "CreateRoutingControl", in.ClientToken, request, r.controls, func(tx *store.Tx) (controlRow, error) {
		panel, err := r.panelFor(tx, room.Deref(in.ClusterArn), in.ControlPanelArn)
		row := controlRow{ARN: panel.ARN + "/routingcontrol/" + room.NewSerial(16), Panel: panel.ARN, Name: name}
		if err != nil {
			return row, err
		}
		n := 0
		for _, k := range r.controls.AllTx(tx) {
			if p, _ := r.panels.GetTx(tx, k.Panel); p.Cluster == panel.Cluster {
				n++
			}
		}
		if n >= maxControls {
			return row, exceeded("routing controls in a cluster", maxControls)
		}
		if err := r.freeControlName(tx, row); err != nil {
			return row, err
		}
		return row, r.controls.Put(tx, row.ARN, row)
	})
	if err != nil {
		return nil, err
	}
	return &config.CreateRoutingControlOutput{RoutingControl: r.showControl(row, configtypes.StatusPending)}, nil
}

// panelFor finds the control panel that a new routing control goes to.
func (r *Room) panelFor(tx *store.Tx, cluster string, panel *string) (panelRow, error) {
	if _, ok := r.clusters.GetTx(tx, cluster); !ok {
		return panelRow{}, missing(kindCluster, cluster)
	}
	if panel != nil {
		row, ok := r.panels.GetTx(tx, *panel)
		if !ok || row.Cluster != cluster {
			return panelRow{}, missing(kindPanel, *panel)
		}
		return row, nil
	}
	for _, row := range r.panels.AllTx(tx) {
		if row.Cluster == cluster && row.Default {
			return row, nil
		}
	}
	return panelRow{}, missing(kindPanel, defaultPanel)
}

func (r *Room) freeControlName(tx *store.Tx, row controlRow) error {
	for _, k := range r.controls.AllTx(tx) {
		if k.Panel == row.Panel && k.Name == row.Name && k.ARN != row.ARN {
			return conflict(kindControl, k.ARN, "A routing control with the name %s exists already in the control panel.", row.Name)
		}
	}
	return nil
}

func (r *Room) describeControl(_ context.Context, in *config.DescribeRoutingControlInput) (*config.DescribeRoutingControlOutput, error) {
	row, ok := r.controls.Get(room.Deref(in.RoutingControlArn))
	if !ok {
		return nil, missing(kindControl, room.Deref(in.RoutingControlArn))
	}
	return &config.DescribeRoutingControlOutput{RoutingControl: r.showControl(row, configtypes.StatusDeployed)}, nil
}

// updateControl gives a routing control another name; its state is the data plane's to change.
func (r *Room) updateControl(_ context.Context, in *config.UpdateRoutingControlInput) (*config.UpdateRoutingControlOutput, error) {
	name, err := named("RoutingControlName", in.RoutingControlName)
	if err != nil {
		return nil, err
	}
	var row controlRow
	err = r.commit(func(tx *store.Tx) error {
		var ok bool
		if row, ok = r.controls.GetTx(tx, room.Deref(in.RoutingControlArn)); !ok {
			return missing(kindControl, room.Deref(in.RoutingControlArn))
		}
		row.Name = name
		if err := r.freeControlName(tx, row); err != nil {
			return err
		}
		return r.controls.Put(tx, row.ARN, row)
	})
	if err != nil {
		return nil, err
	}
	return &config.UpdateRoutingControlOutput{RoutingControl: r.showControl(row, configtypes.StatusDeployed)}, nil
}

func (r *Room) listControls(_ context.Context, in *config.ListRoutingControlsInput) (*config.ListRoutingControlsOutput, error) {
	if _, ok := r.panels.Get(room.Deref(in.ControlPanelArn)); !ok {
		return nil, missing(kindPanel, room.Deref(in.ControlPanelArn))
	}
	rows, next, err := page(r.controlsOf(*in.ControlPanelArn), func(row controlRow) string { return row.ARN }, in.MaxResults, in.NextToken)
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
	arn := room.Deref(in.RoutingControlArn)
	err := r.commit(func(tx *store.Tx) error {
		if _, ok := r.controls.GetTx(tx, arn); !ok {
			return missing(kindControl, arn)
		}
		for _, rule := range r.rules.AllTx(tx) {
			if slices.Contains(rule.Controls, arn) || slices.Contains(rule.Targets, arn) {
				return conflict(kindControl, arn, "The safety rule %s names the routing control.", rule.ARN)
			}
		}
		return r.controls.Delete(tx, arn)
	})
	if err != nil {
		return nil, err
	}
	return &config.DeleteRoutingControlOutput{}, nil
}

func (r *Room) listHealthChecks(
	_ context.Context,
	in *config.ListAssociatedRoute53HealthChecksInput,
) (*config.ListAssociatedRoute53HealthChecksOutput, error) {
	arn := room.Deref(in.RoutingControlArn)
	if !r.Exists(arn) {
		return nil, missing(kindControl, arn)
	}
	ids, next, err := page(r.cfg.HealthChecks(arn), func(id string) string { return id }, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	if ids == nil {
		ids = []string{}
	}
	return &config.ListAssociatedRoute53HealthChecksOutput{HealthCheckIds: ids, NextToken: next}, nil
}
