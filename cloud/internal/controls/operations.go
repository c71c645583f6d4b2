package controls

import "github.com/understudy/understudy/cloud/internal/wire"

// Operations registers every operation that this cloud has of the two APIs.
func (c *Controls) Operations(m *wire.Mux) {
	wire.Handle(m, wire.RecoveryControl, "CreateCluster", c.createCluster)
	wire.Handle(m, wire.RecoveryControl, "DescribeCluster", c.describeCluster)
	wire.Handle(m, wire.RecoveryControl, "ListClusters", c.listClusters)
	wire.Handle(m, wire.RecoveryControl, "DeleteCluster", c.deleteCluster)

	wire.Handle(m, wire.RecoveryControl, "CreateControlPanel", c.createPanel)
	wire.Handle(m, wire.RecoveryControl, "DescribeControlPanel", c.describePanel)
	wire.Handle(m, wire.RecoveryControl, "UpdateControlPanel", c.updatePanel)
	wire.Handle(m, wire.RecoveryControl, "ListControlPanels", c.listPanels)
	wire.Handle(m, wire.RecoveryControl, "DeleteControlPanel", c.deletePanel)

	wire.Handle(m, wire.RecoveryControl, "CreateRoutingControl", c.createControl)
	wire.Handle(m, wire.RecoveryControl, "DescribeRoutingControl", c.describeControl)
	wire.Handle(m, wire.RecoveryControl, "UpdateRoutingControl", c.updateControl)
	wire.Handle(m, wire.RecoveryControl, "ListRoutingControls", c.listControls)
	wire.Handle(m, wire.RecoveryControl, "DeleteRoutingControl", c.deleteControl)
	wire.Handle(m, wire.RecoveryControl, "ListAssociatedRoute53HealthChecks", c.listHealthChecks)

	wire.Handle(m, wire.RecoveryControl, "CreateSafetyRule", c.createRule)
	wire.Handle(m, wire.RecoveryControl, "DescribeSafetyRule", c.describeRule)
	wire.Handle(m, wire.RecoveryControl, "UpdateSafetyRule", c.updateRule)
	wire.Handle(m, wire.RecoveryControl, "ListSafetyRules", c.listRules)
	wire.Handle(m, wire.RecoveryControl, "DeleteSafetyRule", c.deleteRule)

	wire.Handle(m, wire.RecoveryControl, "TagResource", c.tagResource)
	wire.Handle(m, wire.RecoveryControl, "UntagResource", c.untagResource)
	wire.Handle(m, wire.RecoveryControl, "ListTagsForResource", c.listTags)

	wire.Handle(m, wire.RecoveryCluster, "GetRoutingControlState", c.getState)
	wire.Handle(m, wire.RecoveryCluster, "ListRoutingControls", c.listStates)
	wire.Handle(m, wire.RecoveryCluster, "UpdateRoutingControlState", c.updateState)
	wire.Handle(m, wire.RecoveryCluster, "UpdateRoutingControlStates", c.updateStates)
}
