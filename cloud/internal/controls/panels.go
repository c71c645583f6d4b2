package controls

import (
	"context"
	"maps"

	config "github.com/aws/aws-sdk-go-v2/service/route53recoverycontrolconfig"
	configtypes "github.com/aws/aws-sdk-go-v2/service/route53recoverycontrolconfig/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

func (c *Controls) showPanel(row panelRow, status configtypes.Status) *configtypes.ControlPanel {
	return &configtypes.ControlPanel{
		ControlPanelArn: &row.ARN, ClusterArn: &row.Cluster, Name: &row.Name, DefaultControlPanel: &row.Default, Owner: &c.cfg.Account,
		RoutingControlCount: new(int32(len(c.controlsOf(row.ARN)))), Status: status,
	}
}

func (c *Controls) createPanel(_ context.Context, in *config.CreateControlPanelInput) (*config.CreateControlPanelOutput, error) {
	if err := only(in, "ClientToken", "ClusterArn", "ControlPanelName", "Tags"); err != nil {
		return nil, err
	}
	name, err := named("ControlPanelName", in.ControlPanelName)
	if err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	request := *in
	request.ClientToken = nil
	row, err := once(c, "CreateControlPanel", in.ClientToken, request, c.panels, func(tx *store.Tx) (panelRow, error) {
		row := panelRow{ARN: c.arn("controlpanel/" + room.NewSerial(32)), Cluster: room.Deref(in.ClusterArn), Name: name, Tags: maps.Clone(in.Tags)}
		if _, ok := c.clusters.GetTx(tx, row.Cluster); !ok {
			return row, missing(kindCluster, row.Cluster)
		}
		n := 0
		for _, p := range c.panels.AllTx(tx) {
			if p.Cluster == row.Cluster && !p.Default {
				n++
			}
		}
		if n >= maxPanels {
			return row, exceeded("control panels in a cluster", maxPanels)
		}
		if err := c.freePanelName(tx, row); err != nil {
			return row, err
		}
		return row, c.panels.Put(tx, row.ARN, row)
	})
	if err != nil {
		return nil, err
	}
	return &config.CreateControlPanelOutput{ControlPanel: c.showPanel(row, configtypes.StatusPending)}, nil
}

func (c *Controls) freePanelName(tx *store.Tx, row panelRow) error {
	for _, p := range c.panels.AllTx(tx) {
		if p.Cluster == row.Cluster && p.Name == row.Name && p.ARN != row.ARN {
			return conflict(kindPanel, p.ARN, "A control panel with the name %s exists already in the cluster.", row.Name)
		}
	}
	return nil
}

func (c *Controls) describePanel(_ context.Context, in *config.DescribeControlPanelInput) (*config.DescribeControlPanelOutput, error) {
	row, ok := c.panels.Get(room.Deref(in.ControlPanelArn))
	if !ok {
		return nil, missing(kindPanel, room.Deref(in.ControlPanelArn))
	}
	return &config.DescribeControlPanelOutput{ControlPanel: c.showPanel(row, configtypes.StatusDeployed)}, nil
}

func (c *Controls) updatePanel(_ context.Context, in *config.UpdateControlPanelInput) (*config.UpdateControlPanelOutput, error) {
	name, err := named("ControlPanelName", in.ControlPanelName)
	if err != nil {
		return nil, err
	}
	var row panelRow
	err = c.db.Update(func(tx *store.Tx) (err error) {
		var ok bool
		if row, ok = c.panels.GetTx(tx, room.Deref(in.ControlPanelArn)); !ok {
			return missing(kindPanel, room.Deref(in.ControlPanelArn))
		}
		row.Name = name
		if err := c.freePanelName(tx, row); err != nil {
			return err
		}
		return c.panels.Put(tx, row.ARN, row)
	})
	if err != nil {
		return nil, err
	}
	return &config.UpdateControlPanelOutput{ControlPanel: c.showPanel(row, configtypes.StatusDeployed)}, nil
}

func (c *Controls) listPanels(_ context.Context, in *config.ListControlPanelsInput) (*config.ListControlPanelsOutput, error) {
	var rows []panelRow
	if in.ClusterArn != nil {
		if _, ok := c.clusters.Get(*in.ClusterArn); !ok {
			return nil, missing(kindCluster, *in.ClusterArn)
		}
	}
	for _, row := range c.panels.All() {
		if in.ClusterArn == nil || row.Cluster == *in.ClusterArn {
			rows = append(rows, row)
		}
	}
	rows, next, err := page(rows, func(r panelRow) string { return r.ARN }, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &config.ListControlPanelsOutput{ControlPanels: []configtypes.ControlPanel{}, NextToken: next}
	for _, row := range rows {
		out.ControlPanels = append(out.ControlPanels, *c.showPanel(row, configtypes.StatusDeployed))
	}
	return out, nil
}

func (c *Controls) deletePanel(_ context.Context, in *config.DeleteControlPanelInput) (*config.DeleteControlPanelOutput, error) {
	arn := room.Deref(in.ControlPanelArn)
	return &config.DeleteControlPanelOutput{}, c.db.Update(func(tx *store.Tx) error {
		row, ok := c.panels.GetTx(tx, arn)
		if !ok {
			return missing(kindPanel, arn)
		}
		if row.Default {
			return conflict(kindPanel, arn, "The default control panel goes with its cluster only.")
		}
		if err := c.emptyPanel(tx, row); err != nil {
			return err
		}
		return c.panels.Delete(tx, arn)
	})
}

// emptyPanel refuses a control panel that still has something.
func (c *Controls) emptyPanel(tx *store.Tx, row panelRow) error {
	for _, k := range c.controls.AllTx(tx) {
		if k.Panel == row.ARN {
			return conflict(kindPanel, row.ARN, "The control panel has the routing control %s.", k.ARN)
		}
	}
	for _, r := range c.rules.AllTx(tx) {
		if r.Panel == row.ARN {
			return conflict(kindPanel, row.ARN, "The control panel has the safety rule %s.", r.ARN)
		}
	}
	return nil
}
