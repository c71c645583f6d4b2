package nets_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// Scripts that use the default VPC name groups by their names, from making them to launching into them.
func TestGroupsOfTheDefaultVPCAreNamed(t *testing.T) {
	d := defaults(t)
	ctx := t.Context()
	made := map[string]string{}
	for _, name := range []string{"web", "lb"} {
		made[name] = *roomtest.Must(d.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: &name, Description: &name}))(t).GroupId
	}
	web := aws.String("web")
	ssh := ec2.AuthorizeSecurityGroupIngressInput{
		GroupName: web, IpProtocol: aws.String("tcp"), FromPort: aws.Int32(22), ToPort: aws.Int32(22), CidrIp: aws.String("0.0.0.0/0"),
	}
	roomtest.Must(d.AuthorizeSecurityGroupIngress(ctx, &ssh))(t)
	roomtest.Must(d.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupName: web, SourceSecurityGroupName: aws.String("lb")}))(t)
	found := roomtest.Must(d.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupNames: []string{"web"}}))(t).SecurityGroups
	if len(found) != 1 || *found[0].GroupId != made["web"] || len(found[0].IpPermissions) != 4 {
		t.Fatalf("groups named web: %+v", found)
	}
	for _, p := range found[0].IpPermissions {
		if pairs := p.UserIdGroupPairs; len(pairs) == 1 && *pairs[0].GroupId != made["lb"] {
			t.Errorf("a rule lets in %+v", pairs)
		}
	}
	roomtest.Must(d.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupName: web, SourceSecurityGroupName: aws.String("lb")}))(t)

	launch := ec2.RunInstancesInput{ImageId: aws.String(d.HostImage()), MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SecurityGroups: []string{"web"}}
	launched := roomtest.Must(d.RunInstances(ctx, &launch))(t).Instances
	if groups := launched[0].SecurityGroups; len(groups) != 1 || *groups[0].GroupId != made["web"] {
		t.Errorf("an instance launched into the group web has %+v", groups)
	}
	launch.SubnetId = d.subnets()[0].SubnetId
	_, err := d.RunInstances(ctx, &launch)
	roomtest.WantAPIError(t, err, "InvalidParameterCombination")

	roomtest.Must(d.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupName: aws.String("lb")}))(t)
	_, err = d.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupName: aws.String("lb")})
	roomtest.WantAPIError(t, err, "InvalidGroup.NotFound")
	_, err = d.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupNames: []string{"web", "lb"}})
	roomtest.WantAPIError(t, err, "InvalidGroup.NotFound")
	ssh.GroupId = aws.String(made["web"])
	_, err = d.AuthorizeSecurityGroupIngress(ctx, &ssh)
	roomtest.WantAPIError(t, err, "InvalidParameterCombination")
}

// A group of another VPC has no name that finds it, and without a default VPC no group has one.
func TestGroupsElsewhereAreNotNamed(t *testing.T) {
	for _, d := range []*desk{defaults(t), {regiontest.New(t)}} {
		vpc, _ := d.VPC("10.0.0.0/16", "10.0.1.0/24", true)
		d.SecurityGroup(vpc, "web")
		_, err := d.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{GroupNames: []string{"web"}})
		if len(roomtest.Must(d.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{}))(t).Vpcs) == 1 {
			roomtest.WantAPIError(t, err, "VPCIdNotSpecified")
			continue
		}
		roomtest.WantAPIError(t, err, "InvalidGroup.NotFound")
	}
}
