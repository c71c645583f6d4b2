package region_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestProviderWalksPlacementGroups(t *testing.T) {
	runWalks(t, []walk{{
		resource: "aws_placement_group", gone: []string{"InvalidPlacementGroup.Unknown"},
		create: func(p *provider) string {
			roomtest.Must(p.CreatePlacementGroup(p.T.Context(), &ec2.CreatePlacementGroupInput{
				GroupName: new("walk"), Strategy: "spread", SpreadLevel: "rack", TagSpecifications: tagged("placement-group"),
			}))(p.T)
			return "walk"
		},
		read: func(p *provider, name string) (any, error) {
			out, err := p.DescribePlacementGroups(p.T.Context(), &ec2.DescribePlacementGroupsInput{GroupNames: []string{name}})
			if err != nil {
				return nil, err
			}
			g := there(p, "the group", only(p, out.PlacementGroups))
			if g.State == ec2types.PlacementGroupStateDeleted {
				return nil, nil
			}
			there(p, "GroupId", g.GroupId)
			there(p, "GroupArn", g.GroupArn)
			return g, nil
		},
		update: func(p *provider, name string) {
			out := roomtest.Must(p.DescribePlacementGroups(p.T.Context(), &ec2.DescribePlacementGroupsInput{GroupNames: []string{name}}))(p.T)
			p.setTag(*out.PlacementGroups[0].GroupId, "Name", "changed")
		},
		destroy: func(p *provider, name string) {
			roomtest.Must(p.DeletePlacementGroup(p.T.Context(), &ec2.DeletePlacementGroupInput{GroupName: &name}))(p.T)
		},
	}})
}
