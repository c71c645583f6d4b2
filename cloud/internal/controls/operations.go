package controls

import "github.com/understudy/understudy/cloud/internal/wire"

// Operations registers every operation that this cloud has of the two APIs.
func (r *Room) Operations(m *wire.Mux) {
	wire.Handle(m, wire.RecoveryControl, "CreateCluster", r.createCluster)
	wire.Handle(m, wire.RecoveryControl, "DescribeCluster", r.describeCluster)
	wire.Handle(m, wire.RecoveryControl, "ListClusters", r.listClusters)
	wire.Handle(m, wire.RecoveryControl, "DeleteCluster", r.deleteCluster)

	wire.Handle(m, wire.RecoveryControl, "CreateControlPanel", r.createPanel)
	wire.Handle(m, wire.RecoveryControl, "DescribeControlPanel", r.describePanel)
	wire.Handle(m, wire.RecoveryControl, "UpdateControlPanel", r.updatePanel)
	wire.Handle(m, wire.RecoveryControl, "ListControlPanels", r.listPanels)
	wire.Handle(m, wire.RecoveryControl, "DeleteControlPanel", r.deletePanel)

	wire.Handle(m, wire.RecoveryControl, "CreateRoutingControl", r.createControl)
	wire.Handle(m, wire.RecoveryControl, "DescribeRoutingControl", r.describeControl)
	wire.Handle(m, wire.RecoveryControl, "UpdateRoutingControl", r.updateControl)
	wire.Handle(m, wire.RecoveryControl, "ListRoutingControls", r.listControls)
	wire.Handle(m, wire.RecoveryControl, "DeleteRoutingControl", r.deleteControl)
	wire.Handle(m, wire.RecoveryControl, "ListAssociatedRoute53HealthChecks", r.listHealthChecks)

	wire.Handle(m, wire.RecoveryControl, "CreateSafetyRule", r.createRule)
	wire.Handle(m, wire.RecoveryControl, "DescribeSafetyRule", r.describeRule)
	wire.Handle(m, wire.RecoveryControl, "UpdateSafetyRule", r.updateRule)
	wire.Handle(m, wire.RecoveryControl, "ListSafetyRules", r.listRules)
	wire.Handle(m, wire.RecoveryControl, "DeleteSafetyRule", r.deleteRule)

	wire.Handle(m, wire.RecoveryControl, "TagResource", r.tagResource)
	wire.Handle(m, wire.RecoveryControl, "UntagResource", r.untagResource)
	wire.Handle(m, wire.RecoveryControl, "ListTagsForResource", r.listTags)

	wire.Handle(m, wire.RecoveryCluster, "GetRoutingControlState", r.getState)
	wire.Handle(m, wire.RecoveryCluster, "ListRoutingControls", r.listStates)
	wire.Handle(m, wire.RecoveryCluster, "UpdateRoutingControlState", r.updateState)
	wire.Handle(m, wire.RecoveryCluster, "UpdateRoutingControlStates", r.updateStates)
}
