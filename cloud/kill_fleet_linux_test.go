package cloud_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud"
	"github.com/understudy/understudy/internal/chance"
	"github.com/understudy/understudy/internal/patience"
)

// killedFleet is an Auto Scaling group behind a load balancer in a region that is killed.
type killedFleet struct {
	t       *testing.T
	c       *cloud.Cloud
	random  *rand.Rand
	api     *ec2.Client
	scaling *autoscaling.Client
	elb     *elb.Client
	group   string // of targets
}

const (
	killedRegion = "us-east-1"
	killedGroup  = "app"
	// The delay of deregistration and the time-out of the hook for ends are long enough for a kill to come within them at the cloud's speed. That of
	// the hook for launches is so long that the test has to end the wait.
	killedSpeed, killedDelay, killedEnd, killedLaunch = 30, 120, 120, 7200
)

// What an Auto Scaling group and its load balancer have begun goes on, and ends, when their region has been killed in its middle: launches and
// ends with their lifecycle hooks, an instance refresh, and the draining of targets. UNDERSTUDY_SEED repeats a run's choices.
func TestFleetsGoOnAfterKillsOfTheirRegion(t *testing.T) {
	t.Parallel()
	s := &killedFleet{t: t, random: chance.New(t), c: start(t, cloud.Options{Speed: killedSpeed, Regions: []string{killedRegion}})}
	id, secret := s.c.Credentials()
	keys, endpoint := credentials.NewStaticCredentialsProvider(id, secret, ""), aws.String(s.c.Endpoint())
	s.api = client(s.c, "")
	s.scaling = autoscaling.New(autoscaling.Options{
		BaseEndpoint: endpoint, Region: killedRegion, RetryMaxAttempts: 1, HTTPClient: patience.Client{}, Credentials: keys,
	})
	s.elb = elb.New(elb.Options{BaseEndpoint: endpoint, Region: killedRegion, RetryMaxAttempts: 1, HTTPClient: patience.Client{}, Credentials: keys})
	s.build()
	s.settles("the first instances", 1)
	s.during("scaling out", func() { s.resize(2) })
	s.settles("scaling out", 2)
	var refresh string
	s.during("an instance refresh", func() {
		out := needed(s.scaling.StartInstanceRefresh(t.Context(), &autoscaling.StartInstanceRefreshInput{
			AutoScalingGroupName: aws.String(killedGroup), Preferences: &autoscalingtypes.RefreshPreferences{MinHealthyPercentage: aws.Int32(50)},
		}))(t)
		refresh = *out.InstanceRefreshId
	})
	s.await("the refresh ends", func() bool {
		s.unsettled(2) // which ends what waits
		in := &autoscaling.DescribeInstanceRefreshesInput{AutoScalingGroupName: aws.String(killedGroup), InstanceRefreshIds: []string{refresh}}
		r := needed(s.scaling.DescribeInstanceRefreshes(t.Context(), in))(t).InstanceRefreshes[0]
		if r.EndTime != nil && r.Status != autoscalingtypes.InstanceRefreshStatusSuccessful {
			t.Fatalf("the refresh is %s: %s", r.Status, aws.ToString(r.StatusReason))
		}
		return r.EndTime != nil
	})
	s.settles("the refresh", 2)
	s.during("scaling in", func() { s.resize(1) })
	s.settles("scaling in", 1)
}

// build makes the group with one instance, and what it stands on.
func (s *killedFleet) build() {
	t, ctx := s.t, s.t.Context()
	vpc := needed(s.api.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}))(t).Vpc.VpcId
	var subnets []string
	for i, zone := range []string{"us-east-1a", "us-east-1b"} {
		in := &ec2.CreateSubnetInput{VpcId: vpc, CidrBlock: aws.String(fmt.Sprintf("10.0.%d.0/24", i)), AvailabilityZone: &zone}
		subnets = append(subnets, *needed(s.api.CreateSubnet(ctx, in))(t).Subnet.SubnetId)
	}
	security := needed(s.api.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{VpcId: vpc, GroupName: aws.String("a"), Description: aws.String("a")}))(t)
	needed(s.api.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: security.GroupId, IpPermissions: []ec2types.IpPermission{{
		IpProtocol: aws.String("tcp"), FromPort: aws.Int32(80), ToPort: aws.Int32(8080), IpRanges: []ec2types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}},
	}}}))(t)
	balancer := needed(s.elb.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{
		Name: aws.String("app"), Subnets: subnets, SecurityGroups: []string{*security.GroupId}, Scheme: elbtypes.LoadBalancerSchemeEnumInternal,
	}))(t).LoadBalancers[0]
	s.group = *needed(s.elb.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
		Name: aws.String("app"), Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(8080), VpcId: vpc, HealthyThresholdCount: aws.Int32(2),
	}))(t).TargetGroups[0].TargetGroupArn
	needed(s.elb.ModifyTargetGroupAttributes(ctx, &elb.ModifyTargetGroupAttributesInput{TargetGroupArn: &s.group, Attributes: []elbtypes.TargetGroupAttribute{
		{Key: aws.String("deregistration_delay.timeout_seconds"), Value: aws.String(fmt.Sprint(killedDelay))},
	}}))(t)
	needed(s.elb.CreateListener(ctx, &elb.CreateListenerInput{
		LoadBalancerArn: balancer.LoadBalancerArn, Port: aws.Int32(80), Protocol: elbtypes.ProtocolEnumHttp,
		DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: &s.group}},
	}))(t)
	image, kind := hostImage(t, s.api)
	needed(s.api.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: aws.String("app"), LaunchTemplateData: &ec2types.RequestLaunchTemplateData{
			ImageId: &image, InstanceType: kind, SecurityGroupIds: []string{*security.GroupId},
			UserData: asUserData(t, "#cloud-boothook\n#!/bin/sh\nmkdir -p /srv/app && cd /srv/app && python3 -m http.server 8080 >/dev/null 2>&1 &\n"),
		},
	}))(t)
	var hooks []autoscalingtypes.LifecycleHookSpecification
	for of, seconds := range map[string]int32{"LAUNCHING": killedLaunch, "TERMINATING": killedEnd} {
		hooks = append(hooks, autoscalingtypes.LifecycleHookSpecification{
			LifecycleHookName: aws.String(of), LifecycleTransition: aws.String("autoscaling:EC2_INSTANCE_" + of), HeartbeatTimeout: &seconds,
			DefaultResult: aws.String("CONTINUE"),
		})
	}
	needed(s.scaling.CreateAutoScalingGroup(ctx, &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: aws.String(killedGroup), MinSize: aws.Int32(1), MaxSize: aws.Int32(4), DesiredCapacity: aws.Int32(1),
		LaunchTemplate:    &autoscalingtypes.LaunchTemplateSpecification{LaunchTemplateName: aws.String("app"), Version: aws.String("1")},
		VPCZoneIdentifier: aws.String(subnets[0] + "," + subnets[1]), TargetGroupARNs: []string{s.group}, HealthCheckType: aws.String("ELB"),
		HealthCheckGracePeriod: aws.Int32(600), DefaultInstanceWarmup: aws.Int32(0), LifecycleHookSpecificationList: hooks,
	}))(t)
}

func (s *killedFleet) resize(to int32) {
	in := &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: aws.String(killedGroup), DesiredCapacity: &to}
	needed(s.scaling.SetDesiredCapacity(s.t.Context(), in))(s.t)
}

// during begins a change and kills the region in its middle, once or twice.
func (s *killedFleet) during(what string, begin func()) {
	s.t.Helper()
	begin()
	for range 1 + s.random.IntN(2) {
		after := time.Duration(s.random.Int64N(int64(8 * time.Second)))
		time.Sleep(after)
		if err := s.c.KillRegion(s.t.Context(), killedRegion); err != nil {
			s.t.Fatal(err)
		}
		if err := s.c.StartRegion(s.t.Context(), killedRegion); err != nil {
			s.t.Fatal(err)
		}
		s.t.Logf("%s: killed after %s", what, after)
	}
}

// settles waits until nothing is under way any more, and the group has so many instances that serve, and the account no others.
func (s *killedFleet) settles(what string, desired int) {
	s.t.Helper()
	began, left := time.Now(), ""
	s.await(what, func() bool {
		now := s.unsettled(desired)
		if now != left && now != "" {
			s.t.Logf("%s: %.1f s: %s", what, time.Since(began).Seconds(), now)
		}
		left = now
		return now == ""
	})
	for _, a := range s.activities() {
		if a.StatusCode == autoscalingtypes.ScalingActivityStatusCodeFailed {
			s.t.Logf("%s: %s: %s", what, aws.ToString(a.Description), aws.ToString(a.StatusMessage))
		}
	}
}

func (s *killedFleet) activities() []autoscalingtypes.Activity {
	in := &autoscaling.DescribeScalingActivitiesInput{AutoScalingGroupName: aws.String(killedGroup), MaxRecords: aws.Int32(100)}
	return needed(s.scaling.DescribeScalingActivities(s.t.Context(), in))(s.t).Activities
}

// unsettled says what is under way still.
func (s *killedFleet) unsettled(desired int) string {
	t, ctx := s.t, s.t.Context()
	var members, running, healthy []string
	groups := needed(s.scaling.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{killedGroup}}))(t)
	for _, i := range groups.AutoScalingGroups[0].Instances {
		if i.LifecycleState == autoscalingtypes.LifecycleStatePendingWait {
			needed(s.scaling.CompleteLifecycleAction(ctx, &autoscaling.CompleteLifecycleActionInput{AutoScalingGroupName: aws.String(killedGroup),
				LifecycleHookName: aws.String("LAUNCHING"), InstanceId: i.InstanceId, LifecycleActionResult: aws.String("CONTINUE")}))(t)
		}
		if i.LifecycleState != autoscalingtypes.LifecycleStateInService {
			return fmt.Sprintf("%s is %s", *i.InstanceId, i.LifecycleState)
		}
		members = append(members, *i.InstanceId)
	}
	for _, r := range needed(s.api.DescribeInstances(ctx, &ec2.DescribeInstancesInput{}))(t).Reservations {
		for _, i := range r.Instances {
			if i.State.Name != ec2types.InstanceStateNameTerminated {
				running = append(running, *i.InstanceId)
			}
		}
	}
	for _, h := range needed(s.elb.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &s.group}))(t).TargetHealthDescriptions {
		if h.TargetHealth.State != elbtypes.TargetHealthStateEnumHealthy {
			return fmt.Sprintf("the target %s is %s", *h.Target.Id, h.TargetHealth.State)
		}
		healthy = append(healthy, *h.Target.Id)
	}
	for _, ids := range []*[]string{&members, &running, &healthy} {
		slices.Sort(*ids)
	}
	for _, a := range s.activities() {
		if a.EndTime == nil {
			return fmt.Sprintf("%s is %s", aws.ToString(a.Description), a.StatusCode)
		}
	}
	if len(members) != desired || !slices.Equal(members, running) || !slices.Equal(members, healthy) {
		return fmt.Sprintf("%d are wanted, the group has %v, %v run, %v are healthy", desired, members, running, healthy)
	}
	return ""
}

// await waits for longer than what hangs takes: every instance starts anew with its region.
func (s *killedFleet) await(what string, done func() bool) {
	s.t.Helper()
	for end := time.Now().Add(3 * patience.Limit); !done(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("not within %s after a kill: %s", 3*patience.Limit, what)
		}
	}
}
