package plan

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/blueprint"
	"github.com/understudy/understudy/plan/resource"
)

// Refer needs no id: nothing refers to an alarm but by its name.
func (a *alarm) Refer(blueprint.Ref) {}
func (a *alarm) Draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindAlarm, Name: a.alarmName(), Tags: a.Mark(a.role), Settings: a.Desired(), Content: a.put()}
}

func (z *zone) Refer(id blueprint.Ref) { z.id, z.made = id.String(), true }
func (z *zone) Draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindZone, Name: z.Declared.Domain, Tags: z.Mark("zone"),
		Settings: append(z.Desired(), resource.Field{Name: "comment", Value: "understudy: stack " + z.Stack()})}
}

func (c *check) Refer(id blueprint.Ref) { c.id = id.String() }
func (c *check) Draw() blueprint.Piece {
	return blueprint.Piece{Kind: blueprint.KindCheck, Tags: c.Mark(c.role()), Settings: c.Desired(), Content: c.wanted()}
}

func (c *ownCheck) Refer(id blueprint.Ref) { c.id = id.String() }
func (c *ownCheck) Draw() blueprint.Piece {
	p := blueprint.Piece{Kind: blueprint.KindCheck, Tags: c.Mark(c.name), Settings: c.Desired(), Content: c.wanted()}
	if c.follows != nil {
		p.Of = map[blueprint.Kind]blueprint.Ref{blueprint.KindAlarm: {Piece: c.follows.node}}
	}
	return p
}

// Refer needs no id: nothing refers to a record.
func (r *records) Refer(blueprint.Ref) {}
func (r *records) Draw() blueprint.Piece {
	chosen := map[understudy.Side]*route53types.ResourceRecordSet{}
	p := blueprint.Piece{Kind: blueprint.KindRecords, Name: r.Declared.Host(), Settings: r.Desired(),
		Of: map[blueprint.Kind]blueprint.Ref{blueprint.KindZone: blueprint.RefOf(r.zone.id)}, Content: chosen}
	for _, side := range understudy.Sides {
		chosen[side] = r.routed(side)
		p.Settings = append(p.Settings, resource.Field{Name: string(side) + " set identifier", Value: aws.ToString(r.wanted(side).SetIdentifier)},
			resource.Field{Name: string(side) + " type", Value: string(r.wanted(side).Type)})
	}
	return p
}
func (n *neighbours) Undrawn() {} // what somebody else has in the VPC
