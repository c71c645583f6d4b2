package controls

import (
	"context"
	"maps"

	config "github.com/aws/aws-sdk-go-v2/service/route53recoverycontrolconfig"
	configtypes "github.com/aws/aws-sdk-go-v2/service/route53recoverycontrolconfig/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

func (r *Room) showPanel(row panelRow, status configtypes.Status) *configtypes.ControlPanel {
	return &configtypes.ControlPanel{
		ControlPanelArn: &row.ARN, ClusterArn: &row.Cluster, Name: &row.Name, DefaultControlPanel: &row.Default, Owner: &r.Account,
		RoutingControlCount: new(int32(len(r.controlsOf(row.ARN)))), Status: status,
	}
}

func (r *Room) createPanel(_ context.Context, in *config.CreateControlPanelInput) (*config.CreateControlPanelOutput, error) {
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
	row, err := once(r, "CreateControlPanel", in.ClientToken, request, r.panels, func(tx *store.Tx) (panelRow, error) {
		row := panelRow{ARN: r.arn("controlpanel/" + room.NewSerial(32)), Cluster: room.Deref(in.ClusterArn), Name: name, Tags: maps.Clone(in.Tags)}
		if _, ok := r.clusters.GetTx(tx, row.Cluster); !ok {
			return row, missing(kindCluster, row.Cluster)
		}
		n := 0
		for _, p := range r.panels.AllTx(tx) {
			if p.Cluster == row.Cluster && !p.Default {
				n++
			}
		}
		if n >= maxPanels {
			return row, exceeded("control panels in a cluster", maxPanels)
		}
		if err := r.freePanelName(tx, row); err != nil {
			return row, err
		}
		return row, r.panels.Put(tx, row.ARN, row)
	})
	if err != nil {
		return nil, err
	}
	return &config.CreateControlPanelOutput{ControlPanel: r.showPanel(row, configtypes.StatusPending)}, nil
}

func (r *Room) freePanelName(tx *store.Tx, row panelRow) error {
	for _, p := range r.panels.AllTx(tx) {
		if p.Cluster == row.Cluster && p.Name == row.Name && p.ARN != row.ARN {
			return conflict(kindPanel, p.ARN, "A control panel with the name %s exists already in the cluster.", row.Name)
		}
	}
	return nil
}

func (r *Room) describePanel(_ context.Context, in *config.DescribeControlPanelInput) (*config.DescribeControlPanelOutput, error) {
	row, ok := r.panels.Get(room.Deref(in.ControlPanelArn))
	if !ok {
		return nil, missing(kindPanel, room.Deref(in.ControlPanelArn))
	}
	return &config.DescribeControlPanelOutput{ControlPanel: r.showPanel(row, configtypes.StatusDeployed)}, nil
}

func (r *Room) updatePanel(_ context.Context, in *config.UpdateControlPanelInput) (*config.UpdateControlPanelOutput, error) {
	name, err := named("ControlPanelName", in.ControlPanelName)
	if err != nil {
		return nil, err
	}
	var row panelRow
	err = r.commit(func(tx *store.Tx) (err error) {
		var ok bool
		if row, ok = r.panels.GetTx(tx, room.Deref(in.ControlPanelArn)); !ok {
			return missing(kindPanel, room.Deref(in.ControlPanelArn))
		}
		row.Name = name
		if err := r.freePanelName(tx, row); err != nil {
			return err
		}
		return r.panels.Put(tx, row.ARN, row)
	})
	if err != nil {
		return nil, err
	}
	return &config.UpdateControlPanelOutput{ControlPanel: r.showPanel(row, configtypes.StatusDeployed)}, nil
}

func (r *Room) listPanels(_ context.Context, in *config.ListControlPanelsInput) (*config.ListControlPanelsOutput, error) {
	var rows []panelRow
	if in.ClusterArn != nil {
		if _, ok := r.clusters.Get(*in.ClusterArn); !ok {
			return nil, missing(kindCluster, *in.ClusterArn)
		}
	}
	for _, row := range r.panels.All() {
		if in.ClusterArn == nil || row.Cluster == *in.ClusterArn {
			rows = append(rows, row)
		}
	}
	rows, next, err := page(rows, func(row panelRow) string { return row.ARN }, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &config.ListControlPanelsOutput{ControlPanels: []configtypes.ControlPanel{}, NextToken: next}
	for _, row := range rows {
		out.ControlPanels = append(out.ControlPanels, *r.showPanel(row, configtypes.StatusDeployed))
	}
	return out, nil
}

func (r *Room) deletePanel(_ context.Context, in *config.DeleteControlPanelInput) (*config.DeleteControlPanelOutput, error) {
	arn := room.Deref(in.ControlPanelArn)
	return &config.DeleteControlPanelOutput{}, r.commit(func(tx *store.Tx) error {
		row, ok := r.panels.GetTx(tx, arn)
		if !ok {
			return missing(kindPanel, arn)
		}
		if row.Default {
			return conflict(kindPanel, arn, "The default control panel goes with its cluster only.")
		}
		if err := r.emptyPanel(tx, row); err != nil {
			return err
		}
		return r.panels.Delete(tx, arn)
	})
}

// emptyPanel refuses a control panel that still has something.
func (r *Room) emptyPanel(tx *store.Tx, row panelRow) error {
	for _, k := range r.controls.AllTx(tx) {
		if k.Panel == row.ARN {
			return conflict(kindPanel, row.ARN, "The control panel has the routing control %s.", k.ARN)
		}
	}
	for _, rule := range r.rules.AllTx(tx) {
		if rule.Panel == row.ARN {
			return conflict(kindPanel, row.ARN, "The control panel has the safety rule %s.", rule.ARN)
		}
	}
	return nil
}
