package controls

import (
	"context"
	"maps"

	config "github.com/aws/aws-sdk-go-v2/service/route53recoverycontrolconfig"
	configtypes "github.com/aws/aws-sdk-go-v2/service/route53recoverycontrolconfig/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// defaultPanel is the control panel that each cluster has from the start.
const defaultPanel = "DefaultControlPanel"

// maxPanels is how many control panels a cluster may have, less the default one.
const maxPanels = 50

func (r *Room) showPanel(row panelRow, status configtypes.Status) *configtypes.ControlPanel {
	return &configtypes.ControlPanel{
		ControlPanelArn: &row.ARN, ClusterArn: &row.Cluster, Name: &row.Name, DefaultControlPanel: &row.Default, Owner: &r.Account,
		RoutingControlCount: new(int32(len(r.controls.in(nil, row.ARN)))), Status: status,
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
	row, err := once(r, "CreateControlPanel", in, r.panels, func(tx *store.Tx) (panelRow, error) {
		row := panelRow{ARN: r.arn("controlpanel/" + room.NewSerial(32)), Cluster: room.Deref(in.ClusterArn), Name: name, Tags: maps.Clone(in.Tags)}
		if _, err := r.clusters.find(tx, in.ClusterArn); err != nil {
			return row, err
		}
		if n := len(r.panels.in(tx, row.Cluster)) - 1; n >= maxPanels { // the default one aside
			return row, exceeded("control panels in a cluster", maxPanels)
		}
		return row, nil
	})
	if err != nil {
		return nil, err
	}
	return &config.CreateControlPanelOutput{ControlPanel: r.showPanel(row, configtypes.StatusPending)}, nil
}

func (r *Room) describePanel(_ context.Context, in *config.DescribeControlPanelInput) (*config.DescribeControlPanelOutput, error) {
	row, err := r.panels.find(nil, in.ControlPanelArn)
	if err != nil {
		return nil, err
	}
	return &config.DescribeControlPanelOutput{ControlPanel: r.showPanel(row, configtypes.StatusDeployed)}, nil
}

func (r *Room) updatePanel(_ context.Context, in *config.UpdateControlPanelInput) (*config.UpdateControlPanelOutput, error) {
	name, err := named("ControlPanelName", in.ControlPanelName)
	if err != nil {
		return nil, err
	}
	row, err := update(r, r.panels, in.ControlPanelArn, func(row *panelRow) error {
		row.Name = name
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &config.UpdateControlPanelOutput{ControlPanel: r.showPanel(row, configtypes.StatusDeployed)}, nil
}

func (r *Room) listPanels(_ context.Context, in *config.ListControlPanelsInput) (*config.ListControlPanelsOutput, error) {
	rows := r.panels.All()
	if in.ClusterArn != nil {
		if _, err := r.clusters.find(nil, in.ClusterArn); err != nil {
			return nil, err
		}
		rows = r.panels.in(nil, *in.ClusterArn)
	}
	rows, next, err := r.panels.page(rows, in.MaxResults, in.NextToken)
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
	return &config.DeleteControlPanelOutput{}, remove(r, r.panels, in.ControlPanelArn, func(tx *store.Tx, row panelRow) error {
		if row.Default {
			return conflict(kindPanel, row.ARN, "The default control panel goes with its cluster only.")
		}
		return r.emptyPanel(tx, row)
	})
}

// emptyPanel refuses a control panel that still has something.
func (r *Room) emptyPanel(tx *store.Tx, row panelRow) error {
	if all := r.controls.in(tx, row.ARN); len(all) > 0 {
		return conflict(kindPanel, row.ARN, "The control panel has the routing control %s.", all[0].ARN)
	}
	if all := r.rules.in(tx, row.ARN); len(all) > 0 {
		return conflict(kindPanel, row.ARN, "The control panel has the safety rule %s.", all[0].ARN)
	}
	return nil
}
