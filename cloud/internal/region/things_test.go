package region_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy/cloud/internal/access"
	"github.com/understudy/understudy/cloud/internal/profile"
	"github.com/understudy/understudy/cloud/internal/region"
	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// oneProfile is an IAM of one instance profile.
type oneProfile struct{ profile.Unavailable }

func (oneProfile) InstanceProfile(context.Context, profile.Ref) (profile.Profile, error) {
	return profile.Profile{Name: "web", ARN: "arn:aws:iam::111122223333:instance-profile/web", ID: "AIPAWEB", Role: "web"}, nil
}

// The front door is told the tags of what calls name, and what associations are of.
func TestThingsThatCallsName(t *testing.T) {
	d := regiontest.Open(t, region.Config{Name: "us-east-1", Index: 1, Profiles: oneProfile{}})
	ctx := t.Context()
	vpc, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	tags := []ec2types.Tag{{Key: new("team"), Value: new("a")}}
	roomtest.Must(d.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{vpc, subnet}, Tags: tags}))(t)
	table := *roomtest.Must(d.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: &vpc}))(t).RouteTable.RouteTableId
	under := *roomtest.Must(d.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: &table, SubnetId: &subnet}))(t).AssociationId
	acls := roomtest.Must(d.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{Filters: regiontest.Where("vpc-id", vpc)}))(t).NetworkAcls
	guarded := *acls[0].Associations[0].NetworkAclAssociationId
	group := d.SecurityGroup(vpc, "web")
	rules := roomtest.Must(d.DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{Filters: regiontest.Where("group-id", group)}))(t)
	rule := *rules.SecurityGroupRules[0].SecurityGroupRuleId
	pair := *roomtest.Must(d.CreateKeyPair(ctx, &ec2.CreateKeyPairInput{KeyName: new("mine"), KeyType: "ed25519"}))(t).KeyPairId
	template := *roomtest.Must(d.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: new("web"), LaunchTemplateData: &ec2types.RequestLaunchTemplateData{KeyName: new("mine")},
	}))(t).LaunchTemplate.LaunchTemplateId
	instance := d.Run(subnet, 1)[0]
	nic := roomtest.Must(d.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{
		Filters: regiontest.Where("attachment.instance-id", instance),
	}))(t).NetworkInterfaces[0]
	attached, card := *nic.Attachment.AttachmentId, *nic.NetworkInterfaceId
	given := *roomtest.Must(d.AssociateIamInstanceProfile(ctx, &ec2.AssociateIamInstanceProfileInput{
		InstanceId: &instance, IamInstanceProfile: &ec2types.IamInstanceProfileSpecification{Name: new("web")},
	}))(t).IamInstanceProfileAssociation.AssociationId

	roomtest.Must(d.SSM.PutParameter(ctx, &ssm.PutParameterInput{
		Name: new("/web/size"), Type: "String", Value: new("3"), Tags: []ssmtypes.Tag{{Key: new("team"), Value: new("a")}},
	}))(t)

	got := d.Region.Things(access.Question{
		Names: []string{
			"parameter/web/size", "parameter/web/none", vpc, under, guarded, rule, pair, attached, given, "arn:none", "autoScalingGroupName/none",
		},
		Template: &access.Template{Name: "web"},
	})
	has := map[string]string{"team": "a"}
	want := map[string]access.Thing{
		"parameter/web/size": {Tags: has}, vpc: {Tags: has}, subnet: {Tags: has}, table: {}, group: {}, template: {},
		under: {Of: []string{table, subnet}}, guarded: {Of: []string{subnet}}, rule: {Of: []string{group}},
		attached: {Of: []string{card, instance}}, card: {}, given: {Of: []string{instance}}, instance: {},
		pair: {ARN: "arn:aws:ec2:us-east-1:111122223333:key-pair/mine"},
	}
	if diff := cmp.Diff(want, got.Things); diff != "" || got.TemplateID != template || *got.Template.KeyName != "mine" {
		t.Errorf("template %s, %s", got.TemplateID, diff)
	}
}
