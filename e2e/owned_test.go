package e2e

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// used returns the ids of the primary's resources, as status tells them.
func (s *stage) used() map[string]string {
	ids := map[string]string{}
	all, _ := s.statusIDs()
	for _, line := range all {
		n := strings.LastIndex(line, " ")
		if n >= 0 && ids[line[:n]] == "" {
			ids[line[:n]] = line[n+1:] // the primary's come first
		}
	}
	return ids
}

// What somebody changed by hand in what the stack has made is named by plan and changed back by up, and nothing is made twice.
func TestHandMadeChangesAreNamedAndChangedBack(t *testing.T) {
	t.Parallel()
	s := up(t)
	s.unchanged()
	used, m := s.used(), s.maker(understudy.Primary)
	m.moveSubnet(used["subnet public-a"], used["private routes"])
	m.strip(used["launch template"], account.TagStack)
	m.strip(used["public routes"], account.TagStack)
	m.spoilFleet(used["fleet"], used["target group"], used["host a"])

	said := s.must("plan", "-f", example)
	for _, want := range []string{"primary/public routes", "primary/private routes", "primary/launch template", "tagged", "cooldown",
		"termination policies", "protects new instances", "protected instances", "other targets"} {
		if !strings.Contains(said, want) {
			t.Errorf("the plan does not say %q:\n%s", want, said)
		}
	}
	s.must("up", "-f", example, "--yes")
	s.unchanged()
	for name, id := range s.used() {
		if used[name] != id {
			t.Errorf("%s was %s and is %s", name, used[name], id)
		}
	}
}

func (m *maker) strip(id, key string) {
	made[*ec2.DeleteTagsOutput](m)(m.EC2.DeleteTags(m.t.Context(), &ec2.DeleteTagsInput{
		Resources: []string{id}, Tags: []ec2types.Tag{{Key: &key}}}))
}

func (m *maker) moveSubnet(subnet, to string) {
	out := made[*ec2.DescribeRouteTablesOutput](m)(m.EC2.DescribeRouteTables(m.t.Context(), &ec2.DescribeRouteTablesInput{
		Filters: []ec2types.Filter{account.Filter("association.subnet-id", subnet)}}))
	for _, a := range out.RouteTables[0].Associations {
		if aws.ToString(a.SubnetId) == subnet {
			made[*ec2.ReplaceRouteTableAssociationOutput](m)(m.EC2.ReplaceRouteTableAssociation(m.t.Context(),
				&ec2.ReplaceRouteTableAssociationInput{AssociationId: a.RouteTableAssociationId, RouteTableId: &to}))
		}
	}
}

// spoilFleet changes what is the Auto Scaling group's own.
func (m *maker) spoilFleet(name, group, host string) {
	ctx := m.t.Context()
	made[*autoscaling.UpdateAutoScalingGroupOutput](m)(m.AutoScaling.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: &name, DefaultCooldown: aws.Int32(60), TerminationPolicies: []string{"OldestInstance"},
		NewInstancesProtectedFromScaleIn: aws.Bool(true)}))
	out := made[*autoscaling.DescribeAutoScalingGroupsOutput](m)(m.AutoScaling.DescribeAutoScalingGroups(ctx,
		&autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{name}}))
	made[*autoscaling.SetInstanceProtectionOutput](m)(m.AutoScaling.SetInstanceProtection(ctx, &autoscaling.SetInstanceProtectionInput{
		AutoScalingGroupName: &name, InstanceIds: []string{*out.AutoScalingGroups[0].Instances[0].InstanceId}, ProtectedFromScaleIn: aws.Bool(true)}))
	made[*autoscaling.DeleteTagsOutput](m)(m.AutoScaling.DeleteTags(ctx, &autoscaling.DeleteTagsInput{Tags: []autoscalingtypes.Tag{{
		ResourceId: &name, ResourceType: aws.String("auto-scaling-group"), Key: aws.String(account.TagStack)}}}))
	made[*elb.RegisterTargetsOutput](m)(m.ELB.RegisterTargets(ctx, &elb.RegisterTargetsInput{
		TargetGroupArn: &group, Targets: []elbtypes.TargetDescription{{Id: &host}}}))
}
