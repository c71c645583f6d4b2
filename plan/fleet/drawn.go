package fleet

import (
	"github.com/understudy/understudy/plan/blueprint"
	"github.com/understudy/understudy/plan/prices"
	"github.com/understudy/understudy/plan/resource"
)

func ofInstances(s resource.Scope, n int) float64 {
	return float64(n) * prices.InstanceMonth(s.Declared, s.Side)
}

// Refer needs no id: the name of a fleet is known before it is made.
func (f *Fleet) Refer(blueprint.Ref) {}

func (f *Fleet) Draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindFleet, Name: f.FleetName(), Tags: f.Mark("fleet"), Settings: f.Desired(),
		Of: map[blueprint.Kind]blueprint.Ref{blueprint.KindTemplate: blueprint.RefOf(f.Template.ID)}}
}

func (t *Tracking) Refer(blueprint.Ref) {}

func (t *Tracking) Draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindTracking, Name: t.policyName(), Settings: t.Desired(), Of: map[blueprint.Kind]blueprint.Ref{
		blueprint.KindFleet: {Piece: string(t.Side) + "/fleet"}, blueprint.KindBalancer: blueprint.RefOf(t.Balancer.ARN),
		blueprint.KindTargetGroup: blueprint.RefOf(t.Group.ARN),
	}}
}

func (s *Scheduled) Refer(blueprint.Ref) {}

func (s *Scheduled) Draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindScheduled, Name: s.actionName(), Settings: s.Desired(), Content: s.Action,
		Of: map[blueprint.Kind]blueprint.Ref{blueprint.KindFleet: {Piece: string(s.Side) + "/fleet"}}}
}
