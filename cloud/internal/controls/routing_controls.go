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
func (c *Controls) controlsOf(panel string) (rows []controlRow) {
	for _, row := range c.controls.All() {
		if row.Panel == panel {
			rows = append(rows, row)
		}
	}
	return rows
}

func (c *Controls) showControl(row controlRow, status configtypes.Status) *configtypes.RoutingControl {
	return &configtypes.RoutingControl{RoutingControlArn: &row.ARN, ControlPanelArn: &row.Panel, Name: &row.Name, Status: status, Owner: &c.cfg.Account}
}

// createControl makes a routing control, which is off, in the cluster's default control panel where none is named.
func (c *Controls) createControl(_ context.Context, in *config.CreateRoutingControlInput) (*config.CreateRoutingControlOutput, error) {
	if err := only(in, "ClientToken", "ClusterArn", "ControlPanelArn", "RoutingControlName"); err != nil {
		return nil, err
	}
	name, err := named("RoutingControlName", in.RoutingControlName)
	if err != nil {
		return nil, err
	}
	request := *in
	request.ClientToken = nil
	c.mu.Lock()
	defer c.mu.Unlock()
	row, err := once(c, "CreateRoutingControl", in.ClientToken, request, c.controls, func(tx *store.Tx) (controlRow, error) {
		panel, err := c.panelFor(tx, room.Deref(in.ClusterArn), in.ControlPanelArn)
		row := controlRow{ARN: panel.ARN + "/routingcontrol/" + room.NewSerial(16), Panel: panel.ARN, Name: name}
		if err != nil {
			return row, err
		}
		n := 0
		for _, k := range c.controls.AllTx(tx) {
			if p, _ := c.panels.GetTx(tx, k.Panel); p.Cluster == panel.Cluster {
				n++
			}
		}
		if n >= maxControls {
			return row, exceeded("routing controls in a cluster", maxControls)
		}
		if err := c.freeControlName(tx, row); err != nil {
			return row, err
		}
		return row, c.controls.Put(tx, row.ARN, row)
	})
	if err != nil {
		return nil, err
	}
	row, _ = c.controls.Get(row.ARN) // a repeated call's may be on by now
	c.cfg.Changed(map[string]bool{row.ARN: row.State.On})
	return &config.CreateRoutingControlOutput{RoutingControl: c.showControl(row, configtypes.StatusPending)}, nil
}

// panelFor finds the control panel that a new routing control goes to.
func (c *Controls) panelFor(tx *store.Tx, cluster string, panel *string) (panelRow, error) {
	if _, ok := c.clusters.GetTx(tx, cluster); !ok {
		return panelRow{}, missing(kindCluster, cluster)
	}
	if panel != nil {
		row, ok := c.panels.GetTx(tx, *panel)
		if !ok || row.Cluster != cluster {
			return panelRow{}, missing(kindPanel, *panel)
		}
		return row, nil
	}
	for _, row := range c.panels.AllTx(tx) {
		if row.Cluster == cluster && row.Default {
			return row, nil
		}
	}
	return panelRow{}, missing(kindPanel, defaultPanel)
}

func (c *Controls) freeControlName(tx *store.Tx, row controlRow) error {
	for _, k := range c.controls.AllTx(tx) {
		if k.Panel == row.Panel && k.Name == row.Name && k.ARN != row.ARN {
			return conflict(kindControl, k.ARN, "A routing control with the name %s exists already in the control panel.", row.Name)
		}
	}
	return nil
}

func (c *Controls) describeControl(_ context.Context, in *config.DescribeRoutingControlInput) (*config.DescribeRoutingControlOutput, error) {
	row, ok := c.controls.Get(room.Deref(in.RoutingControlArn))
	if !ok {
		return nil, missing(kindControl, room.Deref(in.RoutingControlArn))
	}
	return &config.DescribeRoutingControlOutput{RoutingControl: c.showControl(row, configtypes.StatusDeployed)}, nil
}

// updateControl gives a routing control another name; its state is the data plane's to change.
func (c *Controls) updateControl(_ context.Context, in *config.UpdateRoutingControlInput) (*config.UpdateRoutingControlOutput, error) {
	name, err := named("RoutingControlName", in.RoutingControlName)
	if err != nil {
		return nil, err
	}
	var row controlRow
	err = c.db.Update(func(tx *store.Tx) error {
		var ok bool
		if row, ok = c.controls.GetTx(tx, room.Deref(in.RoutingControlArn)); !ok {
			return missing(kindControl, room.Deref(in.RoutingControlArn))
		}
		row.Name = name
		if err := c.freeControlName(tx, row); err != nil {
			return err
		}
		return c.controls.Put(tx, row.ARN, row)
	})
	if err != nil {
		return nil, err
	}
	return &config.UpdateRoutingControlOutput{RoutingControl: c.showControl(row, configtypes.StatusDeployed)}, nil
}

func (c *Controls) listControls(_ context.Context, in *config.ListRoutingControlsInput) (*config.ListRoutingControlsOutput, error) {
	if _, ok := c.panels.Get(room.Deref(in.ControlPanelArn)); !ok {
		return nil, missing(kindPanel, room.Deref(in.ControlPanelArn))
	}
	rows, next, err := page(c.controlsOf(*in.ControlPanelArn), func(r controlRow) string { return r.ARN }, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &config.ListRoutingControlsOutput{RoutingControls: []configtypes.RoutingControl{}, NextToken: next}
	for _, row := range rows {
		out.RoutingControls = append(out.RoutingControls, *c.showControl(row, configtypes.StatusDeployed))
	}
	return out, nil
}

// deleteControl refuses a routing control that a safety rule names. Health checks that follow it find it off.
func (c *Controls) deleteControl(_ context.Context, in *config.DeleteRoutingControlInput) (*config.DeleteRoutingControlOutput, error) {
	arn := room.Deref(in.RoutingControlArn)
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.db.Update(func(tx *store.Tx) error {
		if _, ok := c.controls.GetTx(tx, arn); !ok {
			return missing(kindControl, arn)
		}
		for _, r := range c.rules.AllTx(tx) {
			if slices.Contains(r.Controls, arn) || slices.Contains(r.Targets, arn) {
				return conflict(kindControl, arn, "The safety rule %s names the routing control.", r.ARN)
			}
		}
		return c.controls.Delete(tx, arn)
	})
	if err != nil {
		return nil, err
	}
	c.cfg.Changed(map[string]bool{arn: false})
	return &config.DeleteRoutingControlOutput{}, nil
}

func (c *Controls) listHealthChecks(
	_ context.Context,
	in *config.ListAssociatedRoute53HealthChecksInput,
) (*config.ListAssociatedRoute53HealthChecksOutput, error) {
	arn := room.Deref(in.RoutingControlArn)
	if !c.Exists(arn) {
		return nil, missing(kindControl, arn)
	}
	ids, next, err := page(c.cfg.HealthChecks(arn), func(id string) string { return id }, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	if ids == nil {
		ids = []string{}
	}
	return &config.ListAssociatedRoute53HealthChecksOutput{HealthCheckIds: ids, NextToken: next}, nil
}
