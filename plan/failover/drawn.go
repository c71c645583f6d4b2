package failover

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/blueprint"
	"github.com/understudy/understudy/plan/resource"
)

// Refer needs no id: nothing refers to an alarm but by its name.
func (a *Alarm) Refer(blueprint.Ref) {}

func (a *Alarm) Draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindAlarm, Name: a.alarmName(), Tags: a.Mark(a.Role), Settings: a.Desired(), Content: a.put()}
}

func (z *Zone) Refer(id blueprint.Ref) { z.ID, z.Made = id.String(), true }

func (z *Zone) Draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindZone, Name: z.Declared.Domain, Tags: z.Mark("zone"),
		Settings: append(z.Desired(), resource.Field{Name: "comment", Value: "understudy: stack " + z.Stack()})}
}

func (c *Check) Refer(id blueprint.Ref) { c.ID = id.String() }

func (c *Check) Draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindCheck, Tags: c.Mark(c.role()), Settings: c.Desired(), Content: c.wanted()}
}

func (c *OwnCheck) Refer(id blueprint.Ref) { c.ID = id.String() }

func (c *OwnCheck) Draw() blueprint.Piece {
	p := blueprint.Piece{Kind: blueprint.KindCheck, Tags: c.Mark(c.Name), Settings: c.Desired(), Content: c.Wanted()}
	if c.Follows != nil {
		p.Of = map[blueprint.Kind]blueprint.Ref{blueprint.KindAlarm: {Piece: c.Follows.Node}}
	}
	return p
}

// Refer needs no id: nothing refers to a record.
func (r *Records) Refer(blueprint.Ref) {}

func (r *Records) Draw() blueprint.Piece {
	chosen := map[understudy.Side]*route53types.ResourceRecordSet{}
	p := blueprint.Piece{Kind: blueprint.KindRecords, Name: r.Declared.Host(), Settings: r.Desired(),
		Of: map[blueprint.Kind]blueprint.Ref{blueprint.KindZone: blueprint.RefOf(r.Zone.ID)}, Content: chosen}
	for _, side := range understudy.Sides {
		chosen[side] = r.routed(side)
		p.Settings = append(p.Settings, resource.Field{Name: string(side) + " set identifier", Value: aws.ToString(r.wanted(side).SetIdentifier)},
			resource.Field{Name: string(side) + " type", Value: string(r.wanted(side).Type)})
	}
	return p
}
